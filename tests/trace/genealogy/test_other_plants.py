"""Plants of another kind, written as a clerk would: a bar mill, a forge, a tube mill; each with its exact truth."""

from __future__ import annotations

import polars as pl
import pytest

from tundish import standardise
from tundish.connectors import SOURCES
from tundish.intake import read
from tundish.trace.genealogy import balance, trace_material
from tundish.vocabulary import load_catalogue

CATALOGUE = load_catalogue()
HEADERS = {
    "ko": {
        "billets": "빌렛번호,용해번호,주조 시작시각,주조 종료시각,중량(kg),길이(m)",
        "bundles": "번들번호,투입 빌렛번호,압연 시작시각,압연 종료시각,본수,중량(kg)",
        "blanks": "소재번호,봉강번호,절단 시작시각,절단 종료시각,중량(kg)",
        "forgings": "단조품번호,투입 소재번호,장입번호,작업 시작시각,작업 종료시각,투입중량(kg),제품중량(kg)",
        "strips": "조코일번호,모코일번호,작업 시작시각,작업 종료시각,폭(mm),중량(kg)",
        "tubes": "튜브번호,투입 조코일번호,작업 시작시각,작업 종료시각,외경(mm),길이(m),중량(kg)",
        "packs": "포장번호,투입 튜브번호,포장일시,중량(kg)",
    },
    "en": {
        "billets": "Billet No,Heat No,Cast start,Cast end,Weight (kg),Length (m)",
        "bundles": "Bundle No,Parent billet no,Rolling start,Rolling end,Bars,Weight (kg)",
        "blanks": "Blank ID,Parent bar ID,Cutting start,Cutting end,Weight (kg)",
        "forgings": "Forging ID,Parent blank ID,Furnace charge,Start,End,Input weight (kg),Weight (kg)",
        "strips": "Coil no,Parent coil no,Start,End,Width (mm),Weight (kg)",
        "tubes": "Tube no,Parent coil no,Start,End,OD (mm),Length (m),Weight (kg)",
        "packs": "Package no,Input tube no,Packed at,Weight (kg)",
    },
}
FILES = {
    "ko": {
        "billets": "연주실적",
        "bundles": "압연실적",
        "blanks": "절단실적",
        "forgings": "단조실적",
        "strips": "슬리팅실적",
        "tubes": "조관실적",
        "packs": "포장실적",
    },
    "en": {name: name for name in HEADERS["en"]},
}


def stamp(minutes):
    return f"2025-04-{1 + minutes // 1440:02d} {minutes // 60 % 24:02d}:{minutes % 60:02d}"


def trace(folder, language, **tables):
    for name, rows in tables.items():
        lines = [HEADERS[language][name], *(",".join(str(cell) for cell in row) for row in rows)]
        (folder / f"{FILES[language][name]}.csv").write_text("\n".join(lines), encoding="utf-8")
    return trace_material(standardise.standardise(read(folder, SOURCES).tables, CATALOGUE).tables, CATALOGUE)


def pairs(genealogy):
    ids = genealogy.pieces["id"]
    return set(
        zip(ids.gather(genealogy.edges["parent"]).to_list(), ids.gather(genealogy.edges["child"]).to_list(), strict=True)
    )


def share(genealogy, parent, child):
    ids = genealogy.pieces.select("id").with_row_index("n").with_columns(pl.col("n").cast(pl.Int64))
    told = genealogy.edges.join(ids.rename({"id": "up"}), left_on="parent", right_on="n")
    told = told.join(ids.rename({"id": "down"}), left_on="child", right_on="n")
    return told.filter((pl.col("up") == parent) & (pl.col("down") == child))["share_of_child"].item()


