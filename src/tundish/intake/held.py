"""Which files are too large to be held in memory, and are read in parts?"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath

import polars as pl

from tundish.disk import why
from tundish.errors import BrokenFile, Message
from tundish.table import Chunk

HELD_BYTES = 2**30
"""Bytes of values that are held at once: raw, understood, in SI and joined they take five times as much, and that is what a
computer of 8 GB has to spare."""
SAMPLE_BYTES = 2**26
"""Bytes of values, over all files that are read in parts, that layout, kinds and concepts are understood from."""
LEAST_SAMPLE_BYTES = 2**20
RUNS = 16
"""Stretches over the whole file that a sample consists of: a code that appears in autumn must be seen as well."""
_WEIGHTS = {".parquet": 3.0, ".pq": 3.0, **dict.fromkeys((".csv", ".tsv", ".tab", ".txt", ".dat", ".log", ".prn", ".asc"), 1.0)}
"""Bytes of values in a byte on disk: numbers in Parquet pack to a third, a text of one is as long as a float."""

Reader = Callable[[Chunk, Sequence[str]], pl.DataFrame]


def too_large(files: Mapping[str, Path], held_bytes: int) -> dict[str, int]:
    """Files that are read in parts so that the others fit into ``held_bytes``, each with the bytes of its sample.

    The largest first, and with each its like (same folder, suffix, and name but for numbers), so that monthly exports of one
    table are all read the same way.
    """
    weights = {name: path.stat().st_size * weight for name, path in files.items() if (weight := _WEIGHTS.get(_suffix(name)))}
    families: dict[str, list[str]] = {}
    for name in weights:
        families.setdefault(re.sub(r"\d+", "9", name), []).append(name)
    totals = {family: sum(weights[name] for name in names) for family, names in families.items()}
    left, parted = sum(totals.values()), []
    for family in sorted(totals, key=lambda one: -totals[one]):
        if left <= held_bytes:
            break
        parted += families[family]
        left -= totals[family]
    share = max(SAMPLE_BYTES // max(len(parted), 1), LEAST_SAMPLE_BYTES)
    return dict.fromkeys(parted, min(share, max(held_bytes, 1)))


def runs(total: int, wanted: int) -> list[tuple[int, int]]:
    """Stretches (from, to) spread over ``total`` rows that hold ``wanted`` of them together, the first and the last among them.

    >>> runs(100, 200), runs(1000, 32)[:2], runs(1000, 32)[-1]
    ([(0, 100)], [(0, 2), (67, 69)], (998, 1000))
    """
    if wanted >= total:
        return [(0, total)]
    length = max(1, wanted // RUNS)
    starts = [round(i * (total - length) / (RUNS - 1)) for i in range(RUNS)]
    return [(start, start + length) for start in dict.fromkeys(starts)]


def read_chunk(chunk: Chunk, headers: Sequence[str]) -> pl.DataFrame:
    """``#row`` and the columns of these headers, as they stand in the file.

    Raises :class:`tundish.errors.BrokenFile` when the file has changed since it was looked at, cannot be read there, or holds
    another number of rows than it promised.
    """
    path = Path(chunk.path)
    try:
        seen = path.stat()
        if (seen.st_size, seen.st_mtime_ns) != (chunk.size, chunk.changed_ns):
            found = Message("it has changed since it was looked at; run again")
            raise BrokenFile(file=chunk.file, expected=Message("the same file"), found=found)
        module, _, name = chunk.reader.partition(":")
        reader: Reader = getattr(importlib.import_module(module), name)
        return reader(chunk, headers)
    except OSError as failure:
        raise BrokenFile(file=chunk.file, expected=Message("a file"), found=why(failure)) from failure


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()
