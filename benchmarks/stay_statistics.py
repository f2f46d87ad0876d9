"""How fast are the statistics of stays beside pandas, Polars and DuckDB, and beside what the memory can deliver?

    python benchmarks/stay_statistics.py [--rows 1000000] [--signals 200] [--pieces 10000] [--repeats 5]

Count, mean, standard deviation, least, greatest, first, last and slope of every signal over every stay. Each side holds the
samples in memory as it prefers, finds the rows of each stay itself, and runs in a process of its own, one after another; best
of its forms, median of its repeats. Results must agree to 1e-9. Takes ten minutes at full size and 8 GB of memory.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics as middle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

NAMES = ("count", "mean", "std", "min", "max", "first", "last", "slope")
Results = dict[str, np.ndarray]


def samples(rows: int, signals: int, pieces: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Values [signals, rows], stamps in microseconds, starts and ends; a piece leaves one row before the next comes."""
    rng = np.random.default_rng(4)
    values = rng.standard_normal((signals, rows))
    values += rng.uniform(20.0, 900.0, size=(signals, 1))
    times = np.arange(rows, dtype=np.int64) * 1_000_000 + 1_700_000_000_000_000
    every = rows // pieces
    starts = times[: every * pieces : every].copy()
    return values, times, starts, starts + (every - 2) * 1_000_000


def timed(work: Callable[[], Results], repeats: int) -> tuple[float, Results]:
    """Median seconds after one run to warm up, and the results."""
    made, taken = work(), []
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return middle.median(taken), made


def of_tundish(size: argparse.Namespace) -> dict[str, tuple[float, Results]]:
    """This program, with one thread and with as many as there are cores."""
    from tundish.trace.stays.kernels import stay_statistics
    from tundish.trace.stays.segments import by_time

    values, times, starts, ends = samples(size.rows, size.signals, size.pieces)

    def work(threads: int) -> Results:
        return {**stay_statistics(values, by_time(times, starts, ends), times, NAMES, threads=threads)}  # type: ignore[arg-type]

    cores = os.cpu_count() or 1
    return {f"{n} threads": timed(lambda n=n: work(n), size.repeats) for n in sorted({1, cores})}  # type: ignore[misc]


def of_pandas(size: argparse.Namespace) -> dict[str, tuple[float, Results]]:
    """merge_asof, then one grouped call a statistic over the whole block, and the slope from a product."""
    import pandas as pd

    values, times, starts, ends = samples(size.rows, size.signals, size.pieces)
    frame = pd.DataFrame(values.T, copy=False)
    stays = pd.DataFrame({"start": starts, "end": ends, "piece": np.arange(starts.size)})

    def work() -> Results:
        placed = pd.merge_asof(pd.DataFrame({"t": times}), stays, left_on="t", right_on="start")
        piece = placed["piece"].where(placed["t"] <= placed["end"])
        by = frame.groupby(piece, sort=True)
        made = {"count": by.count(), "mean": by.mean(), "std": by.std(ddof=0), "min": by.min(), "max": by.max(),
                "first": by.first(), "last": by.last()}  # fmt: skip
        seconds = (placed["t"] - placed["start"]) / 1e6
        away = seconds - seconds.groupby(piece).transform("mean")
        across = frame.mul(away, axis=0).groupby(piece, sort=True).sum()
        made["slope"] = across.div((away * away).groupby(piece, sort=True).sum(), axis=0) * 3600
        return {name: table.to_numpy().T for name, table in made.items()}

    return {"block": timed(work, size.repeats)}


