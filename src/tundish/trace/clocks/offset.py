"""How far is a file's clock away from the clock of the pieces?

Each piece runs at settings of its own, and the line stands or idles between pieces. With the right offset the values scatter
least inside the pieces' stays; the offset that makes this scatter smallest is the estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tundish.errors import Message
from tundish.table import Finding, Origin
from tundish.trace.pieces import Clock
from tundish.trace.stamps import NEVER, SECOND, Floats, Stamps, spacing

REACH_S = 900.0
"""Offsets up to this many seconds either way are tried."""
_WIDEST_S = 60.0
"""An estimate whose 95 % interval is wider than this is not used."""
_GAP = 3.0
"""Usual steps of the log from which a step is a gap."""
_GAPS = 8
"""Fewer gaps than this are accidents, not the way the log is written."""
_ROWS = 60_000
_PIECES = 1_500


@dataclass(frozen=True)
class _Scene:
    """Running sums of thinned signals, standardised, and the stays: enough to score any offset."""

    times: Stamps
    sums: Floats
    squares: Floats
    starts: Stamps
    ends: Stamps

    def scatter(self, offset_s: float) -> Floats:
        """Squared distance from the mean of the piece, and of the pause after it: pieces x signals."""
        shift = int(offset_s * SECOND)
        first = np.searchsorted(self.times, self.starts - shift, "left")
        last = np.maximum(np.searchsorted(self.times, self.ends - shift, "left"), first)
        then = np.maximum(np.append(first[1:], last[-1]), last)
        return self._around_mean(first, last) + self._around_mean(last, then)

    def _around_mean(self, first: npt.NDArray[np.intp], last: npt.NDArray[np.intp]) -> Floats:
        count = np.maximum(last - first, 1)[:, None]
        total = self.sums[last] - self.sums[first]
        scatter: Floats = self.squares[last] - self.squares[first] - total**2 / count
        return np.maximum(scatter, 0.0)


def given(file: str, offset_s: float) -> Clock:
    """The offset that plant.toml states."""
    return Clock(file, offset_s, offset_s, offset_s, Message("stated in plant.toml"))


def estimate(file: str, times: Stamps, signals: Sequence[Floats], starts: Stamps, ends: Stamps) -> tuple[Clock, Finding | None]:
    """Estimate the seconds to add to ``times`` so that the signals fit the stays, with a 95 % interval over blocks of pieces.

    ``signals`` are numbers, one a row of ``times``. When no offset stands out, the offset is 0 and a finding says why.
    """
    scene = _scene(times, signals, starts, ends)
    if scene is None:
        return _unsure(file, Message("too few pieces with stays and changing signals to compare the clocks"))
    weights = _weights(scene)
    step = max(2.0, min(10.0, spacing(scene.times) / SECOND))
    coarse = np.arange(-REACH_S, REACH_S + step, step)
    scores = np.array([(scene.scatter(lag).sum(axis=0) * weights).sum() for lag in coarse])
    dips = _dips(coarse, scores)
    if isinstance(dips, Message):
        return _unsure(file, dips)
    fine, losses = _fine(scene, dips[0], weights, step)
    picked = _resampled(fine, losses, np.random.default_rng(0))
    offset = float(fine[losses.sum(axis=0).argmin()])
    low, high = (float(end) for end in np.percentile(picked, [2.5, 97.5]))
    low, high = min(low, offset) - 0.5, max(high, offset) + 0.5
    if high - low > _WIDEST_S:
        return _unsure(file, Message("the pieces do not agree on one offset: {low:.0f} to {high:.0f} s", low=low, high=high))
    reason = Message(
        "the signals change with the pieces best at this offset ({pieces} pieces compared)", pieces=scene.starts.size
    )
    clock = Clock(file, offset, low, high, reason)
    return clock, (None if len(dips) == 1 else _one_of_several(clock, dips[1]))


def _one_of_several(clock: Clock, other: float) -> Finding:
    text = Message(
        "The clock of {file} fits the pieces with {offset:.0f} s, but nearly as well with {other:.0f} s; the first is used. "
        "If you know the difference, write it under [clocks] in plant.toml.",
        file=clock.file,
        offset=clock.offset_s,
        other=other,
    )
    return Finding("clock_unsure", "warning", text, Origin(clock.file))


def _unsure(file: str, why: Message) -> tuple[Clock, Finding]:
    text = Message(
        "The clock of {file} could not be compared with the pieces' times ({why}); both are taken as equal. "
        "If you know the difference, write it under [clocks] in plant.toml.",
        file=file,
        why=str(why),
    )
    return Clock(file, 0.0, 0.0, 0.0, why), Finding("clock_unsure", "warning", text, Origin(file))


def _scene(times: Stamps, signals: Sequence[Floats], starts: Stamps, ends: Stamps) -> _Scene | None:
    whole = (starts != NEVER) & (ends > starts)
    order = np.argsort(starts[whole], kind="stable")
    begin, end = starts[whole][order], ends[whole][order]
    reach = int(REACH_S * SECOND)
    covered = (begin > times.min() - reach) & (end < times.max() + reach) if times.size else np.zeros(begin.size, bool)
    begin, end = begin[covered][:_PIECES], end[covered][:_PIECES]
    if begin.size < 8:
        return None
    inside = np.flatnonzero((times >= begin[0] - reach) & (times <= end.max() + reach))
    inside = inside[np.argsort(times[inside], kind="stable")]
    inside = inside[:: max(1, inside.size // _ROWS)]
    columns = [scaled for signal in signals if (scaled := _scaled(signal[inside])) is not None]
    if not columns:
        return None
    filled, rows, logged = _pauses(times[inside])
    values = np.column_stack([*(column[rows] for column in columns), *([] if logged is None else [logged])])
    zero = np.zeros((1, values.shape[1]))
    sums, squares = (np.vstack((zero, np.cumsum(part, axis=0))) for part in (values, values * values))
    return _Scene(filled, sums, squares, begin, end)


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
    if known.mean() < 0.5 or known.sum() < 100:
        return None
    if not known.all():
        before = np.maximum.accumulate(np.where(known, np.arange(values.size), 0))
        values = np.where(np.isnan(values[before]), values[known][0], values[before])
    low, high = np.percentile(values, [0.5, 99.5])
    values = np.clip(values, low, high)
    spread = float(values.std())
    return None if spread < 1e-9 * max(1.0, abs(float(values.mean()))) else (values - values.mean()) / spread


def _weights(scene: _Scene) -> Floats:
    """One over the scatter that is left at a signal's own best offset: a signal that follows the pieces closely counts most."""
    tries = np.array([scene.scatter(lag).sum(axis=0) for lag in np.arange(-REACH_S, REACH_S + 1, 60.0)])
    typical = np.median(tries, axis=0)
    gain = np.clip(1.0 - tries.min(axis=0) / np.maximum(typical, 1e-12), 0.0, 0.999)
    weights: Floats = gain / np.maximum(tries.min(axis=0), 1e-3 * typical + 1e-12)
    return weights


