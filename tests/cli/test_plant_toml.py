"""Is every word of plant.toml read, and every wrong one refused with key, expected and found?"""

import pytest

from tundish.cli.decided import save, with_target
from tundish.cli.plant_toml import read
from tundish.errors import BadSettings
from tundish.settings import ComputeSettings, Settings

WHOLE = """
[plant]
time_zone = "Asia/Tokyo"
target = "검사.csv:판정"
bad = "불량"
higher_is = "worse"
decision_moment = "start"
[read]
skip = ["옛날.xlsx"]
ragged = "set_aside"
[mapping]
"검사.csv:두께" = "plate.thickness"
"검사.csv:비고" = "-"
[units]
"plc.csv:T1" = "℃"
[missing]
"plc.csv:T1" = [0, -9999]
[keys]
"검사.csv" = "로트"
[clocks]
"plc.csv" = -43
[known]
"검사.csv:검사자" = "after"
[turnable]
"plc.csv:T1" = true
[limits]
"검사.csv:YS" = { low = 245 }
[cost]
per_bad = 50000
[compute]
engine = "ray"
address = "10.0.0.5:6379"
"""


def write(folder, text, encoding="utf-8"):
    path = folder / "plant.toml"
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_every_word_is_read(tmp_path, encoding):
    assert read(write(tmp_path, WHOLE, encoding)) == Settings(
        time_zone="Asia/Tokyo",
        skip=("옛날.xlsx",),
        ragged={"*": "set_aside"},
        mapping={"검사.csv:두께": "plate.thickness", "검사.csv:비고": "-"},
        units={"plc.csv:T1": "℃"},
        missing={"plc.csv:T1": (0.0, -9999.0)},
        keys={"검사.csv": "로트"},
        clock_offsets_s={"plc.csv": -43.0},
        target="검사.csv:판정",
        bad="불량",
        higher_is="worse",
        decision_moment="start",
        known={"검사.csv:검사자": "after"},
        turnable={"plc.csv:T1": True},
        limits={"검사.csv:YS": (245, None)},
        cost_per_bad=50000,
        compute=ComputeSettings("ray", None, "10.0.0.5:6379"),
    )


def test_an_empty_file_decides_nothing(tmp_path):
    assert read(write(tmp_path, "# nothing yet\n")) == Settings()


@pytest.mark.parametrize(
    ("text", "key", "found"),
    [
        ('[plant]\ntime_zone = "Seoul"', "plant.time_zone", '"Seoul"'),
        ("[plant]\ntarget = 3", "plant.target", "3"),
        ('[plant]\ntarget = " "', "plant.target", '" "'),
        ('[plant]\nhigher_is = "good"', "plant.higher_is", '"good"'),
        ("[plant]\ntraget = 'x'", "plant.traget", '"traget"'),
        ("[plnat]\ntarget = 'x'", "plnat", '"plnat"'),
        ("plant = 3", "[plant]", "3"),
        ('[clocks]\n"plc.csv" = "43 s"', 'clocks."plc.csv"', '"43 s"'),
        ('[turnable]\n"a:b" = 1', 'turnable."a:b"', "1"),
        ('[limits]\n"a:b" = [1, 2]', 'limits."a:b"', "[1, 2]"),
        ('[limits]\n"a:b" = { lo = 1 }', 'limits."a:b"', "{ lo = 1 }"),
        ('[limits]\n"a:b" = { low = 9, high = 1 }', 'limits."a:b"', "{ low = 9, high = 1 }"),
        ('skip = ["old.csv"]', "skip", '["old.csv"]'),
        ('[missing]\n"a:b" = 0', 'missing."a:b"', "0"),
        ("[cost]\nper_bad = -1", "cost.per_bad", "-1"),
        ('[read]\nragged = "ignore"', "read.ragged", '"ignore"'),
        ('[read.ragged]\n"a.csv" = "ignore"', 'read.ragged."a.csv"', '"ignore"'),
        ('[known]\n"a:b" = "later"', 'known."a:b"', '"later"'),
        ('[compute]\nengine = "dask"', "compute.engine", '"dask"'),
        ("[compute]\nworkers = 0", "compute.workers", "0"),
        ("[compute]\nworkers = true", "compute.workers", "true"),
        ('[compute]\nengine = "ray"\naddress = "head"', "compute.address", '"head"'),
        ('[compute]\naddress = "head:6379"', "compute.address", '"local"'),
        ('[compute]\nengine = "ray"\nworkers = 2\naddress = "head:6379"', "compute.workers", "2"),
    ],
)
def test_a_wrong_word_is_named(tmp_path, text, key, found):
    with pytest.raises(BadSettings) as refused:
        read(write(tmp_path, text))
    values = refused.value.message.values
    assert (values["file"], values["key"], values["found"]) == ("plant.toml", key, found)


def test_broken_toml_and_encodings_are_named(tmp_path):
    with pytest.raises(BadSettings, match="line 2"):
        read(write(tmp_path, "[plant]\ntarget = 판정\n"))
    with pytest.raises(BadSettings, match="UTF-8"):
        read(write(tmp_path, '[plant]\ntarget = "판정"\n', "cp949"))


def test_the_users_text_stays_when_a_target_is_added(tmp_path):
    before = "# 우리 메모\n[cost]\nper_bad = 50000   # 2025년 기준\n"
    after = with_target(before, "a.csv:b")
    assert after.startswith(before)
    assert read(write(tmp_path, after)).target == "a.csv:b"


def test_saving_is_whole_or_not_at_all(tmp_path):
    save("first", tmp_path)
    save("second", tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"plant.toml": "second"}
    with pytest.raises(OSError):
        save("third", tmp_path / "missing")
