"""What did a person decide of a column: here, for an earlier delivery, or at another plant?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

from tundish.errors import Message
from tundish.standardise.matching.fitting import fitting_unit
from tundish.standardise.matching.match import Matched
from tundish.standardise.matching.memory import NONE, key_of, remembered
from tundish.standardise.mends import Mends
from tundish.standardise.values.kinds import Read
from tundish.vocabulary import Catalogue, parse_unit

Value = TypeVar("Value")
ELSEWHERE = 0.9
"""Probability of what another plant confirmed for the same name: less than one's own word, more than a likeness."""


@dataclass(frozen=True)
class Decided:
    """What plant.toml says of columns, by ``file:column``."""

    mapping: Mapping[str, str]
    units: Mapping[str, str]
    missing: Mapping[str, tuple[float, ...]]
    mends: Mends = field(default_factory=Mends)
    """What was decided of single cells in the quarantine file."""
    synonyms: Mapping[str, str] = field(default_factory=dict)
    """Column names and what other plants confirmed them to mean."""

    @cached_property
    def before(self) -> dict[str, str]:
        """What was confirmed for a column's name, whatever the file."""
        return remembered(self.mapping)

    @cached_property
    def elsewhere(self) -> dict[str, str]:
        """What other plants confirmed for a column's name."""
        return {key_of(header): concept for header, concept in self.synonyms.items()}


def said_of(decided: Mapping[str, Value], read: Read) -> Value | None:
    """What plant.toml says of a column by ``file:column``; None when it says nothing."""
    for origin in read.origins:
        for spot in (*origin.spots, *replace(origin, column=read.header).spots):
            if spot in decided:
                return decided[spot]
    return None


def settle(read: Read, matched: Matched, catalogue: Catalogue, decided: Decided) -> Matched:
    """The column's meaning and unit, once what people decided is taken in: the exact spot, then the name, then other plants."""
    concept = said_of(decided.mapping, read)
    if concept is not None:
        matched = _confirmed(matched, concept, catalogue, Message("plant.toml says so."))
    elif (before := decided.before.get(key_of(read.header))) is not None:
        matched = _confirmed(matched, before, catalogue, Message("Confirmed in plant.toml for a column of the same name."))
    elif (other := decided.elsewhere.get(key_of(read.header))) is not None:
        matched = _as_elsewhere(matched, other, catalogue)
    written = said_of(decided.units, read)
    if written is not None:
        quantity = catalogue.concept(matched.match.concept).quantity if matched.match.concept else None
        unit = parse_unit(written, quantity)
        report = replace(matched.match, unit_read=written, unit=unit.label if unit else None)
        matched = replace(matched, match=report, unit=unit, unit_text=written)
    return matched


def _confirmed(matched: Matched, concept: str, catalogue: Catalogue, reason: Message) -> Matched:
    if concept != NONE and concept not in catalogue:
        reason = Message(
            "plant.toml names {concept}, which the vocabulary does not have; the column stays without one.", concept=concept
        )
    return _meaning(matched, concept if concept in catalogue else None, catalogue, reason=reason, score=1.0, confirmed=True)


def _as_elsewhere(matched: Matched, concept: str, catalogue: Catalogue) -> Matched:
    """Another plant's word counts where matching is not as sure itself and no unit speaks against it."""
    if concept not in catalogue or matched.match.concept not in (None, concept):
        return matched
    known = catalogue.concept(concept)
    if matched.match.score >= ELSEWHERE and matched.match.concept == concept:
        return matched
    if matched.unit is not None and known.quantity is not None and fitting_unit(matched.unit, known) is None:
        return matched
    reason = Message("{concept}, as another plant confirmed for a column of the same name.", concept=concept)
    return _meaning(matched, concept, catalogue, reason=reason, score=ELSEWHERE, confirmed=False)


def _meaning(
    matched: Matched, concept: str | None, catalogue: Catalogue, *, reason: Message, score: float, confirmed: bool
) -> Matched:
    unit = fitting_unit(matched.unit, catalogue.concept(concept)) if concept else matched.unit
    same = concept == matched.match.concept
    report = replace(
        matched.match, concept=concept, score=score, reason=reason, confirmed=confirmed, unit=unit.label if unit else None
    )
    return replace(matched, match=report, unit=unit, position=matched.position if same else None)
