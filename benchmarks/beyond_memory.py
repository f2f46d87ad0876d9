"""Stay statistics of 10 GB of signals on disk in 1 GB of memory, beside Polars' streaming engine and DuckDB.

    python benchmarks/beyond_memory.py --gigabytes 10 --folder FOLDER

Writes a plant (a production record and one long trend in Parquet, uncompressed, 200 signals, half of them float32) into a
folder that is deleted afterwards, and computes count, mean, standard deviation, min, max, first, last and slope of every
signal over every stay. Every contender runs in a process of its own: its peak of resident memory is what the system counted.
The results of all are held against an independent computation in numpy on some stays and signals.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

SIGNALS = 200
GROUP_ROWS = 131_072
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
STAY_S, PAUSE_S = 800, 30
WANTED = ["count", "mean", "std", "min", "max", "first", "last", "slope"]


def generate(folder: Path, gigabytes: float) -> int:
    """Write the trend row group by row group; gives the bytes on disk."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    row_bytes = 8 + (SIGNALS // 2) * 8 + (SIGNALS - SIGNALS // 2) * 4
    rows = int(gigabytes * 1e9 / row_bytes)
    rng = np.random.default_rng(0)
    kinds = [pa.field("시각", pa.timestamp("us", "UTC"))]
    kinds += [pa.field(f"신호{i:03d}", pa.float64() if i % 2 else pa.float32()) for i in range(SIGNALS)]
    path = folder / "trend.parquet"
    with pq.ParquetWriter(path, pa.schema(kinds), compression="none", use_dictionary=False) as writer:
        for at in range(0, rows, GROUP_ROWS):
            n = min(GROUP_ROWS, rows - at)
            second = np.arange(at, at + n)
            load = np.where(second % (STAY_S + PAUSE_S) < STAY_S, 1.0, 0.1) + 0.1 * np.sin(second / 5000)
            noise = rng.normal(size=(8, n))
            columns = [pa.array(second * 1_000_000 + int(BEGIN.timestamp() * 1e6), pa.timestamp("us", "UTC"))]
            for i in range(SIGNALS):
                values = 20.0 + i + 5.0 * load + noise[i % 8] * (1 + i / SIGNALS)
                columns.append(pa.array(values.astype(np.float64 if i % 2 else np.float32)))
            writer.write_table(pa.table(columns, schema=pa.schema(kinds)), row_group_size=GROUP_ROWS)
    stays = rows // (STAY_S + PAUSE_S)
    starts = [BEGIN + timedelta(seconds=i * (STAY_S + PAUSE_S)) for i in range(stays)]
    ends = [start + timedelta(seconds=STAY_S - 1) for start in starts]
    pl.DataFrame({"start": starts, "stop": ends}).write_parquet(folder / "stays.parquet")
    return path.stat().st_size


def tundish(folder: Path) -> pl.DataFrame:
    """Read in parts, standardised and added up by the local engine, as the main job does."""
    from tundish import intake
    from tundish.connectors import SOURCES
    from tundish.engines import open_engine
    from tundish.settings import ComputeSettings
    from tundish.standardise import standardise
    from tundish.trace.pieces import Clock
    from tundish.trace.stamps import microseconds
    from tundish.trace.stays import parted
    from tundish.vocabulary import load_catalogue

    catalogue = load_catalogue()
    (folder / "plant").mkdir(exist_ok=True)
    if not (folder / "plant" / "trend.parquet").exists():
        (folder / "plant" / "trend.parquet").hardlink_to(folder / "trend.parquet")
    raw = intake.read(folder / "plant", SOURCES, held_bytes=2**28)
    table = standardise(raw.tables, catalogue).tables[0]
    told = time.perf_counter()
    stays = pl.read_parquet(folder / "stays.parquet")
    with open_engine(ComputeSettings()) as engine:
        bench = parted.Bench(engine, folder / "jobs")
        surveyed = parted.survey(table, catalogue, bench)
        assert surveyed is not None
        clock = Clock("trend.parquet", 0.0, 0.0, 0.0, intake_message())
        spans = (microseconds(stays["start"]), microseconds(stays["stop"]))
        columns = [column for column in table.columns if column.kind == "number"]
        found = parted.statistics_of(surveyed, columns, spans, clock, bench=bench, wanted=WANTED)
    print(f"understood after {told - START:.1f} s", file=sys.stderr)
    return picked({table.column(name).header: values for name, values in found.items()})


