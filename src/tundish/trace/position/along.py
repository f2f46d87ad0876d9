"""Which metre of the final product was which metre on each line it came through? Walked back from stay to stay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
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
"""Stays that one way goes back, at most: a ring in the genealogy must not run for ever."""
_KEPT = 4096
"""Ways kept at most: pieces made of one coil share the coil's own way."""
_COUNTED = 0.002
"""Share by which a recorded length is off, one standard deviation."""
_LENGTHENS = 0.003
"""A line that makes metres longer by less than this share makes none longer."""
_CUT_FITS = 0.015
"""Share by which a length worked out from cuts may differ from the counted one."""
_PARTED = 0.29
"""Standard deviation of where a length is parted that may be parted anywhere: 1 / sqrt(12)."""
_RULED = 0.0005
"""Share by which a length ruled on the line is off beside its marks: the gauge's scale comes from many recorded lengths."""


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


@dataclass(frozen=True)
class Joint:
    """How a piece that runs into a line lies on itself as it left the line before."""

    metres: Map
    """Metres of what comes in -> metres from its head as it left."""
    turning: Turning
    sd_m: float
    """One standard deviation, in m of what comes in."""
    measured: bool = False
    """Profiles of both lines were laid over each other: the marks of either no longer count."""
    shift_m: float = 0.0
    contradicts: bool = False
    """Both lines measured the same, and it is not alike: one of both passes is another piece's."""


@dataclass(frozen=True)
class Laid:
    """How what comes in may lie on itself as it left, before profiles are looked at."""

    ways: tuple[Map, Map]
    """Metres of what comes in -> metres from its head as it left: straight on, and turned."""
    shift_m: float
    """By how much both ends together may be off, one standard deviation in m of what comes in: unknown crops."""
    end_m: float
    """By how much each end may be off besides: marks, lengths."""
    marked: bool
    """Whether the doubt of the marks is in that."""

    @property
    def sd_m(self) -> float:
        """Of any place, one standard deviation."""
        return float(np.hypot(self.shift_m, self.end_m))


class Judge(Protocol):
    """Says from measured profiles how what came in lies on what left the line before."""

    def __call__(self, came: Stretch, left: Sequence[Stretch], laid: Laid, prior: Turning) -> Joint | None:
        """The one of both ways that fits, moved to where it fits best; None when neither can be."""
        ...


