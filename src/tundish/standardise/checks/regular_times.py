"""Were the times of pieces counted instead of measured?"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from tundish.errors import Message
from tundish.standardise.sheet import Odd, Sheet

_FEWEST = 20


def check(sheet: Sheet) -> Iterator[Odd]:
    """Pieces do not come by the metronome; a log does."""
    for one in sheet.columns:
        if not sheet.pieces or one.read.kind != "time" or len(one.read.values) < _FEWEST or one.read.span == "date":
            continue
        steps = one.read.values.cast(pl.Int64).diff().drop_nulls()
        if len(steps) >= _FEWEST and steps.n_unique() == 1 and steps[0] != 0:
            message = Message(
                "The times of all pieces are exactly {step_s} s apart: they were counted, not measured.",
                step_s=round(steps[0] / 1e6, 3),
            )
            hint = Message("Export the time that the line itself wrote down.")
            yield Odd("regular_times", "info", message, one, None, hint, count=len(steps))
