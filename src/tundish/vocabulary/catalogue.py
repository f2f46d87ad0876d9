"""Which concepts are there? Loads concepts/<area>.yaml and words.yaml, once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

from tundish.vocabulary.concept import Concept
from tundish.vocabulary.pages import read_yaml
from tundish.vocabulary.units import Unit, unit_of
from tundish.vocabulary.words import Words, read_words


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the works, and the words that say a column belongs to it."""

    id: str
    name_ko: str
    name_en: str
    words: frozenset[str]
    """Word parts (keys of words.yaml) that name the place: ``pickling``, ``bath``."""


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All concepts, the areas they stand in, and the words that names are made of."""

    concepts: tuple[Concept, ...]
    areas: Mapping[str, Area]
    words: Words
    _by_id: dict[str, Concept] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {concept.id: concept for concept in self.concepts})

    def concept(self, id: str) -> Concept:
        """The concept with this id; KeyError when there is none."""
        return self._by_id[id]

    def __contains__(self, id: object) -> bool:
        return id in self._by_id


@lru_cache(maxsize=1)
def load_catalogue() -> Catalogue:
    """The vocabulary that ships with the program."""
    root = files("tundish.vocabulary")
    words = read_yaml(root / "words.yaml")
    pages = (page for page in (root / "concepts").iterdir() if page.name.endswith(".yaml"))
    documents = sorted(map(read_yaml, pages), key=lambda document: str(document["area"]))
    concepts = tuple(concept for document in documents for concept in _concepts(document, words["quantities"]))
    return Catalogue(
        concepts=concepts,
        areas={document["area"]: _area(document) for document in documents},
        words=read_words(words),
    )


def _area(document: Mapping[str, Any]) -> Area:
    return Area(document["area"], document["ko"], document["en"], frozenset(document.get("words", ())))


def _concepts(document: Mapping[str, Any], quantities: Mapping[str, Any]) -> Iterator[Concept]:
    for key, entry in (*document.get("concepts", {}).items(), *_members(document.get("families", ()))):
        whole = {**quantities.get(entry.get("is"), {}), **entry}
        concept = _concept(f"{document['area']}.{key}", whole)
        yield concept
        if whole.get("setpoint"):
            yield _setpoint(concept, whole.get("set_names", ()))


def _members(families: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Entries written once for many members: ``{ko}`` and ``{en}`` stand for the member's name."""
    for family in families:
        for key, member in family["members"].items():
            own = {name: value for name, value in member.items() if name not in family["fill"]}
            yield (
                family["key"].format(key=key),
                {**{name: _fill(text, member) for name, text in family["entry"].items()}, **own},
            )


def _fill(text: str | list[str], member: Mapping[str, Any]) -> str | list[str]:
    if isinstance(text, list):
        return [line.format_map(member) for line in text]
    return text.format_map(member)


def _concept(id: str, entry: Mapping[str, Any]) -> Concept:
    unit = unit_of(entry["unit"]) if "unit" in entry else None
    low, high = _range(entry.get("range"), unit)
    return Concept(
        id=id,
        name_ko=entry["ko"],
        name_en=entry["en"],
        definition_ko=entry.get("ko_is"),
        definition_en=entry.get("en_is"),
        kind=entry.get("kind", "number"),
        role=entry["role"],
        quantity=entry.get("quantity") or (unit.quantity if unit else None),
        unit=unit.si if unit else None,
        plant_unit=unit.label if unit else None,
        low=low,
        high=high,
        aspect=entry.get("aspect", "actual"),
        level=entry.get("level"),
        turnable=bool(entry.get("turnable", False)),
        better=entry.get("better"),
        good=tuple(str(value).casefold() for value in entry.get("good", ())),
        bad=tuple(str(value).casefold() for value in entry.get("bad", ())),
        aggregate=tuple(entry.get("aggregate", ())),
        zero_is_missing=bool(entry.get("zero_is_missing", False)),
        synonyms=tuple(str(name) for name in entry.get("names", ())),
    )


def _range(written: Sequence[float] | None, unit: Unit | None) -> tuple[float | None, float | None]:
    """Plausible range in SI from the range as written in the plant's unit; a null end stays open."""
    if written is None:
        return None, None
    factor, offset = (unit.factor, unit.offset) if unit else (1.0, 0.0)
    low, high = (None if end is None else end * factor + offset for end in written)
    return low, high


def _setpoint(concept: Concept, names: Sequence[str]) -> Concept:
    """The set-point twin of a concept that a person or a controller sets."""
    return Concept(
        id=f"{concept.id}_setpoint",
        name_ko=f"{concept.name_ko} 설정값",
        name_en=f"{concept.name_en} set-point",
        definition_ko=f"{concept.name_ko}의 목표로 설정한 값.",
        definition_en=f"The value that {concept.name_en} was set to.",
        kind=concept.kind,
        role="setting",
        quantity=concept.quantity,
        unit=concept.unit,
        plant_unit=concept.plant_unit,
        low=concept.low,
        high=concept.high,
        aspect="setpoint",
        setpoint_of=concept.id,
        turnable=concept.turnable,
        aggregate=concept.aggregate,
        zero_is_missing=concept.zero_is_missing,
        synonyms=tuple(names),
    )
