"""How does a text table become rows? CSV, TSV, TXT and DAT in any usual encoding and dialect."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tundish.errors import BrokenFile, EmptyFile, Message, NoTable, RaggedRows
from tundish.intake.cells import MEASURED, column_look, decimal_mark, look
from tundish.intake.dialect import announced, find_delimiter
from tundish.intake.encoding import Decoded, decode
from tundish.intake.layout import Layout, closes, count_footers, find_layout, is_sum, join_headers, skeleton, unit_of
from tundish.intake.raw import RawTable, SourceFile
from tundish.intake.reading import PROSE_SUFFIXES
from tundish.intake.records import Records, index_records
from tundish.intake.tidy import Tidied, tidy
from tundish.table import ROW, ROWS_SHOWN, Finding, Origin, Repair

_SAMPLE_LINES = 300
_SAMPLE_BYTES = 400_000
_NOTHING = b" \t\r\n\x00\x1a\xef\xbb\xbf\xff\xfe,;"
MOST_CHARACTERS = 1_000_000
_HEAD = 80
_TAIL = 40
_ALONE = "\x1f"
"""Delimiter of a table with one column: a byte that no text holds."""
_LEAST_SHARE_OF_PROSE = 0.7
_NAMES = {"\t": "tab", _ALONE: "none"}


@dataclass(frozen=True, slots=True)
class Text:
    """The connector for text tables."""

    suffixes: tuple[str, ...] = (".csv", ".tsv", ".tab", ".txt", ".dat", ".log", ".prn", ".asc")

    def read(self, file: SourceFile) -> Iterator[RawTable]:
        """Yield the one table of a text file; a table without rows is a header that stands alone."""
        data = file.read_bytes()
        if not data[:_SAMPLE_BYTES].strip(_NOTHING) and not data.strip(_NOTHING):
            raise EmptyFile(file=file.name, size=len(data))
        decoded = decode(data, file.name)
        if not decoded.utf8 or decoded.utf8.isspace():
            raise EmptyFile(file=file.name, size=len(data))
        yield _table(file, decoded, hashlib.sha256(data).hexdigest())


TEXT = Text()


def _table(file: SourceFile, decoded: Decoded, sha256: str) -> RawTable:
    mark = _delimiter(decoded.utf8, file.name)
    records = index_records(decoded.utf8, mark)
    width = _usual_width(records, mark)
    start = 1 if announced(records.raw(0).decode()) else 0
    head = [records.row(index) for index in range(start, min(start + _HEAD, len(records)))]
    _must_be_short(file.name, records, head, start)
    layout = find_layout(head, width)
    if PurePosixPath(file.name).suffix.lower() in PROSE_SUFFIXES:
        _must_be_table(file.name, [row for row in head[layout.first :] if len(row) == width], width, mark)
    header_rows = [head[index] for index in layout.header]
    first = start + layout.first
    tail_start = max(first, len(records) - _TAIL)
    footers = count_footers([records.row(index) for index in range(tail_start, len(records))], width)
    rows = _Rows(file, records, width, np.arange(first, len(records) - footers))
    rows.settle(known={skeleton(head[index]) for index in (*layout.preamble, *layout.header)})
    table = Tidied(rows.frame(), *_headers(rows, header_rows, head, layout), Origin(file.name))
    table.findings += [*decoded.findings, *rows.findings]
    table.repairs += [*decoded.repairs, *rows.repairs]
    _note_rows(table, records, [start + index for index in layout.preamble], "title_rows")
    last = range(len(records) - footers, len(records))
    _note_rows(table, records, [index for index in last if records.raw(index).strip()], "footer_rows")
    decimal = _decimal(table.frame)
    units = [] if layout.unit_row is None else [head[layout.unit_row]]
    tidy(table, header_rows=[*header_rows, *units])
    if not layout.header:
        table.findings = [finding for finding in table.findings if finding.code != "nameless_column"]
    dialect = {
        "encoding": decoded.encoding,
        "delimiter": _NAMES.get(mark, mark),
        "decimal": decimal,
        "header_rows": str(len(header_rows) + len(units)),
        "bytes": str(len(decoded.utf8)),
    }
    return table.raw(dialect, sha256)


def _delimiter(utf8: bytes, file: str) -> str:
    sample = utf8[:_SAMPLE_BYTES].decode("utf-8", "ignore").split("\n")[:_SAMPLE_LINES]
    found = find_delimiter(sample)
    prose = PurePosixPath(file).suffix.lower() in PROSE_SUFFIXES
    if found is not None and not (prose and found.share < _LEAST_SHARE_OF_PROSE):
        return found.mark
    cells = [line.strip() for line in sample if line.strip()]
    if not prose and len(cells) > 1 and (found is None or found.share < 0.5) and column_look(cells[1:]) in MEASURED:
        return _ALONE
    if found is not None and not prose:
        return found.mark
    none, uneven = Message("no delimiter splits its lines into columns"), Message("its lines differ in their number of fields")
    raise NoTable(file=file, expected=Message("a table"), found=none if found is None else uneven)


def _usual_width(records: Records, mark: str) -> int:
    if mark == _ALONE:
        return 1
    counts = np.bincount(records.widths[records.widths > 1])
    return int(counts.argmax()) if counts.size else 1


def _must_be_short(file: str, records: Records, head: Sequence[Sequence[str]], start: int) -> None:
    """A cell of a million characters at the top is no header and no value; mostly a quote is never closed."""
    for index, row in enumerate(head, start):
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
    rows: _Rows, header_rows: Sequence[Sequence[str]], head: Sequence[Sequence[str]], layout: Layout
) -> tuple[list[str], list[str | None]]:
    """Names and units of the columns; raises RaggedRows when they are more or fewer than the values."""
    width = rows.width
    if not header_rows:
        return [""] * width, [None] * width
    length = max(len(row) for row in header_rows)
    surplus = [cell for row in header_rows for cell in row[width:] if cell]
    names = list(join_headers(header_rows, width))
    units = [unit_of(cell) for cell in head[layout.unit_row]] if layout.unit_row is not None else []
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


class _Rows:
    """The data rows of a text: which of them are kept, and what was done to the others."""

    def __init__(self, file: SourceFile, records: Records, width: int, kept: NDArray[np.int64]) -> None:
        self.file, self.records, self.width, self.kept = file, records, width, kept
        self.findings: list[Finding] = []
        self.repairs: list[Repair] = []

    def settle(self, *, known: set[tuple[str, ...]]) -> None:
        """Keep the rows of the usual width; mend or leave out others, or raise RaggedRows."""
        records, kept = self.records, self.kept
        empty = records.ends[kept] == records.starts[kept]
        odd = kept[(records.widths[kept] != self.width) & ~empty]
        gone, mended, ragged = [], [], []
        for index in odd.tolist():
            row = records.row(index)
            if not any(row) or skeleton(row) in known or is_sum(row) or closes(row, self.width):
                gone.append(index)
            elif len(row) > self.width and not any(row[self.width :]):
                mended.append(index)
            else:
                ragged.append(index)
        self._note_gone(gone, int(empty.sum()), kept[empty])
        if mended:
            self.records = records.cut(mended, self.width)
            self._repair("surplus_fields", "{count} rows end with empty fields too many; these were left out.", mended)
        if ragged:
            self._ragged(ragged)
        out = np.zeros(len(records), bool)
        out[[*gone, *ragged]] = True
        self.kept = kept[~empty & ~out[kept]]

    def frame(self) -> pl.DataFrame:
        """Columns ``#row``, ``0``, ``1``, ...: stripped strings, null for an empty cell."""
        names = [str(index) for index in range(self.width)]
        if not len(self.kept):
            return pl.DataFrame(schema={ROW: pl.UInt32, **dict.fromkeys(names, pl.String)})
        frame = self.records.frame(self.kept, names)
        padded = _padded(self.records)
        if padded:
            frame = frame.with_columns(pl.col(names).str.strip_chars())
        if padded or self.records.quoted:
            frame = frame.with_columns(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in names)
        lines = pl.Series(ROW, self.records.lines[self.kept].astype(np.uint32))
        return frame.insert_column(0, lines)

    def counts_itself(self) -> bool:
        """Whether the first field of each row is its number (R leaves its header out)."""
        fields = [self.records.row(index)[0] for index in self.kept[:_HEAD].tolist()]
        return fields in ([str(i) for i in range(len(fields))], [str(i + 1) for i in range(len(fields))])

    def fills(self, column: int) -> bool:
        """Whether any row has a value in this column or a later one."""
        frame = self.frame()
        return any(frame[str(index)].null_count() < frame.height for index in range(column, self.width))

    def first_line(self) -> int:
        """Line of the first data row."""
        return int(self.records.lines[self.kept[0]]) if len(self.kept) else 1

    def _lines(self, indexes: Sequence[int]) -> list[int]:
        return [int(self.records.lines[index]) for index in indexes]

    def _repair(self, code: str, text: str, indexes: Sequence[int]) -> None:
        lines = self._lines(indexes)
        before = self.records.raw(indexes[0]).decode()[:200]
        origin = Origin(self.file.name, row=lines[0])
        repair = Repair(
            code, Message(text, count=len(lines)), origin, len(lines), before=before, rows=tuple(lines[:ROWS_SHOWN])
        )
        self.repairs.append(repair)

    def _note_gone(self, gone: Sequence[int], blank: int, blanks: NDArray[np.int64]) -> None:
        if blank:
            self._repair("blank_rows", "{count} blank rows were left out.", blanks.tolist())
        sums = [index for index in gone if is_sum(self.records.row(index))]
        pages = [index for index in gone if index not in set(sums) and any(self.records.row(index))]
        if sums:
            self._repair("sum_rows", "{count} rows that sum other rows were left out.", sums)
        if pages:
            self._repair("repeated_title", "{count} titles or page ends between the data were left out.", pages)

    def _ragged(self, ragged: Sequence[int]) -> None:
        lines = self._lines(ragged)
        found = int(self.records.widths[ragged[0]])
        if self.file.ragged != "set_aside":
            raise RaggedRows(file=self.file.name, row=lines[0], found=found, expected=self.width, rows=len(lines))
        message = Message(
            "{count} rows have another number of fields than the header ({expected}) and were left out, as plant.toml says. "
            "Mend them in the file to have them counted.",
            count=len(lines),
            expected=self.width,
        )
        origin = Origin(self.file.name, row=lines[0])
        self.findings.append(Finding("ragged_rows", "warning", message, origin, len(lines), tuple(lines[:ROWS_SHOWN])))


def _padded(records: Records) -> bool:
    """Whether any field may begin or end with a blank."""
    utf8 = records.utf8
    data = np.frombuffer(utf8, np.uint8)
    edges = np.zeros(256, bool)
    edges[[ord(records.delimiter), *b'\n"']] = True
    for blank in b" \t":
        if blank == ord(records.delimiter):
            continue
        at = np.flatnonzero(data == blank)
        if at.size and (at[0] == 0 or at[-1] == len(data) - 1 or edges[data[at - 1]].any() or edges[data[at[:-1] + 1]].any()):
            return True
    return not utf8.isascii() and (b"\xc2\xa0" in utf8 or b"\xe3\x80\x80" in utf8)
