"""Offsets by moments that meet entries: typed to the minute, exact rhythms, ten rows a second; truth is how lines were made."""

from dataclasses import replace

import numpy as np
import pytest
from lines import strip_line
from test_align import CATALOGUE, genealogy, log, samples

from tundish.trace.clocks import align, estimate
from tundish.trace.clocks.offset import compare
from tundish.trace.stamps import SECOND

MINUTE = 60 * SECOND


def typed(line, seed):
    """The same line with times as people type them: half a minute off, whole minutes."""
    rng = np.random.default_rng(seed)
    noisy = (side + (rng.normal(size=side.size) * 25 * SECOND).astype(np.int64) for side in (line.starts, line.ends))
    starts, ends = ((side + MINUTE // 2) // MINUTE * MINUTE for side in noisy)
    return replace(line, starts=starts, ends=ends)


def truth(line, at):
    nearest = np.abs(line.times - at).argmin()
    return (line.true[nearest] - line.times[nearest]) / 1e6


@pytest.mark.parametrize("seed", range(4))
def test_times_typed_to_the_minute_tell_the_clock_and_their_doubt(seed: int):
    offset = np.random.default_rng(seed).uniform(-90, 90)
    line = typed(strip_line(seed=60 + seed, coils=300, coil_s=240.0, endless=False, offset_s=offset, wrong=0.02), seed)
    clock = compare("trend.csv", *line.sides()).clock
    assert clock.sure
    assert abs(clock.offset_s - truth(line, clock.reference)) <= 6.0
    assert clock.high_s - clock.low_s >= 60.0
    assert clock.low_s <= truth(line, clock.reference) <= clock.high_s


def rhythm(offset_s, *, pieces=200, every_s=200, lasts_s=180):
    """A line in which every piece is as long as the next."""
    starts = (np.arange(pieces) * every_s + 1_741_000_000) * SECOND
    true = np.arange(-600, pieces * every_s + 600, 2)
    on = (true >= 0) & (true < pieces * every_s) & (true % every_s < lasts_s)
    speed = np.where(on, 100 + np.random.default_rng(1).normal(size=true.size), 0.0)
    return (true + 1_741_000_000) * SECOND - round(offset_s * SECOND), [speed], starts, starts + lasts_s * SECOND


@pytest.mark.parametrize("offset", [-60.0, 0.0, 35.0])
def test_an_exact_rhythm_is_taken_for_near_and_never_for_a_piece_away(offset: float):
    clock, doubt = estimate("plc.csv", *rhythm(offset))
    assert abs(clock.offset_s - offset) <= 2.0
    assert clock.low_s <= offset <= clock.high_s
    assert clock.sure or doubt is not None


def test_a_log_of_ten_rows_a_second_that_shows_whole_seconds():
    line = strip_line(seed=70, coils=25, coil_s=200.0, step_s=0.1, offset_s=47.0, drift_ppm=0.0)
    whole = replace(line, times=line.times // SECOND * SECOND)
    found = align([log(whole, "TREND_PL.csv")], genealogy(PL=line), CATALOGUE)
    assert found.lines["TREND_PL.csv"] == "PL"
    assert found.clocks[0].sure
    assert abs(found.clocks[0].offset_s - 47.0) <= 1.0


def test_fifty_logs_whose_clock_was_never_set_show_no_jump_and_keep_their_intervals_to_both_ends():
    jumps, inside = 0, []
    for seed in range(50):
        rng = np.random.default_rng(seed)
        line = strip_line(seed=300 + seed, coils=60, coil_s=240.0, endless=bool(seed % 2), offset_s=rng.uniform(-90, 90),
                          drift_ppm=rng.normal(0, 20), step_s=2.0, wrong=0.03)  # fmt: skip
        clock = compare("trend.csv", *line.sides()).clock
        jumps += len(clock.jumps)
        half, bend = (clock.high_s - clock.low_s) / 2, (clock.drift_high_ppm - clock.drift_low_ppm) / 2e6
        for at in (0, -1):
            error = float(clock.offsets_s(line.times[[at]])[0]) - (line.true[at] - line.times[at]) / 1e6
            inside.append(clock.sure and abs(error) <= half + bend * abs(int(line.times[at]) - clock.reference) / 1e6)
    assert jumps == 0
    assert np.mean(inside) >= 0.95


def test_a_laboratory_beside_a_line_whose_times_are_typed():
    rng = np.random.default_rng(9)
    exact = strip_line(seed=80, coils=400, coil_s=300.0, endless=False, offset_s=30.0)
    line = typed(exact, 9)
    chosen = np.flatnonzero(rng.random(400) < 0.7)
    begun = exact.starts[chosen] + ((rng.uniform(0, 10, chosen.size) + 40.0) * SECOND).astype(np.int64)
    found = align([log(line, "TREND_PL.csv"), samples([f"PL{n:04d}" for n in chosen], begun)], genealogy(PL=line), CATALOGUE)
    clock = next(clock for clock in found.clocks if clock.file == "lab.xlsx")
    assert abs(clock.offset_s + 40.0) <= 6.0
    assert clock.low_s <= -40.0 <= clock.high_s
