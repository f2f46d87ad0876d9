"""How do the sheets of a workbook become rows? XLSX, XLSM and XLS, read by calamine."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import polars as pl
import python_calamine as calamine

from tundish.connectors.package import Package, open_package
from tundish.connectors.text import TEXT
from tundish.errors import BrokenFile, EmptyFile, LockedWorkbook, Message
from tundish.intake.blocks import find_blocks
from tundish.intake.layout import Layout, count_footers, find_layout, is_sum, join_headers, unit_of
from tundish.intake.raw import RawTable, SourceFile
from tundish.intake.sheet_cells import Cell, series, shown
from tundish.intake.tidy import Tidied, tidy
from tundish.intake.unpack import damage
from tundish.table import ROW, ROWS_SHOWN, Finding, Origin

_HEAD, _TAIL = 80, 40
_TITLE_SHARE = 0.9
"""A merge over this share of the columns is a title."""
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_FAILURES = (calamine.CalamineError, calamine.PasswordError, calamine.XmlError, calamine.ZipError, calamine.WorksheetNotFound)

Merge = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Workbook:
    """The connector for workbooks."""

    suffixes: tuple[str, ...] = (".xlsx", ".xlsm", ".xls")

    def read(self, file: SourceFile) -> Iterator[RawTable]:
        """Yield the table of each sheet that holds one; hidden sheets too."""
        data = file.read_bytes()
        if not data:
            raise EmptyFile(file=file.name, size=0)
        if data.startswith(_OLE) and _LOCKED in data:
            raise LockedWorkbook(file=file.name)
        if not data.startswith((_ZIP, _OLE)):
            yield from _text_in_disguise(file, data)
            return
        package = open_package(file.name, data) if data.startswith(_ZIP) else Package({})
        tables, findings = _tables(file, data, package)
        if not tables:
            raise EmptyFile(file=file.name, size=len(data))
        first, *others = tables
        first.findings[:0] = findings
        sha256 = hashlib.sha256(data).hexdigest()
        for table in (first, *others):
            yield table.raw({"encoding": "workbook"}, sha256)


WORKBOOK = Workbook()


def _text_in_disguise(file: SourceFile, data: bytes) -> Iterator[RawTable]:
    """Some systems write text or HTML and call it XLS."""
    start = data[:512].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if start.startswith((b"<", b"mime-version")):
        found = Message("a web page; open it in Excel and save it as XLSX")
        raise BrokenFile(file=file.name, expected=Message("a workbook"), found=found)
    if b"\x00" in data[:512] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BrokenFile(file=file.name, expected=Message("a workbook"), found=Message("other binary data"))
    yield from TEXT.read(file)


def _tables(file: SourceFile, data: bytes, package: Package) -> tuple[list[Tidied], list[Finding]]:
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [(meta, _sheet(book, meta)) for meta in book.sheets_metadata]
    except calamine.PasswordError as error:
        raise LockedWorkbook(file=file.name) from error
    except _FAILURES as error:
        if "assword" in str(error):
            raise LockedWorkbook(file=file.name) from error
        raise BrokenFile(file=file.name, expected=Message("a workbook"), found=damage(error)) from error
    tables, findings = [], []
    for meta, sheet in sheets:
        table = None if sheet is None else _table(Origin(file.name, meta.name), sheet, package.errors.get(meta.name, {}))
        if table is None:
            message = Message("The sheet {sheet} holds no table and was not read.", sheet=meta.name)
            findings.append(Finding("sheet_without_table", "info", message, Origin(file.name, meta.name)))
        else:
            tables.append(table)
    return tables, findings


@dataclass(frozen=True)
class _Grid:
    """Cells of a sheet as stored; ``top`` and ``left`` count the empty rows and columns before them."""

    rows: list[list[Cell]]
    top: int
    left: int
    merges: list[Merge]


def _sheet(book: calamine.CalamineWorkbook, meta: calamine.SheetMetadata) -> _Grid | None:
    if meta.typ != calamine.SheetTypeEnum.WorkSheet:
        return None
    sheet = book.get_sheet_by_name(meta.name)
    if sheet.start is None:
        return None
    top, left = sheet.start
    merges = [((r0 - top, c0 - left), (r1 - top, c1 - left)) for (r0, c0), (r1, c1) in sheet.merged_cell_ranges or []]
    return _Grid([list[Cell](row) for row in sheet.to_python(skip_empty_area=True)], top, left, merges)


def _table(origin: Origin, grid: _Grid, errors: dict[tuple[int, int], str]) -> Tidied | None:
    for (row, column), text in errors.items():
        if row - grid.top < len(grid.rows) and 0 <= column - grid.left < len(grid.rows[row - grid.top]):
            grid.rows[row - grid.top][column - grid.left] = text
    filled = [_holds(row) for row in grid.rows]
    blocks = find_blocks(_Texts(grid.rows), filled=filled)
    if not blocks:
        return None
    first, last = max(blocks, key=lambda block: block[1] - block[0])
    rows = grid.rows[first:last]
    used = [column for column, cells in enumerate(zip(*rows, strict=True)) if _holds(cells)]
    columns = range(used[0], used[-1] + 1)
    block = _Block(origin, grid, first, columns, _Texts([row[columns.start : columns.stop] for row in rows]))
    table = block.table()
    if table is not None and len(blocks) > 1:
        others = tuple(grid.top + start + 1 for start, _ in blocks if start != first)
        message = Message(
            "The sheet {sheet} holds {count} tables under one another; only the largest (from row {row}) was read. "
            "Put each table on a sheet of its own.",
            sheet=origin.sheet,
            count=len(blocks),
            row=grid.top + first + 1,
        )
        table.findings.append(Finding("several_tables", "warning", message, origin, len(blocks) - 1, others[:ROWS_SHOWN]))
    return table


def _holds(cells: Sequence[Cell]) -> bool:
    return any(cell is not None and cell != "" for cell in cells)


class _Texts(Sequence[list[str]]):
    """Rows of cells as text, made when they are asked for: most rows of a long sheet never are."""

    def __init__(self, rows: Sequence[Sequence[Cell]]) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> list[str]: ...
    @overload
    def __getitem__(self, index: slice) -> list[list[str]]: ...
    def __getitem__(self, index: int | slice) -> list[str] | list[list[str]]:
        if isinstance(index, slice):
            return [[shown(cell) for cell in row] for row in self.rows[index]]
        return [shown(cell) for cell in self.rows[index]]


class _Block:
    """One table within a sheet: its texts, and where it stands in the grid."""

    def __init__(self, origin: Origin, grid: _Grid, first: int, columns: range, texts: _Texts) -> None:
        self.origin, self.grid, self.columns, self.texts = origin, grid, columns, texts
        self.first, self.width = first, len(columns)
        shift = columns[0]
        self.merges = [
            ((r0 - first, c0 - shift), (r1 - first, c1 - shift))
            for (r0, c0), (r1, c1) in grid.merges
            if first <= r0 and r1 < first + len(texts) and (c1 - c0 + 1 < _TITLE_SHARE * self.width or c0 == c1)
        ]

    def table(self) -> Tidied | None:
        """Header, units and typed columns of the block; None when it has no data row."""
        head = self.texts[:_HEAD]
        layout = find_layout(head, self.width, spans=self._spans)
        if not layout.header and self.width < 2:
            return None
        footers = count_footers(self.texts[max(layout.first, len(self.texts) - _TAIL) :], self.width)
        kept = range(layout.first, len(self.texts) - footers)
        header_rows, names, units = self._headers(head, layout)
        rows = [index for index in kept if _holds(self.texts.rows[index])]
        sums = self._sums(rows)
        repeated = self._repeated(rows, header_rows)
        gone = {*sums, *repeated}
        rows = [index for index in rows if index not in gone]
        if not rows:
            return None
        filled = self._fill_merges(rows)
        table = Tidied(self._frame(rows), names, units, self.origin)
        text = "{count} rows above the header are no part of the table and were left out."
        self._note(table, layout.preamble, "title_rows", text)
        closing = [index for index in range(kept.stop, len(self.texts)) if any(self.texts[index])]
        self._note(table, closing, "footer_rows", "{count} rows below the data (sums, notes) were left out.")
        self._note(table, sums, "sum_rows", "{count} rows that sum other rows were left out.")
        text = "The header stands again in {count} rows between the data; these rows were left out."
        self._note(table, repeated, "repeated_header", text)
        self._note(table, filled, "merged_cells", "{count} rows below merged cells got the value of the merged cell.")
        if not layout.header:
            text = "The sheet has no header; its columns are called column 1 to column {count}. Write the names above the data."
            table.findings.append(Finding("no_header", "warning", Message(text, count=self.width), self.origin))
        return tidy(table, header_rows=[])

    def _spans(self, row: int) -> int:
        return sum(r0 == row and c1 > c0 for (r0, c0), (_, c1) in self.merges)

    def _headers(self, head: Sequence[list[str]], layout: Layout) -> tuple[list[list[str]], list[str], list[str | None]]:
        """Header rows as they stand, and a name and unit for each column; merged cells count for all their columns."""
        if not layout.header:
            return [], [""] * self.width, [None] * self.width
        stored = [list(head[index]) for index in layout.header]
        spread = {index: list(head[index]) for index in layout.header}
        merged = False
        for (r0, c0), (r1, c1) in self.merges:
            for index in layout.header:
                if r0 <= index <= r1:
                    merged = merged or c1 > c0
                    spread[index][c0 : c1 + 1] = [head[r0][c0]] * (c1 - c0 + 1)
        names = list(join_headers([spread[index] for index in layout.header], self.width, fill=not merged))
        units: list[str | None] = [None] * self.width
        if layout.unit_row is not None:
            stored.append(list(head[layout.unit_row]))
            units = [unit_of(cell) for cell in head[layout.unit_row]]
        return stored, names, units

    def _sums(self, rows: Sequence[int]) -> list[int]:
        sums = [index for index in rows if is_sum([shown(cell) for cell in self.texts.rows[index][:3]])]
        return sums if len(sums) < 0.5 * len(rows) else []

    def _repeated(self, rows: Sequence[int], header_rows: Sequence[list[str]]) -> list[int]:
        """Rows that print the header again: worth a look only where the cell of one of its names is text."""
        first = [next(column for column, cell in enumerate(row) if cell) for row in header_rows]
        return [
            index
            for index in rows
            if any(isinstance(self.texts.rows[index][column], str) for column in first) and self.texts[index] in header_rows
        ]

    def _fill_merges(self, rows: Sequence[int]) -> list[int]:
        """A cell merged over several rows holds for each of them."""
        inside, filled = set(rows), set()
        for (r0, c0), (r1, c1) in self.merges:
            if c0 != c1 or r0 not in inside:
                continue
            for row in range(r0 + 1, r1 + 1):
                if row in inside:
                    self._cells(row)[self.columns[c0]] = self._cells(r0)[self.columns[c0]]
                    filled.add(row)
        return sorted(filled)

    def _cells(self, row: int) -> list[Cell]:
        return self.grid.rows[self.first + row]

    def _number(self, row: int) -> int:
        return self.grid.top + self.first + row + 1

    def _frame(self, rows: Sequence[int]) -> pl.DataFrame:
        cells = [[None if cell == "" else cell for cell in self._cells(row)] for row in rows]
        columns = [series(str(index), [row[column] for row in cells]) for index, column in enumerate(self.columns)]
        return pl.DataFrame([pl.Series(ROW, [self._number(row) for row in rows], pl.UInt32), *columns])

    def _note(self, table: Tidied, rows: Sequence[int], code: str, text: str) -> None:
        if rows:
            before = " | ".join(cell for cell in self.texts[rows[0]] if cell)[:200]
            table.repair(code, Message(text, count=len(rows)), rows=[self._number(row) for row in rows], before=before)
