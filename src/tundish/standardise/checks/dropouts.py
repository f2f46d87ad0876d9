"""Where does a signal of a log hold nothing for long, though rows were written?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from tundish.errors import Message
from tundish.standardise.meaning import Meant
from tundish.standardise.sheet import Odd, Sheet

_LONG = 100
_ELSEWHERE = 0.05
"""Greatest share of empty cells outside of the long gap; a signal that is written now and then has no gap."""


def check(sheet: Sheet) -> Iterator[Odd]:
    """The longest empty stretch of each signal; signals that are empty together are told together."""
    if not sheet.log:
        return
    together: dict[tuple[int, int], list[Meant]] = defaultdict(list)
    for one, _ in sheet.numbers:
        if one.read.raw.null_count() >= _LONG:
            empty = one.read.raw.is_null().to_numpy()
            edges = np.flatnonzero(np.diff(np.r_[False, empty, False].astype(np.int8)))
            starts, stops = edges[::2], edges[1::2]
            longest = int((stops - starts).argmax())
            start, stop = int(starts[longest]), int(stops[longest])
            if stop - start >= _LONG and empty.sum() - (stop - start) <= _ELSEWHERE * len(empty):
                together[start, stop].append(one)
    for (start, stop), columns in together.items():
        where = np.zeros(sheet.height, dtype=np.bool_)
        where[start:stop] = True
        message = Message(
            "Nothing was written from row {first} to row {last}, though the rows are there: {columns}.",
            first=int(sheet.export.rows[start]),
            last=int(sheet.export.rows[stop - 1]),
            columns=", ".join(one.read.header for one in columns),
        )
        hint = Message("Check the line to the instrument; export the time again if it holds the values.")
        yield Odd("signal_gap", "info", message, columns[0], where, hint, claims=False, drawn=True)
