"""What is in a submodel? Its elements as a list, or one by its idShort path."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from tundish.aas import Json
from tundish.errors import Message
from tundish.web.api.aas import answers, forms, values
from tundish.web.api.aas.asked import Extent, Level, Page
from tundish.web.api.aas.served import Served
from tundish.web.api.aas.shelf import Tree, named
from tundish.web.refusals import Refused

router = APIRouter()
ONE = "/submodel-elements/{idShortPath}"


@router.get("/submodel-elements")
def elements(
    shelf: Served,
    *,
    level: Level = Level.DEEP,
    extent: Extent = Extent.WITHOUT_BLOB_VALUE,
    page: Page,
) -> Response:
    """The elements of a submodel."""

    def form(item: tuple[str, Json]) -> Json:
        return forms.formed_in_list(item[1], shelf.tree, level, extent)

    return answers.pages(_first_level(shelf.tree), page, key=_path, form=form)


@router.get("/submodel-elements/$metadata")
def elements_metadata(shelf: Served, page: Page) -> Response:
    """The elements of a submodel without their values."""
    return answers.pages(_first_level(shelf.tree), page, key=_path, form=lambda item: forms.metadata(item[1]))


@router.get("/submodel-elements/$value")
def elements_value(
    shelf: Served,
    *,
    level: Level = Level.DEEP,
    extent: Extent = Extent.WITHOUT_BLOB_VALUE,
    page: Page,
) -> Response:
    """The values of a submodel's elements, each with its name; operations and capabilities have none."""

    def form(item: tuple[str, Json]) -> Json:
        return values.named_value(item[1], level, extent)

    found = [item for item in _first_level(shelf.tree) if values.has_value(item[1])]
    return answers.pages(found, page, key=_path, form=form)


@router.get("/submodel-elements/$reference")
def elements_reference(shelf: Served, page: Page) -> Response:
    """References to the elements of a submodel."""

    def form(item: tuple[str, Json]) -> Json:
        return forms.reference(*shelf.tree.keys(item[0]))

    return answers.pages(_first_level(shelf.tree), page, key=_path, form=form)


@router.get("/submodel-elements/$path")
def elements_path(shelf: Served, page: Page, level: Level = Level.DEEP) -> Response:
    """The paths of a submodel's elements."""
    return answers.pages(forms.paths(shelf.tree, level), page, key=str)


async def _at(shelf: Served, idShortPath: str) -> tuple[str, Json]:
    element = shelf.tree.elements.get(idShortPath)
    if element is None:
        raise Refused(404, Message("The submodel has no element {path}.", path=idShortPath))
    return idShortPath, element


At = Annotated[tuple[str, Json], Depends(_at)]
"""Path and element that the address names."""


@router.get(ONE)
def element(shelf: Served, at: At, level: Level = Level.DEEP, extent: Extent = Extent.WITHOUT_BLOB_VALUE) -> Response:
    """One element."""
    return answers.json(forms.formed(at[1], shelf.tree, level, extent))


@router.get(f"{ONE}/$metadata")
def element_metadata(at: At) -> Response:
    """One element without its value."""
    _refuse(at, forms.WITHOUT_METADATA)
    return answers.json(forms.metadata(at[1]))


@router.get(f"{ONE}/$value")
def element_value(at: At, level: Level = Level.DEEP, extent: Extent = Extent.WITHOUT_BLOB_VALUE) -> Response:
    """The value of one element; that of a property by its name, so that the answer is never a bare number or text."""
    _refuse(at, values.WITHOUT_VALUE)
    value = values.value_of(at[1], level, extent)
    bare = at[1]["modelType"] == "Property"
    return answers.json({at[1].get("idShort", at[0]): value} if bare else value)


@router.get(f"{ONE}/$reference")
def element_reference(shelf: Served, at: At) -> Response:
    """A reference to one element."""
    return answers.json(forms.reference(*shelf.tree.keys(at[0])))


@router.get(f"{ONE}/$path")
def element_path(shelf: Served, at: At, level: Level = Level.DEEP) -> Response:
    """The paths of one element and of what is in it."""
    if at[1]["modelType"] not in forms.WITH_PATHS:
        raise _not_offered(at)
    return answers.json(forms.paths_below(shelf.tree, at[0], level))


@router.get(f"{ONE}/attachment")
def attachment(shelf: Served, at: At) -> Response:
    """The file that a File element names."""
    if at[1]["modelType"] != "File":
        raise _not_offered(at)
    return answers.part(shelf.package.files, at[1].get("value"), at[1].get("contentType"))


def _first_level(tree: Tree) -> list[tuple[str, Json]]:
    return list(named(tree.submodel, ""))


def _path(item: tuple[str, Json]) -> str:
    return item[0]


def _refuse(at: tuple[str, Json], kinds: frozenset[str]) -> None:
    if at[1]["modelType"] in kinds:
        raise _not_offered(at)


def _not_offered(at: tuple[str, Json]) -> Refused:
    text = Message("{path}: this is not offered for elements of the kind {kind}.", path=at[0], kind=at[1]["modelType"])
    return Refused(400, text)
