"""Does matching keep its promises: same meaning for two habits, never a guess, and each meaning once?"""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tundish.standardise.matching.look import ColumnSketch
from tundish.standardise.matching.match import match
from tundish.table import Origin
from tundish.vocabulary import load_catalogue

CATALOGUE = load_catalogue()
COMMON = {
    "PLATE_NO": "plate_no",
    "ROLLING_DATE": "rolling_date",
    "SCALE": "scale",
    "SPEC": "spec_long",
    "STEEL_KIND": "steel_kind",
    "PT_THICK": "pt_thick",
    "PT_WIDTH": "pt_width",
    "PT_LENGTH": "pt_length",
    "FUR_NO": "fur_no",
    "FUR_NO_ROW": "fur_input_row",
    "FUR_HZ_TEMP": "fur_heat_temp",
    "FUR_HZ_TIME": "fur_heat_time",
    "FUR_SZ_TEMP": "fur_soak_temp",
    "FUR_SZ_TIME": "fur_soak_time",
    "FUR_TIME": "fur_total_time",
    "FUR_EXTEMP": "fur_ex_temp",
    "ROLLING_TEMP_T5": "rolling_temp",
    "HSB": "hsb",
    "ROLLING_DESCALING": "descaling_count",
    "WORK_GR": "work_group",
}


def number(header, *values, unit=None):
    return ColumnSketch(header, "number", Origin("f.csv", None, header), unit, np.array(values, dtype=float), (), 40)


def text(header, kind="category", *values):
    return ColumnSketch(header, kind, Origin("f.csv", None, header), None, np.empty(0), values, 40)


def meant(*columns, table="export"):
    return match(columns, CATALOGUE, table_name=table)


def sketches(frame):
    found = []
    for header in frame.columns:
        values = frame[header]
        if values.dtype.is_numeric():
            found.append(number(header, *values.drop_nulls().to_list()))
        else:
            kind = "time" if "date" in header.lower() else "identity" if values.n_unique() > 400 else "category"
            found.append(text(header, kind, *values.unique().to_list()[:20]))
    return found


def test_two_habits_of_one_mill_mean_the_same(shared):
    files = {"SCALE_2021_720rows_cp949.csv": [], "SCALE_2023_1000rows_cp949.csv": []}
    for file in files:
        frame = pl.read_csv(
            (shared / "posco_plate_scale" / file).read_bytes().decode("cp949").encode(), infer_schema_length=None
        )
        columns = sketches(frame)
        found = match(columns, CATALOGUE, table_name=file)
        files[file] = {c.header: (m.match.concept, m.position) for c, m in zip(columns, found, strict=True)}
    first, second = files.values()
    assert [name for name in COMMON if first[name][0] is None] == []
    assert [(name, first[name], second[other]) for name, other in COMMON.items() if first[name] != second[other]] == []


def test_generic_tags_abstain_and_say_what_to_do():
    for one in meant(
        number("TAG_0012", 1, 2),
        number("X_17", 3),
        number("noise_3", 0.1, -0.2),
        number("var", 1),
        number("", 1),
        number("Температура", 1600),
    ):
        assert one.match.concept is None
        assert "plant.toml" in str(one.match.reason)


@pytest.mark.parametrize(
    ("header", "unit"), [("산세조 온도(kg)", None), ("산세조 온도", "mm"), ("라인속도(bar)", None), ("PL1_BATH1_TEMP", "g/L")]
)
def test_a_unit_of_another_quantity_forbids(header, unit):
    (one,) = meant(number(header, 80, 82, unit=unit), table="산세")
    assert one.match.concept is None


def test_a_missing_unit_is_never_filled_in():
    (one,) = meant(number("산세조 온도", 80, 82))
    assert (one.match.concept, one.unit, one.match.unit) == ("pickling.bath_temperature", None, None)
    assert "℃" in str(one.match.reason)


