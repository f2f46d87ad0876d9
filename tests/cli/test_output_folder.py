"""Does the answer arrive whole or not at all, and is nothing of the user's lost?"""

import errno
import os
import subprocess
import sys

import pytest

from tundish.cli.output import place, whole
from tundish.errors import CannotWrite


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_the_answer_stands_beside_the_plant(tmp_path):
    plant = tmp_path / "1공장"
    plant.mkdir()
    assert place(plant, None) == tmp_path / "1공장.answer"


def test_an_earlier_answer_is_replaced_whole(tmp_path):
    folder = tmp_path / "a.answer"
    for words in ("first", "second"):
        with whole(folder) as fresh:
            (fresh / "answer.json").write_text(words)
            (fresh / f"{words}.csv").write_text(words)
    assert files(tmp_path) == {"a.answer/answer.json": "second", "a.answer/second.csv": "second"}


@pytest.mark.parametrize("failure", [KeyboardInterrupt, ValueError])
def test_when_it_ends_badly_everything_is_as_it_was(tmp_path, failure):
    folder = tmp_path / "new" / "deep" / "answer"
    with pytest.raises(failure), whole(folder) as fresh:
        (fresh / "half.csv").write_text("half")
        raise failure
    assert list(tmp_path.iterdir()) == []

    old = tmp_path / "old.answer"
    old.mkdir()
    (old / "answer.json").write_text("old")
    with pytest.raises(failure), whole(old) as fresh:
        raise failure
    assert files(tmp_path) == {"old.answer/answer.json": "old"}


def test_a_folder_with_other_things_is_refused(tmp_path):
    plant = tmp_path / "plant"
    plant.mkdir()
    out = tmp_path / "out"
    out.mkdir()
    (out / "my notes.txt").write_text("mine")
    with pytest.raises(CannotWrite, match=r"my notes\.txt"):
        place(plant, out)
    (out / "answer.json").write_text("{}")
    with pytest.raises(CannotWrite, match=r"my notes\.txt"):
        place(plant, out)


def test_csv_files_without_an_answer_are_not_ours(tmp_path):
    (tmp_path / "plant").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "lots.csv").write_text("a,b")
    with pytest.raises(CannotWrite):
        place(tmp_path / "plant", tmp_path / "out")


@pytest.mark.parametrize("inside", [".", "answer", "deep/answer"])
def test_inside_the_plant_is_refused(tmp_path, inside):
    with pytest.raises(CannotWrite):
        place(tmp_path, tmp_path / inside)


def test_a_file_in_the_way_is_refused(tmp_path):
    (tmp_path / "plant").mkdir()
    (tmp_path / "out").write_text("a file")
    with pytest.raises(CannotWrite):
        place(tmp_path / "plant", tmp_path / "out")
    with pytest.raises(CannotWrite), whole(tmp_path / "out" / "below"):
        pass


def test_a_full_disk_is_told_and_the_earlier_answer_stays(tmp_path):
    folder = tmp_path / "a.answer"
    folder.mkdir()
    (folder / "answer.json").write_text("old")
    with pytest.raises(CannotWrite, match="the disk is full"), whole(folder) as fresh:
        (fresh / "half.csv").write_text("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert files(tmp_path) == {"a.answer/answer.json": "old"}


@pytest.mark.skipif(os.name == "nt", reason="nothing is cleared up where another process cannot be asked for")
def test_what_a_killed_run_left_is_cleared_up_and_what_it_moved_comes_back(tmp_path):
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True)
    number = int(gone.stdout)
    for name, words in ((f".a.answer.{number}.old", "old"), (f".a.answer.{number}.new", "half")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "answer.json").write_text(words)
    running = tmp_path / f".a.answer.{os.getppid()}.new"
    running.mkdir()
    with pytest.raises(ValueError), whole(tmp_path / "a.answer"):
        raise ValueError
    assert files(tmp_path) == {"a.answer/answer.json": "old"}
    assert running.is_dir()
