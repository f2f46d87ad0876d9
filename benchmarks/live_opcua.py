"""Are 10,000 values a second taken from a real OPC UA server and landed, each once, and what does the reader cost?

Run: python benchmarks/live_opcua.py [--seconds 30]   (needs node and `npm ci --prefix tests/peers`)
A node-opcua server writes 1,000 counters ten times a second; `tundish collect` reads and lands them in a process of its own.
Then the same with the reader killed (SIGKILL) twice, and with the server killed once. Prints one line a round.
"""

from __future__ import annotations

import argparse
import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

from live_rig import Collect

PEERS = Path(__file__).resolve().parents[1] / "tests" / "peers"
NODES, RATE = 1000, 10
SECOND_LIFE = 1_000_000


class Server:
    """node-opcua on a loopback port; its counters begin to count when it is told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def start(self, ticks: int, base: int = 0) -> None:
        """Start it; it waits for :meth:`go`."""
        asked = {"port": self.port, "pki": str(self.folder / "pki"), "nodes": NODES, "rate": RATE, "ticks": ticks}
        command = ["node", str(PEERS / "opcua_server.js"), json.dumps({**asked, "base": base, "wait": True})]
        log = (self.folder / "server.log").open("ab")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        while not self.process.stdout.readline().startswith(b"ready"):
            pass

    def go(self) -> None:
        """Let it count."""
        self.process.stdin.write(b"go\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait()


def run(folder: Path, seconds: int, kill: str) -> None:
    """One round; prints what was written and what is on disk."""
    folder.mkdir()
    server, ticks = Server(folder), seconds * RATE
    url = f"opc.tcp://127.0.0.1:{server.port}/plant"
    section = {"kind": "opcua", "url": url, "sampling_ms": 0, "publishing_ms": 250, "queue": 2000}
    collect = Collect(folder / "plant", section)
    server.start(ticks)
    collect.start()
    collect.settle(NODES, 60)
    server.go()
    begun = time.monotonic()
    expected = NODES * ticks
    if kill == "reader":
        for _ in range(2):
            time.sleep(seconds / 4)
            collect.end(by=signal.SIGKILL)
            time.sleep(2)
            collect.start()
    if kill == "server":
        time.sleep(seconds / 2)
        server.kill()
        time.sleep(3)
        server.start(ticks // 2, SECOND_LIFE)
        collect.settle(collect.rows() + NODES, 60)
        server.go()
    if kill == "server":
        time.sleep(seconds / 2 + 5)
    else:
        collect.settle(expected, seconds - (time.monotonic() - begun) + 20)
    collect.end()
    server.kill()
    report(collect, kill, seconds, time.monotonic() - begun)


def report(collect: Collect, kill: str, seconds: int, wall_s: float) -> None:
    """Each counter's values must stand there once, without a hole; a hole must lie in a gap."""
    frame, gaps = collect.landed()
    counters = frame.filter(pl.col("tag").str.contains("Counters") & (pl.col("value") % SECOND_LIFE > 0)).sort("tag", "value")
    unique = counters.select("tag", "value").n_unique()
    step = counters.with_columns(pl.col("value").diff().over("tag").alias("step"))
    holes = step.filter(pl.col("step") > 1).group_by("tag").len().select(pl.len()).item()
    last = counters.group_by("tag").agg(pl.col("value").max()).select(pl.col("value").min()).item()
    found = {
        "killed": kill,
        "written": NODES * seconds * RATE,
        "landed": counters.height,
        "twice": counters.height - unique,
        "tags_with_a_hole": holes,
        "last": last,
        "gaps": [f"{(gap.end - gap.begin).total_seconds():.2f} s" for gap in gaps],
        "reader_cpu_share": round(collect.cpu_s / wall_s, 3),
        "reader_peak_mb": round(collect.peak_mb),
    }
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Three rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--rounds", nargs="+", default=["none", "reader", "server"])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as room:
        for kill in asked.rounds:
            run(Path(room) / kill, asked.seconds, kill)


if __name__ == "__main__":
    main()
