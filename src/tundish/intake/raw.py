"""What does a connector hand over? Rows as they stood in the file, with every repair."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import polars as pl

from tundish.table import Chunk, Finding, Origin, Repair


@dataclass(frozen=True)
class RawTable:
    """One table as it stood in a file or sheet: texts (or the workbook's own types), not yet understood.

    ``frame`` holds ``#row`` and one column per header. Text files give strings with null for an empty cell; workbooks and
    Parquet give their own types, or strings where a column mixes them.
    """

    origin: Origin
    frame: pl.DataFrame
    headers: tuple[str, ...]
    """Names as in the file, made unique; a two-row header is joined with a blank."""
    units: tuple[str | None, ...]
    """Units that stood in a header row of their own, else None."""
    dialect: Mapping[str, str]
    """encoding, delimiter, quote, decimal, header_rows, footer_rows: what was understood, for the report."""
    sha256: str
    findings: tuple[Finding, ...] = ()
    repairs: tuple[Repair, ...] = ()
    parts: tuple[Chunk, ...] = ()
    """All rows, where they are too many to be held; ``frame`` is a sample then."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read: its name inside the plant's folder, and where its bytes are."""

    name: str
    """POSIX path inside the folder; inside an archive ``lots.zip/결과.csv``."""
    path: Path | None
    content: bytes | None = None
    """Bytes of a file that came out of an archive; then ``path`` is None."""
    ragged: Literal["refuse", "set_aside"] = "refuse"
    repairs: tuple[Repair, ...] = ()
    """What an archive had to mend, such as a name; goes to the tables of the file."""
    sampled_bytes: int | None = None
    """The file is too large to be held: only so many bytes of values are, all others are read in parts."""

    def read_bytes(self) -> bytes:
        """All bytes of the file."""
        if self.content is not None:
            return self.content
        if self.path is None:
            raise ValueError(self.name)
        return self.path.read_bytes()


class Source(Protocol):
    """One kind of file. A connector is a module-level object with this shape."""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Endings of the file names it reads, lower case, with the point."""
        ...

    def read(self, file: SourceFile) -> Iterator[RawTable | SourceFile | Finding]:
        """Yield the tables of a file; an archive yields the files inside it; what belongs to no table is a finding.

        Raises an :class:`tundish.errors.UnreadableFile` when the file cannot be read whole.
        """
        ...
