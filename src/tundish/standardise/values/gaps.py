"""Which numbers in a column mean: not measured, and which cannot be true?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_NINES = re.compile(r"-?(?:9{2,}(?:\.9+)?|8{3,}(?:\.8+)?|999\.25)$")
_FULL_SCALE = frozenset((32767.0, -32768.0, 65535.0, 3276.7, -3276.8, 6553.5, 2147483647.0, -2147483648.0, 4294967295.0))
_FEWEST = 20
"""Measured values needed before anything can be called far from them."""
MEASURED_QUANTITIES = frozenset(("temperature", "length"))
"""Quantities whose 0 is no honest reading when all other values lie far from it: a steel temperature, a thickness."""


@dataclass(frozen=True, slots=True)
class Code:
    """A number that means: not measured. ``sure`` is false when only a person can tell."""

    value: float
    count: int
    sure: bool


def missing_codes(values: Floats, *, zero: Literal["missing", "honest"] | None, quantity: str | None) -> list[Code]:
    """Find numbers that stand for no measurement. ``zero`` is what the concept says of 0; None: no concept.

    >>> temperatures = np.array([900.0, 910.5, 935.0, 941.5, 952.0] * 10 + [0, 0, -9999, -9999]) + 0.0
    >>> temperatures[:50] += np.arange(50) / 7
    >>> [(code.value, code.count, code.sure) for code in missing_codes(temperatures, zero="missing", quantity=None)]
    [(0.0, 2, True), (-9999.0, 2, True)]
    """
    left = values[np.isfinite(values)]
    found: list[Code] = []
    if zero == "missing" and (zeros := int((left == 0).sum())) and zeros < len(left):
        found.append(Code(0.0, zeros, sure=True))
        left = left[left != 0]
    for _ in range(4):
        code = _at_the_edge(left, zero, quantity)
        if code is None:
            break
        found.append(code)
        left = left[left != code.value]
    return found


def outliers(values: Floats) -> list[float]:
    """Single values so far from all others that they cannot be of the same quantity, most extreme first, at most three.

    >>> outliers(np.append(np.linspace(0.2, 1.4, 100), -715.5))
    [-715.5]
    """
    left = values[np.isfinite(values)]
    found: list[float] = []
    for _ in range(3):
        far = next((value for value in _edges(left) if _impossible(left, value)), None)
        if far is None:
            break
        found.append(far)
        left = left[left != far]
    return found


def _edges(values: Floats) -> Sequence[float]:
    return (float(values.min()), float(values.max())) if len(values) >= _FEWEST else ()


def _impossible(values: Floats, value: float) -> bool:
    rest = values[values != value]
    if len(values) - len(rest) > max(1, len(values) // 1000) or len(rest) < _FEWEST or not _many_levels(rest):
        return False
    gap, span = _gap(rest, value)
    turned = value < 0 <= rest.min()
    return gap >= (5 if turned else 20) * span


def _at_the_edge(values: Floats, zero: Literal["missing", "honest"] | None, quantity: str | None) -> Code | None:
    for value in _edges(values):
        rest = values[values != value]
        count = len(values) - len(rest)
        if len(rest) < _FEWEST or count > len(rest):
            continue
        if value == 0:
            found = _zero(rest, count, zero, quantity)
        elif value == -1:
            found = _minus_one(rest, count)
        else:
            found = _extreme(rest, value, count)
        if found:
            return found
    return None


def _zero(rest: Floats, count: int, zero: Literal["missing", "honest"] | None, quantity: str | None) -> Code | None:
    gap, span = _gap(rest, 0.0)
    rare = count <= 0.05 * len(rest)
    if zero is not None or not rare or gap < span or not _many_levels(rest):
        return None
    return Code(0.0, count, sure=quantity in MEASURED_QUANTITIES)


def _minus_one(rest: Floats, count: int) -> Code | None:
    alone = rest.min() >= 0 and count >= 2 and _many_levels(rest) and rest.max() > 1
    return Code(-1.0, count, sure=True) if alone else None


def is_code(value: float) -> bool:
    """Whether a number far from all others is one that instruments and systems write for: not measured.

    >>> [is_code(value) for value in (-9999.0, 32767.0, 999.9, 215.0)]
    [True, True, True, False]
    """
    return value in _FULL_SCALE or abs(value) >= 1e9 or bool(_NINES.match(f"{value:.10g}"))


def _extreme(rest: Floats, value: float, count: int) -> Code | None:
    if not is_code(value):
        return None
    gap, span = _gap(rest, value)
    # A few levels may be counts, of which 99 is one; far below zero lies no count.
    telling = _many_levels(rest) or (value <= -99 and rest.min() >= 0 and gap >= 20 * span)
    if not telling or gap < (1 if count >= 2 else 5) * span:
        return None
    return Code(value, count, sure=True)


def _gap(rest: Floats, value: float) -> tuple[float, float]:
    low, high = float(rest.min()), float(rest.max())
    return (low - value if value < low else value - high), high - low


def _many_levels(values: Floats) -> bool:
    """A continuous quantity has many levels; a count or a switch has few."""
    return len(np.unique(values[:: max(1, len(values) // 2000)])) >= 10
