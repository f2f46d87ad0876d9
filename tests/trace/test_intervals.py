import numpy as np
import polars as pl
import pytest
from generated import times
from plain import catalogue_of, table_of

from tundish.errors import NoSharedKey
from tundish.trace import find_target, trace
from tundish.trace.pieces import MOMENT

CATALOGUE = catalogue_of()
STEP = 900.0


def series(rows: int = 3000, *, missing: tuple[int, ...] = ()):
    clock = (np.arange(rows) + 1) * STEP
    rng = np.random.default_rng(0)
    usage = 50 + 20 * np.sin(np.arange(rows) / 40) + rng.normal(size=rows)
    frame = pl.DataFrame({"date": times(clock), "usage": usage, "reactive": usage / 2, "nsm": clock % 86_400})
    return frame.filter(~pl.Series(np.isin(np.arange(rows), missing))), usage


def traced(frame: pl.DataFrame):
    tables = [table_of(frame, "meter.csv")]
    return trace(tables, find_target(tables, "usage", CATALOGUE), CATALOGUE, time_zone="UTC")


def test_a_regular_series_without_material_is_told_by_intervals():
    frame, usage = series()
    pieces = traced(frame)
    assert pieces.kind == "interval"
    out = pieces.table.frame
    assert (out[MOMENT] == frame["date"].dt.offset_by("-15m")).all()
    for lag in (1, 4, 96, 672):
        np.testing.assert_allclose(out[f"meter|plant:usage|lag|t-{lag}"].to_numpy()[lag:], usage[:-lag])
    rolled = out["meter|plant:usage|lag|mean t-16..t-1"].to_numpy()
    np.testing.assert_allclose(rolled[100], usage[84:100].mean())


def test_no_input_looks_into_its_own_interval():
    frame, _ = series()
    changed = frame.with_columns(pl.when(pl.int_range(pl.len()) >= 2000).then(-1e6).otherwise(pl.col("usage")).alias("usage"))
    before, after = traced(frame), traced(changed)
    inputs = [c.name for c in before.table.columns if c.known == "before"]
    assert before.table.frame[inputs].head(2001).equals(after.table.frame[inputs].head(2001))


def test_same_row_measurements_come_with_the_target_and_the_calendar_before():
    frame, _ = series()
    pieces = traced(frame)
    assert pieces.table.column("meter|plant:reactive").known == "with_target"
    assert pieces.table.column("meter|plant:nsm").known == "before"


def test_gaps_are_reported_and_stay_empty():
    frame, usage = series(missing=(500, 501))
    pieces = traced(frame)
    gap = next(f for f in pieces.table.findings if f.code == "gaps_in_series")
    assert gap.count == 2
    lagged = pieces.table.frame["meter|plant:usage|lag|t-1"]
    assert lagged[500] is None
    np.testing.assert_allclose(lagged[501], usage[502])


def test_an_irregular_series_is_rows_not_intervals():
    frame, _ = series()
    rng = np.random.default_rng(1)
    uneven = frame.with_columns(times(np.cumsum(rng.uniform(10, 5000, frame.height))).alias("date"))
    assert traced(uneven).kind == "piece"


def test_another_meter_counts_by_its_mean_in_each_interval_and_strangers_are_refused():
    frame, _ = series()
    minutes = np.arange(3000 * 15) * 60.0 + 30
    other = table_of(pl.DataFrame({"at": times(minutes), "gas": np.floor(minutes / STEP) % 7}), "gas.csv")
    tables = [table_of(frame, "meter.csv"), other]
    pieces = trace(tables, find_target(tables, "usage", CATALOGUE), CATALOGUE)
    out = pieces.table.frame
    np.testing.assert_allclose(out["gas|plant:gas|mean"].to_numpy(), np.arange(3000) % 7)
    assert pieces.table.column("gas|plant:gas|mean").known == "with_target"
    np.testing.assert_allclose(out["gas|plant:gas|lag|t-1"].to_numpy()[1:], np.arange(2999) % 7)
    later = table_of(pl.DataFrame({"at": times(minutes + 1e9), "gas": minutes / 7}), "gas.csv")
    with pytest.raises(NoSharedKey):
        trace([tables[0], later], find_target(tables, "usage", CATALOGUE), CATALOGUE)
