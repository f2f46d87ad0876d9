"""Which pieces are there, and which row of each table tells of which piece?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.errors import Message
from tundish.table import ROW, ROWS_SHOWN, SOURCE, Finding, Origin, Table
from tundish.trace.genealogy.sums import in_order
from tundish.trace.ids import Ids, comparable
from tundish.trace.keys import Plan, Relation
from tundish.trace.pieces import Link
from tundish.trace.stamps import NEVER, Stamps, stamp_column, stamps
from tundish.trace.stays.segments import Ints, Segments, by_id
from tundish.trace.target import Target
from tundish.vocabulary import Catalogue


@dataclass(frozen=True)
class Base:
    """The pieces, as the target's table names them."""

    ids: pl.Series
    rows: Ints
    """Row of the target's table that holds each piece's target."""
    outcome: pl.Series
    moments: Stamps | None
    """When the target itself was read, for a target that is read several times on a piece."""
    readings: Segments | None
    """All rows of each piece in the target's table, in order of time, when it is read several times."""
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Joined:
    """A table hanging on the pieces: one row a piece (``rows``, -1 for none), or several (``segments``)."""

    relation: Relation
    rows: Ints | None
    segments: Segments | None
    link: Link
    linked: npt.NDArray[np.bool_]
    """Which pieces have a row in this table."""
    findings: tuple[Finding, ...]

    @property
    def table(self) -> Table:
        """The joined table."""
        return self.relation.ids.table


def at(values: pl.Series, rows: Ints) -> pl.Series:
    """Values at these rows; null where the row is -1."""
    places = pl.Series(rows)
    return values.gather(places.set(places < 0, None))


def origin_of(table: Table) -> Origin:
    """Where a table came from, for findings about it as a whole."""
    return table.origins[0] if table.origins else Origin(table.name)


def files_of(table: Table) -> str:
    """The table's files and sheets, each once; of more than three the first and how many more."""
    places = list(dict.fromkeys(f"{origin.file} / {origin.sheet}" if origin.sheet else origin.file for origin in table.origins))
    shown = places if len(places) <= 3 else [places[0], f"+{len(places) - 1}"]
    return ", ".join(shown) or table.name


def lay_base(plan: Plan, target: Target, catalogue: Catalogue) -> Base:
    """One entry a piece: with an id of its own in each row, each row; else one for all rows of an id."""
    values = plan.target.frame[target.column]
    if plan.key is None:
        rows = np.arange(values.len())
        return Base(_row_names(plan), rows, values, None, None, ())
    even = plan.key.spelled.even
    if plan.key.unique:
        first = np.flatnonzero((even.is_first_distinct() & even.is_not_null()).to_numpy())
        findings = (*_duplicates(plan.key), *_without_id(plan.key))
        return Base(plan.key.spelled.plain.gather(first), first, at(values, first), None, None, findings)
    return _from_readings(plan.key, target, catalogue)


def _row_names(plan: Plan) -> pl.Series:
    table = plan.target
    row = table.frame[ROW] if ROW in table.frame.columns else pl.Series(np.arange(table.frame.height) + 1)
    source = table.frame[SOURCE] if SOURCE in table.frame.columns else None
    if source is None or source.n_unique() < 2:
        return row.cast(pl.String).alias("id")
    return (source.cast(pl.String) + "-" + row.cast(pl.String)).alias("id")


