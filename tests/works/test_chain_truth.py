"""Does what is true of a chain obey what every mill must: mass, shares, lengths, places?"""

from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from tundish.works import chain
from tundish.works.chain.plant import ROUTES

SEEDS = (1, 3, 4, 5)


@pytest.fixture(scope="module", params=SEEDS)
def material(request):
    """What went through one chain."""
    return chain.operate(chain.build(request.param), 150)


def test_mass_in_is_mass_out_and_scrap_and_rest(material):
    run, _ = material
    links = {}
    for link in run.links:
        links.setdefault(link.stay, []).append(link)
    for stay in run.stays:
        out = sum(link.mass_out for link in links.get(stay.number, ()))
        assert stay.mass_in == pytest.approx(out + stay.scrap + stay.rest, rel=1e-12)
        assert stay.scrap > -1e-6 and stay.rest >= 0.0


def test_what_enters_a_stay_is_what_the_piece_weighs(material):
    run, _ = material
    outputs = {}
    for output in run.outputs:
        outputs.setdefault(output.piece, []).append(output)
    for stay in run.stays:
        made = [o for o in outputs.get(stay.piece, ()) if o.step < stay.step or (o.step == stay.step and stay.turn > 1)]
        if made:
            assert stay.mass_in == pytest.approx(made[-1 if stay.turn == 1 else -2].mass, rel=1e-9)


def test_all_steel_that_went_in_is_somewhere(material):
    run, _ = material
    first = sum(stay.mass_in for stay in run.stays if stay.step == 0)
    lost = sum(stay.scrap + stay.rest for stay in run.stays)
    went_on = {link.parent for link in run.links}
    # a coil that keeps its number goes on under it: what it weighs at the end counts
    last = {output.piece: output for output in run.outputs}
    left = sum(o.mass for o in last.values() if o.piece not in went_on or _only_through(run, o.piece))
    assert first == pytest.approx(left + lost, rel=1e-9)


def _only_through(run, piece):
    return all(run.plant.lines[link.step].same_id for link in run.links if link.parent == piece)


def test_the_places_on_parents_and_children_fit_together(material):
    run, _ = material
    for link in run.links:
        if run.plant.lines[link.step].kind == "pack":
            continue
        stay, output = run.stays[link.stay], run.outputs[link.output]
        assert stay.head_crop - 1e-6 <= link.from_m < link.to_m <= stay.length_in - stay.tail_crop + 1e-6
        assert 0.0 <= link.at_m < output.length
    by_output = {}
    for link in run.links:
        by_output.setdefault((link.output, link.lane), []).append(link)
    for (number, _), links in by_output.items():
        if run.plant.lines[run.outputs[number].step].kind != "pack":
            assert min(link.at_m for link in links) == 0.0


def test_speed_integrates_to_the_length(material):
    run, drives = material
    for step, motion in drives.motions.items():
        stays = [stay for stay in run.stays if stay.step == step][:5]
        for stay in stays:
            seconds = np.linspace(stay.start, stay.end, 20_001)
            speed = motion.speed_at(seconds)
            assert np.trapezoid(speed, seconds) == pytest.approx(stay.length_out, rel=2e-4)
        assert np.all(np.diff(motion.time) >= 0.0)
        middle = np.linspace(motion.metres[0], motion.metres[-1], 500)
        assert motion.metres_at(motion.time_at(middle)) == pytest.approx(middle, abs=1e-4)


def test_a_line_never_runs_two_pieces_at_once_and_none_before_it_was_made(material):
    run, _ = material
    made = {}
    for output in run.outputs:
        made.setdefault(output.piece, output)
    for step, line in enumerate(run.plant.lines):
        stays = sorted((s for s in run.stays if s.step == step), key=lambda s: s.start)
        assert all(one.end <= other.start + 1e-6 for one, other in pairwise(stays))
        for stay in stays:
            born = made.get(stay.piece)
            if born is not None and born.step < step:
                assert stay.start >= born.end, line


@pytest.mark.parametrize("lines", sorted(ROUTES))
def test_the_number_of_lines_can_be_chosen(lines):
    assert len(chain.build(7, lines=lines).lines) == lines


def test_another_number_of_lines_is_refused():
    with pytest.raises(ValueError, match="3 to 5"):
        chain.build(7, lines=6)


def test_seeds_give_all_kinds_of_plants():
    lines = [line for seed in range(40) for line in chain.build(seed).lines]
    assert {line.kind for line in lines} == {"cast", "hot", "tandem", "anneal", "temper", "slit", "sheet", "pack"}
    assert {line.style for line in lines} == {"korean", "short", "tags", "mixed"}
    assert {line.layout for line in lines} == {"cp949", "utf8", "xlsx"}
    assert {gone for line in lines for gone in line.leaves_out} >= {"in_mass", "positions", "crops", "flags"}
    assert all(abs(line.clock.offset_s) <= 90.0 for line in lines)
    assert 10.0 < np.std([line.clock.drift_ppm for line in lines]) < 30.0


def test_there_are_edges_of_many_kinds_and_welds_that_join_several_coils():
    run, _ = chain.operate(chain.build(3), 300)
    kinds = pl.Series([link.kind for link in run.links]).value_counts()
    assert {"cast", "rolled", "welded", "slit"} <= set(kinds.to_series())
    parents = pl.DataFrame({"output": [k.output for k in run.links if k.kind == "welded"]}).group_by("output").len()
    assert parents["len"].max() >= 2
    assert any(stay.turn == 2 for stay in run.stays)
