"""How may what comes in on a line lie on itself as it left the line before, by records and by what both lines ruled?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from tundish.trace.position.book import Book
from tundish.trace.position.maps import Map, straight
from tundish.trace.position.ruler import MARK_M
from tundish.trace.position.stretches import COILED_M, Doubt, Stretch, Turning, Walk, alike

LENGTHENS = 0.003
"""A line that makes metres longer by less than this share makes none longer."""
_UNTOLD_M = 5.0
"""What may have been cut off either end of a coil where no record tells, one standard deviation in m: metres, never none."""
_PARTED = 0.29
"""Standard deviation of where a length is parted that may be parted anywhere: 1 / sqrt(12)."""


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
    along: Doubt | None = None
    """How sure that is along what comes in, where it is not alike everywhere."""

    @property
    def doubt(self) -> Doubt:
        """How far it may be off, along what comes in."""
        return alike(self.sd_m**2) if self.along is None else self.along


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


def laid_out(book: Book, stay: int, came: Stretch | None, earlier: Walk, lengths: tuple[float, float]) -> Laid | None:
    """By what both lines ruled where this one makes no metre longer, else by recorded lengths.

    Ruled lengths leave only open how their difference parts into what was cut off head and tail, where no record tells.
    """
    into, before = lengths
    line = None if stay < 0 else book.lines[stay]
    scale, unsure = book.scales.get(line or "", (None, 0.0))
    plain = line is not None and abs(book.gains.get(line, math.nan) - 1.0) < LENGTHENS
    if came is None or came.run is None or scale is None or not plain:
        return _by_record(book, stay, into, before)
    ran = abs(float(came.run.y[-1] - came.run.y[0])) / scale
    if not 0.95 * before < ran < 1.003 * before + 2.0:
        return _by_record(book, stay, into, before)
    gone = max(before - ran, 0.0)
    head, tail = float(book.head_crop[stay]), float(book.tail_crop[stay] + book.lost_m[stay])
    told = book.head_crop[stay] > 0 or book.tail_crop[stay] > 0
    head = head + (gone - head - tail) / 2.0 if told else gone / 2.0
    low, high = float(came.run.x[0]), float(came.run.x[-1])
    slope = ran / (high - low)
    begin, end = head - low * slope, head + (into - low) * slope
    ways = straight((0.0, into), (begin, end)), straight((0.0, into), (before - begin, before - end))
    if ways[0] is None or ways[1] is None:
        return None
    loose = MARK_M if told else max(_PARTED * gone, MARK_M)
    each = float(np.hypot(_marks(came, earlier), 2.0**0.5 * unsure * before))
    return Laid((ways[0], ways[1]), loose, each, marked=True)


def _by_record(book: Book, stay: int, into: float, before: float) -> Laid | None:
    ways = straight((0.0, into), (0.0, before)), straight((0.0, into), (before, 0.0))
    if ways[0] is None or ways[1] is None:
        return None
    doubt = float(book.length_sd[stay]) if stay >= 0 else 0.01 * into
    if stay >= 0 and into >= COILED_M and _untold(book, stay, into):
        doubt = max(doubt, _UNTOLD_M)
    return Laid((ways[0], ways[1]), 0.0, doubt, marked=False)


def _untold(book: Book, stay: int, into: float) -> bool:
    """Whether no record tells what was cut off both ends, so that the marks were taken for the very ends."""
    crops = [book.genealogy.stays[name][stay] for name in ("head_crop_m", "tail_crop_m")]
    low, high = float(book.passes.low_in_m[stay]), float(book.passes.high_in_m[stay])
    return crops == [None, None] and low <= 0.0 and high >= into - MARK_M


def _marks(came: Stretch, earlier: Walk) -> float:
    """Doubt of the marks on both lines, one standard deviation."""
    before = max((one.doubt.least_m for one in earlier.own), default=0.5)
    return float(np.hypot(came.doubt.least_m, before))
