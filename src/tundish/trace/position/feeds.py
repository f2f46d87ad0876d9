"""Which pieces came on a line, in which order, and how much of each ran past its marks as far as records tell?"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from tundish.trace.genealogy.graph import Genealogy
from tundish.trace.position.book import Spans, as_they_ran, column, made_stays, micros
from tundish.trace.position.passes import Feeds
from tundish.trace.position.trend import Bools
from tundish.trace.stamps import NEVER
from tundish.trace.stays.segments import Floats, Ints

_HALF = 0.5
_FEWEST = 8
"""Fewer pieces than this do not say by how much a line lengthens."""
_COUNTED = 0.002
"""Share by which a counted length is off, one standard deviation."""
_CUT_M = 0.25
_UNKNOWN_CROP_M = 2.5
"""What may have been cut off an end of a coil where no record tells, one standard deviation in m."""
_EITHER = 0.02
_MISSING = 0.02
"""Share of what came in that must have left unrecorded for the recorded products not to count."""
_AROUND = 2
"""Pieces on either side that say how much longer one became."""
_ANY_M = 1000.0
_NEAR = 0.03
"""A length worked out from cuts and crops counts when it agrees with the recorded one by this share."""


@dataclass(frozen=True)
class Coming:
    """The stays of a line that its trend is parted by, in order of time."""

    stays: Ints
    feeds: Feeds
    low_in_m: Floats
    """Where on what comes in the strip between the marks begins, in m."""
    high_in_m: Floats
    out_m: Floats
    """How long that was when it left the line, as far as records tell; NaN where none does."""
    thinned: Floats
    """Section of what came in over that of what was made of it; NaN where not known. A coil becomes as many times longer."""

    def within(self, low_us: int, high_us: int) -> Coming:
        """Those that came at least partly between two times."""
        kept = (self.feeds.end > low_us) & (self.feeds.start < high_us)
        feeds = Feeds(self.feeds.start[kept], self.feeds.end[kept], self.feeds.metres[kept])
        low, high, out, thinned = (one[kept] for one in (self.low_in_m, self.high_in_m, self.out_m, self.thinned))
        return Coming(self.stays[kept], feeds, low, high, out, thinned)

    def welded(self, lost: Floats) -> Coming:
        """With what is cut out behind each stay with its weld (m of what comes in) counted in what left: mark to mark."""
        gain = self.out_m / self.feeds.metres
        return replace(self, out_m=self.out_m + np.where(np.isfinite(gain), lost[self.stays] * gain, 0.0))

    def measured_by(self, ran: Floats) -> Coming:
        """With the lengths, in or out, that the gauge counts: those that what ``ran`` during each stay comes nearer to.

        A gauge counts what leaves, as gauges at the coiler do, unless what came in fits better by more than 2 %: written times
        may say no more.
        """
        if self.counts_out(ran):
            left = self._left()
            return replace(self, feeds=replace(self.feeds, metres=left), out_m=left)
        return self

    def _left(self) -> Floats:
        """What left, by what came in where products that are not recorded are missing; NaN where that cannot be told.

        A coil that became shorter than its neighbours say, and unlike either of them, misses a product: coils of one order
        are thinned alike, and the gap of a lost record is as long as no other.
        """
        sections = np.isfinite(self.thinned).mean() > _HALF
        whole = self.feeds.metres * (self.thinned if sections else 1.0)
        gain = np.where(self.out_m > 0, self.out_m / whole, np.nan)
        usual, alike = _around(gain)
        beside = np.stack((np.insert(gain[:-1], 0, np.nan), np.append(gain[1:], np.nan)))
        same = (np.abs(gain / beside - 1.0) <= _MISSING).any(axis=0)
        short = (whole > 0) & ~(gain >= (1.0 - _MISSING) * usual) & ~same & alike
        return np.where(short, whole * usual if sections else np.nan, self.out_m)

    def by_input(self, cut: Bools) -> Coming | None:
        """With what left worked out from what came in, where neighbours are lengthened alike; None where that is in use.

        ``cut``: whether records tell the cuts of each stay: to decimetres, while lengths of products are counted to 0.2 %.
        """
        into = np.where(cut[self.stays], self.high_in_m - self.low_in_m, np.nan)
        gain = self.out_m / into
        gain = gain[gain > 0]
        if not self.of_what_left or gain.size < _FEWEST:
            return None
        usual = float(np.median(gain))
        spread = 1.4826 * float(np.median(np.abs(gain - usual)))
        if spread > _MISSING:
            return None
        if abs(usual - 1.0) < 3.0 * spread / math.sqrt(gain.size):
            usual = 1.0
        left = into * usual
        left = np.where(np.abs(left - self.out_m) <= _MISSING * self.out_m, left, self.out_m)
        return replace(self, feeds=replace(self.feeds, metres=left), out_m=left)

    @property
    def of_what_left(self) -> bool:
        """Whether the pieces are measured by what left, not by what came in."""
        return self.feeds.metres is self.out_m

    @property
    def gain(self) -> float:
        """Metres that left a metre that came in, the middle of all."""
        ratio = self.out_m / (self.high_in_m - self.low_in_m)
        return float(np.median(ratio[ratio > 0]))

    def counts_out(self, ran: Floats) -> bool:
        """Whether the line's gauge counts what leaves rather than what comes in."""
        out = _far(ran, self.out_m)
        return out < math.inf and out < _EITHER + _far(ran, self.feeds.metres)


