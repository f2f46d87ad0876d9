import numpy as np
import pytest

from made_pieces import (
    CHANCES,
    SPEED,
    SPRAY,
    TEMPERATURE,
    THICKNESS,
    cause,
    column,
    line,
    pieces,
)
from tundish.learn.answer import Limit, Window
from tundish.learn.marks import inside
from tundish.learn.window import find_window
from tundish.questions import Wish, ask
from tundish.table import Column
from tundish.trace.pieces import Pieces
from tundish.vocabulary import load_catalogue

TURNABLE = {"온도": True, "lots.csv:속도": True, "스프레이": True, "두께": False}


def window_of(of: Pieces, *columns: Column, wish: Wish | None = None) -> Window | None:
    question = ask(of, wish or Wish(turnable=TURNABLE), load_catalogue())
    return find_window(of, [cause(part) for part in columns], question, load_catalogue())[0]


def line_of(window: Window, of: Column) -> Limit:
    return next(limit for limit in window.limits if limit.column == of)


def high(window: Window) -> float:
    top = line_of(window, TEMPERATURE).high
    assert top is not None
    return TEMPERATURE.to_plant(top)


@pytest.mark.parametrize("seed", range(5))
def test_a_limit_stands_where_the_effect_turns(seed: int) -> None:
    made, _, _ = line(1500, CHANCES["threshold"], seed)
    window = window_of(made, TEMPERATURE, SPEED, SPRAY)
    assert window is not None
    assert high(window) == pytest.approx(1000, abs=10)
    assert line_of(window, TEMPERATURE).low is None
    assert [limit.column for limit in window.limits] == [TEMPERATURE]


@pytest.mark.parametrize("seed", range(3))
def test_too_much_and_too_little_give_two_sides(seed: int) -> None:
    made, _, _ = line(2000, CHANCES["u_shape"], seed)
    window = window_of(made, TEMPERATURE, SPEED)
    assert window is not None
    limit = line_of(window, TEMPERATURE)
    assert limit.low is not None and limit.high is not None
    assert 890 <= TEMPERATURE.to_plant(limit.low) < 950 < high(window) <= 1010


def test_a_switch_gives_its_good_level() -> None:
    made, _, _ = line(1500, CHANCES["switch"], 1)
    window = window_of(made, TEMPERATURE, SPRAY)
    assert window is not None
    assert line_of(window, SPRAY).levels == ("on",)


def test_what_does_nothing_gets_no_window() -> None:
    found = [window_of(line(1500, CHANCES["none"], seed)[0], TEMPERATURE, SPEED, SPRAY) for seed in range(10)]
    assert found.count(None) >= 9


def test_easy_material_is_not_praised() -> None:
    """Thickness alone makes defects and the temperature follows it: the temperature has nothing to promise."""
    promised = []
    for seed in range(6):
        made, values, _ = line(2000, lambda v: 0.03 + 0.2 * (v["thickness"] - 3), seed)
        values["temperature"] = 950 + 30 * (values["thickness"] - 4.5) + 10 * np.random.default_rng(seed).normal(size=2000)
        made = pieces(values, made.table.columns)
        window = window_of(made, TEMPERATURE, THICKNESS)
        promised.append(0.0 if window is None else window.today - window.promised)
    assert np.median(promised) < 0.02


def test_the_promise_is_kept_by_fresh_lots() -> None:
    kept = []
    for name in ("threshold", "switch", "u_shape", "two"):
        for seed in range(3):
            window = window_of(line(1200, CHANCES[name], seed)[0], TEMPERATURE, SPEED, SPRAY, THICKNESS)
            if window is not None:
                fresh, _, true = line(20_000, CHANCES[name], 900 + seed)
                held = inside(window.limits, fresh.table.frame)
                kept.append((true.mean() - true[held].mean()) / (window.today - window.promised))
    assert len(kept) >= 10
    assert np.mean(np.array(kept) >= 0.9) >= 0.9


def test_at_least_a_fifth_lies_inside_and_all_of_it_was_seen() -> None:
    for name, chance in CHANCES.items():
        made, values, _ = line(1000, chance, 4)
        window = window_of(made, TEMPERATURE, SPEED, SPRAY)
        if window is not None:
            assert window.inside >= 0.19, name
            assert len(window.limits) <= 4
            for limit in window.limits:
                seen = values[limit.column.name]
                for bound in (limit.low, limit.high):
                    if bound is not None:
                        assert seen.min() <= limit.column.to_plant(bound) + 1e-9 <= seen.max() + 1e-6


