"""What did every signal do along a piece? Cells of the final product, back through all its lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from tundish.table import Column, Finding
from tundish.trace.position.maps import Map
from tundish.trace.position.pyramid import Level, fitting
from tundish.trace.position.stretches import Stretch
from tundish.trace.speeds import End
from tundish.trace.stays.segments import Floats, Ints

_ROUNDED_M = 0.001
_SPARE = 0.006
"""Share by which a recorded length may be longer than the ruled one: three standard deviations of a counted length."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal of one line: its row in the levels of its profile."""

    line: str
    turn: int
    """1 for the first stay on this line, 2 for a rework."""
    table: str
    column: Column
    row: int


@dataclass(frozen=True)
class There:
    """Where metres of the final product were on a line, one entry each; NaN where not known."""

    times_us: Floats
    """When that metre stood at the line's reference point: microseconds since 1970, UTC."""
    metres: Floats
    """On the piece that ran in there, from the end that ran in first."""
    pieces: Ints
    """Number of that piece; -1 where not known."""
    error_m: Floats
    """Half the 95 % interval of the position, in metres of the final product."""


@dataclass(frozen=True)
class Profile:
    """One piece from head (0 m) to tail as it left its last line."""

    piece: int
    id: str
    length_m: float
    grid_m: float
    signals: tuple[Signal, ...]
    levels: tuple[Level, ...]
    """The finest first: signals x cells of mean, min, max and count; see :mod:`tundish.trace.position.pyramid`."""
    stretches: tuple[Stretch, ...]
    places: pl.DataFrame
    """Samples, defects and welds; schema :data:`tundish.trace.position.places.PLACES`."""
    findings: tuple[Finding, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """Lines that the piece came through, the last first."""
        return tuple(dict.fromkeys(stretch.line for stretch in self.stretches))

    def mapped(self, line: str) -> float:
        """Share of the product's metres whose time on this line is known."""
        cells = np.arange(0.5, max(self.length_m, 1.0), 1.0)
        return float(np.isfinite(self.map(line, cells).times_us).mean())

    def map(self, line: str, x: Sequence[float] | Floats, *, turn: int | None = None, section: End | None = None) -> There:
        """When and at which metre on that line these metres ``x`` of the final product were.

        Of several stays on the line the last counts, unless ``turn`` names one. Where loopers part a line, times are those of
        the section with its marks, unless ``section`` names another one. A metre just beyond the tail, as far as a
        recorded length may be off, is taken for the tail.
        """
        x = np.asarray(x, dtype=np.float64)
        spare = max(1.0, _SPARE * self.length_m)
        x = np.where((x > self.length_m) & (x <= self.length_m + spare), self.length_m, x)
        times, metres, error = (np.full(x.shape, np.nan) for _ in range(3))
        pieces = np.full(x.shape, -1, np.int64)
        for stretch in reversed([s for s in self.stretches if s.line == line and turn in (None, s.turn)]):
            there = stretch.metres.at(x)
            known = np.isfinite(there)
            metres[known], pieces[known] = there[known], stretch.piece
            when, loose = stretch.at_section(section)
            times[known] = np.nan if when is None else _to_the_end(when, x[known])
            error[known] = np.hypot(stretch.doubt.half_at(x[known]), loose)
        return There(times, metres, pieces, error)

    def drawn(self, cells: int) -> Level:
        """The coarsest resolution with at least so many cells."""
        return fitting(self.levels, cells)


def _to_the_end(part: Map, x: Floats) -> Floats:
    """The y of these x, also of those that rounding puts just beyond an end."""
    inside = np.clip(x, part.x[0], part.x[-1])
    return np.where(np.abs(inside - x) < _ROUNDED_M, part.at(inside), np.nan)
