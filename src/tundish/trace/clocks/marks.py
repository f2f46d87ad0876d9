"""Which moments does a signal mark? Strip comes or leaves, a weld passes, a counter starts anew, rows begin to be written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tundish.trace.stamps import SECOND, Floats, Stamps, spacing

_STILL = 0.03
"""Share of its usual size below which a signal is near nothing."""
_KEPT = 2.0
"""Times as many rows as just beside lie near nothing, if the signal rests there and does not only pass."""
_RARE, _MOST = 1e-4, 0.98
"""Shares of the rows between which a signal may rest."""
_NARROW = 0.1
"""Share of the distance between its two states within which a resting signal scatters."""
_CELLS = 200
_CALM = 5
"""Rows of which most must agree: a single odd reading marks nothing."""
_PULSE_S = 5.0
_GAP = 3.0
"""Usual steps of the log from which a step is a gap."""
_FEWEST = 2
_PER_DAY = 3_000.0
"""More marks than this a day are flicker, no pieces."""

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Marks:
    """Moments on the file's clock, rising."""

    at: Stamps
    kinds: npt.NDArray[np.int8]
    """1 where a piece begins, -1 where one ends; where one follows another there are both."""

    @property
    def sides(self) -> tuple[Marks, ...]:
        """Where rests begin, and where they end, each taken for both; none where the signal does not rest in between."""
        ends, begins = self.at[self.kinds < 0], self.at[self.kinds > 0]
        return () if np.array_equal(ends, begins) else tuple(_both(at) for at in (ends, begins) if at.size)


def marks(times: Stamps, signals: Sequence[Floats]) -> list[Marks]:
    """The moments that each signal marks, of those that mark any; rows in order of time, NaN for a missing reading.

    >>> present = np.repeat([0.0, 1.0, 0.0, 1.0, 0.0], 20)
    >>> [one] = marks(np.arange(100) * SECOND, [present])
    >>> (one.at / SECOND).tolist(), one.kinds.tolist()
    ([19.5, 39.5, 59.5, 79.5], [1, -1, 1, -1])
    """
    every = [_written(times)] + [_marks(times, signal) for signal in signals]
    longest = max(float(times[-1] - times[0]) / SECOND / 86_400.0, 0.05) if times.size else 0.0
    return [one for one in every if one is not None and _FEWEST <= one.at.size <= _PER_DAY * longest]


def _written(times: Stamps) -> Marks | None:
    """When rows begin and cease to be written, of a log that is kept only while the line runs."""
    step = spacing(times)
    gaps = np.flatnonzero(np.diff(times) > _GAP * step) if step > 0 else np.zeros(0, dtype=np.intp)
    return _edges(np.concatenate((times[gaps + 1], times[gaps])), np.repeat([1, -1], gaps.size)) if gaps.size else None


def _marks(times: Stamps, values: Floats) -> Marks | None:
    known = ~np.isnan(values)
    if known.sum() < 50:
        return None
    times, values = times[known], values[known]
    drops = _drops(values)
    if drops is not None:
        return _both(_between(times, drops))
    busy = _busy(values)
    if busy is None:
        return None
    rare = busy if busy.mean() < 0.5 else ~busy
    begins, ends = _runs(rare)
    if not begins.size:
        return None
    if np.median((times[ends - 1] - times[begins]) / SECOND) <= _PULSE_S and begins.size > 1:
        return _both(_between(times, begins))
    calm = np.convolve(busy, np.ones(_CALM), mode="same") > _CALM / 2
    calm[:_CALM], calm[-_CALM:] = calm[_CALM], calm[-_CALM - 1]
    turns = np.flatnonzero(calm[1:] != calm[:-1]) + 1
    return _edges(_between(times, turns), np.where(calm[turns], 1, -1))


def _between(times: Stamps, rows: npt.NDArray[np.intp]) -> Stamps:
    """The middle between each row and the one before: there, as likely before as after, it happened."""
    before = times[np.maximum(rows - 1, 0)]
    middles: Stamps = before + (times[rows] - before) // 2
    return middles


def _both(at: Stamps) -> Marks:
    return _edges(np.repeat(at, 2), np.tile([-1, 1], at.size))


def _edges(at: Stamps, kinds: npt.NDArray[np.generic]) -> Marks:
    order = np.argsort(at, kind="stable")
    return Marks(at[order], kinds.astype(np.int8)[order])


def _runs(flags: Flags) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """First row of each run of true, and the row behind its last."""
    turns = np.diff(flags.astype(np.int8), prepend=0, append=0)
    return np.flatnonzero(turns == 1), np.flatnonzero(turns == -1)


def _busy(values: Floats) -> Flags | None:
    """Where a signal of two states is not at rest: away from nothing, or from the one of two levels that it keeps closely."""
    low, high = float(values.min()), float(values.max())
    if low == high:
        return None
    two = (values == low) | (values == high)
    if two.all():
        return np.asarray(values == high)
    sizes = np.abs(values)
    usual = float(np.quantile(sizes, 0.9))
    still, slow = (float((sizes <= limit * usual).mean()) for limit in (_STILL, 3 * _STILL))
    if _RARE < still < _MOST and still > _KEPT * (slow - still):
        return np.asarray(sizes > _STILL * usual)
    apart = values > _parting(values)
    sides = values[~apart], values[apart]
    if not _RARE < apart.mean() < 1 - _RARE:
        return None
    between = float(sides[1].mean() - sides[0].mean())
    narrow = [float(side.std()) < _NARROW * between for side in sides]
    inner = [float(np.quantile(np.abs(side - side.mean()), 0.99)) < 0.5 * between for side in sides]
    if not (any(narrow) and all(inner)):
        return None
    return apart if narrow[0] else ~apart


def _parting(values: Floats) -> float:
    """The level that parts values into two groups of least scatter (Otsu 1979, doi:10.1109/TSMC.1979.4310076)."""
    low, high = np.quantile(values, [_RARE, 1 - _RARE])
    counts, edges = np.histogram(np.clip(values, low, high), bins=_CELLS)
    middles = (edges[1:] + edges[:-1]) / 2
    below, moment = np.cumsum(counts)[:-1], np.cumsum(counts * middles)
    above = values.size - below
    known = (below > 0) & (above > 0)
    means = moment[:-1] / np.maximum(below, 1), (moment[-1] - moment[:-1]) / np.maximum(above, 1)
    between = np.where(known, below * above * (means[1] - means[0]) ** 2.0, -1.0)
    return float(edges[1:-1][int(between.argmax())])


def _drops(values: Floats) -> npt.NDArray[np.intp] | None:
    """Rows at which a counter (length run, time in piece) starts anew."""
    steps, span = np.diff(values), float(np.ptp(values))
    drops = np.flatnonzero(steps < -0.1 * span) + 1
    rises = (steps >= -1e-9 * span).mean()
    if drops.size < _FEWEST or drops.size > 0.05 * values.size or rises < 0.94 or (steps > 0).mean() < 0.3:
        return None
    return drops
