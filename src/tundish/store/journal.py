"""What has landed from a source, and where does it lie? One SQLite file that changes in whole transactions only."""

from __future__ import annotations

import hashlib
import io
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from tundish.errors import LandingRefused, Message
from tundish.intake.folder import JOURNAL
from tundish.intake.live import Batch, Gap, Tag
from tundish.store.told import packed, packed_finding, unpacked, unpacked_finding
from tundish.table import Finding

VERSION = 1
_APPLICATION = 0x54554E44
"""``TUND``: what sqlite's ``application_id`` says of our files."""
_WAIT_S = 20.0
SEALED = re.compile(r"\d{12}-[0-9a-f]{8}\.parquet")
"""Names of sealed files: nothing else is opened or removed, whatever a journal from elsewhere says."""
DELIVERED = re.compile(r"[0-9a-f]{64}")
"""Names of delivered files: the SHA-256 of their bytes."""
_SCHEMA = """
CREATE TABLE batch (seq INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, rows INTEGER NOT NULL, size INTEGER NOT NULL,
                    landed TEXT NOT NULL, rows_packed BLOB NOT NULL);
CREATE TABLE key (digest BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE cursor (one INTEGER PRIMARY KEY CHECK (one = 1), cursor TEXT NOT NULL);
CREATE TABLE gap (seq INTEGER PRIMARY KEY, begin TEXT NOT NULL, end TEXT NOT NULL, reason TEXT NOT NULL);
CREATE TABLE finding (seq INTEGER PRIMARY KEY, finding TEXT NOT NULL);
CREATE TABLE tag (tag TEXT PRIMARY KEY, name TEXT, unit TEXT) WITHOUT ROWID;
CREATE TABLE sealed (seq INTEGER PRIMARY KEY AUTOINCREMENT, file TEXT NOT NULL UNIQUE, name TEXT, rows INTEGER NOT NULL,
                     begin TEXT, end TEXT, place INTEGER NOT NULL);
CREATE TABLE identity (name TEXT PRIMARY KEY, columns TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE rubbish (file TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE delivery (seq INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, landed TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A Parquet file that holds rows for good. ``place`` orders files: rows landed earlier have the lower one."""

    file: str
    name: str | None
    rows: int
    begin: datetime | None
    end: datetime | None
    place: int


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivered file: its name at the source and the hash under which its bytes lie."""

    name: str
    sha256: str
    landed: datetime


class Journal:
    """One source's journal. A writer holds the folder's lock; readers may come and go."""

    def __init__(self, folder: Path, *, writing: bool) -> None:
        self.folder = folder
        self.path = folder / JOURNAL
        with self.guarded():
            if writing:
                self._db = sqlite3.connect(self.path, timeout=_WAIT_S, isolation_level=None)
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute("PRAGMA synchronous=FULL")
            else:
                self._db = sqlite3.connect(
                    f"{self.path.absolute().as_uri()}?mode=ro", uri=True, timeout=_WAIT_S, isolation_level=None
                )
            self._check(writing=writing)

    def _check(self, *, writing: bool) -> None:
        version = self._one("PRAGMA user_version")
        if version == 0 and writing and not self._one("SELECT count(*) FROM sqlite_master"):
            with self.transaction():
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA application_id={_APPLICATION}")
                self._db.execute(f"PRAGMA user_version={VERSION}")
            return
        if version != VERSION or self._one("PRAGMA application_id") != _APPLICATION:
            found = Message("{file} is no journal of this version", file=JOURNAL)
            raise LandingRefused(place=self.folder, found=found)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Tell what the disk or a damaged journal refuses as :class:`LandingRefused`."""
        try:
            yield
        except sqlite3.Error as failure:
            raise LandingRefused(place=self.folder, found=_why(failure)) from failure

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block on disk when it ends well, nothing of it otherwise."""
        with self.guarded():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """What the block reads is of one moment."""
        with self.guarded():
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                self._db.execute("ROLLBACK")

    # -- writing -------------------------------------------------------------------------------------------------------

    def knows(self, key: str) -> bool:
        """Whether a batch of this key has landed."""
        with self.guarded():
            return self._one("SELECT 1 FROM key WHERE digest = ?", _digest(key)) is not None

    def add(self, batch: Batch) -> int:
        """Put down a batch with all that belongs to it; to be called inside a transaction. Returns the bytes of its rows."""
        add, size = self._db.execute, 0
        now = datetime.now(UTC).isoformat()
        add("INSERT INTO key VALUES (?)", (_digest(batch.key),))
        if batch.frame.height:
            blob = _pack(batch.frame)
            size = len(blob)
            add("INSERT INTO batch VALUES (NULL, ?, ?, ?, ?, ?)", (batch.table, batch.frame.height, size, now, blob))
        if batch.identity:
            add("INSERT OR REPLACE INTO identity VALUES (?, ?)", (batch.table or "", json.dumps(batch.identity)))
        if batch.cursor is not None:
            add("INSERT OR REPLACE INTO cursor VALUES (1, ?)", (batch.cursor,))
        for gap in batch.gaps:
            add("INSERT INTO gap VALUES (NULL, ?, ?, ?)", (gap.begin.isoformat(), gap.end.isoformat(), packed(gap.reason)))
        for tag in batch.tags:
            add("INSERT OR REPLACE INTO tag VALUES (?, ?, ?)", (tag.tag, tag.name, tag.unit))
        for finding in batch.findings:
            add("INSERT INTO finding VALUES (NULL, ?)", (packed_finding(finding),))
        if batch.file is not None:
            add("INSERT INTO delivery VALUES (NULL, ?, ?, ?)", (batch.file.name, batch.file.sha256, now))
        return size

    def seal(self, files: list[Sealed], through: int) -> None:
        """Rows up to batch ``through`` lie in ``files`` from now on; to be called inside a transaction."""
        for file in files:
            self._add_sealed(file)
            self.forget(file.file)
        self._db.execute("DELETE FROM batch WHERE seq <= ?", (through,))

    def merge(self, merged: Sealed, parts: list[Sealed]) -> None:
        """The rows of ``parts`` lie in ``merged`` from now on; to be called inside a transaction."""
        for part in parts:
            self._db.execute("DELETE FROM sealed WHERE file = ?", (part.file,))
            self.distrust(part.file)
        self._add_sealed(merged)
        self.forget(merged.file)

    def distrust(self, file: str) -> None:
        """A file that may be removed when nothing else is said: about to be written, or merged into another."""
        self._db.execute("INSERT OR REPLACE INTO rubbish VALUES (?)", (file,))

    def forget(self, file: str) -> None:
        """No rubbish: a file that is whole and wanted, or gone."""
        self._db.execute("DELETE FROM rubbish WHERE file = ?", (file,))

    def _add_sealed(self, file: Sealed) -> None:
        begin, end = (None if moment is None else moment.isoformat() for moment in (file.begin, file.end))
        values = (file.file, file.name, file.rows, begin, end, file.place)
        self._db.execute("INSERT INTO sealed VALUES (NULL, ?, ?, ?, ?, ?, ?)", values)

    # -- reading -------------------------------------------------------------------------------------------------------

    def cursor(self) -> str | None:
        """Where the source goes on."""
        with self.guarded():
            found = self._one("SELECT cursor FROM cursor")
        return None if found is None else str(found)

    def waiting(self) -> tuple[int, int, int]:
        """Batches, rows and bytes that are not sealed yet."""
        with self.guarded():
            count, rows, size = self._db.execute("SELECT count(*), total(rows), total(size) FROM batch").fetchone()
        return int(count), int(rows), int(size)

    def last(self) -> int:
        """The number of the last batch ever put down; 0 when there was none."""
        with self.guarded():
            return int(self._one("SELECT seq FROM sqlite_sequence WHERE name = 'batch'") or 0)

    def tables(self) -> list[str | None]:
        """Names of the tables that have rows, signals (None) first."""
        with self.guarded():
            found = self._db.execute("SELECT name FROM batch UNION SELECT name FROM sealed ORDER BY name").fetchall()
        return [name for (name,) in found]

    def frames(self, table: str | None) -> Iterator[pl.DataFrame]:
        """Unsealed batches of a table, latest first."""
        with self.guarded():
            for (blob,) in self._db.execute("SELECT rows_packed FROM batch WHERE name IS ? ORDER BY seq DESC", (table,)):
                yield pl.read_ipc(io.BytesIO(blob))

    def sealed(self, table: str | None) -> list[Sealed]:
        """Sealed files of a table, in the order their rows landed."""
        found = self._rows("SELECT file, name, rows, begin, end, place FROM sealed WHERE name IS ? ORDER BY place", table)
        return [
            Sealed(self._named(file, SEALED), name, rows, _moment(begin), _moment(end), place)
            for file, name, rows, begin, end, place in found
        ]

    def rubbish(self) -> list[str]:
        """Files that a killed process left half written or merged already."""
        return [self._named(file, SEALED) for (file,) in self._rows("SELECT file FROM rubbish")]

    def identity(self, table: str | None) -> tuple[str, ...]:
        """Columns that name a row of the table; none when it was not said."""
        found = self._rows("SELECT columns FROM identity WHERE name = ?", table or "")
        return tuple(json.loads(found[0][0])) if found else ()

    def landed_rows(self) -> int:
        """Rows in the journal and in sealed files."""
        with self.guarded():
            query = "SELECT (SELECT total(rows) FROM batch) + (SELECT total(rows) FROM sealed)"
            return int(self._one(query) or 0)

    def gaps(self) -> list[Gap]:
        """All gaps, in the order they were told."""
        found = self._rows("SELECT begin, end, reason FROM gap ORDER BY seq")
        return [
            Gap(datetime.fromisoformat(begin), datetime.fromisoformat(end), unpacked(reason)) for begin, end, reason in found
        ]

    def findings(self) -> list[Finding]:
        """All findings of the source."""
        return [unpacked_finding(text) for (text,) in self._rows("SELECT finding FROM finding ORDER BY seq")]

    def tags(self) -> list[Tag]:
        """What is known of the signals."""
        return [Tag(*row) for row in self._rows("SELECT tag, name, unit FROM tag ORDER BY tag")]

    def deliveries(self) -> list[Delivered]:
        """Delivered files in the order they landed; a later one of the same name supersedes."""
        found = self._rows("SELECT name, sha256, landed FROM delivery ORDER BY seq")
        return [
            Delivered(name, self._named(sha256, DELIVERED), datetime.fromisoformat(landed)) for name, sha256, landed in found
        ]

    def _named(self, file: str, shape: re.Pattern[str]) -> str:
        """A file's name, if it is one of ours."""
        if not shape.fullmatch(file):
            found = Message("{file} is damaged ({found}); put it back from a backup, or move it away", file=JOURNAL, found=file)
            raise LandingRefused(place=self.folder, found=found)
        return file

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self.guarded():
            return self._db.execute(query, values).fetchall()

    def _one(self, query: str, *values: object) -> Any:  # noqa: ANN401 - SQLite holds anything
        row = self._db.execute(query, values).fetchone()
        return None if row is None else row[0]


def _digest(key: str) -> bytes:
    return hashlib.blake2b(key.encode(), digest_size=16).digest()


def _pack(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.write_ipc(out, compression="lz4")
    return out.getvalue()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _why(failure: sqlite3.Error) -> Message:
    match getattr(failure, "sqlite_errorname", "").split("_")[1:2]:
        case ["FULL"]:
            return Message("the disk is full")
        case ["READONLY" | "PERM" | "AUTH" | "CANTOPEN"]:
            return Message("no permission")
        case ["CORRUPT" | "NOTADB"]:
            return Message(
                "{file} is damaged ({found}); put it back from a backup, or move it away", file=JOURNAL, found=str(failure)
            )
        case _:
            return Message("{file}: {found}", file=JOURNAL, found=str(failure))
