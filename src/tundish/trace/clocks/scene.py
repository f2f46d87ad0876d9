"""How well do signals fit the stays when a file's times are moved? Scatter within the stays, for any offset of any piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tundish.trace.clocks.events import levels
from tundish.trace.stamps import NEVER, SECOND, Floats, Stamps, spacing

REACH_S = 900.0
"""Offsets up to this many seconds either way are tried first."""
FEWEST = 8
"""Pieces with a stay that a comparison needs."""
_GAP = 3.0
"""Usual steps of the log from which a step is a gap."""
_GAPS = 8
"""Fewer gaps than this are accidents, not the way the log is written."""
_ROWS = 400_000
_PIECES = 1_500
_RUN = 30
"""Of more pieces runs of so many neighbours are taken, spread over the whole time."""
_SIGNALS = 12
_CLOSEST = 0.02
"""No signal follows the pieces closer than this, as to its weight: of one that seems to, too little may be seen."""
_UNSEEN = 0.5
"""What a row costs that the log lacks, in units of a signal's variance: less than a misfit, more than a fit."""


@dataclass(frozen=True)
class Scene:
    """Running sums of standardised signals over the rows of a file, and the pieces' stays."""

    times: Stamps
    sums: Floats
    squares: Floats
    starts: Stamps
    ends: Stamps
    thens: Stamps
    """When the pause after the piece ended."""
    weights: Floats
    """How closely each signal follows the pieces."""
    step_s: float
    """Seconds between two rows."""

    def scatter(self, offset_s: float | Floats) -> Floats:
        """Squared distance from the mean of the piece, and of the pause after it: pieces x signals.

        ``offset_s`` is one for all or one a piece.
        """
        shift = np.asarray(np.rint(np.asarray(offset_s) * SECOND), dtype=np.int64)
        first = np.searchsorted(self.times, self.starts - shift, "left")
        last = np.maximum(np.searchsorted(self.times, self.ends - shift, "left"), first)
        then = np.maximum(np.searchsorted(self.times, self.thens - shift, "left"), last)
        due = (self.thens - self.starts) / (self.step_s * SECOND)
        unseen = np.maximum(due - (then - first) - 2.0, 0.0)[:, None]
        scatter = self._around_mean(first, last) + self._around_mean(last, then) + _UNSEEN * unseen
        # a piece that a long stop fell into has many rows, and those of the stop tell nothing
        return scatter * np.minimum(1.0, 1.5 * self.usual_s * SECOND / (self.thens - self.starts))[:, None]

    def losses(self, offsets_s: Floats) -> Floats:
        """Weighted scatter, pieces x offsets; ``offsets_s`` is one row for all pieces, or pieces x offsets."""
        columns = offsets_s if offsets_s.ndim == 1 else offsets_s.T
        return np.column_stack([self.scatter(offset) @ self.weights for offset in columns])

    def only(self, pieces: npt.NDArray[np.bool_]) -> Scene:
        """The same signals with some of the pieces."""
        return replace(self, starts=self.starts[pieces], ends=self.ends[pieces], thens=self.thens[pieces])

    def covered(self, offsets_s: Floats, share: float = 0.5) -> npt.NDArray[np.bool_]:
        """Which pieces the log has at least this share of the rows of, at an offset for each."""
        shift = np.rint(offsets_s * SECOND).astype(np.int64)
        first, last = (np.searchsorted(self.times, edge - shift, "left") for edge in (self.starts, self.ends))
        seen: npt.NDArray[np.bool_] = (last - first) * self.step_s * SECOND > share * (self.ends - self.starts)
        return seen

    @property
    def phase_s(self) -> float:
        """Half a step of the log where all stays begin at one phase of it, for then nothing tells within a step; else less."""
        turn = np.exp(2j * np.pi * self.starts / (self.step_s * SECOND))
        return float(np.abs(turn.mean())) * self.step_s / 2

    @property
    def usual_s(self) -> float:
        """Median length of a stay, in seconds."""
        return float(np.median(self.ends - self.starts)) / SECOND

    def _around_mean(self, first: npt.NDArray[np.intp], last: npt.NDArray[np.intp]) -> Floats:
        count = np.maximum(last - first, 1)[:, None]
        total = self.sums[last] - self.sums[first]
        scatter: Floats = self.squares[last] - self.squares[first] - total**2 / count
        return np.maximum(scatter, 0.0)


