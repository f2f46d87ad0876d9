"""What every connector must hold, found in SOURCES by itself."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator

import openpyxl
import polars as pl
import pytest
import xlwt

from tundish.connectors import SOURCES
from tundish.errors import UnreadableFile
from tundish.intake import RawTable, Source, SourceFile
from tundish.table import ROW

ROWS = [("로트", "온도", "온도"), ("L1", 81.5, 2), ("L2", 80.25, 3), ("L3", 79.5, 4)]
SUFFIXES = [(source, suffix) for source in SOURCES for suffix in source.suffixes]
CSV = "\n".join(",".join(map(str, row)) for row in ROWS).encode("cp949")


def sample(suffix: str) -> bytes:
    """The same small table in the format of a suffix; a new connector adds its line here."""
    out = io.BytesIO()
    if suffix in (".xlsx", ".xlsm"):
        book = openpyxl.Workbook()
        for row in ROWS:
            book.active.append(row)
        book.save(out)
    elif suffix == ".xls":
        old = xlwt.Workbook()
        sheet = old.add_sheet("시트")
        for i, row in enumerate(ROWS):
            for j, cell in enumerate(row):
                sheet.write(i, j, cell)
        old.save(out)
    elif suffix == ".zip":
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("결과.csv", CSV)
    elif suffix == ".gz":
        return gzip.compress(CSV)
    elif suffix in (".parquet", ".pq"):
        pl.DataFrame(ROWS[1:], schema=["로트", "온도", "농도"], orient="row").write_parquet(out)
    else:
        return CSV
    return out.getvalue()


def parts(source: Source, file: SourceFile) -> Iterator[RawTable | SourceFile]:
    yield from source.read(file)


@pytest.mark.parametrize(("source", "suffix"), SUFFIXES, ids=[suffix for _, suffix in SUFFIXES])
def test_yields_whole_tables(source: Source, suffix: str) -> None:
    file = SourceFile(f"표{suffix}", None, sample(suffix))
    found = list(parts(source, file))
    assert found
    for part in found:
        if isinstance(part, SourceFile):
            assert part.name == file.name or part.name.startswith(f"{file.name}/")
            assert part.read_bytes() == CSV
            continue
        assert part.frame.columns == [ROW, *part.headers]
        assert len(set(part.headers)) == len(part.headers) == len(part.units) == 3
        assert part.frame.schema[ROW] == pl.UInt32
        assert part.frame.height == 3
        assert part.frame[part.headers[0]].to_list() == ["L1", "L2", "L3"]
        assert part.origin.file == file.name
        assert len(part.sha256) == 64
        for note in (*part.findings, *part.repairs):
            assert note.origin.file == file.name
            assert str(note.message)


@pytest.mark.parametrize(("source", "suffix"), SUFFIXES, ids=[suffix for _, suffix in SUFFIXES])
def test_refuses_an_empty_file(source: Source, suffix: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        list(parts(source, SourceFile(f"표{suffix}", None, b"")))
    assert str(caught.value).startswith(f"표{suffix}")


@pytest.mark.parametrize(("source", "suffix"), SUFFIXES, ids=[suffix for _, suffix in SUFFIXES])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_never_takes_a_part_for_the_whole(source: Source, suffix: str, share: float) -> None:
    """A file that breaks off is refused; text may only break off between two rows without being noticed."""
    whole = sample(suffix)
    cut = whole[: int(len(whole) * share)]
    try:
        tables = [part for part in parts(source, SourceFile(f"표{suffix}", None, cut)) if isinstance(part, RawTable)]
    except UnreadableFile:
        return
    assert all(table.headers for table in tables)
    assert whole == CSV


def test_no_two_connectors_read_the_same_suffix() -> None:
    suffixes = [suffix for source in SOURCES for suffix in source.suffixes]
    assert len(set(suffixes)) == len(suffixes)
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in suffixes)
