"""What has changed since a client last asked? Updates wait in numbered batches until the client acknowledges them."""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tundish.web.api.i3x.space import Json
from tundish.web.api.i3x.values import Vqt

MOST_UPDATES = 10_000
"""Updates kept for one subscription; older ones are dropped, and the client is told."""
MOST_SUBSCRIPTIONS = 1_000
"""Subscriptions of one server; the one unused for longest gives way."""
LIFE_S = 600.0
"""Seconds without a sync after which a subscription is deleted."""

Change = tuple[str, Json]
"""Element id and its value, quality, timestamp."""


@dataclass
class Subscription:
    """What one client wants to know, and what waits for it."""

    id: str
    client: str
    name: str
    wanted: dict[str, int] = field(default_factory=dict)
    """Element id -> depth."""
    last: dict[str, Vqt] = field(default_factory=dict)
    """What was last queued of each element."""
    batches: deque[tuple[int, list[Change]]] = field(default_factory=deque)
    number: int = 0
    """Of the newest batch."""
    used_at: float = 0.0
    dropped: bool = False

    def queue(self, changes: Iterable[Change]) -> None:
        """Put what is new behind what waits; the oldest gives way when too much waits."""
        news = list(changes)[-MOST_UPDATES:]
        if news:
            self.number += 1
            self.batches.append((self.number, news))
        while sum(len(batch) for _, batch in self.batches) > MOST_UPDATES:
            self.batches.popleft()
            self.dropped = True

    def acknowledge(self, number: int | None) -> None:
        """Forget batches up to ``number``; all of them for -1, none for None."""
        while self.batches and number is not None and (number == -1 or self.batches[0][0] <= number):
            self.batches.popleft()


class Subscriptions:
    """All subscriptions of a server; safe for requests that come at the same time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: dict[str, Subscription] = {}
        self.lock = threading.RLock()

    def create(self, client: str, name: str) -> Subscription:
        """A new subscription of a client."""
        with self.lock:
            self._forget_unused()
            if len(self._held) >= MOST_SUBSCRIPTIONS:
                del self._held[min(self._held, key=lambda id: self._held[id].used_at)]
            made = Subscription(secrets.token_urlsafe(32), client, name, used_at=self._clock())
            self._held[made.id] = made
            return made

    def find(self, client: str, id: str) -> Subscription | None:
        """A client's own subscription; another client's does not exist for it."""
        with self.lock:
            self._forget_unused()
            found = self._held.get(id)
            if found is None or not secrets.compare_digest(found.client.encode(), client.encode()):
                return None
            found.used_at = self._clock()
            return found

    def delete(self, client: str, id: str) -> bool:
        """True when the client had such a subscription."""
        with self.lock:
            return self.find(client, id) is not None and self._held.pop(id, None) is not None

    def _forget_unused(self) -> None:
        now = self._clock()
        for id in [id for id, one in self._held.items() if now - one.used_at > LIFE_S]:
            del self._held[id]


def as_json(batches: Sequence[tuple[int, list[Change]]]) -> list[Json]:
    """Batches as i3X writes them."""
    return [
        {"sequenceNumber": number, "updates": [{"elementId": id, **value} for id, value in changes]}
        for number, changes in batches
    ]
