"""The compiled loops: samples to moments, moments to statistics, samples to cells.

Arrays come one by one and flat, results are written into them, nothing is allocated: that is what lets the compiler keep all
of it in registers. Moments of one signal in one stay lie side by side, :data:`FIELDS` numbers; means are kept as distances from
the first sample, of values as of times, so that merging loses nothing of a small scatter far from zero.
"""

# ruff: noqa: PLR0917
from __future__ import annotations

import numpy as np
from numba import types

from tundish.trace.stamps import NEVER, SECOND, Stamps
from tundish.trace.stays.compiled import compiled
from tundish.trace.stays.lanes import WIDTH, distances_of_lanes, sum_of_lanes
from tundish.trace.stays.segments import Floats, Ints

COUNT, TOTAL, MEAN, M2, LOW, HIGH, FIRST, LAST, T_FIRST, T_LAST, T_MEAN, T_M2, CO = range(13)
FIELDS = 13
STD, SLOPE = -1, -2
BLOCK = 4096
"""Rows looked at twice while they lie in the cache; a longer stay is merged block by block, always cut alike."""
TILE = 16384
"""Rows of neighbouring stays taken together, signal by signal, so that memory is read in long runs."""
BLOCKS = 512
"""Stays, or blocks of long ones, in a tile at most."""
_Number = types.float64
_Row = types.Array(types.float64, 1, "C")
_Read = types.Array(types.float64, 1, "C", readonly=True)
_Whole = types.Array(types.int64, 1, "C", readonly=True)
_Signals = types.Array(types.float64, 2, "C", readonly=True)
_States = types.Array(types.float64, 3, "C")
_Cells = types.Array(types.float64, 2, "C")


@compiled()
def _sum(v: Floats, a: int, n: int) -> tuple[float, float, float]:
    """Sum, least and greatest of ``v[a:a + n]``."""
    if n >= WIDTH:
        made: tuple[float, float, float] = sum_of_lanes(v, a, n)
        return made
    total, low, high = 0.0, np.inf, -np.inf
    for i in range(a, a + n):
        total, low, high = total + v[i], v[i] if v[i] < low else low, v[i] if v[i] > high else high
    return total, low, high


@compiled()
def _away(v: Floats, a: int, n: int, centre: float, t: Floats, b: int) -> tuple[float, float, float]:
    """Sums of the distances of ``v[a:a + n]`` from ``centre``, of their squares, and of distance times ``t[b:b + n]``."""
    if n >= WIDTH:
        made: tuple[float, float, float] = distances_of_lanes(v, a, n, centre, t, b)
        return made
    away = square = across = 0.0
    for i in range(n):
        x = v[a + i] - centre
        away, square, across = away + x, square + x * x, across + x * t[b + i]
    return away, square, across


@compiled()
def _centre_times(t: Floats, a: int, n: int, into: Floats, o: int) -> None:
    """Note mean and squares of ``t[a:a + n]`` (s after the first) and leave it as the distance from its mean."""
    mean = _sum(t, a, n)[0] / n
    away, square, _ = _away(t, a, n, mean, t, a)
    for i in range(a, a + n):
        t[i] -= mean
    into[o + T_MEAN], into[o + T_M2] = mean, square - away * away / n


@compiled()
def _block(v: Floats, a: int, n: int, t: Floats, b: int, into: Floats, o: int) -> None:
    """Moments of ``n`` samples without gaps; those of their times stand there already, ``t`` is away from its mean."""
    total, low, high = _sum(v, a, n)
    into[o + COUNT], into[o + TOTAL], into[o + LOW], into[o + HIGH] = n, total, low, high
    into[o + FIRST], into[o + LAST] = v[a], v[a + n - 1]
    if low == high:
        into[o + MEAN], into[o + M2], into[o + CO] = 0.0, 0.0, 0.0 * into[o + T_M2]
        return
    mean = total / n
    away, square, across = _away(v, a, n, mean, t, b)
    into[o + MEAN] = mean - v[a] + away / n
    into[o + M2], into[o + CO] = max(square - away * away / n, 0.0), across


