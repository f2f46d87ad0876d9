"""Does a sensor stand still while the line runs?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tundish.errors import Message
from tundish.standardise.meaning import Meant
from tundish.standardise.sheet import Mask, Odd, Sheet
from tundish.standardise.standstills import Standstill, standstills


def check(sheet: Sheet) -> Iterator[Odd]:
    """Frozen stretches of a log are set aside; at rest, or in a table of pieces, they are only shown."""
    columns = {one.column.name: one for one, _ in sheet.numbers if one.concept is None or one.concept.aspect != "setpoint"}
    for name, stretches in standstills({name: sheet.values[name] for name in columns}).items():
        one = columns[name]
        sure = [stretch for stretch in stretches if not stretch.resting]
        resting = [stretch for stretch in stretches if stretch.resting]
        if sure:
            yield _copied_down(sheet, one, sure) if sheet.pieces else _frozen(sheet, one, sure)
        if resting and not sheet.pieces:
            yield _at_rest(sheet, one, resting)


def _where(sheet: Sheet, one: Meant, stretches: Sequence[Standstill]) -> Mask:
    where = np.zeros(sheet.height, dtype=np.bool_)
    for stretch in stretches:
        where[stretch.start : stretch.stop] = True
    return where & np.isfinite(sheet.values[one.column.name])


def _said(sheet: Sheet, one: Meant, stretches: Sequence[Standstill]) -> dict[str, object]:
    longest = max(stretches, key=lambda stretch: stretch.stop - stretch.start)
    return {
        "stretches": len(stretches),
        "value": f"{sheet.values[one.column.name][longest.start]:g}",
        "first": int(sheet.export.rows[longest.start]),
        "last": int(sheet.export.rows[longest.stop - 1]),
    }


def _frozen(sheet: Sheet, one: Meant, stretches: Sequence[Standstill]) -> Odd:
    message = Message(
        "The signal changes nearly every row but stands still in {stretches} stretches, "
        "the longest at {value} from row {first} to row {last}. These cells are left empty. Check the sensor.",
        **_said(sheet, one, stretches),
    )
    hint = Message("Check the sensor and its wiring. If the values are true, decide so in the quarantine file.")
    where = _where(sheet, one, stretches)
    return Odd("frozen", "warning", message, one, where, hint, impossible=True, drawn=True)


def _at_rest(sheet: Sheet, one: Meant, stretches: Sequence[Standstill]) -> Odd:
    message = Message(
        "The signal changes nearly every row but stands at {value} from row {first} to row {last}, "
        "while other signals go on. These cells are kept.",
        **_said(sheet, one, stretches),
    )
    hint = Message("If nothing was switched off then, check the sensor; write the times into the log of the line.")
    where = _where(sheet, one, stretches)
    return Odd("frozen_at_rest", "warning", message, one, where, hint, drawn=True)


def _copied_down(sheet: Sheet, one: Meant, stretches: Sequence[Standstill]) -> Odd:
    where = _where(sheet, one, stretches)
    message = Message(
        "The value changes from piece to piece but stays the same in {stretches} stretches, {rows} pieces in all. "
        "They are kept; check whether the value was copied down.",
        stretches=len(stretches),
        rows=int(where.sum()),
    )
    hint = Message("Compare some of these pieces with the original record.")
    return Odd("copied_down", "info", message, one, where, hint, drawn=True)
