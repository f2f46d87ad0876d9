"""Does a submodel keep its IDTA template, and which of what it demands is still open?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tundish.aas.package import AasPackage, Json
from tundish.aas.template import Count, Slot, Template, inside, is_empty, meant, template_of
from tundish.aas.verify import Fault

ANY = ("https://admin-shell.io/SMT/General/Arbitrary",)
"""Semantic ids, by their beginning, of slots that stand for whatever one likes."""
_DECLARED = ("Metadata.Record.Time",)
"""Demanded places that say which columns there are, and hold no value by their nature."""
_COUNTS: dict[str, Count] = {one.casefold(): one for one in ("One", "ZeroToOne", "ZeroToMany", "OneToMany")}


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far one submodel fills its template."""

    submodel: str
    """Its idShort."""
    identity: str
    template: Template
    needed: int
    """Places that the template demands."""
    filled: int
    more: int
    """Filled places beyond what it demands."""
    open: tuple[str, ...]
    """Paths of demanded places that hold nothing."""
    faults: tuple[Fault, ...]


def conformance(submodel: Json, template: Template) -> list[Fault]:
    """Where a submodel breaks its template: what is missing or too much, a wrong kind, value type or semantic id.

    An empty element counts as standing there: :func:`coverage` says that it is open.
    """
    found: list[Fault] = []
    if meant(submodel) != template.meaning[0]:
        found.append(Fault("semanticId", f"Expected {template.meaning[0]}, found {meant(submodel)}"))
    return [*found, *_held_against(submodel, template.inside, submodel.get("idShort", ""))]


def coverage(package: AasPackage) -> tuple[Coverage, ...]:
    """Every submodel of a package that follows a template this program knows."""
    known = ((submodel, template_of(submodel)) for submodel in package.submodels)
    return tuple(_covered(submodel, template) for submodel, template in known if template)


def published(submodel: Json) -> Template:
    """A template as it was published: an AAS submodel of kind Template, with its cardinalities as qualifiers."""
    administration = submodel.get("administration", {})
    version = f"{administration.get('version', '')}-{administration.get('revision', '')}"
    name = submodel.get("idShort", "")
    slots = tuple(_slot(one) for one in inside(submodel) if not _is_any(one))
    return Template("", version, name, name, (meant(submodel) or "",), administration.get("templateId"), slots)


def _covered(submodel: Json, template: Template) -> Coverage:
    places = list(_places(submodel, template.inside, "", needed=True))
    needed = [(path, one) for path, one, is_needed in places if is_needed]
    empty = tuple(path for path, one in needed if one is None or is_empty(one))
    return Coverage(
        submodel=submodel.get("idShort", ""),
        identity=submodel["id"],
        template=template,
        needed=len(needed),
        filled=len(needed) - len(empty),
        more=sum(one is not None and not is_needed and not is_empty(one) for _, one, is_needed in places),
        open=empty,
        faults=tuple(conformance(submodel, template)),
    )


def _places(holder: Json, slots: Sequence[Slot], path: str, *, needed: bool) -> Iterator[tuple[str, Json | None, bool]]:
    """The leaves of a template with what stands there; what is below an optional place is demanded where that is used."""
    for slot in slots:
        here = f"{path}.{slot.name}".lstrip(".")
        own = _of_slot(holder, slot)
        is_needed = needed and (slot.needed or holder["modelType"] == "SubmodelElementList") and here not in _DECLARED
        if not own and (is_needed or not slot.inside):
            yield here, None, is_needed
        for one in own:
            if slot.inside and inside(one):
                yield from _places(one, slot.inside, here, needed=is_needed or not is_empty(one))
            else:
                yield here, one, is_needed


def _held_against(holder: Json, slots: Sequence[Slot], path: str) -> Iterator[Fault]:
    for slot in slots:
        own = _of_slot(holder, slot)
        here = f"{path}.{slot.name}"
        if slot.needed and not own:
            yield Fault(here, f"Expected {slot.count}, found none")
        if not slot.many and len(own) > 1:
            yield Fault(here, f"Expected {slot.count}, found {len(own)}")
        for one in own:
            yield from _element(one, slot, here)


def _element(one: Json, slot: Slot, path: str) -> Iterator[Fault]:
    if one["modelType"] != slot.kind:
        yield Fault(path, f"Expected {slot.kind}, found {one['modelType']}")
        return
    if slot.meaning and meant(one) != slot.meaning[0]:
        yield Fault(path, f"Expected semantic id {slot.meaning[0]}, found {meant(one)}")
    if slot.value_type and one.get("valueType") != slot.value_type:
        yield Fault(path, f"Expected value type {slot.value_type}, found {one.get('valueType')}")
    listed = slot.listed or {}
    for key, attribute in (("of", "typeValueListElement"), ("of_type", "valueTypeListElement")):
        if key in listed and one.get(attribute) != listed[key]:
            yield Fault(path, f"Expected {attribute} {listed[key]}, found {one.get(attribute)}")
    yield from _held_against(one, slot.inside, path)


def _of_slot(holder: Json, slot: Slot) -> list[Json]:
    """What stands in a slot: what means it, or what has its name and means nothing else that the template knows."""
    elements = inside(holder)
    if holder["modelType"] == "SubmodelElementList":
        return list(elements)
    pattern = re.compile(re.escape(slot.name).replace("__00__", r"__\d+__") + r"\d*")
    named = [one for one in elements if pattern.fullmatch(one.get("idShort", ""))]
    same = [one for one in elements if slot.meaning and meant(one) == slot.meaning[0] and one["modelType"] == slot.kind]
    kept = same if not named or slot.kind == "Entity" else named
    return [one for one in elements if one in kept]


def _slot(one: Json) -> Slot:
    said = {qualifier["type"].rpartition("/")[2]: qualifier.get("value") for qualifier in one.get("qualifiers", ())}
    count = said.get("Cardinality") or said.get("Multiplicity") or ""
    listed = {"of": one.get("typeValueListElement"), "of_type": one.get("valueTypeListElement")}
    in_list = not one.get("idShort")
    return Slot(
        name=one.get("idShort") or "item",
        kind=one["modelType"],
        count=_COUNTS.get(count.casefold(), "ZeroToMany" if in_list else "One"),
        meaning=tuple(found for found in (meant(one),) if found),
        value_type=one.get("valueType"),
        listed={key: value for key, value in listed.items() if value} or None,
        inside=tuple(_slot(below) for below in inside(one) if not _is_any(below)),
    )


def _is_any(one: Json) -> bool:
    """A place for whatever one likes, or an example of it: neither is demanded."""
    said = meant(one) or ""
    return said.startswith(ANY) or one.get("idShort", "").startswith("sample")
