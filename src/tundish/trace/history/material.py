"""What must be at hand to tell a piece's history at once, in memory or mapped from disk?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import polars as pl

from tundish.table import Finding, Table
from tundish.trace.genealogy.graph import Genealogy
from tundish.trace.genealogy.index import Index, Rows, Words, build_index
from tundish.trace.pieces import Clock

LEVELS = pl.Schema({"level": pl.String(), "pieces": pl.Int64(), "with_parents": pl.Int64(), "with_children": pl.Int64()})
"""One row a level of pieces: how many there are, how many have an origin, and of how many something was made."""


class Shelf(Protocol):
    """One frame of the genealogy, from which single rows are taken."""

    @property
    def height(self) -> int:
        """How many rows it has."""
        ...

    def take(self, rows: Rows, /) -> pl.DataFrame:
        """These rows, in this order."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A frame in memory."""

    frame: pl.DataFrame

    @property
    def height(self) -> int:
        """How many rows it has."""
        return self.frame.height

    def take(self, rows: Rows, /) -> pl.DataFrame:
        """These rows, in this order."""
        return self.frame[rows]


@dataclass(frozen=True, eq=False)
class Material:
    """A plant's genealogy with its index, clocks and files."""

    pieces: Shelf
    edges: Shelf
    stays: Shelf
    even: Words
    """Evened ids by number."""
    index: Index
    levels: pl.DataFrame
    """Of :data:`LEVELS`."""
    findings: tuple[Finding, ...] = ()
    clocks: tuple[Clock, ...] = ()
    lines: Mapping[str, str] = field(default_factory=dict)
    """Table -> the line that it tells about."""
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Table -> the files it was made of."""


def in_memory(
    genealogy: Genealogy,
    *,
    tables: Iterable[Table] = (),
    clocks: tuple[Clock, ...] = (),
    lines: Mapping[str, str] | None = None,
    findings: tuple[Finding, ...] = (),
) -> Material:
    """The genealogy as it was traced, indexed: seconds for ten million pieces."""
    pieces, edges, stays = genealogy.pieces, genealogy.edges, genealogy.stays
    return Material(
        Shown(pieces),
        Shown(edges),
        Shown(stays),
        pieces["even"],
        build_index(pieces, edges, stays),
        levels_of(pieces, edges),
        (*genealogy.findings, *findings),
        clocks,
        dict(lines or {}),
        {table.name: tuple(dict.fromkeys(origin.file for origin in table.origins)) for table in tables},
    )


def levels_of(pieces: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """How many pieces of each level have an origin, and how many became something, a row a level: :data:`LEVELS`."""
    tied = pieces.lazy().select("level").with_row_index("number", 0).with_columns(pl.col("number").cast(pl.Int64))
    child = edges.lazy().select(number="child").unique().with_columns(up=True)
    parent = edges.lazy().select(number="parent").unique().with_columns(down=True)
    both = tied.join(child, on="number", how="left").join(parent, on="number", how="left")
    counted = both.group_by("level").agg(pieces=pl.len(), with_parents=pl.col("up").sum(), with_children=pl.col("down").sum())
    return counted.cast(dict(LEVELS)).sort("with_parents", "level").collect()
