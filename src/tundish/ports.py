"""What does the core need from outside? Protocols with more than one real implementation, each held by one contract test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import polars as pl

from tundish.table import Progress

Plain = str | int | float | bool | None | Path | tuple["Plain", ...]
"""Values that mean the same in every process and on every machine.

A ``Path`` is a file, or a folder of files, that the function reads: what stands in it belongs to the job, and when that
changes, so does the job. A path written as text is only text.
"""


@dataclass(frozen=True, slots=True)
class Part:
    """One share of a job. Parts are fixed before the job runs, so that every engine adds up in the same order."""

    name: str
    """Short and unique in the job; also the stem of its result's file: letters, digits, ``-`` and ``_``, 100 at most."""
    values: Mapping[str, Plain]


@dataclass(frozen=True, slots=True)
class Job:
    """Work that can be parted: one pure function over many parts."""

    function: str
    """``package.module:name`` of a function of the installed program: ``(shared, part.values) -> pl.DataFrame``."""
    shared: Mapping[str, Plain]
    """The same for all parts."""
    parts: tuple[Part, ...]
    folder: Path
    """Where results lie, one Parquet file a part; a later run of the same job finds them there. One folder for one job: what
    another job left here under names of parts is taken away when this one is done."""


class Compute(Protocol):
    """Runs a job: here on threads, there on a cluster. Results are the same to the bit."""

    def run(self, job: Job, progress: Progress | None = None) -> Iterator[pl.DataFrame]:
        """Results in the order of the parts; what an earlier, killed run has finished is not computed again.

        One result is held in memory at a time. Raises what the function raises when it is one of :mod:`tundish.errors`,
        :class:`~tundish.errors.PartFailed` for anything else, :class:`~tundish.errors.CannotWrite` for a full disk,
        :class:`~tundish.errors.FolderInUse` when another run holds the folder, and :class:`~tundish.errors.WorkersLost` when
        workers die faster than they can be replaced.
        """
        ...