def test_an_unknown_unit_is_kept_as_it_was_written():
    (one,) = meant(number("산세조 온도(xx/yy)", 80, 82))
    assert (one.match.unit_read, one.unit) == ("xx/yy", None)


def test_the_unit_chooses_between_two_measures():
    share, mass = meant(number("HCl농도(%)", 12), number("염산농도(g/L)", 130))
    assert (share.match.concept, mass.match.concept) == ("pickling.acid_concentration", "pickling.acid_mass_concentration")


def test_a_doubtful_sign_is_settled_by_the_name():
    (one,) = meant(number("산세조 온도(C)", 80, 82))
    assert one.unit.ucum == "Cel"


def test_a_temperature_difference_takes_no_offset():
    (one,) = meant(number("과열도(℃)", 25, 30))
    assert (one.match.concept, one.unit.offset, one.unit.si) == ("casting.superheat", 0.0, "K")


def test_impossible_values_speak_against_a_name():
    near, far = meant(number("압연온도(℃)", 950, 980)), meant(number("압연온도(℃)", 3, 4))
    assert near[0].match.score > far[0].match.score
    assert far[0].match.concept is None


def test_typing_errors_and_spellings_are_forgiven():
    found = meant(number("Roling Temprature (℃)", 900, 950), number("COILLING TEMP(℃)", 580, 600), text("강 종"))
    assert [one.match.concept for one in found] == ["rolling.temperature", "rolling.coiling_temperature", "product.grade"]


def test_positions_and_set_points_keep_columns_apart():
    headers = ["산세조1 온도 PV", "산세조1 온도 SV", "산세조2 온도 PV", "산세조2 온도 CV"]
    found = meant(*(number(header, 80, 81) for header in headers))
    assert [(one.match.concept, one.position) for one in found] == [
        ("pickling.bath_temperature", "1"),
        ("pickling.bath_temperature_setpoint", "1"),
        ("pickling.bath_temperature", "2"),
        (None, "2"),
    ]


def test_cv_without_pv_is_the_current_value():
    found = meant(number("산세조1 온도 SV", 80), number("산세조1 온도 CV", 81))
    assert [one.match.concept for one in found] == ["pickling.bath_temperature_setpoint", "pickling.bath_temperature"]


def test_extremes_are_told_from_the_value():
    found = meant(number("압연온도 최대(℃)", 960), number("압연온도 최소(℃)", 900), number("압연온도(℃)", 930))
    assert [(one.match.concept, one.position, one.statistic) for one in found] == [
        ("rolling.temperature", "max", "max"),
        ("rolling.temperature", "min", "min"),
        ("rolling.temperature", None, "value"),
    ]


def test_letters_alone_need_company():
    (alone,) = meant(number("V", 3, 4))
    assert alone.match.concept is None
    found = meant(number("C", 0.1), number("Si", 0.2), number("Mn", 1.1), number("V", 0.02))
    assert [one.match.concept for one in found] == [
        "chemistry.carbon",
        "chemistry.silicon",
        "chemistry.manganese",
        "chemistry.vanadium",
    ]


def test_a_clock_time_and_a_duration_are_told_apart():
    when, long = meant(text("추출시간", "time")), meant(number("추출시간", 100, 120))
    assert when[0].match.concept == "reheating.extraction_time"
    assert long[0].match.concept is None


def test_an_instruments_number_is_no_word():
    found = meant(number("FI_601 냉각수 유량(m3/h)", 50), number("TIC-101.PV", 80))
    assert [one.match.concept for one in found] == ["line.cooling_water_flow", None]


def test_the_unit_says_what_is_measured():
    found = meant(number("1호 산세조 염산(g/L)", 130), number("슬래브(mm)", 250))
    assert [(one.match.concept, one.position) for one in found] == [("pickling.acid_mass_concentration", "1"), (None, None)]


