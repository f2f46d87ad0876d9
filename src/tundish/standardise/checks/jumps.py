"""Does a signal make a step that its own noise cannot?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tundish.errors import Message
from tundish.standardise.meaning import Meant
from tundish.standardise.sheet import Floats, Mask, Odd, Places, Sheet

_FEWEST = 200
_LIVELY = 0.5
_MOST = 10
"""Steps of a signal, at most, that can be called impossible; with more of them such steps are its nature."""
_APART = 3.0
"""Least ratio of an impossible step to the greatest of the others."""
_NOISE = 6.0
"""Least ratio of an impossible step to the usual one (95th percentile)."""
_BACK = 3
"""Rows within which a spike is over."""
_SHIFTS = 2
"""Shifts of a signal, at most, that are a fault; one that shifts again and again follows the product."""
_HELD = 0.02
"""Greatest share of rows in which a set-point is turned."""
_TOGETHER = 2
"""Signals that step within few rows of each other show that something happened on the line."""


def check(sheet: Sheet) -> Iterator[Odd]:
    """Spikes and shifts of single signals in a log, where no other signal steps with them."""
    if not sheet.log:
        return
    found = {one.column.name: (one, steps) for one, values in sheet.numbers if len(steps := _steps(values))}
    held = [turns for one, values in sheet.numbers if len(turns := _turns(values))] if found else []
    for name, (one, steps) in found.items():
        others = [*held, *(at for other, (_, at) in found.items() if other != name)]
        where = _alone(sheet.values[name], steps, others)
        if where.any():
            yield _jump(sheet, one, where)


def _steps(values: Floats) -> Places:
    """Rows into which the signal steps as it never does elsewhere."""
    none = np.empty(0, dtype=np.intp)
    rows = np.flatnonzero(np.isfinite(values))
    if len(rows) < _FEWEST:
        return none
    sizes = np.abs(np.diff(values[rows]))
    if float((sizes > 0).mean()) < _LIVELY:
        return none
    most = min(_MOST + 1, len(sizes) - 1)
    greatest = np.argpartition(sizes, -most)[-most:]
    greatest = greatest[np.argsort(-sizes[greatest])]
    ratio = sizes[greatest[:-1]] / np.maximum(sizes[greatest[1:]], 1e-300)
    apart = np.flatnonzero(ratio >= _APART)
    if not len(apart):
        return none
    count = int(apart[-1]) + 1
    usual = float(np.partition(sizes, int(0.95 * len(sizes)))[int(0.95 * len(sizes))])
    if sizes[greatest[count - 1]] < _NOISE * usual:
        return none
    return np.asarray(rows[np.sort(greatest[:count]) + 1])


def _turns(values: Floats) -> Places:
    """Rows in which a value that is held for long, such as a set-point, is turned."""
    rows = np.flatnonzero(np.isfinite(values))
    turned = rows[1:][np.diff(values[rows]) != 0]
    return np.asarray(turned) if len(turned) <= _HELD * len(rows) else np.empty(0, dtype=np.intp)


def _alone(values: Floats, steps: Places, others: list[Places]) -> Mask:
    """The odd rows: all of a spike, the first row of a shift; none where other signals step too or the line stops."""
    where = np.zeros(len(values), dtype=np.bool_)
    used: set[int] = set()
    shifts: list[int] = []
    for i, at in enumerate(steps.tolist()):
        if i in used or any(len(other) and int(np.abs(other - at).min()) <= _TOGETHER for other in others):
            continue
        back = int(steps[i + 1]) if i + 1 < len(steps) else None
        if back is not None and back - at <= _BACK:
            where[at:back] = np.isfinite(values[at:back])
            used.add(i + 1)
        elif values[at] != 0 and _before(values, at) != 0:
            shifts.append(at)
    if len(shifts) <= _SHIFTS:
        where[shifts] = True
    return where


def _before(values: Floats, at: int) -> float:
    rows = np.flatnonzero(np.isfinite(values[max(0, at - 50) : at]))
    return float(values[max(0, at - 50) + rows[-1]]) if len(rows) else np.nan


def _jump(sheet: Sheet, one: Meant, where: Mask) -> Odd:
    values = sheet.values[one.column.name]
    known = values[np.isfinite(values) & ~where]
    usual = float(np.quantile(np.abs(np.diff(known)), 0.99))
    at = int(np.flatnonzero(where)[0])
    message = Message(
        "The signal jumps by {size} {unit} from one row to the next, where {usual} is much; no other signal moves with it. "
        "The values are kept.",
        size=f"{abs(float(values[at]) - _before(values, at)):.4g}",
        unit=one.column.unit_read or "",
        usual=f"{usual:.3g}",
    )
    hint = Message("Check the sensor, its wiring and its scaling at these rows.")
    return Odd("jump", "info", message, one, where, hint, drawn=True)
