"""How well are clocks told? Generated chains with known clocks: error in s and ppm, share inside the interval, what stays open.

Run: python benchmarks/clocks.py [--seeds 12] [--first 1] [--out build/clocks.jsonl]
Chains have three to five lines in turn, and log every second or, every other chain, ten times a second.
Each line of the output is one file of one plant; a plant that is already in the file is not run again.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from tundish import flow, works
from tundish.settings import Settings
from tundish.table import Table
from tundish.trace.clocks import Aligned, align
from tundish.trace.clocks.align import by_file
from tundish.trace.mended import mend
from tundish.trace.stamps import NEVER, SECOND, stamp_column, stamps
from tundish.works import chain

Row = dict[str, Any]
_SEEN_S = 4.0
"""A clock that was set by less is as good as not set; what the rows' order leaves is less too."""


def measure(seed: int, folder: Path) -> Iterator[Row]:
    """One row a file with a clock of its own."""
    made = works.make("chain", seed=seed, out=folder / f"p{seed}", lines=3 + seed % 3, sample_s=0.1 if seed % 2 else 1.0)
    truth = chain.load(made.truth_path)
    plant = folder / f"p{seed}"
    gauges = tomllib.loads((plant / "plant.toml").read_text(encoding="utf-8")).get("gauges", {})
    found = flow.standard(plant, Settings(), lambda *_: None)
    mended = mend(found.tables.tables, found.catalogue)
    tables, genealogy = mended.tables, mended.genealogy
    began = time.perf_counter()
    aligned = align(tables, genealogy, found.catalogue, gauges_m=gauges)
    seconds = time.perf_counter() - began
    for clock in truth.clocks:
        yield {"seed": seed, "plant_s": seconds, **judge(clock, tables, aligned, found.catalogue)}


def judge(true: Any, tables: Sequence[Table], aligned: Aligned, catalogue: Any) -> Row:
    """Errors at five moments of the file, and whether the truth at the reference lies inside the interval."""
    told = next((clock for clock in aligned.clocks if clock.file == true.file), None)
    row: Row = {"file": true.file, "decided": told is not None and told.sure}
    if told is None or not told.sure:
        return row | {"reason": "" if told is None else str(told.reason)}
    table = next(one for whole in tables for one in by_file(whole) if one.origins[0].file == true.file)
    column = stamp_column(table, catalogue)
    assert column is not None
    mended = [_moved(r) for r in table.repairs if r.code == "clock_went_back" and r.origin.file == true.file]
    if mended:  # the order of the rows put them right, but for some seconds
        true = replace(true, jumps=tuple(replace(jump, step_s=_left(jump.step_s, mended)) for jump in true.jumps))
    times = stamps(table, column.name)
    moments = np.quantile(times[times != NEVER], [0.0, 0.25, 0.5, 0.75, 1.0]).astype(np.int64)
    errors = [
        float(told.offsets_s(moments[n : n + 1])[0]) - _true(true, int(told.right(moments[n : n + 1])[0])) for n in range(5)
    ]
    here = _true(true, int(told.right(np.array([told.reference]))[0]))
    half, bend = (told.high_s - told.low_s) / 2, (told.drift_high_ppm - told.drift_low_ppm) / 2e6
    widths = [half + bend * abs(int(moments[n]) - told.reference) / SECOND for n in (0, 4)]
    return row | {
        "error_s": told.offset_s - here,
        "worst_s": max(map(abs, errors)),
        "width_s": told.high_s - told.low_s,
        "inside": told.low_s <= here <= told.high_s,
        "ppm_error": told.drift_ppm - true.drift_ppm,
        "ppm_inside": told.drift_low_ppm <= true.drift_ppm <= told.drift_high_ppm,
        "ends_inside": [abs(errors[n]) <= width for n, width in zip((0, 4), widths, strict=True)],
        "jumps": [sum(abs(j.by_s) >= _SEEN_S for j in told.jumps), sum(abs(j.step_s) >= _SEEN_S for j in true.jumps)],
        "mended": bool(mended),
        "reason": str(told.reason),
    }


def _moved(repair: Any) -> float:
    """Seconds by which a repair moved the rows."""
    return (datetime.fromisoformat(repair.after) - datetime.fromisoformat(repair.before)).total_seconds()


def _left(step_s: float, moved: Sequence[float]) -> float:
    """What is left of a jump when the rows were moved."""
    return min((step_s - by for by in moved), key=abs) if step_s > 0 else step_s


def _true(clock: Any, stamp: int) -> float:
    return float(clock.offset_at(datetime.fromtimestamp(stamp / SECOND, UTC)))


def show(rows: Sequence[Row]) -> None:
    """Print the table."""
    decided = [row for row in rows if row["decided"]]
    worst = np.array([row["worst_s"] for row in decided])
    print(f"files {len(rows)}, not decided {len(rows) - len(decided)}")
    print(f"|error| at the reference: median {np.median(np.abs([r['error_s'] for r in decided])):.2f} s")
    high = np.quantile(worst, [0.5, 0.95, 1.0])
    print(f"worst error in the file: median {high[0]:.2f} s, 95th {high[1]:.2f} s, max {high[2]:.2f} s")
    print(f"decided files within 2 s everywhere: {(worst <= 2).mean():.3f}; of all files: {(worst <= 2).sum() / len(rows):.3f}")
    inside, drift = (np.mean([row[name] for row in decided]) for name in ("inside", "ppm_inside"))
    width = np.mean([row["width_s"] for row in decided])
    print(f"truth inside the 95 % interval: offset {inside:.3f}, drift {drift:.3f}; width {width:.2f} s")
    print(f"drift error: median {np.median(np.abs([r['ppm_error'] for r in decided])):.1f} ppm")
    print(f"truth inside at both ends: {np.mean([row['ends_inside'] for row in decided]):.3f}")
    calm = [row for row in decided if not row["jumps"][1] and not row["mended"]]
    set_there = [row for row in decided if row["jumps"][1]]
    print(f"jumps found {sum(r['jumps'][0] == r['jumps'][1] for r in set_there)} of {len(set_there)}; "
          f"made up in {sum(r['jumps'][0] > 0 for r in calm)} of {len(calm)} files without one")  # fmt: skip
    plants = {row["seed"]: row["plant_s"] for row in rows if "plant_s" in row}
    print(f"time of align a plant: median {np.median(list(plants.values())):.1f} s, most {max(plants.values()):.1f} s")
    for row in decided:
        if row["worst_s"] > 2 or not row["inside"]:
            print("beyond 2 s:", row["seed"], row["file"], f"error {row['error_s']:.1f}, worst {row['worst_s']:.1f},",
                  f"interval {row['width_s']:.0f} s wide,", "inside" if row["inside"] else "OUTSIDE")  # fmt: skip
    for row in rows:
        if not row["decided"]:
            print("not decided:", row["seed"], row["file"], row["reason"])


def main() -> None:
    """Run what is missing, then print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("build/clocks.jsonl"))
    asked = parser.parse_args()
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    rows = [json.loads(line) for line in asked.out.read_text().splitlines()] if asked.out.exists() else []
    done = {row["seed"] for row in rows}
    for seed in range(asked.first, asked.first + asked.seeds):
        if seed in done:
            continue
        with tempfile.TemporaryDirectory() as folder:
            fresh = list(measure(seed, Path(folder)))
        with asked.out.open("a") as out:
            out.writelines(json.dumps(row, ensure_ascii=False, default=bool) + "\n" for row in fresh)
        rows += fresh
    show(rows)


if __name__ == "__main__":
    main()
