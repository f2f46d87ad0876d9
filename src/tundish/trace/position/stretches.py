"""Where was each part of a piece on a line, and how does that look from what was made of it later?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from tundish.trace.position.maps import Map
from tundish.trace.position.sections import section_at
from tundish.trace.position.trend import Trend
from tundish.trace.speeds import End
from tundish.trace.stays.segments import Floats

COILED_M = 100.0
"""What is longer than this is coiled up between two lines, so that its tail runs in first on the next. A slab, a billet, a bar,
a plate is shorter and keeps its direction."""
_KNOTS = 17
"""Places along a stretch at which its doubt is kept."""
_HALF_95 = 1.96


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
class Doubt:
    """How far positions may be off, metre by metre."""

    x: Floats
    variance: Floats
    """In m2, straight between the x and as at the last one beyond them."""

    def at(self, x: Floats) -> Floats:
        """Variance at these x."""
        return np.interp(x, self.x, self.variance)

    def plus(self, other: Doubt) -> Doubt:
        """Both together, one having nothing to do with the other."""
        return Doubt(self.x, self.variance + other.at(self.x))

    def before(self, part: Map) -> Doubt:
        """The same on the metres that a map leads here from."""
        x = np.linspace(part.x[0], part.x[-1], _KNOTS)
        return Doubt(x, self.at(part.at(x)) / max(slope_of(part), 1e-9) ** 2)

    @property
    def least_m(self) -> float:
        """One standard deviation where it is least: of the marks alone, for how long a piece is does not move its ends."""
        return float(np.sqrt(self.variance.min()))

    @property
    def half_m(self) -> float:
        """Half the 95 % interval, root mean square."""
        return float(_HALF_95 * np.sqrt(self.variance.mean()))

    def half_at(self, x: Floats) -> Floats:
        """Half the 95 % interval at these x."""
        return np.asarray(_HALF_95 * np.sqrt(self.at(x)))


def alike(variance: float) -> Doubt:
    """The same doubt everywhere."""
    return Doubt(np.zeros(1), np.array([variance]))


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
    trend: Trend | None
    """Of the line, by which metres run became times."""
    elongation: float
    """Metres that leave the line a metre that comes in."""
    doubt: Doubt
    """How far the position of each metre of the final product may be off, in m of the final product."""
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

    @property
    def error_m(self) -> float:
        """Half the 95 % interval of the position, in m of the final product, all metres together."""
        return self.doubt.half_m

    @cached_property
    def times(self) -> Map | None:
        """Metres of the final product -> microseconds since 1970, at the line's reference point: a knot at every sample."""
        return None if self.run is None or self.trend is None else _times(self.trend, self.run)

    def at_section(self, end: End | None) -> tuple[Map | None, float]:
        """The same at another section of the line, and half the 95 % interval of how far that lies off, in m.

        None where no accumulators part this section from the line's marks.
        """
        section = None if self.trend is None else section_at(self.trend.sections, end)
        if section is None or self.run is None or self.trend is None:
            return self.times, 0.0
        there = replace(self.trend, run_m=section.run_m, speed=np.gradient(section.run_m))
        inner = self.run.inverse()
        knots = section.line_m[(section.line_m > inner.x[0]) & (section.line_m < inner.x[-1])]
        y = np.union1d(inner.x, knots)
        x = inner.at(y)
        run = Map(x, section.back(y)) if x[-1] > x[0] else Map(x[::-1], section.back(y)[::-1])
        return _times(there, run), _HALF_95 * section.sd_m / max(slope_of(self.run), 1e-9)


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
class Walk:
    """A piece as it left a line, and everything before, on its own metres."""

    stretches: tuple[Stretch, ...]
    """The last line first."""
    states: tuple[State, ...]
    length_m: float
    beyond: tuple[Doubt, ...] = ()
    """How far each stretch's place may be off against the last line's, the cuts on the last line left out."""

    @property
    def own(self) -> tuple[Stretch, ...]:
        """On the line that it left last."""
        return tuple(one for one in self.stretches if one.turning is None)

    @property
    def last_seen(self) -> tuple[Stretch, ...]:
        """On the last line before it that logged it: strip that no line measured on its way lies as it lay before."""
        first = next((one for one in self.stretches if one.run is not None and np.isfinite(one.doubt.variance).all()), None)
        if first is None:
            return self.own
        return tuple(one for one in self.stretches if (one.line, one.turn) == (first.line, first.turn))


def slope_of(part: Map) -> float:
    """Metres y a metre x, by its ends."""
    return float(abs((part.y[-1] - part.y[0]) / part.length_m))


def seen(one: Stretch, through: Map, doubt: Doubt) -> Stretch | None:
    """A stretch on the metres of what was made of it later."""
    metres, left = through.then(one.metres), through.then(one.left)
    if metres is None or left is None:
        return None
    run = None if one.run is None else through.then(one.run)
    return replace(one, metres=metres, left=left, run=run, doubt=doubt, reversed=metres.turned)


def state_seen(state: State, through: Map) -> State | None:
    """A state on the metres of what was made of it later."""
    metres = through.then(state.metres)
    return None if metres is None else replace(state, metres=metres)


def _times(trend: Trend, run: Map) -> Map | None:
    low, high = sorted((run.y[0], run.y[-1]))
    inner = trend.run_m[np.searchsorted(trend.run_m, low, "right") : np.searchsorted(trend.run_m, high, "left")]
    metres = np.unique(np.concatenate(([low, high], inner)))
    times = trend.when(metres)
    keep = np.isfinite(times) & np.concatenate(([True], np.diff(metres) > 1e-6))
    if keep.sum() < 2:
        return None
    return run.then(Map(metres[keep], np.maximum.accumulate(times[keep])))
