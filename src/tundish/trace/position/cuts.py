"""Which part of what ran in became which product, on lines that weld strip end to end and record no cuts?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from tundish.trace.genealogy.graph import Genealogy
from tundish.trace.position.book import Passes, Spans, as_they_ran, column, made_stays, micros
from tundish.trace.position.ruler import MARK_M, settle
from tundish.trace.position.trend import Bools, Trend
from tundish.trace.stamps import NEVER
from tundish.trace.stays.segments import Floats, Ints

_TOLD = 0.5
"""Share of a line's products with recorded cuts from which on the others are left to lengths."""
_FITS, _FITS_M = 0.03, 5.0
"""Share, and metres, by which recorded products may miss what ran between two welds."""
_FEWEST = 3
"""Runs between welds that say how many metres of the gauge a metre of product is."""
_UNEVEN = 0.015
"""Scatter of that from which on the gauge counts what comes in, of which each order makes another length."""
_COUNTED = 0.002
"""Share by which a counted length is off, one standard deviation."""
_WEIGHED = 0.005
"""Share by which a part is off that follows from masses, one standard deviation."""
_TIMED = 5
"""Ends at welds that say how far written times are off."""
_STAMPED_S = 0.5
"""How far a written time is off at least, one standard deviation in s: stamped to the second, some tenths late."""
_FAR = 4.0
"""Standard deviations beyond which a written time is not of this cut."""
_LEAST_M = 0.5
"""A shorter part is none: the record names what the signals do not show."""
_CROPS_M = 3.0
"""What may be cut off a coil where no record tells, one standard deviation in m."""
_ALIKE = 1e-6


@dataclass(frozen=True)
class _Products:
    """What left a line in the order in which it ran, one entry a product, and what it is made of."""

    edges: tuple[Ints, ...]
    """Of each product, in the order in which its parents ran in."""
    parents: tuple[Ints, ...]
    """Stays of these parents."""
    stay: Ints
    length: Floats

    def blocks(self) -> list[Ints]:
        """Runs of products of which each begins in the parent in which the one before ends."""
        apart = [one[-1] != other[0] for one, other in zip(self.parents[:-1], self.parents[1:], strict=True)]
        return np.split(np.arange(self.stay.size), np.flatnonzero(apart) + 1) if self.stay.size else []

    def fed(self, block: Ints) -> Ints:
        """Stays of all parents of these products, in order."""
        return np.array(list(dict.fromkeys(np.concatenate([self.parents[one] for one in block]).tolist())), np.int64)


def by_order(genealogy: Genealogy, spans: Spans, into: Floats, out: Floats) -> Spans:
    """Parts of products made of several parents: parents and products laid end to end, each by its own lengths.

    Only where no record tells the cuts and both lengths are known; parts that are a mere guess are taken back (NaN).
    """
    made = _Parts(spans)
    head, tail = (np.nan_to_num(column(genealogy.stays, name)) for name in ("head_crop_m", "tail_crop_m"))
    guessed = _guessed(genealogy)
    for line in _silent(genealogy, spans):
        products = _products(genealogy, spans, line, out)
        gains = np.array(
            [products.length[one].sum() / (into - head - tail)[products.fed(one)].sum() for one in products.blocks()]
        )
        usual, spread = _middle(gains)
        for block, gain in zip(products.blocks(), gains, strict=True):
            parents = products.fed(block)
            if parents.size < 2:
                continue
            edges = np.concatenate([products.edges[one] for one in block])
            size, length = (into - head - tail)[parents], products.length[block]
            laid = _laid(products, block, dict(zip(parents.tolist(), size.tolist(), strict=True)))
            whole = spread > _UNEVEN or abs(gain / usual - 1.0) < _FITS
            if whole and (size > 0).all() and (length > 0).all() and laid is not None:
                made.put(edges, laid[0] + head[np.concatenate([products.parents[one] for one in block])], laid[1])
                made.doubt[edges] = np.hypot(_COUNTED * float(size.sum()), _CROPS_M)
            elif guessed[edges].any():
                made.forget(edges)
            else:
                made.doubt[edges] = np.hypot(_WEIGHED * np.nan_to_num(float(length.sum())), _CROPS_M)
    return made.spans(spans)


