"""Are products cut one behind the other from a coil laid on the right part of it, where no record tells the cuts?"""

from itertools import pairwise

import numpy as np
import pytest
from strips import aligned, at, genealogy, trend
from test_position_lines import CATALOGUE

from tundish.trace.position import measure

COILS = (920.0, 1240.0, 760.0, 1100.0, 880.0, 1310.0, 990.0, 1050.0, 840.0, 1180.0)
V = 1.6
PAUSE_S = 40.0


def line(*, seed, stock=None, crops=True, cuts=False):
    """A shear's trend and records, and from which metre of which coil to which each pack truly is.

    ``stock``: the coil whose last 300 m went back to stock; ``crops``, ``cuts``: whether records tell these.
    """
    rng = np.random.default_rng(seed)
    begins = 60.0 + np.cumsum([0.0, *(length / V + PAUSE_S for length in COILS[:-1])])
    t = np.arange(0.0, begins[-1] + COILS[-1] / V + 60.0, 0.1)
    there = np.zeros(t.size, bool)
    for begin, length in zip(begins, COILS, strict=True):
        there |= (t >= begin) & (t < begin + length / V)
    speed = np.where(there, V, 0.0) * 1.001 * (1.0 + 0.01 * rng.standard_normal(t.size))
    table = trend("plc", t, {"line.speed": speed, "position.strip_present": there})
    pieces, stays, edges, truth = [], [], [], {}
    for i, (begin, length) in enumerate(zip(begins, COILS, strict=True)):
        pieces.append({"id": f"C{i}"})
        stays.append({"piece": i, "line": "CTL", "goes": "in", "start": at(begin), "end": at(begin + length / V),
                      "turned": False, "length_in_m": round((length + 3.0) * (1 + 0.002 * rng.standard_normal())),
                      **({"head_crop_m": 1.5, "tail_crop_m": 1.5} if crops else {})})  # fmt: skip
    for i, (begin, length) in enumerate(zip(begins, COILS, strict=True)):
        used = length - 300.0 if i == stock else length
        for low, high in pairwise(used * np.array([0.0, 0.24, 0.51, 0.77, 1.0])):
            child, row = len(pieces), len(pieces) + 2
            counted = float(round((high - low) * (1 + 0.002 * rng.standard_normal())))
            begun, ended = (round(begin + m / V + 0.6 * rng.standard_normal()) for m in (low, high))
            pieces.append({"id": f"P{child}", "length_m": counted})
            stays.append({"piece": child, "line": "CTL", "goes": "out", "start": at(begun), "end": at(ended), "row": row,
                          "length_out_m": counted})  # fmt: skip
            edges.append({"parent": i, "child": child, "kind": "sheeted", "line": "CTL", "at": at(ended), "turned": False,
                          "share_of_child": 1.0, "share_of_parent": (high - low) / length, "row": row,
                          **({"from_m": low + 1.5, "to_m": high + 1.5} if cuts else {})})  # fmt: skip
            truth[child] = (begin + low / V, high - low)
    return table, genealogy(pieces, edges, stays), truth


def errors(made, child, begun, length):
    """How far off pack's metres lie, and how far they say."""
    x = np.linspace(0.5, length - 0.5, 30)
    there = made.along(child).map("CTL", x)
    return ((there.times_us / 1e6 - at(0).timestamp()) - begun) * V - x, there.error_m


def test_counts_and_written_times_together_place_the_cuts_of_a_coil():
    off, said = [], []
    for seed in range(6):
        table, records, truth = line(seed=seed)
        made = measure([table], records, aligned({"plc": "CTL"}), CATALOGUE)
        for child, (begun, length) in truth.items():
            error, doubt = errors(made, child, begun, length)
            off.append(np.abs(error))
            said.append(doubt)
    off, said = np.concatenate(off), np.concatenate(said)
    assert np.isfinite(off).mean() > 0.99
    assert np.nanquantile(off, 0.95) < 1.0
    assert (off <= said)[np.isfinite(off)].mean() >= 0.95
    assert np.nanmedian(said) < 2.0


@pytest.mark.parametrize(("crops", "cuts"), [(True, False), (False, False), (True, True)])
def test_what_goes_back_to_stock_leaves_the_tail_open(crops, cuts):
    table, records, truth = line(seed=3, stock=4, crops=crops, cuts=cuts)
    made = measure([table], records, aligned({"plc": "CTL"}), CATALOGUE)
    own = [child for child, edge in zip(records.edges["child"], records.edges["parent"], strict=True) if edge == 4]
    for child in own:
        error, said = errors(made, child, *truth[child])
        assert (np.abs(error) <= 1.5 * said).all()
        assert (np.abs(error) < (1.0 if cuts else 3.0)).all()
