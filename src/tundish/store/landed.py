"""How is what has landed read? Like any other export: tables with their origin, ``landing/<source>``."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import polars as pl

from tundish.errors import BrokenFile, LandingRefused, Message
from tundish.intake.folder import JOURNAL
from tundish.intake.live import FILES, Gap, Tag
from tundish.intake.raw import RawTable, SourceFile
from tundish.intake.tidy import Tidied, tidy
from tundish.store.journal import Delivered, Journal, Sealed
from tundish.store.landing import together
from tundish.table import ROW, Finding, Origin

MOST_ROWS = 20_000_000
"""Rows of a table that are read, the latest: what a computer of 8 GB holds through the whole job."""
TAGS = "tags"
"""Sheet that tells names and units of the signals."""
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Landed:
    """Reads a source's journal and all that it names."""

    suffixes: tuple[str, ...] = (PurePosixPath(JOURNAL).suffix,)
    most_rows: int = MOST_ROWS

    def read(self, file: SourceFile) -> Iterator[RawTable | SourceFile | Finding]:
        """Yield the tables that landed, signals first, the files that were delivered, under their own names, and the gaps."""
        if file.path is None:
            raise BrokenFile(file=file.name, expected=Message("a journal"), found=Message("a file inside an archive"))
        reading = _Reading(file.path.parent, str(PurePosixPath(file.name).parent), self.most_rows)
        try:
            yield from reading.settled()
        except (LandingRefused, pl.exceptions.PolarsError, ValueError, KeyError) as failure:
            found = failure.message.values["found"] if isinstance(failure, LandingRefused) else str(failure)[:200]
            raise BrokenFile(file=file.name, expected=Message("a journal"), found=found) from failure


LANDED = Landed()


@dataclass
class _Reading:
    """One look at a source's folder, which a collector may be writing to."""

    folder: Path
    name: str
    most_rows: int
    gone: set[str] = field(default_factory=set)
    """Sealed files that the journal names and that are not there."""

    def settled(self) -> list[RawTable | SourceFile | Finding]:
        """What stands there; looked at again while a collector puts files together under our eyes."""
        for _ in range(_TRIES):
            before, self.gone = self.gone, set()
            try:
                parts = self._look()
            except FileNotFoundError:
                continue
            if self.gone == before:
                return parts
        return parts

    def _look(self) -> list[RawTable | SourceFile | Finding]:
        with ExitStack() as stack:
            journal = self._opened(stack)
            with journal.snapshot():
                parts: list[RawTable | SourceFile | Finding] = []
                for table in journal.tables():
                    parts += self._table(journal, table)
                if journal.tags():
                    parts.append(_tags(journal.tags(), self.name))
                latest = {delivered.name: delivered for delivered in journal.deliveries()}
                parts += self._delivered(list(latest.values()))
                return [*parts, *(_gap(gap, self.name) for gap in journal.gaps()), *journal.findings()]

    def _delivered(self, files: Sequence[Delivered]) -> Iterator[SourceFile | Finding]:
        for one in files:
            path = self.folder / FILES / one.sha256
            if path.is_file():
                yield SourceFile(f"{self.name}/{one.name}", path)
                continue
            text = "{file} had landed as {stored} and is not there any more; the others are read. Put it back from a backup."
            message = Message(text, file=one.name, stored=f"{FILES}/{one.sha256}")
            yield Finding("landed_file_missing", "warning", message, Origin(f"{self.name}/{one.name}"))

    def _opened(self, stack: ExitStack) -> Journal:
        """The journal for reading; where nothing may be written, a copy of it, for SQLite notes its readers beside it."""
        try:
            return stack.enter_context(closing(Journal(self.folder, writing=False)))
        except LandingRefused:
            place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            for path in self.folder.glob(f"{JOURNAL}*"):
                shutil.copy(path, place)
            return stack.enter_context(closing(Journal(place, writing=False)))

    def _table(self, journal: Journal, table: str | None) -> Iterator[RawTable | Finding]:
        origin = Origin(self.name, table)
        sealed = journal.sealed(table)
        missing = [file for file in sealed if not (self.folder / file.file).exists()]
        self.gone |= {file.file for file in missing}
        if missing:
            yield _missing(missing, origin)
        sealed = [file for file in sealed if file not in missing]
        frames = list(journal.frames(table))
        total = sum(frame.height for frame in frames) + sum(file.rows for file in sealed)
        frames += self._latest(sealed, self.most_rows - sum(frame.height for frame in frames))
        if not frames:
            return
        frame = together(frames[::-1])
        if frame.height < total:
            yield _cut(frame, total, origin)
        digest = hashlib.sha256(repr((self.name, table, journal.last(), [file.file for file in sealed])).encode()).hexdigest()
        frame = frame.with_row_index(ROW, offset=total - frame.height + 1)
        yield _signals(frame, origin, digest) if table is None else _rows(frame, origin, digest, journal.identity(table))

    def _latest(self, sealed: Sequence[Sealed], left: int) -> Iterator[pl.DataFrame]:
        """Sealed rows, latest file first, until ``left`` are read; of the last file only the later part."""
        for file in reversed(sealed):
            if left <= 0:
                return
            rows = pl.scan_parquet(self.folder / file.file, glob=False)
            if file.rows > left:
                since = (
                    None if file.begin is None or file.end is None else file.end - (file.end - file.begin) * (left / file.rows)
                )
                rows = rows.tail(left) if since is None else rows.filter(pl.col("time") >= since)
            yield rows.collect()
            left -= file.rows


