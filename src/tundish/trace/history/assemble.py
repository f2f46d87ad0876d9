"""How is one piece's history put together from genealogy, clocks and profiles?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tundish.table import Origin
from tundish.trace.genealogy.balance import balance
from tundish.trace.genealogy.index import Reach, Rows
from tundish.trace.genealogy.lines import line_of
from tundish.trace.history.ask import find
from tundish.trace.history.doubts import doubts, open_ends
from tundish.trace.history.material import Material
from tundish.trace.history.readings import records
from tundish.trace.history.siblings import siblings
from tundish.trace.history.small import small
from tundish.trace.history.told import History, Kin, Stay, Step, Tie
from tundish.trace.pieces import Clock
from tundish.trace.stamps import NEVER, as_times

if TYPE_CHECKING:
    from tundish.trace.history.along import Alongside

Along = Callable[[int], "Alongside | None"]
"""The profile of the piece of this number, where one can be told."""


def history(material: Material, piece: str, *, along: Along | None = None) -> History:
    """All that is known of the piece that ``piece`` names, in any spelling; see :func:`tundish.trace.history.ask.find`.

    Raises :class:`~tundish.errors.UnknownPiece` and :class:`~tundish.errors.AmbiguousPiece`.
    """
    number = find(material, piece)
    above, below = material.index.up(number), material.index.down(number)
    up, down = _ties(material, above), _ties(material, below)
    beside_it = siblings(material, number, up, down)
    tied = _kin(material, [number, *(end for tie in (*up, *down) for end in (tie.parent, tie.child))])
    kin = tied | _kin(material, [one for family in beside_it for one in family.pieces])
    timeline = _timeline(material, np.array(list(tied), dtype=np.int64))
    beside = None if along is None else along(number)
    ends = open_ends(kin, number, (*up, *down), material.overview.origins)
    told = History(
        piece=kin[number],
        pieces=kin,
        up=up,
        down=down,
        siblings=beside_it,
        timeline=timeline,
        profile=None if beside is None else beside.profile,
        notes={} if beside is None else beside.notes,
        records=records(material, number, up, down, timeline),
        balance=_balance(material, number, up),
        clocks=_clocks(material, timeline),
        open_ends=ends,
        findings=() if beside is None else beside.profile.findings,
    )
    return replace(told, findings=doubts(told, material.findings))


def _ties(material: Material, reach: Reach) -> tuple[Tie, ...]:
    frame = material.edges.take(reach.rows)
    share = [None if np.isnan(part) else part for part in reach.share.tolist()]
    depths = reach.depth.tolist()
    return tuple(
        Tie(depth=depth, share=part, file=_file(material, row.pop("table"), row["line"]), **row)
        for depth, part, row in zip(depths, share, frame.iter_rows(named=True), strict=True)
    )


def _file(material: Material, table: str | None, line: str | None) -> str | None:
    """The file that a row of a table stands in; of exports of several lines under one another the one named like its line."""
    files = material.files.get(table or "", ())
    if len(files) == 1:
        return files[0]
    stems = {file: Origin(file).stem for file in files}
    return next((file for file, stem in stems.items() if line in (stem, line_of(stem))), table)


def _kin(material: Material, named: Iterable[int]) -> dict[int, Kin]:
    numbers = list(dict.fromkeys(named))
    frame = material.pieces.take(np.array(numbers, dtype=np.int64)).drop("even")
    return {one: Kin(number=one, **row) for one, row in zip(numbers, frame.iter_rows(named=True), strict=True)}


def _timeline(material: Material, numbers: Rows) -> tuple[Stay, ...]:
    frame = material.stays.take(material.index.stays(numbers)).with_columns(
        corrected_s=pl.lit(0.0), file=pl.lit(None, pl.String)
    )
    parts = [
        _right(material, part, _file(material, None if table is None else str(table), None if line is None else str(line)))
        for (table, line), part in frame.group_by("table", "line", maintain_order=True)
    ]
    whole = pl.concat(parts) if parts else frame
    ordered = whole.drop("table").sort(pl.coalesce("start", "end"), "end", nulls_last=True, maintain_order=True)
    return tuple(Stay(**row) for row in ordered.iter_rows(named=True))


def _right(material: Material, stays: pl.DataFrame, file: str | None) -> pl.DataFrame:
    """Stays that one file tells, by the reference clock."""
    stays = stays.with_columns(file=pl.lit(file, pl.String))
    clock = next((clock for clock in material.clocks if clock.file == file), None)
    if clock is None:
        return stays
    start, end = (clock.right(stays[name].to_physical().fill_null(NEVER).to_numpy()) for name in ("start", "end"))
    known = stays["start"].fill_null(stays["end"]).to_physical().fill_null(clock.reference).to_numpy()
    moved = pl.Series("corrected_s", clock.offsets_s(known))
    return stays.with_columns(as_times(start, "start"), as_times(end, "end"), moved)


def _clocks(material: Material, timeline: Iterable[Stay]) -> tuple[Clock, ...]:
    """Clocks of the files that tell about the lines of these stays, or of the stays themselves."""
    lines = {stay.line for stay in timeline}
    tables = {table for table, line in material.lines.items() if line in lines}
    files = {file for table in tables for file in material.files.get(table, (table,))} | {stay.file for stay in timeline}
    return tuple(clock for clock in material.clocks if clock.file in files)


def _balance(material: Material, number: int, up: Iterable[Tie]) -> tuple[Step, ...]:
    """The piece and all it was made of, each as a lot that went into a step with everything that came out of it."""
    index = material.index
    lots = np.unique(np.array([number, *(tie.parent for tie in up)], dtype=np.int64))
    edges = np.sort(index.edges_down(lots))
    pieces = np.unique(np.concatenate([lots, index.child[edges]]))
    near = small(material, pieces, edges)
    names = material.pieces.take(lots)["id"].to_list()
    rows = (
        balance(near, "lot")
        .filter(pl.col("of").is_in(names) & (pl.col("in_kg") > 0))
        .select([field.name for field in fields(Step)])
    )
    return tuple(Step(**row) for row in rows.iter_rows(named=True))