@dataclass(frozen=True)
class Walk:
    """A piece as it left a line, and everything before, on its own metres."""

    stretches: tuple[Stretch, ...]
    """The last line first."""
    states: tuple[State, ...]
    length_m: float
    beyond: tuple[float, ...] = ()
    """Variance (m2) of each stretch's place against the last line's, the cuts on the last line left out."""


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
class Ways:
    """The ways back of pieces, each worked out once: strips of one coil share the coil's."""

    book: Book
    judge: Judge
    _kept: dict[tuple[int, int], Walk] = field(default_factory=dict, repr=False)
    _joints: dict[tuple[int, int], Joint | None] = field(default_factory=dict, repr=False)
    _open: list[tuple[int, int]] = field(default_factory=list, repr=False)

    def walk(self, piece: int) -> Walk:
        """All stretches of a piece, back through every line it and what it was made of came through, by its true metres."""
        book = self.book
        own = range(int(book.stays_from[piece]), int(book.stays_from[piece + 1]))
        last = max((stay for stay in own if book.goes[stay] != "in"), default=None)
        way = self.left(piece, own.stop if last is None else last + 1)
        length = _ruled_length(book, way)
        cut = None if last is None or book.goes[last] != "out" else _cut_length(book, piece)
        if cut is not None and abs(cut - way.length_m) < _CUT_FITS * way.length_m:
            length = cut
        if not length > 0:
            return way
        onto = straight((0.0, length), (0.0, way.length_m))
        if onto is None:
            return way
        stretches = [_seen(stretch, onto, stretch.error_m**2 / 1.96**2) for stretch in way.stretches]
        states = [_state(state, onto) for state in way.states]
        return Walk(tuple(s for s in stretches if s is not None), tuple(s for s in states if s is not None), length)

    def left(self, piece: int, until: int) -> Walk:
        """The way of a piece as it left the last of its stays before the row ``until``."""
        key = (piece, until)
        if key not in self._kept:
            if key in self._open or len(self._open) >= _MOST:
                return Walk((), (), 0.0)
            if len(self._kept) >= _KEPT:
                self._kept.clear()
                self._joints.clear()
            self._open.append(key)
            self._kept[key] = self._way(piece, until)
            self._open.pop()
        return self._kept[key]

    def _way(self, piece: int, until: int) -> Walk:
        book = self.book
        first = int(book.stays_from[piece])
        stay = next((s for s in range(until - 1, first - 1, -1) if book.goes[s] != "in"), None)
        length = _made_length(book, piece, stay)
        whole = straight((0.0, length), (0.0, length))
        if whole is None:
            return Walk((), (), 0.0)
        stretches: list[Stretch] = []
        beyond: list[float] = []
        states = [State(piece, -1 if stay is None else stay, whole, length, False, False, None)]
        for step in _steps(book, piece, stay, length):
            own = _stretch(book, piece, step, whole)
            if own is None:
                continue
            stretches.append(own)
            beyond.append(0.0)
            for stretch, variance in self._before(own, step, states):
                stretches.append(stretch)
                beyond.append(variance)
        return Walk(tuple(stretches), tuple(states), length, tuple(beyond))

    def _before(self, own: Stretch, step: _Step, states: list[State]) -> Iterator[tuple[Stretch, float]]:
        """The stretches before a step, on the metres of what left it; states are added as they come."""
        book = self.book
        if step.stay < 0 and step.edge is None:
            return
        until = step.stay if step.stay >= 0 else int(book.stays_from[own.piece + 1])
        earlier = self.left(own.piece, until)
        joint = self._joint(own, step, until, earlier)
        through = None if joint is None else own.metres.then(joint.metres)
        if joint is None or through is None:
            return
        over = bool(_flag(book, "flipped", step))
        mirror = joint.turning.turned != over
        slope = max(_slope(own.metres), 1e-9)
        between = (joint.sd_m / slope) ** 2
        cuts = (own.error_m / 1.96) ** 2
        for one, variance in zip(earlier.stretches, earlier.beyond, strict=True):
            scale = max(_slope(through), 1e-9)
            own_cuts = 0.0 if joint.measured else (one.error_m / 1.96) ** 2 - variance
            rest = between + (variance + max(own_cuts, 0.0)) / scale**2
            seen = _seen(one, through, cuts + rest, joint=joint if one.turning is None else None)
            if seen is not None and joint.contradicts:
                seen = replace(seen, run=None, times=None)
            if seen is not None:
                lane = one.lane if own.lane is None else own.lane
                yield replace(seen, flipped=seen.flipped != over, mirrored=seen.mirrored != mirror, lane=lane), rest
        for state in earlier.states:
            there = _state(state, through)
            if there is not None:
                lane = there.lane if own.lane is None else own.lane
                states.append(replace(there, flipped=there.flipped != over, mirrored=there.mirrored != mirror, lane=lane))

    def _joint(self, own: Stretch, step: _Step, until: int, earlier: Walk) -> Joint | None:
        key = (own.piece, until)
        if key not in self._joints:
            book, stay = self.book, step.stay
            into = float(book.length_in[stay]) if stay >= 0 and book.length_in[stay] > 0 else earlier.length_m
            before = earlier.length_m if earlier.length_m > 0 else into
            came = None if stay < 0 else _came(book, own, stay, into)
            prior = _turning(book, step)
            laid = _laid(book, stay, came, earlier, (into, before))
            if laid is None:
                self._joints[key] = None
            elif came is None:
                self._joints[key] = Joint(laid.ways[prior.turned], prior, laid.sd_m)
            else:
                left = [one for one in earlier.stretches if one.turning is None]
                self._joints[key] = self.judge(came, left, laid, prior)
        return self._joints[key]


