"""Does an engineer get the history of a piece from a folder of exports, with the terminal alone?"""

import json
import os
import shutil
from pathlib import Path

import polars as pl
import pytest
from jsonschema import Draft202012Validator

from tundish import flow, works
from tundish.cli.entry import run
from tundish.cli.plant import decided_by
from tundish.cli.trace import page_name
from tundish.store import traced
from tundish.works import chain

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "history.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("works") / "제강 공장"
    return works.make("chain", seed=2, out=folder, lines=3, pieces=80, coils=24)


@pytest.fixture(scope="module")
def truth(made):
    return chain.load(made.truth_path)


@pytest.fixture(scope="module")
def final(truth):
    """The last coil with trends, its truth and how its id is written."""
    knots = truth.frames["knots"]
    number = knots["piece"].max()
    kin = truth.frames["pieces"].filter(pl.col("piece") == number).row(0, named=True)
    length = knots.filter(pl.col("piece") == number)["x_m"].max()
    return {**kin, "number": number, "x_m": length}


@pytest.fixture(scope="module")
def exports(made):
    """What production, quality and laboratory exported, without the trends; read while it may be."""
    names = [path.name for path in made.folder.iterdir() if path.is_file() and "TREND" not in path.name]
    return {name: (made.folder / name).read_bytes() for name in names if name != "plant.toml"}


@pytest.fixture(scope="module")
def plant(made, final):
    """The plant, traced once."""
    assert run(["trace", str(made.folder), final["id"], "--lang", "en"]) == 0
    return made.folder


def test_the_page_and_the_screen_tell_of_the_piece(plant, final, capsys):
    before = {path: path.stat().st_mtime_ns for path in (plant / traced.FOLDER).rglob("*")}
    assert run(["trace", str(plant), final["id"].lower().replace("-", " "), "--lang", "ko"]) == 0
    said = capsys.readouterr().out
    pages = list(plant.with_name(plant.name + ".trace").glob("*.html"))
    assert len(pages) == 1
    assert str(pages[0]) in said
    assert {path: path.stat().st_mtime_ns for path in (plant / traced.FOLDER).rglob("*")} == before, "taken from what was kept"
    page = pages[0].read_text(encoding="utf-8")
    assert page.count("<polyline") >= 1, "the profile is drawn"
    assert page.count('class="signal"') >= 1


def test_the_json_stands_alone_and_keeps_its_form(plant, final, capsys, tmp_path):
    before = sorted(path.name for path in plant.parent.iterdir())
    assert run(["trace", str(plant), final["id"], "--json"]) == 0
    printed = capsys.readouterr()
    told = json.loads(printed.out)
    Draft202012Validator(SCHEMA).validate(told)
    assert sorted(path.name for path in plant.parent.iterdir()) == before
    profile = told["profile"]
    assert profile["length_m"] == pytest.approx(final["x_m"], rel=0.02)
    cells = {len(signal[name]) for signal in profile["signals"] for name in ("mean", "low", "high")}
    assert len(cells) == 1
    assert cells.pop() * profile["cell_m"] >= profile["length_m"]
    for signal in profile["signals"]:
        for low, mean, high in zip(signal["low"], signal["mean"], signal["high"], strict=True):
            assert low is None or low - 1e-6 * abs(low) <= mean <= high + 1e-6 * abs(high)


def test_what_it_was_made_of_is_the_truth(plant, final, truth):
    here = told(plant, final["id"])
    edges, kin = truth.frames["edges"], truth.frames["pieces"]
    ids = dict(kin.select("piece", "id").iter_rows())
    parents = {_bare(ids[one]) for one in edges.filter(pl.col("child") == final["number"])["parent"]}
    assert {_bare(here.pieces[tie.parent].id) for tie in here.up if tie.depth == 1} == parents


