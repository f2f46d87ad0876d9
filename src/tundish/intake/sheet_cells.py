"""What types do the columns of a workbook's sheet have, and how does a cell read as text?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl

Cell = str | float | int | bool | dt.datetime | dt.date | dt.time | dt.timedelta | None
"""A cell as a workbook holds it; None or an empty string for an empty one."""

_MOST_EXACT = 2**53


def shown(cell: Cell) -> str:
    """A cell as text: whole numbers without a point, times in ISO order.

    >>> shown(2101130065.0), shown(0.5), shown(dt.datetime(2025, 3, 1, 8)), shown(None)
    ('2101130065', '0.5', '2025-03-01 08:00:00', '')
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < _MOST_EXACT else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, dt.timedelta):
        minutes, seconds = divmod(int(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return str(cell).strip()


def series(name: str, cells: Sequence[Cell]) -> pl.Series:
    """A column in the type that all its cells share; as text where they differ."""
    kinds = {type(cell) for cell in cells} - {type(None)}
    if not kinds or kinds == {str}:
        return pl.Series(name, [shown(cell) or None for cell in cells], pl.String)
    if kinds <= {int, float}:
        numbers = pl.Series(name, cells, pl.Float64, strict=False)
        whole = ((numbers == numbers.floor()) & (numbers.abs() < _MOST_EXACT)).all()
        return numbers.cast(pl.Int64) if whole else numbers
    if kinds <= {dt.date, dt.datetime}:
        return pl.Series(name, [_midnight(cell) for cell in cells], pl.Datetime("us"))
    for kind, dtype in ((dt.time, pl.Time), (dt.timedelta, pl.Duration("us")), (bool, pl.Boolean)):
        if kinds == {kind}:
            return pl.Series(name, cells, dtype)
    return pl.Series(name, [shown(cell) or None for cell in cells], pl.String)


def _midnight(cell: Cell) -> Cell:
    if isinstance(cell, dt.date) and not isinstance(cell, dt.datetime):
        return dt.datetime.combine(cell, dt.time())
    return cell
