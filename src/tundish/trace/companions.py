"""Which of two twin tables says when the values of the other came?

Some exports hold additions in one table and, under the same headers, the times of these additions in another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from tundish.errors import Message
from tundish.table import Finding, Table
from tundish.trace.base import Joined, at, files_of, origin_of
from tundish.trace.stamps import stamps
from tundish.trace.stays.events import Cut
from tundish.trace.stays.features import Feature, describe
from tundish.trace.stays.segments import Ints


@dataclass(frozen=True)
class Twins:
    """A table of values and the table of their times."""

    values: Table
    rows: Ints
    """Row of ``values`` for each piece, -1 for none; ``time_rows`` likewise."""
    times: Table
    time_rows: Ints
    stamp_of: dict[str, str]
    """Column of values -> column of its times."""


def find_twins(joined: Sequence[Joined]) -> list[Twins]:
    """Pairs of one-row tables with the same headers, where one holds numbers and the other times."""
    single = [(table.table, table.rows) for table in joined if table.rows is not None]
    found = []
    for values, rows in single:
        for times, time_rows in single:
            stamp_of = _shared(values, times)
            if values is not times and stamp_of and len(stamp_of) >= 0.5 * len(times.of_kind("time")):
                found.append(Twins(values, rows, times, time_rows, stamp_of))
    return found


def _shared(values: Table, times: Table) -> dict[str, str]:
    by_header = {header.casefold(): column.name for column in times.of_kind("time") for header in column.headers}
    shared = {}
    for column in values.of_kind("number"):
        match = next((by_header[header.casefold()] for header in column.headers if header.casefold() in by_header), None)
        if match is not None:
            shared[column.name] = match
    return shared


def of_twins(twins: Twins, cut: Cut) -> tuple[list[Feature], list[Finding]]:
    """The values that came before each piece's moment. In a sparse table of amounts a blank means nothing added: 0."""
    table, rows = twins.values, twins.rows
    sparse = _sparse(twins)
    features, late = [], 0
    for name, stamp in twins.stamp_of.items():
        column = table.column(name)
        times = at(pl.Series(stamps(twins.times, stamp)), twins.time_rows)
        early = cut.allows(times.fill_null(np.iinfo(np.int64).min).to_numpy(), np.arange(rows.size))
        values = at(table.frame[name].cast(pl.Float64), rows)
        late += int((values.is_not_null() & ~pl.Series(early)).sum())
        values = values.set(pl.Series(~early), None)
        if name in sparse:
            values = values.set(values.is_null() & pl.Series(rows >= 0), 0.0)
        features.append(Feature(describe(table, column, "value", "until_moment"), values))
    return features, _told(twins, sparse, late)


def _sparse(twins: Twins) -> set[str]:
    """Columns of amounts that are mostly blank, and blank exactly where their time is blank."""
    found = set()
    for name, stamp in twins.stamp_of.items():
        values = twins.values.frame[name]
        given = at(values, twins.rows).is_not_null()
        stamped = at(twins.times.frame[stamp], twins.time_rows).is_not_null()
        low = values.min()
        agree = int((given == stamped).sum()) / max(given.len(), 1)
        if values.null_count() > 0 and agree >= 0.98 and isinstance(low, int | float) and low >= 0:
            found.add(name)
    return found if any(twins.values.frame[name].null_count() > 0.2 * len(twins.values.frame) for name in found) else set()


def _told(twins: Twins, sparse: set[str], late: int) -> list[Finding]:
    file, times = files_of(twins.values), files_of(twins.times)
    origin = origin_of(twins.values)
    text = Message("{times} holds the times of the values in {file}: {late} came after the decision moment and are not used.",
                   times=times, file=file, late=late)  # fmt: skip
    told = [Finding("twin_tables", "info", text, origin, late)]
    if sparse:
        text = Message(
            "{file}: in {count} columns of amounts a blank is read as 0 (nothing added), because its time is blank too.",
            file=file, count=len(sparse),
        )  # fmt: skip
        told.append(Finding("blank_is_zero", "info", text, origin, len(sparse)))
    return told
