"""Are production records larger than memory part of the genealogy as those that are held?"""

from __future__ import annotations

import polars as pl

from tundish.connectors import SOURCES
from tundish.intake import read
from tundish.standardise import standardise
from tundish.trace.mended import mend
from tundish.vocabulary import load_catalogue

CATALOGUE = load_catalogue()
COILS = 2500


def stamp(minutes):
    return f"2025-{1 + minutes // 40320:02d}-{1 + minutes // 1440 % 28:02d} {minutes // 60 % 24:02d}:{minutes % 60:02d}"


def written(folder):
    note = "x" * 300
    hot = [[f"HC{7000 + n}", f"SL{3000 + n}", stamp(30 * n), stamp(30 * n + 10), 19000 + n % 97, note] for n in range(COILS)]
    slit = []
    for n in range(COILS):
        coil = f"hc-{7000 + n}" if n % 7 == 0 else f"HC{7000 + n}"
        times = [[stamp(30 * n + 600 + 5 * k), stamp(30 * n + 604 + 5 * k)] for k in (0, 1)]
        slit += [[f"ST{2 * n + k:06d}", coil, *times[k], 9400, note] for k in (0, 1)]
    for name, head, rows in (
        ("열연", "코일번호,투입 슬래브번호,작업시작,작업종료,중량(kg),비고", hot),
        ("슬리팅", "스트립번호,모코일번호,작업시작,작업종료,중량(kg),비고", slit),
    ):
        (folder / f"{name}.csv").write_text("\n".join([head, *(",".join(map(str, row)) for row in rows)]), encoding="utf-8")


def traced(folder, **kept):
    return mend(standardise(read(folder, SOURCES, **kept).tables, CATALOGUE).tables, CATALOGUE)


def test_records_in_parts_make_the_same_pieces(tmp_path):
    written(tmp_path)
    held, parts = traced(tmp_path), traced(tmp_path, held_bytes=1_000_000)
    assert any(table.parts for table in parts.tables)
    assert not [one for one in parts.findings if one.code == "ids_in_parts"]
    for name in ("pieces", "edges", "stays"):
        one, other = getattr(held.genealogy, name), getattr(parts.genealogy, name)
        assert one.drop("table", strict=False).equals(other.drop("table", strict=False)), name
    assert held.genealogy.edges.filter(pl.col("evidence") == "respelled").height > 0
