"""What needs the rows of a stay themselves, when the table is in parts: the last reading before its end, and its phases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from tundish.standardise.recipe import read_standard
from tundish.standardise.spelling import commonest_spellings
from tundish.table import ROW, Chunk, Column, Table
from tundish.trace.stamps import NEVER, Stamps, as_times, microseconds
from tundish.trace.stays.batches import Phased
from tundish.trace.stays.partial import shifted
from tundish.trace.stays.segments import Ints, by_time, latest
from tundish.trace.stays.sums import Work
from tundish.trace.stays.survey import named

MOST_ROWS = 2**24
"""Rows of stays that are not over yet, of one signal: 270 MB."""
_NOT_YET = np.iinfo(np.int64).max


def last_readings(work: Work, columns: Sequence[Column], until: Stamps) -> tuple[Table, Stamps]:
    """The rows of which one is the last of a column at or before a moment, as a table that is held; and their right times.

    As of all rows :func:`tundish.trace.stays.segments.latest` of these gives the same reading.
    """
    table, wanted = work.survey.table, [column.name for column in columns]
    kept, times = [table.frame.select(wanted).clear()], [np.zeros(0, dtype=np.int64)]
    words: dict[str, Counter[str]] = {column.name: Counter() for column in columns if column.kind == "category"}
    for _, frame, stamped in _read(work, wanted):
        rows = _needed(frame, stamped, until)
        kept.append(frame[rows])
        times.append(stamped[rows])
        for name, counted in words.items():
            counted.update(dict(frame[name].cast(pl.String).drop_nulls().value_counts().iter_rows()))
    held = pl.concat(kept, how="diagonal_relaxed")
    even = {name: commonest_spellings(counted.most_common()) for name, counted in words.items()}
    held = held.with_columns(pl.col(name).cast(pl.String).replace(changed) for name, changed in even.items())
    return replace(table, frame=held, parts=(), recipes=()), np.concatenate(times)


def phases_of(work: Work, column: Column) -> Phased | None:
    """The phases of each stay, as of rows that are held: of a stay they are told when its last part was read.

    None where rows are of several machines or stand in two exports, and where stays that are not over have too many rows.
    """
    if work.survey.twice or work.machines.column is not None:
        return None
    starts, stop = work.stays
    made, left = Phased.none(starts.size), (starts != NEVER) & (stop != NEVER)
    values, times = np.zeros(0), np.zeros(0, dtype=np.int64)
    for horizon, frame, stamped in _read(work, [column.name]):
        values = np.append(values, frame[column.name].cast(pl.Float64).fill_null(np.nan).to_numpy())
        times = np.append(times, stamped)
        over = np.flatnonzero(left & (stop < horizon))
        if over.size:
            made.put(over, Phased.of(values, times, by_time(times, starts[over], stop[over])))
            left[over] = False
        since = min(int(starts[left].min(initial=_NOT_YET)), horizon)
        kept = times >= since
        values, times = values[kept], times[kept]
        if times.size > MOST_ROWS:
            return None
    return made


def _read(work: Work, wanted: Sequence[str]) -> Iterator[tuple[int, pl.DataFrame, Stamps]]:
    """Each part's columns with the right times of its rows, and the earliest time of all parts that follow."""
    survey, machines = work.survey, work.machines
    firsts = np.array([_right(work, chunk, one) for chunk, one in zip(survey.parts, survey.spans["first"], strict=True)])
    later = np.append(np.minimum.accumulate(firsts[::-1])[::-1][1:], _NOT_YET)
    stamp = survey.stamp.name
    extra = [] if machines.column is None else [machines.column]
    for chunk, horizon in zip(survey.parts, later.tolist(), strict=True):
        there = [name for name in dict.fromkeys([*wanted, stamp, *extra]) if name in named(survey.table, chunk.source)]
        frame = read_standard(chunk, survey.table.recipes[chunk.source], there).frame
        raw = shifted(microseconds(frame[stamp]), frame[ROW].to_numpy(), survey.shifts.get(chunk, ()))
        place = None if machines.column is None else frame[machines.column]
        times = machines.of_rows(work.clocks[chunk.source].right(raw), place)
        yield horizon, frame.with_columns(as_times(times, stamp)), times


def _right(work: Work, chunk: Chunk, stamp: int) -> int:
    return int(work.clocks[chunk.source].right(np.array([stamp]))[0])


def _needed(frame: pl.DataFrame, times: Stamps, until: Stamps) -> Ints:
    """Rows that some column's reading at a moment within these may be, and the last of each column."""
    known = times[times != NEVER]
    if not known.size:
        return np.zeros(0, dtype=np.int64)
    inside = until[(until >= known.min()) & (until <= known.max())]
    moments = np.unique(np.append(inside, known.max()))
    found = [latest(times, moments)]
    for column in frame.iter_columns():
        empty = column.is_null().to_numpy()
        if empty.any():
            found.append(latest(np.where(empty, NEVER, times), moments))
    rows = np.unique(np.concatenate(found))
    return rows[rows >= 0]
