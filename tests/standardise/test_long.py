"""Does a historian's export - time, tag, value - become tables of one column a tag, with nothing lost and nothing made up?"""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest

from tundish.connectors import SOURCES
from tundish.intake import read
from tundish.standardise import standardise
from tundish.vocabulary import load_catalogue

BEGIN = datetime(2025, 3, 18, 8)
FAST = ("산세조1 온도", "산세조2 온도", "라인속도")
SLOW = ("염산 농도", "철 농도")


def truth(seconds: int = 600, seed: int = 7) -> dict[str, dict[datetime, float]]:
    """Tag -> time -> value: three tags each second, two each minute."""
    dice = random.Random(seed)
    made: dict[str, dict[datetime, float]] = {}
    for tags, every in ((FAST, 1), (SLOW, 60)):
        for i, tag in enumerate(tags):
            stamps = [BEGIN + timedelta(seconds=k) for k in range(0, seconds, every)]
            made[tag] = {stamp: round(80 + 10 * i + dice.gauss(0, 1), 2) for stamp in stamps}
    return made


def rows_of(values: dict[str, dict[datetime, float]]) -> list[tuple[datetime, str, float]]:
    return sorted((stamp, tag, value) for tag, found in values.items() for stamp, value in found.items())


def standard(folder):
    raw = read(folder, SOURCES)
    return standardise(raw.tables, load_catalogue())


def columns(tables) -> dict[str, tuple[object, object]]:
    """Header -> its table and column; times and ids left out."""
    return {
        column.header: (table, column)
        for table in tables
        for column in table.columns
        if column.kind in ("number", "category", "text")
    }


def held(table, column) -> dict[datetime, float]:
    time = table.of_kind("time")[0].name
    frame = table.frame.drop_nulls(column.name)
    stamps = frame[time].dt.convert_time_zone("Asia/Seoul").dt.replace_time_zone(None).to_list()
    return {stamp: round(column.to_plant(value), 2) for stamp, value in zip(stamps, frame[column.name].to_list(), strict=True)}


@pytest.mark.parametrize(
    ("header", "line", "encoding"),
    [
        ("일시,태그명,값,품질", "{t:%Y-%m-%d %H:%M:%S},{tag},{v},192", "cp949"),
        ("Timestamp;TagName;Value;Quality", "{t:%d.%m.%Y %H:%M:%S};{tag};{c};Good", "utf-8-sig"),
        ("TagName\tDateTime\tvValue\tOPCQuality", "{tag}\t{t:%Y-%m-%d %H:%M:%S.000}\t{v}\t192", "utf-16"),
        ('"VarName";"TimeString";"VarValue";"Validity";"Time_ms"', '"{tag}";"{t:%d.%m.%Y %H:%M:%S}";{c};1;{ms}', "cp949"),
        ("날짜,시간,포인트명,측정값", "{t:%Y/%m/%d},{t:%H:%M:%S},{tag},{v}", "cp949"),
        ("번호,일시,항목,단위,값", "{n},{t:%Y-%m-%d %H:%M:%S},{tag},℃,{v}", "utf-8"),
        ("t_stamp,tagid,floatvalue,stringvalue,dataintegrity", "{epoch},{tag},{v},,192", "utf-8"),
    ],
)
def test_every_style_gives_every_value_back(tmp_path, header, line, encoding):
    values = truth()
    lines = [header]
    for n, (t, tag, v) in enumerate(rows_of(values)):
        ms = f"{(t - datetime(1899, 12, 30)).total_seconds() / 86400 * 1e6:.6f}".replace(".", ",")
        epoch = int((t - timedelta(hours=9) - datetime(1970, 1, 1)).total_seconds() * 1000)
        lines.append(line.format(t=t, tag=tag, v=v, c=f"{v}".replace(".", ","), n=n + 1, ms=ms, epoch=epoch))
    (tmp_path / "이력.csv").write_bytes("\n".join(lines).encode(encoding))
    found = columns(standard(tmp_path).tables)
    assert set(values) <= set(found)
    for tag, expected in values.items():
        assert held(*found[tag]) == expected
    assert found["산세조1 온도"][0] is found["라인속도"][0]
    assert found["염산 농도"][0] is found["철 농도"][0]
    assert found["염산 농도"][0] is not found["라인속도"][0]


def test_a_file_sorted_by_tag_comes_out_in_the_order_of_time(tmp_path):
    values = truth(120)
    lines = ["time,tag,value", *(f"{t:%Y-%m-%d %H:%M:%S},{tag},{v}" for tag, found in values.items() for t, v in found.items())]
    (tmp_path / "log.csv").write_text("\n".join(lines), encoding="utf-8")
    for table in standard(tmp_path).tables:
        assert table.frame[table.of_kind("time")[0].name].is_sorted()
        assert not [finding for finding in table.findings if finding.code == "time_backwards"]


