"""What does a program read that asked for something it cannot have? A status and the error body of the AAS API."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Literal

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from tundish.errors import Message
from tundish.locale import render
from tundish.settings import Language

EXPECTED: Mapping[str, Message] = {
    "limit": Message("a whole number from 1"),
    "level": Message("one of: {choices}", choices=("core", "deep")),
    "extent": Message("one of: {choices}", choices=("withBlobValue", "withoutBlobValue")),
    "includeConceptDescriptions": Message("one of: {choices}", choices=("true", "false")),
    "aasIdentifier": Message("an id in base64url"),
    "submodelIdentifier": Message("an id in base64url"),
    "cdIdentifier": Message("an id in base64url"),
    "aasIds": Message("an id in base64url"),
    "submodelIds": Message("an id in base64url"),
    "assetIds": Message("name and value of an asset id as JSON in base64url"),
    "semanticId": Message("a reference as JSON in base64url"),
    "isCaseOf": Message("a reference as JSON in base64url"),
    "dataSpecificationRef": Message("a reference as JSON in base64url"),
}
"""What a parameter of the AAS API may hold."""


class Refused(Exception):
    """A request that cannot be answered: HTTP status, and why."""

    def __init__(self, status: int, message: Message) -> None:
        self.status = status
        self.message = message
        super().__init__(str(message))


def wrong(name: str, found: object) -> Refused:
    """The refusal of a parameter that holds what it may not."""
    expected = EXPECTED[name]
    return Refused(400, Message("{name}: expected {expected}, found {found}.", name=name, expected=expected, found=str(found)))


def language(request: Request) -> Language:
    """The first of Korean and English that the request accepts, else the language the program was started in."""
    for part in request.headers.get("accept-language", "").lower().split(","):
        match part.strip()[:2]:
            case "ko":
                return "ko"
            case "en":
                return "en"
    own: Language = request.app.state.language
    return own


def install(app: FastAPI) -> None:
    """Answer every refusal of the application, whoever raises it, with the same body."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _fault)


def _refused(request: Request, failure: Exception) -> Response:
    return _answer(request, failure.status, failure.message) if isinstance(failure, Refused) else _fault(request, failure)


def _invalid(request: Request, failure: Exception) -> Response:
    errors: Sequence[Any] = failure.errors() if isinstance(failure, RequestValidationError) else ()
    found = errors[0] if errors else {"loc": (), "msg": ""}
    name = next((str(part) for part in reversed(found["loc"]) if isinstance(part, str)), "")
    expected = EXPECTED.get(name, Message("{detail}", detail=str(found["msg"])))
    text = Message("{name}: expected {expected}, found {found}.", name=name, expected=expected, found=str(found.get("input")))
    return _answer(request, 400, text)


def _http(request: Request, failure: Exception) -> Response:
    status = failure.status_code if isinstance(failure, HTTPException) else 500
    messages = {
        404: Message("There is nothing at {path}. What is served: {start}", path=request.url.path, start="/"),
        405: Message("{method} is not offered at {path}: it may be read only.", method=request.method, path=request.url.path),
        413: Message("The request is too large."),
    }
    headers = failure.headers if isinstance(failure, HTTPException) else None
    return _answer(request, status, messages.get(status, Message("{detail}", detail=HTTPStatus(status).phrase)), headers)


def _fault(request: Request, failure: Exception) -> Response:
    text = Message("A fault in the program: {name}. The terminal that runs it shows where.", name=type(failure).__name__)
    return _answer(request, 500, text, kind="Exception")


def _answer(
    request: Request,
    status: int,
    message: Message,
    headers: Mapping[str, str] | None = None,
    *,
    kind: Literal["Error", "Exception"] = "Error",
) -> Response:
    """The body as AAS part 2, version 3.0.3 names it (Result), and nothing beside it."""
    said = {
        "messageType": kind,
        "text": render(message, language(request)),
        "code": str(status),
        "correlationId": secrets.token_hex(8),
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    return JSONResponse({"messages": [said]}, status_code=status, headers=dict(headers or {}))
