"""Which single values lie so far from all others that they cannot be of the same quantity?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tundish.errors import Message
from tundish.standardise.sheet import Odd, Sheet
from tundish.standardise.values.gaps import All, outliers


def check(sheet: Sheet) -> Iterator[Odd]:
    """Single values twenty times the span of all others away from them."""
    for one, values in sheet.numbers:
        for value in outliers(All.known(values)):
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
