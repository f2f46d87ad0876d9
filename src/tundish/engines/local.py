"""How does a job run on one machine? On threads: Polars and the compiled kernels let go of Python's lock while they work."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread

from tundish.engines.crew import Crew, Engine
from tundish.engines.work import finish
from tundish.ports import Compute

_GLANCE_S = 1.0
"""Windows lets nobody interrupt a wait for a queue: look up this often, so that Ctrl-C is heard."""
_LAST_WORDS_S = 1.0
"""How long the end of a run waits for threads, so that what is being written gets done."""


def open_engine(*, workers: int | None, address: str | None) -> AbstractContextManager[Compute]:
    """Threads of this process, one a core unless ``workers`` says how many; there is no ``address`` to join."""
    return nullcontext(Engine(partial(_threads, workers or cores())))


@dataclass(frozen=True, slots=True)
class _Threads:
    hands: int
    todo: SimpleQueue[tuple[int, bytes] | None] = field(default_factory=SimpleQueue)
    done: SimpleQueue[tuple[int, bytes]] = field(default_factory=SimpleQueue)

    def give(self, number: int, work: bytes) -> None:
        self.todo.put((number, work))

    def take(self) -> tuple[int, bytes]:
        while True:
            try:
                return self.done.get(timeout=_GLANCE_S)
            except Empty:
                continue

    def labour(self) -> None:
        while (given := self.todo.get()) is not None:
            number, work = given
            self.done.put((number, finish(work)))


@contextmanager
def _threads(hands: int) -> Iterator[Crew]:
    """Threads that end with the block, or soon after with the part they are at: a thread cannot be broken off."""
    crew = _Threads(hands)
    threads = [Thread(target=crew.labour, name=f"part-{number}", daemon=True) for number in range(hands)]
    for thread in threads:
        thread.start()
    try:
        yield crew
    finally:
        while not crew.todo.empty():
            crew.todo.get()
        for _ in threads:
            crew.todo.put(None)
        patience = time.monotonic() + _LAST_WORDS_S
        for thread in threads:
            thread.join(max(0.0, patience - time.monotonic()))


def cores() -> int:
    """How many cores this process may use."""
    return (os.cpu_count() or 1) if sys.platform in {"win32", "darwin"} else len(os.sched_getaffinity(0))
