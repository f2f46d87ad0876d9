"""Which part of a list is on a page, and where does the next one begin?"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TypeVar

from tundish.aas import Json
from tundish.errors import Message
from tundish.web.api.aas.asked import decoded, encoded
from tundish.web.refusals import Refused

T = TypeVar("T")


def page(items: Sequence[T], limit: int | None, cursor: str | None, *, key: Callable[[T], str]) -> tuple[Sequence[T], Json]:
    """The items from the cursor on, ``limit`` at most (all without one), and the paging metadata for the answer.

    A cursor names the item it stands before: it survives a refresh as long as that item does, wherever it has moved to.
    Raises :class:`Refused` (400) for a cursor that names none.
    """
    start = _start(items, cursor, key) if cursor else 0
    end = len(items) if limit is None else start + limit
    more = {} if end >= len(items) else {"cursor": encoded(json.dumps([end, key(items[end])], ensure_ascii=False))}
    return items[start:end], more


def _start(items: Sequence[T], cursor: str, key: Callable[[T], str]) -> int:
    try:
        at, name = json.loads(decoded(cursor))
    except (ValueError, TypeError, RecursionError):
        at, name = -1, None
    if isinstance(at, int) and 0 <= at < len(items) and key(items[at]) == name:
        return at
    found = next((index for index, item in enumerate(items) if key(item) == name), None)
    if found is None:
        raise Refused(400, Message("cursor: {cursor} belongs to no page of this list. Begin without one.", cursor=cursor))
    return found
