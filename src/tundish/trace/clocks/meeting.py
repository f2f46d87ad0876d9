"""At which offset do the moments that a signal marks meet the times at which pieces were entered as begun or ended?

The chance of each offset follows from all moments together: a moment meets an entry up to the scatter of the entries, or has
nothing to do with any. Clocks of a plant are seldom more than minutes apart, so far offsets must be paid for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tundish.trace.clocks.drift import USUAL_PPM, Line
from tundish.trace.clocks.marks import Marks
from tundish.trace.clocks.mixture import Pairs, fit, middles, uneven_s
from tundish.trace.clocks.path import parts_of
from tundish.trace.clocks.scene import REACH_S, runs_of, written_s
from tundish.trace.clocks.within import settled
from tundish.trace.stamps import NEVER, SECOND, Floats, Stamps

_WIDTHS_S = (1.5, 5.0, 15.0, 40.0)
"""Scatter of the entries to choose from: stamped by the line, entered at the line, typed to the minute."""
_STRAYS = (0.2, 0.7)
"""Shares of moments that meet no entry: where each is a piece's, and where a line is cut at some of its welds only."""
_SAME_S = 6.0
"""Entries of an end and of a beginning that lie so close are of one moment."""
_ALIKE = 6.0
"""Logarithm of the likelihoods below which two ways to read a signal tell alike."""
_AS_CLEAR = 0.97
"""Share of the clearest signal's evidence from which on one that is moved less is taken instead."""
_NEAR_S = 75.0
"""Spread of the offsets of a plant's clocks."""
_FAR = 0.01
"""Share of clocks that are off by any time within reach."""
_WIDE_S = 4_500.0
"""Offsets up to here are looked at where a clock may have been set by an hour in mid-file."""
_DRIFT_PPM = 90.0
"""Drifts tried either way: three times the usual spread."""
_LOOKED_AT, _MOST = 600, 1_500
"""Moments compared to choose a signal, and to find its offsets; of more, runs of neighbours are taken."""
_RUN = 60
_AROUND_S = 3_600.0
"""Around each moment the entries are counted, to know how many of them a chance offset meets."""
_SET = 0.02
"""Share of files in whose middle a clock was set."""
_LOST = 16
"""Moments in a row that meet nothing, from which on the clock may have been set by an hour."""
_SURE = 0.95
"""Chance of an offset against all others from which on it is beyond doubt."""
EVIDENCE = 8.0
"""Logarithm of the likelihoods that tells; so many signals and widths are tried that chance alone reaches half of it."""
_PASSING = 0.05
"""Chance from which on another offset is told."""
_SLACK_S = 30.0
"""Moments so long before the first entry and behind the last still tell."""
_LEAST_JUMP_S, _JUMP_DOUBTS = 1.5, 4.0
"""A smaller difference, in seconds and in units of its uncertainty, is no setting of a clock."""
_PROVED = 8
"""Moments that a signal must mark, and that must meet entries in a stretch of its own."""
_AS_GOOD = 0.3
"""Share of what a moment of the longest stretch gains that one of a stretch of its own must gain."""

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Meeting:
    """The offsets at which moments and entries meet, and how surely."""

    at: Stamps
    """The moments, on the file's clock, rising."""
    kinds: npt.NDArray[np.int8]
    line: Line
    parts: Numbers
    """Number of the stretch between jumps that each moment lies in."""
    evidence: float
    """Logarithm of how many times likelier the moments are with this line's entries than without."""
    chance: float
    """Of the offset, against all others within reach."""
    others_s: tuple[float, ...]
    uneven_s: float
    """By how much the offset of what begins and that of what ends lie apart, half and half."""
    scatter_s: float
    """By how much the entries scatter, beside what their stamps and the rows of the log leave open."""

    @property
    def sure(self) -> bool:
        """Whether the offset is beyond doubt."""
        return self.chance > _SURE and self.evidence > EVIDENCE

    @property
    def contrast(self) -> float:
        """Between 0 and 1: how much a moment says on average."""
        return 1.0 - float(np.exp(-max(self.evidence, 0.0) / self.at.size))

    @property
    def middles_s(self) -> Floats:
        """Seconds of each moment from the middle of all."""
        return middles(self.at)