def of_polars(size: argparse.Namespace) -> dict[str, tuple[float, Results]]:
    """join_asof on sorted columns, then group_by; and group_by on a column of pieces that stands there already."""
    import polars as pl

    values, times, starts, ends = samples(size.rows, size.signals, size.pieces)
    frame = pl.DataFrame([pl.Series("t", times).set_sorted(), *(pl.Series(f"s{n}", row) for n, row in enumerate(values))])
    stays = pl.DataFrame({"start": starts, "end": ends, "piece": np.arange(starts.size)}).with_columns(
        pl.col("start").set_sorted()
    )
    columns = [f"s{n}" for n in range(values.shape[0])]
    del values

    def aggregates() -> list[Any]:
        away, c = pl.col("away"), pl.col
        square = (away * away).sum()
        return [
            made.alias(f"{name}|{s}")
            for s in columns
            for name, made in {
                "count": c(s).count(), "mean": c(s).mean(), "std": c(s).std(ddof=0), "min": c(s).min(), "max": c(s).max(),
                "first": c(s).first(), "last": c(s).last(), "slope": (c(s) * away).sum() / square * 3600,
            }.items()
        ]  # fmt: skip

    def placed() -> Any:
        near = frame.lazy().join_asof(stays.lazy(), left_on="t", right_on="start").filter(pl.col("t") <= pl.col("end"))
        seconds = (pl.col("t") - pl.col("start")) / 1e6
        return near.with_columns(away=seconds - seconds.mean().over("piece"))

    def finish(made: Any) -> Results:
        made = made.sort("piece")
        return {name: np.array([made[f"{name}|{s}"].to_numpy() for s in columns], dtype=float) for name in NAMES}

    ready = placed().collect()
    ready_sorted = ready.with_columns(pl.col("piece").set_sorted())
    forms = {
        "join_asof, in memory": lambda: placed().group_by("piece").agg(aggregates()).collect(),
        "join_asof, streaming": lambda: placed().group_by("piece").agg(aggregates()).collect(engine="streaming"),
        "piece column, sorted": lambda: ready_sorted.group_by("piece").agg(aggregates()),
        "piece column, streaming": lambda: ready.lazy().group_by("piece").agg(aggregates()).collect(engine="streaming"),
    }
    return {name: timed(lambda form=form: finish(form()), size.repeats) for name, form in forms.items()}  # type: ignore[misc]


def of_duckdb(size: argparse.Namespace) -> dict[str, tuple[float, Results]]:
    """ASOF JOIN and grouped aggregates over a table of its own, in one statement; first and last by time."""
    import duckdb
    import polars as pl

    values, times, starts, ends = samples(size.rows, size.signals, size.pieces)
    base = duckdb.connect()
    base.execute("SET preserve_insertion_order = false")
    base.register("raw", pl.DataFrame([pl.Series("t", times), *(pl.Series(f"s{n}", row) for n, row in enumerate(values))]))
    signals = values.shape[0]
    del values
    base.execute("CREATE TABLE samples AS SELECT * FROM raw")
    base.unregister("raw")
    base.register("span", pl.DataFrame({"start": starts, "stop": ends, "piece": np.arange(starts.size)}))
    base.execute("CREATE TABLE stays AS SELECT * FROM span")
    of_one = ("count({0})", "avg({0})", "stddev_pop({0})", "min({0})", "max({0})", "arg_min({0}, t)", "arg_max({0}, t)",
              "3600 * regr_slope({0}, (t - start) / 1e6)")  # fmt: skip
    wanted = ", ".join(
        f'{made.format(f"s{n}")} AS "{name}|{n}"' for n in range(signals) for made, name in zip(of_one, NAMES, strict=True)
    )
    query = f"SELECT piece, {wanted} FROM samples ASOF JOIN stays ON t >= start WHERE t <= stop GROUP BY piece ORDER BY piece"  # noqa: S608

    def work() -> Results:
        made = base.execute(query).fetchnumpy()
        return {name: np.array([made[f"{name}|{n}"] for n in range(signals)], dtype=float) for name in NAMES}

    return {"ASOF JOIN": timed(work, size.repeats)}


