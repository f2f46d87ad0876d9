"""Which rows name, by a slip, another product than the one they belong to, on lines where a product has several rows?"""

from __future__ import annotations

import numpy as np
import polars as pl

from tundish.trace.genealogy.likeness import near

NUMBERED = r"^(.*?)(\d{1,15})$"
"""The number that an id ends on, and what stands before it."""
RUNNING = 0.7
"""So many of a line's ids follow on the one before, where they run in a series."""
_FEWEST = 20
"""Fewer products of a line show no usual share of several rows."""
_SEVERAL = 0.02
"""Share of a line's products that stand on several rows, from which on a row may belong to the one beside it."""
_SURE = 0.95
"""Share of the chance that one neighbour must have for a row to be its."""
_POSSIBLE = 0.1
"""So many pairs of rows like these must be of one product for the row to be thought of as part of it."""


def steps(names: pl.DataFrame) -> pl.DataFrame:
    """``line``, ``step``, ``running``: by how much the ids of a line go up as a rule, and how many of them do.

    ``names``: ``line`` and ``even``, in the order of work.
    """
    told = names.with_columns(
        stem=pl.col("even").str.extract(NUMBERED, 1), number=pl.col("even").str.extract(NUMBERED, 2).cast(pl.Int64)
    )
    beside = (pl.col("line") == pl.col("line").shift()) & (pl.col("stem") == pl.col("stem").shift())
    told = told.with_columns(step=pl.when(beside).then(pl.col("number").diff()))
    usual = (
        told.drop_nulls("step")
        .group_by("line", "step")
        .len("so")
        .filter(pl.col("step") > 0)
        .sort("line", "so", "step", descending=[False, True, False])
        .unique("line", keep="first", maintain_order=True)
    )
    return usual.join(told.group_by("line").len("all"), on="line").select("line", "step", running=pl.col("so") / pl.col("all"))


def gather_strays(rows: pl.DataFrame, event: pl.Series, makings: pl.DataFrame) -> pl.Series:
    """``event`` of each row, with rows that stand alone in a series given to the product beside them that they meant.

    The row's id is on no other row of its product, goes in nowhere, and is one slip from that of the product before or after;
    without it the series is whole. Where both are one slip away, rows of one product tell by what goes in and when.
    """
    one = _out_of_turn(makings)
    if one.is_empty():
        return event
    used = rows.select(space="in_space", even="in").drop_nulls().unique()
    twice = makings.filter(pl.len().over("space", "even") > 1).select("space", "even").unique()
    one = one.join(_in_turn(rows, event), on="event", how="anti")
    free = pl.concat([one.join(used, on=["space", "even"], how="anti"), one.join(twice, on=["space", "even"], how="semi")])
    told = free.unique("event").sort("event")
    if told.is_empty():
        return event
    odds = _together(rows, event)
    place = rows.select("order").with_columns(event=event).drop_nulls().unique("event", keep="first", maintain_order=True)
    told = told.join(place, on="event", how="left", maintain_order="left")
    at = told["order"].to_numpy()
    told = told.with_columns(p_before=odds[at], p_after=odds[np.minimum(at + 1, len(odds) - 1)])
    meant = {side: _slip(told, side) for side in ("before", "after")}
    before = pl.when(meant["before"]).then(pl.col("p_before") * (1 - pl.col("p_after"))).otherwise(0.0)
    after = pl.when(meant["after"]).then(pl.col("p_after") * (1 - pl.col("p_before"))).otherwise(0.0)
    told = told.with_columns(before=before, after=after).with_columns(whole=pl.col("before") + pl.col("after"))
    told = told.filter(
        (pl.max_horizontal("p_before", "p_after") >= _POSSIBLE)
        & (pl.col("whole") > 0)
        & (pl.max_horizontal("before", "after") >= _SURE * pl.col("whole"))
    )
    into = pl.when(pl.col("before") > pl.col("after")).then("event_before").otherwise("event_after")
    moved = told.select("event", into=into)
    joined = pl.DataFrame({"event": event}).join(moved, on="event", how="left", maintain_order="left")
    return joined.select(pl.coalesce("into", "event")).to_series().alias("event")


