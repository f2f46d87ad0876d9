"""What does a person see when a plant larger than memory meets a full disk, a kill, or a file that is broken?"""

import os
import resource
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

IN_PARTS = "import tundish.intake.held as held; held.HELD_BYTES = {held}\nfrom tundish.cli import main; main()"
SMALL = 100_000


def words(*command, held=SMALL):
    """A command of the terminal on a computer that holds little."""
    return [sys.executable, "-c", IN_PARTS.format(held=held), *map(str, command)]


def tundish(*command, lang="en", limit=None, held=SMALL):
    """Run it to its end; ``limit``: bytes that a file may have, as on a full disk."""
    place = {**os.environ, "TUNDISH_LANG": lang, "COLUMNS": "200", "PYTHONUTF8": "1"}
    full = None if limit is None else (lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    return subprocess.run(words(*command, held=held), env=place, capture_output=True, text=True, check=False, preexec_fn=full)


def said(done):
    """All words on one line."""
    return " ".join((done.stdout + done.stderr).split())


@pytest.fixture(scope="module")
def made():
    """120 lots and the trend of their line, 48,000 rows of two signals, one of which makes them bad."""
    rng, lots, stay = np.random.default_rng(7), 120, 400
    rows = lots * stay
    begin = datetime(2025, 3, 1, tzinfo=UTC)
    level = rng.normal(80, 3, lots)
    bad = (level + rng.normal(0, 1, lots) > 81).astype(int)
    starts = [begin + timedelta(seconds=stay * i) for i in range(lots)]
    pieces = pl.DataFrame(
        {
            "로트번호": [f"L25{i:05d}" for i in range(lots)],
            "투입시각": starts,
            "완료시각": [start + timedelta(seconds=stay - 20) for start in starts],
            "불량": bad,
        }
    )
    times = pl.datetime_range(begin, begin + timedelta(seconds=rows - 1), "1s", eager=True)
    trend = {"시각": times, "용액온도(℃)": (np.repeat(level, stay) + rng.normal(size=rows)).round(2)}
    trend["전류(A)"] = (60 + rng.normal(size=rows)).round(2)
    return pieces, pl.DataFrame(trend)


@pytest.fixture
def plant(made, tmp_path):
    """A folder of it, 40 row groups."""
    folder = tmp_path / "plant"
    folder.mkdir()
    made[0].with_columns(pl.col("투입시각", "완료시각").dt.strftime("%Y-%m-%d %H:%M:%S")).write_csv(folder / "lots.csv")
    (folder / "plant.toml").write_text('[plant]\ntime_zone = "UTC"\n[clocks]\n"trend.parquet" = 0\n', encoding="utf-8")
    made[1].write_parquet(folder / "trend.parquet", row_group_size=1200, compression="zstd")
    return folder


def results(folder):
    """Name -> bytes of every part's result."""
    found = sorted((folder / ".tundish" / "jobs").rglob("*.parquet"))
    return {str(path.relative_to(folder)): path.read_bytes() for path in found if path.parent.name != "jobs"}


def test_a_full_disk_is_said_in_both_languages_and_both_engines_go_on_later_to_the_same_byte(plant):
    for lang, sentence in (("en", "the disk is full"), ("ko", "디스크가 가득")):
        done = tundish("run", plant, "--target", "불량", lang=lang, limit=5_000)
        assert done.returncode == 2, said(done)
        assert sentence in said(done)
        assert "Traceback" not in said(done)
    kept = results(plant)
    assert not list((plant / ".tundish").rglob("*.part"))
    done = tundish("run", plant, "--target", "불량")
    assert done.returncode == 0, said(done)
    local = results(plant)
    assert len(local) > 40
    assert kept.items() <= local.items()
    for path in (plant / ".tundish" / "jobs").rglob("*.parquet"):
        path.unlink()
    with (plant / "plant.toml").open("a", encoding="utf-8") as stated:
        stated.write('[compute]\nengine = "ray"\nworkers = 2\n')
    done = tundish("run", plant, "--target", "불량")
    assert done.returncode == 0, said(done)
    assert results(plant) == local


def test_a_killed_run_computes_nothing_twice(plant):
    place = {**os.environ, "TUNDISH_LANG": "en"}
    run = subprocess.Popen(
        words("run", plant, "--target", "불량"), env=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    patience = time.monotonic() + 120
    while len(results(plant)) < 20 and run.poll() is None and time.monotonic() < patience:
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    run.wait()
    lying = {path: path.stat().st_mtime_ns for path in (plant / ".tundish" / "jobs").rglob("0*.parquet")}
    assert len(lying) >= 20
    done = tundish("run", plant, "--target", "불량")
    assert done.returncode == 0, said(done)
    assert {path: path.stat().st_mtime_ns for path in lying} == lying
    assert len(results(plant)) > len(lying)


def broken(path, how):
    """The file damaged: a byte of a row group's pages flipped, or its end gone."""
    data = bytearray(path.read_bytes())
    if how == "flipped":
        at = len(data) // 2
        data[at : at + 64] = bytes(byte ^ 0x5A for byte in data[at : at + 64])
    else:
        del data[-20:]
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("how", ["flipped", "cut"])
def test_a_corrupt_parquet_file_is_refused_by_name(plant, how):
    broken(plant / "trend.parquet", how)
    done = tundish("run", plant, "--target", "불량")
    assert done.returncode == 2, said(done)
    assert "trend.parquet" in said(done)
    assert ("row group" in said(done)) == (how == "flipped")
    assert "Traceback" not in said(done)


def test_a_log_in_long_form_is_refused_not_cut(plant, made):
    (plant / "trend.parquet").unlink()
    long = made[1].head(40_000).unpivot(index="시각", variable_name="태그", value_name="값").sort("시각")
    long.write_parquet(plant / "log.parquet")
    done = tundish("run", plant, "--target", "불량")
    assert done.returncode == 2, said(done)
    assert "log.parquet" in said(done)
    assert "80,000 rows" in said(done)


def test_commands_that_look_at_a_sample_say_so(plant):
    for command in ("check", "standard"):
        done = tundish(command, plant)
        assert done.returncode == 0, said(done)
        written = [path for path in plant.parent.rglob("*") if path.suffix in {".html", ".md", ".txt", ".json"}]
        pages = said(done) + " ".join(path.read_text(encoding="utf-8") for path in written)
        assert "too large to be held" in pages, command
        assert "48,000" in pages or "48000" in pages, command
