"""On plants with known truth the causes are found, and crews, noise, drifting and frozen sensors are not claimed."""

from __future__ import annotations

import numpy as np
import plants
import polars as pl
import pytest

from tundish.learn.blanket import Bench, block_count, p_values
from tundish.learn.blocks import time_blocks
from tundish.learn.causes import find_causes
from tundish.learn.confounded import find_confounded
from tundish.learn.context import is_context
from tundish.learn.features import find_groups
from tundish.vocabulary import load_catalogue

DECOYS = ("noise", "drifting", "frozen", "crew", "tag", "lot", "grade", "machine", "steam", "drive", "width", "entry")


def causes_of(plant: plants.Plant):
    pieces = plant.pieces
    inputs = [column for column in pieces.table.columns if column.name != pieces.target]
    outcome = plant.question.outcome(pieces)
    return find_causes(pieces, inputs, outcome, load_catalogue(), binary=plant.question.binary)


def headers(cause) -> set[str]:
    return {header for column in (cause.column, *cause.also) for header in column.headers}


@pytest.mark.parametrize(
    "plant", [plants.pickling(0, n=1200), plants.plant(0, n=800, binary=False)], ids=["pickling", "values"]
)
def test_all_causes_and_no_decoy(plant):
    found = causes_of(plant)
    named = [headers(cause) for cause in found.causes]
    for truth in plant.truth:
        assert any(names & truth for names in named), truth
    assert not any(name.startswith(DECOYS) for names in named for name in names)
    assert all(0.75 <= cause.confidence <= 1 for cause in found.causes)
    assert sum(cause.share for cause in found.causes) <= 1 + 1e-9


def test_three_baths_at_one_temperature_are_one_cause():
    found = causes_of(plants.pickling(0, n=1200))
    baths = [cause for cause in found.causes if any("bath" in name for name in headers(cause))]
    assert len(baths) == 1
    assert headers(baths[0]) == {"bath1_temp", "bath2_temp", "bath3_temp"}


def test_effect_and_direction_of_a_known_line():
    rng = np.random.default_rng(1)
    make = plants.Maker(rng, 900)
    rising, valley = rng.normal(size=900), rng.normal(size=900)
    make.add("rising", rising)
    make.add("valley", valley)
    for i in range(5):
        make.add(f"noise{i}", rng.normal(size=900))
    outcome = 3 * rising + 2 * valley**2 + rng.normal(size=900)
    found = causes_of(plants.Plant(make.pieces(outcome), plants.ValueQuestion(), ()))
    by_name = {cause.column.headers[0]: cause for cause in found.causes}
    assert set(by_name) == {"rising", "valley"}
    assert by_name["rising"].direction == "increases"
    assert by_name["rising"].effect == pytest.approx(3 * np.ptp(np.quantile(rising, [0.1, 0.9])), rel=0.15)
    assert by_name["valley"].direction == "both_sides"
    assert by_name["valley"].effect == pytest.approx(2 * np.quantile(valley, 0.9) ** 2, rel=0.35)
    curve = by_name["rising"].curve
    assert len(curve.setting) == len(curve.target) == len(curve.low) == len(curve.count)
    assert all(low <= middle <= high for low, middle, high in zip(curve.low, curve.target, curve.high, strict=True))


def test_nothing_is_claimed_of_a_shuffled_target():
    claimed = [causes_of(plants.plant(seed, null=True, n=400, tags=6)).causes for seed in range(5)]
    assert sum(bool(causes) for causes in claimed) == 0


def test_chances_are_honest_without_any_effect():
    """On shuffled outcomes at most one candidate in twenty has p below 0.05, also for rare defects and serial dependence."""
    chances = []
    for seed in range(12):
        plant = plants.plant(seed, null=True, n=500, tags=8, rate=0.08)
        pieces = plant.pieces
        groups = find_groups(pieces, [c for c in pieces.table.columns if c.name != pieces.target], load_catalogue())
        blocks = np.unique(time_blocks(pieces.table.frame, block_count(500)), return_inverse=True)[1]
        bench = Bench(plant.question.outcome(pieces), groups, blocks, 0)
        chances.append(p_values(bench, (), range(len(groups))))
    assert np.mean(np.concatenate(chances) < 0.05) < 0.05
    assert np.mean(np.concatenate(chances) < 0.01) < 0.012


