"""Is a piece's history what the chain made by hand says, in memory and from disk alike?"""

import random

import made_chain as made
import numpy as np
import polars as pl
import pytest

from tundish.errors import AmbiguousPiece, NoPieceNamed, UnknownPiece
from tundish.store import traced
from tundish.trace.history import history, in_memory
from tundish.trace.pieces import Clock, Message


@pytest.fixture(scope="module", params=["memory", "disk"])
def material(request, tmp_path_factory):
    there = in_memory(made.genealogy())
    return there if request.param == "memory" else traced.keep(there, tmp_path_factory.mktemp("plant"), "key")


def ids(told, ties, end):
    return [told.pieces[getattr(tie, end)].id for tie in ties]


def test_up_over_all_ways_with_cumulated_shares(material):
    told = history(material, "T-31")
    up = {(told.pieces[tie.parent].id, told.pieces[tie.child].id): (tie.depth, tie.share) for tie in told.up}
    assert up["P-21", "T-31"] == (1, 1.0)
    assert up["C-11", "P-21"] == (2, 0.75)
    assert up["S-2", "C-12"] == (3, 0.25)
    assert up["H-100", "S-1"] == (4, 0.75)
    assert sum(share for depth, share in up.values() if depth == 4) == pytest.approx(1.0, abs=1e-12)
    assert told.down == ()


def test_down_ends_where_all_of_the_mass_is_told(material):
    told = history(material, "heat:H100")
    strips = [tie.share for tie in told.down if told.pieces[tie.child].id.startswith("T-")]
    assert sum(strips) == pytest.approx((18_750 + 6_250) / 19_800 * 0.99 * 0.5, abs=1e-12)
    assert {told.pieces[tie.child].id for tie in told.down} == {"S-1", "S-2", "C-11", "C-12", "P-21", "P-22", "T-31", "T-32"}


@pytest.mark.parametrize("spelled", ["T-31", "t31", " T_31 ", "ｔ－３１", "strip:T 31", "T31@2025-03-01"])
def test_a_piece_answers_to_every_spelling(material, spelled):
    assert history(material, spelled).piece.id == "T-31"


@pytest.mark.parametrize("nothing", ["", "  "])
def test_an_empty_word_names_no_piece(material, nothing):
    with pytest.raises(NoPieceNamed):
        history(material, nothing)


def test_a_wrong_id_is_refused_with_the_nearest(material):
    with pytest.raises(UnknownPiece) as refused:
        history(material, "T-13")
    assert "T-31" in refused.value.message.values["nearest"]


def test_several_pieces_of_one_number_are_told_apart(tmp_path):
    genealogy = made.genealogy()
    twice = genealogy.pieces["even"].to_list()
    twice[made.NUMBER["S-1"]] = "C11"
    pieces = genealogy.pieces.with_columns(even=np.array(twice))
    material = in_memory(type(genealogy)(pieces, genealogy.edges, genealogy.stays))
    with pytest.raises(AmbiguousPiece) as refused:
        history(material, "c11")
    assert refused.value.message.values["choices"] == ["slab:S-1", "coil:C-11"]
    assert history(material, "coil:c11").piece.id == "C-11"


def test_doubts_are_said_and_those_of_others_are_not(material):
    told = history(material, "T-31")
    codes = [finding.code for finding in told.findings]
    assert codes == ["edge_doubtful", "time_overlap"]
    doubt = told.findings[0].message.values
    assert (doubt["child"], doubt["parent"], doubt["percent"]) == ("C-12", "S-2", 91.0)


def test_open_ends_and_what_is_not_told_of_the_mass(material):
    assert [history(material, "C-13").pieces[one].id for one in history(material, "C-13").open_ends] == ["C-13"]
    assert history(material, "H-100").open_ends == ()  # nothing comes before a heat
    partly = [f for f in history(material, "P-22").findings if f.code == "origin_partly_open"]
    assert partly[0].message.values["percent"] == pytest.approx(10.0)
    assert "piece_unrecorded" in [finding.code for finding in history(material, "C-99").findings]


def test_times_stand_by_the_reference_clock():
    there = in_memory(made.genealogy())
    clock = Clock("slit.csv", 60.0, 59.0, 61.0, Message("seen"), drift_ppm=0.0)
    there = type(there)(**{**vars(there), "clocks": (clock,), "files": {"slit": ("slit.csv",)}, "lines": {"trend": "slit"}})
    stays = {stay.line: stay for stay in history(there, "T-31").timeline if stay.piece == made.NUMBER["T-31"]}
    assert stays["slit"].corrected_s == 60.0
    assert (stays["slit"].start - made.BEGIN).total_seconds() == made.NUMBER["T-31"] * 3600 + 60
    assert history(there, "T-31").clocks == (clock,)


def test_balance_of_each_lot_on_the_way(material):
    lots = {step.of: step for step in history(material, "T-31").balance}
    assert {"P-21", "C-11", "C-12"} <= set(lots)
    assert lots["P-21"].out_kg == pytest.approx(25_000.0)


def test_rings_of_wrong_records_end_and_have_no_share():
    genealogy = made.genealogy()
    row = genealogy.edges[0].with_columns(
        parent=pl.lit(made.NUMBER["T-31"], pl.Int64), child=pl.lit(made.NUMBER["H-100"], pl.Int64)
    )
    ring = type(genealogy)(genealogy.pieces, genealogy.edges.vstack(row).sort("child", "parent"), genealogy.stays)
    told = history(in_memory(ring), "T-31")
    assert any(tie.share is None for tie in told.up)


def test_memory_and_disk_agree_on_random_graphs(tmp_path):
    dice = random.Random(3)
    genealogy = made.genealogy()
    there = in_memory(genealogy)
    kept = traced.keep(there, tmp_path, "k")
    for number in dice.sample(range(genealogy.pieces.height), 10):
        piece = f"{genealogy.pieces['level'][number]}:{genealogy.pieces['id'][number]}"
        one, other = history(there, piece), history(kept, piece)
        assert one == other
        frame = genealogy.up(number)
        assert sorted(frame["share"].to_list()) == pytest.approx(sorted(tie.share for tie in one.up))
