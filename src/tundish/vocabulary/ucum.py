"""What does a code of the Unified Code for Units of Measure (UCUM) stand for, and how does a value pass from one to another?

The grammar and the definitions are ucumvert's and Pint's; they take a second to load, so only what needs them imports this.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from pint.errors import DimensionalityError, OffsetUnitCalculusError, PintError
from ucumvert import PintUcumRegistry
from ucumvert.parser import InvalidUcumError, get_ucum_parser, parse_ucum

MOST_CHARACTERS = 200
_NUMBER = re.compile(r"\d{10,}")
_SIGNED_NUMBER = re.compile(r"(?:^|[./(])\d+[+-]")
"""A sign stands before the exponent of a unit (``10*+3``, ``s-1``); a bare number takes none, though ucumvert lets it pass."""


class NotUcum(ValueError):
    """The text is no UCUM code, or its unit cannot be reckoned with."""


def is_valid(code: str) -> bool:
    """Whether a text is a UCUM code, case sensitive, by its grammar and its atoms.

    >>> is_valid("kg/m3"), is_valid("10*3/uL"), is_valid("10+3/ul"), is_valid("kgf/cm2"), is_valid("㎏/㎥")
    (True, True, False, True, False)
    """
    if not 0 < len(code) <= MOST_CHARACTERS or not code.isascii() or _NUMBER.search(code):
        return False
    if _SIGNED_NUMBER.search(re.sub(r"\{[^}]*\}", "", code)):
        return False
    try:
        parse_ucum(code, _parser())
    except InvalidUcumError:
        return False
    return True


def convert(value: float, source: str, target: str) -> float:
    """A value of one UCUM unit in another.

    Raises :class:`NotUcum` for a code that is none, for units of different dimension, and for scales such as ``[pH]``.

    >>> convert(100, "Cel", "K"), round(convert(1, "kgf/cm2", "kPa"), 4)
    (373.15, 98.0665)
    """
    start, end = _quantity(source), _quantity(target)
    try:
        if start.magnitude == 1 and end.magnitude == 1:
            return float(_registry().Quantity(value, start.units).to(end.units).magnitude)
        return float((value * start).to(end.units).magnitude / end.magnitude)
    except (DimensionalityError, OffsetUnitCalculusError) as error:
        raise NotUcum(f"{source} -> {target}") from error


def si_factor(code: str) -> tuple[str, float]:
    """The SI unit of a code, by its name or in base units, and the factor to it.

    >>> si_factor("[lb_av]/[ft_i]3"), si_factor("mm[Hg]")
    (('kg.m-3', 16.01846337396015), ('Pa', 133.322387415))
    """
    quantity = _quantity(code)
    try:
        base = quantity.to_base_units()
    except (PintError, OffsetUnitCalculusError) as error:
        raise NotUcum(code) from error
    powers = {str(name): power for name, power in base.unit_items()}
    if not set(powers) <= set(_BASE) or any(power != int(power) for power in powers.values()):
        raise NotUcum(code)
    parts = [f"{_BASE[name]}{'' if powers[name] == 1 else int(powers[name])}" for name in _BASE if name in powers]
    written = ".".join(parts) or "1"
    return _NAMED.get(written, written), float(base.magnitude)


_BASE = {
    "kilogram": "kg",
    "meter": "m",
    "second": "s",
    "ampere": "A",
    "kelvin": "K",
    "mole": "mol",
    "candela": "cd",
    "radian": "rad",
}
_NAMED = {"kg.m-1.s-2": "Pa", "kg.m.s-2": "N", "kg.m2.s-3": "W", "kg.m-1.s-1": "Pa.s", "kg.m2.s-3.A-1": "V", "s.A": "C"}
"""SI units with a name of their own; energy and torque share their base units, and so have none here."""


def _quantity(code: str) -> Any:  # noqa: ANN401 - a quantity of Pint, whose types do not say of what
    if not is_valid(code):
        raise NotUcum(code)
    try:
        found = _registry().from_ucum(code)
    except Exception as error:
        raise NotUcum(code) from error
    if not hasattr(found, "to_base_units"):  # an annotation alone
        return _registry().Quantity(1.0, "")
    return found


@lru_cache(maxsize=1)
def _parser() -> Any:  # noqa: ANN401 - Lark's parser, untyped
    return get_ucum_parser()


@lru_cache(maxsize=1)
def _registry() -> Any:  # noqa: ANN401 - PintUcumRegistry, untyped
    return PintUcumRegistry()
