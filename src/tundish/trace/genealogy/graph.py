"""What is the genealogy of a plant's material? Pieces, the edges between them, their stays on the lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, get_args

import polars as pl

from tundish.table import Finding
from tundish.trace.genealogy.index import Index, Reach, build_index

EdgeKind = Literal["melted", "cast", "cut", "rolled", "slit", "welded", "joined", "sheeted", "packed", "processed"]
"""What was done: ``cut`` one behind the other, ``slit`` side by side, ``welded`` end to end in a strip line, ``joined`` any
other way of making one out of several, ``sheeted`` coil to sheets or plates,
``processed`` one piece to one under a new number."""
Evidence = Literal["record", "respelled", "beginning", "mistyped", "time", "mass", "dimensions", "sequence"]
"""What an edge rests on most: the record as it stands, an evened spelling, ids that begin alike, or a repair by it."""

KINDS = pl.Enum(get_args(EdgeKind))
EVIDENCE = pl.Enum(get_args(Evidence))
TIME = pl.Datetime("us", "UTC")

PIECES = pl.Schema(
    {
        "id": pl.String(),  # as the plant writes it; after a repair as it should read
        "even": pl.String(),  # spelling evened out: what ids are compared by
        "level": pl.String(),  # what the id names: heat, slab, coil, plate, lot, piece; one kind of id a level
        "line": pl.String(),  # where it was made; null when no record says so
        "made": TIME,
        "mass_kg": pl.Float64(),
        "length_m": pl.Float64(),
        "width_m": pl.Float64(),
        "thickness_m": pl.Float64(),
        "recorded": pl.Boolean(),  # False: only named by others, no record of its own
        "certainty": pl.Float64(),  # that this is a piece of its own and its id right
    }
)
"""One row a piece; its number everywhere else is its row here."""
EDGES = pl.Schema(
    {
        "parent": pl.Int64(),
        "child": pl.Int64(),
        "kind": KINDS,
        "line": pl.String(),
        "at": TIME,
        "mass_kg": pl.Float64(),  # that passes along the edge
        "share_of_child": pl.Float64(),  # of the child's mass; those of a child and what is unknown of it sum to 1
        "share_of_parent": pl.Float64(),  # of the parent's mass; those of a parent, its scrap and its rest sum to 1
        "from_m": pl.Float64(),  # part of the parent, along its length as it runs into this line (0: its head there)
        "to_m": pl.Float64(),
        "at_m": pl.Float64(),  # where that part begins on the child (0: the child's head as it leaves this line)
        "lane": pl.Int64(),  # slit: number of the strip across the width, from 1; null otherwise
        "turned": pl.Boolean(),  # runs in tail first, compared with how the parent left its last line; null: not known
        "flipped": pl.Boolean(),  # top and bottom changed places; null: not known
        "probability": pl.Float64(),
        "evidence": EVIDENCE,
        "table": pl.String(),  # name of the standardised table and
        "row": pl.Int64(),  # row of the file that says so
    }
)
"""One row an edge, sorted by child, then by ``at_m``, parent."""
STAYS = pl.Schema(
    {
        "piece": pl.Int64(),
        "line": pl.String(),
        "start": TIME,
        "end": TIME,
        "turn": pl.Int64(),  # 1 for the first stay on this line, 2 for a rework, ...
        "goes": pl.String(),  # "in": used up here; "out": made here; "through": comes and goes under one number
        "mass_in_kg": pl.Float64(),
        "mass_out_kg": pl.Float64(),
        "scrap_kg": pl.Float64(),
        "length_in_m": pl.Float64(),
        "length_out_m": pl.Float64(),
        "head_crop_m": pl.Float64(),  # cut off the end that runs in first, in metres of what comes in
        "tail_crop_m": pl.Float64(),
        "turned": pl.Boolean(),
        "flipped": pl.Boolean(),
        "table": pl.String(),
        "row": pl.Int64(),
    }
)
"""One row a piece and a stay, sorted by piece and start; where only the end is told, by that."""


CELLS = pl.Schema(
    {
        "table": pl.String(),
        "place": pl.Int64(),  # row of the standardised table's frame, from 0
        "row": pl.Int64(),  # of the file
        "column": pl.String(),  # name in the standardised table
        "before": pl.String(),
        "id": pl.String(),  # as it should read
        "probability": pl.Float64(),
        "evidence": EVIDENCE,
    }
)
"""One row a cell of a record whose id is mended."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One edge as a reader sees it; lengths in m, mass in kg."""

    parent: str
    child: str
    kind: EdgeKind
    line: str | None
    mass_kg: float | None
    share_of_child: float | None
    share_of_parent: float | None
    from_m: float | None
    to_m: float | None
    at_m: float | None
    turned: bool | None
    flipped: bool | None
    probability: float
    evidence: Evidence


@dataclass(frozen=True)
class Genealogy:
    """A plant's material: frames of the schemas :data:`PIECES`, :data:`EDGES` and :data:`STAYS`, and what stays open."""

    pieces: pl.DataFrame
    edges: pl.DataFrame
    stays: pl.DataFrame
    findings: tuple[Finding, ...] = ()
    cells: pl.DataFrame = field(default_factory=CELLS.to_frame, repr=False)
    """Cells of the records that read otherwise than they should, by :data:`CELLS`."""

    @cached_property
    def index(self) -> Index:
        """Arrays to walk along, made at the first question: seconds for ten million pieces, milliseconds from then on."""
        return build_index(self.pieces, self.edges, self.stays)

    def up(self, piece: int) -> pl.DataFrame:
        """All edges that lead to this piece (row number), nearest first: EDGES with ``depth`` and ``share``.

        ``depth`` is 1 for the piece's own parents; ``share`` is the part of the piece's mass that came along the edge, over all
        ways; null where a share on the way is not known.
        """
        return self._reached(self.index.up(piece))

    def down(self, piece: int) -> pl.DataFrame:
        """All edges that lead away from this piece, nearest first: EDGES with ``depth`` and ``share`` of the piece's mass."""
        return self._reached(self.index.down(piece))

    def find(self, text: str) -> pl.Series:
        """Numbers of the pieces that a person means by an id, however spelled; ``coil:HC1234`` looks among coils only."""
        level, colon, name = text.partition(":")
        even = self.pieces["even"]
        numbers = self.index.find(text, even)
        if colon and not numbers:
            numbers = [n for n in self.index.find(name, even) if self.pieces["level"][n] == level.strip()]
        return pl.Series("piece", numbers, dtype=pl.Int64)

    def _reached(self, reach: Reach) -> pl.DataFrame:
        share = pl.Series("share", reach.share).fill_nan(None)
        return self.edges[reach.rows].with_columns(pl.Series("depth", reach.depth), share)
