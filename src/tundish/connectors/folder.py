"""Which files of a watched folder are new or have changed, and are written to their end?"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch, fnmatchcase
from pathlib import Path, PurePosixPath

import polars as pl

from tundish.connectors.wording import Words
from tundish.disk import why
from tundish.errors import Message, SourceRefused
from tundish.intake.folder import JOURNAL, OWN_OUTPUT, is_hidden, posix_name
from tundish.intake.live import FILES, Batch, Delivery
from tundish.table import Finding, Origin

_UNFINISHED = ("*.tmp", "*.temp", "*.part", "*.partial", "*.filepart", "*.crdownload", "*.download", "*.swp", "*.lock", "*~")
"""Names under which programs write what is not whole yet."""
_CHUNK = 2**20
_ONCE_WAITS = 3
"""So many times ``stable_s`` a single look waits for files that are still being written."""


def open_source(name: str, options: Mapping[str, object]) -> WatchedFolder:
    """The source of kind ``folder``; raises :class:`~tundish.errors.BadSettings` for wrong options."""
    words = Words(name, options)
    path = words.path("path")
    files = words.texts("files") or ("*",)
    stable_s = words.number("stable_s", 10, least=0, most=86_400)
    poll_s = words.number("poll_s", 10, least=0.05, most=86_400)
    words.nothing_else()
    if path is None:
        expected = Message("a folder, such as {example}", example='"/mnt/mes/export"')
        raise words.wrong("path", expected, Message("nothing"))
    landed = words.folder / FILES if "folder" in options else None
    return WatchedFolder(name, path, files, landed=landed, stable_s=stable_s, poll_s=poll_s)


@dataclass(frozen=True, slots=True)
class _Version:
    """A file as it was read last: how it looked from outside, its content, and the how manieth of its name it is."""

    size: int
    changed_ns: int
    sha256: str
    number: int


@dataclass
class _Known:
    """Files that were read, by their name as the system spells it; links and files without a byte that a person was told of."""

    files: dict[str, _Version] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    empty: set[str] = field(default_factory=set)

    @classmethod
    def after(cls, cursor: str | None) -> _Known:
        """As it stood when the cursor was written; ValueError for what is no cursor."""
        if cursor is None:
            return cls()
        said = json.loads(cursor)
        files = {name: _Version(*version) for name, version in said["files"].items()}
        return cls(files, set(said["told"]), set(said.get("empty", ())))

    def cursor(self) -> str:
        """All of it as a text."""
        files = {name: (v.size, v.changed_ns, v.sha256, v.number) for name, v in sorted(self.files.items())}
        return json.dumps({"files": files, "told": sorted(self.told), "empty": sorted(self.empty)})


@dataclass(frozen=True, slots=True)
class _Sight:
    """A file as it was met on a walk."""

    size: int
    changed_ns: int
    since: float


class WatchedFolder:
    """A folder, also on a share that comes and goes; implements :class:`tundish.intake.live.LiveSource`.

    A file is read when its size and time of change have stood still for ``stable_s``. Its content decides: the same bytes
    under the same name are no news, other bytes are a new version. What vanishes from the folder stays landed; what was taken
    from the landing comes again.
    """

    def __init__(
        self, name: str, path: Path, files: Sequence[str], *, landed: Path | None, stable_s: float, poll_s: float
    ) -> None:
        self.name = name
        self.path = path
        self.waiting_for: Message | None = None
        self._patterns = tuple(files)
        self._landed = landed
        """Where landed files lie under their hash; None: unknown."""
        self._stable_s, self._poll_s = stable_s, poll_s
        self._stop = threading.Event()
        self._sights: dict[str, _Sight] = {}
        self._acknowledged: str | None = None

    def batches(self, cursor: str | None, *, once: bool = False) -> Iterator[Batch]:
        """Yield each new or changed file, and after each walk that met one what is known since."""
        known = self._known(cursor)
        if cursor is None and not self.path.is_dir():
            found = Message("there is no folder of this name")
            raise SourceRefused(source=self.name, address=self.path, found=found)
        latest = time.monotonic() + _ONCE_WAITS * self._stable_s
        while not self._stop.is_set():
            before, told, empty = known.cursor(), set(known.told), set(known.empty)
            yield from self._walk(known)
            if known.cursor() != before:
                links = (self._passed_by(link) for link in sorted(known.told - told))
                findings = (*links, *(self._without_a_byte(name) for name in sorted(known.empty - empty)))
                yield Batch(f"known {time.time_ns()}", pl.DataFrame(), known.cursor(), findings=findings)
            unsettled = any(self._is_unsettled(name, sight, known) for name, sight in self._sights.items())
            if once and (not unsettled or time.monotonic() > latest):
                return
            self._stop.wait(min(self._poll_s, max(self._stable_s, 0.05)) if once else self._poll_s)

    def acknowledge(self, batch: Batch) -> None:
        """Note that the file has landed; one that changed while it was copied has not, and is met again."""
        self._acknowledged = batch.key

    def stop(self) -> None:
        """Let :meth:`batches` end after the file that is being read."""
        self._stop.set()

    def _known(self, cursor: str | None) -> _Known:
        try:
            return _Known.after(cursor)
        except (ValueError, KeyError, TypeError) as failure:
            found = Message("the place where reading stopped cannot be understood: {cursor}", cursor=str(cursor)[:100])
            raise SourceRefused(source=self.name, address=self.path, found=found) from failure

    def _walk(self, known: _Known) -> Iterator[Batch]:
        if not self.path.is_dir():
            self.waiting_for = Message("the folder {path} cannot be reached", path=self.path)
            return
        self.waiting_for = None
        met: dict[str, _Sight] = {}
        for name, path in self._files(known):
            try:
                seen = path.stat()
            except OSError:
                continue
            sight = _Sight(seen.st_size, seen.st_mtime_ns, time.monotonic())
            former = self._sights.get(name)
            if former is not None and (former.size, former.changed_ns) == (sight.size, sight.changed_ns):
                sight = former
            met[name] = sight
            if self._is_unsettled(name, sight, known) and time.monotonic() - sight.since >= self._stable_s:
                if sight.size:
                    yield from self._deliver(name, path, sight, known)
                else:
                    known.empty.add(name)
            if self._stop.is_set():
                break
        self._sights = met

    def _files(self, known: _Known) -> Iterator[tuple[str, Path]]:
        """Files to be read, in order of their names; links, hidden files and unfinished ones are passed by."""
        for here, below, names in os.walk(self.path, onerror=self._shut):
            if JOURNAL in names or (OWN_OUTPUT in names and Path(here) != self.path):
                below.clear()
                continue
            below[:] = sorted(name for name in below if not is_hidden(name))
            links = (Path(here, name).relative_to(self.path) for name in below if Path(here, name).is_symlink())
            known.told.update(posix_name(link) for link in links)
            for name in sorted(names):
                path = Path(here) / name
                spelled = path.relative_to(self.path).as_posix()
                if is_hidden(name) or any(fnmatch(name.lower(), pattern) for pattern in _UNFINISHED):
                    continue
                if path.is_symlink():
                    known.told.add(posix_name(PurePosixPath(spelled)))
                elif self._is_wanted(spelled, name):
                    yield spelled, path

    def _shut(self, failure: OSError) -> None:
        """A folder that may not be entered: the others are read."""
        name = posix_name(PurePosixPath(failure.filename or self.path))
        self.waiting_for = Message("{file} cannot be read: {found}", file=name, found=why(failure))

    def _is_wanted(self, *spellings: str) -> bool:
        """Whether a name was asked for; large and small letters are one, as on Windows, and so are the ways to store Hangul."""
        return any(fnmatchcase(_even(name), _even(wanted)) for wanted in self._patterns for name in spellings)

    def _is_unsettled(self, name: str, sight: _Sight, known: _Known) -> bool:
        if not sight.size:
            return name not in known.empty
        former = known.files.get(name)
        if former is None or (former.size, former.changed_ns) != (sight.size, sight.changed_ns):
            return True
        return self._was_taken(former)

    def _was_taken(self, version: _Version) -> bool:
        """Whether somebody took what had landed of it away from the landing."""
        return self._landed is not None and not (self._landed / version.sha256).exists()

    def _deliver(self, name: str, path: Path, sight: _Sight, known: _Known) -> Iterator[Batch]:
        """One file, if its bytes are new; known only once it was landed."""
        try:
            sha256 = _hashed(path)
        except OSError as failure:
            self.waiting_for = Message(
                "{file} cannot be read: {found}", file=posix_name(PurePosixPath(name)), found=why(failure)
            )
            return
        former = known.files.get(name)
        known.empty.discard(name)
        same = former is not None and former.sha256 == sha256
        if former is not None and same and not self._was_taken(former):
            known.files[name] = _Version(sight.size, sight.changed_ns, sha256, former.number)
            return
        number = 1 if former is None else former.number if same else former.number + 1
        shown = self._shown(name, known)
        findings = () if former is None or same else (self._superseded(shown, number),)
        key = f"{name!r} {number} {sha256}"
        yield Batch(key, pl.DataFrame(), file=Delivery(shown, path, sha256), findings=findings)
        if self._acknowledged == key:
            known.files[name] = _Version(sight.size, sight.changed_ns, sha256, number)

    def _shown(self, name: str, known: _Known) -> str:
        """The name as people spell it; two files whose names differ only in how their letters are stored stay two."""
        shown = posix_name(PurePosixPath(name))
        same = [other for other in known.files if other != name and posix_name(PurePosixPath(other)) == shown]
        if not same:
            return shown
        mark = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:6]
        whole = PurePosixPath(shown)
        return str(whole.with_name(f"{whole.stem}~{mark}{whole.suffix}"))

    def _passed_by(self, link: str) -> Finding:
        message = Message("{file} is a link; it was not followed. Copy the file itself into the folder.", file=link)
        return Finding("link_passed_by", "warning", message, Origin(f"landing/{self.name}/{link}"))

    def _without_a_byte(self, name: str) -> Finding:
        shown = posix_name(PurePosixPath(name))
        text = "{file} is empty (0 bytes); nothing of it was landed. See whether the program that writes it has stopped."
        return Finding("file_empty", "warning", Message(text, file=shown), Origin(f"landing/{self.name}/{shown}"))

    def _superseded(self, shown: str, number: int) -> Finding:
        text = "{file} was changed at the source: version {number} takes the place of the one that landed before."
        message = Message(text, file=shown, number=number)
        return Finding("file_superseded", "warning", message, Origin(f"landing/{self.name}/{shown}"))


def _even(name: str) -> str:
    return posix_name(PurePosixPath(name)).casefold()


def _hashed(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
