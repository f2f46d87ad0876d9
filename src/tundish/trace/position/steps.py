"""From a piece as it left a line to what ran in there: which part of what, over which stretch of the line's signals?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tundish.trace.position.book import Book
from tundish.trace.position.joints import LENGTHENS
from tundish.trace.position.maps import Map, straight
from tundish.trace.position.ruler import MARK_M
from tundish.trace.position.stretches import COILED_M, Doubt, Stretch, Turning, alike, slope_of
from tundish.trace.position.trend import Trend

_COIL_TURNS = 0.95
"""How sure that is without a record."""
_RECORD_HOLDS = 0.98
"""How sure a recorded direction is."""
_COUNTED = 0.002
"""Share by which a recorded length is off, one standard deviation."""
_GUESSED = 0.02
"""The same of a length that no record tells: crops and how much longer the line makes are not known."""
_CUT_FITS = 0.015
"""Share by which a length worked out from cuts may differ from the counted one."""
_WEIGHED = 0.003
"""Share of a piece's length by which its cuts are off where they follow from weighed masses, one standard deviation."""
_UNSURE = 0.03
"""Share by which such parts may miss the counted length; what misses it by more is not parted so."""
_ALL_BUT = 0.9
_UNCOVERED = 0.02
"""Share of a piece that may have come of nothing known."""
_KNOTS = 17
"""Places along a piece at which its doubt is worked out."""
_NOT_LONGER = 0.05
"""Where no record tells the crops of a line, what comes nearer than this to its own length is made no longer there."""


@dataclass(frozen=True)
class Step:
    """From a piece as it left a line to what ran in there."""

    stay: int
    """Stay of what ran in; -1 where none is known."""
    made: int | None
    """Stay of the piece itself on that line."""
    edge: int | None
    across: Map
    """What left -> what ran in."""
    length_sd: float = 0.0
    """How far the metres of what left may be off at its tail, one standard deviation in m; none at its head."""
    parted_sd: float = 0.0
    """How far a place between two parts may be off where masses part them, one standard deviation in m."""


def steps(book: Book, piece: int, stay: int | None) -> tuple[tuple[Step, ...], float]:
    """Back through a stay, or over it to what the piece was made of; and the piece's metres as it left.

    Where the line's gauge counts what leaves, metres are those that it counted between the cuts, weighed against the recorded
    length by the doubt of each: a weld inside a piece lies where the line saw it.
    """
    length, share = _made_length(book, piece, stay)
    told = tuple(_as_recorded(book, piece, stay, length)) if length > 0 else ()
    told = tuple(replace(step, length_sd=share * length) for step in told)
    line = "" if not told or told[0].stay < 0 else book.lines[told[0].stay] or ""
    covered = sum(step.across.length_m for step in told)
    if line not in book.scales or abs(covered - length) > _UNCOVERED * length:
        return told, length
    scale, unsure = book.scales[line]
    free = len(told) > 1 and not book.cut[[step.edge for step in told if step.edge is not None]].all()
    parts = _as_seen(book, told, length * scale) if free else sorted(told, key=lambda step: float(step.across.x[0]))
    ran = [_ran(book, step) for step in parts]
    ruled = _ruled(book, parts, (length, share), (sum(ran) / scale, unsure)) if np.isfinite(ran).all() else None
    if ruled is None:
        return told, length
    true, length_sd = ruled
    ends = true * np.cumsum([0.0, *ran]) / sum(ran)
    ends[-1] = true
    parted = _WEIGHED * true if free else 0.0
    made = []
    for step, low, high in zip(parts, ends[:-1].tolist(), ends[1:].tolist(), strict=True):
        part = straight((low, high), (float(step.across.y[0]), float(step.across.y[-1])))
        made += [] if part is None else [replace(step, across=part, length_sd=length_sd, parted_sd=parted)]
    return tuple(made), true


def _ruled(
    book: Book, parts: Sequence[Step], told: tuple[float, float], counted: tuple[float, float]
) -> tuple[float, float] | None:
    """Metres of a piece, and their standard deviation; None where those that the line counted cannot be of this piece.

    ``told``: metres by the records, and by which share they may be off; ``counted``: metres between its cuts by the line's
    gauge, and by which share its scale may be off.
    """
    (length, share), (metres, unsure) = told, counted
    cut = max(_cut_doubt(book, step) * slope_of(step.across.inverse()) for step in (parts[0], parts[-1]))
    marks = max(float(book.passes.sd_m[step.stay]) for step in parts)
    doubt = float(np.hypot(unsure * metres, np.sqrt(2.0) * np.hypot(cut, marks)))
    recorded, by_cuts = share * length, _cut_length(book, parts)
    if by_cuts is not None and abs(by_cuts - length) < _CUT_FITS * length:
        length, recorded = by_cuts, float(np.sqrt(2.0) * MARK_M)
    if abs(metres - length) > 6.0 * np.hypot(doubt, recorded):
        return None
    weight = recorded**2 / (recorded**2 + doubt**2)
    return weight * metres + (1.0 - weight) * length, float(np.sqrt(weight) * doubt)


