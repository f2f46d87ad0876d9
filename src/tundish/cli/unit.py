"""What does a unit on a plant's sheet mean? ``tundish unit`` says it for texts, one line each."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from tundish.locale import plain, say
from tundish.settings import Language
from tundish.vocabulary.units import Unit, meanings, parse_unit

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


def run(texts: Sequence[str], *, as_json: bool, lang: Language) -> None:
    """Print one line for each text, or for each line of standard input when there is none."""
    told = (understood(text) for text in (texts or _lines()))
    if as_json:
        for one in told:
            sys.stdout.write(json.dumps(asdict(one), ensure_ascii=False) + "\n")
        return
    for one in told:
        sys.stdout.write(f"{plain(one.text)}\t{_said(one, lang)}\n")


def _lines() -> Iterator[str]:
    return (line.rstrip("\r\n") for line in sys.stdin)


def _said(one: Understood, lang: Language) -> str:
    if one.ucum is None:
        may_be = meanings(one.text)
        if may_be:
            return say("asked: it may mean {meanings}. Write the unit out.", lang, meanings=may_be)
        return say("asked: unknown. Write the unit out.", lang)
    if one.factor is None:
        return say("{ucum}: a scale of its own, never converted", lang, ucum=one.ucum)
    value = f"{one.factor:.10g}"
    if one.offset:
        offset = f"{one.offset:.10g}"
        return say("{ucum}: × {factor} + {offset} = {si}", lang, ucum=one.ucum, factor=value, offset=offset, si=one.si)
    return say("{ucum}: × {factor} = {si}", lang, ucum=one.ucum, factor=value, si=one.si)
