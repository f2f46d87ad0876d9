"""How do standardised tables lie on disk so that a stretch is read without the rest? Parquet, and JSON for the columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from tundish.errors import InputsChanged
from tundish.store.told import packed, unpacked
from tundish.table import Column, Origin, Table

_ROWS = 50_000
"""Rows of a group: a few hours of a trend."""


@dataclass(frozen=True, slots=True, eq=False)
class KeptTable:
    """A table on disk."""

    head: Table
    """The table without rows."""
    path: Path

    def rows(self, wanted: pl.Expr, /) -> pl.DataFrame:
        """The rows that are wanted, in their order; :class:`InputsChanged` when they lie there no more as they were written."""
        try:
            return pl.scan_parquet(self.path, glob=False).filter(wanted).collect()
        except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as failure:
            self.path.unlink(missing_ok=True)  # so that the next run does not believe the rest either
            raise InputsChanged(part=self.path) from failure


def put_tables(tables: Iterable[Table], folder: Path) -> None:
    """Write tables into a new folder."""
    folder.mkdir()
    told = []
    for number, table in enumerate(tables):
        table.frame.write_parquet(folder / f"{number}.parquet", compression="zstd", compression_level=1, row_group_size=_ROWS)
        columns = [_column_told(column) for column in table.columns]
        told.append({"name": table.name, "columns": columns, "origins": [asdict(origin) for origin in table.origins]})
    (folder / "tables.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


def kept_tables(folder: Path) -> tuple[KeptTable, ...]:
    """The tables in a folder that :func:`put_tables` wrote."""
    told = json.loads((folder / "tables.json").read_text(encoding="utf-8"))
    return tuple(_again(one, folder / f"{number}.parquet") for number, one in enumerate(told))


def _again(told: Mapping[str, Any], path: Path) -> KeptTable:
    schema = pl.scan_parquet(path, glob=False).collect_schema()
    columns = tuple(_column_again(column) for column in told["columns"])
    origins = tuple(Origin(**origin) for origin in told["origins"])
    return KeptTable(Table(told["name"], pl.DataFrame(schema=schema), columns, origins), path)


def _column_told(column: Column) -> dict[str, Any]:
    reason = None if column.known_reason is None else packed(column.known_reason)
    return {**asdict(column), "known_reason": reason}


def _column_again(told: Mapping[str, Any]) -> Column:
    reason = told["known_reason"]
    origins = tuple(Origin(**origin) for origin in told["origins"])
    return Column(**{**told, "origins": origins, "known_reason": None if reason is None else unpacked(reason)})
