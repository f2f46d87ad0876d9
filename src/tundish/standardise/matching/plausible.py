"""How plausible are a column's unit, values and kind of values for a concept, each from 0 to 1?"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from tundish.standardise.matching.look import Look
from tundish.table import Kind, same_kind
from tundish.vocabulary.concept import Concept
from tundish.vocabulary.units import Unit, parse_unit

SAME_KIND = 0.95
FLAG_AS_IDENTITY = 0.5
"""Nothing but 0 and 1 is a signal, and hardly a number that names anything."""
FLAG_AS_MEASURED = 0.6
"""Nor is it often a temperature or a speed."""
MOSTLY = 0.5
MOSTLY_OF_FEW = 0.9
"""Share of values within a range from which they speak for it."""
LONG_M = 10.0
"""A length that may be so many metres is written in metres here and in millimetres there."""
_GASES = frozenset({"volume_flow", "normal_volume_flow"})
NO_ANSWER = 0.6
"""Numbers where yes or no is expected."""
_COUNTED = frozenset({None, "count", "ratio"})
_DAY = re.compile(
    r"(?:(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|(?:0?[1-9]|1[0-2])[/월]\s?(?:0?[1-9]|[12]\d|3[01])일?)\Z"
)
_KINDS: Mapping[Kind, Mapping[Kind, float]] = {
    "number": {"number": 1.0, "identity": 0.85, "category": 0.6, "text": 0.4, "time": 0.2},
    "category": {"category": 1.0, "text": 0.9, "identity": 0.85, "number": 0.6, "time": 0.2},
    "identity": {"identity": 1.0, "category": 0.97, "text": 0.97, "number": 0.3, "time": 0.2},
    "time": {"time": 1.0, "text": 0.6, "category": 0.55, "number": 0.5, "identity": 0.4},
    "text": {"text": 1.0, "category": 0.97, "identity": 0.95, "number": 0.9, "time": 0.4},
}
"""How well values that look like one kind fit a concept of another (outer: concept)."""


def unit_factor(look: Look, concept: Concept, fits: Unit | None) -> float:
    """0 when the unit contradicts: kg is never a temperature."""
    if fits is not None or look.unit_text is None:
        return 1.0
    if look.unit is None:
        return 0.95
    if concept.quantity is None:
        scale = look.unit.quantity.startswith("hardness") and "hardness" in concept.id
        return 0.9 if concept.kind == "number" and (scale or look.unit.quantity in ("ratio", "count")) else 0.0
    return 0.9 if {look.unit.quantity, concept.quantity} == _GASES else 0.0


def value_factor(look: Look, concept: Concept, fits: Unit | None) -> float:
    """How plausible the values are; without a unit, whether any reading of them is."""
    if concept.kind == "category" and look.texts and (concept.good or concept.bad):
        known = {*concept.good, *concept.bad}
        return 1.0 if any(text.strip().casefold() in known for text in look.texts) else 0.85
    inside = _values_inside(look, concept, fits)
    if inside < 0 or (look.unit is None and look.unit_text is not None):
        return 1.0
    return 1.0 if inside >= MOSTLY else 0.7 if fits else 0.8


def values_fit(look: Look, concept: Concept, fits: Unit | None) -> bool:
    """There are values, of the concept's kind, and they lie where its values usually do."""
    if kind_factor(look, concept) < SAME_KIND or (not look.texts and look.numbers.size == 0 and look.kind != "time"):
        return False
    inside = _values_inside(look, concept, fits)
    return inside >= (MOSTLY_OF_FEW if look.few else MOSTLY) or (inside < 0 and concept.low is None)


def _values_inside(look: Look, concept: Concept, fits: Unit | None) -> float:
    """Share of the values within the concept's plausible range; -1 when there are none or no range."""
    if concept.low is None or concept.high is None:
        return -1.0
    numbers = look.numbers[np.isfinite(look.numbers)]
    numbers = numbers[numbers != 0] if concept.zero_is_missing else numbers
    if numbers.size == 0:
        return -1.0
    # A signal at rest reads one and the same number for hours: it counts once.
    numbers = numbers if look.few else np.unique(numbers)
    usual = fits or (parse_unit(concept.plant_unit, concept.quantity) if look.unit is None else None)
    if look.unit is not None and {look.unit.quantity, concept.quantity} == _GASES:
        usual = look.unit
    factors = [usual.factor if usual else 1.0]
    offset = usual.offset if usual else 0.0
    if look.unit is None and concept.quantity == "length" and concept.high >= LONG_M:
        factors = [1.0, 0.001]
    bounds = [((concept.low - offset) / factor, (concept.high - offset) / factor) for factor in factors]
    return max(float(np.mean((numbers >= low) & (numbers <= high))) for low, high in bounds)


def kind_factor(look: Look, concept: Concept) -> float:
    """How well the kind of the values fits the concept's, 0 to 1."""
    if concept.kind == "time" and look.kind != "time" and _are_days(look):
        return SAME_KIND
    if concept.quantity == "count" and look.kind == "identity" and all(text.strip().isdecimal() for text in look.texts):
        return SAME_KIND
    if look.kind == "number" and (numbered := _numbered(look, concept)) is not None:
        return numbered
    if look.distinct == 0 and not look.texts and look.numbers.size == 0:
        return 1.0
    if look.few and same_kind(look.kind, concept.kind):
        return 1.0
    return _KINDS[concept.kind][look.kind]


def _numbered(look: Look, concept: Concept) -> float | None:
    """Numbers for what is no number, and 0 and 1 for what is none of a signal's; None where nothing is special."""
    numbers = look.numbers[np.isfinite(look.numbers)]
    flag = bool(numbers.size) and set(np.unique(numbers)) == {0.0, 1.0}
    if flag and concept.kind == "category":
        return 1.0
    answers = {*concept.good, *concept.bad}
    if concept.good and concept.bad and not answers.issuperset(f"{value:g}" for value in np.unique(numbers)):
        return NO_ANSWER
    if flag and concept.kind == "identity":
        return FLAG_AS_IDENTITY
    if flag and concept.quantity not in _COUNTED:
        return FLAG_AS_MEASURED
    whole = bool(np.all(numbers == np.round(numbers)))
    if whole and (concept.kind == "identity" or (concept.kind == "category" and look.distinct <= 12)):
        return 1.0 if concept.kind == "category" and look.distinct <= 2 else SAME_KIND
    return None


def _are_days(look: Look) -> bool:
    """A day of our time, whatever it was read as: ``20240301``; without its year: ``5/7``, ``5월 7일``."""
    texts = look.texts or tuple(f"{value:.0f}" for value in look.numbers[np.isfinite(look.numbers)])
    return bool(texts) and all(_DAY.match(text) for text in texts)
