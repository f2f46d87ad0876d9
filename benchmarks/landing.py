"""How fast does the landing put values on disk for good, and what does it lose when it is killed?

Run: python benchmarks/landing.py [--values 3000000] [--rounds 30]. Each append returns after the data were flushed to the disk
(fsync); the peers in the same run do so too. The kill rounds end a landing process with kill -9 at a random moment.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from tundish.intake import RawTable, SourceFile
from tundish.intake.folder import JOURNAL
from tundish.intake.live import SIGNALS, Batch
from tundish.standardise.forms.long import unfold
from tundish.store import LANDED, Landing

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
TAGS = 500
CHILD = Path(__file__).parents[1] / "tests" / "store" / "landing_child.py"
CHILD_ROWS = 40


def frames(size: int, count: int) -> Iterator[pl.DataFrame]:
    """Batches of 500 tags scanned together, one scan after the other: drifting temperatures with two decimals."""
    dice = random.Random(1)
    for number in range(count):
        rows = [
            (
                BEGIN + timedelta(milliseconds=50 * ((number * size + i) // TAGS)),
                f"line1.tank{i % TAGS}.temp",
                dice.gauss(80, 1),
            )
            for i in range(size)
        ]
        frame = pl.DataFrame(rows, ["time", "tag", "value"], orient="row").with_columns(pl.col("value").round(2))
        yield frame.with_columns(pl.lit(None, pl.String).alias("text"), pl.lit("good").alias("quality")).cast(SIGNALS)


Speed = tuple[float, float, float]
"""Values a second; the middle and the longest append in ms."""


def timed(
    append: Callable[[int, pl.DataFrame], object], batches: list[pl.DataFrame], values: int
) -> tuple[float, float, float]:
    """Values a second, and the middle and the longest append in ms; the batches are given again and again, moved in time."""
    took, done, number = [], 0, 0
    while done < values:
        turn, place = divmod(number, len(batches))
        frame = batches[place].with_columns(pl.col("time") + pl.duration(days=turn))
        began = time.perf_counter()
        append(number, frame)
        took.append(time.perf_counter() - began)
        done, number = done + frame.height, number + 1
    return done / sum(took), sorted(took)[len(took) // 2] * 1e3, max(took) * 1e3


def landing(folder: Path, batches: list[pl.DataFrame], values: int) -> Speed:
    """Ours."""
    with Landing(folder, "plc") as landing:
        return timed(lambda number, frame: landing.append(Batch(f"{number}", frame, cursor=f"{number}")), batches, values)


def sqlite_rows(folder: Path, batches: list[pl.DataFrame], values: int) -> Speed:
    """A row a value in SQLite, a transaction a batch."""
    database = sqlite3.connect(folder / "rows.db", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE v (time INTEGER, tag TEXT, value REAL, text TEXT, quality TEXT)")

    def append(number: int, frame: pl.DataFrame) -> None:
        database.execute("BEGIN")
        database.executemany("INSERT INTO v VALUES (?, ?, ?, ?, ?)", frame.with_columns(pl.col("time").to_physical()).rows())
        database.execute("COMMIT")

    found = timed(append, batches, values)
    database.close()
    return found


def csv_lines(folder: Path, batches: list[pl.DataFrame], values: int) -> Speed:
    """Lines put to the end of a CSV file, flushed a batch: no keys, no cursor, half a line after a kill."""
    with (folder / "log.csv").open("ab") as file:

        def append(number: int, frame: pl.DataFrame) -> None:
            frame.write_csv(file, include_header=False)
            file.flush()
            os.fsync(file.fileno())

        return timed(append, batches, values)


def size_of(folder: Path) -> int:
    """Bytes in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def throughput(values: int) -> None:
    """The table of speeds."""
    print(f"{'':22}{'batch':>8}{'values/s':>12}{'middle ms':>11}{'longest ms':>12}{'bytes/value':>13}")
    for size in (1_000, 10_000, 50_000):
        batches = list(frames(size, max(1, min(40, 400_000 // size))))
        for name, peer, count in (
            ("landing", landing, values),
            ("sqlite, row a value", sqlite_rows, min(values, 300_000)),
            ("csv, fsync a batch", csv_lines, min(values, 300_000)),
        ):
            with tempfile.TemporaryDirectory() as place:
                rate, middle, longest = peer(Path(place), batches, count)
                print(f"{name:22}{size:8,}{rate:12,.0f}{middle:11.1f}{longest:12.1f}{size_of(Path(place)) / count:13.1f}")


def steady(seconds: int = 20) -> None:
    """10,000 values a second, a batch a second, as a source would give them: how much of a core does it take?"""
    batches = list(frames(10_000, 10))
    with tempfile.TemporaryDirectory() as place, Landing(Path(place), "plc") as landing:
        before = resource.getrusage(resource.RUSAGE_SELF)
        for second in range(seconds):
            began = time.perf_counter()
            landing.append(Batch(f"{second}", batches[second % 10].with_columns(pl.col("time") + pl.duration(days=second))))
            time.sleep(max(0.0, 1 - (time.perf_counter() - began)))
        after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(
        f"10,000 values/s for {seconds} s: {100 * cpu / seconds:.1f} % of one core, most memory {after.ru_maxrss / 1024:.0f} MB"
    )


def kills(rounds: int) -> None:
    """Landing processes ended by kill -9 at random moments, on one folder after the other."""
    dice = random.Random(9)
    acknowledged: set[int] = set()
    longest = 0.0
    with tempfile.TemporaryDirectory() as place:
        plant = Path(place)
        for number in range(rounds):
            words = [sys.executable, CHILD, place, f"{(200, 2_000, 20_000)[number % 3]}"]
            child = subprocess.Popen(words, stdout=subprocess.PIPE)
            first = child.stdout.readline() if child.stdout is not None else b""
            if not first:
                raise SystemExit("the landing process did not start")
            time.sleep(dice.random() * 0.5)
            child.send_signal(signal.SIGKILL)
            said, _ = child.communicate()
            acknowledged |= {int(line) for line in (first, *said.splitlines())}
            began = time.perf_counter()
            Landing(plant, "plc").close()
            longest = max(longest, time.perf_counter() - began)
        values = [int(value) for value in read(plant)["value"].to_list()]
    wanted = {number * CHILD_ROWS + i for number in acknowledged for i in range(CHILD_ROWS)}
    lost, doubled, more = len(wanted - set(values)), len(values) - len(set(values)), len(set(values) - wanted)
    print(f"kill -9, {rounds} rounds: {len(wanted):,} values acknowledged, {lost} lost, {doubled} doubled,")
    print(f"    {more:,} landed whose acknowledgement was on its way; longest recovery {longest * 1e3:.0f} ms")


def read(plant: Path) -> pl.DataFrame:
    """All signals that landed."""
    return raw(plant).frame


def raw(plant: Path) -> RawTable:
    """The raw table of the signals."""
    name = f"landing/plc/{JOURNAL}"
    found = LANDED.read(SourceFile(name, plant / name))
    return next(part for part in found if isinstance(part, RawTable))


def reading(values: int) -> None:
    """From the folder to tables of one column a tag."""
    with tempfile.TemporaryDirectory() as place:
        landing(Path(place), list(frames(10_000, 40)), values)
        began = time.perf_counter()
        table = raw(Path(place))
        mid = time.perf_counter()
        tables = unfold([table])
        end = time.perf_counter()
        files = len(list((Path(place) / "landing" / "plc").glob("*.parquet")))
    shape = ", ".join(f"{one.frame.height:,} x {one.frame.width - 1}" for one in tables[:3])
    print(f"read {table.frame.height:,} values from {files} files in {mid - began:.2f} s, unfold in {end - mid:.2f} s: {shape}")


def main() -> None:
    """All of it."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--values", type=int, default=3_000_000)
    words.add_argument("--rounds", type=int, default=30)
    asked = words.parse_args()
    throughput(asked.values)
    steady()
    reading(asked.values)
    kills(asked.rounds)


if __name__ == "__main__":
    main()
