"""Archives with Korean names, and archives that mean harm."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile

import pytest

from tundish.connectors.archive import ARCHIVE
from tundish.errors import BrokenFile, EmptyFile, HostileArchive
from tundish.intake import SourceFile
from tundish.intake.unpack import Budget

CSV = "로트,온도\nL1,81.5\n".encode()


def zipped(files: dict[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def unpacked(data: bytes, name: str = "묶음.zip") -> list[SourceFile]:
    return list(ARCHIVE.read(SourceFile(name, None, data)))


def with_raw_name(data: bytes, old: bytes, new: bytes) -> bytes:
    """Store a name as old programs do: other bytes of the same length, without the UTF-8 flag."""
    assert len(old) == len(new)
    return data.replace(old, new)


def test_korean_names_in_utf8_and_cp949() -> None:
    (file,) = unpacked(zipped({"3월/결과.csv": CSV}))
    assert (file.name, file.repairs) == ("묶음.zip/3월/결과.csv", ())
    wanted = "결과.csv".encode("cp949")
    plain = b"x" * (len(wanted) - 4) + b".csv"
    (file,) = unpacked(with_raw_name(zipped({plain.decode(): CSV}), plain, wanted))
    assert file.name == "묶음.zip/결과.csv"
    assert [(repair.code, repair.after) for repair in file.repairs] == [("file_name", "결과.csv")]
    assert file.read_bytes() == CSV


def test_gzip_keeps_the_name_of_its_file() -> None:
    (file,) = unpacked(gzip.compress(CSV), "결과.csv.gz")
    assert (file.name, file.read_bytes()) == ("결과.csv.gz", CSV)


def test_archives_inside_archives_down_to_depth_2() -> None:
    inner = zipped({"b.csv": CSV, "c.csv.gz": gzip.compress(CSV)})
    files = unpacked(zipped({"a.csv": CSV, "inner.zip": inner}), "o.zip")
    assert [file.name for file in files] == ["o.zip/a.csv", "o.zip/inner.zip/b.csv", "o.zip/inner.zip/c.csv"]
    assert all(file.read_bytes() == CSV for file in files)
    with pytest.raises(HostileArchive, match="nested"):
        unpacked(zipped({"1.zip.gz": gzip.compress(zipped({"2.zip.gz": gzip.compress(zipped({"a.csv": CSV}))}))}))
    with pytest.raises(HostileArchive, match="nested"):
        unpacked(zipped({"1.zip": zipped({"2.zip": zipped({"3.zip": zipped({"a.csv": CSV})})})}))


@pytest.mark.parametrize("name", ["../a.csv", "/etc/a.csv", "x/../../a.csv", "C:/a.csv", "..\\a.csv", "\\\\host\\a.csv"])
def test_names_that_lead_outside(name: str) -> None:
    with pytest.raises(HostileArchive, match="outside"):
        unpacked(zipped({name: CSV}))


def test_links_are_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("a.csv")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(HostileArchive, match="link"):
        unpacked(out.getvalue())


def test_bombs() -> None:
    with pytest.raises(HostileArchive, match="200 times"):
        unpacked(zipped({"a.csv": b"0" * 60_000_000}))
    with pytest.raises(HostileArchive, match="200 times"):
        unpacked(gzip.compress(b"0" * 60_000_000), "a.csv.gz")
    nested = zipped({f"{i}.zip": zipped({"a.csv": b"0" * 9_000_000}) for i in range(9)})
    with pytest.raises(HostileArchive, match="200 times"):
        unpacked(nested)


def test_a_header_that_lies_about_the_size_is_not_believed() -> None:
    bomb = bytearray(zipped({"a.csv": b"0" * 60_000_000}))
    at = bomb.index(b"PK\x01\x02")
    bomb[at + 24 : at + 28] = struct.pack("<I", 1000)
    with pytest.raises((HostileArchive, BrokenFile)):
        unpacked(bytes(bomb))


def test_too_many_files() -> None:
    with pytest.raises(HostileArchive, match="more than 2000 files"):
        unpacked(zipped({f"{i}.csv": CSV for i in range(2001)}))


def test_too_much_in_all_though_it_packs_badly() -> None:
    budget = Budget("묶음.zip", packed=3 * 2**30)
    budget.take(4 * 2**30)
    with pytest.raises(HostileArchive, match=r"more than 4\.0 GiB"):
        budget.take(1)


def test_small_constant_signals_are_no_bomb() -> None:
    (file,) = unpacked(zipped({"a.csv": b"t,T\n" + b"08:00,81.5\n" * 200_000}))
    assert len(file.read_bytes()) == 4 + 11 * 200_000


def test_broken_locked_and_empty_archives() -> None:
    whole = zipped({"a.csv": bytes(range(256)) * 500})
    for data in (whole[:-30], whole[: len(whole) // 2], b"PK\x03\x04 no zip", whole.replace(whole[60:70], b"\0" * 10)):
        with pytest.raises(BrokenFile):
            unpacked(data)
    packed = gzip.compress(bytes(range(256)) * 500)
    for data in (packed[:-4], packed[:40], b"no gzip"):
        with pytest.raises(BrokenFile):
            unpacked(data, "a.csv.gz")
    with pytest.raises(EmptyFile):
        unpacked(zipped({}))
    locked = bytearray(whole)
    for magic, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(magic) + flags] |= 1
    with pytest.raises(BrokenFile, match="password"):
        unpacked(bytes(locked))
