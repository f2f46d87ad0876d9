"""When was each row of a log written, by a clock put right?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tundish.table import SOURCE, Table
from tundish.trace.pieces import Clock
from tundish.trace.stamps import NEVER, SECOND, Stamps, stamps

_SET_BACK = SECOND
_NEAR_JUMP = 600 * SECOND
"""A step back in the rows this near to a jump of the clock is that jump. In microseconds."""


def spread(times: Stamps) -> Stamps:
    """Times in order, rows of one stamp laid evenly up to the next: ten rows a second often bear whole seconds."""
    first = np.flatnonzero(np.concatenate(([True], np.diff(times) > 0))) if times.size else np.zeros(0, np.int64)
    if first.size in (times.size, 0, 1):
        return times
    counts = np.diff(np.append(first, times.size))
    steps = np.diff(times[first])
    usual = float(np.median(steps))
    steps = np.minimum(np.append(steps, usual), usual)
    place = np.arange(times.size) - np.repeat(first, counts)
    return np.asarray(times + (place * np.repeat(steps / counts, counts)).astype(np.int64))


def right_times(table: Table, column: str, clocks: Mapping[str, Clock]) -> Stamps:
    """Times of a table's rows, in microseconds, each file's put right by its clock."""
    read = stamps(table, column)
    source = table.frame[SOURCE].to_numpy() if SOURCE in table.frame.columns else np.zeros(read.size, np.int64)
    right = read.copy()
    for number, origin in enumerate(table.origins):
        clock = next((clocks[place] for place in (*origin.places, table.name) if place in clocks), None)
        if clock is not None:
            mine = (source == number) & (read != NEVER)
            right[mine] = _put_right(read[mine], clock)
    return right


def _put_right(read: Stamps, clock: Clock) -> Stamps:
    """Right times of a file's rows; where its clock was set back, rows tell which of two equal readings came first."""
    back = np.flatnonzero(np.diff(read) < -_SET_BACK) + 1
    right = clock.right(read)
    for jump in clock.jumps:
        near = back[np.abs(read[back - 1] - jump.at) < _NEAR_JUMP] if back.size else back
        if near.size != 1:
            continue
        row = int(near[0])
        # before and behind the jump the clock ran on as it did far from it
        early = np.flatnonzero(read[:row] >= jump.at)
        late = row + np.flatnonzero(read[row:] < jump.at)
        right[early] = clock.right(np.full(early.size, jump.at - 1)) + (read[early] - jump.at + 1)
        right[late] = clock.right(np.full(late.size, jump.at)) + (read[late] - jump.at)
    return right
