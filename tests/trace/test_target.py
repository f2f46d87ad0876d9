import polars as pl
import pytest
from plain import catalogue_of, table_of

from tundish.errors import AmbiguousTarget, NoTarget, UnknownTarget
from tundish.table import Column, Origin, Table
from tundish.trace import find_target
from tundish.vocabulary import Concept

CATALOGUE = catalogue_of([
    Concept("mechanical.yield_strength", "항복강도", "yield strength", "number", "result", synonyms=("YP",)),
    Concept("energy.electricity", "전력사용량", "electricity used", "number", "energy", quantity="energy"),
])  # fmt: skip
LOTS = pl.DataFrame(
    {"LOT": [f"L{n}" for n in range(20)], "판정": ["양품", "불량"] * 10, "YS(MPa)": range(20), "작업조": ["A", "B"] * 10}
)


def tables():
    return [
        table_of(LOTS, "lots.csv", concepts={"YS(MPa)": "mechanical.yield_strength"}),
        table_of(pl.DataFrame({"LOT": ["L1", "L2"], "kWh": [1.0, 2.0]}), "meter.csv", concepts={"kWh": "energy.electricity"}),
    ]


@pytest.mark.parametrize(
    "text", ["YS(MPa)", "ys(mpa)", "mechanical.yield_strength", "항복강도", "Yield Strength", "yp", "lots.csv:YS(MPa)"]
)
def test_every_name_of_a_column_finds_it(text: str):
    assert find_target(tables(), text, CATALOGUE).column == "mechanical.yield_strength"


def test_either_header_of_stacked_exports_finds_the_column():
    column = Column("plant:SCALE", "category", (Origin("a.csv", column="SCALE"), Origin("b.csv", column="scale_2023")))
    table = Table("plates", pl.DataFrame({"plant:SCALE": ["양품"]}), (column,), (Origin("a.csv"), Origin("b.csv")))
    for text in ("SCALE", "scale", "scale_2023", "b.csv:scale_2023", "B:SCALE_2023"):
        assert find_target([table], text, CATALOGUE).column == "plant:SCALE"


@pytest.mark.parametrize("text", ["경도", "경도(Hv)", "기계적성질 경도", "품질검사.xlsx:경도", "품질검사:경도(Hv)"])
def test_the_lower_of_two_header_rows_is_enough(text: str):
    frame = pl.DataFrame({"LOT": ["L1", "L2"], "기계적성질 경도(Hv)": [160, 170], "기계적성질 연신율(%)": [50.0, 51.0]})
    tested = [table_of(frame, "품질검사.xlsx")]
    assert find_target(tested, text, CATALOGUE).column == "plant:기계적성질 경도(Hv)"
    with pytest.raises(AmbiguousTarget, match="연신율"):
        find_target([table_of(frame, "a.csv"), table_of(frame, "b.csv")], "연신율", CATALOGUE)
    with pytest.raises(UnknownTarget, match="경도"):
        find_target(tested, "경", CATALOGUE)


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(UnknownTarget, match="YS"):
        find_target(tables(), "YS MPa2", CATALOGUE)


def test_a_name_of_two_columns_asks_which():
    with pytest.raises(AmbiguousTarget, match=r"meter\.csv:LOT"):
        find_target(tables(), "LOT", CATALOGUE)
    assert find_target(tables(), "meter.csv:LOT", CATALOGUE).table == "meter"


def test_proposals_come_in_order_of_verdict_result_energy():
    whole = tables()
    assert find_target(whole, None, CATALOGUE).column == "plant:판정"
    without = [table_of(LOTS.drop("판정"), "lots.csv", concepts={"YS(MPa)": "mechanical.yield_strength"}), whole[1]]
    assert find_target(without, None, CATALOGUE).column == "mechanical.yield_strength"
    assert find_target(whole[1:], None, CATALOGUE).column == "energy.electricity"
    with pytest.raises(NoTarget, match="작업조"):
        find_target([table_of(LOTS.select("LOT", "작업조"), "lots.csv")], None, CATALOGUE)


@pytest.mark.parametrize("values", [("OK", "NG"), ("합격", "불합격"), ("Pass", "Fail"), ("양품", "불량")])
def test_verdicts_are_known_by_their_values(values: tuple[str, str]):
    frame = pl.DataFrame({"x": ["적용", "미적용"] * 10, "y": list(values) * 10, "z": range(20)})
    assert find_target([table_of(frame, "a.csv")], None, CATALOGUE).column == "plant:y"


def test_a_length_of_defects_is_proposed_and_of_several_their_sum():
    frame = pl.DataFrame({"COIL": [f"K{n}" for n in range(20)], "FORCE": range(100, 120), "AI_01": range(20)})
    frame = frame.with_columns(DEFECT_HEAD_M=pl.int_range(20) * 0.1, DEFECT_LEN_M=pl.int_range(20) * 0.3)
    target = find_target([table_of(frame, "coil.csv")], None, catalogue_of())
    assert target.column == "plant:DEFECT_LEN_M"
