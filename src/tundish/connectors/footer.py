"""What does the end of a Parquet file promise: how many row groups, and how many rows in each?

Footer and its encoding: Apache Parquet format, ``parquet.thrift``; Apache Thrift, compact protocol.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from tundish.errors import BrokenFile, Message

MAGIC = b"PAR1"
_TAIL = 8
MOST_BYTES = 2**28
"""Bytes of a footer that is read: ten thousand row groups of a thousand columns."""
_ROWS, _GROUPS, _ROWS_OF_GROUP = 3, 4, 3
"""Numbers of the fields ``FileMetaData.num_rows``, ``FileMetaData.row_groups`` and ``RowGroup.num_rows``."""
_TRUE, _FALSE, _BYTE, _DOUBLE = 1, 2, 3, 7
_DEEPEST = 16
DAMAGE = (IndexError, KeyError, TypeError, ValueError, struct.error)
"""What comes of reading numbers that are none."""


def row_groups(path: Path, file: str) -> list[int]:
    """Rows of each row group; raises :class:`tundish.errors.BrokenFile` for a file that does not begin and end as one."""
    with path.open("rb") as stream:
        found = footer(stream, path.stat().st_size, file)
    try:
        groups, rows = found.get(_GROUPS, []), found.get(_ROWS)
        promised = [int(group[_ROWS_OF_GROUP]) for group in groups]
    except DAMAGE as failure:
        raise BrokenFile(file=file, expected=_EXPECTED, found=Message("its footer is damaged")) from failure
    if rows != sum(promised) or min(promised, default=0) < 0:
        found_ = Message("its footer promises {rows} rows, its row groups {sum}", rows=rows, sum=sum(promised))
        raise BrokenFile(file=file, expected=_EXPECTED, found=found_)
    return promised


_EXPECTED = Message("a Parquet file")


def footer(stream: IO[bytes], size: int, file: str) -> dict[int, Any]:
    """``FileMetaData`` by the numbers of its fields; raises :class:`tundish.errors.BrokenFile` as :func:`row_groups` does."""
    try:
        return dict(Compact(_footer(stream, size, file)).fields())
    except DAMAGE as failure:
        raise BrokenFile(file=file, expected=_EXPECTED, found=Message("its footer is damaged")) from failure


def _footer(stream: IO[bytes], size: int, file: str) -> bytes:
    stream.seek(0)
    begins = stream.read(len(MAGIC))
    stream.seek(max(size - _TAIL, 0))
    tail = stream.read(_TAIL)
    if begins != MAGIC or tail[4:] != MAGIC or size < 3 * len(MAGIC):
        found = Message("it does not begin and end with {magic}: it breaks off, or is something else", magic=MAGIC.decode())
        raise BrokenFile(file=file, expected=_EXPECTED, found=found)
    length = int.from_bytes(tail[:4], "little")
    if not 0 < length <= min(size - 12, MOST_BYTES):
        found = Message("its footer of {length} bytes does not fit into {size}", length=length, size=size)
        raise BrokenFile(file=file, expected=_EXPECTED, found=found)
    stream.seek(size - _TAIL - length)
    return stream.read(length)


class Compact:
    """Thrift's compact protocol, values only: a struct is a mapping from field number to value, a text its bytes."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.depth = data, 0, 0

    def fields(self) -> Iterator[tuple[int, object]]:
        """The fields of the struct that begins here."""
        number = 0
        self.depth += 1
        if self.depth > _DEEPEST:
            raise ValueError(self.depth)
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._signed()
            yield number, self._value(head & 15)
        self.depth -= 1

    def _value(self, kind: int) -> object:
        match kind:
            case 1 | 2 | 3:
                return self._byte() if kind == _BYTE else kind == _TRUE
            case 7 | 8:
                return self._bytes(8 if kind == _DOUBLE else self._varint())
            case 9 | 10:
                return self._list()
            case 12:
                return dict(self.fields())
            case 4 | 5 | 6:
                return self._signed()
        raise ValueError(kind)

    def _list(self) -> list[object]:
        head = self._byte()
        count = head >> 4 if head >> 4 < 15 else self._varint()
        if count > len(self.data):
            raise ValueError(count)
        kind = head & 15
        if kind in (_TRUE, _FALSE):
            return [self._byte() == _TRUE for _ in range(count)]
        return [self._value(kind) for _ in range(count)]

    def _byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def _signed(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def _bytes(self, count: int) -> bytes:
        self.at += count
        if count < 0 or self.at > len(self.data):
            raise IndexError(self.at)
        return self.data[self.at - count : self.at]