def test_of_one_value_in_two_units_the_usual_one_counts():
    for headers in (["산세조2 온도(℉)", "산세조2 온도(℃)"], ["산세조2 온도(℃)", "산세조2 온도(℉)"]):
        found = meant(*(number(header, 176 if "℉" in header else 80) for header in headers))
        assert {h: one.match.concept for h, one in zip(headers, found, strict=True)} == {
            "산세조2 온도(℃)": "pickling.bath_temperature",
            "산세조2 온도(℉)": None,
        }


HEADERS = st.sampled_from(
    [
        "산세조1 온도(℃)",
        "산세조2 온도(℃)",
        "BATH TEMP",
        "LINE_SPD",
        "라인속도",
        "SPEED",
        "HCl농도(%)",
        "TAG_01",
        "두께",
        "THK(mm)",
        "압연온도",
        "T",
        "x",
    ]
)


@settings(deadline=None, max_examples=60)
@given(st.lists(HEADERS, max_size=8))
def test_each_meaning_stands_once_and_scores_are_shares(headers):
    found = meant(*(number(header, 50, 60) for header in headers))
    given = [(one.match.concept, one.position) for one in found if one.match.concept]
    assert len(found) == len(headers)
    assert len(given) == len(set(given))
    assert all(0 <= one.match.score <= 1 for one in found)


def test_the_order_of_columns_does_not_matter():
    columns = [
        number("산세조1 온도(℃)", 80),
        number("라인속도(mpm)", 90),
        number("HCl농도(%)", 12),
        text("판정", "category", "양품", "불량"),
    ]
    forward = [one.match.concept for one in meant(*columns)]
    assert [one.match.concept for one in meant(*reversed(columns))] == forward[::-1]


def test_values_beyond_every_scale_are_no_fault_of_the_program():
    (one,) = meant(number("전력량(kWh)", 1.7e308, -1.7e308))
    assert one.match.concept in (None, "energy.active_energy")


@pytest.mark.parametrize(
    ("column", "concept"),
    [
        (text("PROD_START", "time"), "production.start"),
        (text("통판종료", "time"), "production.end"),
        (number("LEN_M", 2344.1, 2200.2), "product.length"),
        (text("제강번호", "identity", "H26-41200", "H26-41201"), "identity.heat"),
        (text("PIPE_PRESENT", "category", "0", "1"), "position.strip_present"),
        (text("WELD_HOLE", "category", "0", "1"), "position.weld_detected"),
    ],
)
def test_words_of_records_and_detectors_are_read(column, concept):
    assert meant(column)[0].match.concept == concept


@pytest.mark.parametrize(
    "headers",
    [
        ("입측용접검출", "출측용접검출"),
        ("입측용접", "출측용접"),
        ("CGL_EN_WELD", "CGL_EX_WELD"),
        ("CAL_ENT_WELD", "CAL_EXT_WELD_DET"),
        ("PL_ENTRY_WELD_DETECTOR", "PL_DEL_WELD_DETECTOR"),
        ("입측 용접점 감지", "출측 용접점 감지"),
    ],
)
def test_a_line_has_weld_detectors_at_its_entry_and_its_exit(headers):
    entry, exit_ = meant(*(replace(number(header, 0, 1, 0, 0, 1), distinct=2) for header in headers))
    assert (entry.match.concept, entry.position) == ("position.weld_detected", "entry")
    assert (exit_.match.concept, exit_.position) == ("position.weld_detected", "exit")


