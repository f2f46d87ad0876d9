"""Did a clock jump back inside a file? The order of the rows tells, and puts the times right.

A log is written row after row, so its stamps only grow. Where they step back, either rows were put into the file out of order
(then they fill a hole in the rest) or the clock was set back or lost its battery (then they lie beside or over the rest).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from tundish.errors import Message
from tundish.table import ROW, ROWS_SHOWN, SOURCE, Finding, Origin, Repair, Table
from tundish.trace.stamps import NEVER, SECOND, Stamps, as_times, spacing, spread, stamp_column, stamps
from tundish.vocabulary import Catalogue

LEAST_ROWS = 200
"""A table with fewer rows is no recorder's log."""
SHUFFLED = 0.01
"""Share of steps back from which on rows stand in another order than time."""
MOST_BACKS = 20
"""Steps back from which on a file is not in the order of its writing."""
_LEAST_BACK_US = 5 * SECOND
_STEPS = 3.0
"""Usual steps of the log that rows may lie apart and still adjoin."""
_FAR_US = 30 * 86_400 * SECOND
"""Longer than a line is stopped for a yearly repair."""
_RETURN = 0.02
"""Share of what a clock jumped by, by which its return may miss."""


def mend_times(tables: Sequence[Table], catalogue: Catalogue) -> tuple[Table, ...]:
    """The tables with stamps put right where a recorder's clock jumped back, each change a ``Repair`` in its table.

    Rows go on where the clock left off, one usual step later, until the clock returns to what it had shown. Rows that only
    stand in another order are left as they are. A log with too many steps back is left alone with a finding that says so.
    """
    return tuple(_mended(table, catalogue) for table in tables)


def _mended(table: Table, catalogue: Catalogue) -> Table:
    column = stamp_column(table, catalogue)
    if column is None or not any(c.kind == "number" for c in table.columns):
        return table
    written = stamps(table, column.name)
    source = table.frame[SOURCE].to_numpy() if SOURCE in table.frame.columns else np.zeros(written.size, dtype=np.int64)
    righted = written.copy()
    repairs: list[Repair] = []
    findings: list[Finding] = []
    for number in np.unique(source):
        rows = np.flatnonzero((source == number) & (written != NEVER))
        shifts = _judged(spread(written[rows]))
        origin = replace(_origin(table, int(number)), column=column.header)
        if isinstance(shifts, int):
            findings.append(_unordered(origin, shifts))
        elif shifts is not None:
            righted[rows] += shifts
            repairs += _repairs(table, origin, written, righted, rows[shifts != 0])
        findings += _far_ahead(table, origin, righted, rows)
        findings += _timeless(table, origin, written, np.flatnonzero(source == number))
    if not repairs:
        return table.adding(findings=findings)
    return replace(table, frame=table.frame.with_columns(as_times(righted, column.name))).adding(
        findings=findings, repairs=repairs
    )


def _judged(times: Stamps) -> Stamps | int | None:
    """Microseconds to add to each row of one file; None if in order, how often it steps back if it cannot be mended."""
    if times.size < LEAST_ROWS:
        return None
    steps, step = np.diff(times), spacing(times)
    least = least_back(step)
    backs = int((steps < -least).sum())
    if step <= 0 or np.median(steps) <= 0 or not backs or (steps < 0).mean() > SHUFFLED:
        return None
    if backs > MOST_BACKS:
        return backs
    shifts = _shifts(times, step)
    if not shifts.any():
        return None
    return backs if (np.diff(times + shifts) < -least).any() else shifts


def _shifts(times: Stamps, step: float) -> Stamps:
    """Microseconds to add to each row, so that the stamps grow; 0 where the clock was right or rows only stand elsewhere."""
    cuts = breaks(times, step)
    firsts, lasts = np.append(0, cuts), np.append(cuts, times.size) - 1
    return np.repeat(shifts_of_stretches(times[firsts], times[lasts], step), lasts - firsts + 1)


def least_back(step: float) -> float:
    """Microseconds by which a stamp must step back, in a log of this usual step, to be more than a row out of order."""
    return max(_STEPS * step, float(_LEAST_BACK_US))


def breaks(times: Stamps, step: float) -> npt.NDArray[np.intp]:
    """Rows of a log before which it steps back, or on by more than it usually does."""
    steps = np.diff(times)
    return np.flatnonzero((steps < -least_back(step)) | (steps > _STEPS * step)) + 1


def shifts_of_stretches(begin: Stamps, end: Stamps, step: float) -> Stamps:
    """Microseconds to add to each stretch between two breaks, given its first and last stamp."""
    least = least_back(step)
    shift = np.zeros(begin.size, dtype=np.int64)
    for part in range(1, begin.size):
        before = int(end[part - 1] + shift[part - 1])
        if begin[part] >= end[part - 1]:
            away = shift[part - 1]
            back = _set_again(begin[part] - before, shift[:part], step)
            shift[part] = away if back is None else back
        elif not _fills_hole(begin, end, part, least):
            ahead = _ahead(begin, end, shift, part, step)
            if ahead is not None:
                shift[ahead:part] += end[ahead - 1] + shift[ahead - 1] + round(step) - begin[ahead] - shift[ahead]
                back = _set_again(begin[part] - int(end[part - 1] + shift[part - 1]), shift[:part], step)
                shift[part] = 0 if back is None else back
            else:
                shift[part] = before + round(step) - begin[part]
    return shift


