"""What must be at hand to tell a piece's history at once, in memory or mapped from disk?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import polars as pl

from tundish.errors import Message
from tundish.table import Finding, Table
from tundish.trace.clocks import Aligned
from tundish.trace.genealogy.graph import Genealogy
from tundish.trace.genealogy.index import Index, Rows, Words
from tundish.trace.history.in_parts import InParts, Span
from tundish.trace.history.overview import Overview, overview
from tundish.trace.pieces import Clock


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


class Recorded(Protocol):
    """A standardised table of which some rows are taken."""

    @property
    def head(self) -> Table:
        """The table without rows."""
        ...

    def rows(self, wanted: pl.Expr, /, *, within: Sequence[Span] = ()) -> pl.DataFrame:
        """The rows that are wanted, in their order; all of them are stamped ``within``, where that is told."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class InMemory:
    """A table as it was standardised."""

    table: Table

    @property
    def head(self) -> Table:
        """The table without rows."""
        return replace(self.table, frame=self.table.frame.clear())

    def rows(self, wanted: pl.Expr, /, *, within: Sequence[Span] = ()) -> pl.DataFrame:
        """The rows that are wanted, in their order."""
        return self.table.frame.filter(wanted)


@dataclass(frozen=True, eq=False)
class Material:
    """A plant's genealogy with its index, clocks and files."""

    pieces: Shelf
    edges: Shelf
    stays: Shelf
    even: Words
    """Evened ids by number."""
    index: Index
    overview: Overview
    findings: tuple[Finding, ...] = ()
    clocks: tuple[Clock, ...] = ()
    lines: Mapping[str, str] = field(default_factory=dict)
    """Table -> the line that it tells about."""
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Table -> the files it was made of."""
    tables: tuple[Recorded, ...] = ()
    """Tables that a profile may need; without them none is told."""


def _left_out(table: Table) -> Finding:
    files = ", ".join(dict.fromkeys(origin.file for origin in table.origins))
    text = "{files} is larger than the memory and no column says when its rows were made: profiles show none of its signals."
    hint = Message("Name its column of times under [mapping] in plant.toml.")
    return Finding("too_large_for_profiles", "warning", Message(text, files=files), table.origins[0], hint=hint)


def in_memory(
    genealogy: Genealogy,
    *,
    tables: Sequence[Table] = (),
    parted: Sequence[InParts] = (),
    aligned: Aligned | None = None,
    findings: Iterable[Finding] = (),
) -> Material:
    """The genealogy as it was traced, indexed: seconds for ten million pieces. ``parted``: the ``tables`` that are in parts."""
    pieces, edges, stays = genealogy.pieces, genealogy.edges, genealogy.stays
    there = {one.head.name for one in parted}
    large = [_left_out(table) for table in tables if table.parts and table.name not in there]
    return Material(
        Shown(pieces),
        Shown(edges),
        Shown(stays),
        pieces["even"],
        genealogy.index,
        overview(genealogy),
        (*genealogy.findings, *(() if aligned is None else aligned.findings), *findings, *large),
        () if aligned is None else aligned.clocks,
        {} if aligned is None else dict(aligned.lines),
        {table.name: tuple(dict.fromkeys(origin.file for origin in table.origins)) for table in tables},
        (*(InMemory(table) for table in tables if not table.parts), *parted),
    )
