"""How do a plant's tables read when mistyped and respelled ids are mended?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from tundish.errors import Message
from tundish.table import ROW, ROWS_SHOWN, Origin, Repair, Table
from tundish.trace.genealogy.graph import Genealogy
from tundish.trace.genealogy.spaces import IdColumn, id_columns
from tundish.vocabulary import Catalogue


def mend_ids(tables: Sequence[Table], genealogy: Genealogy, catalogue: Catalogue) -> tuple[Table, ...]:
    """The tables with ids as they should read; every change is a :class:`tundish.table.Repair` of its table.

    Records are mended cell by cell, as the genealogy settled them; in all other tables a different spelling of a known id
    becomes the piece's own. What no piece is surely meant by stays as it stands.
    """
    mended = []
    for table in tables:
        if table.parts:  # its frame is a sample, and its rows are joined by time
            mended.append(table)
            continue
        changed = _cells_of(table, genealogy.cells)
        for one in id_columns([table], catalogue):
            changed = pl.concat([changed, _respelled(one, genealogy, changed)])
        mended.append(_changed(table, changed) if changed.height else table)
    return tuple(mended)


_CELLS = {"place": pl.Int64, "column": pl.String, "id": pl.String, "evidence": pl.String}


def _cells_of(table: Table, cells: pl.DataFrame) -> pl.DataFrame:
    return cells.filter(pl.col("table") == table.name).select(pl.col(name).cast(kind) for name, kind in _CELLS.items())


def _respelled(one: IdColumn, genealogy: Genealogy, changed: pl.DataFrame) -> pl.DataFrame:
    level = genealogy.pieces.filter(pl.col("level").str.starts_with(one.space.partition(" ")[0]))
    known = level.unique("even", keep="none").select("even", "id")
    even = _like(one.even, known["even"])
    told = (
        pl.DataFrame({"even": even, "plain": one.ids.spelled.plain})
        .with_row_index("place")
        .with_columns(pl.col("place").cast(pl.Int64))
    )
    done = changed.filter(pl.col("column") == one.column.name)
    found = (
        told.join(known, on="even", maintain_order="left")
        .filter(pl.col("plain") != pl.col("id"))
        .join(done, on="place", how="anti", maintain_order="left")
    )
    return found.select("place", pl.lit(one.column.name).alias("column"), "id", pl.lit("respelled").alias("evidence"))


def _like(even: pl.Series, known: pl.Series) -> pl.Series:
    """A table alone may even out less than all tables together: without separators, where that names a known piece."""
    bare = even.str.replace_all(r"[^\p{L}\p{N}]+", "")
    return even.zip_with(even.is_in(known.implode()).fill_null(value=True), bare)


def _changed(table: Table, changed: pl.DataFrame) -> Table:
    frame, repairs = table.frame, []
    for (name,), cells in changed.group_by(["column"], maintain_order=True):
        column = str(name)
        before = frame[column].cast(pl.String)
        cells = cells.filter(before.gather(cells["place"]).eq_missing(cells["id"]).not_()).sort("place")  # noqa: PLW2901
        if cells.is_empty():
            continue
        repairs += _repairs(table, column, before, cells)
        frame = frame.with_columns(before.scatter(cells["place"], cells["id"]).alias(column))
    kept = tuple(replace(c, kind="identity") if c.name in changed["column"].to_list() else c for c in table.columns)
    return replace(table, frame=frame, columns=kept).adding(repairs=repairs)


def _repairs(table: Table, column: str, before: pl.Series, cells: pl.DataFrame) -> list[Repair]:
    """Each mended id is a repair of its own; different spellings are one repair a column."""
    header = table.column(column).header
    rows = table.frame[ROW] if ROW in table.frame.columns else pl.int_range(1, table.frame.height + 1, eager=True)
    origin = replace(table.origins[0], column=header) if table.origins else Origin(table.name, column=header)
    respelled = cells.filter(pl.col("evidence") == "respelled")
    out = []
    if respelled.height:
        first = int(respelled["place"][0])
        text = Message(
            "{column}: {count} ids were spelled differently; they read as their own record writes them.",
            column=header,
            count=respelled.height,
        )
        out.append(
            Repair(
                "id_respelled",
                text,
                origin,
                respelled.height,
                before[first],
                str(respelled["id"][0]),
                tuple(int(row) for row in rows.gather(respelled["place"].head(ROWS_SHOWN))),
            )
        )
    for place, name, evidence in cells.filter(pl.col("evidence") != "respelled").select("place", "id", "evidence").iter_rows():
        text = Message(
            "{column}: the id was put right by {evidence}.", column=header, evidence=_WORDS.get(evidence, Message("likeness"))
        )
        row = int(rows[place])
        out.append(Repair("id_mended", text, replace(origin, row=row), 1, before[place], name, (row,)))
    return out


_WORDS = {
    "mistyped": Message("likeness and circumstances"),
    "record": Message("the piece's other records"),
    "time": Message("time"),
    "mass": Message("mass"),
    "dimensions": Message("dimensions"),
    "sequence": Message("order of work"),
    "beginning": Message("the parent's id"),
}
