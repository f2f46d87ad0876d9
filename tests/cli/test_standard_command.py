"""Does `tundish standard` write the whole package or none, beside the plant and never into it?"""

import json

import pytest

from tundish.aas import read_package
from tundish.cli.entry import run
from tundish.cli.output import place
from tundish.errors import CannotWrite

FILES = {
    "checklist.html",
    "checklist.xlsx",
    "guide.html",
    "guide.xlsx",
    "verification.html",
    "verification.xlsx",
    "standard.json",
}


@pytest.fixture
def plant(tmp_path):
    folder = tmp_path / "1공장"
    folder.mkdir()
    rows = "\n".join(f"L{n:03d},2025-03-{1 + n // 4:02d} 0{n % 4}:00,{80 + n % 7},{n % 5}" for n in range(80))
    (folder / "산세.csv").write_text(f"LOT NO,기록시각,산세조1 온도(℃),무엇인지 모를 값\n{rows}", encoding="utf-8")
    return folder


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_the_package_stands_beside_the_plant(plant, capsys, lang):
    before = contents(plant)
    assert run(["standard", str(plant), "--lang", lang]) == 0
    folder = plant.with_name("1공장.standard")
    assert {path.name for path in folder.iterdir()} == FILES | {"1공장.aasx", "1공장.json", "series"}
    assert contents(plant) == before
    summary = json.loads((folder / "standard.json").read_text(encoding="utf-8"))
    assert (summary["tags"], summary["mapped"], summary["open"]) == (4, 3, 1)
    assert summary["metamodel_faults"] == 0
    package, found = read_package(folder / "1공장.aasx")
    assert not found
    assert package.environment == json.loads((folder / "1공장.json").read_text(encoding="utf-8"))
    said = capsys.readouterr().out
    assert str(folder) in said
    assert "75%" in said


def test_a_second_run_takes_its_place(plant):
    assert run(["standard", str(plant)]) == 0
    folder = plant.with_name("1공장.standard")
    first = contents(folder)
    assert run(["standard", str(plant)]) == 0
    again = contents(folder)
    assert {name: first[name] for name in first if name.endswith((".aasx", ".json", ".parquet"))} == {
        name: again[name] for name in again if name.endswith((".aasx", ".json", ".parquet"))
    }


def test_a_folder_of_something_else_is_left_alone(plant, tmp_path):
    other = tmp_path / "mine"
    (other / "series").mkdir(parents=True)
    (other / "series" / "a.txt").write_text("mine")
    assert run(["standard", str(plant), "--out", str(other)]) == 2
    assert (other / "series" / "a.txt").read_text() == "mine"
    with pytest.raises(CannotWrite):
        place(plant, plant / "out", paper="standard")


def test_a_fault_leaves_nothing_half_written(plant, tmp_path):
    (plant / "leer.csv").write_text("")
    assert run(["standard", str(plant)]) == 2
    assert {path.name for path in tmp_path.iterdir()} == {"1공장"}
