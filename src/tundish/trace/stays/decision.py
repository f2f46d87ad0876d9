"""At which moment must the decision fall, and what is known by then?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from tundish.errors import BadSettings, Message
from tundish.table import Column, Table
from tundish.trace.base import Base, at, files_of
from tundish.trace.stamps import NEVER, Stamps, role, stamp_column, stamps
from tundish.trace.stays.events import Cut
from tundish.trace.stays.pairs import Pair, find_pair, tells_of_the_line
from tundish.trace.stays.segments import Ints
from tundish.vocabulary import Catalogue

_MOSTLY = 0.5
_ORDERLY = 0.95
"""Share of the pieces that go from one line to the next in that order; the rest came back for rework, or is a slip."""


@dataclass(frozen=True)
class Moments:
    """When each piece came, left and is decided on."""

    starts: Stamps
    ends: Stamps
    moments: Stamps
    cut: Cut
    pair: Pair | None
    """The columns that hold the stay, if there is one."""
    reason: Message


def find_moments(
    base: Base, single: Sequence[Table], places: Mapping[str, Ints], catalogue: Catalogue, *, wish: str | None
) -> Moments:
    """Stays and decision moments. ``single`` are the tables with one row a piece, the target's first; ``places`` their rows.

    By default a target that is read several times is decided just before its last reading; else a piece is decided when it
    leaves the line, of several the last one before the target's row was stamped; else when that was. Raises
    :class:`tundish.errors.BadSettings` for a wish that cannot be met.
    """
    home = single[0]
    stamp = stamp_column(home, catalogue)
    stamped = _none(base) if stamp is None else of_pieces(home, stamp.name, places)
    starts, ends, pair = _stay(single, places, catalogue, stamped)
    if wish is not None:
        known = {"start": starts, "end": ends, "target": stamped if base.moments is None else base.moments}
        moments = known[wish] if wish in known else _named(wish, single, places)
        if moments is None or (moments == NEVER).all():
            expected = Message("start, end, target or a time column as file:column")
            raise BadSettings(file="plant.toml", key="decision_moment", expected=expected, found=wish)
        reason = Message("decided at {moment}, as plant.toml says", moment=wish)
        return Moments(starts, ends, moments, Cut(moments, inclusive=wish == "end"), pair, reason)
    if base.moments is not None:
        reason = Message("decided just before the last reading of the target")
        return Moments(starts, ends, base.moments, Cut(base.moments, inclusive=False), pair, reason)
    if pair is not None:
        moments = np.where(ends == NEVER, stamped, ends)
        return Moments(
            starts, ends, moments, Cut(ends, inclusive=True), pair, Message("decided when the piece leaves the line")
        )
    for table in single:
        if (stamped == NEVER).mean() < 0.5:
            break
        column = stamp_column(table, catalogue)
        stamped = stamped if column is None else of_pieces(table, column.name, places)
    # One stamp a piece says when a row was written, not when its values came: nothing is cut off by it.
    reason = Message("decided when the row of the piece is stamped")
    return Moments(starts, ends, stamped, Cut(_none(base), inclusive=True), None, reason)


def sole_stamp(single: Sequence[Table], places: Mapping[str, Ints], catalogue: Catalogue) -> tuple[Stamps, Column] | None:
    """When each piece was on the line, where one time only was written down; the fullest column, None without one."""
    found: list[tuple[int, Stamps, Column]] = []
    for table in single:
        column = stamp_column(table, catalogue)
        if column is not None and tells_of_the_line(column):
            times = of_pieces(table, column.name, places)
            found.append((int((times != NEVER).sum()), times, column))
    if not found:
        return None
    known, stamped, fullest = max(found, key=lambda one: one[0])
    return (stamped, fullest) if known >= 0.5 * stamped.size else None


def _none(base: Base) -> Stamps:
    return np.full(base.ids.len(), NEVER, dtype=np.int64)


def of_pieces(table: Table, column: str, places: Mapping[str, Ints]) -> Stamps:
    """A time column of a table with one row a piece, in order of the pieces."""
    times = at(pl.Series(stamps(table, column)), places[table.name])
    return times.fill_null(NEVER).to_numpy().astype(np.int64)


def _stay(
    single: Sequence[Table], places: Mapping[str, Ints], catalogue: Catalogue, stamped: Stamps
) -> tuple[Stamps, Stamps, Pair | None]:
    """The stay that most pieces have; a later one where the target's own rows hold none and were ``stamped`` after it."""
    never = np.full(places[single[0].name].size, NEVER, dtype=np.int64)
    best: tuple[float, Stamps, Stamps, Pair] | None = None
    others: list[tuple[float, Stamps, Stamps, Pair]] = []
    for table in single:
        pair = find_pair(table, catalogue)
        if pair is None:
            continue
        starts, ends = (of_pieces(table, column.name, places) for column in (pair.start, pair.end))
        covered = float(((starts != NEVER) & (ends != NEVER)).mean())
        others.append((covered, starts, ends, pair))
        if covered > 0 and (best is None or covered > best[0] + 0.1):
            best = others[-1]
    if best is not None:
        for other in others if best[3].table is not single[0] else ():
            best = other if other[0] >= best[0] - 0.1 and _later(best[2], other, stamped) else best
        return best[1:]
    return _apart(single, places, catalogue) or (never, never, None)


def _later(ends: Stamps, other: tuple[float, Stamps, Stamps, Pair], stamped: Stamps) -> bool:
    """Whether pieces came to another line when they had left this one, and were judged when they had left that."""
    begun, left = other[1], other[2]
    known = (ends != NEVER) & (begun != NEVER) & (left != NEVER) & (stamped != NEVER)
    follows = known & (begun >= ends) & (left <= stamped)
    return bool(known.mean() >= _MOSTLY and follows.sum() >= _ORDERLY * known.sum())


def _apart(single: Sequence[Table], places: Mapping[str, Ints], catalogue: Catalogue) -> tuple[Stamps, Stamps, Pair] | None:
    """A start in one table and an end in another."""
    begin, finish = (
        next(((t, c) for t in single for c in t.of_kind("time") if role(c, catalogue) == wanted), None)
        for wanted in ("time_start", "time_end")
    )
    if begin is None or finish is None:
        return None
    starts, ends = (of_pieces(table, column.name, places) for table, column in (begin, finish))
    both = (starts != NEVER) & (ends != NEVER)
    if not both.any() or (ends[both] >= starts[both]).mean() < 0.99:
        return None
    return starts, ends, Pair(begin[0], begin[1], finish[1])


def _named(wish: str, single: Sequence[Table], places: Mapping[str, Ints]) -> Stamps | None:
    found = [(table, column) for table in single for column in table.of_kind("time") if _is_named(column, wish)]
    return of_pieces(found[0][0], found[0][1].name, places) if found else None


def _is_named(column: Column, wish: str) -> bool:
    return any(wish in origin.spots for origin in column.origins)


def stamped_after(table: Table, places: Mapping[str, Ints], moments: Moments, catalogue: Catalogue) -> Message | None:
    """Why the values of a table come too late: most of its rows are stamped after the piece left. None when they do not."""
    if moments.pair is not None and moments.pair.table.name == table.name:
        return None
    column = stamp_column(table, catalogue)
    if column is None:
        return None
    times, decided = of_pieces(table, column.name, places), moments.cut.moments
    both = (times != NEVER) & (decided != NEVER)
    if not both.any() or (times[both] > decided[both]).mean() <= 0.5:
        return None
    return Message(
        "stamped ({column} in {file}) after the decision moment in most rows",
        column=column.header,
        file=files_of(table),
    )
