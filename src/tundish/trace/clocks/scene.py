"""How well do signals fit the stays when a file's times are moved? Scatter within the stays, for any offset of any piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tundish.trace.clocks.marks import Marks, marks
from tundish.trace.pieces import UNKNOWN_S
from tundish.trace.stamps import NEVER, SECOND, Floats, Stamps, spacing

REACH_S = UNKNOWN_S
"""Offsets up to this many seconds either way are tried first."""
FEWEST = 8
"""Pieces with a stay that a comparison needs."""
_GAP = 3.0
"""Usual steps of the log from which a step is a gap."""
_GAPS = 8
"""Fewer gaps than this are accidents, not the way the log is written."""
_MINUTE = 60 * SECOND
_ROWS = 400_000
"""Rows of a longer log are thinned to so many: sums over a stay need no more."""
_PIECES = 1_500
"""Pieces compared; all offsets are tried of each."""
_RUN = 30
"""Of more pieces runs of so many neighbours are taken, spread over the whole time."""
_SIGNALS = 12
"""The clearest signals that are compared exactly: more add time, hardly evidence."""
_BY_CHANCE = 0.6
"""So many times what it wavers by, the deepest dip of a signal that does not follow the pieces lies below the next."""
_CLOSEST = 0.02
"""No signal follows the pieces closer than this share of its usual scatter: of one that seems to, too little may be seen."""
_FAINT = 0.02
"""What a signal that stands out no more counts for; without any better one it is all there is."""
_STEADY_S = 200_000.0
"""Seconds in which a drift of 50 ppm makes 10 s."""
_UNSEEN = 0.5
"""What a row costs that the log lacks, in units of a signal's variance: less than a misfit, more than a fit."""