def _out_of_turn(makings: pl.DataFrame) -> pl.DataFrame:
    """Products of one row that break their line's series between two that follow one another."""
    ordered = makings.sort("line", "rank", maintain_order=True)
    usual = steps(ordered).filter(pl.col("running") >= RUNNING)
    several = ordered.group_by("line").agg(several=(pl.col("rows") > 1).mean(), n=pl.len())
    usual = usual.join(several.filter((pl.col("several") > _SEVERAL) & (pl.col("n") >= _FEWEST)), on="line")
    ordered = ordered.join(usual.select("line", "step"), on="line", how="left", maintain_order="left")
    sides: dict[str, pl.Expr] = {}
    for side, step in (("before", 1), ("after", -1)):
        beside = pl.col("line") == pl.col("line").shift(step)
        sides |= {f"{name}_{side}": pl.when(beside).then(pl.col(name).shift(step)) for name in ("even", "event")}
    ordered = ordered.with_columns(**sides).filter(pl.col("step").is_not_null() & (pl.col("rows") == 1))
    ordered = ordered.with_columns(_number("even"), _number("even_before"), _number("even_after"))
    whole = (pl.col("#even_after") - pl.col("#even_before")).is_between(0, pl.col("step"))
    fits = ((pl.col("#even") - pl.col("#even_before")).abs() <= pl.col("step")) | (
        (pl.col("#even_after") - pl.col("#even")).abs() <= pl.col("step")
    )
    same = pl.col("even").str.extract(NUMBERED, 1) == pl.col("even_before").str.extract(NUMBERED, 1)
    return ordered.filter(whole & ~(fits & same).fill_null(value=False)).select(
        "event", "space", "even", "even_before", "even_after", "event_before", "event_after"
    )


def _in_turn(rows: pl.DataFrame, event: pl.Series) -> pl.DataFrame:
    """``event`` of rows whose ids follow on those beside them in the file: their times are wrong, not their ids."""
    written = rows.select("source", "line", "rec", even="out").with_columns(event=event).sort("source", "rec")
    written = written.with_columns(_number("even"), stem=pl.col("even").str.extract(NUMBERED, 1))
    beside = [
        (pl.col(name) == pl.col(name).shift(step)).fill_null(value=False)
        for name in ("source", "line", "stem")
        for step in (1, -1)
    ]
    number = pl.col("#even")
    between = (number >= number.shift()) & (number <= number.shift(-1)) & (number.shift(-1) > number.shift())
    return written.filter(pl.all_horizontal(beside) & between.fill_null(value=False)).select("event").drop_nulls().unique()


def _number(name: str) -> pl.Expr:
    return pl.col(name).str.extract(NUMBERED, 2).cast(pl.Int64).alias(f"#{name}")


def _slip(told: pl.DataFrame, side: str) -> pl.Expr:
    """Whether the id is one slip from that of the product on this side."""
    pairs = near(told["even"], told[f"even_{side}"]).select(pl.concat_str("typed", "known", separator="\n")).to_series()
    return pl.concat_str("even", f"even_{side}", separator="\n").is_in(pairs.implode())


def _together(rows: pl.DataFrame, event: pl.Series) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """For each row how surely it is of one product with the row before, as all rows of its table tell.

    Told by whether the same went in, whether both began and ended together, and whether what came out weighs the same.
    """
    same = [pl.col(name).eq_missing(pl.col(name).shift()) for name in ("in", "in_space")]
    times = [pl.col(name).eq_missing(pl.col(name).shift()) for name in ("start", "end")]
    out = [pl.col(name).eq_missing(pl.col(name).shift()) for name in ("mass_out", "length_out")]
    beside = [pl.col(name).eq_missing(pl.col(name).shift()) for name in ("source", "line")]
    pairs = rows.with_columns(event=event).select(
        "source",
        code=sum(n * pl.all_horizontal(told).cast(pl.Int64) for n, told in ((1, same), (2, times), (4, out))),
        beside=pl.all_horizontal(beside).fill_null(value=False),
        one=(pl.col("event") == pl.col("event").shift()).fill_null(value=False),
    )
    told = pairs.filter("beside").group_by("source", "code").agg(p=(pl.col("one").sum() + 0.5) / (pl.len() + 1.0))
    joined = pairs.join(told, on=["source", "code"], how="left", maintain_order="left")
    return joined.select(pl.when("beside").then(pl.col("p").fill_null(0.5)).otherwise(0.0)).to_series().to_numpy()
