"""How likely is it that a row used none of the recorded pieces?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.trace.genealogy.evidence import Floats, Ints, Sides
from tundish.trace.genealogy.strays import NUMBERED
from tundish.trace.genealogy.uses import Uses

_FEWEST = 30
"""Fewer rows of a line say nothing of what is usual."""
_BEYOND = 0.2
"""So far beyond the ids of a series, as a share of its reach, ids of the same series may lie that no record made."""
_FEWEST_IDS = 5
"""Fewer ids of a series do not show how far it reaches."""
_OTHER_SERIES = 4.0
"""Most that is lost by an id's standing in none of the ranges as wide (log): other series of a plant are no random numbers."""
_RARE = 0.02
"""Share of the ids of a kind that a series has at least."""
_PRIOR = 10.0
"""So many strangers' ids within the series are taken as seen before any is."""


def of_none(uses: Uses, sides: Sides, plain: Ints, pairs: pl.DataFrame) -> Floats:
    """Score, for each pair of ``use`` and ``making``, of: none of the recorded makings.

    An id that is known is hardly that of an unrecorded piece. ``plain``: what each use states (-1: none); ``pairs`` say in
    ``how`` which makings are one slip away.
    """
    frame, use = uses.frame, pairs["use"].to_numpy()
    rows = frame[use]
    blank, known = rows["even"].is_null().to_numpy(), (rows["n"] > 0).to_numpy()
    makings = peers(sides, use)
    strange = frame.group_by("line").agg(
        strange=((pl.col("even").is_not_null() & (pl.col("n") == 0)).sum() + 1) / (pl.len() + 1),
        bare=pl.col("making").is_in(np.flatnonzero(sides.unrecorded)).mean(),
        single=(pl.col("making").drop_nulls().value_counts().struct.field("count") == 1).sum() / pl.len(),
    )
    unrecorded = (
        rows.join(strange, on="line", how="left", maintain_order="left")
        .select(pl.when(pl.col("bare") > 0.5).then("single").otherwise("strange").clip(0.001, 0.5))
        .to_series()
        .to_numpy()
    )
    stranger = np.log(_orphans_around(frame)) + _out_of_range(uses, pairs)
    told = np.where(blank, np.log(unrecorded * makings), np.where(known, np.log(0.01) - np.log(makings), stranger[use]))
    return np.asarray(told + _between_equals(sides, plain, use), dtype=np.float64)


def _between_equals(sides: Sides, plain: Ints, use: Ints) -> Floats:
    """Log of how much seldomer another piece's row stands between two rows of one piece than any row does, line by line.

    Where pieces are worked off one after the other, a row between two of one piece is hardly that of a piece unknown.
    """
    held = (sides.before >= 0) & (sides.before == sides.after)
    of_other = (sides.before >= 0) & (sides.after >= 0) & (plain >= 0) & (plain != sides.before)
    score = np.zeros(use.size)
    for line in np.unique(sides.line[use]):
        mine = (sides.line == line) & (sides.before >= 0) & (sides.after >= 0)
        others = mine & of_other
        if mine.sum() < _FEWEST:
            continue
        usual = (held[mine].sum() + 0.5) / (mine.sum() + 1.0)
        torn = (held[others].sum() + 0.5) / (others.sum() + 1.0)
        at = (sides.line[use] == line) & held[use]
        score[at] = min(np.log(torn / usual), 0.0)
    return score


