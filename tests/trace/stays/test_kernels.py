"""Statistics of stays against slow plain Python, their merging, and that threads change no bit."""

import math
import os
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tundish.trace.stamps import NEVER, SECOND
from tundish.trace.stays.kernels import Moments, grid, merge, moments, statistics, stay_statistics
from tundish.trace.stays.segments import Segments, by_time, numbers

NAMES = ("count", "sum", "mean", "std", "min", "max", "first", "last", "slope")
VALUES = st.one_of(st.just(math.nan), st.floats(-1e6, 1e6), st.integers(-5, 5).map(float))


def plain(values, times):
    """Exact rational arithmetic, then rounded once."""
    kept = [(Fraction(v), Fraction(int(t), SECOND)) for v, t in zip(values, times, strict=True) if not math.isnan(v)]
    if not kept:
        return {name: 0.0 if name == "count" else math.nan for name in NAMES}
    v, t = [x for x, _ in kept], [x for _, x in kept]
    mean, middle = sum(v) / len(v), sum(t) / len(t)
    across, square = sum((x - mean) * (y - middle) for x, y in kept), sum((y - middle) ** 2 for y in t)
    return {
        "count": len(v), "sum": float(sum(v)), "mean": float(mean), "min": float(min(v)), "max": float(max(v)),
        "std": math.sqrt(sum((x - mean) ** 2 for x in v) / len(v)), "first": float(v[0]), "last": float(v[-1]),
        "slope": float(across / square * 3600) if square else math.nan,
    }  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_statistics_are_those_of_plain_arithmetic(data):
    rows = data.draw(st.integers(0, 60))
    values = np.array([data.draw(st.lists(VALUES, min_size=rows, max_size=rows)) for _ in range(2)]).reshape(2, rows)
    times = np.array(data.draw(st.lists(st.integers(0, 40), min_size=rows, max_size=rows)), dtype=np.int64) * SECOND
    bounds = data.draw(st.lists(st.tuples(st.integers(-5, 45), st.integers(-5, 45)), min_size=1, max_size=5))
    starts, ends = (np.array([bound[n] for bound in bounds], dtype=np.int64) * SECOND for n in (0, 1))
    segments = by_time(times, starts, ends)
    made = stay_statistics(values, segments, times, NAMES)
    scale = max(1.0, np.nanmax(np.abs(values), initial=1.0))
    for piece in range(len(bounds)):
        rows_ = segments.rows[segments.edges[piece] : segments.edges[piece + 1]]
        for signal in range(2):
            truth = plain(values[signal, rows_], times[rows_])
            for name in NAMES:
                slack = {"slope": 3600 * 1e-9, "std": 1e-9}.get(name, 1e-12 * max(1, rows)) * scale
                assert made[name][signal, piece] == pytest.approx(truth[name], rel=1e-9, abs=slack, nan_ok=True), name


def test_a_small_scatter_of_large_values_is_not_lost():
    rng = np.random.default_rng(0)
    values = 1e9 + 1e-3 * rng.standard_normal((1, 10_000))
    times = np.arange(10_000) * SECOND
    made = stay_statistics(values, by_time(times, times[:1], times[-1:]), times, NAMES)
    truth = plain(values[0], times)
    assert made["std"][0, 0] == pytest.approx(truth["std"], rel=1e-9)
    assert made["mean"][0, 0] == truth["mean"]
    assert made["slope"][0, 0] == pytest.approx(truth["slope"], rel=1e-6)


def test_a_constant_has_no_scatter_at_all():
    times = np.arange(9_000) * SECOND
    made = stay_statistics(np.full((1, 9_000), 0.1), by_time(times, times[:1], times[-1:]), times, NAMES)
    assert (made["std"][0, 0], made["slope"][0, 0], made["mean"][0, 0]) == (0.0, 0.0, 0.1)


def test_rows_without_a_stamp_give_no_slope_and_all_else():
    times = np.array([0, NEVER, 2, 3], dtype=np.int64)
    made = stay_statistics(np.array([[1.0, 2.0, 3.0, 4.0]]), Segments(None, np.array([0]), np.array([4])), times, NAMES)
    assert (made["mean"][0, 0], made["last"][0, 0]) == (2.5, 4.0)
    assert math.isnan(made["slope"][0, 0])


