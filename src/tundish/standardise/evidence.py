"""How well does a column fit a concept? Evidence from name, unit, values and kind, each from 0 to 1, and one score of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from tundish.standardise.look import Look, lexicon
from tundish.standardise.names import take_apart
from tundish.table import Kind
from tundish.vocabulary.catalogue import Catalogue
from tundish.vocabulary.concept import Concept
from tundish.vocabulary.units import Unit, parse_unit, split_header
from tundish.vocabulary.words import Words, even_name

MISSING_PART = 0.7
"""Weight of a part that a concept's name has and the column's lacks, against one of a shared part."""
SUPPORTED_PART = 0.45
"""What is left of that weight when table or neighbours say the part (`산세` of a sheet on pickling)."""
LIGHT_PART = 0.35
LIGHT_MISSING = 0.6
"""A part that says little weighs more when it is the concept that says it: `Class` alone is no steel class."""
PLACE_PART = 0.1
CODE_PART = 0.5
"""An unknown short word that is not the last: more likely a code than a meaning."""
SHORT_NAME = 0.6
"""Likeness of one or two Latin letters alone: `V` may be vanadium or a voltage."""
_GASES = frozenset({"volume_flow", "normal_volume_flow"})
_PERCENTAGES = frozenset({"ratio", "mass_fraction", "volume_fraction"})
_KINDS: Mapping[Kind, Mapping[Kind, float]] = {
    "number": {"number": 1.0, "identity": 0.85, "category": 0.6, "text": 0.4, "time": 0.2},
    "category": {"category": 1.0, "text": 0.9, "identity": 0.85, "number": 0.6, "time": 0.2},
    "identity": {"identity": 1.0, "category": 0.97, "text": 0.97, "number": 0.3, "time": 0.2},
    "time": {"time": 1.0, "text": 0.6, "category": 0.55, "number": 0.5, "identity": 0.4},
    "text": {"text": 1.0, "category": 0.97, "identity": 0.95, "number": 0.9, "time": 0.4},
}
"""How well values that look like one kind fit a concept of another (outer: concept)."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a column may mean a concept. The seam for a calibrated probability: ``score`` is made of nothing else."""

    concept: Concept
    name: float
    unit: float
    values: float
    kind: float
    support: float
    """How far the table's name and the neighbours speak of the concept's area, 0 to 1."""
    unit_fits: bool
    """The unit is known and measures the concept's quantity."""

    @property
    def score(self) -> float:
        """0 to 1: the name's likeness, lessened by whatever speaks against it."""
        doubt = (1 - self.name) * (1 - 0.12 * self.support) * (1 - 0.12 * self.unit_fits)
        return (1 - doubt) * self.unit * self.values * self.kind


@dataclass(frozen=True, slots=True)
class _Variant:
    concept: Concept
    parts: frozenset[str]
    positions: frozenset[str]
    marks: frozenset[str]
    """Aspect and statistic that the concept's name holds, and so the column's must."""
    by_unit: bool
    """The name holds a unit (`산농도 g/L`): without one that fits it says nothing."""


@dataclass(frozen=True)
class _Index:
    exact: Mapping[str, Concept]
    by_part: Mapping[str, tuple[_Variant, ...]]
    setpoints: Mapping[str, Concept]


def weigh(look: Look, catalogue: Catalogue, support: Mapping[str, float]) -> list[Evidence]:
    """Evidence for every concept whose name shares something with the column's, best first."""
    index = _index(catalogue)
    names: dict[str, tuple[Concept, float]] = {}
    exact = index.exact.get(look.name.whole)
    if exact is not None:
        names[exact.id] = (exact, _exact_likeness(look, exact, support))
    likely = frozenset() if _is_short(look) else look.name.parts | look.implied
    for part in likely:
        for variant in index.by_part.get(part, ()):
            like = _likeness(look, variant, catalogue, support.get(variant.concept.area, 0.0))
            if like > names.get(variant.concept.id, (None, 0.3))[1]:
                names[variant.concept.id] = (variant.concept, like)
    wanted = look.name.aspect == "setpoint"
    found = []
    for concept, like in names.values():
        meant = index.setpoints.get(concept.id) if wanted and concept.aspect != "setpoint" and concept != exact else concept
        if meant is not None:
            found.append(_evidence(look, meant, like, support.get(meant.area, 0.0)))
    return sorted((e for e in found if e.score > 0.2), key=lambda e: (-e.score, e.concept.id))


def fitting_unit(unit: Unit | None, concept: Concept) -> Unit | None:
    """The unit to convert with, or None when it does not measure the concept's quantity.

    A temperature difference takes no offset; a percentage is the same number for ratio, mass and volume.
    """
    if unit is None or concept.quantity is None:
        return None
    if concept.quantity == "temperature_difference" and unit.quantity == "temperature":
        return replace(unit, offset=0.0, quantity="temperature_difference")
    return unit if unit.quantity == concept.quantity or {unit.quantity, concept.quantity} <= _PERCENTAGES else None


def _exact_likeness(look: Look, concept: Concept, support: Mapping[str, float]) -> float:
    """1, but less for one or two letters that nothing else speaks for."""
    told = fitting_unit(look.unit, concept) is not None or support.get(f"short:{concept.area}", 0.0) >= 1.0
    return SHORT_NAME if _is_short(look) and not told else 1.0


