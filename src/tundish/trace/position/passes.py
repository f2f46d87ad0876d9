"""Which stretch of a line's trend belongs to which piece? Marks of the line matched in order to the pieces that came."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tundish.trace.position.trend import Trend
from tundish.trace.stamps import SECOND, Stamps
from tundish.trace.stays.segments import Floats, Ints

_CRAWL = 0.02
"""Share of the usual speed below which the line stands."""
_STANDS_S = 5.0
"""A standstill shorter than this parts no two pieces."""
_FAR = 16.0
"""Greatest cost of one disagreement: beyond it, more disagreement says no more (half of four standard deviations squared)."""
_STEPS: tuple[tuple[int, int, float], ...] = (
    (1, 1, 0.0), (1, 2, 4.0), (1, 3, 7.0), (1, 4, 10.0), (2, 1, 4.0), (3, 1, 8.0), (0, 1, 6.0), (1, 0, 9.0),
)  # fmt: skip
"""Pieces and stretches taken together, and the cost of it: half the squared deviation that would be as unlikely. A mark too
many or missing is seen on about one weld in fifty; a stretch without a piece or a piece without a stretch is rarer."""
_RELATIVE = 0.02
_ABSOLUTE_M = 2.0
"""How far a recorded length may be off: share and metres, one standard deviation."""


@dataclass(frozen=True)
class Parts:
    """Stretches of a trend between neighbouring marks, in order."""

    low_m: Floats
    """Metres run at the beginning; ``high_m`` at the end."""
    high_m: Floats
    low_us: Floats
    high_us: Floats
    low_sd: Floats
    """How far the mark may be off for the step of the log, in metres; infinite where the log begins or ends."""
    high_sd: Floats


@dataclass(frozen=True)
class Feeds:
    """Pieces in the order in which they came on a line."""

    start: Stamps
    end: Stamps
    metres: Floats
    """Length that ran past the marks as far as records tell; NaN where none does."""


@dataclass(frozen=True)
class Pairing:
    """For each piece the first and the last part that it came in, -1 for none, and how many pieces share these parts."""

    first: Ints
    last: Ints
    shared: Ints
    scale: float
    """Metres of the gauge a recorded metre."""


def part(trend: Trend, *, weld_m: float = 0.0, present_m: float = 0.0, elongation: float = 1.0) -> Parts:
    """Cut a trend at its marks: strip comes and goes, welds pass, and where neither is logged the line stands.

    ``weld_m`` and ``present_m``: how far behind the reference point welds and strip are seen (negative: before it).
    """
    size = trend.times.size
    if trend.present is not None and trend.present.any():
        low, high = _runs(trend.present)
    elif trend.welds.size:
        low, high = np.array([0]), np.array([size])
    else:
        low, high = _running(trend)
    inside = trend.welds[(trend.welds > 0) & (trend.welds < size)]
    run = np.searchsorted(low, inside, "right") - 1
    inside = inside[(run >= 0) & (inside > low[np.maximum(run, 0)]) & (inside < high[np.maximum(run, 0)])]
    begins, ends = np.concatenate((low, inside)), np.concatenate((high, inside))
    where = [np.concatenate((np.full(edge.size, present_m), np.full(inside.size, weld_m))) for edge in (low, high)]
    low_us, low_m, low_sd = _marks(trend, begins, where[0], elongation)
    high_us, high_m, high_sd = _marks(trend, ends, where[1], elongation)
    left, right = np.argsort(begins, kind="stable"), np.argsort(ends, kind="stable")
    return Parts(low_m[left], high_m[right], low_us[left], high_us[right], low_sd[left], high_sd[right])


def _runs(flags: np.ndarray) -> tuple[Ints, Ints]:
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


def _marks(trend: Trend, at: Ints, gauge_m: Floats, elongation: float) -> tuple[Floats, Floats, Floats]:
    """Time, metres run and doubt of marks first seen in these rows: they came at some moment since the row before."""
    after, before = np.minimum(at, trend.times.size - 1), np.maximum(at - 1, 0)
    when = (trend.times[after] + trend.times[before]) / 2.0
    metres = np.empty(at.size)
    for distance in np.unique(gauge_m):
        mine = gauge_m == distance
        metres[mine] = trend.passed(when[mine], float(distance), elongation=elongation)
    doubt = (trend.run_m[after] - trend.run_m[before]) / math.sqrt(12.0)
    return when, metres, np.where((at <= 0) | (at >= trend.times.size), np.inf, doubt)


def pair(parts: Parts, feeds: Feeds, *, scale: float | None = None) -> Pairing:
    """Match parts to pieces in order, by length and time, at the least cost; marks may be missing or too many.

    Method: alignment by dynamic programming as Gale and Church (Computational Linguistics 19(1), 1993, 75-102) match sentences
    of two languages by their lengths.
    """
    scale = _scale(parts, feeds) if scale is None else scale
    first, last, shared = _backward(*_forward(parts, feeds, scale), feeds.start.size)
    good = (first >= 0) & (shared == 1) & (feeds.metres > 0)
    if good.sum() >= 3:
        ratio = (parts.high_m[last[good]] - parts.low_m[first[good]]) / feeds.metres[good]
        better = float(np.median(ratio))
        if abs(math.log(better / scale)) > 0.5 * _RELATIVE:
            return pair(parts, feeds, scale=better) if abs(math.log(better / scale)) < 0.7 else _as(first, last, shared, better)
        scale = better
    return _as(first, last, shared, scale)


def _as(first: Ints, last: Ints, shared: Ints, scale: float) -> Pairing:
    return Pairing(first, last, shared, scale)


def _scale(parts: Parts, feeds: Feeds) -> float:
    """Metres of the gauge a recorded metre, roughly: from what ran while the pieces were there by their records."""
    marks = np.concatenate((parts.low_us, parts.high_us))
    metres = np.concatenate((parts.low_m, parts.high_m))
    order = np.lexsort((metres, marks))
    ran = np.interp(feeds.end, marks[order], metres[order]) - np.interp(feeds.start, marks[order], metres[order])
    known = (feeds.metres > 0) & (ran > 0)
    return float(np.median(ran[known] / feeds.metres[known])) if known.any() else 1.0


def _forward(parts: Parts, feeds: Feeds, scale: float) -> tuple[list[dict[int, tuple[float, int, int]]], int]:
    """Least cost of having matched so many pieces and parts, with the step that led there: one dict a number of pieces."""
    count, todo = feeds.start.size, parts.low_m.size
    cost = _Cost(parts, feeds, scale)
    low, high = cost.reach()
    rows: list[dict[int, tuple[float, int, int]]] = [{} for _ in range(count + 1)]
    rows[0][int(low[0]) if count else 0] = (0.0, 0, 0)
    for done in range(count + 1):
        row = rows[done]
        edge = int(high[done]) if done < count else todo
        here = min(row, default=edge)
        while here <= edge:
            if here in row:
                for pieces, stretches, toll in _STEPS:
                    if done + pieces > count or here + stretches > todo:
                        continue
                    total = row[here][0] + toll + cost(done, pieces, here, stretches)
                    target, place = rows[done + pieces], here + stretches
                    if place not in target or total < target[place][0]:
                        target[place] = (total, pieces, stretches)
            here += 1
    return rows, todo


def _backward(rows: list[dict[int, tuple[float, int, int]]], todo: int, count: int) -> tuple[Ints, Ints, Ints]:
    first, last, shared = (np.full(count, fill, dtype=np.int64) for fill in (-1, -1, 0))
    done = count
    here = min(rows[count], key=lambda place: rows[count][place][0])
    while done:
        _, pieces, stretches = rows[done][here]
        if pieces and stretches:
            first[done - pieces : done], last[done - pieces : done] = here - stretches, here - 1
            shared[done - pieces : done] = pieces
        done, here = done - pieces, here - stretches
    return first, last, shared


class _Cost:
    """How badly pieces and parts fit each other, as half a squared deviation: by length, and by time."""

    def __init__(self, parts: Parts, feeds: Feeds, scale: float) -> None:
        self.parts, self.feeds = parts, feeds
        lengths = np.where(feeds.metres > 0, feeds.metres * scale, np.nan)
        self.lengths = lengths.tolist()
        self.low_m, self.high_m = parts.low_m.tolist(), parts.high_m.tolist()
        self.open = (np.isinf(parts.low_sd) | np.isinf(parts.high_sd)).tolist()
        stays = (feeds.end - feeds.start) / SECOND
        self.usual_s = max(float(np.median(stays)) if stays.size else 0.0, 10.0)
        bias = 0.0
        self.middle_s = (((feeds.start + feeds.end) / 2.0 + bias) / SECOND).tolist()
        self.part_s = ((parts.low_us + parts.high_us) / 2.0 / SECOND).tolist()
        self.low_s, self.high_s = (parts.low_us / SECOND).tolist(), (parts.high_us / SECOND).tolist()
        self.start_s, self.end_s = (feeds.start / SECOND).tolist(), (feeds.end / SECOND).tolist()
        whole = parts.high_m - parts.low_m
        self.crumb_m = 0.1 * float(np.median(whole)) if whole.size else 0.0

    def reach(self) -> tuple[Ints, Ints]:
        """Parts from and to which each piece may have come in."""
        spare = int(max(4.0 * self.usual_s, 600.0) * SECOND)
        low = np.searchsorted(self.parts.high_us, self.feeds.start - spare, "left")
        high = np.searchsorted(self.parts.low_us, self.feeds.end + spare, "right")
        return np.minimum.accumulate(low[::-1])[::-1], np.maximum.accumulate(high)

    def __call__(self, done: int, pieces: int, here: int, stretches: int) -> float:
        if not stretches:
            return 0.0
        length = self.high_m[here + stretches - 1] - self.low_m[here]
        if not pieces:
            return -4.0 if length < self.crumb_m else 0.0
        return self._of_length(done, pieces, here, length) + self._of_time(done, pieces, here, stretches)

    def _of_length(self, done: int, pieces: int, here: int, length: float) -> float:
        expected = sum(self.lengths[done : done + pieces])
        if not expected > 0:
            return 1.0
        doubt = _RELATIVE * expected + _ABSOLUTE_M
        off = (length - expected) / doubt
        if self.open[here] and off < 0:
            return 1.0
        return min(0.5 * off * off, _FAR)

    def _of_time(self, done: int, pieces: int, here: int, stretches: int) -> float:
        begun = self.low_s[here] - self.start_s[done]
        ended = self.high_s[here + stretches - 1] - self.end_s[done + pieces - 1]
        doubt = 0.25 * self.usual_s + 20.0
        off = abs(begun + ended) / 2.0 / doubt
        return min(0.5 * off * off, _FAR)
