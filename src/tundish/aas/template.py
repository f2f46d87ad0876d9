"""What does an IDTA submodel template ask for, and how is a submodel made of it, or held against it?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from tundish.aas.elements import Value, element, literal, reference, texts, unique
from tundish.aas.package import Json
from tundish.vocabulary.pages import read_yaml

Count = Literal["One", "ZeroToOne", "ZeroToMany", "OneToMany"]
MORE = "+"
"""Key of a content: ready elements beside those that the template names."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One element that a template names: what it is called, what it is, what it means, how often it may stand."""

    name: str
    kind: str
    count: Count
    meaning: tuple[str, ...]
    """Semantic id, then the supplemental ones."""
    value_type: str | None = None
    listed: Mapping[str, Any] | None = None
    """Of a list: ``of``, ``of_type``, ``of_id``, ``ordered``."""
    inside: tuple[Slot, ...] = ()

    @property
    def needed(self) -> bool:
        """Must it stand in every submodel?"""
        return self.count in ("One", "OneToMany")

    @property
    def many(self) -> bool:
        """May it stand more than once?"""
        return self.count.endswith("Many")


@dataclass(frozen=True, slots=True)
class Template:
    """A published submodel template."""

    number: str
    version: str
    title: str
    name: str
    meaning: tuple[str, ...]
    administration: str | None
    inside: tuple[Slot, ...]


@lru_cache(maxsize=1)
def templates() -> Mapping[str, Template]:
    """The templates that this program fills, by number: ``02008``."""
    pages = (page for page in (files("tundish.aas") / "templates").iterdir() if page.name.endswith(".yaml"))
    read = (_template(read_yaml(page)) for page in sorted(pages, key=lambda page: page.name))
    return {template.number: template for template in read}


def template_of(submodel: Json) -> Template | None:
    """The template that a submodel says it follows."""
    said = meant(submodel)
    return next((template for template in templates().values() if said and template.meaning[0] == said), None)


def fill(number: str, identity: str, content: Mapping[str, Any], *, name: str | None = None) -> Json:
    """A submodel after a template: what the template demands and the content does not have stands there empty."""
    template = templates()[number]
    version, _, revision = template.version.partition("-")
    administration = {"version": version, "revision": revision.partition("-")[0], "templateId": template.administration}
    return element(
        "Submodel",
        name or template.name,
        meaning=template.meaning,
        id=identity,
        kind="Instance",
        administration={key: value for key, value in administration.items() if value},
        submodelElements=_inside(template.inside, content),
    )


def meant(one: Json) -> str | None:
    """What an element means: the last key of its semantic id."""
    keys = one.get("semanticId", {}).get("keys", ())
    return keys[-1]["value"].strip() if keys else None


def inside(one: Json) -> Sequence[Json]:
    """The elements that stand in an element."""
    for name in ("submodelElements", "value", "statements", "annotations"):
        found = one.get(name)
        if isinstance(found, list) and one["modelType"] != "MultiLanguageProperty":
            return found
    return ()


def is_empty(one: Json) -> bool:
    """Does an element say nothing?"""
    found = inside(one)
    return (
        all(map(is_empty, found)) if found else not any(one.get(key) for key in ("value", "first", "min", "max", "entityType"))
    )


def _template(page: Mapping[str, Any]) -> Template:
    meaning = (page["id"], *page.get("also", ()))
    inside = tuple(_slot(name, entry) for name, entry in page["inside"].items())
    return Template(page["number"], page["version"], page["title"], page["name"], meaning, page.get("template"), inside)


def _slot(name: str, entry: Mapping[str, Any]) -> Slot:
    return Slot(
        name=name,
        kind=entry["is"],
        count=entry["count"],
        meaning=tuple(one for one in (entry.get("id"), *entry.get("also", ())) if one),
        value_type=entry.get("type"),
        listed={key: entry[key] for key in ("of", "of_type", "of_id", "ordered") if key in entry} or None,
        inside=tuple(_slot(below, one) for below, one in entry.get("inside", {}).items()),
    )


def _inside(slots: Sequence[Slot], content: Mapping[str, Any]) -> list[Json]:
    unknown = set(content) - {slot.name for slot in slots} - {MORE}
    if unknown:
        raise KeyError(f"no such element in the template: {', '.join(sorted(unknown))}")
    made = [one for slot in slots for one in _elements(slot, content.get(slot.name))]
    return unique([*made, *content.get(MORE, ())])


def _elements(slot: Slot, content: Any) -> Iterator[Json]:  # noqa: ANN401
    """None, one or several elements for a slot; one without a value where the template needs it."""
    if content is None and not slot.needed:
        return
    several = content if slot.many and isinstance(content, list) else [content]
    for at, one in enumerate(several):
        yield _element(slot, _numbered(slot.name, at, len(several)), one)


def _numbered(name: str, at: int, of: int) -> str:
    """``Run__00__`` counts by its own pattern, other names only where there are several."""
    if name.endswith("__00__"):
        return f"{name.removesuffix('__00__')}__{at:02d}__"
    return name if of == 1 else f"{name}{at:02d}"


def _element(slot: Slot, name: str | None, content: Any) -> Json:  # noqa: ANN401
    match slot.kind:
        case "SubmodelElementCollection":
            return element(slot.kind, name, meaning=slot.meaning, value=_inside(slot.inside, content or {}))
        case "SubmodelElementList":
            return _list(slot, name, content)
        case "MultiLanguageProperty":
            return element(slot.kind, name, meaning=slot.meaning, value=texts(content or {}))
        case _:
            value_type = slot.value_type or "xs:string"
            return _property(slot, name, literal(content, value_type), value_type)


def _property(slot: Slot, name: str | None, value: Value | None, value_type: str) -> Json:
    return element("Property", name, meaning=slot.meaning, valueType=value_type, value=value)


def _list(slot: Slot, name: str | None, content: Sequence[Any] | None) -> Json:
    listed = slot.listed or {}
    item = slot.inside[0] if slot.inside else Slot("item", listed["of"], "ZeroToMany", (), listed.get("of_type"))
    given = list(content or ([None] if item.needed else []))
    made = [_element(item, None, one) for one in given]
    return element(
        slot.kind,
        name,
        meaning=slot.meaning,
        typeValueListElement=listed["of"],
        valueTypeListElement=listed.get("of_type"),
        semanticIdListElement=reference(*[listed["of_id"]] if "of_id" in listed else []),
        orderRelevant=listed.get("ordered"),
        value=made,
    )
