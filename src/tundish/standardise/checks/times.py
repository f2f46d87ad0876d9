"""Does the time of a table run on evenly: no jumps back, no repeats, no holes?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl

from tundish.errors import Message
from tundish.standardise.checks.duplicates import copied_rows
from tundish.standardise.meaning import Meant
from tundish.standardise.sheet import Odd, Places, Sheet

_FEWEST = 20
_UNORDERED = 0.05
"""Share of backward steps above which rows are simply not in the order of this time."""
_LOG_JUMPS = 0.001
"""Share of backward steps up to which a log's clock is at fault; above, rows overlap by nature (two furnaces)."""
_HOLE = 20
"""Usual steps that make a hole."""
_HOUR_US = 3_600_000_000


def check(sheet: Sheet) -> Iterator[Odd]:
    """Findings about the order of each time column; rows written twice are told as that and not as a clock set back."""
    times = [one for one in sheet.columns if one.read.kind == "time"]
    if not times:
        return
    once = np.flatnonzero(~copied_rows(sheet))
    for one in times:
        for odd in _uneven(one, once, log=sheet.log):
            where = np.zeros(sheet.height, dtype=np.bool_)
            where[once] = odd.where
            yield replace(odd, where=where)


def _uneven(one: Meant, once: Places, *, log: bool) -> Iterator[Odd]:
    """What is odd in the steps between the rows at these places; its mask is theirs."""
    steps = one.read.values.gather(once).cast(pl.Int64).diff()
    known = steps.drop_nulls()
    if len(known) < _FEWEST:
        return
    backward = (steps < 0).fill_null(value=False)
    share = int(backward.sum()) / len(known)
    if share > _UNORDERED:
        return
    if share:
        yield _set_back(one, steps, backward, log=share <= _LOG_JUMPS or int(backward.sum()) == 1)
    yield from _repeats_and_holes(one, steps, known, log=log)


def _set_back(one: Meant, steps: pl.Series, backward: pl.Series, *, log: bool) -> Odd:
    back = -steps.filter(backward)
    longest = int(back.max())  # type: ignore[arg-type]
    usual = steps.filter(steps > 0).median()
    slack = 2 * usual if isinstance(usual, float) else 0.0
    if log and abs(longest - _HOUR_US) <= slack:
        hint = Message("An hour back is the end of summer time: export the times in UTC, or with their offset.")
    elif log:
        hint = Message("Check when the clock was set, and synchronise it; rows after it may belong to other pieces.")
    else:
        hint = Message("Export the rows in the order of this time, if they should be.")
    message = Message(
        "The time jumps back, by {longest_s} s at most. Check the clock, or the order of the export.",
        longest_s=round(longest / 1e6, 3),
    )
    where = backward.to_numpy()
    return Odd("time_backwards", "warning" if log else "info", message, one, where, hint, claims=False)


def _repeats_and_holes(one: Meant, steps: pl.Series, known: pl.Series, *, log: bool) -> Iterator[Odd]:
    forward = known.filter(known > 0)
    usual = forward.median()
    if not isinstance(usual, float) or len(forward) < 0.5 * len(known):
        return
    repeated = (steps == 0).fill_null(value=False)
    if log and 0 < int(repeated.sum()) <= _UNORDERED * len(known):
        message = Message("The same time stands in two rows or more.")
        hint = Message("Export the times with seconds or parts of them, or take out rows that were written twice.")
        yield Odd("time_repeated", "info", message, one, repeated.to_numpy(), hint, claims=False)
    regular = int(((forward >= 0.5 * usual) & (forward <= 1.5 * usual)).sum()) >= 0.8 * len(forward)
    holes = (steps > _HOLE * usual).fill_null(value=False)
    if regular and holes.any():
        message = Message(
            "Rows are missing: the longest gap is {longest_s} s where {usual_s} s are usual.",
            longest_s=round(int(steps.max()) / 1e6, 3),  # type: ignore[arg-type]
            usual_s=round(usual / 1e6, 3),
        )
        hint = Message("Export the missing time again, if the line ran then.")
        where = holes.to_numpy()
        yield Odd("time_gap", "info", message, one, where, hint, expected=f"{usual / 1e6:g} s", claims=False)
