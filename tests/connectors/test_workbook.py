"""Hand-made workbooks with the habits of plants: what must come out is known from how they were written."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable

import openpyxl
import polars as pl
import pytest
import xlwt

from tundish.connectors.workbook import WORKBOOK
from tundish.errors import BrokenFile, EmptyFile, HostileArchive, LockedWorkbook
from tundish.intake import RawTable, SourceFile
from tundish.table import ROW


def saved(fill: Callable[[openpyxl.Workbook], None]) -> bytes:
    book = openpyxl.Workbook()
    fill(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def tables_of(data: bytes, name: str = "생산.xlsx") -> list[RawTable]:
    return list(WORKBOOK.read(SourceFile(name, None, data)))


def one(fill: Callable[[openpyxl.worksheet.worksheet.Worksheet], None]) -> RawTable:
    (table,) = tables_of(saved(lambda book: fill(book.active)))
    return table


def test_title_merged_groups_units_and_footer() -> None:
    def fill(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        sheet["B2"] = "산세라인 작업일보 2025년 3월"
        sheet.merge_cells("B2:G2")
        rows = [
            [None, "로트번호", "산세조1", None, "산세조2", None, "비고"],
            [None, None, "온도", "농도", "온도", "농도", None],
            [None, None, "(℃)", "(%)", "(℃)", "(%)", None],
            [None, "L1", 81.5, 12, 82.5, 13, None],
            [None, "L2", 80.5, 11, 81.5, 12, "정비"],
            [None, "합계", 162, 23, 164, 25, None],
        ]
        sheet["B3"] = "작성: 홍길동"
        for number, row in enumerate(rows, start=5):
            for column, cell in enumerate(row, start=1):
                sheet.cell(number, column, cell)
        for cells in ("C5:D5", "E5:F5", "B5:B7", "G5:G7"):
            sheet.merge_cells(cells)

    table = one(fill)
    assert table.headers == ("로트번호", "산세조1 온도", "산세조1 농도", "산세조2 온도", "산세조2 농도", "비고")
    assert table.units == (None, "℃", "%", "℃", "%", None)
    assert table.frame.rows() == [(8, "L1", 81.5, 12, 82.5, 13, None), (9, "L2", 80.5, 11, 81.5, 12, "정비")]
    assert {repair.code: repair.rows for repair in table.repairs} == {"title_rows": (2, 3), "footer_rows": (10,)}


def test_types_of_a_workbook_are_kept() -> None:
    def fill(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        sheet.append(["일시", "날짜", "시각", "번호", "온도", "판정", "합격", "섞임", "일련일"])
        moment = dt.datetime(2025, 3, 1, 8, 30)
        sheet.append([moment, dt.date(2025, 3, 1), dt.time(8, 30), 2101130065, 81.5, "양품", True, 5, 45717.5])
        sheet.append([moment, dt.date(2025, 3, 2), dt.time(9, 30), 2101130066, 80, "불량", False, "확인중", 45718.25])

    frame = one(fill).frame
    kinds = [
        pl.UInt32,
        pl.Datetime("us"),
        pl.Datetime("us"),
        pl.Time,
        pl.Int64,
        pl.Float64,
        pl.String,
        pl.Boolean,
        pl.String,
        pl.Float64,
    ]
    assert frame.dtypes == kinds
    assert frame["섞임"].to_list() == ["5", "확인중"]
    assert frame["번호"].to_list() == [2101130065, 2101130066]
    assert frame["일시"][0] == dt.datetime(2025, 3, 1, 8, 30)


def test_error_cells_stay_as_text() -> None:
    def fill(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        sheet.append(["로트", "비율"])
        for number in range(1, 5):
            sheet.append([f"L{number}", number / 2])
        sheet["B3"] = "#DIV/0!"
        assert sheet["B3"].data_type == "e"

    table = one(fill)
    assert table.frame["비율"].to_list() == ["0.5", "#DIV/0!", "1.5", "2"]


def test_every_sheet_with_a_table_is_read() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.active.title = "3월 실적"
        book.active.append(["로트", "값"])
        book.active.append(["L1", 1.5])
        book.create_sheet("빈 시트")
        hidden = book.create_sheet("숨김")
        hidden.append(["설비", "전력"])
        hidden.append(["M1", 5])
        hidden.sheet_state = "hidden"
        book.create_sheet("표지")["B2"] = "작업일보"
        chart = book.create_chartsheet("그래프")
        chart.add_chart(openpyxl.chart.BarChart())

    tables = tables_of(saved(fill))
    assert [table.origin.sheet for table in tables] == ["3월 실적", "숨김"]
    left_out = [finding.origin.sheet for finding in tables[0].findings if finding.code == "sheet_without_table"]
    assert sorted(filter(None, left_out)) == ["그래프", "빈 시트", "표지"]


def test_of_several_tables_the_largest_is_read_with_a_warning() -> None:
    def fill(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        for row in [["설비", "전력"], ["M1", 5], ["M2", 6], [], ["로트", "온도"], *([f"L{i}", 80 + i] for i in range(9))]:
            sheet.append(row)

    table = one(fill)
    assert table.headers == ("로트", "온도")
    assert table.frame[ROW].to_list() == list(range(6, 15))
    assert [(finding.code, finding.severity) for finding in table.findings] == [("several_tables", "warning")]


def test_blank_rows_and_repeated_headers_do_not_split_a_table() -> None:
    def fill(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        for row in [
            ["로트", "온도"],
            ["L1", 80.5],
            [None],
            ["로트", "온도"],
            ["L2", 81.5],
            ["소계", 162],
            [None],
            ["L3", 82.5],
            ["L4", 1.5],
        ]:
            sheet.append(row)

    table = one(fill)
    assert table.frame.rows() == [(2, "L1", 80.5), (5, "L2", 81.5), (8, "L3", 82.5), (9, "L4", 1.5)]


def test_cells_merged_over_rows_hold_for_each_row() -> None:
    def fill(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        for row in [["히트", "시료", "C"], ["H1", 1, 0.12], [None, 2, 0.13], ["H2", 1, 0.11], [None, 2, 0.14]]:
            sheet.append(row)
        sheet.merge_cells("A2:A3")
        sheet.merge_cells("A4:A5")

    table = one(fill)
    assert table.frame["히트"].to_list() == ["H1", "H1", "H2", "H2"]
    assert [(repair.code, repair.rows) for repair in table.repairs] == [("merged_cells", (3, 5))]


def test_old_workbooks_and_text_called_xls() -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("실적")
    sheet.write_merge(0, 0, 0, 2, "작업일보")
    for i, row in enumerate(
        [("로트", "온도", "일자"), ("L1", 81.5, dt.datetime(2025, 3, 1)), ("L2", 80.5, dt.datetime(2025, 3, 2))], start=1
    ):
        for j, cell in enumerate(row):
            sheet.write(
                i,
                j,
                cell,
                xlwt.easyxf(num_format_str="yyyy-mm-dd") if isinstance(cell, dt.datetime) else xlwt.Style.default_style,
            )
    out = io.BytesIO()
    book.save(out)
    (table,) = tables_of(out.getvalue(), "a.xls")
    assert table.headers == ("로트", "온도", "일자")
    assert table.frame["일자"].to_list() == [dt.datetime(2025, 3, 1), dt.datetime(2025, 3, 2)]
    (text,) = tables_of("로트\t온도\nL1\t81.5\nL2\t80.5\n".encode("cp949"), "b.xls")
    assert text.frame.rows() == [(2, "L1", "81.5"), (3, "L2", "80.5")]
    with pytest.raises(BrokenFile, match="web page"):
        tables_of(b"<html><table><tr><td>1</td></tr></table></html>", "c.xls")


def test_locked_broken_and_empty_workbooks() -> None:
    locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600
    with pytest.raises(LockedWorkbook):
        tables_of(locked)
    whole = saved(
        lambda book: [book.active.append(["로트", "온도"]), *(book.active.append([f"L{i}", i]) for i in range(500))][0]
    )
    for share in (0.2, 0.5, 0.99):
        with pytest.raises(BrokenFile):
            tables_of(whole[: int(len(whole) * share)])
    with pytest.raises(EmptyFile):
        tables_of(saved(lambda book: None))
    with pytest.raises(EmptyFile):
        tables_of(saved(lambda book: book.active.append(["로트", "온도"])))


def packed(whole: bytes, part: str, content: bytes) -> bytes:
    """A workbook with one of its parts replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    return out.getvalue()


def test_hostile_workbooks() -> None:
    whole = saved(lambda book: book.active.append(["a", 1]))
    far = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    )
    with pytest.raises(HostileArchive, match="1048576 rows"):
        tables_of(packed(whole, "xl/worksheets/sheet1.xml", far))
    with pytest.raises(HostileArchive, match="200 times"):
        tables_of(packed(whole, "xl/styles.xml", b" " * 50_000_000))
