"""What does ``tundish trace PLANT PIECE --json`` say? The documented form of one piece's history, and of a plant's overview."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from tundish.documents.answer import FindingOut
from tundish.trace.genealogy.graph import EdgeKind, Evidence

VERSION: Final = "1.0"
"""Of the form: the first number grows when a reader of the old form would break, else the second."""
Number = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Probability = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class KinOut(_Part):
    """A piece of material."""

    number: int = Field(description="Names the piece elsewhere in this document.")
    id: str = Field(description="As the plant writes it; after a repair as it should read.")
    level: str = Field(description="What the id names: heat, slab, coil, ...")
    line: str | None = Field(description="Where it was made; null when no record says so.")
    made: str | None = Field(description="ISO 8601, UTC.")
    mass_kg: Number | None
    length_m: Number | None
    width_m: Number | None
    thickness_m: Number | None
    recorded: bool = Field(description="False: others name it, but it has no record of its own.")
    certainty: Probability = Field(description="That it is a piece of its own and its id right.")


class TieOut(_Part):
    """An edge between two pieces."""

    parent: int
    child: int
    depth: int = Field(ge=1, description="Steps from the piece that was asked for: 1 for its own parents and children.")
    share: Share | None = Field(
        description="Part of the asked piece's mass that came (up) or went (down) along here, over all ways; null: not known."
    )
    kind: EdgeKind
    line: str | None
    at: str | None = Field(description="ISO 8601, UTC.")
    mass_kg: Number | None
    share_of_child: Share | None
    share_of_parent: Share | None
    from_m: Number | None = Field(description="Part of the parent, along its length as it ran in: from, to.")
    to_m: Number | None
    at_m: Number | None = Field(description="Where that part begins on the child.")
    lane: int | None = Field(description="Number of the strip across the width, from 1.")
    turned: bool | None = Field(description="Ran in tail first; null: not known.")
    flipped: bool | None = Field(description="Top and bottom changed places; null: not known.")
    probability: Probability
    evidence: Evidence = Field(description="What the edge rests on most.")
    file: str | None
    row: int | None = Field(description="Row of the file that says so.")


class StayOut(_Part):
    """A piece on a line; times by the reference clock."""

    piece: int
    line: str
    start: str | None
    end: str | None
    corrected_s: Number = Field(description="Seconds that were added to the times in the file.")
    turn: int = Field(description="1 for the first stay on this line, 2 for a rework ...")
    goes: Literal["in", "out", "through"] = Field(description="Used up here, made here, or both under one number.")
    mass_in_kg: Number | None
    mass_out_kg: Number | None
    scrap_kg: Number | None
    length_in_m: Number | None
    length_out_m: Number | None
    head_crop_m: Number | None
    tail_crop_m: Number | None
    turned: bool | None
    flipped: bool | None
    file: str | None
    row: int | None


class SiblingsOut(_Part):
    """What else was made of a piece that the asked one was made of: products that may have the same fault."""

    parent: int
    depth: int = Field(ge=1, description="Steps up to it.")
    pieces: list[int] = Field(description="The first of them in the order of their making.")
    count: int = Field(ge=1, description="How many there are; those of a nearer parent are not counted again.")


class StepOut(_Part):
    """Balance of mass: what went in, came out, was scrap, is left; the error in percent of what went in."""

    line: str | None
    of: str | None = Field(description="The lot that went in, the step, or the day.")
    in_kg: Number | None
    out_kg: Number | None
    scrap_kg: Number | None
    rest_kg: Number | None
    error_percent: Number | None


class SignalOut(_Part):
    """One signal along the piece, in cells of equal length from its head; null where nothing was measured."""

    line: str
    turn: int
    column: str = Field(description="The plant's name of the signal.")
    concept: str | None
    unit: str | None = Field(description="The plant's unit of the three lists.")
    file: str
    mean: list[Number | None]
    low: list[Number | None]
    high: list[Number | None]


class NoteOut(_Part):
    """A value that stands in the row of a sample or a defect."""

    name: str = Field(description="The plant's name of the column.")
    concept: str | None
    value: Number | str
    unit: str | None = Field(description="The plant's unit.")


class MarkOut(_Part):
    """Something at a place of the piece: a sample, a defect, a weld."""

    kind: Literal["sample", "defect", "weld"]
    from_m: Number
    to_m: Number
    side: str | None
    end: str | None = Field(description="head, middle or tail, where no metre is told.")
    piece: int | None = Field(description="The piece that it was noted on.")
    at: str | None = Field(description="ISO 8601, UTC.")
    file: str | None
    row: int | None
    notes: list[NoteOut]


class ValueOut(NoteOut):
    """A value of a row, beside what pieces like it have: same level, same line, around the same time."""

    others: int = Field(ge=0, description="How many values of such pieces it is compared with; 0: with none.")
    low: Number | None = Field(description="A twentieth of the others lies below; the plant's unit.")
    high: Number | None = Field(description="A twentieth of the others lies above; the plant's unit.")
    usual: str | None = Field(description="The word that most of the others say, where this one says another.")
    far: Number | None = Field(description="Robust standard deviations from the middle of the others; null: not known.")
    odd: bool = Field(description="Stands out of the others.")


class RecordOut(_Part):
    """A row of the plant's files about the piece, what it was made of (what stands out) or what was made of it (defects)."""

    piece: int
    kind: Literal["values", "defect"]
    file: str
    row: int | None
    values: list[ValueOut]


