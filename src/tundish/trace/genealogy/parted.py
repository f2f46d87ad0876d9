"""How do production records that are larger than memory come into the genealogy? Only the columns that it asks for are held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from tundish.standardise.recipe import read_standard
from tundish.table import SOURCE, Table
from tundish.trace.genealogy.measures import wanted_concepts
from tundish.trace.genealogy.records import read_records
from tundish.trace.genealogy.spaces import id_columns
from tundish.vocabulary import Catalogue

_MOST_ROWS = 50_000_000
"""Beyond so many rows even these few columns would fill a machine of 16 GB."""


def hold_records(tables: Sequence[Table], catalogue: Catalogue, keys: Mapping[str, str] | None) -> tuple[Table, ...]:
    """The tables, with those production records held whole that are in parts; of these only the columns of records.

    Whether a table in parts holds production records is told by its sample; all others in parts are left out, and those of
    too many rows (:func:`tundish.trace.large.about_ids` tells them).
    """
    if not any(table.parts for table in tables):
        return tuple(tables)
    records = {source.table.name for source in read_records(tables, catalogue, keys).sources}
    held = []
    for table in tables:
        if not table.parts:
            held.append(table)
        elif table.name in records and sum(part.rows for part in table.parts) <= _MOST_ROWS:
            held.append(_held(table, _wanted(table, catalogue)))
    return tuple(held)


def _wanted(table: Table, catalogue: Catalogue) -> list[str]:
    ids = {one.column.name for one in id_columns([table], catalogue)}
    concepts = wanted_concepts()
    return [one.name for one in table.columns if one.kind == "time" or one.name in ids or one.concept in concepts]


def _held(table: Table, names: Sequence[str]) -> Table:
    """The table with all rows of these columns."""
    schema = {name: table.frame.schema[name] for name in names}
    frames = []
    for part in table.parts:
        frame = read_standard(part, table.recipes[part.source], names).frame
        frame = frame.with_columns(pl.col(name).cast(schema[name]) for name in frame.columns if name in schema)
        frames.append(frame.with_columns(pl.lit(part.source, dtype=pl.UInt32).alias(SOURCE)))
    whole = pl.concat(frames, how="diagonal")
    kept = tuple(one for one in table.columns if one.name in whole.columns)
    return replace(table, frame=whole, columns=kept, parts=(), recipes=())