@compiled()
def _absorb(into: Floats, o: int, later: Floats, q: int) -> None:
    """Add the moments of later samples to earlier ones."""
    if later[q + COUNT] == 0:
        return
    if into[o + COUNT] == 0:
        for k in range(FIELDS):
            into[o + k] = later[q + k]
        return
    before, more = into[o + COUNT], later[q + COUNT]
    count = before + more
    step = later[q + MEAN] + (later[q + FIRST] - into[o + FIRST]) - into[o + MEAN]
    apart = later[q + T_MEAN] + (later[q + T_FIRST] - into[o + T_FIRST]) / SECOND - into[o + T_MEAN]
    weight = before * (more / count)
    into[o + M2] += later[q + M2] + step * step * weight
    into[o + T_M2] += later[q + T_M2] + apart * apart * weight
    into[o + CO] += later[q + CO] + step * apart * weight
    into[o + MEAN] += step * (more / count)
    into[o + T_MEAN] += apart * (more / count)
    into[o + COUNT] = count
    into[o + TOTAL] += later[q + TOTAL]
    into[o + LOW], into[o + HIGH] = min(into[o + LOW], later[q + LOW]), max(into[o + HIGH], later[q + HIGH])
    into[o + LAST], into[o + T_LAST] = later[q + LAST], later[q + T_LAST]
    if into[o + LOW] == into[o + HIGH]:
        into[o + MEAN], into[o + M2], into[o + CO] = 0.0, 0.0, 0.0 * into[o + T_M2]


@compiled(types.void(_Read, _Whole, types.int64, types.Array(types.float64, 3, "C")))
def finish(state: Floats, codes: Ints, a: int, found: Floats) -> None:
    """The statistics asked for, of the stays from ``a`` on."""
    stays = state.size // FIELDS // max(1, found.shape[1])
    for s in range(found.shape[1]):
        for k in range(codes.size):
            code = codes[k]
            for p in range(stays):
                o = (s * stays + p) * FIELDS
                if code == MEAN:
                    made = state[o + FIRST] + state[o + MEAN]
                elif code >= 0:
                    made = state[o + code]
                elif code == STD:
                    made = np.sqrt(state[o + M2] / state[o + COUNT])
                else:
                    made = 3600.0 * state[o + CO] / state[o + T_M2] if state[o + T_M2] > 0 else np.nan
                found[k, s, a + p] = made


@compiled(types.void(_Row, _Read))
def absorb_all(state: Floats, later: Floats) -> None:
    """Add later moments to ``state``, each to its own."""
    for o in range(0, state.size, FIELDS):
        _absorb(state, o, later, o)


@compiled()
def _stamp(times: Stamps, row: int) -> float:
    return np.nan if times.size == 0 or times[row] == NEVER else float(times[row])


@compiled()
def _lay_times(times: Stamps, order: Ints, natural: bool, begin: int, n: int, clock: Floats, to: int) -> None:
    """Seconds of the rows after the first of them that has a stamp; NaN for a row without one."""
    base = NEVER
    for i in range(n):
        stamp = times[begin + i] if natural else times[order[begin + i]]
        base = stamp if base == NEVER else base
        clock[to + i] = np.nan if stamp == NEVER else float(stamp - base) / SECOND


@compiled()
def _squeezed(v: Floats, row0: int, order: Ints, natural: bool, begin: int, n: int, clock: Floats, at: int, times: Stamps,
              room: Floats, hours: Floats, into: Floats, o: int) -> None:  # fmt: skip
    """A block whose rows are scattered or partly empty: gather its numbers, then as any other."""
    k, first, last = 0, -1, -1
    for i in range(n):
        row = begin + i if natural else order[begin + i]
        x = v[row0 + row]
        if not np.isnan(x):
            room[k], hours[k] = x, clock[at + i]
            first = row if k == 0 else first
            last = row
            k += 1
    into[o + COUNT] = k
    if k == 0:
        into[o + TOTAL] = into[o + LOW] = into[o + HIGH] = into[o + FIRST] = into[o + LAST] = np.nan
        into[o + T_FIRST] = into[o + T_LAST] = into[o + T_MEAN] = into[o + T_M2] = np.nan
        into[o + MEAN] = into[o + M2] = into[o + CO] = np.nan
        return
    into[o + T_FIRST], into[o + T_LAST] = _stamp(times, first), _stamp(times, last)
    base = hours[0]
    for i in range(k):
        hours[i] -= base
    _centre_times(hours, 0, k, into, o)
    _block(room, 0, k, hours, 0, into, o)


