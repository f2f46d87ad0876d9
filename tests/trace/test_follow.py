from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from generated import generate, times
from plain import catalogue_of, table_of

from tundish.errors import BadSettings, NoSharedKey
from tundish.trace import Target, find_target, trace
from tundish.trace.pieces import BATCH, END, MOMENT, PIECE, START
from tundish.vocabulary import Concept, load_catalogue

CATALOGUE = catalogue_of([Concept("t.strength", "강도", "strength", "number", "result")])


def codes(pieces) -> dict[str, int]:
    return {finding.code: finding.count for finding in pieces.table.findings}


@pytest.fixture(scope="module")
def made():
    return generate(lots=400)


@pytest.fixture(scope="module")
def traced(made):
    tables = made.tables()
    return trace(tables, find_target(tables, None, CATALOGUE), CATALOGUE)


def test_every_lot_is_one_row_in_order_of_its_end(made, traced):
    frame = traced.table.frame
    assert traced.kind == "piece"
    assert frame[PIECE].n_unique() == frame.height == 400
    assert frame[MOMENT].is_sorted()
    assert (frame[MOMENT] == frame[END]).all()
    assert frame[START].to_list() == made.lots.sort("배출")["투입"].to_list()


def test_the_clock_is_found_and_the_settings_come_back(made, traced):
    (clock,) = traced.clocks
    assert clock.low_s <= -137 <= clock.high_s
    means = traced.table.frame["plc|plant:온도|mean"].to_numpy()
    truth = made.settings[np.argsort(made.lots["배출"].to_numpy(), kind="stable"), 0]
    assert np.corrcoef(means, truth)[0, 1] > 0.995
    column = traced.table.column("plc|plant:온도|mean")
    assert (column.statistic, column.window, column.headers, column.known) == ("mean", "stay", ("온도",), "before")


def test_respelled_lots_are_joined_and_reported(traced):
    link = next(link for link in traced.links if link.table == "lots")
    assert (link.by, link.columns, link.pieces_linked, link.respelled) == ("key", ("LOT", "로트번호"), 400, 400)
    finding = next(finding for finding in traced.table.findings if finding.code == "respelled")
    assert "L250301-" in str(finding.message)
    assert "L250301" in str(finding.message).replace("L250301-", "")


def test_what_is_stamped_after_the_line_is_known_too_late(traced):
    column = traced.table.column("inspection|plant:스케일")
    assert column.known == "after"
    assert "검사시각" in str(column.known_reason)
    assert traced.table.column("lots|plant:두께").known == "before"
    assert traced.table.column(traced.target).known == "with_target"


def test_four_lots_of_one_coil_are_one_batch(traced):
    frame = traced.table.frame
    assert frame[BATCH].n_unique() == 100


def test_plant_toml_decides_what_is_known_the_offset_and_the_moment(made):
    tables = made.tables()
    pieces = trace(
        tables,
        find_target(tables, "판정", CATALOGUE),
        CATALOGUE,
        clock_offsets_s={"plc.csv": -100.0},
        decision_moment="start",
        known={"inspection.csv:스케일": "before", "lots.csv:두께": "after"},
    )
    assert pieces.clocks[0].offset_s == pieces.clocks[0].low_s == -100.0
    assert pieces.table.column("inspection|plant:스케일").known == "before"
    assert pieces.table.column("lots|plant:두께").known == "after"
    assert (pieces.table.frame[MOMENT] == pieces.table.frame[START]).all()
    with pytest.raises(BadSettings):
        trace(tables, find_target(tables, "판정", CATALOGUE), CATALOGUE, decision_moment="nonsense")
    with pytest.raises(BadSettings):
        trace(tables, find_target(tables, "판정", CATALOGUE), CATALOGUE, keys={"lots.csv": "없는열"})