def _signals(frame: pl.DataFrame, origin: Origin, digest: str) -> RawTable:
    empty = ["text"] if frame["text"].null_count() == frame.height else []
    frame = frame.drop(empty)
    headers = tuple(frame.columns[1:])
    return RawTable(origin, frame, headers, (None,) * len(headers), {"encoding": "landing", "header_rows": "1"}, digest)


def _rows(frame: pl.DataFrame, origin: Origin, digest: str, identity: Sequence[str]) -> RawTable:
    """Rows of a database table, of each its latest version."""
    names = frame.columns[1:]
    table = Tidied(frame, list(names), [None] * len(names), origin)
    if identity and set(identity) <= set(names):
        latest = frame.unique(identity, keep="last", maintain_order=True)
        text = "{count} rows were changed in the database after they had landed; the latest version of each is read."
        message = Message(text, count=frame.height - latest.height)
        if latest.height < frame.height:
            table.findings.append(Finding("superseded_rows", "info", message, origin, count=frame.height - latest.height))
        table.frame = latest
    table.frame = table.frame.rename(dict(zip(names, map(str, range(len(names))), strict=True)))
    tidy(table, header_rows=[])
    return table.raw({"encoding": "landing", "header_rows": "1"}, digest)


def _tags(tags: Sequence[Tag], name: str) -> RawTable:
    frame = pl.DataFrame([(tag.tag, tag.name, tag.unit) for tag in tags], ["tag", "name", "unit"], orient="row")
    frame = frame.cast(pl.String).with_row_index(ROW, offset=1)
    digest = hashlib.sha256(repr((name, tags)).encode()).hexdigest()
    return RawTable(Origin(name, TAGS), frame, ("tag", "name", "unit"), (None,) * 3, {"encoding": "landing"}, digest)


def _gap(gap: Gap, name: str) -> Finding:
    text = "From {begin} to {end} nothing is known, and it cannot be had any more: {reason}"
    message = Message(text, begin=gap.begin, end=gap.end, reason=gap.reason)
    return Finding("gap", "warning", message, Origin(name))


def _missing(files: Sequence[Sealed], origin: Origin) -> Finding:
    text = "{count} landed files are not there any more ({files}; {rows} rows); the others are read."
    shown = [file.file for file in files[:3]]
    message = Message(text, count=len(files), files=shown, rows=sum(file.rows for file in files))
    return Finding("landed_file_missing", "warning", message, origin, count=len(files))


def _cut(frame: pl.DataFrame, total: int, origin: Origin) -> Finding:
    text = (
        "Of {total} rows that landed only the latest {rows} are read: all that is said holds for these alone. The earlier ones "
        "stay in the landing. Ask of fewer signals, or move what landed before into a plant of its own."
    )
    message = Message(text, total=total, rows=frame.height)
    return Finding("landed_rows_cut", "error", message, origin, count=total - frame.height)