def test_what_the_source_calls_bad_is_no_value_and_is_told(tmp_path):
    values = truth(120)
    lines, bad = ["일시,태그,값,품질"], set()
    for n, (t, tag, v) in enumerate(rows_of(values)):
        mark = "Bad" if n % 17 == 0 else "Uncertain" if n % 19 == 0 else "Good"
        if mark == "Bad":
            bad.add((tag, t))
        lines.append(f"{t:%Y-%m-%d %H:%M:%S},{tag},{v},{mark}")
    (tmp_path / "log.csv").write_text("\n".join(lines), encoding="utf-8")
    made = standard(tmp_path)
    found = columns(made.tables)
    for tag, expected in values.items():
        assert held(*found[tag]) == {t: v for t, v in expected.items() if (tag, t) not in bad}
    told = [finding for table in made.tables for finding in table.findings if finding.code == "quality_bad"]
    assert sum(finding.count for finding in told) == len(bad)


def test_marks_that_nobody_knows_are_told_and_nothing_is_thrown_away(tmp_path):
    values = truth(60)
    lines = [
        "일시,태그,값,품질",
        *(f"{t:%Y-%m-%d %H:%M:%S},{tag},{v},{n % 3}" for n, (t, tag, v) in enumerate(rows_of(values))),
    ]
    (tmp_path / "log.csv").write_text("\n".join(lines), encoding="utf-8")
    made = standard(tmp_path)
    found = columns(made.tables)
    assert held(*found["라인속도"]) == values["라인속도"]
    assert [finding for table in made.tables for finding in table.findings if finding.code == "quality_unknown"]


def test_a_list_of_tags_gives_names_and_units(tmp_path):
    tags = {"TT1001": ("산세조1 온도", "℃"), "ST2001": ("라인속도", "mpm"), "AT3": ("", "")}
    lines = ["Timestamp,Tag,Value"]
    for k in range(60):
        lines += [f"{BEGIN + timedelta(seconds=k)},{tag},{80 + k / 10}" for tag in tags]
    (tmp_path / "log.csv").write_text("\n".join(lines), encoding="utf-8")
    book = "\n".join(["태그,설명,단위", *(f"{tag},{words},{unit}" for tag, (words, unit) in tags.items())])
    (tmp_path / "tags.csv").write_text(book, encoding="utf-8")
    found = columns(standard(tmp_path).tables)
    assert set(found) == {"산세조1 온도", "라인속도", "AT3"}
    table, column = found["산세조1 온도"]
    assert table.frame[column.name][0] == pytest.approx(80 + 273.15)
    assert found["라인속도"][0].frame[found["라인속도"][1].name][0] == pytest.approx(80 / 60)


def test_stamps_that_differ_by_a_jitter_share_a_table_and_the_move_is_told(tmp_path):
    dice = random.Random(3)
    lines, count = ["time,tag,value"], 200
    for k in range(count):
        for tag in ("a", "b", "c"):
            stamp = BEGIN + timedelta(seconds=k, milliseconds=dice.randrange(0, 40))
            lines.append(f"{stamp:%Y-%m-%d %H:%M:%S.%f},{tag},{k}.{ord(tag)}")
    (tmp_path / "log.csv").write_text("\n".join(lines), encoding="utf-8")
    made = standard(tmp_path)
    assert len(made.tables) == 1
    (table,) = made.tables
    assert table.frame.height == count
    assert [repair for repair in table.repairs if repair.code == "times_aligned"]
    for tag in "abc":
        column = columns(made.tables)[tag][1]
        assert [round(v, 2) for v in table.frame[column.name].to_list()] == [float(f"{k}.{ord(tag)}") for k in range(count)]


def test_two_values_at_one_time_the_later_is_taken_and_told(tmp_path):
    lines = ["time,tag,value", *(f"{BEGIN + timedelta(seconds=k)},a,{k}" for k in range(50)), f"{BEGIN},a,99"]
    (tmp_path / "log.csv").write_text("\n".join(lines), encoding="utf-8")
    made = standard(tmp_path)
    table, column = columns(made.tables)["a"]
    assert held(table, column)[BEGIN] == 99
    assert [finding.count for finding in table.findings if finding.code == "time_repeated"] == [1]


@pytest.mark.parametrize(
    "text",
    [
        "일시,로트번호,항목,값\n" + "\n".join(f"2025-01-01 {k // 2:02}:00,L{k},경도,{k + 40}" for k in range(24)),
        "시험일자,항목,값,판정\n"
        + "\n".join(f"2025-01-{k + 1:02},경도{k},{k + 40},{'합격' if k % 2 else '불량'}" for k in range(24)),
        "time,temperature,value\n" + "\n".join(f"2025-01-01 {k:02}:00,{k + 40},{k}" for k in range(24)),
    ],
    ids=["results of pieces", "each item once", "no names"],
)
def test_tables_that_only_look_alike_stay_as_they_are(tmp_path, text):
    (tmp_path / "표.csv").write_text(text, encoding="utf-8")
    (table,) = standard(tmp_path).tables
    assert table.frame.height == 24
    assert not [repair for repair in table.repairs if repair.code == "long_form"]
