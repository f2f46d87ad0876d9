"""Plants that give a new number to one piece, treat pieces in charges, and pack packs: which column went in is told by time."""

from __future__ import annotations

import polars as pl

from tundish import standardise
from tundish.connectors import SOURCES
from tundish.intake import read
from tundish.trace.genealogy import trace_material
from tundish.trace.genealogy.filling import fill
from tundish.vocabulary import load_catalogue

CATALOGUE = load_catalogue()


def stamp(minutes: int) -> str:
    return f"2025-03-{1 + minutes // 1440:02d} {minutes // 60 % 24:02d}:{minutes % 60:02d}:00"


def traced(folder, **files):
    for name, rows in files.items():
        (folder / f"{name}.csv").write_text("\n".join(",".join(str(cell) for cell in row) for row in rows), encoding="utf-8")
    genealogy = trace_material(standardise.standardise(read(folder, SOURCES).tables, CATALOGUE).tables, CATALOGUE)
    ids = genealogy.pieces["even"]
    return genealogy, set(zip(ids.gather(genealogy.edges["parent"]), ids.gather(genealogy.edges["child"]), strict=True))


def mill(coils=40):
    """Coils that get a new number in the cold mill, one to one."""
    pickled = [["산세코일번호", "원자재코일", "작업시작", "작업종료", "투입중량(kg)", "생산중량(kg)"]]
    rolled = [["냉연코일번호", "산세코일번호", "시작", "종료", "투입중량(kg)", "생산중량(kg)"]]
    for n in range(coils):
        at, kg = 30 * n, 11_000 + 37 * (n * n % 41)
        pickled.append([f"PO25-{501 + n}", f"HR{7000 + n // 2}", stamp(at), stamp(at + 9), kg, kg - 50])
        rolled.append([f"CR{25100 + n}", f"po25 {501 + n}", stamp(at + 600), stamp(at + 612), kg - 50, kg - 90])
    return pickled, rolled, {(f"PO25{501 + n}", f"CR{25100 + n}") for n in range(coils)}


def test_a_piece_that_gets_a_new_number_keeps_its_past(tmp_path):
    pickled, rolled, true = mill()
    _, edges = traced(tmp_path, 산세실적=pickled, 냉간압연실적=rolled)
    assert true <= edges
    assert len(edges) == 80


def test_the_number_of_a_charge_made_nothing(tmp_path):
    pickled, rolled, true = mill()
    annealed = [["차지번호", "코일번호", "장입일시", "추출일시", "중량(kg)"]]
    for n in range(40):
        annealed.append(
            [f"A{n // 4:04d}", f"CR{25100 + n}", stamp(5000 + n // 4 * 100), stamp(4500 + n // 4 * 100), rolled[n + 1][5]]
        )
    genealogy, edges = traced(tmp_path, 산세실적=pickled, 냉간압연실적=rolled, 소둔실적=annealed)
    assert len(edges) == 80 and true <= edges
    assert genealogy.stays.filter(line="소둔")["goes"].unique().to_list() == ["through"]


def test_packs_lie_in_the_customers_pack_and_not_the_other_way_round(tmp_path):
    sheared = [["팩번호", "원코일번호", "작업시작", "작업종료", "투입중량(kg)", "중량(kg)"]]
    packed = [["고객팩번호", "팩번호", "포장일시", "투입중량(kg)"]]
    for n in range(120):
        sheared.append([f"PK{4100 + n}", f"K5C{300 + n // 5}", stamp(30 * n), stamp(30 * n + 20), 2000 + n, 2000 + n])
        packed.append([f"HB{880 + n // 2}", f"pk{4100 + n}", stamp(5000 + n // 2 * 10), 2000 + n])
    _, edges = traced(tmp_path, 시어실적=sheared, 출하포장=packed)
    assert {(f"PK{4100 + n}", f"HB{880 + n // 2}") for n in range(120)} <= edges
    assert len(edges) == 240


def test_what_goes_in_whole_weighs_as_its_row_says(tmp_path):
    sheared = [["팩번호", "원코일번호", "작업시작", "작업종료", "투입중량(kg)", "중량(kg)"]]
    packed = [["고객팩번호", "팩번호", "포장일시", "투입중량(kg)"]]
    for n in range(120):
        sheared.append([f"PK{4100 + n}", f"K5C{300 + n // 5}", stamp(30 * n), stamp(30 * n + 20), 2000, 1000 * (1 + n % 2)])
        packed.append([f"HB{880 + n // 2}", f"pk{4100 + n}", stamp(5000 + n // 2 * 10), 1000 * (1 + n % 2)])
    genealogy, _ = traced(tmp_path, 시어실적=sheared, 출하포장=packed)
    shares = genealogy.edges.filter(line="출하포장").sort("row")["share_of_child"].round(9).to_list()
    assert shares == [round(1 / 3, 9), round(2 / 3, 9)] * 60


def test_one_slip_does_not_make_a_piece_twice_as_heavy(tmp_path):
    _, rolled, _ = mill(300)
    rolled[8][1] = rolled[9][1]
    sawn = [["산세코일번호", "원자재코일", "작업시각"]] + [
        [f"PO25-{501 + n}", f"HR{7000 + n // 2}", stamp(30 * n)] for n in range(300)
    ]
    genealogy, _ = traced(tmp_path, 산세실적=sawn, 냉간압연실적=rolled)
    assert genealogy.find("PO25-508").to_list()
    assert genealogy.pieces["mass_kg"].max() < 13_000


def test_one_number_on_every_row_of_a_long_list_does_not_fill_the_memory():
    rows = 30_000
    knot = pl.DataFrame({"order": range(rows), "parent": range(rows)}).with_columns(
        line=pl.lit("welder"),
        child=pl.lit(0),
        parent_kg=pl.lit(1000.0),
        child_kg=pl.lit(1000.0 * rows),
        scrap_kg=pl.lit(None, pl.Float64),
    )
    assert fill(knot).n_unique() == 1


def test_tests_that_are_stamped_too_early_do_not_hide_what_went_in(tmp_path):
    pickled, rolled, true = mill()
    rolled[0][1] = "소재번호"
    tested = [["코일번호", "시험일시", "인장강도(MPa)"]] + [[f"CR{25100 + n}", stamp(30 * n), 350 + n] for n in range(40)]
    _, edges = traced(tmp_path, 산세실적=pickled, 냉간압연실적=rolled, 기계시험=tested)
    assert true <= edges