def test_limits_are_round_in_the_unit_of_the_plant() -> None:
    window = window_of(line(1500, CHANCES["two"], 2)[0], TEMPERATURE, SPEED)
    assert window is not None
    assert high(window) == pytest.approx(round(high(window) / 2) * 2, abs=1e-6)


def test_a_value_on_the_limit_is_inside() -> None:
    made, values, _ = line(1500, CHANCES["threshold"], 0)
    window = window_of(made, TEMPERATURE)
    assert window is not None
    at = np.isclose(values["temperature"], high(window))
    assert at.any() and inside(window.limits, made.table.frame)[at].all()


def test_an_unknown_value_is_not_inside() -> None:
    made, values, _ = line(1500, CHANCES["threshold"], 0)
    values["temperature"][:100] = np.nan
    made = pieces(values, made.table.columns)
    window = window_of(made, TEMPERATURE)
    assert window is not None
    assert not inside(window.limits, made.table.frame)[:100].any()


def test_a_slope_is_limited_by_its_level() -> None:
    made, values, _ = line(1500, CHANCES["threshold"], 3)
    mean = column("plc|온도|mean", celsius=True, header="온도", statistic="mean")
    slope = column("plc|온도|slope", header="온도", statistic="slope")
    given = {mean.name: values["temperature"], slope.name: values["temperature"] / 100, "defect": values["defect"]}
    made = pieces(given, (mean, slope, made.table.columns[-1]))
    window = window_of(made, slope)
    assert window is not None
    assert [limit.column.statistic for limit in window.limits] == ["mean"]


def test_unknown_meaning_asks() -> None:
    made, _, _ = line(1500, CHANCES["switch"], 1)
    causes = [cause(TEMPERATURE), cause(SPRAY)]
    question = ask(made, Wish(), load_catalogue())
    window, findings = find_window(made, causes, question, load_catalogue())
    assert window is not None
    assert [finding.code for finding in findings] == ["window.turnable_unknown"] * 2
    one = ask(made, Wish(turnable={"온도": True}), load_catalogue())
    window, findings = find_window(made, causes, one, load_catalogue())
    assert window is not None and [limit.column for limit in window.limits] == [TEMPERATURE]
    assert "not in the window" in str(findings[0].message)


def test_nothing_to_turn_says_so() -> None:
    made, _, _ = line(1500, CHANCES["confounded"], 1)
    question = ask(made, Wish(turnable=TURNABLE), load_catalogue())
    window, findings = find_window(made, [cause(THICKNESS)], question, load_catalogue())
    assert window is None
    assert [finding.code for finding in findings] == ["window.nothing_to_turn"]


@pytest.mark.parametrize(("better", "sign"), [("better", 1.0), ("worse", -1.0)])
def test_a_value_is_promised_as_a_value(better: str, sign: float) -> None:
    random = np.random.default_rng(6)
    made, values, _ = line(1500, CHANCES["none"], 6)
    strength = column("strength", header="강도")
    values["strength"] = 500 + sign * np.where(values["speed"] < 85, 20, 0) + 10 * random.normal(size=1500)
    made = pieces(values, (*made.table.columns, strength), target="strength")
    wish = Wish(turnable=TURNABLE, higher_is=better)  # type: ignore[arg-type]
    window = window_of(made, SPEED, TEMPERATURE, wish=wish)
    assert window is not None
    assert line_of(window, SPEED).high == pytest.approx(85, abs=2)
    assert window.today == pytest.approx(values["strength"].mean())
    assert 0 < sign * (window.promised - window.today) < 10


def test_without_a_good_side_there_is_no_window() -> None:
    made, values, _ = line(300, CHANCES["none"], 5)
    values["strength"] = values["speed"] * 2
    made = pieces(values, (*made.table.columns, column("strength")), target="strength")
    question = ask(made, Wish(turnable=TURNABLE), load_catalogue())
    window, findings = find_window(made, [cause(SPEED)], question, load_catalogue())
    assert window is None
    assert [finding.code for finding in findings] == ["window.unknown_side"]
