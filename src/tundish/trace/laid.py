"""Which pieces are there, which tables hang on them by ids, and when is each piece decided on?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl

from tundish.errors import Message, TooLarge
from tundish.table import Column, Table
from tundish.trace.base import Base, Joined, files_of, join, lay_base
from tundish.trace.forebears.lineage import Lineage, numbers_of
from tundish.trace.ids import Ids, is_identity, tells_where
from tundish.trace.keys import Plan, plan
from tundish.trace.mended import Mended
from tundish.trace.spelling import spell
from tundish.trace.stacks import part_with
from tundish.trace.stamps import NEVER, microseconds
from tundish.trace.stays.decision import Moments, find_moments
from tundish.trace.stays.events import Cut
from tundish.trace.stays.segments import Ints
from tundish.trace.target import Target
from tundish.vocabulary import Catalogue

_MOSTLY = 0.5


@dataclass(frozen=True)
class Laid:
    """What is known once the pieces are laid out and the tables that share their ids are joined."""

    plan: Plan
    target: Target
    base: Base
    joined: tuple[Joined, ...]
    places: Mapping[str, Ints]
    """Of each table with one row a piece, the row of each piece."""
    moments: Moments
    lineage: Lineage
    catalogue: Catalogue

    @property
    def home(self) -> Table:
        """The target's table."""
        return self.plan.target

    @property
    def single(self) -> list[Table]:
        """The tables with one row a piece, the target's first."""
        return [self.home, *(table.table for table in self.joined if table.rows is not None)]

    @cached_property
    def lines(self) -> frozenset[str]:
        """The lines that the pieces were on when they began; none where the genealogy does not know."""
        return self.lineage.lines(self.moments.starts)

    @property
    def is_traced(self) -> bool:
        """Whether the genealogy knows the pieces' own lines, and of others before or behind them."""
        others = self.lineage.genealogy.stays["line"].drop_nulls().unique().to_list()
        return bool(self.lines) and not self.lines.issuperset(others)

    def no_values(self, table: Table) -> frozenset[str]:
        """Columns that are no values of a piece: the ids the tables are joined by, row numbers, the target."""
        used = {relation.ids.column.name for relation in self.plan.relations if relation.ids.table.name == table.name}
        used |= {relation.base.column.name for relation in self.plan.relations if relation.base.table.name == table.name}
        used |= {self.plan.key.column.name} if self.plan.key and self.plan.key.table.name == table.name else set()
        used |= {self.target.column} if self.target.table == table.name else set()
        used |= {c.name for c in table.columns if is_identity(c, self.catalogue) or _numbers_rows(table, c)}
        return frozenset(used)

    def no_statistics(self, table: Table) -> frozenset[str]:
        """Columns of which no mean and no sum over several rows says anything: those that are no values, and those that say
        which part of the material a row is about."""
        return self.no_values(table) | {c.name for c in table.columns if tells_where(c, self.catalogue)}


def lay_plan(mended: Mended, whole: Table, target: Target, catalogue: Catalogue, keys: Mapping[str, str]) -> Plan:
    """How the tables hang together; one in parts is joined by its times only, for no id of it was seen whole.

    ``whole``: the target's table as it was given. Raises :class:`tundish.errors.TooLarge` when it is in parts.
    """
    if whole.parts:
        raise TooLarge(file=files_of(whole), rows=sum(part.rows for part in whole.parts), seen=whole.frame.height)
    home = part_with(mended.whole, whole, target.column)
    found = plan(mended.whole, replace(target, table=home.name), catalogue, keys)
    loose = {table.name for table in found.loose}
    return replace(found, loose=tuple(table for table in mended.tables if table.parts or table.name in loose))


def lay_out(found: Plan, target: Target, mended: Mended, catalogue: Catalogue, wish: str | None) -> Laid:
    """Lay the pieces out, join what shares their ids, and find their moments; ``wish``: the moment as plant.toml states it."""
    target = replace(target, table=found.target.name)
    base = lay_base(found, target, catalogue)
    places: dict[str, Ints] = {found.target.name: base.rows}
    joined = []
    for relation in found.relations:
        one = join(relation, places, catalogue)
        joined.append(one)
        if one.rows is not None:
            places[one.table.name] = one.rows
    single = [found.target, *(one.table for one in joined if one.rows is not None)]
    moments = find_moments(base, single, places, catalogue, wish=wish)
    lineage = _lineage(found, base, mended, catalogue)
    if wish is None and base.moments is None and (moments.starts == NEVER).all():
        moments = _when_made(lineage, moments)
    return Laid(found, target, base, tuple(joined), places, moments, lineage, catalogue)


def _lineage(found: Plan, base: Base, mended: Mended, catalogue: Catalogue) -> Lineage:
    nobody = np.full(base.ids.len(), -1, dtype=np.int64)
    if found.key is None or mended.genealogy.edges.is_empty():
        return Lineage(mended.genealogy, nobody)
    return Lineage(mended.genealogy, numbers_of(found.key.table, found.key.column, mended.genealogy, catalogue)[base.rows])


def _when_made(lineage: Lineage, moments: Moments) -> Moments:
    """Where no table with one row a piece tells its stay: the stay that made it, if the genealogy knows that of most."""
    last = lineage.last
    starts, ends = (microseconds(last[name]) for name in ("start", "end"))
    if (starts != NEVER).mean() < _MOSTLY:
        return moments
    decided = np.where(ends == NEVER, moments.moments, ends)
    return Moments(starts, ends, decided, Cut(ends, inclusive=True), None, Message("decided when the piece leaves the line"))


def _numbers_rows(table: Table, column: Column) -> bool:
    if column.kind not in ("number", "identity") or table.frame.height < 3:
        return False
    head = table.frame[column.name].head(50)
    steps = head.cast(pl.Float64, strict=False).diff().drop_nulls()
    return bool((steps == 1).all()) and Ids(table, column, spell(table.frame[column.name])).running


def column_of_stay(laid: Laid) -> str:
    """Headers of the two time columns that the stays come from; the line where the genealogy tells them."""
    pair = laid.moments.pair
    return ", ".join(sorted(laid.lines)) if pair is None else f"{pair.start.header} - {pair.end.header}"
