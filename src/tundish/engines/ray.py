"""How does a job run on a Ray cluster? A short-lived one of its own on this machine, or one whose address is given.

Ray shields nobody from anybody inside a cluster, so an own cluster listens on the loopback interface only, asks for a token
that lives in memory, and ends with the engine. Work goes out as JSON, results lie in files, outcomes come back as JSON.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import tempfile
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from importlib.util import find_spec
from typing import Any

from tundish.engines.crew import Crew, Engine, Lost
from tundish.engines.local import cores
from tundish.engines.work import finish
from tundish.errors import EngineRefused, Message, MissingEngine
from tundish.ports import Compute

OBJECT_STORE_BYTES = 80 * 2**20
"""Near the least that Ray takes: nothing but small texts goes through it."""
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "POLARS_MAX_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
"""A worker holds one core."""
_MODEST = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # else Ray packs the working folder and sends it around
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # else it warns about graphics cards
}
_LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""What Ray does on Windows and macOS, for their firewalls' sake, does the right thing on Linux too: it listens on loopback
only. Asked for 127.0.0.1 without this, it listens on all interfaces (seen with 2.60)."""
_AT_ONCE = 2
"""Parts with one worker: the one that it is at, and one that it begins while its result travels."""
_REACH_S = 5.0
"""How long to knock at a cluster; Ray itself tries for minutes and then ends the process."""


def open_engine(*, workers: int | None, address: str | None) -> AbstractContextManager[Compute]:
    """A cluster of its own with ``workers`` workers, one a core unless said, or the one at ``address`` with as many as it has.

    A cluster with a token expects it in ``RAY_AUTH_TOKEN`` or ``RAY_AUTH_TOKEN_PATH``, as Ray does everywhere.
    Raises :class:`~tundish.errors.MissingEngine` and :class:`~tundish.errors.EngineRefused`.
    """
    if find_spec("ray") is None:
        raise MissingEngine(engine="ray", library="ray")
    return _own(workers or cores()) if address is None else _joined(address)