def _out_of_range(uses: Uses, pairs: pl.DataFrame) -> Floats:
    """Log chance that the id of an unknown piece lies far from all known ids, as slips often do; 0 where it does not."""
    parts = {"stem": pl.col("even").str.extract(NUMBERED, 1), "number": pl.col("even").str.extract(NUMBERED, 2)}
    named = pl.col("number").cast(pl.Float64)
    known = uses.makings.filter(pl.col("source").is_not_null()).select("space", **parts).with_columns(named)
    reach = known.drop_nulls().group_by("space", "stem").agg(pl.len(), low=pl.col("number").min(), high=pl.col("number").max())
    reach = reach.filter(pl.col("len") >= _FEWEST_IDS).with_columns(wide=(pl.col("high") - pl.col("low")) * _BEYOND)
    told = uses.frame.select("use", "space", "n", **parts).with_columns(named)
    told = told.join(reach, on=["space", "stem"], how="left", maintain_order="left")
    inside = pl.col("number").is_between(pl.col("low") - pl.col("wide"), pl.col("high") + pl.col("wide"))
    strange = (pl.col("n") == 0) & pl.col("stem").is_not_null()
    series = pl.col("space").is_in(reach["space"].unique().implode())
    told = told.with_columns(outside=strange & series & ~inside.fill_null(value=False))
    slips = pairs.filter(pl.col("how") == "near")["use"].unique()
    others = told.filter(strange & ~pl.col("use").is_in(slips.implode()))
    share = others.group_by("space").agg(far=(pl.col("outside").sum() + 0.5) / (pl.len() + _PRIOR))
    told = told.join(share, on="space", how="left", maintain_order="left")
    ranges = 10.0 ** pl.col("number").log10().floor() / (pl.col("high") - pl.col("low") + 1.0)
    spread = ranges.log().clip(0.0, _OTHER_SERIES).fill_null(_OTHER_SERIES)
    chance = pl.col("far").fill_null(0.5 / _PRIOR).log() - spread
    return told.select(pl.when("outside").then(chance).otherwise(0.0)).to_series().to_numpy()


def out_of_series(makings: pl.DataFrame, slips: float) -> tuple[npt.NDArray[np.bool_], Floats]:
    """Pieces that one row alone tells of, whose ids lie in none of the series of their kind, and the log chance of such a one.

    A series: as many letters and digits, the same beginning, and numbers as far as they reach. ``slips``: share of ids that are
    mistyped: as many of those outside are slips.
    """
    stem, number = pl.col("even").str.extract(NUMBERED, 1), pl.col("even").str.extract(NUMBERED, 2).cast(pl.Float64)
    told = makings.select("space", "source", "votes", stem=stem, number=number, long=pl.col("even").str.len_chars())
    series, bare = ["space", "stem", "long"], pl.col("source").is_null()
    least, most = pl.col("number").quantile(0.01).over(series), pl.col("number").quantile(0.99).over(series)
    wide = _BEYOND * (most - least)
    inside = pl.col("number").is_between(least - wide, most + wide) & (pl.len().over(series) > _RARE * pl.len().over("space"))
    outside = bare & ~inside.fill_null(value=False) & (pl.len().over("space") >= _FEWEST)
    told = told.with_columns(outside=outside.fill_null(value=False), bare=bare)
    true = (pl.col("outside").sum() - slips * pl.col("votes").filter("bare").sum()).clip(0.0, None) + 0.5
    chance = (true / (pl.col("bare").sum() + 1.0)).over("space").log()
    told = told.select(odd=pl.col("outside") & (pl.col("votes") == 1), chance=chance)
    return told["odd"].to_numpy(), told["chance"].to_numpy()


def _orphans_around(frame: pl.DataFrame) -> Floats:
    """Share of ids around each use that no record makes: near one where the records begin, near none elsewhere.

    Rows next to each other that write one id tell of one piece.
    """
    fresh = pl.struct("space", "even").ne_missing(pl.struct("space", "even").shift())
    orphan = (pl.col("even").is_not_null() & (pl.col("n") == 0) & fresh).cast(pl.Float64)
    around = orphan.rolling_sum(21, min_samples=1, center=True).forward_fill()
    around = around - orphan.cum_max().over(fresh.cum_sum())
    return frame.select((around / 20).clip(0.02, 0.9)).to_series().to_numpy()


def peers(sides: Sides, use: Ints) -> Ints:
    """How many makings there are of the space that each use asks for."""
    counts = np.bincount(sides.space, minlength=int(sides.wanted.max(initial=0)) + 1)
    return np.asarray(np.maximum(counts[sides.wanted[use]], 1), dtype=np.int64)
