"""Which ids stay open in a genealogy, and what should a person read about them?"""

from __future__ import annotations

import polars as pl

from tundish.errors import Message
from tundish.table import Finding
from tundish.trace.genealogy.assemble import Assembled
from tundish.trace.genealogy.events import Events
from tundish.trace.genealogy.links import Links
from tundish.trace.genealogy.oddities import oddities
from tundish.trace.genealogy.places import told_by_file
from tundish.trace.genealogy.records import Records
from tundish.trace.genealogy.uses import Uses

_LATE = 0.99
"""Quantile of the wait between making and use, beyond which a piece is hardly ever left lying."""
_LIKELY = 3
"""Ids named to a reader for each row at most: more is no help in looking it up."""
_WORTH = 0.01
"""Least probability of an id that is named."""


def doubts(records: Records, events: Events, uses: Uses, links: Links, made: Assembled) -> tuple[Finding, ...]:
    """Findings about a genealogy, most serious first; each with its file, rows, and what stands there."""
    told = uses.frame.with_columns(piece=made.of_use, making=pl.Series(links.making)).join(
        events.rows.select("order", "source", "origin", "row", at=pl.coalesce("start", "end")),
        on="order",
        how="left",
        maintain_order="left",
    )
    told = told.join(_likely(uses, links), on="use", how="left", maintain_order="left")
    told = told.with_columns(found=pl.col("id").fill_null(""), expected=pl.col("likely").fill_null(""))
    return (
        *_untied(records, told),
        *_unmade(records, told, uses),
        *_of_other_kind(records, told),
        *told_by_file(
            records,
            _respelled(told, uses),
            ("id_respelled", "info"),
            lambda n: Message("{count} ids are written otherwise than where the piece was made; taken as the same.", count=n),
        ),
        *oddities(records, events, made),
    )


def _untied(records: Records, told: pl.DataFrame) -> list[Finding]:
    """Uses tied to no piece: without an id, and with one that fits none."""
    loose = told.filter(pl.col("piece").is_null())
    return [
        *told_by_file(
            records,
            loose.filter(pl.col("even").is_null()),
            ("parent_missing", "warning"),
            lambda n: Message("{count} rows do not say what went in, and nothing else says it surely.", count=n),
            _look_up(),
        ),
        *told_by_file(
            records,
            loose.filter(pl.col("even").is_not_null()),
            ("id_doubtful", "warning"),
            lambda n: Message("{count} ids fit no piece well enough, or several; these rows are left open.", count=n),
            _look_up(),
        ),
    ]


def _look_up() -> Message:
    return Message("Look the rows up and correct the ids in the source; what is likely is named with its probability.")


def _unmade(records: Records, told: pl.DataFrame, uses: Uses) -> list[Finding]:
    """Ids that stay as they are although no record made a piece of that id."""
    unmade = told.filter(pl.col("piece").is_not_null() & (pl.col("making") < 0))
    before = _before_records(unmade, told, uses)
    return [
        *told_by_file(
            records,
            unmade.filter(~before),
            ("parent_unrecorded", "warning"),
            lambda n: Message("{count} ids name pieces that no record made.", count=n),
            _look_up(),
        ),
        *told_by_file(
            records,
            unmade.filter(before).drop("expected"),
            ("parent_before", "info"),
            lambda n: Message("{count} ids name pieces that were made before the records begin.", count=n),
            Message("Export the earlier records too if these pieces matter."),
        ),
    ]


def _of_other_kind(records: Records, told: pl.DataFrame) -> list[Finding]:
    inputs = [(n, source.into.column.header) for n, source in enumerate(records.sources) if source.into is not None]
    columns = pl.DataFrame(inputs, schema={"source": pl.Int64, "column": pl.String}, orient="row")
    return told_by_file(
        records,
        told.filter("moved").join(columns, on="source", maintain_order="left").drop("expected"),
        ("id_of_other_kind", "warning"),
        lambda n: Message(
            "{count} ids are those of another kind of material, which records made; they are taken as these.", count=n
        ),
        Message("Look whether the column holds what its header says, and correct the ids in the source."),
    )


def _respelled(told: pl.DataFrame, uses: Uses) -> pl.DataFrame:
    """Rows whose id differs in spelling only from that of the piece: case, separators, zeros that a workbook dropped."""
    tied = told.filter(pl.col("piece").is_not_null() & (pl.col("making") >= 0))
    own = uses.makings.select(making="event", own="id", named="even")
    tied = tied.select("making", "id", "even", "source", "origin", "row").join(own, on="making", maintain_order="left")
    other = tied.filter((pl.col("even") == pl.col("named")) & (pl.col("id") != pl.col("own")))
    return other.select("source", "origin", "row", found="id", expected="own")


def _likely(uses: Uses, links: Links) -> pl.DataFrame:
    """For each use the ids that came into question, the likeliest first, in words."""
    named = links.candidates.join(
        uses.makings.select(pl.col("event").alias("making"), "id"), on="making", maintain_order="left"
    )
    best = (
        named.filter(pl.col("probability") >= _WORTH)
        .sort("probability", descending=True, maintain_order=True)
        .group_by("use", maintain_order=True)
        .head(_LIKELY)
    )
    words = pl.col("id") + " (" + pl.col("probability").round(2).cast(pl.String) + ")"
    return best.group_by("use", maintain_order=True).agg(likely=words.str.join(", "))


def _before_records(unmade: pl.DataFrame, told: pl.DataFrame, uses: Uses) -> pl.Series:
    """Whether a piece that no record made may have been made before the first record of its kind, as long as pieces lie."""
    makings = uses.makings.filter(pl.col("source").is_not_null())
    begins = makings.group_by("space").agg(begin=pl.col("made").min())
    waits = told.filter(pl.col("making") >= 0).join(makings.select(making="event", made="made"), on="making")
    usual = waits.group_by("line", "space").agg(wait=(pl.col("at") - pl.col("made")).dt.total_seconds().quantile(_LATE))
    both = unmade.join(begins, on="space", how="left", maintain_order="left")
    both = both.join(usual, on=["line", "space"], how="left", maintain_order="left")
    early = (pl.col("at") - pl.col("begin")).dt.total_seconds() <= pl.col("wait").fill_null(0.0)
    return both.select(early.fill_null(value=False)).to_series()
