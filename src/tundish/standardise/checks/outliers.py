"""Which single values lie so far from all others that they cannot be of the same quantity?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tundish.errors import Message
from tundish.standardise.sheet import Odd, Sheet
from tundish.standardise.values.gaps import Floats, outliers

_FAR = 20
_LEVELS = 10
"""Fewer levels than these are those of a switch or a count, of which more may come."""


def check(sheet: Sheet) -> Iterator[Odd]:
    """Single values twenty times the span of all others away from them."""
    for one, values in sheet.numbers:
        for value in outliers(values):
            where = values == value
            rest = values[~where & np.isfinite(values)]
            low, high = f"{rest.min():g}", f"{rest.max():g}"
            message = Message(
                "{value} cannot be true: all other values lie between {low} and {high}. The cell is left empty.",
                value=f"{value:g}",
                low=low,
                high=high,
            )
            hint = Message("Look at the original record and write the true value into the quarantine file.")
            band = (float(rest.min()), float(rest.max()))
            expected = f"{low} ~ {high}"
            yield Odd(
                "outlier", "warning", message, one, where, hint, expected=expected, impossible=True, drawn=True, band=band
            )


def far_beyond(values: Floats) -> tuple[float, float] | None:
    """From where to where a value can be of the quantity that was seen; None when too little was seen to tell.

    Farther than twenty times the span of all values seen lies none of them.
    """
    odd = outliers(values)
    seen = values[np.isfinite(values) & ~np.isin(values, odd)]
    if len(np.unique(seen[:: max(1, len(seen) // 2000)])) < _LEVELS:
        return None
    span = float(np.ptp(seen))
    return float(seen.min()) - _FAR * span, float(seen.max()) + _FAR * span
