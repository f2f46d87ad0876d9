"""Is it told when pieces fit two stretches of a line's signals about equally well?"""

import numpy as np

from tundish.trace.position.passes import ODDS, Feeds, Parts, margins, pair

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
