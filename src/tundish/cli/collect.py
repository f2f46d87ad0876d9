"""How does a plant take in what its live sources give? All of them side by side, until it is told to stop."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tundish.cli import plant_toml
from tundish.cli.plant import decided_by
from tundish.cli.terminal import bare
from tundish.errors import BadSettings, Message, TundishError
from tundish.locale import render, say
from tundish.locale.called import called
from tundish.settings import Language, LiveSettings

if TYPE_CHECKING:
    from tundish.intake.live import Batch, LiveSource

FAILED = 2
"""Exit code when a source was refused; the others went on."""
_LOOK_S = 0.2
_SHOW_S = 1.0
_TELL_S = 30.0
"""Where nothing is drawn over, a line a source is enough this often."""


@dataclass
class Running:
    """One source at work, and what has come from it since the start."""

    name: str
    settings: LiveSettings
    source: LiveSource | None = None
    values: int = 0
    files: int = 0
    gaps: int = 0
    last: datetime | None = None
    rate: float = 0.0
    future: Future[None] | None = None
    stopping: threading.Event = field(default_factory=threading.Event)

    def count(self, batch: Batch) -> None:
        """Take note of a batch that has landed."""
        self.values += batch.frame.height
        self.files += batch.file is not None
        self.gaps += len(batch.gaps)
        if batch.frame.height or batch.file is not None:
            self.last = datetime.now(UTC)

    def stop(self) -> None:
        """Let it end after what is in flight."""
        self.stopping.set()
        if self.source is not None:
            self.source.stop()


def collect(plant: Path, *, once: bool, seconds: float | None, lang: Language) -> int:
    """Run all sources of plant.toml; the exit code: 0, or 2 when one of them was refused.

    Raises :class:`~tundish.errors.BadSettings` when plant.toml names no source or a source's options are wrong.
    """
    running = _sources(plant)
    with ThreadPoolExecutor(len(running), thread_name_prefix="source") as pool:
        for one in running:
            one.future = pool.submit(_land, plant, one, once=once)
        shown = _Shown(running, lang)
        try:
            _watch(running, shown, seconds)
        except KeyboardInterrupt:
            sys.stderr.write(say("Stopping: what is in flight is landed first.", lang) + "\n")
        finally:
            for one in running:
                one.stop()
    return _end(plant, running, shown, lang)


def _sources(plant: Path) -> list[Running]:
    """Every source of plant.toml, opened before any of them runs: a wrong word is told at once."""
    from tundish.connectors.live import open_live
    from tundish.store.landing import FOLDER

    settings = decided_by(plant)
    if settings is None or not settings.sources:
        expected = Message("a section such as {example}", example='[sources.mes], kind = "folder", path = "/mnt/mes"')
        raise BadSettings(file=plant_toml.NAME, key="sources", expected=expected, found=Message("nothing"))
    running = [Running(name, one) for name, one in settings.sources.items()]
    for one in running:
        folder = str(plant / FOLDER / one.name)
        one.source = open_live(one.name, one.settings.kind, {**one.settings.options, "folder": folder})
    return running


def _land(plant: Path, running: Running, *, once: bool) -> None:
    """Land what one source gives, batch by batch, and only then let it forget."""
    from tundish.store import Landing

    source = running.source
    if source is None:
        return
    with Landing(plant, running.name) as landing:
        for batch in source.batches(landing.cursor, once=once):
            landed = landing.append(batch)
            if landed != "changed":
                source.acknowledge(batch)
            if landed == "new":
                running.count(batch)
            if running.stopping.is_set():
                source.stop()


def _watch(running: Sequence[Running], shown: _Shown, seconds: float | None) -> None:
    """Show how it goes until all sources have ended, or the time is over."""
    futures = [one.future for one in running if one.future is not None]
    ends = None if seconds is None else time.monotonic() + seconds
    with shown:
        while wait(futures, timeout=_LOOK_S).not_done:
            shown.update()
            if ends is not None and time.monotonic() >= ends:
                return


class _Shown:
    """A line a source: drawn over on a terminal, now and then elsewhere."""

    def __init__(self, running: Sequence[Running], lang: Language) -> None:
        self.running, self.lang = running, lang
        self._before = {one.name: (0, time.monotonic()) for one in running}
        self._next = time.monotonic()
        self._drawn = 0

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, *_: object) -> None:
        """Leave the last state on the screen."""

    def update(self) -> None:
        """Show it again, if it is time."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + (_SHOW_S if sys.stderr.isatty() else _TELL_S)
        for one in self.running:
            values, then = self._before[one.name]
            one.rate = (one.values - values) / max(now - then, 1e-3)
            self._before[one.name] = (one.values, now)
        self.draw()

    def draw(self) -> None:
        """One line a source."""
        lines = [self.line(one) for one in self.running]
        if sys.stderr.isatty():
            up = f"\x1b[{self._drawn}F" if self._drawn else ""
            bare(sys.stderr).write(up + "".join(f"\x1b[2K{line}\n" for line in lines))  # each line went through say()
            self._drawn = len(lines)
        else:
            sys.stderr.write("".join(f"{line}\n" for line in lines))
        sys.stderr.flush()

    def line(self, one: Running) -> str:
        """How it stands with a source."""
        values = {"source": one.name, "values": one.values, "files": one.files, "gaps": one.gaps}
        last = "-" if one.last is None else one.last
        return say(
            "{source}: {values} values, {files} files, {rate} a second, last {last}, {gaps} gaps. {state}",
            self.lang,
            **values,
            rate=round(one.rate, 1),
            last=last,
            state=self._state(one),
        )

    def _state(self, one: Running) -> Message:
        failure = one.future.exception() if one.future is not None and one.future.done() else None
        if failure is not None:
            return Message("Ended: {found}", found=failure.message if isinstance(failure, TundishError) else repr(failure))
        waiting = None if one.source is None else one.source.waiting_for
        if waiting is not None:
            return Message("Waiting: {reason}.", reason=waiting)
        return Message("Done.") if one.future is not None and one.future.done() else Message("Running.")


def _end(plant: Path, running: Sequence[Running], shown: _Shown, lang: Language) -> int:
    """The last word on each source, and what to do next; a fault of the program is raised."""
    from tundish.store.landing import FOLDER

    failures = [one.future.exception() for one in running if one.future is not None]
    for one in running:
        sys.stdout.write(shown.line(one) + "\n")
    if any(one.values or one.files for one in running):
        told = say(
            "What was collected stands in {folder}. These commands read it with the other exports: {run}, {check}",
            lang,
            folder=plant / FOLDER,
            run=called(f"run {plant}"),
            check=called(f"check {plant}"),
        )
        sys.stdout.write(f"{told}\n")
    for failure in failures:
        if failure is not None and not isinstance(failure, TundishError):
            raise failure
    refused = [failure for failure in failures if isinstance(failure, TundishError)]
    for failure in refused:
        sys.stderr.write(render(failure.message, lang) + "\n")
    return FAILED if refused else 0
