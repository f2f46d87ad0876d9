"""Real plants: what is traced must predict about as well as what was prepared by hand."""

import numpy as np
import polars as pl
import pytest
from plain import catalogue_of, read_plain, table_of

from tundish.trace import Pieces, find_target, trace

CATALOGUE = catalogue_of()
STAMP = "%Y-%m-%d %H:%M:%S"


def error_on_the_last_quarter(pieces: Pieces, objective: str) -> np.ndarray:
    """Errors of plain boosting on the inputs known before, learned on the first three quarters of the time."""
    import lightgbm

    frame = pieces.table.frame
    inputs = [column.name for column in pieces.table.columns if column.known == "before" and column.kind == "number"]
    values = frame.select(pl.col(inputs).cast(pl.Float64)).to_numpy()
    target = frame[pieces.target].cast(pl.Float64).to_numpy()
    cut = int(0.75 * target.size)
    training = lightgbm.Dataset(values[:cut], target[:cut])
    model = lightgbm.train(
        {"objective": objective, "learning_rate": 0.05, "num_leaves": 15, "verbosity": -1, "num_threads": 1, "seed": 0},
        training,
        300,
    )
    return np.asarray(model.predict(values[cut:])) - target[cut:]


def test_end_temperature_of_the_ladle_furnace(shared):
    folder = shared / "ladle_furnace"
    tables = [
        read_plain(folder / "data_arc.csv", times={"Начало нагрева дугой": STAMP, "Конец нагрева дугой": STAMP}),
        read_plain(folder / "data_bulk.csv"),
        read_plain(folder / "data_bulk_time.csv", times={f"Bulk {n}": STAMP for n in range(1, 16)}),
        read_plain(folder / "data_wire.csv"),
        read_plain(folder / "data_wire_time.csv", times={f"Wire {n}": STAMP for n in range(1, 10)}),
        read_plain(folder / "data_gas.csv"),
        read_plain(folder / "data_temp.csv", times={"Время замера": STAMP}),
    ]
    pieces = trace(tables, find_target(tables, "Температура", CATALOGUE), CATALOGUE)
    assert pieces.table.frame.height == 2475
    single = next(finding for finding in pieces.table.findings if finding.code == "one_reading")
    assert single.count == 741
    assert {link.by for link in pieces.links} == {"key"}
    assert not any(column.statistic == "count" and "data_temp" in column.name for column in pieces.table.columns)
    assert np.abs(error_on_the_last_quarter(pieces, "regression_l1")).mean() <= 6.6


def test_power_of_the_next_quarter_hour(shared):
    frame = pl.read_csv(shared / "steel_energy_uci" / "Steel_industry_data.csv.gz", infer_schema_length=None)
    frame = frame.rename({frame.columns[0]: "date"})
    moment = pl.col("date").str.strptime(pl.Datetime("us"), "%d/%m/%Y %H:%M")
    # The row of 00:00 stands last in its day: standardising would have moved it to the next.
    moment = pl.when(pl.col("NSM") == 0).then(moment.dt.offset_by("1d")).otherwise(moment)
    body = frame.with_columns(moment.dt.replace_time_zone("Asia/Seoul").dt.convert_time_zone("UTC").alias("date"))
    tables = [table_of(body, "Steel_industry_data.csv")]
    pieces = trace(tables, find_target(tables, "Usage_kWh", CATALOGUE), CATALOGUE)
    assert pieces.kind == "interval"
    known = {column.headers[0]: column.known for column in pieces.table.columns if column.statistic == "value"}
    assert known["NSM"] == known["Day_of_week"] == known["WeekStatus"] == "before"
    assert known["CO2(tCO2)"] == known["Lagging_Current_Power_Factor"] == "with_target"
    assert np.sqrt(np.mean(error_on_the_last_quarter(pieces, "regression") ** 2)) <= 9.3


@pytest.mark.parametrize("file", ["SCALE_2021_720rows_cp949.csv"])
def test_plates_are_pieces_of_their_own(shared, file: str):
    table = read_plain(shared / "posco_plate_scale" / file, times={"ROLLING_DATE": "%Y-%m-%d:%H:%M:%S"}, encoding="cp949")
    target = find_target([table], None, CATALOGUE)
    assert target.column == "plant:SCALE"
    pieces = trace([table], target, CATALOGUE)
    assert pieces.kind == "piece"
    assert pieces.table.frame.height == 720
    assert {finding.code for finding in pieces.table.findings} == {"assumed_before"}
