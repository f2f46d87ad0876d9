"""How long is a line's metre? The gauges of all lines and all recorded lengths weighed together.

A coil is as long when it comes in as it was when it left the line before, so two gauges that both counted it say to some parts
in a hundred thousand how their metres differ; then a length that any line recorded tells of all of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from tundish.trace.genealogy.graph import Genealogy
from tundish.trace.position.book import Book, Passes, Spans, column
from tundish.trace.position.joints import LENGTHENS
from tundish.trace.stays.segments import Floats, Ints

_FEWEST = 6
_COPIED = 0.5
"""Share of lengths in that are the lengths out before, from which on they were not counted again but copied."""
_ROUNDED_M = 0.5
_COUNTED = 0.002
"""Share by which a recorded length is off, one standard deviation."""
_MARKS_M = 0.4
"""How far marks at both ends, crops and rounding move a length, one standard deviation."""
_FAR = 0.02
_SUREST = 2e-5
"""No gauge is compared more exactly than that: its wheel wears and slips."""
_AGREES, _ROUNDS = 1.5, 12
"""Standard deviations within which what is told agrees, and how often the rest is weighed anew."""
_BOTH = 2
"""Marks of a pass that begins and ends with one of its own."""
_OPEN_M = 2.0
"""Metres behind the last recorded cut from which on that is not where the piece ended."""

_SHARED = 1.5
"""Recorded lengths of a line share rounding, crops and the habits of their counter, so their mean is less sure than their
scatter says: by so much, as generated chains show."""

Told = tuple[Mapping[str, float], float, float]
"""What is told: line -> how often its logarithm counts in it, the value, one standard deviation."""


def by_gauge(genealogy: Genealogy, spans: Spans, passes: Passes, scales: Mapping[str, float]) -> Passes:
    """Passes with what came in as long as the line's gauge counted it, where cuts are recorded but none at its end.

    A coil whose end went back to stock is only counted, to some metres, while its cuts are told to decimetres: on its own
    metres these would lie wrong by as much. So is one of which no record tells how much ran through. ``scales``: of lines
    that make nothing longer, metres of the gauge a metre.
    """
    stays = genealogy.stays
    scale = stays.select(pl.col("line").replace_strict(dict(scales), default=None, return_dtype=pl.Float64))
    told = (spans.stay >= 0) & np.isfinite(column(genealogy.edges, "to_m")) & np.isfinite(spans.high_in)
    furthest = np.full(stays.height, np.nan)
    np.fmax.at(furthest, spans.stay[told], spans.high_in[told])
    ran = (passes.high_m - passes.low_m) / column(scale, "line")
    high = passes.low_in_m + ran
    counted = (passes.marked == _BOTH) & (furthest < passes.high_in_m - _OPEN_M)
    counted &= np.abs(high / passes.high_in_m - 1.0) < _FAR
    counted |= (passes.marked == _BOTH) & np.isnan(passes.high_in_m)
    return replace(passes, high_in_m=np.where(counted, high, passes.high_in_m))


def agreed(book: Book) -> dict[str, tuple[float, float]]:
    """Line -> metres of its gauge a true metre, and its standard deviation, a share: ``book.scales`` made to agree.

    Weighted least squares on the logarithms; what contradicts the rest is taken for less sure, and no more of them all.
    """
    lines = sorted(book.scales)
    told: list[Told] = [({line: 1.0}, math.log(scale), max(sd, _SUREST)) for line, (scale, sd) in sorted(book.scales.items())]
    told += _compared(book)
    if not lines:
        return {}
    sides = np.array([[one.get(line, 0.0) for line in lines] for one, _, _ in told])
    values, sd = (np.array([one[i] for one in told], dtype=np.float64) for i in (1, 2))
    wide = sd
    for _ in range(_ROUNDS):
        covariance = np.linalg.inv((sides / wide[:, None] ** 2).T @ sides)
        found = covariance @ (sides.T @ (values / wide**2))
        wide = np.maximum(sd, np.abs(values - sides @ found) / _AGREES)
    unsure = _SHARED * np.sqrt(np.diag(covariance))
    return {line: (float(np.exp(at)), float(doubt)) for line, at, doubt in zip(lines, found, unsure, strict=True)}


def _compared(book: Book) -> Iterator[Told]:
    """Two lines' gauges by the coils that both counted, and the earlier one by the lengths recorded as coming in later."""
    left, came = _counted_out(book), _counted_in(book)
    lines = np.array([line or "" for line in book.lines])
    stays = book.genealogy.stays
    recorded, made = column(stays, "length_in_m"), column(stays, "length_out_m")
    before = np.flatnonzero((np.diff(stays["piece"].to_numpy()) == 0) & np.isfinite(left[:-1]))
    for one, other in sorted({(str(lines[i]), str(lines[i + 1])) for i in before.tolist()}):
        if one not in book.scales or one == other:
            continue
        mine = before[(lines[before] == one) & (lines[before + 1] == other)]
        if other in book.scales:
            yield from _told({other: 1.0, one: -1.0}, came[mine + 1], left[mine], share=_SUREST)
        copied = np.abs(recorded[mine + 1] - made[mine]) <= _ROUNDED_M
        if copied.sum() < _COPIED * max(np.isfinite(recorded[mine + 1] - made[mine]).sum(), 1):
            yield from _told({one: 1.0}, left[mine], recorded[mine + 1], share=_COUNTED)


