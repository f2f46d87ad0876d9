"""What does a live source hand over? Batches that are landed whole, then acknowledged; what was lost is a gap with its span."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import polars as pl

from tundish.errors import Message


@dataclass(frozen=True, slots=True)
class Gap:
    """A span of time whose values can no longer be had from the source."""

    begin: datetime
    """Last moment that was landed, UTC."""
    end: datetime
    """First moment landed after it, UTC."""
    reason: Message


@dataclass(frozen=True)
class Batch:
    """What arrived together. The same ``key`` always stands for the same content, so landing it twice changes nothing."""

    key: str
    frame: pl.DataFrame
    """Rows as they came. Signals: ``time`` (Datetime us UTC), ``tag`` (String), ``value`` (Float64), ``text`` (String),
    ``quality`` (``good`` | ``uncertain`` | ``bad``); rows of a database table or a file: its own columns."""
    cursor: str | None = None
    """Where the source goes on after this batch; kept with it, given back to ``batches`` after a restart."""
    gaps: tuple[Gap, ...] = ()


class LiveSource(Protocol):
    """One source that goes on giving: a server, a broker, a database, a folder. A connector implements it."""

    @property
    def name(self) -> str:
        """Name under [sources] in plant.toml."""
        ...

    def batches(self, cursor: str | None) -> Iterator[Batch]:
        """Yield batches from ``cursor`` on, until the source has no more or :meth:`stop` is called.

        Reconnects by itself; raises :class:`tundish.errors.SourceRefused` for what waiting cannot mend.
        """
        ...

    def acknowledge(self, batch: Batch) -> None:
        """Called after the batch is on disk: now the source may forget it."""
        ...

    def stop(self) -> None:
        """Let :meth:`batches` end soon; may be called from another thread or a signal handler."""
        ...
