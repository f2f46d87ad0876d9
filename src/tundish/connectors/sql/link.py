"""How is a database asked: a session that can only read, and what its refusals mean?"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Generator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from tundish.connectors.sql.moments import bear_any_moment
from tundish.connectors.sql.options import Options
from tundish.errors import Message, SourceRefused

_STATES = frozenset(("0A", "22", "25", "28", "3D", "3F", "42"))
"""Classes of SQLSTATE that waiting does not mend: unsupported, bad data, writing, wrong user, database, name."""
_REFUSED = re.compile(
    r"password|authenticat|access denied|login failed|permission denied|does not exist|unknown database|cannot open database|"
    r"no such (table|column)|unable to open database file|not a database|syntax error|pg_hba|ORA-(01017|12154|12514|00942)|"
    r"인증|존재하지|없습니다|없음|권한",
    re.IGNORECASE,
)
_PASSING = re.compile(r"starting up|shutting down|recovery|too many|connection slots|timeout|timed out|locked", re.IGNORECASE)


class Link:
    """One session that can only read."""

    def __init__(self, options: Options) -> None:
        url = options.revealed_url()
        try:
            self._engine = _engine(url)
        except (ModuleNotFoundError, exc.NoSuchModuleError) as failure:
            missing = getattr(failure, "name", None) or url.drivername
            found = Message("the driver {driver} is not installed", driver=missing)
            raise SourceRefused(source=options.name, address=options.address, found=found) from None
        self._options = options
        self._order: sa.ColumnElement[Any] = sa.column(options.order_by)
        schema, _, table = (options.table or "").rpartition(".")
        self._from: sa.FromClause | sa.TextClause = (
            sa.table(table, schema=schema or None)
            if options.table
            else sa.text("(" + (options.query or "").strip().rstrip(";").replace(":", "\\:") + "\n) q")
        )

    def close(self) -> None:
        """Let the session go."""
        self._engine.dispose()

    def rows(self, low: Any) -> tuple[list[str], Generator[Sequence[Sequence[Any]], None, None]]:  # noqa: ANN401 - whatever the column holds
        """Names of the columns, and rows from ``low`` on in order, a chunk at a time, as of one moment; to be closed."""
        wanted = self._order.is_not(None) if low is None else self._order >= low
        query = sa.select(sa.text("*")).select_from(self._from).where(wanted).order_by(self._order)
        chunks = self._chunks(query)
        names = next(chunks)
        return [str(name) for name in names], chunks

    def _chunks(self, query: sa.Select[Any]) -> Generator[Any, None, None]:
        with self._reading() as connection:
            result = connection.execution_options(stream_results=True).execute(query)
            yield _unique([str(name) for name in result.keys()])  # noqa: SIM118 - a result is no dict
            while chunk := result.fetchmany(self._options.chunk):
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


def is_refusal(failure: exc.DBAPIError) -> bool:
    """Whether waiting does not mend it: a value that the driver cannot hold will be there the next time too."""
    state = getattr(failure.orig, "sqlstate", None)
    if isinstance(state, str):
        return state[:2] in _STATES
    said = str(failure.orig)
    return isinstance(failure, exc.ProgrammingError | exc.DataError) or (
        _REFUSED.search(said) is not None and _PASSING.search(said) is None
    )


def _engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        place = f"file:{url.database}?mode=ro"  # the driver would make a new database where there is none
        return sa.create_engine("sqlite://", creator=lambda: sqlite3.connect(place, uri=True), poolclass=sa.NullPool)
    options: dict[str, Any] = {"connect_args": {"connect_timeout": 10}} if url.get_backend_name() == "postgresql" else {}
    engine = sa.create_engine(url, poolclass=sa.NullPool, **options)
    if engine.dialect.name == "postgresql" and engine.driver == "psycopg":
        sa.event.listen(engine, "connect", bear_any_moment)
    return engine


def _unique(names: list[str]) -> list[str]:
    """Names as they are; the second of two gets a number."""
    taken: list[str] = []
    for name in names:
        count = sum(other == name or other.startswith(f"{name} (") for other in taken)
        taken.append(f"{name} ({count + 1})" if count else name)
    return taken
