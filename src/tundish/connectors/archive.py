"""Which files are inside a ZIP or gzip file, and is it safe to unpack them?"""

from __future__ import annotations

import gzip
import io
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from tundish.errors import BrokenFile, EmptyFile, HostileArchive, Message
from tundish.intake.raw import SourceFile
from tundish.table import Origin, Repair

MOST_BYTES = 4 * 2**30
"""Unpacked bytes allowed in one archive, files inside files included."""
MOST_RATIO = 200
"""Unpacked bytes allowed for each packed byte."""
FREE_BYTES = 32 * 2**20
"""Below this size no ratio counts: constant signals pack well."""
MOST_FILES = 2000
MOST_DEPTH = 2
_CHUNK = 2**20
_UTF8_FLAG, _LOCKED_FLAG = 0x800, 0x1
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, OSError, ValueError)


def damage(error: Exception) -> Message:
    """What a reader is told when a format's own reader gives up."""
    detail = (str(error) or type(error).__name__).splitlines()[0]
    return Message("it breaks off or is damaged ({detail})", detail=detail)


@dataclass
class Budget:
    """What one archive may still unpack; counted while it streams, whatever its headers say."""

    file: str
    packed: int
    unpacked: int = 0
    files: int = 0

    def take(self, count: int) -> None:
        """Count unpacked bytes; raises HostileArchive beyond the limits."""
        self.unpacked += count
        if self.unpacked > MOST_BYTES:
            gigabytes = MOST_BYTES / 2**30
            found = Message("more than {gigabytes} GiB unpacked", gigabytes=gigabytes)
            raise HostileArchive(file=self.file, found=found, allowed=Message("{gigabytes} GiB", gigabytes=gigabytes))
        if self.unpacked > max(FREE_BYTES, MOST_RATIO * self.packed):
            found = Message("it unpacks to more than {ratio} times its size", ratio=MOST_RATIO)
            raise HostileArchive(file=self.file, found=found, allowed=Message("{ratio} times", ratio=MOST_RATIO))

    def enter(self) -> None:
        """Count one file; raises HostileArchive beyond the limit."""
        self.files += 1
        if self.files > MOST_FILES:
            found = Message("more than {files} files", files=MOST_FILES)
            raise HostileArchive(file=self.file, found=found, allowed=Message("{files} files", files=MOST_FILES))


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
    inside = _safe_name(info, budget.file)
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


def _safe_name(info: zipfile.ZipInfo, file: str) -> str:
    name = unicodedata.normalize("NFC", _decoded_name(info)).replace("\\", "/")
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or ":" in parts[0][1:2] or "\0" in name:
        found = Message("a name that leads outside ({name})", name=name)
        raise HostileArchive(file=file, found=found, allowed=Message("names inside the folder"))
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        found = Message("a link or device ({name})", name=name)
        raise HostileArchive(file=file, found=found, allowed=Message("plain files"))
    return "/".join(part for part in parts if part not in ("", "."))


def _decoded_name(info: zipfile.ZipInfo) -> str:
    """The name as it was meant: without the UTF-8 flag it is stored in the code page of the sender, mostly CP949."""
    if info.flag_bits & _UTF8_FLAG or info.filename.isascii():
        return info.filename
    raw = info.orig_filename.encode("cp437", "replace")
    for encoding in ("utf-8", "cp949"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def _unzip(name: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> bytes:
    try:
        with archive.open(info) as stream:
            return _stream(stream, budget)
    except BROKEN as error:
        raise BrokenFile(file=name, expected=Message("a file in a ZIP"), found=damage(error)) from error


def _gunzip(name: str, data: bytes, budget: Budget) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            return _stream(stream, budget)
    except BROKEN as error:
        raise BrokenFile(file=name, expected=Message("a gzip file"), found=damage(error)) from error


def _stream(stream: IO[bytes] | gzip.GzipFile, budget: Budget) -> bytes:
    chunks = []
    while chunk := stream.read(_CHUNK):
        budget.take(len(chunk))
        chunks.append(chunk)
    return b"".join(chunks)
