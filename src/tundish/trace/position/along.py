"""Which metre of the final product was which metre on each line it came through? Walked back from stay to stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from tundish.trace.position.book import Book
from tundish.trace.position.maps import Map, straight
from tundish.trace.position.ruler import MARK_M, walk_per_metre
from tundish.trace.position.trend import Trend

COILED_M = 100.0
"""What is longer than this is coiled up between two lines, so that its tail runs in first on the next. A slab, a billet, a bar,
a plate is shorter and keeps its direction."""
_COIL_TURNS = 0.95
"""How sure that is without a record."""
_RECORD_HOLDS = 0.98
"""How sure a recorded direction is."""
_MOST = 64
"""Stays that one walk goes back, at most: a ring in the genealogy must not run for ever."""


@dataclass(frozen=True)
class Turning:
    """Whether a piece ran in tail first, how sure that is, and what says so."""

    turned: bool
    probability: float
    by: str
    """``record``, ``usual`` (coils run in tail first, others do not) or ``profile`` (two lines measured the same)."""
    against: bool = False
    """The profiles contradict the record."""


@dataclass(frozen=True)
class Stretch:
    """A part of the final product on one line: where and when it was there."""

    line: str
    turn: int
    piece: int
    """Number of the piece that ran in (of what came out where nothing is known to have gone in)."""
    stay: int
    """Row in ``Genealogy.stays``."""
    metres: Map
    """Metres of the final product -> metres of that piece, from the end that ran in first."""
    left: Map
    """Metres of the final product -> metres of what left the line, from its own head: where the crops are gone."""
    run: Map | None
    """Metres of the final product -> metres that the line's gauge had run; None where the pass was not found."""
    times: Map | None
    """Metres of the final product -> microseconds since 1970, at the line's reference point."""
    elongation: float
    """Metres that leave the line a metre that comes in."""
    error_m: float
    """Half the 95 % interval of the position, in m of the final product."""
    turning: Turning | None
    """How the piece ran in compared with how it left the line before; None where no line before is known."""
    reversed: bool
    """Head and tail of the final product are the other way round here."""
    flipped: bool
    """Top and bottom of the final product are the other way round here."""
    mirrored: bool
    """Left and right, seen in running direction, are the other way round here: turned or flipped, but not both."""
    lane: int | None
    """Number across the width of what comes in, where that was slit."""
    shift_m: float = 0.0
    """By how much profiles measured on two lines moved this stretch, in m of the final product (root mean square)."""


@dataclass(frozen=True)
class State:
    """A piece as it left a stay, seen from the final product."""

    piece: int
    stay: int
    """Row of the stay that it left; -1 where no stay is known."""
    metres: Map
    """Metres of the final product -> metres of the piece, from the head as it left."""
    length_m: float
    flipped: bool
    mirrored: bool
    lane: int | None


class Judge(Protocol):
    """Says from measured profiles how a stretch lies on the final product."""

    def __call__(self, known: list[Stretch], straight_on: Stretch, turned: Stretch, prior: Turning) -> Stretch:
        """The one of both that fits the stretches already known, moved to where it fits best."""
        ...


@dataclass(frozen=True)
class Walk:
    """What a walk found."""

    stretches: tuple[Stretch, ...]
    """The last line first."""
    states: tuple[State, ...]
    length_m: float


@dataclass(frozen=True)
class _Here:
    """Where a walk stands: a piece, the stays of it that lie before, and how it lies on the final product."""

    piece: int
    until: int
    """The stays before this row are still to come."""
    metres: Map
    """Final metres -> metres of the piece as it left the last of these stays, by the length it had when it ran in next."""
    length_m: float
    variance: float
    flipped: bool
    mirrored: bool
    lane: int | None
    turning: Turning | None
    """How it ran in at the stay where the walk comes from."""
    rival: Map | None
    """The same, had it run in the other way round."""


def walk(book: Book, piece: int, judge: Judge) -> Walk:
    """All stretches of a piece, back through every line it and what it was made of came through."""
    own = range(int(book.stays_from[piece]), int(book.stays_from[piece + 1]))
    last = max((stay for stay in own if book.goes[stay] != "in"), default=None)
    length = _made_length(book, piece, last)
    whole = straight((0.0, length), (0.0, length)) if length > 0 else None
    if whole is None:
        return Walk((), (), 0.0)
    until = own.stop if last is None else last + 1
    todo = [_Here(piece, until, whole, length, 0.0, False, False, None, None, None)]
    trail = _Trail(book, judge, [], [])
    while todo and len(trail.stretches) < _MOST:
        todo.extend(_back(trail, todo.pop(0)))
    return Walk(tuple(trail.stretches), tuple(trail.states), length)