def _laid(book: Book, stay: int, came: Stretch | None, earlier: Walk, lengths: tuple[float, float]) -> Laid | None:
    """By what both lines ruled where this one makes no metre longer, else by recorded lengths.

    Ruled lengths leave only open how their difference parts into what was cut off head and tail, where no record tells.
    """
    into, before = lengths
    line = None if stay < 0 else book.lines[stay]
    scale = book.scales.get(line or "")
    ruled = _ruled_length(book, earlier)
    ran = None if came is None or came.run is None or scale is None else abs(float(came.run.y[-1] - came.run.y[0])) / scale
    plain = line is not None and abs(book.gains.get(line, 0.0) - 1.0) < _LENGTHENS
    if came is None or came.run is None or ran is None or not plain or not 0.95 * ruled < ran < 1.003 * ruled + 2.0:
        ways = straight((0.0, into), (0.0, before)), straight((0.0, into), (before, 0.0))
        if ways[0] is None or ways[1] is None:
            return None
        doubt = float(book.length_sd[stay]) if stay >= 0 else 0.01 * into
        return Laid((ways[0], ways[1]), 0.0, doubt, marked=False)
    gone = max(ruled - ran, 0.0)
    head, tail = float(book.head_crop[stay]), float(book.tail_crop[stay] + book.lost_m[stay])
    told = book.head_crop[stay] > 0 or book.tail_crop[stay] > 0
    head = head + (gone - head - tail) / 2.0 if told else gone / 2.0
    low, high = float(came.run.x[0]), float(came.run.x[-1])
    unit = before / ruled
    slope = ran / (high - low) * unit
    begin, end = head * unit - low * slope, head * unit + (into - low) * slope
    ways = straight((0.0, into), (begin, end)), straight((0.0, into), (before - begin, before - end))
    marks = _marks(came, earlier)
    loose = MARK_M if told else max(_PARTED * gone, MARK_M)
    return (
        None
        if ways[0] is None or ways[1] is None
        else Laid((ways[0], ways[1]), loose, float(np.hypot(marks, _RULED * ruled)), marked=True)
    )


def _marks(came: Stretch, earlier: Walk) -> float:
    """Doubt of the marks on both lines, one standard deviation."""
    before = max((one.error_m / 1.96 for one in earlier.stretches if one.turning is None), default=0.5)
    return float(np.hypot(came.error_m / 1.96, before))


def _slope(part: Map) -> float:
    return float(abs((part.y[-1] - part.y[0]) / part.length_m))


def _seen(one: Stretch, through: Map, variance: float, *, joint: Joint | None = None) -> Stretch | None:
    """A stretch on the metres of what was made of it later."""
    metres, left = through.then(one.metres), through.then(one.left)
    if metres is None or left is None:
        return None
    run = None if one.run is None else through.then(one.run)
    return replace(
        one, metres=metres, left=left, run=run, times=None if one.times is None else through.then(one.times),
        error_m=float(1.96 * np.sqrt(variance)), reversed=metres.turned,
        turning=one.turning if joint is None else joint.turning, shift_m=one.shift_m if joint is None else joint.shift_m,
    )  # fmt: skip


def _state(state: State, through: Map) -> State | None:
    metres = through.then(state.metres)
    return None if metres is None else replace(state, metres=metres)


def _came(book: Book, own: Stretch, stay: int, into: float) -> Stretch | None:
    """All that came in on a stay, along its own metres from the end that ran in first."""
    whole = straight((0.0, into), (0.0, into))
    run = None if whole is None else _run(book, stay, whole)
    if whole is None or run is None:
        return None
    gain = _slope(run)
    sd = float(book.passes.sd_m[stay]) / max(gain, 1e-9)
    return replace(own, metres=whole, left=whole, run=run, stay=stay, elongation=gain, error_m=1.96 * sd, turning=None)


def _ruled_length(book: Book, way: Walk) -> float:
    """Metres of the piece from its marks and the gauge's scale, and as recorded, each by its doubt."""
    own = [one for one in way.stretches if one.turning is None and one.run is not None]
    scale = book.scales.get(own[0].line) if own else None
    covered = sum(one.metres.length_m for one in own)
    if scale is None or covered < 0.98 * way.length_m:
        return way.length_m
    ran = sum(abs(float(one.run.y[-1] - one.run.y[0])) for one in own if one.run is not None)
    ruled = ran / scale / covered * way.length_m
    doubt = np.hypot(_RULED * ruled, max(one.error_m for one in own) / 1.96 * 1.4)
    recorded = _COUNTED * way.length_m
    weight = recorded**2 / (recorded**2 + doubt**2)
    if abs(ruled - way.length_m) > 6.0 * np.hypot(doubt, recorded):
        return way.length_m
    return float(weight * ruled + (1.0 - weight) * way.length_m)


