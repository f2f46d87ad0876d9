"""Are products of a line that welds and records no cuts laid on the right part of the right coil, or on none?"""

import numpy as np
import pytest
from strips import aligned, at, genealogy, trend
from test_position_lines import CATALOGUE

from tundish.trace.position import measure

COILS = (820.0, 640.0, 1100.0, 900.0, 760.0, 1240.0, 700.0, 980.0, 1050.0, 600.0, 870.0, 930.0)
SAMPLE_M = 0.8
V = 4.0


def products():
    """What became of twelve coils: most from weld to weld, some cut in two, some of one coil and half of the next."""
    ends = np.cumsum(COILS)
    inner = {2: 500.0, 4: 300.0, 5: 620.0, 8: 450.0}
    joined = {3, 7, 9}  # no cut at the weld behind these coils
    cuts = sorted(
        [*(end for coil, end in enumerate(ends) if coil not in joined), *(ends[c] - COILS[c] + m for c, m in inner.items())]
    )
    return list(zip([0.0, *cuts[:-1]], cuts, strict=True))


def line(*, seed, told_in=True, drop=None):
    """The line's trend, its records without cuts, and where each product truly began and ended in metres run."""
    rng = np.random.default_rng(seed)
    total = sum(COILS)
    t = np.arange(0.0, total / V + 200.0, 0.1)
    metres = np.clip((t - 60.0) * V, 0.0, total + 20.0)
    welds = np.concatenate(([0.0], np.cumsum(COILS)))
    seen = np.zeros(t.size, bool)
    seen[np.searchsorted(metres, welds[1:-1])] = True
    seen[[np.searchsorted(metres, 0.01), np.searchsorted(metres, total)]] = True
    speed = np.where((metres > 0) & (metres < total + 20.0), V, 0.0) * 1.001 * (1.0 + 0.01 * rng.standard_normal(t.size))
    table = trend("plc", t, {"line.speed": speed, "position.weld_detected": seen})
    pieces = [{"id": f"C{i}"} | ({"length_m": length} if told_in else {}) for i, length in enumerate(COILS)]
    when = lambda m: 60.0 + m / V  # noqa: E731
    stays, edges, truth = [], [], {}
    for i, length in enumerate(COILS):
        known = {"length_in_m": length * (1 + 0.002 * rng.standard_normal())} if told_in else {}
        stays.append({"piece": i, "line": "CAL", "goes": "in", "start": at(when(welds[i])), "end": at(when(welds[i + 1])),
                      "turned": False} | known)  # fmt: skip
    for number, (low, high) in enumerate(products()):
        fed = [i for i in range(len(COILS)) if min(welds[i + 1], high) - max(welds[i], low) > 1.0]
        end = high - SAMPLE_M if np.abs(welds - high).min() < 1e-6 else high
        row, child = number + 2, len(COILS) + number
        counted = (end - low) * (1 + 0.002 * rng.standard_normal())
        pieces.append({"id": f"P{number}", "length_m": counted})
        begun, ended = (round(when(m) + 0.6 * rng.standard_normal()) for m in (low, end))
        stays.append({"piece": child, "line": "CAL", "goes": "out", "start": at(begun), "end": at(ended), "row": row,
                      "length_out_m": counted})  # fmt: skip
        for parent in fed:
            if (number, parent) != drop:
                kind = "welded" if len(fed) > 1 else "processed"
                edge = {"parent": parent, "child": child, "kind": kind, "line": "CAL", "at": at(ended), "turned": False}
                edges.append(edge | {"share_of_child": 1.0 / len(fed), "row": row})
        truth[child] = (low, end)
    return table, genealogy(pieces, edges, stays), truth


def errors(made, child, span):
    x = np.linspace(1.0, span[1] - span[0] - 1.0, 50)
    there = made.along(child).map("CAL", x)
    return (there.times_us / 1e6 - at(60).timestamp()) * V - span[0] - x, there.error_m


@pytest.mark.parametrize("told_in", [True, False])
def test_products_lie_between_the_welds_that_their_records_name(told_in):
    for seed in range(3):
        table, records, truth = line(seed=seed, told_in=told_in)
        made = measure([table], records, aligned({"plc": "CAL"}), CATALOGUE)
        off = {child: errors(made, child, span) for child, span in truth.items()}
        assert all(np.isfinite(one).mean() >= 0.95 for one, _ in off.values())
        every = np.concatenate([np.abs(one) for one, _ in off.values()])
        assert np.nanquantile(every, 0.95) < 2.0
        inside = np.concatenate([np.abs(one) <= said for one, said in off.values()])
        assert inside.mean() > 0.85


def test_a_product_whose_record_lacks_a_coil_is_placed_nowhere_rather_than_wrongly():
    wrong = next(n for n, (low, high) in enumerate(products()) if low < np.cumsum(COILS)[3] - 1.0 < high - 5.0)
    table, records, truth = line(seed=1, drop=(wrong, 3))
    made = measure([table], records, aligned({"plc": "CAL"}), CATALOGUE)
    for child, span in truth.items():
        error, said = errors(made, child, span)
        assert np.isnan(error).all() or (np.abs(error) <= 3.0 * said).mean() > 0.9, child
