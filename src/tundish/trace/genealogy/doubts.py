"""What stays open in a genealogy, and what a person should read about it?"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tundish.errors import Message
from tundish.table import ROWS_SHOWN, Finding, Origin, Severity, Table
from tundish.trace.genealogy.assemble import Assembled
from tundish.trace.genealogy.events import Events
from tundish.trace.genealogy.links import Links
from tundish.trace.genealogy.records import Records
from tundish.trace.genealogy.uses import Uses

_GAINED = 0.02
"""Share by which products may outweigh what went in before it is told: scales are that good; unsourced."""


def doubts(records: Records, events: Events, uses: Uses, links: Links, made: Assembled) -> tuple[Finding, ...]:
    """Findings about a genealogy, most serious first; each with its file, rows, and what stands there."""
    told = uses.frame.with_columns(piece=made.of_use, making=pl.Series(links.making)).join(
        events.rows.select("order", "source", "row"), on="order", how="left", maintain_order="left"
    )
    strange = pl.col("piece").is_not_null() & (pl.col("making") < 0)
    blank = told.filter(pl.col("even").is_null() & pl.col("piece").is_null())
    loose = told.filter(pl.col("even").is_not_null() & pl.col("piece").is_null())
    unmade = told.filter(strange)
    named = links.candidates.sort("probability", descending=True).join(
        uses.makings.select(pl.col("event").alias("making"), "id"), on="making"
    )
    found: list[Finding] = []
    for n, source in enumerate(records.sources):
        table = source.table
        for code, rows, text in (
            (
                "parent_missing",
                blank,
                Message("{count} rows do not say what went in, and nothing else says it surely.", count=_of(blank, n).height),
            ),
            (
                "id_doubtful",
                loose,
                Message(
                    "{count} ids fit no piece well enough, or several; these rows are left open.", count=_of(loose, n).height
                ),
            ),
            ("parent_unrecorded", unmade, Message("{count} ids name pieces that no record made.", count=_of(unmade, n).height)),
        ):
            mine = _of(rows, n)
            if mine.height:
                found.append(_finding(code, text, table, mine, named))
    return (*found, *_of_graph(uses, made), *_of_stays(records, made))


def _of(rows: pl.DataFrame, source: int) -> pl.DataFrame:
    return rows.filter(pl.col("source") == source)


def _origin(table: Table) -> Origin:
    return table.origins[0] if table.origins else Origin(table.name)


def _finding(code: str, text: Message, table: Table, rows: pl.DataFrame, named: pl.DataFrame) -> Finding:
    first = rows.head(ROWS_SHOWN)
    mine = named.join(first.select("use"), on="use", how="semi").group_by("use", maintain_order=True).head(3)
    words = mine.group_by("use").agg(
        (pl.col("id") + " (" + pl.col("probability").round(2).cast(pl.String) + ")").str.join(", ").alias("likely")
    )
    shown = first.join(words, on="use", how="left", maintain_order="left")
    return Finding(
        code,
        "warning",
        text,
        _origin(table),
        rows.height,
        rows=tuple(shown["row"].to_list()),
        found=tuple(shown["id"].fill_null("").to_list()),
        expected=tuple(shown["likely"].fill_null("").to_list()),
        hint=Message("Look the rows up and correct the ids in the source; what is likely is named with its probability."),
    )


def _of_graph(uses: Uses, made: Assembled) -> list[Finding]:
    """Pieces made twice, and shares that nothing but their number tells."""
    found = []
    recorded = made.pieces.filter("recorded")
    twice = recorded.group_by("level", "even").agg(pl.len(), pl.col("id").first()).filter(pl.col("len") > 1)
    if twice.height:
        text = Message("{count} ids were made more than once; each making is a piece of its own.", count=twice.height)
        found.append(_plain("made_twice", "warning", text, twice["id"].head(ROWS_SHOWN).to_list(), twice.height))
    equal = int((made.by == "equal").sum())
    if equal:
        text = Message("{count} edges have no mass and no length: their parents count alike.", count=equal)
        found.append(_plain("shares_equal", "info", text, [], equal))
    gained = (
        made.edges.group_by("parent")
        .agg(pl.col("mass_kg").sum())
        .join(made.pieces.with_row_index("parent").select(pl.col("parent").cast(pl.Int64), "id", all="mass_kg"), on="parent")
        .filter(pl.col("mass_kg") > (1 + _GAINED) * pl.col("all"))
    )
    if gained.height:
        text = Message(
            "{count} pieces weigh less than what was made of them, by more than {percent:g} %.",
            count=gained.height,
            percent=100 * _GAINED,
        )
        found.append(_plain("mass_gained", "warning", text, gained["id"].head(ROWS_SHOWN).to_list(), gained.height))
    return found


def _of_stays(records: Records, made: Assembled) -> list[Finding]:
    """Pieces that came back to a line, and stays that overlap on it."""
    again = made.stays.filter((pl.col("turn") > 1) & (pl.col("goes") == "through"))
    found = []
    if again.height:
        ids = made.pieces["id"].gather(again["piece"].head(ROWS_SHOWN)).to_list()
        text = Message("{count} stays are a return of the piece to the same line.", count=again.height)
        found.append(_plain("rework", "info", text, ids, again.height))
    timed = made.stays.filter(pl.col("start").is_not_null() & pl.col("end").is_not_null() & (pl.col("goes") != "in"))
    backward = timed.filter(pl.col("end") < pl.col("start"))
    if backward.height:
        ids = made.pieces["id"].gather(backward["piece"].head(ROWS_SHOWN)).to_list()
        text = Message("{count} stays end before they begin.", count=backward.height)
        found.append(_plain("stay_backward", "warning", text, ids, backward.height))
    return found


def _plain(code: str, severity: Severity, text: Message, found: Sequence[str], count: int) -> Finding:
    return Finding(code, severity, text, Origin("genealogy"), count, found=tuple(found))
