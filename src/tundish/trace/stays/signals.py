"""What did a signal do while each piece was on the line?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from tundish.table import Column, Finding, Table
from tundish.trace.pieces import Clock, Link
from tundish.trace.stamps import NEVER, Stamps, stamp_column, stamps
from tundish.trace.stays.batches import by_phase
from tundish.trace.stays.equipment import Equipment, find_equipment
from tundish.trace.stays.events import floats
from tundish.trace.stays.features import Feature, consumed, describe, is_counter, statistics_of
from tundish.trace.stays.joined import DENSE, Signals, Stay, about_join, clock_of, names_material, spots, usual_rows
from tundish.trace.stays.segments import Floats, Segments, by_time, commonest, latest, numbers
from tundish.trace.stays.zones import Zone, zones_by_signal
from tundish.vocabulary import Catalogue

__all__ = ["Signals", "Stay", "of_signals", "same_clock"]


def of_signals(
    table: Table,
    stay: Stay,
    catalogue: Catalogue,
    offsets: Mapping[str, Clock],
    *,
    known_until: Stamps,
    without: frozenset[str],
) -> Signals | None:
    """Statistics of each signal over each stay, up to ``known_until``; None when no time falls into any stay.

    None too for rare rows that each name a heat, slab or lot: they tell of that material, not of whichever came next.
    Ends of stays count as inside. Spot readings (fewer than three a stay) give the last value at or before the end.
    """
    stamp = stamp_column(table, catalogue)
    if stamp is None:
        return None
    times = stamps(table, stamp.name)
    machines = find_equipment(table, times, stay.places).spread(times, stay.starts, stay.ends)
    columns = [
        c for c in table.columns if c.name not in without and c.kind in ("number", "category") and c.name != machines.column
    ]
    names = None if machines.column is None else table.frame[machines.column]
    starts, ends, until = (machines.of_pieces(one) for one in (stay.starts, stay.ends, known_until))
    signals = [floats(table, column) for column in columns if column.kind == "number"]
    clock, doubt = clock_of(table, machines.of_rows(times, names), signals, (starts, ends), offsets)
    clocked = machines.of_rows(clock.right(times), names)
    stop = np.where(until == NEVER, ends, np.minimum(ends, until))
    segments = by_time(clocked, starts, stop)
    lengths = segments.lengths[starts != NEVER]
    if not lengths.size or not (segments.lengths.any() or _still_holds(clocked, starts, stop)):
        return None
    seen = clocked[clocked != NEVER] if machines.column is None else np.array([starts.min(), ends.max()])
    dense = usual_rows(segments.lengths, (starts, stop), (int(seen.min()), int(seen.max()))) >= DENSE
    if not dense and names_material(table, catalogue):
        return None
    told: list[Finding] = []
    if dense:
        windows = _windows(columns, stay.zones, machines, clocked, stop)
        features, told = _over_stays(table, columns, segments, clocked, catalogue, windows=windows)
    else:
        features = spots(table, columns, clocked, stop, starts)
    covered = (segments.lengths > 0) if dense else (latest(clocked, stop) >= 0)
    rows = segments.reached
    link = Link(table.name, "time", (stay.columns, stamp.header),
                times.size, rows, int(covered.sum()), 0)  # fmt: skip
    told += about_join(table, stay, link, clock)
    return Signals(tuple(features), clock, link, covered, tuple([*told, doubt] if doubt else told))


def _windows(
    columns: Sequence[Column], zones: Sequence[Zone], machines: Equipment, times: Stamps, stop: Stamps
) -> Mapping[str, tuple[str, Segments]]:
    """Column -> the window that it counts in and its rows, where that is not the whole stay."""
    inside = zones_by_signal(columns, zones)
    made = {}
    for zone in {zone.key: zone for zone in inside.values()}.values():
        begin, end = _until(machines.of_pieces(zone.starts), machines.of_pieces(zone.ends), stop)
        made[zone.key] = f"zone:{zone.header}", by_time(times, begin, end)
    return {name: made[zone.key] for name, zone in inside.items()}


def _until(starts: Stamps, ends: Stamps, stop: Stamps) -> tuple[Stamps, Stamps]:
    known = (ends != NEVER) & (stop != NEVER)
    return starts, np.where(known, np.minimum(ends, stop), NEVER)


def same_clock(unsure: Table, sure: Table, catalogue: Catalogue) -> bool:
    """Rows of both tables carry the same stamps: one recorder wrote them."""
    columns = stamp_column(unsure, catalogue), stamp_column(sure, catalogue)
    if columns[0] is None or columns[1] is None:
        return False
    mine, theirs = (pl.Series(stamps(t, c.name)).unique() for t, c in ((unsure, columns[0]), (sure, columns[1])))
    return mine.len() >= 100 and int(mine.is_in(theirs.implode()).sum()) >= 0.99 * mine.len()


def _over_stays(
    table: Table,
    columns: Sequence[Column],
    segments: Segments,
    times: Stamps,
    catalogue: Catalogue,
    *,
    windows: Mapping[str, tuple[str, Segments]],
) -> tuple[list[Feature], list[Finding]]:
    features: list[Feature] = []
    findings: list[Finding] = []
    order = np.argsort(times, kind="stable")
    for column in columns:
        window, rows = windows.get(column.name, ("stay", segments))
        if column.kind == "category":
            words = table.frame[column.name].cast(pl.String)
            if words.n_unique() > 1:
                features.append(Feature(describe(table, column, "mode", window), commonest(words, rows)))
            continue
        values = floats(table, column)
        if _counts_up(values[order]):
            ends = numbers(values, rows, None, ["first", "last"])
            features.append(consumed(table, column, ends["first"], ends["last"]))
            continue
        for statistic, result in numbers(values, rows, times, statistics_of(column, catalogue)).items():
            features.append(Feature(describe(table, column, statistic, window), pl.Series(result).fill_nan(None)))
        if column.concept is not None and catalogue.concept(column.concept).phases:
            made, told = by_phase(table, column, values, times, segments)
            features += made
            findings += told
    return features, findings


def _counts_up(values: Floats) -> bool:
    known = values[~np.isnan(values)]
    steps = np.diff(known)
    return is_counter(known.size, int((steps < 0).sum()), int((steps > 0).sum()))


def _still_holds(times: Stamps, starts: Stamps, stop: Stamps) -> bool:
    """Whether a reading came before some stay and not longer before all of them than readings lie apart: else it is history."""
    known = np.sort(times[times != NEVER])
    if not (latest(times, stop) >= 0).any():
        return False
    apart = int(np.diff(known).max()) if known.size > 1 else 0
    return bool(known[-1] + apart >= starts[starts != NEVER].min())
