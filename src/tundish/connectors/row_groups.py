"""How is a Parquet file read that is too large to be held? Row group by row group; what it means is learnt from a sample."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path

import polars as pl

from tundish.connectors.calendar import in_calendar
from tundish.errors import BrokenFile, EmptyFile, HostileArchive, Message
from tundish.intake.held import runs
from tundish.intake.raw import RawTable, SourceFile
from tundish.intake.tidy import Tidied, tidy
from tundish.intake.unpack import MOST_RATIO, damage
from tundish.table import ROW, Chunk, Origin

MOST_ROWS = 2**20
"""Rows of a chunk: one signal of it takes 8 MB. Larger row groups are read in several chunks."""
CELL_BYTES = 8
_READER = "tundish.connectors.row_groups:read_rows"


def read_in_parts(file: SourceFile, path: Path, groups: Sequence[int], schema: Mapping[str, pl.DataType]) -> RawTable:
    """A sample of the file, and where all its rows lie. ``groups``: rows of each row group; ``schema``: its plain columns."""
    rows, size = sum(groups), path.stat().st_size
    if not rows or not schema:
        raise EmptyFile(file=file.name, size=size)
    allowed = MOST_RATIO * size // CELL_BYTES
    if rows * len(schema) > allowed:
        found = Message("{rows} rows and {columns} columns packed into {size} bytes", rows=rows, columns=len(schema), size=size)
        raise HostileArchive(file=file.name, found=found, allowed=Message("{cells} cells", cells=allowed))
    wanted = (file.sampled_bytes or 0) // (CELL_BYTES * len(schema))
    parts = tuple(_chunks(file.name, path, groups))
    frame = pl.concat([_rows(parts, first, last, list(schema)) for first, last in runs(rows, max(wanted, 1))])
    table = Tidied(_numbered(frame), list(schema), [None] * len(schema), Origin(file.name))
    tidy(table, header_rows=[])
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    raw = table.raw({"encoding": "parquet", "header_rows": "1"}, digest)
    return RawTable(raw.origin, raw.frame, raw.headers, raw.units, raw.dialect, digest, raw.findings, raw.repairs, parts)


def read_rows(chunk: Chunk, headers: Sequence[str]) -> pl.DataFrame:
    """The rows of a chunk; raises :class:`tundish.errors.BrokenFile`, naming the row group, for what cannot be read whole."""
    try:
        scan = pl.scan_parquet(chunk.path, glob=False)
        there = {_plain(name): name for name in scan.collect_schema().names()}
        if set(headers) - there.keys():
            missing = ", ".join(sorted(set(headers) - there.keys()))
            found = Message("row group {group} has no column {columns}", group=chunk.number, columns=missing)
            raise BrokenFile(file=chunk.file, expected=_EXPECTED, found=found)
        rows = scan.slice(chunk.begin, chunk.end - chunk.begin)
        frame = rows.select(pl.col(there[header]).alias(header) for header in headers).collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        found = Message("row group {group} cannot be read: {damage}", group=chunk.number, damage=str(damage(error)))
        raise BrokenFile(file=chunk.file, expected=_EXPECTED, found=found) from error
    if frame.height != chunk.rows and headers:
        found = Message(
            "row group {group} holds {rows} rows of {promised}", group=chunk.number, rows=frame.height, promised=chunk.rows
        )
        raise BrokenFile(file=chunk.file, expected=_EXPECTED, found=found)
    return in_calendar(frame).with_row_index(ROW, offset=chunk.row)


_EXPECTED = Message("a Parquet file")


def _chunks(file: str, path: Path, groups: Sequence[int]) -> Iterator[Chunk]:
    seen = path.stat()
    for number, (rows, stop) in enumerate(zip(groups, accumulate(groups), strict=True), 1):
        for begin in range(stop - rows, stop, MOST_ROWS):
            end = min(begin + MOST_ROWS, stop)
            yield Chunk(file, str(path.resolve()), _READER, number, begin, end, begin + 1, end - begin,
                        seen.st_size, seen.st_mtime_ns)  # fmt: skip


def _rows(parts: Sequence[Chunk], first: int, last: int, names: Sequence[str]) -> pl.DataFrame:
    """Rows of the file (from 0), read chunk by chunk so that what is damaged is named."""
    taken = []
    for part in parts:
        begin, end = max(part.begin, first), min(part.end, last)
        if begin < end:
            share = Chunk(part.file, part.path, part.reader, part.number, begin, end, begin + 1, end - begin,
                          part.size, part.changed_ns)  # fmt: skip
            taken.append(read_rows(share, [_plain(name) for name in names]))
    return pl.concat(taken)


def _numbered(frame: pl.DataFrame) -> pl.DataFrame:
    names = [name for name in frame.columns if name != ROW]
    return frame.rename({name: str(number) for number, name in enumerate(names)})


def _plain(name: str) -> str:
    """The name as a table of ours calls the column."""
    return unicodedata.normalize("NFC", " ".join(name.split()))
