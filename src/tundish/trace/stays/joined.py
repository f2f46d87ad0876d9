"""What does a table of signals tell of the pieces, and by which clock? What tables that are held and tables in parts share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.errors import Message
from tundish.table import Column, Finding, Table
from tundish.trace.base import at, files_of, origin_of
from tundish.trace.clocks import estimate
from tundish.trace.pieces import Clock, Link
from tundish.trace.stamps import NEVER, Stamps, spacing
from tundish.trace.stays.features import Feature, describe
from tundish.trace.stays.segments import Floats, latest
from tundish.trace.stays.zones import Zone
from tundish.vocabulary import Catalogue

DENSE = 3.0
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


def clock_of(
    table: Table,
    times: Stamps,
    signals: Sequence[Floats],
    stay: tuple[Stamps, Stamps],
    offsets: Mapping[str, Clock],
) -> tuple[Clock, Finding | None]:
    """The clock that was stated for the table, else what its ``signals``, stamped ``times``, say of it."""
    stated = stated_clock(table, offsets)
    if stated is not None:
        return stated, None
    starts, ends = stay
    known = (starts != NEVER) & (ends != NEVER)
    usual = float(np.median((ends - starts)[known])) if known.any() else 0.0
    file = origin_of(table).file
    if spacing(times) * 2 > usual:
        reason = Message("too few readings a piece to compare the clocks; taken as equal")
        return Clock.unknown(file, reason), None
    present = times != NEVER
    return estimate(file, times[present], [signal[present] for signal in signals], starts, ends)


def usual_rows(
    lengths: npt.NDArray[np.int64] | npt.NDArray[np.float64], stays: tuple[Stamps, Stamps], log: tuple[int, int]
) -> float:
    """Rows in the median stay, of those that were while the log (first and last stamp) was written: stays before and behind say
    nothing of how often it is; 0 without any."""
    starts, ends = stays
    known = starts != NEVER
    during = known & (starts <= log[1]) & (ends >= log[0])
    asked = during if during.any() else known
    return float(np.median(lengths[asked])) if asked.any() else 0.0


def stated_clock(table: Table, offsets: Mapping[str, Clock]) -> Clock | None:
    """What plant.toml or another table says of the table's clock."""
    names = (name for origin in table.origins for name in (*origin.places, table.name))
    return next((offsets[name] for name in names if name in offsets), None)


def about_join(table: Table, stay: Stay, link: Link, clock: Clock) -> list[Finding]:
    """How a table was joined, and which pieces it says nothing of."""
    origin, file = origin_of(table), files_of(table)
    text = Message(
        "{file} joined by time: {rows_linked} of {rows} rows, {pieces_linked} pieces; clock offset {offset:.0f} s.",
        file=file, rows_linked=link.rows_linked, rows=link.rows, pieces_linked=link.pieces_linked, offset=clock.offset_s,
    )  # fmt: skip
    told = [Finding("linked", "info", text, origin, link.rows_linked)]
    missed = stay.starts.size - link.pieces_linked
    if missed:
        text = Message("{file}: {count} pieces have no row of these signals in their stay; their values are missing.",
                       file=file, count=missed)  # fmt: skip
        told.append(Finding("pieces_without_signal", "warning", text, origin, missed))
    if (stay.starts == stay.ends).all():
        text = Message(
            "The pieces have one time only ({column}), no start and end: each was given the last reading of {file} before it.",
            column=stay.columns, file=file,
        )  # fmt: skip
        told.append(Finding("one_time", "info", text, origin))
    return told


def names_material(table: Table, catalogue: Catalogue) -> bool:
    """Whether rows each name a heat, slab or lot: they tell of that material, not of whichever came next."""
    concepts = [(c.name, catalogue.concept(c.concept)) for c in table.columns if c.concept is not None]
    levels = [table.frame[name].n_unique() for name, concept in concepts if concept.level not in (None, "order", "specimen")]
    return max(levels, default=0) > 0.5 * table.frame.height


def spots(table: Table, columns: Sequence[Column], times: Stamps, stop: Stamps, starts: Stamps) -> list[Feature]:
    """The last reading at or before the end of the stay: a bath analysis holds until the next one."""
    until = np.where(starts == NEVER, NEVER, stop)
    features = []
    for column in columns:
        values = table.frame[column.name]
        rows = latest(np.where(values.is_null().to_numpy(), NEVER, times), until)
        features.append(Feature(describe(table, column, "last", "until_moment"), at(values, rows)))
    return features
