"""When did it happen? Time columns as whole microseconds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.table import Column, Table
from tundish.vocabulary import Catalogue

Stamps = npt.NDArray[np.int64]
"""Microseconds since 1970 (UTC); :data:`NEVER` where unknown."""
Floats = npt.NDArray[np.float64]
NEVER = np.iinfo(np.int64).min
SECOND = 1_000_000


def stamps(table: Table, column: str) -> Stamps:
    """A time column as microseconds, one a row."""
    return microseconds(table.frame[column])


def microseconds(times: pl.Series) -> Stamps:
    """Times as microseconds."""
    return times.cast(pl.Datetime("us", "UTC"), strict=False).to_physical().fill_null(NEVER).to_numpy().astype(np.int64)


def as_times(values: Stamps, name: str) -> pl.Series:
    """Microseconds as a polars series of UTC times, null where never."""
    raw = pl.Series(name, values)
    return raw.set(raw == NEVER, None).cast(pl.Datetime("us", "UTC"))


def spacing(values: Stamps) -> float:
    """Median step between neighbouring stamps in order of time, in microseconds; 0 when there are fewer than two."""
    known = np.sort(values[values != NEVER])
    return float(np.median(np.diff(known))) if known.size > 1 else 0.0


def role(column: Column, catalogue: Catalogue) -> str | None:
    """What the vocabulary says the column is for."""
    return None if column.concept is None else catalogue.concept(column.concept).role


def stamp_column(table: Table, catalogue: Catalogue) -> Column | None:
    """The column that says when a row was made: a plain time before an end before a start, and the fullest of them."""
    order = {"time": 0, None: 1, "time_end": 2, "time_start": 3}
    times = [c for c in table.of_kind("time") if table.frame[c.name].null_count() <= 0.5 * table.frame.height]
    if not times:
        return None
    return min(times, key=lambda column: order.get(role(column, catalogue), 1))


def spread(times: Stamps) -> Stamps:
    """Stamps of a log that writes several rows between two ticks of its clock: rows of one stamp in even steps to the next.

    >>> (spread(np.repeat(np.arange(3), 4) * SECOND) / SECOND).tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 2.75]
    """
    if spacing(times) > 0 or times.size < 2:
        return times
    runs = np.flatnonzero(np.diff(times, prepend=times[0] - 1))
    counts = np.diff(np.append(runs, times.size))
    ticks = np.diff(times[runs])
    tick = int(np.median(ticks[ticks > 0])) if (ticks > 0).any() else 0
    within = np.arange(times.size) - np.repeat(runs, counts)
    moved: Stamps = np.where(times == NEVER, NEVER, times + within * tick // np.repeat(counts, counts))
    return moved
