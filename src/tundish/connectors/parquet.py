"""How does a Parquet file become rows? It brings names and types of its own."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from tundish.connectors.archive import damage
from tundish.errors import BrokenFile, EmptyFile, Message
from tundish.intake.raw import RawTable, SourceFile
from tundish.intake.tidy import Tidied, tidy
from tundish.table import ROW, Origin

_INDEX = "__index_level_"


@dataclass(frozen=True, slots=True)
class Parquet:
    """The connector for Parquet files."""

    suffixes: tuple[str, ...] = (".parquet", ".pq")

    def read(self, file: SourceFile) -> Iterator[RawTable]:
        """Yield the one table of a Parquet file; its rows are counted from 1."""
        data = file.read_bytes()
        if not data:
            raise EmptyFile(file=file.name, size=0)
        try:
            frame = pl.read_parquet(io.BytesIO(data))
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
            raise BrokenFile(file=file.name, expected=Message("a Parquet file"), found=damage(error)) from error
        if not frame.height or not frame.width:
            raise EmptyFile(file=file.name, size=len(data))
        names = ["" if name.startswith(_INDEX) else name for name in frame.columns]
        frame = frame.rename(dict(zip(frame.columns, map(str, range(frame.width)), strict=True)))
        table = Tidied(frame.with_row_index(ROW, offset=1), list(names), [None] * len(names), Origin(file.name))
        tidy(table, header_rows=[])
        yield RawTable(
            table.origin,
            table.frame,
            tuple(table.headers),
            tuple(table.units),
            {"encoding": "parquet", "header_rows": "1"},
            hashlib.sha256(data).hexdigest(),
            tuple(table.findings),
            tuple(table.repairs),
        )


PARQUET = Parquet()
