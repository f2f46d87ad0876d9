"""Logs whose clock went back, shuffled logs, and logs in order: the truth is the time at which each row was written."""

import numpy as np
import polars as pl
import pytest
from lines import BEGIN, micro

from tundish.table import Column, Origin, Table
from tundish.trace.clocks import mend_times
from tundish.trace.stamps import stamps
from tundish.vocabulary import load_catalogue

DAY = 86_400.0


def log(seconds, file="trend.csv", source=None) -> Table:
    times = pl.Series("plant:시각", micro(seconds)).cast(pl.Datetime("us", "UTC"))
    rows = len(times)
    frame = pl.DataFrame({"plant:시각": times, "plant:속도": np.arange(rows, dtype=float), "#row": np.arange(rows) + 2,
                          "#source": np.zeros(rows, np.int32) if source is None else source})  # fmt: skip
    columns = (
        Column("plant:시각", "time", (Origin(file, column="시각"),)),
        Column("plant:속도", "number", (Origin(file, column="속도"),)),
    )
    return Table("trend", frame, columns, (Origin(file),))


def mended(table: Table):
    (after,) = mend_times([table], load_catalogue())
    return after, (stamps(after, "plant:시각") - BEGIN) / 1e6


@pytest.mark.parametrize("back", [7.0, 90.0, 3600.0, 365 * DAY, 366 * DAY])
@pytest.mark.parametrize("returns", [False, True])
def test_a_clock_that_went_back_goes_on_where_it_left_off(back: float, returns: bool):
    true = np.arange(0.0, 30_000.0, 1.0)
    written = np.where((true >= 9_000) & ((true < 20_000) | (not returns)), true - back, true)
    after, seconds = mended(log(written))
    np.testing.assert_allclose(seconds, true, atol=1.5)
    assert [repair.code for repair in after.repairs] == ["clock_went_back"]
    assert after.repairs[0].origin.row == 9_002
    assert after.repairs[0].count == (11_000 if returns else 21_000)


def test_a_clock_that_jumped_a_year_ahead_and_back():
    true = np.arange(0.0, 30_000.0, 1.0)
    after, seconds = mended(log(np.where((true >= 9_000) & (true < 20_000), true + 365 * DAY, true)))
    np.testing.assert_allclose(seconds, true, atol=1.5)
    assert len(after.repairs) == 1


def test_rows_that_stand_in_another_order_are_left_alone():
    days = np.arange(0.0, 3 * DAY, 10.0)
    first, second, third = np.split(days, 3)
    for chunks in ([third, first, second], [first, third, second], [second, third, first]):
        written = np.concatenate(chunks)
        after, seconds = mended(log(written))
        np.testing.assert_array_equal(seconds, written)
        assert not after.repairs
        assert not after.findings


def test_a_log_in_order_newest_first_or_of_two_exports_is_left_alone():
    true = np.cumsum(np.random.default_rng(0).uniform(0.5, 2.0, 3000))
    for written in (true, true[::-1], np.repeat(true, 2)):
        after, seconds = mended(log(written))
        np.testing.assert_allclose(seconds, written, atol=1e-5)
        assert not (after.repairs or after.findings)
    two = np.concatenate((true, true))
    after, _ = mended(log(two, source=np.repeat([0, 1], true.size).astype(np.int32)))
    assert not (after.repairs or after.findings)


def test_two_machines_in_turn_are_no_clock_that_goes_back():
    true = np.arange(0.0, 3000.0, 1.0)
    after, _ = mended(log(np.column_stack((true, true - 50)).ravel()))
    assert not after.repairs


def test_what_cannot_be_put_in_order_is_said():
    true = np.arange(0.0, 100_000.0, 1.0)
    after, _ = mended(log(true - 700.0 * (true // 2_000)))
    assert not after.repairs
    assert [finding.code for finding in after.findings] == ["clock_unordered"]
    assert after.findings[0].severity == "error"


@pytest.mark.parametrize("by", [-365 * DAY, 365 * DAY, -20_000 * DAY])
def test_a_clock_that_jumps_again_after_it_was_set_returns_to_how_it_was_set(by: float):
    true = np.arange(0.0, 30_000.0, 1.0)
    written = np.where(true >= 8_000, true - 8, true)
    written += np.where((true >= 12_000) & (true < 14_000), by, 0.0)
    after, seconds = mended(log(written))
    np.testing.assert_allclose(seconds, true, atol=1.5)
    assert [repair.origin.row for repair in after.repairs] == [8_002, 12_002, 14_002]
    assert not after.findings


def test_a_clock_set_ahead_for_good_and_rows_without_time_are_said_with_their_row():
    true = np.arange(0.0, 30_000.0, 1.0)
    after, _ = mended(log(np.where(true >= 12_000, true + 365 * DAY, true)))
    assert [(one.code, one.origin.file, one.origin.row) for one in after.findings] == [("clock_far_ahead", "trend.csv", 12_002)]
    table = log(true)
    emptied = pl.when(pl.col("#row").is_between(500, 599)).then(None).otherwise(pl.col("plant:시각")).alias("plant:시각")
    after, seconds = mended(Table("trend", table.frame.with_columns(emptied), table.columns, table.origins))
    assert [(one.code, one.count, one.origin.row) for one in after.findings] == [("rows_without_time", 100, 500)]
    np.testing.assert_array_equal(np.delete(seconds, np.arange(498, 598)), np.delete(true, np.arange(498, 598)))
