"""What do rows that each name a forebear tell of the pieces made of it?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from tundish.errors import Message
from tundish.table import ROW, Column, Finding, Origin, Table
from tundish.trace.base import files_of, origin_of
from tundish.trace.forebears.carried import Upstream, carried
from tundish.trace.forebears.lineage import Lineage, ended, numbers_of, sources_of
from tundish.trace.ids import Ids, comparable, is_identity, shares
from tundish.trace.laid import Laid
from tundish.trace.late import about_late, mostly_late
from tundish.trace.pieces import Link
from tundish.trace.spelling import spell
from tundish.trace.stamps import NEVER, stamp_column, stamps
from tundish.trace.stays.features import Feature, describe
from tundish.trace.stays.segments import Ints
from tundish.vocabulary import Catalogue

_MOSTLY = 0.5


def of_rows(whole: Table, laid: Laid) -> Upstream | None:
    """Values of rows that each name a forebear, carried to the pieces; None when most rows name none.

    Rows of a stay that ended, or, without one, that were stamped, after the piece's moment are not used; where these are the
    most, the values are known only after the moment.
    """
    lineage, known_until = laid.lineage, laid.moments.cut.moments
    named = _named(whole, laid)
    if named is None:
        return None
    column, pieces, at = named
    table = replace(whole, frame=whole.frame[at])
    rows = table.frame[ROW].to_list() if ROW in table.frame.columns else range(1, table.frame.height + 1)
    told = ended(lineage.genealogy, table, pieces, rows)
    stamp = stamp_column(table, laid.catalogue)
    stamped = np.full(pieces.size, NEVER) if stamp is None else stamps(table, stamp.name)
    ends = told["end"].to_numpy()
    ends = np.where(ends == NEVER, stamped, ends)
    found, late = sources_of(lineage, pieces, ends, known_until)
    too_late = late > found.source.size
    if too_late:
        found, _ = sources_of(lineage, pieces, ends, np.full_like(known_until, NEVER))
    if not found.reached.any():
        return None
    features = [
        carried(feature if of_its is None else Feature(feature.column, feature.values.set(~of_its, None)), found, line)
        for line, of_its in _lines(told["line"], found.source)
        for feature in _values(table, laid)
    ]
    if too_late:
        features = [mostly_late(feature, table) for feature in features]
    reached = int(np.unique(at[found.source]).size)
    link = Link(table.name, "key", (column.header, column.header), whole.frame.height, reached, int(found.reached.sum()), 0)
    findings = [_joined(table, column, link), *([about_late(table, late)] if late and not too_late else [])]
    return Upstream(tuple(features), link, found.reached, tuple(findings))


def _joined(table: Table, column: Column, link: Link) -> Finding:
    text = Message(
        "{file} joined by {column}: {rows_linked} of {rows} rows, {pieces_linked} pieces by what they were made of.",
        file=files_of(table), column=column.header,
        rows_linked=link.rows_linked, rows=link.rows, pieces_linked=link.pieces_linked,
    )  # fmt: skip
    return Finding("linked", "info", text, origin_of(table), link.rows_linked)


def _named(table: Table, laid: Laid) -> tuple[Column, Ints, Ints] | None:
    """The column by which rows tell of forebears; for each pair of a forebear and a row the two numbers."""
    named = _naming(table, laid.lineage, laid.catalogue)
    return _bridged(table, laid) if named is None else (*named, np.arange(table.frame.height))


def _naming(table: Table, lineage: Lineage, catalogue: Catalogue) -> tuple[Column, Ints] | None:
    """The column that says which forebear a row is about: what the row made rather than what went in."""
    ahead = lineage.ties["piece"].unique().to_numpy()
    stays = lineage.genealogy.stays
    made = stays.filter((pl.col("table") == table.name) & (pl.col("goes") != "in"))["piece"].to_numpy()
    best: tuple[tuple[int, bool, int], Column, Ints] | None = None
    for column in table.columns:
        if not is_identity(column, catalogue) or column.kind in ("time", "number"):
            continue
        pieces = numbers_of(table, column, lineage.genealogy, catalogue)
        written = table.frame.height - table.frame[column.name].null_count()
        met = int(np.isin(pieces, ahead).sum())
        if not met or (pieces >= 0).sum() < _MOSTLY * written:
            continue
        goes_in = column.concept is not None and catalogue.concept(column.concept).goes_in
        rank = (int(np.isin(pieces, made).sum()), not goes_in, met)
        if best is None or rank > best[0]:
            best = rank, column, pieces
    return None if best is None else best[1:]


def _bridged(table: Table, laid: Laid) -> tuple[Column, Ints, Ints] | None:
    """By way of another table that names both a forebear and what the rows name, as a coil's record does its heat."""
    catalogue = laid.catalogue
    bridges = [one for one in (*laid.plan.loose, laid.home, *(other.table for other in laid.joined)) if not one.parts]
    for mine in _ids(table, catalogue):
        for bridge in bridges:
            named = None if bridge.name == table.name else _naming(bridge, laid.lineage, catalogue)
            for other in _ids(bridge, catalogue) if named else ():
                if named is None or other.column is named[0] or shares(other, mine) <= 0:
                    continue
                theirs, here = comparable(other, mine)
                over = pl.DataFrame({"id": theirs, "piece": named[1]}).drop_nulls().unique(maintain_order=True)
                pairs = pl.DataFrame({"id": here, "row": np.arange(here.len())}).join(over, on="id", maintain_order="left")
                return mine.column, pairs["piece"].to_numpy(), pairs["row"].to_numpy()
    return None


def _ids(table: Table, catalogue: Catalogue) -> list[Ids]:
    """Columns of ids that are no row numbers."""
    columns = [c for c in table.columns if c.kind not in ("time", "number") and is_identity(c, catalogue)]
    found = [Ids(table, column, spell(table.frame[column.name])) for column in columns]
    return [ids for ids in found if not ids.running]


def _values(table: Table, laid: Laid) -> list[Feature]:
    made, without = [], laid.no_statistics(table)
    for column in table.columns:
        identity = is_identity(column, laid.catalogue)
        if column.kind == "time" or (not identity and column.name in without):
            continue
        values = table.frame[column.name]
        if identity:
            made.append(Feature(replace(describe(table, column), kind="identity"), values.cast(pl.String)))
        else:
            made.append(Feature(describe(table, column), values))
    return made


def _lines(lines: pl.Series, rows: Ints) -> list[tuple[str | None, pl.Series | None]]:
    """Each line that the rows used are of, and which rows; one line of all without a second."""
    names = lines.gather(np.unique(rows)).unique().sort().to_list()
    if len(names) < 2:
        return [(names[0] if names else None, None)]
    return [(name, pl.Series([one == name for one in lines.to_list()])) for name in names]


def about_shares(lineage: Lineage, origin: Origin) -> list[Finding]:
    """Pieces of which it is not known how much came from which forebear."""
    count = lineage.unweighed.size
    if not count:
        return []
    text = Message("{count} pieces: how much came from which forebear is not known; their forebears count alike.", count=count)
    return [Finding("shares_unknown", "info", text, origin, count)]
