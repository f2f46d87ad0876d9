"""Does a plant whose trend is larger than memory give the same table of pieces as one that is held?"""

import os
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from tundish import flow, trace, works
from tundish.errors import BrokenFile, TooLarge
from tundish.settings import Settings

SMALL = 100_000
TREND = "PLC_TREND_산세"


def said(*_):
    """No one is told of progress."""


def pieces(plant, settings, held=None):
    """The prepared plant and its table of pieces."""
    prepared = flow.prepare(plant, settings, said, **({} if held is None else {"held_bytes": held}))
    with flow.bench(plant, settings, prepared.tables.tables) as bench:
        made = trace.trace(
            prepared.tables.tables,
            prepared.target,
            prepared.catalogue,
            clock_offsets_s=settings.clock_offsets_s,
            bench=bench,
        )
    return prepared, made


def assert_same(one, other):
    """Every column of both frames, numbers to 1e-9 of themselves."""
    assert sorted(one.columns) == sorted(other.columns)
    for name in one.columns:
        a, b = one[name], other[name]
        if a.dtype.is_float():
            np.testing.assert_allclose(b.to_numpy(), a.to_numpy(), rtol=1e-9, atol=1e-12, err_msg=name)
        else:
            assert a.equals(b), name


@pytest.fixture(scope="session")
def plant(tmp_path_factory):
    """A pickling line with its trend in one long CP949 text."""
    folder = tmp_path_factory.mktemp("beyond") / "plant"
    works.make("pickling", seed=3, out=folder, pieces=200)
    return folder


@pytest.fixture(scope="session")
def held(plant):
    """The table of pieces made in memory."""
    return pieces(plant, Settings())


@pytest.fixture
def copied(plant, tmp_path):
    """The plant without its trend, and the trend as a frame of texts and numbers."""
    folder = tmp_path / "plant"
    folder.mkdir()
    for path in plant.iterdir():
        if path.is_file() and TREND not in path.name:
            (folder / path.name).write_bytes(path.read_bytes())
    trend = next(path for path in plant.iterdir() if TREND in path.name)
    return folder, trend


def as_parquet(trend):
    """The trend as a historian would export it: times and numbers, read by the program itself."""
    from tundish import intake
    from tundish.connectors import SOURCES

    raw = intake.read_file(trend, SOURCES)[0]
    time, *rest = raw.headers
    return raw.frame.select(
        pl.col(time).str.to_datetime(strict=False), *(pl.col(name).cast(pl.Float64, strict=False) for name in rest)
    )


def test_a_long_text_gives_the_same_pieces(plant, held):
    prepared, made = pieces(plant, Settings(), SMALL)
    table = next(table for table in prepared.tables.tables if table.name == TREND)
    assert len(table.parts) > 1
    assert table.frame.height < sum(part.rows for part in table.parts) / 2
    assert_same(held[1].table.frame, made.table.frame)
    assert any(finding.code == "read_in_parts" for finding in prepared.findings)
    assert (plant / ".tundish" / "jobs").is_dir()


def test_what_was_computed_is_not_computed_again(plant, held):
    pieces(plant, Settings(), SMALL)
    done = {path: path.stat().st_mtime_ns for path in (plant / ".tundish").rglob("*.parquet") if path.parent.name != "jobs"}
    assert done
    pieces(plant, Settings(), SMALL)
    assert done == {path: path.stat().st_mtime_ns for path in done}


