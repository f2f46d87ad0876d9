"""Does the time of a table run on evenly: no jumps back, no repeats, no holes?"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from tundish.errors import Message
from tundish.standardise.kinds import Read
from tundish.table import Finding

_FEWEST = 20
_UNORDERED = 0.05
"""Share of backward steps above which rows are simply not in the order of this time."""
_LOG_JUMPS = 0.001
"""Share of backward steps up to which a log's clock is at fault; above, rows overlap by nature (two furnaces)."""
_HOLE = 20
"""Usual steps that make a hole."""


def uneven_steps(read: Read) -> Iterator[Finding]:
    """Findings about the order of one time column."""
    steps = read.values.cast(pl.Int64).diff()
    known = steps.drop_nulls()
    if len(known) < _FEWEST:
        return
    backward = (steps < 0).fill_null(value=False)
    share = int(backward.sum()) / len(known)
    if share > _UNORDERED:
        return
    if share:
        message = Message("The time jumps back. Check the clock, or the order of the export.")
        yield read.place.finding("time_backwards", "warning" if share <= _LOG_JUMPS else "info", message, backward)
    yield from _repeats_and_holes(read, steps, known)


def _repeats_and_holes(read: Read, steps: pl.Series, known: pl.Series) -> Iterator[Finding]:
    forward = known.filter(known > 0)
    usual = forward.median()
    if not isinstance(usual, float) or len(forward) < 0.5 * len(known):
        return
    repeated = (steps == 0).fill_null(value=False)
    if 0 < int(repeated.sum()) <= _UNORDERED * len(known):
        yield read.place.finding("time_repeated", "info", Message("The same time stands in two rows or more."), repeated)
    regular = int(((forward >= 0.5 * usual) & (forward <= 1.5 * usual)).sum()) >= 0.8 * len(forward)
    holes = (steps > _HOLE * usual).fill_null(value=False)
    if regular and holes.any():
        message = Message(
            "Rows are missing: the longest gap is {longest_s} s where {usual_s} s are usual.",
            longest_s=round(max(known.filter(known > usual).to_list()) / 1e6, 3),
            usual_s=round(usual / 1e6, 3),
        )
        yield read.place.finding("time_gap", "info", message, holes)
