"""Which kinds of live source are there? Each is a module that is loaded when a plant names it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from typing import Protocol, cast

from tundish.connectors.secret import hush, masked, words_of
from tundish.connectors.seen import Seen
from tundish.errors import Message, MissingExtra
from tundish.intake.live import Batch, LiveSource

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
        source = cast(_Connector, import_module(LIVE[kind])).open_source(name, options)
    return Discreet(source, options)


def explore_live(kind: str, url: str, options: Mapping[str, object], *, seconds: float) -> list[Seen]:
    """What a server (``opcua``) or broker (``mqtt``) offers, listening some seconds where that is needed.

    Raises :class:`~tundish.errors.SourceRefused` when nobody answers, and what :func:`open_live` raises.
    """
    with _told_what_is_missing("browse", kind), _hushed(options):
        return cast(_Explorer, import_module(f"{LIVE[kind]}.explore")).explore(url, options, seconds=seconds)


class Discreet:
    """A source of which nothing is said with a secret in it; implements :class:`tundish.intake.live.LiveSource`."""

    def __init__(self, source: LiveSource, options: Mapping[str, object]) -> None:
        self._source, self._options = source, options

    @property
    def name(self) -> str:
        """Name under [sources] in plant.toml."""
        return self._source.name

    @property
    def waiting_for(self) -> Message | None:
        """Why nothing comes at the moment."""
        waiting: Message | None = masked(self._source.waiting_for, words_of(self._options))
        return waiting

    def batches(self, cursor: str | None, *, once: bool = False) -> Iterator[Batch]:
        """The source's batches."""
        with _hushed(self._options):
            for batch in self._source.batches(cursor, once=once):
                if batch.findings or batch.gaps:
                    words = words_of(self._options)
                    gaps = tuple(replace(gap, reason=masked(gap.reason, words)) for gap in batch.gaps)
                    yield replace(batch, findings=masked(batch.findings, words), gaps=gaps)
                else:
                    yield batch

    def acknowledge(self, batch: Batch) -> None:
        """Now the source may forget it."""
        self._source.acknowledge(batch)

    def stop(self) -> None:
        """Let :meth:`batches` end soon."""
        self._source.stop()


@contextmanager
def _hushed(options: Mapping[str, object]) -> Iterator[None]:
    try:
        yield
    except Exception as failure:
        hush(failure, words_of(options))
        raise


@contextmanager
def _told_what_is_missing(source: str, kind: str) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as failure:
        library = (failure.name or "").partition(".")[0]
        if not library or library == "tundish":
            raise
        raise MissingExtra(source=source, kind=kind, library=library) from failure
