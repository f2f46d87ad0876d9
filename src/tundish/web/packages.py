"""Which AAS packages make up what is served? The plant's own, made of its tables, and those that stand in its folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError

from tundish.aas import AasPackage, Json
from tundish.errors import Message
from tundish.table import Finding, Origin

_JSON: TypeAdapter[Any] = TypeAdapter(Any)


def joined(packages: Iterable[tuple[str, AasPackage]]) -> tuple[AasPackage, list[Finding]]:
    """One package of all: of two elements with one id the first stays; a file whose name is taken gets another."""
    shells: dict[str, Json] = {}
    submodels: dict[str, Json] = {}
    descriptions: dict[str, Json] = {}
    files: dict[str, Any] = {}
    thumbnails: dict[str, str] = {}
    findings: list[Finding] = []
    for origin, read in packages:
        package = _renamed(read, taken=files, folder=f"/aasx/{len(files)}")
        files |= package.files
        thumbnails = {**package.thumbnails, **thumbnails}
        findings += _added(package.shells, shells, origin)
        findings += _added(package.submodels, submodels, origin)
        # Two packages may well describe one concept.
        findings += [one for one in _added(package.concept_descriptions, descriptions, origin) if one.code != "aas_twice"]
    whole = AasPackage(tuple(shells.values()), tuple(submodels.values()), tuple(descriptions.values()), files, thumbnails)
    return whole, findings


def _added(elements: Iterable[Json], kept: dict[str, Json], origin: str) -> list[Finding]:
    """Add elements to those that are kept; findings about what cannot be."""
    findings = []
    for element in elements:
        finding = _refusal(element, kept, origin)
        if finding is None:
            kept[element["id"]] = element
        else:
            findings.append(finding)
    return findings


def _refusal(element: Json, kept: Mapping[str, Json], origin: str) -> Finding | None:
    id = str(element.get("id", ""))
    if id in kept:
        text = "{file}: the id {id} is taken already; the first element of this id is served. Give this one another id."
        return Finding("aas_twice", "warning", Message(text, file=origin, id=id), Origin(origin))
    try:
        _JSON.dump_json(element)
    except PydanticSerializationError:
        text = "{file}: {id} holds text that is no Unicode, or is nested too deep; it is not served. Mend it where it was made."
        return Finding("aas_unsayable", "warning", Message(text, file=origin, id=id), Origin(origin))
    return None


def _renamed(package: AasPackage, *, taken: Mapping[str, object], folder: str) -> AasPackage:
    """The package with other names for files whose names another package has already."""
    new = {name: f"{folder}/{name.rpartition('/')[2]}" for name in package.files if name in taken}
    if not new:
        return package
    return AasPackage(
        tuple(_pointing(shell, new) for shell in package.shells),
        tuple(_pointing(submodel, new) for submodel in package.submodels),
        package.concept_descriptions,
        {new.get(name, name): part for name, part in package.files.items()},
        {id: new.get(name, name) for id, name in package.thumbnails.items()},
    )


def _pointing(element: Json, new: Mapping[str, str]) -> Json:
    """A copy whose File elements and thumbnails say the new names."""
    copy: Json = _JSON.validate_json(_JSON.dump_json(element))
    for found in _objects(copy):
        key = "value" if found.get("modelType") == "File" else "path"
        if isinstance(found.get(key), str):
            found[key] = new.get(found[key], found[key])
    return copy


def _objects(content: object) -> Iterator[Json]:
    waiting = [content]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            yield found
            waiting.extend(found.values())
        elif isinstance(found, list):
            waiting.extend(found)
