"""How does what arrives get on disk, so that nothing acknowledged is ever lost and nothing lies there twice?"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from math import log
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import polars as pl

from tundish.disk import Lock, sync_names, whole_file, why
from tundish.errors import LandingInUse, LandingRefused, Message
from tundish.intake.folder import JOURNAL
from tundish.intake.live import FILES, SIGNALS, Batch, Delivery
from tundish.store.journal import DELIVERED, SEALED, Journal, Sealed

FOLDER = "landing"
"""Folder inside the plant's."""
SEAL_ROWS = 500_000
SEAL_BYTES = 64 * 2**20
SEAL_BATCHES = 20_000
"""The journal is sealed into Parquet when it holds as much as one of these."""
MERGE = 8
"""So many small sealed files become one."""
_LARGE = 8
"""Files of ``MERGE ** _LARGE`` rows (16.8 million) or more are merged no further: a day of 10,000 values/s is some 50 files."""
_CHUNK = 2**20

Landed = Literal["new", "known", "changed"]
"""Put on disk; was there already; not taken, for the file's bytes are no longer what the source said they are."""


class Landing:
    """The landing of one source, for one writer: ``PLANT/landing/<source>/``.

    A batch goes into the journal in one transaction; a full journal is sealed into Parquet. Raises
    :class:`~tundish.errors.LandingInUse` when another process lands here and :class:`~tundish.errors.LandingRefused` for what
    the disk refuses.
    """

    def __init__(self, plant: Path, source: str, *, seal_rows: int = SEAL_ROWS) -> None:
        self.folder = plant / FOLDER / source
        self._seal_rows = seal_rows
        self._merging: _Merge | None = None
        with self._writing():
            (self.folder / FILES).mkdir(parents=True, exist_ok=True)
            self._lock = Lock(self.folder / "lock", LandingInUse)
        try:
            self._without_journal()
            self._journal = Journal(self.folder, writing=True)
            for made in (self.folder / FILES, self.folder, self.folder.parent, plant):
                sync_names(made)
            self._clear_up()
            self._waiting = self._journal.waiting()
        except BaseException:
            self._lock.release()
            raise

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        """Let another process land here."""
        self.close()

    @property
    def cursor(self) -> str | None:
        """Where the source goes on: kept with the last batch that had one."""
        return self._journal.cursor()

    @property
    def rows(self) -> int:
        """Rows that have landed so far."""
        return self._journal.landed_rows()

    def append(self, batch: Batch) -> Landed:
        """Land a batch whole; returns when it would survive the power being cut.

        A known key changes nothing, but a file of it that was taken away is put back.
        """
        if batch.table is None and batch.frame.width and batch.frame.schema != SIGNALS:
            raise ValueError(f"signals are {SIGNALS}, not {batch.frame.schema}")
        known = self._journal.knows(batch.key)
        there = batch.file is None or (self.folder / FILES / batch.file.sha256).is_file()
        if known and there:
            return "known"
        if batch.file is not None and not self._copied(batch.file):
            return "changed"
        if known:
            return "new"
        with self._journal.transaction():
            size = self._journal.add(batch)
        if size:
            batches, rows, waiting = self._waiting
            self._waiting = (batches + 1, rows + batch.frame.height, waiting + size)
        self._seal_when_full()
        return "new"

    def seal(self) -> None:
        """Move all rows of the journal into Parquet files."""
        through = self._journal.last()
        with self._writing():
            files = [file for table in self._journal.tables() if (file := self._sealed(table, through)) is not None]
        with self._journal.transaction():
            self._journal.seal(files, through)
        self._waiting = self._journal.waiting()

    def close(self) -> None:
        """Let another process land here. A merge that still runs is given up; its parts are whole."""
        if self._merging is not None:
            self._merging.given_up = True
        self._journal.close()
        self._lock.release()

    def _seal_when_full(self) -> None:
        batches, rows, size = self._waiting
        if rows >= self._seal_rows or size >= SEAL_BYTES or batches >= SEAL_BATCHES:
            self.seal()
            if self._merging is None:
                self._begin_merge()
        if self._merging is not None and not self._merging.is_alive():
            self._end_merge(self._merging)

    def _sealed(self, table: str | None, through: int) -> Sealed | None:
        frames = list(self._journal.frames(table))[::-1]
        if not frames:
            return None
        frame = together(frames)
        begin = end = None
        if table is None:
            frame = frame.sort("tag", "time", maintain_order=True)
            begin, end = frame.select(pl.col("time").min().alias("begin"), pl.col("time").max().alias("end")).row(0)
        file = self._announced(through)
        with whole_file(self.folder / file) as path:
            frame.write_parquet(path, compression="zstd")
        return Sealed(file, table, frame.height, begin, end, through)

    def _announced(self, place: int) -> str:
        """The name of a file to be written, noted first: a process that is killed now leaves rubbish that is known as such."""
        file = f"{place:012d}-{secrets.token_hex(4)}.parquet"
        with self._journal.transaction():
            self._journal.distrust(file)
        return file

    def _begin_merge(self) -> None:
        for table in self._journal.tables():
            there = [file for file in self._journal.sealed(table) if (self.folder / file.file).is_file()]
            parts = due(there)
            if parts:
                self._merging = _Merge(self.folder, self._announced(parts[-1].place), parts)
                self._merging.start()
                return

    def _end_merge(self, merge: _Merge) -> None:
        self._merging = None
        if merge.failed:
            return
        with self._journal.transaction():
            self._journal.merge(merge.merged(), merge.parts)
        self._clear_up()

    def _copied(self, file: Delivery) -> bool:
        """Copy a file's bytes under their hash; False when they are no longer those the source spoke of."""
        target = self.folder / FILES / file.sha256
        if target.is_file():
            return True
        digest = hashlib.sha256()
        try:
            with self._writing(), whole_file(target) as path, path.open("wb") as copy:
                for chunk in _chunks(file.path):
                    digest.update(chunk)
                    copy.write(chunk)
                if digest.hexdigest() != file.sha256:
                    raise _Changed
        except _Changed:
            return False
        return True

    def _without_journal(self) -> None:
        """What landed while its journal is gone, or was emptied, is not ours to start anew beside."""
        orphans = [path.name for path in self.folder.iterdir() if SEALED.fullmatch(path.name)]
        orphans += [path.name for path in (self.folder / FILES).iterdir() if DELIVERED.fullmatch(path.name)]
        journal = self.folder / JOURNAL
        if orphans and not (journal.exists() and journal.stat().st_size):
            text = "{count} landed files lie here, but {file} is gone or empty; put it back, or move the folder away"
            raise LandingRefused(place=self.folder, found=Message(text, count=len(orphans), file=JOURNAL))

    def _clear_up(self) -> None:
        """Remove what a killed process left half written, and what was merged."""
        with self._writing():
            for part in (*self.folder.glob("*.part"), *(self.folder / FILES).glob("*.part")):
                part.unlink(missing_ok=True)
            for file in self._journal.rubbish():
                with suppress(PermissionError):  # Windows: a reader has it open; the next start finds it again
                    (self.folder / file).unlink(missing_ok=True)
                    with self._journal.transaction():
                        self._journal.forget(file)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Tell what the disk refuses as :class:`LandingRefused`."""
        try:
            yield
        except (OSError, pl.exceptions.ComputeError) as failure:
            raise LandingRefused(place=self.folder, found=why(failure)) from failure


class _Merge(threading.Thread):
    """Small sealed files become one, beside the landing; killed at any moment, the parts stand as they were."""

    def __init__(self, folder: Path, file: str, parts: Sequence[Sealed]) -> None:
        super().__init__(daemon=True)
        self.folder, self.file, self.parts = folder, file, list(parts)
        self.failed = True
        self.given_up = False

    def run(self) -> None:
        """Write the merged file."""
        with suppress(OSError, pl.exceptions.PolarsError), whole_file(self.folder / self.file) as path:
            frames = [pl.scan_parquet(self.folder / part.file, glob=False) for part in self.parts]
            pl.concat(frames, how="diagonal_relaxed").sink_parquet(path, compression="zstd")
            if self.given_up:
                raise InterruptedError
        self.failed = not (self.folder / self.file).is_file()

    def merged(self) -> Sealed:
        """What the journal is to know of it."""
        begins = [part.begin for part in self.parts if part.begin is not None]
        ends = [part.end for part in self.parts if part.end is not None]
        rows, last = sum(part.rows for part in self.parts), self.parts[-1]
        return Sealed(self.file, last.name, rows, min(begins, default=None), max(ends, default=None), last.place)


class _Changed(Exception):
    """The bytes of a delivery are no longer those of its hash."""


def due(files: Sequence[Sealed]) -> list[Sealed]:
    """The first neighbours that are to become one file: :data:`MERGE` in a row of one size or smaller, the smallest first."""
    levels = [int(log(max(file.rows, 1), MERGE)) for file in files]
    for level in sorted(set(levels)):
        if level >= _LARGE:
            break
        run = 0
        for i, here in enumerate(levels):
            run = run + 1 if here <= level else 0
            if run == MERGE:
                return list(files[i + 1 - MERGE : i + 1])
    return []


def together(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Rows of several batches in one frame; a column whose type changed on the way becomes text.

    >>> together([pl.DataFrame({"a": [1]}), pl.DataFrame({"a": ["x"], "b": [True]})]).rows()
    [('1', None), ('x', True)]
    """
    kinds: dict[str, set[pl.DataType]] = {}
    for frame in frames:
        for name, kind in frame.schema.items():
            kinds.setdefault(name, set()).add(kind)
    mixed = [name for name, found in kinds.items() if len(found - {pl.Null()}) > 1]
    texts = [frame.with_columns(pl.col(name).cast(pl.String) for name in mixed if name in frame.columns) for frame in frames]
    return pl.concat(texts, how="diagonal_relaxed")


def _chunks(path: Path) -> Iterator[bytes]:
    """The bytes of a source's file; what keeps them from being read (a share that went away) is a change too."""
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    except OSError as failure:
        raise _Changed from failure
