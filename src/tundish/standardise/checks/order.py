"""Does the order of values in a row hold: minimum, mean, maximum; tensile above yield strength?"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from tundish.errors import Message
from tundish.standardise.meaning import Meant
from tundish.standardise.sheet import Odd, Sheet
from tundish.table import Statistic

_RISING: tuple[Statistic, ...] = ("min", "mean", "max")
_ROUNDING = 0.001
_TOO_MANY = 0.5


def check(sheet: Sheet) -> Iterator[Odd]:
    """Rows in which what must be less is greater."""
    yield from _statistics(sheet)
    for low, high in sheet.pairs("mechanical.yield_strength", "mechanical.tensile_strength"):
        yield from _turned(sheet, low, high)


def _statistics(sheet: Sheet) -> Iterator[Odd]:
    """Minimum, mean and maximum of one quantity at one place stand in this order."""
    groups: dict[tuple[str, str | None], dict[Statistic, list[Meant]]] = defaultdict(lambda: defaultdict(list))
    for one, _ in sheet.numbers:
        if one.column.concept and one.column.statistic in _RISING:
            groups[one.column.concept, one.column.position][one.column.statistic].append(one)
    for by_statistic in groups.values():
        rising = [by_statistic[name][0] for name in _RISING if len(by_statistic.get(name, ())) == 1]
        for low, high in itertools.pairwise(rising):
            if low.column.unit == high.column.unit:
                yield from _turned(sheet, low, high)


def _turned(sheet: Sheet, low: Meant, high: Meant) -> Iterator[Odd]:
    a, b = sheet.si(low), sheet.si(high)
    with np.errstate(invalid="ignore"):
        where = a > b + _ROUNDING * np.abs(b)
        known = int((np.isfinite(a) & np.isfinite(b)).sum())
    if not where.any():
        return
    hint = Message("Check both values in the original record; they may have been written into each other's column.")
    if int(where.sum()) > _TOO_MANY * known:
        message = Message(
            "{low} is greater than {high} in most rows: the columns may be exchanged, or mean something else.",
            low=low.read.header,
            high=high.read.header,
        )
    else:
        message = Message("{low} is greater than {high}, which cannot be.", low=low.read.header, high=high.read.header)
    yield Odd(
        "wrong_order",
        "warning",
        message,
        low,
        where,
        hint,
        expected=f"≤ {high.read.header}",
        beside=(high,),
        claims=False,
    )
