import numpy as np
import pytest

from made_pieces import TARGET, TEMPERATURE, column, pieces
from tundish.errors import BadSettings, OneOutcome
from tundish.questions import QUESTIONS, Wish, ask
from tundish.questions.quality import Quality
from tundish.table import Column
from tundish.trace.pieces import Pieces
from tundish.vocabulary import load_catalogue
from tundish.vocabulary.verdicts import meaning_of


def with_target(values: list[object], target: Column = TARGET, kind: str = "piece") -> Pieces:
    given = {
        "temperature": np.arange(len(values), dtype=float),
        target.name: np.array(values, dtype=None if target.kind == "number" else object),
    }
    return pieces(given, (TEMPERATURE, target), target=target.name, kind=kind)


def quality(values: list[object], wish: Wish | None = None, target: Column = TARGET) -> Quality:
    asked = ask(with_target(values, target), wish or Wish(), load_catalogue())
    assert isinstance(asked, Quality)
    return asked


@pytest.mark.parametrize(
    ("values", "bad"),
    [
        (["양품", "양품", "불량"], {"불량"}),
        (["OK", "NG", "NG"], {"NG"}),
        (["합격", "불합격"], {"불합격"}),
        (["적합", "부적합", "부적합"], {"부적합"}),
        (["정상", "과산세", "미산세", "정상"], {"과산세", "미산세"}),
        (["Pass", "Fail"], {"Fail"}),
        (["good", "scratch", "dent"], {"scratch", "dent"}),
        (["결함없음", "결함"], {"결함"}),
        (["no defect", "defect"], {"defect"}),
    ],
)
def test_the_words_say_what_is_bad(values: list[object], bad: set[str]) -> None:
    asked = quality(values)
    assert asked.bad == bad
    assert [finding.severity for finding in asked.findings] == ["info"]


def test_what_nobody_can_know_takes_the_rarer_and_warns() -> None:
    asked = quality(["A", "A", "B"])
    assert asked.bad == {"B"}
    assert [(finding.code, finding.severity) for finding in asked.findings] == [("question.bad_guessed", "warning")]


@pytest.mark.parametrize(
    ("header", "values", "bad"),
    [
        ("불량여부", [1.0, 1.0, 0.0], {"1"}),
        ("합격여부", [1.0, 1.0, 0.0], {"0"}),
        ("합격여부", [0.0, 0.0, 1.0], {"0"}),
        ("flag", [0.0, 0.0, 1.0], {"1"}),
        ("flag", [1.0, 1.0, 0.0], {"0"}),
    ],
)
def test_ones_and_zeros(header: str, values: list[object], bad: set[str]) -> None:
    target = column("flag", header=header)
    asked = quality(values, target=target)
    assert asked.bad == bad
    outcome = asked.outcome(with_target(values, target))
    assert outcome.tolist() == [float(str(int(value)) in bad) for value in values]  # type: ignore[call-overload]


def test_the_plant_decides() -> None:
    assert quality(["양품", "불량"], Wish(bad="양품")).bad == {"양품"}
    assert quality(["a", "b", "c"], Wish(bad="a, C")).bad == {"a", "c"}
    with pytest.raises(BadSettings, match="expected a, b, found x"):
        quality(["a", "b"], Wish(bad="x"))


def test_one_outcome_is_refused() -> None:
    with pytest.raises(OneOutcome, match=r"양품, 3 rows"):
        quality(["양품", "양품", "양품", None])


def test_unknown_outcomes_stay_unknown() -> None:
    asked = quality(["양품", None, "불량", " "])
    assert np.isnan(asked.outcome(with_target(["양품", None, "불량", " "]))).tolist() == [False, True, False, True]


def test_quality_scores() -> None:
    asked = quality(["양품", "양품", "양품", "불량"])
    of = with_target(["양품", "양품", "양품", "불량"])
    today = asked.today(of, of)
    assert today.tolist() == [0.25] * 4
    assert asked.score(asked.losses(asked.outcome(of), today)) == 0.25


def test_a_value_in_the_unit_of_the_plant() -> None:
    target = column("end", celsius=True)
    of = with_target([1580.0, 1600.0, 1660.0], target)
    asked = ask(of, Wish(limits=(1590.0, None)), load_catalogue())
    assert (asked.kind, asked.metric, asked.binary) == ("property", "mae", False)
    outcome = asked.outcome(of)
    assert asked.badness(outcome) is not None
    assert np.asarray(asked.badness(outcome)).tolist() == [1.0, 0.0, 0.0]
    assert asked.score(asked.losses(outcome, asked.today(of, of))) == pytest.approx((20 + 0 + 60) / 3)


def test_a_good_side_is_never_guessed() -> None:
    of = with_target([1.0, 2.0, 3.0], column("value"))
    assert ask(of, Wish(), load_catalogue()).badness(np.array([1.0])) is None
    assert np.asarray(ask(of, Wish(higher_is="better"), load_catalogue()).badness(np.array([2.0]))).tolist() == [-2.0]
    assert np.asarray(ask(of, Wish(higher_is="worse"), load_catalogue()).badness(np.array([2.0]))).tolist() == [2.0]


def test_persistence_knows_only_the_past() -> None:
    target = column("kwh")
    before, after = with_target([1.0, 2.0, 5.0], target, "interval"), with_target([7.0, np.nan, 9.0], target, "interval")
    asked = ask(before, Wish(), load_catalogue())
    assert (asked.kind, asked.metric) == ("energy", "rmse")
    assert asked.today(before, after).tolist() == [5.0, 7.0, 7.0]
    assert asked.score(np.array([9.0, 16.0])) == pytest.approx(12.5**0.5)


def test_every_question_speaks_the_protocol() -> None:
    assert {question.__name__ for question in QUESTIONS} == {"Quality", "Property", "Energy"}
    for values, target, kind in (
        (["양품", "불량"], TARGET, "piece"),
        ([1.0, 2.0], column("v"), "piece"),
        ([1.0, 2.0], column("v"), "interval"),
    ):
        of = with_target(values, target, kind)
        asked = ask(of, Wish(), load_catalogue())
        outcome = asked.outcome(of)
        losses = asked.losses(outcome, asked.today(of, of))
        assert outcome.shape == losses.shape == (2,)
        assert asked.score(asked.losses(outcome, outcome)) == 0.0
        assert isinstance(asked.findings, tuple) and asked.wish == Wish()


def test_words_that_only_look_bad() -> None:
    assert meaning_of("strong") is None
    assert meaning_of("broken") is None
    assert meaning_of("이상") == "bad"
