"""What rows and stamps leave open, and which of a stop's two sides counts: lines made here, times cut off as programs do."""

import numpy as np
from lines import micro

from tundish.trace.clocks.offset import compare
from tundish.trace.stamps import SECOND

MINUTE = 60 * SECOND


def line(seed, *, pieces=50, step_s=0.1, pause_s=(20.0, 60.0), offset_s=40.0, scatter_s=1.5, unit=SECOND, stands=True):
    """A line that stands between two pieces; entries of beginnings and ends, cut off to the second or minute."""
    rng = np.random.default_rng(seed)
    lasts, pause = rng.uniform(150, 400, pieces), rng.uniform(*pause_s, pieces)
    begins = 500.0 + np.cumsum(lasts + pause) - lasts - pause
    ends = begins + lasts
    true = np.arange(0.0, ends[-1] + 500.0, step_s) + float(rng.uniform(0, step_s))
    at = np.clip(np.searchsorted(begins, true, "right") - 1, 0, pieces - 1)
    on = (true >= begins[at]) & (true < ends[at])
    entered = begins if stands else np.append(begins[0], ends[:-1])
    noisy = (micro(side + rng.normal(0, scatter_s, pieces)) // unit * unit for side in (entered, ends))
    return (micro(true - offset_s), [np.where(on, 100.0, 0.0)], *noisy)


def test_seconds_and_minutes_that_a_program_cuts_off_make_no_clock_early():
    for unit, most in ((SECOND, 0.3), (MINUTE, 3.0)):
        errors = [compare("plc.csv", *line(seed, unit=unit)).clock.offset_s - 40.0 for seed in range(12)]
        assert abs(float(np.mean(errors))) <= most
        assert np.abs(errors).max() <= 3 * most


def test_rows_far_apart_tell_the_clock_by_their_hard_limits():
    clocks = [compare("plc.csv", *line(seed, step_s=22.0, pause_s=(90.0, 200.0), scatter_s=0.5)).clock for seed in range(20)]
    errors = np.array([clock.offset_s - 40.0 for clock in clocks])
    assert float(np.sqrt(np.mean(errors**2))) <= 0.7 * 22.0 / np.sqrt(12 * 100)  # a mean over 100 moments is off by more
    assert np.mean([clock.low_s <= 40.0 <= clock.high_s for clock in clocks]) >= 0.95


def test_where_one_moment_parts_two_pieces_the_sharper_side_of_the_stops_is_it():
    clock = compare("draw.csv", *line(3, stands=False)).clock  # the next piece is entered as begun when the one before ended
    assert clock.sure
    assert abs(clock.offset_s - 40.0) <= 1.0


def test_stops_that_all_last_alike_leave_open_which_side_it_is():
    clock = compare("draw.csv", *line(4, stands=False, pause_s=(30.0, 30.01))).clock
    assert not clock.sure
    assert clock.low_s <= 40.0 <= clock.high_s


def test_a_line_that_is_cut_at_few_of_its_welds_still_tells_its_clock():
    rng = np.random.default_rng(5)
    welds = np.cumsum(rng.uniform(300, 900, 40)) + 600.0
    true = np.arange(0.0, welds[-1] + 600.0, 0.1)
    seen = np.zeros(true.size)
    for weld in welds:
        seen[np.searchsorted(true, weld) + np.arange(8)] = 1.0
    own = np.sort(rng.uniform(700.0, welds[-1], 30))  # cuts by weight, wherever welds are
    cuts = np.unique(np.concatenate((welds[::4], own))) + rng.normal(0, 1.5, 40)
    starts, ends = (micro(side) // SECOND * SECOND for side in (cuts[:-1], cuts[1:]))
    clock = compare("cgl.csv", micro(true + 33.0), [seen], starts, ends).clock
    assert clock.sure
    assert abs(clock.offset_s + 33.0) <= 2.0
    assert clock.low_s <= -33.0 <= clock.high_s
