"""How long does the main job take on a plant of 70 MB, and how much memory? Beside a pandas script that does the same by hand.

Run: python benchmarks/main_job.py [--rounds 3]
Makes the plant (two PLC files of about 260,000 rows and 16 columns, 2,000 lots), then runs in turn, each in its own process:
reading and standardising, the pandas script, the whole main job. Prints medians and ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tundish import works

HERE = Path(__file__).resolve().parent
READ = """
import json, sys, time
import scipy.optimize  # imports are left out on both sides
from pathlib import Path
from tundish.connectors import SOURCES
from tundish.intake import read
from tundish.standardise import standardise
from tundish.vocabulary import load_catalogue
began = time.perf_counter()
raw = read(Path(sys.argv[1]), SOURCES)
read_s = time.perf_counter() - began
tables = standardise(raw.tables, load_catalogue())
print(json.dumps({"read_s": round(read_s, 3), "standardised_s": round(time.perf_counter() - began, 3)}))
"""


def run(command: list[str]) -> tuple[dict[str, float], float, float]:
    """One process: what it printed last (JSON or nothing), its seconds and its peak MB."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    said = process.stdout.read().strip().splitlines()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command}: exit status {status}")
    printed = json.loads(said[-1]) if said and said[-1].startswith("{") else {}
    return printed, time.perf_counter() - began, usage.ru_maxrss / 1024


def main() -> None:
    """Make the plant, run the rounds, print the medians."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=3)
    rounds = options.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        made = works.make("pickling", seed=1, out=Path(folder) / "plant", sample_s=14.7, trend_files=2)
        size = sum(path.stat().st_size for path in made.folder.rglob("*")) / 1e6
        offset = str(works.load(made.truth_path).clock_offset_s)
        print(f"plant of {size:.0f} MB")
        ours, theirs, jobs = [], [], []
        for number in range(rounds):
            ours.append(run([sys.executable, "-c", READ, str(made.folder)]))
            theirs.append(run([sys.executable, str(HERE / "peers" / "pandas_script.py"), str(made.folder), offset]))
            out = Path(folder) / f"answer{number}"
            jobs.append(run([sys.executable, "-m", "tundish", "run", str(made.folder), "--out", str(out), "--lang", "en"]))
            print(f"round {number + 1}: {ours[-1][0]}, pandas {theirs[-1][0]}, main job {jobs[-1][1]:.1f} s", flush=True)
        report(ours, theirs, jobs)


def report(*rows: list[tuple[dict[str, float], float, float]]) -> None:
    """Medians and ratios of the rounds."""
    ours, theirs, jobs = rows
    mine, pandas = ([row[0]["standardised_s"] for row in part] for part in (ours, theirs))
    ratio = statistics.median(b / a for a, b in zip(mine, pandas, strict=True))
    by_hand = statistics.median(row[0]["whole_s"] for row in theirs)
    print(f"read and standardise: {statistics.median(mine):.2f} s, peak {max(row[2] for row in ours):.0f} MB")
    print(f"pandas script, the same: {statistics.median(pandas):.2f} s; ratio pandas / ours {ratio:.1f}")
    print(f"pandas script, whole: {by_hand:.1f} s, peak {max(row[2] for row in theirs):.0f} MB")
    print(f"main job, whole: {statistics.median(row[1] for row in jobs):.1f} s, peak {max(row[2] for row in jobs):.0f} MB")


if __name__ == "__main__":
    main()
