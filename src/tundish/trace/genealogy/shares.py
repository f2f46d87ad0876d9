"""How much of each piece came from which parent, and how much of the parent went where?"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tundish.trace.genealogy.filling import fill

_TOLD: Sequence[tuple[str, str]] = (
    ("spans", "length"),
    ("part_kg", "mass"),
    ("lengths", "length"),
    ("bare_part_kg", "mass"),
    ("bare_lengths", "length"),
)
"""What may tell how much of each parent went in, the surest first, and what that is by; bare: in no known unit."""


def add_shares(edges: pl.DataFrame) -> pl.DataFrame:
    """Add ``mass_kg``, ``share_of_child``, ``share_of_parent`` and ``by`` (``mass``, ``length``, ``equal`` or ``alone``).

    ``edges``: one row a record of a parent (``parent`` null where it is not known, which keeps its share) and a child, with
    ``line``, ``from_m``, ``to_m``, ``part_kg`` and ``part_m`` (what of the parent went in, where the line tells parts),
    ``bare_part_kg`` and ``bare_part_m`` (the same in no known unit), ``parent_kg``, ``child_kg``, ``parent_m``, ``section`` (m2
    of the parent) and ``scrap_kg`` (of the parent on its line). Shares of a child's rows sum to 1; of a parent's, its scrap and
    rest to 1.
    """
    section = pl.when(pl.col("section").is_not_null().all().over("child")).then("section").otherwise(1.0)
    told = edges.with_row_index("#n").with_columns(
        alone=pl.len().over("child") == 1,
        spans=(pl.col("to_m") - pl.col("from_m")) * section,
        lengths=pl.col("part_m") * section,
        bare_lengths=pl.col("bare_part_m") * section,
    )
    by, weight = pl.lit("fitted"), pl.lit(None, pl.Float64)
    for name, how in reversed(_TOLD):
        all_told = (pl.col(name) > 0).fill_null(value=False).all().over("child")
        by, weight = pl.when(all_told).then(pl.lit(how)).otherwise(by), pl.when(all_told).then(name).otherwise(weight)
    told = told.with_columns(
        by=pl.when("alone").then(pl.lit("alone")).otherwise(by), weight=pl.when("alone").then(1.0).otherwise(weight)
    )
    if bool((told["by"] == "fitted").any()):
        told = _fitted(told)
    total = pl.col("weight").sum().over("child")
    told = told.with_columns(
        share_of_child=pl.when(total > 0).then(pl.col("weight") / total).otherwise(1.0 / pl.len().over("child"))
    )
    told = told.with_columns(mass_kg=pl.col("share_of_child") * pl.col("child_kg"))
    return _of_parent(told).sort("#n").drop("#n", "alone", "spans", "lengths", "bare_lengths", "weight")


def _fitted(told: pl.DataFrame) -> pl.DataFrame:
    """Children without a measure of their parts, with all that their parents went into. Without masses all count alike."""
    knot = told.filter(pl.col("child").is_in(told.filter(pl.col("by") == "fitted")["child"].unique().implode()))
    near = told.filter(
        pl.col("parent").is_in(knot["parent"].drop_nulls().unique().implode()) | pl.col("#n").is_in(knot["#n"].implode())
    )
    known = pl.col("parent").is_not_null() & pl.col("parent_kg").is_not_null() & pl.col("child_kg").is_not_null()
    near = near.with_columns(fill(near).alias("fit"))
    sure = known.any().over("child")
    fresh = near.select(
        "#n", fit=pl.when(sure).then("fit").otherwise(1.0), how=pl.when(sure).then(pl.lit("mass")).otherwise(pl.lit("equal"))
    )
    joined = told.join(fresh, on="#n", how="left", maintain_order="left")
    mine = pl.col("by") == "fitted"
    return joined.with_columns(
        weight=pl.when(mine).then("fit").otherwise("weight"), by=pl.when(mine).then("how").otherwise("by")
    ).drop("fit", "how")


def _of_parent(told: pl.DataFrame) -> pl.DataFrame:
    """By mass where it is known, else by length, else alike. What went out beyond the parent's mass is scaled."""
    out = pl.col("mass_kg").sum().over("parent")
    known = pl.col("mass_kg").is_not_null().all().over("parent") & (out > 0)
    whole = pl.max_horizontal(pl.col("parent_kg"), out + pl.col("scrap_kg").fill_null(0.0))
    long = ((pl.col("to_m") - pl.col("from_m")) / pl.col("parent_m")).clip(0.0, 1.0)
    by_length = pl.when(long.sum().over("parent") > 1.0).then(long / long.sum().over("parent")).otherwise(long)
    alike = 1.0 / pl.len().over("parent")
    share = (
        pl.when(known)
        .then(pl.col("mass_kg") / whole)
        .when(long.is_not_null().all().over("parent"))
        .then(by_length)
        .otherwise(alike)
    )
    return told.with_columns(share_of_parent=pl.when(pl.col("parent").is_not_null()).then(share))
