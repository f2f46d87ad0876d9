"""What do tables tell of the pieces that share no id with them: signals over their stays, and all about their forebears?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tundish.errors import Message
from tundish.table import Finding, Progress, Table
from tundish.trace.base import files_of, origin_of
from tundish.trace.clocks.righted import righted
from tundish.trace.forebears.carried import Upstream
from tundish.trace.forebears.rows import about_shares, of_rows
from tundish.trace.forebears.signals import about_later, of_line
from tundish.trace.ground import Ground
from tundish.trace.keys import Plan
from tundish.trace.pieces import Clock
from tundish.trace.stacks import by_line
from tundish.trace.stays.signals import Signals, same_clock


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


def of_loose(ground: Ground, *, tell: Progress, todo: int) -> Loose:
    """Join the loose tables: rows that name forebears by the genealogy, signals of the pieces' own line by their stays, signals
    of earlier lines by the pieces' own metres there, and by the stays of forebears where these are not known.

    ``todo``: how many tables there are in all, for ``tell``; the loose ones come last.
    """
    found = Loose()
    loose = ground.laid.plan.loose
    for n, table in enumerate(loose):
        if not _of_forebears(table, ground, found):
            for line, part in by_line(table, ground.aligned.lines):
                _of_signals(part, line, ground, found)
        tell("trace", todo - len(loose) + n + 1, todo)
    found.signals |= _of_shared_clocks(found.signals, ground)
    if found.upstream:
        found.findings += about_shares(ground.laid.lineage, origin_of(ground.laid.home))
    return found


def _of_forebears(table: Table, ground: Ground, found: Loose) -> bool:
    """Whether the rows name pieces that these were made of."""
    if table.parts or ground.laid.lineage.ties.is_empty():
        return False
    made = of_rows(table, ground.laid)
    found.upstream += [] if made is None else [made]
    return made is not None


def _of_signals(table: Table, line: str | None, ground: Ground, found: Loose) -> None:
    if line is None or line in ground.laid.lines:
        told, clocks = (table, ground.stated) if line is None else righted(table, ground.aligned, ground.laid.catalogue)
        made = _over_own_stays(told, ground, clocks)
        if made is None:
            found.strangers.append(table)
        else:
            found.signals[table.name] = made
        return
    carried = of_line(table, line, ground)
    if carried is None:
        found.findings.append(about_later(table, line))
    else:
        found.upstream.append(carried)


def _over_own_stays(table: Table, ground: Ground, clocks: Mapping[str, Clock]) -> Signals | None:
    if ground.stay is None:
        return None
    until, without = ground.laid.moments.moments, ground.laid.no_statistics(table)
    return ground.signals(table, ground.stay, clocks, known_until=until, without=without)


def _of_shared_clocks(found: Mapping[str, Signals], ground: Ground) -> dict[str, Signals]:
    """Signals whose clock could not be told by themselves, joined again by the clock of a file with the same stamps."""
    tables, catalogue = {table.name: table for table in ground.laid.plan.loose}, ground.laid.catalogue
    unsure = {name for name, made in found.items() if any(told.code == "clock_unsure" for told in made.findings)}
    again = {}
    for name in unsure:
        donor = next((sure for sure in found if sure not in unsure and same_clock(tables[name], tables[sure], catalogue)), None)
        if donor is None:
            continue
        file, clock = origin_of(tables[name]).file, found[donor].clock
        shared = replace(clock, file=file, reason=Message("the same stamps as in {file}, so the same clock", file=clock.file))
        made = _over_own_stays(tables[name], ground, {file: shared})
        if made is not None:
            again[name] = made
    return again


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
