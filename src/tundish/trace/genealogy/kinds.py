"""What was done on a line: cast, rolled, welded, slit, cut, sheeted, packed?"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tundish.trace.genealogy.graph import KINDS
from tundish.trace.genealogy.records import Source

_SOME = 0.02
_MOSTLY = 0.5
_SIDE_BY_SIDE = 0.8


def kinds(edges: pl.DataFrame, sources: Sequence[Source]) -> pl.Series:
    """The kind of each edge, told per line from the levels of parent and child and from who has several of whom.

    ``edges``: ``parent``, ``child``, ``line``, ``source``, ``parent_level``, ``child_level``, ``lane``, ``child_width``,
    ``parent_width``.
    """
    told = edges.select(
        "parent",
        "line",
        "source",
        "parent_level",
        "child_level",
        "lane",
        "child",
        narrow=pl.col("child_width") / pl.col("parent_width"),
    )
    each = told.group_by("line", "source", "parent_level", "child_level").agg(
        joins=(pl.len().over("child") > 1).mean(),
        parts=(pl.len().over("parent") > 1).mean(),
        lanes=(pl.col("lane").is_not_null() & (pl.col("lane").max() > 1)).mean(),
        narrow=pl.col("narrow").median(),
    )
    packs = [n for n, source in enumerate(sources) if source.out.container]
    sheets = [n for n, source in enumerate(sources) if source.out.column.concept in ("identity.sheet", "identity.plate")]
    strip = pl.col("parent_level").str.starts_with("coil")
    kind = (
        pl.when(pl.col("parent_level").str.starts_with("heat") & (pl.col("child_level") != "heat")).then(pl.lit("cast"))
        .when(pl.col("source").is_in(packs) & (pl.col("joins") > 0)).then(pl.lit("packed"))
        .when(strip & (pl.col("source").is_in(sheets) | (pl.col("child_level") == "plate"))).then(pl.lit("sheeted"))
        .when(pl.col("parent_level").str.starts_with("slab") & ~pl.col("child_level").str.starts_with("slab")).then(pl.lit("rolled"))
        .when(strip & (pl.col("source").is_in(packs))).then(pl.lit("sheeted"))
        .when((pl.col("joins") > _SOME) & strip).then(pl.lit("welded"))
        .when(pl.col("joins") > _MOSTLY).then(pl.lit("joined"))
        .when((pl.col("lanes") > _MOSTLY) | ((pl.col("parts") > _SOME) & (pl.col("narrow") < _SIDE_BY_SIDE))).then(pl.lit("slit"))
        .when(pl.col("parts") > _SOME).then(pl.lit("cut"))
        .otherwise(pl.lit("processed"))
    )  # fmt: skip
    each = each.with_columns(kind=kind)
    keys = ["line", "source", "parent_level", "child_level"]
    joined = told.join(each.select(*keys, "kind"), on=keys, how="left", maintain_order="left", nulls_equal=True)
    return joined["kind"].cast(KINDS)
