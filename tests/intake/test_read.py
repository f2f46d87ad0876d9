"""A plant's folder in, tables out: what is read, what is left out, and what stops the run."""

from __future__ import annotations

import unicodedata
import zipfile
from pathlib import Path

import pytest

from tundish.connectors import SOURCES
from tundish.errors import EmptyFile, NothingUsable, RaggedRows, UnreadableFile
from tundish.intake import Intake, read
from tundish.table import ROW

CSV = "로트,온도\nL1,81.5\nL2,80.5\n".encode("cp949")
OTHER = "로트,두께\nL1,1.5\nL2,1.6\n".encode()


def plant(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def names(found: Intake) -> list[str]:
    return [table.origin.file for table in found.tables]


def codes(found: Intake) -> list[str]:
    return sorted(finding.code for finding in found.findings)


def test_reads_sub_folders_in_order_and_any_case_of_suffix(tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    folder = plant(tmp_path, {"b/2.CSV": CSV, "a.csv": OTHER, "b/1.Tsv": OTHER.replace(b",", b"\t")})
    found = read(folder, SOURCES, progress=lambda *step: seen.append(step))
    assert names(found) == ["a.csv", "b/1.Tsv", "b/2.CSV"]
    assert seen == [("a.csv", 0, 3), ("b/1.Tsv", 1, 3), ("b/2.CSV", 2, 3), ("", 3, 3)]


def test_leaves_out_what_is_not_the_plants(tmp_path: Path) -> None:
    folder = plant(
        tmp_path,
        {
            "a.csv": CSV,
            "plant.toml": b"",
            ".hidden.csv": OTHER,
            "~$a.xlsx": b"lock",
            ".git/x.csv": OTHER,
            "out/answer.json": b"{}",
            "out/pieces.csv": OTHER,
            "out/deeper/x.csv": OTHER,
        },
    )
    found = read(folder, SOURCES)
    assert names(found) == ["a.csv"]
    assert found.findings == ()


def test_an_answer_in_the_folder_itself_hides_nothing(tmp_path: Path) -> None:
    assert names(read(plant(tmp_path, {"a.csv": CSV, "answer.json": b"{}"}), SOURCES)) == ["a.csv"]


def test_files_without_data_are_left_out_with_one_finding_a_kind(tmp_path: Path) -> None:
    pictures = {f"사진/{i}.png": b"png" for i in range(5)}
    prose = {"readme.txt": b"These are notes.\nThey say, in words, much.\nAnd more, and more, and more.\n"}
    more = {"README.md": b"# x", "LICENSE": b"x", "SHA256SUMS": b"x", "공정.hwp": b"x", "x.mdb": b"x"}
    found = read(plant(tmp_path, {"a.csv": CSV, **pictures, **prose, **more}), SOURCES)
    assert names(found) == ["a.csv"]
    assert codes(found) == ["no_data", "no_data", "no_data", "no_data", "no_table", "unknown_suffix"]
    assert len(found.skipped) == 11
    assert {finding.severity for finding in found.findings if finding.code in ("no_data", "no_table")} == {"info"}


def test_links_that_lead_outside_are_refused(tmp_path: Path) -> None:
    outside = plant(tmp_path / "outside", {"secret.csv": OTHER})
    folder = plant(tmp_path / "plant", {"a.csv": CSV, ".store/b.csv": OTHER})
    (folder / "link.csv").symlink_to(outside / "secret.csv")
    (folder / "links").symlink_to(outside)
    (folder / "again.csv").symlink_to(folder / "a.csv")
    (folder / "b.csv").symlink_to(folder / ".store" / "b.csv")
    found = read(folder, SOURCES)
    assert names(found) == ["a.csv", "b.csv"]
    assert [(finding.code, finding.origin.file) for finding in found.findings] == [
        ("link_outside", "link.csv"),
        ("link_outside", "links"),
    ]


def test_a_plant_folder_that_is_itself_a_link(tmp_path: Path) -> None:
    folder = plant(tmp_path / "plant", {"a.csv": CSV})
    (tmp_path / "here").symlink_to(folder)
    assert names(read(tmp_path / "here", SOURCES)) == ["a.csv"]


def test_names_are_compared_composed(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "결과.csv")
    folder = plant(tmp_path, {decomposed: CSV, "a.csv": OTHER})
    assert names(read(folder, SOURCES)) == ["a.csv", "결과.csv"]
    assert names(read(folder, SOURCES, skip=["결과.csv"])) == ["a.csv"]


def test_skip_and_set_aside_take_names_and_stars(tmp_path: Path) -> None:
    ragged = b"a,b\n1,2\n3\n4,5\n"
    folder = plant(tmp_path, {"a.csv": CSV, "old/b.csv": OTHER, "old/c.csv": b"", "r.csv": ragged})
    with pytest.raises(EmptyFile):
        read(folder, SOURCES)
    with pytest.raises(RaggedRows):
        read(folder, SOURCES, skip=["old/"])
    found = read(folder, SOURCES, skip=["old/*"], ragged={"r.csv": "set_aside"})
    assert names(found) == ["a.csv", "r.csv"]
    assert found.skipped == ("old/b.csv", "old/c.csv")
    assert found.tables[1].findings[0].rows == (3,)


def test_files_in_archives_are_read_by_their_own_connector(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "묶음.zip", "w") as archive:
        archive.writestr("3월/결과.csv", CSV)
        archive.writestr("읽어보기.md", "x")
        archive.writestr("__MACOSX/._결과.csv", "x")
    found = read(tmp_path, SOURCES)
    assert names(found) == ["묶음.zip/3월/결과.csv"]
    assert found.skipped == ("묶음.zip/읽어보기.md",)
    assert found.tables[0].frame[ROW].to_list() == [2, 3]


def test_a_copy_is_read_once(tmp_path: Path) -> None:
    found = read(plant(tmp_path, {"a.csv": CSV, "a (1).csv": CSV}), SOURCES)
    assert names(found) == ["a (1).csv"]
    assert codes(found) == ["copy"]


def test_a_header_in_a_file_of_its_own_is_lent(tmp_path: Path) -> None:
    files = {"F2.txt": b"1;0,5\n2;0,6\n", "header.txt": "번호;두께\n".encode(), "F3.txt": b"no;force\n1;5\n2;6\n"}
    found = read(plant(tmp_path, files), SOURCES)
    lent = {table.origin.file: table for table in found.tables}
    assert set(lent) == {"F2.txt", "F3.txt"}
    assert lent["F2.txt"].headers == ("번호", "두께")
    assert lent["F2.txt"].frame.rows() == [(1, "1", "0,5"), (2, "2", "0,6")]
    assert [repair.code for repair in lent["F2.txt"].repairs] == ["header_lent"]
    assert lent["F3.txt"].headers == ("no", "force")


def test_a_header_is_not_guessed(tmp_path: Path) -> None:
    bare = {"F2.csv": b"1;0,5\n2;0,6\n"}
    (table,) = read(plant(tmp_path / "none", bare), SOURCES).tables
    assert table.headers == ("column 1", "column 2")
    assert [(finding.code, finding.severity) for finding in table.findings] == [("no_header", "warning")]
    two = {**bare, "h1.csv": b"a;b\n", "h2.csv": b"c;d\n"}
    (table,) = read(plant(tmp_path / "two", two), SOURCES).tables
    assert table.headers == ("column 1", "column 2")
    other = {**bare, "h.csv": b"a;b;c\n"}
    found = read(plant(tmp_path / "other", other), SOURCES)
    assert [table.headers for table in found.tables] == [("column 1", "column 2")]
    assert [(finding.code, finding.origin.file) for finding in found.findings] == [("header_only", "h.csv")]


def test_nothing_usable(tmp_path: Path) -> None:
    with pytest.raises(NothingUsable):
        read(tmp_path, SOURCES)
    with pytest.raises(NothingUsable) as caught:
        read(plant(tmp_path, {"README.md": b"x"}), SOURCES)
    assert "README.md" in str(caught.value)


def test_a_file_that_may_not_be_read_stops_the_run(powerless: Path) -> None:
    folder = plant(powerless, {"a.csv": CSV})
    (folder / "a.csv").chmod(0)
    with pytest.raises(UnreadableFile):
        read(folder, SOURCES)
