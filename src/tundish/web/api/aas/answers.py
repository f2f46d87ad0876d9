"""How is an answer written? JSON in UTF-8, a page of it, or a file that cannot do harm."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, unquote

from pydantic import TypeAdapter
from starlette.responses import FileResponse, Response

from tundish.aas import Json, Part
from tundish.errors import Message
from tundish.web.api.aas import asked
from tundish.web.api.aas.paging import page
from tundish.web.refusals import Refused

T = TypeVar("T")

_JSON: TypeAdapter[Any] = TypeAdapter(Any)
_CONTENT_TYPE = re.compile(r"[A-Za-z0-9.+-]+/[A-Za-z0-9.+-]+(; ?charset=[A-Za-z0-9-]+)?")
UNKNOWN = "application/octet-stream"
PASSIVE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "text/plain", "text/csv"})
"""Content types that a browser may show: nothing in them runs."""
SEALED = {"Content-Security-Policy": "default-src 'none'; sandbox"}
"""For files of others: whatever is in them, it stays there."""


def json(content: object) -> Response:
    """An answer in JSON."""
    return Response(_JSON.dump_json(content), media_type="application/json")


def pages(
    items: Sequence[T], wanted: asked.Portion, *, key: Callable[[T], str], form: Callable[[T], object] = lambda item: item
) -> Response:
    """A page of a list, each item in the form wanted."""
    shown, more = page(items, wanted.limit, wanted.cursor, key=key)
    return json({"paging_metadata": more, "result": [form(item) for item in shown]})


def by_id(element: Json) -> str:
    """The key of a page of shells, submodels or concept descriptions."""
    return str(element["id"])


def part(files: Mapping[str, Part], name: object, content_type: object) -> Response:
    """A file of the package by the name an element says; it is looked up in the package only, never on the disk."""
    part_name = part_named(files, name)
    if part_name is None:
        raise Refused(404, Message("The package holds no file {name}.", name=str(name)))
    found = files[part_name]
    said = next((text for text in (found.content_type, str(content_type)) if _CONTENT_TYPE.fullmatch(text)), UNKNOWN)
    headers = {**SEALED, "Content-Disposition": _disposition(part_name, said)}
    if not isinstance(found.content, Path):
        return Response(found.content, media_type=said, headers=headers)
    if not found.content.is_file():
        raise Refused(404, Message("The file {name} is no longer there.", name=str(name)))
    return FileResponse(found.content, media_type=said, headers=headers)


def part_named(files: Mapping[str, Part], said: object) -> str | None:
    """The name of a part by what an element says: as it stands, or as an address (percent signs, ``file:``, no stroke before).

    >>> part_named({"/aasx/files/a 1.png": Part(b"", "image/png")}, "file:///aasx/files/a%201.png")
    '/aasx/files/a 1.png'
    """
    if not isinstance(said, str):
        return None
    bare = "/" + said.removeprefix("file:").lstrip("/")
    return next((name for name in (said, bare, unquote(bare)) if name in files), None)


def _disposition(name: str, content_type: str) -> str:
    """Shown only when it is passive, else saved; the name as RFC 6266 writes it.

    >>> _disposition("/aasx/files/성적서.pdf", "application/pdf")
    "attachment; filename*=UTF-8''%EC%84%B1%EC%A0%81%EC%84%9C.pdf"
    """
    kind = "inline" if content_type.partition(";")[0].lower() in PASSIVE else "attachment"
    return f"{kind}; filename*=UTF-8''{quote(name.rpartition('/')[2], safe='')}"
