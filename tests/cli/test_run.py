"""Does the main job keep its word from the terminal: written once, asked once, whole or not at all?"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import tomllib

import pytest

from tundish import works
from tundish.cli.entry import run

PIECES = 250


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    folder = tmp_path_factory.mktemp("works") / "공장"
    works.make("pickling", seed=3, out=folder, pieces=PIECES, sample_s=60)
    return folder


@pytest.fixture
def plant(exports, tmp_path):
    return shutil.copytree(exports, tmp_path / "우리 공장")


def state(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def start(plant, **streams):
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen([sys.executable, "-m", "tundish", "run", str(plant), "--lang", "ko"], env=environment, **streams)


def test_the_second_run_reads_what_the_first_decided(plant, capsys):
    before = state(plant)
    assert run(["run", str(plant), "--lang", "ko"]) == 0
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) <= 35
    assert "report.html" in printed.out
    answer = plant.with_name("우리 공장.answer")
    first = json.loads((answer / "answer.json").read_text(encoding="utf-8"))
    after = state(plant)
    decided = after.pop("plant.toml")
    assert after == before
    assert tomllib.loads(decided.decode())["plant"]["target"] == first["target_source"]
    assert not [path.name for path in plant.parent.iterdir() if path.name.startswith(".")]

    own = decided.decode() + "\n# 우리 메모\n"
    (plant / "plant.toml").write_text(own, encoding="utf-8", newline="\n")
    assert run(["run", str(plant), "--lang", "en"]) == 0
    second = json.loads((answer / "answer.json").read_text(encoding="utf-8"))
    assert (plant / "plant.toml").read_bytes() == own.encode()
    for name in ("target", "pieces", "causes", "window"):
        strip = [
            {k: v for k, v in part.items() if k != "reason"} if isinstance(part, dict) else part for part in _list(first[name])
        ]
        again = [
            {k: v for k, v in part.items() if k != "reason"} if isinstance(part, dict) else part for part in _list(second[name])
        ]
        assert strip == again, name


def _list(value):
    return value if isinstance(value, list) else [value]


@pytest.mark.skipif(os.name == "nt", reason="SIGINT cannot be sent to one process on Windows")
def test_ctrl_c_leaves_everything_as_it_was(plant):
    before = state(plant.parent)
    process = start(plant, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not list(plant.parent.glob(".*.new")) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said.decode()
    assert state(plant.parent) == before
    assert [path.name for path in plant.parent.iterdir()] == [plant.name]


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
def test_one_question_at_a_terminal_and_none_afterwards(plant):
    import pty

    ours, theirs = pty.openpty()
    seen = bytearray()
    process = start(plant, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    reader = threading.Thread(target=drain, args=(ours, seen))
    reader.start()
    os.write(ours, "없는 열\n검사성적.csv:판정결과\n".encode())
    out, _ = process.communicate(timeout=120)
    reader.join(timeout=10)
    os.close(ours)
    assert process.returncode == 0, seen.decode(errors="replace")
    assert "없는 열" in seen.decode(errors="replace")
    assert "report.html" in out.decode()
    assert tomllib.loads((plant / "plant.toml").read_text(encoding="utf-8"))["plant"]["target"] == "검사성적.csv:판정결과"


def drain(terminal, seen):
    """Read a terminal until its other side is closed, which Linux reports as an error."""
    try:
        while chunk := os.read(terminal, 4096):
            seen.extend(chunk)
    except OSError:
        return


@pytest.mark.parametrize(
    ("words", "text", "expected"),
    [
        ([], "[plant]\ntarget = 3\n", "plant.target"),
        ([], '[mapping]\n"a.csv:b" = "no.such_concept"\n', "no.such_concept"),
        ([], '[units]\n"a.csv:b" = "parsec/fortnight"\n', "parsec/fortnight"),
        (["--target", "없는 열"], "", "없는 열"),
    ],
)
def test_wrong_words_end_with_a_message_and_nothing_written(plant, words, text, expected, capsys):
    (plant / "plant.toml").write_text(text, encoding="utf-8")
    before = state(plant.parent)
    assert run(["run", str(plant), "--lang", "ko", *words]) == 2
    printed = capsys.readouterr()
    assert expected in printed.err
    assert "Traceback" not in printed.err
    assert state(plant.parent) == before


def test_out_may_not_hold_other_things(plant, tmp_path, capsys):
    out = tmp_path / "바탕화면"
    out.mkdir()
    (out / "보고.docx").write_text("mine")
    assert run(["run", str(plant), "--out", str(out), "--lang", "ko"]) == 2
    assert "보고.docx" in capsys.readouterr().err
    assert state(out) == {"보고.docx": b"mine"}
