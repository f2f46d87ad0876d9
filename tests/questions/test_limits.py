"""Limits that stand beside the target in its own table; truth by hand."""

import numpy as np
import pytest

from made_pieces import column, pieces
from tundish.questions import Wish, ask
from tundish.questions.property import Property
from tundish.trace.pieces import Pieces
from tundish.vocabulary import load_catalogue

VALUES = np.linspace(170.0, 240.0, 15)


def asked(low: str, high: str, lows: np.ndarray, wish: Wish | None = None) -> Property:
    target = column("YS", header="YS(N/mm2)")
    given = {"low": lows, "high": np.full(15, 225.0), "YS": VALUES}
    columns = (column("low", header=low), column("high", header=high), target)
    made: Pieces = pieces(given, columns, target="YS")
    question = ask(made, wish or Wish(), load_catalogue())
    assert isinstance(question, Property)
    return question


@pytest.mark.parametrize(
    ("low", "high"), [("YS 하한", "YS 상한"), ("규격하한", "규격상한"), ("LSL", "USL"), ("YS spec min", "YS spec max")]
)
def test_limits_beside_the_target_are_taken_and_told(low: str, high: str) -> None:
    question = asked(low, high, np.full(15, 180.0))
    assert question.limits == (180.0, 225.0)
    assert [finding.code for finding in question.findings] == ["question.limits"]
    bad = question.badness(VALUES)
    assert bad is not None
    np.testing.assert_array_equal(bad, (VALUES < 180) | (VALUES > 225))


def test_limits_of_another_column_and_changing_ones_are_left_alone() -> None:
    assert asked("TS 하한", "TS 상한", np.full(15, 180.0)).limits == (None, None)
    assert asked("YS 하한", "YS 상한", np.arange(15) + 170.0).limits == (None, 225.0)


def test_plant_toml_wins() -> None:
    assert asked("YS 하한", "YS 상한", np.full(15, 180.0), Wish(limits=(190.0, None))).limits == (190.0, None)
