"""Which kinds of live source are there? Each is a module that is loaded when a plant names it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Protocol, cast

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


def open_live(name: str, kind: str, options: Mapping[str, object]) -> LiveSource:
    """The source of a kind of :data:`LIVE`; nothing is connected yet.

    Raises :class:`~tundish.errors.BadSettings` for wrong options and :class:`~tundish.errors.MissingExtra` when its library
    is not installed.
    """
    try:
        connector = cast(_Connector, import_module(LIVE[kind]))
        return connector.open_source(name, options)
    except ModuleNotFoundError as failure:
        library = (failure.name or "").partition(".")[0]
        if not library or library == "tundish":
            raise
        raise MissingExtra(source=name, kind=kind, library=library) from failure
