"""Where does each record of a text table begin and end, how many fields has it, and on which line does it stand?"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tundish.intake.dialect import BLANKS, WIDE_BLANKS, split_blanks

_NEWLINE, _QUOTE, _BLANK, _TAB = 10, 34, 32, 9
_LONGEST_RECORD = 20
"""Lines of one record; more, and a quote was never closed."""


@dataclass(frozen=True)
class Records:
    """A table as UTF-8 bytes with an index over its records; the bytes are a plain CSV with one delimiter."""

    utf8: bytes
    delimiter: str
    quoted: bool
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    widths: NDArray[np.int64]
    lines: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)

    def raw(self, index: int) -> bytes:
        """Bytes of one record without its line end."""
        return self.utf8[self.starts[index] : self.ends[index]]

    def row(self, index: int) -> list[str]:
        """Stripped fields of one record."""
        text = self.raw(index).decode()
        if not text.strip():
            return []
        if not self.quoted:
            return [field.strip() for field in text.split(self.delimiter)]
        try:
            fields = next(csv.reader([text], delimiter=self.delimiter), [])
        except csv.Error:
            fields = text.split(self.delimiter)
        return [field.strip() for field in fields]

    def cut(self, indexes: Sequence[int], width: int) -> Records:
        """The same records, those at ``indexes`` without the fields beyond ``width``; the fields cut off must be empty."""
        ends, widths = self.ends.copy(), self.widths.copy()
        for index in indexes:
            surplus = int(widths[index]) - width
            ends[index] = self.starts[index] + len(self.raw(index).rsplit(self.delimiter.encode(), surplus)[0])
            widths[index] = width
        return Records(self.utf8, self.delimiter, self.quoted, self.starts, ends, widths, self.lines)

    def frame(self, keep: NDArray[np.int64], names: Sequence[str]) -> pl.DataFrame:
        """The kept records as strings, null for an empty field. All of them must have ``len(names)`` fields."""
        body = _joined(self, keep)
        return pl.read_csv(
            body,
            has_header=False,
            separator=self.delimiter,
            quote_char='"' if self.quoted else None,
            infer_schema=False,
            schema=dict.fromkeys(names, pl.String),
        )


def _joined(records: Records, keep: NDArray[np.int64]) -> bytes:
    """Bytes of the kept records: neighbours are copied in one piece."""
    if not len(keep):
        return b""
    apart = records.starts[keep[1:]] != records.ends[keep[:-1]] + 1
    breaks = np.flatnonzero(apart)
    firsts = keep[np.concatenate(([0], breaks + 1))]
    lasts = keep[np.concatenate((breaks, [len(keep) - 1]))]
    parts = [records.utf8[records.starts[first] : records.ends[last]] for first, last in zip(firsts, lasts, strict=True)]
    return b"\n".join(parts)


def index_records(utf8: bytes, mark: str) -> Records:
    """Index the records of a text whose fields are split by ``mark``; odd quoting is rewritten as plain CSV first."""
    if mark in (BLANKS, WIDE_BLANKS):
        return _of_blanks(utf8, mark)
    quote_at = _positions(utf8, _QUOTE) if b'"' in utf8 else np.empty(0, np.int64)
    if quote_at.size and not _plain_quotes(utf8, quote_at, mark):
        return _rewritten(utf8, mark)
    return _index(utf8, mark, quote_at)


def _positions(utf8: bytes, byte: int) -> NDArray[np.int64]:
    return np.flatnonzero(np.frombuffer(utf8, np.uint8) == byte)


def _index(utf8: bytes, mark: str, quote_at: NDArray[np.int64]) -> Records:
    newlines = _positions(utf8, _NEWLINE)
    ends, marks = newlines, _positions(utf8, ord(mark))
    if quote_at.size:
        ends = ends[np.searchsorted(quote_at, ends) % 2 == 0]
        marks = marks[np.searchsorted(quote_at, marks) % 2 == 0]
    if not utf8.endswith(b"\n") or not ends.size or ends[-1] != len(utf8) - 1:
        ends = np.append(ends, len(utf8))
    starts = np.concatenate(([0], ends[:-1] + 1)) if ends.size else np.empty(0, np.int64)
    widths = np.searchsorted(marks, ends) - np.searchsorted(marks, starts) + 1
    lines = np.arange(1, len(starts) + 1) if not quote_at.size else np.searchsorted(newlines, starts) + 1
    return Records(utf8, mark, bool(quote_at.size), starts, ends, widths, lines)


def _plain_quotes(utf8: bytes, quote_at: NDArray[np.int64], mark: str) -> bool:
    """Whether quotes only stand around whole fields, doubled inside: then their parity tells what is inside."""
    if quote_at.size % 2:
        return False
    data = np.frombuffer(utf8, np.uint8)
    opens, closes = quote_at[::2], quote_at[1::2]
    before = np.where(opens == 0, _NEWLINE, data[opens - 1])
    after = np.where(closes == len(data) - 1, _NEWLINE, data[np.minimum(closes + 1, len(data) - 1)])
    edges = (ord(mark), _NEWLINE, _QUOTE)
    return bool(np.isin(before, edges).all() and np.isin(after, edges).all())


def _rewritten(utf8: bytes, mark: str) -> Records:
    """Read field by field as CSV; where even that loses rows in a runaway quote, take quotes as letters."""
    text = utf8.decode()
    loose = _read_csv(text, mark)
    if loose is None:
        rows = [line.split(mark) if line else [] for line in text.split("\n")]
        loose = (rows, list(range(1, len(rows) + 1)))
    return _written(*loose)


def _read_csv(text: str, mark: str) -> tuple[list[list[str]], list[int]] | None:
    """Rows and the line each begins on; None where a quote runs away."""
    reader = csv.reader(io.StringIO(text, newline="\n"), delimiter=mark, skipinitialspace=True)
    rows, lines, before = [], [], 0
    try:
        for row in reader:
            rows.append(row)
            lines.append(before + 1)
            if reader.line_num - before > _LONGEST_RECORD:
                return None
            before = reader.line_num
    except csv.Error:
        return None
    return rows, lines


def _of_blanks(utf8: bytes, mark: str) -> Records:
    """Runs of blanks become one tab."""
    if b'"' in utf8:
        text = utf8.decode()
        rows = [split_blanks(line, mark) for line in text.split("\n")]
        if mark == BLANKS:
            loose = _read_csv(text, " ")
            if loose is not None:
                rows, lines = loose
                return _written([[field for field in row if field] for row in rows], lines)
        return _written(rows, list(range(1, len(rows) + 1)))
    return _index(
        _tabbed(utf8.replace("\u3000".encode(), b"  "), shortest=2 if mark == WIDE_BLANKS else 1), "\t", np.empty(0, np.int64)
    )


def _tabbed(utf8: bytes, *, shortest: int) -> bytes:
    """One tab for each run of blanks of this length or more, none at the ends of a line."""
    data = np.frombuffer(utf8, np.uint8)
    blank = (data == _BLANK) | (data == _TAB)
    begins, ends = blank.copy(), blank.copy()
    begins[1:] &= ~blank[:-1]
    ends[:-1] &= ~blank[1:]
    starts, stops = np.flatnonzero(begins), np.flatnonzero(ends) + 1
    outer = (starts == 0) | (data[starts - 1] == _NEWLINE) | (stops == len(data))
    outer |= data[np.minimum(stops, len(data) - 1)] == _NEWLINE
    out, keep = data.copy(), ~blank
    keep[starts[~outer]] = True
    out[starts[stops - starts >= shortest]] = _TAB
    return bytes(out[keep])


def _written(rows: list[list[str]], lines: list[int]) -> Records:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=",", lineterminator="\n", quoting=csv.QUOTE_ALL)
    for row in rows:
        if row:
            writer.writerow(row)
        else:
            out.write("\n")
    utf8 = out.getvalue().encode()
    found = _index(utf8, ",", _positions(utf8, _QUOTE))
    return Records(utf8, ",", True, found.starts, found.ends, found.widths, np.asarray(lines[: len(found)], np.int64))
