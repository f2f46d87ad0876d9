"""Why was a column given its meaning, or none? The sentence a person reads beside the score."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tundish.errors import Message
from tundish.standardise.matching.evidence import Evidence
from tundish.standardise.matching.look import Look
from tundish.vocabulary.units import Unit

_FOREIGN = re.compile(r"[\u0370-\u1fff\u3040-\u30ff\u4e00-\u9fff]{2}")
"""Two letters of a script other than Latin and Hangul: Cyrillic, Greek, kana, Chinese characters."""
_NEAR = 0.76
"""Fit at which only a rival stands in the way."""
_FAINT = 0.1
"""Probability below which naming the nearest concept would lead astray."""


def why(header: str, look: Look, chosen: Evidence, unit: Unit | None) -> Message:
    """Why the column has the meaning it was given."""
    concept = chosen.concept.id
    if unit is not None:
        return Message(
            "{header}: the name means {concept}, and the unit {unit} fits.", header=header, concept=concept, unit=unit.label
        )
    if look.unit_text is not None:
        return Message(
            "{header}: the name means {concept}; the unit {unit} is unknown or does not fit. "
            "Write it under [units] in plant.toml.",
            header=header,
            concept=concept,
            unit=look.unit_text,
        )
    if chosen.concept.unit is None:
        return Message("{header}: the name means {concept}, and the values fit.", header=header, concept=concept)
    return Message(
        "{header}: the name means {concept}; no unit is written. Usual is {unit}: confirm it under [units] in plant.toml.",
        header=header,
        concept=concept,
        unit=chosen.concept.plant_unit or chosen.concept.unit,
    )


def why_not(header: str, look: Look, found: Sequence[Evidence]) -> Message:
    """Why no meaning was sure enough; ends with what to do."""
    if not found and _FOREIGN.search(header):
        return Message(
            "{header}: written in a script that the vocabulary does not know. Write its meaning under [mapping] in plant.toml.",
            header=header,
        )
    if not found or found[0].name < 0.5 or (found[0].score < _FAINT and found[0].fit < _NEAR):
        return Message("{header}: the name says too little. Write its meaning under [mapping] in plant.toml.", header=header)
    best = found[0]
    if best.fit >= _NEAR and len(found) > 1:
        return Message(
            "{header}: {first} or {second}, or already taken by another column. "
            "Write the one you mean under [mapping] in plant.toml.",
            header=header,
            first=best.concept.id,
            second=found[1].concept.id,
        )
    if best.fit >= _NEAR:
        return Message(
            "{header}: another column is {concept} already. Say which one counts under [mapping] in plant.toml.",
            header=header,
            concept=best.concept.id,
        )
    if best.kind < 0.9:
        return Message(
            "{header}: the name is near {concept}, but the values are of kind {kind}. "
            "Write its meaning under [mapping] in plant.toml.",
            header=header,
            concept=best.concept.id,
            kind=look.kind,
        )
    return _near(header, look, best)


def _near(header: str, look: Look, best: Evidence) -> Message:
    if look.unit is None and look.unit_text is not None:
        return Message(
            "{header}: near {concept}, but the unit {unit} is unknown. Write both under [mapping] and [units] in plant.toml.",
            header=header,
            concept=best.concept.id,
            unit=look.unit_text,
        )
    return Message(
        "{header}: near {concept}, but not sure. Write its meaning under [mapping] in plant.toml.",
        header=header,
        concept=best.concept.id,
    )