def check_sums(genealogy):
    """Shares of each child sum to 1, of each parent to at most 1, and the balance of each line closes."""
    edges = genealogy.edges
    of_child = edges.group_by("child").agg(pl.col("share_of_child").sum())["share_of_child"]
    of_parent = edges.group_by("parent").agg(pl.col("share_of_parent").sum())["share_of_parent"]
    assert (of_child - 1.0).abs().max() < 1e-9
    assert of_parent.max() <= 1.0 + 1e-9
    told = balance(genealogy, "step")
    left = told["in_kg"] - told["out_kg"] - told["scrap_kg"] - told["rest_kg"] - told["error_kg"]
    assert left.abs().max() <= 1e-9 * max(told["in_kg"].max(), 1.0)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_bar_mill(tmp_path, language):
    """Heats of 10 billets; a billet gives two bundles, and every fourth bundle is filled up from the next billet."""
    billets, bundles, truth = [], [], set()
    for n in range(60):
        heat, billet, at = f"A{2501 + n // 10}", f"A{2501 + n // 10}-{n % 10 + 1:02d}", 7 * n
        billets.append((billet, heat, stamp(at), stamp(at + 6), 2010 + n % 7, 12))
        truth.add((heat, billet))
        for half in (1, 2):
            bundle, then = f"BD{50000 + 2 * n + half}", at + 300 + 3 * half
            bundles.append((bundle, billet, stamp(then), stamp(then + 2), 20, 980))
            truth.add((billet, bundle))
            if half == 2 and n % 2 and n < 59:
                following = f"A{2501 + (n + 1) // 10}-{(n + 1) % 10 + 1:02d}"
                bundles.append((bundle, following, stamp(then), stamp(then + 2), 20, 980))
                truth.add((following, bundle))
    genealogy = trace(tmp_path, language, billets=billets, bundles=bundles)
    assert pairs(genealogy) == truth
    check_sums(genealogy)
    assert set(genealogy.edges.filter(pl.col("line").str.contains("연주|billets"))["kind"]) == {"cast"}


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_forge(tmp_path, language):
    """Bars cut into eight blanks; each blank becomes one forging; charges of twelve blanks mix bars and are no pieces."""
    blanks, forgings, truth = [], [], set()
    for n in range(96):
        bar, blank, forging, at = f"R-{710 + n // 8}", f"K{9000 + n}", f"F25{n:04d}", 3 * n
        blanks.append((blank, bar, stamp(at), stamp(at + 2), 41.0))
        charge = 24 * 60 + 90 * (n // 12)
        forgings.append((forging, blank, f"CH{400 + n // 12}", stamp(charge), stamp(charge + 80), 41.0, 39.5))
        truth |= {(bar, blank), (blank, forging)}
    genealogy = trace(tmp_path, language, blanks=blanks, forgings=forgings)
    assert pairs(genealogy) == truth
    check_sums(genealogy)
    kinds = dict(genealogy.edges.group_by("line").agg(pl.col("kind").cast(pl.String).unique().first()).iter_rows())
    assert {"절단": "cut", "blanks": "cut", "단조": "processed", "forgings": "processed"}.items() >= kinds.items()


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_tube_mill(tmp_path, language):
    """A coil slit into four strips, a strip welded into six tubes, seven tubes to a package; a tube id typed wrong."""
    strips, tubes, packs, truth = [], [], [], set()
    for n in range(12):
        coil, at = f"C24{300 + n}", 200 * n
        for lane in range(1, 5):
            strip = f"{coil}-{lane}"
            strips.append((strip, coil, stamp(at), stamp(at + 20), 300, 4900))
            truth.add((coil, strip))
            for piece in range(6):
                number = 24 * n + 6 * (lane - 1) + piece
                tube, then = f"T{60000 + number}", at + 600 + 45 * lane + 6 * piece
                tubes.append((tube, strip, stamp(then), stamp(then + 5), 95.0, 6.0, 810))
                packed = 24 * 60 * 3 + 15 * (number // 7)
                packs.append((f"PK{8000 + number // 7}", tube, stamp(packed), 5670 if number < 287 else 810))
                truth |= {(strip, tube), (tube, f"PK{8000 + number // 7}")}
    packs[100] = (packs[100][0], "T6O100", *packs[100][2:])
    genealogy = trace(tmp_path, language, strips=strips, tubes=tubes, packs=packs)
    assert pairs(genealogy) == truth
    check_sums(genealogy)
    assert {"slit", "packed"} <= set(genealogy.edges["kind"])
    assert genealogy.cells.filter(pl.col("evidence") != "respelled")["before"].to_list() == ["T6O100"]


def test_rows_of_scrap_carry_their_mass_into_scrap(tmp_path):
    strips = []
    for n in range(40):
        coil, at = f"C24{300 + n}", 60 * n
        strips += [(f"{coil}-{lane}", coil, stamp(at), stamp(at + 20), 300, 4900) for lane in (1, 2)]
        strips.append(("SCRAP", coil, stamp(at), stamp(at + 20), 15, 180))
    genealogy = trace(tmp_path, "ko", strips=strips)
    assert genealogy.edges.height == 80
    assert not genealogy.pieces["id"].is_in(["SCRAP"]).any()
    went = genealogy.stays.filter(pl.col("goes") == "in")
    assert went["scrap_kg"].to_list() == [180.0] * 40


def test_parts_of_an_endless_strip_follow_from_the_masses(tmp_path):
    """Coils welded end to end and cut anew: coil masses in and out alone say how much of each went where."""
    into, out = [10_000 + 350 * (n % 5) for n in range(40)], [8_000 + 900 * (n % 3) for n in range(48)]
    into[-1] += sum(out) - sum(into)
    ends_in, ends_out = [0, *cumulated(into)], [0, *cumulated(out)]
    rows, truth = [], {}
    for child in range(len(out)):
        for parent in range(len(into)):
            part = min(ends_in[parent + 1], ends_out[child + 1]) - max(ends_in[parent], ends_out[child])
            if part > 0:
                truth[f"H{200 + parent}", f"N{500 + child}"] = part / out[child]
                rows.append(
                    f"N{500 + child},H{200 + parent},{stamp(30 * child)},{stamp(30 * child + 29)},{into[parent]},{out[child]}"
                )
    header = "코일번호,모코일번호,작업 시작시각,작업 종료시각,투입중량(kg),생산중량(kg)"
    (tmp_path / "산세실적.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
    genealogy = trace_material(standardise.standardise(read(tmp_path, SOURCES).tables, CATALOGUE).tables, CATALOGUE)
    assert pairs(genealogy) == set(truth)
    assert [share(genealogy, *pair) for pair in truth] == pytest.approx(list(truth.values()), abs=0.02)


def cumulated(masses):
    total, ends = 0, []
    for mass in masses:
        total += mass
        ends.append(total)
    return ends
