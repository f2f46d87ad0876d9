"""What travels between stages: a table of known concepts, with origin and findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

import polars as pl

from tundish.errors import Message

ROW = "#row"
"""Frame column: line (text) or row (sheet) number in the file, counted from 1."""
ROWS_SHOWN = 20
"""Rows named in a finding or a repair, at most."""
SOURCE = "#source"
"""Frame column: index into ``Table.origins``, for tables stacked from several exports."""

EMPTYING = frozenset(("not_a_number", "no_value", "no_time"))
"""Repairs that left cells empty for the text that stands in them."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""
Kind = Literal["number", "category", "time", "identity", "text"]
Severity = Literal["info", "warning", "error"]
Known = Literal["before", "with_target", "after"]
"""When a value is known: before the decision moment, in the same row as the target, or after."""
Statistic = Literal[
    "value", "mean", "std", "min", "max", "first", "last", "slope", "sum", "count", "amount", "duration", "mode", "lag"
]


_WORDS: frozenset[Kind] = frozenset(("identity", "category", "text"))


def same_kind(a: Kind, b: Kind) -> bool:
    """Whether one column may be of both kinds in two exports: ids, classes and texts are told apart by a few values only."""
    return a == b or {a, b} <= _WORDS


@dataclass(frozen=True, slots=True)
class Origin:
    """A place in the plant's files."""

    file: str
    sheet: str | None = None
    column: str | None = None
    row: int | None = None

    @property
    def places(self) -> tuple[str, ...]:
        """How a person may name the file in plant.toml: its path inside the folder, with the sheet, its last part.

        >>> Origin("lots.zip/결과.xlsx", "3월", "판정").places
        ('lots.zip/결과.xlsx', 'lots.zip/결과.xlsx/3월', '결과.xlsx')
        """
        sheet = (f"{self.file}/{self.sheet}",) if self.sheet else ()
        return tuple(dict.fromkeys((self.file, *sheet, self.file.rpartition("/")[2])))

    @property
    def stem(self) -> str:
        """What the file is called, without its folder and its ending.

        >>> Origin("lots.zip/slitting.csv").stem
        'slitting'
        """
        return self.file.rpartition("/")[2].rpartition(".")[0]

    @property
    def spots(self) -> tuple[str, ...]:
        """How a person may name the column in plant.toml: ``file:column`` for each name of the file."""
        return tuple(f"{place}:{self.column}" for place in self.places)

    def __str__(self) -> str:
        parts = [self.file, self.sheet, self.column, None if self.row is None else f"{self.row}"]
        return " / ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Picture:
    """A column over its rows, gathered to a few hundred places, and what a finding marks in it; in the plant's unit."""

    lows: tuple[float | None, ...]
    highs: tuple[float | None, ...]
    """Least and greatest value of each place; None where nothing stands."""
    marks: tuple[tuple[float, float], ...] = ()
    """Odd values: where (0 first row, 1 last row), and how great."""
    spans: tuple[tuple[float, float], ...] = ()
    """Odd stretches: from and to, 0 to 1."""
    band: tuple[float | None, float | None] = (None, None)
    """What is plausible, from and to; None where it is open."""
    unit: str | None = None
    rows: tuple[int, int] = (1, 1)
    """First and last row, as they stand in the file."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person should read: what, where, how many, what it means, and what to do."""

    code: str
    severity: Severity
    message: Message
    origin: Origin
    count: int = 1
    rows: tuple[int, ...] = ()
    """First rows concerned, at most :data:`ROWS_SHOWN`, as they stand in the file."""
    found: tuple[str, ...] = ()
    """What stands in those rows, row by row, as in the file."""
    expected: tuple[str, ...] = ()
    """What would be plausible there, in the plant's unit: row by row, or one for all rows."""
    hint: Message | None = None
    """What to do."""
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Aside:
    """A value that cannot be true and was left out: what stood where, so that a person can mend it.

    One cell, or a run of cells of one value from ``row`` to ``last``; without a row all cells of the column with this value.
    """

    code: str
    origin: Origin
    row: int | None
    last: int | None
    found: str
    """As it stood in the file."""
    expected: str
    reason: Message
    count: int
    sha256: str = ""
    """Of the file."""


@dataclass(frozen=True, slots=True)
class Repair:
    """A change made to what stood in a file so that it could be read."""

    code: str
    message: Message
    origin: Origin
    count: int = 1
    before: str | None = None
    after: str | None = None
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it means, in which unit, where it stands in the plant's files, when it is known.

    Values in the frame are SI: ``si = plant * factor + offset``.
    """

    name: str
    kind: Kind
    origins: tuple[Origin, ...]
    concept: str | None = None
    position: str | None = None
    """Which of several: ``2`` in `산세조2 온도`, ``F2`` for a stand."""
    unit: str | None = None
    unit_read: str | None = None
    factor: float = 1.0
    offset: float = 0.0
    statistic: Statistic = "value"
    window: str | None = None
    """Over which part of the piece's stay a statistic was taken; None for a value of the piece itself."""
    known: Known = "before"
    known_reason: Message | None = None

    @property
    def headers(self) -> tuple[str, ...]:
        """Names in the plant's own files, each once, in the order of the exports."""
        return tuple(dict.fromkeys(o.column for o in self.origins if o.column is not None))

    @property
    def header(self) -> str:
        """The name in the first export that has it, else the column's own."""
        return next(iter(self.headers), "") or self.name

    @property
    def origin(self) -> Origin:
        """The first place it stands in, for findings about it."""
        return self.origins[0] if self.origins else Origin(self.name)

    @property
    def source(self) -> tuple[tuple[str, str | None, str | None], ...]:
        """What groups features: the file, sheet and column they were all made of."""
        return tuple((o.file, o.sheet, o.column) for o in self.origins)

    def to_plant(self, value: float) -> float:
        """Convert a value from SI to the plant's unit."""
        return (value - self.offset) / self.factor

    def to_plant_span(self, difference: float) -> float:
        """Convert a difference from SI to the plant's unit."""
        return difference / self.factor


