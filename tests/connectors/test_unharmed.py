"""Is a harmed Parquet file refused, or read as what can still be known of it; never as other numbers, never with a panic?"""

import base64
import io
import random
import shutil
from collections import Counter
from datetime import datetime, timedelta

import polars as pl
import pytest

from tundish.cli.entry import run
from tundish.connectors.parquet import PARQUET
from tundish.errors import UnreadableFile
from tundish.intake import SourceFile

BY_ARROW = base64.b64decode(
    "UEFSMRUAFUwVTBWHrLDkBhwVCBUAFQYVBhwAAAACAAAACAEAAAAAAAD4PwAAAAAAAARAAAAAAAAAAEAAAAAAAAAQQBUEGSw1ABgGc2NoZW1hFQIAFQolAhgB"
    "YQAWCBkcGRwmABwVChklBgAZGAFhFQAWCBZ+Fn4mCEkcFQAVABUCADwpBhkmAAgAAAAWfhYIJggWfgAoIHBhcnF1ZXQtY3BwLWFycm93IHZlcnNpb24gMjYu"
    "MC4xGRwcAAAAegAAAFBBUjE="
)
"""1.5, 2.5, 2, 4 as Apache Arrow 26 writes them with checksums of the pages, without statistics and compression."""


def read(data):
    (table,) = PARQUET.read(SourceFile("t.parquet", None, data))
    return table.frame


def written(frame, **how):
    out = io.BytesIO()
    frame.write_parquet(out, **how)
    return out.getvalue()


def flipped(data, place, bit=1):
    return data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :]


def test_every_flipped_bit_of_a_page_with_a_checksum_is_seen():
    assert read(BY_ARROW)["a"].to_list() == [1.5, 2.5, 2.0, 4.0]
    begin = BY_ARROW.index(b"\x00\x00\x00\x00\x00\x00\xf8\x3f")
    for place in range(begin, begin + 32):
        with pytest.raises(UnreadableFile, match="row group 1, column a: a page differs from its checksum"):
            read(flipped(BY_ARROW, place))


@pytest.mark.parametrize("kind", [pl.Float64, pl.Float32, pl.Int64, pl.Int32, pl.Datetime("us"), pl.Datetime("ms"), pl.Date])
def test_a_value_beyond_what_the_footer_tells_is_seen_without_a_checksum(kind):
    numbers = pl.Series("a", [10_000 + i for i in range(50)]).cast(kind)
    data = written(pl.DataFrame([numbers]), compression="uncompressed", row_group_size=20)
    assert read(data)["a"].to_list() == numbers.to_list()
    raw = numbers.to_physical().to_numpy().tobytes()
    size = len(raw) // 50
    last = data.index(raw[40 * size :]) + 10 * size - 1
    with pytest.raises(UnreadableFile, match="row group 3, column a: values lie beyond"):
        read(flipped(data, last, 0x40))


def test_stamps_beyond_every_calendar_are_a_time_that_was_never_written():
    big = [0, 2**62, -(2**62)]
    frame = pl.DataFrame({f"t{unit}": pl.Series(big).cast(pl.Datetime(unit)) for unit in ("us", "ns")})
    days = pl.Series("d", [0, 2**31 - 1, -(2**31)], dtype=pl.Int32).cast(pl.Date)
    seen = read(written(frame.with_columns(days), statistics=False))
    assert seen["tus"].dt.year().to_list() == [1970, 1, 1]
    assert seen["tns"].dt.year().to_list() == [1970, 2116, 1823]
    assert seen["d"].dt.year().to_list() == [1970, 1, 1]


@pytest.fixture(scope="module")
def mill(tmp_path_factory):
    """Twelve coils of a line, without checksums and uncompressed."""
    folder = tmp_path_factory.mktemp("mill") / "plant"
    folder.mkdir()
    begin = [datetime(2025, 3, 1) + timedelta(minutes=10 * i) for i in range(12)]
    made = {"코일번호": [f"HC{i:04}" for i in range(12)], "슬래브번호": [f"SL{i:04}" for i in range(12)], "시작시각": begin}
    made["종료시각"] = [one + timedelta(minutes=9) for one in begin]
    made["생산중량(kg)"] = [20_000.0 + i for i in range(12)]
    pl.DataFrame(made).write_parquet(folder / "실적.parquet", compression="uncompressed")
    return folder


@pytest.mark.parametrize("seed", range(30))
def test_whatever_is_harmed_the_command_answers_or_refuses(mill, tmp_path, seed, capsys):
    plant = shutil.copytree(mill, tmp_path / "plant")
    path, draw = plant / "실적.parquet", random.Random(seed)
    data = bytearray(path.read_bytes())
    place = draw.randrange(len(data))
    match seed % 3:
        case 0:
            data[place] ^= 1 << draw.randrange(8)
        case 1:
            data[place : place + 8] = draw.randbytes(8)
        case _:
            del data[place:]
    path.write_bytes(data)
    assert run(["trace", str(plant), "--json", "--lang", "en"]) in (0, 2)
    told = capsys.readouterr()
    assert told.out.startswith("{") or "실적.parquet" in told.err


def test_a_stamp_in_no_calendar_is_said(mill, tmp_path, capsys):
    plant = shutil.copytree(mill, tmp_path / "plant")
    frame = pl.read_parquet(plant / "실적.parquet")
    harmed = frame["종료시각"].cast(pl.Int64)
    harmed[5] = 2**62
    frame.with_columns(harmed.cast(pl.Datetime("us"))).write_parquet(plant / "실적.parquet", statistics=False)
    assert run(["check", str(plant), "--lang", "en"]) == 0
    assert Counter(capsys.readouterr().err.split())["panicked"] == 0
    assert "stand for nothing written" in (tmp_path / "plant.check" / "quality.html").read_text(encoding="utf-8")