def intake_message() -> object:
    """Why the clock is as it is."""
    from tundish.errors import Message

    return Message("the same clock")


def picked(found: dict[str, dict[str, np.ndarray]]) -> pl.DataFrame:
    """The statistics of some signals, as the check compares them."""
    rows = []
    for name in SHOWN:
        rows.append(pl.DataFrame(found[name]).with_row_index("stay").with_columns(signal=pl.lit(name)))
    return pl.concat(rows).select("signal", "stay", *WANTED)


SHOWN = ("신호000", "신호001", "신호101", "신호199")


def aggregated(name: str) -> list[pl.Expr]:
    """The same statistics in Polars."""
    value, hours = pl.col(name), pl.col("hours")
    away = hours - hours.mean()
    return [
        value.count().cast(pl.Float64).alias(f"{name}|count"),
        value.mean().cast(pl.Float64).alias(f"{name}|mean"),
        value.cast(pl.Float64).std(ddof=0).alias(f"{name}|std"),
        value.min().cast(pl.Float64).alias(f"{name}|min"),
        value.max().cast(pl.Float64).alias(f"{name}|max"),
        value.first().cast(pl.Float64).alias(f"{name}|first"),
        value.last().cast(pl.Float64).alias(f"{name}|last"),
        ((value.cast(pl.Float64) * away).sum() / (away * away).sum()).alias(f"{name}|slope"),
    ]


def polars(folder: Path) -> pl.DataFrame:
    """Streaming engine, as-of join to the stays, group by."""
    names = [f"신호{i:03d}" for i in range(SIGNALS)]
    stays = pl.scan_parquet(folder / "stays.parquet").with_row_index("stay").cast({"start": pl.Datetime("us", "UTC")})
    rows = pl.scan_parquet(folder / "trend.parquet").with_columns(
        ((pl.col("시각") - BEGIN).dt.total_microseconds() / 3.6e9).alias("hours")
    )
    joined = rows.join_asof(stays, left_on="시각", right_on="start").filter(pl.col("시각") <= pl.col("stop"))
    made = joined.group_by("stay").agg(expr for name in names for expr in aggregated(name)).sort("stay")
    frame = made.collect(engine="streaming")
    return long(frame)


def long(frame: pl.DataFrame) -> pl.DataFrame:
    """One row a signal and stay."""
    shown = [
        frame.select(pl.lit(name).alias("signal"), "stay", *(pl.col(f"{name}|{key}").alias(key) for key in WANTED))
        for name in SHOWN
    ]
    return pl.concat(shown)


def duckdb(folder: Path) -> pl.DataFrame:
    """ASOF join and aggregates in SQL, memory limited to 1 GB as its manual says."""
    import duckdb as db

    con = db.connect(str(folder / "work.duckdb"))
    con.execute("SET memory_limit='800MB'; SET preserve_insertion_order=false; SET TimeZone='UTC'")
    con.execute(f"SET temp_directory='{folder / 'spill'}'")
    parts = []
    for i in range(SIGNALS):
        name = f"신호{i:03d}"
        value = f'CAST("{name}" AS DOUBLE)'
        parts.append(
            f'count({value})::DOUBLE AS "{name}|count", avg({value}) AS "{name}|mean", stddev_pop({value}) AS "{name}|std", '
            f'min({value}) AS "{name}|min", max({value}) AS "{name}|max", arg_min({value}, t) AS "{name}|first", '
            f'arg_max({value}, t) AS "{name}|last", regr_slope({value}, hours) AS "{name}|slope"'
        )
    trend, stays = folder / "trend.parquet", folder / "stays.parquet"
    sql = (
        f"WITH s AS (SELECT row_number() OVER (ORDER BY start) - 1 AS stay, start, stop FROM '{stays}'), "  # noqa: S608 - our own
        f'r AS (SELECT *, "시각" AS t, epoch_us("시각") / 3.6e9 - {BEGIN.timestamp() / 3600} AS hours FROM \'{trend}\') '
        f"SELECT stay, {', '.join(parts)} FROM r ASOF JOIN s ON r.t >= s.start WHERE r.t <= s.stop GROUP BY stay ORDER BY stay"
    )
    return long(pl.DataFrame(con.execute(sql).to_arrow_table()))


