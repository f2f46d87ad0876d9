"""Exports made by hand with known content, through the whole stage."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from tundish.standardise import standardise
from tundish.vocabulary import load_catalogue

RNG = np.random.default_rng(3)


def run(*raw, **decided):
    return standardise(raw, load_catalogue(), **decided)


def codes(found):
    return [f.code for f in found]


def column(table, header):
    return next(c for c in table.columns if header in c.headers)


def values(table, header):
    return table.frame[column(table, header).name].to_list()


def test_kinds(export):
    n = 60
    (table,) = run(
        export(
            "lots.csv",
            {
                "LOT NO": [f"L2503{i:04d}" for i in range(n)],
                "호기": ["1호기", "2호기", "3호기"] * 20,
                "코드": ["0012", "0013"] * 30,
                "비고": [f"작업자 의견이 길게 적힌 글 {'가' * i}" for i in range(n)],
                "온도(℃)": [f"{60 + i / 7:.2f}" for i in range(n)],
                "시각": ["2025-03-01 08:00:00"] * n,
            },
        )
    ).tables
    kinds = {header: column(table, header).kind for header in ("LOT NO", "호기", "비고", "온도(℃)", "시각")}
    assert kinds == {"LOT NO": "identity", "호기": "category", "비고": "text", "온도(℃)": "number", "시각": "time"}
    assert values(table, "코드")[0] == "0012"


def test_units_become_si_and_back(export):
    (table,) = run(
        export("a.csv", {"온도(℃)": ["60", "61.5"], "압력": ["1", "2"], "길이": ["10 mm", "2 cm"]}, units={"압력": "bar"})
    ).tables
    assert values(table, "온도(℃)") == pytest.approx([333.15, 334.65])
    assert values(table, "압력") == [100_000, 200_000]
    assert values(table, "길이") == pytest.approx([0.010, 0.020])
    assert column(table, "온도(℃)").to_plant(333.15) == pytest.approx(60)
    assert column(table, "압력").unit_read == "bar"


def test_an_unknown_unit_is_never_guessed(export):
    result = run(export("a.csv", {"값(zorg/㎡)": ["1", "2", "4"]}))
    (table,) = result.tables
    read = column(table, "값(zorg/㎡)")
    assert (read.unit, read.factor, values(table, "값(zorg/㎡)")) == (None, 1.0, [1, 2, 4])
    assert "unit_unknown" in codes(table.findings)
    (told,) = run(export("a.csv", {"값(zorg/㎡)": ["1", "2", "4"]}), units={"a.csv:값(zorg/㎡)": "mm"}).tables
    assert values(told, "값(zorg/㎡)") == pytest.approx([0.001, 0.002, 0.004])


def test_error_texts_are_repairs_with_place(export):
    (table,) = run(export("a.csv", {"농도": ["10.5"] * 30 + ["확인중", "#DIV/0!"]})).tables
    bad = {r.before: (r.origin.file, r.origin.column, r.rows) for r in table.repairs if r.code == "not_a_number"}
    assert bad == {"확인중": ("a.csv", "농도", (32,)), "#DIV/0!": ("a.csv", "농도", (33,))}


def test_missing_codes_are_set_aside_and_the_user_decides(export):
    written = [f"{x:.1f}" for x in RNG.uniform(850, 950, 100)] + ["-9999"] * 3
    (table,) = run(export("a.csv", {"압연온도(℃)": written})).tables
    assert values(table, "압연온도(℃)")[-3:] == [None] * 3
    (found,) = [f for f in table.findings if f.code == "missing_code"]
    assert (found.count, found.rows) == (3, (102, 103, 104))
    (kept,) = run(export("a.csv", {"압연온도(℃)": written}), missing={"a.csv:압연온도(℃)": ()}).tables
    assert values(kept, "압연온도(℃)")[-1] == pytest.approx(-9999 + 273.15)


def test_date_and_clock_are_joined(export):
    (table,) = run(
        export("a.csv", {"일자": ["2025.03.01", "2025.03.01"], "시각": ["오전 8:05", "오후 2:31"], "값": ["1", "2"]})
    ).tables
    read = column(table, "시각")
    assert read.headers == ("일자", "시각")
    assert values(table, "시각") == [datetime(2025, 2, 28, 23, 5, tzinfo=UTC), datetime(2025, 3, 1, 5, 31, tzinfo=UTC)]
    assert "date_and_clock" in codes(table.repairs)


def test_two_clocks_share_a_date_and_the_later_one_may_pass_midnight(export):
    (table,) = run(
        export("a.csv", {"일자": ["2025-03-01", "2025-03-01"], "시작": ["08:00", "23:30"], "종료": ["08:40", "00:10"]}),
        time_zone="UTC",
    ).tables
    assert values(table, "종료") == [datetime(2025, 3, 1, 8, 40, tzinfo=UTC), datetime(2025, 3, 2, 0, 10, tzinfo=UTC)]
    assert "next_day" in codes(table.repairs)


def test_clocks_alone_take_the_date_of_the_file_and_turn_over(export):
    clocks = [f"{h:02d}:{m:02d}" for h in (22, 23, 0, 1) for m in (0, 30)]
    (table,) = run(export("plc_20250301.csv", {"시각": clocks, "값": list("12345678")}), time_zone="UTC").tables
    assert values(table, "시각")[3:5] == [datetime(2025, 3, 1, 23, 30, tzinfo=UTC), datetime(2025, 3, 2, 0, 0, tzinfo=UTC)]
    (alone,) = run(export("plc.csv", {"시각": clocks, "값": list("12345678")})).tables
    assert column(alone, "시각").kind == "number" and "time_without_date" in codes(alone.findings)


def test_midnight_last_in_its_day_moves_to_the_next(export):
    stamps = [datetime(2025, 1, d, h) for d in range(1, 6) for h in [*range(1, 24), 0]]
    (table,) = run(export("a.csv", {"date": [t.strftime("%d/%m/%Y %H:%M") for t in stamps]}), time_zone="UTC").tables
    found = table.frame[column(table, "date").name]
    assert found.is_sorted() and found[-1] == datetime(2025, 1, 6, tzinfo=UTC)
    (repair,) = [r for r in table.repairs if r.code == "midnight"]
    assert repair.count == 5


def monthly(export, file, start, offset=0.0, rows=200):
    stamps = [datetime(2025, start, 1) + timedelta(minutes=10 * i) for i in range(rows)]
    rng = np.random.default_rng(start)
    return export(
        file,
        {
            "일시": [str(t) for t in stamps],
            "온도(℃)": [f"{60 + offset + x:.3f}" for x in rng.normal(size=rows)],
            "속도": ["100.5"] * rows,
        },
    )


def test_monthly_files_become_one_table(export):
    result = run(monthly(export, "plc_202501.csv", 1), monthly(export, "plc_202502.csv", 2))
    (table,) = result.tables
    assert table.frame.height == 400 and len(table.origins) == 2
    assert table.frame["#source"].to_list() == [0] * 200 + [1] * 200
    assert len(column(table, "온도(℃)").origins) == 2
    assert "stacked" in codes(table.findings)


def test_two_machines_over_the_same_time_stay_apart(export):
    result = run(monthly(export, "plc_line1.csv", 1), monthly(export, "plc_line2.csv", 1, offset=3))
    assert len(result.tables) == 2 and "not_stacked" in codes(result.findings)


def test_logs_of_two_lines_are_two_tables(export):
    times = {day: [f"2025-03-{day} 08:{n // 60:02d}:{n % 60:02d}" for n in range(300)] for day in ("01", "04")}
    noise = [f"{x:.2f}" for x in RNG.uniform(2.0, 2.2, 300)]
    weld = (["0"] * 59 + ["1"]) * 5
    mill = {"시각": times["01"], "속도(mpm)": noise, "용접검출": weld, "입측두께(mm)": noise}
    furnace = {"TIMESTAMP": times["04"], "LINE_SPD(m/min)": noise, "WELD_DET": weld, "ENT_THK(mm)": noise}
    mill |= {"출측두께(mm)": noise, "입측장력(kN)": noise}
    furnace |= {"STRIP_TEMP(℃)": noise, "TENSION(kN)": noise}
    found = run(export("TREND_PLTCM.csv", mill), export("TREND_CAL.csv", furnace)).tables
    assert [{origin.file for origin in table.origins} for table in found] == [{"TREND_PLTCM.csv"}, {"TREND_CAL.csv"}]


def test_an_export_dropped_twice_counts_once(export):
    january = monthly(export, "plc.csv", 1)
    result = run(january, monthly(export, "plc (1).csv", 1))
    assert [t.frame.height for t in result.tables] == [200]
    assert "duplicate_rows" in codes(result.tables[0].findings)


def test_different_facts_about_the_same_pieces_stay_apart(export):
    ids = [f"L{i:05d}" for i in range(50)]
    thick = export(
        "두께.csv",
        {"LOT": ids, "값1": [f"{x:.3f}" for x in RNG.normal(size=50)], "값2": [f"{x:.3f}" for x in RNG.normal(size=50)]},
    )
    width = export(
        "폭.csv",
        {"LOT": ids, "값1": [f"{x:.3f}" for x in RNG.normal(size=50)], "값2": [f"{x:.3f}" for x in RNG.normal(size=50)]},
    )
    assert len(run(thick, width).tables) == 2


def test_other_units_are_reconciled_and_a_missing_one_is_not_assumed(export):
    def lots(file, first, header, unit_values):
        ids = [f"L{i:05d}" for i in range(first, first + 40)]
        return export(file, {"LOT": ids, "등급": ["양품", "불량"] * 20, "조": ["A", "B"] * 20, header: unit_values})

    metres = lots("a.csv", 0, "길이(m)", [f"{x:.3f}" for x in np.linspace(1, 2, 40)])
    millimetres = lots("b.csv", 100, "길이(mm)", [f"{x:.1f}" for x in np.linspace(1000, 2000, 40)])
    bare = lots("c.csv", 200, "길이", [f"{x:.1f}" for x in np.linspace(1000, 2000, 40)])
    (table,) = run(metres, millimetres, bare).tables
    known = [c for c in table.columns if c.unit == "m"]
    read = [c for c in table.columns if "길이" in c.headers]
    assert read[0].unit is None and all("길이" not in c.headers for c in known)
    lengths = [v for c in known for v in table.frame[c.name].drop_nulls().to_list()]
    assert min(lengths) == pytest.approx(1) and max(lengths) == pytest.approx(2)


def test_spellings_of_a_category_are_evened(export):
    (table,) = run(
        export("a.csv", {"판정": ["양품 ", "양품", " 양품", "불량"] * 10, "등급": ["OK", "ok", "OK", "NG"] * 10})
    ).tables
    assert set(values(table, "판정")) == {"양품", "불량"}
    assert set(values(table, "등급")) == {"OK", "NG"}
    assert "spelling" in codes(table.repairs)


def test_a_copy_is_found_and_a_look_alike_is_not(export):
    a = RNG.normal(1000, 20, 300).round(1)
    one_hot = np.zeros(3000)
    one_hot[:2] = 1
    (table,) = run(
        export("a.csv", {"가열온도": a.tolist(), "균열온도": a.tolist(), "추출온도": (a + RNG.normal(0, 1, 300)).tolist()})
    ).tables
    (found,) = [f for f in table.findings if f.code == "copy"]
    assert found.origin.column == "균열온도" and found.count == 300


def test_repeated_events_become_rows_but_numbered_places_do_not(export):
    (table, events) = run(
        export(
            "a.csv",
            {
                "작업지시번호": [f"W{i:04d}" for i in range(30)],
                **{f"{k}차 검사일": ["2025-03-0" + str(k)] * (30 // k) + [None] * (30 - 30 // k) for k in (1, 2, 3)},
                **{f"{k}차 검사값": [str(k)] * (30 // k) + ["0"] * (30 - 30 // k) for k in (1, 2, 3)},
                **{f"온도{k}": [f"{x:.2f}" for x in RNG.normal(60, 1, 30)] for k in (1, 2, 3)},
            },
        )
    ).tables
    assert events.name == "a / 검사"
    assert events.frame["plant:repeat"].max() == 3
    assert all(column(table, f"온도{k}").kind == "number" for k in (1, 2, 3))


def test_wrong_order_of_a_mapping_is_overridden(export):
    raw = export("a.csv", {"온도(℃)": ["60", "61", "62"]})
    (free,) = run(raw, mapping={"a.csv:온도(℃)": "-"}).tables
    assert column(free, "온도(℃)").concept is None and free.matches[0].confirmed
    concept = next(c for c in load_catalogue().concepts if c.quantity == "temperature")
    (told,) = run(raw, mapping={"a.csv:온도(℃)": concept.id}).tables
    assert column(told, "온도(℃)").name == concept.id


def test_row_numbers_are_left_out(export):
    (table,) = run(export("a.csv", {"순번": ["1", "2", "3"], "LOT": ["A1", "A2", "A3"], "값": ["1", "3", "9"]})).tables
    assert "row_number" in codes(table.findings) and all("순번" not in c.headers for c in table.columns)


def test_a_file_inside_a_folder_may_be_named_by_its_last_part(export):
    (told,) = run(export("2024/a.csv", {"값(zorg/㎡)": ["1", "2", "4"]}), units={"a.csv:값(zorg/㎡)": "mm"}).tables
    assert values(told, "값(zorg/㎡)") == pytest.approx([0.001, 0.002, 0.004])


def test_day_counts_from_1904_are_found_by_the_other_times(export):
    days = [45000.25 + i / 24 for i in range(10)]
    stamps = [str(datetime(2023, 3, 15, 6) + timedelta(hours=i)) for i in range(10)]
    (table,) = run(export("a.csv", {"시작일시": days, "종료": stamps}), time_zone="UTC").tables
    assert values(table, "시작일시")[0] == datetime(2023, 3, 15, 6, tzinfo=UTC)
    (old,) = run(export("a.csv", {"시작일시": [d - 1462 for d in days], "종료": stamps}), time_zone="UTC").tables
    assert values(old, "시작일시")[0] == datetime(2023, 3, 15, 6, tzinfo=UTC)
    assert "date_1904" in codes(old.repairs)


def test_a_standing_line_is_no_missing_speed(export):
    stamps = [str(datetime(2025, 3, 1) + timedelta(seconds=i)) for i in range(400)]
    speed = [f"{x:.2f}" for x in RNG.normal(60, 1, 350)] + ["0"] * 50
    (table,) = run(export("plc.csv", {"일시": stamps, "라인속도(m/min)": speed})).tables
    assert values(table, "라인속도(m/min)")[-1] == 0


def test_hours_and_minutes_that_measure_a_duration_are_no_clock(export):
    minutes = RNG.integers(30, 120, 40)
    raw = export(
        "a.csv",
        {
            "일자": ["2025-03-01"] * 40,
            "재로시간": [f"{m // 60}:{m % 60:02d}" for m in minutes],
            "작업지시": [f"25030{1 + i // 9}{i:04d}" for i in range(40)],
        },
    )
    (table,) = run(raw).tables
    stay = column(table, "재로시간")
    assert (stay.kind, column(table, "작업지시").kind) == ("number", "identity")
    assert table.frame[stay.name].to_list() == pytest.approx((minutes * 60).tolist())


def coils_of(export, month: int, speed: str, speeds: list[float]):
    rows = range(month * 40, month * 40 + 40)
    columns = {
        "코일번호": [f"C{30000 + n}" for n in rows],
        "압연일시": [f"2024-{month:02d}-{n % 28 + 1:02d} 08:00" for n in range(40)],
        "압하율(%)": [30.0 + n % 7 for n in rows],
        "입측장력(kN)": [40.0 + n % 5 if n % 9 else -9999 for n in rows],
        "조도 Ra(㎛)": [0.5 + n % 4 / 10 for n in rows],
        speed: speeds,
    }
    names = list(columns) if month % 2 else list(columns)[::-1]
    return export(f"2024년 {month:02d}월 실적.csv", {name: columns[name] for name in names})


def test_a_column_renamed_in_the_middle_of_the_year_stays_one_and_what_is_alike_is_said_once(export):
    spread = [600.0 + n for n in range(40)]
    raw = [coils_of(export, month, "압연속도(m/min)" if month < 5 else "라인 S/P(m/min)", spread) for month in range(1, 9)]
    (table,) = run(*raw).tables
    speed = column(table, "압연속도(m/min)")
    assert "라인 S/P(m/min)" in speed.headers and table.frame[speed.name].null_count() == 0
    assert codes(table.findings).count("stacked") == codes(table.findings).count("missing_code") == 1
    code = next(finding for finding in table.findings if finding.code == "missing_code")
    assert code.count == sum(n % 9 == 0 for n in range(40, 360))


def test_the_last_column_is_not_paired_when_its_values_are_others(export):
    raw = [
        coils_of(export, 1, "압연속도(m/min)", [600.0 + n for n in range(40)]),
        coils_of(export, 3, "권취 S/P(m/min)", [20.0 + n % 3 for n in range(40)]),
    ]
    (table,) = run(*raw).tables
    assert sum(c.unit == "m/s" for c in table.columns) == 2