def _middle(ratio: Floats) -> tuple[float, float]:
    """Of ratios the middle one, and how far they scatter about it as a share; infinite where too few tell."""
    known = ratio[np.isfinite(ratio) & (ratio > 0)]
    if known.size < _FEWEST:
        return np.nan, np.inf
    usual = float(np.median(known))
    return usual, 1.4826 * float(np.median(np.abs(known / usual - 1.0)))


def _laid(products: _Products, block: Ints, sizes: Mapping[int, float]) -> tuple[Floats, Floats] | None:
    """Overlaps of parents and products laid end to end, on either: two rows, low and high, one column an edge.

    None where a product has nothing of what its record names.
    """
    size, length = np.array(list(sizes.values())), products.length[block]
    gain = float(length.sum() / size.sum())
    ends, cuts = np.concatenate(([0.0], np.cumsum(size))), np.concatenate(([0.0], np.cumsum(length / gain)))
    place = {stay: number for number, stay in enumerate(sizes)}
    parent = np.array([place[int(stay)] for one in block for stay in products.parents[one]])
    child = np.repeat(np.arange(block.size), [products.edges[one].size for one in block])
    both = np.stack((np.maximum(ends[parent], cuts[child]), np.minimum(ends[parent + 1], cuts[child + 1])))
    if not (both[1] - both[0] >= _LEAST_M).all():
        return None
    return both - ends[parent], (both - cuts[child]) * gain


def seen(
    genealogy: Genealogy, spans: Spans, passes: Passes, out: Floats, *, trends: Mapping[str, Trend], lost_m: float
) -> Spans:
    """The cuts of products on lines that weld and record none, read off the welds, the counted lengths and written times.

    A product that begins in another parent than the one before ends in begins at the weld between both. Cuts inside a parent
    lie where the lengths of the products from weld to weld put them, and written times as far as these are as exact.
    ``lost_m``: strip thrown away with the weld behind a product, in m as it leaves. What contradicts itself becomes NaN.
    """
    made = _Parts(spans)
    for line in _silent(genealogy, spans):
        trend = trends.get(line)
        if trend is None or trend.present is not None or not trend.welds.size:
            continue
        products = _products(genealogy, spans, line, out)
        ends = _ends(products, passes, trend, genealogy.stays)
        scale = _scale(products, ends, lost_m)
        if scale is not None:
            for block in products.blocks():
                _cut(made, products, passes, block, ends=ends, scale=scale, lost_m=lost_m)
    return made.spans(spans)


class _Parts:
    """Spans that are being changed."""

    def __init__(self, spans: Spans) -> None:
        self.low_in, self.high_in = spans.low_in.copy(), spans.high_in.copy()
        self.low_out, self.high_out = spans.low_out.copy(), spans.high_out.copy()
        self.doubt, self.seen = spans.doubt.copy(), spans.seen.copy()

    def put(self, edges: Ints, into: Floats, out: Floats) -> None:
        self.low_in[edges], self.high_in[edges] = into
        self.low_out[edges], self.high_out[edges] = out

    def forget(self, edges: Ints) -> None:
        self.put(edges, np.full((2, edges.size), np.nan), np.full((2, edges.size), np.nan))
        self.seen[edges] = False

    def spans(self, before: Spans) -> Spans:
        return replace(
            before, low_in=self.low_in, high_in=self.high_in, low_out=self.low_out, high_out=self.high_out,
            doubt=self.doubt, seen=self.seen,
        )  # fmt: skip


def _silent(genealogy: Genealogy, spans: Spans) -> Iterator[str]:
    """Lines that weld strip end to end and record no cuts."""
    edges = genealogy.edges.select("line", pl.col("kind").cast(pl.String), told=pl.col("from_m").is_not_null())
    each = edges.filter(pl.Series(spans.stay >= 0)).group_by("line", maintain_order=True).agg(
        pl.col("told").mean(), welds=(pl.col("kind") == "welded").any(),
        other=pl.col("kind").is_in(["slit", "sheeted", "packed", "cast"]).any(),
    )  # fmt: skip
    silent = each.filter((pl.col("told") <= _TOLD) & pl.col("welds") & ~pl.col("other"))
    yield from silent["line"].drop_nulls().to_list()


