"""Does `tundish collect` run all sources side by side, say how they stand, and end cleanly?"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tundish import flow
from tundish.cli.entry import run
from tundish.cli.plant import decided_by
from tundish.cli.plant_toml import KINDS
from tundish.connectors.live import LIVE

FOLDER = '[sources.share]\nkind = "folder"\npath = "{path}"\nstable_s = 0.1\npoll_s = 0.1\n'
SQL = '[sources.mes]\nkind = "sql"\nurl = "sqlite:///{path}"\ntable = "lot"\norder_by = "id"\nkey = ["id"]\npoll_s = 0.1\n'


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    """A plant with a shared folder and a database, and plant.toml for both."""
    share, database = tmp_path / "share", tmp_path / "mes.db"
    share.mkdir()
    (share / "온도.csv").write_bytes("일시,태그,값\n".encode("cp949") + b"2025-01-01 00:00:00,A,1\n" * 5)
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE lot (id INTEGER, 로트 TEXT, 두께 REAL)")
    connection.executemany("INSERT INTO lot VALUES (?, ?, ?)", [(n, f"L{n:03}", 1 + n / 100) for n in range(60)])
    connection.commit()
    connection.close()
    plant = tmp_path / "plant"
    plant.mkdir()
    (plant / "plant.toml").write_text(FOLDER.format(path=share) + SQL.format(path=database), encoding="utf-8")
    return plant


def test_once_lands_all_and_the_main_job_reads_it(plant, capsys):
    assert run(["collect", str(plant), "--once", "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert "mes: 60 values, 0 files" in said
    assert "share: 0 values, 1 files" in said
    assert f"tundish run {plant}" in said and str(plant / "landing") in said
    assert run(["collect", str(plant), "--once", "--lang", "en"]) == 0
    assert "mes: 0 values" in capsys.readouterr().out
    standard = flow.standard(plant, decided_by(plant), lambda *_: None)
    tables = {table.origins[0].file: table for table in standard.tables.tables}
    assert set(tables) == {"landing/mes", "landing/share/온도.csv"}
    assert tables["landing/mes"].frame.height == 60
    assert tables["landing/mes"].origins[0].sheet == "lot"


def test_one_that_is_refused_does_not_stop_the_others(plant, capsys):
    path = plant / "plant.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"lot"', '"nothere"'), encoding="utf-8")
    assert run(["collect", str(plant), "--once", "--lang", "en"]) == 2
    said = capsys.readouterr()
    assert "share: 0 values, 1 files" in said.out
    assert "no such table: nothere" in said.err
    assert "Correct it under [sources.mes]" in said.err


def test_for_so_many_seconds(plant):
    began = time.monotonic()
    assert run(["collect", str(plant), "--for", "0.5", "--lang", "en"]) == 0
    assert 0.5 <= time.monotonic() - began < 8


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_told_to_stop_it_lands_what_is_in_flight_and_ends_well(plant, how):
    words = [sys.executable, "-m", "tundish", "collect", str(plant), "--lang", "en"]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for _ in range(200):
        if (plant / "landing" / "mes" / "journal.landing").exists():
            break
        time.sleep(0.05)
    time.sleep(1)
    child.send_signal(how)
    out, err = child.communicate(timeout=20)
    assert child.returncode == 0
    assert "mes: 60 values" in out
    assert "Stopping" in err


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "sources"),
        ("[sources]\n", "sources"),
        ("[sources.a]\n", "sources.a.kind"),
        ('[sources.a]\nkind = "opc"\n', "one of opcua"),
        ("sources = 3\n", "[sources]"),
        ("[sources]\na = 3\n", 'sources."a"'),
        ('[sources]\na = "mqtt://u:geheim@h"\n', 'found "***"'),
        ('[[sources]]\nurl = "mqtt://u:geheim@h"\n', 'found "***"'),
        ('[sources."a/../b"]\nkind = "folder"\n', "letters, digits"),
        ('[sources.a]\nkind = "folder"\npaht = "x"\n', "sources.a.pa"),
    ],
)
def test_wrong_words_are_told_before_anything_runs(tmp_path, capsys, text, expected):
    (tmp_path / "plant.toml").write_text(text, encoding="utf-8")
    assert run(["collect", str(tmp_path), "--lang", "en"]) == 2
    assert expected in capsys.readouterr().err
    assert not (tmp_path / "landing").exists()


def test_a_missing_library_is_told_with_the_two_ways_to_get_it(plant):
    """A Python that lacks the library, made by a module of its name that is not found."""
    hidden = "import sys; sys.modules['sqlalchemy'] = None; from tundish.cli import main; main()"
    words = [sys.executable, "-c", hidden, "collect", str(plant), "--once", "--lang", "en"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert 'pip install "tundish[sql]"' in done.stderr
    assert "start.py collect" in done.stderr


def test_every_kind_of_plant_toml_has_its_connector():
    assert set(KINDS) == set(LIVE)


def test_a_second_collect_is_refused(plant):
    words = [sys.executable, "-m", "tundish", "collect", str(plant), "--lang", "en"]
    first = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(200):
        if (plant / "landing" / "mes" / "journal.landing").exists() and (plant / "landing" / "share" / "lock").exists():
            break
        time.sleep(0.05)
    second = subprocess.run([*words, "--once"], capture_output=True, text=True, check=False)
    os.kill(first.pid, signal.SIGINT)
    assert first.wait(20) == 0
    assert second.returncode == 2
    assert f"another process ({first.pid})" in second.stderr
