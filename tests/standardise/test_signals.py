import numpy as np
import pytest

from tundish.standardise.standstills import standstills
from tundish.standardise.values.gaps import All, missing_codes, outliers

RNG = np.random.default_rng(7)


@pytest.mark.parametrize("code", [0.0, -9999.0, 9999.0, -999.0, 999.9, 32767.0, -1.0])
def test_a_code_far_from_the_rest_is_found(code):
    values = np.r_[RNG.uniform(850, 950, 500) if code <= 0 else RNG.uniform(20, 80, 500), [code] * 6]
    found = missing_codes(All.known(RNG.permutation(values)), zero=None, quantity="temperature")
    assert [(c.value, c.count, c.sure) for c in found] == [(code, 6, True)]


@pytest.mark.parametrize(
    "values",
    [
        np.r_[RNG.normal(200, 3, 500), np.zeros(8)],  # an amount added, or none
        RNG.poisson(2, 500),
        RNG.integers(0, 2, 500),
        np.r_[np.zeros(300), RNG.uniform(0, 1, 200)],
    ],
)
def test_an_honest_zero_stays(values):
    found = missing_codes(All.known(values.astype(float)), zero="honest", quantity="mass")
    assert found == []


def test_a_zero_that_only_a_person_can_judge_is_not_sure():
    values = np.r_[RNG.normal(200, 3, 500), np.zeros(8)]
    assert [c.sure for c in missing_codes(All.known(values), zero=None, quantity=None)] == [False]


def test_one_impossible_value_is_found_and_heavy_tails_are_not():
    assert outliers(All.known(np.r_[RNG.uniform(0.2, 1.5, 1000), -715.5])) == [-715.5]
    assert outliers(All.known(RNG.lognormal(0, 1.5, 20_000))) == []
    assert outliers(All.known(np.r_[RNG.normal(0, 1, 1000), 12.0])) == []


def test_only_a_lively_signal_freezes():
    rows = 5000
    lively = RNG.normal(60, 1, rows).round(2)
    stuck = lively.copy()
    stuck[1000:1500] = stuck[1000]
    stopped = RNG.normal(100, 1, rows).round(2)
    stopped[2000:2300] = 0.0
    found = standstills(
        {
            "stuck": stuck,
            "other": RNG.normal(0, 1, rows),
            "stopped": stopped,
            "setpoint": np.repeat(RNG.integers(50, 60, 10), rows // 10).astype(float),
            "total": np.cumsum(RNG.uniform(0, 1, rows)) * (np.arange(rows) < 4000),
            "slow": np.repeat(RNG.normal(0, 1, rows // 20), 20),
        }
    )
    told = {name: [(one.start, one.stop, one.resting) for one in stretches] for name, stretches in found.items()}
    assert told == {"stuck": [(1000, 1500, False)], "stopped": [(2000, 2300, True)]}


def test_a_line_that_stops_again_and_again_is_not_frozen():
    rows = 5000
    speed, current = RNG.normal(100, 1, rows), RNG.normal(40, 1, rows)
    for start in range(500, 4500, 1000):
        speed[start : start + 200] = 0.0
    current[500:700] = 0.0
    assert standstills({"speed": speed, "current": current, "temperature": RNG.normal(60, 1, rows)}) == {}


def test_a_standstill_of_the_recorder_is_no_frozen_sensor():
    signals = {name: RNG.normal(0, 1, 2000) for name in "abcd"}
    for values in signals.values():
        values[700:900] = values[700]
    assert standstills(signals) == {}
