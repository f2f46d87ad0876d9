"""What does this server offer, and how is all of it taken along? Description and serialisation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from tundish.aas import AasPackage, Json, write_package
from tundish.errors import Message
from tundish.web.api.aas import answers
from tundish.web.api.aas.asked import Identifier
from tundish.web.api.aas.served import Served
from tundish.web.api.aas.shelf import Shelf, children
from tundish.web.refusals import Refused

router = APIRouter()
_PROFILE = "https://admin-shell.io/aas/API/3/0/"
PROFILES = (
    f"{_PROFILE}AssetAdministrationShellRepositoryServiceSpecification/SSP-002",
    f"{_PROFILE}SubmodelRepositoryServiceSpecification/SSP-002",
    f"{_PROFILE}AssetAdministrationShellServiceSpecification/SSP-002",
    f"{_PROFILE}SubmodelServiceSpecification/SSP-002",
)
JSON, XML, AASX = "application/json", "application/xml", "application/asset-administration-shell-package"
KINDS: Mapping[str, str] = {
    JSON: JSON,
    "application/asset-administration-shell+json": JSON,
    XML: XML,
    "text/xml": XML,
    "application/aas+xml": XML,
    AASX: AASX,
    f"{AASX}+json": AASX,
    f"{AASX}+xml": AASX,
    "application/aasx": AASX,
    "application/aasx+json": AASX,
    "application/aasx+xml": AASX,
    "application/*": JSON,
    "*/*": JSON,
}
"""What a request may accept -> what it gets."""
_MEDIA = re.compile(r"([^;,\s]+)\s*(?:;\s*q\s*=\s*([0-9.]+))?[^,]*")


@router.get("/description")
def description() -> Response:
    """The profiles that are served."""
    return answers.json({"profiles": PROFILES})


@router.get("/serialization")
def serialization(
    request: Request,
    shelf: Served,
    *,
    aas_ids: Annotated[list[Identifier], Query(alias="aasIds", default_factory=list)],
    submodel_ids: Annotated[list[Identifier], Query(alias="submodelIds", default_factory=list)],
    concepts: Annotated[bool, Query(alias="includeConceptDescriptions")] = True,
) -> Response:
    """These shells and submodels, or all of them, as JSON, XML or AASX: as the request accepts."""
    package = _chosen(shelf, aas_ids, submodel_ids, concepts=concepts)
    match _kind(request.headers.get("accept", "*/*")):
        case "application/json":
            return answers.json(package.environment)
        case "application/xml":
            return Response(_xml(package.environment), media_type=XML)
        case "application/asset-administration-shell-package":
            headers = {"Content-Disposition": 'attachment; filename="tundish.aasx"'}
            return Response(_aasx(package), media_type=AASX, headers=headers)
        case _:
            text = "This can be had as {kinds}; the request accepts {accepted}."
            raise Refused(406, Message(text, kinds=(JSON, XML, AASX), accepted=request.headers.get("accept", "")))


def _kind(accepted: str) -> str | None:
    """The kind the request likes best.

    >>> _kind("text/html, application/xml;q=0.9, */*;q=0.1"), _kind("*/*"), _kind("image/png")
    ('application/xml', 'application/json', None)
    """
    wishes = [(found.group(1).lower(), _liking(found.group(2))) for found in _MEDIA.finditer(accepted)]
    offered = [(liking, KINDS[name]) for name, liking in wishes if name in KINDS and liking > 0]
    return max(offered, key=lambda offer: offer[0])[1] if offered else None


def _liking(text: str | None) -> float:
    return float(text) if text and re.fullmatch(r"[01](\.[0-9]{1,3})?", text) else 1.0


def _chosen(shelf: Shelf, shells: list[str], submodels: list[str], *, concepts: bool) -> AasPackage:
    """What was asked for by id, else all; with it only the concepts and files that it refers to."""
    whole = not (shells or submodels)
    kept_shells = tuple(shell for id, shell in shelf.shells.items() if whole or id in shells)
    kept = tuple(tree.submodel for id, tree in shelf.trees.items() if whole or id in submodels)
    everything = len(kept) == len(shelf.package.submodels) and whole
    said = set() if everything else {value for submodel in kept for value in _meanings(submodel)}
    names = {answers.part_named(shelf.package.files, said) for submodel in kept for said in _files(submodel)}
    thumbnails = {id: name for id, name in shelf.package.thumbnails.items() if id in {shell["id"] for shell in kept_shells}}
    return AasPackage(
        kept_shells,
        kept,
        tuple(concept for id, concept in shelf.concepts.items() if concepts and (everything or id in said)),
        {name: part for name, part in shelf.package.files.items() if name in names or name in thumbnails.values()},
        thumbnails,
    )


def _all(element: Json) -> Iterator[Json]:
    waiting = [element]
    while waiting:
        found = waiting.pop()
        yield found
        waiting.extend(children(found))


def _meanings(submodel: Json) -> Iterator[str]:
    """Every id that an element's meaning refers to."""
    for element in _all(submodel):
        for reference in (element.get("semanticId"), *element.get("supplementalSemanticIds", ())):
            yield from (key["value"] for key in (reference or {}).get("keys", ()))


def _files(submodel: Json) -> Iterator[str]:
    return (element["value"] for element in _all(submodel) if element.get("modelType") == "File" and element.get("value"))


def _xml(environment: Json) -> bytes:
    from aas_core3 import jsonization, xmlization

    try:
        return xmlization.to_str(jsonization.environment_from_jsonable(environment)).encode()
    except jsonization.DeserializationException as failure:
        text = "{path}: {reason}. As it stands this cannot be said in XML; ask for {kind}."
        raise Refused(406, Message(text, path=str(failure.path), reason=failure.cause, kind=JSON)) from failure


def _aasx(package: AasPackage) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "served.aasx"
        write_package(package, path)
        return path.read_bytes()
