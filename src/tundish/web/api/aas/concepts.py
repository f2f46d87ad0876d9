"""What do the semantic ids mean? Concept descriptions, beside the four profiles."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from tundish.aas import Json
from tundish.errors import Message
from tundish.web.api.aas import answers
from tundish.web.api.aas.asked import DataSpecification, Identifier, IdShort, IsCaseOf, Page
from tundish.web.api.aas.served import Served
from tundish.web.refusals import Refused

router = APIRouter()


@router.get("/concept-descriptions")
def concepts(
    shelf: Served,
    *,
    is_case_of: IsCaseOf,
    data_specification: DataSpecification,
    id_short: IdShort = None,
    page: Page,
) -> Response:
    """All concept descriptions, or those that answer to what is asked."""
    found = [
        concept
        for concept in shelf.concepts.values()
        if (id_short is None or concept.get("idShort") == id_short)
        and (is_case_of is None or is_case_of in _keys(concept.get("isCaseOf", ())))
        and (data_specification is None or data_specification in _keys(_specifications(concept)))
    ]
    return answers.pages(found, page, key=answers.by_id)


@router.get("/concept-descriptions/{cdIdentifier}")
def concept(shelf: Served, cdIdentifier: Identifier) -> Response:
    """One concept description."""
    if cdIdentifier not in shelf.concepts:
        raise Refused(404, Message("There is no concept description with the id {id}.", id=cdIdentifier))
    return answers.json(shelf.concepts[cdIdentifier])


def _specifications(concept: Json) -> list[Json]:
    return [said["dataSpecification"] for said in concept.get("embeddedDataSpecifications", ())]


def _keys(references: list[Json]) -> list[tuple[str, ...]]:
    return [tuple(key["value"] for key in reference["keys"]) for reference in references]
