"""What in a genealogy looks odd though its ids are settled: made twice, too heavy, come back, out of time?"""

from __future__ import annotations

import polars as pl

from tundish.errors import Message
from tundish.table import Finding
from tundish.trace.genealogy.assemble import Assembled
from tundish.trace.genealogy.events import Events
from tundish.trace.genealogy.places import place_of, told_by_file
from tundish.trace.genealogy.records import Records
from tundish.trace.genealogy.sums import in_order
from tundish.trace.genealogy.twice import made_twice

_GAINED = 0.02
"""Share by which products may outweigh what went in before it is told: scales are that good; unsourced."""
_SELDOM = 0.2
"""Share of a line's stays that may overlap and still be worth telling: on lines with more of them it is the rule; unsourced."""
_OVERLAP = 0.1
"""Part of a usual stay by which stays may overlap before it is told: times are written to the minute."""


def oddities(records: Records, events: Events, made: Assembled) -> tuple[Finding, ...]:
    """Findings, each with its file and rows."""
    ids = made.pieces.select("id", "even", "level", "recorded", "mass_kg").with_row_index("piece")
    ids = ids.with_columns(pl.col("piece").cast(pl.Int64), found="id")
    return (
        *made_twice(records, events, ids),
        *_shares_equal(records, made, ids),
        *_mass_gained(records, made, ids),
        *_rework(records, made, ids),
        *_backward(records, made, ids),
        *_overlapping(records, made, ids),
    )


def _shares_equal(records: Records, made: Assembled, ids: pl.DataFrame) -> list[Finding]:
    rows = (
        made.edges.filter(made.by == "equal").select("table", "row", piece="child").join(ids, on="piece", maintain_order="left")
    )
    return told_by_file(
        records,
        place_of(records, rows),
        ("shares_equal", "info"),
        lambda n: Message("{count} edges have no mass and no length: their parents count alike.", count=n),
    )


def _mass_gained(records: Records, made: Assembled, ids: pl.DataFrame) -> list[Finding]:
    into = made.stays.filter(pl.col("goes") == "in").group_by("piece", "line").agg(weighed=pl.col("mass_in_kg").max())
    gained = made.edges.group_by(piece="parent", line="line", maintain_order=True).agg(
        in_order(pl.col("mass_kg")).alias("out"), pl.col("table", "row").sort_by("mass_kg", descending=True).first()
    )
    gained = gained.join(ids, on="piece", maintain_order="left").join(
        into, on=["piece", "line"], how="left", maintain_order="left"
    )
    whole = pl.max_horizontal("mass_kg", "weighed")
    gained = gained.filter(pl.col("out") > (1 + _GAINED) * whole).sort("piece")
    return told_by_file(
        records,
        place_of(records, gained),
        ("mass_gained", "warning"),
        lambda n: Message(
            "{count} pieces weigh less than what was made of them, by more than {percent:g} %.", count=n, percent=100 * _GAINED
        ),
        Message("Look the rows up and correct the ids in the source."),
    )


def _rework(records: Records, made: Assembled, ids: pl.DataFrame) -> list[Finding]:
    return told_by_file(
        records,
        _place_of_stays(records, made.stays.filter((pl.col("turn") > 1) & (pl.col("goes") == "through")), ids),
        ("rework", "info"),
        lambda n: Message("{count} stays are a return of the piece to the same line.", count=n),
    )


def _backward(records: Records, made: Assembled, ids: pl.DataFrame) -> list[Finding]:
    return told_by_file(
        records,
        _place_of_stays(records, made.stays.filter((pl.col("end") < pl.col("start")) & (pl.col("goes") != "in")), ids),
        ("stay_backward", "warning"),
        lambda n: Message("{count} stays end before they begin.", count=n),
    )


def _overlapping(records: Records, made: Assembled, ids: pl.DataFrame) -> list[Finding]:
    """Stays that begin well before the one before them has ended, on lines where that is not the rule."""
    timed = made.stays.filter((pl.col("goes") != "in") & (pl.col("end") >= pl.col("start")))
    timed = timed.sort("line", "start", "end", maintain_order=True).unique(
        ["line", "start", "end"], keep="first", maintain_order=True
    )
    last = pl.col("end").shift().over("line")
    usual = (pl.col("end") - pl.col("start")).median().over("line")
    overlap = ((last - pl.col("start")) > usual * _OVERLAP).fill_null(value=False)
    timed = timed.with_columns(overlap=overlap)
    told = timed.filter(pl.col("overlap") & (pl.col("overlap").mean().over("line") < _SELDOM))
    return told_by_file(
        records,
        _place_of_stays(records, told, ids),
        ("stays_overlap", "info"),
        lambda n: Message("{count} stays begin before the piece in front has left the line.", count=n),
        Message("Look whether the times were written later or by hand; the order of the pieces stays as the times say."),
    )


def _place_of_stays(records: Records, stays: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
    return place_of(records, stays.join(ids, on="piece", maintain_order="left"))