def _from_readings(key: Ids, target: Target, catalogue: Catalogue) -> Base:
    table = key.table
    even = key.spelled.even
    stamp = stamp_column(table, catalogue)
    times = None if stamp is None else stamps(table, stamp.name)
    present = (table.frame[target.column].is_not_null() & even.is_not_null()).to_numpy()
    if times is not None:
        present &= times != NEVER
    names = even.filter(pl.Series(present)).unique(maintain_order=True)
    segments = by_id(names, even.set(pl.Series(~present), None), times)
    last = segments.rows[segments.edges[1:] - 1]
    if times is None:
        return _from_unstamped(key, target, segments, last)
    several = segments.lengths > 1
    findings = [] if several.all() else [_single_readings(key, target, int((~several).sum()))]
    if several.mean() < 0.5:  # most pieces are read once: nothing to look back on, each reading is the piece's only one
        return Base(key.spelled.plain.gather(last), last, at(table.frame[target.column], last), times[last], None, ())
    chosen = last[several]
    return Base(
        key.spelled.plain.gather(chosen),
        chosen,
        at(table.frame[target.column], chosen),
        times[chosen],
        Segments(segments.order, segments.first[several], segments.last[several]),
        tuple(findings),
    )


def _from_unstamped(key: Ids, target: Target, segments: Segments, last: Ints) -> Base:
    """Several results of one piece without a time: the mean of numbers, the rarest of words (one bad sample makes it bad)."""
    values = key.table.frame[target.column]
    gathered = pl.DataFrame({"piece": segments.pieces, "value": values.gather(segments.rows)})
    if values.dtype.is_numeric():
        mean = (in_order(pl.col("value").cast(pl.Float64)) / pl.col("value").count()).alias("value")
        outcome = gathered.group_by("piece", maintain_order=True).agg(mean).sort("piece")["value"]
        text = Message(
            "{column}: several results a piece without a time; their mean is the piece's result.", column=target.column
        )
    else:
        rarity = values.value_counts().rename({values.name: "value", "count": "rarity"})
        ranked = gathered.join(rarity, on="value").sort("piece", "rarity", "value")
        outcome = ranked.unique("piece", keep="first", maintain_order=True)["value"]
        text = Message(
            "{column}: several verdicts a piece without a time; the one that is rarer in the file counts.", column=target.column
        )
    finding = Finding("several_results", "info", text, origin_of(key.table), int((segments.lengths > 1).sum()))
    return Base(key.spelled.plain.gather(last), last, outcome, None, None, (finding,))


def _single_readings(key: Ids, target: Target, count: int) -> Finding:
    text = Message(
        "{count} pieces have a single reading of {column}: there is nothing to predict from it, so they are left out.",
        count=count,
        column=", ".join(key.table.column(target.column).headers) or target.column,
    )
    return Finding("one_reading", "warning", text, origin_of(key.table), count)


def _rows_of(table: Table, rows: Ints) -> tuple[int, ...]:
    if ROW not in table.frame.columns:
        return ()
    return tuple(table.frame[ROW].gather(rows[:ROWS_SHOWN]).to_list())


def _duplicates(ids: Ids) -> tuple[Finding, ...]:
    again = np.flatnonzero((ids.spelled.even.is_not_null() & ~ids.spelled.even.is_first_distinct()).to_numpy())
    if not again.size:
        return ()
    text = Message(
        "{file}, {column}: {count} rows repeat the id of an earlier row ({examples}); the first row of each is used.",
        file=files_of(ids.table),
        column=ids.header,
        count=again.size,
        examples=", ".join(ids.spelled.plain.gather(again[:3]).to_list()),
    )
    return (Finding("duplicate_ids", "warning", text, origin_of(ids.table), again.size, _rows_of(ids.table, again)),)


def _without_id(ids: Ids) -> tuple[Finding, ...]:
    blank = np.flatnonzero(ids.spelled.even.is_null().to_numpy())
    if not blank.size:
        return ()
    text = Message("{file}, {column}: {count} rows have no id and are left out.",
                   file=files_of(ids.table), column=ids.header, count=blank.size)  # fmt: skip
    return (Finding("without_id", "warning", text, origin_of(ids.table), blank.size, _rows_of(ids.table, blank)),)


