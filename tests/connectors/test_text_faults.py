"""What stands wrong in a text is said, with its line, and the rest is read."""

from pathlib import Path

import pytest

from tundish.connectors import SOURCES
from tundish.connectors.text import TEXT
from tundish.errors import EmptyFile
from tundish.intake import RawTable, SourceFile, read
from tundish.table import ROW


def tables(text: str, name: str = "a.csv") -> list[RawTable]:
    return [part for part in TEXT.read(SourceFile(name, None, text.encode())) if isinstance(part, RawTable)]


ROWS = [f"L{i},{80 + i / 10:.1f},ok" for i in range(60)]


def test_a_quote_that_is_never_closed_is_told_with_its_line():
    lines = ["id,temp,note", *ROWS]
    lines[30] = 'L29,82.9,"open'
    (table,) = tables("\n".join(lines))
    (finding,) = [one for one in table.findings if one.code == "unclosed_quote"]
    assert finding.rows == (31,)
    assert table.frame.height == 60
    assert table.frame["note"][29] == '"open'


def test_two_open_quotes_do_not_swallow_the_rows_between():
    lines = ["id,temp,note", *ROWS]
    lines[10], lines[40] = 'L9,80.9,"open', 'L39,"83.9,ok'
    (table,) = tables("\n".join(lines))
    (finding,) = [one for one in table.findings if one.code == "unclosed_quote"]
    assert finding.rows == (11, 41)
    assert table.frame.height == 60


def test_a_note_over_several_lines_is_no_open_quote():
    lines = ["id,temp,note", *ROWS]
    lines[20] = 'L19,81.9,"first\nsecond ""x""\nthird"'
    (table,) = tables("\n".join(lines))
    assert not [one for one in table.findings if one.code == "unclosed_quote"]
    assert table.frame["note"][19] == 'first\nsecond "x"\nthird'
    assert table.frame[ROW][20] == 24


def test_tables_under_one_another_are_read_each():
    first_rows, second_rows = [f"L{i},{800 + i},1{i}" for i in range(5)], [f"L{i},3{i},4{i},2{i}" for i in range(4)]
    above = ["조업 실적", "로트,온도,속도", *first_rows, "", "시험 결과"]
    text = "\n".join([*above, "로트,YP,TS,EL", *second_rows, "합계,1,2,3", "", "작성: 홍길동"])
    first, second = tables(text)
    assert (first.headers, second.headers) == (("로트", "온도", "속도"), ("로트", "YP", "TS", "EL"))
    assert (first.frame.height, second.frame.height) == (5, 4)
    assert (first.origin.sheet, second.origin.sheet) == ("#1", "#2")
    assert second.frame[ROW].to_list() == [11, 12, 13, 14]
    assert [one.code for one in first.findings] == ["several_tables"]


def test_tables_parted_by_a_row_of_delimiters_as_a_spreadsheet_saves_them():
    text = "a,b,c,d\n1,2,3,x\n2,3,4,y\n3,4,5,z\n,,,\ne,f,g,\n9,8,7,\n8,7,6,\n7,6,5,\n"
    first, second = tables(text)
    assert first.frame.height == 3
    assert second.headers == ("e", "f", "g")
    assert second.frame.height == 3


@pytest.mark.parametrize(
    "above",
    ["", "Operator,Kim\nDate,2024-03-01\n\n", "보고서\n\n기간,2024-03-01,2024-03-31\n\n", "Key,Value,Unit\nSpeed,fast,m\n\n"],
)
def test_keys_and_values_above_a_table_are_no_table(above):
    rows = "".join(f"L{i},{800 + i},1{i}\n" for i in range(12))
    (table,) = tables(f"{above}lot,temp,speed\n{rows}\n{rows}")
    assert table.headers == ("lot", "temp", "speed")
    assert table.frame.height == 24


def test_a_header_without_rows_stops_nothing_but_itself(tmp_path: Path):
    (tmp_path / "empty.csv").write_text("x,y,z,w\n")
    (tmp_path / "full.csv").write_text("a,b\n1,2\n2,3\n")
    found = read(tmp_path, SOURCES)
    assert [table.origin.file for table in found.tables] == ["full.csv"]
    assert [one.code for one in found.findings] == ["header_only"]
    (tmp_path / "full.csv").unlink()
    with pytest.raises(EmptyFile):
        read(tmp_path, SOURCES)


def test_columns_of_hangul_that_take_two_places_each():
    lines = [
        "시각      강종        온도",
        "08:00:00  열연강판    812.5",
        "08:01:00              813.0",
        "08:02:00  SPHC        811.2",
    ]
    padded = [*lines, *(f"08:{i:02}:00  냉연SPCC    80{i % 10}.1" for i in range(3, 20))]
    (table,) = tables("\n".join(padded) + "\n", "log.txt")
    assert table.headers == ("시각", "강종", "온도")
    assert table.frame.row(1)[1:] == ("08:01:00", None, "813.0")
    assert table.frame["강종"][3] == "냉연SPCC"


def test_the_dialect_tells_what_was_understood():
    (table,) = tables("'a';'b'\n'x;y';1,5\n'z';2,5\nSumme;4,0\n")
    told = dict(table.dialect)
    assert told.pop("bytes")
    assert told == {"encoding": "ascii", "delimiter": ";", "quote": "'", "decimal": ",", "header_rows": "1", "footer_rows": "1"}
