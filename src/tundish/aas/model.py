"""Which measured things does an AAS name, and what does it say of each: names, meaning, unit, kind?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tundish.aas.package import AasPackage, Json
from tundish.aas.template import Slot, inside, templates
from tundish.table import Kind

_KINDS: Mapping[str, Kind] = {
    "xs:string": "category",
    "xs:boolean": "category",
    "xs:anyURI": "text",
    "xs:date": "time",
    "xs:dateTime": "time",
    "xs:time": "text",
    "xs:duration": "text",
    "xs:base64Binary": "text",
    "xs:hexBinary": "text",
}
"""Every other XSD type of AAS is a number."""
_DATA_KINDS: Mapping[str, Kind] = {"DATE": "time", "TIMESTAMP": "time", "TIME": "text", "BOOLEAN": "category"}
_SAYS_NOTHING = frozenset(
    (
        "value",
        "name",
        "id",
        "type",
        "unit",
        "min",
        "max",
        "mean",
        "actual",
        "setpoint",
        "description",
        "status",
        "result",
        "item",
    )
)
"""Names that mean something only where they stand."""
_SHORTEST = 2
_OF_TEMPLATES = ("https://admin-shell.io/", "http://admin-shell.io/")


@dataclass(frozen=True)
class Entry:
    """One thing of a reference model, wherever and however often it stands there."""

    name: str
    """Its idShort."""
    ids: tuple[str, ...]
    names: tuple[str, ...]
    """Everything it is called, Korean first."""
    words: Mapping[str, str]
    """Language -> its name."""
    definition: Mapping[str, str]
    unit: str | None
    kind: Kind

    @property
    def key(self) -> str:
        """What tells entries apart: the meaning, else the name."""
        return self.ids[0] if self.ids else self.name


def entries_of(package: AasPackage) -> list[Entry]:
    """Properties and ranges of a package's submodels, and its other concept descriptions, each meaning once.

    What stands in a template of the association by the template's own identifier is left out: it describes papers, not tags.
    """
    descriptions = {one["id"]: one for one in package.concept_descriptions if "id" in one}
    known = _template_ids()
    made: dict[str, Entry] = {}
    for submodel in package.submodels:
        for one in _values(submodel):
            entry = _entry(one, descriptions)
            if entry and not known & set(entry.ids) and not entry.key.startswith(_OF_TEMPLATES):
                made[entry.key] = _merged(made[entry.key], entry) if entry.key in made else entry
    for id, description in descriptions.items():
        if id not in made and id not in known and _specification(description).get("dataType"):
            entry = _entry({"idShort": description.get("idShort", ""), "semanticId": _as_reference(id)}, descriptions)
            if entry:
                made[entry.key] = entry
    return list(made.values())


def _values(holder: Json) -> Iterator[Json]:
    for one in inside(holder):
        if one["modelType"] in ("Property", "Range") and one.get("idShort"):
            yield one
        yield from _values(one)


def _entry(one: Json, descriptions: Mapping[str, Json]) -> Entry | None:
    ids = tuple(dict.fromkeys(_ids(one)))
    description = next((descriptions[id] for id in ids if id in descriptions), {})
    content = _specification(description)
    words = {**_texts(content.get("preferredName")), **_texts(description.get("displayName")), **_texts(one.get("displayName"))}
    name = one.get("idShort") or description.get("idShort") or ""
    called = (*words.values(), name, description.get("idShort", ""), *_texts(content.get("shortName")).values())
    korean_first = sorted(called, key=lambda text: text != words.get("ko"))
    names = tuple(dict.fromkeys(text.strip() for text in korean_first if _says_something(text)))
    if not names:
        return None
    kind = _kind(one, content)
    return Entry(name or names[0], ids, names, words, _texts(content.get("definition")), _unit(content), kind)


def _ids(one: Json) -> Iterator[str]:
    for reference in (one.get("semanticId"), *one.get("supplementalSemanticIds", ())):
        keys = (reference or {}).get("keys", ())
        if keys:
            yield keys[-1]["value"].strip()


def _kind(one: Json, content: Json) -> Kind:
    if "valueType" in one:
        return _KINDS.get(one["valueType"], "number")
    data_type = content.get("dataType", "")
    is_number = data_type.startswith(("REAL", "INTEGER", "RATIONAL"))
    return _DATA_KINDS.get(data_type, "number" if is_number else "category")


def _unit(content: Json) -> str | None:
    return content.get("unit", "").strip() or None


def _specification(description: Json) -> Json:
    """What IEC 61360 says in a concept description; empty where it says nothing."""
    for one in description.get("embeddedDataSpecifications", ()):
        content: Json = one.get("dataSpecificationContent", {})
        if content:
            return content
    return {}


def _texts(strings: object) -> dict[str, str]:
    """Language -> text, region left out, the first of each."""
    made: dict[str, str] = {}
    for one in strings if isinstance(strings, list) else ():
        made.setdefault(one["language"].partition("-")[0].casefold(), one["text"].strip())
    return made


def _says_something(text: str) -> bool:
    plain = text.strip()
    return len(plain) >= _SHORTEST and plain.casefold() not in _SAYS_NOTHING and any(letter.isalpha() for letter in plain)


def _merged(first: Entry, second: Entry) -> Entry:
    names = tuple(dict.fromkeys((*first.names, *second.names)))
    return Entry(first.name, first.ids, names, {**second.words, **first.words}, first.definition, first.unit, first.kind)


def _as_reference(id: str) -> Json:
    return {"type": "ExternalReference", "keys": [{"type": "GlobalReference", "value": id}]}


@lru_cache(maxsize=1)
def _template_ids() -> frozenset[str]:
    return frozenset(one for template in templates().values() for one in _ids_of(template.inside))


def _ids_of(slots: Sequence[Slot]) -> Iterator[str]:
    for slot in slots:
        yield from slot.meaning
        yield from _ids_of(slot.inside)
