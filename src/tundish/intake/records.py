"""Where does each record of a text table begin and end, how many fields has it, and on which line does it stand?"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tundish.intake.dialect import BLANKS, FIXED, WIDE_BLANKS, Dialect, is_even, reader, split_blanks
from tundish.intake.fixed import cut_all

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
    quote: str = ""
    """The sign around quoted fields in the file; empty when none is quoted."""
    unclosed: tuple[int, ...] = ()
    """Lines whose quote is never closed; there it was taken for a letter."""
    fixed: bool = False
    """Whether the fields stood in fixed columns."""

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

    def slice(self, first: int, last: int) -> Records:
        """The records from ``first`` up to ``last``."""
        parts = (part[first:last] for part in (self.starts, self.ends, self.widths, self.lines))
        starts, ends, widths, lines = parts
        return replace(self, starts=starts, ends=ends, widths=widths, lines=lines)

    def cut(self, indexes: Sequence[int], width: int) -> Records:
        """The same records, those at ``indexes`` without the fields beyond ``width``; the fields cut off must be empty."""
        ends, widths = self.ends.copy(), self.widths.copy()
        for index in indexes:
            surplus = int(widths[index]) - width
            ends[index] = self.starts[index] + len(self.raw(index).rsplit(self.delimiter.encode(), surplus)[0])
            widths[index] = width
        return replace(self, ends=ends, widths=widths)

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


def index_records(utf8: bytes, dialect: Dialect) -> Records:
    """Index the records of a text in this dialect; odd quoting and columns of blanks are rewritten as plain CSV first."""
    mark = dialect.mark
    if mark in (BLANKS, WIDE_BLANKS, FIXED):
        return _of_blanks(utf8, dialect)
    if dialect.framed:
        utf8 = _unframed(utf8)
    if dialect.quote != '"' or dialect.escaped:
        return _rewritten(utf8, dialect)
    quote_at = _positions(utf8, _QUOTE) if b'"' in utf8 else np.empty(0, np.int64)
    if quote_at.size and not _plain_quotes(utf8, quote_at, mark):
        return _rewritten(utf8, dialect)
    found = _index(utf8, mark, quote_at)
    if quote_at.size and len(found) and int(np.diff(found.lines, append=found.lines[-1]).max()) > _LONGEST_RECORD:
        return _rewritten(utf8, dialect)
    return replace(found, quote='"' if quote_at.size else "")


def _unframed(utf8: bytes) -> bytes:
    """Rows without the strokes at their ends."""
    return re.sub(rb"(?m)^[ \t]*\|[ \t]*|[ \t]*\|[ \t]*$", b"", utf8)


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


def _rewritten(utf8: bytes, dialect: Dialect) -> Records:
    """Read field by field; a line whose quote runs away is split with its quotes as letters, and told."""
    lines = utf8.decode().split("\n")
    rows, firsts, unclosed = [], [], []
    index, quoted = 0, False
    while index < len(lines):
        row, used = _record(lines, index, dialect)
        if row is None:
            row = [field.strip() for field in lines[index].split(dialect.mark)]
            if _opens(lines[index], dialect):
                unclosed.append(index + 1)
        elif not quoted and dialect.quote in "".join(lines[index : index + used]):
            quoted = _opens(lines[index], dialect)
        rows.append(row)
        firsts.append(index + 1)
        index += used
    found = _written(rows, firsts)
    return replace(found, quote=dialect.quote if quoted else "", unclosed=tuple(unclosed))


def _opens(line: str, dialect: Dialect) -> bool:
    """Whether a field of the line begins with a quote."""
    return any(field.lstrip().startswith(dialect.quote) for field in line.split(dialect.mark))


def _record(lines: Sequence[str], index: int, dialect: Dialect) -> tuple[list[str] | None, int]:
    """The record that begins on a line, and how many lines it takes; None when its quote is never closed."""
    line = lines[index]
    if dialect.quote not in line:
        return (line.split(dialect.mark) if line else []), 1
    if not _opens(line, dialect):
        return line.split(dialect.mark), 1
    for used in range(1, min(_LONGEST_RECORD, len(lines) - index) + 1):
        text = "\n".join(lines[index : index + used])
        try:
            read = list(reader(io.StringIO(text, newline="\n"), dialect))
        except csv.Error:
            return None, 1
        if len(read) == 1 and _closed(text, dialect):
            return read[0], used
        if used > 1 and _begins_anew(lines[index + used - 1], lines[index - 1] if index else "", dialect):
            return None, 1
    return None, 1


def _closed(text: str, dialect: Dialect) -> bool:
    """Whether every quoted field of a record ends: a field that runs into the end of the text does not."""
    probe = list(reader(io.StringIO(f"{text}{dialect.mark}\x1e", newline="\n"), dialect))
    return len(probe) == 1 and probe[0][-1:] == ["\x1e"]


def _begins_anew(line: str, before: str, dialect: Dialect) -> bool:
    """Whether a line has all fields of a row by itself, as the line before the open quote had: then the quote ran away."""
    fields = line.count(dialect.mark)
    return fields > 1 and fields == before.count(dialect.mark)


def _of_blanks(utf8: bytes, dialect: Dialect) -> Records:
    """Fixed columns are cut at their edges; else runs of blanks become one tab."""
    mark = dialect.mark
    text = utf8.decode()
    lines = text.split("\n")
    if mark == BLANKS:
        if '"' in text:
            return _rewritten(re.sub(rb"(?m)^ +| +$|(?<= ) +", b"", utf8), replace(dialect, mark=" "))
    elif mark == FIXED or b'"' in utf8 or not is_even(lines):
        cells = cut_all(lines)
        if cells is not None:
            return replace(_written(cells, list(range(1, len(lines) + 1))), fixed=True)
        return _written([split_blanks(line, WIDE_BLANKS) for line in lines], list(range(1, len(lines) + 1)))
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