def _made_length(book: Book, piece: int, stay: int | None) -> float:
    if stay is not None and book.length_out[stay] > 0:
        return float(book.length_out[stay])
    value = book.genealogy.pieces["length_m"][piece]
    if value is not None and value > 0:
        return float(value)
    edges = slice(int(book.up_from[piece]), int(book.up_from[piece + 1]))
    spans = book.spans.high_in[edges] - book.spans.low_in[edges]
    return float(np.nansum(spans))


def _back(trail: _Trail, here: _Here) -> Iterator[_Here]:
    """One stay back: through it, or over it to what the piece was made of."""
    book = trail.book
    first = int(book.stays_from[here.piece])
    stay = next((s for s in range(here.until - 1, first - 1, -1) if book.goes[s] != "in"), None)
    if stay is not None and book.goes[stay] == "through":
        across = _crops(book, stay, here.length_m)
        if across is not None:
            yield from _over(trail, here, _Step(stay, stay, None, across))
        return
    reached = False
    for edge in range(int(book.up_from[here.piece]), int(book.up_from[here.piece + 1])):
        joined = _joined(book, edge, here.length_m)
        if joined is not None and here.metres.then(joined) is not None:
            reached = True
            yield from _over(trail, here, _Step(int(book.spans.stay[edge]), stay, edge, joined))
    if not reached and stay is not None:  # nothing known went in: the trend is read by what came out
        same = straight((0.0, here.length_m), (0.0, here.length_m))
        if same is not None:
            trail.add(here, _Step(stay, stay, None, same))


def _crops(book: Book, stay: int, left_m: float) -> Map | None:
    """What left a stay -> what ran in: by the crops at both ends."""
    into = book.length_in[stay] if book.length_in[stay] > 0 else left_m
    return straight((0.0, left_m), (float(book.head_crop[stay]), float(into - book.tail_crop[stay])))


def _joined(book: Book, edge: int, left_m: float) -> Map | None:
    """Child as it left the line -> parent as it ran in; a recorded place beyond the child's end is taken for its end."""
    spans = book.spans
    low, high = float(spans.low_out[edge]), min(float(spans.high_out[edge]), left_m)
    return straight((low, high), (float(spans.low_in[edge]), float(spans.high_in[edge])))


@dataclass(frozen=True)
class _Step:
    """From a piece as it left a line to what ran in there."""

    stay: int
    """Stay of what ran in; -1 where none is known."""
    made: int | None
    """Stay of the piece itself on that line."""
    edge: int | None
    across: Map
    """What left -> what ran in."""


@dataclass
class _Trail:
    """What a walk has found so far."""

    book: Book
    judge: Judge
    stretches: list[Stretch]
    states: list[State]

    def add(self, here: _Here, step: _Step) -> Stretch | None:
        """Write down the stretch of a step, the way round in which it fits what is known already."""
        made = _stretch(self.book, here, step, here.metres)
        if made is not None and here.turning is not None and here.rival is not None:
            rival = _stretch(self.book, here, step, here.rival)
            if rival is not None:
                rival = replace(rival, mirrored=not rival.mirrored)
                pair = (rival, made) if here.turning.turned else (made, rival)
                made = self.judge(self.stretches, *pair, here.turning)
        if made is None:
            return None
        self.stretches.append(made)
        metres = here.metres if here.turning is None else made.left
        state = State(here.piece, -1 if step.made is None else step.made, metres, here.length_m,
                      made.flipped, made.mirrored, made.lane)  # fmt: skip
        if here.turning is not None or not self.states:
            self.states.append(state)
        return made


def _over(trail: _Trail, here: _Here, step: _Step) -> Iterator[_Here]:
    """Write down the stretch of a step and stand before it."""
    book = trail.book
    lane = None if step.edge is None else book.genealogy.edges["lane"][step.edge]
    before = replace(here, lane=here.lane if lane is None else int(lane))
    stretch = trail.add(before, step)
    if stretch is None:
        return
    until = step.stay if step.stay >= 0 else int(book.stays_from[stretch.piece + 1])
    prior = _turning(book, step)
    over = bool(_flag(book, "flipped", step))
    earlier = _length_before(book, stretch.piece, until)
    into = float(book.length_in[step.stay]) if step.stay >= 0 and book.length_in[step.stay] > 0 else earlier
    earlier = earlier if earlier > 0 else into
    ways = [straight((0.0, into), (0.0, earlier)), straight((0.0, into), (earlier, 0.0))]
    on = [None if way is None else stretch.metres.then(way) for way in ways]
    chosen, rival = on[prior.turned], on[not prior.turned]
    if chosen is None:
        return
    # Turned round or turned over: left and right change places with either, and change back with both.
    mirrored = stretch.mirrored != (prior.turned != over)
    scale = abs((chosen.y[-1] - chosen.y[0]) / chosen.length_m)
    doubt = float(book.length_sd[step.stay]) / max(scale, 1e-9) if step.stay >= 0 else 0.0
    variance = (stretch.error_m / 1.96) ** 2 + doubt**2
    yield _Here(stretch.piece, until, chosen, earlier, variance, stretch.flipped != over, mirrored, before.lane, prior, rival)


