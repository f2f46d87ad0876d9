"""In which envelope does i3X want an answer? One result, many with their own success, or a refusal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from tundish.web.api.i3x.space import Json

T = TypeVar("T")


def each(ids: Sequence[str], find: Callable[[str], Any]) -> Response:
    """What was found of each id, in the order asked; one that is asked for again is not looked up again."""
    found = {id: item("elementId", id, find(id), lambda found: found) for id in dict.fromkeys(ids)}
    return bulk([found[id] for id in ids])


def item(key: str, id: str, found: T | None, shown: Callable[[T], Any]) -> Json:
    """One of many: what was found as ``shown``, or status 404."""
    if found is None:
        return {"success": False, key: id, "responseDetail": _detail(404, f"Not found: {id}")}
    return {"success": True, key: id, "result": shown(found)}


def bulk(items: Sequence[Json], partial: str | None = None) -> Response:
    """Many answers, each with its own success; status 206 where ``partial`` says what is missing."""
    body: Json = {"success": all(item["success"] for item in items), "results": list(items)}
    if partial is not None:
        body["responseDetail"] = _detail(206, partial)
    return JSONResponse(body, status_code=200 if partial is None else 206)


def success(result: Any, partial: str | None = None) -> Response:  # noqa: ANN401 - any JSON
    """One answer; status 206 where ``partial`` says what is missing."""
    body: Json = {"success": True, "result": result}
    if partial is not None:
        body["responseDetail"] = _detail(206, partial)
    return JSONResponse(body, status_code=200 if partial is None else 206)


def failure(status: int, detail: str) -> Response:
    """A refusal, as RFC 9457 describes problems."""
    return JSONResponse({"success": False, "responseDetail": _detail(status, detail)}, status_code=status)


def _detail(status: int, detail: str) -> Json:
    return {"title": HTTPStatus(status).phrase, "status": status, "detail": detail}


def install(app: FastAPI) -> None:
    """Refuse in the same envelope whatever the application cannot answer."""
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _refused)


def _malformed(_: Request, fault: Exception) -> Response:
    errors = fault.errors() if isinstance(fault, RequestValidationError) else ()
    said = "; ".join(f"{'.'.join(str(part) for part in error['loc'][1:])}: {error['msg']}" for error in list(errors)[:5])
    return failure(400, said or "Malformed request.")


def _refused(_: Request, fault: Exception) -> Response:
    status = fault.status_code if isinstance(fault, HTTPException) else 500
    detail = str(fault.detail) if isinstance(fault, HTTPException) else ""
    return failure(status, detail or HTTPStatus(status).phrase)
