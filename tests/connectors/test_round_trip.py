"""A random table written in a random dialect comes back cell by cell, each row with its line."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tundish.connectors.text import TEXT
from tundish.errors import UnreadableFile
from tundish.intake import SourceFile
from tundish.table import ROW

WORDS = ["양품", "불량", "정상", "보류", "재검사", "A조", "B조"]
HEADERS = ["로트번호", "온도", "두께", "속도", "판정", "비고", "농도", "압력", "전류", "폭"]


@dataclass
class Written:
    data: bytes
    headers: list[str]
    rows: list[list[str | None]]
    lines: list[int]
    delimiter: str


@st.composite
def columns(draw: st.DrawFn, count: int, decimal: str) -> list[list[str]]:
    """A column of lot numbers and one of numbers at least: what any plant's export has."""
    rows = draw(st.integers(3, 25))
    found = [[f"L25{index:04}" for index in range(rows)]]
    for position in range(1, count):
        kind = "number" if position == 1 else draw(st.sampled_from(["number", "word", "time", "note"]))
        if kind == "number":
            cells = [
                f"{value / 100:.2f}".replace(".", decimal)
                for value in draw(st.lists(st.integers(-(10**6), 10**6), min_size=rows, max_size=rows))
            ]
        elif kind == "time":
            cells = [f"2025-03-01 {minute // 60:02}:{minute % 60:02}" for minute in range(rows)]
        else:
            words = st.sampled_from(WORDS)
            note = st.one_of(words, st.sampled_from(["a, b", "a; b", 'ein "Wort"', "zwei\nZeilen", ""]))
            cells = draw(st.lists(note if kind == "note" else words, min_size=rows, max_size=rows))
        found.append(cells)
    return found


@st.composite
def files(draw: st.DrawFn) -> Written:
    count = draw(st.integers(2, 9))
    decimal = draw(st.sampled_from([".", ","]))
    delimiter = draw(st.sampled_from([",", ";", "\t", "|"] if decimal == "." else [";", "\t", "|"]))
    cells = draw(columns(count, decimal))
    headers = HEADERS[:count]
    out = io.StringIO()
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]))
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator="\n")
    for title in draw(st.lists(st.sampled_from(["작업일보 2025년 3월", "출력일시: 2025-03-31 17:20", ""]), max_size=3)):
        out.write(f"{title}\n")
    end = [""] if draw(st.booleans()) else []
    writer.writerow([*headers, *end])
    lines, rows = [], []
    blanks = draw(st.booleans())
    for number, row in enumerate(zip(*cells, strict=True)):
        if blanks and number == 2:
            out.write("\n")
        lines.append(out.getvalue().count("\n") + 1)
        writer.writerow([*row, *end])
        rows.append([cell or None for cell in row])
    if draw(st.booleans()):
        writer.writerow(["합계", *["1"] * (count - 1), *end])
    if draw(st.booleans()):
        out.write("\n--- end ---\n")
    text = out.getvalue().replace("\n", "\r\n") if draw(st.booleans()) else out.getvalue()
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "cp949", "utf-16", "utf-16-le", "utf-16-be"]))
    return Written(text.encode(encoding), headers, rows, lines, delimiter)


@settings(max_examples=400, deadline=None)
@given(files())
def test_round_trip(written: Written) -> None:
    (table,) = TEXT.read(SourceFile("표.csv", None, written.data))
    assert list(table.headers) == written.headers
    assert table.frame.rows() == [(line, *row) for line, row in zip(written.lines, written.rows, strict=True)]
    assert table.dialect["delimiter"] == {"\t": "tab"}.get(written.delimiter, written.delimiter)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([".csv", ".txt"]))
def test_any_bytes_end_in_a_table_or_a_named_refusal(data: bytes, suffix: str) -> None:
    try:
        (table,) = TEXT.read(SourceFile(f"x{suffix}", None, data))
    except UnreadableFile as error:
        assert str(error)
    else:
        assert table.frame.width == len(table.headers) + 1


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet='ab1,;\t" \n\r.|-가', max_size=120), st.sampled_from([".csv", ".txt"]))
def test_any_text_ends_in_a_table_or_a_named_refusal(text: str, suffix: str) -> None:
    test_any_bytes_end_in_a_table_or_a_named_refusal.hypothesis.inner_test(text.encode(), suffix)


CELLS = st.sampled_from(["1", "2.5", "가", "합계", "x1", "", "2025-03-01", "비고: 없음", "(℃)", "평균", "-", "end"])
LINES = st.lists(st.lists(CELLS, min_size=1, max_size=4).map(",".join), min_size=2, max_size=14)


@settings(max_examples=400, deadline=None)
@given(LINES, st.integers(0, 6))
@example([",", "1"], 0)
def test_no_line_gets_lost(lines: list[str], usual: int) -> None:
    """Each line that holds anything is a row, part of the header, or named in a repair."""
    lines = [*lines, *(f"L{number},{number}.5,3,4" for number in range(usual))]
    try:
        (table,) = TEXT.read(SourceFile("x.csv", None, "\n".join(lines).encode(), "set_aside"))
    except UnreadableFile:
        return
    # In a table of one column a comma is a cell like any other.
    nothing = " " if table.dialect["delimiter"] == "none" else ", "
    held = {number for number, line in enumerate(lines, start=1) if line.strip(nothing)}
    named = {row for note in (*table.repairs, *table.findings) for row in note.rows}
    missing = held - set(table.frame[ROW].to_list()) - named
    assert len(missing) == int(table.dialect["header_rows"])
    assert not set(table.frame[ROW].to_list()) - held
