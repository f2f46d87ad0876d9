"""Which reading of an id stands in turn: between the ids made before and after it, and beginning with its parent's?"""

from __future__ import annotations

import numpy as np
import polars as pl

from tundish.trace.genealogy.evidence import Floats
from tundish.trace.genealogy.uses import Uses

_ORDERLY = 0.8
"""Share of a line's ids that must stand in turn for one out of turn to be odd."""
_BEGINNING = 0.9
"""Share of a line's ids that must begin with their parent's for one that does not to be odd."""
_FEWEST = 20
"""Fewer ids of a line show no order."""
_MOST = 5.0
"""Most that the place of an id says for a slip (log odds): a place is told by two other ids, which may be slips too."""


def neighbours(makings: pl.DataFrame) -> pl.DataFrame:
    """``event``, ``before``, ``behind`` (ids made next to it on its line), ``torn``: share of the line's ids out of turn.

    ``torn`` is null where a line's ids follow no order. ``makings``: ``event``, ``source``, ``line``, ``rank``, ``even``.
    """
    ordered = makings.filter(pl.col("source").is_not_null()).sort("line", "rank", maintain_order=True)
    beside = pl.col("even").shift().over("line"), pl.col("even").shift(-1).over("line")
    ordered = ordered.with_columns(before=beside[0], behind=beside[1])
    good = in_turn("even")
    torn = pl.when((good.mean() >= _ORDERLY) & (pl.len() >= _FEWEST)).then(((~good).sum() + 1) / (pl.len() + 2))
    return ordered.select("event", "before", "behind", torn=torn.over("line"))


def in_turn(name: str) -> pl.Expr:
    """Whether an id lies between ``before`` and ``behind``; null where they are not as long as it."""
    text, before, behind = pl.col(name), pl.col("before"), pl.col("behind")
    alike = (text.str.len_chars() == before.str.len_chars()) & (text.str.len_chars() == behind.str.len_chars())
    between = ((before < text) & (text < behind)) | ((before > text) & (text > behind))
    return pl.when(alike).then(between)


def slip_of_maker(uses: Uses, pairs: pl.DataFrame) -> Floats:
    """Log odds, pair by pair, that the maker's own record mistyped the id which a use writes rightly.

    It did so where its id is out of turn, or does not begin with its parent's as all others do, and the one used would be in
    turn, or would begin so. ``pairs``: ``use``, ``making``, ``how`` (only ``near`` ones are a slip apart).
    """
    score = np.zeros(pairs.height)
    at = np.flatnonzero((pairs["how"] == "near").to_numpy())
    if at.size == 0:
        return score
    told = pairs[at].select("use", event="making").with_columns(typed=uses.frame["even"].gather(pairs["use"].to_numpy()[at]))
    places = neighbours(uses.makings).join(of_parents(uses), on="event", how="left")
    own = uses.makings.select("event", "even")
    told = told.join(own, on="event", how="left", maintain_order="left").join(
        places, on="event", how="left", maintain_order="left"
    )
    moved = in_turn("typed").fill_null(value=False) & ~in_turn("even").fill_null(value=True)
    fits = begins("typed").fill_null(value=False) & ~begins("even").fill_null(value=True)
    by_turn = pl.when(moved).then(-pl.col("torn").log()).fill_null(0.0)
    by_beginning = pl.when(fits).then(-pl.col("strange").log()).fill_null(0.0)
    score[at] = told.select(pl.max_horizontal(by_turn, by_beginning).clip(0.0, _MOST)).to_series().to_numpy()
    return score


def of_parents(uses: Uses) -> pl.DataFrame:
    """``event``, ``parent`` (id that its rows say went in), ``strange``: share of its line's ids that do not begin with theirs.

    ``strange`` is null on lines whose ids are made in another way.
    """
    said = uses.frame.filter((pl.col("role") == "in") & pl.col("even").is_not_null() & pl.col("stem").is_not_null())
    said = said.group_by("stem", maintain_order=True).agg(parent=pl.col("even").first(), kinds=pl.col("even").n_unique())
    told = uses.makings.filter(pl.col("source").is_not_null()).select("event", "line", "even")
    told = told.join(said.filter(pl.col("kinds") == 1), left_on="even", right_on="stem", how="left", maintain_order="left")
    good = begins("even")
    usual = (good.mean() >= _BEGINNING) & (good.count() >= _FEWEST)
    strange = pl.when(usual).then(((~good).sum() + 1) / (good.count() + 2))
    return told.select("event", "parent", strange=strange.over("line"))


def begin_otherwise(frame: pl.DataFrame) -> pl.DataFrame:
    """Uses of a parent whose id the product's does not begin with, on lines where nearly all do: one of both is a slip."""
    told = frame.filter((pl.col("role") == "in") & pl.col("even").is_not_null() & pl.col("stem").is_not_null())
    told = told.select("use", "line", parent="even", stem="stem").with_columns(good=begins("stem"))
    usual = (pl.col("good").mean() >= _BEGINNING) & (pl.len() >= _FEWEST)
    return told.filter(usual.over("line") & ~pl.col("good")).select("use")


def begins(name: str) -> pl.Expr:
    """Whether an id begins with its parent's and goes on."""
    return pl.col(name).str.starts_with(pl.col("parent")) & (pl.col(name).str.len_chars() > pl.col("parent").str.len_chars())
