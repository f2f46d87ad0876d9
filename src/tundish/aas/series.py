"""How do a plant's records go into a Parquet file beside the shell? (IDTA 02008: series are linked, never inline.)"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from tundish.aas.inventory import leading_time
from tundish.aas.meaning import Meaning, Meanings
from tundish.aas.names import id_short
from tundish.table import Column, Table

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
    """A table in the order of time, and the Parquet file it goes into."""

    name: str
    table: Table
    time: Column
    fields: tuple[Field, ...]

    @property
    def file(self) -> str:
        """Address of the Parquet file, beside the package."""
        return f"{FOLDER}/{self.name}.parquet"

    @property
    def times(self) -> pl.Series:
        """Known times of the records, in order."""
        return self.table.frame[self.time.name].drop_nulls().sort()


def series_of(tables: Sequence[Table], meanings: Meanings) -> tuple[Series, ...]:
    """The tables that have a time, with names for files and columns that any tool takes."""
    made: list[Series] = []
    taken: set[str] = set()
    for table in tables:
        time = leading_time(table)
        if time is not None:
            name = id_short(table.name, taken)
            taken.add(name.casefold())
            made.append(Series(name, table, time, tuple(fields_of(table.columns, meanings))))
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


def write_series(series: Sequence[Series], folder: Path) -> None:
    """Write each series as Parquet below ``folder``: values in the unit that the shell states, times in UTC."""
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    for one in series:
        _frame(one).write_parquet(folder / one.file, compression="zstd", statistics=True)


def _frame(series: Series) -> pl.DataFrame:
    frame = series.table.frame.filter(pl.col(series.time.name).is_not_null()).sort(series.time.name, maintain_order=True)
    time = pl.col(series.time.name)
    seconds = ((time - time.first()).dt.total_microseconds() // 1_000_000).alias(TIME)
    return frame.select(seconds, *(_shown(field).alias(field.name) for field in series.fields))


def _shown(field: Field) -> pl.Expr:
    value = pl.col(field.column.name)
    meaning = field.meaning
    if field.column.kind != "number" or (meaning.factor == 1.0 and meaning.offset == 0.0):
        return value
    return ((value - meaning.offset) / meaning.factor).round_sig_figs(12)
