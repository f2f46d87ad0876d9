"""When is `HCa01` another coil than `HCA01`, and when the same one written in a hurry?"""

from __future__ import annotations

import polars as pl
import pytest

from tundish.connectors import SOURCES
from tundish.intake import read
from tundish.standardise import standardise
from tundish.trace.genealogy import trace_material
from tundish.trace.genealogy.cases import told_apart
from tundish.vocabulary import load_catalogue

CATALOGUE = load_catalogue()


def stamp(minutes):
    return f"2025-06-{1 + minutes // 1440:02d}T{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def traced(folder, coils, used):
    """Coils rolled of slabs of their own, then slit in two each; ``used`` says how the slitter writes each coil."""
    hot = [[coil, f"SL{8000 + n}", stamp(30 * n), stamp(30 * n + 10), 20000 + 7 * n] for n, coil in enumerate(coils)]
    slit = [
        [f"ST{2 * n + k:05d}", name, stamp(30 * n + 600 + 5 * k), stamp(30 * n + 604 + 5 * k), 9000]
        for n, name in enumerate(used)
        for k in (0, 1)
    ]
    for name, head, rows in (
        ("열연", "코일번호,투입 슬래브번호,작업시작,작업종료,중량(kg)", hot),
        ("슬리팅", "스트립번호,모코일번호,작업시작,작업종료,중량(kg)", slit),
    ):
        (folder / f"{name}.csv").write_text("\n".join([head, *(",".join(map(str, row)) for row in rows)]), encoding="utf-8")
    genealogy = trace_material(standardise(read(folder, SOURCES).tables, CATALOGUE).tables, CATALOGUE)
    ids = genealogy.pieces["id"]
    edges = genealogy.edges.with_columns(
        parent=ids.gather(genealogy.edges["parent"]), child=ids.gather(genealogy.edges["child"])
    )
    return genealogy, edges.filter(pl.col("child").str.starts_with("ST"))


def test_two_coils_whose_ids_differ_in_case_are_two(tmp_path):
    coils = [f"HC{letter}{n:03d}" for n in range(60) for letter in "Aa"]
    genealogy, edges = traced(tmp_path, coils, coils)
    assert set(coils) <= set(genealogy.pieces["id"])
    assert edges["parent"].to_list() == [coil for coil in coils for _ in (0, 1)]


def test_one_pair_in_a_plant_that_writes_carefully_is_two_coils(tmp_path):
    coils = [f"HCA{n:03d}" for n in range(120)]
    coils[41] = "HCa040"
    genealogy, edges = traced(tmp_path, coils, coils)
    assert {"HCA040", "HCa040"} <= set(genealogy.pieces["id"])
    assert edges["parent"].to_list() == [coil for coil in coils for _ in (0, 1)]


@pytest.mark.parametrize("few", [1, 60])
def test_a_reference_in_another_case_is_probably_the_same_coil(tmp_path, few):
    coils = [f"HCA{n:03d}" for n in range(120)]
    _, edges = traced(tmp_path, coils, [coil.lower() if n < few else coil for n, coil in enumerate(coils)])
    small = edges.filter(pl.col("parent").is_in(coils[:few]))
    assert edges["parent"].to_list() == [coil for coil in coils for _ in (0, 1)]
    assert small["probability"].max() < 1
    assert small["probability"].min() > (0.7 if few == 1 else 0.99)
    assert set(small["evidence"].cast(pl.String)) == {"respelled"}
    assert set(edges.filter(~pl.col("parent").is_in(coils[:few]))["probability"]) == {1.0}


def test_a_column_written_as_it_comes_tells_nothing_by_case():
    loose = pl.Series([f"{'hc' if n % 3 else 'HC'}-{n:04d}" for n in range(300)])
    assert told_apart([pl.concat([loose, pl.Series(["hc-0000"])])]).is_empty()
    assert told_apart([pl.concat([loose, loose.head(1)])]).is_empty()
