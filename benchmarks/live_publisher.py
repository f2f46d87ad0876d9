"""Who publishes 10,000 messages a second with QoS 1 without being the slow one? Packets written by hand, after MQTT 3.1.1.

Run as a program: port, seconds, messages a second, shape (`one`, `many`, `sparkplug`); prints how many values the broker took.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import sys
import time

FIELDS = 20
"""Values in a message of shape `many`, metrics in one of shape `sparkplug`."""
_TICK_S = 0.02


def packet(kind: int, body: bytes) -> bytes:
    """A control packet: fixed header with remaining length, and body."""
    left, length = len(body), b""
    while True:
        left, digit = divmod(left, 128)
        length += bytes([digit | (0x80 if left else 0)])
        if not left:
            return bytes([kind]) + length + body


def text(value: str) -> bytes:
    """A text with its length before it."""
    raw = value.encode()
    return struct.pack("!H", len(raw)) + raw


class Publisher:
    """One connection that publishes with QoS 1 and counts what the broker acknowledged."""

    def __init__(self, port: int, client: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.sendall(packet(0x10, text("MQTT") + b"\x04\x02\x00\x00" + text(client)))
        assert self.socket.recv(4)[3] == 0
        self.sent = self.acknowledged = 0
        self._left = b""

    def publish(self, topic: str, payload: bytes, out: list[bytes]) -> None:
        """Add a message to what is to be sent."""
        self.sent += 1
        out.append(packet(0x32, text(topic) + struct.pack("!H", self.sent % 65535 + 1) + payload))

    def send(self, out: list[bytes]) -> None:
        """Send, and read acknowledgements so that the broker is never held up."""
        data = memoryview(b"".join(out))
        self.socket.setblocking(False)
        while data:
            readable, writable, _ = select.select([self.socket], [self.socket], [], 5)
            if readable:
                self.read()
            if writable:
                data = data[self.socket.send(data) :]

    def read(self) -> None:
        """Count PUBACKs: four bytes each."""
        data = self._left + self.socket.recv(1 << 20)
        self.acknowledged += len(data) // 4
        self._left = data[len(data) // 4 * 4 :]

    def settle(self, seconds: float) -> None:
        """Wait until everything is acknowledged."""
        end = time.monotonic() + seconds
        while self.acknowledged < self.sent and time.monotonic() < end:
            if select.select([self.socket], [], [], 0.1)[0]:
                self.read()


def varint(value: int) -> bytes:
    """A protobuf varint."""
    out = b""
    while True:
        value, digit = value >> 7, value & 0x7F
        out += bytes([digit | (0x80 if value else 0)])
        if not value:
            return out


def metric(time_ms: int, value: float, *, alias: int, name: str | None = None) -> bytes:
    """A Sparkplug metric of type Double, field by field."""
    body = (b"\x0a" + varint(len(name)) + name.encode() if name else b"") + b"\x10" + varint(alias)
    body += b"\x18" + varint(time_ms) + (b"\x20\x0a" if name else b"") + b"\x69" + struct.pack("<d", value)
    return b"\x12" + varint(len(body)) + body


def sparkplug(time_ms: int, metrics: bytes, sequence: int) -> bytes:
    """A Sparkplug payload."""
    return b"\x08" + varint(time_ms) + metrics + b"\x18" + varint(sequence % 256)


def message(shape: str, number: int, now: float) -> tuple[str, bytes, int]:
    """The number-th message, its topic and how many values it carries; every value is its own number."""
    if shape == "one":
        return f"공장/라인/c{number % 100}", json.dumps({"value": number, "time": now}).encode(), 1
    first = number * FIELDS
    if shape == "many":
        return "공장/라인/모두", json.dumps({"time": now, **{f"c{i}": first + i for i in range(FIELDS)}}).encode(), FIELDS
    metrics = b"".join(metric(int(now * 1000), first + i, alias=i, name=None if number else f"c{i}") for i in range(FIELDS))
    kind = "NDATA" if number else "NBIRTH"
    return f"spBv1.0/plant/{kind}/edge", sparkplug(int(now * 1000), metrics, number), FIELDS


def main() -> None:
    """Publish at the rate for the seconds, then wait for the last acknowledgement."""
    port, seconds, rate, shape = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    publisher, number, values, begun = Publisher(port, f"publisher-{time.time_ns()}"), 0, 0, time.monotonic()
    cpu = time.process_time()
    while (gone := time.monotonic() - begun) < seconds:
        out: list[bytes] = []
        while number < gone * rate:
            topic, payload, carried = message(shape, number, time.time())
            publisher.publish(topic, payload, out)
            number, values = number + 1, values + carried
        publisher.send(out)
        time.sleep(_TICK_S)
    publisher.settle(20)
    found = {"messages": number, "values": values, "acknowledged": publisher.acknowledged, "cpu_s": time.process_time() - cpu}
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