def test_mistyped_and_repeated_ids_are_reported_not_guessed(made):
    lots = made.lots.with_columns(
        pl.when(pl.int_range(pl.len()) == 7).then(pl.lit("L250301-0X08")).otherwise(pl.col("로트번호")).alias("로트번호")
    )
    doubled = pl.concat([made.inspection, made.inspection.head(2)])
    tables = replace(made, lots=lots, inspection=doubled).tables()
    pieces = trace(tables, find_target(tables, "판정", CATALOGUE), CATALOGUE)
    assert pieces.table.frame.height == 400
    assert codes(pieces)["orphan_ids"] == 1
    assert codes(pieces)["duplicate_ids"] == 2
    assert pieces.unlinked == 1


def test_a_table_of_strangers_is_set_aside_and_two_strangers_alone_are_refused(made):
    stranger = table_of(pl.DataFrame({"사번": [f"E{n}" for n in range(40)], "나이": range(40)}), "staff.csv")
    tables = [*made.tables(), stranger]
    pieces = trace(tables, find_target(tables, "판정", CATALOGUE), CATALOGUE)
    assert codes(pieces)["unlinked_table"] == 40
    only = [made.tables()[2], stranger]
    with pytest.raises(NoSharedKey, match="LOT"):
        trace(only, find_target(only, "판정", CATALOGUE), CATALOGUE)


def test_heat_analysis_reaches_the_coils_through_their_heat():
    rng = np.random.default_rng(0)
    heats = [f"H{n:03d}" for n in range(40)]
    coil_heat = np.repeat(heats, 5)
    coils = pl.DataFrame({"COIL": [f"K{n:04d}" for n in range(200)], "HEAT": coil_heat, "강도": rng.normal(size=200)})
    chemistry = pl.DataFrame({"heat no": heats[::-1], "C": np.arange(40)[::-1] / 100})
    samples = pl.DataFrame({"용강": np.repeat(heats, 2), "Mn": np.repeat(np.arange(40.0), 2) + [0.0, 1.0] * 40})
    tables = [
        table_of(coils, "coils.csv", kinds={"COIL": "identity"}),
        table_of(chemistry, "chem.csv"),
        table_of(samples, "lab.csv"),
    ]
    pieces = trace(tables, find_target(tables, "강도", CATALOGUE), CATALOGUE)
    frame = pieces.table.frame
    assert frame[BATCH].n_unique() == 40
    numbers = frame[BATCH].str.slice(1).cast(pl.Int64).to_numpy()
    np.testing.assert_allclose(frame["chem|plant:C"].to_numpy(), numbers / 100)
    np.testing.assert_allclose(frame["lab|plant:Mn|mean"].to_numpy(), numbers + 0.5)


def test_row_numbers_are_no_key():
    left = pl.DataFrame({"no": range(1, 101), "결과": np.arange(100.0)})
    right = pl.DataFrame({"no": range(1, 101), "값": np.arange(100.0)})
    tables = [table_of(left, "a.csv"), table_of(right, "b.csv")]
    with pytest.raises(NoSharedKey):
        trace(tables, Target("a", "plant:결과", find_target(tables, "결과", CATALOGUE).reason), CATALOGUE)


