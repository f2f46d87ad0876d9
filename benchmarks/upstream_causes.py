"""Does the main job find a cause planted on an earlier line of a generated chain? Answers compared with the truth; resumable.

Run: python benchmarks/upstream_causes.py [--seeds 10] [--first 0] [--by coil metres] [--out build/upstream_causes.jsonl]
Each line of the output is one plant. A plant that is already in the file is not run again; delete the file after a change.

Planted: a signal of an earlier line is moved up and down, for whole pieces of that line (``coil``) or for thirds of their
length in any order with the mean of the whole left alone (``metres``); final pieces made of high metres fail more often.
Beside it stand decoys: a signal of the same line that follows the moved one loosely, and inspectors of whom one is strict.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish import works
from tundish.works import chain
from tundish.works.chain import ChainTruth, TrueLine

Row = dict[str, Any]
Floats = npt.NDArray[np.float64]
DECOY = "보조계기(V)"
MOVED = ("온도", "판온", "fdt", "ct(", "ct.", "temp", "장력", "tens", "하중", "force")
"""Words of signals that may be planted on, the likeliest first; never a speed."""
LEAST = 0.4
"""Spread of the shift over final pieces, in standard deviations of what was planted, below which metres tell nothing."""
NEVER_MOVED = ("속도", "spd", "speed", "용접", "weld", "검출", "on")
FORMS = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y%m%d%H%M%S")


def lines_of(seed: int) -> int:
    """Lines of the chain behind a seed: three to five."""
    return 3 + seed % 3


def planted_line(truth: ChainTruth) -> TrueLine:
    """The earliest line with a trend whose signals tell of strip; never the last one."""
    last = max(i for i, line in enumerate(truth.lines) if line.kind != "pack")
    return next(line for line in truth.lines[:last] if line.kind != "cast" and line.trend is not None)


def signal_of(line: TrueLine) -> str:
    """Header of the signal to be moved."""
    headers = [spot.split(":", 1)[1] for spot in line.gauges]
    usable = [
        h for h in headers if not any(word in h.casefold() for word in ("속도", "spd", "speed", "용접", "weld", "검출", "on"))
    ]
    ranked = (h for word in MOVED for h in usable if word in h.casefold())
    return next(ranked, (usable or headers)[0])


def seconds(frame: pl.DataFrame, name: str) -> Floats:
    """A time column in seconds since 1970."""
    return np.asarray(frame[name].dt.epoch("us").to_numpy() / 1e6)


def felt_by(truth: ChainTruth, knots: pl.DataFrame, stays: tuple[Floats, Floats, Floats]) -> tuple[pl.Series, Floats]:
    """Final pieces and the mean shift over their metres."""
    felt = knots.with_columns(pl.Series("x", shift_at(seconds(knots, "time"), *stays)))
    own = felt.group_by("piece", maintain_order=True).agg(pl.col("x").mean()).sort("piece")
    return own.join(truth.frames["pieces"].select("piece", "id"), on="piece", how="left")["id"], own["x"].to_numpy()


def pattern(starts: Floats, by: str, rng: np.random.Generator) -> Floats:
    """Shift, in standard deviations, of each third of each stay."""
    if by == "coil":
        return np.repeat(rng.normal(0.0, 1.0, (starts.size, 1)), 3, axis=1)
    return np.array([rng.permutation([-1.2, 0.0, 1.2]) for _ in starts]).reshape(-1, 3)


def shift_at(when: Floats, starts: Floats, ends: Floats, shifts: Floats) -> Floats:
    """Shift at these true times at the line's reference point; 0 between the stays."""
    stay = np.clip(np.searchsorted(starts, when, "right") - 1, 0, starts.size - 1)
    part = (when - starts[stay]) / np.maximum(ends[stay] - starts[stay], 1e-9)
    third = np.clip((part * 3).astype(int), 0, 2)
    return np.where((when >= starts[stay]) & (part <= 1.0), shifts[stay, third], 0.0)


