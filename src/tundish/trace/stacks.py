"""Which exports were stacked into one table although they are of different lines? They are taken apart before joining."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from tundish.table import SOURCE, Column, Table
from tundish.trace.ids import is_identity
from tundish.vocabulary import Catalogue

_MOSTLY = 0.5


def take_apart(tables: Sequence[Table], catalogue: Catalogue) -> tuple[Table, ...]:
    """The tables, with stacks of exports that name different things each made into several.

    Two exports stay together unless each names something that the other does not (slabs here, strips there), or one names more
    and both were written over the same time: months of one line follow one another. A part is called like its file, the largest
    of several files like the stack.
    """
    apart = [part for table in tables for part in _parts(table, catalogue)]
    names = [table.name for table in apart]
    return tuple(replace(part, name=f"{part.name} {n + 1}") if part.name in names[:n] else part for n, part in enumerate(apart))


def part_with(tables: Sequence[Table], whole: Table, column: str) -> Table:
    """Of the tables that ``whole`` was taken apart into, the one in which most rows have a value in ``column``."""
    parts = [table for table in tables if {*table.origins} <= {*whole.origins} and any(c.name == column for c in table.columns)]
    return max(parts, key=lambda table: table.frame.height - table.frame[column].null_count())


def side_by_side(spans: pl.DataFrame) -> bool:
    """Whether most exports begin before the one in front has ended, as those of several lines do; months of one line follow
    one another. ``spans``: ``begin`` and ``end`` of each."""
    ordered = spans.sort("begin")
    return float((ordered["begin"] < ordered["end"].shift()).mean() or 0.0) > _MOSTLY  # type: ignore[arg-type]


def by_line(table: Table, lines: Mapping[str, str]) -> list[tuple[str | None, Table]]:
    """The rows of each line of a table stacked from logs of several; ``lines``: file -> line. None where it is not known."""
    told = [lines.get(origin.file) for origin in table.origins] or [lines.get(table.name)]
    if len(set(told)) == 1 or SOURCE not in table.frame.columns:
        return [(told[0] if len(set(told)) == 1 else None, table)]
    parts = []
    for line in dict.fromkeys(told):
        sources = [n for n, one in enumerate(told) if one == line]
        renumbered = pl.col(SOURCE).replace_strict(
            dict(zip(sources, range(len(sources)), strict=True)), return_dtype=table.frame[SOURCE].dtype
        )
        rows = table.frame.filter(pl.col(SOURCE).is_in(sources)).with_columns(renumbered)
        chunks = tuple(replace(chunk, source=sources.index(chunk.source)) for chunk in table.parts if chunk.source in sources)
        recipes = tuple(table.recipes[n] for n in sources) if table.recipes else ()
        origins = tuple(table.origins[n] for n in sources)
        parts.append((line, replace(table, frame=rows, origins=origins, parts=chunks, recipes=recipes)))
    return parts


def _parts(table: Table, catalogue: Catalogue) -> list[Table]:
    names = [column.name for column in table.columns if is_identity(column, catalogue)]
    if table.parts or len(table.origins) < 2 or not names or SOURCE not in table.frame.columns:
        return [table]
    groups = _groups(table, names)
    if len(groups) < 2:
        return [table]
    parts = [(sources, table.frame.filter(pl.col(SOURCE).is_in(sources))) for sources in groups]
    largest = max(range(len(parts)), key=lambda n: parts[n][1].height)
    return [_part(table, sources, frame, first=n == largest) for n, (sources, frame) in enumerate(parts)]


def _groups(table: Table, names: Sequence[str]) -> list[list[int]]:
    """Numbers of the sources that stay together."""
    times = table.of_kind("time")
    span = [pl.col(times[0].name).min().alias("#begin"), pl.col(times[0].name).max().alias("#end")] if times else []
    held = table.frame.group_by(SOURCE).agg(*(pl.col(name).is_not_null().any() for name in names), *span).sort(SOURCE)
    groups: list[tuple[frozenset[str], list[int]]] = []
    for row in held.iter_rows(named=True):
        ids = frozenset(name for name in names if row[name])
        for n, (theirs, sources) in enumerate(groups):
            nested = ids <= theirs or theirs <= ids
            if ids == theirs or (nested and not (span and _at_once(held, [*sources, row[SOURCE]]))):
                groups[n] = (ids | theirs, [*sources, row[SOURCE]])
                break
        else:
            groups.append((ids, [row[SOURCE]]))
    return [sources for _, sources in groups]


def _at_once(held: pl.DataFrame, sources: Sequence[int]) -> bool:
    return side_by_side(held.filter(pl.col(SOURCE).is_in(sources)).select(begin="#begin", end="#end"))


def _part(table: Table, sources: Sequence[int], frame: pl.DataFrame, *, first: bool) -> Table:
    """The rows of these sources, with the columns that they have; what was found and repaired stays with the first part."""
    origins = tuple(table.origins[number] for number in sources)
    files = {(origin.file, origin.sheet) for origin in origins}
    columns = tuple(_of_files(c, files) for c in table.columns if frame[c.name].null_count() < frame.height)
    source = pl.col(SOURCE).replace_strict(
        dict(zip(sources, range(len(sources)), strict=True)), return_dtype=frame[SOURCE].dtype
    )
    kept = frame.select(*(c.name for c in columns), *(name for name in frame.columns if name.startswith("#"))).with_columns(
        source
    )
    name = table.name if first and len(origins) > 1 else origins[0].stem
    told = replace(table, name=name, frame=kept, columns=columns, origins=origins)
    return told if first else replace(told, matches=(), findings=(), repairs=(), asides=())


def _of_files(column: Column, files: set[tuple[str, str | None]]) -> Column:
    kept = tuple(origin for origin in column.origins if (origin.file, origin.sheet) in files)
    return replace(column, origins=kept or column.origins)
