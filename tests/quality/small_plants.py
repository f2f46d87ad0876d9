"""Small plants of the quality tests."""

from pathlib import Path

import numpy as np
import polars as pl

from tundish import flow
from tundish.settings import Settings

BATH = "산세조1 온도(℃)"


def quiet(*_):
    """Tell nothing."""


def bath_log(rows=400, seed=1):
    """A log of one bath in the plant's unit."""
    rng = np.random.default_rng(seed)
    times = pl.datetime_range(pl.datetime(2025, 3, 1), pl.datetime(2025, 3, 2), "10s", eager=True)[:rows]
    return pl.DataFrame(
        {
            "시각": times.dt.strftime("%Y-%m-%d %H:%M:%S"),
            BATH: np.round(84 + rng.normal(0, 0.4, rows), 2),
            "라인속도(m/min)": np.round(72 + rng.normal(0, 0.7, rows), 2),
        }
    )


def standard(plant: Path, **settings):
    """What ``tundish check`` sees."""
    return flow.standard(plant, Settings(**settings), quiet)


def findings(found):
    """All findings of the tables and of none."""
    return [*found.tables.findings, *(finding for table in found.tables.tables for finding in table.findings)]
