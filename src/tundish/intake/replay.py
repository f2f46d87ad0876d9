"""How does a live source behave that needs no server? It gives batches from memory; tests and trials use it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

from tundish.errors import Message
from tundish.intake.live import Batch


class Replay:
    """Gives ``held`` batches in order and goes on after the cursor; it forgets what was acknowledged, as a broker does."""

    def __init__(self, name: str, held: Sequence[Batch]) -> None:
        self.name = name
        self.held = list(held)
        self.waiting_for: Message | None = None
        self._stop = threading.Event()

    def batches(self, cursor: str | None, *, once: bool = False) -> Iterator[Batch]:
        """Yield what is held after the batch whose cursor it is; then wait for more to be put into ``held``."""
        places = [batch.cursor for batch in self.held]
        given = {batch.key for batch in self.held[: places.index(cursor) + 1]} if cursor in places else set()
        while not self._stop.is_set():
            left = [batch for batch in self.held if batch.key not in given]
            if left:
                given.add(left[0].key)
                yield left[0]
            elif once:
                return
            else:
                self._stop.wait(0.02)

    def acknowledge(self, batch: Batch) -> None:
        """Forget it."""
        self.held = [kept for kept in self.held if kept.key != batch.key]

    def stop(self) -> None:
        """Let :meth:`batches` end."""
        self._stop.set()
