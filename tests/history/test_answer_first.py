"""Does the first screen answer the complaint: origin, way, doubts, and which other products may have the same fault?"""

import json
import re
from xml.etree import ElementTree

import made_chain as made
import polars as pl
import pytest

from tundish.documents import along, history_page, lanes, tree
from tundish.documents import history as papers
from tundish.documents.glance import glance
from tundish.documents.history_form import MarkOut, NoteOut, ProfileOut, SignalOut, StayOut, UnmappedOut
from tundish.documents.words import speaker
from tundish.table import Chunk, Origin, Table
from tundish.trace.genealogy.graph import STAYS, Genealogy
from tundish.trace.history import history, in_memory

ZONE = "Asia/Seoul"


def out(piece="T-31", lang="en", material=None):
    whole = in_memory(made.genealogy()) if material is None else material
    return papers.written(history(whole, piece), "plant", lang, time_zone=ZONE)


def test_siblings_are_the_products_of_each_parent_once():
    told = history(in_memory(made.genealogy()), "T-31")
    named = {
        told.pieces[family.parent].id: ([told.pieces[one].id for one in family.pieces], family.count)
        for family in told.siblings
    }
    assert named == {"P-21": (["T-32"], 1), "C-12": (["P-22"], 1)}, "what a nearer parent tells is not told again"
    assert [family.depth for family in told.siblings] == [1, 2]
    assert not {stay.piece for stay in told.timeline} & {family.pieces[0] for family in told.siblings if family.depth == 2}


def test_what_was_made_of_a_piece_is_no_sibling_of_it():
    told = history(in_memory(made.genealogy()), "C-12")
    assert [[told.pieces[one].id for one in family.pieces] for family in told.siblings] == []
    heat = history(in_memory(made.genealogy()), "H-100")
    assert heat.siblings == ()


def test_the_first_lines_tell_origin_way_doubt_and_siblings():
    reader = tree.Reader(out(), "en", ZONE)
    said = dict(glance(reader))
    assert said["Comes from"] == "heat H-100 100%"
    assert re.fullmatch(r"cast 03-01 09:00 → hot 03-01 14:00 → pickle 03-01 17:00 → slit 03-01 19:00", said["Its way"])
    assert "weakest link S-2 → C-12: 91% (a slip of one key)" in said["How sure"]
    assert said["The same coil P-21 also became"] == "1 products: T-32"
    first = tree.text(out(), "en", ZONE)[:9]
    assert any("H-100" in line for line in first)
    assert any("T-32" in line for line in first)


def test_a_piece_without_records_of_its_origin_says_so():
    said = dict(glance(tree.Reader(out("C-13"), "en", ZONE)))
    assert said["Comes from"] == "No record tells."
    assert "open ends: 1" in said["How sure"]
    assert not any("also became" in asked for asked in said)


def reworked():
    """T-31 went through the temper mill twice under its own number."""
    whole = made.genealogy()
    row = {"piece": made.NUMBER["T-31"], "line": "temper", "goes": "through", "start": made.BEGIN, "end": made.BEGIN}
    passes = pl.DataFrame([{**row, "turn": turn, "row": turn} for turn in (1, 2)])
    missing = [pl.lit(None).alias(name) for name in STAYS if name not in passes.columns]
    more = passes.with_columns(missing).select(list(STAYS)).cast(dict(STAYS))
    stays = pl.concat([whole.stays, more]).sort("piece", "start")
    return in_memory(Genealogy(whole.pieces, whole.edges, stays, whole.findings))


def test_rework_is_told_and_drawn():
    told = out(material=reworked())
    said = dict(glance(tree.Reader(told, "en", ZONE)))
    assert "temper 03-01 09:00 (2 times)" in said["Its way"]
    drawn = lanes.genealogy(told, {kin.level: kin.level for kin in told.pieces}, speaker("en"))
    assert "↻ 2× temper" in drawn


def test_a_line_whose_number_changes_twice_is_counted():
    whole = made.genealogy()
    again = whole.pieces.with_columns(line=pl.when(pl.col("id") == "P-21").then(pl.lit("hot")).otherwise("line"))
    told = out(material=in_memory(Genealogy(again, whole.edges, whole.stays)))
    assert "hot (2)" in lanes.genealogy(told, {kin.level: kin.level for kin in told.pieces}, speaker("en"))


