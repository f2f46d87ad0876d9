"""How often does a safe window keep what it promised? Generated lines with a known truth; resumable.

Run: python benchmarks/window_grid.py [--out build/window_grid.jsonl] [--seeds 8]
Each line of the output is one set. A set that is already in the file is not run again.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from made_pieces import CHANCES, SPEED, SPRAY, TEMPERATURE, THICKNESS, cause, line, rows
from tundish.learn.marks import inside
from tundish.learn.question import Wish
from tundish.learn.window import find_window
from tundish.questions import ask
from tundish.vocabulary import load_catalogue

TURNABLE = {"온도": True, "속도": True, "스프레이": True, "두께": False}
FRESH = 40_000


def one(name: str, count: int, seed: int) -> dict[str, object]:
    """Learn on the first three quarters, look at the last quarter and at many fresh lots of the same line."""
    whole, _, _ = line(count, CHANCES[name], seed)
    earlier, later = rows(whole, 0, count * 3 // 4), rows(whole, count * 3 // 4, count)
    question = ask(earlier, Wish(turnable=TURNABLE), load_catalogue())
    window, _ = find_window(
        earlier, [cause(part) for part in (TEMPERATURE, SPEED, SPRAY, THICKNESS)], question, load_catalogue()
    )
    row: dict[str, object] = {"line": name, "count": count, "seed": seed, "found": window is not None}
    if window is None:
        return row
    promised = window.today - window.promised
    bad, kept = question.outcome(later), inside(window.limits, later.table.frame)
    fresh, _, true = line(FRESH, CHANCES[name], 10_000 + seed)
    held = inside(window.limits, fresh.table.frame)
    return row | {
        "limits": len(window.limits),
        "share_inside": window.inside,
        "today": window.today,
        "promised": window.promised,
        "fresh": float((true.mean() - true[held].mean()) / promised),
        "next": float((bad.mean() - bad[kept].mean()) / promised) if kept.any() else None,
        "against_today": float((window.today - bad[kept].mean()) / promised) if kept.any() else None,
    }


def main() -> None:
    """Run what is missing and print the shares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/window_grid.jsonl"))
    parser.add_argument("--seeds", type=int, default=8)
    given = parser.parse_args()
    given.out.parent.mkdir(parents=True, exist_ok=True)
    done = [json.loads(text) for text in given.out.read_text().splitlines()] if given.out.exists() else []
    seen = {(row["line"], row["count"], row["seed"]) for row in done}
    with given.out.open("a") as out:
        for name in CHANCES:
            for count in (600, 2000):
                for seed in range(given.seeds):
                    if (name, count, seed) not in seen:
                        done.append(one(name, count, seed))
                        out.write(json.dumps(done[-1]) + "\n")
    report(done)


def report(done: list[dict[str, object]]) -> None:
    """Share of sets in which at least nine tenths of the promise were kept, by line and in all."""
    for name in (*CHANCES, None):
        mine = [row for row in done if name in (None, row["line"])]
        found = [row for row in mine if row["found"]]
        shares = {
            key: np.array([row[key] for row in found if row[key] is not None], dtype=float)
            for key in ("fresh", "next", "against_today")
        }
        text = ", ".join(
            f"{key} {np.mean(values >= 0.9):.3f} (median {np.median(values):.2f})"
            for key, values in shares.items()
            if values.size
        )
        print(f"{name or 'all'}: {len(mine)} sets, {len(found)} windows, kept >= 0.9: {text}")


if __name__ == "__main__":
    main()
