"""What did a signal do while each piece was on the line?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.errors import Message
from tundish.table import Column, Finding, Statistic, Table
from tundish.trace.base import at, files_of, origin_of
from tundish.trace.clocks import estimate
from tundish.trace.pieces import Clock, Link
from tundish.trace.stamps import NEVER, SECOND, Stamps, spacing, stamp_column, stamps
from tundish.trace.stays.batches import by_phase
from tundish.trace.stays.events import floats
from tundish.trace.stays.features import Feature, describe
from tundish.trace.stays.segments import Floats, Ints, Segments, by_time, commonest, latest, numbers
from tundish.trace.stays.zones import Zone, zones_by_signal
from tundish.vocabulary import Catalogue

_USUAL: tuple[Statistic, ...] = ("mean", "std", "min", "max", "slope")
_DENSE = 3.0
"""A signal has at least so many samples in the median stay; what is rarer is a spot reading, of which the last counts."""


@dataclass(frozen=True)
class Stay:
    """The stays that a signal can be joined to, and where the piece was then."""

    starts: Stamps
    ends: Stamps
    columns: str
    """Headers of the two time columns, for the record of the link."""
    places: Mapping[str, pl.Series]
    """Category columns of the pieces (header -> values) that may name the equipment."""
    zones: tuple[Zone, ...] = ()
    """Parts of the stay, where the pieces' tables tell them."""


@dataclass(frozen=True)
class Signals:
    """Features of one signal table, its clock, and which pieces it covers."""

    features: tuple[Feature, ...]
    clock: Clock
    link: Link
    linked: npt.NDArray[np.bool_]
    """Which pieces have a row in this table."""
    findings: tuple[Finding, ...]


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
    lane, place_of_piece, place = _lanes(table, times, stay)
    columns = [c for c in table.columns if c.name not in without and c.kind in ("number", "category") and c.name != place]
    lanes = _apart(times, stay, lane, place_of_piece)
    starts, ends, until = (lanes.of_pieces(one) for one in (stay.starts, stay.ends, known_until))
    clock, doubt = _clock(table, columns, lanes.of_rows(times), (starts, ends), offsets)
    clocked = lanes.of_rows(clock.right(times))
    stop = np.where(until == NEVER, ends, np.minimum(ends, until))
    segments = by_time(clocked, starts, stop)
    lengths = segments.lengths[starts != NEVER]
    if not lengths.size or not (segments.lengths.any() or _still_holds(clocked, starts, stop)):
        return None
    dense = float(np.median(lengths)) >= _DENSE
    if not dense and _names_material(table, catalogue):
        return None
    told: list[Finding] = []
    if dense:
        windows = _windows(columns, stay.zones, lanes, clocked, stop)
        features, told = _over_stays(table, columns, segments, clocked, catalogue, windows=windows)
    else:
        features = _spots(table, columns, clocked, stop, starts)
    covered = (segments.lengths > 0) if dense else (latest(clocked, stop) >= 0)
    rows = segments.reached
    link = Link(table.name, "time", (stay.columns, stamp.header),
                times.size, rows, int(covered.sum()), 0)  # fmt: skip
    told += _told(table, link, int((~covered).sum()), clock)
    if (starts == ends).all():
        told.append(_of_one_time(table, stay))
    return Signals(tuple(features), clock, link, covered, tuple([*told, doubt] if doubt else told))


def _names_material(table: Table, catalogue: Catalogue) -> bool:
    concepts = [(c.name, catalogue.concept(c.concept)) for c in table.columns if c.concept is not None]
    levels = [table.frame[name].n_unique() for name, concept in concepts if concept.level not in (None, "order", "specimen")]
    return max(levels, default=0) > 0.5 * table.frame.height


@dataclass(frozen=True)
class _Lanes:
    """Times moved so far apart by equipment that a stay meets the rows of its own equipment only."""

    rows: Ints | None = None
    pieces: Ints | None = None
    """Number of the equipment; -1 where unknown, None where one line is all there is."""
    apart: int = 0

    def of_rows(self, times: Stamps) -> Stamps:
        return _moved(times, self.rows, self.apart)

    def of_pieces(self, times: Stamps) -> Stamps:
        return _moved(times, self.pieces, self.apart)


def _apart(times: Stamps, stay: Stay, rows: Ints | None, pieces: Ints | None) -> _Lanes:
    if rows is None or pieces is None:
        return _Lanes()
    known = np.concatenate([part[part != NEVER] for part in (times, stay.starts, stay.ends)])
    return _Lanes(rows, pieces, 2 * int(known.max() - known.min()) + 86_400 * SECOND)


def _moved(times: Stamps, codes: Ints | None, apart: int) -> Stamps:
    return times if codes is None else np.where((times == NEVER) | (codes < 0), NEVER, times + codes * apart)


def _lanes(table: Table, times: Stamps, stay: Stay) -> tuple[Ints | None, Ints | None, str | None]:
    """Where a column of the signals names the equipment that a column of the pieces names too: both as numbers."""
    for column in table.of_kind("category", "identity", "text"):
        values = table.frame[column.name].cast(pl.String)
        names = values.drop_nulls().unique().to_list()
        if not 1 <= len(names) <= 50:
            continue
        for header, places in stay.places.items():
            here = set(places.drop_nulls().unique().to_list())
            if len(here) < 2 or len(here & set(names)) < 0.8 * min(len(here), len(names)):
                continue
            agree = header.casefold() in (name.casefold() for name in column.headers)
            side_by_side = pl.Series(times).n_unique() < 0.9 * times.size
            if side_by_side or (len(names) == 1 and agree):
                code = {name: number for number, name in enumerate(sorted(set(names) | here))}
                return _codes(values, code), _codes(places, code), column.name
    return None, None, None


