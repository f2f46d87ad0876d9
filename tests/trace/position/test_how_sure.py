"""Does the interval of a position hold? Coils on two lines with every noise known: what is said against what is true."""

import numpy as np
import pytest
from strips import aligned, at, genealogy, trend

from tundish.trace.position import measure
from tundish.trace.position.scales import agreed
from tundish.vocabulary import load_catalogue

CATALOGUE = load_catalogue()
COILS = 8
STEP_S = 0.1
SPEED = {"MILL": 6.0, "SLITTER": 3.0}
LEAD_M = 30.0
GAUGES = {"mill.csv:rolling.exit_thickness": 3.0, "slitter.csv:rolling.entry_thickness": -4.0}
SCALE = {"MILL": 1.002, "SLITTER": 0.998}
COUNTED, SPEED_NOISE, THICKNESS_NOISE, CROP_M = 0.002, 0.01, 0.0015, 0.15


def strip(rng):
    waves = [(rng.uniform(0.0005, 0.002), rng.uniform(20.0, 200.0), rng.uniform(0.0, 6.0)) for _ in range(8)]
    return lambda x: 1.0 + sum(size * np.sin(2 * np.pi / long * x + phase) for size, long, phase in waves)


def ran(rng, line, lengths):
    """Times, true metres run, speed as shown, and where each coil's head was, of a line that runs unevenly."""
    whole = float((lengths + LEAD_M).sum()) + LEAD_M
    t = np.arange(0.0, whole / SPEED[line] * 1.2, STEP_S)
    speed = SPEED[line] * (1.0 + 0.1 * np.sin(t / 37.0))
    metres = np.concatenate(([0.0], np.cumsum((speed[1:] + speed[:-1]) / 2.0 * STEP_S)))
    shown = speed * SCALE[line] * (1.0 + SPEED_NOISE * rng.standard_normal(t.size))
    heads = LEAD_M + np.concatenate(([0.0], np.cumsum(lengths + LEAD_M)[:-1]))
    return t, metres, shown, heads


def on_strip(metres, heads, lengths):
    """Which coil lies at these metres, and how far behind its head; -1 where none lies."""
    coil = np.clip(np.searchsorted(heads, metres, "right") - 1, 0, COILS - 1)
    behind = metres - heads[coil]
    there = (behind >= 0) & (behind <= lengths[coil])
    return np.where(there, coil, -1), behind


def plant(seed, *, measured_twice):
    """Both trends, the genealogy, and for each coil: metres of the product -> seconds on the first line."""
    rng = np.random.default_rng(seed)
    lengths, crops = rng.uniform(400.0, 900.0, COILS), rng.uniform(1.0, 6.0, (COILS, 2))
    thick = [strip(rng) for _ in range(COILS)]
    left = lengths - crops.sum(axis=1)
    t1, m1, shown1, heads1 = ran(rng, "MILL", lengths)
    t2, m2, shown2, heads2 = ran(rng, "SLITTER", left)

    def seen(metres, heads, length, along):
        coil, behind = on_strip(metres, heads, length)
        values = np.zeros(metres.size)
        for i in range(COILS):
            values[coil == i] = thick[i](along(i, behind[coil == i]))
        return values * 1e-3 * (1.0 + THICKNESS_NOISE * rng.standard_normal(metres.size))

    out = seen(m1 - 3.0, heads1, lengths, lambda i, y: y)
    # tail first: what lies y behind the new head, the head's crop gone, is length - crop - y behind the old one
    into = seen(m2 + 4.0, heads2, left, lambda i, y: lengths[i] - crops[i, 0] - y)
    present = [on_strip(m, heads, size)[0] >= 0 for m, heads, size in ((m1, heads1, lengths), (m2, heads2, left))]
    first = {"line.speed": shown1, "position.strip_present": present[0]}
    second = {"line.speed": shown2, "position.strip_present": present[1]}
    if measured_twice:
        first["rolling.exit_thickness"], second["rolling.entry_thickness"] = out, into
    tables = [trend("mill", t1, first), trend("slitter", t2 + 20_000.0, second)]
    counted = [size * (1.0 + COUNTED * rng.standard_normal(COILS)) for size in (lengths, lengths, left)]
    told = crops + CROP_M * rng.standard_normal((COILS, 2)).clip(-2, 2)
    stays = []
    for i in range(COILS):
        begin, end = np.interp([heads1[i], heads1[i] + lengths[i]], m1, t1)
        lasts = {"start": at(begin), "end": at(end), "length_in_m": counted[0][i], "length_out_m": counted[0][i]}
        crop = {"head_crop_m": 0.0, "tail_crop_m": 0.0}
        stays.append({"piece": i, "line": "MILL", "goes": "through", "turned": False} | lasts | crop)
        begin, end = np.interp([heads2[i], heads2[i] + left[i]], m2, t2) + 20_000.0
        lasts = {"start": at(begin), "end": at(end), "length_in_m": counted[1][i], "length_out_m": counted[2][i]}
        crop = {"head_crop_m": told[i, 0], "tail_crop_m": told[i, 1]}
        stays.append({"piece": i, "line": "SLITTER", "goes": "through", "turned": True} | lasts | crop)
    pieces = [{"id": f"C{i}", "length_m": counted[2][i]} for i in range(COILS)]

    def truly(i, x):
        return np.interp(heads1[i] + lengths[i] - crops[i, 0] - x, m1, t1), m1, t1

    return tables, genealogy(pieces, stays=stays), left, truly


def errors(seed, *, measured_twice):
    """Of the position on the first line, in metres, and what was said of it."""
    tables, traced, left, truly = plant(seed, measured_twice=measured_twice)
    made = measure(
        tables, traced, aligned({"mill": "MILL", "slitter": "SLITTER"}), CATALOGUE, gauges_m=GAUGES if measured_twice else {}
    )
    off, said = [], []
    for i in range(COILS):
        x = np.linspace(2.0, left[i] - 2.0, 60)
        there = made.along(i).map("MILL", x)
        seconds, metres, times = truly(i, x)
        found = np.interp(there.times_us / 1e6 - at(0).timestamp(), times, metres)
        off.append(np.abs(found - np.interp(seconds, times, metres)))
        said.append(there.error_m)
    return np.concatenate(off), np.concatenate(said)


@pytest.mark.parametrize("measured_twice", [True, False])
def test_of_a_hundred_metres_95_are_within_what_is_said(measured_twice):
    off, said = (np.concatenate(one) for one in zip(*(errors(s, measured_twice=measured_twice) for s in range(2)), strict=True))
    assert (off <= said).mean() >= 0.95
    # an interval that says nothing would hold too
    assert np.median(said) < (1.2 if measured_twice else 3.0)
    assert np.median(said) > (0.3 if measured_twice else 1.2)


def test_a_length_that_any_line_recorded_tells_of_all_gauges():
    tables, traced, *_ = plant(3, measured_twice=False)
    book = measure(tables, traced, aligned({"mill": "MILL", "slitter": "SLITTER"}), CATALOGUE).book
    for line, (scale, sd) in agreed(book).items():
        assert abs(scale / SCALE[line] - 1.0) <= 3.0 * sd
        assert sd < 1.3 * book.scales[line][1]  # both said with what lengths of one line share
