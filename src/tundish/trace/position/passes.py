"""Which stretch of a line's trend belongs to which piece? Marks of the line matched in order to the pieces that came."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tundish.table import Column
from tundish.trace.position.trend import Bools, Trend
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
_SWAPPED = (2, 2, 5.0)
"""Two pieces that came the other way round than their written times say: a mistyped start or end."""
ODDS = 3.0
"""Logarithm of the odds for a place of a piece below which another one is about as likely: 20 to 1."""
_SAME_M = 5.0
"""Marks nearer to each other than this are the same place of a piece."""
_FEW = 30
_APART = 6.0
"""Scatters by which the levels with and without strip differ at least."""
SPARE_M = 0.1
"""Bounds of other gauges are widened by what their places may be off."""
_RELATIVE, _ABSOLUTE_M = 0.02, 2.0
"""How far a recorded length may be off: share and metres, one standard deviation."""
_OTHER = 0.7
"""Logarithm by which two scales differ that cannot be of the same line."""
_NEAR = 3.0
"""Scatters within which a ratio of lengths lies near the middle of all."""


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
    welded: bool = True
    """Whether several pieces may have come in one stretch: where a weld may have been missed."""


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
    doubt: float
    """How far that may be off, one standard deviation as a share."""


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


def pair(parts: Parts, feeds: Feeds, *, scale: float | None = None) -> Pairing:
    """Match parts to pieces in order, by length and time, at the least cost; marks may be missing or too many.

    Method: alignment by dynamic programming as Gale and Church (Computational Linguistics 19(1), 1993, 75-102) match sentences
    of two languages by their lengths.
    """
    scale = _scale(parts, feeds) if scale is None else scale
    first, last, shared = _backward(_forward(parts, feeds, scale), feeds.start.size)
    good = (first >= 0) & (shared == 1) & (feeds.metres > 0)
    if good.sum() >= 3:
        ratio = (parts.high_m[last[good]] - parts.low_m[first[good]]) / feeds.metres[good]
        better, doubt = _middle(ratio)
        far = abs(math.log(better / scale))
        if 0.5 * _RELATIVE < far < _OTHER:
            return pair(parts, feeds, scale=better)
        return Pairing(first, last, shared, better, doubt)
    return Pairing(first, last, shared, scale, _RELATIVE)


def _middle(ratio: Floats) -> tuple[float, float]:
    """Mean of what lies near the median, and one standard deviation of it as a share."""
    middle = float(np.median(ratio))
    spread = 1.4826 * float(np.median(np.abs(ratio - middle)))
    near = ratio[np.abs(ratio - middle) <= _NEAR * spread]
    mean = float(near.mean())
    return mean, max(float(near.std()), spread) / math.sqrt(near.size) / mean


def _scale(parts: Parts, feeds: Feeds) -> float:
    """Metres of the gauge a recorded metre, roughly: from what ran while the pieces were there by their records."""
    marks = np.concatenate((parts.low_us, parts.high_us))
    metres = np.concatenate((parts.low_m, parts.high_m))
    order = np.lexsort((metres, marks))
    ran = np.interp(feeds.end, marks[order], metres[order]) - np.interp(feeds.start, marks[order], metres[order])
    known = (feeds.metres > 0) & (ran > 0)
    return float(np.median(ran[known] / feeds.metres[known])) if known.any() else 1.0


def _forward(parts: Parts, feeds: Feeds, scale: float) -> list[dict[int, tuple[float, int, int]]]:
    """Least cost of having matched so many pieces and parts, with the step that led there: one dict a number of pieces."""
    count, todo = feeds.start.size, parts.low_m.size
    cost = _Cost(parts, feeds, scale)
    low, high = cost.reach()
    rows: list[dict[int, tuple[float, int, int]]] = [{} for _ in range(count + 1)]
    # what ran before the first piece costs no more than what ran behind the last
    rows[0] = dict.fromkeys(range(int(low[0]), int(high[0]) + 1), (0.0, 0, 0)) if count else {0: (0.0, 0, 0)}
    for done in range(count + 1):
        row = rows[done]
        edge = int(high[done]) if done < count else todo
        here = min(row, default=edge)
        while here <= edge:
            if here in row:
                for pieces, stretches, price in cost.steps(done, here):
                    total = row[here][0] + price
                    target, place = rows[done + pieces], here + stretches
                    if place not in target or total < target[place][0]:
                        target[place] = (total, pieces, stretches)
            here += 1
    return rows


def margins(parts: Parts, feeds: Feeds, pairing: Pairing) -> Floats:
    """How much dearer the best matching is in which a piece lies elsewhere than ``pairing`` says: the log of the odds for it.

    Infinite where no other place is in reach, and for pieces that were not found.
    """
    count = feeds.start.size
    rows = _forward(parts, feeds, pairing.scale)
    cost = _Cost(parts, feeds, pairing.scale)
    least = min(total for total, *_ in rows[count].values())
    back: list[dict[int, float]] = [{} for _ in range(count + 1)]
    other = np.full(count, np.inf)
    for done in range(count, -1, -1):
        ahead = back[done]
        for here in sorted(rows[done], reverse=True):
            ahead[here] = 0.0 if done == count else np.inf
            for pieces, stretches, price in cost.steps(done, here):
                if here + stretches not in back[done + pieces]:
                    continue
                rest = price + back[done + pieces][here + stretches]
                ahead[here] = min(ahead[here], rest)
                total = rows[done][here][0] + rest
                for piece in range(done, done + pieces):
                    if total < other[piece] and _elsewhere(
                        parts, pairing, piece, _taken(piece - done, here, pieces, stretches)
                    ):
                        other[piece] = total
    return np.where(pairing.first >= 0, other - least, np.inf)


def _taken(number: int, here: int, pieces: int, stretches: int) -> tuple[int, int]:
    """First and last stretch that a piece of a step takes; the last before the first where it takes none."""
    if (pieces, stretches) == _SWAPPED[:2]:
        return here + 1 - number, here + 1 - number
    return here, here + stretches - 1


def _elsewhere(parts: Parts, pairing: Pairing, piece: int, taken: tuple[int, int]) -> bool:
    first, last = int(pairing.first[piece]), int(pairing.last[piece])
    if first < 0 or taken[1] < taken[0]:
        return first >= 0
    if np.isinf(parts.low_sd[taken[0]]) or np.isinf(parts.high_sd[taken[1]]):
        return False  # what the log shows in part only may be as long as any piece
    begins, ends = parts.low_m[taken[0]] - parts.low_m[first], parts.high_m[taken[1]] - parts.high_m[last]
    return bool(max(abs(begins), abs(ends)) > _SAME_M)


def _backward(rows: list[dict[int, tuple[float, int, int]]], count: int) -> tuple[Ints, Ints, Ints]:
    first, last, shared = (np.full(count, fill, dtype=np.int64) for fill in (-1, -1, 0))
    done = count
    here = min(rows[count], key=lambda place: rows[count][place][0])
    while done:
        _, pieces, stretches = rows[done][here]
        if (pieces, stretches) == _SWAPPED[:2]:
            first[done - 2 : done] = last[done - 2 : done] = here - 1, here - 2
            shared[done - 2 : done] = 1
        elif pieces and stretches:
            first[done - pieces : done], last[done - pieces : done] = here - stretches, here - 1
            shared[done - pieces : done] = pieces
        done, here = done - pieces, here - stretches
    return first, last, shared


class _Cost:
    """How badly pieces and parts fit each other, as half a squared deviation: by length, and by time."""

    def __init__(self, parts: Parts, feeds: Feeds, scale: float) -> None:
        self.parts, self.feeds = parts, feeds
        self.allowed = [step for step in (*_STEPS, _SWAPPED) if parts.welded or step[0] < 2 or step is _SWAPPED]
        lengths = np.where(feeds.metres > 0, feeds.metres * scale, np.nan)
        self.lengths = lengths.tolist()
        self.low_m, self.high_m = parts.low_m.tolist(), parts.high_m.tolist()
        self.open = (np.isinf(parts.low_sd) | np.isinf(parts.high_sd)).tolist()
        stays = (feeds.end - feeds.start) / SECOND
        self.usual_s = max(float(np.median(stays)) if stays.size else 0.0, 10.0)
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

    def steps(self, done: int, here: int) -> Iterator[tuple[int, int, float]]:
        """Pieces and stretches that may be taken together from here on, and the cost of each."""
        pieces_left, stretches_left = self.feeds.start.size - done, self.parts.low_m.size - here
        for pieces, stretches, toll in self.allowed:
            if pieces <= pieces_left and stretches <= stretches_left:
                yield pieces, stretches, toll + self(done, pieces, here, stretches)

    def __call__(self, done: int, pieces: int, here: int, stretches: int) -> float:
        if not stretches:
            return 0.0
        if (pieces, stretches) == _SWAPPED[:2]:
            return self(done + 1, 1, here, 1) + self(done, 1, here + 1, 1)
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
        return float(min(0.5 * off * off, _FAR))

    def _of_time(self, done: int, pieces: int, here: int, stretches: int) -> float:
        begun = self.low_s[here] - self.start_s[done]
        ended = self.high_s[here + stretches - 1] - self.end_s[done + pieces - 1]
        doubt = 0.25 * self.usual_s + 20.0
        off = abs(begun + ended) / 2.0 / doubt
        return float(min(0.5 * off * off, _FAR))
