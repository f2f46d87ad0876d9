"""Which signal tells how fast the material runs on a line, and in which unit where its header names none?"""

from __future__ import annotations

import math

from tundish.table import Column, Table
from tundish.vocabulary import Catalogue

_OF_STRIP = (
    "speed", "line_speed", "exit_speed", "entry_speed", "threading_speed", "rolling_speed", "skinpass_speed",
    "withdrawal_speed", "welding_speed", "patenting_speed", "belt_speed",
)  # fmt: skip
"""Words of concepts that tell how fast the material runs, the surest first."""
UNITS = (60.0, 60.0 / 0.3048, 1_000.0, 60_000.0)
"""How many times larger a speed's number is than in m/s: in m/min, ft/min, mm/s, mm/min."""


def strip_speed(table: Table, catalogue: Catalogue) -> Column | None:
    """The speed of the material: of the line as a whole before that of its exit, its entry, its rolls."""

    def rank(column: Column) -> int | None:
        if column.concept is None or table.frame[column.name].null_count() > 0.5 * table.frame.height:
            return None
        concept = catalogue.concept(column.concept)
        if concept.quantity != "speed" or concept.setpoint_of is not None or concept.aspect != "actual":
            return None
        word = concept.id.partition(".")[2]
        return _OF_STRIP.index(word) if word in _OF_STRIP else None

    ranked = [(place, number) for number, column in enumerate(table.of_kind("number")) if (place := rank(column)) is not None]
    return table.of_kind("number")[min(ranked)[1]] if ranked else None


def entry_speed(table: Table) -> Column | None:
    """The speed of what comes in, where it is logged too."""
    return next((column for column in table.of_kind("number") if (column.concept or "").endswith(".entry_speed")), None)


def exit_speed(table: Table) -> Column | None:
    """The speed of what goes out, where it is logged too."""
    return next((column for column in table.of_kind("number") if (column.concept or "").endswith(".exit_speed")), None)


def nearest_unit(scale: float) -> float:
    """The unit, in its numbers a m/s, that a speed ``scale`` times too large is nearest to."""
    return min(UNITS, key=lambda unit: abs(math.log(scale / unit)) if scale > 0 else math.inf)