def _guessed(genealogy: Genealogy) -> Bools:
    """Parts of a product that all count alike: no mass and no length tells them."""
    share, group = pl.col("share_of_child"), ["child", "line"]
    alike = ((share.max() - share.min()) < _ALIKE).fill_null(value=True)
    frame = genealogy.edges.select(guess=((pl.len() > 1) & alike).over(group))
    return frame["guess"].to_numpy()


def _products(genealogy: Genealogy, spans: Spans, line: str, out: Floats) -> _Products:
    edges, made = genealogy.edges, made_stays(genealogy)
    here = (edges["line"] == line).fill_null(value=False).to_numpy() & (spans.stay >= 0) & (made >= 0)
    order = as_they_ran(edges)
    own = order[here[order]]
    child = edges["child"].to_numpy()[own]
    new = np.flatnonzero(child[1:] != child[:-1]) + 1
    groups = tuple(np.split(own, new)) if own.size else ()
    stay = made[np.array([group[0] for group in groups], np.int64)]
    return _Products(groups, tuple(spans.stay[group] for group in groups), stay, np.where(out[stay] > 0, out[stay], np.nan))


@dataclass(frozen=True)
class _Ends:
    """Where each product begins and ends in metres run: by the welds of its parents, and by its written times."""

    low_m: Floats
    high_m: Floats
    low_sd: Floats
    """Infinite where the parent was not found."""
    high_sd: Floats
    start_m: Floats
    """By written times, with what they are usually off at welds taken off; NaN where there are none."""
    end_m: Floats
    timed_sd: float
    """Infinite where too few welds tell."""


def _ends(products: _Products, passes: Passes, trend: Trend, stays: pl.DataFrame) -> _Ends:
    first, last = (np.array([group[end] for group in products.parents], np.int64) for end in (0, -1))
    low, high = passes.low_m[first], passes.high_m[last]
    sure = [np.nan_to_num(passes.sd_m[stay], nan=np.inf) for stay in (first, last)]
    marks = [np.where(np.isfinite(mark), sd, np.inf) for mark, sd in zip((low, high), sure, strict=True)]
    begins = np.concatenate(([True], last[:-1] != first[1:])) if first.size else np.zeros(0, bool)
    ends = np.concatenate((begins[1:], [True])) if first.size else begins
    timed, spread = [], [_STAMPED_S * float(np.median(trend.speed[trend.speed > 0])) if (trend.speed > 0).any() else np.inf]
    for name, mark, at_weld in (("start", low, begins), ("end", high, ends)):
        when = micros(stays, name)[products.stay]
        ran = np.where((when > NEVER) & (when >= trend.times[0]) & (when <= trend.times[-1]), trend.metres(when), np.nan)
        off = (ran - mark)[at_weld & np.isfinite(ran - mark)]
        middle = float(np.median(off)) if off.size >= _TIMED else np.nan
        timed.append(ran - middle)
        spread.append(1.4826 * float(np.median(np.abs(off - middle))) if off.size >= _TIMED else np.inf)
    return _Ends(low, high, marks[0], marks[1], timed[0], timed[1], max(spread))


def _scale(products: _Products, ends: _Ends, lost_m: float) -> tuple[float, float] | None:
    """Metres of the gauge a metre of product, and how far that scatters; None where too few runs between welds tell."""
    ratio = np.array([_ran(products, ends, block, lost_m) for block in products.blocks()])
    usual, spread = _middle(ratio)
    return None if np.isnan(usual) else (usual, spread)


def _ran(products: _Products, ends: _Ends, block: Ints, lost_m: float) -> float:
    """Metres of the gauge between two welds a metre of all products in between."""
    known = np.isfinite(ends.low_sd[block[0]]) and np.isfinite(ends.high_sd[block[-1]])
    ran = ends.high_m[block[-1]] - ends.low_m[block[0]]
    return float(ran / (products.length[block].sum() + lost_m)) if known else np.nan


