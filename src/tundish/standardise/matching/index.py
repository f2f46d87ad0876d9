"""Which names, and parts of names, does each concept have? Looked up once for a vocabulary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from tundish.standardise.matching.likeness import Targets
from tundish.standardise.matching.look import as_input, as_moment, lexicon
from tundish.standardise.matching.names import Name, take_apart
from tundish.vocabulary.catalogue import Catalogue
from tundish.vocabulary.concept import Concept
from tundish.vocabulary.units import Unit, hint_of, parse_unit, split_header
from tundish.vocabulary.words import Words, even_name

GENERAL = frozenset(
    ("identity", "production", "product", "inspection", "line", "energy", "chemistry", "mechanical", "defect", "equipment",
     "emissions", "dimension", "metallography", "slag", "position"),
)  # fmt: skip
"""Areas that stand in tables of any process, and so say nothing about the table."""
SPELT_LETTERS = 4
"""Signs of a name from which its spelling is compared as a whole."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One name of a concept, taken apart."""

    concept: Concept
    parts: frozenset[str]
    positions: frozenset[str]
    marks: frozenset[str]
    """Aspect and statistic that the concept's name holds, and so the column's must."""
    codes: frozenset[str]
    """Codes that the concept's name holds, and so the column's must: ``E1`` of an edger."""
    unit: Unit | None
    """The unit that the name holds (`산농도 g/L`): without one of its kind and size the name says nothing."""
    area: str
    own: frozenset[str]
    """Words of the area."""


@dataclass(frozen=True)
class Index:
    """Concepts by exact name and by part of a name."""

    exact: Mapping[str, Concept]
    by_part: Mapping[str, tuple[Variant, ...]]
    setpoints: Mapping[str, Concept]
    positions: frozenset[str]
    """Places that some concept's name holds."""
    codes: frozenset[str]
    """Codes that some concept's name holds."""
    targets: Targets
    called: tuple[Concept, ...]
    """The concept of each name in ``targets``."""
    own: Mapping[str, frozenset[str]]
    """Words of an area that name no other process."""


@lru_cache(maxsize=4)
def index_of(catalogue: Catalogue) -> Index:
    """Concepts by exact name and by part; set-points are found through the concept they set."""
    words = lexicon(catalogue)
    exact: dict[str, Concept] = {}
    by_part: dict[str, dict[Variant, None]] = {}
    for concept in catalogue.concepts:
        exact |= {even_name(name): concept for name in concept.names}
        if concept.aspect != "setpoint":
            for variant in _variants(concept, words, catalogue.areas[concept.area].words):
                for part in variant.parts:
                    by_part.setdefault(part, {})[variant] = None
    setpoints = {concept.setpoint_of: concept for concept in catalogue.concepts if concept.setpoint_of}
    called = [(split_header(name)[0], c) for c in catalogue.concepts if c.aspect != "setpoint" for name in c.names]
    called = [(name, concept) for name, concept in called if len(even_name(name)) >= SPELT_LETTERS]
    return Index(
        exact=exact,
        by_part={part: tuple(variants) for part, variants in by_part.items()},
        setpoints=setpoints,
        positions=frozenset(p for variants in by_part.values() for variant in variants for p in variant.positions),
        codes=frozenset(code for variants in by_part.values() for variant in variants for code in variant.codes),
        targets=Targets(tuple(name for name, _ in called), catalogue.words),
        called=tuple(concept for _, concept in called),
        own=_own_words(catalogue),
    )


def _own_words(catalogue: Catalogue) -> dict[str, frozenset[str]]:
    often = Counter(word for area in catalogue.areas.values() if area.id not in GENERAL for word in area.words)
    return {
        area.id: frozenset(word for word in area.words if often[word] == 1 or word == area.id) - catalogue.words.light
        for area in catalogue.areas.values()
    }


def _variants(concept: Concept, words: Words, own: frozenset[str]) -> Iterator[Variant]:
    for written in dict.fromkeys(concept.names):
        bare, unit = split_header(written)
        if is_sign(even_name(bare)):
            continue
        name = take_apart(bare, words, mend=False)
        if _lost(name, words) or (unit is not None and _unit(unit, bare) is None):
            continue
        if any(len(part) > 2 or not part.isascii() for part in name.parts):
            marks = frozenset(mark for mark in (name.aspect, name.statistic) if mark)
            parts = as_moment(name.parts) if concept.kind == "time" else name.parts
            parts = as_input(parts, words) if concept.goes_in else parts
            yield Variant(
                concept, parts, frozenset(name.positions), marks, frozenset(name.codes), _unit(unit, bare), concept.area, own
            )


def _lost(name: Name, words: Words) -> bool:
    """Does only a side or a bare quantity stay of a longer name (`ST온도`), which any column of it would be?"""
    if name.parts - words.light <= words.sections:
        return True
    fillers = [parts for _, parts in name.tokens if words.fillers.issuperset(parts)]
    said = [parts for _, parts in name.tokens if name.parts.intersection(parts)]
    return name.parts <= words.measures.keys() and (bool(fillers) or len(said) > len(name.parts))


def _unit(text: str | None, name: str) -> Unit | None:
    return parse_unit(text, hint_of(name)) if text else None


def is_sign(whole: str) -> bool:
    """One or two Latin letters: a sign of chemistry or electricity, not made of words."""
    return len(whole) <= 2 and whole.isascii()