def test_readings_before_the_last_are_inputs_and_events_after_it_are_not():
    """Three readings a heat; power before the last reading counts up to it, power after it does not count."""
    heats = 30
    start = np.arange(heats) * 7200.0
    readings = pl.DataFrame({
        "key": np.repeat(np.arange(1, heats + 1), 3),
        "time": times(np.repeat(start, 3) + np.tile([600.0, 1200.0, 1800.0], heats)),
        "temp": np.repeat(1500.0 + np.arange(heats), 3) + np.tile([0.0, 10.0, 25.0], heats),
    }).sample(fraction=1.0, shuffle=True, seed=1)  # fmt: skip
    single = pl.DataFrame({"key": [heats + 1], "time": times(np.array([9e5])), "temp": [1600.0]})
    arcs = pl.DataFrame({
        "key": np.repeat(np.arange(1, heats + 2), 3),
        "heating start": times(np.repeat(np.append(start, 8e5), 3) + np.tile([700.0, 1700.0, 1900.0], heats + 1)),
        "heating end": times(np.repeat(np.append(start, 8e5), 3) + np.tile([800.0, 1850.0, 2000.0], heats + 1)),
        "MW": np.tile([2.0, 3.0, 100.0], heats + 1),
    })  # fmt: skip
    tables = [table_of(pl.concat([readings, single]), "temp.csv"), table_of(arcs, "arc.csv")]
    pieces = trace(tables, find_target(tables, "temp", CATALOGUE), CATALOGUE)
    frame = pieces.table.frame
    assert frame.height == heats
    assert codes(pieces)["one_reading"] == 1
    by_heat = np.arange(heats) + 1500.0
    np.testing.assert_allclose(frame[pieces.target].to_numpy(), by_heat + 25)
    np.testing.assert_allclose(frame["temp|plant:temp|first"].to_numpy(), by_heat)
    # That a reading was the last but one is known only when the last is taken.
    assert "temp|plant:temp|last" not in frame.columns
    assert set(frame["arc|plant:MW|sum"]) == {5.0}
    # 100 s at 2 MW, and 100 s at 3 MW until the last reading: the rest of that arc came after it.
    assert set(frame["arc|plant:MW|amount"]) == {500.0}
    assert not any(column.statistic == "count" and "temp" in column.name for column in pieces.table.columns)


def test_twin_tables_give_values_only_up_to_the_moment_and_blank_amounts_are_zero():
    heats = np.arange(1, 41)
    readings = pl.DataFrame({
        "key": np.repeat(heats, 2),
        "time": times(np.repeat(heats * 7200.0, 2) + np.tile([0.0, 1000.0], 40)),
        "temp": np.arange(80.0),
    })  # fmt: skip
    given = heats % 2 == 0
    late = heats % 4 == 0
    amounts = pl.DataFrame({"key": heats, "Bulk": pl.Series(np.where(given, 50.0, np.nan)).fill_nan(None)})
    stamps = pl.DataFrame({"key": heats, "Bulk": times(heats * 7200.0 + np.where(late, 2000.0, 500.0))}).with_columns(
        pl.when(pl.Series(given)).then(pl.col("Bulk"))
    )
    tables = [table_of(readings, "temp.csv"), table_of(amounts, "bulk.csv"), table_of(stamps, "bulk_time.csv")]
    pieces = trace(tables, find_target(tables, "temp", CATALOGUE), CATALOGUE)
    by_heat = dict(zip(pieces.table.frame[PIECE].cast(pl.Int64), pieces.table.frame["bulk|plant:Bulk"], strict=True))
    assert all(by_heat[heat] == (50.0 if heat % 4 == 2 else 0.0) for heat in heats)
    assert {"twin_tables", "blank_is_zero"} <= codes(pieces).keys()


def test_two_lines_side_by_side_meet_their_own_signals_only():
    one, two = generate(seed=1, lots=120, offset_s=0), generate(seed=2, lots=120, offset_s=0)
    rename = {"로트번호": pl.col("로트번호").str.replace("L", "M")}
    lots = pl.concat([one.lots.with_columns(pl.lit("1호기").alias("설비")),
                      two.lots.with_columns(**rename).with_columns(pl.lit("2호기").alias("설비"))])  # fmt: skip
    signals = pl.concat(
        [one.signals.with_columns(pl.lit("1호기").alias("line")), two.signals.with_columns(pl.lit("2호기").alias("line"))]
    )
    inspection = pl.concat([one.inspection, two.inspection.with_columns(pl.col("LOT").str.replace("L", "M"))])
    tables = replace(one, lots=lots, signals=signals, inspection=inspection).tables()
    pieces = trace(tables, find_target(tables, "판정", CATALOGUE), CATALOGUE)
    frame = pieces.table.frame
    truth = {f"L250301{n:04d}": one.settings[n - 1, 1] for n in range(1, 121)}
    truth |= {f"M250301{n:04d}": two.settings[n - 1, 1] for n in range(1, 121)}
    means = frame["plc|plant:속도|mean"].to_numpy()
    assert np.corrcoef(means, [truth[piece] for piece in frame[PIECE]])[0, 1] > 0.99