def meet(
    signals: Sequence[Marks], starts: Stamps, ends: Stamps, *, step_s: float, near_s: float = 0.0, mended: Sequence[int] = ()
) -> Meeting | None:
    """The likeliest offsets around ``near_s`` by the first signal that tells most; None where no moment lies near an entry.

    ``step_s``: seconds between two rows; ``mended``: stamps from which on the rows' order put the file right, good to some
    seconds: there the offset may change.
    """
    entries = {kind: np.unique(side[side != NEVER]) for kind, side in ((1, starts), (-1, ends))}
    sides = _sides(signals) if _one_moment(entries) else [(marks,) for marks in signals]
    written = written_s(starts, ends)
    best: Meeting | None = None
    for stray in _STRAYS:
        tried = [[one for marks in side if (one := _tried(marks, entries, near_s, stray)) is not None] for side in sides]
        clearest = max((one.told for side in tried for one in side), default=None)
        if clearest is None or clearest <= 0:
            continue
        signal = next(side for side in tried if any(one.told >= _AS_CLEAR * clearest for one in side))
        ways = [_met(one, entries, near_s, (step_s, written), mended) for one in _alike(signal)]
        met = _one_of(ways)
        best = met if best is None or met.evidence > best.evidence else best
        if best.sure:
            break
    return best


@dataclass(frozen=True)
class _Tried:
    """What one signal's marks tell, roughly, at the scatter of the entries that fits them best."""

    marks: Marks
    pairs: Pairs
    evidence: float
    drift: float
    stray: float

    @property
    def told(self) -> float:
        """The evidence, over what so many moments tell by chance."""
        return self.evidence / float(np.sqrt(self.pairs.at.size))


def _tried(marks: Marks, entries: dict[int, Stamps], near_s: float, stray: float) -> _Tried | None:
    pairs = _pairs(marks, entries, near_s, REACH_S, _LOOKED_AT)
    if pairs is None or pairs.at.size < _PROVED:
        return None
    evidence, drift = max(_rough(pairs, near_s, width, stray) for width in _WIDTHS_S)
    return _Tried(marks, pairs, evidence, drift, stray)


def _one_moment(entries: dict[int, Stamps]) -> bool:
    """Whether one moment ends a piece and begins the next, or only one of both was entered."""
    starts, ends = entries[1], entries[-1]
    if not (starts.size and ends.size):
        return True
    low, high = _within(ends, starts, _SAME_S)
    return bool((high > low).mean() > 0.6)


def _sides(signals: Sequence[Marks]) -> list[tuple[Marks, ...]]:
    """Each signal's marks, and of a signal that rests in between once where its rests begin and once where they end.

    Where one moment parts two pieces, either may be that moment.
    """
    return [(marks, *marks.sides) for marks in signals]


def _alike(signal: Sequence[_Tried]) -> list[_Tried]:
    """The ways to read a signal that tell nearly as much as the clearest, the plainest first."""
    least = max(one.evidence for one in signal) - _ALIKE
    return [one for one in signal if one.evidence > least]


def _one_of(ways: Sequence[Meeting]) -> Meeting:
    """The first; beyond doubt only if the others lead to its offset too."""
    first = ways[0]
    apart = 4 * first.scatter_s + 3.0
    others = [
        float(way.line.offsets_s[0]) for way in ways[1:] if abs(float(way.line.offsets_s[0] - first.line.offsets_s[0])) > apart
    ]
    return replace(first, chance=min(first.chance, 0.5), others_s=(*first.others_s, others[0])) if others else first


def _pairs(marks: Marks, entries: dict[int, Stamps], near_s: float, reach_s: float, most: int) -> Pairs | None:
    chosen = runs_of(marks.at.size, most, run=_RUN)
    at, kinds = marks.at[chosen], marks.kinds[chosen]
    shift = round(near_s * SECOND)
    rates = np.zeros(at.size)
    for kind, stamps in entries.items():
        low, high = _within(stamps, at[kinds == kind] + shift, _AROUND_S)
        rates[kinds == kind] = (high - low) / (2 * _AROUND_S)
    at, kinds, rates = at[rates > 0], kinds[rates > 0], rates[rates > 0]
    if at.size < 2:
        return None
    rows, apart = [], []
    for kind, stamps in entries.items():
        mine = np.flatnonzero(kinds == kind)
        low, high = _within(stamps, at[mine] + shift, reach_s + 60.0)
        pair = np.repeat(mine, high - low)
        first = np.repeat(low - np.cumsum(high - low) + (high - low), high - low)
        rows.append(pair)
        apart.append((stamps[np.arange(pair.size) + first] - at[pair]) / SECOND)
    known = np.concatenate(list(entries.values()))
    ends = int(known.min()), int(known.max())
    covered = np.column_stack([(end - at) / SECOND + slack for end, slack in zip(ends, (-_SLACK_S, _SLACK_S), strict=True)])
    return Pairs(at, kinds, rates, np.concatenate(rows), np.concatenate(apart), covered)


def _within(stamps: Stamps, centres: Stamps, reach_s: float) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    reach = round(reach_s * SECOND)
    return np.searchsorted(stamps, centres - reach), np.searchsorted(stamps, centres + reach)


