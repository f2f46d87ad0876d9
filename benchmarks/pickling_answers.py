"""Does the main job find what is true of generated pickling plants? Exports in, answer.json compared with the truth; resumable.

Run: python benchmarks/pickling_answers.py [--seeds 10] [--first 0] [--out build/pickling_answers.jsonl]
Each line of the output is one plant. A plant that is already in the file is not run again; delete the file after a change.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tundish import works
from tundish.works.pickling import try_window

Answer = dict[str, Any]


def run(plant: Path, out: Path, *, target: str | None = None) -> tuple[float, float]:
    """The main job as a user starts it: seconds and peak MB."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "tundish", "run", str(plant), "--out", str(out), "--lang", "en"]
    command += ["--target", target] if target else []
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{plant}: exit status {status}")
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def judge(answer: Answer, truth: works.Truth) -> dict[str, Any]:
    """Hits, false claims, decoys, and the promise kept on later lots of the same plant."""
    of_column = {place.column: setting.name for setting in truth.causes for place in setting.columns}
    claimed = [next((of_column[c] for c in cause["columns"] if c in of_column), None) for cause in answer["causes"]]
    before_false = claimed[: claimed.index(None)] if None in claimed else claimed
    decoys = {place.column for remark in truth.decoys for place in remark.columns}
    names = {cause.name for cause in truth.causes}
    row: dict[str, Any] = {
        "seed": truth.seed,
        "true": sorted(names),
        "claimed": [hit or cause["columns"][0] for hit, cause in zip(claimed, answer["causes"], strict=True)],
        "all_true_first": set(before_false) == names,
        "recall": len(set(filter(None, claimed)) & names) / len(names),
        "false": [cause["columns"][0] for hit, cause in zip(claimed, answer["causes"], strict=True) if hit is None],
        "decoys": [
            c
            for cause in answer["causes"]
            for c in cause["columns"]
            if c in decoys and not set(cause["columns"]) & set(of_column)
        ],
        "clock_error_s": min((abs(clock["offset_s"] - truth.clock_offset_s) for clock in answer["clocks"]), default=None),
        "score": answer["evidence"]["result"],
        "today": answer["evidence"]["baseline"]["today"],
    }
    return row | promise(answer, truth)


def promise(answer: Answer, truth: works.Truth) -> dict[str, Any]:
    """What the window promised, and what lots ten weeks later truly gain when their settings are kept inside."""
    said = answer["window_promise"]
    if said is None:
        return {"window": None}
    limits = {
        line["column"]: (
            line["low"] if line["low"] is not None else float("-inf"),
            line["high"] if line["high"] is not None else float("inf"),
        )
        for line in answer["window"]
    }
    later = try_window(truth, limits)
    promised = (said["today"] - said["promised"]) / 100
    return {
        "window": {line["column"]: [line["low"], line["high"]] for line in answer["window"]},
        "promised": round(promised, 4),
        "gain_inside": round(later.today - later.inside, 4),
        "gain_steered": round(later.today - later.steered, 4),
        "kept": round((later.today - later.inside) / promised, 3) if promised > 0 else None,
        "possible": round(truth.window.today - truth.window.inside, 4),
    }


def main() -> None:
    """Run what is not yet in the file, then print the shares that the issue asks for."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seeds", type=int, default=10)
    options.add_argument("--first", type=int, default=0)
    options.add_argument("--out", type=Path, default=Path("build/pickling_answers.jsonl"))
    said = options.parse_args()
    said.out.parent.mkdir(parents=True, exist_ok=True)
    done = {json.loads(line)["seed"] for line in said.out.read_text().splitlines()} if said.out.exists() else set()
    for seed in range(said.first, said.first + said.seeds):
        if seed not in done:
            row = one(seed)
            print(json.dumps(row, ensure_ascii=False), flush=True)
            with said.out.open("a") as file:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    summary([json.loads(line) for line in said.out.read_text().splitlines()])


def one(seed: int) -> dict[str, Any]:
    """One plant: made, answered, judged."""
    with tempfile.TemporaryDirectory() as folder:
        made = works.make("pickling", seed=seed, out=Path(folder) / "plant")
        seconds, megabytes = run(made.folder, Path(folder) / "answer")
        answer = json.loads((Path(folder) / "answer" / "answer.json").read_text(encoding="utf-8"))
        return judge(answer, works.load(made.truth_path)) | {"seconds": round(seconds, 1), "megabytes": round(megabytes)}


def summary(rows: list[dict[str, Any]]) -> None:
    """The shares over all plants in the file."""
    windows = [row for row in rows if row["window"]]
    kept = sum((row["kept"] or 0) >= 0.9 for row in windows)
    print(f"{len(rows)} plants")
    print(f"all true causes before any false one: {sum(row['all_true_first'] for row in rows)}")
    print(f"no decoy among the claimed causes: {sum(not row['decoys'] for row in rows)}")
    print(f"no false claim at all: {sum(not row['false'] for row in rows)}")
    print(f"window found: {len(windows)}; holds 90 % of its promise: {kept}")


if __name__ == "__main__":
    main()
