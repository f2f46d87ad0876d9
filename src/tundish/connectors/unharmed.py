"""Are the rows of a Parquet file those that were written? Checksums of its pages, and what its footer says of each column.

A file without checksums, not compressed, can be harmed unseen: a flipped bit that leaves a number between the least and the
greatest of its column. Source: Apache Parquet format, ``parquet.thrift``; a checksum is the CRC-32 of a page as stored.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import IO, Any

import polars as pl

from tundish.connectors.footer import DAMAGE, Compact, footer
from tundish.errors import BrokenFile, Message

_HEADER_BYTES = 2**16
"""Of a page; statistics of long texts stand in it."""
_GROUPS, _COLUMNS, _ROWS, _META = 4, 1, 3, 3
_PATH, _VALUES, _STORED, _DATA_AT, _DICTIONARY_AT, _STATISTICS = 3, 5, 7, 9, 11, 12
_NULLS, _MAX, _MIN = 3, 5, 6
_PAGE_BYTES, _PAGE_CRC = 3, 4
_PACKED: Mapping[object, str] = {
    pl.Float64: "<d", pl.Float32: "<f", pl.Int64: "<q", pl.Int32: "<i", pl.Datetime: "<q", pl.Date: "<i",
}  # fmt: skip
"""Kinds of columns whose least and greatest value is compared, and how the footer writes one."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What the footer says of one column in one row group."""

    group: int
    column: str | None
    """None inside a list or record."""
    rows: int
    values: int
    begin: int
    size: int
    statistics: Mapping[int, Any]


def stretches(stream: IO[bytes], size: int, file: str) -> list[Stretch]:
    """Every column of every row group; raises :class:`tundish.errors.BrokenFile` for a footer that is damaged."""
    found = footer(stream, size, file)
    try:
        return list(_stretches(found))
    except (*DAMAGE, AttributeError) as failure:
        raise _broken(file, Message("its footer is damaged")) from failure


def _stretches(found: Mapping[int, Any]) -> Iterator[Stretch]:
    for number, group in enumerate(found.get(_GROUPS, []), 1):
        for chunk in group[_COLUMNS]:
            meta = chunk[_META]
            path, rows, values, size = meta[_PATH], int(group[_ROWS]), int(meta[_VALUES]), int(meta[_STORED])
            begin = min(at for at in (meta[_DATA_AT], meta.get(_DICTIONARY_AT)) if at)
            column = path[0].decode() if len(path) == 1 else None
            yield Stretch(number, column, rows, values, begin, size, meta.get(_STATISTICS, {}))


def check_pages(stream: IO[bytes], size: int, file: str) -> None:
    """Compare each page that has a checksum with it; raises :class:`tundish.errors.BrokenFile`, naming row group and column."""
    for one in stretches(stream, size, file):
        try:
            whole = _pages_whole(stream, one)
        except DAMAGE as failure:
            raise _harmed(file, one, Message("a page cannot be found")) from failure
        if not whole:
            raise _harmed(file, one, Message("a page differs from its checksum"))


def _pages_whole(stream: IO[bytes], one: Stretch) -> bool:
    at, end = one.begin, one.begin + one.size
    while at < end:
        stream.seek(at)
        head = Compact(stream.read(min(_HEADER_BYTES, end - at)))
        page: dict[int, Any] = dict(head.fields())
        crc, length = page.get(_PAGE_CRC), page[_PAGE_BYTES]
        if crc is None:
            return True  # who writes pages without writes all without
        stream.seek(at + head.at)
        stored = stream.read(length)
        if not isinstance(crc, int) or len(stored) != length or zlib.crc32(stored) != crc % 2**32:
            return False
        at += head.at + length
    return at == end


def check_values(frame: pl.DataFrame, said: list[Stretch], file: str) -> None:
    """Compare count, nulls, least and greatest value of each column with the footer; raises BrokenFile where they differ."""
    rows = {one.group: one.rows for one in said}
    first = dict(zip(rows, accumulate(rows.values(), initial=0), strict=False))
    there = set(frame.columns)
    for one in said:
        if one.column is not None and one.column in there:
            _check(frame[one.column].slice(first[one.group], one.rows), one, file)


def _check(series: pl.Series, one: Stretch, file: str) -> None:
    nulls = one.statistics.get(_NULLS)
    if one.values != len(series) or nulls not in (None, series.null_count()):
        raise _harmed(file, one, Message("the footer tells another number of values"))
    low, high = (one.statistics.get(place) for place in (_MIN, _MAX))
    if isinstance(low, bytes) and isinstance(high, bytes) and _beyond(series, low, high):
        raise _harmed(file, one, Message("values lie beyond the least and the greatest that the footer tells"))


def _beyond(series: pl.Series, low: bytes, high: bytes) -> bool:
    """Whether a value is less or greater; kinds that the footer orders in another way are not looked at."""
    if series.dtype == pl.String:  # ordered by bytes, here as there; a text that is shortened there bounds all the same
        least, greatest = series.min(), series.max()
        return isinstance(least, str) and isinstance(greatest, str) and (least.encode() < low or greatest.encode() > high)
    form = _PACKED.get(series.dtype.base_type())
    if form is None or {len(low), len(high)} != {struct.calcsize(form)}:
        return False
    (least,), (greatest,) = struct.unpack(form, low), struct.unpack(form, high)
    numbers = series.to_physical()
    return bool(least <= greatest and ((numbers < least) | (numbers > greatest)).any())


def _harmed(file: str, one: Stretch, found: Message) -> BrokenFile:
    text = "row group {group}, column {column}: {found}"
    return _broken(file, Message(text, group=one.group, column=one.column or "-", found=found))


def _broken(file: str, found: Message) -> BrokenFile:
    return BrokenFile(file=file, expected=Message("a Parquet file"), found=found)