@dataclass(frozen=True, slots=True)
class Match:
    """How one column of a file was given its meaning, or why it was not."""

    origin: Origin
    concept: str | None
    score: float
    unit_read: str | None
    unit: str | None
    alternatives: tuple[tuple[str, float], ...]
    reason: Message
    confirmed: bool = False
    """True when plant.toml decided it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A column that may not be an input, and why."""

    column: Column
    reason: Message


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows of a file that are read together: a share of what is too large to be held."""

    file: str
    """Name inside the plant's folder."""
    path: str
    """Where its bytes are."""
    reader: str
    """``package.module:name`` of a function of the installed program: ``(chunk, headers) -> pl.DataFrame`` with ``#row`` and
    these columns, as they stand in the file."""
    number: int
    """The how manieth of its file, from 1: the row group of a Parquet file, a stretch of a text."""
    begin: int
    end: int
    """From and to (exclusive) in the file: rows of a Parquet file, bytes of a text."""
    row: int
    """Number of its first row in the file, as ``#row`` counts."""
    rows: int
    """So many rows, or lines of a text, the file promises."""
    size: int
    changed_ns: int
    """Size and time of change of the file when this was found out: another file is refused."""
    head: int = 0
    """Bytes at the beginning of a text that hold title and header: they are read before the rows of each chunk."""
    source: int = 0
    """Index into ``Table.origins`` and ``Table.recipes``."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What is looked for in all rows of a column of numbers, in the plant's unit."""

    told: tuple[float, ...] | None
    """Numbers that mean: not measured, as a person said; None where they are found."""
    zero: Literal["missing", "honest"] | None
    quantity: str | None
    never: tuple[float, float] | None
    """Beyond these a value cannot be true."""
    usual: tuple[float, float] | None
    """What is plausible; what lies outside is shown, and no stretch at rest is looked for in it."""
    zero_when_still: bool
    """A 0 outside of what is plausible says that the line stood."""
    lively: bool
    """Whether stretches in which the signal stands still alone cannot be true."""
    core: tuple[float, float] | None
    """Most values lie within; None when there are so few different ones that all are counted."""
    stride: int
    """Every so manieth row is looked at to count levels."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What all rows of a column together say of its values."""

    missing: tuple[float, ...] = ()
    """Numbers that mean: not measured."""
    outliers: tuple[float, ...] = ()
    """Numbers that lie so far from all others that they cannot be true."""
    beyond: bool = False
    """What cannot be true by the column's meaning is left out: there is little of it."""
    outside: bool = False
    """What is not plausible explains itself: there is not too much of it."""
    still: tuple[tuple[int, int], ...] = ()
    """Rows, first and last, in which the sensor stood still."""


@dataclass(frozen=True, slots=True)
class Mended:
    """What a person decided of a cell, a run of cells, or all cells with a value (``row`` None)."""

    row: int | None
    last: int | None
    found: float | None
    """What stands there."""
    keep: bool
    value: float | None = None
    """What it is to be; None for nothing."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How a column of a file becomes a column of a table: what was understood once and is done to all rows alike."""

    name: str
    headers: tuple[str, ...]
    """Column of the file; two for a time whose day and clock stand apart."""
    kind: Kind
    factor: float = 1.0
    offset: float = 0.0
    style: str | None = None
    """How decimals are written in a text."""
    unit: str | None = None
    """What the plant's numbers are in, where cells may say another."""
    watch: Watch | None = None
    """What is looked for in a column of numbers; None where a person said that all of it is true."""
    verdict: Verdict = field(default_factory=Verdict)
    mends: tuple[Mended, ...] = ()
    """What a person decided of single cells."""
    order: str | None = None
    """Of day and month."""
    serial: str | None = None
    """What the plant's numbers count, where they are a time."""
    midnight: bool = False
    """A 00:00 that stands last in its day begins the next one."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the rows of one file are standardised, chunk by chunk, with the same values as if all were read at once."""

    rules: tuple[Rule, ...]
    time_zone: str


@dataclass(frozen=True)
class Table:
    """Rows with known columns. ``frame`` holds one column per entry of ``columns``, plus ``#row`` and ``#source``.

    A table too large to be held has ``parts``: then ``frame`` is a sample, and all rows are read chunk by chunk.
    """

    name: str
    frame: pl.DataFrame
    columns: tuple[Column, ...]
    origins: tuple[Origin, ...]
    matches: tuple[Match, ...] = ()
    findings: tuple[Finding, ...] = ()
    repairs: tuple[Repair, ...] = ()
    asides: tuple[Aside, ...] = ()
    """Values that were left out as impossible; empty in ``frame``."""
    parts: tuple[Chunk, ...] = ()
    recipes: tuple[Recipe, ...] = ()
    """One for each of ``origins``."""

    def column(self, name: str) -> Column:
        """The column of this name; KeyError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def of_kind(self, *kinds: Kind) -> tuple[Column, ...]:
        """Columns of these kinds, in order."""
        return tuple(column for column in self.columns if column.kind in kinds)

    def adding(self, *, findings: Iterable[Finding] = (), repairs: Iterable[Repair] = ()) -> Table:
        """The same table with more findings and repairs."""
        return replace(self, findings=(*self.findings, *findings), repairs=(*self.repairs, *repairs))
