"""Which columns hold the ids of the pieces, and how do the tables hang together by them?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from tundish.errors import BadSettings, Message, NoSharedKey
from tundish.table import Table
from tundish.trace.genealogy.beginnings import begins_with
from tundish.trace.ids import FEWEST_IDS, Ids, comparable, is_identity, names_agree, shares
from tundish.trace.spelling import spell
from tundish.trace.target import Target
from tundish.vocabulary import Catalogue


@dataclass(frozen=True)
class Relation:
    """A table that hangs on another by a shared id."""

    base: Ids
    ids: Ids
    begins: bool = False
    """True when the ids of one side are the beginnings of the other's: slab `A241200-01` of plate `A241200-01-2`."""


@dataclass(frozen=True)
class Plan:
    """The id of a piece in the target's table, if any, and the tables that hang on it directly or through a parent."""

    target: Table
    key: Ids | None
    """None: every row of the target's table is a piece of its own."""
    relations: tuple[Relation, ...]
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
    bases = [*([key] if key else []), *(ids for ids in mine if ids is not key and not ids.running)]
    relations: list[Relation] = []
    loose = {table.name: found[table.name] for table in others}
    forced = {table.name for table in others if _named(table, keys) is not None}
    while (relation := _next(bases, loose, key, forced, catalogue)) is not None:
        relations.append(relation)
        theirs = loose.pop(relation.ids.table.name)
        if relation.ids.unique:
            bases += [ids for ids in theirs if ids.column.name != relation.ids.column.name and not ids.running]
            bases += [ids for ids in theirs if ids.column.name == relation.ids.column.name and relation.begins]
    tried = tuple(f"{table.name}: {', '.join(ids.header for ids in found[table.name]) or '-'}" for table in tables)
    return Plan(home, key, tuple(relations), tuple(table for table in others if table.name in loose), tried)


def _next(
    bases: Sequence[Ids], loose: Mapping[str, Sequence[Ids]], key: Ids | None, forced: set[str], catalogue: Catalogue
) -> Relation | None:
    """The next table to hang on: by ids that are the same, and when no table is left for that, by ids that begin alike."""
    for name, theirs in loose.items():
        relation = _relate(bases, theirs, key, forced=name in forced)
        if relation is not None:
            return relation
    for theirs in loose.values():
        relation = _relate_by_beginning(bases, theirs, key, catalogue)
        if relation is not None:
            return relation
    return None


def refuse_strangers(plan_: Plan, still_loose: Sequence[Table]) -> None:
    """Raise :class:`tundish.errors.NoSharedKey` when several files were given and none hangs on the target's.

    A sheet beside the target's own, such as a list of standards, is no file that was given to be joined.
    """
    own = {origin.file for origin in plan_.target.origins}
    strangers = [table for table in still_loose if own.isdisjoint(origin.file for origin in table.origins)]
    if strangers and not plan_.relations and len(still_loose) == len(plan_.loose):
        raise NoSharedKey(first=_file(plan_.target), second=_file(strangers[0]), tried="; ".join(plan_.tried))


def _file(table: Table) -> str:
    return ", ".join(dict.fromkeys(origin.file for origin in table.origins)) or table.name


def _named(table: Table, keys: Mapping[str, str]) -> str | None:
    for origin in table.origins:
        for name in (*origin.places, table.name):
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


def _relate_by_beginning(bases: Sequence[Ids], theirs: Sequence[Ids], key: Ids | None, catalogue: Catalogue) -> Relation | None:
    """The pair whose beginnings name the most; what a piece was made from before what was made from it."""
    best: tuple[tuple[bool, int], Relation] | None = None
    for base in bases:
        for ids in theirs:
            if not (is_identity(base.column, catalogue) and is_identity(ids.column, catalogue)):
                continue
            up = begins_with(base, ids)
            down = begins_with(ids, base) if up is None and (base is key or base.unique) else None
            if up is not None:
                relation = Relation(*up, begins=True)
            elif down is not None:
                relation = Relation(down[1], down[0], begins=True)
            else:
                continue
            rank = (up is not None, (up or down or (base,))[0].words.len())
            if best is None or rank > best[0]:
                best = rank, relation
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
