"""Which numbers in a column mean: not measured, and which cannot be true?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Zero = Literal["missing", "honest"] | None
"""What a 0 means by the column's concept; None without one."""
LEVELS = 10
"""A continuous quantity has so many levels at least."""

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


class Spread(Protocol):
    """Values of a column, all or what is kept of them, as far as it must be known to tell which of them are none."""

    @property
    def size(self) -> int:
        """How many there are."""
        ...

    @property
    def edges(self) -> tuple[float, float]:
        """The least and the greatest."""
        ...

    def count(self, value: float) -> int:
        """How often one of the outermost, or 0, stands there."""
        ...

    def without(self, value: float) -> Self:
        """The others."""
        ...

    @property
    def continuous(self) -> bool:
        """Whether they have many levels; a count or a switch has few."""
        ...


@dataclass(frozen=True)
class All:
    """A :class:`Spread` that is held."""

    values: Floats

    @classmethod
    def known(cls, values: Floats) -> All:
        """Those that are numbers."""
        return cls(values[np.isfinite(values)])

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.values)

    @property
    def edges(self) -> tuple[float, float]:
        """The least and the greatest."""
        return float(self.values.min()), float(self.values.max())

    def count(self, value: float) -> int:
        """How often it stands there."""
        return int((self.values == value).sum())

    def without(self, value: float) -> All:
        """The others."""
        return All(self.values[self.values != value])

    @property
    def continuous(self) -> bool:
        """Whether some two thousand of them have many levels."""
        return len(np.unique(self.values[:: max(1, len(self.values) // 2000)])) >= LEVELS


def missing_codes(values: Spread, *, zero: Zero, quantity: str | None) -> list[Code]:
    """Find numbers that stand for no measurement. ``zero`` is what the concept says of 0; None: no concept.

    >>> temperatures = np.array([900.0, 910.5, 935.0, 941.5, 952.0] * 10 + [0, 0, -9999, -9999]) + 0.0
    >>> temperatures[:50] += np.arange(50) / 7
    >>> [(code.value, code.count, code.sure) for code in missing_codes(All(temperatures), zero="missing", quantity=None)]
    [(0.0, 2, True), (-9999.0, 2, True)]
    """
    left, found = values, []
    if zero == "missing" and (zeros := left.count(0.0)) and zeros < left.size:
        found.append(Code(0.0, zeros, sure=True))
        left = left.without(0.0)
    for _ in range(4):
        code = _at_the_edge(left, zero, quantity)
        if code is None:
            break
        found.append(code)
        left = left.without(code.value)
    return found


def outliers(values: Spread) -> list[float]:
    """Single values so far from all others that they cannot be of the same quantity, most extreme first, at most three.

    >>> outliers(All(np.append(np.linspace(0.2, 1.4, 100), -715.5)))
    [-715.5]
    """
    left, found = values, []
    for _ in range(3):
        far = next((value for value in _edges(left) if _impossible(left, value)), None)
        if far is None:
            break
        found.append(far)
        left = left.without(far)
    return found


def _edges(values: Spread) -> Sequence[float]:
    return values.edges if values.size >= _FEWEST else ()


def _impossible(values: Spread, value: float) -> bool:
    rest = values.without(value)
    if values.size - rest.size > max(1, values.size // 1000) or rest.size < _FEWEST or not rest.continuous:
        return False
    gap, span = _gap(rest, value)
    turned = value < 0 <= rest.edges[0]
    return gap >= (5 if turned else 20) * span


def _at_the_edge(values: Spread, zero: Zero, quantity: str | None) -> Code | None:
    for value in _edges(values):
        rest = values.without(value)
        count = values.size - rest.size
        if rest.size < _FEWEST or count > rest.size:
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


def _zero(rest: Spread, count: int, zero: Zero, quantity: str | None) -> Code | None:
    gap, span = _gap(rest, 0.0)
    rare = count <= 0.05 * rest.size
    if zero is not None or not rare or gap < span or not rest.continuous:
        return None
    return Code(0.0, count, sure=quantity in MEASURED_QUANTITIES)


def _minus_one(rest: Spread, count: int) -> Code | None:
    alone = rest.edges[0] >= 0 and count >= 2 and rest.continuous and rest.edges[1] > 1
    return Code(-1.0, count, sure=True) if alone else None


def is_code(value: float) -> bool:
    """Whether a number far from all others is one that instruments and systems write for: not measured.

    >>> [is_code(value) for value in (-9999.0, 32767.0, 999.9, 215.0)]
    [True, True, True, False]
    """
    return value in _FULL_SCALE or abs(value) >= 1e9 or bool(_NINES.match(f"{value:.10g}"))


def _extreme(rest: Spread, value: float, count: int) -> Code | None:
    if not is_code(value):
        return None
    gap, span = _gap(rest, value)
    # A few levels may be counts, of which 99 is one; far below zero lies no count.
    telling = rest.continuous or (value <= -99 and rest.edges[0] >= 0 and gap >= 20 * span)
    if not telling or gap < (1 if count >= 2 else 5) * span:
        return None
    return Code(value, count, sure=True)


def _gap(rest: Spread, value: float) -> tuple[float, float]:
    low, high = rest.edges
    return (low - value if value < low else value - high), high - low
