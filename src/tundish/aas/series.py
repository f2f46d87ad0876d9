"""How do a plant's records go into a Parquet file beside the shell? (IDTA 02008: series are linked, never inline.)"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from tundish.aas.inventory import leading_time
from tundish.aas.meaning import Meaning, Meanings
from tundish.aas.names import id_short
from tundish.table import Column, Table
from tundish.vocabulary import Catalogue

FOLDER = "series"
TIME = "Time00"
"""Seconds since the first record, as template 02008 counts time."""


@dataclass(frozen=True)
class Field:
    """One column of a series: its name in AAS and Parquet alike, what it means, where it stands in the table."""

    name: str
    meaning: Meaning
    column: Column


@dataclass(frozen=True)
class Series:
    """A table with names that any tool takes, and the Parquet file it goes into where it has an order of time."""

    name: str
    table: Table
    time: Column | None
    fields: tuple[Field, ...]

    @property
    def file(self) -> str:
        """Address of the Parquet file, beside the package."""
        return f"{FOLDER}/{self.name}.parquet"

    @property
    def times(self) -> pl.Series:
        """Known times of the records, in order; none where the table has no time."""
        return pl.Series(dtype=pl.Datetime("us", "UTC")) if self.time is None else self._times(self.time)

    def _times(self, time: Column) -> pl.Series:
        return self.table.frame[time.name].drop_nulls().sort()


def series_of(tables: Sequence[Table], meanings: Meanings) -> tuple[Series, ...]:
    """The tables, in order, with names for files and columns."""
    made: list[Series] = []
    taken: set[str] = set()
    for table in tables:
        name = id_short(table.name, taken)
        taken.add(name.casefold())
        made.append(Series(name, table, leading_time(table), tuple(fields_of(table.columns, meanings))))
    return tuple(made)


def fields_of(columns: Sequence[Column], meanings: Meanings) -> list[Field]:
    """Columns with names from their concepts, else from their headers."""
    taken = {TIME.casefold()}
    made = []
    for column in columns:
        name = id_short(short_name(column), taken)
        taken.add(name.casefold())
        made.append(Field(name, meanings.of(column), column))
    return made


def short_name(column: Column) -> str:
    """``BathTemperature_1`` for a concept at a place, else the header."""
    if column.concept is None:
        return column.header
    own = column.concept.partition(".")[2] or column.concept
    camel = "".join(part[:1].upper() + part[1:] for part in own.split("_"))
    return f"{camel}_{column.position}" if column.position else camel


def write_series(tables: Sequence[Table], catalogue: Catalogue, folder: Path, *, plant: str) -> tuple[Path, ...]:
    """Write each table that has a time as Parquet below ``folder``, as :func:`~tundish.aas.describe` links it; which files.

    Values stand in the unit that the shell states, times in UTC; meaning and unit of each column stand in the file as well.
    """
    written = []
    for one in series_of(tables, Meanings(catalogue, plant)):
        if one.time is not None:
            path = folder / one.file
            path.parent.mkdir(parents=True, exist_ok=True)
            _frame(one, one.time).write_parquet(path, compression="zstd", metadata=_columns(one))
            written.append(path)
    return tuple(written)


def _columns(series: Series) -> dict[str, str]:
    """For whoever has the file alone: header, meaning and unit of each column."""
    told = {
        field.name: {
            "header": field.column.header,
            "semanticId": field.meaning.ids[0],
            "unit": field.meaning.ucum or field.meaning.unit,
        }
        for field in series.fields
    }
    return {"tundish.columns": json.dumps(told, ensure_ascii=False)}


def _frame(series: Series, time: Column) -> pl.DataFrame:
    frame = series.table.frame.filter(pl.col(time.name).is_not_null()).sort(time.name, maintain_order=True)
    moment = pl.col(time.name)
    seconds = ((moment - moment.first()).dt.total_microseconds() // 1_000_000).alias(TIME)
    return frame.select(seconds, *(_shown(field).alias(field.name) for field in series.fields))


def _shown(field: Field) -> pl.Expr:
    value = pl.col(field.column.name)
    meaning = field.meaning
    if field.column.kind != "number" or (meaning.factor == 1.0 and meaning.offset == 0.0):
        return value
    return ((value - meaning.offset) / meaning.factor).round_sig_figs(12)
