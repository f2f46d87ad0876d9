"""Has this message been here before? Decided without I/O, from packet ids and what the message itself says.

A broker delivers a message again under its old packet id and with the flag DUP until it is acknowledged (MQTT 5, 4.4), and
gives ids in turn, so that an id comes back after 65,535 messages at the earliest. A broker that was killed may give ids anew
from where it had last saved, and mosquitto sets DUP on whatever waited for a reader that was away. So an id of the last
messages with DUP *and* the same content is the same message; two equal readings under two ids are two readings.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice

_REMEMBERED = 8_000
"""Twice as many as are in flight at most."""
_HANDED_ON_S = 60.0
"""An acknowledgement older than this has reached the broker."""
_CONTENTS = 100_000
_HANDED_ON = 1000
"""Messages that are remembered across a restart of the reader."""


@dataclass(slots=True)
class _Seen:
    check: int
    landed_at: float | None = None
    """When it was on disk, s; None: not yet."""


class Inbox:
    """The last packet ids of a session, each with a check sum of its message."""

    def __init__(self, handed_on: str = "{}", now: float = 0.0) -> None:
        self._seen = {int(packet): _Seen(check, now) for packet, check in json.loads(handed_on).items()}

    def is_new(self, packet: int, content: bytes, *, again: bool) -> bool:
        """Note a packet id; False when the message came before. ``again`` is the flag DUP."""
        check = zlib.crc32(content)
        before = self._seen.pop(packet, None)
        if before is not None and again and before.check == check:
            self._seen[packet] = before
            return False
        self._seen[packet] = _Seen(check)
        while len(self._seen) > _REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return True

    def has_landed(self, packet: int) -> bool:
        """It is on disk: it may be acknowledged (again)."""
        seen = self._seen.get(packet)
        return seen is not None and seen.landed_at is not None

    def land(self, packets: Iterable[int], now: float) -> None:
        """These are on disk now."""
        for packet in packets:
            if packet in self._seen:
                self._seen[packet].landed_at = now

    def forget_packets(self) -> None:
        """The broker has begun a new session: old ids mean nothing any more."""
        self._seen.clear()

    def hand_on(self, more: Iterable[int], now: float) -> str:
        """What a reader must know that comes after the batch of ``more`` has landed."""
        fresh = set(more)
        known = (
            (packet, seen.check)
            for packet, seen in self._seen.items()
            if packet in fresh or (seen.landed_at is not None and now - seen.landed_at < _HANDED_ON_S)
        )
        return json.dumps(dict(known), separators=(",", ":"))


class Contents:
    """The last messages that carry a time of their own: word for word the same is the same reading, sent twice."""

    def __init__(self, before: Iterable[str] = ()) -> None:
        self._digests: dict[str, None] = dict.fromkeys(before)

    def is_new(self, topic: str, payload: bytes) -> bool:
        """Note a message; False when one of the last said the same."""
        digest = b64encode(blake2b(topic.encode() + b"\0" + payload, digest_size=6).digest()).decode()
        if digest in self._digests:
            return False
        self._digests[digest] = None
        if len(self._digests) > _CONTENTS:
            del self._digests[next(iter(self._digests))]
        return True

    def last(self) -> list[str]:
        """What a reader must know that comes after this one."""
        return list(islice(reversed(self._digests), _HANDED_ON))[::-1]
