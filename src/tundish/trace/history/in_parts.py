"""Which rows of a table in parts does a piece's history need? Only the parts of those hours are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from tundish.standardise.recipe import read_standard
from tundish.table import ROW, SOURCE, Chunk, Recipe, Table
from tundish.trace.stamps import as_times, microseconds
from tundish.trace.stays.partial import shifted
from tundish.trace.stays.survey import Bench, Shifts, Survey, survey
from tundish.vocabulary import Catalogue

Span = tuple[int, int]
"""From and to (included), in us on the table's own clock."""


@dataclass(frozen=True, slots=True)
class Share:
    """A part of the table, the stamps it lies between, and how its clock is put right."""

    chunk: Chunk
    span: Span
    shifts: Shifts = ()


@dataclass(frozen=True, slots=True, eq=False)
class InParts:
    """A table that is too large to be held: a :class:`tundish.trace.history.material.Recorded`."""

    head: Table
    """The table without rows."""
    stamp: str
    """The column that the parts were put in order by."""
    recipes: tuple[Recipe, ...]
    shares: tuple[Share, ...]
    """In order of time."""

    def rows(self, wanted: pl.Expr, /, *, within: Sequence[Span] = ()) -> pl.DataFrame:
        """The rows that are wanted, in order of time; parts that lie beyond ``within`` are not looked at.

        Raises what reading a part raises, :class:`tundish.errors.BrokenFile` for a file that has changed since.
        """
        near = [one for one in self.shares if any(one.span[0] <= to and one.span[1] >= since for since, to in within)]
        kept = [self._read(one).filter(wanted) for one in (near if within else self.shares)]
        return pl.concat([self.head.frame, *kept], how="vertical_relaxed")

    def _read(self, share: Share) -> pl.DataFrame:
        recipe = self.recipes[share.chunk.source]
        read = read_standard(share.chunk, recipe, [rule.name for rule in recipe.rules]).frame
        times = shifted(microseconds(read[self.stamp]), read[ROW].to_numpy(), share.shifts)
        there = read.with_columns(as_times(times, self.stamp), pl.lit(share.chunk.source, pl.UInt16).alias(SOURCE))
        absent = [pl.lit(None, kind).alias(name) for name, kind in self.head.frame.schema.items() if name not in there.columns]
        return there.with_columns(absent).select(pl.col(name).cast(kind) for name, kind in self.head.frame.schema.items())


def in_parts(found: Survey) -> InParts:
    """A table in parts, so that stretches of it are read."""
    spans = zip(found.spans["first"].to_list(), found.spans["last"].to_list(), strict=True)
    shares = (Share(chunk, span, found.shifts.get(chunk, ())) for chunk, span in zip(found.parts, spans, strict=True))
    table = found.table
    head = replace(table, frame=table.frame.clear(), parts=(), recipes=())
    return InParts(head, found.stamp.name, table.recipes, tuple(shares))


def lay_parts(tables: Sequence[Table], catalogue: Catalogue, bench: Bench | None) -> tuple[InParts, ...]:
    """Those of the tables that are in parts and tell when their rows were made. Raises what the engine raises."""
    parted = [table for table in tables if table.parts] if bench is not None else []
    surveys = (survey(table, catalogue, bench) for table in parted if bench is not None)
    return tuple(in_parts(found) for found in surveys if found is not None)
