"""How does a Parquet file become rows? It brings names and types of its own."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from tundish.connectors.calendar import in_calendar
from tundish.connectors.footer import row_groups
from tundish.connectors.row_groups import read_in_parts
from tundish.connectors.unharmed import check_pages, check_values, stretches
from tundish.errors import BrokenFile, EmptyFile, HostileArchive, Message
from tundish.intake.held import SAMPLE_BYTES
from tundish.intake.raw import RawTable, SourceFile
from tundish.intake.tidy import Tidied, tidy
from tundish.intake.unpack import MOST_RATIO, damage
from tundish.table import ROW, Finding, Origin

FREE_CELLS = 32 * 2**20
"""Below this many cells no ratio counts: constant signals pack well."""
MOST_CELLS = 512 * 2**20
"""Cells allowed in one file: 4 GiB of numbers."""
MOST_TEXT_BYTES = 2**30
_CELL_BYTES = 8
_INDEX = "__index_level_"


@dataclass(frozen=True, slots=True)
class Parquet:
    """The connector for Parquet files."""

    suffixes: tuple[str, ...] = (".parquet", ".pq")

    def read(self, file: SourceFile) -> Iterator[RawTable]:
        """Yield the one table of a Parquet file; its rows are counted from 1."""
        if file.path is not None and (file.sampled_bytes is not None or _cells(file) > MOST_CELLS):
            yield _in_parts(file, file.path)
            return
        data = file.read_bytes()
        if not data:
            raise EmptyFile(file=file.name, size=0)
        stream = io.BytesIO(data)
        check_pages(stream, len(data), file.name)
        try:
            frame, left_out = _unpack(file.name, data)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
            raise BrokenFile(file=file.name, expected=Message("a Parquet file"), found=damage(error)) from error
        check_values(frame, stretches(stream, len(data), file.name), file.name)
        frame = in_calendar(frame)
        if not frame.height or not frame.width:
            raise EmptyFile(file=file.name, size=len(data))
        names = ["" if name.startswith(_INDEX) else name for name in frame.columns]
        frame = frame.rename(dict(zip(frame.columns, map(str, range(frame.width)), strict=True)))
        table = Tidied(frame.with_row_index(ROW, offset=1), list(names), [None] * len(names), Origin(file.name))
        table.findings += left_out
        tidy(table, header_rows=[])
        yield table.raw({"encoding": "parquet", "header_rows": "1"}, hashlib.sha256(data).hexdigest())


PARQUET = Parquet()


def _cells(file: SourceFile) -> int:
    """Cells of a file on disk, as its footer tells; 0 where it tells nothing, and reading says why."""
    try:
        scan = pl.scan_parquet(file.path or "", glob=False)
        return int(scan.select(pl.len()).collect().item()) * len(_plain(scan.collect_schema()))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        return 0


def _in_parts(file: SourceFile, path: Path) -> RawTable:
    """A file on disk that is too large to be held; what an archive unpacks to is never."""
    promised = row_groups(path, file.name)
    try:
        schema = pl.scan_parquet(path, glob=False).collect_schema()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise BrokenFile(file=file.name, expected=Message("a Parquet file"), found=damage(error)) from error
    with path.open("rb") as stream:
        check_pages(stream, path.stat().st_size, file.name)
    plain = _plain(schema)
    sampled = file.sampled_bytes or SAMPLE_BYTES
    table = read_in_parts(replace(file, sampled_bytes=sampled), path, promised, plain)
    left_out = [_packed(file.name, name, str(kind)) for name, kind in schema.items() if name not in plain]
    return replace(table, findings=(*left_out, *table.findings))


def _plain(schema: Mapping[str, pl.DataType]) -> dict[str, pl.DataType]:
    return {name: kind for name, kind in schema.items() if not (kind.is_nested() or kind == pl.Binary)}


def _unpack(file: str, data: bytes) -> tuple[pl.DataFrame, list[Finding]]:
    """Columns of plain values, once their count is known to be harmless; lists, records and bytes stay packed."""
    scan = pl.scan_parquet(io.BytesIO(data))
    schema = scan.collect_schema()
    plain = list(_plain(schema))
    rows = scan.select(pl.len()).collect().item()
    cells, allowed = rows * len(plain), min(MOST_CELLS, max(FREE_CELLS, MOST_RATIO * len(data) // _CELL_BYTES))
    if cells > allowed:
        found = Message(
            "{rows} rows and {columns} columns packed into {size} bytes", rows=rows, columns=len(plain), size=len(data)
        )
        raise HostileArchive(file=file, found=found, allowed=Message("{cells} cells", cells=allowed))
    frame = scan.select(plain).collect()
    size = sum(
        int(column.str.len_bytes().cast(pl.UInt64).sum()) for column in frame.iter_columns() if column.dtype == pl.String
    )
    if size > MOST_TEXT_BYTES:
        found = Message("texts of {size} bytes", size=size)
        raise HostileArchive(file=file, found=found, allowed=Message("{size} bytes", size=MOST_TEXT_BYTES))
    return frame, [_packed(file, name, str(kind)) for name, kind in schema.items() if name not in plain]


def _packed(file: str, column: str, kind: str) -> Finding:
    text = "The column holds lists, records or bytes ({kind}) and was not read. Export its values as columns of their own."
    return Finding("nested_column", "warning", Message(text, kind=kind[:60]), Origin(file, column=column))
