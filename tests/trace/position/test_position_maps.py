from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tundish.trace.position.maps import Map, straight
from tundish.trace.position.pyramid import Level, build, fitting


@st.composite
def maps(draw, x=None):
    count = draw(st.integers(2, 12))
    steps = st.floats(0.01, 50.0)
    begin = draw(st.floats(-100.0, 100.0))
    knots = begin + np.cumsum([draw(steps) for _ in range(count)])
    values = draw(st.floats(-100.0, 100.0)) + np.cumsum([draw(steps) for _ in range(count)])
    return Map(knots, values[::-1] if draw(st.booleans()) else values)


@settings(max_examples=200, deadline=None)
@given(maps())
def test_a_map_inverts_and_stays_monotone(one: Map):
    x = np.linspace(one.x[0], one.x[-1], 17)
    y = one.at(x)
    assert (np.diff(y) < 0).all() if one.turned else (np.diff(y) > 0).all()
    assert np.allclose(one.inverse().at(np.clip(y, one.y.min(), one.y.max())), x, atol=1e-7)
    assert one.inverse().inverse().x.tolist() == one.x.tolist()


@settings(max_examples=200, deadline=None)
@given(maps(), maps())
def test_maps_compose(one: Map, other: Map):
    both = one.then(other)
    low, high = max(one.y.min(), other.x[0]), min(one.y.max(), other.x[-1])
    if both is None:
        assert high - low <= 1e-8
        return
    x = np.linspace(both.x[0], both.x[-1], 17)[1:-1]
    assert np.allclose(both.at(x), other.at(one.at(x)), atol=1e-6)
    assert (np.diff(both.x) > 0).all()
    assert both.turned == (one.turned != other.turned)
    assert abs(abs(one.at(both.x[[0, -1]]) @ [1, -1]) - (high - low)) < 1e-6  # no metre gained or lost


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0.01, 1.0), min_size=2, max_size=8), st.floats(1.0, 2000.0))
def test_cutting_a_strip_conserves_its_length(shares, length):
    edges = np.concatenate(([0.0], np.cumsum(shares))) / sum(shares) * length
    parts = [straight((0.0, b - a), (a, b)) for a, b in pairwise(edges) if b - a > 1e-6]
    assert sum(part.length_m for part in parts) == pytest.approx(length)
    for before, after in pairwise(parts):
        assert before.y[-1] == pytest.approx(after.y[0])


def test_a_pyramid_keeps_extremes_sums_and_holes():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(3, 5001))
    values[:, 1000:1100] = np.nan
    count = np.where(np.isnan(values), 0, rng.integers(1, 5, values.shape))
    levels = build(Level(1.0, values, values - 1.0, values + 1.0, count))
    assert [level.cell_m for level in levels] == [1.0, 8.0, 64.0, 512.0]
    for level in levels[1:]:
        assert np.nanmin(level.low) == np.nanmin(values) - 1.0
        assert np.nanmax(level.high) == np.nanmax(values) + 1.0
        assert level.count.sum() == count.sum()
        assert np.nansum(level.mean * level.count) == pytest.approx(np.nansum(values * count))
    assert np.isnan(levels[1].mean[:, 130]).all()
    assert fitting(levels, 600).cell_m == 8.0
    assert fitting(levels, 10**6).cell_m == 1.0
