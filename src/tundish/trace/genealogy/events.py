"""Which rows of the records made the same piece, which only tell of a piece that came and went, and in which order?"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from tundish.trace.genealogy.records import Records
from tundish.trace.genealogy.strays import gather_strays
from tundish.trace.genealogy.sums import in_order

_MOSTLY = 0.5
_TELLING = 0.95
"""Share of neighbouring rows of one product that repeat a measure, from which on it tells products apart."""
_FEWEST_PAIRS = 20
_SINGLE = 0.99
"""Share of a table's rows with an id of their own, from which on each row is one making."""
_SAME_ID = 0.97
"""Rows of one product carry one id, but for slips: a slip parts two pairs of rows, so that 2 in 300 is usual."""
_READ_AGAIN = 0.02
"""Share by which two readings of one length differ."""
_BY_SLIP = 0.01
"""Share of a table's products that stand on several rows by a slip of the pen alone."""
_NEAR = 5
"""Rows of one product lie no further apart than this on their line."""


@dataclass(frozen=True)
class Events:
    """Records in the order of their lines, and the makings of pieces that they tell of.

    ``rows``: the records' frame sorted by line and time, with ``at`` (time of the row), ``order`` (number in this sorting),
    ``goes`` (``make`` or ``through``) and ``event`` (number of the making; null for ``through``).
    ``makings``: one row an event: ``event``, ``space``, ``even``, ``id``, ``votes`` (rows that say this id), ``rows``,
    ``source``, ``line``, ``made``, ``rank`` (place among what its line made), ``mass``, ``length``, ``width``, ``thickness``.
    """

    rows: pl.DataFrame
    makings: pl.DataFrame


def find_events(records: Records) -> Events:
    """Tell makings from stays, and gather the rows of each making."""
    rows = _in_order(records.frame)
    rows = rows.with_columns(goes=_goes(rows, records))
    rows = rows.with_columns(run=_runs(rows))
    events = _gathered(rows.select("run", "source", "line", "out", "order", "goes").filter(pl.col("goes") == "make"))
    event = pl.repeat(None, rows.height, dtype=pl.Int64, eager=True).scatter(events["order"], events["event"])
    rows = rows.drop("run").with_columns(event=event)
    makings = _makings(rows.select(_OF_MAKING).filter(pl.col("event").is_not_null()))
    gathered = gather_strays(rows, event, makings)
    if gathered.equals(event):
        return Events(rows, makings)
    rows = rows.with_columns(event=(gathered.rank("dense") - 1).cast(pl.Int64))
    return Events(rows, _makings(rows.select(_OF_MAKING).filter(pl.col("event").is_not_null())))


def _in_order(frame: pl.DataFrame) -> pl.DataFrame:
    """By line and time; a row without time stays behind the row before it in the file."""
    timed = frame.with_columns(at=pl.coalesce("start", "end"))
    timed = timed.with_columns(
        kept=pl.coalesce(pl.col("at").forward_fill().over("source", order_by="rec"), pl.col("at").min().over("source"))
    )
    return (
        timed.sort("line", "kept", "rec", nulls_last=True)
        .drop("kept")
        .with_row_index("order")
        .with_columns(pl.col("order").cast(pl.Int64))
    )


def _goes(rows: pl.DataFrame, records: Records) -> pl.Series:
    """A stay: the same id goes in and out, or what the row names was made by an earlier table."""
    same = (pl.col("in") == pl.col("out")) & (pl.col("in_space") == pl.col("out_space"))
    own = rows.filter(~same.fill_null(value=False) & pl.col("out").is_not_null())
    keep = rows.group_by("source").agg(same=same.fill_null(value=False).mean(), at=pl.col("at").median())
    mostly_same = keep.filter(pl.col("same") > _MOSTLY)["source"].to_list()
    first = keep.with_columns(weight=pl.col("source").map_elements(lambda n: records.sources[n].weight, return_dtype=pl.Int64))
    through = set(mostly_same)
    for space in own["out_space"].unique().sort().to_list():
        taken: pl.Series | None = None
        words = own.filter(pl.col("out_space") == space)
        for source in first.sort([-pl.col("weight"), "at", "source"])["source"].to_list():
            mine = words.filter(pl.col("source") == source)["out"].unique()
            if mine.is_empty() or source in through:
                continue
            if taken is not None and float(mine.is_in(taken.implode()).mean() or 0.0) > _MOSTLY:  # type: ignore[arg-type]
                through.add(source)
            else:
                taken = mine if taken is None else pl.concat([taken, mine])
    stay = same.fill_null(value=False) | pl.col("source").is_in(sorted(through)) | pl.col("out").is_null()
    return rows.select(pl.when(stay).then(pl.lit("through")).otherwise(pl.lit("make"))).to_series().alias("goes")


_OF_PRODUCT = ("start", "end", "mass_out", "length_out", "thickness_out", "width_out")


