"""What happened along this one piece? Only the stretch of the plant's data around its stays is read and measured."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tundish.table import ROW, SOURCE, Column, Table
from tundish.trace.clocks import Aligned
from tundish.trace.genealogy.index import Numbers
from tundish.trace.history.in_parts import Span
from tundish.trace.history.material import Material, Recorded
from tundish.trace.history.small import small
from tundish.trace.history.told import Note
from tundish.trace.spelling import SEPARATORS
from tundish.trace.stamps import SECOND, role
from tundish.vocabulary import Catalogue

if TYPE_CHECKING:
    from tundish.trace.position import Profile

AROUND_S = 3 * 3600.0
"""Seconds before and after a stay that are measured with it: the pieces before and behind tell how the gauge counts."""
_SLACK_S = 900.0
"""More than that on the file's own clock, on top of what it is known to be away."""
_MOST_NOTES = 12
"""Values told of one row."""


@dataclass(frozen=True)
class Alongside:
    """A profile, and what stands in the rows that its places come from."""

    profile: Profile
    notes: Mapping[tuple[str, int], tuple[Note, ...]]


def along(
    material: Material,
    number: int,
    catalogue: Catalogue,
    *,
    gauges_m: Mapping[str, float] | None = None,
) -> Alongside | None:
    """The profile of a piece as it left its last line; None where neither signal nor sample nor defect reaches it."""
    pieces, windows = _around(material, number)
    near = small(material, pieces, material.index.edges_up(pieces))
    narrow = [
        table for one in material.tables if (table := _narrow(one, material, windows, near.pieces, catalogue)) is not None
    ]
    if not narrow:
        return None
    from tundish.trace.position import measure  # compiled kernels: slow to import, and a tree needs none

    clocks = Aligned(material.clocks, material.lines)
    lengths = measure(narrow, near, clocks, catalogue, gauges_m=gauges_m)
    profile = lengths.along(int(np.searchsorted(pieces, number)))
    if profile.length_m <= 0 or not (profile.signals or profile.places.height):
        return None
    known = {spot for one in material.tables for column in one.head.columns for o in column.origins for spot in o.spots}
    wrong = [one for one in lengths.findings if one.code == "no_such_gauge" and one.origin.column not in known]
    profile = replace(profile, findings=(*wrong, *profile.findings))
    return Alongside(_numbered(profile, pieces, number), _notes(profile, narrow))


def _around(material: Material, number: int) -> tuple[Numbers, dict[str, tuple[int, int]]]:
    """The pieces that ran shortly before, with and behind this one and what it was made of, and when, by line."""
    index = material.index
    way = np.unique(np.append(material.edges.take(index.up(number).rows)["parent"].to_numpy(), number)).astype(np.int64)
    own = material.stays.take(index.stays(way)).filter(pl.col("start").is_not_null())
    spans = own.group_by("line").agg(pl.col("start").min(), pl.col("end").max().fill_null(pl.col("start").max()))
    wide = int(AROUND_S * SECOND)
    windows = {
        line: (start - wide, end + wide)
        for line, start, end in spans.with_columns(pl.col("start", "end").to_physical()).iter_rows()
    }
    near = [index.stays_between(start, end) for start, end in windows.values()]
    rows = np.unique(np.concatenate([*near, index.stays(way)])) if near else index.stays(way)
    here = material.stays.take(rows)
    inside = pl.any_horizontal(
        pl.lit(value=False),
        *((pl.col("line") == line) & pl.col("start").to_physical().is_between(*window) for line, window in windows.items()),
    )
    first = np.unique(np.concatenate([here.filter(inside)["piece"].to_numpy(), way]))
    ties = material.edges.take(np.unique(np.concatenate([index.edges_up(first), index.edges_down(first)])))
    pieces = np.unique(np.concatenate([first, ties["parent"].to_numpy(), ties["child"].to_numpy()]))
    return pieces, windows


def _narrow(
    table: Recorded, material: Material, windows: Mapping[str, tuple[int, int]], pieces: pl.DataFrame, catalogue: Catalogue
) -> Table | None:
    """Rows of a line's trend around the stays, or rows of another table that name one of the pieces; None without any."""
    head = table.head
    lines = lines_of(head, material)
    near = _during(head, material, lines, windows, catalogue) if any(lines) else None
    wanted = named(head, pieces) if not any(lines) else None if near is None else near[0]
    if wanted is None:
        return None
    frame = table.rows(wanted, within=() if near is None else near[1])
    return replace(head, frame=frame) if frame.height else None


