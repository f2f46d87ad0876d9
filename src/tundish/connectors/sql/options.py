"""What does a plant say of a database under [sources.<name>]?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import exc

from tundish.connectors.secret import is_reference, revealed
from tundish.connectors.wording import PLAIN, Words
from tundish.errors import Message

_SECRET = re.compile(r"(?:ssl|auth)?[_-]?(?:password|passwd|passphrase|pwd|secret|token)|(?:api|access)[_-]?key", re.IGNORECASE)
"""Names under which drivers take a secret."""
_WITHIN = re.compile(r"\b(password|passwd|pwd)\s*=\s*([^;&\s]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Options:
    """Checked options: a table or a query, in which order it is read, how much at a time."""

    name: str
    url: str
    """As written, with ``${NAME}`` for a variable of the environment."""
    table: str | None
    query: str | None
    order_by: str
    key: tuple[str, ...]
    chunk: int
    poll_s: float
    overlap_s: float

    @property
    def address(self) -> str:
        """Where the database is, without user and password."""
        parts = sa.make_url(self.url)
        return sa.URL.create(parts.drivername, host=parts.host, port=parts.port, database=parts.database).render_as_string()

    def revealed_url(self) -> sa.URL:
        """The address with its secrets: taken apart first, so that any letter may stand in a password."""
        url = sa.make_url(self.url)

        def known(word: object) -> str | None:
            return revealed(str(word), source=self.name, address=self.address) if word else None

        query = {
            key: known(value) or "" if isinstance(value, str) else tuple(known(part) or "" for part in value)
            for key, value in url.query.items()
        }
        return sa.URL.create(
            url.drivername, known(url.username), known(url.password), known(url.host), url.port, known(url.database), query
        )


def checked(name: str, options: Mapping[str, object]) -> Options:
    """The options of one source. Raises :class:`~tundish.errors.BadSettings`."""
    words = Words(name, options)
    found = Options(
        name=name,
        url=_sound(words, words.text("url")),
        table=words.text("table"),
        query=words.text("query"),
        order_by=words.text("order_by") or "",
        key=words.texts("key"),
        chunk=int(words.number("chunk", 10_000, least=1, most=1_000_000)),
        poll_s=words.number("poll_s", 10, least=0.1, most=86_400),
        overlap_s=words.number("overlap_s", 60, least=0, most=86_400),
    )
    words.nothing_else()
    if (found.table is None) == (found.query is None):
        raise words.wrong("table", Message("either table or query"), Message("both") if found.table else Message("nothing"))
    if not found.order_by:
        expected = Message("a column that only grows: a number that counts up, or the time of the entry")
        raise words.wrong("order_by", expected, Message("nothing"))
    return found


def _sound(words: Words, url: str | None) -> str:
    """The address, if it is one, and holds no password in plain sight."""
    expected = Message("an address such as {example}", example='"postgresql+psycopg://user:${PASSWORD}@host/database"')
    try:
        parts = sa.make_url(url or "")
    except (exc.ArgumentError, ValueError):
        raise words.wrong("url", expected, Message("something else") if url else Message("nothing")) from None
    if any(not is_reference(secret) for secret in _secrets(parts)):
        raise words.wrong("url", PLAIN, "***")
    return url or ""


def _secrets(url: sa.URL) -> Iterator[str]:
    """Every password of an address: before the host, as a word of its query, or within one (``odbc_connect``)."""
    if url.password:
        yield str(url.password)
    for key, several in url.normalized_query.items():
        for value in several:
            if value and _SECRET.fullmatch(key):
                yield value
            for _, within in _WITHIN.findall(value):
                yield within.strip().removeprefix("{").removesuffix("}") if within.strip().startswith("{$") else within.strip()
