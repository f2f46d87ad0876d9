"""What does a text mean as a unit, in UCUM and in SI? Scales are never converted, and what may mean two things is left open."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tundish.vocabulary.units import Unit, parse_unit

_ONLY_UCUM = re.compile(r"\[[^\]]*_[^\]]*\]|.\[[a-zA-Z0-9']+\]|\{|10[*^]-?\d")
"""Signs that no plant writes by habit: atoms in brackets, annotations, powers of ten."""


@dataclass(frozen=True, slots=True)
class Understood:
    """What a text means: ``si = value * factor + offset``; nothing for what must be asked, no factor for a scale."""

    text: str
    ucum: str | None = None
    si: str | None = None
    factor: float | None = None
    offset: float | None = None


def understood(text: str) -> Understood:
    """The unit of a text in UCUM and SI, where it can mean one thing only.

    >>> understood("N/㎟")
    Understood(text='N/㎟', ucum='N/mm2', si='Pa', factor=1000000.0, offset=0.0)
    >>> understood("HRC")
    Understood(text='HRC', ucum='{HRC}', si=None, factor=None, offset=None)
    >>> understood("T").ucum is None
    True
    """
    unit = parse_unit(text)
    if unit is not None:
        return _in_si(text, unit)
    code = text.strip()
    if _ONLY_UCUM.search(code) and re.search(r"[A-Za-z]", re.sub(r"\{[^}]*\}?", "", code)):
        return _as_ucum(text, code)
    return Understood(text)


def _in_si(text: str, unit: Unit) -> Understood:
    if unit.scale:
        return Understood(text, unit.ucum)
    if unit.si == "%":  # tables keep a percentage as it is; in SI it is a number
        return Understood(text, unit.ucum, "1", unit.factor / 100, unit.offset)
    return Understood(text, unit.ucum, unit.si, unit.factor, unit.offset)


def _as_ucum(text: str, code: str) -> Understood:
    """A code of UCUM; with an annotation only if the rest of it means the same to a plant: ``kg/cm2`` is a pressure there."""
    from tundish.vocabulary.ucum import NotUcum, si_factor

    try:
        si, factor = si_factor(code)
    except NotUcum:
        return Understood(text)
    bare = re.sub(r"\{[^}]*\}", "", code)
    unit = parse_unit(bare)
    if bare == code or (unit is not None and abs(unit.factor - factor) < 1e-9 * factor and not unit.offset):
        return Understood(text, code, si, factor, 0.0)
    return Understood(text)
