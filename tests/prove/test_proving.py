from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from made_pieces import BEGIN, CHANCES, TEMPERATURE, column, line, pieces, rows
from tundish.learn.answer import Answer, Limit, Rule, Window
from tundish.prove import Evidence, prove
from tundish.prove.interval import block_means, drawn, gain
from tundish.questions import Wish, ask
from tundish.trace.pieces import Pieces
from tundish.vocabulary import load_catalogue


@dataclass(frozen=True)
class Constant:
    """A model that always says the same."""

    value: float

    def predict(self, frame: pl.DataFrame) -> np.ndarray:
        return np.full(frame.height, self.value)


@dataclass(frozen=True)
class Knows:
    """A model that knows the threshold, or the value of a column plus what it is told to be wrong by."""

    column: str
    above: float | None = None

    def predict(self, frame: pl.DataFrame) -> np.ndarray:
        values = frame[self.column].to_numpy()
        return values if self.above is None else np.where(values > self.above, 0.8, 0.04)


HOT = Limit(TEMPERATURE, 1273.15, None)
COOL = Limit(TEMPERATURE, None, 1273.15)


def answer(model: object, linear: object, *, window: Window | None = None, rule: Rule | None = None) -> Answer:
    return Answer((), (), (), (), window, rule, model, linear, ("temperature", "spray"), ())  # type: ignore[arg-type]


def threshold(seed: int = 1, cost: float | None = None, model: object = None) -> tuple[Evidence, np.ndarray, Pieces, Answer]:
    whole, _, true = line(4000, CHANCES["threshold"], seed)
    earlier, later = rows(whole, 0, 3000), rows(whole, 3000, 4000)
    question = ask(earlier, Wish(cost_per_bad=cost), load_catalogue())
    window = Window((COOL,), 0.06, float(question.outcome(earlier).mean()), 0.85)
    said = answer(
        model or Knows("temperature", 1273.15),
        Constant(0.1),
        window=window,
        rule=Rule(((HOT,),), 0.95),
    )
    return prove(said, later, earlier, question, seed=3), true[3000:], whole, said


def test_scores_are_shares_judged_wrong() -> None:
    evidence, true, _, _ = threshold()
    assert evidence.metric == "error_rate"
    assert (evidence.earlier, evidence.later) == (3000, 1000)
    assert evidence.today == evidence.linear == pytest.approx(true.mean(), abs=0.03)
    assert evidence.model == pytest.approx(np.minimum(true, 1 - true).mean(), abs=0.03)
    assert evidence.gain_over_today.value == pytest.approx(evidence.today - evidence.model)
    assert evidence.gain_over_today.low > 0
    assert evidence.rule_right == pytest.approx(1 - evidence.model)
    assert evidence.verdict == "useful"
    assert evidence.ranking is not None and evidence.ranking > 0.8


def test_the_window_on_later_pieces() -> None:
    evidence, true, _, _ = threshold()
    window = evidence.window
    assert window is not None and window.share
    assert window.inside.low <= 0.04 <= window.inside.high
    assert window.outside == pytest.approx(0.8, abs=0.1)
    assert window.all == pytest.approx(true.mean(), abs=0.03)
    assert window.gain.value == pytest.approx(window.all - window.inside.value)
    assert window.kept == pytest.approx(window.gain.value / window.promised_gain)
    assert window.pieces_inside + window.pieces_outside == 1000


def test_money_is_pieces_times_share_times_cost() -> None:
    evidence, _, _, _ = threshold(cost=50_000.0)
    assert evidence.saving is not None and evidence.window is not None
    gained = evidence.window.gain
    assert evidence.saving.per_1000.value == pytest.approx(gained.value * 1000 * 50_000)
    # One piece every ten minutes makes 999 steps for 1000 pieces.
    assert evidence.saving.per_year.value == pytest.approx(gained.value * 50_000 * 1000 / (999 * 10 / 1440) * 365.25)
    assert evidence.saving.per_year.low == pytest.approx(evidence.saving.per_year.value / gained.value * gained.low)
    assert "50000.0 won" in str(evidence.saving.assumptions)


def test_no_cost_no_saving() -> None:
    assert threshold()[0].saving is None