def _rough(pairs: Pairs, near_s: float, width: float, stray: float) -> tuple[float, float]:
    """The evidence for one offset in all, and the drift with which it is greatest."""
    lags, prior = _lags(near_s, width, REACH_S)
    tries = []
    for drift in _drifts(pairs, width):
        told = _gains(pairs, near_s, drift, lags, width=width, stray=stray).sum(axis=0) + prior
        tries.append((float(np.logaddexp.reduce(told)) - (drift / USUAL_PPM) ** 2 / 2, drift))
    return max(tries)


def _drifts(pairs: Pairs, width: float) -> Floats:
    far = _DRIFT_PPM * 1e-6 * max(float(np.abs(middles(pairs.at)).max()), 1.0)
    count = min(int(np.ceil(far / width)), 20) if far > width else 0
    return np.linspace(-_DRIFT_PPM, _DRIFT_PPM, 2 * count + 1) if count else np.zeros(1)


def _lags(near_s: float, width: float, reach_s: float) -> tuple[Floats, Floats]:
    """Offsets to try, from ``near_s``, and the logarithm of the chance of each."""
    lags = np.arange(-reach_s, reach_s + width / 2, width / 2)
    near = np.exp(-(((lags + near_s) / _NEAR_S) ** 2) / 2)
    share = near / max(float(near.sum()), 1e-9)
    return lags, np.log((1 - _FAR) * share + _FAR / lags.size) if near.max() > 0.5 else np.full(lags.size, -np.log(lags.size))


def _gains(pairs: Pairs, near_s: float, drift: float, lags: Floats, *, width: float, stray: float) -> Floats:
    """Logarithm of how much likelier each moment (row) is at each offset (column) than if entries said nothing of it."""
    cell, count = lags[1] - lags[0], pairs.at.size
    apart = pairs.apart_s - near_s - drift * 1e-6 * middles(pairs.at)[pairs.rows] - lags[0]
    column = np.rint(apart / cell).astype(np.intp)[:, None] + np.arange(-8, 9)
    density = np.exp(-(((column * cell - apart[:, None]) / width) ** 2) / 2) / (width * np.sqrt(2 * np.pi))
    inside = (column >= 0) & (column < lags.size)
    flat = (pairs.rows[:, None] * lags.size + column)[inside]
    met = np.bincount(flat, density[inside], minlength=count * lags.size).reshape(count, lags.size)
    gains: Floats = np.log(stray + (1 - stray) * met / pairs.rates[:, None])
    gains[(lags < pairs.covered_s[:, :1] - near_s) | (lags > pairs.covered_s[:, 1:] - near_s)] = 0.0
    return gains


def _met(
    tried: _Tried, entries: dict[int, Stamps], near_s: float, exact_s: tuple[float, float], mended: Sequence[int]
) -> Meeting:
    """The likeliest way through the offsets, of all scatters of the entries and drifts tried.

    ``exact_s``: seconds between two rows, and that a stamp of the entries stands for.
    """
    pairs = _pairs(tried.marks, entries, near_s, REACH_S, _MOST) or tried.pairs
    best = _likeliest(pairs, near_s, tried, REACH_S)
    if _lost(best.met):
        pairs = _pairs(tried.marks, entries, near_s, _WIDE_S, _LOOKED_AT) or pairs
        best = _likeliest(pairs, near_s, tried, _WIDE_S)
    parts = parts_of(best.chosen)
    offsets = near_s + best.lags[best.chosen]
    line = fit(pairs, parts, offsets, best.drift, width=best.width, stray=best.stray)
    parts, line = _merged(pairs, parts, line, best)
    for stamp in mended:
        parts, line = _split(pairs, parts, line, best, stamp)
    home = parts == np.bincount(parts).argmax()
    lags, prior = _lags(near_s, best.width, REACH_S)
    at = line.offsets_s[parts[home][0]] - near_s
    gains = _gains(pairs, near_s, line.drift_ppm, lags, width=best.width, stray=best.stray)[home] * pairs.once
    told = _judged(gains, prior, lags, at, 4 * best.width + 3.0)
    others = tuple((near_s + lags[told[1]]).tolist())
    uneven = uneven_s(pairs, line, parts)
    line, scatter = settled(pairs, parts, line, stray=best.stray, row_s=exact_s[0], written_s=exact_s[1])
    return Meeting(pairs.at, pairs.kinds, line, parts, told[2], told[0], others, uneven, scatter)


@dataclass(frozen=True)
class _Way:
    likelihood: float
    width: float
    stray: float
    drift: float
    lags: Floats
    chosen: Numbers
    """The column of ``lags`` that each moment is at."""
    met: Floats
    """What each moment gains there."""


