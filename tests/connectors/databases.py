"""A PostgreSQL of our own for a test: made in a temporary folder, stopped and killed by its process id."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

PASSWORD = "kW7-geheim"  # noqa: S105 - of a server that lives for a test
FOLDERS = ("/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt/postgresql")


def programs() -> Path | None:
    """The folder that holds initdb and postgres."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    return next((path.parent for folder in FOLDERS for path in sorted(Path(folder).glob("**/bin/initdb"))), None)


class Postgres:
    """One server on a free port; it refuses to run as root, so it runs as nobody then."""

    def __init__(self) -> None:
        bin_folder = programs()
        if bin_folder is None:
            pytest.skip("PostgreSQL not found: needs initdb and postgres")
        self.bin = bin_folder
        self.folder = Path(tempfile.mkdtemp(prefix="tundish-pg-"))
        self.user = {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid} if os.geteuid() == 0 else {}
        if self.user:
            shutil.chown(self.folder, "nobody")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        secret = self.folder / "secret"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        words = [
            "-D",
            self.folder / "data",
            "-U",
            "plant",
            "-A",
            "scram-sha-256",
            "--pwfile",
            secret,
            "-E",
            "UTF8",
            "--no-sync",
        ]
        subprocess.run([self.bin / "initdb", *words], check=True, stdout=subprocess.DEVNULL, cwd="/", **self.user)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """As plant.toml would say it."""
        return f"postgresql+psycopg://plant:${{TUNDISH_TEST_PG}}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it and wait until it answers."""
        words = ["-D", self.folder / "data", "-p", str(self.port), "-h", "127.0.0.1", "-k", "", "-F"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([self.bin / "postgres", *words], stdout=log, stderr=log, cwd="/", **self.user)
        for _ in range(200):
            with contextlib.suppress(psycopg.OperationalError), self.connect():
                return
            time.sleep(0.05)
        raise RuntimeError((self.folder / "log").read_text())

    def connect(self):
        """A connection of a program that writes."""
        return psycopg.connect(f"postgresql://plant:{PASSWORD}@127.0.0.1:{self.port}/postgres", autocommit=True)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it (SIGINT: at once; SIGKILL: as a power cut does to a process)."""
        if self.process is not None and self.process.poll() is None:
            children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
            below = [int(pid) for pid in children.read_text().split()] if children.exists() else []
            self.process.send_signal(how)
            self.process.wait(20)
            for _ in range(100):  # after a kill the others of its kind end by themselves
                if not any(Path(f"/proc/{pid}").exists() for pid in below):
                    break
                time.sleep(0.05)
        self.process = None

    def remove(self) -> None:
        """Stop it and take its folder away."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
