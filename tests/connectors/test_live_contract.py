"""What every live source must hold, each with a real back-end: a new kind in LIVE fails here until it has one."""

from __future__ import annotations

import asyncio
import shutil
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from tundish.connectors.live import LIVE, open_live
from tundish.errors import BadSettings, Message
from tundish.intake import RawTable, SourceFile
from tundish.intake.folder import JOURNAL
from tundish.intake.live import SIGNALS, Batch, LiveSource
from tundish.intake.replay import Replay
from tundish.store import LANDED, Landing

PATIENCE_S = 15.0


@dataclass
class Backend:
    """Something real that gives: how to open a source on it, and how to make it give a number."""

    open: Callable[[], LiveSource]
    put: Callable[[int], None]


@contextmanager
def replay(folder: Path) -> Iterator[Backend]:
    held: list[Batch] = []
    source: list[Replay] = []

    def put(number: int) -> None:
        frame = pl.DataFrame([(datetime.now(UTC), "t", float(number), None, "good")], SIGNALS, orient="row")
        batch = Batch(f"{number}", frame, cursor=f"{number}")
        held.append(batch)
        if source:
            source[-1].held.append(batch)

    def opened() -> Replay:
        source.append(Replay("live", source[-1].held if source else held))
        return source[-1]

    yield Backend(opened, put)


@contextmanager
def sql(folder: Path) -> Iterator[Backend]:
    path = folder / "mes.db"
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE lot (id INTEGER, value REAL)")
    options = {"url": f"sqlite:///{path}", "table": "lot", "order_by": "id", "poll_s": 0.1}

    def put(number: int) -> None:
        database.execute("INSERT INTO lot VALUES (?, ?)", (number, float(number)))
        database.commit()

    yield Backend(lambda: open_live("live", "sql", options), put)
    database.close()


@contextmanager
def watched(folder: Path) -> Iterator[Backend]:
    path = folder / "share"
    path.mkdir()
    options = {"path": str(path), "poll_s": 0.05, "stable_s": 0.1}
    yield Backend(lambda: open_live("live", "folder", options), lambda number: _write(path / f"{number}.csv", f"{number}"))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