def _runs(rows: pl.DataFrame) -> pl.Series:
    """Rows that stand together and made one product: one id, or, where a line's rows say so, all of the product's measures."""
    before = [pl.col(name).eq_missing(pl.col(name).shift()) for name in ("source", "line", "goes")]
    beside = pl.all_horizontal(before).fill_null(value=False)
    equal = {name: pl.col(name).eq_missing(pl.col(name).shift()) for name in _OF_PRODUCT}
    same = (pl.col("out") == pl.col("out").shift()).fill_null(value=False)
    pairs = rows.select("source", beside=beside, same=same, **equal)
    held = pairs.filter(pl.col("beside") & pl.col("same")).group_by("source").agg(pl.col(_OF_PRODUCT).mean())
    kept = pairs.select("source").join(held, on="source", how="left", maintain_order="left")
    written = pl.any_horizontal(pl.col(name).is_not_null() for name in _OF_PRODUCT)
    alike = (
        pl.all_horizontal(pairs[name] | (kept[name].fill_null(0.0) < _TELLING) for name in _OF_PRODUCT)
        & pl.any_horizontal(kept[name].fill_null(0.0) >= _TELLING for name in _OF_PRODUCT)
        & rows.select(written).to_series()
    )
    pairs = pairs.with_columns(alike=alike)
    told = (
        pairs.filter("beside")
        .group_by("source")
        .agg(
            n=pl.col("same").sum(),
            held=pl.col("alike").filter("same").mean(),
            telling=pl.col("same").filter("alike").mean(),
        )
    )
    sure = told.filter((pl.col("n") >= _FEWEST_PAIRS) & (pl.col("held") >= _TELLING) & (pl.col("telling") >= _SAME_ID))
    by_measure = pl.col("source").is_in(sure["source"].to_list())
    goes_on = pl.col("beside") & pl.when(by_measure).then("alike").otherwise("same")
    return pairs.select((~goes_on).cum_sum().cast(pl.Int64)).to_series().alias("run")


def _gathered(made: pl.DataFrame) -> pl.DataFrame:
    """Runs of one id that lie close on a line whose products have several rows are one making: ``order``, ``event``."""
    runs = made.group_by("run", maintain_order=True).agg(
        pl.col("source", "line").first(),
        pl.col("order").min().alias("low"),
        pl.col("order").max().alias("high"),
    )
    runs = runs.join(most_said(made, "run", "out"), on="run", maintain_order="left")
    twice = pl.len() - pl.col("out").n_unique()
    single = made.group_by("source").agg(single=twice <= ((1 - _SINGLE) * pl.len()).clip(1.0, None))
    runs = runs.join(single, on="source", maintain_order="left").sort("source", "line", "out", "low")
    together = (
        (pl.col("out") == pl.col("out").shift())
        & (pl.col("source") == pl.col("source").shift())
        & (pl.col("line") == pl.col("line").shift())
        & (pl.col("low") - pl.col("high").shift() <= _NEAR)
        & ~pl.col("single")
    )
    runs = runs.with_columns(first=pl.when(together.fill_null(value=False)).then(None).otherwise("low")).with_columns(
        pl.col("first").forward_fill()
    )
    runs = runs.with_columns(event=(pl.col("first").rank("dense") - 1).cast(pl.Int64))
    return made.join(runs.select("run", "event"), on="run", how="left", maintain_order="left").select("order", "event")


def most_said(rows: pl.DataFrame, by: str, name: str) -> pl.DataFrame:
    """For each ``by`` the ``name`` that most of its rows say, of equals the first."""
    said = rows.group_by(by, name, maintain_order=True).len().sort("len", descending=True, maintain_order=True)
    return said.unique(by, keep="first", maintain_order=True).select(by, name)


def told_by_rows(rows: pl.DataFrame, name: str) -> list[int]:
    """Sources that measure, row by row, the part of a product that the row tells of: a pack list weighs each tube.

    ``rows``: ``event``, ``source``, ``mass_out`` and the measure. The product itself measures what its rows sum to. Lengths
    about alike beside one mass, the product's, are the product's length read once for each row.
    """
    told, masses = pl.col(name).drop_nulls(), pl.col("mass_out").drop_nulls()
    again = (
        pl.lit(name == "length_out")
        & (masses.len() > 1)
        & (masses.n_unique() == 1)
        & (told.min() > (1.0 - _READ_AGAIN) * told.max())
    )
    several = rows.group_by("source", "event").agg(n=told.len(), kinds=pl.when(again).then(1).otherwise(told.n_unique()))
    more = pl.col("n") > 1
    each = several.group_by("source").agg(more=more.mean(), apart=(pl.col("kinds") > 1).filter(more).mean())
    return each.filter((pl.col("more") > _BY_SLIP) & (pl.col("apart") > _MOSTLY))["source"].sort().to_list()


def _of_product(rows: pl.DataFrame, name: str) -> pl.Expr:
    told = pl.col(f"{name}_out").drop_nulls()
    summed = pl.col("source").first().is_in(told_by_rows(rows, f"{name}_out")) & (told.len() > 0)
    return pl.when(summed).then(in_order(told)).otherwise(told.first()).alias(name)


_OF_MAKING = (
    *("event", "order", "out", "out_id", "out_space", "source", "line", "start", "end"),
    *("mass_out", "length_out", "width_out", "thickness_out"),
)


def _makings(rows: pl.DataFrame) -> pl.DataFrame:
    """One row an event; its id is what most of its rows say."""
    names = rows.group_by("event", "out", maintain_order=True).agg(
        pl.len().alias("votes"), pl.col("out_id").first(), pl.col("order").min()
    )
    names = names.sort("event", "votes", "order", descending=[False, True, False], maintain_order=True).unique(
        "event", keep="first", maintain_order=True
    )
    makings = rows.group_by("event", maintain_order=True).agg(
        pl.col("out_space").first().alias("space"),
        pl.col("source").first(),
        pl.col("line").first(),
        pl.coalesce(pl.col("end").max(), pl.col("start").max()).alias("made"),
        pl.col("order").min(),
        pl.len().alias("rows"),
        *(_of_product(rows, name) for name in ("mass", "length")),
        *(pl.col(f"{name}_out").drop_nulls().first().alias(name) for name in ("width", "thickness")),
    )
    makings = makings.join(
        names.select("event", "votes", pl.col("out").alias("even"), pl.col("out_id").alias("id")),
        on="event",
        maintain_order="left",
    )
    return makings.sort("order").with_columns(rank=pl.int_range(pl.len()).over("line"), event=pl.col("event")).sort("event")
