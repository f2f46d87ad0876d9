"""Which files are inside a ZIP or gzip file, and is it safe to unpack them?"""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from tundish.errors import BrokenFile, EmptyFile, HostileArchive, Message
from tundish.intake.raw import SourceFile
from tundish.intake.unpack import BROKEN, Budget, damage, safe_name, take_all
from tundish.table import Origin, Repair

MOST_DEPTH = 2
_LOCKED_FLAG = 0x1


@dataclass(frozen=True, slots=True)
class Archive:
    """The connector for ZIP and gzip files."""

    suffixes: tuple[str, ...] = (".zip", ".gz")

    def read(self, file: SourceFile) -> Iterator[SourceFile]:
        """Yield the files inside, each with its bytes; those of a gzip file carry its own name."""
        data = file.read_bytes()
        if not data:
            raise EmptyFile(file=file.name, size=0)
        yield from _open(file, data, Budget(file.name, len(data)), depth=1)


ARCHIVE = Archive()


def _open(file: SourceFile, data: bytes, budget: Budget, *, depth: int) -> Iterator[SourceFile]:
    if PurePosixPath(file.name).suffix.lower() == ".gz":
        yield from _open_gzip(file, data, budget, depth)
        return
    if depth > MOST_DEPTH:
        found = Message("archives nested deeper than {depth}", depth=MOST_DEPTH)
        raise HostileArchive(file=budget.file, found=found, allowed=Message("depth {depth}", depth=MOST_DEPTH))
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except BROKEN as error:
        raise BrokenFile(file=file.name, expected=Message("a ZIP file"), found=damage(error)) from error
    with archive:
        seen: set[str] = set()
        members = [info for info in archive.infolist() if not info.is_dir()]
        if not members:
            raise EmptyFile(file=file.name, size=len(data))
        for info in members:
            yield from _member(file, archive, info, budget=budget, seen=seen, depth=depth)


def _open_gzip(file: SourceFile, data: bytes, budget: Budget, depth: int) -> Iterator[SourceFile]:
    content = _gunzip(file.name, data, budget)
    inner = PurePosixPath(file.name).with_suffix("")
    if inner.suffix.lower() in ARCHIVE.suffixes:
        yield from _open(SourceFile(inner.as_posix(), None, repairs=file.repairs), content, budget, depth=depth + 1)
    else:
        yield SourceFile(file.name, None, content, repairs=file.repairs)


def _member(
    file: SourceFile, archive: zipfile.ZipFile, info: zipfile.ZipInfo, *, budget: Budget, seen: set[str], depth: int
) -> Iterator[SourceFile]:
    budget.enter()
    inside = safe_name(info, budget.file)
    name = f"{file.name}/{inside}"
    if name in seen:
        found = Message("two files of the name {name}", name=inside)
        raise HostileArchive(file=budget.file, found=found, allowed=Message("each name once"))
    seen.add(name)
    if info.flag_bits & _LOCKED_FLAG:
        raise BrokenFile(file=name, expected=Message("an open file"), found=Message("it is locked with a password"))
    content = _unzip(name, archive, info, budget)
    repairs = file.repairs
    if inside != info.filename.replace("\\", "/"):
        text = "The name was not stored as UTF-8; it reads {name}."
        repairs = (*repairs, Repair("file_name", Message(text, name=inside), Origin(name), before=info.filename, after=inside))
    unpacked = SourceFile(name, None, content, repairs=repairs)
    if PurePosixPath(inside).suffix.lower() in ARCHIVE.suffixes:
        yield from _nested(unpacked, content, budget, depth)
    else:
        yield unpacked


def _nested(file: SourceFile, content: bytes, budget: Budget, depth: int) -> Iterator[SourceFile]:
    """An archive inside an archive; a gzip file loses its suffix here, for its bytes no longer are gzip."""
    for part in _open(file, content, budget, depth=depth + 1):
        if part.name == file.name:
            stem = PurePosixPath(file.name).with_suffix("")
            name = (stem if stem.suffix else stem.with_suffix(".txt")).as_posix()
            yield SourceFile(name, None, part.content, repairs=file.repairs)
        else:
            yield part


def _unzip(name: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> bytes:
    try:
        with archive.open(info) as stream:
            return take_all(stream, budget)
    except BROKEN as error:
        raise BrokenFile(file=name, expected=Message("a file in a ZIP"), found=damage(error)) from error


def _gunzip(name: str, data: bytes, budget: Budget) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            return take_all(stream, budget)
    except BROKEN as error:
        raise BrokenFile(file=name, expected=Message("a gzip file"), found=damage(error)) from error
