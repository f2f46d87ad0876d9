"""How does a text table become rows? CSV, TSV, TXT and DAT in any usual encoding and dialect."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import overload

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tundish.connectors.stretches import read_in_parts
from tundish.errors import BrokenFile, EmptyFile, Message, NoTable, RaggedRows
from tundish.intake.blocks import find_tables
from tundish.intake.cells import MEASURED, column_look, decimal_mark, look
from tundish.intake.dialect import ALONE, FIXED, Dialect, announced, find_dialect
from tundish.intake.encoding import Decoded, decode
from tundish.intake.layout import count_footers, find_layout, join_headers, skeleton, uncommented, unit_of
from tundish.intake.raw import RawTable, SourceFile
from tundish.intake.reading import PROSE_SUFFIXES
from tundish.intake.records import Records, index_records
from tundish.intake.settled import DataRows
from tundish.intake.tidy import Tidied, tidy
from tundish.table import ROW, ROWS_SHOWN, Finding, Origin

_SAMPLE_LINES = 300
_SAMPLE_BYTES = 400_000
_NOTHING = b" \t\r\n\x00\x1a\xef\xbb\xbf\xff\xfe,;"
MOST_CHARACTERS = 1_000_000
_HEAD = 80
_TAIL = 40
_LEAST_SHARE_OF_PROSE = 0.7


@dataclass(frozen=True, slots=True)
class Text:
    """The connector for text tables."""

    suffixes: tuple[str, ...] = (".csv", ".tsv", ".tab", ".txt", ".dat", ".log", ".prn", ".asc")

    def read(self, file: SourceFile) -> Iterator[RawTable]:
        """Yield the table of a text file, or each of several under one another; without rows it is a header alone."""
        if file.path is not None and file.sampled_bytes is not None and file.path.stat().st_size:
            yield read_in_parts(file, file.path)
            return
        data = file.read_bytes()
        if not data[:_SAMPLE_BYTES].strip(_NOTHING) and not data.strip(_NOTHING):
            raise EmptyFile(file=file.name, size=len(data))
        decoded = decode(data, file.name)
        if not decoded.utf8 or decoded.utf8.isspace():
            raise EmptyFile(file=file.name, size=len(data))
        yield from _tables(file, decoded, hashlib.sha256(data).hexdigest())


TEXT = Text()


def _tables(file: SourceFile, decoded: Decoded, sha256: str) -> Iterator[RawTable]:
    dialect = _dialect(decoded.utf8, file.name)
    records = index_records(decoded.utf8, dialect)
    first = 1 if announced(records.raw(0).decode()) else 0
    blocks = find_tables(_Lines(records, first), _filled(records, first), alone=dialect.mark == ALONE)
    notes = [*decoded.findings, *_unclosed(file.name, records), *_several(file.name, records, [first + a for a, _ in blocks])]
    for number, (start, stop) in enumerate(blocks, 1):
        origin = Origin(file.name, f"#{number}" if len(blocks) > 1 else None)
        part = _Part(file, origin, dialect, records.slice(first + start, first + stop), decoded)
        yield part.table(notes, sha256)
        notes = []


class _Lines(Sequence[list[str]]):
    """Records as rows of texts, read when they are asked for."""

    def __init__(self, records: Records, first: int) -> None:
        self.records, self.first = records, first

    def __len__(self) -> int:
        return len(self.records) - self.first

    @overload
    def __getitem__(self, index: int) -> list[str]: ...
    @overload
    def __getitem__(self, index: slice) -> list[list[str]]: ...
    def __getitem__(self, index: int | slice) -> list[str] | list[list[str]]:
        if isinstance(index, slice):
            return [self.records.row(self.first + one) for one in range(*index.indices(len(self)))]
        return self.records.row(self.first + index)


def _filled(records: Records, first: int) -> NDArray[np.bool_]:
    """Whether a record holds more than delimiters, as far as its length tells."""
    return (records.ends - records.starts >= records.widths)[first:]


def _unclosed(file: str, records: Records) -> list[Finding]:
    if not records.unclosed:
        return []
    lines = records.unclosed
    message = Message(
        "In {count} lines (first: {line}) a quote is opened and never closed; it was read as a letter. "
        "Check these lines in the file.",
        count=len(lines),
        line=str(lines[0]),
    )
    return [Finding("unclosed_quote", "warning", message, Origin(file, row=lines[0]), len(lines), lines[:ROWS_SHOWN])]


def _several(file: str, records: Records, starts: Sequence[int]) -> list[Finding]:
    if len(starts) < 2:
        return []
    lines = tuple(int(records.lines[start]) for start in starts)
    message = Message(
        "The file holds {count} tables under one another; each was read as a table of its own (#1, #2, ...), "
        "they begin in the lines {lines}.",
        count=len(starts),
        lines=tuple(map(str, lines)),
    )
    return [Finding("several_tables", "info", message, Origin(file, row=lines[1]), len(starts), lines[:ROWS_SHOWN])]


@dataclass(frozen=True, slots=True)
class _Part:
    """The records of one table, and what is known of the file they stand in."""

    file: SourceFile
    origin: Origin
    dialect: Dialect
    records: Records
    decoded: Decoded

    def table(self, notes: Sequence[Finding], sha256: str) -> RawTable:
        """Header, units, data and footers; ``notes`` are findings about the whole file."""
        records = self.records
        width = _usual_width(records, self.dialect.mark)
        head = [records.row(index) for index in range(min(_HEAD, len(records)))]
        _must_be_short(self.file.name, records, head)
        layout = find_layout(head, width)
        if PurePosixPath(self.file.name).suffix.lower() in PROSE_SUFFIXES:
            _must_be_table(self.file.name, [row for row in head[layout.first :] if len(row) == width], width, self.dialect.mark)
        header_rows = [uncommented(head[index]) for index in layout.header]
        units = [] if layout.unit_row is None else [uncommented(head[layout.unit_row])]
        tail_start = max(layout.first, len(records) - _TAIL)
        footers = count_footers([records.row(index) for index in range(tail_start, len(records))], width)
        rows = DataRows(self.file, self.origin, records, width, np.arange(layout.first, len(records) - footers))
        rows.settle(known={skeleton(head[index]) for index in (*layout.preamble, *layout.header)})
        table = Tidied(rows.frame(), *_headers(rows, header_rows, units), self.origin)
        table.findings += [*notes, *rows.findings]
        table.repairs += [*self.decoded.repairs, *rows.repairs]
        _note_rows(table, records, layout.preamble, "title_rows")
        below = [index for index in range(len(records) - footers, len(records)) if any(records.row(index))]
        _note_rows(table, records, below, "footer_rows")
        decimal = _decimal(table.frame)
        tidy(table, header_rows=[*(head[index] for index in layout.header), *units])
        if not layout.header:
            table.findings = [finding for finding in table.findings if finding.code != "nameless_column"]
        told = {
            "encoding": self.decoded.encoding,
            "delimiter": FIXED if records.fixed else self.dialect.said,
            "quote": records.quote or "none",
            "decimal": decimal,
            "header_rows": str(len(header_rows) + len(units)),
            "footer_rows": str(len(below)),
            "bytes": str(len(self.decoded.utf8)),
        }
        return table.raw(told, sha256)


def _dialect(utf8: bytes, file: str) -> Dialect:
    sample = utf8[:_SAMPLE_BYTES].decode("utf-8", "ignore").split("\n")[:_SAMPLE_LINES]
    found = find_dialect(sample)
    prose = PurePosixPath(file).suffix.lower() in PROSE_SUFFIXES
    if found is not None and not (prose and found.share < _LEAST_SHARE_OF_PROSE and not found.framed):
        return found
    cells = [line.strip() for line in sample if line.strip()]
    if not prose and len(cells) > 1 and (found is None or found.share < 0.5) and column_look(cells[1:]) in MEASURED:
        return Dialect(ALONE, 1, 1.0, 1.0)
    if found is not None and not prose:
        return found
    none, uneven = Message("no delimiter splits its lines into columns"), Message("its lines differ in their number of fields")
    raise NoTable(file=file, expected=Message("a table"), found=none if found is None else uneven)


def _usual_width(records: Records, mark: str) -> int:
    if mark == ALONE:
        return 1
    counts = np.bincount(records.widths[records.widths > 1])
    return int(counts.argmax()) if counts.size else 1


def _must_be_short(file: str, records: Records, head: Sequence[Sequence[str]]) -> None:
    """A cell of a million characters at the top is no header and no value; mostly a quote is never closed."""
    for index, row in enumerate(head):
        longest = max(map(len, row), default=0)
        if longest > MOST_CHARACTERS:
            found = Message(
                "a cell of {size} characters in line {line}; a quote may never be closed",
                size=longest,
                line=int(records.lines[index]),
            )
            raise BrokenFile(file=file, expected=Message("a table"), found=found)


def _must_be_table(file: str, body: Sequence[Sequence[str]], width: int, mark: str) -> None:
    """A few words with a comma in each line are no table; a header that stands alone may be."""
    measured = any(look(cell) in MEASURED for row in body for cell in row)
    alone = not body and (width > 2 or mark != ",")
    if not measured and not alone and (width < 3 or len(body) < 5):
        raise NoTable(file=file, expected=Message("a table"), found=Message("its lines hold words, not values"))


def _headers(
    rows: DataRows, header_rows: Sequence[Sequence[str]], unit_rows: Sequence[Sequence[str]]
) -> tuple[list[str], list[str | None]]:
    """Names and units of the columns; raises RaggedRows when they are more or fewer than the values."""
    width = rows.width
    if not header_rows:
        return [""] * width, [None] * width
    length = max(len(row) for row in header_rows)
    surplus = [cell for row in header_rows for cell in row[width:] if cell]
    names = list(join_headers(header_rows, width))
    units = [unit_of(cell) for row in unit_rows for cell in row]
    units = [*units, *[None] * width][:width]
    if length == width - 1 and rows.counts_itself():
        return ["", *names[:-1]], [None, *units[:-1]]
    if surplus or (length < width and rows.fills(length)):
        raise RaggedRows(file=rows.file.name, row=rows.first_line(), found=width, expected=length, rows=len(rows.kept))
    return names, units


def _note_rows(table: Tidied, records: Records, indexes: Sequence[int], code: str) -> None:
    if not indexes:
        return
    lines = [int(records.lines[index]) for index in indexes]
    texts = {
        "title_rows": "{count} rows above the header are no part of the table and were left out.",
        "footer_rows": "{count} rows below the data (sums, notes) were left out.",
    }
    before = " / ".join(records.raw(index).decode().strip() for index in indexes)[:200]
    table.repair(code, Message(texts[code], count=len(lines)), rows=lines, before=before)


def _decimal(frame: pl.DataFrame) -> str:
    step = max(1, frame.height // 500)
    sample = frame.drop(ROW).gather_every(step)
    return decimal_mark([cell for column in sample.iter_columns() for cell in column.drop_nulls().to_list()])
