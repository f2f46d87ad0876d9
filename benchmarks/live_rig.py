"""What do the live benchmarks share? `tundish collect` as a process that is measured and killed, and what it landed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl

from tundish.intake.folder import JOURNAL
from tundish.intake.live import Gap
from tundish.store import Landing
from tundish.store.journal import Journal

SOURCE = "bench"


class Collect:
    """`tundish collect PLANT` for one source, as a user runs it."""

    def __init__(self, plant: Path, section: dict[str, object]) -> None:
        plant.mkdir(parents=True, exist_ok=True)
        lines = [f"{key} = {value!r}".replace("'", '"') for key, value in section.items()]
        (plant / "plant.toml").write_text("\n".join([f"[sources.{SOURCE}]", *lines]) + "\n", encoding="utf-8")
        self.plant, self.cpu_s, self.peak_mb = plant, 0.0, 0.0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        log = (self.plant / "collect.log").open("ab")
        command = [sys.executable, "-m", "tundish", "collect", str(self.plant)]
        self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def end(self, *, by: int = signal.SIGINT) -> None:
        """End it: SIGINT as Ctrl-C does, SIGKILL as a power cut does; its CPU seconds are counted."""
        assert self.process is not None
        os.kill(self.process.pid, by)
        _pid, _status, used = os.wait4(self.process.pid, 0)
        self.process.returncode = 0
        self.cpu_s += used.ru_utime + used.ru_stime
        self.peak_mb = max(self.peak_mb, used.ru_maxrss / 1024)

    def rows(self) -> int:
        """Rows on disk now."""
        folder = self.plant / "landing" / SOURCE
        if not (folder / JOURNAL).exists():
            return 0
        journal = Journal(folder, writing=False)
        try:
            return journal.landed_rows()
        finally:
            journal.close()

    def settle(self, rows: int, seconds: float) -> None:
        """Wait until so many rows are on disk."""
        end = time.monotonic() + seconds
        while self.rows() < rows and time.monotonic() < end:
            time.sleep(0.5)

    def landed(self) -> tuple[pl.DataFrame, list[Gap]]:
        """Every row on disk, and every gap."""
        with Landing(self.plant, SOURCE) as landing:
            landing.seal()
        folder = self.plant / "landing" / SOURCE
        journal = Journal(folder, writing=False)
        try:
            gaps = journal.gaps()
            frames = [pl.read_parquet(folder / sealed.file) for sealed in journal.sealed(None)]
        finally:
            journal.close()
        return pl.concat(frames), gaps