def _told(of: Mapping[str, float], counted: Floats, against: Floats, *, share: float) -> Iterator[Told]:
    """The mean of the logarithms of a ratio, where enough pieces tell it; of short ones marks and rounding leave less sure."""
    ratio = np.log(np.where((counted > 0) & (against > 0), counted, np.nan) / against)
    near = np.abs(ratio) < _FAR
    if near.sum() < _FEWEST:
        return
    middle = float(np.median(ratio[near]))
    spread = 1.4826 * float(np.median(np.abs(ratio[near] - middle)))
    near &= np.abs(ratio - middle) <= 3.0 * spread + _SUREST
    ratio, weight = ratio[near], 1.0 / (share**2 + (_MARKS_M / against[near]) ** 2)
    mean = float(np.average(ratio, weights=weight))
    scatter = float(np.average((ratio - mean) ** 2, weights=weight) * weight.sum())
    yield of, mean, math.sqrt(max(scatter, ratio.size) / ratio.size / weight.sum()) + _SUREST


def _counted_in(book: Book) -> Floats:
    """Metres of the line's gauge that all that came in on each stay would be; NaN where crops or the pass are not known."""
    stays, passes = book.genealogy.stays, book.passes
    told = np.isfinite(column(stays, "head_crop_m")) & np.isfinite(column(stays, "tail_crop_m"))
    plain = np.array([abs(book.gains.get(line or "", math.nan) - 1.0) < LENGTHENS for line in book.lines], dtype=bool)
    return np.where(told & plain, _gains(passes) * book.length_in, np.nan)


def _gains(passes: Passes) -> Floats:
    """Metres of the gauge a metre that came in."""
    into = passes.high_in_m - passes.low_in_m
    gains: Floats = np.divide(passes.high_m - passes.low_m, into, out=np.full(into.size, np.nan), where=into > 0)
    return gains


def _counted_out(book: Book) -> Floats:
    """Metres of the line's gauge of what left each stay: of a product from the cuts in what it was made of."""
    stays, edges, passes, spans = book.genealogy.stays, book.genealogy.edges, book.passes, book.spans
    gain = _gains(passes)
    through = gain * (book.length_in - book.head_crop - book.tail_crop - book.lost_m)
    known = (spans.stay >= 0) & book.cut
    part = np.where(known, gain[spans.stay] * (spans.high_in - spans.low_in), np.nan)
    # the same strip side by side is one part; parts in a row add up
    whole = np.bincount(edges["child"].to_numpy(), np.nan_to_num(part, nan=np.inf), minlength=book.genealogy.pieces.height)
    made = whole[stays["piece"].to_numpy()]
    goes = np.array(book.goes)
    own_line = _of_own_line(book, edges["child"].to_numpy())
    counted = np.where(goes == "through", through, np.where((goes == "out") & own_line, made, np.nan))
    return np.where(np.isfinite(counted) & (counted > 0), counted, np.nan)


def _of_own_line(book: Book, children: Ints) -> Floats:
    """Whether all edges of the piece of each stay are of that stay's line."""
    edges, stays = book.genealogy.edges, book.genealogy.stays
    numbers = {line: number for number, line in enumerate(dict.fromkeys([*edges["line"].to_list(), *book.lines]))}
    of_edge = np.array([numbers[line] for line in edges["line"].to_list()], dtype=np.float64)
    of_stay = np.array([numbers[line] for line in book.lines], dtype=np.float64)
    low, high = (np.full(book.genealogy.pieces.height, fill) for fill in (np.inf, -np.inf))
    np.minimum.at(low, children, of_edge)
    np.maximum.at(high, children, of_edge)
    piece = stays["piece"].to_numpy()
    return np.asarray((low[piece] == of_stay) & (high[piece] == of_stay))