@dataclass(frozen=True)
class Log:
    """A file's rows in order of time, ready to be compared; what only some comparisons need is made when they ask."""

    stamps: Stamps
    signals: Sequence[Floats]
    mended: Sequence[int] = ()
    """Stamps from which on the order of the rows put the file right, good to some seconds."""

    @cached_property
    def step_s(self) -> float:
        """Seconds between two rows."""
        return max(spacing(self.stamps) / SECOND, 1e-3)

    @cached_property
    def marks(self) -> Sequence[Marks]:
        """The moments that each signal marks."""
        return marks(self.stamps, self.signals)

    @cached_property
    def filled(self) -> Filled | None:
        """The rows with gaps filled; None where no signal changes."""
        columns = [scaled for signal in self.signals if (scaled := _scaled(signal)) is not None]
        times, rows, logged = _pauses(self.stamps)
        columns = [*(column[rows] for column in columns), *([] if logged is None else [logged])]
        return Filled(times, np.vstack(columns)) if columns else None

    def thinned(self) -> Log:
        """With so few rows that many offsets can be tried."""
        every = max(1, self.stamps.size // _ROWS)
        return self if every == 1 else Log(self.stamps[::every], [signal[::every] for signal in self.signals])


@dataclass(frozen=True)
class Filled:
    """Rows in order of time, gaps filled, each signal with mean 0 and spread 1."""

    times: Stamps
    values: Floats
    """Signals x rows."""

    @cached_property
    def sums(self) -> tuple[Floats, Floats]:
        """Running sums of the signals and of their squares."""
        return _sums(self.values)


@dataclass(frozen=True)
class Scene:
    """Running sums of standardised signals over the rows of a file, and the pieces' stays."""

    times: Stamps
    sums: Floats
    squares: Floats
    """Signals x rows + 1."""
    starts: Stamps
    ends: Stamps
    thens: Stamps
    """When the pause after the piece ended."""
    weights: Floats
    """How clearly each signal tells the pieces."""
    floors: Floats
    """Scatter of each signal below which one is no better than another."""
    step_s: float
    """Seconds between two rows."""

    def losses(self, first_s: float | Floats, step_s: float, count: int) -> Floats:
        """How badly each piece fits at ``count`` offsets, ``step_s`` apart from ``first_s`` on (one for all, or one a piece).

        The logarithm of each signal's scatter around the mean of the piece and of the pause after it, weighted: in it all
        pieces count alike, however long they were.
        """
        told = np.zeros((self.starts.size, count))
        for signal in np.flatnonzero(self.weights):
            scatter = self.scatter(int(signal), first_s, step_s, count)
            scatter += self.floors[signal]
            told += self.weights[signal] * np.log(scatter, out=scatter)
        return told

    def scatter(self, signal: int, first_s: float | Floats, step_s: float, count: int) -> Floats:
        """Squared distance of a signal from the mean of the piece, and of the pause after it: pieces x offsets."""
        from tundish.trace.clocks.sweep import sweep  # compiled code is loaded when it is first needed

        first = np.rint(np.broadcast_to(np.asarray(first_s), self.starts.shape) * SECOND).astype(np.int64)
        edges = np.column_stack((self.starts, self.ends, self.thens))
        out = np.empty((self.starts.size, count))
        sums, squares = (np.ascontiguousarray(side[signal]) for side in (self.sums, self.squares))
        step_us = round(step_s * SECOND)
        sweep(self.times, sums, squares, edges, first, step_us, self.step_s, _UNSEEN, out)  # type: ignore[no-untyped-call]
        return out

    def only(self, pieces: npt.NDArray[np.bool_]) -> Scene:
        """The same signals with some of the pieces."""
        return replace(self, starts=self.starts[pieces], ends=self.ends[pieces], thens=self.thens[pieces])

    def covered(self, offsets_s: Floats, share: float = 0.5) -> npt.NDArray[np.bool_]:
        """Which pieces the log has at least this share of the rows of, at an offset for each."""
        shift = np.rint(offsets_s * SECOND).astype(np.int64)
        first, last = (np.searchsorted(self.times, edge - shift, "left") for edge in (self.starts, self.ends))
        seen: npt.NDArray[np.bool_] = (last - first) * self.step_s * SECOND > share * (self.ends - self.starts)
        return seen

    @cached_property
    def usual_s(self) -> float:
        """Median length of a stay, in seconds."""
        return float(np.median(self.ends - self.starts)) / SECOND


def phase_s(starts: Stamps, ends: Stamps, step_s: float) -> float:
    """Half a step of the log where all stays begin at one phase of it, for then nothing tells within a step; else less."""
    known = next((side[side != NEVER] for side in (starts, ends) if (side != NEVER).any()), starts)
    turn = np.exp(2j * np.pi * known / (step_s * SECOND))
    return float(np.abs(turn.mean())) * step_s / 2


def rounded_s(starts: Stamps, ends: Stamps) -> float:
    """Half a minute where all stays were written to the minute: which second was meant cannot be told; else none."""
    return 30.0 if written_s(starts, ends) > 1.0 else 0.0


def written_s(starts: Stamps, ends: Stamps) -> float:
    """Seconds that the last figure of the stamps stands for: a minute, a second, or nothing where they are finer.

    >>> written_s(np.array([60, 240]) * SECOND, np.array([120, 360]) * SECOND), written_s(np.array([1, 7]), np.array([9]))
    (60.0, 0.0)
    """
    known = [side[side != NEVER] for side in (starts, ends)]
    for unit in (_MINUTE, SECOND):
        if all((side % unit == 0).mean() > 0.9 for side in known if side.size):
            return unit / SECOND
    return 0.0


def read(times: Stamps, signals: Sequence[Floats], mended: Sequence[int] = ()) -> Log:
    """The log made ready once for all lines and offsets."""
    order = np.argsort(times, kind="stable")
    return Log(times[order], [signal[order] for signal in signals], mended)


def lay_out(log: Log, starts: Stamps, ends: Stamps, *, near_s: float = 0.0) -> Scene | None:
    """The scene for offsets around ``near_s`` seconds; None with too few pieces."""
    if log.filled is None:
        return None
    begin, end, then = _stays(starts, ends)
    reach = int((abs(near_s) + REACH_S + 300.0) * SECOND)
    covered = (begin > log.stamps[0] - reach) & (end < log.stamps[-1] + reach)
    begin, end, then = begin[covered], end[covered], then[covered]
    if begin.size < FEWEST:
        return None
    chosen = runs_of(begin.size, _PIECES, run=_RUN)
    begin, end, then = begin[chosen], end[chosen], then[chosen]
    return _weighed(_summed(log.filled, begin, end, then, reach), near_s)


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


def runs_of(count: int, most: int, *, run: int) -> npt.NDArray[np.intp]:
    """About ``most`` of ``count`` places: runs of so many neighbours, spread evenly over all.

    >>> runs_of(3, 4, run=2).tolist(), runs_of(100, 4, run=2).tolist()
    ([0, 1, 2], [0, 1, 98, 99])
    """
    if count <= most:
        return np.arange(count)
    firsts = np.linspace(0, count - run, most // run).astype(np.intp)
    chosen: npt.NDArray[np.intp] = np.unique((firsts[:, None] + np.arange(run)).ravel())
    return chosen


def _rows_near(times: Stamps, begin: Stamps, then: Stamps, reach: int) -> npt.NDArray[np.intp]:
    """Rows that can fall into a chosen stay at an offset within reach."""
    latest = np.maximum.accumulate(then + reach)
    apart = np.flatnonzero(begin[1:] - reach > latest[:-1])
    low = (begin - reach)[np.append(0, apart + 1)]
    high = latest[np.append(apart, begin.size - 1)]
    at = np.searchsorted(low, times, "right") - 1
    return np.flatnonzero((at >= 0) & (times <= high[np.maximum(at, 0)]))


def _summed(log: Filled, begin: Stamps, end: Stamps, then: Stamps, reach: int) -> Scene:
    times, sums = log.times, log.sums if log.times.size <= _ROWS else None
    if sums is None:
        near = _rows_near(times, begin, then, reach)
        rows = near[:: max(1, near.size // _ROWS)]
        times, sums = times[rows], _sums(log.values[:, rows])
    ones = np.ones(log.values.shape[0])
    return Scene(times, *sums, begin, end, then, ones, ones, max(spacing(times) / SECOND, 1e-3))


def _sums(values: Floats) -> tuple[Floats, Floats]:
    zero = np.zeros((values.shape[0], 1))
    first, second = (np.hstack((zero, np.cumsum(part, axis=1))) for part in (values, values * values))
    return first, second


def _weighed(scene: Scene, near_s: float) -> Scene:
    """Weights and the signals that matter: how far a signal's own best offset stands out of what it shows at the others.

    A signal that does not follow the pieces dips somewhere too, by as much as it wavers: only what goes beyond that counts.
    Looked for in parts of the time, for a clock may drift or be set.
    """
    step = float(np.clip(scene.usual_s / 60, 2.0, 10.0))
    count = int(2 * REACH_S / step) + 1
    parts = np.linspace(0, scene.starts.size, _split(scene) + 1).astype(np.intp)[:-1]
    aside = round(float(np.clip(scene.usual_s / 2, 20.0, 300.0)) / step)
    tries = [scene.scatter(n, near_s - REACH_S, step, count) for n in range(scene.sums.shape[0])]
    floors = np.array([_floor(one) for one in tries])
    told = [_told(np.log(one + floor), parts, aside) for one, floor in zip(tries, floors, strict=True)]
    clear, wavers = (np.array(side) for side in zip(*told, strict=True))
    weights = np.where(wavers > 0, np.maximum(clear - _BY_CHANCE, _FAINT) / np.maximum(wavers, 1e-12), 0.0)
    best = np.sort(np.argsort(-weights * wavers, kind="stable")[:_SIGNALS])
    return replace(scene, sums=scene.sums[best], squares=scene.squares[best], weights=weights[best], floors=floors[best])


def _floor(scatter: Floats) -> float:
    usual = float(np.median(scatter)), float(scatter.mean())
    return max(float(np.median(scatter.min(axis=1))), _CLOSEST * usual[0], _CLOSEST * usual[1], 1e-9)


def _split(scene: Scene) -> int:
    """Into how many parts the pieces are split: in each a drift is small, and one keeps clear of a clock that was set."""
    span_s = float(scene.ends[-1] - scene.starts[0]) / SECOND
    most = scene.starts.size // (2 * FEWEST)
    return int(np.clip(max(2.0, span_s / _STEADY_S), 1, max(1, min(8, most))))


def _told(losses: Floats, parts: npt.NDArray[np.intp], aside: int) -> tuple[float, float]:
    """By how many times what it wavers a signal dips deeper at its best offset than anywhere aside, and how much it wavers."""
    curves = np.add.reduceat(losses, parts, axis=0)
    wavers = curves.std(axis=1)
    if not (wavers > 0).all():
        return 0.0, 0.0
    best = curves.argmin(axis=1)
    away = np.abs(np.arange(curves.shape[1]) - best[:, None]) > aside
    second = np.where(away, curves, np.inf).min(axis=1)
    return float(np.mean((second - curves.min(axis=1)) / wavers)), float(np.sqrt((wavers**2).sum()))


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
