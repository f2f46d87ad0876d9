"""How often are all true causes found, and how often is a false one claimed? Generated plants with known truth, many seeds.

    python benchmarks/causes_grid.py [SCENES] [--seeds 20] [--out FILE]

Appends one line of JSON a plant to FILE and skips what is already there, so that it can be stopped and taken up again.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "learn"))
import plants

SCENES: dict[str, Callable[[int], plants.Plant]] = {
    "pickling": plants.pickling,
    "pickling_rare": lambda seed: plants.pickling(seed, n=2000, rate=0.05),
    "pickling_small": lambda seed: plants.pickling(seed, n=700, rate=0.2),
    "defects": plants.plant,
    "defects_many": lambda seed: plants.plant(seed, n=3000, tags=25, lot_columns=40, rate=0.08),
    "defects_small": lambda seed: plants.plant(seed, n=600, causes=3, rate=0.15, noise=0.6),
    "values": lambda seed: plants.plant(seed, n=800, binary=False),
    "values_small": lambda seed: plants.plant(seed, n=300, causes=3, binary=False, noise=0.7),
    "none": lambda seed: plants.plant(seed, null=True, n=1000),
    "none_values": lambda seed: plants.plant(seed, null=True, n=600, binary=False),
}


def judge(plant: plants.Plant, seed: int) -> dict[str, object]:
    """Learn one plant's causes and compare them with the truth."""
    from threadpoolctl import threadpool_limits

    from tundish.learn.causes import find_causes
    from tundish.learn.refuse import refuse
    from tundish.vocabulary import load_catalogue

    pieces, question = plant.pieces, plant.question
    outcome = question.outcome(pieces)
    begin = time.process_time()
    with threadpool_limits(limits=1):
        refused = {refusal.column.name for refusal in refuse(pieces, outcome, binary=question.binary)}
        inputs = [c for c in pieces.table.columns if c.name not in refused and c.name != pieces.target]
        found = find_causes(pieces, inputs, outcome, load_catalogue(), binary=question.binary, seed=seed)
    named = [{h for column in (cause.column, *cause.also) for h in column.headers} for cause in found.causes]
    right = [any(names & truth for truth in plant.truth) for names in named]
    missed = [min(truth) for truth in plant.truth if not any(names & truth for names in named)]
    suspects = [cause.column.headers[0] for cause in found.suspects]
    return {
        "truth": len(plant.truth),
        "found": len(plant.truth) - len(missed),
        "false": [
            [cause.column.headers[0], round(cause.confidence, 3), round(cause.share, 3)]
            for cause, ok in zip(found.causes, right, strict=True)
            if not ok
        ],
        "right": [
            [cause.column.headers[0], round(cause.confidence, 3), round(cause.share, 3)]
            for cause, ok in zip(found.causes, right, strict=True)
            if ok
        ],
        "held_back": [
            [
                cause.column.headers[0],
                round(cause.confidence, 3),
                round(cause.share, 3),
                any({h for column in (cause.column, *cause.also) for h in column.headers} & t for t in plant.truth),
            ]
            for cause in found.suspects
            if cause.share > 0
        ],
        "missed": missed,
        "missed_but_suspect": [name for name in missed if name in suspects],
        "order": all(right[: sum(right)]) and not missed,
        "cpu_s": round(time.process_time() - begin, 1),
    }


def report(lines: list[dict[str, object]]) -> None:
    """One line a scene: recall, plants with a false claim, plants with all causes ranked before any false one."""
    for scene in SCENES:
        mine = [line for line in lines if line["scene"] == scene]
        if not mine:
            continue
        truth, found = sum(line["truth"] for line in mine), sum(line["found"] for line in mine)
        false = sum(bool(line["false"]) for line in mine)
        order = sum(bool(line["order"]) for line in mine)
        seconds = np.mean([line["cpu_s"] for line in mine])
        print(
            f"{scene:16} plants {len(mine):3}  causes found {found}/{truth}  plants with a false claim {false}  "
            f"all true before any false {order}  {seconds:.1f} s CPU"
        )


def main() -> None:
    """Run the scenes that are asked for, then report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenes", nargs="*")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--out", type=Path, default=Path("build/causes_grid.jsonl"))
    asked = parser.parse_args()
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.loads(text) for text in asked.out.read_text().splitlines()] if asked.out.exists() else []
    done = {(line["scene"], line["seed"]) for line in lines}
    for scene in asked.scenes or SCENES:
        for seed in range(asked.seeds):
            if (scene, seed) not in done:
                line = {"scene": scene, "seed": seed, **judge(SCENES[scene](seed), seed)}
                lines.append(line)
                with asked.out.open("a") as file:
                    file.write(json.dumps(line) + "\n")
    report(lines)


if __name__ == "__main__":
    main()
