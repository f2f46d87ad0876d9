"""What does the server know of the plant at this moment? One whole snapshot, replaced when the plant's files change."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from tundish.aas import AasPackage
from tundish.errors import Message, TundishError
from tundish.flow import Standard
from tundish.intake.folder import plant_name, walk
from tundish.table import Finding
from tundish.web.api.aas.shelf import Shelf
from tundish.web.packages import joined

log = logging.getLogger(__name__)

EVERY_S = 3.0
"""Between two looks at the plant's files."""
PATIENCE_S = 60.0
"""Files that change for longer than this are read although they do: a log is never finished."""
Print = tuple[tuple[str, int, int], ...]
"""Name, size and time of change (ns) of each file."""


@dataclass(frozen=True)
class Reading:
    """What was read of a plant."""

    standard: Standard
    package: AasPackage
    findings: tuple[Finding, ...] = ()
    """About the AAS packages; those about tables stand with the tables."""


@dataclass(frozen=True)
class Snapshot(Reading):
    """The plant as it was read at one moment. Never changed, only replaced."""

    version: int = 1
    """1 for the first, one more with each refresh."""
    changed_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @cached_property
    def shelf(self) -> Shelf:
        """The package by ids and paths."""
        return Shelf.of(self.package)


class State:
    """The plant's snapshot, and the thread that renews it.

    ``read`` reads the plant, see :func:`read_plant`; what it raises goes to the caller the first time, later into
    :attr:`trouble`, which ``tell`` is told.
    """

    def __init__(self, plant: Path, read: Callable[[], Reading], *, tell: Callable[[Message], None] | None = None) -> None:
        self.plant = plant
        self._tell = tell or (lambda trouble: log.warning("%s", trouble))
        self.trouble: Message | None = None
        """Why the last refresh failed; None when it did not."""
        self._read = read
        self._seen = fingerprint(plant)
        self._current = _snapshot(read(), version=1)

    def current(self) -> Snapshot:
        """The snapshot of this moment, whole; a reader keeps it as long as it likes."""
        return self._current

    def refresh(self) -> None:
        """Read the plant anew. When that fails the old snapshot stays, and :attr:`trouble` says why."""
        try:
            self._current = _snapshot(self._read(), version=self._current.version + 1)
        except (TundishError, OSError) as failure:
            self._failed(failure)
        except Exception as failure:
            log.exception("a fault in the program while the plant was read anew")
            self._failed(failure)
        else:
            self.trouble = None

    def _failed(self, failure: Exception) -> None:
        """Keep why, and tell it once."""
        name = f"{type(failure).__name__}: {failure}"
        trouble = failure.message if isinstance(failure, TundishError) else Message("{detail}", detail=name)
        if str(trouble) != str(self.trouble):
            self._tell(trouble)
        self.trouble = trouble

    @contextmanager
    def watching(self, every_s: float = EVERY_S) -> Iterator[None]:
        """Look at the plant's files while the block runs, and refresh when they have changed."""
        end = threading.Event()
        thread = threading.Thread(target=self._watch, args=(end, every_s), name="plant", daemon=True)
        thread.start()
        try:
            yield
        finally:
            end.set()
            thread.join(timeout=1.0)

    def _watch(self, end: threading.Event, every_s: float) -> None:
        before, waited = self._seen, 0.0
        while not end.wait(every_s):
            try:
                now = fingerprint(self.plant)
            except (TundishError, OSError) as failure:
                self._failed(failure)
                continue
            settled, before = now == before, now
            waited = 0.0 if now == self._seen else waited + every_s
            if now != self._seen and (settled or waited > PATIENCE_S):
                self._seen, waited = now, 0.0
                self.refresh()


def fingerprint(plant: Path) -> Print:
    """What tells that files of the plant have changed, without reading them."""
    files = dict(walk(plant).files)
    settings = plant / "plant.toml"
    if settings.is_file():
        files["plant.toml"] = settings
    stats = ((name, path.stat()) for name, path in sorted(files.items()))
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)


def read_plant(plant: Path, standard: Standard) -> Reading:
    """What is served of a plant: its tables, described as AAS, and the AAS packages that stand in its folder."""
    from tundish.aas import describe

    name = plant_name(plant)
    own = describe(standard.tables.tables, standard.catalogue, plant=name)
    package, refused = joined([(name, own), *standard.reference.packages])
    return Reading(standard, package, (*standard.reference.findings, *refused))


def _snapshot(reading: Reading, *, version: int) -> Snapshot:
    return Snapshot(reading.standard, reading.package, reading.findings, version)
