import numpy as np
import pytest

from made_pieces import CHANCES, SPEED, SPRAY, TEMPERATURE, THICKNESS, cause, column, line, pieces, rows
from tundish.learn.rule import find_rule, rule_says
from tundish.questions import Wish, ask
from tundish.vocabulary import load_catalogue

INPUTS = (TEMPERATURE, SPEED, SPRAY, THICKNESS)


def sharp(values: dict[str, np.ndarray]) -> np.ndarray:
    return np.where((values["temperature"] > 1000) | ((values["spray"] == "off") & (values["speed"] > 90)), 0.97, 0.02)


@pytest.mark.parametrize("seed", range(3))
def test_a_sharp_truth_is_found_and_holds_later(seed: int) -> None:
    whole, _, true = line(2000, sharp, seed)
    earlier, later = rows(whole, 0, 1000), rows(whole, 1000, 2000)
    question = ask(earlier, Wish(), load_catalogue())
    rule = find_rule(earlier, INPUTS, [cause(TEMPERATURE)], question)
    assert rule is not None
    assert 2 <= len(rule.conditions) <= 3
    said = rule_says(rule, later.table.frame)
    assert (said == (question.outcome(later) == 1)).mean() >= 0.95
    assert (said == (true[1000:] > 0.5)).mean() >= 0.97


def test_the_truth_about_right_is_the_share_of_the_earlier_pieces() -> None:
    whole, _, _ = line(1000, sharp, 7)
    question = ask(whole, Wish(), load_catalogue())
    rule = find_rule(whole, INPUTS, [], question)
    assert rule is not None
    assert rule.right == pytest.approx((rule_says(rule, whole.table.frame) == (question.outcome(whole) == 1)).mean())


def test_claimed_causes_are_enough_when_they_say_it_all() -> None:
    whole, values, _ = line(1500, CHANCES["threshold"], 2)
    shadow = column("shadow", celsius=True)
    values["shadow"] = values["temperature"] + np.random.default_rng(1).normal(size=1500)
    whole = pieces(values, (*whole.table.columns, shadow))
    rule = find_rule(whole, (shadow, *INPUTS), [cause(TEMPERATURE)], ask(whole, Wish(), load_catalogue()))
    assert rule is not None
    assert {limit.column.name for condition in rule.conditions for limit in condition} == {"temperature"}
    (limit,) = rule.conditions[0]
    assert limit.low is not None and TEMPERATURE.to_plant(limit.low) == pytest.approx(1000, abs=10)


def test_no_rule_from_nothing() -> None:
    found = [
        find_rule(made, INPUTS, [cause(TEMPERATURE)], ask(made, Wish(), load_catalogue()))
        for made in (line(1000, CHANCES["none"], seed)[0] for seed in range(8))
    ]
    assert found == [None] * 8


def test_a_value_without_limits_has_no_rule() -> None:
    whole, values, _ = line(300, CHANCES["none"], 1)
    whole = pieces(values, whole.table.columns, target="speed")
    assert find_rule(whole, (TEMPERATURE,), [], ask(whole, Wish(higher_is="better"), load_catalogue())) is None


def test_a_value_with_limits_has_one() -> None:
    whole, values, _ = line(1000, CHANCES["none"], 1)
    strength = column("strength")
    values["strength"] = 500 - (values["temperature"] - 950)
    whole = pieces(values, (*whole.table.columns, strength), target="strength")
    question = ask(whole, Wish(limits=(470, None)), load_catalogue())
    rule = find_rule(whole, INPUTS, [cause(TEMPERATURE)], question)
    assert rule is not None and rule.right >= 0.97


def test_an_unknown_value_meets_no_condition() -> None:
    whole, values, _ = line(1000, CHANCES["threshold"], 2)
    rule = find_rule(whole, (TEMPERATURE,), [cause(TEMPERATURE)], ask(whole, Wish(), load_catalogue()))
    assert rule is not None
    values["temperature"][:] = np.nan
    assert not rule_says(rule, pieces(values, whole.table.columns).table.frame).any()
