"""What comes out of tracing: one row a piece, every feature with its origin, and how the tables were joined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tundish.errors import Message
from tundish.table import Table

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
class Clock:
    """What one file's clock is away from the clock of the pieces."""

    file: str
    offset_s: float
    """Seconds added to the file's times."""
    low_s: float
    high_s: float
    """95 % interval of the estimate; equal to the offset when plant.toml gave it."""
    reason: Message


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
