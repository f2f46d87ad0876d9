"""Is each oddity of a log's times told once, by its cause: rows written twice, or a clock that was set back?"""

import polars as pl
import pytest
from small_plants import bath_log, findings, standard


def codes(plant, log):
    (plant / "log.csv").write_bytes(log.write_csv(None).encode("cp949"))
    about = ("time_backwards", "time_repeated", "repeated_rows")
    return {finding.code: finding for finding in findings(standard(plant)) if finding.code in about}


def every_10_s(rows=1000):
    log = bath_log(rows)
    times = pl.datetime_range(pl.datetime(2025, 3, 1), pl.datetime(2025, 3, 2), "10s", eager=True)[:rows]
    return log, times.dt.strftime("%Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize("again", [(slice(640, 1000),), (slice(500, 503),)], ids=["an hour at the end", "three rows"])
def test_rows_written_twice_are_one_finding(plant, again):
    log, _ = every_10_s()
    end = again[0].stop
    told = codes(plant, pl.concat([log[:end], log[again[0]], log[end:]]))
    assert set(told) == {"repeated_rows"}
    assert told["repeated_rows"].count == again[0].stop - again[0].start


def test_an_hour_that_comes_again_with_other_values_is_summer_time(plant):
    log, times = every_10_s()
    moved = pl.concat([times[:640], times[280:640]])
    told = codes(plant, log.with_columns(moved.alias("시각")))
    assert set(told) == {"time_backwards"}
    assert "summer time" in str(told["time_backwards"].hint) and told["time_backwards"].rows == (642,)


def test_rows_stay_those_of_the_file_beside_copies(plant):
    log, times = every_10_s()
    log = log.with_columns(pl.concat([times[:640], times[280:640]]).alias("시각"))
    told = codes(plant, pl.concat([log[:100], log[97:100], log[100:]]))
    assert told["repeated_rows"].rows == (102, 103, 104)
    assert told["time_backwards"].rows == (645,)