@pytest.mark.parametrize(
    "headers",
    [
        ("OUT_COIL", "IN_COIL_1", "IN_COIL_2", "IN_COIL_3"),
        ("제품코일번호", "소재코일1", "소재코일2", "소재코일3"),
        ("제품코일번호", "투입코일1", "투입코일2", "투입코일3"),
        ("SPOOL_NO", "IN_SPOOL1", "IN_SPOOL2", "IN_SPOOL3"),
    ],
)
def test_several_parents_in_one_row_are_numbered_columns_of_one_concept(headers):
    made, *parents = meant(*(text(header, "identity", "C1001", "C1002", "C1003") for header in headers))
    assert made.match.concept in ("identity.coil", "identity.spool")
    assert [one.match.concept for one in parents] == ["identity.parent_coil"] * 3
    assert [one.position for one in parents] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("column", "concept"),
    [
        (number("시작m", 0.0, 370.2, 744.1), "position.from"),
        (number("종료m", 370.2, 744.1, 1102.3), "position.to"),
        (number("HEAD_CROP_M", 2.1, 3.4, 4.0), "position.head_crop"),
        (number("SLAB_LEN", 9.02, 10.1, 8.8), "product.slab_length"),
        (number("LENGTH(m)", 1288.5, 1373.9, 2871.0), "product.length"),
        (number("사용길이(m)", 1288.5, 1373.9, 2871.0), "production.input_length"),
        (number("CROP_WGT", 385.0, 392.0, 354.0), "production.scrap_mass"),
        (number("ENERGY_KWH", 5000.02, 5000.04, 5000.06), "energy.active_energy"),
        (number("S5_FORCE_KN", 8705.0, 8749.0, 8719.0), "rolling.force"),
        (text("CHARGE_OUT", "time"), "production.output_time"),
        (text("BUDAT", "time"), "production.date"),
    ],
)
def test_columns_of_records_and_trends_are_read_alone(column, concept):
    assert meant(column)[0].match.concept == concept


def test_a_kilowatt_hour_is_no_tonne_of_oil_and_minutes_of_holding_are_no_hold():
    assert meant(number("1호기 전력량(kWh)", 100.0, 101.0))[0].match.concept != "energy.primary_energy"
    assert meant(number("HOLD_MIN", 60.0, 62.0, 58.0))[0].match.concept != "inspection.hold"


def test_a_bare_temperature_is_not_that_of_one_treatment():
    assert meant(number("SET_TEMP(℃)", 560.0, 561.0))[0].match.concept in (None, "heat_treatment.zone_temperature_setpoint")


def test_the_speed_of_a_stand_is_no_speed_of_the_whole_mill():
    mill = meant(
        text("일시", "time"),
        number("F7 속도(m/s)", 7.4, 7.5, 7.6),
        number("F7 압연하중(kN)", 9800.0, 9900.0),
        number("출측두께(mm)", 2.1, 2.3),
        number("R2 출측온도(℃)", 1080.0, 1085.0),
        table="HOT_TREND",
    )
    assert mill[1].match.concept in ("line.speed", "rolling.speed")
    assert mill[1].position == "F7"
    assert mill[2].match.concept == "rolling.force"
    assert mill[4].match.concept == "rolling.roughing_exit_temperature"


def test_a_pyrometer_at_rest_still_measures_the_coiling_temperature():
    resting = np.concatenate([np.full(900, 55.0), np.linspace(560.0, 640.0, 100)])
    trend = meant(text("일시", "time"), number("F7 압연하중(kN)", 9800.0), number("권취온도(℃)", *resting), table="HOT_TREND")
    assert trend[2].match.concept == "rolling.coiling_temperature"


def test_ids_of_strips_are_no_numbers_across_the_width():
    named = meant(text("STRIP_NO", "identity", *(f"CA24_{n:05d}_03" for n in range(30))), number("WIDTH(mm)", 310.0, 312.0))
    assert named[0].match.concept != "position.lane"


def test_crops_of_a_mill_are_told_from_each_other():
    crops = meant(number("선단크롭(m)", 0.06, 0.1), number("미단크롭(m)", 0.05), number("출측두께(mm)", 2.3), table="HSM")
    assert [one.match.concept for one in crops[:2]] == ["position.head_crop", "position.tail_crop"]


def test_scrap_of_a_line_was_not_charged_to_a_furnace():
    record = meant(text("COIL_NO", "identity", "H1A"), number("SCRAP_WT", 180.0, 170.0, unit="kg"), number("THK(mm)", 1.2))
    assert record[1].match.concept != "melting.scrap_mass"
