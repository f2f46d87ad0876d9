"""What does a value of forebears amount to for the piece made of them?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.table import Column, Finding
from tundish.trace.forebears.lineage import Sources
from tundish.trace.genealogy.sums import in_order
from tundish.trace.pieces import Clock, Link
from tundish.trace.stays.features import Feature

UPSTREAM = "upstream:"
"""Begins the window of a feature that was carried to the piece; then the line, nothing where no line is known; then ``|`` and
the window on that line, if any."""


@dataclass(frozen=True)
class Upstream:
    """Features of one table about forebears, carried to the pieces asked about."""

    features: tuple[Feature, ...]
    link: Link
    linked: npt.NDArray[np.bool_]
    """Which pieces it tells of."""
    findings: tuple[Finding, ...]
    clocks: tuple[Clock, ...] = ()


def carried(feature: Feature, sources: Sources, line: str | None) -> Feature:
    """A feature of sources as one of the pieces asked about.

    Numbers: the mean weighted by the share of the piece's mass; of lowest and highest values the lowest and highest, of
    scatters the root of the weighted mean square. Words: the one that the greatest share carries.
    """
    column = _named(feature.column, line)
    if feature.column.kind != "number":
        return Feature(column, _heaviest(feature.values, sources))
    values = feature.values.cast(pl.Float64).fill_null(np.nan).to_numpy()[sources.source]
    known = ~np.isnan(values)
    place, value, weight = sources.place[known], values[known], sources.weight[known]
    total = np.bincount(place, weight, sources.pieces)
    with np.errstate(invalid="ignore", divide="ignore"):
        if column.statistic in ("min", "max"):
            found = np.full(sources.pieces, np.nan)
            (np.fmin if column.statistic == "min" else np.fmax).at(found, place, value)
        elif column.statistic == "std":
            found = np.sqrt(np.bincount(place, weight * value**2, sources.pieces) / total)
        else:
            found = np.bincount(place, weight * value, sources.pieces) / total
    return Feature(column, pl.Series(np.where(total > 0, found, np.nan)).fill_nan(None))


def _named(column: Column, line: str | None) -> Column:
    window = f"{UPSTREAM}{line or ''}" + (f"|{column.window}" if column.window else "")
    return replace(column, name=f"{column.name}|@{line or ''}", window=window)


def _heaviest(values: pl.Series, sources: Sources) -> pl.Series:
    frame = pl.DataFrame({"place": sources.place, "value": values.gather(sources.source), "weight": sources.weight})
    best = (
        frame.drop_nulls("value")
        .group_by("place", "value", maintain_order=True)
        .agg(in_order(pl.col("weight")))
        .sort("place", "weight", "value", descending=[False, True, False])
        .unique("place", keep="first", maintain_order=True)
    )
    every = pl.DataFrame({"place": np.arange(sources.pieces)})
    return every.join(best, on="place", how="left", maintain_order="left")["value"]
