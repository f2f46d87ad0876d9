"""What did a signal do while each piece was on the line, when its rows are too many to be held?

As in memory, but part by part: each gives moments of the stays that it touches, and these are merged in order of time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from tundish.errors import Message
from tundish.table import Column, Finding, Progress, Statistic, Table
from tundish.trace.base import files_of
from tundish.trace.pieces import Clock, Link
from tundish.trace.stamps import NEVER, SECOND, Stamps, stamps
from tundish.trace.stays.equipment import Equipment, find_equipment
from tundish.trace.stays.events import floats
from tundish.trace.stays.joined import (
    DENSE,
    Signals,
    Stay,
    about_join,
    clock_of,
    names_material,
    spots,
    stated_clock,
    usual_rows,
)
from tundish.trace.stays.segments import Floats, latest
from tundish.trace.stays.streamed import last_readings, phases_of
from tundish.trace.stays.sums import Sum, Work, add_up
from tundish.trace.stays.survey import Bench, Survey, around_first, named, rows_between, survey
from tundish.trace.stays.zones import Zone, zones_by_signal
from tundish.vocabulary import Catalogue

__all__ = ["Bench", "of_parted_signals", "standing_in", "statistics_of", "survey"]

CLOCK_CELLS = 2**23
"""Cells that a clock is estimated from; of a longer record those around the first stays."""
CLOCK_STAYS = 1500
_REACH_US = 3600 * SECOND
"""Rows so long before and after the stays are looked at as well."""


def of_parted_signals(
    table: Table,
    stay: Stay,
    catalogue: Catalogue,
    offsets: Mapping[str, Clock],
    *,
    known_until: Stamps,
    without: frozenset[str],
    bench: Bench,
    progress: Progress | None = None,
) -> Signals | None:
    """What :func:`tundish.trace.stays.signals.of_signals` gives, for a table in parts.

    Phases are not told where :func:`tundish.trace.stays.streamed.phases_of` cannot, which findings say. Raises what the engine
    raises, and :class:`tundish.errors.BrokenFile` for a part that cannot be read as it was understood.
    """
    parts = survey(table, catalogue, bench, progress)
    if parts is None:
        return None
    spans = parts.spans["first"].to_numpy(), parts.spans["last"].to_numpy()
    known = tuple(ends[(ends != NEVER) & (ends != np.iinfo(np.int64).max)] for ends in spans)
    machines = find_equipment(table, stamps(table, parts.stamp.name), stay.places).spread(*known, stay.starts, stay.ends)
    kinds = ("number", "category")
    columns = [c for c in table.columns if c.name not in without and c.kind in kinds and c.name != machines.column]
    starts, ends, until = (machines.of_pieces(one) for one in (stay.starts, stay.ends, known_until))
    clock, doubt = _clock(parts, columns, stay, machines, offsets)
    stated = [next((offsets[name] for name in origin.places if name in offsets), clock) for origin in table.origins]
    stop = np.where(until == NEVER, ends, np.minimum(ends, until))
    added, work = add_up(Work(parts, machines, (starts, stop), tuple(stated), bench, progress), columns, "stays")
    lengths = added.rows[starts != NEVER]
    if not lengths.size or not lengths.any():
        return None
    covered = added.rows > 0
    link = Link(table.name, "time", (stay.columns, parts.stamp.header), parts.rows, added.reached, int(covered.sum()), 0)
    told = [*about_join(table, stay, link, clock), *parts.findings, *added.told(work), *([doubt] if doubt else [])]
    log = np.array([known[0].min(), known[1].max()])
    seen = stated[0].right(log) if machines.column is None else np.array([starts.min(), ends.max()])
    if usual_rows(added.rows, (starts, stop), (int(seen[0]), int(seen[1]))) < DENSE:
        return _of_spots(replace(work, stays=(starts, stop)), columns, Signals((), clock, link, covered, ()), stay, catalogue)
    windows = dict.fromkeys((column.name for column in columns), "stay")
    for zone, inside in _by_zone(columns, stay.zones):
        _add_zone(work, machines, zone, inside, added)
        windows |= {column.name: f"zone:{zone.header}" for column in inside}
    features = [one for column in columns for one in added.features(work, column, windows[column.name])]
    for column in columns:
        if column.concept and catalogue.concept(column.concept).phases and column.name in added.moments:
            phased = phases_of(work, column)
            made, said = ([], [_no_phases(table, column)]) if phased is None else phased.told(table, column)
            features += made
            told += said
    return Signals(tuple(features), clock, link, covered, tuple(told))


def standing_in(table: Table, starts: Stamps, catalogue: Catalogue, bench: Bench) -> list[Table]:
    """Rows around the first stays, held, of each file of a table in parts: its line and its clock are told from them.

    Nothing of files without times. Raises what the engine raises.
    """
    parts = survey(table, catalogue, bench)
    if parts is None:
        return []
    made = []
    for source, origin in enumerate(table.origins):
        mine = parts.of_file(source)
        ends = mine.spans["first"], mine.spans["last"]
        if not mine.parts or not (ends[0] < ends[1]).any():
            continue
        names = [c.name for c in table.columns if c.kind in ("number", "category") and c.name in named(table, source)]
        begin, end = around_first(mine, starts, columns=len(names), cells=CLOCK_CELLS, stays=CLOCK_STAYS, reach_us=_REACH_US)
        held = rows_between(mine, begin, end, names, cells=CLOCK_CELLS)
        made.append(replace(held, origins=(origin,)))
    return made


def statistics_of(
    parts: Survey,
    columns: Sequence[Column],
    stays: tuple[Stamps, Stamps],
    clock: Clock,
    *,
    bench: Bench,
    wanted: Sequence[Statistic],
) -> dict[str, dict[Statistic, Floats]]:
    """Column -> statistic -> one value a stay (``starts``, ``ends`` in us, ends included); slopes are per hour."""
    added, _ = add_up(Work(parts, Equipment(), stays, (clock,) * len(parts.table.origins), bench, None), columns, "wanted")
    return {name: added.statistics(name, wanted) for name in added.moments}


def _clock(
    parts: Survey, columns: Sequence[Column], stay: Stay, machines: Equipment, offsets: Mapping[str, Clock]
) -> tuple[Clock, Finding | None]:
    """As in memory, from the rows around the first stays."""
    table = parts.table
    stated = stated_clock(table, offsets)
    if stated is not None:
        return stated, None
    starts, ends = machines.of_pieces(stay.starts), machines.of_pieces(stay.ends)
    whole = np.sort(stay.starts[(stay.starts != NEVER) & (stay.ends > stay.starts)])
    if not whole.size:
        return clock_of(table, stamps(table, parts.stamp.name), [], (starts, ends), offsets)
    names = [column.name for column in columns if column.kind == "number"]
    begin, end = around_first(parts, whole, columns=len(names), cells=CLOCK_CELLS, stays=CLOCK_STAYS, reach_us=_REACH_US)
    inside = (stay.starts >= begin - _REACH_US) & (stay.ends <= end + _REACH_US)
    some = np.where(inside, starts, NEVER), np.where(inside, ends, NEVER)
    extra = [] if machines.column is None else [machines.column]
    near = rows_between(parts, begin, end, [*names, *extra], cells=CLOCK_CELLS)
    place = None if machines.column is None else near.frame[machines.column]
    times = machines.of_rows(stamps(near, parts.stamp.name), place)
    return clock_of(near, times, [floats(near, near.column(name)) for name in names], some, offsets)


def _by_zone(columns: Sequence[Column], zones: Sequence[Zone]) -> Iterator[tuple[Zone, list[Column]]]:
    """Columns that count in a part of the stay only."""
    found = zones_by_signal(columns, zones)
    for zone in zones:
        inside = [column for column in columns if found.get(column.name) is zone]
        if inside:
            yield zone, inside


def _add_zone(work: Work, machines: Equipment, zone: Zone, inside: Sequence[Column], added: Sum) -> None:
    ends = np.where(zone.ends == NEVER, NEVER, np.minimum(machines.of_pieces(zone.ends), work.stays[1]))
    spans = machines.of_pieces(zone.starts), ends
    purpose = f"zone-{hashlib.sha256(zone.key.encode()).hexdigest()[:8]}"
    added.mend(add_up(replace(work, stays=spans), inside, purpose)[0])


def _of_spots(work: Work, columns: Sequence[Column], found: Signals, stay: Stay, catalogue: Catalogue) -> Signals | None:
    """The last reading at or before the end of each stay, where a stay has fewer than three."""
    table, (starts, stop) = work.survey.table, work.stays
    if names_material(table, catalogue):
        return None
    held, times = last_readings(work, columns, np.where(starts == NEVER, NEVER, stop))
    there = [column for column in columns if column.name in held.frame.columns]
    covered = latest(times, stop) >= 0
    link = replace(found.link, pieces_linked=int(covered.sum()))
    told = [*about_join(table, stay, link, found.clock), *work.survey.findings]
    return Signals(tuple(spots(held, there, times, stop, starts)), found.clock, link, covered, tuple(told))


def _no_phases(table: Table, column: Column) -> Finding:
    text = Message(
        "{file}, {column}: heating, holding and cooling are not told apart: the file is read in parts, and its rows are of "
        "several furnaces, stand in two exports, or belong to stays that never end. The values are those of the whole stay.",
        file=files_of(table), column=column.header,
    )  # fmt: skip
    return Finding("no_phases_in_parts", "info", text, column.origin)
