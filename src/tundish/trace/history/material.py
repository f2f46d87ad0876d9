"""What must be at hand to tell a piece's history at once, in memory or mapped from disk?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import polars as pl

from tundish.table import Finding, Table
from tundish.trace.genealogy.graph import Genealogy
from tundish.trace.genealogy.index import Index, Rows, Words, build_index
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
        overview(genealogy),
        (*genealogy.findings, *findings),
        clocks,
        dict(lines or {}),
        {table.name: tuple(dict.fromkeys(origin.file for origin in table.origins)) for table in tables},
    )
