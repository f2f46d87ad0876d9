"""Does Ctrl-C end a command with 130 at any moment, and leave nothing half written?"""

from __future__ import annotations

import contextlib
import http.client
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tundish import works

CHILD = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from tundish.cli import main; main()"
"""As a shell starts it: a parent that ignores Ctrl-C, as one in the background does, hands that on."""


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("works") / "plant"
    works.make("pickling", seed=1, out=folder)
    return folder


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("command", ["run", "check", "standard"])
@pytest.mark.parametrize("after_s", [0.0, 0.6])
def test_ctrl_c_ends_it_with_130_and_nothing_half_written(made, tmp_path, command, after_s):
    before = content(made)
    words = [sys.executable, "-c", CHILD, command, str(made), "--out", str(tmp_path / "out" / "deep"), "--lang", "en"]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    began = time.monotonic()
    while not (tmp_path / "out").exists() and child.poll() is None and time.monotonic() - began < 20:
        time.sleep(0.01)  # the folder that is to become the answer stands: the command is at work
    time.sleep(after_s)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=30)
    assert child.returncode == 130, err
    assert "Stopped. The folder is as it was." in err
    assert "Traceback" not in err
    assert out == ""
    assert list(tmp_path.iterdir()) == []
    assert content(made) == before
    assert sorted(path.name for path in made.parent.iterdir()) == ["plant", "plant.truth.json"]


def iter_until(lines, last):
    """Lines up to the one that holds ``last``."""
    for line in lines:
        yield line
        if last in line:
            return


def answering(port, patience_s=30.0):
    """Wait until the server answers: from then on it hears Ctrl-C itself."""
    began = time.monotonic()
    while time.monotonic() - began < patience_s:
        asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with contextlib.suppress(OSError), contextlib.closing(asked):
            asked.request("GET", "/")
            return asked.getresponse().status
        time.sleep(0.05)
    raise AssertionError(port)


def test_ctrl_c_is_how_serving_ends(made):
    words = [sys.executable, "-c", CHILD, "serve", str(made), "--port", "0", "--lang", "en"]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        ports = [
            said[1] for line in iter_until(child.stdout, "Ctrl-C ends it.") if (said := re.search(r"127\.0\.0\.1:(\d+)", line))
        ]
        answering(int(ports[0]))
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=20)
    finally:
        child.kill()
    assert child.returncode == 0, err
    assert "Ended." in out
    assert "Traceback" not in err
