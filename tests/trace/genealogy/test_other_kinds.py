"""What is told where a column of slabs holds coils: one cell, all cells, or a whole ring of them?"""

from __future__ import annotations

from tundish.connectors import SOURCES
from tundish.intake import read
from tundish.standardise import standardise
from tundish.trace.genealogy import trace_material
from tundish.vocabulary import load_catalogue

CATALOGUE = load_catalogue()
COILS = 80


def stamp(minutes):
    return f"2025-06-{1 + minutes // 1440:02d} {minutes // 60 % 24:02d}:{minutes % 60:02d}"


def traced(folder, slab_of):
    cast = [[f"SL{300 + n}", f"H{50 + n // 4}", stamp(30 * n), stamp(30 * n + 10), 20000 + n] for n in range(COILS)]
    hot = [[f"HC{7000 + n}", slab_of(n), stamp(30 * n + 600), stamp(30 * n + 610), 19800 + n] for n in range(COILS)]
    for name, head, rows in (
        ("연주", "슬래브번호,용해번호,작업시작,작업종료,중량(kg)", cast),
        ("열연", "코일번호,투입 슬래브번호,작업시작,작업종료,중량(kg)", hot),
    ):
        (folder / f"{name}.csv").write_text("\n".join([head, *(",".join(map(str, row)) for row in rows)]), encoding="utf-8")
    return trace_material(standardise(read(folder, SOURCES).tables, CATALOGUE).tables, CATALOGUE)


def test_a_coil_among_slabs_is_named_with_file_row_and_column(tmp_path):
    genealogy = traced(tmp_path, lambda n: "HC7030" if n == 40 else f"SL{300 + n}")
    (told,) = [one for one in genealogy.findings if one.code == "id_of_other_kind"]
    assert (told.origin.file, told.origin.column, told.rows, told.found) == ("열연.csv", "투입 슬래브번호", (42,), ("HC7030",))
    assert genealogy.pieces.height == 2 * COILS + COILS // 4


def test_a_ring_of_coils_makes_no_pieces_out_of_nothing(tmp_path):
    genealogy = traced(tmp_path, lambda n: f"HC{7000 + (n + 1) % COILS}")
    codes = {one.code: one for one in genealogy.findings}
    assert codes["id_of_other_kind"].count == COILS
    assert codes["cycle"].count == 1
    assert genealogy.pieces.height == 2 * COILS + COILS // 4


def test_a_coil_that_keeps_the_number_of_its_slab_is_no_ring(tmp_path):
    genealogy = traced(tmp_path, lambda n: f"HC{7000 + n}")
    assert not [one for one in genealogy.findings if one.code in ("id_of_other_kind", "cycle")]
