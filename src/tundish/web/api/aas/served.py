"""Which part of what is served does a request concern? One snapshot a request, narrowed by the ids in its address."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from tundish.errors import Message
from tundish.web.api.aas.asked import Identifier
from tundish.web.api.aas.shelf import Shelf
from tundish.web.refusals import Refused


async def all_served(request: Request) -> None:
    """Hold on to the snapshot of this moment: a refresh in between changes nothing for this request."""
    request.state.shelf = request.app.state.plant.current().shelf


async def of_shell(request: Request, aasIdentifier: Identifier) -> None:
    """Narrow to one shell."""
    try:
        request.state.shelf = request.state.shelf.of_shell(aasIdentifier)
    except KeyError:
        raise Refused(404, Message("There is no shell with the id {id}.", id=aasIdentifier)) from None


async def of_submodel(request: Request, submodelIdentifier: Identifier) -> None:
    """Narrow to one submodel."""
    try:
        request.state.shelf = request.state.shelf.of_submodel(submodelIdentifier)
    except KeyError:
        raise Refused(404, Message("There is no submodel with the id {id} here.", id=submodelIdentifier)) from None


async def _shelf(request: Request) -> Shelf:
    shelf: Shelf = request.state.shelf
    return shelf


Served = Annotated[Shelf, Depends(_shelf)]
"""What the request concerns."""
