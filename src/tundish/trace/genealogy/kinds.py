"""What was done on a line: cast, rolled, welded, slit, cut, sheeted, packed?"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tundish.trace.genealogy.graph import KINDS
from tundish.trace.genealogy.records import Source

_SOME = 0.02
_SIDE_BY_SIDE = 0.8
_THINNER = 0.97


def kinds(edges: pl.DataFrame, sources: Sequence[Source]) -> pl.Series:
    """The kind of each edge, told per line from the levels of parent and child and from who has several of whom.

    ``edges``: ``parent``, ``child``, ``line``, ``source``, ``parent_level``, ``child_level``, ``lane``, ``at``, and width and
    thickness (m) of ``child_`` and ``parent_``.
    """
    told = edges.select(
        "line",
        "source",
        "parent_level",
        "child_level",
        "lane",
        "parent",
        "child",
        narrow=pl.col("child_width") / pl.col("parent_width"),
        thin=pl.col("child_thickness") / pl.col("parent_thickness"),
        alone=pl.len().over("child", "line") == 1,
        beside=(pl.col("at").n_unique().over("parent", "line") == 1) & (pl.len().over("parent", "line") > 1),
    )
    keys = ["line", "source", "parent_level", "child_level"]
    each = told.group_by(keys).agg(
        joins=(~pl.col("alone")).mean(),
        parts=(pl.len().over("parent") > 1).mean(),
        lanes=(pl.col("lane") > 1).sum() / pl.len(),
        beside=pl.col("beside").mean(),
        narrow=pl.col("narrow").median(),
        thin=pl.col("thin").median(),
    )
    packs = [n for n, source in enumerate(sources) if source.out.container]
    sheets = [n for n, source in enumerate(sources) if source.out.column.concept in ("identity.sheet", "identity.plate")]
    parent, child = pl.col("parent_level"), pl.col("child_level")
    divided = pl.col("parts") > _SOME
    kind = (
        pl.when(parent.str.starts_with("heat") & (child != "heat"))
        .then(pl.lit("cast"))
        .when((pl.col("lanes") > _SOME) | (divided & (pl.col("narrow") < _SIDE_BY_SIDE)) | (pl.col("beside") > _SIDE_BY_SIDE))
        .then(pl.lit("slit"))
        .when(pl.col("source").is_in(packs) & (~divided | (pl.col("joins") > _SOME)))
        .then(pl.lit("packed"))
        .when(parent.str.starts_with("slab") & ~child.str.starts_with("slab"))
        .then(pl.lit("rolled"))
        .when(pl.col("source").is_in([*sheets, *packs]) | (child == "plate"))
        .then(pl.lit("sheeted"))
        .when(pl.col("thin") < _THINNER)
        .then(pl.lit("rolled"))
        .when(divided & (pl.col("joins") <= _SOME))
        .then(pl.lit("cut"))
        .otherwise(pl.lit("processed"))
    )
    each = each.with_columns(kind=kind)
    joined = told.join(each.select(*keys, "kind"), on=keys, how="left", maintain_order="left", nulls_equal=True)
    together = pl.when(parent.str.starts_with("coil")).then(pl.lit("welded")).otherwise(pl.lit("joined"))
    in_line = pl.col("kind").is_in(["rolled", "processed"]) & ~pl.col("alone")
    return joined.select(pl.when(in_line).then(together).otherwise("kind")).to_series().cast(KINDS)
