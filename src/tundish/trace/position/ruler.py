"""Where does each piece begin and end on its line, in metres run? Marks and recorded lengths weighed against each other."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tundish.trace.position.passes import Feeds, Pairing, Parts
from tundish.trace.position.trend import Bools
from tundish.trace.stamps import SECOND
from tundish.trace.stays.segments import Floats, Ints

MARK_M = 0.15
"""How far a weld or a crop lies from where record and detector say: to 0.3 m, taken as two standard deviations, in m."""
_FEWEST = 8
"""Fewer passes than this cannot say how exact recorded lengths are."""

_WRONG, _WRONG_M, _SPREADS = 0.03, 5.0, 6.0
"""A pass is another piece's when its length is off by more than this share, metres and scatters of the line's lengths."""
_TIMES, _PART, _STAMPED_S = 4.0, 0.05, 1.0
"""Written times confirm a mark within so many of their scatters (at least a second), and within that part of the stay."""


_ODD = 4.0
"""Standard deviations by which a recorded length misses its marks, from which on it is less sure than others of the line."""


@dataclass(frozen=True)
class Ruled:
    """Where each piece begins and ends on a line, in metres of the line's gauge; NaN where it was not seen."""

    low_m: Floats
    high_m: Floats
    sd_m: Floats
    """Doubt of the two ends together, as one standard deviation of each."""
    off: Floats
    """Share by which the stretch between the marks differs from the recorded length; NaN where one of them is missing."""
    marked: Ints
    """How many marks of its own the piece has: 2, or fewer where marks are missing."""
    elsewhere: Bools
    """Whether the piece fits another place about as well, so that it was given none."""

    def without(self, elsewhere: Bools) -> Ruled:
        """The same, with no place for pieces that fit another one about as well."""
        low, high = (np.where(elsewhere, np.nan, one) for one in (self.low_m, self.high_m))
        return replace(self, low_m=low, high_m=high, elsewhere=elsewhere)

    @property
    def scatter(self) -> float:
        """How far the lengths between marks differ from the recorded ones, as a share, of the middle piece."""
        known = self.off[np.isfinite(self.off)]
        return float(np.median(np.abs(known - np.median(known)))) if known.size else np.inf


def rule(parts: Parts, feeds: Feeds, pairing: Pairing) -> Ruled:
    """Place the ends of all pieces so that marks and recorded lengths, each by its doubt, are missed least.

    Least squares along a chain, solved forth and back (a scalar Kalman smoother): a mark that falls between two samples is
    known to metres only, but the lengths between it and its neighbours say more. A piece of which the log shows one end
    lies as long as it is recorded from there, if so much was logged.
    """
    count = feeds.start.size
    lengths = feeds.metres * pairing.scale
    alone = (pairing.first >= 0) & (pairing.shared == 1)
    seen = np.where(alone, parts.high_m[pairing.last] - parts.low_m[pairing.first], np.nan)
    closed = np.isfinite(parts.low_sd[pairing.first]) & np.isfinite(parts.high_sd[pairing.last])
    rest = np.where(closed, seen - lengths, np.nan)
    off = np.divide(rest, lengths, out=np.full(count, np.nan), where=lengths > 0)
    other, timed = _others(off, lengths), _timed(parts, feeds, pairing)
    doubt = _length_doubt(rest, parts, pairing, lengths)
    # a length that both marks contradict is no count like those of the line: some of the piece went back to stock
    doubt = np.where(np.abs(rest) > _ODD * doubt, np.abs(rest), doubt)
    lengths = np.where(other, np.nan, lengths)
    low, high, sd = (np.full(count, np.nan) for _ in range(3))
    for chain in _chains(pairing, parts):
        at, spread = _smooth(chain, parts, pairing, lengths, doubt)
        low[chain], high[chain] = at[:-1], at[1:]
        sd[chain] = np.sqrt((spread[:-1] + spread[1:]) / 2.0)
    first, last = parts.low_m.min(initial=np.inf), parts.high_m.max(initial=-np.inf)
    spare = _SPREADS * sd
    wrong = (other & ~timed) | (low < first - spare) | (high > last + spare)
    low[wrong], high[wrong] = np.nan, np.nan
    return Ruled(low, high, sd, off, _own_marks(parts, pairing), np.zeros(count, bool))


def _others(off: Floats, lengths: Floats) -> Bools:
    """Passes whose length differs from the recorded one by far more than those of the line do: another piece's."""
    known = np.isfinite(off)
    if known.sum() < _FEWEST:
        return np.zeros(off.size, bool)
    middle = float(np.median(off[known]))
    spread = 1.4826 * float(np.median(np.abs(off[known] - middle)))
    far = np.abs(np.where(known, off, middle) - middle)
    return np.asarray((far > max(_WRONG, _SPREADS * spread)) & (far * np.nan_to_num(lengths) > _WRONG_M))


