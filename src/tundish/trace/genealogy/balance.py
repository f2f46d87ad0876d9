"""What went in, what came out: the balance of mass per step, lot or day."""

from __future__ import annotations

from typing import Literal

import polars as pl

from tundish.trace.genealogy.graph import Genealogy
from tundish.trace.genealogy.sums import in_order

BALANCE = pl.Schema(
    {
        "line": pl.String(),
        "of": pl.String(),  # the line again for a step, the id of what went in for a lot, the day (UTC) as text
        "in_kg": pl.Float64(),
        "out_kg": pl.Float64(),
        "scrap_kg": pl.Float64(),
        "rest_kg": pl.Float64(),  # of what went in, as far as no product and no scrap is known of it
        "error_kg": pl.Float64(),  # by which the scales disagree; negative: more came out than went in
        "error_percent": pl.Float64(),
        "unknown": pl.Int64(),  # pieces without a mass: they stand in none of the sums
    }
)
"""``in_kg = out_kg + scrap_kg + rest_kg + error_kg`` in each row; the error in percent of ``in_kg``."""
_SPREADS = 4.0
"""Standard deviations within which a left-over is an error of the scales; beyond, it is a rest."""
_OF_SIGMA = 1.4826
"""Standard deviations in a median absolute deviation, of normal errors."""
_LEAST, _MOST = 0.002, 0.02
"""Scales are good to 0.2 %; by more than 2 % no scale is wrong unnoticed (unsourced)."""


def balance(genealogy: Genealogy, by: Literal["step", "lot", "day"]) -> pl.DataFrame:
    """Mass in, out, scrap, rest and error (kg), the error also in percent, per step, input lot or day.

    Each piece that goes into a line counts once, as it was weighed there, else as it was made, against what its edges on that
    line carry away, or against itself where it keeps its number. What is left over is error where the line writes its scrap
    and the left-over is no larger than its scales usually scatter; beyond, it is a rest. More out than in is always error. A
    piece without a mass is counted under ``unknown``; nothing is put in its place.
    """
    told = pl.concat([_used(genealogy), _passed(genealogy)])
    told = told.join(_net(told), on="line", how="left", nulls_equal=True, maintain_order="left").with_columns(
        in_kg=pl.when("net")
        .then(pl.coalesce("before_kg", pl.col("weighed") + pl.col("scrap_kg")))
        .otherwise(pl.coalesce("weighed", "before_kg"))
    )
    pieces = genealogy.pieces.select("id").with_row_index("piece").select(pl.col("piece").cast(pl.Int64), "id")
    told = told.join(pieces, on="piece", how="left", maintain_order="left")
    known = pl.col("in_kg").is_not_null() & pl.col("out_kg").is_not_null() & ~pl.col("missing")
    left = pl.col("in_kg") - pl.col("out_kg") - pl.col("scrap_kg").fill_null(0.0)
    told = told.with_columns(known=known, left=left, written=pl.col("scrap_kg").is_not_null())
    told = told.join(_scatter(told), on="line", how="left", nulls_equal=True, maintain_order="left")
    error = (pl.col("left") < 0) | (pl.col("written") & (pl.col("left") <= pl.col("scatter") * pl.col("in_kg")))
    told = told.with_columns(
        scrap_kg=pl.col("scrap_kg").fill_null(0.0),
        error_kg=pl.when(error).then("left").otherwise(0.0),
        rest_kg=pl.when(error).then(0.0).otherwise("left"),
    )
    of = {"step": pl.col("line"), "lot": pl.col("id"), "day": pl.col("at").dt.date().cast(pl.String)}[by]
    names = ["in_kg", "out_kg", "scrap_kg", "rest_kg", "error_kg"]
    sums = (
        told.with_columns(of=of)
        .group_by("line", "of", maintain_order=True)
        .agg(*(in_order(pl.col(name).filter("known")) for name in names), unknown=(~pl.col("known")).sum().cast(pl.Int64))
    )
    percent = pl.when(pl.col("in_kg") > 0).then(100.0 * pl.col("error_kg") / pl.col("in_kg"))
    return sums.with_columns(error_percent=percent).select(BALANCE.names()).cast(BALANCE).sort("line", "of", nulls_last=True)


_TOLD = ("piece", "line", "at", "weighed", "before_kg", "out_kg", "scrap_kg", "missing")


def _used(genealogy: Genealogy) -> pl.DataFrame:
    """What was used up on a line, against what its edges carry away; ``before_kg``: as weighed when last made or passed."""
    through = genealogy.stays.filter((pl.col("goes") == "through") & pl.col("mass_out_kg").is_not_null())
    last = (
        through.sort("start", maintain_order=True)
        .group_by("piece", maintain_order=True)
        .agg(last_kg=pl.col("mass_out_kg").last())
    )
    pieces = genealogy.pieces.select("mass_kg").with_row_index("piece").select(pl.col("piece").cast(pl.Int64), "mass_kg")
    pieces = pieces.join(last, on="piece", how="left", maintain_order="left").select(
        "piece", before_kg=pl.coalesce("last_kg", "mass_kg")
    )
    out = genealogy.edges.group_by("parent", "line", maintain_order=True).agg(
        out_kg=in_order(pl.col("mass_kg")), missing=pl.col("mass_kg").is_null().any(), at=pl.col("at").min()
    )
    went = (
        genealogy.stays.filter(pl.col("goes") == "in")
        .group_by("piece", "line", maintain_order=True)
        .agg(
            scrap_kg=pl.when(pl.col("scrap_kg").count() > 0).then(pl.col("scrap_kg").max()), weighed=pl.col("mass_in_kg").max()
        )
    )
    told = out.rename({"parent": "piece"}).join(pieces, on="piece", maintain_order="left")
    return told.join(went, on=["piece", "line"], how="left", nulls_equal=True, maintain_order="left").select(_TOLD)


def _passed(genealogy: Genealogy) -> pl.DataFrame:
    """What came and went under one number, where the line weighs it."""
    through = genealogy.stays.filter(pl.col("goes") == "through")
    return through.select(
        "piece",
        "line",
        at="start",
        weighed="mass_in_kg",
        before_kg=pl.lit(None, pl.Float64),
        out_kg="mass_out_kg",
        scrap_kg="scrap_kg",
        missing=pl.lit(value=False),
    ).select(_TOLD)


def _net(told: pl.DataFrame) -> pl.DataFrame:
    """Lines that write as input only what became product: without its scrap the balance of most pieces is nearer."""
    gross = (pl.col("weighed") - pl.col("out_kg") - pl.col("scrap_kg")).abs().median()
    net = (pl.col("weighed") - pl.col("out_kg")).abs().median()
    return told.group_by("line").agg(net=(net < gross).fill_null(value=False))


def _scatter(told: pl.DataFrame) -> pl.DataFrame:
    """By how much of a piece's mass the scales of each line usually disagree."""
    part = pl.col("left") / pl.col("in_kg")
    usual = told.filter(pl.col("known") & pl.col("written") & (pl.col("in_kg") > 0)).group_by("line").agg(
        scatter=_SPREADS * _OF_SIGMA * (part - part.median()).abs().median()
    )  # fmt: skip
    return usual.with_columns(pl.col("scatter").clip(_LEAST, _MOST))
