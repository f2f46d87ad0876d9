"""Which logs only tell what came to a line's entry, and of which line? They tell of its stays and are no line of their own."""

from __future__ import annotations

import numpy as np
import polars as pl

from tundish.trace.genealogy.graph import STAYS

_COVERED = 0.9
"""Share of a log's pieces that must go into the line, and at the line's pace."""
_WAITING = 5
"""Pieces between a line's uncoilers and its mill: what waits longer lies in a yard or a furnace, which is a stay."""
_FEWEST = 8
"""Fewer pieces show no order."""
_MEASURES = ("mass_in_kg", "length_in_m", "head_crop_m", "tail_crop_m", "scrap_kg", "turned", "flipped")


def without_entry_logs(stays: pl.DataFrame) -> pl.DataFrame:
    """Stays without those that a log of arrivals alone tells of; what it measured is filled in at the line itself.

    A log of arrivals says when each piece came, never when it left or what became of it, and its pieces go into one line in the
    same order, each while the few before it are still in the line. ``stays`` and what comes back: STAYS.
    """
    for (line,), mine in stays.group_by(["line"], maintain_order=True):
        if not _only_arrivals(mine):
            continue
        into = _line_behind(mine, stays.filter(pl.col("line") != line))
        if into is not None:
            stays = _filled(stays, mine, into)
    return stays


def _only_arrivals(mine: pl.DataFrame) -> bool:
    told = mine.select(
        alone=(pl.col("goes") == "through").all() & (pl.col("table").n_unique() == 1) & (pl.len() >= _FEWEST),
        comes=pl.col("start").is_not_null().mean() >= _COVERED,
        leaves=pl.any_horizontal(pl.col(name).is_not_null() for name in ("end", "length_out_m")).any(),
    )
    return bool(told["alone"][0] and told["comes"][0] and not told["leaves"][0])


def _line_behind(mine: pl.DataFrame, others: pl.DataFrame) -> str | None:
    """The line into which nearly all these pieces go, as they come."""
    taken = others.filter((pl.col("goes") != "out") & pl.col("start").is_not_null())
    for (line,), theirs in taken.group_by(["line"], maintain_order=True):
        first = theirs.sort("start").unique("piece", keep="first", maintain_order=True).with_row_index("turn_in_line")
        both = mine.drop_nulls("start").unique("piece", keep="first", maintain_order=True)
        both = both.join(first.select("piece", "turn_in_line"), on="piece", how="inner", maintain_order="left")
        if both.height < _COVERED * mine["piece"].n_unique():
            continue
        place = np.searchsorted(first["start"].to_physical().to_numpy(), both["start"].to_physical().to_numpy())
        waiting = np.abs(place - both["turn_in_line"].to_numpy().astype(np.int64))
        if np.mean(waiting <= _WAITING) >= _COVERED:
            return str(line)
    return None


def _filled(stays: pl.DataFrame, mine: pl.DataFrame, line: str) -> pl.DataFrame:
    """Each arrival's measures at the stay on the line that begins next to it, where that stay does not tell them."""
    told = mine.select("piece", at="start", **{f"#{name}": name for name in _MEASURES}).unique("piece", keep="first")
    rest = stays.filter(~((pl.col("line") == mine["line"][0]) & (pl.col("table") == mine["table"][0])))
    joined = rest.join(told, on="piece", how="left", maintain_order="left")
    here = (pl.col("line") == line) & (pl.col("goes") != "out") & (pl.col("turn") == 1)
    filled = joined.with_columns(
        pl.when(here).then(pl.coalesce(name, f"#{name}")).otherwise(name).alias(name) for name in _MEASURES
    )
    return filled.select(STAYS.names()).cast(STAYS)
