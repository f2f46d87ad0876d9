"""What went in, what came out: the balance of mass per step, lot or day."""

from __future__ import annotations

from typing import Literal

import polars as pl

from tundish.trace.genealogy.graph import Genealogy

BALANCE = pl.Schema(
    {
        "line": pl.String(),
        "of": pl.String(),  # the line again for a step, the id of what went in for a lot, the day (UTC) as text
        "in_kg": pl.Float64(),
        "out_kg": pl.Float64(),
        "scrap_kg": pl.Float64(),
        "rest_kg": pl.Float64(),  # of what went in, as far as no product and no scrap is known of it
        "error_kg": pl.Float64(),  # products and scrap beyond what went in, as a negative number
        "error_percent": pl.Float64(),
        "unknown": pl.Int64(),  # pieces without a mass: they stand in none of the sums
    }
)
"""``in_kg = out_kg + scrap_kg + rest_kg + error_kg`` in each row; the error in percent of ``in_kg``."""


def balance(genealogy: Genealogy, by: Literal["step", "lot", "day"]) -> pl.DataFrame:
    """Mass in, out, scrap, rest and what is too much (kg), with the error in percent, per step, input lot or day.

    Each piece that goes into a line counts once with its mass there, against what its edges on that line carry away. A piece
    without a mass is counted under ``unknown``; nothing is put in its place.
    """
    pieces = genealogy.pieces.with_row_index("parent").select(pl.col("parent").cast(pl.Int64), "id", "mass_kg")
    out = genealogy.edges.group_by("parent", "line").agg(
        out_kg=pl.col("mass_kg").sum(), missing=pl.col("mass_kg").is_null().sum(), at=pl.col("at").min()
    )
    scrap = (
        genealogy.stays.filter(pl.col("goes") == "in")
        .group_by(pl.col("piece").alias("parent"), "line")
        .agg(scrap_kg=pl.col("scrap_kg").sum(), weighed=pl.col("mass_in_kg").max())
    )
    told = out.join(pieces, on="parent").join(scrap, on=["parent", "line"], how="left")
    told = told.with_columns(in_kg=pl.coalesce("mass_kg", "weighed"), scrap_kg=pl.col("scrap_kg").fill_null(0.0))
    known = pl.col("in_kg").is_not_null() & (pl.col("missing") == 0)
    left = pl.col("in_kg") - pl.col("out_kg") - pl.col("scrap_kg")
    told = told.with_columns(known=known, rest_kg=left.clip(lower_bound=0.0), error_kg=left.clip(upper_bound=0.0))
    of = {"step": pl.col("line"), "lot": pl.col("id"), "day": pl.col("at").dt.date().cast(pl.String)}[by]
    names = ["in_kg", "out_kg", "scrap_kg", "rest_kg", "error_kg"]
    sums = (
        told.with_columns(of=of)
        .group_by("line", "of")
        .agg(*(pl.col(name).filter("known").sum() for name in names), unknown=(~pl.col("known")).sum().cast(pl.Int64))
    )
    percent = pl.when(pl.col("in_kg") > 0).then(100.0 * pl.col("error_kg") / pl.col("in_kg"))
    return sums.with_columns(error_percent=percent).select(BALANCE.names()).cast(BALANCE).sort("line", "of", nulls_last=True)
