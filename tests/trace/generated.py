"""A line with a known truth: lots with settings of their own, a PLC with its own clock, an inspection after the line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import polars as pl
from plain import table_of

from tundish.table import Table

BEGIN_US = int(datetime(2025, 3, 1, tzinfo=UTC).timestamp()) * 1_000_000


def times(seconds: np.ndarray) -> pl.Series:
    return pl.Series(np.round(seconds * 1e6).astype(np.int64) + BEGIN_US).cast(pl.Datetime("us", "UTC"))


@dataclass(frozen=True)
class Generated:
    lots: pl.DataFrame
    signals: pl.DataFrame
    inspection: pl.DataFrame
    settings: np.ndarray
    """Lots x signals: the level each signal was held at during the lot."""

    def tables(self) -> list[Table]:
        return [
            table_of(self.lots, "lots.csv", kinds={"로트번호": "identity"}),
            table_of(self.signals, "plc.csv"),
            table_of(self.inspection, "inspection.csv", kinds={"LOT": "identity"}),
        ]


def generate(
    *, seed: int = 0, lots: int = 300, offset_s: float = -137.0, step_s: float = 10.0, noise: float = 0.3, equal: bool = False
) -> Generated:
    """``offset_s``: seconds to add to the PLC's times so that they agree with the lots'."""
    rng = np.random.default_rng(seed)
    lasting = np.full(lots, 900.0) if equal else rng.uniform(500, 1500, lots)
    starts = np.cumsum(np.concatenate(([0.0], lasting[:-1] + (0 if equal else rng.exponential(40, lots - 1)))))
    ends = starts + lasting
    clock = np.arange(-1800, ends[-1] + 1800, step_s)
    settings = rng.normal(size=(lots, 3)) * [2, 5, 0.5] + [80, 120, 9]
    running = np.clip(np.searchsorted(starts, clock, "right") - 1, 0, lots - 1)
    values = settings[running] + noise * np.array([2, 5, 0.5]) * rng.normal(size=(clock.size, 3))
    ids = [f"L250301-{number:04d}" for number in range(1, lots + 1)]
    bad = settings[:, 0] + rng.normal(size=lots) > 82
    inspected = ends + rng.uniform(3600, 7200, lots)
    shuffled = rng.permutation(lots)
    return Generated(
        pl.DataFrame({"로트번호": ids, "투입": times(starts), "배출": times(ends), "두께": rng.normal(size=lots),
                      "모재": [f"C{number // 4:03d}" for number in range(lots)]}),
        pl.DataFrame({"시각": times(clock - offset_s), "온도": values[:, 0], "속도": values[:, 1], "농도": values[:, 2],
                      "잡음": rng.normal(size=clock.size)}),
        pl.DataFrame({"LOT": [ids[n].replace("-", "") for n in shuffled], "검사시각": times(inspected[shuffled]),
                      "판정": np.where(bad, "불량", "양품")[shuffled], "스케일": np.where(bad, 5.0, 1.0)[shuffled]}),
        settings,
    )  # fmt: skip
