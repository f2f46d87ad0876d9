"""How do the stamps of a table read by the right clock of each of its files?"""

from __future__ import annotations

from dataclasses import replace

from tundish.errors import Message
from tundish.table import SOURCE, Table
from tundish.trace.base import origin_of
from tundish.trace.clocks.align import Aligned
from tundish.trace.pieces import Clock
from tundish.trace.stamps import as_times, stamp_column, stamps
from tundish.vocabulary import Catalogue


def righted(table: Table, aligned: Aligned, catalogue: Catalogue) -> tuple[Table, dict[str, Clock]]:
    """The table with its stamps put right file by file, where it has several; and the clock that it is then to be read by."""
    clocks = {clock.file: clock for clock in aligned.clocks}
    stamp = stamp_column(table, catalogue)
    if len(table.origins) < 2 or SOURCE not in table.frame.columns or stamp is None or table.parts:
        return table, clocks
    times, source = stamps(table, stamp.name), table.frame[SOURCE].to_numpy()
    for number, origin in enumerate(table.origins):
        rows = source == number
        if origin.file in clocks:
            times[rows] = clocks[origin.file].right(times[rows])
    file = origin_of(table).file
    right = Clock(file, 0.0, 0.0, 0.0, Message("put right file by file"))
    return replace(table, frame=table.frame.with_columns(as_times(times, stamp.name))), {file: right}
