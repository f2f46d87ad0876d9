"""Does every file of a watched folder land once, whole, in every version, whatever is done to the folder?"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import unicodedata
from pathlib import Path

import pytest

from tundish.connectors.folder import open_source
from tundish.errors import BadSettings, SourceRefused
from tundish.intake import SourceFile
from tundish.intake.folder import JOURNAL
from tundish.store import LANDED, Landing
from tundish.table import Finding


@pytest.fixture
def share(tmp_path: Path) -> Path:
    folder = tmp_path / "share"
    folder.mkdir()
    return folder


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    folder = tmp_path / "plant"
    folder.mkdir()
    return folder


def watch(share: Path, **options: object):
    return open_source("mes", {"path": str(share), "stable_s": 0.1, "poll_s": 0.05, **options})


def land(plant: Path, source, *, once: bool = True) -> int:
    """What collect does; how many batches were new."""
    new = 0
    with Landing(plant, "mes") as landing:
        for batch in source.batches(landing.cursor, once=once):
            landed = landing.append(batch)
            if landed != "changed":
                source.acknowledge(batch)
            new += landed == "new" and batch.file is not None
    return new


def landed(plant: Path) -> tuple[dict[str, bytes], list[Finding]]:
    name = f"landing/mes/{JOURNAL}"
    parts = list(LANDED.read(SourceFile(name, plant / name)))
    files = {part.name.removeprefix("landing/mes/"): part.read_bytes() for part in parts if isinstance(part, SourceFile)}
    return files, [part for part in parts if isinstance(part, Finding)]


def test_the_same_file_twice_changes_nothing_and_other_bytes_are_a_new_version(share, plant):
    (share / "결과.csv").write_bytes(b"1")
    (share / "sub").mkdir()
    (share / "sub" / "b.csv").write_bytes(b"2")
    assert land(plant, watch(share)) == 2
    assert land(plant, watch(share)) == 0
    os.utime(share / "결과.csv", (1, 1))
    assert land(plant, watch(share)) == 0
    for content in (b"changed", b"1", b"changed"):
        (share / "결과.csv").write_bytes(content)
        assert land(plant, watch(share)) == 1
        files, findings = landed(plant)
        assert files == {"결과.csv": content, "sub/b.csv": b"2"}
    assert [finding.code for finding in findings] == ["file_superseded"] * 3
    assert findings[0].origin.file == "landing/mes/결과.csv"


def test_what_vanishes_from_the_folder_stays_landed(share, plant):
    (share / "a.csv").write_bytes(b"1")
    land(plant, watch(share))
    (share / "a.csv").unlink()
    land(plant, watch(share))
    assert landed(plant)[0] == {"a.csv": b"1"}


def test_a_file_that_is_still_written_is_left_alone_and_lands_whole(share, plant):
    whole = b"".join(b"%06d\n" % n for n in range(400))
    source = watch(share, stable_s=0.3)
    thread = threading.Thread(target=land, args=(plant, source), kwargs={"once": False})
    thread.start()
    with (share / "log.csv").open("wb", buffering=0) as file:
        for n in range(0, len(whole), 280):
            file.write(whole[n : n + 280])
            time.sleep(0.06)
    time.sleep(1)
    source.stop()
    thread.join(10)
    files, findings = landed(plant)
    assert files == {"log.csv": whole}
    assert findings == []


def test_temporary_hidden_and_empty_files_are_passed_by(share, plant):
    for name in ("~$book.xlsx", ".hidden.csv", "a.csv.tmp", "b.csv.part", "C.CRDOWNLOAD", "d.csv~", "Thumbs.db"):
        (share / name).write_bytes(b"x")
    (share / "empty.csv").write_bytes(b"")
    (share / "right.csv").write_bytes(b"x")
    land(plant, watch(share))
    assert set(landed(plant)[0]) == {"right.csv"}


def test_a_link_is_not_followed_and_told_once(share, plant, tmp_path):
    (tmp_path / "secret.csv").write_bytes(b"x")
    (share / "link.csv").symlink_to(tmp_path / "secret.csv")
    for _ in range(2):
        land(plant, watch(share))
    files, findings = landed(plant)
    assert files == {}
    assert [finding.code for finding in findings] == ["link_passed_by"]


def test_names_that_mean_harm_or_were_not_stored_as_utf_8_land_under_a_name_that_can_be_read(share, plant):
    raw = [
        b"line\nbreak.csv",
        b"x\\..\\up.csv",
        "한글.csv".encode("cp949"),
        "나".encode() + b".csv",
        b"\x1b[31mred.csv",
        b"-rf.csv",
    ]
    for number, name in enumerate(raw):
        Path(os.fsdecode(os.fsencode(share) + b"/" + name)).write_bytes(b"%d" % number)
    land(plant, watch(share))
    files, _ = landed(plant)
    assert set(files) == {"line\nbreak.csv", "x\\..\\up.csv", "한글.csv", "나.csv", "\x1b[31mred.csv", "-rf.csv"}
    assert land(plant, watch(share)) == 0


def test_two_spellings_of_one_name_stay_two_files(share, plant):
    (share / "가.csv").write_bytes(b"composed")
    (share / unicodedata.normalize("NFD", "가.csv")).write_bytes(b"taken apart")
    if len(list(share.iterdir())) < 2:
        pytest.skip("this file system knows one spelling only")
    for _ in range(2):
        land(plant, watch(share))
    files, findings = landed(plant)
    assert sorted(files.values()) == [b"composed", b"taken apart"]
    assert findings == []


def test_a_share_that_goes_away_is_waited_for(share, plant):
    (share / "a.csv").write_bytes(b"1")
    source = watch(share)
    thread = threading.Thread(target=land, args=(plant, source), kwargs={"once": False})
    thread.start()
    time.sleep(0.5)
    away = share.with_name("away")
    share.rename(away)
    time.sleep(0.3)
    assert "cannot be reached" in str(source.waiting_for)
    (away / "b.csv").write_bytes(b"2")
    away.rename(share)
    time.sleep(0.6)
    assert source.waiting_for is None
    source.stop()
    thread.join(10)
    assert landed(plant)[0] == {"a.csv": b"1", "b.csv": b"2"}


def test_a_folder_that_never_was_is_refused(share, plant):
    with pytest.raises(SourceRefused, match="no folder"):
        list(watch(share / "none").batches(None))


def test_only_what_was_asked_for(share, plant):
    for name in ("a.csv", "b.xlsx", "c.txt"):
        (share / name).write_bytes(name.encode())
    land(plant, watch(share, files=["*.csv", "b.*"]))
    assert set(landed(plant)[0]) == {"a.csv", "b.xlsx"}


def test_asked_for_names_are_one_in_large_and_small_letters_and_however_hangul_is_stored(share, plant):
    for name in ("A.CSV", unicodedata.normalize("NFD", "생산실적.csv"), "b.txt"):
        (share / name).write_bytes(name.encode())
    land(plant, watch(share, files=["a*.csv", "생산*.csv"]))
    assert set(landed(plant)[0]) == {"A.CSV", "생산실적.csv"}


def test_a_linked_folder_is_told(share, plant, tmp_path):
    (tmp_path / "other").mkdir()
    (share / "linked").symlink_to(tmp_path / "other")
    land(plant, watch(share))
    assert [finding.code for finding in landed(plant)[1]] == ["link_passed_by"]


def test_a_landed_file_that_somebody_took_away_is_told_and_the_others_are_read(share, plant):
    for name in ("a.csv", "b.csv"):
        (share / name).write_bytes(name.encode())
    land(plant, watch(share))
    next((plant / "landing" / "mes" / "files").iterdir()).unlink()
    files, findings = landed(plant)
    assert len(files) == 1
    assert [finding.code for finding in findings] == ["landed_file_missing"]


def test_a_landed_file_that_somebody_took_away_comes_again_while_it_stands_in_the_folder(share, plant):
    for name in ("a.csv", "b.csv"):
        (share / name).write_bytes(name.encode())
    known = {"folder": str(plant / "landing" / "mes")}
    assert land(plant, watch(share, **known)) == 2
    for path in (plant / "landing" / "mes" / "files").iterdir():
        path.unlink()
    (share / "b.csv").unlink()
    assert land(plant, watch(share, **known)) == 1
    files, findings = landed(plant)
    assert files == {"a.csv": b"a.csv"}
    assert [finding.code for finding in findings] == ["landed_file_missing"]
    (share / "b.csv").write_bytes(b"b.csv")
    assert land(plant, watch(share, **known)) == 1
    assert land(plant, watch(share, **known)) == 0
    assert landed(plant) == ({"a.csv": b"a.csv", "b.csv": b"b.csv"}, [])


def test_a_file_without_a_byte_is_told_once_and_lands_when_it_is_written(share, plant):
    (share / "empty.csv").write_bytes(b"")
    for _ in range(2):
        assert land(plant, watch(share)) == 0
    files, findings = landed(plant)
    assert files == {}
    assert [(finding.code, finding.origin.file) for finding in findings] == [("file_empty", "landing/mes/empty.csv")]
    (share / "empty.csv").write_bytes(b"1")
    assert land(plant, watch(share)) == 1
    (share / "empty.csv").write_bytes(b"")
    assert land(plant, watch(share)) == 0
    files, findings = landed(plant)
    assert files == {"empty.csv": b"1"}
    assert [finding.code for finding in findings] == ["file_empty", "file_empty"]


def test_our_own_landing_below_the_folder_is_not_taken_in_again(share):
    (share / "a.csv").write_bytes(b"1")
    assert land(share, watch(share)) == 1
    assert land(share, watch(share)) == 0


@pytest.mark.parametrize(
    ("options", "key"), [({}, "path"), ({"path": "x", "poll_s": -1}, "poll_s"), ({"path": "x", "o": 1}, "o")]
)
def test_wrong_words_are_refused_by_name(options, key):
    with pytest.raises(BadSettings, match=rf"sources\.mes\.{key}"):
        open_source("mes", options)


READER = """
import sys
from pathlib import Path
from tundish.connectors.folder import open_source
from tundish.store import Landing
source = open_source("mes", {"path": sys.argv[2], "stable_s": 0.05, "poll_s": 0.05})
with Landing(Path(sys.argv[1]), "mes") as landing:
    for batch in source.batches(landing.cursor):
        if landing.append(batch) != "changed":
            source.acknowledge(batch)
"""


def test_kill_9_while_files_come_every_file_lands_once(share, plant):
    wanted: dict[str, bytes] = {}
    for turn in range(5):
        child = subprocess.Popen([sys.executable, "-c", READER, plant, share])
        for n in range(20):
            name = f"{turn}-{n}.csv"
            wanted[name] = name.encode() * 2000
            (share / name).write_bytes(wanted[name])
            time.sleep(0.02)
        time.sleep(0.1 * turn)
        child.kill()
        child.wait()
    land(plant, watch(share))
    files, findings = landed(plant)
    assert files == wanted
    assert findings == []