@compiled()
def _tile(values: Floats, rows: int, order: Ints, natural: bool, times: Stamps, blocks: Ints, used: int, clock: Floats,
          centred: Floats, spans: Floats, room: Floats, hours: Floats, part: Floats, state: Floats,
          stays: int) -> None:  # fmt: skip
    """All signals over the blocks of one tile."""
    for s in range(state.size // max(FIELDS * stays, 1)):
        for k in range(used):
            begin, n, at = blocks[k, 1], blocks[k, 2], blocks[k, 3]
            to = (s * stays + blocks[k, 0]) * FIELDS
            alone = blocks[k, 4] == 1
            into, o = (state, to) if alone else (part, 0)
            gap = True
            if natural:
                for f in range(4):
                    into[o + T_FIRST + f] = spans[k, f]
                _block(values, s * rows + begin, n, centred, at, into, o)
                gap = np.isnan(into[o + TOTAL])
            if gap:
                _squeezed(values, s * rows, order, natural, begin, n, clock, at, times, room, hours, into, o)
            if not alone:
                _absorb(state, to, part, 0)


@compiled(
    types.void(
        _Read,
        types.int64,
        _Whole,
        types.boolean,
        _Whole,
        _Whole,
        _Whole,
        _Row,
        _Row,
        _Row,
        types.Array(types.int64, 2, "C"),
        types.Array(types.float64, 2, "C"),
        _Row,
        _Row,
        _Row,
    )
)
def lay_moments(values: Floats, rows: int, order: Ints, natural: bool, first: Ints, last: Ints, times: Stamps,
             state: Floats, clock: Floats, centred: Floats, blocks: Ints, spans: Floats, room: Floats, hours: Floats,
             part: Floats) -> None:  # fmt: skip
    """Moments of each signal over rows ``first`` to ``last`` of ``order`` of each stay, tile by tile."""
    stays = first.size
    used = laid = 0
    for p in range(first.size):
        alone = 0 < last[p] - first[p] <= BLOCK
        if not alone:
            for s in range(state.size // max(FIELDS * stays, 1)):
                o = (s * stays + p) * FIELDS
                for f in range(FIELDS):
                    state[o + f] = np.nan
                state[o + COUNT] = 0.0
        for begin in range(first[p], last[p], BLOCK):
            n = min(BLOCK, last[p] - begin)
            if laid + n > TILE or used == BLOCKS:
                _tile(values, rows, order, natural, times, blocks, used, clock, centred, spans, room, hours, part, state,
                      first.size)  # fmt: skip
                used = laid = 0
            blocks[used, 0], blocks[used, 1], blocks[used, 2], blocks[used, 3] = p, begin, n, laid
            blocks[used, 4] = 1 if alone else 0
            if times.size > 0:
                _lay_times(times, order, natural, begin, n, clock, laid)
                if natural:
                    for i in range(laid, laid + n):
                        centred[i] = clock[i]
                    _centre_times(centred, laid, n, part, 0)
                    spans[used, 0], spans[used, 1] = _stamp(times, begin), _stamp(times, begin + n - 1)
                    spans[used, 2], spans[used, 3] = part[T_MEAN], part[T_M2]
            used, laid = used + 1, laid + n
    _tile(values, rows, order, natural, times, blocks, used, clock, centred, spans, room, hours, part, state, first.size)


@compiled(types.void(_Signals, _Read, _Number, _Number, _Number, types.int64, _Cells, _Cells, _Cells, _Cells))
def lay_cells(
    values: Floats, at: Floats, shift: float, start: float, step: float, s: int,
    low: Floats, mean: Floats, high: Floats, count: Floats,
) -> None:  # fmt: skip
    """Row ``s`` of ``values`` to the cells of its row in the results."""
    cells = low.shape[1]
    low[s], high[s], mean[s], count[s] = np.inf, -np.inf, 0.0, 0.0
    for i in range(at.size):
        x, place = values[s, i], (at[i] + shift - start) / step
        if not (0.0 <= place < cells) or np.isnan(x):
            continue
        c = int(place)
        mean[s, c] += x
        count[s, c] += 1.0
        low[s, c] = min(low[s, c], x)
        high[s, c] = max(high[s, c], x)
    for c in range(cells):
        if count[s, c] > 0:
            mean[s, c] /= count[s, c]
        else:
            low[s, c] = mean[s, c] = high[s, c] = np.nan