def _cut_doubt(book: Book, step: Step) -> float:
    """How far the cuts of a part may be off, one standard deviation in m of what ran in."""
    return MARK_M if step.edge is None else float(np.hypot(MARK_M, book.spans.doubt[step.edge]))


def _as_seen(book: Book, told: Sequence[Step], run_m: float) -> list[Step]:
    """Parts of a piece whose cuts no record tells, in the order in which the line saw them.

    Both outer cuts are moved so that the line counted the piece's length ``run_m``, in metres of its gauge, between them.
    """
    made = sorted(told, key=lambda step: float(book.passes.low_m[step.stay]))
    ran = [_ran(book, step) for step in made]
    excess = sum(ran) - run_m
    if not abs(excess) < _UNSURE * run_m:
        return made
    for i, end in ((0, 0), (-1, -1)):
        across = made[i].across
        y = across.y.copy()
        y[end] += min(excess / 2.0 / ran[i], _ALL_BUT) * (y[-1 - end] - y[end])
        made[i] = replace(made[i], across=Map(across.x, y))
    return made


def _cut_length(book: Book, told: Sequence[Step]) -> float | None:
    """Metres of a product by where it was cut from what it is made of, on a line that lengthens all alike; else None."""
    edges = [step.edge for step in told if step.edge is not None]
    gain = None if not edges else book.even.get(book.genealogy.edges["line"][edges[0]] or "")
    if gain is None or len(edges) < len(told) or not book.cut[edges].all():
        return None
    return float(sum(book.spans.high_in[edge] - book.spans.low_in[edge] for edge in edges) * gain)


def _ran(book: Book, step: Step) -> float:
    """Metres that the gauge counted while this part passed; NaN where the pass was not found."""
    run = None if step.stay < 0 else run_of(book, step.stay, step.across)
    return np.nan if run is None else abs(float(run.y[-1] - run.y[0]))


def _made_length(book: Book, piece: int, stay: int | None) -> tuple[float, float]:
    """Metres of a piece as it left a stay, and by which share they may be off: as counted there, else as it came in next."""
    stays = book.genealogy.stays
    if stay is not None and book.length_out[stay] > 0:
        if book.goes[stay] != "through" or stays["length_out_m"][stay] is not None:
            return float(book.length_out[stay]), _COUNTED
        after = stay + 1 if stay + 1 < int(book.stays_from[piece + 1]) else None
        into = None if after is None else stays["length_in_m"][after]
        return (float(into), _COUNTED) if into is not None and into > 0 else (float(book.length_out[stay]), _GUESSED)
    value = book.genealogy.pieces["length_m"][piece]
    if value is not None and value > 0:
        return float(value), _COUNTED
    edges = slice(int(book.up_from[piece]), int(book.up_from[piece + 1]))
    spans = book.spans.high_in[edges] - book.spans.low_in[edges]
    return float(np.nansum(spans)), _GUESSED


def _as_recorded(book: Book, piece: int, stay: int | None, length: float) -> Iterator[Step]:
    """Back through a stay, or over it to what the piece was made of."""
    if stay is not None and book.goes[stay] == "through":
        across = _crops(book, stay, length)
        if across is not None:
            yield Step(stay, stay, None, across)
        return
    reached = False
    for edge in range(int(book.up_from[piece]), int(book.up_from[piece + 1])):
        joined = _joined(book, edge, length)
        if joined is not None:
            reached = True
            yield Step(int(book.spans.stay[edge]), stay, edge, joined)
    if not reached and stay is not None:  # nothing known went in: the trend is read by what came out
        same = straight((0.0, length), (0.0, length))
        if same is not None:
            yield Step(-1, stay, None, same)


def _crops(book: Book, stay: int, left_m: float) -> Map | None:
    """What left a stay -> what ran in: by the crops at both ends, and what is cut out with a weld."""
    into = book.length_in[stay] if book.length_in[stay] > 0 else left_m
    tail = float(book.tail_crop[stay] + book.lost_m[stay])
    return straight((0.0, left_m), (float(book.head_crop[stay]), float(into - tail)))


def _joined(book: Book, edge: int, left_m: float) -> Map | None:
    """Child as it left the line -> parent as it ran in; a recorded place beyond the child's end is taken for its end."""
    spans = book.spans
    low, high = float(spans.low_out[edge]), min(float(spans.high_out[edge]), left_m)
    return straight((low, high), (float(spans.low_in[edge]), float(spans.high_in[edge])))


def flag_of(book: Book, name: str, step: Step) -> bool | None:
    """What records say of a step, of the edge before the stay."""
    told = None if step.edge is None else book.genealogy.edges[name][step.edge]
    if told is None and step.stay >= 0:
        told = book.genealogy.stays[name][step.stay]
    return None if told is None else bool(told)