def test_a_model_that_knows_nothing_is_not_useful() -> None:
    whole, _, _ = line(4000, CHANCES["none"], 2)
    earlier, later = rows(whole, 0, 3000), rows(whole, 3000, 4000)
    question = ask(earlier, Wish(), load_catalogue())
    evidence = prove(answer(Constant(0.12), Constant(0.12)), later, earlier, question)
    assert (evidence.verdict, evidence.gain_over_today.value) == ("not_yet", 0.0)
    few = prove(answer(Constant(0.12), Constant(0.12)), rows(later, 0, 40), earlier, question)
    assert few.verdict == "too_little_data"


def test_periods_hold_all_later_pieces_in_order() -> None:
    evidence, _, _, _ = threshold()
    assert 4 <= len(evidence.periods) <= 8
    assert sum(period.pieces for period in evidence.periods) == 1000
    assert all(
        one.end <= two.start for one, two in zip(evidence.periods, evidence.periods[1:], strict=False) if one.end and two.start
    )
    assert np.average(
        [period.model for period in evidence.periods], weights=[period.pieces for period in evidence.periods]
    ) == pytest.approx(evidence.model)


def test_a_value_is_covered_nine_times_in_ten() -> None:
    end, said = column("end"), column("said")
    found = []
    for seed in range(6):
        random = np.random.default_rng(seed)
        truth = random.normal(1600, 20, 3000)
        whole = pieces({"said": truth, "end": truth + random.normal(0, 5, 3000)}, (said, end), target="end")
        known = Answer((), (), (), (), None, None, Knows("said"), Constant(1600.0), ("said",), ())
        found.append(prove(known, rows(whole, 1500, 3000), rows(whole, 0, 1500), ask(whole, Wish(), load_catalogue())))
    assert np.mean([evidence.coverage for evidence in found]) == pytest.approx(0.9, abs=0.02)
    assert np.mean([evidence.half_width for evidence in found]) == pytest.approx(1.645 * 5, abs=0.5)
    assert np.mean([evidence.model for evidence in found]) == pytest.approx(5 * np.sqrt(2 / np.pi), rel=0.03)
    assert found[0].week is None and found[0].ranking is None


def test_a_series_is_held_against_last_week() -> None:
    count = 60 * 24
    hours = np.arange(count)
    daily = 100 + 30 * np.sin(2 * np.pi * hours / 24)
    moments = [BEGIN + timedelta(hours=int(n)) for n in hours]
    whole = pieces(
        {"temperature": daily, "kwh": daily},
        (TEMPERATURE, column("kwh")),
        target="kwh",
        kind="interval",
        moments=moments,
    )
    earlier, later = rows(whole, 0, 1000), rows(whole, 1000, count)
    question = ask(whole, Wish(), load_catalogue())
    evidence = prove(answer(Constant(100.0), Constant(100.0)), later, earlier, question)
    assert evidence.metric == "rmse"
    assert evidence.week == pytest.approx(0.0, abs=1e-9)
    assert evidence.today == pytest.approx(30 * np.sqrt(2) * np.sin(np.pi / 24), rel=0.02)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    """Neighbours share a deviation: blocks must know it, single pieces do not."""
    random = np.random.default_rng(8)
    held = []
    for _ in range(200):
        noise = np.repeat(random.normal(0, 1, 40), 25) + random.normal(0, 0.3, 1000)
        blocks = np.repeat(np.arange(40), 25)
        counts = drawn(blocks, draws=400, seed=1)
        found = gain((noise + 1.0, np.zeros(1000)), blocks, counts, lambda losses: float(losses.mean()))
        held.append(found.low <= 1.0 <= found.high)
    assert 0.88 <= np.mean(held) <= 0.99


def test_every_draw_takes_as_many_blocks_as_there_are() -> None:
    blocks = np.repeat(np.arange(10), 3)
    counts = drawn(blocks, draws=50, seed=1)
    assert (counts.sum(axis=1) == 10).all()
    assert block_means(np.ones(30), blocks, counts) == pytest.approx(np.ones(50))


def test_the_same_seed_gives_the_same_evidence() -> None:
    assert threshold()[0] == threshold()[0]
