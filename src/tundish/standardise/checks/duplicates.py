"""Does a row, or an id that should stand once, stand twice?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from tundish.errors import Message
from tundish.standardise.sheet import Mask, Odd, Sheet

_FEWEST = 20
_OWN = 0.98
"""Least share of different ids in a column of ids that should stand once."""
_FEW_COLUMNS = 3


def check(sheet: Sheet) -> Iterator[Odd]:
    """Rows that are equal in all columns, and ids that stand in several rows that differ."""
    copies = copied_rows(sheet)
    if copies.any():
        message = Message("The same row stands twice or more, equal in all columns.")
        hint = Message("Export without the repetition; it counts the same piece or moment twice.")
        yield Odd("repeated_rows", "warning", message, None, copies, hint, claims=False)
    for one in sheet.columns:
        ids = one.read.values
        filled = ids.drop_nulls()
        if one.read.kind != "identity" or len(filled) < _FEWEST or not _OWN * len(filled) <= filled.n_unique() < len(filled):
            continue
        twice = (ids.is_duplicated() & ids.is_not_null()).to_numpy()
        others = ids.filter(pl.Series(~copies))
        if others.drop_nulls().is_unique().all():
            continue
        message = Message("Ids that should stand once stand in several rows, {id} among them.", id=str(ids.filter(twice)[0]))
        hint = Message("Check the id in these rows: one of them may be mistyped.")
        yield Odd("duplicate_id", "warning", message, one, twice, hint, claims=False)


def copied_rows(sheet: Sheet) -> Mask:
    """The second and further ones of equal rows; only where a time or an id makes a row one of a kind."""
    none = np.zeros(sheet.height, dtype=np.bool_)
    named = any(one.read.kind in ("identity", "time") for one in sheet.columns)
    if not named or len(sheet.columns) < _FEW_COLUMNS or sheet.height < 2:
        return none
    prints = pl.DataFrame([one.read.values.alias(f"{i}") for i, one in enumerate(sheet.columns)]).hash_rows(0)
    filled = pl.Series(~_blank(sheet))
    again = (~prints.is_first_distinct()) & filled
    return again.to_numpy() if int(again.sum()) <= 0.5 * sheet.height else none


def _blank(sheet: Sheet) -> Mask:
    """Rows in which nothing but a time stands: a log that was polled while the line was cut."""
    empty = np.ones(sheet.height, dtype=np.bool_)
    for one in sheet.columns:
        if one.read.kind != "time":
            empty &= one.read.values.is_null().to_numpy()
    return empty