def _flag(book: Book, name: str, step: _Step) -> bool | None:
    told = None if step.edge is None else book.genealogy.edges[name][step.edge]
    if told is None and step.stay >= 0:
        told = book.genealogy.stays[name][step.stay]
    return None if told is None else bool(told)


def _turning(book: Book, step: _Step) -> Turning:
    told = _flag(book, "turned", step)
    if told is not None:
        return Turning(told, _RECORD_HOLDS, "record")
    length = float(book.length_in[step.stay]) if step.stay >= 0 else float(step.across.y.max())
    return Turning(bool(length >= COILED_M), _COIL_TURNS, "usual")


def _length_before(book: Book, piece: int, stay: int) -> float:
    """Length of a piece as it left the stay before this one."""
    earlier = [s for s in range(int(book.stays_from[piece]), stay) if book.goes[s] != "in"]
    if earlier and book.length_out[earlier[-1]] > 0:
        return float(book.length_out[earlier[-1]])
    value = book.genealogy.pieces["length_m"][piece]
    return float(value) if value is not None and value > 0 else float("nan")


def _stretch(book: Book, here: _Here, step: _Step, left: Map) -> Stretch | None:
    onto = left.then(step.across)
    if onto is None:
        return None
    piece = here.piece if step.edge is None else int(book.genealogy.edges["parent"][step.edge])
    stay = step.stay if step.stay >= 0 else (-1 if step.made is None else step.made)
    line = (book.lines[stay] if stay >= 0 else None) or ""
    trend = book.trends.get(line)
    run = None if trend is None or step.stay < 0 else _run(book, step.stay, onto)
    if run is None and trend is not None and step.made is not None:
        out = _run(book, step.made, left)
        run = None if out is None else out.within(float(onto.x[0]), float(onto.x[-1]))
    gain = abs((step.across.x[-1] - step.across.x[0]) / (step.across.y[-1] - step.across.y[0]))
    return Stretch(
        line=line, turn=int(book.turn[stay]) if stay >= 0 else 1, piece=piece, stay=stay, metres=onto,
        left=left.within(float(onto.x[0]), float(onto.x[-1])), run=run,
        times=None if run is None or trend is None else times_of(trend, run), elongation=float(gain),
        error_m=_error(book, here, stay, trend, onto), turning=here.turning,
        reversed=onto.turned, flipped=here.flipped, mirrored=here.mirrored, lane=here.lane,
    )  # fmt: skip


def _run(book: Book, stay: int, onto: Map) -> Map | None:
    passes = book.passes
    if not np.isfinite(passes.low_m[stay]):
        return None
    gauge = straight(
        (float(passes.low_in_m[stay]), float(passes.high_in_m[stay])), (float(passes.low_m[stay]), float(passes.high_m[stay]))
    )
    return None if gauge is None else onto.then(gauge)


def times_of(trend: Trend, run: Map) -> Map | None:
    """Final metres -> microseconds, with a knot wherever the log has a sample."""
    low, high = sorted((run.y[0], run.y[-1]))
    inner = trend.run_m[np.searchsorted(trend.run_m, low, "right") : np.searchsorted(trend.run_m, high, "left")]
    metres = np.unique(np.concatenate(([low, high], inner)))
    times = trend.when(metres)
    keep = np.isfinite(times) & np.concatenate(([True], np.diff(metres) > 1e-6))
    if keep.sum() < 2:
        return None
    return run.then(Map(metres[keep], np.maximum.accumulate(times[keep])))


def _error(book: Book, here: _Here, stay: int, trend: Trend | None, onto: Map) -> float:
    """Doubt of the marks, of cuts and crops, and of the gauge's noise half-way between them, on top of what came before."""
    scale = abs((onto.y[-1] - onto.y[0]) / onto.length_m)
    own = 0.0
    sd = book.passes.sd_m[stay] if stay >= 0 else np.nan
    if np.isfinite(sd) and trend is not None:
        span = abs(book.passes.high_m[stay] - book.passes.low_m[stay])
        gauge = span / max(abs(book.passes.high_in_m[stay] - book.passes.low_in_m[stay]), 1e-9)
        own = (sd**2 + walk_per_metre(trend) * span / 6.0) / gauge**2
    # A cut is as exact as its line is long: decimetres of strip, centimetres of the slab that it was before.
    cut = (MARK_M / max(scale, 1.0)) ** 2
    return float(1.96 * np.sqrt(here.variance + own / max(scale, 1e-9) ** 2 + cut))
