"""Rows whose product, step of numbers or coil only their neighbours tell: a cut-to-length line and a forge, written by hand."""

from __future__ import annotations

import random

import polars as pl

from tundish.connectors import SOURCES
from tundish.intake import read
from tundish.standardise import standardise
from tundish.trace.genealogy import trace_material
from tundish.vocabulary import load_catalogue

CATALOGUE = load_catalogue()
COILS = 240


def stamp(minutes):
    return f"2025-05-{1 + int(minutes) // 1440:02d} {int(minutes) // 60 % 24:02d}:{int(minutes) % 60:02d}"


def cut_to_length(folder, change=lambda rows: None):
    """Coils cut to packs of sheets; a pack that the coil does not fill is filled by the next. Returns the true pairs."""
    mass = random.Random(7)
    coils = [(f"SC{7100 + 3 * n}", 4100 + mass.randrange(0, 900)) for n in range(COILS)]
    rows, pack, filled, need = [], 1, 0, 1500
    for n, (coil, kg) in enumerate(coils):
        left = kg
        while left:
            take = min(left, need - filled)
            rows.append([f"SP{pack:05d}", coil, stamp(40 * n), stamp(40 * n + 30), take // 10, take])
            left, filled = left - take, filled + take
            if filled == need:
                pack, filled, need = pack + 1, 0, mass.choice((1200, 1500, 1800))
    true = {(coil, pack) for pack, coil, *_ in rows}
    change(rows)
    heads = {"입고": "코일번호,입고일,중량(kg)", "시어": "팩번호,원코일번호,작업시작,작업종료,매수,중량(kg)"}
    lines = {"입고": [[coil, "2025-04-20", kg] for coil, kg in coils], "시어": rows}
    for name, head in heads.items():
        text = [head, *(",".join(str(cell) for cell in row) for row in lines[name])]
        (folder / f"{name}.csv").write_text("\n".join(text), encoding="utf-8")
    return true


def traced(folder):
    genealogy = trace_material(standardise(read(folder, SOURCES).tables, CATALOGUE).tables, CATALOGUE)
    ids = genealogy.pieces["id"]
    edges = genealogy.edges
    return set(zip(ids.gather(edges["parent"]), ids.gather(edges["child"]), strict=True)), genealogy


def test_a_coil_that_goes_into_several_packs_was_cut_to_sheets(tmp_path):
    true = cut_to_length(tmp_path)
    found, genealogy = traced(tmp_path)
    assert found == true
    assert set(genealogy.edges["kind"].cast(pl.String)) == {"sheeted"}


def test_a_row_of_a_pack_whose_number_is_mistyped_stays_with_its_pack(tmp_path):
    def wrong(rows):
        shared = [n for n in range(1, len(rows)) if rows[n][0] == rows[n - 1][0]]
        rows[shared[5]][0] = rows[shared[5]][0].replace("SP00", "SP80")

    true = cut_to_length(tmp_path, wrong)
    found, _ = traced(tmp_path)
    assert found == true


def test_rows_of_one_coil_begin_and_end_together(tmp_path):
    """Where one coil follows another, only the times say to which of them a row without a coil belongs."""
    blank = []

    def wrong(rows):
        first = [n for n in range(1, len(rows)) if rows[n][1] != rows[n - 1][1]]
        blank.extend((first[30], first[145]))
        for n in blank:
            rows[n][1] = ""

    true = cut_to_length(tmp_path, wrong)
    found, genealogy = traced(tmp_path)
    assert found == true
    assert sorted(genealogy.cells.filter(pl.col("before").is_null())["place"]) == blank


def test_blanks_are_told_apart_by_their_mass_and_serial_numbers_by_their_step(tmp_path):
    mass = random.Random(3)
    blanks = [(f"BK-{n:05d}", mass.randrange(4000, 6000)) for n in range(300, 500)]
    order = sorted(range(200), key=lambda n: n + mass.random() * 6)
    saw = [[name, f"BR{900 + n // 20}", stamp(n), grams] for n, (name, grams) in enumerate(blanks)]
    press = [[f"FG{10000 + 7 * k}", blanks[n][0], stamp(60 + k), round(blanks[n][1] / 1000, 2)] for k, n in enumerate(order)]
    true = {(row[1], row[0]) for row in (*saw, *press)}
    near = next(k for k in range(50, 190) if f"{press[k][1][:-1]}{(int(press[k][1][-1]) + 1) % 10}" in dict(blanks))
    press[near][1] = f"{press[near][1][:-1]}{(int(press[near][1][-1]) + 1) % 10}"
    press[20][0] = "FG10149"  # for FG10140
    heads = {"saw": "Blank ID,Bar No,Cut time,Blank weight (g)", "press": "Forging No,Input blank,End,Weight in (kg)"}
    for name, rows in (("saw", saw), ("press", press)):
        text = [heads[name], *(",".join(str(cell) for cell in row) for row in rows)]
        (tmp_path / f"{name}.csv").write_text("\n".join(text), encoding="utf-8")
    found, _ = traced(tmp_path)
    assert found == true