def _codes(values: pl.Series, code: Mapping[str, int]) -> Ints:
    return values.replace_strict(code, default=None, return_dtype=pl.Int64).fill_null(-1).to_numpy().astype(np.int64)


def _windows(
    columns: Sequence[Column], zones: Sequence[Zone], lanes: _Lanes, times: Stamps, stop: Stamps
) -> Mapping[str, tuple[str, Segments]]:
    """Column -> the window that it counts in and its rows, where that is not the whole stay."""
    inside = zones_by_signal(columns, zones)
    made = {}
    for zone in {zone.key: zone for zone in inside.values()}.values():
        begin, end = _until(lanes.of_pieces(zone.starts), lanes.of_pieces(zone.ends), stop)
        made[zone.key] = f"zone:{zone.header}", by_time(times, begin, end)
    return {name: made[zone.key] for name, zone in inside.items()}


def _until(starts: Stamps, ends: Stamps, stop: Stamps) -> tuple[Stamps, Stamps]:
    known = (ends != NEVER) & (stop != NEVER)
    return starts, np.where(known, np.minimum(ends, stop), NEVER)


def _clock(
    table: Table, columns: Sequence[Column], times: Stamps, stay: tuple[Stamps, Stamps], offsets: Mapping[str, Clock]
) -> tuple[Clock, Finding | None]:
    starts, ends = stay
    for origin in table.origins:
        for name in (*origin.places, table.name):
            if name in offsets:
                return offsets[name], None
    known = (starts != NEVER) & (ends != NEVER)
    usual = float(np.median((ends - starts)[known])) if known.any() else 0.0
    file = origin_of(table).file
    if spacing(times) * 2 > usual:
        reason = Message("too few readings a piece to compare the clocks; taken as equal")
        return Clock(file, 0.0, 0.0, 0.0, reason), None
    signals = [floats(table, column) for column in columns if column.kind == "number"]
    present = times != NEVER
    return estimate(file, times[present], [signal[present] for signal in signals], starts, ends)


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
        if _is_counter(values[order]):
            features.append(_consumed(table, column, values, rows))
            continue
        for statistic, result in numbers(values, rows, times, _wanted(column, catalogue)).items():
            features.append(Feature(describe(table, column, statistic, window), pl.Series(result).fill_nan(None)))
        if column.concept is not None and catalogue.concept(column.concept).phases:
            made, told = by_phase(table, column, values, times, segments)
            features += made
            findings += told
    return features, findings


def _is_counter(values: Floats) -> bool:
    """A meter that only adds up, but for resets: its reading tells the time, what it gained tells of the piece."""
    known = values[~np.isnan(values)]
    if known.size < 100:
        return False
    steps = np.diff(known)
    return bool((steps >= 0).mean() >= 0.998 and (steps > 0).mean() >= 0.2)


def _consumed(table: Table, column: Column, values: Floats, segments: Segments) -> Feature:
    ends = numbers(values, segments, None, ["first", "last"])
    gained = ends["last"] - ends["first"]
    return Feature(describe(table, column, "sum", "stay"), pl.Series(np.where(gained >= 0, gained, np.nan)).fill_nan(None))


def _still_holds(times: Stamps, starts: Stamps, stop: Stamps) -> bool:
    """Whether a reading came before some stay and not longer before all of them than readings lie apart: else it is history."""
    known = np.sort(times[times != NEVER])
    if not (latest(times, stop) >= 0).any():
        return False
    apart = int(np.diff(known).max()) if known.size > 1 else 0
    return bool(known[-1] + apart >= starts[starts != NEVER].min())


def _wanted(column: Column, catalogue: Catalogue) -> tuple[Statistic, ...]:
    meant = () if column.concept is None else catalogue.concept(column.concept).aggregate
    known = ("mean", "std", "min", "max", "first", "last", "slope", "sum")
    return tuple(statistic for statistic in meant if statistic in known) or _USUAL


def _spots(table: Table, columns: Sequence[Column], times: Stamps, stop: Stamps, starts: Stamps) -> list[Feature]:
    """The last reading at or before the end of the stay: a bath analysis holds until the next one."""
    until = np.where(starts == NEVER, NEVER, stop)
    features = []
    for column in columns:
        values = table.frame[column.name]
        rows = latest(np.where(values.is_null().to_numpy(), NEVER, times), until)
        features.append(Feature(describe(table, column, "last", "until_moment"), at(values, rows)))
    return features


def _told(table: Table, link: Link, missed: int, clock: Clock) -> list[Finding]:
    origin, file = origin_of(table), files_of(table)
    text = Message(
        "{file} joined by time: {rows_linked} of {rows} rows, {pieces_linked} pieces; clock offset {offset:.0f} s.",
        file=file, rows_linked=link.rows_linked, rows=link.rows, pieces_linked=link.pieces_linked, offset=clock.offset_s,
    )  # fmt: skip
    told = [Finding("linked", "info", text, origin, link.rows_linked)]
    if missed:
        text = Message("{file}: {count} pieces have no row of these signals in their stay; their values are missing.",
                       file=file, count=missed)  # fmt: skip
        told.append(Finding("pieces_without_signal", "warning", text, origin, missed))
    return told


def _of_one_time(table: Table, stay: Stay) -> Finding:
    text = Message(
        "The pieces have one time only ({column}), no start and end: each was given the last reading of {file} before it.",
        column=stay.columns, file=files_of(table),
    )  # fmt: skip
    return Finding("one_time", "info", text, origin_of(table))
