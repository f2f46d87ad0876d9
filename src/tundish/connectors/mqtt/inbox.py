"""Has this message been here before? Decided without I/O, from packet ids and what the message itself says.

A broker delivers a message again under its old packet id and with the flag DUP until it is acknowledged (MQTT 5, 4.4), and
gives ids in turn, so that an id comes back after 65,535 messages at the earliest. An id among the last 30,000 with DUP is
therefore the same message; two equal readings under two ids are two readings.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from hashlib import blake2b
from itertools import islice, pairwise

_REMEMBERED = 30_000
_CONTENTS = 100_000
_HANDED_ON = 1000
"""Messages that are remembered across a restart of the reader."""


class Inbox:
    """The last packet ids of a session."""

    def __init__(self, landed: Iterable[int] = ()) -> None:
        self._landed: dict[int, bool] = dict.fromkeys(landed, True)

    def is_new(self, packet: int, *, again: bool) -> bool:
        """Note a packet id; False when the message came before. ``again`` is the flag DUP."""
        if again and packet in self._landed:
            return False
        self._landed.pop(packet, None)
        self._landed[packet] = False
        while len(self._landed) > _REMEMBERED:
            del self._landed[next(iter(self._landed))]
        return True

    def has_landed(self, packet: int) -> bool:
        """It is on disk: it may be acknowledged (again)."""
        return self._landed.get(packet, False)

    def land(self, packets: Iterable[int]) -> None:
        """These are on disk now."""
        for packet in packets:
            if packet in self._landed:
                self._landed[packet] = True

    def forget_packets(self) -> None:
        """The broker has begun a new session: old ids mean nothing any more."""
        self._landed.clear()

    def text(self, more: Iterable[int]) -> str:
        """Ids on disk when the batch of ``more`` is, as ranges such as ``5-900,65530-65535``."""
        return ranges({*(packet for packet, landed in self._landed.items() if landed), *more})


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


def ranges(numbers: set[int]) -> str:
    """A set of numbers as ranges.

    >>> ranges({1, 2, 3, 7})
    '1-3,7-7'
    """
    if not numbers:
        return ""
    ordered = sorted(numbers)
    cuts = [(a, b) for a, b in pairwise(ordered) if b != a + 1]
    begins, ends = [ordered[0], *(b for _, b in cuts)], [*(a for a, _ in cuts), ordered[-1]]
    return ",".join(f"{begin}-{end}" for begin, end in zip(begins, ends, strict=True))


def numbers(text: str) -> list[int]:
    """What :func:`ranges` wrote.

    >>> numbers("1-3,7-7")
    [1, 2, 3, 7]
    """
    spans = (part.split("-") for part in text.split(",") if part)
    return [number for begin, end in spans for number in range(int(begin), int(end) + 1)]
