"""Which rows are stamped 00:00 because they stand for a whole day, not because something happened at midnight?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.errors import Message
from tundish.table import Finding, Table
from tundish.trace.stamps import Stamps, as_times

_FEWEST = 3
_TIMES_USUAL = 5.0
"""00:00 is a habit when it comes so many times as often as the next commonest time of day."""


def day_rows(times: Stamps, time_zone: str) -> npt.NDArray[np.bool_]:
    """Which stamps (UTC microseconds) stand at the plant's midnight by habit; none of a log that runs through midnight.

    >>> morning = np.arange(8) * 86_400_000_000
    >>> day_rows(morning, "UTC").all(), day_rows(np.arange(96) * 3_600_000_000, "UTC").any()
    (np.True_, np.False_)
    """
    local = as_times(times, "at").dt.convert_time_zone(time_zone)
    clock = local.dt.time().to_physical()
    midnight = (clock == 0).fill_null(value=False).to_numpy()
    if midnight.sum() < _FEWEST:
        return np.zeros(times.size, dtype=bool)
    counts = clock.filter(clock > 0).value_counts()["count"].to_numpy()
    usual = int(counts.max()) if counts.size else 0
    return midnight if midnight.sum() > _TIMES_USUAL * usual else np.zeros(times.size, dtype=bool)


def told_of_days(table: Table, header: str, rows: npt.NDArray[np.bool_]) -> Finding:
    """The finding that rows were taken for whole days."""
    places = np.flatnonzero(rows)
    numbers = table.frame["#row"].gather(pl.Series(places[:20])).to_list() if "#row" in table.frame.columns else []
    text = Message(
        "{column}: {count} rows are stamped 00:00 and stand for their whole day, not for midnight; "
        "they are not used to set a clock. Export the time as well, if it is known.",
        column=header,
        count=int(places.size),
    )
    return Finding(
        "stands_for_day", "warning", text, table.column(_name(table, header)).origin, int(places.size), tuple(numbers)
    )


def _name(table: Table, header: str) -> str:
    return next(column.name for column in table.columns if column.header == header)
