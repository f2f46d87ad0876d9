"""Is a trace right when its workspace is hostile, the disk full or the run killed; is nothing but ours believed or changed?"""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta

import polars as pl
import pytest

from tundish.cli.entry import run
from tundish.errors import InputsChanged
from tundish.store import traced

COILS = 30


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Slabs that became coils, coils that became strips, in a folder whose name is a pattern."""
    folder = tmp_path_factory.mktemp("works") / "공장 [2025]*"
    folder.mkdir()
    begin = [datetime(2025, 3, 1) + timedelta(minutes=10 * i) for i in range(COILS)]
    hot = {"코일번호": [f"HC{i:04}" for i in range(COILS)], "슬래브번호": [f"SL{i:04}" for i in range(COILS)]}
    cold = {"코일번호": [f"CR{i:04}" for i in range(COILS)], "모코일번호": [f"HC{i:04}" for i in range(COILS)]}
    for days, (name, ids) in enumerate({"열연실적": hot, "냉연실적": cold}.items()):
        times = {"시작시각": [one + timedelta(days=days) for one in begin]}
        times["종료시각"] = [one + timedelta(days=days, minutes=9) for one in begin]
        masses = {"투입중량(kg)": [20_100.0 - 200 * days + i for i in range(COILS)]}
        masses["생산중량(kg)"] = [20_000.0 - 200 * days + i for i in range(COILS)]
        pl.DataFrame(ids | times | masses).write_parquet(folder / f"{name}.parquet")
    return folder


@pytest.fixture
def plant(made, tmp_path):
    """A copy of it, times and all; nothing is kept there yet."""
    return shutil.copytree(made, tmp_path / made.name, ignore=shutil.ignore_patterns(".tundish"))


@pytest.fixture(scope="module")
def truth(made):
    return told(capture(made))


def capture(plant):
    return subprocess.run(words(plant), capture_output=True, text=True, check=False)


def words(plant):
    return [sys.executable, "-X", "utf8", "-m", "tundish", "trace", str(plant), "--json", "--lang", "en"]


def told(done):
    """What a run said, but for the time and what it says of keeping."""
    assert done.returncode == 0, done.stderr
    out = json.loads(done.stdout)
    codes = {one["code"] for one in out["findings"]}
    out["findings"] = [one for one in out["findings"] if one["code"] not in ("not_kept", "kept_refused")]
    said = {name: value for name, value in out.items() if name not in ("created", "plant")}
    return said, codes & {"not_kept", "kept_refused"}


def traced_here(plant, capsys):
    """What a run in this process said."""
    assert run(["trace", str(plant), "--json", "--lang", "en"]) == 0
    said = capsys.readouterr()
    return told(subprocess.CompletedProcess([], 0, said.out, said.err))


@pytest.mark.parametrize("link", [".tundish", ".tundish/traced"])
def test_a_link_in_place_of_the_workspace_is_not_followed(plant, truth, capsys, tmp_path, link):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "dear").write_text("mine", encoding="utf-8")
    (plant / link).parent.mkdir(exist_ok=True)
    (plant / link).symlink_to(elsewhere, target_is_directory=True)
    assert traced_here(plant, capsys) == (truth[0], {"not_kept"})
    assert [path.name for path in elsewhere.rglob("*")] == ["dear"]


def test_a_lock_that_is_a_link_empties_no_file(plant, truth, capsys, tmp_path):
    dear = tmp_path / "dear"
    dear.write_text("mine", encoding="utf-8")
    (plant / ".tundish").mkdir()
    (plant / ".tundish" / "traced.lock").symlink_to(dear)
    assert traced_here(plant, capsys) == (truth[0], {"not_kept"})
    assert dear.read_text(encoding="utf-8") == "mine"


@pytest.fixture
def kept(plant, truth, capsys):
    """The folder of what was kept by an honest run."""
    assert traced_here(plant, capsys) == (truth[0], set())
    (folder,) = (plant / traced.FOLDER).iterdir()
    return folder


def signed(folder, about):
    """What somebody writes who knows how the list of files is signed."""
    text = json.dumps(about)
    (folder / "about.json").write_text(traced._digest(text) + "\n" + text, encoding="utf-8")


def another_plants(folder):
    about = json.loads((folder / "about.json").read_text(encoding="utf-8").partition("\n")[2])
    signed(folder, {**about, "key": "0" * 32})


def cut_off(folder):
    path = folder / "edges" / "child.npy"
    path.write_bytes(path.read_bytes()[:-8])


def a_link_to_the_same(folder):
    path = folder / "edges" / "child.npy"
    path.rename(folder.parent.parent / "child.npy")
    path.symlink_to(folder.parent.parent / "child.npy")


def a_pipe(folder):
    (folder / "about.json").unlink()
    os.mkfifo(folder / "about.json")


def hostile_parquet(folder):
    (folder / "overview" / "levels.parquet").write_bytes(b"PAR1" + b"\xff" * 300 + b"PAR1")
    about = json.loads((folder / "about.json").read_text(encoding="utf-8").partition("\n")[2])
    signed(folder, {**about, "marks": traced._marks(folder)})


def another_form(folder):
    signed(folder, {"key": folder.name, "marks": traced._marks(folder), "findings": 3, "files": []})


def nonsense(folder):
    (folder / "about.json").write_bytes(b"[" * 100_000)


def a_file(folder):
    shutil.rmtree(folder)
    folder.write_text("in the way", encoding="utf-8")


HARMS = [another_plants, cut_off, a_link_to_the_same, a_pipe, hostile_parquet, another_form, nonsense, a_file]


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
def test_what_somebody_else_put_there_is_not_believed_and_said(plant, truth, kept, capsys, harm):
    harm(kept)
    assert traced_here(plant, capsys) == (truth[0], {"kept_refused"})
    assert traced_here(plant, capsys) == (truth[0], set())
    assert [path.name for path in (plant / traced.FOLDER).iterdir()] == [kept.name]


def test_a_table_that_vanishes_behind_a_reader_is_said_and_made_anew(plant, kept, truth, capsys):
    material = traced.load(plant, kept.name)
    table = kept / "tables" / "0.parquet"
    table.write_bytes(table.read_bytes()[:100])
    with pytest.raises(InputsChanged):
        material.tables[0].rows(pl.lit(value=True))
    assert traced_here(plant, capsys) == (truth[0], {"kept_refused"})


@pytest.mark.parametrize("after_ms", [0, 15, 45, 120])
def test_killed_while_keeping_the_next_run_is_right_and_clears_up(plant, truth, capsys, after_ms):
    place = plant / traced.FOLDER
    with subprocess.Popen(words(plant), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as killed:
        patience = time.monotonic() + 60
        while not list(place.glob(".*.new")) and killed.poll() is None and time.monotonic() < patience:
            time.sleep(0.0005)
        time.sleep(after_ms / 1000)
        killed.send_signal(signal.SIGKILL)
    assert traced_here(plant, capsys) == (truth[0], set())
    (folder,) = place.iterdir()
    assert traced.load(plant, folder.name) is not None


def test_two_at_once_are_both_right(plant, truth):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    both = [subprocess.Popen(words(plant), **pipes) for _ in range(2)]
    for one in both:
        out, err = one.communicate(timeout=120)
        said, codes = told(subprocess.CompletedProcess([], one.returncode, out, err))
        assert said == truth[0]
        assert codes <= {"not_kept"}  # who comes while the other keeps does not wait
    assert len(list((plant / traced.FOLDER).iterdir())) == 1


@pytest.mark.parametrize("most_bytes", [0, 1_000])
def test_on_a_full_disk_the_answer_is_given_and_nothing_half_kept(plant, truth, most_bytes):
    place = {**os.environ, "TUNDISH_LANG": "en", "PYTHONUTF8": "1"}
    full = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))  # noqa: E731
    done = subprocess.run(words(plant), env=place, capture_output=True, text=True, check=False, preexec_fn=full)
    assert told(done) == (truth[0], {"not_kept"})
    assert "the disk is full" in done.stdout
    assert list((plant / traced.FOLDER).iterdir()) == []
