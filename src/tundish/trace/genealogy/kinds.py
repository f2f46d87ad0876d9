"""What was done on a line: cast, rolled, welded, slit, cut, sheeted, packed?

One answer for each line, table and pair of levels, from all rows together; only whether a piece is welded of several is told
row by row.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tundish.trace.genealogy.graph import KINDS
from tundish.trace.genealogy.records import Source

_SOME = 0.02
"""Share of a line's edges that slips of the pen alone may make look like another kind."""
_SIDE_BY_SIDE = 0.8
"""Strips side by side are narrower than this share of their parent, and more than this share of them end together."""
_THINNER = 0.97
"""Temper rolling takes 0.5-3 % off; scales and gauges are right to 0.2-1 %, and the median of a line's rows to much less."""
_MOSTLY = 0.5
_NAMED = {
    "slit": r"슬리터|슬리팅|slit",
    "packed": r"포장|결속|pack|bundling",
    "rolled": r"압연|열연|냉연|신선|인발|hsm|pl-?tcm|tcm|pcm|crm|zrm|spm|rolling|mill|draw|tandem|temper",
    "cut": r"절단|전단|절삭|톱|블랭킹|shear|saw|cut|blank",
    "processed": r"소둔|산세|도금|열처리|단조|세척|코팅|anneal|pickl|galv|coat|forg|heat.?treat|wash|\bc[ag]l\b",
}
"""Words in a line's name; they decide only what no measure tells, in this order."""


def kinds(edges: pl.DataFrame, sources: Sequence[Source]) -> pl.Series:
    """The kind of each edge.

    ``edges``: ``parent``, ``child``, ``line``, ``source``, ``parent_level``, ``child_level``, ``lane``, ``at``, and mass (kg),
    length, width and thickness (m) of ``child_`` and ``parent_`` (``parent_m``, ``child_m`` for the lengths).

    How much thinner a piece becomes is read off its thicknesses, else off its mass per metre and width: both are the same
    where the cross section is a rectangle, and the second needs no gauge.
    """
    slender = (pl.col("child_kg") / pl.col("child_m")) / (pl.col("parent_kg") / pl.col("parent_m"))
    narrow = pl.col("child_width") / pl.col("parent_width")
    told = edges.select(
        "line",
        "source",
        "parent_level",
        "child_level",
        "lane",
        "parent",
        "child",
        narrow=narrow,
        thin=pl.col("child_thickness") / pl.col("parent_thickness"),
        slender=slender,
        square=slender / narrow,
        alone=pl.len().over("child", "line") == 1,
        beside=(pl.col("at").n_unique().over("parent", "line") == 1) & (pl.len().over("parent", "line") > 1),
    )
    keys = ["line", "source", "parent_level", "child_level"]
    finite = {name: pl.col(name).filter(pl.col(name).is_finite()) for name in ("narrow", "thin", "slender", "square")}
    each = told.group_by(keys).agg(
        joins=(~pl.col("alone")).mean(),
        parts=(pl.len().over("parent") > 1).mean(),
        lanes=(pl.col("lane") > 1).sum() / pl.len(),
        beside=pl.col("beside").mean(),
        **{name: values.median() for name, values in finite.items()},
    )
    each = each.with_columns(thin=pl.coalesce("thin", "square", pl.when(pl.col("beside") < _MOSTLY).then("slender")))
    each = each.with_columns(kind=_of_line(sources))
    joined = told.join(each.select(*keys, "kind"), on=keys, how="left", maintain_order="left", nulls_equal=True)
    together = pl.when(pl.col("parent_level").str.starts_with("coil")).then(pl.lit("welded")).otherwise(pl.lit("joined"))
    in_line = pl.col("kind").is_in(["rolled", "processed"]) & ~pl.col("alone")
    return joined.select(pl.when(in_line).then(together).otherwise("kind")).to_series().cast(KINDS)


def _of_line(sources: Sequence[Source]) -> pl.Expr:
    packs = [n for n, source in enumerate(sources) if source.out.container]
    sheets = [n for n, source in enumerate(sources) if source.out.column.concept in ("identity.sheet", "identity.plate")]
    parent, child = pl.col("parent_level"), pl.col("child_level")
    divided = pl.col("parts") > _SOME
    flat = pl.col("source").is_in(packs) | (pl.col("source").is_in(sheets) & ~parent.str.starts_with("piece"))
    as_wide = (pl.col("narrow") > _SIDE_BY_SIDE).fill_null(value=False)
    together = (pl.col("beside") > _SIDE_BY_SIDE) & ~as_wide & ~flat
    strips = (pl.col("lanes") > _SOME) | (divided & (pl.col("narrow") < _SIDE_BY_SIDE)) | together
    # A coil is packed whole; one that goes into several packs, as wide as before, was cut to sheets.
    narrower = (pl.col("lanes") > _SOME) | (pl.col("narrow") < _SIDE_BY_SIDE).fill_null(value=False)
    sheets_in_packs = pl.col("source").is_in(packs) & parent.str.starts_with("coil") & (pl.col("parts") > _MOSTLY) & ~narrower
    return (
        pl.when(parent.str.starts_with("heat") & (child != "heat"))
        .then(pl.lit("cast"))
        .when(sheets_in_packs)
        .then(pl.lit("sheeted"))
        .when(pl.col("source").is_in(packs) & (~divided | (pl.col("joins") > _SOME)))
        .then(pl.lit("packed"))
        .when(strips)
        .then(pl.lit("slit"))
        .when(parent.str.starts_with("slab") & ~child.str.starts_with("slab"))
        .then(pl.lit("rolled"))
        .when(flat | (child == "plate"))
        .then(pl.lit("sheeted"))
        .when(pl.col("thin") < _THINNER)
        .then(pl.lit("rolled"))
        .when(pl.col("thin").is_null() & _named("rolled"))
        .then(pl.lit("rolled"))
        .when(divided & (pl.col("joins") <= _SOME) & ~(pl.col("thin").is_null() & _named("processed")))
        .then(pl.lit("cut"))
        .otherwise(pl.lit("processed"))
    )


def _named(kind: str) -> pl.Expr:
    """Whether the line's name says this kind, and none that comes before it."""
    name = pl.col("line").str.to_lowercase().fill_null("")
    first = pl.lit(None, pl.String)
    for word in reversed(_NAMED):
        first = pl.when(name.str.contains(_NAMED[word])).then(pl.lit(word)).otherwise(first)
    return (first == kind).fill_null(value=False)
