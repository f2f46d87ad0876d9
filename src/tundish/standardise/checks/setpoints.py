"""Does a set-point speak of the same unit as what it sets?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tundish.errors import Message
from tundish.standardise.sheet import Odd, Sheet

_FEWEST = 20
_FAR = 0.5


def check(sheet: Sheet) -> Iterator[Odd]:
    """Set-points that lie far from the actual value most of the time."""
    for one, values in sheet.numbers:
        if one.concept is None or one.concept.setpoint_of is None:
            continue
        for actual in sheet.of(one.concept.setpoint_of):
            if actual.column.position != one.column.position or actual.column.unit != one.column.unit:
                continue
            # In the unit of the set-point as read: in K a ratio would hide what ℃ and ℉ show.
            is_value = (sheet.si(actual) - one.column.offset) / one.column.factor
            both = np.isfinite(values) & np.isfinite(is_value) & (is_value != 0) & (values != 0)
            if int(both.sum()) < _FEWEST:
                continue
            ratio = float(np.median(values[both] / is_value[both]))
            if 1 - _FAR < ratio < 1 / (1 - _FAR):
                continue
            message = Message(
                "The set-point is {ratio} times the actual value ({actual}) most of the time: "
                "one of the two has another unit or means something else.",
                ratio=f"{ratio:.3g}",
                actual=actual.read.header,
            )
            hint = Message("Write the true unit under [units], or the true concept under [mapping], in plant.toml.")
            yield Odd("setpoint_differs", "warning", message, one, both, hint, beside=(actual,), claims=False)