def test_siblings_are_made_of_the_same_parents(plant, final):
    here = told(plant, final["id"])
    for family in here.siblings[:3]:
        other = told(plant, here.pieces[family.pieces[0]].id)
        assert family.parent in {tie.parent for tie in other.up}


def test_an_overview_without_a_piece(plant, capsys, tmp_path):
    assert run(["trace", str(plant), "--lang", "en", "--out", str(tmp_path / "o")]) == 0
    assert "Material of" in capsys.readouterr().out
    assert (tmp_path / "o" / "index.html").exists()
    assert run(["trace", str(plant), "--json"]) == 0
    Draft202012Validator(SCHEMA).validate(json.loads(capsys.readouterr().out))


def test_a_gauge_that_no_file_has_is_said(plant, final, tmp_path):
    copy = shutil.copytree(plant, tmp_path / "copy")
    with (copy / "plant.toml").open("a", encoding="utf-8") as written:
        written.write('"TREND_HSM.csv:없는열" = 4.5\n')
    codes = [finding.origin.column for finding in told(copy, final["id"]).findings if finding.code == "no_such_gauge"]
    assert codes == ["TREND_HSM.csv:없는열"], "gauges of other lines are not wrong"


@pytest.mark.parametrize("wrong", ["ZZ-9999", "../x", "<b>x</b>", "coil:", ":", "@2025-01-01", "\u202e1", "0" * 5000])
def test_a_wrong_number_is_one_sentence(plant, wrong, capsys):
    assert run(["trace", str(plant), wrong, "--lang", "en"]) != 0
    said = capsys.readouterr()
    assert said.out == ""
    assert "no piece of this plant has this number" in said.err
    assert "Traceback" not in said.err


def test_a_level_may_be_said_in_korean(plant, final):
    plain = told(plant, final["id"])
    for word in ("코일", "coil"):
        assert told(plant, f"{word}:{final['id']}").piece == plain.piece


def test_a_folder_without_production_records_says_so(plant, tmp_path, capsys):
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "trend.csv").write_text("시각,속도(m/min)\n2025-01-01 00:00:00,100\n2025-01-01 00:00:01,101\n", encoding="utf-8")
    assert run(["trace", str(bare), "--lang", "en"]) == 0
    assert "production record" in capsys.readouterr().out
    assert run(["trace", str(bare), "X1", "--lang", "en"]) != 0
    assert "production record" in capsys.readouterr().err


def test_an_export_that_changed_is_traced_anew(plant, final, tmp_path):
    copy = shutil.copytree(plant, tmp_path / "copy")
    first = traced.fingerprint(copy, decided_by(copy))
    assert traced.load(copy, first) is not None, "a copy with the same times of change needs no tracing"
    for lab in copy.glob("시험실적.*"):
        os.utime(lab, ns=(1, 1))
    told(copy, final["id"])
    assert [path.name for path in (copy / traced.FOLDER).iterdir()] == [traced.fingerprint(copy, decided_by(copy))]
    assert first not in {path.name for path in (copy / traced.FOLDER).iterdir()}


def test_a_folder_that_may_only_be_read_is_traced_and_left_alone(exports, final, powerless, capsys):
    copy = powerless / "plant"
    copy.mkdir()
    for name, content in exports.items():
        (copy / name).write_bytes(content)
    copy.chmod(0o555)
    assert run(["trace", str(copy), final["id"], "--lang", "en", "--out", str(powerless / "out")]) == 0
    assert "could not be kept" in capsys.readouterr().out
    assert sorted(path.name for path in copy.iterdir()) == sorted(exports)
    copy.chmod(0o755)


def test_page_names_are_safe_on_every_system():
    assert page_name("HC-1234") == "HC-1234.html"
    assert page_name("con").startswith("_con-")


def told(plant, piece):
    return flow.history(plant, piece, decided_by(plant), lambda *_: None)


def _bare(text):
    return text.upper().replace("-", "").replace("_", "").replace(" ", "").lstrip("0")