@contextmanager
def _own(workers: int) -> Iterator[Compute]:
    folder = tempfile.mkdtemp(prefix="ray-")
    try:
        with _environment({**_MODEST, **_LOOPBACK, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": _token()}):
            options = {"num_cpus": workers, "num_gpus": 0, "include_dashboard": False, "_node_ip_address": "127.0.0.1"}
            with _connected("local", _temp_dir=folder, object_store_memory=OBJECT_STORE_BYTES, **options) as node:
                if node != "127.0.0.1":
                    raise EngineRefused(engine="ray", found=Message("it would listen beyond this machine"))
                yield Engine(partial(_workers, workers, _Hired(cpus=0)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _joined(address: str) -> Iterator[Compute]:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_REACH_S).close()
    except (OSError, ValueError) as failure:
        raise EngineRefused(engine="ray", found=Message("nobody answers at {address}", address=address)) from failure
    with _environment(_MODEST), _connected(address):
        import ray

        workers = int(ray.cluster_resources().get("CPU", 0))  # type: ignore[no-untyped-call]
        if workers == 0:
            raise EngineRefused(engine="ray", found=Message("the cluster at {address} has no core to give", address=address))
        yield Engine(partial(_workers, workers, _Hired(cpus=1)))


@contextmanager
def _connected(address: str, **options: Any) -> Iterator[str]:  # noqa: ANN401 - Ray's own
    """Connected to a cluster; the address of this node in it."""
    import ray

    if ray.is_initialized():
        raise EngineRefused(engine="ray", found=Message("this process is connected to a cluster already"))
    try:
        ray.init(address, log_to_driver=False, configure_logging=False, runtime_env={"env_vars": ONE_THREAD}, **options)
    except (RuntimeError, ConnectionError, ValueError, OSError, ray.exceptions.RayError) as failure:
        ray.shutdown()
        found = Message("no cluster can be started here ({found})", found=_first_line(failure))
        if address != "local":
            found = Message(
                "the cluster at {address} lets nobody in ({found}); it wants its token in RAY_AUTH_TOKEN with "
                "RAY_AUTH_MODE=token, and the same version of Ray", address=address, found=_first_line(failure),
            )  # fmt: skip
        raise EngineRefused(engine="ray", found=found) from failure
    try:
        yield str(ray.util.get_node_ip_address())  # type: ignore[no-untyped-call]
    finally:
        ray.shutdown()


@dataclass
class _Hired:
    """Workers that no run uses at the moment: to begin a process takes seconds."""

    cpus: int
    """What one asks of the cluster; nothing where all of it is ours, so that a run within a run waits for no one."""
    idle: list[Any] = field(default_factory=list)


class _Bench:
    """What a worker runs: one part after the other."""

    def ready(self) -> None:
        """Say that the process has begun."""

    def finish(self, work: bytes) -> bytes:
        return finish(work)


@dataclass(eq=False)
class _Worker:
    actor: Any
    parts: list[int] = field(default_factory=list)
    """What it was given and has not returned."""
    begun: bool = False


class _Workers:
    """Actors, each with the part that it is at and one that waits.

    Tasks would do as well, but cancelling one that has just ended makes Ray end this process (ray-project/ray#54527; seen with
    2.60). An actor can be killed at any time.
    """

    def __init__(self, hands: int, hired: _Hired) -> None:
        self.hands = hands
        self._hired = hired
        self._todo: deque[tuple[int, bytes]] = deque()
        self._answers: dict[Any, tuple[_Worker, int | None]] = {}
        self._workers: list[_Worker] = []
        self._lost: deque[tuple[int, Lost]] = deque()
        self._suspects: set[int] = set()
        for _ in range(hands):
            self._hire()

    def give(self, number: int, work: bytes) -> None:
        self._todo.append((number, work))
        self._spread()

    def take(self) -> tuple[int, bytes | Lost]:
        while not self._lost:
            worker, number, found = self._next()
            if isinstance(found, Lost):
                self._replace(worker, found)
                continue
            worker.begun = True
            if number is not None:
                worker.parts.remove(number)
            self._spread()
            if number is not None:
                return number, found
        return self._lost.popleft()

    def give_up(self) -> None:
        import ray

        for worker in self._workers if ray.is_initialized() else ():  # else Ray would start a cluster to kill it on
            if worker.begun and not worker.parts:
                self._hired.idle.append(worker.actor)
            else:
                ray.kill(worker.actor)

    def _next(self) -> tuple[_Worker, int | None, bytes | Lost]:
        import ray

        (answer,), _ = ray.wait(list(self._answers), num_returns=1)
        worker, number = self._answers.pop(answer)
        try:
            return worker, number, ray.get(answer)
        except (ray.exceptions.RayTaskError, ray.exceptions.RuntimeEnvSetupError) as failure:
            found = Message("a worker cannot run the program ({found})", found=_first_line(failure))
            raise EngineRefused(engine="ray", found=found) from failure
        except ray.exceptions.OutOfMemoryError:
            return worker, number, Lost(Message("its machine ran out of memory"))
        except ray.exceptions.RayError:
            return worker, number, Lost(Message("its process ended"))

    def _hire(self) -> None:
        import ray

        idle, cpus = self._hired.idle, self._hired.cpus
        worker = _Worker(idle.pop() if idle else ray.remote(num_cpus=cpus, max_restarts=0)(_Bench).remote())
        self._workers.append(worker)
        self._answers[worker.actor.ready.remote()] = worker, None

    def _replace(self, worker: _Worker, found: Lost) -> None:
        """Another worker for one that died. Answers that it did not get rid of died with it: all its parts are lost."""
        import ray

        ray.kill(worker.actor)
        self._workers.remove(worker)
        self._answers = {answer: given for answer, given in self._answers.items() if given[0] is not worker}
        if not worker.begun and self._todo:  # a part waits for it, and not for ever
            worker.parts.append(self._todo.popleft()[0])
        self._lost.extend((number, found) for number in worker.parts)
        self._suspects.update(worker.parts)
        self._hire()
        self._spread()

    def _spread(self) -> None:
        """Parts in their order to the workers that have begun and have the least to do."""
        while self._todo:
            number, work = self._todo[0]
            free = [
                worker for worker in self._workers if worker.begun and len(worker.parts) < self._at_once(worker.parts, number)
            ]
            if not free:
                return
            worker = min(free, key=lambda one: len(one.parts))
            self._todo.popleft()
            worker.parts.append(number)
            self._answers[worker.actor.finish.remote(work)] = worker, number

    def _at_once(self, parts: Sequence[int], number: int) -> int:
        """A part that was with a worker that died goes alone: the next death tells whose fault it is."""
        return _AT_ONCE if self._suspects.isdisjoint((*parts, number)) else 1


@contextmanager
def _workers(hands: int, hired: _Hired) -> Iterator[Crew]:
    import ray

    if not ray.is_initialized():
        raise RuntimeError("the engine has been closed")  # else Ray would start a cluster of its own liking
    crew = _Workers(hands, hired)
    try:
        yield crew
    finally:
        crew.give_up()


@contextmanager
def _environment(words: Mapping[str, str]) -> Iterator[None]:
    """Environment of this process, and so of what Ray starts, for the length of the block."""
    before = {word: os.environ.get(word) for word in words}
    os.environ.update(words)
    try:
        yield
    finally:
        for word, value in before.items():
            if value is None:
                os.environ.pop(word, None)
            else:
                os.environ[word] = value


@cache
def _token() -> str:
    """One a process: Ray remembers the first that it saw."""
    return secrets.token_hex(32)


def _first_line(failure: BaseException) -> str:
    return next((line.strip() for line in str(failure).splitlines() if line.strip()), type(failure).__name__)[:300]
