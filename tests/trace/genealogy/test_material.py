"""Small plants written by hand: what was made of what is known here, line by line."""

from __future__ import annotations

import polars as pl
import pytest

from tundish import standardise
from tundish.connectors import SOURCES
from tundish.intake import read
from tundish.trace.genealogy import balance, mend_ids, trace_material
from tundish.vocabulary import load_catalogue

CATALOGUE = load_catalogue()
HEATS, SLABS = 12, 6


def stamp(minutes: int) -> str:
    return f"2025-03-{1 + minutes // 1440:02d} {minutes // 60 % 24:02d}:{minutes % 60:02d}:00"


def plant(folder, *, cast=(), rolled=(), slit=()):
    """Heats of six slabs; a coil of each slab; two strips of each coil. Changes: row -> (column, what is typed there)."""
    casts, rolls, slits = ["슬래브번호,용해번호,작업 시작시각,작업 종료시각,중량(kg)"], [], []
    rolls.append("코일번호,투입 슬래브번호,작업 시작시각,작업 종료시각,투입중량(kg),중량(kg),스크랩 발생량(kg)")
    slits.append(
        "생산코일,모코일번호,작업 시작시각,작업 종료시각,투입중량(kg),중량(kg),슬릿번호".replace("생산코일", "코일번호")
    )
    for n in range(HEATS * SLABS):
        heat, at, weight = f"H{4100 + n // SLABS}", 40 * n, 20_000 + 37 * (n * n % 91)
        one = [f"SL{7100 + n}", heat, stamp(at), stamp(at + 9), str(weight)]
        two = [f"HC25-{310 + n}", f"sl{7100 + n}", stamp(at + 600), stamp(at + 604), str(weight), str(weight - 300), "300"]
        casts.append(",".join(typed(one, n, cast)))
        rolls.append(",".join(typed(two, n, rolled)))
        for lane in (1, 2):
            part = (weight - 300) // 2 - 25
            row = [f"HC25-{310 + n}-{lane}", f"HC25{310 + n}", stamp(at + 1500), stamp(at + 1509), str(weight - 300), str(part)]
            slits.append(",".join(typed([*row, str(lane)], 2 * n + lane - 1, slit)))
    for name, rows in (("연주실적.csv", casts), ("열연실적.csv", rolls), ("슬리팅실적.csv", slits)):
        (folder / name).write_text("\n".join(rows), encoding="utf-8")
    return standardise.standardise(read(folder, SOURCES).tables, CATALOGUE).tables


def typed(cells, row, changes):
    return [dict(changes).get((row, column), cell) for column, cell in enumerate(cells)]


def parents(genealogy):
    ids = genealogy.pieces["even"]
    edges = genealogy.edges
    return dict(zip(ids.gather(edges["child"]).to_list(), ids.gather(edges["parent"]).to_list(), strict=True))


def expected():
    true = {}
    for n in range(HEATS * SLABS):
        true[f"SL{7100 + n}"] = f"H{4100 + n // SLABS}"
        true[f"HC25{310 + n}"] = f"SL{7100 + n}"
        true |= {f"HC25{310 + n}{lane}": f"HC25{310 + n}" for lane in (1, 2)}
    return true


def test_every_piece_finds_its_parent_through_three_lines(tmp_path):
    genealogy = trace_material(plant(tmp_path), CATALOGUE)
    assert parents(genealogy) == expected()
    kinds = genealogy.edges.group_by("line").agg(pl.col("kind").cast(pl.String).unique()).sort("line")
    assert dict(kinds.rows()) == {"슬리팅": ["slit"], "연주": ["cast"], "열연": ["rolled"]}


@pytest.mark.parametrize(
    ("changes", "row", "column"),
    [
        ({"rolled": (((20, 1), "sl71Z0"),)}, 20, "rolled"),
        ({"rolled": (((20, 1), "sl7210"),)}, 20, "rolled"),
        ({"slit": (((40, 1), "HC25303"),)}, 40, "slit"),
        ({"cast": (((20, 0), "SL7l20"),)}, 20, "cast"),
        ({"cast": (((20, 1), ""),)}, 20, "cast"),
    ],
)
def test_a_mistyped_or_missing_id_is_put_right_by_what_fits(tmp_path, changes, row, column):
    genealogy = trace_material(plant(tmp_path, **changes), CATALOGUE)
    assert parents(genealogy) == expected()
    assert genealogy.cells.filter(pl.col("evidence") != "respelled").height == 1


def test_what_goes_up_comes_down_and_shares_sum_to_one(tmp_path):
    genealogy = trace_material(plant(tmp_path), CATALOGUE)
    strip = genealogy.find("hc25 350 2")[0]
    up = genealogy.up(strip)
    assert up["depth"].to_list() == [1, 2, 3]
    assert up["share"].to_list() == pytest.approx([1.0, 1.0, 1.0], abs=1e-9)
    heat = genealogy.find("heat:H4106")[0]
    down = genealogy.down(heat)
    assert down.height == SLABS * 4
    shares = genealogy.edges.group_by("child").agg(pl.col("share_of_child").sum())["share_of_child"]
    assert (shares - 1).abs().max() < 1e-9


def test_mass_in_is_mass_out_with_scrap_rest_and_error(tmp_path):
    genealogy = trace_material(plant(tmp_path), CATALOGUE)
    for by in ("step", "lot", "day"):
        told = balance(genealogy, by)
        left = told["in_kg"] - told["out_kg"] - told["scrap_kg"] - told["rest_kg"] - told["error_kg"]
        assert left.abs().max() < 1e-6 * told["in_kg"].max()
    step = balance(genealogy, "step").filter(pl.col("line") == "열연")
    assert step["scrap_kg"][0] == pytest.approx(300 * HEATS * SLABS)
    assert step["rest_kg"][0] == pytest.approx(0, abs=1e-6)


def test_mended_tables_tell_each_change(tmp_path):
    tables = plant(tmp_path, rolled=(((20, 1), "sl71Z0"),))
    genealogy = trace_material(tables, CATALOGUE)
    repairs = [repair for table in mend_ids(tables, genealogy, CATALOGUE) for repair in table.repairs]
    mended = [repair for repair in repairs if repair.code == "id_mended"]
    assert [(repair.before, repair.after, repair.rows) for repair in mended] == [("sl71Z0", "SL7120", (22,))]
    assert any(repair.code == "id_respelled" for repair in repairs)


def test_a_piece_that_would_come_from_itself_is_told(tmp_path):
    (tmp_path / "재작업.csv").write_text(
        "코일번호,모코일번호,작업 시작시각,작업 종료시각\nA100,B200,2025-03-01 10:00,2025-03-01 10:20\n"
        "B200,A100,2025-03-01 11:00,2025-03-01 11:20\n"
        + "\n".join(f"C{300 + n},D{500 + n},2025-03-02 {n:02d}:00,2025-03-02 {n:02d}:20" for n in range(20)),
        encoding="utf-8",
    )
    tables = standardise.standardise(read(tmp_path, SOURCES).tables, CATALOGUE).tables
    genealogy = trace_material(tables, CATALOGUE)
    assert genealogy.edges.height == 21
    assert any(finding.code == "cycle" for finding in genealogy.findings)


def test_tables_without_production_records_make_no_pieces(tmp_path):
    (tmp_path / "trend.csv").write_text(
        "time,speed\n" + "\n".join(f"2025-03-01 10:{n:02d}:00,{n}" for n in range(60)), encoding="utf-8"
    )
    tables = standardise.standardise(read(tmp_path, SOURCES).tables, CATALOGUE).tables
    assert trace_material(tables, CATALOGUE).pieces.is_empty()
