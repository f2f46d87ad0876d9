"""Is the chemistry possible: sum of the elements, and carbon equivalents against their parts?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from tundish.errors import Message
from tundish.standardise.meaning import Meant
from tundish.standardise.sheet import Floats, Odd, Sheet

_SUM_TOO_GREAT = 100.5
"""[mass-%] more cannot be explained by the rounding of twenty elements to two decimals."""
_BALANCE_OFF = 0.5
_OFF = 0.005
"""[mass-%] half of the last digit that certificates state."""
_OFF_SHARE = 0.03
_TOO_MANY = 0.5
_AGGREGATES = frozenset(
    ("chemistry.soluble_aluminium", "chemistry.total_aluminium", "chemistry.total_oxygen", "chemistry.carbon_equivalent")
)


@dataclass(frozen=True)
class Formula:
    """A carbon equivalent: concept -> weight of each element."""

    name: str
    concept: str
    parts: Mapping[str, float]


FORMULAS = (
    # IIW doc. IX-555-67, as in EN 10025-1, clause 7.2.3: C + Mn/6 + (Cr+Mo+V)/5 + (Ni+Cu)/15.
    Formula(
        "Ceq (IIW)",
        "chemistry.carbon_equivalent",
        {
            "carbon": 1.0,
            "manganese": 1 / 6,
            "chromium": 1 / 5,
            "molybdenum": 1 / 5,
            "vanadium": 1 / 5,
            "nickel": 1 / 15,
            "copper": 1 / 15,
        },
    ),
    # Ito and Bessyo, IIW doc. IX-576-68, as in API 5L: C + Si/30 + (Mn+Cu+Cr)/20 + Ni/60 + Mo/15 + V/10 + 5 B.
    Formula(
        "Pcm",
        "chemistry.pcm",
        {
            "carbon": 1.0,
            "silicon": 1 / 30,
            "manganese": 1 / 20,
            "copper": 1 / 20,
            "chromium": 1 / 20,
            "nickel": 1 / 60,
            "molybdenum": 1 / 15,
            "vanadium": 1 / 10,
            "boron": 5.0,
        },
    ),
)
_MAIN_PARTS = frozenset(("carbon", "manganese", "silicon"))
"""Elements that every steel certificate states; without them nothing is recomputed."""


def check(sheet: Sheet) -> Iterator[Odd]:
    """Sums over 100 %, balances that do not balance, carbon equivalents that their parts do not give."""
    elements = _elements(sheet)
    if len(elements) < 3:
        return
    yield from _sum(sheet, elements)
    for formula in FORMULAS:
        for stated in sheet.of(formula.concept):
            yield from _recomputed(sheet, stated, formula, elements)


def _elements(sheet: Sheet) -> dict[str, Meant]:
    """The analysis of a row: each element stated once; two analyses in one row are left alone."""
    found: dict[str, list[Meant]] = {}
    for one, _ in sheet.numbers:
        concept = one.column.concept or ""
        if (
            concept.startswith("chemistry.")
            and one.column.statistic == "value"
            and concept not in _AGGREGATES | {"chemistry.pcm"}
        ) and one.column.unit == "%":
            found.setdefault(concept.partition(".")[2], []).append(one)
    return {name: columns[0] for name, columns in found.items() if len(columns) == 1}


def _sum(sheet: Sheet, elements: Mapping[str, Meant]) -> Iterator[Odd]:
    values = [sheet.si(one) for one in elements.values()]
    total = np.nansum(np.stack(values), axis=0)
    greatest = elements["iron"] if "iron" in elements else max(elements.values(), key=lambda one: _middle(sheet.si(one)))
    over = total > _SUM_TOO_GREAT
    if over.any() and over.mean() <= _TOO_MANY:
        message = Message(
            "The elements of a row add up to more than 100 %, {worst} % at most.", worst=f"{float(total[over].max()):.4g}"
        )
        hint = Message("Look for a slipped decimal point or a value in ppm in these rows.")
        yield Odd("chemistry_sum", "warning", message, greatest, over, hint, expected="Σ ≤ 100 %", claims=False)
    if "iron" in elements:
        yield from _balance(sheet, elements["iron"], total)


def _balance(sheet: Sheet, iron: Meant, total: Floats) -> Iterator[Odd]:
    """Iron stated as balance makes every row 100 %."""
    known = np.isfinite(sheet.si(iron))
    off = known & (np.abs(total - 100.0) > _BALANCE_OFF) & (total <= _SUM_TOO_GREAT)
    if not known.any() or off[known].mean() > 0.1 or not off.any():
        return
    message = Message("Iron is stated as balance, but the elements of these rows do not add up to 100 %.")
    hint = Message("Look for an element that is missing or has a slipped decimal point in these rows.")
    wanted = sheet.values[iron.column.name] + (100.0 - total) / iron.column.factor
    yield Odd("chemistry_balance", "info", message, iron, off, hint, wanted=wanted, claims=False)


def _recomputed(sheet: Sheet, stated: Meant, formula: Formula, elements: Mapping[str, Meant]) -> Iterator[Odd]:
    parts = {name: elements[name] for name in formula.parts if name in elements}
    if any(name in formula.parts and name not in parts for name in _MAIN_PARTS):
        return
    given = sheet.si(stated)
    made = np.zeros(sheet.height)
    for name, one in parts.items():
        values = sheet.si(one)
        made += formula.parts[name] * (values if name in _MAIN_PARTS else np.nan_to_num(values))
    tolerance = _OFF + _OFF_SHARE * made + _rounding(sheet, parts, formula)
    known = np.isfinite(given) & np.isfinite(made)
    whole = len(parts) == len(formula.parts)
    with np.errstate(invalid="ignore"):
        # What is not stated can only add: without all parts the stated value may be greater.
        off = known & ((given < made - tolerance) | ((given > made + tolerance) & whole))
    if not off.any():
        return
    most = int(off.sum()) > _TOO_MANY * int(known.sum())
    message = (
        Message("{formula} is not what its parts give in most rows: the plant may use another formula.", formula=formula.name)
        if most
        else Message("{formula} is not what its parts give.", formula=formula.name)
    )
    hint = Message("Compare the analysis with the certificate; one element or the carbon equivalent is wrong.")
    yield Odd(
        "chemistry_formula",
        "info" if most else "warning",
        message,
        stated,
        off,
        hint,
        wanted=(made - stated.column.offset) / stated.column.factor,
        beside=(parts["carbon"], parts["manganese"]),
        claims=False,
    )


def _rounding(sheet: Sheet, parts: Mapping[str, Meant], formula: Formula) -> float:
    """What the last digit of the parts may hide: half a digit of 0.01 for those written so."""
    half = 0.0
    for name, one in parts.items():
        values = sheet.si(one)
        sample = values[np.isfinite(values)][:500]
        coarse = len(sample) and bool((np.abs(sample * 100 - np.round(sample * 100)) < 1e-6).all())
        half += formula.parts[name] * (0.005 if coarse else 0.0005)
    return half


def _middle(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else -np.inf
