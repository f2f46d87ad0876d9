"""Where in a file was its clock set forward? At the hole that this leaves, also where the moments around it are confused."""

import numpy as np
import pytest

from tundish.trace.clocks.drift import Line
from tundish.trace.clocks.jumps import find_jumps
from tundish.trace.stamps import SECOND

STEP_S = 0.1
BY_S = -3.7


def log(hole_at):
    """Rows ten times a second for 100 s; at ``hole_at`` somebody set the clock forward by 3.7 s."""
    times = np.arange(0.0, 100.0, STEP_S)
    times = np.where(times >= hole_at, times - BY_S, times)
    return np.round(times * SECOND).astype(np.int64)


def line(by_s=BY_S, doubt_s=0.2):
    drawn = np.random.default_rng(0).normal([0.0, by_s], [0.0, doubt_s], (200, 2))
    return Line(np.arange(2), np.array([0.0, by_s]), 0.0, drawn, np.zeros(200), 40)


def placed(times, span_s, around_s=(), *, of=None):
    spans, around = ([tuple(round(end * SECOND) for end in one)] if one else [] for one in (span_s, around_s))
    return find_jumps(times, of or line(), spans, step_s=STEP_S, pad_s=0.5, around=around)[0].at / SECOND


def test_the_jump_is_at_the_hole_inside_its_span():
    assert placed(log(40.0), (30.0, 60.0)) == pytest.approx(43.7)


def test_a_hole_a_moment_before_the_span_is_the_jump_if_it_is_as_long():
    assert placed(log(40.0), (50.0, 60.0), (20.0, 90.0)) == pytest.approx(43.7)


def test_a_hole_of_another_length_a_moment_farther_is_not_the_jump():
    assert placed(log(40.0), (50.0, 60.0), (20.0, 90.0), of=line(by_s=-9.0)) == pytest.approx(55.0)


def test_without_a_hole_the_jump_lies_in_the_middle_of_its_span():
    assert placed(log(1e9), (50.0, 60.0), (20.0, 90.0)) == pytest.approx(55.0)
