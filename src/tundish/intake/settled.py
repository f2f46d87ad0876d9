"""Which rows of a text are its data, and what was done to those that are not?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tundish.errors import Message, RaggedRows
from tundish.intake.layout import closes, is_rule, is_sum, skeleton
from tundish.intake.raw import SourceFile
from tundish.intake.records import Records
from tundish.table import ROW, ROWS_SHOWN, Finding, Origin, Repair

_HEAD = 80


class DataRows:
    """The data rows of a text: which of them are kept, and what was done to the others."""

    def __init__(self, file: SourceFile, origin: Origin, records: Records, width: int, kept: NDArray[np.int64]) -> None:
        self.file, self.origin, self.records, self.width, self.kept = file, origin, records, width, kept
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
            if not any(row) or skeleton(row) in known or is_sum(row) or is_rule(row) or closes(row, self.width):
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
        origin = replace(self.origin, row=lines[0])
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
        origin = replace(self.origin, row=lines[0])
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