@contextmanager
def mqtt(folder: Path) -> Iterator[Backend]:
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("mosquitto not found")
    client = pytest.importorskip("paho.mqtt.client")
    port = _free_port()
    (folder / "broker.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n", encoding="utf-8")
    broker = subprocess.Popen([program, "-c", folder / "broker.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _wait_for(port)
    writer = client.Client(client.CallbackAPIVersion.VERSION2)
    writer.connect("127.0.0.1", port)
    writer.loop_start()
    options = {"url": f"mqtt://127.0.0.1:{port}", "topics": ["works/#"], "folder": folder}
    try:
        yield Backend(
            lambda: open_live("live", "mqtt", options),
            lambda number: writer.publish("works/t", f"{number}", qos=1).wait_for_publish(5),
        )
    finally:
        writer.disconnect()
        writer.loop_stop()
        broker.terminate()
        broker.wait(10)


@contextmanager
def opcua(folder: Path) -> Iterator[Backend]:
    asyncua = pytest.importorskip("asyncua")
    port, loop = _free_port(), asyncio.new_event_loop()
    up, end = threading.Event(), asyncio.Event()
    found: list[object] = []

    async def serve() -> None:
        server = asyncua.Server()
        await server.init()
        server.set_endpoint(f"opc.tcp://127.0.0.1:{port}/")
        variable = await server.nodes.objects.add_variable("ns=2;s=t", "t", 0.0)
        async with server:
            found.append(variable)
            up.set()
            await end.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert up.wait(PATIENCE_S)
    options = {
        "url": f"opc.tcp://127.0.0.1:{port}/",
        "nodes": ["ns=2;s=t"],
        "sampling_ms": 0,
        "publishing_ms": 100,
        "folder": folder,
    }

    def put(number: int) -> None:
        asyncio.run_coroutine_threadsafe(found[0].write_value(float(number)), loop).result(5)
        time.sleep(0.02)

    try:
        yield Backend(lambda: open_live("live", "opcua", options), put)
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(PATIENCE_S)
        loop.close()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"nothing answers at port {port}")


BACKENDS = {"replay": replay, "sql": sql, "folder": watched, "mqtt": mqtt, "opcua": opcua}


class Collector:
    """What collect does, in a thread of its own, keeping what it saw."""

    def __init__(self, plant: Path, source: LiveSource) -> None:
        self.plant, self.source = plant, source
        self.batches: list[Batch] = []
        self.failure: BaseException | None = None
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        with Landing(self.plant, "live") as landing:
            for batch in self.source.batches(landing.cursor):
                if landing.append(batch) != "changed":
                    self.source.acknowledge(batch)
                self.batches.append(batch)

    def stop(self) -> None:
        self.source.stop()
        self.thread.join(PATIENCE_S)
        assert not self.thread.is_alive()


def landed(plant: Path) -> list[int]:
    """The numbers that landed, in whatever form the source gives them; 0 is what a server held before."""
    name = f"landing/live/{JOURNAL}"
    if not (plant / name).exists():
        return []
    numbers: list[int] = []
    for part in LANDED.read(SourceFile(name, plant / name)):
        if isinstance(part, SourceFile):
            numbers.append(int(part.read_bytes()))
        elif isinstance(part, RawTable) and "value" in part.headers:
            numbers += [int(value) for value in part.frame.unique()["value"].drop_nulls().to_list()]
    return sorted(number for number in numbers if number)


def wait_until_landed(plant: Path, wanted: list[int]) -> None:
    began = time.monotonic()
    while set(landed(plant)) != set(wanted) and time.monotonic() - began < PATIENCE_S:
        time.sleep(0.1)
    assert set(landed(plant)) == set(wanted)


@pytest.fixture(params=BACKENDS)
def backend(request, tmp_path: Path) -> Iterator[Backend]:
    folder = tmp_path / "backend"
    folder.mkdir()
    with BACKENDS[request.param](folder) as made:
        yield made


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    folder = tmp_path / "plant"
    folder.mkdir()
    return folder


def test_what_is_given_lands_and_after_a_restart_goes_on(backend, plant):
    first = Collector(plant, backend.open())
    time.sleep(1)
    for number in range(1, 6):
        backend.put(number)
    wait_until_landed(plant, list(range(1, 6)))
    first.stop()
    assert first.source.name == "live"
    assert first.source.waiting_for is None or isinstance(first.source.waiting_for, Message)
    keys = [batch.key for batch in first.batches]
    assert all(keys)
    assert len(set(keys)) == len(keys)
    for batch in first.batches:
        assert batch.table is not None or not batch.frame.width or batch.frame.schema == SIGNALS
    second = Collector(plant, backend.open())
    time.sleep(1)
    for number in range(6, 9):
        backend.put(number)
    wait_until_landed(plant, list(range(1, 9)))
    second.stop()


def test_stop_ends_a_source_to_which_nothing_comes(backend, plant):
    collector = Collector(plant, backend.open())
    time.sleep(0.7)
    began = time.monotonic()
    collector.stop()
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(("kind", "url"), [("opcua", "opc.tcp://h:4840"), ("mqtt", "mqtt://h")])
def test_a_password_in_plain_sight_is_refused_with_what_to_write(kind, url):
    with pytest.raises(BadSettings, match=r"sources\.here\.password: expected the password as \$\{NAME\}") as caught:
        open_live("here", kind, {"url": url, "user": "u", "password": "geheim"})
    assert "geheim" not in repr(caught.value.message)


def test_every_kind_has_a_back_end_here():
    assert set(LIVE) <= set(BACKENDS)


@pytest.mark.parametrize("kind", LIVE)
def test_an_unknown_word_and_a_missing_one_are_refused_by_name(kind):
    for options in ({}, {"url": "x://y", "path": "x", "odd_word": 1}):
        with pytest.raises(BadSettings, match=r"sources\.here\."):
            open_live("here", kind, options)
