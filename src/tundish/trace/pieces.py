"""What comes out of tracing: one row a piece, every feature with its origin, and how the tables were joined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tundish.errors import Message
from tundish.table import Table
from tundish.trace.stamps import NEVER, SECOND, Stamps

PIECE = "#piece"
"""Frame column: the piece's id as text."""
START = "#start"
END = "#end"
"""Frame columns: when the piece's stay began and ended (UTC); null when not known."""
MOMENT = "#moment"
"""Frame column: the decision moment of the piece (UTC); rows are sorted by it."""
BATCH = "#batch"
"""Frame column: material group that may not be split over folds (heat, parent coil, campaign); the piece itself if none."""


@dataclass(frozen=True, slots=True)
class Link:
    """How a table was joined to the pieces."""

    table: str
    by: Literal["key", "time"]
    columns: tuple[str, str]
    """Column in the table of pieces, column in the joined table, as in the plant's files."""
    rows: int
    rows_linked: int
    pieces_linked: int
    respelled: int
    """Ids that matched only after spelling was evened out (`L250301-0001` and `L2503010001`)."""


@dataclass(frozen=True, slots=True)
class Jump:
    """A file's clock was set: from ``at`` on (microseconds on the file's own clock) ``by_s`` more seconds are to be added."""

    at: int
    by_s: float
    low_s: float
    high_s: float
    """95 % interval of ``by_s``."""
    reason: Message


UNKNOWN_S = 900.0
"""How far either way a clock may be off that could not be compared: what is looked through first."""
_UNKNOWN_PPM = 60.0
"""The same of its drift: twice the spread of recorders' clocks."""


@dataclass(frozen=True, slots=True)
class Clock:
    """What one file's clock is away from the clock of the pieces (MES): offset, drift and jumps, each with a 95 % interval."""

    file: str
    offset_s: float
    """Seconds added to the file's times, at ``reference``."""
    low_s: float
    high_s: float
    """95 % interval of the estimate; equal to the offset when plant.toml gave it, all that was looked through when unknown."""
    reason: Message
    drift_ppm: float = 0.0
    """Microseconds by which the offset grows in a second of the file's clock: 20 ppm are 1.7 s a day."""
    drift_low_ppm: float = 0.0
    drift_high_ppm: float = 0.0
    reference: int = 0
    """Microseconds since 1970 on the file's own clock at which ``offset_s`` holds."""
    jumps: tuple[Jump, ...] = ()
    """In order of time; before the first and after the last the clock ran on undisturbed."""
    sure: bool = True
    """False where the file could not be compared (offset 0), or fits elsewhere nearly as well (the interval spans both)."""

    @classmethod
    def unknown(cls, file: str, reason: Message, *, low_s: float = 0.0, high_s: float = 0.0) -> Clock:
        """A clock that could not be compared: taken as equal; off by ``low_s`` to ``high_s`` at least."""
        low, high = min(-UNKNOWN_S, low_s), max(UNKNOWN_S, high_s)
        return cls(file, 0.0, low, high, reason, 0.0, -_UNKNOWN_PPM, _UNKNOWN_PPM, sure=False)

    def offsets_s(self, times: Stamps) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Seconds to add at each of these times of the file's clock (microseconds, any order)."""
        drift = self.drift_ppm * 1e-6 * ((times - self.reference) / SECOND)
        at = np.array([jump.at for jump in self.jumps], dtype=np.int64)
        steps = np.concatenate(([0.0], np.cumsum([jump.by_s for jump in self.jumps])))
        passed = np.searchsorted(at, times, "right")
        return np.asarray(self.offset_s + drift + steps[passed] - steps[np.searchsorted(at, self.reference, "right")])

    def right(self, times: Stamps) -> Stamps:
        """Times of the file's clock as the pieces' clock would show them (microseconds); :data:`NEVER` stays.

        Between jumps later times stay later.

        >>> jump = Jump(at=100_000_000, by_s=-60.0, low_s=-60.0, high_s=-60.0, reason=Message("set"))
        >>> clock = Clock("plc.csv", 2.0, 1.5, 2.5, Message("seen"), drift_ppm=20.0, jumps=(jump,))
        >>> (clock.right(np.array([0, 50_000_000, 170_000_000])) / 1e6).tolist()
        [2.0, 52.001, 112.0034]
        """
        never = times == NEVER
        known = np.where(never, self.reference, times)
        moved = known + np.rint(self.offsets_s(known) * SECOND).astype(np.int64)
        return np.where(never, NEVER, moved)


@dataclass(frozen=True)
class Pieces:
    """One row a piece: ``table.frame`` holds the features plus the ``#`` columns above, in order of the decision moment."""

    table: Table
    target: str
    """Name of the target column in ``table``."""
    kind: Literal["piece", "interval"]
    """``interval``: rows of a regular time series, when there is no material."""
    links: tuple[Link, ...]
    clocks: tuple[Clock, ...]
    unlinked: int
    """Pieces left without one of the joined tables."""
