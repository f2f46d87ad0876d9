"""Is what went wrong with a piece the first thing that is said, with its number beside those of its like?"""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tundish import flow
from tundish.documents import history as papers
from tundish.documents import history_page, tree
from tundish.documents.glance import glance
from tundish.documents.history_form import MarkOut, NoteOut, ProfileOut
from tundish.settings import Settings

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "history.schema.json").read_text(encoding="utf-8"))
ZONE = "Asia/Seoul"
COILS = [f"CR{number:05d}" for number in range(1, 61)]


@pytest.fixture(scope="module")
def plant(tmp_path_factory):
    """Sixty coils of one grade in a row; CR00020 is soft, CR00030 was rejected, CR00041 has a scratch, CR00050 no test."""
    folder = tmp_path_factory.mktemp("plant")
    made, tested = (
        ["코일번호,투입코일번호,작업시작,작업종료,생산중량(kg),판정,압연하중(kN)"],
        ["코일번호,시험일시,항복강도(MPa)"],
    )
    for i, coil in enumerate(COILS):
        clock = f"2025-03-0{1 + i // 20} {i % 20:02d}"
        verdict = "불합격" if coil == "CR00030" else "합격"
        made.append(f"{coil},HC{i + 1:05d},{clock}:00:00,{clock}:40:00,{10_000 + i % 7 * 20},{verdict},{2400 + i % 9 * 10}")
        if coil != "CR00050":
            tested.append(f"{coil},{clock}:55:00,{231 if coil == 'CR00020' else 300 + i % 11}")
    flaws = [
        "코일번호,결함시작위치(m),결함종료위치(m),결함면,결함명,검사일시",
        "cr-00041,120.5,131.0,상면,스크래치,2025-03-03 05:00:00",
    ]
    for name, rows in (("압연실적", made), ("재질시험", tested), ("결함이력", flaws)):
        (folder / f"{name}.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def told(plant, piece, lang="en"):
    out = papers.written(flow.history(plant, piece, Settings(), lambda *_: None), "plant", lang, time_zone=ZONE)
    Draft202012Validator(SCHEMA).validate(json.loads(out.model_dump_json()))
    return out


def first(plant, piece):
    asked, answer = glance(tree.Reader(told(plant, piece), "en", ZONE))[0]
    assert asked == "What stands out"
    return answer


def test_a_value_far_from_its_like_comes_first_with_theirs(plant):
    said = first(plant, "CR00020")
    assert said.startswith("항복강도 231 MPa (")
    assert "300 ~ 310 MPa" in said
    assert "⚠ 항복강도 231 MPa" in "\n".join(tree.text(told(plant, "CR00020"), "en", ZONE))


def test_a_verdict_that_few_have_stands_out(plant):
    assert first(plant, "CR00030") == "판정 불합격 (most of 40 others: 합격)"


def test_a_bad_verdict_stands_out_however_many_have_it(tmp_path):
    rows = [
        f"CR{i:03d},HC{i:03d},2025-03-01 {i:02d}:00:00,2025-03-01 {i:02d}:40:00,{'NG' if i % 2 else 'OK'}" for i in range(20)
    ]
    text = "\n".join(["코일번호,투입코일번호,작업시작,작업종료,판정", *rows]) + "\n"
    (tmp_path / "압연실적.csv").write_text(text, encoding="utf-8")
    assert first(tmp_path, "CR007").startswith("판정 NG")
    assert first(tmp_path, "CR008").startswith("No defect")


def test_another_word_for_good_and_names_that_all_differ_do_not_stand_out(tmp_path):
    words = {7: "합격"}
    rows = [
        f"CR{i:03d},HC{i:03d},2025-03-01 {i // 2:02d}:{30 * (i % 2):02d}:00,2025-03-01 {i // 2:02d}:{30 * (i % 2) + 20}:00,"
        f"{words.get(i, 'OK')},김{i % 30}"
        for i in range(46)
    ]
    text = "\n".join(["코일번호,투입코일번호,작업시작,작업종료,판정,작업자", *rows]) + "\n"
    (tmp_path / "압연실적.csv").write_text(text, encoding="utf-8")
    assert first(tmp_path, "CR007").startswith("No defect")


def test_without_a_begin_the_rows_beside_it_are_its_like(tmp_path):
    rows = [f"BL{i:03d},BR{i // 4:02d},2025-03-01 {i:02d}:00:00,{805 if i == 9 else 900 + i}" for i in range(24)]
    text = "\n".join(["빌렛번호,모재번호,절단일시,절단온도(℃)", *rows]) + "\n"
    (tmp_path / "절단실적.csv").write_text(text, encoding="utf-8")
    assert first(tmp_path, "BL009").startswith("절단온도 805 ℃ (")


def test_a_defect_comes_first_on_the_piece_and_on_what_it_was_made_of(plant):
    said = first(plant, "CR00041")
    assert "스크래치" in said
    assert "120.5" in said
    assert first(plant, "HC00041") == "defects on 1 of its products: CR00041 (스크래치)"


def test_a_piece_like_all_others_says_with_how_many_values_it_was_compared(plant):
    assert first(plant, "CR00010") == "No defect is recorded; 3 values lie among those of others."
    assert first(plant, "HC00060") == "No defect is recorded, and there are no values to compare with others."


def test_values_stand_beside_those_of_others_on_page_and_in_json(plant):
    out = told(plant, "CR00020", "ko")
    soft = [value for record in out.records for value in record.values if value.odd]
    assert [(value.value, value.unit, value.low, value.high) for value in soft] == [(231.0, "MPa", 300.0, 310.0)]
    assert soft[0].far > 4.5
    page = history_page.page(out, "ko", ZONE)
    assert page.index("231 MPa") < page.index("<h2")
    assert "재질시험.csv" in page


def test_a_defect_without_a_mark_on_the_profile_is_told_and_one_with_a_mark_once(plant):
    out = told(plant, "CR00041")
    bare = ProfileOut(length_m=900.0, cell_m=1.0, signals=[], marks=[], unmapped=[])
    said = glance(tree.Reader(out.model_copy(update={"profile": bare}), "en", ZONE))[0][1]
    assert "스크래치" in said
    assert "120.5" in said
    row = next(record for record in out.records if record.kind == "defect")
    notes = [NoteOut(name=one.name, concept=one.concept, value=one.value, unit=one.unit) for one in row.values[-1:]]
    spot = {"from_m": 120.5, "to_m": 131.0, "side": None, "end": None, "at": None, "file": "결함이력"}
    mark = MarkOut(kind="defect", piece=row.piece, row=row.row, notes=notes, **spot)
    marked = bare.model_copy(update={"marks": [mark]})
    said = glance(tree.Reader(out.model_copy(update={"profile": marked}), "en", ZONE))[0][1]
    assert said.count("스크래치") == 1
