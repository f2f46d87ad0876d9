"""Which signal tells how fast the material runs on a line, and in which unit where its header names none?"""

from __future__ import annotations

import math
import re
from typing import Literal

from tundish.table import Column, Table
from tundish.vocabulary import Catalogue

_OF_STRIP = (
    "speed", "line_speed", "exit_speed", "entry_speed", "threading_speed", "rolling_speed", "skinpass_speed",
    "withdrawal_speed", "welding_speed", "patenting_speed", "belt_speed",
)  # fmt: skip
"""Words of concepts that tell how fast the material runs, the surest first."""
End = Literal["entry", "centre", "exit"]
"""A section of a line: accumulators (loopers) let each run at a speed of its own."""
_WORDS: dict[End, tuple[str, ...]] = {
    "entry": ("entry", "ent", "en", "input", "in", "inlet", "입측", "입구", "입구측"),
    "exit": ("exit", "ext", "ex", "output", "out", "outlet", "delivery", "del", "출측", "출구", "출구측"),
    "centre": ("process", "proc", "pr", "prc", "centre", "center", "furnace", "fce", "중앙", "로", "산세조", "도금"),
}
UNITS = (60.0, 60.0 / 0.3048, 1_000.0, 60_000.0)
"""How many times larger a speed's number is than in m/s: in m/min, ft/min, mm/s, mm/min."""


def strip_speed(table: Table, catalogue: Catalogue) -> Column | None:
    """The speed of the material: of the line as a whole before that of its exit, its entry, its rolls."""
    return next(iter(strip_speeds(table, catalogue)), None)


def strip_speeds(table: Table, catalogue: Catalogue) -> list[Column]:
    """All speeds of the material, the surest first."""

    def rank(column: Column) -> int | None:
        if column.concept is None or table.frame[column.name].null_count() > 0.5 * table.frame.height:
            return None
        concept = catalogue.concept(column.concept)
        if concept.quantity != "speed" or concept.setpoint_of is not None or concept.aspect != "actual":
            return None
        word = concept.id.partition(".")[2]
        return _OF_STRIP.index(word) if word in _OF_STRIP else None

    numbers = table.of_kind("number")
    ranked = [(place, number) for number, column in enumerate(numbers) if (place := rank(column)) is not None]
    return [numbers[number] for _, number in sorted(ranked)]


def end_of(column: Column) -> End | None:
    """The section of a line that a signal names: by its concept, else by the first word of its header that tells one."""
    concept = (column.concept or "").rpartition(".")[2].partition("_")[0]
    said = [concept, *(column.position or "").split("-"), *re.findall(r"[a-z]+|[가-힣]+", " ".join(column.headers).lower())]
    for word in said:
        for end, words in _WORDS.items():
            if word in words or any(len(one) > 1 and not one.isascii() and word.startswith(one) for one in words):
                return end
    return None


def entry_speed(table: Table) -> Column | None:
    """The speed of what comes in, where it is logged too."""
    return next((column for column in table.of_kind("number") if (column.concept or "").endswith(".entry_speed")), None)


def exit_speed(table: Table) -> Column | None:
    """The speed of what goes out, where it is logged too."""
    return next((column for column in table.of_kind("number") if (column.concept or "").endswith(".exit_speed")), None)


def nearest_unit(scale: float) -> float:
    """The unit, in its numbers a m/s, that a speed ``scale`` times too large is nearest to."""
    return min(UNITS, key=lambda unit: abs(math.log(scale / unit)) if scale > 0 else math.inf)
