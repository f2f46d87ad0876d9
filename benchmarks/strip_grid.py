"""How fast do the samples of one coil come to lie on a 1 m grid, beside pandas, Polars and DuckDB?

    python benchmarks/strip_grid.py [--signals 100] [--samples 30000] [--metres 3000] [--repeats 9]

Mean, least and greatest of every signal in every metre. Wanted: 0.1 s. Medians, after one run to warm up; each side holds the
samples as it prefers, places them itself, in the better of an as-of join with the metres and a division; agreement to 1e-9.
"""

from __future__ import annotations

import argparse
import os
import statistics as middle
import time
from collections.abc import Callable

import duckdb
import numpy as np
import pandas as pd
import polars as pl

from tundish.trace.stays.kernels import grid

Results = dict[str, np.ndarray]
NAMES = ("mean", "min", "max")


def coil(signals: int, samples: int, metres: int) -> tuple[np.ndarray, np.ndarray]:
    """Values [signals, samples], and the metre at which each was taken: the integral of a speed that changes."""
    rng = np.random.default_rng(4)
    speed = 1.0 + 0.5 * np.sin(np.arange(samples) / 900.0) + 0.05 * rng.random(samples)
    at = np.cumsum(speed)
    return rng.normal(300.0, 5.0, (signals, samples)), at * ((metres - 1e-6) / at[-1])


def of_tundish(values: np.ndarray, at: np.ndarray, metres: int, threads: int) -> Results:
    """This program."""
    made = grid(values, at, start_m=0.0, grid_m=1.0, cells=metres, threads=threads)
    return {"mean": made.mean, "min": made.low, "max": made.high}


def of_pandas(frame: pd.DataFrame, at: np.ndarray, cells: pd.DataFrame | None) -> Results:
    """merge_asof with the begins of the metres where these are given, else a division; then grouped."""
    metre = (
        np.floor(at).astype(np.int64)
        if cells is None
        else pd.merge_asof(pd.DataFrame({"at": at}), cells, left_on="at", right_on="begin")["metre"].to_numpy()
    )
    by = frame.groupby(metre, sort=True)
    return {"mean": by.mean().to_numpy().T, "min": by.min().to_numpy().T, "max": by.max().to_numpy().T}


def of_polars(frame: pl.DataFrame, columns: list[str], cells: pl.DataFrame | None) -> Results:
    """join_asof or a division, then group_by."""
    if cells is None:
        placed = frame.lazy().with_columns(metre=pl.col("at").floor().cast(pl.Int64).set_sorted())
    else:
        placed = frame.lazy().join_asof(cells.lazy(), left_on="at", right_on="begin")
    wanted = [getattr(pl.col(c), name)().alias(f"{name}|{c}") for c in columns for name in NAMES]
    made = placed.group_by("metre").agg(wanted).collect().sort("metre")
    return {name: made.select(f"{name}|{c}" for c in columns).to_numpy().T for name in NAMES}


def of_duckdb(base: duckdb.DuckDBPyConnection, columns: list[str], joined: bool) -> Results:
    """ASOF JOIN or a division, then GROUP BY."""
    named = [(c, name, word) for c in columns for name, word in zip(NAMES, ("avg", "min", "max"), strict=True)]
    wanted = ", ".join(f'{word}({c}) AS "{name}|{c}"' for c, name, word in named)
    source = 'samples ASOF JOIN cells ON "at" >= "begin"' if joined else '(SELECT *, floor("at") AS metre FROM samples)'
    made = base.execute(f"SELECT metre, {wanted} FROM {source} GROUP BY metre ORDER BY metre").fetchnumpy()  # noqa: S608
    return {name: np.array([made[f"{name}|{c}"] for c in columns]) for name in NAMES}


def timed(work: Callable[[], Results], repeats: int) -> tuple[float, Results]:
    """Median seconds after one run to warm up, and the results."""
    made, taken = work(), []
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return middle.median(taken), made


def main() -> None:
    """All sides, one after another."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, usual in (("signals", 100), ("samples", 30_000), ("metres", 3_000), ("repeats", 9)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    size = parser.parse_args()
    values, at = coil(size.signals, size.samples, size.metres)
    columns = [f"s{n}" for n in range(size.signals)]
    frame = pd.DataFrame(values.T, copy=False)
    marks = np.arange(size.metres)
    table = pl.DataFrame([pl.Series("at", at).set_sorted(), *map(pl.Series, columns, values)])
    cells = pl.DataFrame({"begin": marks.astype(float), "metre": marks}).with_columns(pl.col("begin").set_sorted())
    base = duckdb.connect()
    for name, source in (("samples", table), ("cells", cells)):
        base.register("source", source)
        base.execute(f"CREATE TABLE {name} AS SELECT * FROM source")  # noqa: S608
    sides: dict[str, Callable[[], Results]] = {
        "tundish, 1 thread": lambda: of_tundish(values, at, size.metres, 1),
        f"tundish, {os.cpu_count()} threads": lambda: of_tundish(values, at, size.metres, os.cpu_count() or 1),
        "pandas, merge_asof": lambda: of_pandas(frame, at, pd.DataFrame({"begin": marks.astype(float), "metre": marks})),
        "pandas, division": lambda: of_pandas(frame, at, None),
        "polars, join_asof": lambda: of_polars(table, columns, cells),
        "polars, division": lambda: of_polars(table, columns, None),
        "duckdb, ASOF JOIN": lambda: of_duckdb(base, columns, joined=True),
        "duckdb, division": lambda: of_duckdb(base, columns, joined=False),
    }
    ours: Results = {}
    for name, work in sides.items():
        taken, made = timed(work, size.repeats)
        ours = ours or made
        apart = max(float(np.nanmax(np.abs(made[k] - ours[k]) / np.abs(ours[k]))) for k in NAMES)
        print(f"{name:20s} {1000 * taken:9.2f} ms   greatest relative difference {apart:.1e}", flush=True)


if __name__ == "__main__":
    main()
