"""How do standardised tables lie on disk so that a stretch is read without the rest? Parquet, and JSON for the columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from tundish.errors import InputsChanged
from tundish.store.told import packed, unpacked
from tundish.table import Column, Origin, Table
from tundish.trace.history.in_parts import InParts, Share, Span
from tundish.trace.stays.packed import chunk_of, packed_chunk, packed_recipe, recipe_of

_ROWS = 50_000
"""Rows of a group: a few hours of a trend."""


@dataclass(frozen=True, slots=True, eq=False)
class KeptTable:
    """A table on disk."""

    head: Table
    """The table without rows."""
    path: Path

    def rows(self, wanted: pl.Expr, /, *, within: Sequence[Span] = ()) -> pl.DataFrame:
        """The rows that are wanted, in their order; :class:`InputsChanged` when they lie there no more as they were written."""
        try:
            return pl.scan_parquet(self.path, glob=False).filter(wanted).collect()
        except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as failure:
            self.path.unlink(missing_ok=True)  # so that the next run does not believe the rest either
            raise InputsChanged(part=self.path) from failure


def put_tables(tables: Iterable[Table | InParts], folder: Path) -> None:
    """Write tables into a new folder; of one in parts only where these lie and how they are read."""
    folder.mkdir()
    told = []
    for number, one in enumerate(tables):
        table = one.head if isinstance(one, InParts) else one
        table.frame.write_parquet(folder / f"{number}.parquet", compression="zstd", compression_level=1, row_group_size=_ROWS)
        columns = [_column_told(column) for column in table.columns]
        parts = _parts_told(one) if isinstance(one, InParts) else None
        origins = [asdict(origin) for origin in table.origins]
        told.append({"name": table.name, "columns": columns, "origins": origins, "parts": parts})
    (folder / "tables.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


def kept_tables(folder: Path) -> tuple[KeptTable | InParts, ...]:
    """The tables in a folder that :func:`put_tables` wrote."""
    told = json.loads((folder / "tables.json").read_text(encoding="utf-8"))
    return tuple(_again(one, folder / f"{number}.parquet") for number, one in enumerate(told))


def _again(told: Mapping[str, Any], path: Path) -> KeptTable | InParts:
    schema = pl.scan_parquet(path, glob=False).collect_schema()
    columns = tuple(_column_again(column) for column in told["columns"])
    origins = tuple(Origin(**origin) for origin in told["origins"])
    head = Table(told["name"], pl.DataFrame(schema=schema), columns, origins)
    return KeptTable(head, path) if told["parts"] is None else _parts_again(head, told["parts"])


def _parts_told(table: InParts) -> dict[str, Any]:
    shares = [(packed_chunk(share.chunk), share.span, share.shifts) for share in table.shares]
    return {"stamp": table.stamp, "recipes": [packed_recipe(recipe) for recipe in table.recipes], "shares": shares}


def _parts_again(head: Table, told: Mapping[str, Any]) -> InParts:
    shares = (
        Share(chunk_of(chunk), (since, to), tuple((first, last, by) for first, last, by in shifts))
        for chunk, (since, to), shifts in told["shares"]
    )
    return InParts(head, told["stamp"], tuple(recipe_of(text) for text in told["recipes"]), tuple(shares))


def _column_told(column: Column) -> dict[str, Any]:
    reason = None if column.known_reason is None else packed(column.known_reason)
    return {**asdict(column), "known_reason": reason}


def _column_again(told: Mapping[str, Any]) -> Column:
    reason = told["known_reason"]
    origins = tuple(Origin(**origin) for origin in told["origins"])
    return Column(**{**told, "origins": origins, "known_reason": None if reason is None else unpacked(reason)})