def lay_out(times: Stamps, signals: Sequence[Floats], starts: Stamps, ends: Stamps, *, near_s: float = 0.0) -> Scene | None:
    """The scene for offsets around ``near_s`` seconds; None with too few pieces or no signal that changes."""
    begin, end, then = _stays(starts, ends)
    reach = int((abs(near_s) + REACH_S + 300.0) * SECOND)
    if not times.size:
        return None
    covered = (begin > times.min() - reach) & (end < times.max() + reach)
    begin, end, then = begin[covered], end[covered], then[covered]
    if begin.size < FEWEST:
        return None
    chosen = _spread(begin.size)
    begin, end, then = begin[chosen], end[chosen], then[chosen]
    inside = _rows_near(times, begin, then, reach)
    order = inside[np.argsort(times[inside], kind="stable")]
    stamps = times[order]
    columns = [scaled for signal in signals for level in levels(signal[order]) if (scaled := _scaled(level)) is not None]
    filled, rows, logged = _pauses(stamps)
    if not columns and logged is None:
        return None
    columns = [*(column[rows] for column in columns), *([] if logged is None else [logged])]
    stride = max(1, filled.size // _ROWS)
    scene = _summed(filled[::stride], [column[::stride] for column in columns], begin, end, then)
    return _weighed(scene, near_s)


def _stays(starts: Stamps, ends: Stamps) -> tuple[Stamps, Stamps, Stamps]:
    """Whole stays in order of time, each once, and when the pause after each ended (not later than a usual stay lasts)."""
    whole = (starts != NEVER) & (ends != NEVER) & (ends > starts)
    pairs = np.unique(np.column_stack((starts[whole], ends[whole])), axis=0)
    begin, end = pairs[:, 0], pairs[:, 1]
    if not begin.size:
        return begin, end, end
    longest = int(max(np.median(end - begin), 300 * SECOND))
    following = np.append(begin[1:], end[-1] + longest)
    return begin, end, np.clip(following, end, end + longest)


def _spread(count: int) -> npt.NDArray[np.intp]:
    if count <= _PIECES:
        return np.arange(count)
    firsts = np.linspace(0, count - _RUN, _PIECES // _RUN).astype(np.intp)
    chosen: npt.NDArray[np.intp] = np.unique((firsts[:, None] + np.arange(_RUN)).ravel())
    return chosen


def _rows_near(times: Stamps, begin: Stamps, then: Stamps, reach: int) -> npt.NDArray[np.intp]:
    """Rows that can fall into a chosen stay at an offset within reach."""
    latest = np.maximum.accumulate(then + reach)
    apart = np.flatnonzero(begin[1:] - reach > latest[:-1])
    low = (begin - reach)[np.append(0, apart + 1)]
    high = latest[np.append(apart, begin.size - 1)]
    at = np.searchsorted(low, times, "right") - 1
    return np.flatnonzero((at >= 0) & (times <= high[np.maximum(at, 0)]))


def _summed(times: Stamps, columns: Sequence[Floats], begin: Stamps, end: Stamps, then: Stamps) -> Scene:
    values = np.column_stack(columns)
    zero = np.zeros((1, values.shape[1]))
    sums, squares = (np.vstack((zero, np.cumsum(part, axis=0))) for part in (values, values * values))
    step = max(spacing(times) / SECOND, 1e-3)
    return Scene(times, sums, squares, begin, end, then, np.ones(values.shape[1]), step)


def _weighed(scene: Scene, near_s: float) -> Scene:
    """Weights and the signals that matter: one over the scatter that is left at a signal's own best offset.

    A signal that follows the pieces closely counts most. Looked for in eighths of the time, for a clock may drift.
    """
    lags = near_s + np.arange(-REACH_S, REACH_S + 1, min(60.0, max(10.0, scene.usual_s / 8)))
    parts = np.linspace(0, scene.starts.size, min(8, scene.starts.size // FEWEST) + 1).astype(np.intp)[:-1]
    tries = np.array([np.add.reduceat(scene.scatter(lag), parts, axis=0) for lag in lags])
    typical = np.median(tries, axis=0).sum(axis=0)
    least = tries.min(axis=0).sum(axis=0)
    floor = 1e-4 * float((scene.thens - scene.starts).sum()) / (scene.step_s * SECOND)
    gain = np.clip(1.0 - least / np.maximum(typical, 1e-12), 0.0, 1.0)
    weights = np.where(typical > floor, gain / np.maximum(least, _CLOSEST * typical + 1e-12), 0.0)
    best = np.sort(np.argsort(-weights * typical, kind="stable")[:_SIGNALS])
    return replace(scene, sums=scene.sums[:, best], squares=scene.squares[:, best], weights=weights[best])


def _pauses(times: Stamps) -> tuple[Stamps, npt.NDArray[np.intp], Floats | None]:
    """Fill the gaps of a log that is written only while the line runs, and say of each row whether it was written.

    Gives the times, the row of the file that each repeats, and a signal that tells rows from gaps (None without gaps):
    an offset that puts gaps inside stays is then seen to be wrong.
    """
    step = spacing(times)
    gaps = np.flatnonzero(np.diff(times) > _GAP * step) if step > 0 else np.zeros(0, dtype=np.intp)
    if gaps.size < _GAPS:
        return times, np.arange(times.size), None
    near = np.arange(step, REACH_S * SECOND, step)
    added = [_between(int(times[at]), int(times[at + 1]), near) for at in gaps]
    rows = np.concatenate((np.arange(times.size), np.repeat(gaps, [part.size for part in added])))
    whole = np.concatenate((times, *added))
    order = np.argsort(whole, kind="stable")
    logged = _scaled((order < times.size).astype(np.float64))
    return whole[order], rows[order], logged


def _between(start: int, end: int, near: Floats) -> Stamps:
    """Stamps in a gap, at the log's own spacing, as far from its ends as an offset is tried."""
    middle = (start + end) / 2
    filled = np.concatenate((start + near, end - near))
    kept = filled[(filled > start) & (filled < end) & np.concatenate((start + near <= middle, end - near > middle))]
    stamped: Stamps = kept.astype(np.int64)
    return stamped


def _scaled(values: Floats) -> Floats | None:
    """Mean 0 and spread 1, gaps filled with the value before; None for a signal that stands still or is mostly missing."""
    known = ~np.isnan(values)
    if known.sum() < max(50.0, 0.5 * known.size):
        return None
    if not known.all():
        before = np.maximum.accumulate(np.where(known, np.arange(values.size), 0))
        values = np.where(np.isnan(values[before]), values[known][0], values[before])
    low, high = np.percentile(values, [0.5, 99.5])
    values = np.clip(values, low, high)
    spread = float(values.std())
    return None if spread < 1e-9 * max(1.0, abs(float(values.mean()))) else (values - values.mean()) / spread
