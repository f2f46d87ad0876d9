"""Does what comes out of a row balance what went in: mass, pieces, yield ratio?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tundish.errors import Message
from tundish.standardise.meaning import Meant
from tundish.standardise.sheet import Floats, Mask, Odd, Sheet

_FEWEST = 10
_BALANCED = 0.7
"""Least share of rows that must balance before the others are called wrong: else a part is not in the table."""
_OFF = 0.01
_OUT = ("production.mass", "product.weight")
_SCRAP = ("production.scrap_mass", "production.crop_mass", "production.loss_mass")
_RATIOS = (
    ("production.mass", "production.input_mass", "production.recovery"),
    ("mechanical.yield_strength", "mechanical.tensile_strength", "mechanical.yield_ratio"),
    ("production.bad_quantity", "production.quantity", "inspection.defect_rate"),
)
"""Part, whole, and the stated ratio in %."""


def check(sheet: Sheet) -> Iterator[Odd]:
    """Rows whose parts do not give the whole."""
    whole, good, bad = (sheet.one(f"production.{name}") for name in ("quantity", "good_quantity", "bad_quantity"))
    if whole and good and bad:
        yield from _unbalanced(sheet, whole, [good, bad])
    given, made = sheet.one("production.input_mass"), sheet.one(*_OUT)
    scrap = [one for concept in _SCRAP for one in sheet.of(concept)]
    if given and made and scrap:
        yield from _unbalanced(sheet, given, [made, *scrap])
    elif given and made:
        yield from _more_out(sheet, given, made)
    for part, of, stated in _RATIOS:
        for a, b, ratio in sheet.stated(part, of, stated):
            yield from _ratio(sheet, a, b, ratio)


def _unbalanced(sheet: Sheet, whole: Meant, parts: Sequence[Meant]) -> Iterator[Odd]:
    given, made = sheet.si(whole), sum((sheet.si(one) for one in parts), np.zeros(sheet.height))
    where, balanced = _differ(given, made)
    if not where.any() or balanced < _BALANCED:
        return
    message = Message(
        "{whole} is not the sum of {parts}.", whole=whole.read.header, parts=", ".join(one.read.header for one in parts)
    )
    hint = Message("Check the amounts of these rows; a part may be missing or counted twice.")
    wanted = (made - whole.column.offset) / whole.column.factor
    yield Odd("mass_balance", "warning", message, whole, where, hint, wanted=wanted, beside=tuple(parts), claims=False)


def _more_out(sheet: Sheet, given: Meant, made: Meant) -> Iterator[Odd]:
    before, after = sheet.si(given), sheet.si(made)
    with np.errstate(invalid="ignore"):
        where = after > before * (1 + _OFF)
    known = np.isfinite(before) & np.isfinite(after)
    if not where.any() or where[known].mean() > 1 - _BALANCED:
        return
    message = Message("More came out ({made}) than went in ({given}).", made=made.read.header, given=given.read.header)
    hint = Message("Check the amounts of these rows; a part may be missing or counted twice.")
    yield Odd(
        "mass_balance",
        "warning",
        message,
        made,
        where,
        hint,
        expected=f"≤ {given.read.header}",
        beside=(given,),
        claims=False,
    )


def _ratio(sheet: Sheet, part: Meant, whole: Meant, stated: Meant) -> Iterator[Odd]:
    with np.errstate(divide="ignore", invalid="ignore"):
        made = 100.0 * np.where(sheet.si(whole) != 0, sheet.si(part) / sheet.si(whole), np.nan)
    off = np.abs(sheet.si(stated) - made)
    known = np.isfinite(off)
    if int(known.sum()) < _FEWEST or float((off[known] <= 1.0).mean()) < _BALANCED:
        return
    where = known & (off > 1.5)
    if not where.any():
        return
    text = "{ratio} is not {part} over {whole}."
    message = Message(text, ratio=stated.read.header, part=part.read.header, whole=whole.read.header)
    hint = Message("Check the three values of these rows in the original record.")
    wanted = (made - stated.column.offset) / stated.column.factor
    yield Odd("ratio_differs", "warning", message, stated, where, hint, wanted=wanted, beside=(part, whole), claims=False)


def _differ(given: Floats, made: Floats) -> tuple[Mask, float]:
    """Rows in which the two differ, and the share of rows in which they agree."""
    known = np.isfinite(given) & np.isfinite(made)
    if int(known.sum()) < _FEWEST:
        return np.zeros(len(given), dtype=np.bool_), 0.0
    with np.errstate(invalid="ignore"):
        where = known & (np.abs(given - made) > _OFF * np.maximum(np.abs(given), np.abs(made)))
    return where, 1.0 - float(where[known].mean())
