"""Which columns hold the ids of the pieces, and how do the tables hang together by them?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from tundish.errors import BadSettings, Message, NoSharedKey
from tundish.table import Column, Table
from tundish.trace.spelling import Spelled, spell
from tundish.trace.stamps import spacing, stamps
from tundish.trace.target import Target
from tundish.vocabulary import Catalogue

FEWEST_IDS = 8
"""A column with fewer different values tells groups apart, not pieces."""
_CONTAINED = 0.5
_UNIQUE = 0.98
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
        if "#source" not in self.table.frame.columns:
            return self.unique
        both = pl.DataFrame({"id": self.spelled.even, "source": self.table.frame["#source"]})
        return both.n_unique() >= _UNIQUE * both.height

    @property
    def names(self) -> frozenset[str]:
        """Headers that mean something, evened out."""
        headers = (re.sub(r"[^\w]|_", "", header).casefold() for header in self.column.headers)
        return frozenset(name for name in headers if not _NO_NAME.fullmatch(name))

    @property
    def header(self) -> str:
        """The first header in the plant's files, or the column's name."""
        return next(iter(self.column.headers), "") or self.column.name


@dataclass(frozen=True)
class Relation:
    """A table that hangs on another by a shared id."""

    base: Ids
    ids: Ids


@dataclass(frozen=True)
class Plan:
    """The id of a piece in the target's table, if any, and the tables that hang on it directly or through a parent."""

    target: Table
    key: Ids | None
    """None: every row of the target's table is a piece of its own."""
    relations: tuple[Relation, ...]
    parents: tuple[Ids, ...]
    """Ids in the target's table that several pieces share."""
    loose: tuple[Table, ...]
    tried: tuple[str, ...]


def plan(tables: Sequence[Table], target: Target, catalogue: Catalogue, keys: Mapping[str, str]) -> Plan:
    """Find the ids that tie the tables to the target's table.

    Raises :class:`tundish.errors.BadSettings` when ``keys`` names a column that is not there.
    """
    found = {table.name: _candidates(table, target, catalogue, keys) for table in tables}
    home = next(table for table in tables if table.name == target.table)
    others = [table for table in tables if table.name != target.table]
    mine = found[home.name]
    tied = {ids.column.name: sum(any(shares(ids, other) for other in found[o.name]) for o in others) for ids in mine}
    key = _piece_key(home, target, mine, tied, catalogue, forced=_named(home, keys) is not None)
    relations: list[Relation] = []
    bases = [*([key] if key else []), *(ids for ids in mine if ids is not key and not ids.running)]
    loose = list(others)
    progress = True
    while progress:
        progress = False
        for table in list(loose):
            relation = _relate(bases, found[table.name], key, forced=_named(table, keys) is not None)
            if relation is None:
                continue
            progress = True
            relations.append(relation)
            loose.remove(table)
            if relation.ids.unique:
                bases += [ids for ids in found[table.name] if ids is not relation.ids and not ids.running]
    parents = tuple(ids for ids in bases if ids is not key and not ids.unique)
    tried = tuple(f"{table.name}: {', '.join(ids.header for ids in found[table.name]) or '-'}" for table in tables)
    return Plan(home, key, tuple(relations), parents, tuple(loose), tried)


def refuse_strangers(plan_: Plan, still_loose: Sequence[Table]) -> None:
    """Raise :class:`tundish.errors.NoSharedKey` when several tables were given and none hangs on the target's."""
    if still_loose and not plan_.relations and len(still_loose) == len(plan_.loose):
        first = plan_.target
        raise NoSharedKey(first=_file(first), second=_file(still_loose[0]), tried="; ".join(plan_.tried))


def is_identity(column: Column, catalogue: Catalogue) -> bool:
    """True when the vocabulary or the standardising says that the column holds ids."""
    return column.kind == "identity" or (column.concept is not None and catalogue.concept(column.concept).role == "identity")


def _file(table: Table) -> str:
    return ", ".join(dict.fromkeys(origin.file for origin in table.origins)) or table.name


def _named(table: Table, keys: Mapping[str, str]) -> str | None:
    for origin in table.origins:
        for name in (origin.file, origin.file.rsplit("/", 1)[-1], table.name):
            if name in keys:
                return keys[name]
    return None


