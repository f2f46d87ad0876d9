"""What is the history of one piece? What it was made of, what was made of it, when it was where, and how sure all that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from tundish.table import Finding
from tundish.trace.genealogy.graph import EdgeKind, Evidence
from tundish.trace.pieces import Clock

if TYPE_CHECKING:
    from tundish.trace.position.profile import Profile


@dataclass(frozen=True, slots=True)
class Kin:
    """A piece that occurs in the history."""

    number: int
    """Its row in the genealogy's pieces; edges and stays name it by this."""
    id: str
    level: str
    line: str | None
    made: datetime | None
    mass_kg: float | None
    length_m: float | None
    width_m: float | None
    thickness_m: float | None
    recorded: bool
    """False: others name it, but it has no record of its own."""
    certainty: float
    """Probability that this is a piece of its own and its id right."""


@dataclass(frozen=True, slots=True)
class Tie:
    """An edge as it is reached from the piece; fields as in :data:`tundish.trace.genealogy.graph.EDGES`."""

    parent: int
    child: int
    depth: int
    """1 for the piece's own parents and children."""
    share: float | None
    """Up: of the piece's mass, what came along here. Down: of the piece's mass, what went along. None: not known."""
    kind: EdgeKind
    line: str | None
    at: datetime | None
    mass_kg: float | None
    share_of_child: float | None
    share_of_parent: float | None
    from_m: float | None
    to_m: float | None
    at_m: float | None
    lane: int | None
    turned: bool | None
    flipped: bool | None
    probability: float
    evidence: Evidence
    file: str | None
    row: int | None


@dataclass(frozen=True, slots=True)
class Stay:
    """A piece on a line; times by the reference clock."""

    piece: int
    line: str
    start: datetime | None
    end: datetime | None
    corrected_s: float
    """Seconds that were added to the times in the file."""
    turn: int
    goes: str
    mass_in_kg: float | None
    mass_out_kg: float | None
    scrap_kg: float | None
    length_in_m: float | None
    length_out_m: float | None
    head_crop_m: float | None
    tail_crop_m: float | None
    turned: bool | None
    flipped: bool | None
    file: str | None
    row: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """What went into a step with one lot, and what came out; kg."""

    line: str
    of: str
    in_kg: float
    out_kg: float
    scrap_kg: float
    rest_kg: float
    error_percent: float | None


@dataclass(frozen=True, slots=True)
class Siblings:
    """What else was made of a piece that this one was made of: products that may have the same fault."""

    parent: int
    depth: int
    """Steps up to it, by the shortest way."""
    pieces: tuple[int, ...]
    """The first, in the order of their making, of those that nothing was made of and no nearer parent tells of already."""
    count: int
    """How many there are."""


@dataclass(frozen=True, slots=True)
class Note:
    """One value of a row of the plant's files, in the plant's unit."""

    header: str
    concept: str | None
    value: float | str
    unit: str | None


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a row, beside what the rows of pieces like it say; numbers in the plant's unit."""

    note: Note
    others: int
    """So many values of pieces of its level that the same line ran around that time."""
    low: float | None
    """A twentieth of them lies below, a twentieth above ``high``."""
    high: float | None
    usual: str | None
    """The word that most of them say, where this one says another."""
    far: float | None
    """Robust standard deviations from their middle; None where they do not scatter."""
    odd: bool


@dataclass(frozen=True, slots=True)
class Record:
    """A row of the plant's files about one piece."""

    piece: int
    kind: Literal["values", "defect"]
    file: str
    row: int | None
    values: tuple[Value, ...]


@dataclass(frozen=True)
class History:
    """All that the plant's exports tell of one piece."""

    piece: Kin
    pieces: Mapping[int, Kin]
    """The piece itself, all that it is tied to, and its siblings, by number."""
    up: tuple[Tie, ...]
    """Nearest first."""
    down: tuple[Tie, ...]
    siblings: tuple[Siblings, ...]
    """Those of the nearest parents first."""
    timeline: tuple[Stay, ...]
    """Stays of the piece and of all it is tied to, in order of time."""
    profile: Profile | None
    """Signals, samples and defects along the piece; None where no length can be told."""
    notes: Mapping[tuple[str, int], tuple[Note, ...]]
    """(table, row) of the profile's places -> what stands in that row."""
    records: tuple[Record, ...]
    """What rows say of the piece, what stands out of what it was made of, defects of both and of its products."""
    balance: tuple[Step, ...]
    """Each lot on the way, and what became of it."""
    clocks: tuple[Clock, ...]
    """Of the files that tell about these lines."""
    open_ends: tuple[int, ...]
    """Pieces whose origin no record tells, although others of their level have one."""
    findings: tuple[Finding, ...]
    """Doubts of this history, and what was found in the records that it rests on."""
