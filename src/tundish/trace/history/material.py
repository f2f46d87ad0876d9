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

    def rows(self, wanted: pl.Expr, /) -> pl.DataFrame:
        """The rows that are wanted, in their order."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class InMemory:
    """A table as it was standardised."""

    table: Table

    @property
    def head(self) -> Table:
        """The table without rows."""
        return replace(self.table, frame=self.table.frame.clear())

    def rows(self, wanted: pl.Expr, /) -> pl.DataFrame:
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
    text = "{files} is read in parts, for it is larger than the memory: profiles along a piece show none of its signals."
    hint = Message("Trace a folder that holds only the months in question, or a machine with more memory.")
    return Finding("too_large_for_profiles", "warning", Message(text, files=files), table.origins[0], hint=hint)


def in_memory(
    genealogy: Genealogy, *, tables: Sequence[Table] = (), aligned: Aligned | None = None, findings: Iterable[Finding] = ()
) -> Material:
    """The genealogy as it was traced, indexed: seconds for ten million pieces."""
    pieces, edges, stays = genealogy.pieces, genealogy.edges, genealogy.stays
    large = [_left_out(table) for table in tables if table.parts]
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
        tuple(InMemory(table) for table in tables if not table.parts),
    )
