"""How does an entry of concepts/<area>.yaml become a concept? Parts are laid under it, families multiplied out, twins added."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from types import MappingProxyType
from typing import Any

from tundish.vocabulary.concept import Concept
from tundish.vocabulary.qudt import qudt_kind, qudt_unit
from tundish.vocabulary.units import Unit, unit_of

Entry = Mapping[str, Any]


def concepts_of(document: Entry, parts: Entry) -> Iterator[Concept]:
    """The concepts of one area: what it writes out, what its families give, and the set-point of each that has one.

    ``parts``: content of parts.yaml. KeyError for a part or a unit that is not there.
    """
    for key, entry in (*document.get("concepts", {}).items(), *_members(document.get("families", ()))):
        whole = {**_part(parts["is"], entry, "is"), **_part(parts["as"], entry, "as"), **entry}
        concept = _concept(f"{document['area']}.{key}", whole)
        yield concept
        if whole.get("setpoint") and concept.kind == "number":
            yield _setpoint(concept, whole.get("set_names", ()))


def _part(parts: Entry, entry: Entry, word: str) -> Entry:
    part: Entry = parts[entry[word]] if word in entry else {}
    return part


def _members(families: Sequence[Entry]) -> Iterator[tuple[str, Entry]]:
    """A family is a table: every entry for every member. ``{ko}`` stands for the member's word, the first where it has several.

    A member's own words win over the entry's; its names come on top of the entry's.
    """
    for family in families:
        for key, member in family["members"].items():
            words = {name: value for name, value in member.items() if name in family["fill"]}
            own = {name: value for name, value in member.items() if name not in words}
            for template, entry in family["entries"].items():
                filled = {name: _fill(value, words) for name, value in entry.items() if name != "names"}
                names = [name for written in entry.get("names", ()) for name in _every(written, words)]
                yield template.format(key=key), {**filled, **own, "names": [*names, *own.get("names", ())]}


def _fill(value: Any, words: Entry) -> Any:  # noqa: ANN401 - what YAML holds
    if not isinstance(value, str):
        return value
    return value.format_map({name: word[0] if isinstance(word, list) else word for name, word in words.items()})


def _every(written: str, words: Entry) -> Iterator[str]:
    """The name with each of the member's words in turn."""
    used = {name: word if isinstance(word, list) else [word] for name, word in words.items() if "{" + name + "}" in written}
    for choice in product(*used.values()):
        yield written.format_map(dict(zip(used, choice, strict=True)))


def _concept(id: str, entry: Entry) -> Concept:
    unit = unit_of(entry["unit"]) if "unit" in entry else None
    low, high = _range(entry.get("range"), unit)
    quantity = entry.get("quantity") or (unit.quantity if unit else None)
    return Concept(
        id=id,
        name_ko=entry["ko"],
        name_en=entry["en"],
        definition_ko=entry["ko_is"],
        definition_en=entry["en_is"],
        kind=entry.get("kind", "number"),
        role=entry["role"],
        quantity=quantity,
        unit=unit.si if unit else None,
        plant_unit=unit.label if unit else None,
        low=low,
        high=high,
        aspect=entry.get("aspect", "actual"),
        level=entry.get("level"),
        goes_in=bool(entry.get("goes_in", False)),
        equipment=bool(entry.get("equipment", False)),
        book_keeping=bool(entry.get("book_keeping", False)),
        at_sections=bool(entry.get("at_sections", False)),
        anywhere=bool(entry.get("anywhere", False)),
        turnable=bool(entry.get("turnable", False)),
        better=entry.get("better"),
        good=tuple(str(value).casefold() for value in entry.get("good", ())),
        bad=tuple(str(value).casefold() for value in entry.get("bad", ())),
        aggregate=tuple(entry.get("aggregate", ())),
        phases=bool(entry.get("phases", False)),
        zero_is_missing=bool(entry.get("zero_is_missing", False)),
        synonyms=_synonyms(entry),
        same_as=MappingProxyType(dict(entry.get("same_as", {}))),
        qudt_kind=qudt_kind(quantity),
        qudt_unit=qudt_unit(unit.si, quantity) if unit else None,
        replaces=tuple(entry.get("replaces", ())),
    )


def _synonyms(entry: Entry) -> tuple[str, ...]:
    """The names of the entry without its two main ones, each once."""
    written = dict.fromkeys(str(name) for name in entry.get("names", ()))
    return tuple(name for name in written if name not in (entry["ko"], entry["en"]))


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
        definition_ko=f"작업자나 제어기가 목표로 둔 {concept.name_ko}. 실제 값은 {concept.id}에 적습니다.",
        definition_en=f"The {concept.name_en} that a person or controller aims at; what was reached is {concept.id}.",
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
        qudt_kind=concept.qudt_kind,
        qudt_unit=concept.qudt_unit,
    )
