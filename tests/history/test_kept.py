"""Is what was traced kept whole or not at all, taken while it is true, and never in the way?"""

import os
import shutil

import made_chain as made
import pytest

from tundish.intake.folder import walk
from tundish.settings import Settings
from tundish.store import traced
from tundish.table import ROW, Column, Origin, Table
from tundish.trace.history import history, in_memory


@pytest.fixture
def plant(tmp_path):
    folder = tmp_path / "plant"
    folder.mkdir()
    (folder / "a.csv").write_text("id;t\n1;2\n", encoding="utf-8")
    return folder


def test_any_change_of_the_plant_or_its_decisions_is_noticed(plant):
    first = traced.fingerprint(plant, Settings())
    assert first == traced.fingerprint(plant, Settings())
    seen = {first, traced.fingerprint(plant, Settings(keys={"a.csv": "id"}))}
    (plant / "quarantine.csv").write_text("x", encoding="utf-8")
    seen.add(traced.fingerprint(plant, Settings()))
    os.utime(plant / "a.csv", ns=(1, 1))
    seen.add(traced.fingerprint(plant, Settings()))
    (plant / "b.csv").write_text("id;t\n", encoding="utf-8")
    seen.add(traced.fingerprint(plant, Settings()))
    assert len(seen) == 5


def test_what_is_kept_is_hidden_from_intake_and_replaces_what_was(plant):
    traced.keep(in_memory(made.genealogy()), plant, "old")
    traced.keep(in_memory(made.genealogy()), plant, "new")
    assert list(walk(plant).files) == ["a.csv"]
    assert [path.name for path in (plant / traced.FOLDER).iterdir()] == ["new"]
    assert traced.load(plant, "old") is None


def test_a_damaged_workspace_is_none(plant):
    traced.keep(in_memory(made.genealogy()), plant, "k")
    assert traced.load(plant, "k") is not None
    part = plant / traced.FOLDER / "k" / "edges" / "child.npy"
    part.write_bytes(part.read_bytes()[:-8])
    assert traced.load(plant, "k") is None
    shutil.rmtree(plant / traced.FOLDER / "k" / "index")
    assert traced.load(plant, "k") is None


def test_a_place_that_cannot_be_written_is_said_and_nothing_is_left(plant):
    (plant / ".tundish").write_text("in the way", encoding="utf-8")
    told = traced.keep(in_memory(made.genealogy()), plant, "k")
    assert [finding.code for finding in told.findings].count("not_kept") == 1
    assert "not_kept" in [finding.code for finding in history(told, "T-31").findings]
    assert (plant / ".tundish").read_text(encoding="utf-8") == "in the way"


def test_an_interrupted_writing_leaves_nothing(plant):
    class Stopped:
        frame = property(lambda self: (_ for _ in ()).throw(KeyboardInterrupt))

    there = in_memory(made.genealogy())
    broken = type(there)(**{**vars(there), "stays": Stopped()})
    with pytest.raises((KeyboardInterrupt, TypeError)):
        traced.keep(broken, plant, "k")
    assert list((plant / traced.FOLDER).iterdir()) == []


def test_tables_come_back_with_their_columns(plant):
    import polars as pl

    column = Column("line.speed", "number", (Origin("t.csv", None, "속도"),), "line.speed", unit_read="m/min", factor=1 / 60)
    table = Table("t", pl.DataFrame({ROW: [2, 3], "line.speed": [1.0, 2.0]}), (column,), (Origin("t.csv"),))
    kept = traced.keep(in_memory(made.genealogy(), tables=[table]), plant, "k")
    assert kept.tables[0].head.columns == (column,)
    assert kept.tables[0].rows(pl.col("line.speed") > 1)["line.speed"].to_list() == [2.0]


def test_nulls_come_back_as_nulls(plant):
    there = in_memory(made.genealogy())
    kept = traced.keep(there, plant, "k")
    import numpy as np

    for name in ("pieces", "edges", "stays"):
        rows = np.arange(getattr(there, name).height)
        assert getattr(kept, name).take(rows).equals(getattr(there, name).take(rows), null_equal=True), name


def test_a_kept_file_with_other_bytes_of_the_same_length_is_none(plant):
    traced.keep(in_memory(made.genealogy()), plant, "k")
    folder = plant / traced.FOLDER / "k"
    for path in (path for path in folder.rglob("*") if path.is_file()):
        sound, stat = path.read_bytes(), path.stat()
        place = len(sound) * 3 // 4
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :])
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        assert traced.load(plant, "k") is None, path.name
        path.write_bytes(sound)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert traced.load(plant, "k") is not None
