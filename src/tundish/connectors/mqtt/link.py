"""How is one session with a broker kept: who connects, what is subscribed, what does the broker say of itself?"""

from __future__ import annotations

import ssl
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from tundish.connectors.mqtt.options import Options
from tundish.connectors.reach import unreached
from tundish.connectors.secret import revealed
from tundish.errors import Message, SourceRefused

UPTIME, DROPPED = "$SYS/broker/uptime", "$SYS/broker/publish/messages/dropped"
"""What mosquitto says of itself: since when it runs, and how many messages it had no room for."""
_KEEP_ALIVE_S = 10
"""A broker that answers no ping for so long is connected to anew; it delivers again what was not acknowledged."""
_WAIT_S = (1, 30)
_MAY_PASS = frozenset({"Server unavailable", "Server busy", "Quota exceeded", "Connection rate exceeded", "Use another server"})


@dataclass(frozen=True, slots=True)
class Arrived:
    """One message as it came."""

    time: int
    """When, microseconds since 1970."""
    packet: int
    """Packet id; 0 for a message that needs no acknowledgement."""
    again: bool
    retained: bool
    topic: str
    payload: bytes
    session: int
    """Which session of the broker it belongs to: ids of another one mean nothing."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The broker answers; ``kept``: it has kept our session since the last time."""

    time: int
    kept: bool


Event = Arrived | Connected | Message | SourceRefused
"""A message, a connection, why there is none at the moment, or why there never will be one."""


class Link:
    """paho with its own thread; what happens is given to ``tell`` from there."""

    def __init__(self, options: Options, former: frozenset[str], tell: Callable[[Event], None]) -> None:
        self._options, self._former, self._tell = options, former, tell
        self._refused = False
        self.session = 0
        self._client = self._made()

    def start(self) -> None:
        """Begin to connect, and to connect again whenever the connection is lost."""
        options = self._options
        properties = None
        if options.protocol == "5":
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = int(options.hold_s)
            properties.ReceiveMaximum = options.inflight
        if properties is None:
            self._client.connect_async(options.host, options.port, _KEEP_ALIVE_S)
        else:
            self._client.connect_async(options.host, options.port, _KEEP_ALIVE_S, clean_start=False, properties=properties)
        self._client.loop_start()

    def stop(self) -> None:
        """Close the connection; the broker keeps the session."""
        self._client.disconnect()
        self._client.loop_stop()

    def acknowledge(self, packet: int) -> None:
        """Now the broker may forget this message."""
        self._client.ack(packet, 1)

    def publish(self, topic: str, payload: bytes) -> None:
        """Send a command; only for what the plant has allowed."""
        self._client.publish(topic, payload, qos=0)

    def _made(self) -> mqtt.Client:
        options = self._options
        five = options.protocol == "5"
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=options.client_id,
            clean_session=None if five else False,
            protocol=mqtt.MQTTv5 if five else mqtt.MQTTv311,
            manual_ack=True,
        )
        client.reconnect_delay_set(*_WAIT_S)
        if options.user is not None:
            user = revealed(options.user, source=options.name, address=options.url)
            password = None
            if options.password is not None:
                password = revealed(options.password, source=options.name, address=options.url)
            client.username_pw_set(user, password)
        if options.encrypted:
            self._encrypt(client)
        client.on_connect, client.on_message = self._connected, self._arrived
        client.on_connect_fail, client.on_disconnect = self._failed, self._lost
        client.on_subscribe = self._subscribed
        return client

    def _encrypt(self, client: mqtt.Client) -> None:
        options = self._options
        try:
            context = ssl.create_default_context(cafile=None if options.ca_file is None else str(options.ca_file))
            if options.certificate is not None:
                context.load_cert_chain(options.certificate, options.key)
        except (ssl.SSLError, OSError) as failure:
            broken = Message("the certificates cannot be used: {said}", said=str(failure))
            raise SourceRefused(source=options.name, address=options.url, found=broken) from failure
        client.tls_set_context(context)

    def _connected(
        self, client: mqtt.Client, _data: object, flags: mqtt.ConnectFlags, reason: ReasonCode, _more: object
    ) -> None:
        if reason.is_failure:
            if str(reason) in _MAY_PASS:
                self._tell(Message("the broker says: {said}", said=str(reason)))
            else:
                self._refuse(Message("the broker refuses the connection: {said}", said=str(reason)))
            return
        if not flags.session_present:
            self.session += 1
        self._tell(Connected(_now(), flags.session_present))
        former = self._former - set(self._options.topics)
        if former and flags.session_present:
            client.unsubscribe(sorted(former))
        topics = [*((topic, 1) for topic in self._options.topics), (UPTIME, 0), (DROPPED, 0)]
        if self._options.protocol == "5":
            client.subscribe([(topic, SubscribeOptions(qos=qos, retainHandling=qos)) for topic, qos in topics])
        else:
            client.subscribe(topics)

    def _subscribed(self, _client: mqtt.Client, _data: object, _id: int, reasons: list[ReasonCode], _more: object) -> None:
        for topic, reason in zip(self._options.topics, reasons, strict=False):
            if reason.is_failure:
                self._refuse(Message("the broker refuses the topic {topic}: {said}", topic=topic, said=str(reason)))

    def _failed(self, _client: mqtt.Client, _data: object) -> None:
        self._tell(unreached(sys.exception()))  # paho calls this while it handles what kept it from connecting

    def _lost(self, _client: mqtt.Client, _data: object, _flags: object, reason: ReasonCode, _more: object) -> None:
        if str(reason) == "Session taken over":
            self._refuse(Message("another program uses {client}: set another client_id", client=self._options.client_id))
        elif not self._refused:
            self._tell(Message("the connection to {address} was lost", address=self._options.url))

    def _refuse(self, found: Message) -> None:
        self._refused = True
        self._tell(SourceRefused(source=self._options.name, address=self._options.url, found=found))

    def _arrived(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = "topic that is no UTF-8"
        packet = message.mid if message.qos else 0
        self._tell(Arrived(_now(), packet, message.dup, message.retain, topic, bytes(message.payload), self.session))


def _now() -> int:
    return time.time_ns() // 1000
