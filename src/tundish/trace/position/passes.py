"""Which stretch of a line's trend belongs to which piece? Marks of the line matched in order to the pieces that came."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from tundish.trace.stamps import SECOND, Stamps
from tundish.trace.stays.segments import Floats, Ints

_FAR = 16.0
"""Greatest cost of one disagreement: beyond it, more disagreement says no more (half of four standard deviations squared)."""
_STEPS: tuple[tuple[int, int, float], ...] = (
    (1, 1, 0.0), (1, 2, 4.0), (1, 3, 7.0), (1, 4, 10.0), (2, 1, 4.0), (3, 1, 8.0), (0, 1, 6.0), (1, 0, 9.0),
)  # fmt: skip
"""Pieces and stretches taken together, and the cost of it: half the squared deviation that would be as unlikely. A mark too
many or missing is seen on about one weld in fifty; a stretch without a piece or a piece without a stretch is rarer."""
_SWAPPED = (2, 2, 5.0)
"""Two pieces that came the other way round than their written times say: a mistyped start or end."""
_HOPELESS = 80.0
"""What is dearer by more than that than the best so far is followed no more: ten pieces in a row that no log shows."""
ODDS = 3.0
"""Logarithm of the odds for a place of a piece below which another one is about as likely: 20 to 1."""
_SAME_M = 5.0
"""Marks nearer to each other than this are the same place of a piece."""
_RELATIVE, _ABSOLUTE_M = 0.02, 2.0
"""How far a recorded length may be off: share and metres, one standard deviation."""
_OTHER = 0.7
"""Logarithm by which two scales differ that cannot be of the same line."""
_NEAR = 3.0
"""Scatters within which a ratio of lengths lies near the middle of all."""
_FEWEST = 3
_ROUNDS = 4
_TIMED = 8
"""Pieces that say how late written times usually are, and how far they scatter about that."""
_STAMPED_S = 1.0
"""How far a written time is off at least, one standard deviation: stamped to the second."""
_MISTYPED = 0.05
"""Share of written times that are as far off as any."""


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
class Late:
    """By how much marks come after the written times of their pieces, usually, and one standard deviation of each piece's.

    Of beginnings and of ends; the deviation is infinite where too few pieces tell.
    """

    usual_s: tuple[float, float] = (0.0, 0.0)
    sd_s: tuple[float, float] = (math.inf, math.inf)

    def moved(self, by_s: float) -> Late:
        """The same, all marks so much later."""
        return replace(self, usual_s=(self.usual_s[0] + by_s, self.usual_s[1] + by_s))


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
    late: Late


def pair(parts: Parts, feeds: Feeds, *, scale: float | None = None) -> Pairing:
    """Match parts to pieces in order, by length and time, at the least cost; marks may be missing or too many.

    Method: alignment by dynamic programming as Gale and Church (Computational Linguistics 19(1), 1993, 75-102) match sentences
    of two languages by their lengths.
    """
    found = _paired(parts, feeds, _scale(parts, feeds) if scale is None else scale, Late())
    for _ in range(_ROUNDS):
        far = abs(math.log(found[1].scale / found[0].scale))
        exact = all(now >= 0.5 * before for now, before in zip(found[1].late.sd_s, found[0].late.sd_s, strict=True))
        if not 0.5 * _RELATIVE < far < _OTHER and exact:
            break
        scale = found[1].scale if far < _OTHER else found[0].scale
        found = _paired(parts, feeds, scale, found[1].late)
    return found[1]


def _paired(parts: Parts, feeds: Feeds, scale: float, late: Late) -> tuple[Pairing, Pairing]:
    """The best matching under a scale and a lateness, as it was taken and with the ones that it tells."""
    cost = _Cost(parts, feeds, scale, late)
    first, last, shared = _backward(_forward(cost), feeds.start.size)
    taken = Pairing(first, last, shared, scale, _RELATIVE, late)
    alone = (first >= 0) & (shared == 1)
    closed = alone & np.isfinite(parts.low_sd[first]) & np.isfinite(parts.high_sd[last])
    told = taken
    good = alone & (feeds.metres > 0)
    if good.sum() >= _FEWEST:
        ratio = (parts.high_m[last[good]] - parts.low_m[first[good]]) / feeds.metres[good]
        scale, doubt = _middle(ratio)
        told = replace(told, scale=scale, doubt=doubt)
    if closed.sum() >= _TIMED:
        begun = (parts.low_us[first[closed]] - feeds.start[closed]) / SECOND
        ended = (parts.high_us[last[closed]] - feeds.end[closed]) / SECOND
        (one, one_sd), (other, other_sd) = (_exactly(after, cost.loose_s) for after in (begun, ended))
        told = replace(told, late=Late((one, other), (one_sd, other_sd)))
    return taken, told


def _exactly(after: Floats, loose_s: float) -> tuple[float, float]:
    """What is usual of these seconds, and how far they scatter about it; infinite where they scatter about as far as any."""
    usual = float(np.median(after))
    spread = max(1.4826 * float(np.median(np.abs(after - usual))), _STAMPED_S)
    return (usual, spread) if spread < 0.5 * loose_s else (0.0, math.inf)


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


def _forward(cost: _Cost) -> list[dict[int, tuple[float, int, int]]]:
    """Least cost of having matched so many pieces and parts, with the step that led there: one dict a number of pieces."""
    count, todo = cost.feeds.start.size, cost.parts.low_m.size
    low, high = cost.reach()
    rows: list[dict[int, tuple[float, int, int]]] = [{} for _ in range(count + 1)]
    # what ran before the first piece costs no more than what ran behind the last
    rows[0] = dict.fromkeys(range(int(low[0]), int(high[0]) + 1), (0.0, 0, 0)) if count else {0: (0.0, 0, 0)}
    for done in range(count + 1):
        row = rows[done]
        edge = int(high[done]) if done < count else todo
        least = min((total for total, *_ in row.values()), default=0.0)
        row = rows[done] = {place: one for place, one in row.items() if one[0] <= least + _HOPELESS}
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
    cost = _Cost(parts, feeds, pairing.scale, pairing.late)
    rows = _forward(cost)
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
    for place, dearer in _all_later(parts, feeds, pairing, least, cost.loose_s):
        other = np.where(place != pairing.first, np.minimum(other, least + dearer), other)
    return np.where(pairing.first >= 0, other - least, np.inf)


def _all_later(parts: Parts, feeds: Feeds, pairing: Pairing, least: float, loose_s: float) -> Iterator[tuple[Ints, float]]:
    """Matchings in which all pieces lie one place on or back, were all times as much later or earlier, and how much dearer.

    That times scatter little does not say when the first of them truly was: this only the clocks say, within ``loose_s``.
    """
    known = [usual for usual, sd in zip(pairing.late.usual_s, pairing.late.sd_s, strict=True) if math.isfinite(sd)]
    if not known or feeds.start.size < 2:
        return
    gap, usual = float(np.median(np.diff(feeds.start))) / SECOND, sum(known) / len(known)
    for by in (-gap, gap):
        dearer = 0.5 * ((usual + by) ** 2 - usual**2) / loose_s**2
        if dearer < ODDS:
            rows = _forward(_Cost(parts, feeds, pairing.scale, pairing.late.moved(by)))
            total = min(total for total, *_ in rows[feeds.start.size].values())
            yield _backward(rows, feeds.start.size)[0], total - least + dearer


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

    def __init__(self, parts: Parts, feeds: Feeds, scale: float, late: Late) -> None:
        self.parts, self.feeds, self.late = parts, feeds, late
        self.allowed = [step for step in (*_STEPS, _SWAPPED) if parts.welded or step[0] < 2 or step is _SWAPPED]
        lengths = np.where(feeds.metres > 0, feeds.metres * scale, np.nan)
        self.lengths = lengths.tolist()
        self.low_m, self.high_m = parts.low_m.tolist(), parts.high_m.tolist()
        self.begins, self.ends = np.isfinite(parts.low_sd).tolist(), np.isfinite(parts.high_sd).tolist()
        stays = (feeds.end - feeds.start) / SECOND
        self.usual_s = max(float(np.median(stays)) if stays.size else 0.0, 10.0)
        self.loose_s = 0.25 * self.usual_s + 20.0
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
        return self._of_length(done, pieces, here, stretches) + self._of_time(done, pieces, here, stretches)

    def _of_length(self, done: int, pieces: int, here: int, stretches: int) -> float:
        behind = here + stretches - 1
        begins, ends = self.begins[here], self.ends[behind]
        low = self.low_m[here] if begins or not ends else self.high_m[here]
        length = (self.high_m[behind] if ends or not begins else self.low_m[behind]) - low
        expected = sum(self.lengths[done : done + pieces])
        off = (length - expected) / (_RELATIVE * expected + _ABSOLUTE_M)
        if not expected > 0 or (off < 0 and not (begins and ends)):
            return 1.0  # the log shows but a part of it, or what ran before or behind it too
        return float(min(0.5 * off * off, _FAR))

    def _of_time(self, done: int, pieces: int, here: int, stretches: int) -> float:
        begun = self.low_s[here] - self.start_s[done]
        ended = self.high_s[here + stretches - 1] - self.end_s[done + pieces - 1]
        begins, ends = self.begins[here], self.ends[here + stretches - 1]
        told = [(begun, 0)] * (begins or not ends) + [(ended, 1)] * (ends or not begins)
        if begins != ends or any(math.isfinite(sd) for sd in self.late.sd_s):
            return float(min(sum(self._of_end(after, end, 1.0 / len(told)) for after, end in told), _FAR))
        return float(min(0.5 * ((begun + ended) / 2.0 / self.loose_s) ** 2, _FAR))

    def _of_end(self, after_s: float, end: int, share: float) -> float:
        """Of one written time: most are as exact as usual, a few as far off as any."""
        loose, sd = 0.5 * share * (after_s / self.loose_s) ** 2, self.late.sd_s[end]
        if not math.isfinite(sd):
            return loose
        exact = 0.5 * ((after_s - self.late.usual_s[end]) / sd) ** 2 - math.log((1.0 - _MISTYPED) * self.loose_s / sd)
        low, high = sorted((exact, loose - math.log(_MISTYPED)))
        return low - math.log1p(math.exp(low - high))
