"""Does a trend whose clock jumps, through the command, give the same profile of the piece, and is the jump named by row?"""

import json
import shutil
from datetime import datetime, timedelta

import pytest

from tundish import works
from tundish.cli.entry import run
from tundish.works import chain

FORM = "%Y-%m-%d %H:%M:%S.%f"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return works.make("chain", seed=77, out=tmp_path_factory.mktemp("works") / "plant", lines=3, pieces=60, coils=16)


def trend(folder):
    """The longest trend, as lines."""
    path = max((path for path in folder.iterdir() if "TREND" in path.name), key=lambda path: path.stat().st_size)
    return path, path.read_bytes().splitlines(keepends=True)


def told(plant, piece, capsys):
    assert run(["trace", str(plant), *piece, "--json", "--lang", "en"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def piece(made):
    knots = chain.load(made.truth_path).frames["knots"]["piece"].max()
    return chain.load(made.truth_path).frames["pieces"].row(knots, named=True)["id"]


@pytest.mark.parametrize("years", [-1, -54])
def test_the_profile_is_that_without_the_jump_and_the_row_is_named(made, piece, years, tmp_path, capsys):
    plant = shutil.copytree(made.folder, tmp_path / "plant", ignore=shutil.ignore_patterns(".tundish"))
    before = told(plant, [piece], capsys)
    path, lines = trend(plant)
    middle = len(lines) // 2
    for place in range(middle, middle + 300):
        stamp, rest = lines[place].split(b",", 1)
        moved = datetime.strptime(stamp.decode(), FORM) + timedelta(days=365 * years)
        lines[place] = moved.strftime(FORM)[:-3].encode() + b"," + rest
    path.write_bytes(b"".join(lines))
    after = told(plant, [piece], capsys)
    assert after["profile"] is not None
    assert after["profile"] == before["profile"]
    whole = told(plant, [], capsys)
    named = [(one["code"], one["file"]) for one in whole["findings"] if middle + 1 in one["rows"]]
    assert named == [("clock_went_back", path.name)]