def bandwidth(threads: int) -> dict[str, float]:
    """Bytes a second that a compiled sum reads and a compiled triad (a = b + 3 c) moves, in GB/s; best of seven."""
    from concurrent.futures import ThreadPoolExecutor

    from numba import njit

    @njit(nogil=True, fastmath=True)  # type: ignore[untyped-decorator]
    def total(b: Any) -> float:
        made = 0.0
        for n in range(b.size):
            made += b[n]
        return made

    @njit(nogil=True, fastmath=True)  # type: ignore[untyped-decorator]
    def triad(a: Any, b: Any, c: Any) -> None:
        for n in range(b.size):
            a[n] = b[n] + 3.0 * c[n]

    size = 40_000_000
    a, b, c = (np.ones(size) for _ in range(3))
    cuts = np.linspace(0, size, threads + 1).astype(int)
    parts = [slice(cuts[n], cuts[n + 1]) for n in range(threads)]
    found = {"sum": 0.0, "triad": 0.0}
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(8):
            begun = time.perf_counter()
            list(pool.map(lambda part: total(b[part]), parts))
            middle_ = time.perf_counter()
            list(pool.map(lambda part: triad(a[part], b[part], c[part]), parts))
            ended = time.perf_counter()
            found["sum"] = max(found["sum"], 8 * size / (middle_ - begun) / 1e9)
            found["triad"] = max(found["triad"], 24 * size / (ended - middle_) / 1e9)
    return found


SIDES = {"tundish": of_tundish, "pandas": of_pandas, "polars": of_polars, "duckdb": of_duckdb}


def one_side(size: argparse.Namespace) -> None:
    """In a process of its own: measure one side, keep its results for comparison."""
    forms = SIDES[size.side](size)
    best = min(forms, key=lambda name: forms[name][0])
    np.savez(size.out, **forms[best][1])
    print(json.dumps({name: taken for name, (taken, _) in forms.items()}))


def main() -> None:
    """All sides, one after another, and the memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, usual in (("rows", 1_000_000), ("signals", 200), ("pieces", 10_000), ("repeats", 5)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--side", choices=SIDES)
    parser.add_argument("--sides", default=",".join(SIDES), help="those to run, with commas")
    parser.add_argument("--out")
    size = parser.parse_args()
    if size.side:
        one_side(size)
        return
    cores = os.cpu_count() or 1
    speed = bandwidth(cores)
    volume = size.rows * size.signals * 8 / 1e9
    print(
        f"{size.pieces:,} pieces x {size.signals} signals, {size.rows * size.signals:,} samples ({volume:.2f} GB), "
        f"{cores} cores"
    )
    print(f"memory: sum {speed['sum']:.1f} GB/s, triad {speed['triad']:.1f} GB/s")
    best: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for side in size.sides.split(","):
            out = Path(folder) / f"{side}.npz"
            command = [sys.executable, __file__, "--side", side, "--out", str(out)]
            for name in ("rows", "signals", "pieces", "repeats"):
                command += [f"--{name}", str(getattr(size, name))]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            forms = json.loads(done.stdout.splitlines()[-1])
            best[side] = min(forms.values())
            same = _agreement(Path(folder) / "tundish.npz", out)
            for name, taken in forms.items():
                rate = volume / taken
                print(
                    f"{side:8s} {name:24s} {taken:8.3f} s {rate:6.2f} GB/s {100 * rate / max(speed.values()):5.1f} % of memory"
                )
            print(f"{side:8s} greatest relative difference {same:.1e}", flush=True)
    rivals = [taken for side, taken in best.items() if side != "tundish"]
    if rivals:
        print(f"tundish is {min(rivals) / best['tundish']:.1f} times as fast as the fastest of the others")


def _agreement(ours: Path, theirs: Path) -> float:
    """Greatest difference of any statistic, relative to its own greatest magnitude in the same signal."""
    a, b = np.load(ours), np.load(theirs)
    return max(float((np.abs(a[k] - b[k]).max(axis=1) / np.abs(a[k]).max(axis=1)).max()) for k in NAMES)


if __name__ == "__main__":
    main()
