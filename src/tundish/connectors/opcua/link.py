"""How is one subscription kept alive across connections, in sequence, and what is said when something was lost?

The server keeps every notification until it is acknowledged, and a subscription outlives its connection: a reader that comes
back takes up its session again or has the subscription transferred (OPC 10000-4, 5.14.7) and asks for what it missed
(Republish, 5.14.6). Only when the subscription is gone, history is asked; what that does not hold either is a gap.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic

from asyncua import ua
from asyncua.client.client import Client
from asyncua.client.ua_client import UASocketProtocol
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.ua_binary import struct_from_binary
from asyncua.ua.uaerrors import BadMessageNotAvailable, UaError

from tundish.connectors.opcua.history import Filled, fill
from tundish.connectors.opcua.nodes import Variable, find_variables
from tundish.connectors.opcua.notification import Notification, Value, publish_answer, republish_answer
from tundish.connectors.opcua.options import Options
from tundish.connectors.opcua.trust import secure
from tundish.connectors.secret import revealed
from tundish.errors import Message, SourceRefused
from tundish.intake.live import Gap
from tundish.table import Finding, Origin

REQUEST_S = 10.0
"""How long an answer may take, s."""
_PUBLISHING = 4
"""Publish requests that wait at the server: it can answer while an answer is on its way."""
_KEEP_ALIVE_S = 5.0
_SILENCE_S = 4 * _KEEP_ALIVE_S
_ITEMS_AT_ONCE = 500
_ACKS_AT_ONCE = 1000
_FULL = 200_000
"""Values received and not yet landed at which no more are asked for: they wait at the server."""
_NEVER_SENT = 0xFFFF_FFF0


@dataclass(slots=True)
class Standing:
    """Where the source stands in its subscription; kept as the cursor of each batch."""

    epoch: str = ""
    """Name of the subscription, never used twice."""
    subscription: int = 0
    tags: str = ""
    """Digest of the nodes: handles of another list mean other tags."""
    expected: int = 1
    """Next sequence number."""
    through: int | None = None
    """Server's time up to which everything was received, microseconds since 1970."""

    @classmethod
    def read(cls, cursor: str | None) -> Standing:
        """From a cursor that :meth:`text` wrote."""
        return cls(**json.loads(cursor)) if cursor else cls()

    def text(self) -> str:
        """As the cursor of a batch."""
        fields = ("epoch", "subscription", "tags", "expected", "through")
        return json.dumps({name: getattr(self, name) for name in fields})


@dataclass(slots=True)
class Arrival:
    """What came together, in order."""

    key: str
    cursor: str
    published: int
    values: list[Value] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    variables: tuple[Variable, ...] = ()
    """The list that handles point into; given with the first arrival of a connection."""
    acknowledge: tuple[str, int] | None = None
    """Subscription and sequence number to be acknowledged when this has landed."""
    more: bool = False
    """The server holds more right now."""
    alone: bool = False
    """Lands as a batch of its own: a slice of history, from whose end a reader goes on that was killed in between."""


class Lost(Exception):
    """The connection or the subscription is gone; another try may mend it."""


