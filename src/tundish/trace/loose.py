"""What do tables tell of the pieces that share no id with them: signals over their stays, and all about their forebears?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from tundish.errors import Message
from tundish.table import Finding, Progress, Table
from tundish.trace.base import at, files_of, origin_of
from tundish.trace.clocks import Aligned, given
from tundish.trace.clocks.righted import righted
from tundish.trace.forebears.carried import Upstream
from tundish.trace.forebears.own_metres import OwnMetres
from tundish.trace.forebears.rows import about_shares, of_rows
from tundish.trace.forebears.signals import about_later, of_line
from tundish.trace.keys import Plan
from tundish.trace.laid import Laid, column_of_stay
from tundish.trace.pieces import Clock
from tundish.trace.stacks import by_line
from tundish.trace.stamps import NEVER
from tundish.trace.stays.decision import of_pieces, sole_stamp
from tundish.trace.stays.parted import Bench, of_parted_signals
from tundish.trace.stays.signals import Signals, Stay, of_signals, same_clock
from tundish.trace.stays.zones import Zone, find_zones


@dataclass
class Loose:
    """What the loose tables tell, and which of them tell nothing."""

    signals: dict[str, Signals] = field(default_factory=dict)
    upstream: list[Upstream] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    strangers: list[Table] = field(default_factory=list)

    @property
    def told(self) -> list[Signals | Upstream]:
        """All tables that tell something."""
        return [*self.signals.values(), *self.upstream]

    @property
    def clocks(self) -> tuple[Clock, ...]:
        """The clock of each file."""
        mine = [one.clock for one in self.signals.values()] + [clock for one in self.upstream for clock in one.clocks]
        return tuple({clock.file: clock for clock in mine}.values())


def of_loose(
    laid: Laid,
    aligned: Aligned,
    *,
    metres: OwnMetres | None,
    offsets: Mapping[str, float],
    bench: Bench | None,
    tell: Progress,
    todo: int,
) -> Loose:
    """Join the loose tables: rows that name forebears by the genealogy, signals of the pieces' own line by their stays, signals
    of earlier lines by the pieces' own metres there, and by the stays of forebears where ``metres`` does not know these."""
    found = Loose()
    stay = _stay(laid)
    clocks = {file: given(file, float(offset)) for file, offset in offsets.items()}
    for n, table in enumerate(laid.plan.loose):
        if not _of_forebears(laid, table, found):
            for line, part in by_line(table, aligned.lines):
                _of_signals(laid, part, line, (aligned, metres), clocks, stay=stay, bench=bench, found=found)
        tell("trace", todo - len(laid.plan.loose) + n + 1, todo)
    if stay is not None:
        found.signals |= _of_shared_clocks(laid, found.signals, stay, bench)
    if found.upstream:
        found.findings += about_shares(laid.lineage, origin_of(laid.home))
    return found


def _of_forebears(laid: Laid, table: Table, found: Loose) -> bool:
    """Whether the rows name pieces that these were made of."""
    if table.parts or laid.lineage.ties.is_empty():
        return False
    made = of_rows(
        table,
        laid.lineage,
        laid.catalogue,
        bridges=[one for one in (*laid.plan.loose, laid.home, *(other.table for other in laid.joined)) if not one.parts],
        known_until=laid.moments.cut.moments,
        without=laid.no_statistics(table),
    )
    found.upstream += [] if made is None else [made]
    return made is not None


def _of_signals(
    laid: Laid,
    table: Table,
    line: str | None,
    traced: tuple[Aligned, OwnMetres | None],
    clocks: Mapping[str, Clock],
    *,
    stay: Stay | None,
    bench: Bench | None,
    found: Loose,
) -> None:
    aligned, metres = traced
    if line is None or line in laid.lines:
        told, known = (table, clocks) if line is None else righted(table, aligned, laid.catalogue)
        made = None if stay is None else _signals(laid, told, stay, known, bench)
        if made is None:
            found.strangers.append(table)
        else:
            found.signals[table.name] = made
        return
    until, without = laid.moments.cut.moments, laid.no_statistics(table)
    carried = of_line(
        table, line, laid.lineage, aligned, laid.catalogue, known_until=until, without=without, metres=metres, bench=bench,
    )  # fmt: skip
    if carried is None:
        found.findings.append(about_later(table, line))
    else:
        found.upstream.append(carried)


def _signals(laid: Laid, table: Table, stay: Stay, clocks: Mapping[str, Clock], bench: Bench | None) -> Signals | None:
    until, without = laid.moments.moments, laid.no_statistics(table)
    if table.parts:
        if bench is None:
            raise ValueError(table.name)
        return of_parted_signals(table, stay, laid.catalogue, clocks, known_until=until, without=without, bench=bench)
    return of_signals(table, stay, laid.catalogue, clocks, known_until=until, without=without)


def _of_shared_clocks(laid: Laid, found: Mapping[str, Signals], stay: Stay, bench: Bench | None) -> dict[str, Signals]:
    """Signals whose clock could not be told by themselves, joined again by the clock of a file with the same stamps."""
    tables = {table.name: table for table in laid.plan.loose}
    unsure = {name for name, made in found.items() if any(told.code == "clock_unsure" for told in made.findings)}
    again = {}
    for name in unsure:
        donor = next(
            (sure for sure in found if sure not in unsure and same_clock(tables[name], tables[sure], laid.catalogue)), None
        )
        if donor is None:
            continue
        file, clock = origin_of(tables[name]).file, found[donor].clock
        shared = replace(clock, file=file, reason=Message("the same stamps as in {file}, so the same clock", file=clock.file))
        made = _signals(laid, tables[name], stay, {file: shared}, bench)
        if made is not None:
            again[name] = made
    return again


def _stay(laid: Laid) -> Stay | None:
    known = (laid.moments.starts != NEVER).any()
    sole = None if known else sole_stamp(laid.single, laid.places, laid.catalogue)
    if not known and sole is None:
        return None
    places = {
        column.header: at(table.frame[column.name].cast(pl.String), laid.places[table.name])
        for table in laid.single
        for column in table.of_kind("category")
        if (table.name, column.name) != (laid.target.table, laid.target.column)
    }
    if sole is not None:
        return Stay(sole[0], sole[0], sole[1].header, places)
    return Stay(laid.moments.starts, laid.moments.ends, column_of_stay(laid), places, _zones(laid))


def _zones(laid: Laid) -> tuple[Zone, ...]:
    """Parts of the stay, by the times of entry or exit or the durations in the tables with one row a piece."""
    pair, timed, lasted = laid.moments.pair, [], []
    for table in laid.single:
        rows = laid.places[table.name]
        for column in table.columns:
            if pair is not None and table is pair.table and column in (pair.start, pair.end):
                continue
            if column.kind == "time":
                timed.append((column, of_pieces(table, column.name, laid.places)))
            elif column.kind == "number" and column.unit == "s":
                lasted.append((column, at(table.frame[column.name], rows).cast(pl.Float64).fill_null(np.nan).to_numpy()))
    return find_zones(laid.moments.starts, laid.moments.ends, timed, lasted)


def about_strangers(loose: Sequence[Table], found: Plan) -> list[Finding]:
    """Tables that belong to none of the pieces."""
    return [
        Finding(
            "unlinked_table",
            "warning",
            Message(
                "{file} shares no key and no time with {home} and is set aside ({rows} rows). "
                "If it belongs to the pieces, name its column under [keys] in plant.toml.",
                file=files_of(table),
                home=files_of(found.target),
                rows=table.frame.height,
            ),
            origin_of(table),
            table.frame.height,
        )
        for table in loose
    ]
