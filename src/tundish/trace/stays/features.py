"""What is a feature called, in which unit is it, and when is it known?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from tundish.errors import Message
from tundish.table import Column, Known, Statistic, Table

_SPANS: frozenset[Statistic] = frozenset({"std", "slope"})
"""Differences: a temperature's zero point drops out of them."""


@dataclass(frozen=True)
class Feature:
    """One column of the table of pieces and its values, one a piece."""

    column: Column
    values: pl.Series


def describe(
    table: Table, column: Column, statistic: Statistic = "value", window: str | None = None, *, tag: str = ""
) -> Column:
    """The column that a statistic of another column makes: its name, unit and origins."""
    name = "|".join(part for part in (table.name, column.name, "" if statistic == "value" else statistic, tag) if part)
    made = replace(column, name=name, statistic=statistic, window=window)
    if statistic in _SPANS or statistic in ("amount", "sum"):
        made = replace(made, offset=0.0)
    if statistic == "slope":
        return _per(made, "/h")
    if statistic == "amount":
        return _per(made, ".s")
    if statistic in ("count", "duration"):
        return replace(made, kind="number", unit="s" if statistic == "duration" else None,
                       unit_read="s" if statistic == "duration" else None, factor=1.0, offset=0.0)  # fmt: skip
    return made


def _per(column: Column, more: str) -> Column:
    return replace(
        column,
        unit=None if column.unit is None else column.unit + more,
        unit_read=None if column.unit_read is None else column.unit_read + more,
    )


def when_known(feature: Feature, known: Known, reason: Message | None) -> Feature:
    """The same feature with another moment of being known."""
    return Feature(replace(feature.column, known=known, known_reason=reason), feature.values)


def as_stated(feature: Feature, stated: Mapping[str, str]) -> Feature:
    """The feature as plant.toml says it is known; ``stated`` maps ``file:column`` to ``before`` or ``after``."""
    for origin in feature.column.origins:
        said = next((stated[spot] for spot in origin.spots if spot in stated), None)
        if said == "before":
            return when_known(feature, "before", Message("stated in plant.toml"))
        if said == "after":
            return when_known(feature, "after", Message("stated in plant.toml"))
    return feature