class Link:
    """Follows one server; hands what arrives to ``tell``, in order. Lives in one event loop."""

    def __init__(
        self, options: Options, standing: Standing, tell: Callable[[Arrival], None], unlanded: Callable[[], int]
    ) -> None:
        self._options = options
        self._standing = standing
        self._tell = tell
        self._unlanded = unlanded
        self._acks: deque[tuple[str, int]] = deque()
        self._heard = 0.0
        self._hole: int | None = None
        self._order = asyncio.Lock()
        self._variables: tuple[Variable, ...] = ()
        self._fresh: list[Finding] = []

    def landed(self, acknowledge: tuple[str, int]) -> None:
        """Acknowledge a notification with the next request; may be called from another thread."""
        self._acks.append(acknowledge)

    async def follow(self) -> None:
        """Connect, take up or make the subscription, and hand over what arrives until the connection is lost.

        Raises :class:`Lost`, or what asyncua raises; :class:`~tundish.errors.SourceRefused` when waiting will not mend it.
        """
        options = self._options
        client = Client(options.url, timeout=REQUEST_S, watchdog_intervall=_SILENCE_S)
        client.secure_channel_timeout = 3_600_000
        client.session_timeout = int(options.hold_s * 1000)
        await ready(client, options)
        options.folder.mkdir(parents=True, exist_ok=True)
        client.session_state_path = options.folder / "session.json"
        await client.connect()
        try:
            self._variables = await find_variables(client, options)
            if not await self._kept(client):
                await self._subscribe(client)
            await self._publish(client)
        finally:
            client.disconnect_socket()

    async def _kept(self, client: Client) -> bool:
        """Is the former subscription still there, and ours?"""
        standing, session = self._standing, client.uaclient.session
        if not standing.subscription:
            return False
        if standing.tags != _digest(self._variables):
            with suppress(UaError):
                await session.delete_subscriptions([standing.subscription])
            return False
        try:
            await session.republish(standing.subscription, _NEVER_SENT)
        except BadMessageNotAvailable:
            return True
        except UaError:
            pass
        request = ua.TransferSubscriptionsRequest()
        request.Parameters.SubscriptionIds = [standing.subscription]
        request.Parameters.SendInitialValues = False
        try:
            data = await _protocol(client).send_request(request, REQUEST_S)
            results = struct_from_binary(ua.TransferSubscriptionsResponse, data).Parameters.Results
        except UaError:
            return False
        return bool(results and results[0].StatusCode.is_good())

    async def _subscribe(self, client: Client) -> None:
        options, standing = self._options, self._standing
        request = ua.CreateSubscriptionRequest()
        request.Parameters = ua.CreateSubscriptionParameters(
            RequestedPublishingInterval=options.publishing_ms,
            RequestedLifetimeCount=max(100, round(options.hold_s * 1000 / options.publishing_ms)),
            RequestedMaxKeepAliveCount=max(1, round(_KEEP_ALIVE_S * 1000 / options.publishing_ms)),
            MaxNotificationsPerPublish=0,
            PublishingEnabled=True,
            Priority=0,
        )
        made = struct_from_binary(ua.CreateSubscriptionResponse, await _protocol(client).send_request(request, REQUEST_S))
        standing.epoch, standing.subscription = uuid.uuid4().hex, made.Parameters.SubscriptionId
        standing.tags, standing.expected = _digest(self._variables), 1
        self._hole = standing.through
        self._acks.clear()
        self._fresh = await self._monitor(client)

    async def _monitor(self, client: Client) -> list[Finding]:
        """Have the server watch every variable; what it refuses is a finding."""
        options, results = self._options, []
        for start in range(0, len(self._variables), _ITEMS_AT_ONCE):
            request = ua.CreateMonitoredItemsParameters()
            request.SubscriptionId = self._standing.subscription
            request.TimestampsToReturn = ua.TimestampsToReturn.Both
            request.ItemsToCreate = [
                ua.MonitoredItemCreateRequest(
                    ItemToMonitor=ua.ReadValueId(NodeId=variable.node, AttributeId=AttributeIds.Value),
                    MonitoringMode=ua.MonitoringMode.Reporting,
                    RequestedParameters=ua.MonitoringParameters(
                        ClientHandle=handle, SamplingInterval=options.sampling_ms, QueueSize=options.queue, DiscardOldest=True
                    ),
                )
                for handle, variable in enumerate(self._variables[start : start + _ITEMS_AT_ONCE], start)
            ]
            results.extend(await client.uaclient.session.create_monitored_items(request))
        return _granted(options, self._variables, results)

    async def _publish(self, client: Client) -> None:
        self._heard = monotonic()
        workers = [asyncio.create_task(self._worker(client)) for _ in range(_PUBLISHING)]
        workers.append(asyncio.create_task(self._listen()))
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _listen(self) -> None:
        """Raise when the server has been silent for too long: a cable pulled out closes no connection."""
        while monotonic() - self._heard < _SILENCE_S:
            await asyncio.sleep(1)
        raise Lost

    async def _worker(self, client: Client) -> None:
        while True:
            while self._unlanded() > _FULL:
                self._heard = monotonic()
                await asyncio.sleep(0.05)
            request = ua.PublishRequest()
            request.Parameters.SubscriptionAcknowledgements = self._taken_acks()
            body = await _protocol(client).send_request(request, timeout=0)
            self._heard = monotonic()
            async with self._order:
                await self._arrived(client, publish_answer(bytes(body)))

    def _taken_acks(self) -> list[ua.SubscriptionAcknowledgement]:
        standing = self._standing
        acks: list[ua.SubscriptionAcknowledgement] = []
        while self._acks and len(acks) < _ACKS_AT_ONCE:
            epoch, sequence = self._acks.popleft()
            if epoch == standing.epoch:
                acks.append(ua.SubscriptionAcknowledgement(standing.subscription, sequence))
        return acks

    async def _arrived(self, client: Client, notification: Notification) -> None:
        standing = self._standing
        if notification.subscription != standing.subscription:
            return
        if notification.ended is not None:
            standing.subscription = 0
            raise Lost
        for sequence in range(standing.expected, notification.sequence):
            missed = await self._missed(client, sequence)
            if missed is None:
                self._lost(notification.published)
            else:
                self._take(missed)
        if not notification.data:
            standing.expected = notification.sequence
            self._take(notification)
            return
        if self._hole is not None:
            await self._fill(client, notification)
        self._take(notification)

    async def _missed(self, client: Client, sequence: int) -> Notification | None:
        request = ua.RepublishRequest()
        request.Parameters.SubscriptionId = self._standing.subscription
        request.Parameters.RetransmitSequenceNumber = sequence
        try:
            body = await _protocol(client).send_request(request, REQUEST_S)
        except BadMessageNotAvailable:
            return None
        return republish_answer(bytes(body), self._standing.subscription)

    def _lost(self, published: int) -> None:
        """A notification that the server has sent and no longer keeps."""
        self._standing.expected += 1
        reason = Message("the server no longer keeps what it had sent while the reader was away")
        begin = self._standing.through or published
        self._hand(Arrival("", "", published, gaps=[Gap(instant(begin), instant(published), reason)]))

    def _take(self, notification: Notification) -> None:
        standing = self._standing
        arrival = Arrival("", "", notification.published, notification.values, more=notification.more)
        if notification.data:
            standing.expected = notification.sequence + 1
            arrival.acknowledge = (standing.epoch, notification.sequence)
        if not notification.more and notification.published > 0:
            standing.through = max(notification.published, standing.through or 0)
        self._hand(arrival)

    def _hand(self, arrival: Arrival) -> None:
        standing = self._standing
        arrival.key = arrival.key or f"{standing.epoch}:{standing.expected}"
        arrival.cursor = arrival.cursor or standing.text()
        arrival.variables = self._variables
        arrival.findings, self._fresh = [*arrival.findings, *self._fresh], []
        self._tell(arrival)

    async def _fill(self, client: Client, first: Notification) -> None:
        """A new subscription after an old one: history for the time between, a gap for what history has not."""
        standing, begin, end = self._standing, self._hole, first.published
        self._hole = None
        assert begin is not None  # noqa: S101 - the caller asked
        known: dict[int, int] = {}
        for handle, _value, _status, time in first.values:
            if time is not None:
                known[handle] = min(time, known.get(handle, time))
        found = Filled()
        if self._options.history:
            async for values, through in fill(client, self._variables, (begin, end), found):
                fresh = [value for value in values if value[3] is not None and value[3] < known.get(value[0], end)]
                cursor = Standing(through=through, tags=standing.tags).text()
                self._hand(Arrival(f"{standing.epoch}:history:{through}", cursor, through, fresh, more=True, alone=True))
        missing = await found.missing(client, (begin, end))
        if missing is not None:
            reason = Message("the server was restarted or had given the subscription up, and offers no history for this time")
            self._hand(Arrival("", "", end, gaps=[Gap(instant(missing[0]), instant(missing[1]), reason)]))


