"""Which submodels are served, and in which form is one wanted?"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from tundish.aas import Json
from tundish.web.api.aas import answers, forms, values
from tundish.web.api.aas.asked import Extent, IdShort, Level, Page, SemanticId
from tundish.web.api.aas.served import Served
from tundish.web.api.aas.shelf import Tree


async def _found(shelf: Served, semantic_id: SemanticId, id_short: IdShort = None) -> list[Tree]:
    return [tree for tree in shelf.trees.values() if _answers(tree.submodel, semantic_id, id_short)]


Found = Annotated[list[Tree], Depends(_found)]
"""All submodels, or those of the meaning and the idShort that are asked for."""
many = APIRouter()
one = APIRouter()


@many.get("/submodels")
def submodels(
    found: Found,
    *,
    level: Level = Level.DEEP,
    extent: Extent = Extent.WITHOUT_BLOB_VALUE,
    page: Page,
) -> Response:
    """All submodels, or those of this meaning and this idShort."""

    def form(tree: Tree) -> Json:
        return forms.formed(tree.submodel, tree, level, extent)

    return answers.pages(found, page, key=_id, form=form)


@many.get("/submodels/$metadata")
def submodels_metadata(found: Found, page: Page) -> Response:
    """All submodels without their elements."""
    return answers.pages(found, page, key=_id, form=lambda tree: forms.metadata(tree.submodel))


@many.get("/submodels/$value")
def submodels_value(
    found: Found,
    *,
    level: Level = Level.DEEP,
    extent: Extent = Extent.WITHOUT_BLOB_VALUE,
    page: Page,
) -> Response:
    """The values of all submodels."""

    def form(tree: Tree) -> Json:
        return values.values_of(tree.submodel, level, extent)

    return answers.pages(found, page, key=_id, form=form)


@many.get("/submodels/$reference")
def submodels_reference(found: Found, page: Page) -> Response:
    """References to all submodels."""
    return answers.pages(found, page, key=_id, form=_reference)


@many.get("/submodels/$path")
def submodels_path(
    found: Found,
    *,
    level: Level = Level.DEEP,
    page: Page,
) -> Response:
    """The paths of the elements of all submodels, one after the other."""
    listed = [(tree, path) for tree in found for path in forms.paths(tree, level)]
    return answers.pages(listed, page, key=lambda item: f"{_id(item[0])} {item[1]}", form=lambda item: item[1])


@one.get("")
def submodel(shelf: Served, level: Level = Level.DEEP, extent: Extent = Extent.WITHOUT_BLOB_VALUE) -> Response:
    """One submodel."""
    return answers.json(forms.formed(shelf.tree.submodel, shelf.tree, level, extent))


@one.get("/$metadata")
def submodel_metadata(shelf: Served) -> Response:
    """One submodel without its elements."""
    return answers.json(forms.metadata(shelf.tree.submodel))


@one.get("/$value")
def submodel_value(shelf: Served, level: Level = Level.DEEP, extent: Extent = Extent.WITHOUT_BLOB_VALUE) -> Response:
    """The values of one submodel."""
    return answers.json(values.values_of(shelf.tree.submodel, level, extent))


@one.get("/$reference")
def submodel_reference(shelf: Served) -> Response:
    """A reference to one submodel."""
    return answers.json(_reference(shelf.tree))


@one.get("/$path")
def submodel_path(shelf: Served, level: Level = Level.DEEP) -> Response:
    """The paths of the elements of one submodel."""
    return answers.json(forms.paths(shelf.tree, level))


def _answers(submodel: Json, semantic_id: tuple[str, ...] | None, id_short: str | None) -> bool:
    own = tuple(key["value"] for key in submodel.get("semanticId", {}).get("keys", ()))
    return (id_short is None or submodel.get("idShort") == id_short) and (semantic_id is None or own == semantic_id)


def _id(tree: Tree) -> str:
    return answers.by_id(tree.submodel)


def _reference(tree: Tree) -> Json:
    return forms.reference({"type": "Submodel", "value": tree.submodel["id"]})
