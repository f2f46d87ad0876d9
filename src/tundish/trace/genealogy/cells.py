"""Which cells of the records read otherwise than the ids they mean?"""

from __future__ import annotations

import polars as pl

from tundish.trace.genealogy.assemble import Assembled
from tundish.trace.genealogy.events import Events
from tundish.trace.genealogy.graph import CELLS
from tundish.trace.genealogy.links import Links
from tundish.trace.genealogy.naming import Names
from tundish.trace.genealogy.records import Records
from tundish.trace.genealogy.uses import Uses

_SURE = 0.95
"""Least certainty of a piece's id for its cells to be changed."""


def mended_cells(records: Records, events: Events, uses: Uses, links: Links, *, names: Names, made: Assembled) -> pl.DataFrame:
    """Cells of what went in and of what came out whose text is not the id of the piece that they name."""
    ids = made.pieces.select("id", "even", "certainty").with_row_index("piece").with_columns(pl.col("piece").cast(pl.Int64))
    into = uses.frame.with_columns(
        piece=made.of_use, probability=pl.Series(links.probability), evidence=links.evidence, by_in=pl.col("role") == "in"
    ).filter(pl.Series(links.making) >= 0)
    into = into.join(
        events.rows.select("order", "source", "place", "row", "out", "in", "out_nth", "in_nth"),
        on="order",
        maintain_order="left",
    ).with_columns(
        by_in=pl.col("by_in") | (pl.col("even").eq_missing(pl.col("in")) & ~pl.col("even").eq_missing(pl.col("out")))
    )
    out = events.rows.filter(pl.col("event").is_not_null()).with_columns(piece=pl.col("event"))
    out = out.with_columns(
        by_in=pl.lit(value=False),
        even=pl.col("out"),
        id=pl.col("out_id"),
        probability=names.certainty.gather(out["event"]),
        evidence=names.mended.fill_null("record").gather(out["event"]),
    )
    wanted = ["piece", "source", "place", "row", "by_in", "even", "id", "probability", "evidence", "out_nth", "in_nth"]
    told = (
        pl.concat([into.select(wanted), out.select(wanted)])
        .with_columns(nth=pl.when("by_in").then("in_nth").otherwise("out_nth"))
        .rename({"id": "before", "even": "was"})
        .join(ids, on="piece", maintain_order="left")
    )
    told = told.with_columns(probability=pl.min_horizontal("probability", "certainty"))
    changed = told.filter(pl.col("before").ne_missing(pl.col("id")) & (pl.col("certainty") >= _SURE))
    plain = pl.when(pl.col("was").eq_missing(pl.col("even"))).then(pl.lit("respelled")).otherwise("evidence")
    columns = pl.DataFrame(
        [
            (n, by_in, nth, name, source.table.name)
            for n, source in enumerate(records.sources)
            for by_in, one in ((False, source.out), (True, source.into))
            if one is not None
            for nth, name in enumerate(source.laid.columns.get(one.column.name, (one.column.name,)))
        ],
        schema={"source": pl.Int64, "by_in": pl.Boolean, "nth": pl.Int32, "column": pl.String, "table": pl.String},
        orient="row",
    )
    cells = changed.with_columns(evidence=plain).join(columns, on=["source", "by_in", "nth"], maintain_order="left")
    cells = cells.unique(["table", "place", "column"], keep="first", maintain_order=True)  # a row may be laid out several times
    return cells.select(CELLS.names()).cast(CELLS).sort("table", "place", "column", maintain_order=True)
