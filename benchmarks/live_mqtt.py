"""Are 10,000 values a second taken from a real broker and landed, each once, and what does the reader cost?

Run: python benchmarks/live_mqtt.py [--seconds 30]   (needs mosquitto)
Shapes: `one` (a JSON message a value: 10,000 messages/s), `many` (20 values a message), `sparkplug` (20 metrics a message by
alias). Then `one` at a tenth of the rate with reader and broker killed (SIGKILL) in turn. Prints one line a round.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

from live_publisher import FIELDS, Publisher
from live_rig import Collect

PUBLISHER = Path(__file__).with_name("live_publisher.py")


class Broker:
    """mosquitto on a loopback port."""

    def __init__(self, folder: Path, *, save: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.config = folder / "mosquitto.conf"
        lines = (
            f"listener {self.port} 127.0.0.1",
            "allow_anonymous true",
            "persistence true",
            f"persistence_location {folder}/",
        )
        self.config.write_text(
            "\n".join((*lines, "max_queued_messages 0", "max_inflight_messages 0", "sys_interval 1", save, "user root", ""))
        )
        self.program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"

    def start(self) -> None:
        """Start it."""
        self.process = subprocess.Popen(
            [self.program, "-c", str(self.config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(0.5)

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait()


def listen(broker: Broker, collect: Collect) -> None:
    """Publish a first message until it lands: the reader has subscribed."""
    probe = Publisher(broker.port, "probe")
    while collect.rows() == 0:
        out: list[bytes] = []
        probe.publish("공장/시작", b"-1", out)
        probe.send(out)
        time.sleep(0.5)


def run(folder: Path, seconds: int, shape: str, *, rate: int = 10_000, kill: str = "none") -> None:
    """One round; prints what the broker took and what is on disk."""
    folder.mkdir()
    broker = Broker(folder, save="autosave_interval 1800")
    broker.start()
    collect = Collect(
        folder / "plant", {"kind": "mqtt", "url": f"mqtt://127.0.0.1:{broker.port}", "topics": ["공장/#", "spBv1.0/#"]}
    )
    collect.start()
    listen(broker, collect)
    messages = rate if shape == "one" else rate // FIELDS
    begun = time.monotonic()
    publisher = subprocess.Popen(
        [sys.executable, str(PUBLISHER), str(broker.port), str(seconds), str(messages), shape], stdout=subprocess.PIPE
    )
    if kill == "reader":
        for _ in range(2):
            time.sleep(seconds / 4)
            collect.end(by=signal.SIGKILL)
            time.sleep(2)
            collect.start()
    done = json.loads(publisher.communicate()[0])
    collect.settle(done["values"] + 1, 40)
    wall_s = time.monotonic() - begun
    collect.end()
    broker.kill()
    frame, gaps = collect.landed()
    frame = frame.filter(pl.col("value") >= 0)
    missing = sorted(set(range(done["values"])) - set(frame["value"].cast(int).to_list()))
    found = {
        "shape": shape,
        "killed": kill,
        "sent": done["values"],
        "messages": done["messages"],
        "acknowledged_by_broker": done["acknowledged"],
        "landed": frame.height,
        "missing": [len(missing), *missing[:1], *missing[-1:]],
        "twice": frame.height - frame["value"].n_unique(),
        "gaps": len(gaps),
        "wall_s": round(wall_s, 1),
        "reader_cpu_share": round(collect.cpu_s / wall_s, 3),
        "reader_peak_mb": round(collect.peak_mb),
    }
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Every shape, then with the reader killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--rounds", nargs="+", default=["one", "many", "sparkplug", "killed"])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as room:
        for shape in asked.rounds:
            if shape == "killed":
                run(Path(room) / shape, asked.seconds, "one", rate=5000, kill="reader")
            else:
                run(Path(room) / shape, asked.seconds, shape)


if __name__ == "__main__":
    main()