def plant(folder: Path, truth: ChainTruth, by: str, seed: int) -> Row:
    """Move a signal, write the inspection; what was done."""
    rng = np.random.default_rng([seed, 77])
    line = planted_line(truth)
    stays = truth.frames["stays"].filter((pl.col("line") == line.name) & (pl.col("strip_m") > 0)).sort("start")
    starts, ends = seconds(stays, "start"), seconds(stays, "end")
    ends = np.minimum(ends, np.append(starts[1:], np.inf))
    knots = truth.frames["knots"].filter(pl.col("line") == line.name)
    shifts = pattern(starts, by, rng)
    ids, x = felt_by(truth, knots, (starts, ends, shifts))
    if by == "metres" and x.std() < LEAST:  # final pieces as long as the whole: their metres are the whole's
        by, shifts = "coil", pattern(starts, "coil", rng)
        ids, x = felt_by(truth, knots, (starts, ends, shifts))
    header = _move(folder, truth, line, (starts, ends, shifts), rng)
    crew = np.array(["갑", "을", "병"])[np.arange(x.size) // 40 % 3]
    odds = 2.2 * x / x.std() - 1.2 + np.where(crew == "을", 0.6, 0.0)
    bad = rng.random(x.size) < 1.0 / (1.0 + np.exp(-odds))
    table = {"제품번호": ids, "검사조": crew, "표면판정": np.where(bad, "불합격", "합격")}
    (folder / "표면검사.csv").write_bytes(pl.DataFrame(table).write_csv().encode("cp949"))
    settings = (
        folder / "plant.toml"
    )  # what may be turned is for the plant to say, where the vocabulary does not know the signal
    said = f'\n[turnable]\n"{header}" = true\n"{DECOY}" = true\n'
    settings.write_text(settings.read_text(encoding="utf-8") + said, encoding="utf-8")
    return {
        "line": line.kind,
        "signal": header,
        "pieces": int(x.size),
        "bad": float(bad.mean()),
        "steps": len(truth.lines),
        "by": by,
    }


def _move(
    folder: Path, truth: ChainTruth, line: TrueLine, stays: tuple[Floats, Floats, Floats], rng: np.random.Generator
) -> str:
    """Rewrite the trend of a line with its signal moved and the decoy beside it; the signal's header."""
    path, header = folder / str(line.trend), signal_of(line)
    raw = path.read_bytes()
    code = "utf-8-sig" if raw.startswith(b"\xef\xbb\xbf") else next(c for c in ("utf-8", "cp949") if _reads(raw, c))
    rows = list(csv.reader(io.StringIO(raw.decode(code))))
    place, first = rows[0].index(header), 2 if not rows[1][0] else 1
    clock = next(one for one in truth.clocks if one.file == line.trend)
    own = pl.Series([row[0] for row in rows[first:]])
    times = next(found for form in FORMS if (found := _times(own, form)) is not None) + clock.offset_s
    values = np.array([float(row[place] or "nan") for row in rows[first:]])
    speed = np.array([float(row[1] or "nan") for row in rows[first:]])
    running = speed > 0.2 * np.nanmax(speed)
    metres_a_second = np.nanmedian(speed[running]) / (60.0 if np.nanmax(speed) > 40.0 else 1.0)
    delay = line.gauges[f"{line.trend}:{header}"] / max(metres_a_second, 0.1)
    felt = np.where(values > 0.5 * np.nanquantile(values, 0.95), shift_at(times - delay, *stays), 0.0)
    usual = values[values > 0.5 * np.nanquantile(values, 0.95)]
    size = max(1.5 * float(np.nanstd(np.diff(usual)) / np.sqrt(2.0)), 0.012 * float(np.nanmedian(np.abs(usual))))
    loose = 50.0 + 2.0 * felt + np.repeat(rng.normal(0.0, 2.0, values.size // 60 + 1), 60)[: values.size]
    digits = max((len(row[place].partition(".")[2]) for row in rows[first : first + 50]), default=1)
    for row, value, move, decoy in zip(rows[first:], values, felt, loose, strict=True):
        if np.isfinite(value):
            row[place] = f"{value + size * move:.{digits}f}"
        row.append(f"{decoy:.2f}")
    rows[0].append(DECOY)
    for row in rows[1:first]:
        row.append("")
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    path.write_bytes(text.getvalue().encode(code))
    return header


def _reads(raw: bytes, code: str) -> bool:
    try:
        raw.decode(code)
    except UnicodeDecodeError:
        return False
    return True


def _times(texts: pl.Series, form: str) -> Floats | None:
    found = texts.str.to_datetime(form, time_unit="us", strict=False)
    if found.null_count():
        found = texts.str.to_datetime(form + "%.f", time_unit="us", strict=False)
    if found.null_count():
        return None
    return np.asarray(found.dt.replace_time_zone("Asia/Seoul").dt.epoch("us").to_numpy() / 1e6)


def run(folder: Path, out: Path) -> tuple[float, float]:
    """The main job as a user starts it: seconds and peak MB."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "tundish", "run", str(folder), "--out", str(out), "--lang", "en"]
    process = subprocess.Popen([*command, "--target", "표면검사.csv:표면판정"], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{folder}: exit status {status}")
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def judge(answer: Row, planted: Row) -> Row:
    """Which claim is the planted cause, which are false, and whether the window keeps to the good side."""
    claimed = [cause["columns"][0] for cause in answer["causes"]]
    hits = [planted["signal"] in cause["columns"] for cause in answer["causes"]]
    rule = [line for line in answer["window"] or [] if line["column"] == planted["signal"]]
    return {
        "claimed": claimed,
        "found": any(hits),
        "first": bool(hits) and hits[0],
        "false": [name for name, hit in zip(claimed, hits, strict=True) if not hit],
        "direction": next((cause["direction"] for cause, hit in zip(answer["causes"], hits, strict=True) if hit), None),
        "window": "none" if not rule else "right" if rule[0]["high"] is not None and rule[0]["low"] is None else "wrong",
    }


def one(seed: int, by: str) -> Row:
    """One plant: made, planted on, answered, judged."""
    with tempfile.TemporaryDirectory() as place:
        made = works.make("chain", seed=seed, out=Path(place) / "plant", lines=lines_of(seed), coils=400, sample_s=1.0)
        planted = plant(made.folder, chain.load(made.truth_path), by, seed)
        seconds_taken, megabytes = run(made.folder, Path(place) / "answer")
        answer = json.loads((Path(place) / "answer" / "answer.json").read_text(encoding="utf-8"))
    row = {"seed": seed, "asked": by, **planted, **judge(answer, planted)}
    return row | {"seconds": round(seconds_taken, 1), "megabytes": round(megabytes)}


def main() -> None:
    """Run what is not yet in the file, then print the counts."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--seeds", type=int, default=10)
    options.add_argument("--first", type=int, default=0)
    options.add_argument("--by", nargs="+", default=["coil", "metres"], choices=["coil", "metres"])
    options.add_argument("--out", type=Path, default=Path("build/upstream_causes.jsonl"))
    said = options.parse_args()
    said.out.parent.mkdir(parents=True, exist_ok=True)
    done = {(row["seed"], row["asked"]) for row in _rows(said.out)}
    for number, seed in enumerate(range(said.first, said.first + said.seeds)):
        by = said.by[number % len(said.by)]
        if (seed, by) not in done:
            row = one(seed, by)
            print(json.dumps(row, ensure_ascii=False), flush=True)
            with said.out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    summary(_rows(said.out))


def _rows(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def summary(rows: list[Row]) -> None:
    """The counts over all plants in the file."""
    found, first = (sum(row[key] for row in rows) for key in ("found", "first"))
    print(f"{len(rows)} plants; planted cause found: {found}, and first: {first}")
    print(f"plants with a false claim: {sum(bool(row['false']) for row in rows)}; claims that are false: "
          f"{sum(len(row['false']) for row in rows)}")  # fmt: skip
    windows = [row["window"] for row in rows]
    print(f"window right: {windows.count('right')}, wrong: {windows.count('wrong')}, none: {windows.count('none')}")


if __name__ == "__main__":
    main()