def _set_again(behind: int, earlier: Stamps, step: float) -> int | None:
    """One of the shifts that the clock had before, when with it the log goes on where it left off: it was set right again.

    ``behind``: microseconds from where the log left off to what the clock now shows; ``earlier``: the shifts so far.
    """
    away = int(earlier[-1])
    for shift in dict.fromkeys([*earlier[::-1].tolist(), 0]):
        late = behind + shift
        if shift != away and -2 * step < late < max(20 * step, _RETURN * abs(away - shift)):
            return int(shift)
    return None


def _fills_hole(begin: Stamps, end: Stamps, part: int, least: float) -> bool:
    """Whether a part that steps back lies without overlap between two others and adjoins the later one: rows out of order."""
    others = np.arange(begin.size) != part
    over = (begin[others] < end[part]) & (end[others] > begin[part])
    later = begin[others][begin[others] >= end[part]]
    return bool(not over.any() and later.size and later.min() - end[part] <= least)


def _ahead(begin: Stamps, end: Stamps, shift: Stamps, part: int, step: float) -> int | None:
    """The part at which the clock had jumped ahead, when this one goes on where it would stand without that jump."""
    for first in range(part - 1, 0, -1):
        lasted = int(end[first:part][-1] - begin[first])
        due = int(end[first - 1] + shift[first - 1]) + lasted
        if begin[first] - end[first - 1] > 3600 * SECOND and abs(int(begin[part]) - due) <= max(
            60 * SECOND, 0.02 * lasted, 20 * step
        ):
            return first
    return None


def _repairs(table: Table, origin: Origin, written: Stamps, righted: Stamps, rows: npt.NDArray[np.intp]) -> list[Repair]:
    """One repair for each run of rows moved by the same time."""
    numbers = table.frame[ROW].to_numpy() if ROW in table.frame.columns else np.arange(table.frame.height) + 1
    by = righted[rows] - written[rows]
    runs = np.split(np.arange(rows.size), np.flatnonzero((np.diff(by) != 0) | (np.diff(rows) > 1)) + 1)
    repairs = []
    for run in runs:
        first = int(rows[run[0]])
        text = Message(
            "The clock of {file} jumped by {back:+.0f} s at row {row}; {count} rows were put where they belong by their order.",
            file=origin.file, back=-float(by[run[0]]) / SECOND, row=int(numbers[first]), count=int(run.size),
        )  # fmt: skip
        before, after = (str(as_times(times[first : first + 1], "t")[0]) for times in (written, righted))
        spot = replace(origin, row=int(numbers[first]))
        where = tuple(int(numbers[rows[n]]) for n in run[:ROWS_SHOWN])
        repairs.append(Repair("clock_went_back", text, spot, int(run.size), before, after, where))
    return repairs


def _unordered(origin: Origin, count: int) -> Finding:
    text = Message(
        "{file}: the times go back {count} times and cannot be put in order, so rows may stand at wrong times. "
        "Export the log again, in the order of its writing.",
        file=origin.file,
        count=count,
    )
    return Finding("clock_unordered", "error", text, origin, count)


def _far_ahead(table: Table, origin: Origin, times: Stamps, rows: npt.NDArray[np.intp]) -> list[Finding]:
    """Where a log goes on so much later that its clock may have been set ahead for good: its order cannot tell."""
    text = (
        "At row {row} the times of {file} go on {days} days later: the log stood still, or its clock was set ahead. If it was "
        "the clock, the rows from there on are not found in the pieces they belong to; export them with the right time."
    )
    far = np.flatnonzero(np.diff(times[rows]) > _FAR_US) + 1 if rows.size >= LEAST_ROWS else rows[:0]
    return [
        Finding("clock_far_ahead", "warning", Message(text, file=origin.file, row=row, days=days), replace(origin, row=row))
        for place in far[:ROWS_SHOWN].tolist()
        for row in [_row(table, int(rows[place]))]
        for days in [round((times[rows[place]] - times[rows[place - 1]]) / (86_400 * SECOND))]
    ]


def _timeless(table: Table, origin: Origin, written: Stamps, rows: npt.NDArray[np.intp]) -> list[Finding]:
    """Rows that cannot be laid along any piece."""
    without = rows[written[rows] == NEVER]
    if not without.size:
        return []
    text = (
        "{file}: {count} rows have no time, the first in row {row}; what they measured belongs to no piece. Export them again."
    )
    first = _row(table, int(without[0]))
    message = Message(text, file=origin.file, count=int(without.size), row=first)
    shown = tuple(_row(table, place) for place in without[:ROWS_SHOWN].tolist())
    return [Finding("rows_without_time", "warning", message, replace(origin, row=first), int(without.size), shown)]


def _row(table: Table, place: int) -> int:
    return int(table.frame[ROW][place]) if ROW in table.frame.columns else place + 1


def _origin(table: Table, number: int) -> Origin:
    return table.origins[number] if number < len(table.origins) else Origin(table.name)