def _is_short(look: Look) -> bool:
    return len(look.name.whole) <= 2 and look.name.whole.isascii()


def _likeness(look: Look, variant: _Variant, catalogue: Catalogue, support: float) -> float:
    """Shared weight of parts over shared plus what either side has alone (Tversky 1977, unequal weights)."""
    words, own = catalogue.words, catalogue.areas[variant.concept.area].words
    said = look.name.parts
    marks = {look.name.aspect, look.name.statistic}
    if not variant.positions <= set(look.name.positions) or not variant.marks <= marks:
        return 0.0
    if variant.by_unit and fitting_unit(look.unit, variant.concept) is None:
        return 0.0
    shared = (said | look.implied) & variant.parts
    extra = sum(_extra(part, look, own, words) for part in said - variant.parts)
    missing = 0.0
    for part in variant.parts - shared:
        eased = SUPPORTED_PART + (1 - SUPPORTED_PART) * (1 - support) if part in own else 1.0
        missing += MISSING_PART * eased * (LIGHT_MISSING if part in words.light else 1.0)
    common = sum(_weight(part, words) for part in shared)
    unsaid = sum(1 for mark in marks if mark and mark not in variant.marks)
    return (0.98 - 0.02 * unsaid) * common / (common + extra + missing) if common else 0.0


def _extra(part: str, look: Look, own: frozenset[str], words: Words) -> float:
    """Weight of a part that only the column's name has; where in the works, and the area's own words, hardly count."""
    if part in own or part in look.context:
        return PLACE_PART
    if part.isascii() and len(part) <= 4 and part not in words.measures and part not in words.spellings and part != look.name.run[-1]:
        return CODE_PART
    return _weight(part, words)


def _weight(part: str, words: Words) -> float:
    return LIGHT_PART if part in words.light else 1.0


def _evidence(look: Look, concept: Concept, like: float, support: float) -> Evidence:
    fits = fitting_unit(look.unit, concept)
    return Evidence(
        concept=concept,
        name=like,
        unit=_unit_factor(look, concept, fits),
        values=_value_factor(look, concept, fits),
        kind=_kind_factor(look, concept),
        support=support,
        unit_fits=fits is not None,
    )


def _unit_factor(look: Look, concept: Concept, fits: Unit | None) -> float:
    """0 when the unit contradicts: kg is never a temperature."""
    if fits is not None or look.unit_text is None:
        return 1.0
    if look.unit is None:
        return 0.95
    if concept.quantity is None:
        return 0.9 if concept.kind == "number" and look.unit.quantity in ("ratio", "count") else 0.0
    return 0.9 if {look.unit.quantity, concept.quantity} == _GASES else 0.0


def _value_factor(look: Look, concept: Concept, fits: Unit | None) -> float:
    """How plausible the values are; without a unit, whether any reading of them is."""
    if concept.kind == "category" and look.texts and (concept.good or concept.bad):
        known = {*concept.good, *concept.bad}
        return 1.0 if any(text.strip().casefold() in known for text in look.texts) else 0.85
    if concept.low is None or concept.high is None:
        return 1.0
    numbers = look.numbers[np.isfinite(look.numbers)]
    numbers = numbers[numbers != 0] if concept.zero_is_missing else numbers
    if numbers.size == 0:
        return 1.0
    usual = fits or (parse_unit(concept.plant_unit, concept.quantity) if look.unit is None else None)
    factor, offset = (usual.factor, usual.offset) if usual else (1.0, 0.0)
    si = numbers * factor + offset
    inside = float(np.mean((si >= concept.low) & (si <= concept.high)))
    if look.unit is not None or look.unit_text is None:
        return 1.0 if inside >= 0.5 else 0.7 if fits else 0.8
    return 1.0


def _kind_factor(look: Look, concept: Concept) -> float:
    if look.kind == "number" and concept.kind in ("category", "identity"):
        numbers = look.numbers[np.isfinite(look.numbers)]
        whole = bool(np.all(numbers == np.round(numbers)))
        if whole and (concept.kind == "identity" or look.distinct <= 12):
            return 0.95
    if look.distinct == 0 and not look.texts and look.numbers.size == 0:
        return 1.0
    return _KINDS[concept.kind][look.kind]


@lru_cache(maxsize=4)
def _index(catalogue: Catalogue) -> _Index:
    """Concepts by exact name and by part; set-points are found through the concept they set."""
    exact: dict[str, Concept] = {}
    by_part: dict[str, dict[_Variant, None]] = {}
    for concept in catalogue.concepts:
        exact |= {even_name(name): concept for name in concept.names}
        if concept.aspect != "setpoint":
            for variant in _variants(concept, lexicon(catalogue)):
                for part in variant.parts:
                    by_part.setdefault(part, {})[variant] = None
    setpoints = {concept.setpoint_of: concept for concept in catalogue.concepts if concept.setpoint_of}
    return _Index(exact, {part: tuple(variants) for part, variants in by_part.items()}, setpoints)


def _variants(concept: Concept, words: Words) -> Iterator[_Variant]:
    for written in dict.fromkeys(concept.names):
        bare, unit = split_header(written)
        name = take_apart(bare, words)
        if any(len(part) > 2 or not part.isascii() for part in name.parts):
            marks = frozenset(mark for mark in (name.aspect, name.statistic) if mark)
            yield _Variant(concept, name.parts, frozenset(name.positions), marks, unit is not None)
