"""Do the sheets and CSV come back as they went in, and do no harm?"""

import csv
from datetime import datetime

import made_dossier as made
import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from tundish.documents import publish, tables
from tundish.documents.words import speaker
from tundish.documents.workbook import letters, write_xlsx

KO = speaker("ko")


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("out")
    publish(made.dossier(), folder, "ko")
    return folder


def test_every_paper_is_written(papers):
    names = {"report.html", "answer.json", "answer.xlsx", "answer.csv", "pieces.xlsx", "pieces.csv", "card.json"}
    assert {path.name for path in papers.iterdir()} == names


def test_pieces_read_back(papers):
    sheet = openpyxl.load_workbook(papers / "pieces.xlsx").worksheets[0]
    head, first, second = ([cell.value for cell in row] for row in sheet.iter_rows(max_row=3))
    at = {title: number for number, title in enumerate(head)}
    assert sheet.max_row == made.COUNT + 1
    assert first[at["제품번호"]] == "P000"
    assert first[at["시작"]] == datetime(2025, 3, 2, 0, 30)
    assert first[at["ROLLING_TEMP_T5 / 압연 온도(℃)"]] == 1000.0
    assert second[at["ROLLING_TEMP_T5 / 압연 온도(℃)"]] is None
    assert 80 < first[at["라인속도(m/min), 체류 중 평균"]] < 100
    assert 200 < first[at["경도 (MPa)"]] < 300


def test_each_feature_knows_where_it_comes_from(papers):
    sheet = openpyxl.load_workbook(papers / "pieces.xlsx").worksheets[1]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    line = next(row for row in rows if row[0] == "라인속도(m/min), 체류 중 평균")
    assert line[1:6] == ["plc.csv", None, "라인속도(m/min)", "mean (stay)", "m/min"] or line[2] == ""


def test_nothing_is_a_formula(papers):
    for name in ("pieces.xlsx", "answer.xlsx"):
        for sheet in openpyxl.load_workbook(papers / name):
            assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    for name in ("pieces.csv", "answer.csv"):
        raw = (papers / name).read_bytes()
        assert raw.startswith(b"\xef\xbb\xbf")
        rows = list(csv.reader(raw.decode("utf-8-sig").splitlines()))
        texts = [cell for row in rows for cell in row if cell and not _number(cell)]
        assert all(cell[0] not in "=+-@＝＋－＠" for cell in texts)
        assert any(cell.startswith("'=cmd") for cell in texts)


def test_causes_and_window_stand_in_the_answer(papers):
    sheet = openpyxl.load_workbook(papers / "answer.xlsx").worksheets[0]
    head, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    kinds = [row[head.index("종류")] for row in rows]
    assert kinds == ["원인", "원인", "원인", "의심", "관리범위", "관리범위"]
    assert rows[0][head.index("열")] == "ROLLING_TEMP_T5, 압연 온도(℃)"
    assert str(rows[4][head.index("상한")]).startswith("1000")


def test_columns_of_one_name_are_told_apart():
    from dataclasses import replace

    whole = made.pieces()
    twin = replace(made.SPEED, name="other|line.speed|mean", origins=(made.Origin("other.csv", None, "라인속도(m/min)"),))
    frame = whole.table.frame.with_columns(pl.col(made.SPEED.name).alias(twin.name))
    whole = replace(whole, table=replace(whole.table, frame=frame, columns=(*whole.table.columns, twin)))
    titles = tables.joined(whole, "Asia/Seoul", KO).columns
    assert "라인속도(m/min), 체류 중 평균 - plc.csv" in titles
    assert "라인속도(m/min), 체류 중 평균 - other.csv" in titles


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=20) | st.sampled_from(
    ["_x0041_", "=1+1", " blank ", "<&>\"'", "]]>", made.HOSTILE]
)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(TEXT, st.floats(allow_nan=False, allow_infinity=False)), min_size=1, max_size=5))
def test_any_text_and_number_comes_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("any") / "any.xlsx"
    write_xlsx([("a", pl.DataFrame(rows, schema=["text", "number"], orient="row"))], path)
    sheet = openpyxl.load_workbook(path).active
    read = [(unescape(row[0].value or ""), row[1].value) for row in sheet.iter_rows(min_row=2)]
    assert [text for text, _ in read] == [text for text, _ in rows]
    assert [number for _, number in read] == pytest.approx([number for _, number in rows])


def test_what_xml_cannot_hold_is_marked(tmp_path):
    write_xlsx([("a", pl.DataFrame({"t": ["bell\x07", None], "n": [float("nan"), float("inf")]}))], tmp_path / "x.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "x.xlsx").active
    assert sheet["A2"].value == "bell\ufffd"
    assert [sheet["B2"].value, sheet["B3"].value, sheet["A3"].value] == [None, None, None]


def test_an_empty_sheet_has_its_titles(tmp_path):
    write_xlsx([("a", pl.DataFrame({"t": [], "n": []}))], tmp_path / "x.xlsx")
    assert [cell.value for cell in openpyxl.load_workbook(tmp_path / "x.xlsx").active[1]] == ["t", "n"]
    assert letters(16_383) == "XFD"


def _number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True