def test_a_lab_reading_holds_until_the_next_one(made):
    ends = made.lots["배출"].dt.epoch("us").to_numpy()
    every = np.arange(ends.min(), ends.max(), 8 * 3600 * 1_000_000)
    lab = pl.DataFrame({"채취": pl.Series(every).cast(pl.Datetime("us", "UTC")), "철": 0.5 * np.arange(every.size)})
    tables = [*made.tables(), table_of(lab, "lab.csv")]
    frame = trace(tables, find_target(tables, "판정", CATALOGUE), CATALOGUE).table.frame
    truth = np.searchsorted(every, frame[END].dt.epoch("us").to_numpy(), "right") - 1
    np.testing.assert_allclose(frame["lab|plant:철|last"].to_numpy(), 0.5 * truth)


def test_a_file_without_a_sign_of_the_lots_takes_the_clock_of_a_file_with_the_same_stamps(made):
    rng = np.random.default_rng(5)
    walk = np.cumsum(rng.normal(size=made.signals.height))
    tables = [*made.tables(), table_of(made.signals.select("시각").with_columns(pl.Series("전류", walk)), "drive.csv")]
    pieces = trace(tables, find_target(tables, "판정", CATALOGUE), CATALOGUE)
    assert {clock.file: clock.offset_s for clock in pieces.clocks} == {"plc.csv": -137.0, "drive.csv": -137.0}
    assert "clock_unsure" not in codes(pieces)


def test_a_meter_counts_what_it_gained(made):
    rising = made.signals.with_columns((pl.int_range(pl.len()) * 0.5).alias("적산"))
    tables = replace(made, signals=rising).tables()
    pieces = trace(tables, find_target(tables, "판정", CATALOGUE), CATALOGUE)
    names = [column.name for column in pieces.table.columns if "적산" in column.name]
    assert names == ["plc|plant:적산|sum"]


def test_without_ids_and_times_each_row_is_a_piece_in_the_order_of_the_file():
    frame = pl.DataFrame({"두께": np.arange(50.0), "강도": np.arange(50.0)[::-1]})
    tables = [table_of(frame, "tests.csv")]
    pieces = trace(tables, find_target(tables, "강도", CATALOGUE), CATALOGUE)
    assert pieces.table.frame[pieces.target].to_list() == frame["강도"].to_list()
    assert codes(pieces)["no_time"] == 50


def test_results_beside_the_target_are_known_only_with_it():
    frame = pl.DataFrame({"강도": np.arange(50.0), "연신율": np.arange(50) / 2, "두께": np.arange(50) / 3})
    tables = [table_of(frame, "tests.csv", concepts={"연신율": "t.strength"})]
    pieces = trace(tables, find_target(tables, "강도", CATALOGUE), CATALOGUE)
    assert pieces.table.column("tests|t.strength").known == "with_target"
    assert pieces.table.column("tests|plant:두께").known == "before"


def test_a_list_beside_the_target_in_its_own_workbook_is_set_aside_not_refused(made):
    lots = made.tables()[2]
    stranger = table_of(
        pl.DataFrame({"항목": [f"기준{n}" for n in range(9)], "값": range(9)}), lots.origins[0].file, name="기준"
    )
    tables = [lots, stranger]
    pieces = trace(tables, find_target(tables, "판정", CATALOGUE), CATALOGUE)
    assert codes(pieces)["unlinked_table"] == 9


def test_heats_scattered_over_all_times_do_not_hold_pieces_together():
    rng = np.random.default_rng(1)
    coils = pl.DataFrame(
        {
            "COIL": [f"K{n:04d}" for n in range(600)],
            "HEAT": [f"H{n}" for n in rng.integers(100, 130, 600)],
            "BATCH": [f"B{n // 10 + 100}" for n in range(600)],
            "강도": rng.normal(size=600),
        }
    )
    tables = [table_of(coils, "c.csv", kinds={"COIL": "identity", "HEAT": "identity", "BATCH": "identity"})]
    pieces = trace(tables, find_target(tables, "강도", CATALOGUE), CATALOGUE)
    assert pieces.table.frame[BATCH].n_unique() == 60
    assert codes(pieces)["scattered_batch"] == 1


