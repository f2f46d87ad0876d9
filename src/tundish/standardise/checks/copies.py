"""Is a column the copy of another, so that one of the two was not measured?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tundish.errors import Message
from tundish.standardise.meaning import Meant
from tundish.standardise.sheet import Floats, Odd, Sheet

_FEWEST = 20
_SAME = 0.999
_GLANCE = 64
_FEW_SEEN = 8


def check(sheet: Sheet) -> Iterator[Odd]:
    """Pairs of columns that are equal nearly everywhere."""
    numbers = [(one, sheet.si(one)) for one, _ in sheet.numbers]
    moving = [
        (one, values)
        for one, values in numbers
        if len(np.unique(values[np.isfinite(values)][:: max(1, len(values) // 997)])) >= 3
    ]
    for (first, a), (second, b) in _alike(moving):
        if len(a) >= _FEWEST and _same(a, b):
            equal = int((a == b).sum())
            message = Message(
                "{column} copies {other}: equal in {equal} of {rows} rows. One of the two was not measured.",
                column=second.read.header,
                other=first.read.header,
                equal=equal,
                rows=int((np.isfinite(a) | np.isfinite(b)).sum()),
            )
            hint = Message("Find out which of the two is measured, and leave the other out of the export.")
            yield Odd("copy", "warning", message, second, None, hint, count=equal)


def _alike(columns: Sequence[tuple[Meant, Floats]]) -> Iterator[tuple[tuple[Meant, Floats], tuple[Meant, Floats]]]:
    """Pairs of columns worth comparing row by row: equal in most of a few rows, or too seldom known there to tell."""
    if not columns:
        return
    seen = np.stack([values[np.linspace(0, len(values) - 1, _GLANCE).astype(np.int64)] for _, values in columns])
    known = np.isfinite(seen)
    for index, column in enumerate(columns):
        either = (known[index] | known[index + 1 :]).sum(axis=1)
        equal = (seen[index] == seen[index + 1 :]).sum(axis=1)
        for other in np.flatnonzero((equal >= 0.8 * either) | (either < _FEW_SEEN)).tolist():
            yield column, columns[index + 1 + other]


def _same(a: Floats, b: Floats) -> bool:
    """Equal nearly everywhere, and also where the values are not the commonest one."""
    step = max(1, len(a) // 997)
    for x, y in ((a[::step], b[::step]), (a, b)):
        known = np.isfinite(x) | np.isfinite(y)
        if known.sum() < _FEWEST or (x == y)[known].mean() < (_SAME if step == 1 or len(x) == len(a) else 0.99):
            return False
    known = np.isfinite(a) & np.isfinite(b)
    levels, counts = np.unique(a[known], return_counts=True)
    rare = known & (a != levels[counts.argmax()])
    return bool(rare.sum() >= _FEWEST and (a == b)[rare].mean() >= 0.99)
