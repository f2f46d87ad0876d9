"""What does the main job answer on the real sets beside the checkout? Each on a copy, in its own process.

Run: python benchmarks/real_sets.py [NAME ...]
Needs the folder shared/ beside the checkout. Prints one JSON line a set.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from pickling_answers import run

REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "real"
TARGETS = {
    "posco_plate_scale": "SCALE",
    "ladle_furnace": "Температура",
    "steel_energy_uci": "Usage_kWh",
}


def one(name: str) -> dict[str, Any]:
    """One set: its answer in short."""
    with tempfile.TemporaryDirectory() as folder:
        plant = Path(folder) / name
        shutil.copytree(REAL / name, plant)
        plant.chmod(0o755)
        seconds, megabytes = run(plant, Path(folder) / "answer", target=TARGETS[name])
        answer = json.loads((Path(folder) / "answer" / "answer.json").read_text(encoding="utf-8"))
    evidence = answer["evidence"]
    return {
        "set": name,
        "pieces": answer["pieces"],
        "causes": [cause["columns"] for cause in answer["causes"]],
        "window": [[line["column"], line["low"], line["high"]] for line in answer["window"]],
        "window_promise": answer["window_promise"],
        "rule": answer["rule"] and [answer["rule"]["text"], answer["rule"]["right_later"]],
        "refused": [[row["column"], row["reason"][:90]] for row in answer["refused"]],
        "metric": evidence["metric"],
        "today": evidence["baseline"]["today"],
        "linear": evidence["baseline"]["linear"],
        "result": evidence["result"],
        "seconds": round(seconds, 1),
        "megabytes": round(megabytes),
    }


if __name__ == "__main__":
    for chosen in sys.argv[1:] or TARGETS:
        print(json.dumps(one(chosen), ensure_ascii=False), flush=True)
