"""Where do a job's results lie, are they whole, and what says whose they are?

A result is ``<part>.<digest>.parquet``. The digest is taken of the file's bytes under the key of the work, so a name is right
for one content of one work only: a torn, changed or foreign file is no result, and no list beside can disagree with the files.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import polars as pl

from tundish.disk import Lock, whole_file, why
from tundish.engines.wire import Done, Work, plain
from tundish.errors import FolderInUse, ResultsUnwritten

MANIFEST = "job.json"
_RESULT = re.compile(r"([\w-]{1,100})\.[0-9a-f]{32}\.parquet", re.ASCII)
_TORN = re.compile(r"\.[\w-]{1,100}\.[0-9a-f]{32}\.parquet\.\w+\.part", re.ASCII)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """The folder, made if it is not there, for this run alone; what a killed run left half written is taken away.

    Raises :class:`FolderInUse` and :class:`ResultsUnwritten`.
    """
    with written(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = Lock(folder / "lock", FolderInUse)
    try:
        _clear(folder)
        yield
    finally:
        _clear(folder)
        lock.release()


def _clear(folder: Path) -> None:
    for path in folder.glob(".*.part"):
        if _TORN.fullmatch(path.name):
            path.unlink(missing_ok=True)


@contextmanager
def written(folder: Path) -> Iterator[None]:
    """What the system refuses inside the block, as :class:`ResultsUnwritten`."""
    try:
        yield
    except OSError as failure:
        raise ResultsUnwritten(path=folder, found=why(failure)) from failure


def lying(folder: Path) -> dict[str, tuple[str, ...]]:
    """Part -> names of the files that may be its result."""
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted(folder.iterdir()):
        if match := _RESULT.fullmatch(path.name):
            found[match[1]] = (*found.get(match[1], ()), path.name)
    return found


def finished(work: Work, key: bytes) -> str | None:
    """The file that holds the work's whole result, or None; other files of the part are of no use any more and go."""
    found = None
    for name in work.lying:
        path = work.folder / name
        if path.is_file() and name == _name(work.part, path.read_bytes(), key):
            found = name
        else:
            path.unlink(missing_ok=True)
    return found


def write(frame: pl.DataFrame, work: Work, key: bytes) -> str:
    """Put a result into the folder whole or not at all; its file's name. Raises :class:`ResultsUnwritten`."""
    buffer = BytesIO()
    frame.write_parquet(buffer, compression="lz4", statistics=False)  # quick: the program reads all that workers write
    content = buffer.getvalue()
    name = _name(work.part, content, key)
    # Its name tells a torn file, which is computed again: workers need not wait for the disk, one behind the other.
    with written(work.folder), whole_file(work.folder / name, synced=False) as path:
        path.write_bytes(content)
    return name


def read(folder: Path, name: str, key: bytes) -> pl.DataFrame | None:
    """A result as it was written; None when the file is not what its name says."""
    path = folder / name
    content = path.read_bytes() if path.is_file() else b""
    return pl.read_parquet(BytesIO(content)) if name == _name(name.partition(".")[0], content, key) else None


def tell(folder: Path, works: Sequence[Work], done: Mapping[str, Done]) -> None:
    """Write for people what the job is, and once it is done which file holds what."""
    told: dict[str, object] = {"finished": len(done) == len(works)}
    if works:
        told |= {"function": works[0].function, "program": works[0].program, "shared": plain(works[0].shared)}
    told["parts"] = [
        {"part": work.part, "values": plain(work.values)}
        | ({"result": done[work.part].file, "inputs": dict(done[work.part].inputs)} if work.part in done else {})
        for work in works
    ]
    text = json.dumps(told, indent=1)
    with written(folder), whole_file(folder / MANIFEST) as path:
        path.write_text(text, encoding="utf-8")


def sweep(folder: Path, done: Mapping[str, Done]) -> None:
    """Take away results that are not of the finished job."""
    ours = {one.file for one in done.values()}
    for names in lying(folder).values():
        for name in set(names) - ours:
            (folder / name).unlink(missing_ok=True)


def _name(part: str, content: bytes, key: bytes) -> str:
    return f"{part}.{hashlib.blake2b(content, key=key, digest_size=16).hexdigest()}.parquet"
