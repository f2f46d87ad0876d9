"""How far is an archive unpacked, and which names inside one are harmless? The bounds every reader of a ZIP keeps."""

from __future__ import annotations

import gzip
import stat
import struct
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO

from tundish.errors import HostileArchive, Message

MOST_BYTES = 4 * 2**30
"""Unpacked bytes allowed in one archive, files inside files included."""
MOST_RATIO = 200
"""Unpacked bytes allowed for each packed byte."""
FREE_BYTES = 32 * 2**20
"""Below this size no ratio counts: constant signals pack well."""
MOST_FILES = 2000
_CHUNK = 2**20
_UTF8_FLAG = 0x800
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


def safe_name(info: zipfile.ZipInfo, file: str) -> str:
    """The name of a file inside; raises HostileArchive for one that leads outside, a link or a device."""
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


def take_all(stream: IO[bytes] | gzip.GzipFile, budget: Budget) -> bytes:
    """All bytes of a stream, counted while they come."""
    chunks = []
    while chunk := stream.read(_CHUNK):
        budget.take(len(chunk))
        chunks.append(chunk)
    return b"".join(chunks)


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
