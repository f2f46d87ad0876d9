"""Hand-made text files as plants export them: what must come out is written beside each."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from tundish.connectors.text import TEXT
from tundish.errors import BrokenFile, EmptyFile, NoTable, RaggedRows, UnreadableFile
from tundish.intake import RawTable, SourceFile
from tundish.table import ROW


@dataclass
class Odd:
    """A file, and the table that a person reads in it."""

    about: str
    data: bytes
    headers: tuple[str, ...]
    rows: list[tuple[object, ...]]
    """Line number first."""
    name: str = "표.csv"
    units: tuple[str | None, ...] | None = None
    dialect: dict[str, str] = field(default_factory=dict)
    repairs: set[str] = field(default_factory=set)
    findings: set[str] = field(default_factory=set)


KO = "로트,온도,판정\nL1,81.2,양품\nL2,80.9,불량\n"
KO_HEADERS = ("로트", "온도", "판정")
KO_ROWS: list[tuple[object, ...]] = [(2, "L1", "81.2", "양품"), (3, "L2", "80.9", "불량")]

ODD = [
    Odd("plain UTF-8", KO.encode(), KO_HEADERS, KO_ROWS, dialect={"encoding": "utf-8", "delimiter": ","}),
    Odd("UTF-8 with BOM", KO.encode("utf-8-sig"), KO_HEADERS, KO_ROWS),
    Odd("CP949", KO.encode("cp949"), KO_HEADERS, KO_ROWS, dialect={"encoding": "cp949"}),
    Odd(
        "CP949 beyond EUC-KR",
        KO.replace("양품", "똠방각하 양품").encode("cp949"),
        KO_HEADERS,
        [(2, "L1", "81.2", "똠방각하 양품"), KO_ROWS[1]],
    ),
    Odd(
        "CP949 in the header only",
        "번호,온도(℃)\n1,20\n2,21\n".encode("cp949"),
        ("번호", "온도(℃)"),
        [(2, "1", "20"), (3, "2", "21")],
    ),
    Odd("UTF-16 LE with BOM", b"\xff\xfe" + KO.encode("utf-16-le"), KO_HEADERS, KO_ROWS),
    Odd("UTF-16 BE with BOM", b"\xfe\xff" + KO.encode("utf-16-be"), KO_HEADERS, KO_ROWS),
    Odd("UTF-16 LE without BOM", KO.encode("utf-16-le"), KO_HEADERS, KO_ROWS, dialect={"encoding": "utf-16-le"}),
    Odd("UTF-16 BE without BOM", KO.encode("utf-16-be"), KO_HEADERS, KO_ROWS, dialect={"encoding": "utf-16-be"}),
    Odd(
        "UTF-16 with tabs, as Excel saves Unicode text",
        KO.replace(",", "\t").encode("utf-16"),
        KO_HEADERS,
        KO_ROWS,
        name="a.txt",
    ),
    Odd(
        "degree sign in cp1252 is no Hangul",
        "Zeit;Temp (°C)\n08:00;1\n08:01;2\n".encode("cp1252"),
        ("Zeit", "Temp (°C)"),
        [(2, "08:00", "1"), (3, "08:01", "2")],
        findings={"encoding_unsure"},
    ),
    Odd(
        "umlauts in cp1252",
        "Größe;Stück\n1,5;2\n2,5;3\n".encode("cp1252"),
        ("Größe", "Stück"),
        [(2, "1,5", "2"), (3, "2,5", "3")],
        dialect={"decimal": ","},
        findings={"encoding_unsure"},
    ),
    Odd("Windows line ends", KO.replace("\n", "\r\n").encode(), KO_HEADERS, KO_ROWS),
    Odd("old Mac line ends", KO.replace("\n", "\r").encode(), KO_HEADERS, KO_ROWS),
    Odd("no line end at the end", KO.rstrip("\n").encode(), KO_HEADERS, KO_ROWS),
    Odd("DOS end-of-file mark", KO.encode() + b"\x1a", KO_HEADERS, KO_ROWS),
    Odd("a logger's file filled up with NULs", KO.encode() + b"\0" * 300, KO_HEADERS, KO_ROWS, repairs={"padding"}),
    Odd("tabs", KO.replace(",", "\t").encode(), KO_HEADERS, KO_ROWS, name="a.tsv", dialect={"delimiter": "tab"}),
    Odd("pipes", KO.replace(",", "|").encode(), KO_HEADERS, KO_ROWS, dialect={"delimiter": "|"}),
    Odd(
        "semicolons and decimal commas",
        b"t;a;b\n1;0,042;1,5\n2;0,05;1,75\n",
        ("t", "a", "b"),
        [(2, "1", "0,042", "1,5"), (3, "2", "0,05", "1,75")],
        dialect={"delimiter": ";", "decimal": ","},
    ),
    Odd(
        "semicolons, every value a decimal comma",
        b"a;b\n0,5;1,5\n0,6;1,6\n0,7;1,7\n",
        ("a", "b"),
        [(2, "0,5", "1,5"), (3, "0,6", "1,6"), (4, "0,7", "1,7")],
        dialect={"delimiter": ";", "decimal": ","},
    ),
    Odd(
        "quoted decimal commas between commas",
        b't,a\n1,"0,042"\n2,"0,05"\n',
        ("t", "a"),
        [(2, "1", "0,042"), (3, "2", "0,05")],
        dialect={"delimiter": ",", "decimal": ","},
    ),
    Odd(
        "quoted thousands",
        b'a,b\n1,"13,550"\n2,"9,100"\n',
        ("a", "b"),
        [(2, "1", "13,550"), (3, "2", "9,100")],
        dialect={"decimal": "."},
    ),
    Odd(
        "runs of blanks",
        b"  time   T1    T2\n  0.1    20.5  21\n  0.2    20.6  22\n",
        ("time", "T1", "T2"),
        [(2, "0.1", "20.5", "21"), (3, "0.2", "20.6", "22")],
        name="log.dat",
        dialect={"delimiter": "blanks (2 or more)"},
    ),
    Odd(
        "single blanks",
        b"time T1 T2\n0.1 20.5 21\n0.2 20.6 22\n",
        ("time", "T1", "T2"),
        [(2, "0.1", "20.5", "21"), (3, "0.2", "20.6", "22")],
        name="log.txt",
        dialect={"delimiter": "blanks"},
    ),
    Odd("Excel's sep line", b"sep=;\na;b\n1;2\n3;4\n", ("a", "b"), [(3, "1", "2"), (4, "3", "4")], dialect={"delimiter": ";"}),
    Odd(
        "quotes, doubled quotes, delimiters and line ends inside",
        b'id,note\n1,"a ""b"", c"\n2,"two\nlines"\n3,x\n',
        ("id", "note"),
        [(2, "1", 'a "b", c'), (3, "2", "two\nlines"), (5, "3", "x")],
    ),
    Odd(
        "an inch mark is no quote",
        b'size,n\n3/4" pipe,5\n1/2" pipe,6\n2 pipe,7\n',
        ("size", "n"),
        [(2, '3/4" pipe', "5"), (3, '1/2" pipe', "6"), (4, "2 pipe", "7")],
    ),
    Odd("one inch mark only", b'size,n\n4" pipe,5\n6 pipe,6\n', ("size", "n"), [(2, '4" pipe', "5"), (3, "6 pipe", "6")]),
    Odd(
        "blanks before quotes",
        b'a, b, c\n1, "x, y", 2\n3, "z", 4\n',
        ("a", "b", "c"),
        [(2, "1", "x, y", "2"), (3, "3", "z", "4")],
    ),
    Odd(
        "a delimiter at the end of each row",
        b"a;b;\n1;2;\n3;4;\n",
        ("a", "b"),
        [(2, "1", "2"), (3, "3", "4")],
        repairs={"empty_columns"},
    ),
    Odd(
        "a delimiter at the end of data rows only",
        b"a;b;c\n1;2;5;\n3;4;6;\n",
        ("a", "b", "c"),
        [(2, "1", "2", "5"), (3, "3", "4", "6")],
        repairs={"empty_columns"},
    ),
    Odd(
        "a delimiter at the end of some rows",
        b"a;b\n1;2\n3;4;\n5;6\n",
        ("a", "b"),
        [(2, "1", "2"), (3, "3", "4"), (4, "5", "6")],
        repairs={"surplus_fields"},
    ),
    Odd(
        "title rows",
        "작업일보 2025년 3월\n출력일시: 2025-03-31 17:20\n\n로트,온도,판정\nL1,81.2,양품\nL2,80.9,불량\n".encode("cp949"),
        KO_HEADERS,
        [(5, *KO_ROWS[0][1:]), (6, *KO_ROWS[1][1:])],
        repairs={"title_rows"},
    ),
    Odd(
        "title rows filled up with commas",
        "작업일보 2025년 3월,,\n라인,CGL1,\n로트,온도,판정\nL1,81.2,양품\nL2,80.9,불량\n".encode(),
        KO_HEADERS,
        [(4, *KO_ROWS[0][1:]), (5, *KO_ROWS[1][1:])],
        repairs={"title_rows"},
    ),
    Odd(
        "a date in the title row",
        "일자,2025-03-01,\n로트,온도,판정\nL1,81.2,양품\nL2,80.9,불량\n".encode(),
        KO_HEADERS,
        [(3, *KO_ROWS[0][1:]), (4, *KO_ROWS[1][1:])],
        repairs={"title_rows"},
    ),
    Odd(
        "a unit row in brackets",
        "로트,온도,두께\n,(℃),[mm]\nL1,81.2,1.2\nL2,80.9,1.3\n".encode(),
        ("로트", "온도", "두께"),
        [(3, "L1", "81.2", "1.2"), (4, "L2", "80.9", "1.3")],
        units=(None, "℃", "mm"),
        dialect={"header_rows": "2"},
    ),
    Odd(
        "a unit row without brackets",
        "시각,온도,속도\n-,℃,m/min\n08:00,81.2,120\n08:01,80.9,121\n".encode("cp949"),
        ("시각", "온도", "속도"),
        [(3, "08:00", "81.2", "120"), (4, "08:01", "80.9", "121")],
        units=(None, "℃", "m/min"),
    ),
    Odd(
        "groups above names",
        "로트번호,산세조1,,산세조2,\n,온도,농도,온도,농도\nL1,81,12,82,13\nL2,80,11,81,12\n".encode(),
        ("로트번호", "산세조1 온도", "산세조1 농도", "산세조2 온도", "산세조2 농도"),
        [(3, "L1", "81", "12", "82", "13"), (4, "L2", "80", "11", "81", "12")],
    ),
    Odd(
        "groups, names and units",
        "로트번호,산세조1,,산세조2,\n,온도,농도,온도,농도\n,℃,%,℃,%\nL1,81,12,82,13\nL2,80,11,81,12\n".encode(),
        ("로트번호", "산세조1 온도", "산세조1 농도", "산세조2 온도", "산세조2 농도"),
        [(4, "L1", "81", "12", "82", "13"), (5, "L2", "80", "11", "81", "12")],
        units=(None, "℃", "%", "℃", "%"),
    ),
    Odd(
        "Korean names above tags",
        "시각,온도,속도\nTIME,TT_101,SP_101\n08:00,81.2,120\n08:01,80.9,121\n".encode(),
        ("시각 TIME", "온도 TT_101", "속도 SP_101"),
        [(3, "08:00", "81.2", "120"), (4, "08:01", "80.9", "121")],
    ),
    Odd(
        "numbers that count as names",
        b"time,1,2,3\n08:00,5,6,7\n08:01,6,6,6\n08:02,7,7,9\n",
        ("time", "1", "2", "3"),
        [(2, "08:00", "5", "6", "7"), (3, "08:01", "6", "6", "6"), (4, "08:02", "7", "7", "9")],
    ),
    Odd(
        "the header again on each page",
        ("작업일보 1쪽\n" + KO + "\n작업일보 2쪽\n" + KO.replace("L", "M")).encode(),
        KO_HEADERS,
        [(3, *KO_ROWS[0][1:]), (4, *KO_ROWS[1][1:]), (8, "M1", "81.2", "양품"), (9, "M2", "80.9", "불량")],
        repairs={"repeated_header", "repeated_title", "blank_rows", "title_rows"},
    ),
    Odd(
        "sums and notes below",
        (KO + "합계,162.1,\n평균,81.05,\n\n작성자: 홍길동\n--- end ---\n").encode("cp949"),
        KO_HEADERS,
        KO_ROWS,
        repairs={"footer_rows"},
    ),
    Odd("a count below", (KO + "\n(2 rows affected)\n").encode(), KO_HEADERS, KO_ROWS, repairs={"footer_rows"}),
    Odd("a Korean count below", (KO + "총 2건\n").encode(), KO_HEADERS, KO_ROWS, repairs={"footer_rows"}),
    Odd(
        "subtotals between",
        "로트,수량\nL1,3\nL2,4\n소계,7\nL3,5\nL4,6\n소계,11\nL5,1\n".encode(),
        ("로트", "수량"),
        [(2, "L1", "3"), (3, "L2", "4"), (5, "L3", "5"), (6, "L4", "6"), (8, "L5", "1")],
        repairs={"sum_rows"},
    ),
    Odd("blank rows between", b"a,b\n\n1,2\n,\n\n3,4\n", ("a", "b"), [(3, "1", "2"), (6, "3", "4")], repairs={"blank_rows"}),
    Odd(
        "a pandas index",
        b",a,b\n0,5,x\n1,6,y\n2,7,z\n",
        ("a", "b"),
        [(2, "5", "x"), (3, "6", "y"), (4, "7", "z")],
        repairs={"row_counter"},
    ),
    Odd(
        "row names of R",
        b"a,b\n1,5,x\n2,6,y\n3,7,z\n",
        ("a", "b"),
        [(2, "5", "x"), (3, "6", "y"), (4, "7", "z")],
        repairs={"row_counter"},
    ),
    Odd(
        "a first column without name that is no counter",
        b",a\n17,5\n4,6\n9,7\n",
        ("column 1", "a"),
        [(2, "17", "5"), (3, "4", "6"), (4, "9", "7")],
        findings={"nameless_column"},
    ),
    Odd(
        "doubled names",
        b"t,T,T,T (2)\n08:00,1,2,3\n08:01,4,5,6\n",
        ("t", "T", "T (2)", "T (2) (2)"),
        [(2, "08:00", "1", "2", "3"), (3, "08:01", "4", "5", "6")],
        repairs={"doubled_header"},
    ),
    Odd(
        "line ends in names",
        '"강판\n온도",두께\n81,1.5\n82,1.6\n'.encode(),
        ("강판 온도", "두께"),
        [(3, "81", "1.5"), (4, "82", "1.6")],
    ),
    Odd("decomposed letters in names", "온도,두께\n1,2\n3,4\n".encode(), ("온도", "두께"), [(2, "1", "2"), (3, "3", "4")]),
    Odd(
        "no header",
        b"1;0,5;3\n2;0,6;4\n3;0,7;5\n",
        ("column 1", "column 2", "column 3"),
        [(1, "1", "0,5", "3"), (2, "2", "0,6", "4"), (3, "3", "0,7", "5")],
        dialect={"header_rows": "0"},
    ),
    Odd("words only", b"code,meaning\nA,good\nB,bad\n", ("code", "meaning"), [(2, "A", "good"), (3, "B", "bad")]),
    Odd("one column", b"value\n1.5\n1.6\n1.7\n", ("value",), [(2, "1.5"), (3, "1.6"), (4, "1.7")]),
    Odd("one row", b"a,b\n1,x\n", ("a", "b"), [(2, "1", "x")]),
    Odd(
        "sparse rows",
        b"key,B1,B2,B3\n1,,,43.0\n2,,,\n3,5,,\n4,,6,\n",
        ("key", "B1", "B2", "B3"),
        [(2, "1", None, None, "43.0"), (3, "2", None, None, None), (4, "3", "5", None, None), (5, "4", None, "6", None)],
    ),
    Odd(
        "odd words in the first rows of a number column",
        "로트,온도\nL1,확인중\nL2,81\nL3,82\n".encode(),
        ("로트", "온도"),
        [(2, "L1", "확인중"), (3, "L2", "81"), (4, "L3", "82")],
    ),
    Odd(
        "times with a blank inside",
        "일시,값\n오후 2:31,1\n오후 2:32,2\n".encode("cp949"),
        ("일시", "값"),
        [(2, "오후 2:31", "1"), (3, "오후 2:32", "2")],
    ),
    Odd("cells filled up with blanks", b"a , b\n 1,2 \n3 ,4\n", ("a", "b"), [(2, "1", "2"), (3, "3", "4")]),
    Odd(
        "names like ours",
        b"#row,#source\n1.5,2\n2.5,3\n",
        ("#row (2)", "#source (2)"),
        [(2, "1.5", "2"), (3, "2.5", "3")],
        repairs={"doubled_header"},
    ),
]


def read_one(data: bytes, name: str = "표.csv", **options: str) -> RawTable:
    (table,) = TEXT.read(SourceFile(name, None, data, **options))
    return table


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd.about)
def test_reads_what_a_person_reads(odd: Odd) -> None:
    table = read_one(odd.data, odd.name)
    assert table.headers == odd.headers
    assert table.frame.columns == [ROW, *odd.headers]
    assert table.frame.rows() == odd.rows
    assert table.units == (odd.units or (None,) * len(odd.headers))
    assert dict(table.dialect) | odd.dialect == dict(table.dialect)
    assert {repair.code for repair in table.repairs} == odd.repairs
    assert {finding.code for finding in table.findings} == odd.findings


BAD: list[tuple[str, bytes, str, type[UnreadableFile]]] = [
    ("no byte", b"", "a.csv", EmptyFile),
    ("blanks only", b" \r\n\r\n  \r\n", "a.csv", EmptyFile),
    ("a BOM only", b"\xef\xbb\xbf\r\n", "a.csv", EmptyFile),
    ("commas only", b",,,\n,,,\n", "a.csv", EmptyFile),
    ("rows of different length", b"a,b,c\n1,2,3\n4,5\n6,7,8,9\n10,11,12\n", "a.csv", RaggedRows),
    ("a last row that breaks off", b"a,b,c\n1,2,3\n4,5,6\n7,8,9\n10,1", "a.csv", RaggedRows),
    ("a header with too few names", b"a,b\n1.5,2,3\n4.5,5,6\n9.5,8,9\n", "a.csv", RaggedRows),
    ("a header with too many names", b"a,b,c,d\n1.5,2,3\n4.5,5,6\n9.5,8,9\n", "a.csv", RaggedRows),
    ("an XLSX called CSV", b"PK\x03\x04" + b"x" * 50, "a.csv", BrokenFile),
    ("binary data", bytes(range(256)) * 20, "a.csv", BrokenFile),
    ("prose called CSV", b"This is a note. It says nothing\nabout anything at all\n", "a.csv", NoTable),
    ("a web page called CSV", b"<!DOCTYPE html>\n<html><body>Please log in</body></html>\n", "a.csv", NoTable),
    (
        "prose",
        b"Columns are as follows:\n\nThe first, named t, is time, in seconds.\nThe second is force.\n",
        "readme.txt",
        NoTable,
    ),
    ("words with a comma in each line", b"hello, world\nfoo, bar\n", "note.txt", NoTable),
    ("UTF-16 that breaks off", KO.encode("utf-16")[:-1], "a.csv", BrokenFile),
    ("UTF-8 that breaks off inside a letter", KO.encode().rstrip(b"\n")[:-1], "a.csv", BrokenFile),
]


@pytest.mark.parametrize(("about", "data", "name", "error"), BAD, ids=[case[0] for case in BAD])
def test_says_why_it_cannot_be_read(about: str, data: bytes, name: str, error: type[UnreadableFile]) -> None:
    with pytest.raises(error) as caught:
        read_one(data, name)
    assert str(caught.value).startswith(name)


def test_ragged_rows_are_named_or_set_aside() -> None:
    data = b"a,b,c\n1,2,3\n4,5\n6,7,8,9\n10,11,12\n"
    with pytest.raises(RaggedRows) as caught:
        read_one(data)
    assert dict(caught.value.message.values) == {"file": "표.csv", "row": 3, "found": 2, "expected": 3, "rows": 2}
    table = read_one(data, ragged="set_aside")
    assert table.frame.rows() == [(2, "1", "2", "3"), (5, "10", "11", "12")]
    (finding,) = table.findings
    assert (finding.code, finding.severity, finding.count, finding.rows) == ("ragged_rows", "warning", 2, (3, 4))


def test_a_late_bad_byte_is_found_and_the_rest_kept() -> None:
    lines = ["로트,온도,비고", *(f"L{i},8{i % 10},정상" for i in range(30_000))]
    data = [line.encode() for line in lines]
    data[29_000] = "L28999,89,불량".encode("cp949")
    table = read_one(b"\n".join(data))
    assert table.frame["비고"][28_999] == "불량"
    (finding,) = table.findings
    assert (finding.code, finding.rows) == ("encoding_mixed", (29_001,))


def test_cyrillic_bytes_are_not_taken_for_korean() -> None:
    table = read_one("Плавка;Температура\n1;1580\n2;1590\n".encode("cp1251"))
    assert [finding.code for finding in table.findings] == ["encoding_unsure"]
    assert table.frame.height == 2


def test_repairs_show_what_stood_there() -> None:
    table = read_one((KO + "합계,162.1,\n").encode())
    (repair,) = table.repairs
    assert (repair.count, repair.rows, repair.before) == (1, (4,), "합계,162.1,")
    assert repair.origin.file == "표.csv"
