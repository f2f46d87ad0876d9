"""Which words does the program know? One page that shows and searches the whole vocabulary, without a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tundish.documents.page import fill
from tundish.documents.words import Say, amount, speaker
from tundish.locale import mark, number
from tundish.settings import Language
from tundish.vocabulary import Catalogue, Concept
from tundish.vocabulary.concept import Role
from tundish.vocabulary.search import CONSONANTS
from tundish.vocabulary.units import unit_of

ROLES: Mapping[Role, str] = {
    "setting": mark("setting"),
    "condition": mark("condition"),
    "material": mark("material"),
    "result": mark("result"),
    "energy": mark("energy and environment"),
    "identity": mark("number of a piece"),
    "time": mark("time"),
    "time_start": mark("start"),
    "time_end": mark("end"),
    "context": mark("who, where, when"),
}
ELSEWHERE: Mapping[str, str] = {
    "idta": "IDTA",
    "eclass": "ECLASS",
    "cdd": "IEC CDD",
    "en10168": "EN 10168",
    "material_identity": "material-identity",
}
"""What other standards are called."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One concept as the page shows it, with its set-point when it has one."""

    concept: Concept
    setpoint: Concept | None
    area: str
    role: str
    span: str | None
    """Plausible range in the usual unit of a plant."""
    elsewhere: tuple[tuple[str, str], ...]


def publish(catalogue: Catalogue, path: Path, lang: Language) -> None:
    """Write the page; OSError when the place cannot be written."""
    path.write_text(page(catalogue, lang), encoding="utf-8")


def page(catalogue: Catalogue, lang: Language) -> str:
    """The whole page: one file, names and definitions in Korean and English, what stands around them in ``lang``."""
    entries = shown(catalogue, lang)
    return fill(
        "vocabulary.html.j2",
        lang,
        entries=entries,
        areas=sorted(catalogue.areas.values(), key=lambda area: area.name_ko if lang == "ko" else area.name_en),
        units=sorted({entry.concept.plant_unit for entry in entries if entry.concept.plant_unit}, key=str.casefold),
        twins=sum(entry.setpoint is not None for entry in entries),
        consonants=CONSONANTS,
    )


def shown(catalogue: Catalogue, lang: Language) -> list[Shown]:
    """Every concept that is no mere set-point, in the order of the vocabulary."""
    _ = speaker(lang)
    twins = {concept.setpoint_of: concept for concept in catalogue.concepts if concept.setpoint_of}
    return [
        _shown(concept, twins.get(concept.id), catalogue, lang, _) for concept in catalogue.concepts if not concept.setpoint_of
    ]


def span(concept: Concept) -> str | None:
    """The plausible range in the unit that a plant usually shows: ``10 ~ 110 ℃``; None when it is open.

    >>> from tundish.vocabulary import load_catalogue
    >>> span(load_catalogue().concept("pickling.bath_temperature"))
    '10 ~ 110 ℃'
    """
    if concept.low is None or concept.high is None:
        return None
    unit = unit_of(concept.plant_unit) if concept.plant_unit else None
    factor, offset = (unit.factor, unit.offset) if unit else (1.0, 0.0)
    low, high = (float(f"{(end - offset) / factor:.10g}") for end in (concept.low, concept.high))
    return f"{number(low)} ~ {amount(high, concept.plant_unit)}"


def _shown(concept: Concept, twin: Concept | None, catalogue: Catalogue, lang: Language, _: Say) -> Shown:
    area = catalogue.areas.get(concept.area)
    name = concept.area if area is None else area.name_ko if lang == "ko" else area.name_en
    elsewhere = [(ELSEWHERE.get(slot, slot), identifier) for slot, identifier in concept.same_as.items()]
    if concept.qudt_kind:
        elsewhere.append(
            ("QUDT", f"quantitykind:{concept.qudt_kind}" + (f" · unit:{concept.qudt_unit}" if concept.qudt_unit else ""))
        )
    return Shown(concept, twin, name, _(ROLES[concept.role]), span(concept), tuple(elsewhere))
