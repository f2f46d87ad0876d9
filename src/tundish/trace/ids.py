"""What is a column of ids, and do two columns hold the ids of the same things?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from tundish.table import SOURCE, Column, Table
from tundish.trace.spelling import Spelled
from tundish.trace.stamps import spacing, stamps
from tundish.vocabulary import Catalogue

FEWEST_IDS = 8
"""A column with fewer different values tells groups apart, not pieces."""
_CONTAINED = 0.5
"""Share of the smaller column's ids that must stand in the larger one."""
_UNIQUE = 0.98
"""Share of the rows with an id of their own: the others are slips, or rows written twice."""
_NO_NAME = re.compile(r"(unnamed.*|index|column\s*\d*|no\.?|nr\.?|seq|row|순번|번호|연번|열\s*\d*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Ids:
    """A column that may hold ids."""

    table: Table
    column: Column
    spelled: Spelled

    @cached_property
    def words(self) -> pl.Series:
        """Each evened id once."""
        return self.spelled.even.drop_nulls().unique()

    @property
    def unique(self) -> bool:
        """Nearly every row has an id of its own."""
        return self.words.len() >= _UNIQUE * self.spelled.even.len()

    @cached_property
    def running(self) -> bool:
        """A row number: 0 or 1 and up by one each row, in each export anew."""
        if self.column.kind not in ("number", "identity", "text", "category") or not self.unique_in_source:
            return False
        numbers = self.spelled.plain.cast(pl.Int64, strict=False)
        if numbers.null_count() or numbers.len() < 2:
            return False
        steps = numbers.diff()
        return bool(((steps == 1) | (numbers <= 1)).all())

    @property
    def unique_in_source(self) -> bool:
        """No export holds an id twice."""
        if SOURCE not in self.table.frame.columns:
            return self.unique
        both = pl.DataFrame({"id": self.spelled.even, "source": self.table.frame[SOURCE]})
        return both.n_unique() >= _UNIQUE * both.height

    @property
    def names(self) -> frozenset[str]:
        """Headers that mean something, evened out."""
        headers = (re.sub(r"[^\w]|_", "", header).casefold() for header in self.column.headers)
        return frozenset(name for name in headers if not _NO_NAME.fullmatch(name))

    @property
    def header(self) -> str:
        """The first header in the plant's files, or the column's name."""
        return self.column.header


def is_identity(column: Column, catalogue: Catalogue) -> bool:
    """True when the vocabulary or the standardising says that the column holds ids."""
    return column.kind == "identity" or (column.concept is not None and catalogue.concept(column.concept).role == "identity")


def tells_where(column: Column, catalogue: Catalogue) -> bool:
    """True when the vocabulary says that the column only tells which part of the material a row is about, or how it lay."""
    return column.concept is not None and catalogue.concept(column.concept).book_keeping


def shares(one: Ids, other: Ids) -> float:
    """Share of the smaller column's ids that stand in the larger one; 0 when that is no more than chance gives."""
    mine, theirs = comparable(one, other)
    small, large = sorted((mine.drop_nulls().unique(), theirs.drop_nulls().unique()), key=len)
    if small.is_empty():
        return 0.0
    contained = int(small.is_in(large.implode()).sum()) / small.len()
    if contained < _CONTAINED:
        return 0.0
    agree = names_agree(one, other)
    if one.running and other.running:
        return contained if agree or _times_agree(one, other) else 0.0
    if not agree and (small.len() < FEWEST_IDS or contained < _chance(small, large) + 0.25):
        return 0.0
    return contained


def comparable(one: Ids, other: Ids) -> tuple[pl.Series, pl.Series]:
    """Both columns row by row in the same spelling: evened out, or as they stand where one of them must stay so."""
    if one.spelled.evened and other.spelled.evened:
        return one.spelled.even, other.spelled.even
    return one.spelled.plain, other.spelled.plain


def names_agree(one: Ids, other: Ids) -> bool:
    """True when a header is the same in both, or both are the same concept."""
    concept = one.column.concept is not None and one.column.concept == other.column.concept
    return concept or bool(one.names & other.names)


def _chance(small: pl.Series, large: pl.Series) -> float:
    """Share of hits that whole numbers from the same range would score: ids ``1..n`` hit any other ``1..m``."""
    few, many = small.cast(pl.Int64, strict=False), large.cast(pl.Int64, strict=False)
    if few.null_count() > 0.1 * few.len() or many.null_count() > 0.1 * many.len():
        return 0.0
    low, high = few.min(), few.max()
    if not isinstance(low, int) or not isinstance(high, int):
        return 0.0
    return float(many.is_between(low, high).sum()) / (high - low + 1)


def _times_agree(one: Ids, other: Ids) -> bool:
    """Row numbers mean the same only when the rows they number were stamped within a few rows' time of each other."""
    sides = []
    for ids in (one, other):
        times = ids.table.of_kind("time")
        others = [c for c in ids.table.columns if c.kind == "identity" and c is not ids.column]
        if not times or others:
            return False
        sides.append(pl.DataFrame({"id": ids.spelled.even, "at": stamps(ids.table, times[0].name)}))
    both = sides[0].join(sides[1], on="id")
    if both.is_empty():
        return False
    apart = (both["at"] - both["at_right"]).abs().median()
    return isinstance(apart, int | float) and bool(apart <= 3 * spacing(sides[0]["at"].to_numpy()))
