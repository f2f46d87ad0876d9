"""Why do two records make one id: told twice, made again, or one number for two pieces?"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl

from tundish.errors import Message
from tundish.table import Finding
from tundish.trace.genealogy.events import Events, most_said
from tundish.trace.genealogy.places import origin_of, told_by_file
from tundish.trace.genealogy.records import Records

_ALIKE = 0.001
"""Masses and lengths that differ by less are the same number, rounded."""
_KEPT = 0.95
"""What is told or made again says the same, but for slips; unsourced."""
_FEWEST = 5
"""Fewer makings that state a measure do not tell how often two agree by chance."""
_NEAR = 20.0
"""A row told twice stands so many usual distances of its line from the first; unsourced."""


def made_twice(records: Records, events: Events, ids: pl.DataFrame) -> list[Finding]:
    """Findings about records that make an id made before, by what is likeliest, with the other record and the chance.

    Each making stays a piece of its own. ``ids``: ``piece``, ``level``, ``even``, ``found``, ``recorded``.
    """
    twice = ids.filter("recorded").filter(pl.len().over("level", "even") > 1)
    if twice.is_empty():
        return []
    makings = _makings(events)
    pairs = twice.select("piece", "level", "even", "found").join(makings, on="piece", maintain_order="left")
    pairs = pairs.sort("level", "even", "made", "piece", nulls_last=True)
    before = [pl.col(name).shift().over("level", "even").alias(f"{name}_before") for name in makings.columns]
    pairs = _judged(pairs.with_columns(before).filter(pl.col("piece_before").is_not_null()), makings)
    files = [origin_of(records, s, o).file for s, o in pairs.select("source_before", "origin_before").iter_rows()]
    expected = pl.Series(files, dtype=pl.String) + " / " + pairs["row_before"].cast(pl.String)
    pairs = pairs.with_columns(expected=expected + " (" + pairs["chance"].round(2).cast(pl.String) + ")")
    hint = Message("Look both records up; the other one is named with the chance of this reading.")
    of, none = pairs.partition_by("cause", as_dict=True), pairs.clear()
    return [
        finding
        for cause, text in _TOLD.items()
        for finding in told_by_file(records, of.get((cause,), none), ("made_twice", "warning"), text, hint)
    ]


_TOLD: Mapping[str, Callable[[int], Message]] = {
    "told": lambda n: Message(
        "{count} records tell once more of a piece that was made: it seems to be written twice.", count=n
    ),
    "again": lambda n: Message(
        "{count} records make an id again of what it was made of before: it seems to be rework.", count=n
    ),
    "other": lambda n: Message(
        "{count} records give another piece an id that one had before: used again, or mistyped.", count=n
    ),
}


def _makings(events: Events) -> pl.DataFrame:
    """Of each making its first row, its parent, and the usual distance of its line's makings."""
    rows = events.rows.filter(pl.col("event").is_not_null())
    first = rows.unique("event", keep="first", maintain_order=True).select(
        "source", "origin", "row", "line", "mass_out", "length_out", piece="event", made=pl.coalesce("end", "start")
    )
    parent = most_said(rows.drop_nulls("in"), "event", "in").rename({"event": "piece", "in": "parent"})
    usual = first.sort("line", "made").group_by("line").agg(
        usual=pl.col("made").drop_nulls().diff().dt.total_seconds().median(),
        span=(pl.col("made").max() - pl.col("made").min()).dt.total_seconds(),
    )  # fmt: skip
    first = first.join(parent, on="piece", how="left", maintain_order="left")
    return first.join(usual, on="line", how="left", maintain_order="left")


def _same(one: str) -> pl.Expr:
    """Whether both makings say the same; null where one of them says nothing."""
    mine, other = pl.col(one), pl.col(f"{one}_before")
    return mine == other if one in ("parent", "line") else ((mine - other).abs() <= _ALIKE * mine.abs())


def _judged(pairs: pl.DataFrame, makings: pl.DataFrame) -> pl.DataFrame:
    """Pairs with ``cause`` and ``chance``; what two pieces have in common by chance is drawn from the plant's own."""
    order = np.random.default_rng(0).permutation(makings.height)
    drawn = makings.with_columns(makings[order.tolist()][name].alias(f"{name}_before") for name in makings.columns)
    score = dict.fromkeys(_TOLD, pl.lit(0.0))
    for name in ("parent", "mass_out", "length_out"):
        known = drawn.select(_same(name).alias("same")).to_series().drop_nulls()
        chance = (float(known.sum()) + 0.5) / (known.len() + 1.0)
        if known.len() < _FEWEST:
            continue
        same = _same(name)
        kept = pl.when(same).then(np.log(_KEPT / chance)).otherwise(np.log((1 - _KEPT) / (1 - chance))).fill_null(0.0)
        score["told"] = score["told"] + kept
        if name == "parent":
            score["again"] = score["again"] + kept
    apart = (pl.col("made") - pl.col("made_before")).dt.total_seconds().abs()
    reach = _NEAR * pl.col("usual")
    near = ((pl.col("span") / reach).log() - apart / reach).fill_null(0.0).fill_nan(0.0)
    score["told"] = score["told"] + pl.when(pl.col("line") == pl.col("line_before")).then(near).otherwise(0.0)
    weights = {name: one.clip(-50.0, 50.0).exp() for name, one in score.items()}
    whole = pl.sum_horizontal(weights.values())
    told = pairs.with_columns((one / whole).alias(f"#{name}") for name, one in weights.items())
    best = pl.max_horizontal(f"#{name}" for name in weights)
    cause = pl.coalesce(pl.when(pl.col(f"#{name}") == best).then(pl.lit(name)) for name in weights)
    return told.with_columns(chance=best, cause=cause)
