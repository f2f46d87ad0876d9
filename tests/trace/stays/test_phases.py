"""Batches whose phases are known, and signals that have none."""

import numpy as np
import pytest

from tundish.trace.stamps import NEVER, SECOND
from tundish.trace.stays.phases import find_phases
from tundish.trace.stays.segments import by_time

STEP = 60 * SECOND


def batch(rng, *, heat, hold, cool, low=300.0, top=970.0, noise=0.7):
    """One value a minute; heating is straight or slackens towards the top, as a controller drives it."""
    slack = rng.uniform(1.0, 1.6)
    up = top - (top - low) * (1 - np.arange(heat) / heat) ** slack
    down = top - (top - low) * 0.8 * (np.arange(1, cool + 1) / max(cool, 1)) ** 0.8
    return np.concatenate((up, np.full(hold, top), down)) + rng.normal(0, noise, heat + hold + cool)


def found(values):
    times = np.arange(values.size, dtype=np.int64) * STEP
    phases = find_phases(values, times, by_time(times, times[:1], times[-1:]))
    return {name: (int(span.starts[0]), int(span.ends[0])) for name, span in phases.items()}


@pytest.mark.parametrize("seed", range(20))
def test_heating_holding_and_cooling_are_found_within_a_few_samples(seed):
    rng = np.random.default_rng(seed)
    heat, hold, cool = rng.integers(80, 400), rng.integers(90, 500), rng.integers(60, 300)
    phases = found(batch(rng, heat=heat, hold=hold, cool=cool))
    begin, end = phases["holding"]
    assert abs(begin / STEP - heat) <= 0.08 * heat + 3
    assert abs(end / STEP - (heat + hold)) <= 0.05 * cool + 3
    assert phases["heating"][0] == 0
    assert phases["cooling"][1] == (heat + hold + cool - 1) * STEP


def test_a_door_opened_and_a_probe_that_jumps_leave_one_hold():
    rng = np.random.default_rng(3)
    values = batch(rng, heat=120, hold=300, cool=100)
    values[250:255] -= 60.0
    values[300] = 20.0
    values[330:340] = np.nan
    begin, end = found(values)["holding"]
    assert abs(begin / STEP - 120) <= 12
    assert abs(end / STEP - 420) <= 8


def test_a_batch_cut_off_while_it_holds_has_no_cooling():
    values = batch(np.random.default_rng(5), heat=120, hold=200, cool=0)
    phases = found(values)
    assert phases["holding"][0] != NEVER
    assert phases["cooling"] == (NEVER, NEVER)


@pytest.mark.parametrize(
    "values",
    [
        np.full(300, 850.0),
        np.random.default_rng(0).normal(850, 2, 300),
        850 + 20 * np.sin(np.arange(300) / 9),
        np.linspace(300, 900, 300),
        np.linspace(900, 300, 300),
        np.cumsum(np.random.default_rng(2).normal(0, 3, 300)),
        np.full(300, np.nan),
        np.array([300.0, 900, 900, 900]),
    ],
    ids=["constant", "noise", "waves", "only heating", "only cooling", "wandering", "missing", "too few"],
)
def test_what_has_no_phases_is_not_given_any(values):
    assert all(span == (NEVER, NEVER) for span in found(values).values())
