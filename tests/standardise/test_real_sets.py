"""What the READMEs of the real sets say must be found in them."""

from datetime import UTC, datetime

import pytest

from tundish.connectors import SOURCES
from tundish.intake import read
from tundish.standardise import standardise
from tundish.vocabulary import load_catalogue


@pytest.fixture(scope="module")
def plant(shared):
    done = {}

    def standard(name):
        if name not in done:
            done[name] = standardise(read(shared / name, SOURCES, skip=("tt.csv",)).tables, load_catalogue())
        return done[name]

    return standard


def column(table, *headers):
    return next(c for c in table.columns if any(h in c.headers for h in headers))


def test_plate_scale_two_habits_one_table(plant):
    (table,) = plant("posco_plate_scale").tables
    assert table.frame.height == 1720
    times = table.frame[column(table, "ROLLING_DATE", "rolling_date").name]
    assert times.null_count() == 0 and times[0] == datetime(2021, 7, 31, 23, 0, 1, tzinfo=UTC)
    assert times[720] == datetime(2023, 1, 2, 22, 7, 53, tzinfo=UTC)
    assert set(table.frame[column(table, "SCALE").name]) == {"양품", "불량"}
    assert column(table, "SCALE") is column(table, "scale")
    assert column(table, "PLATE_NO", "plate_no").kind == "identity"
    copies = [f for f in table.findings if f.code == "copy"]
    assert [(f.origin.column, f.count) for f in copies] == [("fur_ex_temp", 1000)]
    assert any(f.code == "regular_times" for f in table.findings)


def test_plate_scale_zero_rolling_temperatures_are_reported(plant):
    (table,) = plant("posco_plate_scale").tables
    zeros = [f for f in table.findings if f.code == "missing_code"]
    assert {(f.origin.column, f.count) for f in zeros} == {("ROLLING_TEMP_T5", 6), ("rolling_temp", 6)}
    assert column(table, "ROLLING_TEMP_T5") is column(table, "rolling_temp")
    assert table.frame[column(table, "rolling_temp").name].null_count() == 12


def test_ladle_tables_are_seven_and_the_impossible_power_is_set_aside(plant):
    result = plant("ladle_furnace")
    heights = {t.name: t.frame.height for t in result.tables}
    assert heights == {
        "data_arc": 14876,
        "data_bulk": 3129,
        "data_bulk_time": 3129,
        "data_gas": 3239,
        "data_temp": 15907,
        "data_wire": 3081,
        "data_wire_time": 3081,
    }
    arc = next(t for t in result.tables if t.name == "data_arc")
    (found,) = [f for f in arc.findings if f.code == "outlier"]
    assert found.rows == (9782,)
    bulk_time = next(t for t in result.tables if t.name == "data_bulk_time")
    assert {c.kind for c in bulk_time.columns} == {"identity", "time"}
    assert all(column(t, "key").kind == "identity" for t in result.tables)
    temp = next(t for t in result.tables if t.name == "data_temp")
    assert temp.frame[column(temp, "Температура").name].null_count() == 2901


def test_energy_midnights_lead_to_a_regular_year(plant):
    (table,) = plant("steel_energy_uci").tables
    times = table.frame[column(table, "date").name]
    assert times.is_sorted() and times.diff().drop_nulls().n_unique() == 1
    (repair,) = [r for r in table.repairs if r.code == "midnight"]
    assert repair.count == 365
    usage = column(table, "Usage_kWh")
    assert usage.to_plant(table.frame[usage.name][0]) == pytest.approx(3.17)
    assert not [f for f in table.findings if f.code in ("missing_code", "frozen", "outlier")]


def test_surface_treatment_shipments_become_rows(plant):
    result = plant("kamp_surface_treatment")
    table, shipments = result.tables
    assert shipments.name.endswith("/ 출고")
    made = column(table, "생산량(Kg)")
    assert made.to_plant(table.frame[made.name][0]) == pytest.approx(13550)
    shipped = shipments.frame.filter(shipments.frame[column(shipments, "작업지시번호").name] == "2101130065")
    amounts = column(shipments, "1차 출고량")
    assert [round(amounts.to_plant(v)) for v in shipped[amounts.name]] == [2000, 1000, 9550, 1000]


def test_two_stands_of_one_coil_stay_apart(plant):
    result = plant("rolling_stand")
    assert len(result.tables) == 2
    second, third = result.tables
    entry = column(second, "EnThick")
    assert entry.to_plant(second.frame[entry.name][0]) == pytest.approx(19.714)
    assert column(third, "xTime").kind == "number"


@pytest.mark.parametrize("name, height", [("matbench_steels", 312), ("steel_plates_faults_uci", 1941), ("sidenor_ladle", 4927)])
def test_others_load(plant, name, height):
    assert height in [t.frame.height for t in plant(name).tables]