def _timed(parts: Parts, feeds: Feeds, pairing: Pairing) -> Bools:
    """Passes of which both marks come when the piece's own times say: they are its own, whatever its recorded length."""
    alone = (pairing.first >= 0) & (pairing.shared == 1)
    stay = (feeds.end - feeds.start) / SECOND
    agree = alone.copy()
    for marks, sds, place, told in (
        (parts.low_us, parts.low_sd, pairing.first, feeds.start), (parts.high_us, parts.high_sd, pairing.last, feeds.end)
    ):  # fmt: skip
        known = alone & np.isfinite(sds[place])
        if known.sum() < _FEWEST:
            return np.zeros(alone.size, bool)
        after = (marks[place] - told) / SECOND
        usual = float(np.median(after[known]))
        spread = max(1.4826 * float(np.median(np.abs(after[known] - usual))), _STAMPED_S)
        agree &= known & (np.abs(after - usual) < np.minimum(_TIMES * spread, _PART * stay))
    return np.asarray(agree)


def _own_marks(parts: Parts, pairing: Pairing) -> Ints:
    there = pairing.first >= 0
    begins = there & np.isfinite(parts.low_sd[pairing.first])
    ends = there & np.isfinite(parts.high_sd[pairing.last])
    same = np.concatenate(([False], there[1:] & there[:-1] & (pairing.first[1:] == pairing.first[:-1])))
    begins &= ~same
    ends &= ~np.concatenate((same[1:], [False]))
    return begins.astype(np.int64) + ends


def _length_doubt(rest: Floats, parts: Parts, pairing: Pairing, lengths: Floats) -> Floats:
    """One standard deviation of each recorded length: a share of it, from how lengths between marks scatter about them."""
    known = np.isfinite(rest) & (np.abs(rest) < 0.05 * lengths)
    if known.sum() < _FEWEST:
        return np.asarray(np.hypot(MARK_M, 0.005 * lengths))
    marks = parts.low_sd[pairing.first[known]] ** 2 + parts.high_sd[pairing.last[known]] ** 2 + 2 * MARK_M**2
    share = rest[known] / lengths[known]
    spread = 1.4826 * float(np.median(np.abs(share - np.median(share))))
    counted = max(spread**2 - float(np.median(marks / lengths[known] ** 2)), 0.0)
    return np.asarray(np.hypot(MARK_M, np.sqrt(counted) * lengths))


def _chains(pairing: Pairing, parts: Parts) -> list[Ints]:
    """Runs of pieces that follow end to end, so that the end of one is the beginning of the next."""
    there = np.flatnonzero(pairing.first >= 0)
    if not there.size:
        return []
    before, after = there[:-1], there[1:]
    same = pairing.first[after] == pairing.first[before]
    follows = pairing.first[after] == pairing.last[before] + 1
    touches = parts.low_m[pairing.first[after]] <= parts.high_m[pairing.last[before]] + 1e-6
    joined = (after == before + 1) & (same | (follows & touches))
    return np.split(there, np.flatnonzero(~joined) + 1)


def _smooth(chain: Ints, parts: Parts, pairing: Pairing, lengths: Floats, doubt: Floats) -> tuple[Floats, Floats]:
    """Place and variance of the ends of a run of pieces: one more than there are pieces."""
    mark, trust = np.zeros(chain.size + 1), np.zeros(chain.size + 1)
    for number, piece in enumerate(chain):
        first, last = pairing.first[piece], pairing.last[piece]
        begins = number == 0 or pairing.first[chain[number - 1]] != first
        ends = number == chain.size - 1 or pairing.first[chain[number + 1]] != first
        if begins:
            mark[number], trust[number] = parts.low_m[first], _trust(parts.low_sd[first])
        if ends:
            mark[number + 1], trust[number + 1] = parts.high_m[last], _trust(parts.high_sd[last])
    span = np.where(np.isfinite(lengths[chain]), lengths[chain], 0.0)
    variance = np.where(np.isfinite(lengths[chain]), doubt[chain] ** 2, np.inf)
    if not trust.any():
        trust[[0, -1]] = 1e-6
        mark[0], mark[-1] = parts.low_m[pairing.first[chain[0]]], parts.high_m[pairing.last[chain[-1]]]
    return settle(mark, trust, span, variance)


def settle(mark: Floats, trust: Floats, span: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Place and variance of the ends of pieces that follow each other: marks of ``trust`` 1 / variance, lengths between."""
    forth = _pass_on(mark, trust, span, variance)
    back = _pass_on(-mark[::-1], trust[::-1], span[::-1], variance[::-1])
    weight = trust + forth[1] + back[1][::-1]
    level = trust * mark + forth[1] * forth[0] - back[1][::-1] * back[0][::-1]
    known = np.where(weight > 0, weight, np.nan)
    return level / known, 1.0 / known


def _trust(sd: float) -> float:
    return 0.0 if not np.isfinite(sd) else float(1.0 / (sd**2 + MARK_M**2))


def _pass_on(mark: Floats, trust: Floats, span: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """What the marks before each end say of it: place and weight (1 / variance), the end's own mark left out."""
    place, weight = np.zeros_like(mark), np.zeros_like(mark)
    for end in range(1, mark.size):
        known = trust[end - 1] + weight[end - 1]
        if known > 0 and np.isfinite(variance[end - 1]):
            before = (trust[end - 1] * mark[end - 1] + weight[end - 1] * place[end - 1]) / known
            place[end] = before + span[end - 1]
            weight[end] = 1.0 / (1.0 / known + variance[end - 1])
    return place, weight
