"""Which metre of the final product was which metre on each line it came through? Walked back from stay to stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tundish.trace.position.book import Book
from tundish.trace.position.joints import Joint, Judge, laid_out
from tundish.trace.position.maps import straight
from tundish.trace.position.scales import agreed
from tundish.trace.position.steps import Step, came_of, flag_of, steps, stretch_of, turning_of
from tundish.trace.position.stretches import Doubt, State, Stretch, Walk, alike, seen, state_seen

_MOST = 64
"""Stays that one way goes back, at most: a ring in the genealogy must not run for ever."""
_KEPT = 4096
"""Ways kept at most: pieces made of one coil share the coil's own way."""


@dataclass
class Ways:
    """The ways back of pieces, each worked out once: strips of one coil share the coil's."""

    book: Book
    judge: Judge
    _kept: dict[tuple[int, int], Walk] = field(default_factory=dict, repr=False)
    _joints: dict[tuple[int, int], Joint | None] = field(default_factory=dict, repr=False)
    _open: list[tuple[int, int]] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        """Make all lines' metres agree before the first way is worked out."""
        self.book = replace(self.book, scales=agreed(self.book))

    def walk(self, piece: int) -> Walk:
        """All stretches of a piece, back through every line it and what it was made of came through, by its true metres."""
        own = range(int(self.book.stays_from[piece]), int(self.book.stays_from[piece + 1]))
        last = max((stay for stay in own if self.book.leaves(stay)), default=None)
        return self.left(piece, own.stop if last is None else last + 1)

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
        stay = next((s for s in range(until - 1, first - 1, -1) if book.leaves(s)), None)
        made, length = steps(book, piece, stay)
        whole = straight((0.0, length), (0.0, length))
        if whole is None:
            return Walk((), (), 0.0)
        stretches: list[Stretch] = []
        beyond: list[Doubt] = []
        states = [State(piece, -1 if stay is None else stay, whole, length, False, False, None)]
        for step in made:
            own = stretch_of(book, piece, step, whole)
            if own is None:
                continue
            stretches.append(own)
            beyond.append(alike(0.0))
            for stretch, doubt in self._before(own, step, states):
                stretches.append(stretch)
                beyond.append(doubt)
        return Walk(tuple(stretches), tuple(states), length, tuple(beyond))

    def _before(self, own: Stretch, step: Step, states: list[State]) -> Iterator[tuple[Stretch, Doubt]]:
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
        over = bool(flag_of(book, "flipped", step))
        mirror = joint.turning.turned != over
        between = joint.doubt.before(own.metres)
        for one, beyond in zip(earlier.stretches, earlier.beyond, strict=True):
            # laid over each other by profiles, neither line's cuts say where the other's metres are
            rest = between.plus((beyond if joint.measured else one.doubt).before(through))
            there = seen(one, through, own.doubt.plus(rest))
            if there is None:
                continue
            if one.turning is None:
                there = replace(there, turning=joint.turning, shift_m=joint.shift_m)
            if joint.contradicts:
                there = replace(there, run=None)
            lane = one.lane if own.lane is None else own.lane
            yield replace(there, flipped=there.flipped != over, mirrored=there.mirrored != mirror, lane=lane), rest
        for state in earlier.states:
            was = state_seen(state, through)
            if was is not None:
                lane = was.lane if own.lane is None else own.lane
                states.append(replace(was, flipped=was.flipped != over, mirrored=was.mirrored != mirror, lane=lane))

    def _joint(self, own: Stretch, step: Step, until: int, earlier: Walk) -> Joint | None:
        key = (own.piece, until)
        if key not in self._joints:
            book, stay = self.book, step.stay
            into = float(book.length_in[stay]) if stay >= 0 and book.length_in[stay] > 0 else earlier.length_m
            before = earlier.length_m if earlier.length_m > 0 else into
            came = None if stay < 0 else came_of(book, own, stay, into)
            prior = turning_of(book, step)
            laid = laid_out(book, stay, came, earlier, (into, before))
            if laid is None:
                self._joints[key] = None
            elif came is None:
                self._joints[key] = Joint(laid.ways[prior.turned], prior, laid.sd_m)
            else:
                self._joints[key] = self.judge(came, earlier.last_seen, laid, prior)
        return self._joints[key]
