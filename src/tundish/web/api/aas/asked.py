"""What may stand in an address of the AAS API? Ids and references in base64url, levels, extents, pages."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Query
from pydantic import AfterValidator

from tundish.aas import Json
from tundish.web.refusals import wrong

_BASE64URL = re.compile(r"[A-Za-z0-9_-]+={0,2}")
MOST_CHARACTERS = 10_000
"""Of one encoded value; an id has 2,000 at most (AAS part 1, 3.0)."""


def encoded(text: str) -> str:
    """A text as it stands in an address.

    >>> encoded("urn:라인/1")
    'dXJuOuudvOyduC8x'
    """
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decoded(text: str) -> str:
    """The text in base64url, with or without padding; ValueError for anything else.

    >>> decoded("dXJuOuudvOyduC8x")
    'urn:라인/1'
    """
    bare = text.rstrip("=")
    if not _BASE64URL.fullmatch(text) or len(bare) % 4 == 1 or len(text) > MOST_CHARACTERS:
        raise ValueError("not base64url")
    return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4)).decode()


def _object(name: str, text: str) -> Json:
    try:
        said = json.loads(decoded(text))
    except (ValueError, RecursionError):
        raise wrong(name, text) from None
    if not isinstance(said, dict):
        raise wrong(name, text)
    return said


def _keys(name: str, text: str | None) -> tuple[str, ...] | None:
    """The values of a reference's keys."""
    if text is None:
        return None
    keys = _object(name, text).get("keys")
    if not isinstance(keys, list) or not keys or not all(isinstance(key, dict) and "value" in key for key in keys):
        raise wrong(name, text)
    return tuple(str(key["value"]) for key in keys)


async def _asset_ids(assetIds: Annotated[list[str], Query(default_factory=list)]) -> list[tuple[str, str]]:
    found = [(_object("assetIds", text), text) for text in assetIds]
    for said, text in found:
        if not (isinstance(said.get("name"), str) and isinstance(said.get("value"), str)):
            raise wrong("assetIds", text)
    return [(said["name"], said["value"]) for said, _ in found]


async def _semantic_id(semanticId: str | None = None) -> tuple[str, ...] | None:
    return _keys("semanticId", semanticId)


async def _is_case_of(isCaseOf: str | None = None) -> tuple[str, ...] | None:
    return _keys("isCaseOf", isCaseOf)


async def _data_specification(dataSpecificationRef: str | None = None) -> tuple[str, ...] | None:
    return _keys("dataSpecificationRef", dataSpecificationRef)


@dataclass(frozen=True, slots=True)
class Portion:
    """A part of a list: how many, and after which; all of it when nobody says."""

    limit: int | None = None
    cursor: str | None = None


async def _portion(limit: Annotated[int | None, Query(ge=1)] = None, cursor: str | None = None) -> Portion:
    return Portion(limit, cursor)


class Level(StrEnum):
    """How deep the answer goes."""

    DEEP = "deep"
    CORE = "core"


class Extent(StrEnum):
    """Whether the content of blobs is wanted."""

    WITHOUT_BLOB_VALUE = "withoutBlobValue"
    WITH_BLOB_VALUE = "withBlobValue"


Identifier = Annotated[str, AfterValidator(decoded)]
"""An id, in base64url on the way."""
Page = Annotated[Portion, Depends(_portion)]
"""Which part of a list is wanted."""
IdShort = Annotated[str | None, Query(alias="idShort")]
AssetIds = Annotated[list[tuple[str, str]], Depends(_asset_ids)]
"""Names and values of asset ids; all of them must fit."""
SemanticId = Annotated[tuple[str, ...] | None, Depends(_semantic_id)]
IsCaseOf = Annotated[tuple[str, ...] | None, Depends(_is_case_of)]
DataSpecification = Annotated[tuple[str, ...] | None, Depends(_data_specification)]
"""The values of a reference's keys; None when it is not asked for."""
