"""Moments that signals mark: made signals whose turns are known."""

import numpy as np
import pytest
from hypothesis import given as cases
from hypothesis import settings
from hypothesis import strategies as st

from tundish.trace.clocks.marks import marks
from tundish.trace.stamps import SECOND, spread

RNG = np.random.default_rng(3)


def running(turns, rows, *, low, high):
    """High between every other pair of turns."""
    on = np.searchsorted(turns, np.arange(rows), "right") % 2 == 1
    return np.where(on, high, low)


SIGNALS = {
    "speed with noise": lambda on: np.where(on, 100 * (1 + 0.05 * RNG.normal(size=on.size)), 0.0),
    "pyrometer over an empty table": lambda on: np.where(on, 880.0, 120.0) + RNG.normal(size=on.size),
    "flag": lambda on: on.astype(float),
    "level that is lost now and then": lambda on: np.where(RNG.random(on.size) < 0.001, np.nan, np.where(on, 800.0, 0.0)),
}


@pytest.mark.parametrize("kind", SIGNALS)
@cases(lasts=st.lists(st.integers(20, 400), min_size=4, max_size=30))
@settings(max_examples=20, deadline=None)
def test_what_begins_and_ends_is_marked_between_two_rows(kind: str, lasts):
    turns = np.cumsum(lasts)
    turns = turns if turns.size % 2 == 0 else turns[:-1]
    rows = int(turns[-1]) + 30
    signal = SIGNALS[kind](running(turns, rows, low=False, high=True))
    (found,) = marks(np.arange(rows) * SECOND, [signal])
    assert found.kinds.tolist() == [1, -1] * (turns.size // 2)
    np.testing.assert_allclose(found.at / SECOND, turns - 0.5, atol=1.01)


def test_welds_and_counters_mark_an_end_and_a_beginning():
    weld = np.zeros(900)
    weld[100::200] = weld[101::200] = 1.0
    counter = np.arange(900) % 150 * 2.0
    seen = marks(np.arange(900) * SECOND, [weld, counter])
    assert [(one.at[::2] / SECOND).tolist() for one in seen] == [
        [99.5, 299.5, 499.5, 699.5], [149.5, 299.5, 449.5, 599.5, 749.5]
    ]  # fmt: skip
    assert seen[0].kinds.tolist() == [-1, 1] * 4


def test_a_log_that_is_written_only_while_the_line_runs_marks_by_being_written():
    times = np.concatenate([np.arange(low, low + 100) for low in (0, 300, 700)]) * SECOND
    (found,) = marks(times, [RNG.normal(size=300)])
    assert (found.at / SECOND).tolist() == [99, 300, 399, 700]
    assert found.kinds.tolist() == [-1, 1, -1, 1]


@pytest.mark.parametrize("signal", [np.full(500, 3.0), RNG.normal(size=500), np.cumsum(RNG.normal(size=500))])
def test_signals_without_two_states_mark_nothing(signal):
    assert marks(np.arange(500) * SECOND, [signal]) == []


@cases(st.integers(2, 20), st.integers(3, 50))
def test_rows_of_one_second_are_spread_over_it(rows: int, seconds: int):
    true = np.arange(rows * seconds) * SECOND // rows
    np.testing.assert_allclose(spread(true // SECOND * SECOND), true, atol=1)
