"""Which shells are served, and what belongs to one?"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from tundish.aas import Json
from tundish.errors import Message
from tundish.web.api.aas import answers
from tundish.web.api.aas.asked import AssetIds, IdShort, Page
from tundish.web.api.aas.forms import reference
from tundish.web.api.aas.served import Served
from tundish.web.refusals import Refused


async def _found(shelf: Served, asset_ids: AssetIds, id_short: IdShort = None) -> list[Json]:
    return [shell for shell in shelf.shells.values() if _answers(shell, asset_ids, id_short)]


Found = Annotated[list[Json], Depends(_found)]
"""All shells, or those with the asset ids and the idShort that are asked for."""
many = APIRouter()
one = APIRouter()


@many.get("/shells")
def shells(found: Found, page: Page) -> Response:
    """All shells, or those with these asset ids and this idShort."""
    return answers.pages(found, page, key=answers.by_id)


@many.get("/shells/$reference")
def shell_references(found: Found, page: Page) -> Response:
    """References to all shells, or to those with these asset ids and this idShort."""
    return answers.pages(found, page, key=answers.by_id, form=_reference)


@one.get("")
def shell(shelf: Served) -> Response:
    """One shell."""
    return answers.json(shelf.shell)


@one.get("/$reference")
def shell_reference(shelf: Served) -> Response:
    """A reference to one shell."""
    return answers.json(_reference(shelf.shell))


@one.get("/asset-information")
def asset_information(shelf: Served) -> Response:
    """What the shell says of its asset."""
    return answers.json(shelf.shell["assetInformation"])


@one.get("/asset-information/thumbnail")
def thumbnail(shelf: Served) -> Response:
    """The picture of the asset."""
    said = shelf.shell["assetInformation"].get("defaultThumbnail", {})
    name = shelf.package.thumbnails.get(shelf.shell["id"], said.get("path"))
    if name is None:
        raise Refused(404, Message("The shell {id} has no picture.", id=shelf.shell["id"]))
    return answers.part(shelf.package.files, name, said.get("contentType"))


@one.get("/submodel-refs")
def submodel_references(shelf: Served, page: Page) -> Response:
    """References to the submodels of a shell, also to those that stand elsewhere."""
    return answers.pages(shelf.shell.get("submodels", []), page, key=lambda said: str(said["keys"][0]["value"]))


def _reference(shell: Json) -> Json:
    return reference({"type": "AssetAdministrationShell", "value": shell["id"]})


def _answers(shell: Json, asset_ids: list[tuple[str, str]], id_short: str | None) -> bool:
    asset = shell["assetInformation"]
    own = {("globalAssetId", asset.get("globalAssetId"))}
    own |= {(said.get("name"), said.get("value")) for said in asset.get("specificAssetIds", ())}
    return (id_short is None or shell.get("idShort") == id_short) and all(asked in own for asked in asset_ids)
