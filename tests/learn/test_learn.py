"""The whole answer: the same for the same seed, honest when nothing is found, and a model that takes whatever comes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import plants
import polars as pl
import pytest

from tundish.errors import OneOutcome
from tundish.learn import learn
from tundish.learn.model import fit_linear, fit_model
from tundish.vocabulary import load_catalogue


def small(seed: int = 0, *, null: bool = False, binary: bool = True) -> plants.Plant:
    return plants.plant(seed, n=350, tags=4, lot_columns=4, causes=2, rate=0.25, noise=0.4, null=null, binary=binary)


def test_the_same_pieces_and_seed_give_the_same_answer():
    plant = small(2)
    one, other = (learn(plant.pieces, plant.question, load_catalogue(), seed=3) for _ in range(2))
    assert one.causes == other.causes
    assert one.suspects == other.suspects
    assert one.window == other.window
    assert np.array_equal(one.model.predict(plant.pieces.table.frame), other.model.predict(plant.pieces.table.frame))


def test_no_cause_found_is_a_result_that_is_said():
    plant = small(1, null=True)
    answer = learn(plant.pieces, plant.question, load_catalogue())
    assert answer.causes == ()
    assert answer.window is None
    assert "no_cause" in [finding.code for finding in answer.findings]


def test_refused_columns_are_no_inputs_and_steps_are_told():
    plant = small(2, binary=False)
    told: list[str] = []
    answer = learn(plant.pieces, plant.question, load_catalogue(), progress=lambda step, done, whole: told.append(step))
    refused = {refusal.column.name for refusal in answer.refused}
    assert plant.pieces.target not in answer.inputs
    assert not refused & set(answer.inputs)
    assert told[0] == "refuse" and told[-1] == "rule"


def test_one_outcome_is_refused():
    plant = small()
    frame = plant.pieces.table.frame.with_columns(pl.lit(0.0).alias(plant.pieces.target))
    pieces = replace(plant.pieces, table=replace(plant.pieces.table, frame=frame))
    with pytest.raises(OneOutcome, match=r"lots.csv, column result: .*\(0.0, 350 rows\)"):
        learn(pieces, plant.question, load_catalogue())


def test_intervals_claim_no_cause():
    rng = np.random.default_rng(0)
    make = plants.Maker(rng, 600)
    load = np.cumsum(rng.normal(size=600)) * 0.3 + 10 * np.sin(np.arange(600) / 8)
    make.add("load before", np.r_[load[0], load[:-1]])
    make.add("hour", np.arange(600) % 24)
    pieces = make.pieces(load, kind="interval")
    answer = learn(pieces, plants.ValueQuestion(), load_catalogue())
    assert answer.causes == ()
    assert answer.suspects[0].column.headers == ("load before",)
    assert "no cause" in str(answer.suspects[0].reason)


@pytest.mark.parametrize("binary", [True, False])
def test_models_take_missing_unseen_and_infinite(binary):
    plant = plants.plant(3, n=500, binary=binary, rate=0.3, noise=0.3, causes=3)
    pieces = plant.pieces
    inputs = [column for column in pieces.table.columns if column.name != pieces.target]
    outcome = plant.question.outcome(pieces)
    half = pieces.table.frame[:350]
    later = pieces.table.frame[350:].with_columns(
        pl.lit("never seen").alias("lots|grade"),
        pl.lit(None, dtype=pl.Float64).alias("lots|cause1"),
        pl.lit(float("inf")).alias("lots|lot1"),
    )
    for model in (
        fit_model(half, inputs, outcome[:350], binary=binary),
        fit_linear(half, inputs, outcome[:350], binary=binary),
    ):
        guess = model.predict(later)
        assert guess.shape == (150,)
        assert np.isfinite(guess).all()
        assert not binary or ((guess >= 0) & (guess <= 1)).all()


def test_the_model_beats_the_median_and_the_linear_one_on_a_curved_line():
    rng = np.random.default_rng(0)
    make = plants.Maker(rng, 800)
    x, z = rng.normal(size=800), rng.normal(size=800)
    make.add("x", x)
    make.add("z", z)
    outcome = 3 * x**2 + 2 * z + rng.normal(size=800)
    pieces = make.pieces(outcome)
    inputs = pieces.table.columns[:2]
    frame = pieces.table.frame
    models = [fit(frame[:600], inputs, outcome[:600], binary=False) for fit in (fit_model, fit_linear)]
    errors = [np.abs(model.predict(frame[600:]) - outcome[600:]).mean() for model in models]
    assert errors[0] < 1.1
    assert errors[0] < 0.6 * errors[1] < np.abs(outcome[600:] - np.median(outcome[:600])).mean()
