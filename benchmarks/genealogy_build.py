"""How long does building a genealogy of ten million pieces from production records take, and how much memory?

Run: python benchmarks/genealogy_build.py [--pieces 1000000 10000000] [--wrong 300]. Records of four lines (hot rolling,
pickling with strip welded and cut anew, galvanizing, slitting into six) are made in memory as standardised tables, one id in
``--wrong`` mistyped, and handed to ``trace_material`` in a process of its own; the edges found are compared with the true ones.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime

import numpy as np
import polars as pl

from tundish.table import Column, Origin, Table
from tundish.trace.genealogy import balance, trace_material
from tundish.trace.genealogy.graph import Genealogy
from tundish.vocabulary import load_catalogue

STRIPS = 6
BEGIN_US = int(datetime(2015, 1, 1, tzinfo=UTC).timestamp() * 1e6)
MINUTE_US = 60_000_000
CONCEPTS = {
    "out": ("identity.coil", "identity", None),
    "in": ("identity.parent_coil", "identity", None),
    "slab": ("identity.parent_slab", "identity", None),
    "start": ("production.start", "time", None),
    "end": ("production.end", "time", None),
    "mass_in": ("production.input_mass", "number", "kg"),
    "mass": ("production.mass", "number", "kg"),
    "width": ("product.width", "number", "m"),
}


def table(name: str, columns: dict[str, pl.Series]) -> Table:
    """A standardised table of production records."""
    told = []
    for key in columns:
        concept, kind, unit = CONCEPTS[key]
        told.append(Column(key, kind, (Origin(f"{name}.csv", column=key),), concept=concept, unit=unit))
    return Table(name, pl.DataFrame(columns), tuple(told), (Origin(f"{name}.csv"),))


def ids(prefix: str, numbers: np.ndarray) -> pl.Series:
    """Prefix and nine digits."""
    return prefix + pl.Series(numbers).cast(pl.String).str.zfill(9)


def typed(written: pl.Series, wrong: int, dice: np.random.Generator) -> pl.Series:
    """One id in ``wrong`` has another digit somewhere."""
    rows = np.flatnonzero(dice.random(written.len()) < 1.0 / wrong)
    at = dice.integers(3, 11, rows.size)
    slips = [word[:i] + str((int(word[i]) + 3) % 10) + word[i + 1 :] for word, i in zip(written.gather(rows), at, strict=True)]
    return written.clone().scatter(rows, slips)


def times(minutes: np.ndarray) -> pl.Series:
    """Minutes since the plant began."""
    return pl.Series((BEGIN_US + minutes * MINUTE_US).astype(np.int64)).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def plant(pieces: int, wrong: int, seed: int = 1) -> tuple[list[Table], pl.DataFrame]:
    """The tables and the true edges (``p``, ``c``)."""
    dice = np.random.default_rng(seed)
    n = np.arange(max(pieces // (4 + STRIPS), 100))
    at, mass = n * 3.0, np.round(dice.normal(20_000, 2_000, n.size), -1)
    after = np.minimum(n + 1, n.size - 1)
    cut = dice.uniform(0.2, 0.8, n.size)
    pairs, order = np.concatenate([n, n]), np.argsort(np.concatenate([n, n + 0.5]), kind="stable")
    came = np.concatenate([n, after])[order]
    into = pairs[order]
    welded = np.round(cut * mass + (1 - cut[after]) * mass[after], -1)
    strip, lane = np.repeat(n, STRIPS), np.tile(np.arange(1, STRIPS + 1), n.size)
    true = [
        (ids("SL", n), ids("HC", n)),
        (ids("HC", came), ids("PC", into)),
        (ids("PC", n), ids("GC", n)),
        (ids("GC", strip), ids("GC", strip) + pl.Series(lane).cast(pl.String)),
    ]
    slip = [(typed(parent, wrong, dice), child) for parent, child in true]
    made = [
        ("hot", "slab", slip[0], at, mass, mass * 0.97),
        ("pickle", "in", slip[1], at[into] + 2000, mass[came] * 0.97, welded[into] * 0.97),
        ("galvanize", "in", slip[2], at + 5000, welded * 0.97, welded * 0.96),
        ("slit", "in", slip[3], at[strip] + 9000, welded[strip] * 0.96, welded[strip] * 0.155),
    ]
    tables = [
        table(
            name,
            {
                "out": child,
                key: parent,
                "start": times(begin),
                "end": times(begin + 2.5),
                "mass_in": pl.Series(heavy),
                "mass": pl.Series(light),
                "width": pl.Series(np.full(light.size, 0.2 if name == "slit" else 1.2)),
            },
        )
        for name, key, (parent, child), begin, heavy, light in made
    ]
    truth = pl.concat([pl.DataFrame({"p": parent, "c": child}) for parent, child in true])
    return tables, truth.unique()


def judge(found: Genealogy, truth: pl.DataFrame) -> tuple[float, float]:
    """Precision and recall over pairs of ids."""
    names = found.pieces["id"]
    made = pl.DataFrame({"p": names.gather(found.edges["parent"]), "c": names.gather(found.edges["child"])}).unique()
    hits = made.join(truth, on=["p", "c"], how="semi").height
    return hits / max(made.height, 1), hits / truth.height


def measure(pieces: int, wrong: int) -> dict[str, float]:
    """Seconds, peak memory, precision and recall of one build; and the time until the first answer after it."""
    tables, truth = plant(pieces, wrong)
    catalogue = load_catalogue()
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    began = time.perf_counter()
    found = trace_material(tables, catalogue)
    built = time.perf_counter()
    found.up(found.find("GC0000000511")[0])
    asked = time.perf_counter()
    balance(found, "day")
    weighed = time.perf_counter()
    precision, recall = judge(found, truth)
    return {
        "pieces": found.pieces.height,
        "records": sum(one.frame.height for one in tables),
        "edges": found.edges.height,
        "build_s": built - began,
        "first_answer_s": asked - built,
        "balance_s": weighed - asked,
        "tables_gb": base,
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2,
        "precision": precision,
        "recall": recall,
    }


def main() -> None:
    """Measure each size in a process of its own and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pieces", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--wrong", type=int, default=300)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given.pieces[0], given.wrong)))
        return
    for pieces in given.pieces:
        command = [sys.executable, __file__, "--one", "--pieces", str(pieces), "--wrong", str(given.wrong)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(pieces, "failed:", done.stderr[-2000:])
            continue
        told = json.loads(done.stdout.splitlines()[-1])
        if pieces == given.pieces[0]:
            print("| " + " | ".join(told) + " |\n" + "|---" * len(told) + "|")
        print("| " + " | ".join(f"{value:.5g}" for value in told.values()) + " |", flush=True)


if __name__ == "__main__":
    main()
