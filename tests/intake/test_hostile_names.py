"""Names of files that are no text, marks between exports put one behind the other, cells without end."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tundish.connectors import SOURCES
from tundish.errors import BrokenFile
from tundish.intake import read

TABLE = "로트,온도\nL1,81.5\nL2,80.0\nL3,79.5\n"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux stores names as bytes")
@pytest.mark.parametrize(("raw", "name"), [("결과.csv".encode("cp949"), "결과.csv"), (b"\xff\xff.csv", "\\xff\\xff.csv")])
def test_a_name_that_is_no_utf8_is_read_in_cp949_or_shown_by_its_bytes(tmp_path: Path, raw: bytes, name: str) -> None:
    with open(os.path.join(os.fsencode(tmp_path), raw), "wb") as file:  # noqa: PTH118, PTH123 - pathlib has no names in bytes
        file.write(TABLE.encode())
    (table,) = read(tmp_path, SOURCES).tables
    assert table.origin.file == name


def test_the_mark_of_a_second_export_behind_the_first_is_no_part_of_its_header(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes((b"\xef\xbb\xbf" + TABLE.encode()) * 2)
    (table,) = read(tmp_path, SOURCES).tables
    assert table.frame["로트"].to_list() == ["L1", "L2", "L3"] * 2
    assert "repeated_header" in {repair.code for repair in table.repairs}


def test_a_header_without_end_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TABLE.replace("온도", "온" * 1_000_001), encoding="utf-8")
    with pytest.raises(BrokenFile, match=r"a\.csv.*1000001 characters in line 1"):
        read(tmp_path, SOURCES)


def test_a_folder_without_permission_is_told(powerless: Path) -> None:
    (powerless / "a.csv").write_text(TABLE, encoding="utf-8")
    (powerless / "잠김").mkdir(mode=0)
    with pytest.raises(BrokenFile, match="잠김"):
        read(powerless, SOURCES)
