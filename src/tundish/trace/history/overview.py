"""What does a plant's material look like as a whole? How many pieces, which edges, how sure, which masses do not add up."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from tundish.trace.genealogy.balance import BALANCE, balance
from tundish.trace.genealogy.graph import Genealogy
from tundish.trace.genealogy.sums import in_order

LEVELS = pl.Schema(
    {
        "level": pl.String(),
        "pieces": pl.Int64(),
        "with_parents": pl.Int64(),
        "with_children": pl.Int64(),
        "unrecorded": pl.Int64(),
    }
)
LINES = pl.Schema({"line": pl.String(), "pieces": pl.Int64(), "stays": pl.Int64(), "first": pl.Datetime("us", "UTC"),
                   "last": pl.Datetime("us", "UTC")})  # fmt: skip
ORIGINS = pl.Schema({"level": pl.String(), "line": pl.String(), "made": pl.Boolean(), "pieces": pl.Int64(),
                     "with_parents": pl.Int64()})  # fmt: skip
KINDS = pl.Schema({"kind": pl.String(), "line": pl.String(), "edges": pl.Int64(), "mass_kg": pl.Float64()})
GROUNDS = pl.Schema({"evidence": pl.String(), "edges": pl.Int64(), "probability": pl.Float64(), "doubtful": pl.Int64()})
OVERVIEW = {
    "levels": LEVELS,
    "lines": LINES,
    "origins": ORIGINS,
    "kinds": KINDS,
    "grounds": GROUNDS,
    "steps": BALANCE,
    "days": BALANCE,
    "lots": BALANCE,
}
"""Frames of an overview and their schemas."""
WORST_LOTS = 50
DOUBTFUL = 0.95
"""An edge below this probability is said to be doubtful, and drawn so; nor is an id mended below it (decision 0015)."""


@dataclass(frozen=True, eq=False)
class Overview:
    """Frames of the schemas in :data:`OVERVIEW`."""

    levels: pl.DataFrame
    """A row a level: how many pieces, how many with an origin, with children, named by others only."""
    lines: pl.DataFrame
    """A row a line, in the order of the material's way: pieces made there, stays, from when to when."""
    origins: pl.DataFrame
    """How many have an origin: of the pieces of a level that a line made (``made``), and of those that it used."""
    kinds: pl.DataFrame
    """A row a kind of edge and line."""
    grounds: pl.DataFrame
    """A row an evidence: edges, mean probability, how many of them are doubtful."""
    steps: pl.DataFrame
    days: pl.DataFrame
    lots: pl.DataFrame
    """Balance of mass per step, day, and the :data:`WORST_LOTS` lots with the largest errors."""


def overview(genealogy: Genealogy) -> Overview:
    """The overview of a plant's genealogy."""
    lots = balance(genealogy, "lot")
    worst = lots.filter(pl.col("error_percent").is_not_null()).sort(pl.col("error_percent").abs(), descending=True)
    frames = {
        "levels": _levels(genealogy),
        "lines": _lines(genealogy),
        "origins": _origins(genealogy),
        "kinds": _kinds(genealogy.edges),
        "grounds": _grounds(genealogy.edges),
        "steps": balance(genealogy, "step"),
        "days": balance(genealogy, "day").sort("of", "line"),
        "lots": worst.head(WORST_LOTS),
    }
    return Overview(**{name: frame.select(list(OVERVIEW[name])).cast(OVERVIEW[name]) for name, frame in frames.items()})


def _levels(genealogy: Genealogy) -> pl.DataFrame:
    tied = (
        genealogy.pieces.lazy()
        .select("level", "recorded")
        .with_row_index("number")
        .with_columns(pl.col("number").cast(pl.Int64))
    )
    child = genealogy.edges.lazy().select(number="child").unique().with_columns(up=True)
    parent = genealogy.edges.lazy().select(number="parent").unique().with_columns(down=True)
    both = tied.join(child, on="number", how="left").join(parent, on="number", how="left")
    counted = both.group_by("level").agg(
        pieces=pl.len(),
        with_parents=pl.col("up").sum(),
        with_children=pl.col("down").sum(),
        unrecorded=(~pl.col("recorded")).sum(),
    )
    return counted.sort(pl.col("with_parents") / pl.col("pieces"), "level").collect()


def _origins(genealogy: Genealogy) -> pl.DataFrame:
    """What a plant buys is like what it makes, but is used on another line than the next; so both are counted by line."""
    known = genealogy.edges.lazy().select(number="child").unique().with_columns(up=True)
    pieces = genealogy.pieces.lazy().select("level", "line").with_row_index("number").cast({"number": pl.Int64})
    tied = pieces.join(known, on="number", how="left")
    used = genealogy.edges.lazy().select("line", number="parent").unique()
    whole = pl.concat(
        [
            tied.select("level", "line", "up", made=True),
            used.join(tied.drop("line"), on="number").select("level", "line", "up", made=False),
        ]
    )
    counted = whole.group_by("level", "line", "made").agg(pieces=pl.len(), with_parents=pl.col("up").sum())
    return counted.sort("level", "line", "made").collect()


def _lines(genealogy: Genealogy) -> pl.DataFrame:
    stays = genealogy.stays.group_by("line").agg(stays=pl.len(), first=pl.col("start").min(), last=pl.col("end").max())
    made = genealogy.pieces.group_by("line").agg(pieces=pl.len())
    found = stays.join(made, on="line", how="full", coalesce=True).filter(pl.col("line").is_not_null())
    return found.with_columns(pl.col("pieces", "stays").fill_null(0)).sort("first", "line", nulls_last=True)


def _kinds(edges: pl.DataFrame) -> pl.DataFrame:
    counted = edges.group_by(pl.col("kind").cast(pl.String), "line").agg(edges=pl.len(), mass_kg=in_order(pl.col("mass_kg")))
    return counted.sort("edges", "kind", "line", descending=[True, False, False])


def _grounds(edges: pl.DataFrame) -> pl.DataFrame:
    counted = edges.group_by(pl.col("evidence").cast(pl.String)).agg(
        edges=pl.len(),
        probability=in_order(pl.col("probability")) / pl.len(),
        doubtful=(pl.col("probability") < DOUBTFUL).sum(),
    )
    return counted.sort("edges", "evidence", descending=[True, False])