def test_a_crew_is_known_by_the_clock_but_a_grade_is_not():
    pieces = plants.plant(0, n=600).pieces
    groups = {group.main.column.headers[0]: group for group in find_groups(pieces, pieces.table.columns, load_catalogue())}
    catalogue = load_catalogue()
    assert is_context(pieces, groups["crew"], catalogue)
    assert not is_context(pieces, groups["grade"], catalogue)
    assert not is_context(pieces, groups["machine"], catalogue)


def test_where_a_piece_was_cut_is_no_cause_but_its_lane_may_be():
    """Heads of coils and edge strips are worse: the first is a suspect that says where to look, the second a cause."""
    rng = np.random.default_rng(3)
    make = plants.Maker(rng, 900)
    begins, lane = rng.uniform(0, 800, 900), rng.integers(1, 8, 900).astype(float)
    make.add("from", begins, concept="position.from")
    make.add("crop", rng.uniform(1, 4, 900), concept="position.head_crop")
    make.add("lane", lane, concept="position.lane")
    for i in range(5):
        make.add(f"noise{i}", rng.normal(size=900))
    outcome = 2.0 * (begins < 200) + 0.5 * np.abs(lane - 4) + rng.normal(size=900)
    found = causes_of(plants.Plant(make.pieces(outcome), plants.ValueQuestion(), ()))
    assert [headers(cause) for cause in found.causes] == [{"lane"}]
    suspect = next(cause for cause in found.suspects if "from" in headers(cause))
    assert "which part of the material" in str(suspect.reason)


def test_rotating_crews_are_known_by_their_turns():
    make = plants.Maker(np.random.default_rng(0), 1500)
    turn = np.arange(1500) * 12 // 480
    teams = np.random.default_rng(1).integers(0, 4, turn.max() + 1)[turn]
    make.add("team", ["가나다라"[team] for team in teams], kind="category")
    pieces = make.pieces(np.zeros(1500))
    group = find_groups(pieces, [pieces.table.columns[0]], load_catalogue())[0]
    assert is_context(pieces, group, load_catalogue())


def test_what_moves_together_is_reported_with_the_trial_that_parts_it():
    rng = np.random.default_rng(0)
    make = plants.Maker(rng, 500)
    one = rng.normal(size=500)
    make.add("speed", one, concept="pickling.line_speed")
    make.add("current", one + 0.05 * rng.normal(size=500), concept="rolling.force")
    make.add("mode", ["A" if z > 0.2 else "B" for z in one], kind="category")
    make.add("fixed", np.where(one > 0.2, 5.0, 3.0) + 0.05 * rng.normal(size=500), concept="pickling.acid_concentration")
    pieces = make.pieces(one)
    groups = find_groups(pieces, pieces.table.columns[:4], load_catalogue())
    found = find_confounded(groups, range(len(groups)))
    pairs = {tuple(sorted(column.headers[0] for column in pair.columns)) for pair in found}
    assert {("current", "speed"), ("fixed", "mode")} <= pairs
    assert all("trial" in str(pair.reason) for pair in found)


def test_a_set_point_and_its_actual_are_one_quantity():
    rng = np.random.default_rng(0)
    make = plants.Maker(rng, 300)
    z = rng.normal(size=300)
    make.add("온도_SV", z)
    make.add("온도_PV", z + 0.1 * rng.normal(size=300))
    make.add("other", rng.normal(size=300))
    pieces = make.pieces(z)
    assert sorted(len(group.columns) for group in find_groups(pieces, pieces.table.columns[:3], load_catalogue())) == [1, 2]


def test_missing_values_and_strange_frames_do_no_harm():
    rng = np.random.default_rng(0)
    make = plants.Maker(rng, 300)
    z = rng.normal(size=300)
    make.add("cause", np.where(rng.random(300) < 0.3, np.nan, z))
    make.add("empty", np.full(300, np.nan))
    make.add("odd", np.where(rng.random(300) < 0.02, np.inf, rng.normal(size=300)))
    plant = plants.Plant(make.pieces(2 * z + rng.normal(size=300)), plants.ValueQuestion(), ())
    frame = plant.pieces.table.frame
    assert frame.select(pl.col("lots|empty").is_null().all()).item()
    assert [cause.column.headers[0] for cause in causes_of(plant).causes] == ["cause"]