def _around(gain: Floats) -> tuple[Floats, Bools]:
    """The middle of what the neighbours of each piece say, and whether most of them say the same."""
    padded = np.pad(gain, _AROUND, constant_values=np.nan)
    near = np.stack([padded[place : place + gain.size] for place in range(2 * _AROUND + 1) if place != _AROUND])
    known = np.isfinite(near).sum(axis=0)
    usual = np.full(gain.size, np.nan)
    usual[known > 0] = np.nanmedian(near[:, known > 0], axis=0)
    alike = (np.abs(near / usual - 1.0) <= _MISSING).sum(axis=0)
    return usual, alike > _HALF * 2 * _AROUND


def _far(ran: Floats, metres: Floats) -> float:
    known = (ran > 0) & (metres > 0)
    if not known.any() or known.mean() < _HALF:
        return math.inf
    return float(np.median(np.abs(np.log(ran[known] / metres[known]))))


def mended_lengths(genealogy: Genealogy, spans: Spans, into: Floats, lost: Floats) -> tuple[Floats, Floats]:
    """Lengths in, where cuts and the tail's crop tell them better: to decimetres; and one standard deviation of each.

    ``lost``: what is cut out with the weld behind each stay, in m of what comes in.
    """
    tail = column(genealogy.stays, "tail_crop_m")
    told = _furthest(spans, into.size) + tail + lost
    cut = cut_stays(genealogy, spans)
    better = np.isfinite(told) & (~np.isfinite(into) | (cut & (np.abs(told - into) < _NEAR * into)))
    doubt = np.where(
        better & cut, _CUT_M, np.hypot(_COUNTED * np.nan_to_num(into), np.where(np.isfinite(tail), 0.0, _UNKNOWN_CROP_M))
    )
    into = np.where(better, told, into)
    return into, np.minimum(doubt, 0.05 * np.nan_to_num(into, nan=_ANY_M))


def cut_stays(genealogy: Genealogy, spans: Spans) -> Bools:
    """Whether records tell where what came in on each stay was cut."""
    cut = np.zeros(genealogy.stays.height, bool)
    cut[spans.stay[(spans.stay >= 0) & np.isfinite(column(genealogy.edges, "to_m"))]] = True
    return cut