def scattered(rows=30_000, signals=3, stays=200):
    """Rows out of order, gaps, stays that overlap, are empty or hold many blocks."""
    rng = np.random.default_rng(1)
    values = rng.normal(40, 3, (signals, rows))
    values[rng.random((signals, rows)) < 0.1] = np.nan
    times = rng.permutation(rows).astype(np.int64) * SECOND
    starts = rng.integers(0, rows, stays) * SECOND
    ends = starts + rng.integers(-10, rows // 2, stays) * SECOND
    return values, times, by_time(times, starts, ends)


def test_threads_change_no_bit():
    values, times, segments = scattered()
    alone, together = (stay_statistics(values, segments, times, NAMES, threads=n) for n in (1, 3))
    kept = statistics(moments(values, segments, times, threads=2), NAMES)
    for name in NAMES:
        assert alone[name].tobytes() == together[name].tobytes() == kept[name].tobytes()


def test_merging_is_the_whole_and_does_not_mind_where_it_is_cut():
    rng = np.random.default_rng(2)
    values, times = rng.normal(1200, 5, (2, 9_000)), np.arange(9_000) * SECOND
    values[:, 100:150] = np.nan

    def part(a, b):
        return moments(values, Segments(None, np.array([a]), np.array([b])), times)

    whole, a, b, c = part(0, 9_000), part(0, 120), part(120, 130), part(130, 9_000)
    left, right = merge(merge(a, b), c), merge(a, merge(b, c))
    for other in (whole, right):
        np.testing.assert_allclose(left.state[..., :12], other.state[..., :12], rtol=1e-12, atol=1e-12)
        reach = np.sqrt(left.state[..., 11] * left.m2)  # a co-moment is small against what it is the difference of
        assert (np.abs(left.state[..., 12] - other.state[..., 12]) <= 1e-12 * reach).all()
    assert merge(merge(a, b), c).state.tobytes() == left.state.tobytes()
    np.testing.assert_array_equal(merge(a, part(5, 5)).state, a.state)
    assert isinstance(left, Moments)


def test_one_signal_is_one_of_many():
    values, times, segments = scattered()
    many = stay_statistics(values, segments, times, NAMES)
    for signal, row in enumerate(values):
        for name, one in numbers(row, segments, times, NAMES).items():
            assert one.tobytes() == many[name][signal].tobytes()


def test_nothing_to_do_is_done():
    none = np.zeros(0, dtype=np.int64)
    assert stay_statistics(np.zeros((2, 5)), Segments(None, none, none), None, NAMES)["mean"].shape == (2, 0)
    empty = stay_statistics(np.zeros((1, 0)), Segments(None, np.zeros(2, np.int64), np.zeros(2, np.int64)), none, NAMES)
    assert empty["count"].tolist() == [[0.0, 0.0]]
    assert np.isnan(empty["std"]).all()


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.floats(-5, 25), VALUES), max_size=80), st.sampled_from([0.5, 1.0, 2.0]), st.floats(-3, 3))
def test_cells_hold_what_lies_in_them(samples, step, shift):
    at, values = np.array([x for x, _ in samples]), np.array([[v for _, v in samples]]).reshape(1, len(samples))
    made = grid(values, at, start_m=2.0, grid_m=step, cells=9, shift_m=np.array([shift]))
    for cell in range(9):
        inside = [v for x, v in samples if not math.isnan(v) and math.floor((x + shift - 2.0) / step) == cell]
        assert made.count[0, cell] == len(inside)
        if inside:
            assert (made.low[0, cell], made.high[0, cell]) == (min(inside), max(inside))
            assert made.mean[0, cell] == pytest.approx(math.fsum(inside) / len(inside), rel=1e-9, abs=1e-6)
        else:
            assert np.isnan([made.low[0, cell], made.mean[0, cell], made.high[0, cell]]).all()


def test_it_works_where_no_folder_can_be_written(tmp_path):
    """Code in a package folder, a home and a cache folder that are files: compiled anew, no word about it."""
    wall = tmp_path / "wall"
    wall.write_text("")
    code = (
        "import tundish.trace.stays.compiled as c, numba.core.caching as k\n"
        "k.CacheImpl._locator_classes = []\n"
        "f = c.compiled('float64(float64)')(lambda x: 2 * x)\n"
        "print(f(21.0))\n"
    )
    env = {**os.environ, "NUMBA_CACHE_DIR": str(wall), "HOME": str(wall)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "42.0"
    assert not done.stderr