def _cut_length(book: Book, piece: int) -> float | None:
    """Metres of a product by where it was cut from what it is made of, on a line that lengthens all alike; else None."""
    edges = range(int(book.up_from[piece]), int(book.up_from[piece + 1]))
    if not edges or not all(book.cut[edge] and (book.genealogy.edges["line"][edge] in book.even) for edge in edges):
        return None
    spans = [float(book.spans.high_in[edge] - book.spans.low_in[edge]) for edge in edges]
    return sum(span * book.even[book.genealogy.edges["line"][edge]] for span, edge in zip(spans, edges, strict=True))


def _made_length(book: Book, piece: int, stay: int | None) -> float:
    if stay is not None and book.length_out[stay] > 0:
        return float(book.length_out[stay])
    value = book.genealogy.pieces["length_m"][piece]
    if value is not None and value > 0:
        return float(value)
    edges = slice(int(book.up_from[piece]), int(book.up_from[piece + 1]))
    spans = book.spans.high_in[edges] - book.spans.low_in[edges]
    return float(np.nansum(spans))


def _steps(book: Book, piece: int, stay: int | None, length: float) -> Iterator[_Step]:
    """Back through a stay, or over it to what the piece was made of."""
    if stay is not None and book.goes[stay] == "through":
        across = _crops(book, stay, length)
        if across is not None:
            yield _Step(stay, stay, None, across)
        return
    reached = False
    for edge in range(int(book.up_from[piece]), int(book.up_from[piece + 1])):
        joined = _joined(book, edge, length)
        if joined is not None:
            reached = True
            yield _Step(int(book.spans.stay[edge]), stay, edge, joined)
    if not reached and stay is not None:  # nothing known went in: the trend is read by what came out
        same = straight((0.0, length), (0.0, length))
        if same is not None:
            yield _Step(-1, stay, None, same)


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


def _stretch(book: Book, piece: int, step: _Step, whole: Map) -> Stretch | None:
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
    run = None if trend is None or step.stay < 0 else _run(book, step.stay, onto)
    if run is None and trend is not None and step.made is not None:
        out = _run(book, step.made, whole)
        run = None if out is None else out.within(float(onto.x[0]), float(onto.x[-1]))
    return Stretch(
        line=line, turn=int(book.turn[stay]) if stay >= 0 else 1, piece=piece, stay=stay, metres=onto,
        left=whole.within(float(onto.x[0]), float(onto.x[-1])), run=run,
        times=None if run is None or trend is None else times_of(trend, run), elongation=1.0 / max(_slope(onto), 1e-9),
        error_m=_error(book, step, stay, trend, onto), turning=None,
        reversed=onto.turned, flipped=False, mirrored=False, lane=None if lane is None else int(lane),
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


def _error(book: Book, step: _Step, stay: int, trend: Trend | None, onto: Map) -> float:
    """Half the 95 % interval by the doubt of the marks, of cuts and crops, and of the gauge's noise half-way between them."""
    scale = _slope(onto)
    own = 0.0
    sd = book.passes.sd_m[stay] if stay >= 0 else np.nan
    if np.isfinite(sd) and trend is not None:
        span = abs(book.passes.high_m[stay] - book.passes.low_m[stay])
        gauge = span / max(abs(book.passes.high_in_m[stay] - book.passes.low_in_m[stay]), 1e-9)
        own = (sd**2 + walk_per_metre(trend) * span / 6.0) / gauge**2
    # A cut is as exact as its piece is long: decimetres of strip, centimetres of the slab that it was before.
    long = float(book.length_in[stay]) if stay >= 0 else float(np.abs(onto.y).max())
    cut = MARK_M if long >= COILED_M else 0.1 * MARK_M
    if step.edge is not None:
        cut = float(np.hypot(cut, book.spans.doubt[step.edge]))
    return float(1.96 * np.sqrt(own + cut**2) / max(scale, 1e-9))
