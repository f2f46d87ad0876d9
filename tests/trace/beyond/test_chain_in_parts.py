"""Does a chain of lines whose trends are larger than memory tell the same as one that is held?"""

import shutil
from dataclasses import replace

import polars as pl
import pytest

from tundish import flow, trace, works
from tundish.cli.plant import decided_by
from tundish.trace.history import along
from tundish.trace.large import about_ids
from tundish.vocabulary import load_catalogue

HELD = 100_000


def said(*_):
    """No one is told of progress."""


@pytest.fixture(scope="module")
def plants(tmp_path_factory):
    """A chain, twice: what is traced is kept beside it."""
    folder = tmp_path_factory.mktemp("chain")
    works.make("chain", seed=5, out=folder / "held", sample_s=2.0, lines=3, coils=15)
    shutil.copytree(folder / "held", folder / "parts")
    return folder / "held", folder / "parts"


@pytest.fixture(scope="module")
def told(plants):
    """The material of both."""
    settings = decided_by(plants[0])
    return flow.material(plants[0], settings, said), flow.material(plants[1], settings, said, held_bytes=HELD)


def test_lines_and_clocks_of_each_file_are_the_same(told):
    held, parts = told
    assert dict(parts.lines) == dict(held.lines)
    assert len(parts.lines) >= 3
    assert parts.clocks == held.clocks


def test_profiles_of_pieces_are_the_same_to_the_bit(told, plants):
    held, parts = told
    settings, catalogue = decided_by(plants[0]), load_catalogue()
    seen = 0
    for number in range(held.pieces.height - 1, 0, -1):
        one = along(held, number, catalogue, gauges_m=settings.gauges_m)
        if one is None or not one.profile.signals:
            continue
        other = along(parts, number, catalogue, gauges_m=settings.gauges_m)
        assert other is not None
        assert other.profile.signals == one.profile.signals
        assert other.profile.places.equals(one.profile.places)
        for mine, theirs in zip(one.profile.levels, other.profile.levels, strict=True):
            for field in ("mean", "low", "high"):
                assert getattr(mine, field).tobytes() == getattr(theirs, field).tobytes(), field
        seen += 1
        if seen == 3:
            return
    pytest.fail("no piece has a profile")


def test_signals_of_earlier_lines_come_to_the_pieces(plants):
    made = []
    for plant, held in zip(plants, (2**30, HELD), strict=True):
        settings = replace(decided_by(plant), target=None)
        prepared = flow.prepare(plant, settings, said, held_bytes=held)
        with flow.bench(plant, settings, prepared.tables.tables) as bench:
            pieces = trace.trace(
                prepared.tables.tables, prepared.target, prepared.catalogue, bench=bench, time_zone=settings.time_zone
            )
        made.append(pieces)
    of_line = [{column.name for column in one.table.columns if (column.window or "").startswith("upstream:")} for one in made]
    assert of_line[0]
    assert of_line[1] == of_line[0]
    assert made[1].clocks == made[0].clocks
    assert any(finding.code == "whole_stay_in_parts" for finding in made[1].table.findings)


def test_records_that_are_too_large_are_an_error(plants):
    found = flow.standard(plants[1], decided_by(plants[1]), said, held_bytes=HELD)
    records = [table for table in found.tables.tables if not table.parts]
    parted = next(table for table in found.tables.tables if table.parts)
    record = next(table for table in records if any(column.concept == "identity.coil" for column in table.columns))
    (one,) = about_ids([replace(record, parts=parted.parts, recipes=parted.recipes)], load_catalogue())
    assert (one.code, one.severity) == ("ids_in_parts", "error")
    assert about_ids(records, load_catalogue()) == []
    assert isinstance(record.frame, pl.DataFrame)
