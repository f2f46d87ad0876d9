"""What was agreed of a source, and how does an agreement begin and grow?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Literal

from tundish.errors import Message
from tundish.table import Kind, Origin
from tundish.vocabulary.units import parse_unit, split_header

Mode = Literal["freeze", "evolve"]
_PERIOD = re.compile(
    r"(?<!\d)(?:20\d{2}|\d{2}(?=년))(?:[-_.]?\s*(?:\d{1,2}|년\s*\d{1,2})(?!\d)|\d{2,4})?(?:[-_.월]?\s*\d{1,2}(?!\d))?[일월분년]?(?!\d)"
    r"|(?<!\d)\d{1,2}월(?:\s*\d{1,2}일)?|(?<!\d)\d{6,14}(?!\d)"
    r"|(?<![A-Za-z\d])(?:1[5-9]|2\d|3\d)(?:0[1-9]|1[0-2])(?![A-Za-z\d])"
)
"""Years, months and days in a file's name, `2403` too unless a Latin letter touches it; any other short number names a machine
and stays."""
_ARCHIVES = (".zip", ".7z", ".tar", ".tgz", ".gz")


@dataclass(frozen=True, slots=True)
class ColumnShape:
    """What a column of a source is; ``low`` and ``high`` hold 98 % of its values, in the plant's unit."""

    header: str
    kind: Kind | None
    """None: it held no value."""
    concept: str | None = None
    unit: str | None = None
    missing: float = 0.0
    low: float | None = None
    high: float | None = None
    also: tuple[str, ...] = ()
    """Other names that a person allowed."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One delivery of a source: where it came from and what its columns are."""

    origin: Origin
    columns: tuple[ColumnShape, ...]
    encoding: str | None = None
    delimiter: str | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """What was agreed of a source, and what happens when a delivery differs."""

    pattern: str
    """Name of its files, with ``*`` for the period; ``file/sheet`` for a sheet."""
    mode: Mode
    columns: tuple[ColumnShape, ...]
    recorded: str = ""
    encoding: str | None = None
    delimiter: str | None = None
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between a delivery and its contract. A breaking one sets a frozen delivery aside."""

    code: Literal["missing", "new", "renamed", "kind", "unit", "concept", "range", "empty", "dialect"]
    header: str
    breaking: bool
    message: Message
    found: str = ""
    expected: str = ""


def name_of(origin: Origin) -> str:
    """What a pattern is compared with: ``file`` or ``file/sheet``; the archive that a file came in does not count.

    >>> name_of(Origin("2025/lots_2024-05.zip/lots_2024-05.xlsx", "결과"))
    '2025/lots_2024-05.xlsx/결과'
    """
    parts = origin.file.split("/")
    kept = [part for part in parts[:-1] if not part.lower().endswith(_ARCHIVES)]
    return "/".join((*kept, parts[-1], *((origin.sheet,) if origin.sheet else ())))


def pattern_of(name: str) -> str:
    """The name of a source without the period of one delivery.

    >>> pattern_of("lots_2024-05.csv"), pattern_of("생산실적_2025년09월.csv"), pattern_of("plc_20250301.csv")
    ('lots_*.csv', '생산실적_*.csv', 'plc_*.csv')
    >>> pattern_of("도금실적_2403.csv"), pattern_of("일보 2412.xlsx"), pattern_of("CGL2401.csv"), pattern_of("압연_2413.csv")
    ('도금실적_*.csv', '일보 *.xlsx', 'CGL2401.csv', '압연_2413.csv')
    >>> pattern_of("2호기_5월.xlsx/Sheet1"), pattern_of("F2.csv"), pattern_of("24년 3월/일보.csv")
    ('2호기_*.xlsx/Sheet1', 'F2.csv', '*/일보.csv')
    """
    return re.sub(r"\*(?:[-_. ]*\*)+", "*", _PERIOD.sub("*", _literal(name)))


def _literal(name: str) -> str:
    """The pattern of this name alone."""
    return re.sub(r"[*?\[]", lambda special: f"[{special[0]}]", name)


def contract_of(origin: Origin, contracts: Iterable[Contract]) -> Contract | None:
    """The contract that a delivery falls under: by its whole name before a pattern."""
    name = name_of(origin)
    named = [contract for contract in contracts if _fits(name.casefold(), contract.pattern.casefold())]
    return min(named, key=lambda one: (one.pattern.count("*"), not _fits(name, one.pattern)), default=None)


@lru_cache(maxsize=10_000)
def spelling(header: str) -> str:
    """What is the same for one header however its blanks, its signs and its unit are written.

    >>> [spelling(header) for header in ("온도(°C)", "온도 [℃]", "속도 (m/min)", "속도(mpm)", "비고 (메모)")]
    ['온도(℃)', '온도(℃)', '속도(m/min)', '속도(m/min)', '비고(메모)']
    """
    name, written = split_header(header)
    unit = parse_unit(written)
    evened = "".join(unicodedata.normalize("NFKC", header if unit is None else name).split())
    return evened if unit is None else f"{evened}({unit.label})"


def unit_spelling(written: str | None) -> str | None:
    """One spelling for a unit; what is no known unit as it stands."""
    unit = parse_unit(written)
    return written if unit is None else unit.label


def _fits(name: str, pattern: str) -> bool:
    """Part by part: a ``*`` stands for a period, never for a folder."""
    parts, wanted = name.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def freeze(shapes: Sequence[Shape], former: Sequence[Contract], today: str) -> list[Contract]:
    """Contracts for what was delivered: one for files whose names differ by a period only and that have one header.

    Where headers differ, a source that has a contract is agreed as its last delivery is, so that the next one is held against
    that; each other delivery gets its own. A contract is kept as it was when nothing of its source was delivered.
    """
    patterns = [contract for contract in former if "*" in contract.pattern]
    spelt = {contract.pattern.casefold(): contract.pattern for contract in former}
    groups: dict[str, list[Shape]] = {}
    for shape in shapes:
        wide = contract_of(shape.origin, patterns)
        pattern = wide.pattern if wide else pattern_of(name_of(shape.origin))
        groups.setdefault(spelt.setdefault(pattern.casefold(), pattern), []).append(shape)
    made: list[Contract] = []
    for pattern, group in groups.items():
        last = [shape for shape in group if _headers(shape) == _headers(group[-1])]
        if len(last) == len(group) or pattern in {contract.pattern for contract in patterns}:
            made.append(_agreed(pattern, last, former, today))
        else:
            last = []
        for shape in (shape for shape in group if shape not in last):
            name = name_of(shape.origin)
            made.append(_agreed(_literal(name) if "*" in pattern else pattern_of(name), [shape], former, today))
    renewed = {id(contract_of(shape.origin, former)) for shape in shapes}
    taken = {contract.pattern for contract in made}
    return [*made, *(one for one in former if one.pattern not in taken and id(one) not in renewed)]


def renewals(former: Sequence[Contract], kept: Sequence[Contract]) -> list[Message]:
    """What a person agreed to otherwise than before, a sentence a source; ranges and shares of empty cells are left out."""
    before, after = ({one.pattern: one for one in contracts} for contracts in (former, kept))
    moved = "{source}: taken out, for its deliveries are agreed anew under another name."
    said = [Message(moved, source=name) for name in before if name not in after]
    for name, contract in after.items():
        agreed = {spelling(column.header): column for column in before[name].columns} if name in before else None
        now = {spelling(column.header): column for column in contract.columns}
        if agreed is None:
            if former:
                said.append(Message("{source}: written down for the first time.", source=name))
            continue
        new, lost = (
            [one.header for key, one in these.items() if key not in others] for these, others in ((now, agreed), (agreed, now))
        )
        other = [one.header for key, one in now.items() if key in agreed and not _alike(one, agreed[key])]
        if new or lost or other:
            text = "{source}: agreed anew. New columns: {new}. Columns gone: {lost}. Other kind, unit or meaning: {other}."
            said.append(Message(text, source=name, new=new or "-", lost=lost or "-", other=other or "-"))
    return said


def _headers(shape: Shape) -> frozenset[str]:
    return frozenset(spelling(column.header) for column in shape.columns)


def _alike(a: ColumnShape, b: ColumnShape) -> bool:
    return (a.kind, unit_spelling(a.unit), a.concept) == (b.kind, unit_spelling(b.unit), b.concept)


def evolve(contract: Contract, shape: Shape, changes: Sequence[Change], said: Sequence[str], today: str) -> Contract:
    """The contract after a delivery that it was to follow, with a line for each change."""
    if contract.mode != "evolve" or not changes:
        return contract
    taken = _agreed(contract.pattern, [shape], [contract], today)
    renamed = {change.found: change.expected for change in changes if change.code == "renamed"}
    columns = tuple(
        replace(column, also=(*column.also, renamed[column.header])) if column.header in renamed else column
        for column in taken.columns
    )
    return replace(taken, columns=columns, changes=(*contract.changes, *said))


def _agreed(pattern: str, group: Sequence[Shape], former: Sequence[Contract], today: str) -> Contract:
    before = next((contract for contract in former if contract.pattern == pattern), None)
    also = {spelling(column.header): column.also for column in before.columns} if before else {}
    columns = tuple(
        replace(
            _widened([found for shape in group if (found := _column(shape, column.header)) is not None]),
            also=also.get(spelling(column.header), ()),
        )
        for column in group[-1].columns
    )
    return Contract(
        pattern=pattern,
        mode=before.mode if before else "freeze",
        columns=columns,
        recorded=today,
        encoding=group[-1].encoding,
        delimiter=group[-1].delimiter,
        changes=before.changes if before else (),
    )


def _column(shape: Shape, header: str) -> ColumnShape | None:
    """The column of this header, else the one whose header is only spelt otherwise."""
    exact = next((column for column in shape.columns if column.header == header), None)
    return exact or next((column for column in shape.columns if spelling(column.header) == spelling(header)), None)


def _widened(columns: Sequence[ColumnShape]) -> ColumnShape:
    """One column over all its deliveries."""
    known = [column for column in columns if column.kind is not None] or list(columns)
    lows = [column.low for column in known if column.low is not None]
    highs = [column.high for column in known if column.high is not None]
    return replace(
        known[-1],
        missing=max(column.missing for column in columns),
        low=min(lows) if len(lows) == len(known) else None,
        high=max(highs) if len(highs) == len(known) else None,
    )
