"""Is what was acknowledged ever lost, or there twice, whatever happens to the process, the disk or the journal?"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from landing_child import BEGIN, ROWS, batch

from tundish.errors import BrokenFile, LandingInUse, LandingRefused, Message
from tundish.intake import RawTable, SourceFile
from tundish.intake.folder import JOURNAL, walk
from tundish.intake.live import SIGNALS, Batch, Delivery, Gap, Tag
from tundish.store import LANDED, Landing
from tundish.store.journal import Sealed
from tundish.store.landed import Landed
from tundish.store.landing import due
from tundish.table import Finding, Origin

CHILD = Path(__file__).with_name("landing_child.py")


def parts(plant: Path, source: str = "plc") -> list[RawTable | SourceFile | Finding]:
    name = f"landing/{source}/{JOURNAL}"
    return list(LANDED.read(SourceFile(name, plant / name)))


def signals(plant: Path) -> pl.DataFrame:
    (table,) = (part for part in parts(plant) if isinstance(part, RawTable) and part.origin.sheet is None)
    return table.frame


def numbers(plant: Path) -> list[int]:
    """Every value that landed, in order."""
    return sorted(int(value) for value in signals(plant)["value"].to_list())


def values_of(*wanted: int) -> list[int]:
    return sorted(number * ROWS + i for number in wanted for i in range(ROWS))


def test_what_landed_is_read_again_and_a_known_key_changes_nothing(tmp_path):
    with Landing(tmp_path, "plc") as landing:
        assert [landing.append(batch(n)) for n in (1, 2, 1)] == ["new", "new", "known"]
        assert landing.cursor == "2"
    with Landing(tmp_path, "plc") as landing:
        assert landing.append(batch(2)) == "known"
        landing.seal()
        assert landing.append(batch(2)) == "known"
        assert landing.append(batch(3)) == "new"
        assert landing.cursor == "3"
    assert numbers(tmp_path) == values_of(1, 2, 3)


def test_a_second_writer_is_refused_and_may_follow_the_first(tmp_path):
    with Landing(tmp_path, "plc"), pytest.raises(LandingInUse, match=str(os.getpid())):
        Landing(tmp_path, "plc")
    Landing(tmp_path, "plc").close()


def test_a_second_process_is_refused_while_the_first_lives(tmp_path):
    child = subprocess.Popen([sys.executable, CHILD, tmp_path, "1000"], stdout=subprocess.PIPE)
    assert child.stdout.readline()
    with pytest.raises(LandingInUse, match=str(child.pid)):
        Landing(tmp_path, "plc")
    child.kill()
    child.wait()
    child.stdout.close()
    Landing(tmp_path, "plc").close()


@pytest.mark.parametrize("seal_rows", [200, 3000, 10**9], ids=["sealing all the time", "sealing now and then", "never sealing"])
def test_kill_9_at_any_moment_loses_nothing_and_doubles_nothing(tmp_path, seal_rows):
    """Landed = acknowledged, and at most the one batch whose acknowledgement was on its way."""
    dice = random.Random(seal_rows)
    acknowledged: set[int] = set()
    for _ in range(6):
        child = subprocess.Popen([sys.executable, CHILD, tmp_path, str(seal_rows)], stdout=subprocess.PIPE)
        first = child.stdout.readline()
        assert first
        time.sleep(dice.random() * 0.4)
        child.send_signal(signal.SIGKILL)
        said, _ = child.communicate()
        acknowledged |= {int(line) for line in (first, *said.splitlines())}
        landed = numbers(tmp_path)
        assert len(landed) == len(set(landed))
        batches = {value // ROWS for value in landed}
        assert landed == values_of(*batches)
        assert batches == set(range(1, max(batches) + 1))
        assert acknowledged <= batches
        assert max(batches) <= max(acknowledged) + 1
    assert len(acknowledged) > 50


@pytest.mark.parametrize("step", ["noted", "written", "recorded"])
def test_a_seal_that_breaks_off_between_its_steps_is_mended_by_the_next_start(tmp_path, step):
    """The files as a killed process leaves them after each step of sealing."""
    with Landing(tmp_path, "plc") as landing:
        for n in (1, 2):
            landing.append(batch(n))
        journal = landing._journal
        file = landing._announced(2)
        if step != "noted":
            batch(1).frame.write_parquet(landing.folder / file)
        (landing.folder / f"{file}.part").write_bytes(b"half")
        if step == "recorded":
            pl.concat([batch(1).frame, batch(2).frame]).write_parquet(landing.folder / file)
            with journal.transaction():
                journal.seal([Sealed(file, None, 2 * ROWS, BEGIN, BEGIN, 2)], 2)
    assert numbers(tmp_path) == values_of(1, 2)
    with Landing(tmp_path, "plc") as landing:
        landing.append(batch(3))
    assert numbers(tmp_path) == values_of(1, 2, 3)
    left = {path.name for path in landing.folder.iterdir() if path.suffix in (".parquet", ".part")}
    assert left == ({file} if step == "recorded" else set())


def test_small_sealed_files_become_few(tmp_path):
    with Landing(tmp_path, "plc", seal_rows=ROWS) as landing:
        for n in range(1, 201):
            landing.append(batch(n))
            if landing._merging is not None:
                landing._merging.join()
        landing.append(batch(201))
    assert len(list(landing.folder.glob("*.parquet"))) <= 30
    assert numbers(tmp_path) == values_of(*range(1, 202))


def test_a_day_of_10000_values_a_second_ends_in_some_fifty_files():
    """The rule alone, over 1,728 seals of 500,000 rows."""
    files: list[Sealed] = []
    for place in range(1728):
        files.append(Sealed(f"{place}", None, 500_000, None, None, place))
        while parts_ := due(files):
            at = files.index(parts_[0])
            files[at : at + len(parts_)] = [Sealed("m", None, sum(part.rows for part in parts_), None, None, parts_[-1].place)]
    assert sum(file.rows for file in files) == 864_000_000
    assert [file.place for file in files] == sorted(file.place for file in files)
    assert len(files) <= 60


def test_a_reader_beside_a_writer_sees_whole_batches_only(tmp_path):
    child = subprocess.Popen([sys.executable, CHILD, tmp_path, "400"], stdout=subprocess.PIPE)
    assert child.stdout.readline()
    seen = 0
    for _ in range(15):
        landed = numbers(tmp_path)
        assert landed == values_of(*range(1, len(landed) // ROWS + 1))
        assert len(landed) >= seen
        seen = len(landed)
    child.kill()
    child.communicate()


def test_gaps_tags_and_findings_come_back_as_they_were_said(tmp_path):
    gap = Gap(BEGIN, BEGIN + timedelta(minutes=3), Message("the server {name} began anew", name="plc"))
    note = Finding("odd", "warning", Message("{n} odd", n=3), Origin("landing/plc", "t", "온도"), 3, (1, 2))
    with Landing(tmp_path, "plc") as landing:
        landing.append(Batch("k", batch(1).frame, gaps=(gap,), tags=(Tag("t0", "산세조1 온도", "℃"),), findings=(note,)))
    findings = [part for part in parts(tmp_path) if isinstance(part, Finding)]
    assert findings[1] == note
    assert findings[0].code == "gap"
    assert {findings[0].message.values[key] for key in ("begin", "end")} == {gap.begin, gap.end}
    assert str(findings[0].message.values["reason"]) == "the server plc began anew"
    (tags,) = (part for part in parts(tmp_path) if isinstance(part, RawTable) and part.origin.sheet == "tags")
    assert tags.frame.select("tag", "name", "unit").rows() == [("t0", "산세조1 온도", "℃")]


def test_a_table_keeps_the_latest_version_of_each_row_and_columns_may_come(tmp_path):
    first = pl.DataFrame({"id": [1, 2], "두께": [1.5, 2.5]})
    later = pl.DataFrame({"id": [2, 3], "두께": [2.6, 3.5], "판정": ["합격", None]})
    with Landing(tmp_path, "mes") as landing:
        landing.append(Batch("1", first, table="lot", identity=("id",)))
        landing.seal()
        landing.append(Batch("2", later, table="lot", identity=("id",)))
    (table,) = parts(tmp_path, "mes")
    assert table.frame.select("id", "두께", "판정").sort("id").rows() == [(1, 1.5, None), (2, 2.6, "합격"), (3, 3.5, None)]
    assert [finding.count for finding in table.findings if finding.code == "superseded_rows"] == [1]


def test_a_delivered_file_that_changed_on_the_way_is_not_taken(tmp_path):
    from hashlib import sha256

    source = tmp_path / "결과.csv"
    source.write_bytes(b"a,b\n1,2\n")
    right, wrong = sha256(source.read_bytes()).hexdigest(), sha256(b"other").hexdigest()
    with Landing(tmp_path / "plant", "share") as landing:
        assert landing.append(Batch("1", pl.DataFrame(), file=Delivery("결과.csv", source, wrong))) == "changed"
        assert landing.append(Batch("2", pl.DataFrame(), file=Delivery("결과.csv", tmp_path / "gone.csv", wrong))) == "changed"
        assert landing.append(Batch("1", pl.DataFrame(), file=Delivery("결과.csv", source, right))) == "new"
        assert [path.name for path in (landing.folder / "files").iterdir()] == [right]
    (file,) = parts(tmp_path / "plant", "share")
    assert (file.name, file.read_bytes()) == ("landing/share/결과.csv", b"a,b\n1,2\n")


def test_a_damaged_journal_is_refused_and_left_as_it_is(tmp_path):
    with Landing(tmp_path, "plc", seal_rows=ROWS) as landing:
        landing.append(batch(1))
    journal = landing.folder / JOURNAL
    journal.write_bytes(b"not a database at all" * 500)
    before = {path.name: path.read_bytes() for path in landing.folder.iterdir() if path.is_file() and path.name != "lock"}
    with pytest.raises(LandingRefused, match="damaged"):
        Landing(tmp_path, "plc")
    assert {name: (landing.folder / name).read_bytes() for name in before} == before
    journal.unlink()
    with pytest.raises(LandingRefused, match="put it back"):
        Landing(tmp_path, "plc")


def test_an_emptied_journal_beside_landed_files_is_refused(tmp_path):
    with Landing(tmp_path, "plc", seal_rows=ROWS) as landing:
        landing.append(batch(1))
    (landing.folder / JOURNAL).write_bytes(b"")
    with pytest.raises(LandingRefused, match="put it back"):
        Landing(tmp_path, "plc")


def test_delivered_files_without_their_journal_are_refused(tmp_path):
    source = tmp_path / "결과.csv"
    source.write_bytes(b"a,b\n1,2\n")
    sha256 = hashlib.sha256(source.read_bytes()).hexdigest()
    with Landing(tmp_path / "plant", "share") as landing:
        landing.append(Batch("1", pl.DataFrame(), file=Delivery("결과.csv", source, sha256)))
    (landing.folder / JOURNAL).unlink()
    with pytest.raises(LandingRefused, match="put it back"):
        Landing(tmp_path / "plant", "share")


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO rubbish VALUES ('../../../victim')",
        "INSERT INTO sealed VALUES (NULL, '../../../victim', NULL, 5, NULL, NULL, 0)",
        "INSERT INTO delivery VALUES (NULL, 'a.csv', '../../../../victim', '2025-01-01T00:00:00+00:00')",
    ],
)
def test_a_journal_from_elsewhere_neither_opens_nor_removes_files_outside(tmp_path, statement):
    (tmp_path / "victim").write_bytes(b"x")
    plant = tmp_path / "plant"
    Landing(plant, "plc").close()
    database = sqlite3.connect(plant / "landing" / "plc" / JOURNAL)
    database.execute(statement)
    database.commit()
    database.close()
    with suppress(LandingRefused), Landing(plant, "plc"):
        pass
    with suppress(BrokenFile):
        assert not [part for part in parts(plant) if not isinstance(part, Finding)]
    assert (tmp_path / "victim").read_bytes() == b"x"


def test_a_journal_of_a_later_version_is_refused(tmp_path):
    Landing(tmp_path, "plc").close()
    database = sqlite3.connect(tmp_path / "landing" / "plc" / JOURNAL)
    database.execute("PRAGMA user_version=99")
    database.close()
    with pytest.raises(LandingRefused, match="version"):
        Landing(tmp_path, "plc")


def test_a_folder_that_may_not_be_written_is_refused_and_still_read(powerless):
    with Landing(powerless, "plc") as landing:
        landing.append(batch(1))
    landing.folder.chmod(0o555)
    for path in landing.folder.iterdir():
        path.chmod(0o555 if path.is_dir() else 0o444)
    with pytest.raises(LandingRefused, match="no permission"):
        Landing(powerless, "plc")
    assert numbers(powerless) == values_of(1)
    (powerless / "other").mkdir(mode=0o555)
    with pytest.raises(LandingRefused, match="no permission"):
        Landing(powerless / "other", "plc")


FULL = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from landing_child import batch
from tundish.errors import LandingRefused
from tundish.store import Landing
with Landing(Path(sys.argv[1]), "plc", seal_rows=int(sys.argv[3])) as landing:
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
    number = 0
    try:
        while number < 500:
            landing.append(batch(number + 1))
            number += 1
    except LandingRefused as failure:
        print(number, failure)
"""