async def ready(client: Client, options: Options) -> None:
    """Everything a connection needs before it is made: names, languages, certificates, user.

    Raises :class:`~tundish.errors.SourceRefused` for what waiting will not mend.
    """
    logging.getLogger("asyncua").setLevel(logging.CRITICAL)
    client.name = client.description = f"Tundish {options.name}"
    client.set_locale(["ko", "en"])
    await secure(client, options)
    if options.user is not None:
        client.set_user(revealed(options.user, source=options.name, address=options.url))
        client.set_password(revealed(options.password or "", source=options.name, address=options.url))


def instant(microseconds: int) -> datetime:
    """A moment given in microseconds since 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def _granted(options: Options, variables: Sequence[Variable], results: Sequence[ua.MonitoredItemCreateResult]) -> list[Finding]:
    refused = [(v, r.StatusCode) for v, r in zip(variables, results, strict=True) if not r.StatusCode.is_good()]
    if len(refused) == len(variables):
        none = Message(
            "the server refuses every node, the first one {node} with {status}",
            node=variables[0].tag,
            status=refused[0][1].name,
        )
        raise SourceRefused(source=options.name, address=options.url, found=none)
    findings = [
        Finding(
            "node_refused",
            "warning",
            Message(
                "The server refuses {tag}: {status}. Correct the node id, or take it out of nodes.",
                tag=v.tag,
                status=status.name,
            ),
            Origin(options.name, column=v.tag),
        )
        for v, status in refused
    ]
    granted = [r for r in results if r.StatusCode.is_good()]
    least = min(int(r.RevisedQueueSize) for r in granted)
    if least < options.queue:
        message = Message(
            "The server keeps only {granted} values of a node, {asked} were asked for: while the reader is away it loses more.",
            granted=least,
            asked=options.queue,
        )
        findings.append(Finding("short_queue", "info", message, Origin(options.name)))
    slowest = max(float(r.RevisedSamplingInterval) for r in granted)
    if slowest > options.sampling_ms:
        message = Message(
            "The server looks at a value every {granted} ms, {asked} ms were asked for: shorter changes are not seen.",
            granted=f"{slowest:g}",
            asked=f"{options.sampling_ms:g}",
        )
        findings.append(Finding("slow_sampling", "info", message, Origin(options.name)))
    return findings


def _digest(variables: Sequence[Variable]) -> str:
    return hashlib.sha256("\n".join(v.node.to_string() for v in variables).encode()).hexdigest()[:16]


def _protocol(client: Client) -> UASocketProtocol:
    protocol = client.uaclient.protocol
    if protocol is None:
        raise Lost
    return protocol
