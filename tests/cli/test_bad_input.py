"""Does every bad input end in one clear sentence, exit code 2, and an untouched folder?"""

import datetime as dt
import io
import os
import subprocess
import sys
import zipfile

import polars as pl
import pytest

from tundish.cli.entry import run

LOTS = 80


def lots(count=LOTS):
    """A small healthy table of lots, as CSV."""
    begun = dt.datetime(2025, 3, 1, 8)
    rows = ["로트번호,시작시각,산세온도(℃),판정"]
    for n in range(count):
        time = f"{begun + dt.timedelta(minutes=30 * n):%Y-%m-%d %H:%M:%S}"
        rows.append(f"L2503-{n:04d},{time},{80 + n * 7 % 13},{'불량' if n * 7 % 13 < 4 else '양품'}")
    return "\n".join(rows) + "\n"


def lines(change):
    return "\n".join(change(lots().splitlines())).encode()


def zipped(name, content=b"a,b\n1,2\n"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, content)
    return out.getvalue()


def parquet(**columns):
    out = io.BytesIO()
    pl.DataFrame(columns).write_parquet(out)
    return out.getvalue()


def state(folder):
    return {path.relative_to(folder).as_posix(): path.is_file() and path.read_bytes() for path in folder.rglob("*")}


CASES = {
    "nothing": ({}, [], ["공장"]),
    "words only": ({"읽어주세요.md": b"hello"}, [], ["읽어주세요.md"]),
    "zero bytes": ({"빈.csv": b""}, [], ["빈.csv"]),
    "blank lines": ({"빈.csv": b"\n\n \n"}, [], ["빈.csv"]),
    "half a parquet": ({"설비.parquet": parquet(a=[1, 2], b=[3, 4])[:-20]}, [], ["설비.parquet"]),
    "half a zip": ({"묶음.zip": zipped("a.csv")[:40]}, [], ["묶음.zip"]),
    "zip that leads out": ({"묶음.zip": zipped("../a.csv")}, [], ["묶음.zip", "../a.csv"]),
    "no workbook": ({"성적.xlsx": b"PK\x03\x04 nothing"}, [], ["성적.xlsx"]),
    "a long row": ({"lots.csv": lines(lambda rows: [*rows[:50], rows[50] + ",x", *rows[51:]])}, [], ["lots.csv", "51"]),
    "every other row longer": (
        {"lots.csv": lines(lambda rows: [row + ",9" if n % 2 else row for n, row in enumerate(rows)])},
        [],
        ["lots.csv", "2", "5", "4"],
    ),
    "dates long before": (
        {
            "기상.csv": (
                "일자,기온\n" + "".join(f"{dt.date(2019, 1, 1) + dt.timedelta(n)},{n % 17}\n" for n in range(200))
            ).encode()
        },
        [],
        ["lots.csv", "기상.csv"],
    ),
    "30 lots": ({"lots.csv": lots(30).encode()}, [], ["30", "60"]),
    "one class": ({"lots.csv": lots().replace("불량", "양품").encode()}, [], ["lots.csv", "판정", "양품"]),
    "empty target": (
        {"lots.csv": lots().replace("불량", "").replace("양품", "").encode()},
        ["--target", "판정"],
        ["lots.csv", "판정"],
    ),
    "target of remarks": (
        {"lots.csv": lines(lambda rows: [rows[0], *(f"{row} {n}" for n, row in enumerate(rows[1:]))])},
        ["--target", "판정"],
        ["lots.csv", "판정", str(LOTS)],
    ),
    "target of ids": ({}, ["--target", "로트번호"], ["lots.csv", "로트번호", str(LOTS)]),
    "target of times": ({}, ["--target", "시작시각"], ["lots.csv", "시작시각"]),
    "no such target": ({}, ["--target", "{0.__class__}"], ["{0.__class__}"]),
    "a target that steers the terminal": ({}, ["--target", "\x1b[31m\u202e"], ["\\x1b[31m\\u202e"]),
    "plant.toml: broken": ({"plant.toml": b"[plant\n"}, [], ["plant.toml"]),
    "plant.toml: CP949": ({"plant.toml": "[plant]\ntarget = '판정'".encode("cp949")}, [], ["plant.toml", "UTF-8"]),
    "plant.toml: deep": ({"plant.toml": b"a = " + b"[" * 5000}, [], ["plant.toml"]),
    "plant.toml: huge": ({"plant.toml": b"#" * 2_000_000}, [], ["plant.toml", "2,000,000"]),
    "plant.toml: endless number": ({"plant.toml": b"[cost]\nper_bad = " + b"9" * 5000}, [], ["plant.toml"]),
    "plant.toml: no number": ({"plant.toml": b'[clocks]\n"lots.csv" = nan'}, [], ["clocks", "lots.csv", "nan"]),
    "plant.toml: limits of no column": ({"plant.toml": '[limits]\n"경도" = { low = 5 }'.encode()}, [], ["limits", "경도"]),
    "plant.toml: skip outside of [read]": ({"plant.toml": b'skip = ["old.csv"]'}, [], ["skip", "[read]"]),
    "plant.toml: turnable of no column": ({"plant.toml": '[turnable]\n"온도X" = true'.encode()}, [], ["turnable", "온도X"]),
    "plant.toml: limits swapped": ({"plant.toml": b'[limits]\n"a" = { low = 5, high = 1 }'}, [], ["limits", "a"]),
    "plant.toml: unknown file": ({"plant.toml": b'[clocks]\n"lot.csv" = 3'}, [], ["clocks", "lot.csv", "lots.csv"]),
    "plant.toml: unknown column": (
        {"plant.toml": '[units]\n"lots.csv:산세온도" = "℃"'.encode()},
        [],
        ["units", "lots.csv:산세온도(℃)"],
    ),
}
WITHOUT_LOTS = {"nothing", "words only"}


@pytest.fixture
def plant(tmp_path):
    folder = tmp_path / "위" / "공장"
    folder.mkdir(parents=True)
    return folder


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("name", CASES)
def test_one_clear_sentence_and_nothing_touched(name, lang, plant, capsys):
    files, words, told = CASES[name]
    if name not in WITHOUT_LOTS:
        (plant / "lots.csv").write_text(lots(), encoding="utf-8")
    for file, content in files.items():
        (plant / file).write_bytes(content)
    before = state(plant.parent)
    assert run(["run", str(plant), "--lang", lang, *words]) == 2
    said = capsys.readouterr().err
    assert [word for word in told if word not in said] == []
    assert "Traceback" not in said
    assert state(plant.parent) == before


def test_plant_toml_may_not_be_a_folder(plant, capsys):
    (plant / "plant.toml").mkdir()
    assert run(["run", str(plant), "--lang", "en"]) == 2
    assert "plant.toml" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="pipes of a shell on Linux")
def test_a_reader_that_has_gone_gets_no_traceback(plant):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([sys.executable, "-m", "tundish", "--help"], stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert done.returncode in (0, 1)
    assert done.stderr == b""