def _likeliest(pairs: Pairs, near_s: float, tried: _Tried, reach_s: float) -> _Way:
    ways = []
    for width in _WIDTHS_S:
        lags, prior = _lags(near_s, width, reach_s)
        for drift in {0.0, tried.drift}:
            gains = _gains(pairs, near_s, drift, lags, width=width, stray=tried.stray)
            chosen, likelihood = _through(gains, prior)
            chosen = _proved(chosen, gains)
            met = gains[np.arange(chosen.size), chosen]
            ways.append(_Way(likelihood - (drift / USUAL_PPM) ** 2 / 2, width, tried.stray, drift, lags, chosen, met))
    return max(ways, key=lambda way: way.likelihood)


def _merged(pairs: Pairs, parts: Numbers, line: Line, way: _Way) -> tuple[Numbers, Line]:
    """Without jumps so small that they may be none."""
    while line.parts.size > 1:
        by = np.diff(line.offsets_s)
        doubt = np.diff(line.drawn_s, axis=1).std(axis=0)
        small = np.abs(by) < np.maximum(_LEAST_JUMP_S, _JUMP_DOUBTS * doubt)
        if not small.any():
            break
        least = int(np.where(small, np.abs(by), np.inf).argmin())
        count = np.bincount(parts)
        kept = line.offsets_s.copy()
        kept[least : least + 2] = kept[least + int(count[least + 1] > count[least])]
        offsets = kept[parts]
        parts = np.where(parts > least, parts - 1, parts)
        line = fit(pairs, parts, offsets, line.drift_ppm, width=way.width, stray=way.stray)
    return parts, line


def _split(pairs: Pairs, parts: Numbers, line: Line, way: _Way, stamp: int) -> tuple[Numbers, Line]:
    """With another stretch from a stamp on, if the offset changes there beyond doubt."""
    behind = pairs.at >= stamp
    if min(behind.sum(), (~behind).sum()) < _PROVED:
        return parts, line
    here = int(parts[behind][0])
    if here != parts[~behind][-1]:
        return parts, line
    more = parts + behind
    fitted = fit(pairs, more, line.offsets_s[parts], line.drift_ppm, width=way.width, stray=way.stray)
    by = fitted.drawn_s[:, here + 1] - fitted.drawn_s[:, here]
    return (more, fitted) if abs(by.mean()) > _JUMP_DOUBTS * by.std() else (parts, line)


def _through(gains: Floats, prior: Floats) -> tuple[Numbers, float]:
    """The column that each moment is at on the likeliest way, and its logarithm; that the clock was set on it has its price."""
    total, came = gains[0] + prior, np.zeros(gains.shape, dtype=np.int64)
    own = np.arange(gains.shape[1])
    price = np.log(gains.shape[0] / _SET) - prior
    for row in range(1, gains.shape[0]):
        top = int(total.argmax())
        jumps = total < total[top] - price
        came[row] = np.where(jumps, top, own)
        total = np.where(jumps, total[top] - price, total) + gains[row]
    chosen = np.empty(gains.shape[0], dtype=np.int64)
    chosen[-1] = int(total.argmax())
    for row in range(gains.shape[0] - 1, 0, -1):
        chosen[row - 1] = came[row, chosen[row]]
    return chosen, float(total.max())


def _proved(chosen: Numbers, gains: Floats) -> Numbers:
    """Without the stretches that too few moments speak for."""
    met = gains[np.arange(chosen.size), chosen]
    parts = parts_of(chosen)
    count = np.bincount(parts)
    home = int(count.argmax())
    good = (np.bincount(parts, met > 0) >= _PROVED) & (np.bincount(parts, met) >= _AS_GOOD * met[parts == home].mean() * count)
    good[home] = True
    columns = chosen[np.unique(parts, return_index=True)[1]]
    last = np.maximum.accumulate(np.where(good, np.arange(good.size), -1))
    last = np.where(last < 0, int(np.flatnonzero(good)[0]), last)
    proved: Numbers = columns[last][parts]
    return proved


def _lost(met: Floats) -> bool:
    """Whether a long run of moments meets nothing while most do."""
    run = np.convolve(met < 0, np.ones(min(_LOST, met.size)), mode="valid")
    return bool(met.size > 2 * _LOST and run.max() >= _LOST and (met > 0).mean() > 0.3)


def _judged(
    gains: Floats, prior: Floats, lags: Floats, best: float, apart_s: float
) -> tuple[float, npt.NDArray[np.intp], float]:
    """Chance of the offset, another offset if not unlikely, and the evidence for any offset at all."""
    told = gains.sum(axis=0) + prior
    evidence = float(np.logaddexp.reduce(told))
    weights = np.exp(told - evidence)
    beside = np.abs(lags - best) > apart_s
    second = int(np.where(beside, told, -np.inf).argmax())
    passing = weights[beside & (np.abs(lags - lags[second]) <= apart_s)].sum() > _PASSING
    return float(weights[~beside].sum()), np.array([second] if passing else [], dtype=np.intp), evidence