@pytest.mark.parametrize("seal_rows", [10**9, 400])
def test_a_full_disk_stops_the_landing_and_keeps_what_was_acknowledged(tmp_path, seal_rows):
    words = [sys.executable, "-c", FULL, tmp_path, CHILD.parent, str(seal_rows)]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    last = int(said.split()[0])
    assert 0 < last < 500
    assert "What was acknowledged before lies there untouched" in said
    landed = {value // ROWS for value in numbers(tmp_path)}
    assert set(range(1, last + 1)) <= landed <= set(range(1, last + 2))
    with Landing(tmp_path, "plc") as landing:
        landing.append(batch(last + 2))
    assert numbers(tmp_path)[-1] == values_of(last + 2)[-1]


def test_intake_meets_the_journal_only(tmp_path):
    with Landing(tmp_path, "plc", seal_rows=ROWS) as landing:
        landing.append(batch(1))
        (landing.folder / "000-x.parquet.part").write_bytes(b"half")
        (landing.folder / "files" / "stray.csv").write_bytes(b"half")
        assert list(walk(tmp_path).files) == [f"landing/plc/{JOURNAL}"]


def test_a_sealed_file_that_somebody_took_away_is_told(tmp_path):
    with Landing(tmp_path, "plc", seal_rows=ROWS) as landing:
        landing.append(batch(1))
        landing.append(batch(2))
    sorted(landing.folder.glob("*.parquet"))[0].unlink()
    assert numbers(tmp_path) == values_of(2)
    assert [part.code for part in parts(tmp_path) if isinstance(part, Finding)] == ["landed_file_missing"]


def test_the_latest_rows_are_read_when_there_are_too_many(tmp_path):
    with Landing(tmp_path, "plc", seal_rows=3 * ROWS) as landing:
        for n in range(1, 21):
            landing.append(batch(n))
    name = f"landing/plc/{JOURNAL}"
    read = list(Landed(most_rows=5 * ROWS).read(SourceFile(name, tmp_path / name)))
    (table,) = (part for part in read if isinstance(part, RawTable) and part.origin.sheet is None)
    landed = sorted(map(int, table.frame["value"].to_list()))
    assert landed == values_of(*range(21 - len(landed) // ROWS, 21))
    assert 5 * ROWS <= len(landed) <= 9 * ROWS
    assert [(part.code, part.severity) for part in read if isinstance(part, Finding)] == [("landed_rows_cut", "error")]


def test_signals_of_another_shape_are_the_connectors_fault(tmp_path):
    with Landing(tmp_path, "plc") as landing, pytest.raises(ValueError, match="signals are"):
        landing.append(Batch("1", pl.DataFrame({"time": [1]})))
    assert SIGNALS.names() == ["time", "tag", "value", "text", "quality"]
