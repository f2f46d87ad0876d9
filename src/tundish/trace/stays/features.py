"""What is a feature called, in which unit is it, and when is it known?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from tundish.errors import Message
from tundish.table import Column, Known, Statistic, Table
from tundish.trace.stays.segments import Floats
from tundish.vocabulary import Catalogue

_SPANS: frozenset[Statistic] = frozenset({"std", "slope"})
"""Differences: a temperature's zero point drops out of them."""
_USUAL: tuple[Statistic, ...] = ("mean", "std", "min", "max", "slope")
_OF_NUMBERS: frozenset[Statistic] = frozenset(("mean", "std", "min", "max", "first", "last", "slope", "sum"))


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


def statistics_of(column: Column, catalogue: Catalogue) -> tuple[Statistic, ...]:
    """Which statistics suit what the column means."""
    meant = () if column.concept is None else catalogue.concept(column.concept).aggregate
    return tuple(statistic for statistic in meant if statistic in _OF_NUMBERS) or _USUAL


def is_counter(known: int, downs: int, ups: int) -> bool:
    """A meter that only adds up, but for resets: its reading tells the time, what it gained tells of the piece.

    ``known`` readings in order of time, with so many steps down and up between them.
    """
    return known >= 100 and downs <= 0.002 * (known - 1) and ups >= 0.2 * (known - 1)


def consumed(table: Table, column: Column, first: Floats, last: Floats) -> Feature:
    """What a meter gained from its first reading to its last; nothing where it was set back in between."""
    gained = last - first
    return Feature(describe(table, column, "sum", "stay"), pl.Series(np.where(gained >= 0, gained, np.nan)).fill_nan(None))
