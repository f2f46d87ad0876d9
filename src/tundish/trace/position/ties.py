"""How far is it, in metres of strip, from one section of a line to the next when loopers fill and empty between them?

Strip is neither made nor lost in a looper: what one section has counted when a weld passes it, and the next when the same weld
comes there, differ by one number for the whole log. Welds seen in both sections tell it; else jumps of what a section measures
where a weld must be; else no more is known than that no looper holds less than nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tundish.trace.position.ruler import MARK_M
from tundish.trace.position.sections import Section
from tundish.trace.position.trend import Trend, of_material
from tundish.trace.speeds import End, end_of
from tundish.trace.stays.segments import Floats, Ints

ORDER: tuple[End, ...] = ("entry", "centre", "exit")
_CONTENT_M = 1_500.0
"""Strip that a section and its looper hold at most where nothing bounds it (unsourced; long annealing lines)."""
_STEP_OFF, _STEP_M = 0.01, 2.0
"""Share, and metres, by which the strip between two welds may differ between two sections."""
_UNMATCHED = 8.0
_ODDS = 6.0
"""Logarithm of the odds from which on one way to match welds is taken for the right one."""
_FEWEST = 4
_GRID_M = 0.5
_BESIDE_M = 4.0
"""Strip on either side of a weld whose means are compared."""
_MOST_JUMP = 4.0
_COARSE_M = 2.0
_DRIFT_M = 150.0
"""By how much two sections' metres drift apart over a log beside their usual ratio, at most: a looper's content."""
_BLOCK = 60
"""Welds that are looked for together."""
_CLEAR = 6.0
"""Standard deviations of chance by which the best place for all welds must stand out."""
_AHEAD = 1.5
"""And by which it must stand out before any other place."""
_SAMPLES = 4_000


@dataclass(frozen=True)
class _Tie:
    at_m: Floats
    line_m: Floats
    sd_m: float


def tie(own: Trend, others: Sequence[Trend], places: Mapping[str, float]) -> tuple[Section, ...]:
    """The other sections of a line, on the metres of its trend: those first in which welds are seen.

    ``places``: column -> metres behind its section's reference point, where known.
    """
    known: list[tuple[int, Floats]] = [(_rank(own), own.run_m)]
    made: list[Section] = []
    for other in sorted(others, key=lambda one: one.weld_column is own.weld_column):
        found = None if other.weld_column is own.weld_column else _by_welds(own, other, places)
        if found is None:
            low, high = _bounds(own, other, known)
            found = _by_jumps(own, other, places, low, high) or _between(own, other, low, high)
        section = Section(_end(other), other.run_m, other.speed_column, found.at_m, found.line_m, found.sd_m)
        made.append(section)
        if found.sd_m < _BESIDE_M:
            known.append((_rank(other), section.onto(other.run_m)))
    return tuple(made)


def loose(own: Trend, places: Mapping[str, float]) -> tuple[Section, ...]:
    """Sections whose own speed is not logged, where gauges stand by their names, and not by their place.

    A gauge at the entry that stands behind the speed gauge at the exit is placed from another point than that: taken for the
    trend's own it may lie off by all that a section and its looper hold.
    """
    run = np.array([0.0, max(float(own.run_m[-1]), 1.0)])
    sections = []
    for end in ORDER:
        ahead = ORDER.index(end) - _rank(own)
        stated = [places[one.name] for one in of_material(own.table) if one.name in places and own.end_of(one) == end]
        if any(place * ahead < 0 for place in stated):
            sections.append(Section(end, own.run_m, own.speed_column, run, run, _CONTENT_M / 12.0**0.5))
    return tuple(sections)


def _end(trend: Trend) -> End:
    return end_of(trend.speed_column) or "centre"


def _rank(trend: Trend) -> int:
    return ORDER.index(_end(trend))


def _ratio(own: Trend, other: Trend) -> tuple[float, float]:
    """Metres of the trend a metre of the other section, and where that lies at its zero: over the whole log, loopers evened."""
    every = slice(None, None, max(own.times.size // _SAMPLES, 1))
    slope, rest = np.polyfit(other.run_m[every], own.run_m[every], 1)
    return float(slope), float(rest)


def _welds_m(trend: Trend, places: Mapping[str, float]) -> Floats:
    place = 0.0 if trend.weld_column is None else places.get(trend.weld_column.name, 0.0)
    return (trend.run_m[trend.welds] + trend.run_m[np.maximum(trend.welds - 1, 0)]) / 2.0 - place


def _by_welds(own: Trend, other: Trend, places: Mapping[str, float]) -> _Tie | None:
    """Knots at the welds that both sections saw; None where it is not clear which are the same."""
    if min(own.welds.size, other.welds.size) < _FEWEST:
        return None
    slope, _ = _ratio(own, other)
    here, there = _welds_m(own, places), _welds_m(other, places) * slope
    anchor = other.welds.size // 2
    ran = (own.run_m[own.welds] - own.run_m[other.welds[anchor]]) * (1.0 if _rank(other) < _rank(own) else -1.0)
    tries = [_walk(here, there, anchor, int(one)) for one in np.flatnonzero((ran > 0) & (ran < 2.0 * _CONTENT_M))]
    tries = [one for one in tries if one[0].size >= _FEWEST]
    if not tries:
        return None
    rests = [_rests(here[one], there[two]) for one, two in tries]
    spread = max(min(1.4826 * float(np.median(np.abs(rest))) for rest in rests), MARK_M)
    cost = np.array([
        np.minimum(0.5 * (rest / spread) ** 2, _UNMATCHED).sum() + _UNMATCHED * (there.size - 1 - rest.size) for rest in rests
    ])  # fmt: skip
    best = int(np.argmin(cost))
    if cost.size > 1 and np.partition(cost, 1)[1] - cost[best] < _ODDS:
        return None
    one, two = tries[best]
    return _Tie(there[two] / slope, here[one], float(np.hypot(spread, MARK_M)))


def _walk(here: Floats, there: Floats, anchor: int, first: int) -> tuple[Ints, Ints]:
    """Welds that are the same when those two are: from one to the next, by the strip between them."""
    pairs = [(first, anchor)]
    for step in (1, -1):
        one, two = first, anchor
        for number in range(anchor + step, there.size if step > 0 else -1, step):
            expected = here[one] + there[number] - there[two]
            near = int(np.argmin(np.abs(here - expected))) if here.size < _BLOCK else _nearest(here, expected)
            if (near - one) * step > 0 and abs(here[near] - expected) < _STEP_M + _STEP_OFF * abs(there[number] - there[two]):
                pairs.append((near, number))
                one, two = near, number
    ordered = np.array(sorted(pairs), np.int64)
    return ordered[:, 0], ordered[:, 1]


def _nearest(values: Floats, value: float) -> int:
    right = int(np.clip(np.searchsorted(values, value), 1, values.size - 1))
    return right if abs(values[right] - value) < abs(values[right - 1] - value) else right - 1


def _rests(here: Floats, there: Floats) -> Floats:
    """By how much the strip between neighbouring welds differs between both sections, in m, but for their usual ratio."""
    steps, other = np.diff(here), np.diff(there)
    return np.asarray(steps - other * float(np.median(steps / other)))


def _bounds(own: Trend, other: Trend, known: Sequence[tuple[int, Floats]]) -> tuple[float, float]:
    """Between which two numbers the metres from a section to the trend's lie: no looper holds less than nothing."""
    slope, _ = _ratio(own, other)
    every = slice(None, None, max(own.times.size // _SAMPLES, 1))
    rank, run = _rank(other), slope * other.run_m[every]
    low = max((float((line[every] - run).max()) for place, line in known if place > rank), default=np.nan)
    high = min((float((line[every] - run).min()) for place, line in known if place < rank), default=np.nan)
    if np.isnan(low):
        return high - _CONTENT_M, high
    return (low, low + _CONTENT_M) if np.isnan(high) else (min(low, high), max(low, high))


def _between(own: Trend, other: Trend, low: float, high: float) -> _Tie:
    slope, _ = _ratio(own, other)
    ends = np.array([0.0, max(float(other.run_m[-1]), 1.0)])
    return _Tie(ends, slope * ends + (low + high) / 2.0, float(np.hypot((high - low) / 12.0**0.5, _BESIDE_M)))


def _by_jumps(own: Trend, other: Trend, places: Mapping[str, float], low: float, high: float) -> _Tie | None:
    """Where all welds must be in a section whose gauges jump there: the number, and the drift, under which most do."""
    slope, _ = _ratio(own, other)
    jumps = _jumps(own, other, places)
    welds = _welds_m(own, places)
    if jumps is None or welds.size < _FEWEST:
        return None
    blocks = np.array_split(welds, max(round(welds.size / _BLOCK), 1))
    found = [_comb(jumps, block, slope, (low, high)) for block in blocks]
    if any(one is None for one in found):
        return None
    at = np.concatenate([one for one in found if one is not None])
    line = np.concatenate([block[[0, -1]] for block in blocks])
    return _Tie(at, line, MARK_M + _GRID_M) if (np.diff(at) > 0).all() else None


def _jumps(own: Trend, other: Trend, places: Mapping[str, float]) -> Floats | None:
    """How much the section's gauges jump at each half metre of it, in usual steps: the sum of all whose place is known."""
    told: list[Floats] = []
    for values, place in _gauges(own, other, places):
        cells = np.floor((other.run_m - place) / _GRID_M).astype(np.int64)
        good = np.isfinite(values) & (cells >= 0)
        size = int(other.run_m[-1] / _GRID_M) + 1
        good &= cells < size
        count = np.bincount(cells[good], minlength=size)
        sums = np.bincount(cells[good], values[good], minlength=size)
        if (count > 0).sum() < 10 * _BLOCK:
            continue
        even = np.interp(np.arange(size), np.flatnonzero(count), sums[count > 0] / count[count > 0])
        width = round(_BESIDE_M / _GRID_M)
        total = np.concatenate(([0.0], np.cumsum(even)))
        means = (total[width:] - total[:-width]) / width
        step = np.abs(means[width:] - means[:-width])
        step = np.concatenate((np.zeros(width), step, np.zeros(size - step.size - width)))
        told.append(np.minimum(step / max(float(np.median(step)), 1e-12), _MOST_JUMP))
    return np.asarray(sum(told)) if told else None


def _gauges(own: Trend, other: Trend, places: Mapping[str, float]) -> Iterator[tuple[Floats, float]]:
    end = _end(other)
    for column in own.table.of_kind("number"):
        if column.name in places and column is not other.speed_column and own.end_of(column) == end:
            yield own.values([column.name], 0, own.times.size)[0], places[column.name]


def _comb(jumps: Floats, welds: Floats, slope: float, bounds: tuple[float, float]) -> Floats | None:
    """Metres of the section at the first and the last weld under which the gauges jump at most of them; None if by chance."""
    low, high = bounds
    share = (welds - welds[0]) / max(float(welds[-1] - welds[0]), 1.0)
    ahead = np.arange(low - _DRIFT_M, high + _DRIFT_M, _COARSE_M)
    drift = np.arange(-_DRIFT_M, _DRIFT_M + _COARSE_M, _COARSE_M)
    usual, spread = float(jumps.mean()), float(jumps.std())
    if not spread > 0:
        return None
    score = np.empty((ahead.size, drift.size))
    for number, by in enumerate(drift):
        at = (welds - share * by - ahead[:, None]) / slope
        cells = (at / _GRID_M).astype(np.int64)
        there = (cells >= 0) & (cells < jumps.size)
        read = np.where(there, jumps[np.clip(cells, 0, jumps.size - 1)], usual)
        score[:, number] = (read - usual).sum(axis=1) / (spread * np.sqrt(welds.size))
    best = np.unravel_index(int(np.argmax(score)), score.shape)
    near = np.abs(np.arange(ahead.size) - best[0])[:, None] * _COARSE_M < 3 * _BESIDE_M
    near = near | (np.abs(ahead[:, None] + drift - ahead[best[0]] - drift[best[1]]) < 3 * _BESIDE_M)
    other = float(np.where(near, -np.inf, score).max())
    if score[best] < _CLEAR or score[best] - other < _AHEAD:
        return None
    return np.array([welds[0] - ahead[best[0]], welds[-1] - ahead[best[0]] - drift[best[1]]]) / slope