def _furthest(spans: Spans, stays: int) -> Floats:
    far = np.full(stays, -np.inf)
    good = (spans.stay >= 0) & np.isfinite(spans.high_in)
    np.maximum.at(far, spans.stay[good], spans.high_in[good])
    return np.where(np.isfinite(far), far, np.nan)


def _nearest(spans: Spans, stays: int) -> Floats:
    near = np.full(stays, np.inf)
    good = (spans.stay >= 0) & np.isfinite(spans.low_in)
    np.minimum.at(near, spans.stay[good], spans.low_in[good])
    return np.where(np.isfinite(near), near, np.nan)


def coming(genealogy: Genealogy, spans: Spans, into: Floats, out: Floats, *, lost: Floats) -> dict[str, Coming]:
    """For each line what came in; where nothing is known to have come in, what came out.

    ``lost``: what is cut out with the weld behind each stay, in m of what comes in. Where no record cuts what is welded, all
    that ran in between two welds is the piece.
    """
    stays = genealogy.stays
    head, tail = (np.nan_to_num(column(stays, name)) for name in ("head_crop_m", "tail_crop_m"))
    goes, known = stays["goes"].fill_null("through").to_numpy(), stays["line"].is_not_null().to_numpy()
    near, far = _nearest(spans, stays.height), _furthest(spans, stays.height)
    welds = pl.DataFrame({"line": stays["line"], "lost": lost}).select((pl.col("lost") > 0).any().over("line")).to_series()
    whole = welds.to_numpy() & ~cut_stays(genealogy, spans) & np.isfinite(into)
    low = np.where(np.isfinite(near) & ~whole, near, head)
    high = np.where(whole | (tail > 0), into - tail, np.where(np.isfinite(far), far + lost, into))
    # whether what became of no product ran through or stayed on the uncoiler no record tells
    open_ = ~whole & ~(tail > 0) & (far + lost < (1.0 - _MISSING) * into)
    high = np.where(open_, np.nan, high)
    makes = goes == "out"
    low, high = np.where(makes, 0.0, low), np.where(makes, out, high)
    left = np.where(goes == "in", np.where(open_, np.nan, _became(spans, stays.height)), out)
    start, end = _moments(genealogy, spans, out)
    fed = _with_parents(genealogy, spans)
    timed = (start > 0) & (end >= start)
    thinned = _thinned(genealogy, spans)
    found = {}
    for (line,), rows in stays.with_row_index("stay").filter(pl.Series(known)).group_by(["line"], maintain_order=True):
        own = rows["stay"].to_numpy().astype(np.int64)
        own = own[timed[own] & ~(makes[own] & fed[own])]
        order = own[np.lexsort((end[own], start[own]))]
        if order.size:
            feeds = Feeds(start[order].astype(np.int64), end[order].astype(np.int64), high[order] - low[order])
            found[str(line)] = Coming(order, feeds, low[order], high[order], left[order], thinned[order])
    return found


def _became(spans: Spans, stays: int) -> Floats:
    """Metres that came of each stay's piece on that line: of strips side by side the mean."""
    good = (spans.stay >= 0) & np.isfinite(spans.high_out - spans.low_out)
    made = np.zeros(stays)
    np.add.at(made, spans.stay[good], ((spans.high_out - spans.low_out) / spans.strips)[good])
    made[spans.stay[(spans.stay >= 0) & ~good]] = np.nan  # of a part that is not known nothing sums up
    return np.where(made > 0, made, np.nan)


def _thinned(genealogy: Genealogy, spans: Spans) -> Floats:
    """Section of what came in on each stay over that of what was made of it, the mean of all; NaN where not known.

    Of strips side by side, and where a width is not known, the thickness alone.
    """
    pieces, edges = genealogy.pieces, genealogy.edges
    thick, wide = column(pieces, "thickness_m"), column(pieces, "width_m")
    parent, child = edges["parent"].to_numpy(), edges["child"].to_numpy()
    narrowed = wide[parent] / wide[child]
    ratio = thick[parent] / thick[child] * np.where((narrowed > 0) & (spans.strips == 1), narrowed, 1.0)
    good = (spans.stay >= 0) & np.isfinite(ratio) & (ratio > 0)
    total, count = np.zeros((2, genealogy.stays.height))
    np.add.at(total, spans.stay[good], ratio[good])
    np.add.at(count, spans.stay[good], 1.0)
    return np.asarray(np.divide(total, count, out=np.full(total.size, np.nan), where=count > 0))


