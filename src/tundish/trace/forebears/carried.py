"""What does a value of forebears amount to for the piece made of them?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.table import Column, Finding
from tundish.trace.forebears.lineage import Ways
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


def carried(feature: Feature, ways: Ways, line: str | None) -> Feature:
    """A feature of sources as one of the pieces asked about.

    Numbers: the mean weighted by the share of the piece's mass; of lowest and highest values the lowest and highest, of
    scatters the root of the weighted mean square. Words: the one that the greatest share carries.
    """
    column = _named(feature.column, line)
    if feature.column.kind != "number":
        return Feature(column, _heaviest(feature.values, ways))
    values = feature.values.cast(pl.Float64).fill_null(np.nan).to_numpy()[ways.source]
    known = ~np.isnan(values)
    place, value, weight = ways.place[known], values[known], ways.weight[known]
    total = np.bincount(place, weight, ways.pieces)
    with np.errstate(invalid="ignore", divide="ignore"):
        if column.statistic in ("min", "max"):
            found = np.full(ways.pieces, np.nan)
            (np.fmin if column.statistic == "min" else np.fmax).at(found, place, value)
        elif column.statistic == "std":
            found = np.sqrt(np.bincount(place, weight * value**2, ways.pieces) / total)
        else:
            found = np.bincount(place, weight * value, ways.pieces) / total
    return Feature(column, pl.Series(np.where(total > 0, found, np.nan)).fill_nan(None))


def _named(column: Column, line: str | None) -> Column:
    window = f"{UPSTREAM}{line or ''}" + (f"|{column.window}" if column.window else "")
    return replace(column, name=f"{column.name}|@{line or ''}", window=window)


def _heaviest(values: pl.Series, ways: Ways) -> pl.Series:
    frame = pl.DataFrame({"place": ways.place, "value": values.gather(ways.source), "weight": ways.weight})
    best = (
        frame.drop_nulls("value")
        .group_by("place", "value", maintain_order=True)
        .agg(in_order(pl.col("weight")))
        .sort("place", "weight", "value", descending=[False, True, False])
        .unique("place", keep="first", maintain_order=True)
    )
    every = pl.DataFrame({"place": np.arange(ways.pieces)})
    return every.join(best, on="place", how="left", maintain_order="left")["value"]