def test_a_stay_that_ends_before_it_begins_is_marked():
    whole = made.genealogy()
    backward = whole.stays.with_columns(end=pl.col("start") - pl.duration(minutes=3))
    told = out(material=in_memory(Genealogy(whole.pieces, whole.edges, backward)))
    lines = tree.text(told, "en", ZONE)
    assert sum("⚠  slit" in line for line in lines) == 1
    assert "⚠" in history_page.page(told, "en", ZONE)


def test_findings_of_the_plant_name_only_what_is_in_this_history():
    told = history(in_memory(made.genealogy()), "T-31")
    assert [finding.found for finding in told.findings if finding.code == "time_overlap"] == [("T-31",)]
    assert "C-13" not in json.dumps(out().model_dump(), ensure_ascii=False)


@pytest.mark.parametrize(("step", "runs"), [(1, 1), (7, 1)])
def test_a_sparse_signal_is_one_curve_and_a_gap_stays_a_gap(step, runs):
    values = [float(place) if place % step == 0 else None for place in range(300)]
    assert _curves(values) == runs
    assert _curves([None if 100 <= place < 200 else value for place, value in enumerate(values)]) == 2 * runs


def test_a_single_value_is_seen():
    assert _curves([None] * 50 + [3.0] + [None] * 49) == 1
    alone = _signal([None] * 50 + [3.0] + [None] * 49)
    assert set(tree.spark(alone)) <= {"·", "▁"}
    assert "▁" in tree.spark(alone)


def test_nothing_measured_draws_nothing():
    assert _curves([None] * 40) == 0
    assert set(tree.spark(_signal([None] * 40))) == {"·"}


def _signal(values):
    return SignalOut(
        line="slit", turn=1, column="힘(kN)", concept=None, unit="kN", file="f", mean=values, low=values, high=values
    )


def _curves(values):
    profile = ProfileOut(length_m=float(len(values)), cell_m=1.0, signals=[], marks=[], unmapped=[])
    return along.strip(_signal(values), profile).count("<polyline")


def test_a_table_in_parts_is_named_where_a_profile_lacks_it():
    chunk = Chunk("trend.csv", "trend.csv", "x:y", 1, 0, 10, 1, 10, 100, 0)
    large = Table("trend", pl.DataFrame(), (), (Origin("trend.csv"),), parts=(chunk,))
    told = history(in_memory(made.genealogy(), tables=(large,)), "T-31")
    said = [finding for finding in told.findings if finding.code == "too_large_for_profiles"]
    assert [finding.message.values["files"] for finding in said] == ["trend.csv"]


def test_what_a_plant_buys_is_no_open_end_and_what_it_lost_is():
    """Coils that the first line uses come from outside, all of them; a slab that the hot mill uses should have a heat."""
    whole = made.genealogy()
    bought = whole.edges.filter(pl.col("line").is_in(["pickle", "slit"]))
    hot = pl.col("id").str.starts_with("C-1")
    coils = whole.pieces.with_columns(line=pl.when(hot).then(None).otherwise("line"), recorded=~hot & pl.col("recorded"))
    told = history(in_memory(Genealogy(coils, bought, whole.stays)), "T-31")
    assert told.open_ends == ()
    lost = whole.edges.filter(~((pl.col("parent") == made.NUMBER["H-100"]) & (pl.col("child") == made.NUMBER["S-1"])))
    unknown = pl.col("id") == "S-1"
    slabs = whole.pieces.with_columns(line=pl.when(unknown).then(None).otherwise("line"))
    for pieces in (whole.pieces, slabs):
        told = history(in_memory(Genealogy(pieces, lost, whole.stays)), "T-31")
        assert [told.pieces[one].id for one in told.open_ends] == ["S-1"]


def visit(*stays):
    blank = dict.fromkeys(StayOut.model_fields)
    told = out()
    numbers = {kin.id: kin.number for kin in told.pieces}
    rows = [
        StayOut(**{**blank, "line": "pack", "turn": 1, "corrected_s": 0.0, **stay, "piece": numbers[stay["piece"]]})
        for stay in stays
    ]
    return tree.Reader(told, "en", ZONE).mass(rows)


