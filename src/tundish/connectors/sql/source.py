"""How is a table of a database read again and again, each committed row once, through restarts of either side?"""

from __future__ import annotations

import hashlib
import re
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from tundish.connectors.secret import revealed
from tundish.connectors.sql.values import digest, frame, plain
from tundish.connectors.sql.window import Window
from tundish.connectors.wording import Words
from tundish.errors import BadSettings, Message, SourceRefused
from tundish.intake.live import Batch
from tundish.table import Finding, Origin

_LONGEST_WAIT_S = 30.0
_ONCE_WAIT_S = 20.0
"""How long a database may stay silent when it is asked once only."""
_STATES = frozenset(("0A", "22", "25", "28", "3D", "3F", "42"))
"""Classes of SQLSTATE that waiting does not mend: unsupported, bad data, writing, wrong user, database, name."""
_REFUSED = re.compile(
    r"password|authenticat|access denied|login failed|permission denied|does not exist|unknown database|cannot open database|"
    r"no such (table|column)|unable to open database file|not a database|syntax error|pg_hba|ORA-(01017|12154|12514|00942)|"
    r"인증|존재하지|없습니다|없음|권한",
    re.IGNORECASE,
)
_PASSING = re.compile(r"starting up|shutting down|recovery|too many|connection slots|timeout|timed out|locked", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is read: a table or a query, in which order, how much at a time."""

    url: str
    table: str | None
    query: str | None
    order_by: str
    key: tuple[str, ...]
    chunk: int
    poll_s: float
    overlap_s: float


def open_source(name: str, options: Mapping[str, object]) -> SqlSource:
    """The source of kind ``sql``; raises :class:`~tundish.errors.BadSettings` for wrong options."""
    words = Words(name, options)
    url, table, query, order_by = words.text("url"), words.text("table"), words.text("query"), words.text("order_by")
    asked = Asked(
        url=_sound(name, url),
        table=table,
        query=query,
        order_by=order_by or "",
        key=words.texts("key"),
        chunk=int(words.number("chunk", 10_000, least=1, most=1_000_000)),
        poll_s=words.number("poll_s", 10, least=0.1, most=86_400),
        overlap_s=words.number("overlap_s", 60, least=0, most=86_400),
    )
    words.nothing_else()
    if (table is None) == (query is None):
        raise _bad(name, "table", Message("either table or query"), Message("both") if table else Message("nothing"))
    if order_by is None:
        expected = Message("a column that only grows: a number that counts up, or the time of the entry")
        raise _bad(name, "order_by", expected, Message("nothing"))
    return SqlSource(name, asked)


class SqlSource:
    """A table or query of a database; implements :class:`tundish.intake.live.LiveSource`."""

    def __init__(self, name: str, asked: Asked) -> None:
        self.name = name
        self.asked = asked
        self.waiting_for: Message | None = None
        self._stop = threading.Event()
        self._table = asked.table or "query"
        self._address = _address(asked.url)

    def batches(self, cursor: str | None, *, once: bool = False) -> Iterator[Batch]:
        """Yield rows that were not read yet, in the order of the column; then look again every ``poll_s`` seconds."""
        window = self._window(cursor)
        pause, silent_since = 1.0, time.monotonic()
        while not self._stop.is_set():
            try:
                with closing(_Connection(self)) as database:
                    while not self._stop.is_set():
                        yield from self._look(database, window)
                        self.waiting_for, pause, silent_since = None, 1.0, time.monotonic()
                        if once or self._stop.wait(self.asked.poll_s):
                            return
            except exc.DBAPIError as failure:
                window.restart()
                found = self._said(failure)
                if _is_refusal(failure) or (once and time.monotonic() - silent_since > _ONCE_WAIT_S):
                    raise SourceRefused(source=self.name, address=self._address, found=found) from None
                self.waiting_for = Message("the database does not answer ({found})", found=found)
                self._stop.wait(pause)
                pause = min(2 * pause, _LONGEST_WAIT_S)

    def acknowledge(self, batch: Batch) -> None:
        """Nothing to do: the database keeps its rows."""

    def stop(self) -> None:
        """Let :meth:`batches` end after the chunk that is being read."""
        self._stop.set()

    def url(self) -> sa.URL:
        """The address with its secrets: taken apart first, so that any letter may stand in a password."""
        url = sa.make_url(self.asked.url)

        def known(word: object) -> str | None:
            return revealed(str(word), source=self.name, address=self._address) if word else None

        return sa.URL.create(
            url.drivername, known(url.username), known(url.password), known(url.host), url.port, known(url.database), url.query
        )

    def _look(self, database: _Connection, window: Window) -> Iterator[Batch]:
        """All rows from the window's low end on, those that are new in batches."""
        findings = self._without_order(database, window)
        names, chunks = database.rows(window.low)
        order = self._place(names)
        for chunk in chunks:
            rows = [plain(row) for row in chunk]
            before = window.cursor() if rows else ""
            digests = [digest(row) for row in rows]
            fresh = [row for row, hashed in zip(rows, digests, strict=True) if window.is_new(row[order], hashed)]
            if fresh:
                yield self._batch(names, fresh, window, [before, *(d.hex() for d in digests)], findings)
                findings = []
            if self._stop.is_set():
                window.restart()
                return
        window.turn()

    def _batch(
        self, names: Sequence[str], rows: Sequence[Sequence[Any]], window: Window, content: list[str], findings: list[Finding]
    ) -> Batch:
        made, packed = frame(names, rows)
        found = (*findings, *self._packed(packed, window))
        key = hashlib.sha256("\n".join(content).encode()).hexdigest()
        return Batch(key, made, window.cursor(), table=self._table, identity=self.asked.key, findings=found)

    def _without_order(self, database: _Connection, window: Window) -> list[Finding]:
        if "null" in window.told or not database.has_null():
            return []
        window.told.add("null")
        message = Message(
            "Rows without a value in {column} are not read, for nothing tells their place.", column=self.asked.order_by
        )
        return [self._finding("no_order", message, self.asked.order_by)]

    def _packed(self, columns: Sequence[str], window: Window) -> Iterator[Finding]:
        for column in columns:
            if f"bytes {column}" not in window.told:
                window.told.add(f"bytes {column}")
                message = Message("The column holds bytes (pictures, documents); it was not landed.")
                yield self._finding("bytes_column", message, column)

    def _finding(self, code: str, message: Message, column: str) -> Finding:
        return Finding(code, "warning", message, Origin(f"landing/{self.name}", self._table, column))

    def _place(self, names: Sequence[str]) -> int:
        for column in (self.asked.order_by, *self.asked.key):
            if column not in names:
                found = Message("no column {column}; there are {columns}", column=column, columns=list(names))
                raise SourceRefused(source=self.name, address=self._address, found=found)
        return names.index(self.asked.order_by)

    def _window(self, cursor: str | None) -> Window:
        try:
            return Window.after(cursor, self.asked.overlap_s)
        except (ValueError, KeyError, TypeError) as failure:
            found = Message("the place where reading stopped cannot be understood: {cursor}", cursor=str(cursor)[:100])
            raise SourceRefused(source=self.name, address=self._address, found=found) from failure

    def _said(self, failure: exc.DBAPIError) -> str:
        """What the driver said, without a word that is a secret."""
        text = " ".join(str(failure.orig).split())
        password = self.url().password
        return text.replace(str(password), "***")[:300] if password else text[:300]


class _Connection:
    """One session that can only read."""

    def __init__(self, source: SqlSource) -> None:
        asked = source.asked
        url = source.url()
        try:
            self._engine = _engine(url)
        except (ModuleNotFoundError, exc.NoSuchModuleError) as failure:
            missing = getattr(failure, "name", None) or url.drivername
            found = Message("the driver {driver} is not installed", driver=missing)
            raise SourceRefused(source=source.name, address=source._address, found=found) from None
        self._asked = asked
        self._order: sa.ColumnElement[Any] = sa.column(asked.order_by)
        schema, _, table = (asked.table or "").rpartition(".")
        self._from: sa.FromClause | sa.TextClause = (
            sa.table(table, schema=schema or None)
            if asked.table
            else sa.text("(" + (asked.query or "").strip().rstrip(";").replace(":", "\\:") + ") q")
        )

    def close(self) -> None:
        """Let the session go."""
        self._engine.dispose()

    def rows(self, low: Any) -> tuple[list[str], Iterator[Sequence[Sequence[Any]]]]:  # noqa: ANN401 - whatever the column holds
        """Names of the columns, and rows from ``low`` on in order, a chunk at a time, as of one moment."""
        wanted = self._order.is_not(None) if low is None else self._order >= low
        query = sa.select(sa.text("*")).select_from(self._from).where(wanted).order_by(self._order)
        chunks = self._chunks(query)
        names = next(chunks)
        return [str(name) for name in names], chunks

    def _chunks(self, query: sa.Select[Any]) -> Iterator[Any]:
        with self._reading() as connection:
            result = connection.execution_options(stream_results=True).execute(query)
            yield _unique([str(name) for name in result.keys()])  # noqa: SIM118 - a result is no dict
            while chunk := result.fetchmany(self._asked.chunk):
                yield chunk

    def has_null(self) -> bool:
        """Whether a row has no value to be ordered by."""
        query = sa.select(sa.literal(1)).select_from(self._from).where(self._order.is_(None)).limit(1)
        with self._reading() as connection:
            return connection.execute(query).first() is not None

    def _reading(self) -> sa.Connection:
        connection = self._engine.connect()
        if self._engine.dialect.name == "postgresql":
            return connection.execution_options(postgresql_readonly=True)
        if self._engine.dialect.name == "sqlite":
            connection.execute(sa.text("PRAGMA query_only = ON"))
        return connection


def _engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        place = f"file:{url.database}?mode=ro"  # the driver would make a new database where there is none
        return sa.create_engine("sqlite://", creator=lambda: sqlite3.connect(place, uri=True), poolclass=sa.NullPool)
    options: dict[str, Any] = {"connect_args": {"connect_timeout": 10}} if url.get_backend_name() == "postgresql" else {}
    return sa.create_engine(url, poolclass=sa.NullPool, **options)


def _unique(names: list[str]) -> list[str]:
    """Names as they are; the second of two gets a number."""
    taken: list[str] = []
    for name in names:
        count = sum(other == name or other.startswith(f"{name} (") for other in taken)
        taken.append(f"{name} ({count + 1})" if count else name)
    return taken


def _is_refusal(failure: exc.DBAPIError) -> bool:
    state = getattr(failure.orig, "sqlstate", None)
    if isinstance(state, str):
        return state[:2] in _STATES
    said = str(failure.orig)
    return isinstance(failure, exc.ProgrammingError) or (_REFUSED.search(said) is not None and _PASSING.search(said) is None)


def _sound(name: str, url: str | None) -> str:
    """The address, if it is one, and holds no password in plain sight."""
    expected = Message("an address such as {example}", example='"postgresql+psycopg://user:${PASSWORD}@host/database"')
    try:
        parts = sa.make_url(url or "")
    except (exc.ArgumentError, ValueError):
        raise _bad(name, "url", expected, Message("something else") if url else Message("nothing")) from None
    if parts.password and not re.fullmatch(r"\$\{\w+\}", str(parts.password)):
        raise _bad(name, "url", Message("the password as {example}, a variable of the environment", example="${NAME}"), "***")
    return url or ""


def _address(url: str) -> str:
    parts = sa.make_url(url)
    return sa.URL.create(parts.drivername, host=parts.host, port=parts.port, database=parts.database).render_as_string()


def _bad(name: str, key: str, expected: Message, found: object) -> BadSettings:
    return BadSettings(file="plant.toml", key=f"sources.{name}.{key}", expected=expected, found=found)
