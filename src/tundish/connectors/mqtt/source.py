"""How do a broker's messages become batches that are landed first and acknowledged then?"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from queue import Empty, SimpleQueue

from tundish.connectors.mqtt.inbox import Contents, Inbox
from tundish.connectors.mqtt.link import DROPPED, UPTIME, Arrived, Connected, Event, Link
from tundish.connectors.mqtt.options import Options, checked
from tundish.connectors.mqtt.reading import Reader, moment
from tundish.connectors.mqtt.sparkplug import Metric, Node, Sparkplug, rebirth_command
from tundish.connectors.reach import unreached
from tundish.disk import whole_file
from tundish.errors import Message, SourceRefused
from tundish.intake.live import Batch, Gap, LiveSource

_BATCH_S = 1.0
_FULL = 100_000
"""Messages waiting to be landed at which no more are taken from the network."""
_PAUSE_S = 0.05
"""Nothing for so long closes a batch: a broker may want its messages acknowledged before it sends more."""
_ONCE_S = 1.0
"""A single look ends when nothing has come for so long."""
_PATIENCE_S = 10.0
_REBIRTH_S = 30.0


def open_source(name: str, options: Mapping[str, object]) -> LiveSource:
    """An MQTT broker as a live source. Raises :class:`~tundish.errors.BadSettings`."""
    return MqttSource(checked(name, options))


class MqttSource:
    """Messages of a broker; see :class:`~tundish.intake.live.LiveSource`."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._queue: SimpleQueue[Event | None] = SimpleQueue()
        self._waiting: Message | None = None
        self._link: Link | None = None
        self._inbox = Inbox()
        self._reader = Reader(options)
        self._pending: list[Arrived] = []
        self._gaps: list[Gap] = []
        self._heard: int | None = None
        """When the last message came that has landed or is about to, microseconds since 1970."""
        self._lost_at: int | None = None
        self._dropped: int | None = None
        self._connected = self._over = self._stopping = False
        self._failure: SourceRefused | None = None
        self._asked: dict[str, float] = {}
        self._births = options.folder / "sparkplug.json"

    @property
    def name(self) -> str:
        """Name under [sources] in plant.toml."""
        return self._options.name

    @property
    def waiting_for(self) -> Message | None:
        """Why nothing comes at the moment."""
        return self._waiting

    @property
    def connected(self) -> bool:
        """Whether the broker has answered since the start."""
        return self._connected

    def batches(self, cursor: str | None, *, once: bool = False) -> Iterator[Batch]:
        """Messages of about a second; the broker keeps them until they are acknowledged."""
        kept = json.loads(cursor) if cursor else {}
        self._inbox = Inbox(kept.get("packets", "{}"), time.monotonic())
        self._heard, self._dropped = kept.get("heard"), kept.get("dropped")
        self._lost_at = self._heard
        self._reader.contents = Contents(kept.get("contents", ()))
        self._reader.sparkplug = _births(self._births, kept.get("nodes", {}))
        self._link = Link(self._options, frozenset(kept.get("topics", ())), self._take)
        self._link.start()
        try:
            while not self._over:
                self._pending = self._gathered(once=once)
                if self._pending or self._gaps:
                    yield self._batch()
            if self._failure is not None:
                raise self._failure
        finally:
            self._stopping = True
            self._link.stop()

    def acknowledge(self, batch: Batch) -> None:
        """Now the broker may forget the messages of the batch."""
        link, pending = self._link, self._pending
        if link is None:
            return
        if batch.tags and self._reader.sparkplug.nodes:
            _keep(self._births, self._reader.sparkplug)
        packets = [message.packet for message in pending if message.packet and message.session == link.session]
        self._inbox.land(packets, time.monotonic())
        for packet in packets:
            link.acknowledge(packet)
        self._pending = []

    def stop(self) -> None:
        """Let :meth:`batches` end soon; the broker keeps the session for whoever comes back."""
        self._stopping = True
        self._queue.put(None)

    def _take(self, event: Event) -> None:
        """Called by the network's thread; waits there when too much is waiting here."""
        while isinstance(event, Arrived) and self._queue.qsize() > _FULL and not self._stopping:
            time.sleep(0.02)
        self._queue.put(event)

    def _gathered(self, *, once: bool) -> list[Arrived]:
        """What came until nothing came for a moment, or for a second."""
        messages: list[Arrived] = []
        end = 0.0
        while len(messages) < self._options.inflight and not (messages and time.monotonic() > end):
            idle = (_ONCE_S if self._connected else _PATIENCE_S) if once else None
            try:
                event = self._queue.get(timeout=_PAUSE_S if messages or self._gaps else idle)
            except Empty:
                if not (messages or self._gaps):
                    self._over = True
                    self._failure = None if self._connected else self.no_answer()
                return messages
            if event is None or isinstance(event, SourceRefused):
                self._over, self._failure = True, event
                return messages
            if not isinstance(event, Arrived):
                self._hear(event)
            elif event.topic in (UPTIME, DROPPED):
                self._hear_of_broker(event)
            elif self._is_new(event):
                end = end or time.monotonic() + _BATCH_S
                messages.append(event)
        return messages

    def _is_new(self, event: Arrived) -> bool:
        if not event.packet or self._inbox.is_new(event.packet, event.topic.encode() + event.payload, again=event.again):
            return True
        if self._inbox.has_landed(event.packet) and self._link is not None:
            self._link.acknowledge(event.packet)
        return False

    def _batch(self) -> Batch:
        link, pending = self._link, self._pending
        if pending:
            self._heard = pending[-1].time
        packets = [
            message.packet for message in pending if message.packet and link is not None and message.session == link.session
        ]
        what = self._reader.read(pending)
        if what.rebirths and self._options.rebirth:
            self._ask(what.rebirths)
        gaps, self._gaps = (*self._gaps, *what.gaps), []
        cursor = {
            "heard": self._heard,
            "packets": self._inbox.hand_on(packets, time.monotonic()),
            "contents": self._reader.contents.last(),
            "topics": self._options.topics,
            "dropped": self._dropped,
            "nodes": {
                name: (node.sequence, node.birth, node.last, node.dead_since)
                for name, node in self._reader.sparkplug.nodes.items()
            },
        }
        key = uuid.uuid4().hex
        return Batch(key, what.frame, json.dumps(cursor), gaps, tags=what.tags, findings=what.findings)

    def _hear(self, event: Connected | Message) -> None:
        """A connection came or went."""
        if isinstance(event, Message):
            self._waiting, self._connected = event, False
            self._lost_at = self._heard
            return
        self._waiting, self._connected = None, True
        if not event.kept:
            self._inbox.forget_packets()
            if self._heard is not None:
                reason = Message("the broker had forgotten this reader: what was published in between was not kept for it")
                self._gaps.append(Gap(moment(self._heard), moment(event.time), reason))
            self._lost_at = None

    def _hear_of_broker(self, event: Arrived) -> None:
        """mosquitto says since when it runs and how much it dropped."""
        digits = event.payload.split(b" ")[0]
        if not digits.isdigit():
            return
        number = int(digits)
        if event.topic == UPTIME:
            begun = event.time - number * 1_000_000
            if self._lost_at is not None and begun > self._lost_at:
                reason = Message(
                    "the broker was started anew: what it had taken and not yet saved is lost, if it did not end in order"
                )
                self._gaps.append(Gap(moment(self._lost_at), moment(begun), reason))
            self._lost_at = None
            return
        if self._dropped is not None and number > self._dropped and self._heard is not None:
            reason = Message(
                "the broker dropped {count} messages to this or another reader: raise max_queued_messages there",
                count=number - self._dropped,
            )
            self._gaps.append(Gap(moment(self._heard), moment(max(event.time, self._heard)), reason))
        self._dropped = number

    def _ask(self, commands: frozenset[str]) -> None:
        """Ask nodes for their birth, each at most twice a minute."""
        now = time.monotonic()
        for topic in commands:
            if self._link is not None and now - self._asked.get(topic, -_REBIRTH_S) >= _REBIRTH_S:
                self._asked[topic] = now
                self._link.publish(topic, rebirth_command(time.time_ns() // 1_000_000))

    def no_answer(self) -> SourceRefused:
        """What to say when the broker cannot be reached and nobody wants to wait."""
        return SourceRefused(source=self.name, address=self._options.url, found=self._waiting or unreached(None))


def _births(path: Path, kept: Mapping[str, list[int | None]]) -> Sparkplug:
    """Births that were kept, and where each node stood when the last batch landed."""
    state = Sparkplug()
    if path.exists():
        for name, metrics in json.loads(path.read_text(encoding="utf-8")).items():
            state.nodes[name] = Node({key: Metric(*said) for key, said in metrics.items()})
    for name, (sequence, birth, last, dead_since) in kept.items():
        node = state.nodes.setdefault(name, Node())
        node.sequence, node.birth, node.last, node.dead_since = sequence, birth, last, dead_since
    return state


def _keep(path: Path, state: Sparkplug) -> None:
    """Keep the births: a node is not born again because its reader was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    metrics = {
        name: {key: (m.tag, m.datatype, m.name, m.unit) for key, m in node.metrics.items()}
        for name, node in state.nodes.items()
    }
    with whole_file(path) as fresh:
        fresh.write_text(json.dumps(metrics, ensure_ascii=False), encoding="utf-8")