def _with_parents(genealogy: Genealogy, spans: Spans) -> np.ndarray:
    """Stays of pieces made of what is known to have come in on the same line: the parent's stay stands for them."""
    edges = genealogy.edges.select(piece="child", line="line").filter(pl.Series(spans.stay >= 0)).unique()
    edges = edges.with_columns(fed=pl.lit(value=True))
    asked = genealogy.stays.select("piece", "line")
    return (
        asked.join(edges, on=["piece", "line"], how="left", maintain_order="left", nulls_equal=True)["fed"]
        .fill_null(value=False)
        .to_numpy()
    )


def _moments(genealogy: Genealogy, spans: Spans, out: Floats) -> tuple[Floats, Floats]:
    """When each stay began and ended; of what went into several products, from the parts of these it became."""
    stays = genealogy.stays
    start, end = _begun_and_ended(stays)
    stay = made_stays(genealogy)
    length = np.where(stay >= 0, out[stay], np.nan)
    known = np.isfinite(spans.low_out) & np.isfinite(spans.high_out) & (length > 0)
    begin, close = _places(genealogy.edges)
    begin, close = (np.where(known, one / length, two) for one, two in ((spans.low_out, begin), (spans.high_out, close)))
    good = (stay >= 0) & (spans.stay >= 0)
    stay, parent = stay[good], spans.stay[good]
    lasts = end[stay] - start[stay]
    begun = start[stay] + lasts * np.clip(begin[good], 0.0, 1.0)
    ended = start[stay] + lasts * np.clip(close[good], 0.0, 1.0)
    first, last = np.full(start.size, np.inf), np.full(start.size, -np.inf)
    np.minimum.at(first, parent, begun)
    np.maximum.at(last, parent, ended)
    return np.where(np.isfinite(first), first, start), np.where(np.isfinite(last), last, end)


def _begun_and_ended(stays: pl.DataFrame) -> tuple[Floats, Floats]:
    """When each stay began and ended; where a line writes one of both, the piece before or behind tells the other."""
    group = ["line", "goes"]
    frame = stays.select(*group, *(pl.Series(name, micros(stays, name)).replace(NEVER, None) for name in ("start", "end")))
    frame = frame.with_row_index("stay").sort(*group, pl.coalesce("end", "start"), nulls_last=True)
    every = pl.coalesce("end", "start").diff().over(group)
    usual = every.filter(every > 0).median().over(group).cast(pl.Int64)
    frame = frame.with_columns(
        start=pl.coalesce("start", pl.max_horizontal(pl.col("end").shift().over(group), pl.col("end") - usual)),
        end=pl.coalesce("end", pl.min_horizontal(pl.col("start").shift(-1).over(group), pl.col("start") + usual)),
    ).sort("stay")
    begun, ended = (frame[name].fill_null(NEVER).to_numpy().astype(np.float64) for name in ("start", "end"))
    return begun, ended


def _places(edges: pl.DataFrame) -> tuple[Floats, Floats]:
    """Where each part begins and ends on its product, as a share, were all parts as long: no more than an order."""
    group = ["child", "line"]
    frame = edges.select(*group).with_row_index("edge")[as_they_ran(edges)]
    frame = frame.with_columns(place=pl.int_range(pl.len()).over(group), count=pl.len().over(group)).sort("edge")
    place, count = frame["place"].to_numpy().astype(np.float64), frame["count"].to_numpy()
    return place / count, (place + 1.0) / count
