"""Is it told when pieces fit two stretches of a line's signals about equally well?"""

import numpy as np

from tundish.trace.position.passes import ODDS, Feeds, Parts, margins, pair
from tundish.trace.position.ruler import rule

SECOND = 1_000_000


def six_alike(lengths=(500.0,) * 6):
    """Six stretches, each of 190 s, one every 200 s."""
    begin = np.arange(6) * 200.0
    low = np.concatenate(([0.0], np.cumsum(lengths)[:-1])) + 20.0 * np.arange(6)
    known = np.full(6, 0.2)
    return Parts(low, low + np.asarray(lengths), begin * SECOND, (begin + 190.0) * SECOND, known, known, welded=False)


def five(lengths, late_s):
    begin = np.arange(5) * 200.0 + late_s
    return Feeds((begin * SECOND).astype(np.int64), ((begin + 190.0) * SECOND).astype(np.int64), np.asarray(lengths))


def test_five_pieces_halfway_between_six_stretches_all_alike_fit_either():
    parts, feeds = six_alike(), five([500.0] * 5, 100.0)
    assert (margins(parts, feeds, pair(parts, feeds)) < ODDS).all()


def test_times_tell_which_five_of_six():
    parts, feeds = six_alike(), five([500.0] * 5, 200.0)
    pairing = pair(parts, feeds)
    assert pairing.first.tolist() == [1, 2, 3, 4, 5]
    assert (margins(parts, feeds, pairing) > ODDS).all()


def test_lengths_tell_where_times_do_not():
    lengths = [500.0, 620.0, 480.0, 700.0, 560.0, 640.0]
    parts, feeds = six_alike(lengths), five(lengths[1:], 100.0)
    pairing = pair(parts, feeds, scale=1.0)
    assert pairing.first.tolist() == [1, 2, 3, 4, 5]
    assert (margins(parts, feeds, pairing) > ODDS).all()


def logged_from(begin_m, lengths=(500.0, 620.0, 480.0, 700.0, 560.0, 640.0)):
    """Six coils welded end to end at 2 m/s; the log begins on the first or before it and ends 40 m behind the last."""
    edges = np.concatenate(([0.0], np.cumsum(lengths)))
    low, high = edges[:-1].copy(), edges[1:].copy()
    low[0], high[-1] = begin_m, edges[-1] + 40.0
    known = np.full(6, 0.2)
    parts = Parts(
        low, high, low / 2.0 * SECOND, high / 2.0 * SECOND, np.where(np.arange(6) == 0, np.inf, known),
        np.where(np.arange(6) == 5, np.inf, known),
    )  # fmt: skip
    times = (edges / 2.0 * SECOND).astype(np.int64) + 5 * SECOND
    return parts, Feeds(times[:-1], times[1:], np.asarray(lengths))


def test_first_and_last_coil_of_a_log_lie_as_long_as_recorded_from_the_weld_that_was_seen():
    parts, feeds = logged_from(-900.0)  # other strip ran before
    pairing = pair(parts, feeds)
    assert pairing.first.tolist() == [0, 1, 2, 3, 4, 5]
    ruled = rule(parts, feeds, pairing)
    assert abs(ruled.low_m[0]) < 1.0
    assert abs(ruled.high_m[-1] - 3500.0) < 1.0


def test_a_coil_that_the_log_does_not_hold_in_full_is_given_no_place():
    parts, feeds = logged_from(200.0)
    ruled = rule(parts, feeds, pair(parts, feeds))
    assert np.isnan(ruled.low_m[0])
    assert np.isfinite(ruled.low_m[1:]).all()


def test_times_tell_a_coil_whose_recorded_length_is_another_one():
    lengths = np.array([500.0, 620.0, 480.0, 700.0, 560.0, 640.0, 590.0, 530.0, 610.0, 570.0])
    edges = np.concatenate(([0.0], np.cumsum(lengths)))
    known = np.full(10, 0.2)
    parts = Parts(edges[:-1], edges[1:], edges[:-1] / 2.0 * SECOND, edges[1:] / 2.0 * SECOND, known, known)
    late = (np.random.default_rng(3).normal(15.0, 1.0, 11) * SECOND).astype(np.int64)
    times = (edges / 2.0 * SECOND).astype(np.int64) - late
    told = lengths.copy()
    told[4] *= 1.3
    feeds = Feeds(times[:-1], times[1:], told)
    pairing = pair(parts, feeds)
    assert pairing.first.tolist() == list(range(10))
    ruled = rule(parts, feeds, pairing)
    assert abs(ruled.low_m[4] - edges[4]) < 0.5
    assert abs(ruled.high_m[4] - edges[5]) < 0.5