def _dips(lags: Floats, scores: Floats) -> list[float] | Message:
    """Offsets at which the scatter dips, the one nearest zero first; or why none is to be trusted."""
    typical = float(np.median(scores))
    depth = typical - float(scores.min())
    rough = float(np.median(np.abs(np.diff(scores, 2))))
    if depth < 0.02 * typical or depth < 6 * rough:
        return Message("no offset stands out")
    if int(scores.argmin()) in (0, lags.size - 1):
        return Message("the best offset lies beyond {reach:.0f} s", reach=REACH_S)
    low = np.flatnonzero(scores < typical - 0.5 * depth)
    valleys = np.split(low, np.flatnonzero(np.diff(low) > 1) + 1)
    lowest = [int(valley[scores[valley].argmin()]) for valley in valleys]
    deep = [n for n in lowest if typical - scores[n] > 0.8 * depth and n not in (0, lags.size - 1)]
    return sorted((float(lags[n]) for n in deep), key=abs)


def _fine(scene: _Scene, centre: float, weights: Floats, step: float) -> tuple[Floats, Floats]:
    """Weighted scatter of each piece at offsets around the coarse best: one row a piece, one column an offset."""
    lags = np.arange(centre - 4 * step, centre + 4 * step + 0.5, max(0.5, step / 10))
    return lags, np.column_stack([scene.scatter(lag) @ weights for lag in lags])


def _resampled(lags: Floats, losses: Floats, rng: np.random.Generator) -> Floats:
    """The best offset of 300 resampled sets of blocks of neighbouring pieces."""
    width = max(1, losses.shape[0] // 60)
    blocks = np.add.reduceat(losses, np.arange(0, losses.shape[0], width), axis=0)
    drawn = rng.multinomial(blocks.shape[0], np.full(blocks.shape[0], 1 / blocks.shape[0]), size=300)
    picked: Floats = lags[(drawn @ blocks).argmin(axis=1)]
    return picked