def join(relation: Relation, places: Mapping[str, Ints], catalogue: Catalogue) -> Joined:
    """Hang a table on the pieces; ``places`` holds, for each table joined before, its row for each piece."""
    base, ids = relation.base, relation.ids
    theirs, mine = comparable(ids, base)
    wanted = at(mine, places[base.table.name])
    segments: Segments | None = None
    rows: Ints | None = None
    if ids.unique:
        rows = _first_rows(wanted, theirs)
        linked = rows >= 0
        findings = _duplicates(ids)
    else:
        stamp = stamp_column(ids.table, catalogue)
        segments = by_id(wanted, theirs, None if stamp is None else stamps(ids.table, stamp.name))
        linked = segments.lengths > 0
        findings = ()
    hit = theirs.is_in(wanted.drop_nulls().unique().implode()).fill_null(False)
    respelled = _respelled(ids, base, hit)
    link = Link(
        ids.table.name, "key", (base.header, ids.header), theirs.len(), int(hit.sum()), int(linked.sum()), respelled.len()
    )
    named = theirs.is_in(mine.drop_nulls().unique().implode()).fill_null(False)
    return Joined(relation, rows, segments, link, linked, (*findings, *_told(relation, link, respelled, named)))


def _first_rows(wanted: pl.Series, ids: pl.Series) -> Ints:
    rows = pl.DataFrame({"id": ids, "row": np.arange(ids.len())}).drop_nulls().unique("id", keep="first", maintain_order=True)
    found = pl.DataFrame({"id": wanted}).join(rows, on="id", how="left", maintain_order="left")["row"]
    return found.fill_null(-1).to_numpy().astype(np.int64)


def _respelled(ids: Ids, base: Ids, hit: pl.Series) -> pl.Series:
    """Ids that are joined only because their spelling was evened out."""
    plain = ids.spelled.plain.filter(hit).unique(maintain_order=True)
    return plain.filter(~plain.is_in(base.spelled.plain.drop_nulls().unique().implode()))


def _told(relation: Relation, link: Link, respelled: pl.Series, named: pl.Series) -> list[Finding]:
    ids, base = relation.ids, relation.base
    origin, file = origin_of(ids.table), files_of(ids.table)
    text = Message(
        "{file} joined by {column}: {rows_linked} of {rows} rows, {pieces_linked} pieces.",
        file=file, column=ids.header, rows_linked=link.rows_linked, rows=link.rows,
        pieces_linked=link.pieces_linked,
    )  # fmt: skip
    told = [Finding("linked", "info", text, origin, link.rows_linked)]
    if relation.begins:
        told.append(_of_beginnings(relation))
    elif respelled.len():
        first = respelled[0]
        even = ids.spelled.even.filter(ids.spelled.plain == first)[0]
        other = base.spelled.plain.filter(base.spelled.even == even)
        text = Message(
            "{file}, {column}: {count} ids are spelled differently than in {base} ({one} and {other}); taken as the same.",
            file=file, column=ids.header, count=respelled.len(), base=files_of(base.table),
            one=first, other=other[0] if other.len() else even,
        )  # fmt: skip
        told.append(Finding("respelled", "info", text, origin, respelled.len()))
    lost = np.flatnonzero(~named.to_numpy())
    if lost.size:
        text = Message(
            "{file}, {column}: {count} rows have an id that {base} does not hold ({examples}); they are not used. "
            "Mistyped ids are not guessed.",
            file=file, column=ids.header, count=lost.size, base=files_of(base.table),
            examples=", ".join(map(str, ids.spelled.plain.gather(lost).unique(maintain_order=True).head(3).to_list())),
        )  # fmt: skip
        told.append(Finding("orphan_ids", "info", text, origin, lost.size, _rows_of(ids.table, lost)))
    return told


def _of_beginnings(relation: Relation) -> Finding:
    ids, base = relation.ids, relation.base
    text = Message(
        "{file}, {column}: these ids and {other} of {base} begin alike, so each piece was given to what it was made from.",
        file=files_of(ids.table), column=ids.header, other=base.header, base=files_of(base.table),
    )  # fmt: skip
    return Finding("genealogy", "info", text, origin_of(ids.table), ids.words.len())
