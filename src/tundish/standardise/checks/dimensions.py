"""Do dimensions agree with each other: weight and volume, entry and exit, reduction?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tundish.errors import Message
from tundish.standardise.meaning import Meant
from tundish.standardise.sheet import Floats, Odd, Sheet

_DENSITY = (6500.0, 9000.0)
"""[kg/m3] Steels, cast iron, copper and zinc lie between (EN 10088-1, ISO 4948: 7,600 to 8,100 for steels)."""
_STEEL = 7850.0
"""[kg/m3] Conventional density of carbon steel, EN 1991-1-1 table A.4."""
_LEAST_OFF = 0.05
_SIGMAS = 8.0
_TOO_MANY = 0.3
_FEWEST = 20
_THINNER = (
    ("rolling.entry_thickness", "rolling.exit_thickness"),
    ("cold_rolling.entry_thickness", "cold_rolling.exit_thickness"),
    ("product.slab_thickness", "product.thickness"),
    ("product.slab_thickness", "product.hot_thickness"),
    ("product.hot_thickness", "product.thickness"),
    ("drawing.entry_diameter", "drawing.exit_diameter"),
    ("product.diameter", "product.inner_diameter"),
)
"""What goes in is not thinner than what comes out; a tube's bore is less than the tube."""
_REDUCTIONS = (
    ("rolling.entry_thickness", "rolling.exit_thickness", "rolling.reduction", 1),
    ("product.hot_thickness", "product.thickness", "cold_rolling.reduction", 1),
    ("cold_rolling.entry_thickness", "cold_rolling.exit_thickness", "cold_rolling.reduction", 1),
    ("drawing.entry_diameter", "drawing.exit_diameter", "drawing.reduction", 2),
)
"""Entry, exit, stated reduction, and the power of the dimension that the reduced area goes with."""


def check(sheet: Sheet) -> Iterator[Odd]:
    """Weights, thicknesses and reductions that the other columns of the row contradict."""
    yield from _weight(sheet)
    for before, after in _THINNER:
        for thick, thin in sheet.pairs(before, after):
            yield from _thicker(sheet, thick, thin)
    for before, after, stated, power in _REDUCTIONS:
        for thick, thin, reduction in sheet.stated(before, after, stated):
            yield from _reduction(sheet, thick, thin, reduction, power)


def _weight(sheet: Sheet) -> Iterator[Odd]:
    weight, thick = sheet.one("product.weight"), sheet.one("product.thickness")
    width, length = sheet.one("product.width"), sheet.one("product.length")
    if weight is None or thick is None or width is None or length is None:
        return
    volume = sheet.si(thick) * sheet.si(width) * sheet.si(length)
    with np.errstate(divide="ignore", invalid="ignore"):
        density = np.where(volume > 0, sheet.si(weight) / volume, np.nan)
    known = np.isfinite(density)
    if int(known.sum()) < _FEWEST:
        return
    middle = float(np.median(density[known]))
    if not _DENSITY[0] <= middle <= _DENSITY[1]:
        message = Message(
            "Weight over thickness x width x length gives {density} kg/m3, where steel has about {steel}: "
            "one of these columns has another unit, or means something else.",
            density=f"{middle:.4g}",
            steel=f"{_STEEL:g}",
        )
        hint = Message("Write the true unit under [units], or the true concept under [mapping], in plant.toml.")
        yield Odd("weight_differs", "info", message, weight, None, hint, count=int(known.sum()))
        return
    off = np.abs(density / middle - 1.0)
    where = known & (off > max(_LEAST_OFF, _SIGMAS * 1.4826 * float(np.median(off[known]))))
    if where.any() and where[known].mean() <= _TOO_MANY:
        message = Message("The weight is not what thickness x width x length give at {density} kg/m3.", density=f"{middle:.4g}")
        hint = Message("Check weight and dimensions of these rows in the original record; one of the four is wrong.")
        wanted = (volume * middle - weight.column.offset) / weight.column.factor
        yield Odd(
            "weight_differs",
            "warning",
            message,
            weight,
            where,
            hint,
            wanted=wanted,
            beside=(thick, width, length),
            claims=False,
        )


def _thicker(sheet: Sheet, thick: Meant, thin: Meant) -> Iterator[Odd]:
    before, after = sheet.si(thick), sheet.si(thin)
    with np.errstate(invalid="ignore"):
        where = after > before * 1.001
    known = int((np.isfinite(before) & np.isfinite(after)).sum())
    if not where.any() or int(where.sum()) > _TOO_MANY * known:
        return
    message = Message("{after} is greater than {before}, which cannot be.", after=thin.read.header, before=thick.read.header)
    hint = Message("Check both values in the original record; they may have been written into each other's column.")
    yield Odd(
        "wrong_order",
        "warning",
        message,
        thin,
        where,
        hint,
        expected=f"≤ {thick.read.header}",
        beside=(thick,),
        claims=False,
    )


def _reduction(sheet: Sheet, thick: Meant, thin: Meant, reduction: Meant, power: int) -> Iterator[Odd]:
    before, after, stated = sheet.si(thick), sheet.si(thin), sheet.si(reduction)
    with np.errstate(divide="ignore", invalid="ignore"):
        made = 100.0 * (1.0 - np.where(before > 0, after / before, np.nan) ** power)
    off = np.abs(stated - made)
    known = np.isfinite(off)
    if int(known.sum()) < _FEWEST or float(np.median(off[known])) > 1.0:
        return
    where = known & (off > max(1.0, _SIGMAS * 1.4826 * float(np.median(off[known]))))
    if not where.any() or where[known].mean() > _TOO_MANY:
        return
    message = Message("The reduction is not what entry and exit give.")
    hint = Message("Check entry, exit and reduction of these rows in the original record.")
    wanted: Floats = (made - reduction.column.offset) / reduction.column.factor
    yield Odd(
        "reduction_differs", "warning", message, reduction, where, hint, wanted=wanted, beside=(thick, thin), claims=False
    )
