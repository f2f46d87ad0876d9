"""Which kinds of live source are there? Each is a module that is loaded when a plant names it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Protocol, cast

from tundish.connectors.seen import Seen
from tundish.errors import MissingExtra
from tundish.intake.live import LiveSource

LIVE: Mapping[str, str] = {
    "opcua": "tundish.connectors.opcua",
    "mqtt": "tundish.connectors.mqtt",
    "sql": "tundish.connectors.sql",
    "folder": "tundish.connectors.folder",
}
"""Kind under [sources.<name>] in plant.toml -> module with ``open_source``; a new kind is a file here and an entry."""


class _Connector(Protocol):
    def open_source(self, name: str, options: Mapping[str, object]) -> LiveSource: ...


class _Explorer(Protocol):
    def explore(self, url: str, options: Mapping[str, object], *, seconds: float) -> list[Seen]: ...


def open_live(name: str, kind: str, options: Mapping[str, object]) -> LiveSource:
    """The source of a kind of :data:`LIVE`; nothing is connected yet.

    Raises :class:`~tundish.errors.BadSettings` for wrong options and :class:`~tundish.errors.MissingExtra` when its library
    is not installed.
    """
    with _told_what_is_missing(name, kind):
        return cast(_Connector, import_module(LIVE[kind])).open_source(name, options)


def explore_live(kind: str, url: str, options: Mapping[str, object], *, seconds: float) -> list[Seen]:
    """What a server (``opcua``) or broker (``mqtt``) offers, listening some seconds where that is needed.

    Raises :class:`~tundish.errors.SourceRefused` when nobody answers, and what :func:`open_live` raises.
    """
    with _told_what_is_missing("browse", kind):
        return cast(_Explorer, import_module(f"{LIVE[kind]}.explore")).explore(url, options, seconds=seconds)


@contextmanager
def _told_what_is_missing(source: str, kind: str) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as failure:
        library = (failure.name or "").partition(".")[0]
        if not library or library == "tundish":
            raise
        raise MissingExtra(source=source, kind=kind, library=library) from failure
