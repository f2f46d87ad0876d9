"""How do an OPC UA server's values become batches: a connection in its own thread, reconnecting, until someone says stop?"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Mapping
from queue import Empty, SimpleQueue

from asyncua.ua.uaerrors import (
    BadCertificateUntrusted,
    BadIdentityTokenInvalid,
    BadIdentityTokenRejected,
    BadSecurityChecksFailed,
    BadUserAccessDenied,
    UaError,
)

from tundish.connectors.opcua.link import Arrival, Link, Lost, Standing
from tundish.connectors.opcua.options import Options, checked
from tundish.connectors.opcua.rows import Rows
from tundish.connectors.reach import unreached
from tundish.errors import Message, SourceRefused
from tundish.intake.live import Batch, LiveSource

_BATCH_S = 1.0
_BATCH_VALUES = 50_000
_QUIET_S = 60.0
"""After so long without a change a batch without rows says how far the source was heard."""
_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 10.0
_WRONG_USER = (BadUserAccessDenied, BadIdentityTokenInvalid, BadIdentityTokenRejected)
_NOT_TRUSTED = (BadSecurityChecksFailed, BadCertificateUntrusted)


def open_source(name: str, options: Mapping[str, object]) -> LiveSource:
    """An OPC UA server as a live source. Raises :class:`~tundish.errors.BadSettings`."""
    return OpcUaSource(checked(name, options))


class OpcUaSource:
    """Data changes of a server's variables; see :class:`~tundish.intake.live.LiveSource`."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._queue: SimpleQueue[Arrival | Exception | None] = SimpleQueue()
        self._waiting: Message | None = None
        self._rows = Rows()
        self._pending: list[Arrival] = []
        self._received = self._landed = 0
        self._link: Link | None = None
        self._following: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._once = self._over = False
        self._failure: Exception | None = None
        self._batched_at = time.monotonic()

    @property
    def name(self) -> str:
        """Name under [sources] in plant.toml."""
        return self._options.name

    @property
    def waiting_for(self) -> Message | None:
        """Why nothing comes at the moment."""
        return self._waiting

    def batches(self, cursor: str | None, *, once: bool = False) -> Iterator[Batch]:
        """Values about once a second; the server keeps them until they are acknowledged."""
        self._once = once
        thread = threading.Thread(target=self._run, args=(Standing.read(cursor),), name=f"opcua {self.name}", daemon=True)
        thread.start()
        try:
            while not self._over:
                self._pending = self._gathered()
                if self._pending:
                    self._batched_at = time.monotonic()
                    yield self._rows.batch(self._pending)
            if self._failure is not None:
                raise self._failure
        finally:
            self.stop()
            thread.join(timeout=10)

    def acknowledge(self, batch: Batch) -> None:
        """Now the server may forget what is in the batch."""
        self._landed += sum(len(arrival.values) for arrival in self._pending)
        for arrival in self._pending:
            if arrival.acknowledge is not None and self._link is not None:
                self._link.landed(arrival.acknowledge)
        self._pending = []

    def stop(self) -> None:
        """Let :meth:`batches` end soon; the subscription stays at the server for whoever comes back."""
        self._queue.put(None)
        loop, following = self._loop, self._following
        if loop is not None and following is not None and not loop.is_closed():
            loop.call_soon_threadsafe(following.cancel)

    def _gathered(self) -> list[Arrival]:
        """What arrived within about a second; a slice of history stands alone."""
        arrivals: list[Arrival] = []
        deadline, values = None, 0
        while True:
            try:
                came = self._queue.get(timeout=None if deadline is None else max(0.0, deadline - time.monotonic()))
            except Empty:
                return arrivals
            if not isinstance(came, Arrival):
                self._over, self._failure = True, came
                return arrivals
            values += len(came.values)
            if arrivals or self._worth_landing(came):
                arrivals.append(came)
                deadline = deadline or time.monotonic() + _BATCH_S
            if self._once and not came.more and self._queue.empty():
                self._over = True
                return arrivals
            if values >= _BATCH_VALUES or came.alone:
                return arrivals

    def _worth_landing(self, arrival: Arrival) -> bool:
        quiet = time.monotonic() - self._batched_at > _QUIET_S
        return bool(arrival.values or arrival.gaps or arrival.findings or quiet)

    def _tell(self, arrival: Arrival) -> None:
        self._waiting = None
        self._received += len(arrival.values)
        self._queue.put(arrival)

    def _run(self, standing: Standing) -> None:
        """The connection's own thread."""
        try:
            asyncio.run(self._follow(standing))
        except asyncio.CancelledError:
            self._queue.put(None)
        except Exception as failure:  # noqa: BLE001 - whatever it is, the thread that lands must hear of it
            self._queue.put(failure)

    async def _follow(self, standing: Standing) -> None:
        """Connect again and again, with longer pauses, until someone says stop."""
        self._link = Link(self._options, standing, self._tell, lambda: self._received - self._landed)
        self._loop, self._following = asyncio.get_running_loop(), asyncio.current_task()
        pause = _FIRST_WAIT_S
        while True:
            before = self._received
            try:
                await self._link.follow()
            except _WRONG_USER as failure:
                wrong = Message("the server refuses the user: {status}", status=type(failure).__name__)
                raise self._refused(wrong) from failure
            except (Lost, UaError, OSError, TimeoutError, asyncio.CancelledError) as failure:
                if isinstance(failure, asyncio.CancelledError) and self._over:
                    raise
                self._waiting = self._why(failure)
            if self._once:
                raise self._refused(self._waiting or Message("no answer"))
            await _end_other_tasks()
            pause = _FIRST_WAIT_S if self._received > before else min(2 * pause, _LONGEST_WAIT_S)
            await asyncio.sleep(pause)

    def _why(self, failure: BaseException) -> Message:
        """Why the server cannot be followed at the moment, and what to do."""
        if isinstance(failure, _NOT_TRUSTED):
            own = self._options.folder / "pki" / "own.der"
            return Message("the server does not trust this program yet: let it accept the certificate {file}", file=own)
        return unreached(failure)

    def _refused(self, found: Message) -> SourceRefused:
        return SourceRefused(source=self.name, address=self._options.url, found=found)


async def _end_other_tasks() -> None:
    """asyncua leaves its watchdogs running when a connection is lost."""
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