def test_many_parquet_files_give_the_same_pieces(copied):
    folder, trend = copied
    frame = as_parquet(trend)
    rows = -(-frame.height // 20)
    for number in range(20):
        frame[number * rows : (number + 1) * rows].write_parquet(folder / f"trend_{number:03d}.parquet")
    _, whole = pieces(folder, Settings())
    prepared, made = pieces(folder, Settings(), SMALL)
    table = next(table for table in prepared.tables.tables if table.parts)
    assert len(table.parts) == 20
    assert_same(whole.table.frame, made.table.frame)


def test_row_groups_give_the_same_pieces(copied):
    folder, trend = copied
    frame = as_parquet(trend)
    frame.write_parquet(folder / "trend.parquet", row_group_size=frame.height // 200 + 1)
    _, whole = pieces(folder, Settings())
    prepared, made = pieces(folder, Settings(), SMALL)
    table = next(table for table in prepared.tables.tables if table.parts)
    assert len(table.parts) >= 195
    assert_same(whole.table.frame, made.table.frame)


def test_monthly_texts_give_the_same_pieces(copied):
    folder, trend = copied
    frame = as_parquet(trend)
    third = -(-frame.height // 3)
    for month in range(3):
        text = frame[month * third : (month + 1) * third].write_csv(datetime_format="%Y-%m-%d %H:%M:%S")
        (folder / f"{TREND}_2025-{month + 1:02d}.csv").write_bytes(text.encode("cp949"))
    _, whole = pieces(folder, Settings())
    prepared, made = pieces(folder, Settings(), SMALL)
    assert len({part.file for table in prepared.tables.tables for part in table.parts}) == 3
    assert_same(whole.table.frame, made.table.frame)


def damage(path, at, by=b"\x00\xff\x13\x77" * 16):
    """Bytes flipped in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[at : at + len(by)] = bytes(a ^ b ^ 0x5A for a, b in zip(data[at : at + len(by)], by, strict=True))
    path.write_bytes(bytes(data))


def in_parts(folder, trend, **options):
    """The trend as one Parquet file of many row groups, and its path."""
    path = folder / "trend.parquet"
    as_parquet(trend).write_parquet(path, row_group_size=1000, **options)
    return path


def test_a_file_that_breaks_off_is_refused(copied):
    folder, trend = copied
    path = in_parts(folder, trend)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BrokenFile, match=r"trend.parquet.*breaks off"):
        pieces(folder, Settings(), SMALL)


def test_a_file_that_is_something_else_is_refused(copied):
    folder, trend = copied
    path = in_parts(folder, trend)
    path.write_bytes(b"XXXX" + path.read_bytes()[4:])
    with pytest.raises(BrokenFile, match=r"trend.parquet.*something else"):
        pieces(folder, Settings(), SMALL)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_flipped_bytes_are_refused_with_the_row_group(copied, share):
    folder, trend = copied
    path = in_parts(folder, trend, compression="zstd")
    damage(path, int(path.stat().st_size * share))
    with pytest.raises(BrokenFile, match=r"trend.parquet.*row group \d+"):
        pieces(folder, Settings(), SMALL)


def test_a_part_that_changes_after_it_was_looked_at_is_refused(copied):
    folder, trend = copied
    path = in_parts(folder, trend)
    prepared = flow.prepare(folder, Settings(), said, held_bytes=SMALL)
    os.utime(path, (1, 1))
    with flow.bench(folder, Settings(), prepared.tables.tables) as bench, pytest.raises(BrokenFile, match="changed"):
        trace.trace(prepared.tables.tables, prepared.target, prepared.catalogue, bench=bench)


@pytest.mark.parametrize("held", [None, SMALL])
def test_a_clock_set_back_by_a_year_is_put_right_in_parts_as_in_memory(tmp_path, held):
    """200,000 rows at 1 Hz; the recorder's clock jumps back 365 days in the middle and stays there."""
    rng, rows, half = np.random.default_rng(5), 200_000, 100_123
    begin = datetime(2025, 3, 1, tzinfo=UTC)
    starts = [begin + timedelta(seconds=500 * i) for i in range(rows // 500 - 1)]
    lots = pl.DataFrame(
        {
            "로트번호": [f"L25{i:05d}" for i in range(len(starts))],
            "투입시각": starts,
            "완료시각": [start + timedelta(seconds=400) for start in starts],
            "불량": rng.integers(0, 2, len(starts)),
        }
    )
    load = np.where(np.arange(rows) % 500 < 400, 60.0, 5.0)
    times = pl.datetime_range(begin, begin + timedelta(seconds=rows - 1), "1s", eager=True)
    trend = pl.DataFrame(
        {"시각": times, "전류(A)": load + rng.normal(size=rows), "온도(℃)": 80 + rng.normal(size=rows).cumsum() / 50}
    )
    jumped = trend.with_columns(
        pl.when(pl.int_range(pl.len()) < half).then(pl.col("시각")).otherwise(pl.col("시각").dt.offset_by("-365d"))
    )
    stated = Settings(target="불량", clock_offsets_s={"trend.parquet": 0.0})
    found = []
    for name, frame in (("right", trend), ("jumped", jumped)):
        folder = tmp_path / name
        folder.mkdir()
        lots.write_csv(folder / "lots.csv")
        frame.write_parquet(folder / "trend.parquet", row_group_size=7000)
        prepared, made = pieces(folder, stated, held)
        assert any(table.parts for table in prepared.tables.tables) == (held is not None)
        found.append(made.table)
    assert_same(found[0].frame, found[1].frame)
    said = [*found[1].findings, *found[1].repairs]
    told = [one for one in said if one.code == "clock_went_back"]
    assert {one.count for one in told} == {rows - half}  # a repair, and a finding for who reads a piece's history
    assert "100124" in str(told[0].message)


def test_a_target_in_parts_is_refused(tmp_path):
    rng, rows = np.random.default_rng(0), 60_000
    begin = datetime(2025, 3, 1, tzinfo=UTC)
    pl.DataFrame(
        {
            "로트": [f"L25{i:06d}" for i in range(rows)],
            "시각": [begin + timedelta(minutes=i) for i in range(rows)],
            "온도(℃)": 80 + rng.normal(size=rows),
            "불량": rng.integers(0, 2, rows),
        }
    ).write_parquet(tmp_path / "lots.parquet", row_group_size=5000)
    with pytest.raises(TooLarge, match="60000 rows"):
        pieces(tmp_path, Settings(target="불량"), SMALL)


@pytest.fixture
def contents(plant):
    """The plant's files by name, read while that is allowed; all that a run imports is imported by then as well."""
    pieces(plant, Settings(), SMALL)
    return {path.name: path.read_bytes() for path in plant.iterdir() if path.is_file()}


def test_nothing_is_written_where_nothing_may_be(contents, held, powerless):
    folder = powerless / "plant"
    folder.mkdir()
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    folder.chmod(0o500)
    assert not os.access(folder, os.W_OK, effective_ids=True)
    _, made = pieces(folder, Settings(), SMALL)
    assert_same(held[1].table.frame, made.table.frame)


def test_mends_spellings_and_rows_in_two_exports_are_the_same_in_parts(tmp_path):
    rng, rows = np.random.default_rng(9), 60_000
    begin = datetime(2025, 3, 1, tzinfo=UTC)
    starts = [begin + timedelta(seconds=500 * i) for i in range(rows // 500 - 1)]
    lots = {
        "로트번호": [f"L25{i:05d}" for i in range(len(starts))],
        "투입시각": starts,
        "완료시각": [start + timedelta(seconds=400) for start in starts],
        "불량": rng.integers(0, 2, len(starts)),
    }
    pl.DataFrame(lots).write_csv(tmp_path / "lots.csv")
    current = (60 + rng.normal(size=rows)).round(3)
    current[31_415] = 77.125
    mode = rng.choice(["AUTO", "auto ", "MANUAL", "Manual"], rows, p=[0.4, 0.2, 0.3, 0.1])
    times = pl.datetime_range(begin, begin + timedelta(seconds=rows - 1), "1s", eager=True)
    trend = pl.DataFrame({"시각": times, "전류(A)": current, "온도(℃)": 80 + rng.normal(size=rows).round(3), "운전": mode})
    cuts = [(0, 30_100), (30_000, rows)]
    for number, (first, last) in enumerate(cuts):
        trend[first:last].write_parquet(tmp_path / f"trend_{number}.parquet", row_group_size=1000)
    said = "파일,시트,행,끝 행,열,적힌 값,기대,이유,개수,고친 값,결정,sha256,code\n"
    line = "trend_1.parquet,,1416,,전류(A),77.125,,,,61.5,correct,,"
    (tmp_path / "quarantine.csv").write_text(said + line, encoding="utf-8-sig")
    stated = Settings(target="불량", clock_offsets_s={f"trend_{number}.parquet": 0.0 for number in range(2)})
    _, whole = pieces(tmp_path, stated)
    prepared, made = pieces(tmp_path, stated, SMALL)
    table = next(table for table in prepared.tables.tables if table.parts)
    assert len(table.parts) == 61
    assert [repair.after for repair in table.repairs if repair.code == "mended"] == ["61.5"]
    assert_same(whole.table.frame, made.table.frame)
    assert any(finding.code == "parts_overlap" for finding in made.table.findings)
