"""Is the declared truth the truth, and can it be found in the data in principle?"""

import numpy as np
import pytest

from tundish import works
from tundish.works import pickling
from tundish.works.pickling.papers import GOOD, judge
from tundish.works.pickling.plant import LOGARITHMIC, contributions
from tundish.works.pickling.truth import CONCEPTS

SEEDS = range(20)


@pytest.fixture(scope="module")
def runs():
    return {seed: pickling.operate(pickling.build(seed), 2000) for seed in SEEDS}


def logistic(design, outcome):
    """Coefficients of a logistic regression and their standard errors, by Newton's method."""
    design = np.column_stack([np.ones(len(design)), (design - design.mean(0)) / design.std(0)])
    beta = np.zeros(design.shape[1])
    for _ in range(25):
        chance = 1.0 / (1.0 + np.exp(-design @ beta))
        curvature = (design * (chance * (1.0 - chance))[:, None]).T @ design
        beta = beta + np.linalg.solve(curvature, design.T @ (outcome - chance))
    return beta[1:], np.sqrt(np.diag(np.linalg.inv(curvature)))[1:]


def true_settings(run):
    values = [getattr(run.settings, s) for s in pickling.SETTINGS]
    return np.column_stack([np.log(v) if s in LOGARITHMIC else v for s, v in zip(pickling.SETTINGS, values, strict=True)])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_regression_on_true_settings_finds_every_cause_and_no_decoy(runs, seed):
    run = runs[seed]
    lots = run.lots
    ambient = np.interp(lots.start, run.minutes.seconds, run.minutes.ambient)
    orders = [lots.grade, lots.thickness, lots.width, lots.weight]
    decoys = np.column_stack([lots.crew == 0, lots.crew == 1, lots.shift == 2, *orders, ambient])
    bad = (judge(run).text != GOOD).astype(float)
    alone = dict(zip(pickling.SETTINGS, np.divide(*logistic(true_settings(run), bad)), strict=True))
    beta, error = logistic(np.column_stack([true_settings(run), decoys]), bad)
    beside = dict(zip([*pickling.SETTINGS, *(f"decoy {i}" for i in range(decoys.shape[1]))], beta / error, strict=True))
    active = run.plant.active
    assert all(abs(alone[setting]) > 5.0 for setting in active), alone
    assert all(abs(beside[setting]) > 3.5 for setting in active), beside
    assert all(abs(z) < 4.0 for name, z in beside.items() if name not in active), beside


@pytest.mark.parametrize("seed", SEEDS)
def test_each_cause_weighs_enough_and_stands_apart(runs, seed):
    run = runs[seed]
    parts = contributions(run.plant, run.settings)
    total = sum(part**2 for part in parts.values())
    assert 3 <= len(run.plant.active) <= 4
    for setting, part in parts.items():
        share = part**2 / total
        assert share >= 0.08 if setting in run.plant.active else share < 0.005, setting
    apart = np.corrcoef(true_settings(run).T) - np.eye(len(pickling.SETTINGS))
    assert np.abs(apart).max() < 0.5


def test_defects_are_neither_rare_nor_common_nor_certain(runs):
    for run in runs.values():
        chance = pickling.defect_probability(run.plant, run.settings)
        assert 0.08 <= chance.mean() <= 0.20
        assert 0.80 <= np.maximum(chance, 1.0 - chance).mean() <= 0.95
        assert abs((judge(run).text != GOOD).mean() - chance.mean()) < 0.03


def test_causes_vary_from_seed_to_seed(runs):
    sets = {run.plant.active for run in runs.values()}
    assert len(sets) >= 8
    for setting in pickling.SETTINGS:
        assert 2 <= sum(setting in run.plant.active for run in runs.values()) <= 18


def test_a_crew_goes_with_its_favourite_setting_but_does_not_decide_it(runs):
    for run in runs.values():
        liked = getattr(run.settings, run.plant.favourite)
        means = [liked[run.lots.crew == crew].mean() for crew in range(3)]
        explained = sum((run.lots.crew == crew).mean() * (means[crew] - liked.mean()) ** 2 for crew in range(3)) / liked.var()
        assert run.plant.favourite in run.plant.active
        assert 0.2 < explained < 0.75


def test_declared_directions_are_those_of_the_true_probability(made, truth):
    plant = pickling.build(truth.seed)
    lots = pickling.operate(plant, 700).settings
    assert {cause.name for cause in truth.causes} == set(plant.active)
    for cause in truth.causes:
        ends = np.quantile(getattr(lots, cause.name), [0.1, 0.9])
        moved = [lots.with_(cause.name, np.full(700, end)) for end in ends]
        low, high = (pickling.defect_probability(plant, one).mean() for one in moved)
        assert cause.effect == pytest.approx(high - low, abs=1e-4)
        if cause.direction != "both_sides":
            assert cause.direction == ("increases" if high > low else "decreases")
        assert cause.concept == CONCEPTS[cause.name]


def test_the_true_window_helps_on_lots_nobody_has_seen(truth):
    trial = pickling.try_window(truth, {one.setting: (one.low, one.high) for one in truth.window.ranges})
    assert truth.window.inside < 0.6 * truth.window.today
    assert trial.lots_inside > 0.05
    assert trial.inside < 0.6 * trial.today
    assert trial.steered < trial.today
    assert trial.ignored == ()


def test_a_window_may_be_given_by_a_column_of_the_files(truth):
    cause = next(c for c in truth.causes if c.name != "coiling")
    place = next(p for p in cause.columns if p.factor is not None and p.role == "recording")
    by_name = pickling.try_window(truth, {cause.name: (cause.low, cause.high)})
    limits = (cause.low * place.factor + place.offset, cause.high * place.factor + place.offset)
    by_column = pickling.try_window(truth, {f"{place.file}:{place.column}": limits, "외기온도": (0.0, 10.0)})
    assert by_column.inside == pytest.approx(by_name.inside)
    assert by_column.ignored == ("외기온도",)


def test_no_limit_changes_nothing(truth):
    trial = pickling.try_window(truth, {})
    assert trial.today == trial.inside == trial.steered
    assert trial.lots_inside == 1.0


def test_what_is_loaded_is_what_was_saved(made, truth, tmp_path):
    from tundish.works import truth as truths

    truths.save(truth, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == made.truth_path.read_bytes()
    assert works.load(tmp_path / "again.json") == truth