def test_a_visit_counts_each_mass_once():
    first = {"piece": "C-11", "goes": "in", "mass_in_kg": 4000.0, "mass_out_kg": 9000.0}
    other = {"piece": "C-12", "goes": "in", "mass_in_kg": 5200.0, "mass_out_kg": 9000.0}
    packed = {"piece": "P-21", "goes": "out", "mass_in_kg": 9200.0, "mass_out_kg": 9000.0, "scrap_kg": 200.0}
    assert visit(first, other, packed) == "9,200 → 9,000 kg"
    assert visit({**first, "scrap_kg": 60.0}) == "4,000 kg (scrap 60 kg)"
    assert visit(packed) == "9,000 kg"
    assert visit({"piece": "C-11", "goes": "in", "mass_out_kg": 9000.0}, packed) == "→ 9,000 kg"
    assert visit({"piece": "C-11", "goes": "through", "mass_in_kg": 4000.0, "mass_out_kg": 3990.0}) == "4,000 → 3,990 kg"
    assert visit({"piece": "C-11", "goes": "in"}) == ""


def drawn(**changed):
    """The picture of a piece of 100 m with one signal, of which the metres from 60 on have no known place."""
    values = [3.0 + place / 100 if place < 60 else None for place in range(100)]
    lost = [UnmappedOut(line="slit", turn=1, from_m=60.0, to_m=100.0), UnmappedOut(line="cast", turn=1, from_m=0.0, to_m=100.0)]
    blank = {"side": None, "end": None, "piece": None, "at": None, "file": "f", "row": 2}
    marks = [
        MarkOut(kind="defect", from_m=20, to_m=25, notes=[_note("결함명", "스크래치", "inspection.defect")], **blank),
        MarkOut(kind="sample", from_m=2, to_m=2, notes=[_note("항복강도", 310.0)], **blank),
        MarkOut(kind="weld", from_m=50, to_m=50, notes=[], **blank),
    ]
    profile = ProfileOut(length_m=100.0, cell_m=1.0, signals=[_signal(values)], marks=marks, unmapped=lost)
    return out().model_copy(update={"profile": profile.model_copy(update=changed)})


def _note(name, value, concept=None):
    return NoteOut(name=name, concept=concept, value=value, unit=None)


def test_metres_without_a_known_place_are_hatched_and_explained():
    page = history_page.page(drawn(), "en", ZONE)
    assert "40 m (40%) have no known place on this line and are hatched" in page
    assert "100 m (100%) have no known place" in page, "a line of which nothing is known is not left out"
    assert page.count('rect class="lost"') == 3  # the signal's end, the whole of the other line, the legend
    assert "place not known" not in history_page.page(drawn(unmapped=[]), "en", ZONE)


def test_pictures_tell_apart_without_colour_and_name_unit_defect_and_kinds():
    page = history_page.page(drawn(), "en", ZONE)
    assert 'id="flaw"' in page and "url(#flaw)" in page
    legend = page[page.index('class="key legend"') : page.index("Along its length", page.index('class="key legend"'))]
    assert all(word in legend for word in ("least to greatest", "defect", "sample", "weld"))
    assert re.search(r'<text class="value unit"[^>]*>kN</text>', page)
    assert re.search(r'<text class="name"[^>]*>스크래치</text>', page)
    for picture in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        ElementTree.fromstring(picture)  # noqa: S314 - our own


def test_values_of_a_strip_stand_at_their_heights():
    profile = ProfileOut(length_m=2.0, cell_m=1.0, signals=[], marks=[], unmapped=[])
    told = re.findall(r'<text class="value" x="[\d.]+" y="([\d.]+)">([\d.]+)</text>', along.strip(_signal([1.0, 3.0]), profile))
    assert [value for _y, value in told] == ["1", "3"]
    assert float(told[0][0]) > float(told[1][0])


def test_lines_passed_under_one_number_are_written_below_the_box_each_whole():
    told = reworked()
    stay = {
        "piece": made.NUMBER["T-31"],
        "line": "연속소둔 2호기",
        "goes": "through",
        "start": made.BEGIN,
        "end": made.BEGIN,
        "turn": 1,
    }
    whole = Genealogy(told.pieces.frame, told.edges.frame, pl.concat([told.stays.frame, _stays(stay)]).sort("piece", "start"))
    picture = lanes.genealogy(
        out(material=in_memory(whole)), {"coil": "coil", "heat": "heat", "slab": "slab", "strip": "strip"}, speaker("en")
    )
    assert "↻ 2× temper<" in picture
    assert "↻ 연속소둔 2호기<" in picture


def _stays(*rows):
    passes = pl.DataFrame(list(rows))
    missing = [pl.lit(None).alias(name) for name in STAYS if name not in passes.columns]
    return passes.with_columns(missing).select(list(STAYS)).cast(dict(STAYS))
