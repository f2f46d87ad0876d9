"""How much of each piece came from which parent, and how much of the parent went where?"""

from __future__ import annotations

import polars as pl

_ROUNDS = 40
_EQUAL = 1e-9


def add_shares(edges: pl.DataFrame) -> pl.DataFrame:
    """Add ``mass_kg``, ``share_of_child``, ``share_of_parent`` and ``by`` (``mass``, ``length``, ``equal`` or ``alone``).

    ``edges``: one row a record of a parent (``parent`` null where it is not known, which keeps its share) and a child, with
    ``from_m``, ``to_m``, ``mass_in``, ``parent_kg``, ``child_kg``, ``parent_m``, ``section`` (m2 of the parent) and
    ``scrap_kg`` (of the parent on its line). Shares of a child's rows sum to 1; of a parent's, its scrap and rest to 1.
    """
    told = edges.with_row_index("#n").with_columns(
        alone=pl.len().over("child") == 1,
        spans=((pl.col("to_m") - pl.col("from_m")) * pl.col("section").fill_null(1.0)),
        parts=pl.when((pl.len().over("parent") > 1) & (pl.col("mass_in").n_unique().over("parent") > 1)).then("mass_in"),
    )
    whole = pl.all_horizontal((pl.col("spans") > 0).fill_null(value=False).all().over("child"))
    parted = pl.col("parts").is_not_null().all().over("child")
    told = told.with_columns(
        by=pl.when("alone")
        .then(pl.lit("alone"))
        .when(whole)
        .then(pl.lit("length"))
        .when(parted)
        .then(pl.lit("mass"))
        .otherwise(pl.lit("fitted")),
        weight=pl.when("alone").then(1.0).when(whole).then("spans").when(parted).then("parts"),
    )
    if bool((told["by"] == "fitted").any()):
        told = _fitted(told)
    total = pl.col("weight").sum().over("child")
    told = told.with_columns(
        share_of_child=pl.when(total > 0).then(pl.col("weight") / total).otherwise(1.0 / pl.len().over("child"))
    )
    told = told.with_columns(mass_kg=pl.col("share_of_child") * pl.col("child_kg"))
    return _of_parent(told).sort("#n").drop("#n", "alone", "spans", "parts", "weight")


def _fitted(told: pl.DataFrame) -> pl.DataFrame:
    """Parts that fill every child and empty every parent, as near as their masses allow: proportional fitting by turns.

    Deming and Stephan (1940), 10.1214/aoms/1177731829. In a strip line, where each piece touches the next, only one such
    filling exists. Without masses all parents count alike.
    """
    knot = told.filter(pl.col("child").is_in(told.filter(pl.col("by") == "fitted")["child"].unique().implode()))
    near = told.filter(
        pl.col("parent").is_in(knot["parent"].drop_nulls().unique().implode()) | pl.col("#n").is_in(knot["#n"].implode())
    )
    near = near.with_columns(
        known=pl.col("parent_kg").is_not_null() & pl.col("child_kg").is_not_null(),
        weight=pl.min_horizontal(pl.col("parent_kg"), pl.col("child_kg")).fill_null(pl.col("child_kg")).fill_null(1.0),
    )
    for _ in range(_ROUNDS):
        of_parent, of_child = pl.col("weight").sum().over("parent"), pl.col("weight").sum().over("child")
        near = near.with_columns(
            weight=pl.col("weight") * pl.when("known").then(pl.col("parent_kg") / of_parent).otherwise(1.0)
        )
        near = near.with_columns(weight=pl.col("weight") * (pl.col("child_kg") / of_child).fill_null(1.0))
    sure = pl.col("known").any().over("child")
    near = near.with_columns(by=pl.when(sure).then(pl.lit("mass")).otherwise(pl.lit("equal")))
    fresh = near.select("#n", pl.col("weight").alias("fit"), pl.col("by").alias("how"))
    joined = told.join(fresh, on="#n", how="left", maintain_order="left")
    mine = pl.col("by") == "fitted"
    return joined.with_columns(
        weight=pl.when(mine).then("fit").otherwise("weight"), by=pl.when(mine).then("how").otherwise("by")
    ).drop("fit", "how")


def _of_parent(told: pl.DataFrame) -> pl.DataFrame:
    """By mass where it is known on both sides, else by length, else alike. What went out beyond the parent's mass is scaled."""
    out = pl.col("mass_kg").sum().over("parent")
    known = pl.col("mass_kg").is_not_null().all().over("parent") & pl.col("parent_kg").is_not_null()
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