def turning_of(book: Book, step: Step) -> Turning:
    """How a piece ran in, by the record, else as is usual for its length."""
    told = flag_of(book, "turned", step)
    if told is not None:
        return Turning(told, _RECORD_HOLDS, "record")
    length = float(book.length_in[step.stay]) if step.stay >= 0 else float(step.across.y.max())
    return Turning(bool(length >= COILED_M), _COIL_TURNS, "usual")


def stretch_of(book: Book, piece: int, step: Step, whole: Map) -> Stretch | None:
    """Where a piece, along its own metres as it left, was on the line that it left."""
    onto = whole.then(step.across)
    if onto is None:
        return None
    lane = None
    if step.edge is not None:
        piece, lane = int(book.genealogy.edges["parent"][step.edge]), book.genealogy.edges["lane"][step.edge]
    stay = step.stay if step.stay >= 0 else (-1 if step.made is None else step.made)
    line = (book.lines[stay] if stay >= 0 else None) or ""
    trend = book.trends.get(line)
    run = None if trend is None or step.stay < 0 else run_of(book, step.stay, onto)
    if run is None and trend is not None and step.made is not None:
        out = run_of(book, step.made, whole)
        run = None if out is None else out.within(float(onto.x[0]), float(onto.x[-1]))
    return Stretch(
        line=line, turn=int(book.turn[stay]) if stay >= 0 else 1, piece=piece, stay=stay, metres=onto,
        left=whole.within(float(onto.x[0]), float(onto.x[-1])), run=run,
        trend=trend, elongation=_lengthened(book, line, 1.0 / max(slope_of(onto), 1e-9)),
        doubt=_doubt(book, step, (stay, whole.length_m), trend, onto), turning=None,
        reversed=onto.turned, flipped=False, mirrored=False, lane=None if lane is None else int(lane),
    )  # fmt: skip


def run_of(book: Book, stay: int, onto: Map) -> Map | None:
    """Metres of what came in on a stay, as ``onto`` leads to them -> metres that the line's gauge had run."""
    passes = book.passes
    if not np.isfinite(passes.low_m[stay]):
        return None
    gauge = straight(
        (float(passes.low_in_m[stay]), float(passes.high_in_m[stay])), (float(passes.low_m[stay]), float(passes.high_m[stay]))
    )
    return None if gauge is None else onto.then(gauge)


def came_of(book: Book, own: Stretch, stay: int, into: float) -> Stretch | None:
    """All that came in on a stay, along its own metres from the end that ran in first."""
    whole = straight((0.0, into), (0.0, into))
    run = None if whole is None else run_of(book, stay, whole)
    if whole is None or run is None:
        return None
    gain = slope_of(run)
    sd = float(book.passes.sd_m[stay]) / max(gain, 1e-9)
    longer = _lengthened(book, own.line, gain)
    return replace(own, metres=whole, left=whole, run=run, stay=stay, elongation=longer, doubt=alike(sd**2), turning=None)


def _lengthened(book: Book, line: str, counted: float) -> float:
    """Metres of the line's gauge that a metre coming in becomes: as ``counted``, unless the line makes none longer.

    Crops that no record tells make a coil seem to become shorter, and gauges before the rolls to stand nearer than they do.
    """
    gain = book.gains.get(line, np.nan)
    scale, _ = book.scales.get(line, (1.0, 0.0))
    if abs(gain - 1.0) < LENGTHENS or (np.isnan(gain) and abs(counted / scale - 1.0) < _NOT_LONGER):
        return scale
    return counted


def _doubt(book: Book, step: Step, of: tuple[int, float], trend: Trend | None, onto: Map) -> Doubt:
    """By the marks, cuts and crops, by the gauge's noise between them, and by how long the piece (``of``: stay, metres) is."""
    stay, length = of
    x = np.linspace(onto.x[0], onto.x[-1], _KNOTS)
    own = np.zeros(_KNOTS)
    sd = book.passes.sd_m[stay] if stay >= 0 else np.nan
    if np.isfinite(sd) and trend is not None:
        low, high = float(book.passes.low_in_m[stay]), float(book.passes.high_in_m[stay])
        span = abs(book.passes.high_m[stay] - book.passes.low_m[stay])
        part = np.clip((onto.at(x) - low) / max(high - low, 1e-9), 0.0, 1.0)
        own = (sd**2 + trend.walk_per_metre * span * part * (1.0 - part)) * (max(abs(high - low), 1e-9) / span) ** 2
    # A cut is as exact as its piece is long: decimetres of strip, centimetres of the slab that it was before.
    long = float(book.length_in[stay]) if stay >= 0 else float(np.abs(onto.y).max())
    cut = MARK_M if long >= COILED_M else 0.1 * MARK_M
    if step.edge is not None:
        cut = float(np.hypot(cut, book.spans.doubt[step.edge]))
    grown = (step.length_sd * x / max(length, 1e-9)) ** 2
    return Doubt(x, (own + cut**2) / max(slope_of(onto), 1e-9) ** 2 + grown + step.parted_sd**2)
