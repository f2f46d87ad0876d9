"""Which stamps of a typed file lie in no calendar? Flipped bits and marks for `never` do; polars panics when it shows one."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

NOTHING_WRITTEN = datetime(1, 1, 1)
"""What stands in their place: a time that standardisation leaves empty and reports."""
_BEFORE_1970_S = int((NOTHING_WRITTEN.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
_TO_9999_S = int((datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
_PARTS = {"ms": 10**3, "us": 10**6}
"""Of a second. Nanoseconds in 64 bits do not leave the years 1677 to 2262."""
_DAY_S = 86_400


def in_calendar(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame, its stamps all from the years 1 to 9999: those beyond are 0001-01-01, times of day beyond 24 hours empty.

    >>> in_calendar(pl.DataFrame({"t": pl.Series([0, 2**62, None]).cast(pl.Datetime("us"))}))["t"].dt.year().to_list()
    [1970, 1, None]
    """
    return frame.with_columns(_held(series) for series in frame.iter_columns() if series.dtype.is_temporal())


def _held(series: pl.Series) -> pl.Series:
    kind, numbers = series.dtype, series.to_physical()
    if isinstance(kind, pl.Datetime) and kind.time_unit in _PARTS:
        parts = _PARTS[kind.time_unit]
        low, high = _BEFORE_1970_S * parts, _TO_9999_S * parts
    elif kind == pl.Date:
        low, high = _BEFORE_1970_S // _DAY_S, _TO_9999_S // _DAY_S
    elif kind == pl.Time:
        low, high = 0, _DAY_S * 10**9 - 1
    else:
        return series
    beyond = (numbers < low) | (numbers > high)
    if not beyond.any():
        return series
    instead = None if kind == pl.Time else low
    return (
        pl.select(pl.when(beyond).then(pl.lit(instead, numbers.dtype)).otherwise(numbers))
        .to_series()
        .alias(series.name)
        .cast(kind)
    )
