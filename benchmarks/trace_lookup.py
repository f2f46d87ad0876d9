# ruff: noqa: S608 - the names of tables are our own
"""How soon is one piece's history told in a plant of ten million pieces?

Run: python benchmarks/trace_lookup.py [--pieces 10000000] [--asked 200] [--folder DIR]. A plant of five lines (cast, hot
rolling, pickling with strip welded and cut anew, galvanizing, slitting) is made as frames, kept as ``tundish trace`` keeps it,
opened in a fresh process and asked for random pieces by id: everything up and down with cumulated shares, and the stays of all
of them in order of time. Peers in the same run do the same from the same frames: SQLite with indexes and a recursive query,
DuckDB likewise, pandas with rows grouped by parent and child beforehand.
"""

from __future__ import annotations

import argparse
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tundish.store import traced
from tundish.trace.genealogy.graph import EDGES, PIECES, STAYS, Genealogy
from tundish.trace.history import History, history, in_memory

SLABS, STRIPS = 10, 6
"""Slabs of a heat, strips of a coil."""
BEGIN = datetime(2015, 1, 1, tzinfo=UTC)
LINES = ("cast", "hot", "pickle", "galvanize", "slit")
KEY = "benchmark"


def plant(pieces: int, seed: int = 1) -> Genealogy:
    """A genealogy of about so many pieces: heats, slabs, hot coils, pickled coils of two hot ones each, galvanized, strips."""
    heats = max(2, pieces // (1 + SLABS * (4 + STRIPS)))
    dice = np.random.default_rng(seed)
    count = heats * SLABS
    first = {"heat": 0, "slab": heats}
    for level, before in (("hot", "slab"), ("pickled", "hot"), ("galvanized", "pickled"), ("strip", "galvanized")):
        first[level] = first[before] + count
    number, strips = np.arange(count), np.arange(count * STRIPS)
    cut = dice.uniform(0.2, 0.8, count)
    after = (number + 1) % count
    heat, slab, hot, pickled, galvanized, strip = first.values()
    tied = [
        _edges(heat + number // SLABS, slab + number, "cast", "cast", shares=(1.0, 1 / SLABS)),
        _edges(slab + number, hot + number, "rolled", "hot", shares=(1.0, 1.0)),
        # Hot coils are welded end to end and cut elsewhere: a pickled coil is the end of one and the beginning of the next.
        _edges(hot + number, pickled + number, "welded", "pickle", shares=(cut, cut)),
        _edges(hot + after, pickled + number, "welded", "pickle", shares=(1 - cut, 1 - cut[after])),
        _edges(pickled + number, galvanized + number, "processed", "galvanize", shares=(1.0, 1.0)),
        _edges(galvanized + strips // STRIPS, strip + strips, "slit", "slit", shares=(1.0, 1 / STRIPS)),
    ]
    total = first["strip"] + count * STRIPS
    return Genealogy(_pieces(first, total), _whole(pl.concat(tied).sort("child", "parent"), EDGES), _stays(first, count))


def _edges(parent: Any, child: Any, kind: str, line: str, *, shares: tuple[Any, Any]) -> pl.DataFrame:
    frame = pl.DataFrame({"parent": parent, "child": child})
    both = (
        pl.Series("share_of_child", np.broadcast_to(shares[0], len(child))),
        pl.Series("share_of_parent", np.broadcast_to(shares[1], len(child))),
    )
    said = {"kind": pl.lit(kind, EDGES["kind"]), "line": pl.lit(line), "table": pl.lit(f"MES_{line}")}
    return frame.with_columns(*both, **said, row=pl.int_range(pl.len()) + 2)


def _whole(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    plain = {"probability": pl.lit(1.0), "evidence": pl.lit("record", EDGES["evidence"])}
    missing = [
        plain.get(name, pl.lit(None)).cast(dtype).alias(name) for name, dtype in schema.items() if name not in frame.columns
    ]
    return frame.with_columns(missing).select(list(schema)).cast(schema)


def _pieces(first: dict[str, int], total: int) -> pl.DataFrame:
    ends = [*list(first.values())[1:], total]
    parts = []
    for (level, begin), end, letter in zip(first.items(), ends, "QSHPGT", strict=True):
        ids = pl.format(
            f"{letter}{{}}-{{}}",
            pl.int_range(end - begin) // 100 + 10_000,
            (pl.int_range(end - begin) % 100).cast(pl.String).str.zfill(2),
        )
        parts.append(pl.select(id=ids, level=pl.lit(level), mass_kg=pl.lit(20_000.0)))
    frame = pl.concat(parts).with_columns(even=pl.col("id").str.replace("-", ""), recorded=pl.lit(True), certainty=pl.lit(1.0))
    missing = [pl.lit(None).cast(dtype).alias(name) for name, dtype in PIECES.items() if name not in frame.columns]
    return frame.with_columns(missing).select(list(PIECES)).cast(PIECES)


def _stays(first: dict[str, int], count: int) -> pl.DataFrame:
    """Each piece leaves the line that made it, and each but a strip goes into the next."""
    parts = []
    levels = list(first)
    for place, line in enumerate(LINES):
        before, after = levels[place], levels[place + 1]
        many = count * STRIPS if line == "slit" else count
        gone = count // SLABS if line == "cast" else count
        for level, size, goes in ((before, gone, "in"), (after, many, "out")):
            at = pl.lit(BEGIN).dt.cast_time_unit("us") + pl.duration(
                seconds=(pl.int_range(size) * (count / size) * 300).cast(pl.Int64) + place * 86_400
            )
            part = pl.select(piece=pl.int_range(size) + first[level], line=pl.lit(line), start=at, goes=pl.lit(goes))
            parts.append(
                part.with_columns(end=pl.col("start") + pl.duration(seconds=290), turn=pl.lit(1), table=pl.lit(f"MES_{line}"))
            )
    return _whole(pl.concat(parts).sort("piece", "start"), STAYS)


Ask = Callable[[str], int]
"""The history of the piece with this id; how many edges and stays it has."""


def ours(folder: Path) -> Ask:
    """The kept genealogy, mapped."""
    material = traced.load(folder, KEY)
    assert material is not None

    def ask(piece: str) -> int:
        told: History = history(material, piece)
        return len(told.up) + len(told.down) + len(told.timeline)

    return ask


_REACHED = """
with recursive up(parent, child, depth, share) as (
  select parent, child, 1, share_of_child from edges where child = ?
  union all select e.parent, e.child, u.depth + 1, u.share * e.share_of_child from edges e join up u on e.child = u.parent),
down(parent, child, depth, share) as (
  select parent, child, 1, share_of_parent from edges where parent = ?
  union all select e.parent, e.child, d.depth + 1, d.share * e.share_of_parent from edges e join down d on e.parent = d.child)
"""
_TIES = (
    _REACHED
    + """
select 'up' as way, parent, child, min(depth), sum(share) from up group by parent, child
union all select 'down', parent, child, min(depth), sum(share) from down group by parent, child"""
)
_KIN = (
    _REACHED
    + """
select * from stays where piece in (select parent from up union select child from up union select parent from down
  union select child from down union select cast(? as bigint)) order by start"""
)


def _asked(run: Callable[..., list[Any]]) -> Ask:
    def ask(piece: str) -> int:
        number = run("select number from pieces where even = ?", piece.replace("-", ""))[0][0]
        return len(run(_TIES, number, number)) + len(run(_KIN, number, number, number))

    return ask


def sqlite(folder: Path) -> Ask:
    """SQLite on disk with an index on each column that is asked by."""
    base = sqlite3.connect(folder / "plant.sqlite")
    return _asked(lambda text, *values: base.execute(text, values).fetchall())


def duckdb(folder: Path) -> Ask:
    """DuckDB on disk, with the same indexes."""
    import duckdb as duck

    base = duck.connect(str(folder / "plant.duckdb"))
    return _asked(lambda text, *values: base.execute(text, values).fetchall())


def pandas(folder: Path) -> Ask:
    """pandas in memory: rows of each parent, child and piece in a dictionary, walked in Python."""
    edges, stays = pl.read_parquet(folder / "edges.parquet").to_pandas(), pl.read_parquet(folder / "stays.parquet").to_pandas()
    ids = pl.read_parquet(folder / "pieces.parquet", columns=["even"]).to_pandas()
    numbers = dict(zip(ids["even"], ids.index, strict=True))
    by_child, by_parent, by_piece = (
        frame.groupby(name).indices for frame, name in ((edges, "child"), (edges, "parent"), (stays, "piece"))
    )

    def walk(number: int, rows_of: dict[int, Any], far: str, share: str) -> dict[int, float]:
        reached: dict[int, float] = {}
        frontier = {number: 1.0}
        while frontier:
            after: dict[int, float] = {}
            for piece, weight in frontier.items():
                rows = edges.iloc[rows_of.get(piece, [])]
                for row, other, part in zip(rows.index, rows[far], rows[share], strict=True):
                    reached[row] = reached.get(row, 0.0) + weight * part
                    after[other] = after.get(other, 0.0) + weight * part
            frontier = after
        return reached

    def ask(piece: str) -> int:
        number = numbers[piece.replace("-", "")]
        up, down = walk(number, by_child, "parent", "share_of_child"), walk(number, by_parent, "child", "share_of_parent")
        tied = edges.iloc[[*up, *down]]
        kin = {number, *tied["parent"], *tied["child"]}
        rows = stays.iloc[np.concatenate([by_piece.get(one, []) for one in kin]).astype(int)].sort_values("start")
        return len(tied) + len(rows.to_dict("records"))

    return ask


PEERS: dict[str, Callable[[Path], Ask]] = {"tundish": ours, "sqlite": sqlite, "duckdb": duckdb, "pandas": pandas}


def build(genealogy: Genealogy, folder: Path) -> dict[str, float]:
    """What each needs to be asked, on disk; seconds of making it."""
    took = {}
    begun = time.perf_counter()
    material = in_memory(genealogy)
    traced.keep(material, folder, KEY)
    assert traced.load(folder, KEY) is not None
    took["tundish"] = time.perf_counter() - begun
    begun = time.perf_counter()
    for name in ("pieces", "edges", "stays"):
        frame: pl.DataFrame = getattr(genealogy, name)
        times = [pl.col(column).dt.replace_time_zone(None) for column, dtype in frame.schema.items() if dtype == pl.Datetime]
        frame.with_columns(times).with_columns(pl.col(pl.Enum, pl.Categorical).cast(pl.String)).write_parquet(
            folder / f"{name}.parquet"
        )
    took["pandas"] = time.perf_counter() - begun
    begun = time.perf_counter()
    _load_duckdb(folder)
    took["duckdb"] = time.perf_counter() - begun
    begun = time.perf_counter()
    _load_sqlite(genealogy, folder)
    took["sqlite"] = time.perf_counter() - begun
    return took


_INDEXES = {"pieces": ("even",), "edges": ("parent", "child"), "stays": ("piece",)}


def _load_duckdb(folder: Path) -> None:
    import duckdb as duck

    with duck.connect(str(folder / "plant.duckdb")) as base:
        base.execute(f"create table pieces as select row_number() over () - 1 as number, * from '{folder}/pieces.parquet'")
        for name in ("edges", "stays"):
            base.execute(f"create table {name} as select * from '{folder}/{name}.parquet'")
        for name, columns in _INDEXES.items():
            for column in columns:
                base.execute(f"create index {name}_{column} on {name}({column})")


def _load_sqlite(genealogy: Genealogy, folder: Path) -> None:
    with sqlite3.connect(folder / "plant.sqlite") as base:
        base.execute("pragma journal_mode = off")
        base.execute("pragma synchronous = off")
        for name in ("pieces", "edges", "stays"):
            frame: pl.DataFrame = getattr(genealogy, name)
            plain = frame.with_columns(pl.col(pl.Datetime).to_physical()).with_columns(pl.col(pl.Enum).cast(pl.String))
            plain = plain.with_row_index("number") if name == "pieces" else plain
            columns = ", ".join(f'"{column}"' for column in plain.columns)
            base.execute(f"create table {name} ({columns})")
            marks = ", ".join("?" * plain.width)
            for part in plain.iter_slices(200_000):
                base.executemany(f"insert into {name} values ({marks})", part.iter_rows())
            for column in _INDEXES[name]:
                base.execute(f"create index {name}_{column} on {name}({column})")


def measure(name: str, folder: Path, ids: list[str]) -> dict[str, float]:
    """In this process: opening, memory, the first answer, the others (data come from the disk), and all once more, warm."""
    before = _resident()
    begun = time.perf_counter()
    ask = PEERS[name](folder)
    opened = time.perf_counter() - begun
    first, rows = _timed(ask, ids[:1])
    fresh, more = _timed(ask, ids[1:])
    memory = (_resident() - before) / 2**20
    warm, _ = _timed(ask, ids)
    measured = {"open_ms": 1000 * opened, "memory_mb": memory, "first_ms": first[0], "rows": rows + more}
    for word, took in (("fresh", fresh), ("warm", warm)):
        measured |= {f"{word}_ms": float(np.median(took)), f"{word}_p99_ms": float(np.quantile(took, 0.99))}
    return measured


def _timed(ask: Ask, ids: list[str]) -> tuple[list[float], int]:
    """Milliseconds of each answer, and the rows told in all."""
    took, told = [], 0
    for piece in ids:
        begun = time.perf_counter()
        told += ask(piece)
        took.append(1000 * (time.perf_counter() - begun))
    return took, told


def _resident() -> int:
    """Bytes of this process in memory that are its own; mapped files belong to the system, which may take them back."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":" in line)
    return 1024 * int(status["RssAnon"].split()[0])


def main() -> None:
    """Make, ask, print."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--pieces", type=int, default=10_000_000)
    words.add_argument("--asked", type=int, default=200)
    words.add_argument("--folder", type=Path)
    words.add_argument("--child", choices=PEERS)
    said = words.parse_args()
    if said.child:
        ids = json.loads((said.folder / "asked.json").read_text())
        sys.stdout.write(json.dumps(measure(said.child, said.folder, ids)))
        return
    with tempfile.TemporaryDirectory() as room:
        folder = said.folder or Path(room)
        folder.mkdir(parents=True, exist_ok=True)
        begun = time.perf_counter()
        genealogy = plant(said.pieces)
        print(f"made {genealogy.pieces.height:,} pieces, {genealogy.edges.height:,} edges, {genealogy.stays.height:,} stays "
              f"in {time.perf_counter() - begun:.0f} s")  # fmt: skip
        ids = _random_ids(genealogy, said.asked)
        (folder / "asked.json").write_text(json.dumps(ids))
        took = build(genealogy, folder)
        del genealogy
        print(f"memory while making: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GB")
        print("| | made in s | open ms | own memory MB | first ms | fresh median ms | p99 | warm median ms | p99 | rows told |")
        print("|---" * 10 + "|")
        for name in PEERS:
            command = [sys.executable, __file__, "--child", name, "--folder", str(folder)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            m = json.loads(done.stdout)
            print(f"| {name} | {took[name]:.0f} | {m['open_ms']:,.0f} | {m['memory_mb']:,.0f} | {m['first_ms']:,.1f} "
                  f"| {m['fresh_ms']:.1f} | {m['fresh_p99_ms']:.1f} | {m['warm_ms']:.1f} | {m['warm_p99_ms']:.1f} "
                  f"| {m['rows']:,} |", flush=True)  # fmt: skip


def _random_ids(genealogy: Genealogy, count: int) -> list[str]:
    """Two thirds final strips, one third hot coils, which have a way up and one down."""
    dice = np.random.default_rng(7)
    levels = genealogy.pieces["level"]
    ids: list[str] = []
    for level, part in (("strip", count * 2 // 3), ("hot", count - count * 2 // 3)):
        numbers = np.flatnonzero((levels == level).to_numpy())
        ids += genealogy.pieces["id"][dice.choice(numbers, part, replace=False)].to_list()
    return [ids[i] for i in dice.permutation(len(ids))]


if __name__ == "__main__":
    main()