def test_rare_rows_of_other_material_are_not_given_to_whichever_piece_came_next(made):
    plc = made.tables()[0]
    stamp = plc.of_kind("time")[0].name
    some = plc.frame[stamp].gather_every(plc.frame.height // 40)
    foreign = pl.DataFrame(
        {"슬라브": [f"S{n}" for n in range(some.len())], "시각": some, "추출온도": np.arange(some.len(), dtype=float)}
    )
    tables = [
        *made.tables(),
        table_of(foreign, "furnace.csv", concepts={"슬라브": "identity.slab"}, kinds={"슬라브": "identity"}),
    ]
    pieces = trace(tables, find_target(tables, "판정", CATALOGUE), load_catalogue())
    assert codes(pieces)["unlinked_table"] == some.len()


def test_pieces_with_one_time_get_the_last_reading_before_it():
    minutes = np.arange(200)
    lots = pl.DataFrame({"LOT": [f"L{n}" for n in minutes], "작업일시": times(minutes * 600.0), "강도": np.sin(minutes)})
    bath = pl.DataFrame({"분석일": times(np.arange(12) * 12_000.0 - 60), "니켈": np.arange(12) ** 1.5})
    tables = [table_of(lots, "lots.csv", kinds={"LOT": "identity"}), table_of(bath, "bath.csv")]
    pieces = trace(tables, find_target(tables, "강도", CATALOGUE), CATALOGUE)
    np.testing.assert_allclose(pieces.table.frame["bath|plant:니켈|last"], ((minutes * 600 + 60) // 12_000) ** 1.5)
    assert codes(pieces)["one_time"] == 1


def test_a_piece_that_went_from_line_to_line_is_decided_when_it_leaves_the_last_before_its_inspection():
    """Forged, then quenched in charges that lie in the furnace together, then inspected: quenching may be a cause."""
    count, rng = 120, np.random.default_rng(4)
    ids = [f"F{n:05d}" for n in range(count)]
    forged = 60.0 * np.arange(count)
    charge = 7200.0 * (1 + np.arange(count) // 20)
    press = pl.DataFrame(
        {"Forging No": ids, "Start": times(forged), "End": times(forged + 30), "Force": rng.normal(size=count)}
    )
    furnace = pl.DataFrame(
        {"Forging No": ids, "Loaded": times(charge), "Unloaded": times(charge + 5400), "Oil": rng.normal(60, 4, count)}
    )
    verdict = pl.DataFrame({"Forging No": ids, "Inspected": times(charge + 9000), "Judgement": ["OK", "NG"] * (count // 2)})
    tables = [table_of(verdict, "final.csv"), table_of(press, "press.csv"), table_of(furnace, "furnace.csv")]
    pieces = trace(tables, find_target(tables, "Judgement", CATALOGUE), CATALOGUE)
    assert {column.headers[0]: column.known for column in pieces.table.columns if column.kind == "number"} == {
        "Force": "before", "Oil": "before",
    }  # fmt: skip
    assert pieces.table.frame[END].dt.epoch("s").sort().to_list() == (
        pl.Series(times(charge + 5400)).cast(pl.Datetime("us", "UTC")).dt.epoch("s").sort().to_list()
    )
    early = verdict.with_columns(pl.Series("Inspected", times(forged + 600)))
    tables = [table_of(early, "final.csv"), *tables[1:]]
    pieces = trace(tables, find_target(tables, "Judgement", CATALOGUE), CATALOGUE)
    assert {column.headers[0]: column.known for column in pieces.table.columns if column.kind == "number"} == {
        "Force": "before", "Oil": "after",
    }  # fmt: skip
