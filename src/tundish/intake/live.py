"""What does a live source hand over? Batches that are landed whole, then acknowledged; what was lost is a gap with its span."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import polars as pl

from tundish.errors import Message
from tundish.table import Finding

SIGNALS = pl.Schema(
    {"time": pl.Datetime("us", "UTC"), "tag": pl.String(), "value": pl.Float64(), "text": pl.String(), "quality": pl.String()}
)
"""Frame of signals: when, which, its number or else its text, and ``good`` | ``uncertain`` | ``bad``."""
FILES = "files"
"""Folder inside a source's landing for whole files, each under the SHA-256 of its bytes."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A span of time whose values can no longer be had from the source."""

    begin: datetime
    """Last moment that was landed, UTC."""
    end: datetime
    """First moment landed after it, UTC."""
    reason: Message


@dataclass(frozen=True, slots=True)
class Tag:
    """What a source says of one of its signals."""

    tag: str
    """As it stands in the frame's ``tag``."""
    name: str | None = None
    """In words, where the source has them: display name, description."""
    unit: str | None = None
    """As the source writes it."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A whole file that a source gives: landing copies its bytes and checks them against the hash."""

    name: str
    """POSIX path as the source calls it."""
    path: Path
    sha256: str


@dataclass(frozen=True)
class Batch:
    """What arrived together. The same ``key`` always stands for the same content, so landing it twice changes nothing.

    A source whose messages can come again in other batches (a broker that delivers anew) tells them by what it keeps in
    ``cursor``: key and cursor are landed in one transaction with the rows.
    """

    key: str
    frame: pl.DataFrame
    """Rows as they came: :data:`SIGNALS` when ``table`` is None, else the table's own columns. May be empty."""
    cursor: str | None = None
    """Where the source goes on after this batch; kept with it, given back to ``batches`` after a restart. None keeps the
    former one."""
    gaps: tuple[Gap, ...] = ()
    table: str | None = None
    """Name of the table whose rows these are; None for signals."""
    identity: tuple[str, ...] = ()
    """Columns of the table that name a row: a later row of the same identity is a new version of it."""
    tags: tuple[Tag, ...] = ()
    """What the source says of its signals; only what is new or has changed since it was opened."""
    file: Delivery | None = None
    findings: tuple[Finding, ...] = ()
    """What a person should read about this batch; kept with it."""


class LiveSource(Protocol):
    """One source that goes on giving: a server, a broker, a database, a folder. A connector implements it."""

    @property
    def name(self) -> str:
        """Name under [sources] in plant.toml."""
        ...

    @property
    def waiting_for(self) -> Message | None:
        """Why nothing comes at the moment, such as a server that does not answer; None while all is well."""
        ...

    def batches(self, cursor: str | None, *, once: bool = False) -> Iterator[Batch]:
        """Yield batches from ``cursor`` on, until :meth:`stop` is called; with ``once`` until all that the source holds now
        has been given.

        Each batch is landed and acknowledged before the next is asked for, in the same thread. Reconnects by itself; raises
        :class:`tundish.errors.SourceRefused` for what waiting cannot mend.
        """
        ...

    def acknowledge(self, batch: Batch) -> None:
        """Called after the batch is on disk: now the source may forget it."""
        ...

    def stop(self) -> None:
        """Let :meth:`batches` end soon; may be called from another thread or a signal handler."""
        ...
