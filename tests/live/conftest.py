"""Which real servers do these tests talk to, and how are they started and killed?"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PEERS = Path(__file__).resolve().parents[1] / "peers"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A program we started: killed by its id, and only by us."""

    def __init__(self, command: list[str], *, cwd: Path | None = None, ready: str | None = None, log: Path) -> None:
        self.log = log.open("ab")
        self.popen = subprocess.Popen(command, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log)
        if ready:
            while line := self.popen.stdout.readline().decode():
                if line.startswith(ready):
                    return
            raise RuntimeError(log.read_text(encoding="utf-8", errors="replace")[-2000:])

    def kill(self) -> None:
        """As a power cut does: no farewell."""
        if self.popen.poll() is None:
            os.kill(self.popen.pid, signal.SIGKILL)
        self.popen.wait(10)
        for pipe in (self.popen.stdin, self.popen.stdout, self.log):
            pipe.close()


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The peers' packages; installed from the lock file when they are missing and npm is there."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    if not (PEERS / "node_modules" / "node-opcua").is_dir():
        if shutil.which("npm") is None:
            pytest.skip("npm is not installed, and tests/peers/node_modules is missing")
        command = ["npm", "ci", "--prefix", str(PEERS), "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        if done.returncode:
            pytest.skip(f"npm ci failed in tests/peers: {done.stderr[-300:]}")
    return PEERS


class OpcUaServer:
    """node-opcua on a loopback port; can be killed and started again on the same port."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.process, self.starts = folder, free_port(), None, 0

    @property
    def url(self) -> str:
        return f"opc.tcp://127.0.0.1:{self.port}/plant"

    def start(self, **options) -> None:
        self.starts += 1
        asked = {"port": self.port, "pki": str(self.folder / options.pop("pki", "pki")), **options}
        command = ["node", str(PEERS / "opcua_server.js"), json.dumps(asked)]
        self.process = Process(command, ready="ready", log=self.folder / "server.log")

    def say(self, word: str) -> None:
        self.process.popen.stdin.write(f"{word}\n".encode())
        self.process.popen.stdin.flush()

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process = None


@pytest.fixture
def opcua_server(node_modules, tmp_path) -> Iterator[OpcUaServer]:
    server = OpcUaServer(tmp_path)
    yield server
    server.kill()


class Broker:
    """mosquitto on a loopback port with persistence; can be killed and started again."""

    def __init__(self, program: str, folder: Path) -> None:
        self.program, self.folder, self.port, self.process = program, folder, free_port(), None
        self.lines: list[str] = []
        self.saves = ["autosave_on_changes true", "autosave_interval 1"]
        """To disk at every change: slow, but a broker that is killed has lost nothing it acknowledged."""

    def start(self, *lines: str) -> None:
        self.lines = list(lines) or self.lines or ["allow_anonymous true"]
        config = self.folder / "mosquitto.conf"
        fixed = [
            f"listener {self.port} 127.0.0.1",
            "persistence true",
            f"persistence_location {self.folder}/",
            *self.saves,
            "max_queued_messages 0",
            "max_inflight_messages 0",
            "sys_interval 1",
            "user root" if os.geteuid() == 0 else "",
        ]
        config.write_text("\n".join([*fixed, *self.lines]) + "\n", encoding="utf-8")
        self.process = Process([self.program, "-c", str(config)], log=self.folder / "mosquitto.log")
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process = None


@pytest.fixture
def broker(tmp_path) -> Iterator[Broker]:
    program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    if not Path(program).exists():
        pytest.skip("mosquitto is not installed")
    folder = tmp_path / "broker"
    folder.mkdir()
    server = Broker(program, folder)
    yield server
    server.kill()


READER = """
import json, sys
from importlib import import_module
from pathlib import Path
import polars as pl
kind, options, landed = sys.argv[1], json.loads(sys.argv[2]), Path(sys.argv[3])
landed.mkdir(parents=True, exist_ok=True)
done = sorted(landed.glob("*.json"))
cursor = json.loads(done[-1].read_text())["cursor"] if done else None
source = import_module("tundish.connectors." + kind).open_source("test", options)
for number, batch in enumerate(source.batches(cursor), len(done)):
    batch.frame.write_parquet(landed / f"{number:06}.parquet")
    gaps = [(str(g.begin), str(g.end), str(g.reason)) for g in batch.gaps]
    cursor = batch.cursor or cursor
    part = landed / f"{number:06}.part"
    part.write_text(json.dumps({"key": batch.key, "cursor": cursor, "gaps": gaps}))
    part.rename(landed / f"{number:06}.json")
    source.acknowledge(batch)
    print("landed", batch.frame.height, flush=True)
"""
"""A reader in a process of its own that can be killed: rows, then cursor and gaps in one rename, then the acknowledgement."""


class Reader:
    """A live source with the simplest landing there is, in a process of its own."""

    def __init__(self, kind: str, options: dict, folder: Path) -> None:
        self.command = [sys.executable, "-c", READER, kind, json.dumps(options), str(folder / "landed")]
        self.folder, self.process = folder, None

    def start(self) -> None:
        self.process = Process(self.command, ready="landed", log=self.folder / "reader.log")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process = None

    def landed(self):
        """All rows whose batch was landed whole, and all gaps."""
        import polars as pl

        whole = sorted((self.folder / "landed").glob("*.json"))
        frames = [pl.read_parquet(path.with_suffix(".parquet")) for path in whole]
        gaps = [gap for path in whole for gap in json.loads(path.read_text(encoding="utf-8"))["gaps"]]
        return pl.concat(frames), gaps


@pytest.fixture
def reader(tmp_path) -> Iterator:
    started = []

    def make(kind: str, options: dict) -> Reader:
        made = Reader(kind, {"folder": str(tmp_path / "room"), **options}, tmp_path)
        started.append(made)
        return made

    yield make
    for one in started:
        one.kill()
