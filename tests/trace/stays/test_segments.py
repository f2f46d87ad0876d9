import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tundish.trace.stamps import NEVER, SECOND
from tundish.trace.stays.segments import by_id, by_time, commonest, latest, numbers

STATISTICS = ["mean", "std", "min", "max", "first", "last", "sum", "count", "slope"]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 60), st.integers(1, 12))
def test_statistics_agree_with_a_plain_loop(seed: int, rows: int, pieces: int):
    rng = np.random.default_rng(seed)
    times = rng.integers(0, 500, rows) * SECOND
    values = np.where(rng.random(rows) < 0.2, np.nan, rng.normal(1e3, 1, rows))
    starts = rng.integers(0, 500, pieces) * SECOND
    ends = starts + rng.integers(0, 200, pieces) * SECOND
    segments = by_time(times, starts, ends)
    found = numbers(values, segments, times, STATISTICS)
    for piece in range(pieces):
        inside = np.flatnonzero((times >= starts[piece]) & (times <= ends[piece]))
        known = inside[~np.isnan(values[inside])]
        assert segments.lengths[piece] == inside.size
        assert found["count"][piece] == known.size
        if not known.size:
            assert np.isnan(found["mean"][piece])
            continue
        x = values[known]
        for name, truth in (("mean", x.mean()), ("std", x.std()), ("min", x.min()), ("max", x.max()), ("sum", x.sum())):
            np.testing.assert_allclose(found[name][piece], truth, rtol=1e-9, atol=1e-9)
        if np.unique(times[known]).size > 1:
            hours = times[known] / SECOND / 3600
            np.testing.assert_allclose(found["slope"][piece], np.polyfit(hours - hours.mean(), x, 1)[0], rtol=1e-5, atol=1e-4)


def test_first_and_last_follow_the_clock_not_the_file():
    times = np.array([30, 10, 20]) * SECOND
    segments = by_time(times, np.array([0]), np.array([60 * SECOND]))
    found = numbers(np.array([3.0, 1.0, 2.0]), segments, times, ["first", "last"])
    assert (found["first"][0], found["last"][0]) == (1.0, 3.0)


def test_pieces_share_the_rows_of_a_common_id_and_have_none_for_an_unknown_one():
    segments = by_id(pl.Series(["A", "A", None, "Z"]), pl.Series(["A", "B", "A", None]), None)
    assert segments.lengths.tolist() == [2, 2, 0, 0]
    assert segments.rows.tolist() == [0, 2, 0, 2]


def test_commonest_value():
    segments = by_id(pl.Series(["A", "B", "C"]), pl.Series(["A", "A", "A", "B"]), None)
    assert commonest(pl.Series(["x", "y", "y", None]), segments).to_list() == ["y", None, None]


def test_latest_reading_is_at_or_before_the_moment():
    times = np.array([50, NEVER, 10]) * 1
    assert latest(times, np.array([9, 10, 49, 99, NEVER])).tolist() == [-1, 2, 2, 0, -1]
