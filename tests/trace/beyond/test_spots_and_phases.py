"""Are last readings and phases of a furnace the same to the bit when its logs are read in parts, however they are cut?"""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from test_beyond_memory import pieces

from tundish.settings import Settings

BATCHES, STEP_S = 40, 30
BEGIN = datetime(2025, 3, 1)
ASKED = Settings(target="열처리실적.csv:경도(HRC)")


@pytest.fixture(scope="module")
def furnace(tmp_path_factory):
    """Batches that heat up, hold and cool down, their hardness, a log every 30 s, and a bath analysis now and then."""
    folder = tmp_path_factory.mktemp("furnace")
    rng = np.random.default_rng(4)
    starts = [BEGIN + timedelta(hours=3 * n) for n in range(BATCHES)]
    hold = rng.uniform(840, 880, BATCHES)
    lots = pl.DataFrame(
        {
            "LOT NO": [f"B{n:04d}" for n in range(BATCHES)],
            "장입시각": starts,
            "추출시각": [start + timedelta(hours=2.5) for start in starts],
            "경도(HRC)": (40 + (hold - 860) / 10 + rng.normal(0, 0.1, BATCHES)).round(2),
        }
    )
    lots.write_csv(folder / "열처리실적.csv", datetime_format="%Y-%m-%d %H:%M:%S")
    at = np.arange(0, BATCHES * 3 * 3600, STEP_S)
    within = at % (3 * 3600) / 3600
    top = hold[at // (3 * 3600)]
    level = np.interp(within, [0, 0.8, 2.0, 2.5, 3.0], [0, 1, 1, 0.5, 0])
    log = pl.DataFrame(
        {
            "시각": [BEGIN + timedelta(seconds=int(s)) for s in at],
            "열처리로 구역 온도(℃)": (100 + (top - 100) * level + rng.normal(0, 0.6, at.size)).round(2),
        }
    )
    rare = np.arange(0, BATCHES * 3 * 3600, 5400) + rng.integers(0, 600, BATCHES * 2)
    bath = pl.DataFrame(
        {
            "분석시각": [BEGIN + timedelta(seconds=int(s)) for s in rare],
            "염욕 농도(%)": [None if one < 0.2 else round(5 + 4 * one, 3) for one in rng.random(rare.size).tolist()],
            "판정": [("양호", "보통", None)[one] for one in rng.integers(0, 3, rare.size)],
        }
    )
    return folder, log, bath


@pytest.mark.parametrize(("rows", "rare"), [(700, 7), (131, 1), (4999, 33)])
def test_any_cut_gives_the_same_bits(furnace, rows, rare):
    folder, log, bath = furnace
    log.write_parquet(folder / "furnace_log.parquet", row_group_size=rows)
    bath.write_parquet(folder / "bath_analysis.parquet", row_group_size=rare)
    prepared, held = pieces(folder, ASKED)
    assert not any(table.parts for table in prepared.tables.tables)
    prepared, made = pieces(folder, ASKED, (folder / "열처리실적.csv").stat().st_size + 9)
    assert {table.name for table in prepared.tables.tables if table.parts} >= {"furnace_log", "bath_analysis"}
    told = {column.name for column in held.table.columns if column.window in ("heating", "holding", "cooling")}
    last = {column.name for column in held.table.columns if column.window == "until_moment" and column.statistic == "last"}
    assert len(told) >= 4
    assert last
    assert set(made.table.frame.columns) == set(held.table.frame.columns)
    for name in told | last:
        assert made.table.frame[name].equals(held.table.frame[name]), name
