"""Which moments of a database does no calendar here hold? ``infinity``, years before Christ or after 9999, 24:00."""

from __future__ import annotations

from typing import Any

_KINDS = ("timestamptz", "timestamp", "date", "time", "timetz", "interval")


class Beyond(str):
    """A moment as PostgreSQL writes it, where no datetime can hold it."""

    __slots__ = ()


def bear_any_moment(connection: Any, _record: object) -> None:  # noqa: ANN401 - a psycopg connection, not imported here
    """Let a new psycopg connection read such moments as :class:`Beyond`, instead of refusing the whole answer.

    psycopg's own loaders raise DataError for what ``datetime`` cannot hold: in the middle of an answer, so that no row after
    it could ever be read.
    """
    from psycopg import DataError
    from psycopg.adapt import Loader
    from psycopg.pq import Format

    def made(kind: str, oid: int) -> type[Loader]:
        usual = connection.adapters.get_loader(oid, Format.TEXT)

        class Bounded(Loader):
            def __init__(self, oid: int, context: Any = None) -> None:  # noqa: ANN401 - psycopg's
                super().__init__(oid, context)
                self._usual = usual(oid, context)

            def load(self, data: Any) -> Any:  # noqa: ANN401 - psycopg's
                try:
                    return self._usual.load(data)
                except (DataError, OverflowError):
                    return Beyond(bytes(data).decode())

        Bounded.__name__ = f"Bounded{kind}"
        return Bounded

    for kind in _KINDS:
        connection.adapters.register_loader(kind, made(kind, connection.adapters.types[kind].oid))
