"""Which forebears does each piece asked about have, and which rows of a table tell of them?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.table import Column, Table
from tundish.trace.genealogy.ancestry import ancestry
from tundish.trace.genealogy.graph import Genealogy
from tundish.trace.spelling import SEPARATORS, spell
from tundish.trace.stamps import NEVER, Stamps, microseconds
from tundish.trace.stays.segments import Floats, Ints
from tundish.vocabulary import Catalogue


@dataclass(frozen=True)
class Lineage:
    """The pieces of the target in the genealogy, and all that they were made of."""

    genealogy: Genealogy
    own: Ints
    """Number of each piece in the genealogy; -1 where it is not known there."""

    @cached_property
    def ties(self) -> pl.DataFrame:
        """``place`` (of the piece asked about), ``piece`` (itself or a forebear), ``share``, ``depth``."""
        return ancestry(self.genealogy, self.own)

    @cached_property
    def unweighed(self) -> Ints:
        """Places of pieces of which some forebear's share is not known."""
        return self.ties.filter(pl.col("share").is_null())["place"].unique().sort().to_numpy()

    @cached_property
    def stays(self) -> pl.DataFrame:
        """Whole stays in which a piece asked about or a forebear came out of a line, in order of ``piece``, ``start``.

        Columns of :data:`tundish.trace.genealogy.graph.STAYS`.
        """
        ended = pl.col("end") >= pl.col("start")
        return self.genealogy.stays.filter(
            ended & pl.col("line").is_not_null() & (pl.col("goes") != "in") & pl.col("piece").is_in(self._known)
        )

    @cached_property
    def _known(self) -> list[int]:
        return self.ties["piece"].unique().sort().to_list()

    @cached_property
    def last(self) -> pl.DataFrame:
        """Of each place the last stay of the piece itself: ``line``, ``start``, ``end``; null where none is known."""
        every = pl.DataFrame({"piece": self.own}, schema={"piece": pl.Int64()})
        made = self.stays.sort("end", maintain_order=True).unique("piece", keep="last", maintain_order=True)
        return every.join(made.select("piece", "line", "start", "end"), on="piece", how="left", maintain_order="left")

    def lines(self, starts: Stamps) -> frozenset[str]:
        """The lines on which pieces, or what they were made of, were at ``starts``; several where these run side by side.

        A line that they went into and did not come out of as themselves, as a packing line, is one.
        """
        begun = pl.DataFrame({"place": np.arange(starts.size), "begun": starts})
        known = self.genealogy.stays.filter(pl.col("line").is_not_null() & pl.col("piece").is_in(self._known))
        told = self.ties.join(begun, on="place").join(known.select("piece", "line", "start"), on="piece")
        return frozenset(told.filter(pl.col("start").to_physical() == pl.col("begun"))["line"].unique().to_list())


@dataclass(frozen=True)
class Sources:
    """Which source - a stay, a row - tells of which piece, and of how much of it; sorted by ``place``, then ``source``."""

    place: Ints
    source: Ints
    weight: Floats
    pieces: int
    """How many pieces are asked about."""

    @property
    def reached(self) -> npt.NDArray[np.bool_]:
        """Which pieces a source tells of."""
        return np.bincount(self.place, minlength=self.pieces) > 0


def sources_of(lineage: Lineage, pieces: Ints, ends: Stamps, known_until: Stamps) -> tuple[Sources, int]:
    """From sources, each about one of ``pieces`` (-1: none) and known from ``ends`` on, to the pieces asked about.

    What ended after a piece's moment in ``known_until`` is left out; how much that was comes second. Several sources of one
    forebear share its weight. Where a share is not known all forebears of the piece count alike.
    """
    told = pl.DataFrame({"source": np.arange(pieces.size), "piece": pieces, "end": ends})
    found = (
        lineage.ties.lazy()
        .join(told.lazy(), on="piece")
        .with_columns(pl.lit(pl.Series("moment", known_until)).gather(pl.col("place")).alias("moment"))
        .with_columns(late=(pl.col("end") > pl.col("moment")) & (pl.col("moment") != NEVER))
        .collect()
    )
    kept = (
        found.filter(~pl.col("late"))
        .with_columns(share=pl.when(pl.col("place").is_in(lineage.unweighed.tolist())).then(1.0).otherwise(pl.col("share")))
        .with_columns(weight=pl.col("share") / pl.len().over("place", "piece"))
        .filter(pl.col("weight") > 0)
        .sort("place", "source")
    )
    made = Sources(kept["place"].to_numpy(), kept["source"].to_numpy(), kept["weight"].to_numpy(), lineage.own.size)
    return made, int(found["late"].sum())


def numbers_of(table: Table, column: Column, genealogy: Genealogy, catalogue: Catalogue) -> Ints:
    """Number of the piece that each row's id names; -1 without one, and where it may be one of several."""
    plain = spell(table.frame[column.name]).plain
    level = None if column.concept is None else catalogue.concept(column.concept).level
    words = pl.DataFrame({"plain": plain.unique().drop_nulls()}).with_columns(bare=_bare(pl.col("plain")))
    known = genealogy.pieces.select("id", "level", bare=_bare(pl.col("id"))).with_row_index("piece")
    same_level = pl.lit(value=False) if level is None else pl.col("level") == level
    alike = 2 * (pl.col("id") == pl.col("plain")).cast(pl.Int8) + same_level.cast(pl.Int8)
    best = (
        words.join(known, on="bare")
        .with_columns(alike=alike)
        .filter(pl.col("alike") == pl.col("alike").max().over("plain"))
        .unique("plain", keep="none")
    )
    rows = pl.DataFrame({"plain": plain}).join(best.select("plain", "piece"), on="plain", how="left", maintain_order="left")
    return rows["piece"].cast(pl.Int64).fill_null(-1).to_numpy().astype(np.int64)


def _bare(text: pl.Expr) -> pl.Expr:
    return text.str.normalize("NFKC").str.to_uppercase().str.replace_all(SEPARATORS, "").str.strip_chars_start("0")


def ended(genealogy: Genealogy, table: Table, pieces: Ints, rows: Sequence[int]) -> pl.DataFrame:
    """``line`` and ``end`` (microseconds, :data:`NEVER` if unknown) of the stay that each row of a table tells of.

    ``pieces`` and ``rows``: what each row names and its number in the file.
    """
    told = genealogy.stays.filter((pl.col("table") == table.name) & (pl.col("goes") != "in")).select(
        "piece", "row", "line", "end"
    )
    asked = pl.DataFrame({"piece": pieces, "row": rows}, schema={"piece": pl.Int64(), "row": pl.Int64()})
    exact = asked.join(told.unique(["piece", "row"], keep="first"), on=["piece", "row"], how="left", maintain_order="left")
    near = asked.join(told.unique("piece", keep="first", maintain_order=True), on="piece", how="left", maintain_order="left")
    line = pl.select(pl.coalesce(exact["line"], near["line"])).to_series()
    end = pl.select(pl.coalesce(exact["end"], near["end"])).to_series()
    return pl.DataFrame({"line": line, "end": microseconds(end)})