class UnmappedOut(_Part):
    """Metres of the piece whose place in a line's signals is not known."""

    line: str
    turn: int
    from_m: Number
    to_m: Number


class ProfileOut(_Part):
    """What happened along the piece, from its head as it left its last line."""

    length_m: Number
    cell_m: Number
    signals: list[SignalOut]
    marks: list[MarkOut]
    unmapped: list[UnmappedOut] = Field(description="Of lines that the piece came through; their signals are null there.")


class ClockOut(_Part):
    """What a file's clock is away from the reference clock (MES)."""

    file: str
    offset_s: Number = Field(description="Seconds added to the file's times.")
    low_s: Number = Field(description="95 % interval.")
    high_s: Number
    drift_ppm: Number = Field(description="Microseconds by which the offset grows in a second.")
    jumps: int = Field(description="How many times the clock was set.")
    sure: bool = Field(description="False: the file could not be compared, its times stand as they are.")
    reason: str


class HistoryOut(_Part):
    """All that the plant's exports tell of one piece."""

    schema_version: Literal["1.0"]
    plant: str
    language: Literal["ko", "en"] = Field(description="Of the texts of findings and clocks.")
    created: str = Field(description="ISO 8601, UTC.")
    piece: KinOut
    pieces: list[KinOut] = Field(description="The piece itself, all that it is tied to, and its siblings.")
    up: list[TieOut] = Field(description="To everything it was made of, nearest first.")
    down: list[TieOut] = Field(description="To everything that was made of it, nearest first.")
    siblings: list[SiblingsOut] = Field(description="Products of the same parents, those of the nearest first.")
    timeline: list[StayOut] = Field(description="Stays of the piece and of all it is tied to, in order of time.")
    profile: ProfileOut | None = Field(description="null where no length of the piece can be told.")
    records: list[RecordOut] = Field(description="What rows say of the piece, in the order of its way.")
    balance: list[StepOut] = Field(description="Each lot on the way, with all that came out of it.")
    clocks: list[ClockOut]
    open_ends: list[int] = Field(description="Pieces whose origin no record tells, although others of their level have one.")
    findings: list[FindingOut]


class LevelOut(_Part):
    """Pieces of one level."""

    level: str
    pieces: int
    with_parents: int
    with_children: int
    unrecorded: int = Field(description="Named by others, without a record of their own.")


class LineOut(_Part):
    """One line."""

    line: str
    pieces: int = Field(description="Made there.")
    stays: int
    first: str | None
    last: str | None


class KindOut(_Part):
    """Edges of one kind on one line."""

    kind: EdgeKind
    line: str | None
    edges: int
    mass_kg: Number


class GroundOut(_Part):
    """Edges that rest on one kind of evidence."""

    evidence: Evidence
    edges: int
    probability: Number | None = Field(description="Their mean.")
    doubtful: int = Field(description="Edges with a probability below 95 %.")


class OverviewOut(_Part):
    """A plant's material as a whole."""

    schema_version: Literal["1.0"]
    plant: str
    language: Literal["ko", "en"]
    created: str
    levels: list[LevelOut]
    lines: list[LineOut]
    kinds: list[KindOut]
    grounds: list[GroundOut]
    steps: list[StepOut]
    days: list[StepOut]
    lots: list[StepOut] = Field(description="The lots with the largest errors.")
    clocks: list[ClockOut]
    findings: list[FindingOut]