def _cut(
    made: _Parts, products: _Products, passes: Passes, block: Ints,
    *, ends: _Ends, scale: tuple[float, float], lost_m: float,
) -> None:  # fmt: skip
    """Place the cuts of a run of products between two welds, and with them the parts of all parents."""
    usual, spread = scale
    edges = np.concatenate([products.edges[one] for one in block])
    ran = _ran(products, ends, block, lost_m)
    uneven = spread > _UNEVEN and np.isfinite(ran)
    each = ran if uneven else usual
    marks = _trusted(products, ends, block, off=(ran / each - 1.0) if np.isfinite(ran) else 0.0)
    if marks is None:
        if block.size > 1 or products.fed(block).size > 1:
            made.forget(edges)
        return
    at, sd = marks
    behind = lost_m * each if np.isfinite(sd[-1]) else 0.0
    length = products.length[block] * each
    length[-1] += behind
    counted = max(_COUNTED, spread if not uneven else _COUNTED)
    variance = np.where(np.isfinite(length), MARK_M**2 + (counted * length) ** 2, np.inf)
    trust = np.where(np.isfinite(sd), 1.0 / (sd**2 + MARK_M**2), 0.0)
    place, doubt = settle(np.nan_to_num(at), trust, np.nan_to_num(length), variance)
    for number, one in enumerate(block):
        begin, end = float(place[number]), float(place[number + 1]) - (behind if number == block.size - 1 else 0.0)
        unsure = np.maximum(doubt[number], doubt[number + 1])
        _put(made, products, int(one), passes, ran=(begin, end), each=each, unsure=float(unsure))


def _trusted(products: _Products, ends: _Ends, block: Ints, *, off: float) -> tuple[Floats, Floats] | None:
    """Where the cuts of a run of products lie by welds and times, and how far each may be off; None where they contradict."""
    inner = block[:-1]
    by_end, by_start = ends.end_m[inner], ends.start_m[inner + 1]
    agree = np.abs(by_end - by_start) <= _FAR * ends.timed_sd * np.sqrt(2.0)
    timed = np.where(agree, ends.timed_sd / np.sqrt(2.0), np.inf)
    at = np.concatenate(([ends.low_m[block[0]]], (by_end + by_start) / 2.0, [ends.high_m[block[-1]]]))
    sd = np.concatenate(([ends.low_sd[block[0]]], timed, [ends.high_sd[block[-1]]]))
    missed = abs(off) * abs(at[-1] - at[0]) if np.isfinite(at[[0, -1]]).all() else 0.0
    if abs(off) > _FITS and missed > _FITS_M:
        # something ran there that no record tells of: an end that its written time contradicts is not at this weld
        for end, told in ((0, ends.start_m[block[0]]), (-1, ends.end_m[block[-1]])):
            if not abs(told - at[end]) <= _FAR * ends.timed_sd + _FITS_M:
                at[end], sd[end] = told, ends.timed_sd if np.isfinite(told) else np.inf
                missed = 0.0
        if missed > 0.0:
            return None
    return (at, sd) if np.isfinite(sd).any() else None


def _put(
    made: _Parts, products: _Products, one: int, passes: Passes, *, ran: tuple[float, float], each: float, unsure: float
) -> None:
    """The parts of a product that ran between two places of the gauge: what passed of each parent in between."""
    edges, stays = products.edges[one], products.parents[one]
    low_m, high_m = passes.low_m[stays], passes.high_m[stays]
    low, high = np.maximum(low_m, ran[0]), np.minimum(high_m, ran[1])
    if not (high - low >= _LEAST_M).all() or not (np.diff(low_m) > 0).all():
        made.forget(edges)
        return
    begin, slope = passes.low_in_m[stays], (passes.high_in_m[stays] - passes.low_in_m[stays]) / (high_m - low_m)
    # of what came in without any length metres are those that left
    begin, slope = np.where(slope > 0, begin, 0.0), np.where(slope > 0, slope, 1.0 / each)
    both = np.stack((low, high))
    length = products.length[one] if np.isfinite(products.length[one]) else ran[1] - ran[0]
    made.put(edges, begin + (both - low_m) * slope, (both - ran[0]) / (ran[1] - ran[0]) * length)
    made.doubt[edges] = np.sqrt(max(unsure - MARK_M**2, 0.0)) * np.abs(slope)
    made.seen[edges] = True