def _candidates(table: Table, target: Target, catalogue: Catalogue, keys: Mapping[str, str]) -> list[Ids]:
    named = _named(table, keys)
    if named is not None:
        for column in table.columns:
            if named in (*column.headers, column.name):
                return [Ids(table, column, spell(table.frame[column.name]))]
        expected = Message("a column of this file")
        raise BadSettings(file="plant.toml", key=f"keys / {_file(table)}", expected=expected, found=named)
    candidates = []
    for column in table.columns:
        if (table.name, column.name) == (target.table, target.column) or column.kind == "time":
            continue
        identity = is_identity(column, catalogue)
        if not identity and not _could_be_ids(table.frame[column.name]):
            continue
        ids = Ids(table, column, spell(table.frame[column.name]))
        if ids.words.len() >= (1 if identity else FEWEST_IDS):
            candidates.append(ids)
    return sorted(candidates, key=lambda ids: not is_identity(ids.column, catalogue))


def _could_be_ids(values: pl.Series) -> bool:
    if values.dtype == pl.String or values.dtype in (pl.Categorical, pl.Enum):
        return values.head(5000).n_unique() >= min(FEWEST_IDS, values.len())
    if values.dtype.is_integer():
        return True
    if not values.dtype.is_float():
        return False
    for part in (values.head(2000).drop_nulls(), values.drop_nulls()):
        if part.is_empty() or not bool((part.is_finite() & (part == part.round(0)) & (part >= 0)).all()):
            return False
    return True


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


def _piece_key(
    home: Table, target: Target, mine: Sequence[Ids], tied: Mapping[str, int], catalogue: Catalogue, *, forced: bool
) -> Ids | None:
    if forced:
        return mine[0]

    def worth(ids: Ids) -> tuple[int, bool, bool]:
        return tied[ids.column.name], is_identity(ids.column, catalogue), ids.column.kind != "number"

    unique = [
        ids
        for ids in mine
        if ids.unique
        and (tied[ids.column.name] or is_identity(ids.column, catalogue) or ids.column.kind in ("text", "category"))
    ]
    real = [ids for ids in unique if not ids.running]
    if real or unique:
        return max(real or unique, key=worth)
    shared = [
        ids
        for ids in mine
        if not ids.running and (tied[ids.column.name] or is_identity(ids.column, catalogue)) and ids.words.len() >= FEWEST_IDS
    ]
    if not shared:
        return None
    best = max(shared, key=lambda ids: (tied[ids.column.name], ids.words.len()))
    return best if _are_readings(home, target, best, mine) else None


def _are_readings(home: Table, target: Target, key: Ids, mine: Iterable[Ids]) -> bool:
    """Rows that repeat an id and hold little beside time and target are readings of one piece, else pieces of their own."""
    ids = {other.column.name for other in mine}
    rest = [c.name for c in home.columns if c.kind != "time" and c.name not in ids and c.name != target.column]
    if not rest:
        return True
    varying = (
        home.frame.select(rest)
        .with_columns(key.spelled.even.alias("#id"))
        .group_by("#id")
        .agg(pl.col(rest).drop_nulls().n_unique())
        .select((pl.col(rest) > 1).mean())
        .row(0)
    )
    return sum(bool(share > 0.02) for share in varying) <= 2


def _relate(bases: Sequence[Ids], theirs: Sequence[Ids], key: Ids | None, *, forced: bool) -> Relation | None:
    """The best pair of columns; the piece's own id before a parent's, unique ids before repeated ones."""
    best: tuple[tuple[bool, bool, float], Relation] | None = None
    for base in bases:
        for ids in theirs:
            contained = _overlap(base, ids) if forced else shares(base, ids)
            if contained <= 0 or not (base is key or base.unique or ids.unique or _repeats_as_ids(base, ids)):
                continue
            rank = (base is key, names_agree(base, ids), contained)
            if best is None or rank > best[0]:
                best = rank, Relation(base, ids)
    return best[1] if best else None


def _overlap(one: Ids, other: Ids) -> float:
    mine, theirs = comparable(one, other)
    known = mine.drop_nulls()
    return int(known.is_in(theirs.drop_nulls().implode()).sum()) / max(known.len(), 1)


def _repeats_as_ids(base: Ids, ids: Ids) -> bool:
    """Both sides repeat it: a parent with several rows in each, if it is no mere grade or shift."""
    few = base.spelled.even.len() * ids.spelled.even.len() <= 2_000_000
    if few and names_agree(base, ids) and base.column.kind == ids.column.kind == "identity":
        return True
    return all(side.column.kind != "number" and side.words.len() >= 20 for side in (base, ids))
