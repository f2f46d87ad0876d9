"""Where do marks part a line's trend? Strip that comes and goes, welds that pass, and where neither is logged, standstills."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tundish.table import Column
from tundish.trace.position.passes import Parts
from tundish.trace.position.trend import Bools, Trend
from tundish.trace.stamps import SECOND
from tundish.trace.stays.segments import Floats, Ints

_CRAWL = 0.02
"""Share of the usual speed below which the line stands."""
_STANDS_S = 5.0
"""A standstill shorter than this parts no two pieces."""
_FEW = 30
_APART = 6.0
"""Scatters by which the levels with and without strip differ at least."""
SPARE_M = 0.1
"""Bounds of other gauges are widened by what their places may be off."""


def part(trend: Trend, gauges_m: Mapping[str, float], *, elongation: float = 1.0) -> Parts:
    """Cut a trend at its marks: strip comes and goes, welds pass, and where neither is logged the line stands.

    ``gauges_m``: column -> how far behind the reference point it is measured (negative: before it), where known. Head and tail
    are seen by every gauge whose place is known, each between two samples of its own: together they say more than one.
    """
    size = trend.times.size
    if trend.present is not None and trend.present.any():
        low, high = _runs(trend.present)
        mark = trend.present_column
    elif trend.welds.size:
        low, high = np.array([0]), np.array([size])
        mark = None
    else:
        low, high = _running(trend)
        mark = None
    inside = trend.welds[(trend.welds > 0) & (trend.welds < size)]
    run = np.searchsorted(low, inside, "right") - 1
    inside = inside[(run >= 0) & (inside > low[np.maximum(run, 0)]) & (inside < high[np.maximum(run, 0)])]
    of_weld = _marks(trend, inside, _place(trend.weld_column, gauges_m), elongation)
    ends = [_marks(trend, edge, _place(mark, gauges_m), elongation) for edge in (low, high)]
    if mark is not None:
        seen = list(sightings(trend, gauges_m, elongation, without=mark.name))
        ends = [_narrowed(one, [pair[side] for pair in seen]) for side, one in enumerate(ends)]
    begins, closes = (_joined(one, of_weld) for one in ends)
    return Parts(
        begins.metres,
        closes.metres,
        begins.when,
        closes.when,
        begins.sd,
        closes.sd,
        trend.present is None or bool(trend.welds.size),
    )


@dataclass(frozen=True)
class _Marks:
    """Marks of one kind: when they came, and between which metres run they lie."""

    when: Floats
    low: Floats
    high: Floats
    open: Bools

    @property
    def metres(self) -> Floats:
        return (self.low + self.high) / 2.0

    @property
    def sd(self) -> Floats:
        return np.where(self.open, np.inf, (self.high - self.low) / math.sqrt(12.0))


def _place(column: Column | None, gauges_m: Mapping[str, float]) -> float:
    return 0.0 if column is None else gauges_m.get(column.name, 0.0)


def _joined(one: _Marks, other: _Marks) -> _Marks:
    order = np.argsort(np.concatenate((one.when, other.when)), kind="stable")
    fields = (np.concatenate(pair)[order] for pair in zip(_fields(one), _fields(other), strict=True))
    when, low, high, is_open = fields
    return _Marks(when, low, high, is_open.astype(bool))


def _fields(marks: _Marks) -> tuple[Floats, Floats, Floats, Floats]:
    return marks.when, marks.low, marks.high, marks.open.astype(np.float64)


def sightings(
    trend: Trend, gauges_m: Mapping[str, float], elongation: float, *, without: str
) -> Iterator[tuple[_Marks, _Marks]]:
    """When head and tail passed each other gauge whose place is known: it shows one level with strip and another without."""
    if trend.present is None:
        return
    there = trend.present
    names = [name for name in gauges_m if name != without and name in trend.table.frame.columns and _numeric(trend, name)]
    for name in names:
        values = np.nan_to_num(trend.values([name], 0, trend.times.size)[0])
        with_, without_ = values[there], values[~there]
        if min(with_.size, without_.size) < _FEW:
            continue
        levels = np.median(with_), np.median(without_)
        noise = np.percentile(np.abs(with_ - levels[0]), 75) + np.percentile(np.abs(without_ - levels[1]), 75)
        if abs(levels[0] - levels[1]) > _APART * noise:
            shows = (values - sum(levels) / 2.0) * np.sign(levels[0] - levels[1]) > 0
            low, high = _runs(shows)
            yield (_marks(trend, low, gauges_m[name], elongation), _marks(trend, high, gauges_m[name], elongation))


def _numeric(trend: Trend, name: str) -> bool:
    return bool(trend.table.frame[name].dtype.is_numeric())


def _narrowed(marks: _Marks, others: Sequence[_Marks]) -> _Marks:
    """Marks between the closest bounds that all gauges give; a gauge that contradicts the others is left out of that mark."""
    low, high = marks.low.copy(), marks.high.copy()
    for other in others:
        if not other.when.size or not marks.when.size:
            continue
        order = np.argsort(other.metres)
        middle = (low + high) / 2.0
        right = np.clip(np.searchsorted(other.metres[order], middle), 1, max(order.size - 1, 1))
        places, last = other.metres[order], np.minimum(right, order.size - 1)
        near = np.where(np.abs(places[last] - middle) < np.abs(places[right - 1] - middle), last, right - 1)
        found = order[near]
        tighter_low, tighter_high = np.maximum(low, other.low[found] - SPARE_M), np.minimum(high, other.high[found] + SPARE_M)
        fits = (tighter_high > tighter_low) & ~marks.open & ~other.open[found]
        low, high = np.where(fits, tighter_low, low), np.where(fits, tighter_high, high)
    return replace(marks, low=low, high=high)


def _runs(flags: Bools) -> tuple[Ints, Ints]:
    steps = np.diff(np.concatenate(([0], flags.astype(np.int8), [0])))
    return np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)


def _running(trend: Trend) -> tuple[Ints, Ints]:
    moving = trend.speed > 0
    usual = float(np.median(trend.speed[moving])) if moving.any() else 0.0
    low, high = _runs(trend.speed > _CRAWL * usual)
    if low.size < 2:
        return low, high
    times = trend.times
    rest = (times[low[1:]] - times[np.minimum(high[:-1], times.size - 1)]) / SECOND >= _STANDS_S
    return low[np.concatenate(([True], rest))], high[np.concatenate((rest, [True]))]


def _marks(trend: Trend, at: Ints, gauge_m: float, elongation: float) -> _Marks:
    """Marks first seen in these rows: they came at some moment since the row before."""
    after, before = np.minimum(at, trend.times.size - 1), np.maximum(at - 1, 0)
    low, high = (trend.passed(trend.times[row].astype(np.float64), gauge_m, elongation=elongation) for row in (before, after))
    when = (trend.times[after] + trend.times[before]) / 2.0
    return _Marks(when, low, high, (at <= 0) | (at >= trend.times.size))
