"""Signals moved to the reference point by whichever strip speed is logged, in whichever unit."""

import numpy as np
import polars as pl
import pytest

from tundish.table import Column, Origin, Table
from tundish.trace.clocks.gauges import at_reference
from tundish.trace.stamps import SECOND
from tundish.vocabulary import load_catalogue

CATALOGUE = load_catalogue()
SECONDS = np.arange(0, 600)
SHAPE = np.sin(SECONDS / 20.0)


def moved(concept, speed, metres, *, unit="m/s", usual=None):
    """By how many rows a signal of a line that runs at one speed is moved."""
    frame = pl.DataFrame({"v": np.full(600, float(speed)), "x": SHAPE})
    columns = (
        Column("v", "number", (Origin("a.csv", column="v"),), concept=concept, unit=unit),
        Column("x", "number", (Origin("a.csv", column="x"),)),
    )
    table = Table("a", frame, columns, (Origin("a.csv"),))
    _, found = at_reference(table, SECONDS * SECOND, {"a.csv:x": metres}, CATALOGUE, usual_m_s=usual)
    errors = {by: np.abs(found[100:500] - SHAPE[100 + by : 500 + by]).max() for by in range(-60, 61)}
    return min(errors, key=errors.__getitem__)


@pytest.mark.parametrize(
    "concept",
    ["line.speed", "line.exit_speed", "line.entry_speed", "annealing.line_speed", "galvanising.line_speed", "rolling.speed"],
)
@pytest.mark.parametrize("metres", [20.0, -20.0])
def test_every_speed_of_the_strip_moves_the_signals_by_its_metres(concept: str, metres: float):
    assert moved(concept, 2.0, metres) == metres / 2.0


@pytest.mark.parametrize("usual", [1.2, 2.0, 3.5])
def test_lengths_and_times_tell_a_speed_in_metres_a_minute_whose_unit_is_not_written(usual: float):
    assert moved("line.exit_speed", 120.0, 20.0, unit=None, usual=usual) == 10
    assert moved("line.exit_speed", 2.0, 20.0, unit=None, usual=usual) == 10
    assert moved("line.exit_speed", 2.0, 20.0, unit=None) == 10


def test_without_a_speed_of_the_strip_signals_stay():
    assert moved("annealing.temperature", 2.0, 20.0) == 0


def test_a_pulse_is_moved_by_its_rise_and_lasts_as_long_where_the_line_creeps_behind_it():
    speed = np.where(SECONDS % 100 < 90, 4.0, 0.4)
    pulse = (SECONDS % 100 == 88).astype(float)  # 8 m before the reference point, and there the line creeps
    pulse += SECONDS % 100 == 89
    frame = pl.DataFrame({"v": speed, "x": pulse})
    columns = (
        Column("v", "number", (Origin("a.csv", column="v"),), concept="line.exit_speed", unit="m/s"),
        Column("x", "number", (Origin("a.csv", column="x"),)),
    )
    table = Table("a", frame, columns, (Origin("a.csv"),))
    _, found = at_reference(table, SECONDS * SECOND, {"a.csv:x": -6.0}, CATALOGUE)
    assert (np.flatnonzero(found) % 100).tolist() == [90, 91] * 6
