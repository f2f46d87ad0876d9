"""How is a table of a database read again and again, each committed row once, through restarts of either side?"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

from sqlalchemy import exc

from tundish.connectors.secret import masked, words_of
from tundish.connectors.sql.link import Link, is_refusal
from tundish.connectors.sql.moments import Beyond
from tundish.connectors.sql.options import Options, checked
from tundish.connectors.sql.values import beyond, digest, frame, plain
from tundish.connectors.sql.window import Window
from tundish.errors import Message, SourceRefused
from tundish.intake.live import Batch, LiveSource
from tundish.table import Finding, Origin

Row = tuple[Any, ...]
_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 30.0
_ONCE_WAIT_S = 20.0
"""How long a database may stay silent when it is asked once only."""


def open_source(name: str, options: Mapping[str, object]) -> LiveSource:
    """A table or query of a database as a live source. Raises :class:`~tundish.errors.BadSettings`."""
    return SqlSource(checked(name, options))


class SqlSource:
    """A table or query of a database; implements :class:`tundish.intake.live.LiveSource`."""

    def __init__(self, options: Options) -> None:
        self.name = options.name
        self.options = options
        self.waiting_for: Message | None = None
        self._stop = threading.Event()
        self._pause_s = _FIRST_WAIT_S
        self._heard_at = time.monotonic()
        self._table = options.table or "query"

    def batches(self, cursor: str | None, *, once: bool = False) -> Iterator[Batch]:
        """Yield rows that were not read yet, in the order of the column; then look again every ``poll_s`` seconds."""
        window = self._window(cursor)
        self._answered()
        while not self._stop.is_set():
            try:
                with closing(Link(self.options)) as database:
                    yield from self._looks(database, window, once=once)
                    return
            except exc.DBAPIError as failure:
                window.restart()
                self._bear(failure, once=once)

    def acknowledge(self, batch: Batch) -> None:
        """Nothing to do: the database keeps its rows."""

    def stop(self) -> None:
        """Let :meth:`batches` end after the chunk that is being read."""
        self._stop.set()

    def _looks(self, database: Link, window: Window, *, once: bool) -> Iterator[Batch]:
        """Look again and again, as long as the database answers."""
        while not self._stop.is_set():
            yield from self._look(database, window)
            self._answered()
            if once or self._stop.wait(self.options.poll_s):
                return

    def _answered(self) -> None:
        self.waiting_for, self._pause_s, self._heard_at = None, _FIRST_WAIT_S, time.monotonic()

    def _bear(self, failure: exc.DBAPIError, *, once: bool) -> None:
        """Wait, longer each time, or say that waiting does not help."""
        found = self._said(failure)
        if is_refusal(failure) or (once and time.monotonic() - self._heard_at > _ONCE_WAIT_S):
            raise SourceRefused(source=self.name, address=self.options.address, found=found) from None
        self.waiting_for = Message("the database does not answer ({found})", found=found)
        self._stop.wait(self._pause_s)
        self._pause_s = min(2 * self._pause_s, _LONGEST_WAIT_S)

    def _look(self, database: Link, window: Window) -> Iterator[Batch]:
        """All rows from the window's low end on, those that are new in batches."""
        findings = self._without_order(database, window)
        names, chunks = database.rows(window.low)
        with closing(chunks):
            order = self._place(names)
            for chunk in chunks:
                rows, unplaced = self._placed([plain(row) for row in chunk], order, window)
                findings += unplaced
                before = window.cursor()
                digests = [digest(row) for row in rows]
                fresh = [row for row, hashed in zip(rows, digests, strict=True) if window.is_new(row[order], hashed)]
                if fresh or unplaced:
                    yield self._batch(names, fresh, window, [before, *(d.hex() for d in digests)], findings)
                    findings = []
                if self._stop.is_set():
                    window.restart()
                    return
        window.turn()

    def _placed(self, rows: list[Row], order: int, window: Window) -> tuple[list[Row], list[Finding]]:
        """Rows without those whose place is no moment a calendar holds: an infinite one would hide every later row."""
        kept = [row for row in rows if not isinstance(row[order], Beyond)]
        if len(kept) == len(rows):
            return rows, []
        column = self.options.order_by
        odd = next(row[order] for row in rows if isinstance(row[order], Beyond))
        return kept, [*self._told_once(window, f"place {column}", _unplaced(column, odd), "no_order", column)]

    def _batch(
        self, names: Sequence[str], rows: Sequence[Sequence[Any]], window: Window, content: list[str], findings: list[Finding]
    ) -> Batch:
        made, packed = frame(names, rows)
        found = (*findings, *self._packed(packed, window), *self._beyond(names, rows, window))
        key = hashlib.sha256("\n".join(content).encode()).hexdigest()
        return Batch(key, made, window.cursor(), table=self._table, identity=self.options.key, findings=found)

    def _without_order(self, database: Link, window: Window) -> list[Finding]:
        if "null" in window.told or not database.has_null():
            return []
        window.told.add("null")
        message = Message(
            "Rows without a value in {column} are not read, for nothing tells their place.", column=self.options.order_by
        )
        return [self._finding("no_order", message, self.options.order_by)]

    def _packed(self, columns: Sequence[str], window: Window) -> Iterator[Finding]:
        for column in columns:
            message = Message("The column holds bytes (pictures, documents); it was not landed.")
            yield from self._told_once(window, f"bytes {column}", message, "bytes_column", column)

    def _beyond(self, names: Sequence[str], rows: Sequence[Sequence[Any]], window: Window) -> Iterator[Finding]:
        for column, value in beyond(names, rows).items():
            message = Message(
                "The column holds moments that lie outside of every calendar here, such as {found}; they were landed as empty.",
                found=value,
            )
            yield from self._told_once(window, f"beyond {column}", message, "moment_beyond", column)

    def _told_once(self, window: Window, word: str, message: Message, code: str, column: str) -> Iterator[Finding]:
        if word not in window.told:
            window.told.add(word)
            yield self._finding(code, message, column)

    def _finding(self, code: str, message: Message, column: str) -> Finding:
        return Finding(code, "warning", message, Origin(f"landing/{self.name}", self._table, column))

    def _place(self, names: Sequence[str]) -> int:
        for column in (self.options.order_by, *self.options.key):
            if column not in names:
                found = Message("no column {column}; there are {columns}", column=column, columns=list(names))
                raise SourceRefused(source=self.name, address=self.options.address, found=found)
        return names.index(self.options.order_by)

    def _window(self, cursor: str | None) -> Window:
        try:
            return Window.after(cursor, self.options.overlap_s)
        except (ValueError, KeyError, TypeError) as failure:
            found = Message("the place where reading stopped cannot be understood: {cursor}", cursor=str(cursor)[:100])
            raise SourceRefused(source=self.name, address=self.options.address, found=found) from failure

    def _said(self, failure: exc.DBAPIError) -> str:
        """What the driver said, without a word that is a secret."""
        return str(masked(" ".join(str(failure.orig).split()), words_of(self.options.url)))[:300]


def _unplaced(column: str, found: str) -> Message:
    return Message(
        "Rows whose {column} lies outside of every calendar here, such as {found}, are not read: nothing tells their place. "
        "Name a column in order_by that only grows, such as a number.",
        column=column,
        found=found,
    )