CONTENDERS = {"tundish": tundish, "polars": polars, "duckdb": duckdb}


def independent(folder: Path) -> pl.DataFrame:
    """Some signals of the first, a middle and the last stays by numpy, row by row of the definition."""
    frame = pl.scan_parquet(folder / "trend.parquet").select("시각", *SHOWN)
    stays = pl.read_parquet(folder / "stays.parquet")
    picks = sorted({0, 1, 1092, stays.height // 2, stays.height - 1} & set(range(stays.height)))
    rows = []
    for stay in picks:
        start, stop = stays.row(stay)
        inside = frame.filter(pl.col("시각").is_between(start, stop)).collect()
        hours = (inside["시각"] - BEGIN).dt.total_microseconds().to_numpy() / 3.6e9
        for name in SHOWN:
            v = inside[name].cast(pl.Float64).to_numpy()
            away = hours - hours[0] - (hours - hours[0]).mean()
            slope = (away * (v - v.mean())).sum() / (away * away).sum()
            rows.append((name, stay, float(v.size), v.mean(), v.std(), v.min(), v.max(), v[0], v[-1], slope))
    return pl.DataFrame(rows, ["signal", "stay", *WANTED], orient="row")


START = time.perf_counter()


def one(name: str, folder: Path) -> None:
    """A contender in this process; says what it took."""
    begun = time.perf_counter()
    found = CONTENDERS[name](folder)
    found.write_parquet(folder / f"{name}.result.parquet")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": time.perf_counter() - begun, "peak": peak}))


def compared(folder: Path, name: str, truth: pl.DataFrame) -> float:
    """Greatest difference from the independent computation, relative to what stands there."""
    found = pl.read_parquet(folder / f"{name}.result.parquet").with_columns(pl.col("stay").cast(pl.Int64))
    both = truth.join(found, on=["signal", "stay"], suffix="|found")
    assert both.height == truth.height, name
    worst = 0.0
    for key in WANTED:
        a, b = both[key].to_numpy(), both[f"{key}|found"].to_numpy()
        scale = np.maximum(np.abs(a), np.abs(a).max() * 1e-3 if key == "slope" else 1e-12)
        worst = max(worst, float((np.abs(a - b) / scale).max()))
    return worst


def main() -> None:
    """Generate, run each contender in its own process, compare, print, delete."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--gigabytes", type=float, default=10.0)
    asked.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "tundish_beyond_memory")
    asked.add_argument("--only", choices=CONTENDERS, action="append")
    asked.add_argument("--timeout", type=float, default=200.0)
    asked.add_argument("--run", choices=CONTENDERS, help=argparse.SUPPRESS)
    asked.add_argument("--keep", action="store_true")
    given = asked.parse_args()
    if given.run:
        one(given.run, given.folder)
        return
    given.folder.mkdir(parents=True, exist_ok=True)
    try:
        size = generate(given.folder, given.gigabytes)
        truth = independent(given.folder)
        print(f"| {size / 1e9:.2f} GB on disk | s | GB/s | peak RSS MB | greatest difference |\n|---|---:|---:|---:|---:|")
        for name in given.only or CONTENDERS:
            command = [sys.executable, __file__, "--run", name, "--folder", str(given.folder)]
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=given.timeout, check=False)
            except subprocess.TimeoutExpired:
                print(f"| {name} | not done after {given.timeout:.0f} s | | | |", flush=True)
                continue
            if done.returncode:
                said = done.stderr.strip().splitlines()[-1:] or [f"ended by signal {-done.returncode}"]
                print(f"| {name} | failed: {said[0][:120]} | | | |", flush=True)
                continue
            told = json.loads(done.stdout.strip().splitlines()[-1])
            worst = compared(given.folder, name, truth)
            speed = size / 1e9 / told["seconds"]
            print(f"| {name} | {told['seconds']:.1f} | {speed:.2f} | {told['peak'] / 1e6:.0f} | {worst:.1e} |", flush=True)
    finally:
        if not given.keep:
            shutil.rmtree(given.folder)


if __name__ == "__main__":
    main()
