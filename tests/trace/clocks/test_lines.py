"""Clocks of generated strip lines: the truth is the offset, drift and jumps they were written with."""

import numpy as np
import pytest
from hypothesis import given as cases
from hypothesis import settings
from hypothesis import strategies as st
from lines import BEGIN, strip_line

from tundish.errors import Message
from tundish.trace.clocks.offset import compare
from tundish.trace.pieces import Clock, Jump
from tundish.trace.stamps import NEVER


def error(line, clock) -> np.ndarray:
    return clock.offsets_s(line.times) - (line.true - line.times) / 1e6


WAYS = {
    "plain": {}, "few": {"coils": 40}, "welds only": {"signals": "weld"}, "speed only": {"signals": "speed"},
    "one by one": {"endless": False}, "a row every 10 s": {"step_s": 10}, "no offset": {"offset_s": 0.0, "drift_ppm": 0.0},
    "holes": {"missing": 0.2}, "long stops": {"idle": 0.05},
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", [1, 2])
def test_offset_within_two_seconds_and_in_its_interval(way: str, seed: int):
    rng = np.random.default_rng(seed)
    line = strip_line(seed=seed, **{"coils": 120, "offset_s": rng.uniform(-90, 90), "drift_ppm": 20.0, **WAYS[way]})
    clock = compare("trend.csv", *line.sides()).clock
    assert clock.sure
    assert not clock.jumps
    at = np.abs(line.times - clock.reference).argmin()
    true = (line.true[at] - line.times[at]) / 1e6
    assert abs(clock.offset_s - true) <= 2.0
    assert clock.low_s <= true <= clock.high_s


def test_intervals_hold_and_no_jump_is_made_up():
    held, made_up, doubted = 0, 0, 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        line = strip_line(
            seed=100 + seed, coils=50, coil_s=300.0, offset_s=rng.uniform(-90, 90), drift_ppm=rng.uniform(-30, 30)
        )
        clock = compare("trend.csv", *line.sides()).clock
        at = np.abs(line.times - clock.reference).argmin()
        doubted += not clock.sure
        held += clock.sure and clock.low_s <= (line.true[at] - line.times[at]) / 1e6 <= clock.high_s
        made_up += bool(clock.jumps)
    assert doubted <= 2
    assert held >= 0.9 * (40 - doubted)
    assert made_up <= 1


@pytest.mark.parametrize("by", [60.0, -25.0, -75.0])
def test_a_clock_that_was_set_in_the_middle(by: float):
    line = strip_line(seed=4, coils=120, offset_s=20.0, jumps=((0.6, by),))
    clock = compare("trend.csv", *line.sides()).clock
    assert len(clock.jumps) == 1
    assert clock.jumps[0].low_s <= by <= clock.jumps[0].high_s
    assert np.quantile(np.abs(error(line, clock)), 0.98) <= 2.0


@pytest.mark.parametrize("hours", [9, -3])
def test_another_time_zone_is_found_and_said(hours: int):
    line = strip_line(seed=5, coils=120, offset_s=hours * 3600.0 + 11.0)
    compared = compare("trend.csv", *line.sides())
    assert np.abs(error(line, compared.clock)).max() <= 3.0
    assert "clock_zone" in {finding.code for finding in compared.findings}


@pytest.mark.parametrize("by", [-3600.0, 3600.0])
def test_summer_time_that_begins_or_ends_in_mid_file(by: float):
    line = strip_line(seed=6, coils=120, offset_s=-15.0, jumps=((0.5, by),))
    clock = compare("trend.csv", *line.sides()).clock
    assert len(clock.jumps) == 1
    # an hour that comes twice is told apart by the order of the rows, in mend_times; here half of it stays wrong
    assert np.quantile(np.abs(error(line, clock)), 0.9) <= 3.0


@cases(
    st.floats(-200, 200), st.floats(-100, 100), st.lists(st.tuples(st.integers(0, 10**6), st.floats(-90, 90)), max_size=3),
    st.lists(st.integers(0, 10**6), min_size=2, max_size=50),
)  # fmt: skip
@settings(max_examples=100, deadline=None)
def test_right_is_monotone_between_jumps_and_inverts_the_clock(offset, ppm, jumps, seconds):
    made = tuple(Jump(BEGIN + at * 1_000_000, by, by, by, Message("set")) for at, by in sorted(set(jumps)))
    clock = Clock("plc.csv", offset, offset, offset, Message("made"), ppm, reference=BEGIN, jumps=made)
    times = BEGIN + np.sort(np.array(seconds, dtype=np.int64)) * 1_000_000
    righted = clock.right(times)
    part = np.searchsorted([jump.at for jump in made], times, "right")
    same = np.diff(part) == 0
    assert (np.diff(righted)[same] >= 0).all()
    passed = np.array(
        [sum(by.by_s for by in made if by.at <= at) - sum(by.by_s for by in made if by.at <= BEGIN) for at in times]
    )
    back = ((righted - BEGIN) / 1e6 - offset - passed) / (1 + ppm * 1e-6)
    np.testing.assert_allclose(back, (times - BEGIN) / 1e6, atol=1e-5)
    assert clock.right(np.array([NEVER]))[0] == NEVER
