"""Where was each part of a piece on a line, and how does that look from what was made of it later?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from tundish.trace.position.maps import Map
from tundish.trace.position.trend import Trend


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
    trend: Trend | None
    """Of the line, by which metres run became times."""
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

    @cached_property
    def times(self) -> Map | None:
        """Metres of the final product -> microseconds since 1970, at the line's reference point: a knot at every sample."""
        return None if self.run is None or self.trend is None else _times(self.trend, self.run)


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
    beyond: tuple[float, ...] = ()
    """Variance (m2) of each stretch's place against the last line's, the cuts on the last line left out."""

    @property
    def own(self) -> tuple[Stretch, ...]:
        """On the line that it left last."""
        return tuple(one for one in self.stretches if one.turning is None)


def slope_of(part: Map) -> float:
    """Metres y a metre x, by its ends."""
    return float(abs((part.y[-1] - part.y[0]) / part.length_m))


def seen(one: Stretch, through: Map, variance: float) -> Stretch | None:
    """A stretch on the metres of what was made of it later."""
    metres, left = through.then(one.metres), through.then(one.left)
    if metres is None or left is None:
        return None
    run = None if one.run is None else through.then(one.run)
    return replace(
        one, metres=metres, left=left, run=run,
        error_m=float(1.96 * np.sqrt(variance)), reversed=metres.turned,
    )  # fmt: skip


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
