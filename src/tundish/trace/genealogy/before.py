"""Which of a table's id columns name pieces that other tables saw before, and so what went in rather than what came out?"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tundish.table import Table
from tundish.trace.genealogy.spaces import IdColumn
from tundish.trace.stamps import role, stamp_column
from tundish.vocabulary import Catalogue

_MOSTLY = 0.5
_ALIKE = 0.9
_TIMES = ("time_start", "time_end", "time")


def seen_before(one: IdColumn, all_: Sequence[IdColumn], catalogue: Catalogue) -> bool:
    """Most ids of the column stand in another table as well, and there at an earlier time."""
    mine = _first(one, catalogue)
    if mine is None or mine.is_empty():
        return False
    others = [_first(other, catalogue) for other in all_ if other.space == one.space and other.table is not one.table]
    theirs = [other for other in others if other is not None]
    if not theirs:
        return False
    earliest = pl.concat(theirs).group_by("id").agg(pl.col("at").min().alias("before"))
    both = mine.join(earliest, on="id", how="left")
    return float((both["before"] < both["at"]).fill_null(value=False).mean() or 0.0) > _MOSTLY  # type: ignore[arg-type]


def known_elsewhere(one: IdColumn, all_: Sequence[IdColumn]) -> bool:
    """Another table holds some of these ids too."""
    words = [other.ids.words for other in all_ if other.space == one.space and other.table is not one.table]
    return bool(words) and bool(one.ids.words.is_in(pl.concat(words).unique().implode()).any())


def treated_together(one: IdColumn) -> bool:
    """All rows of one id begin at one time and end at one time: what it names is a load in a furnace."""
    times = [column.name for column in one.table.of_kind("time")]
    if not times or one.ids.words.len() == one.even.drop_nulls().len():
        return False
    held = one.table.frame.select(pl.col(name) for name in times).with_columns(one.even.alias("#id")).drop_nulls("#id")
    together = held.group_by("#id").agg((pl.col(name).n_unique() == 1) for name in times)
    return float(pl.select(pl.mean_horizontal(*(together[name].mean() for name in times))).item()) >= _ALIKE


def _first(one: IdColumn, catalogue: Catalogue) -> pl.DataFrame | None:
    column = _begins(one.table, catalogue)
    if column is None:
        return None
    at = one.table.frame[column].cast(pl.Datetime("us", "UTC"), strict=False)
    return pl.DataFrame({"id": one.even, "at": at}).drop_nulls().group_by("id").agg(pl.col("at").min())


def _begins(table: Table, catalogue: Catalogue) -> str | None:
    times = {role(column, catalogue): column.name for column in reversed(table.of_kind("time"))}
    stamp = stamp_column(table, catalogue)
    return next((times[name] for name in _TIMES if name in times), None if stamp is None else stamp.name)