def lines_of(head: Table, material: Material) -> list[str | None]:
    """The line that each export of a table tells about; exports of several lines may stand in one table."""
    own = material.lines.get(head.name)
    return [next((material.lines[place] for place in origin.places if place in material.lines), own) for origin in head.origins]


def _during(
    head: Table,
    material: Material,
    lines: Sequence[str | None],
    windows: Mapping[str, tuple[int, int]],
    catalogue: Catalogue,
) -> tuple[pl.Expr, list[Span]] | None:
    """Rows around the stays on the line that each export tells about, wherever the file's clock may stand; and from when to
    when these are stamped."""
    times = head.of_kind("time")
    if not times or windows.keys().isdisjoint(lines):
        return None
    column = min(times, key=lambda time: role(time, catalogue) is not None)
    stamp = pl.col(column.name).dt.timestamp("us")
    near, spans = [], []
    for number, (origin, line) in enumerate(zip(head.origins, lines, strict=True)):
        if line is not None and line in windows:
            first, last = windows[line]
            slack = int((_SLACK_S + _away_s(material, origin.places, windows[line])) * SECOND)
            inside = stamp.is_between(first - slack, last + slack)
            near.append(inside & (pl.col(SOURCE) == number) if len(lines) > 1 else inside)
            spans.append((first - slack, last + slack))
    return pl.any_horizontal(near), spans


def _away_s(material: Material, files: Collection[str], window: tuple[int, int]) -> float:
    """The most seconds by which a file's clock is wrong then."""
    ends = np.array(window, dtype=np.int64)
    return max((float(np.abs(clock.offsets_s(ends)).max()) for clock in material.clocks if clock.file in files), default=0.0)


def named(head: Table, pieces: pl.DataFrame) -> pl.Expr | None:
    """Rows that name one of these pieces in any column of ids; None where a table has no such column."""
    ids = [
        column.name for column in head.columns if column.kind == "identity" or (column.concept or "").startswith("identity.")
    ]
    if not ids:
        return None
    words = pieces.select(bare(pl.col("even")))["even"].drop_nulls().unique().to_list()
    return pl.any_horizontal(bare(pl.col(name)).is_in(words) for name in ids)


def bare(text: pl.Expr) -> pl.Expr:
    """An id without case, separators and leading zeros: alike for all spellings, and seldom for two pieces."""
    plain = text.cast(pl.String).str.normalize("NFKC").str.to_uppercase().str.replace(r"\.0+$", "")
    return plain.str.replace_all(SEPARATORS, "").str.strip_chars_start("0")


def _numbered(profile: Profile, pieces: Numbers, number: int) -> Profile:
    """The profile with the plant's numbers of pieces."""
    stretches = tuple(replace(one, piece=int(pieces[one.piece])) for one in profile.stretches)
    noted = profile.places.with_columns(pl.Series("piece", pieces[profile.places["piece"].to_numpy()], dtype=pl.Int64))
    return replace(profile, piece=number, stretches=stretches, places=noted)


def _notes(profile: Profile, tables: Sequence[Table]) -> dict[tuple[str, int], tuple[Note, ...]]:
    rows: dict[str, set[int]] = {}
    for table, row in profile.places.select("table", "row").drop_nulls().iter_rows():
        rows.setdefault(table, set()).add(row)
    found: dict[tuple[str, int], tuple[Note, ...]] = {}
    for table in tables:
        if table.name in rows:
            for values in table.frame.filter(pl.col(ROW).is_in(list(rows[table.name]))).iter_rows(named=True):
                found[table.name, values[ROW]] = _told(table.columns, values)
    return found


def _told(columns: Sequence[Column], values: Mapping[str, object]) -> tuple[Note, ...]:
    """What a row says, in the plant's unit: numbers and classes that are not the place itself."""
    told: list[Note] = []
    for column in columns:
        value = values.get(column.name)
        if value is not None and tells(column):
            said = column.to_plant(value) if isinstance(value, float | int) else str(value)
            told.append(Note(column.header, column.concept, said, column.unit_read))
    return tuple(told[:_MOST_NOTES])


def tells(column: Column, *, place: bool = False) -> bool:
    """Whether a column says more of a piece than its name and its time, and unless ``place``, than a place on it."""
    concept = column.concept or ""
    if column.kind in ("time", "identity"):
        return False
    if concept in _PLACES:
        return place
    return concept in _TELLING or not concept.startswith(("identity.", "position.", "production."))


_PLACES = frozenset(
    ("defect.position_length", "defect.position_to", "defect.side", "position.from", "position.to", "position.on_product")
)
"""Told by the mark itself."""
_TELLING = frozenset(("production.note",))
