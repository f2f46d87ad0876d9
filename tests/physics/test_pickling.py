"""Does the pickling chemistry move the way chemistry does?"""

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tundish.physics.experimental import pickling

acids = st.floats(1.0, 20.0)
temperatures = st.floats(333.0, 368.0)
irons = st.floats(0.0, 180.0)
inhibitors = st.floats(0.0, 2.0)
exposures = st.floats(0.3, 4.0)
MODELS = [
    pickling.scale_thickness,
    pickling.dissolution_rate,
    pickling.exposure,
    pickling.pickled_fraction,
    pickling.inhibition,
    pickling.attack_rate,
    pickling.base_metal_loss,
]


def one(value):
    return np.array([value])


@given(acids, acids, temperatures, irons)
def test_stronger_acid_never_dissolves_slower(first, second, temperature, iron):
    weak, strong = sorted((first, second))
    slow = pickling.dissolution_rate(one(weak), one(temperature), one(iron))[0]
    assert pickling.dissolution_rate(one(strong), one(temperature), one(iron))[0] >= slow


@given(acids, temperatures, temperatures, irons, inhibitors)
def test_a_hotter_bath_never_works_slower(acid, first, second, iron, inhibitor):
    cold, hot = sorted((first, second))
    slow = pickling.dissolution_rate(one(acid), one(cold), one(iron))
    mild = pickling.attack_rate(one(acid), one(cold), one(inhibitor))
    assert pickling.dissolution_rate(one(acid), one(hot), one(iron)) >= slow
    assert pickling.attack_rate(one(acid), one(hot), one(inhibitor)) >= mild


@given(acids, temperatures, irons, irons)
def test_iron_never_speeds_the_bath(acid, temperature, first, second):
    low, high = sorted((first, second))
    fresh = pickling.dissolution_rate(one(acid), one(temperature), one(low))
    assert pickling.dissolution_rate(one(acid), one(temperature), one(high)) <= fresh


@given(acids, temperatures, inhibitors, inhibitors)
def test_inhibitor_never_adds_to_the_attack(acid, temperature, first, second):
    little, much = sorted((first, second))
    bare = pickling.attack_rate(one(acid), one(temperature), one(little))
    assert pickling.attack_rate(one(acid), one(temperature), one(much)) <= bare


@given(st.floats(750.0, 1000.0), st.floats(750.0, 1000.0))
def test_hotter_coils_never_carry_thinner_scale(first, second):
    cold, hot = sorted((first, second))
    assert pickling.scale_thickness(one(hot)) >= pickling.scale_thickness(one(cold))


@given(exposures, exposures)
def test_longer_exposure_leaves_less_scale_and_takes_more_steel(first, second):
    short, long = sorted((first, second))
    assert pickling.pickled_fraction(one(long)) >= pickling.pickled_fraction(one(short))
    attack, time = one(8e-4), one(70.0)
    assert pickling.base_metal_loss(attack, time, one(long)) >= pickling.base_metal_loss(attack, time, one(short)) - 1e-12


@given(exposures, st.floats(1e-5, 5e-3), st.floats(10.0, 300.0))
def test_no_more_steel_is_lost_than_bare_steel_would_lose(exposed, attack, time):
    loss = pickling.base_metal_loss(one(attack), one(time), one(exposed))[0]
    assert 0.0 <= loss <= attack * time


@given(exposures)
def test_loss_agrees_with_a_sum_over_the_surface(exposed):
    quantiles = (np.arange(20_000) + 0.5) / 20_000
    from scipy.special import ndtri

    local = exposed * np.exp(0.15 * ndtri(quantiles))
    summed = np.maximum(1.0 - 1.0 / local, 0.0).mean()
    assert pickling.base_metal_loss(one(1.0), one(1.0), one(exposed))[0] == pytest.approx(summed, abs=1e-4)


def test_rate_follows_the_law_of_hudson_and_warning():
    """log t is linear in log C and in 1/T: the shape that their paper reports."""
    acid = np.array([2.0, 4.0, 8.0, 16.0])
    by_acid = np.diff(np.log(1.0 / pickling.dissolution_rate(acid, np.full(4, 350.0), np.zeros(4))))
    assert by_acid == pytest.approx(by_acid[0])
    temperature = 1.0 / np.linspace(1 / 366.0, 1 / 339.0, 5)
    by_heat = np.diff(np.log(1.0 / pickling.dissolution_rate(np.full(5, 10.0), temperature, np.zeros(5))))
    assert by_heat == pytest.approx(by_heat[0])


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_parameter_has_a_unit_and_every_model_a_source_and_a_range(model):
    text = inspect.getdoc(model)
    parameters = text.split("Parameters\n")[1].split("Returns\n")[0].splitlines()
    for name in inspect.signature(model).parameters:
        line = next(i for i, row in enumerate(parameters) if row.startswith(f"{name} :"))
        assert "[" in parameters[line + 1] and parameters[line + 1].endswith("]"), name
    assert "Valid" in text
    assert any(word in text for word in ("ourced", "Hudson", "Conservation", "log-normal"))
