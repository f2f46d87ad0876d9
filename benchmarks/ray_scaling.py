"""What do a second worker and a second node bring? Stay statistics over Parquet parts on Ray nodes of this machine.

    python benchmarks/ray_scaling.py [--seconds 60] [--rounds 3] [--scratch DIR] [--json FILE]

Every row is a cluster of its own: nodes on loopback, workers of one thread. Start-up is left out: nodes stand, workers have
loaded their code and run parts before the clock starts. Reading, statistics, writing, checking and gathering are in it.
``plain`` rows are the same work in processes without a cluster, each with its share: what this machine itself allows. Results
must be the same files, named by their bytes. Efficiency = t(1 worker) / (2 t(2 workers)), both the medians of the rounds. Takes
twice ``--seconds`` a round, and 1.6 times once for the ``plain`` rows; what is done is kept in the scratch folder, and a run
that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

FILES, ROWS, SIGNALS, STAY_S = 8, 86_400, 96, 600
"""Parquet parts: a day of a line at 1 Hz each, two thirds of it noise in every bit; stays of ten minutes and more."""
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "POLARS_MAX_THREADS", "NUMBA_NUM_THREADS"), "1")
QUIET = ("RAY_USAGE_STATS_ENABLED", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO")
WORK = "stays_of_part:statistics_of_stays"
"""In a folder of its own, which workers search: modules of this one hide those of Python."""
PATIENCE_S = 400.0
ROWS_RUN = {"ray 1x1": (1, 1), "ray 2x1": (2, 1), "ray 2x2": (2, 2)}
"""Name -> nodes, workers of each."""


def make_files(folder: Path) -> list[Path]:
    """Generated signals, the same on every run."""
    paths = []
    for number in range(FILES):
        path = folder / f"line-{number:02}.parquet"
        if not path.exists():
            rng = np.random.default_rng(number)
            walk = rng.standard_normal((SIGNALS, ROWS)).cumsum(axis=1) * 0.02 + 600
            walk[::3] = walk[::3].round(1)
            time_us = np.arange(ROWS, dtype=np.int64) * 1_000_000 + number * ROWS * 1_000_000
            columns = {"time": pl.Series(time_us).cast(pl.Datetime("us", "UTC"))}
            frame = pl.DataFrame(columns | {f"s{i}": walk[i] for i in range(SIGNALS)})
            frame.write_parquet(path.with_suffix(".new"))
            path.with_suffix(".new").rename(path)
        paths.append(path)
    return paths


def job(scratch: Path, out: Path, laps: int, share: tuple[int, int] = (0, 1)):
    """Every file for stays of several lengths; ``share`` (i, n) takes every n-th part from i on."""
    from tundish.ports import Job, Part

    files = sorted(scratch.glob("line-*.parquet"))
    parts = [
        Part(f"{lap:03}-{path.stem}", {"file": path, "stay": STAY_S + lap}) for lap in range(1, laps + 1) for path in files
    ]
    return Job(WORK, {}, tuple(parts[share[0] :: share[1]]), out)


def warm(engine, scratch: Path, workers: int) -> None:
    """Let every worker start and load its code, and every file be in memory and known by its digest."""
    from tundish.ports import Job, Part

    files = sorted(scratch.glob("line-*.parquet"))
    parts = tuple(Part(f"w{n}-{path.stem}", {"file": path, "stay": 9000 + n}) for n in range(workers) for path in files)
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        list(engine.run(Job(WORK, {}, parts, Path(folder))))


def one(name: str, scratch: Path, laps: int) -> float:
    """Seconds that a cluster needs for the job; in a process of its own, since a process is connected to one cluster."""
    from tundish.engines import open_engine
    from tundish.settings import ComputeSettings

    if name.startswith("plain"):
        _, share, _ = name.split()
        i, n = map(int, share.split("/"))
        with open_engine(ComputeSettings(workers=1)) as engine:
            warm(engine, scratch, 1)
            return timed(engine, job(scratch, scratch / f"out-{name.replace('/', '-')}", laps, (i, n)))
    from ray.cluster_utils import Cluster

    nodes, each = ROWS_RUN[name]
    options = {"num_cpus": each, "num_gpus": 0, "object_store_memory": 80 * 2**20, "node_ip_address": "127.0.0.1"}
    cluster = Cluster(initialize_head=True, head_node_args=options | {"include_dashboard": False})
    try:
        for _ in range(nodes - 1):
            cluster.add_node(**options)
        cluster.wait_for_nodes()
        with open_engine(ComputeSettings("ray", address=cluster.address)) as engine:
            warm(engine, scratch, nodes * each)
            return timed(engine, job(scratch, scratch / f"out-{name}", laps))
    finally:
        cluster.shutdown()


def timed(engine, work) -> float:
    """Seconds from the first part given out to the last result taken."""
    for old in work.folder.glob("*.parquet"):
        old.unlink()
    begun = time.perf_counter()
    for _ in engine.run(work):
        pass
    return time.perf_counter() - begun


def start(name: str, scratch: Path, laps: int) -> subprocess.Popen:
    """A row of the table as a process."""
    words = [sys.executable, __file__, "--one", name, "--scratch", str(scratch), "--laps", str(laps)]
    here = os.pathsep.join(filter(None, [str(Path(__file__).parent / "ray_work"), os.environ.get("PYTHONPATH")]))
    quiet = dict.fromkeys(QUIET, "0")
    quiet |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    return subprocess.Popen(
        words, env={**os.environ, **ONE_THREAD, **quiet, "PYTHONPATH": here}, stdout=subprocess.PIPE, text=True
    )


def seconds(names: list[str], scratch: Path, laps: int) -> float:
    """The slowest of processes that run side by side."""
    running = [start(name, scratch, laps) for name in names]
    try:
        said = [process.communicate(timeout=PATIENCE_S)[0].split() for process in running]
    except subprocess.TimeoutExpired:
        for process in running:
            process.terminate()
        raise
    assert all(process.returncode == 0 for process in running), names
    return max(float(words[-1]) for words in said)


def main() -> None:
    """Print the table, and write it as JSON."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=float, default=60.0, help="how long one worker should need, at least")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()) / "tundish-ray-scaling")
    options.add_argument("--json", type=Path)
    options.add_argument("--laps", type=int, default=0, help=argparse.SUPPRESS)
    options.add_argument("--one", help=argparse.SUPPRESS)
    said = options.parse_args()
    if said.one:
        print(one(said.one, said.scratch, said.laps))
        return
    said.scratch.mkdir(parents=True, exist_ok=True)
    make_files(said.scratch)
    kept = said.scratch / f"rows-{said.seconds:g}.json"
    found: dict[str, list[float]] = json.loads(kept.read_text()) if kept.exists() else {}
    if not found:
        found["laps"] = [float(np.ceil(1.1 * said.seconds / (seconds(["plain 0/1 p"], said.scratch, 4) / 4)))]
    laps = said.laps or int(found["laps"][0])
    plans = {"plain 1": ["plain 0/1 p"], "plain 2": ["plain 0/2 p", "plain 1/2 p"], **{name: [name] for name in ROWS_RUN}}
    for turn in range(said.rounds):
        for name, processes in plans.items():
            if len(found.setdefault(name, [])) > turn or (turn and name not in ROWS_RUN):
                continue
            found[name].append(seconds(processes, said.scratch, laps))
            kept.write_text(json.dumps(found))
            print(f"{name}: {found[name][-1]:.1f} s, load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)
    report(said, laps, {name: statistics.median(found[name]) for name in plans})
    rounds(found)
    kept.unlink()


def rounds(found: dict[str, list[float]]) -> None:
    """The ratios of each round, whose rows ran within minutes of one another: on a busy machine these stand."""
    print("\n| round | efficiency of two | four over two |\n|---|---|---|")
    ratios = [
        (one / (2 * two), four / two) for one, two, four in zip(*(found[name] for name in ROWS_RUN), strict=True)
    ]  # fmt: skip
    for number, (efficiency, four) in enumerate(ratios, 1):
        print(f"| {number} | {efficiency:.2f} | {four:.2f} |")
    efficiency, four = (statistics.median(one) for one in zip(*ratios, strict=True))
    print(f"| median | {efficiency:.2f} | {four:.2f} |")


def report(said: argparse.Namespace, laps: int, took: dict[str, float]) -> None:
    """The table, the promises, and whether all results are the same files."""
    names = [{path.name for path in (said.scratch / f"out-{row}").glob("*.parquet")} for row in ("plain 0-1 p", *ROWS_RUN)]
    told = {
        "parts": laps * FILES,
        "samples_per_part": ROWS * SIGNALS,
        "seconds": took,
        "efficiency_ray_2": took["ray 1x1"] / (2 * took["ray 2x1"]),
        "efficiency_plain_2": took["plain 1"] / (2 * took["plain 2"]),
        "overhead_of_ray_1": took["ray 1x1"] / took["plain 1"] - 1,
        "four_on_two_cores_over_two": took["ray 2x2"] / took["ray 2x1"],
        "bitwise_same": all(other == names[0] and len(other) == laps * FILES for other in names),
        "cores": os.cpu_count(),
    }
    print(f"{laps * FILES} parts of {ROWS * SIGNALS / 1e6:.1f} million samples, read from Parquet; {os.cpu_count()} cores\n")
    print("| | workers | seconds |\n|---|---|---|")
    for name, taken in took.items():
        nodes, each = ROWS_RUN.get(name, (1, int(name[-1])))
        print(f"| {name} | {nodes * each} | {taken:.1f} |")
    plain, four = told["efficiency_plain_2"], told["four_on_two_cores_over_two"]
    print(f"\nefficiency of two workers on two nodes: {told['efficiency_ray_2']:.2f} (asked: 0.80; no cluster: {plain:.2f})")
    print(f"four workers on two cores need {four:.2f} of the time of two (asked: no more than 1)")
    print(f"results the same files to the bit in every row: {told['bitwise_same']}")
    if said.json:
        said.json.write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
