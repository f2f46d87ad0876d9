"""Does a delivery still have the shape that a person froze?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Literal

import numpy as np

from tundish.errors import Message
from tundish.intake.raw import RawTable
from tundish.standardise.meaning import Meant
from tundish.standardise.sheet import in_plant_unit
from tundish.table import Finding, Kind, Origin, Severity

Mode = Literal["freeze", "evolve"]
_PERIOD = re.compile(
    r"(?<!\d)(?:20\d{2}|\d{2}(?=년))(?:[-_.]?\s*(?:\d{1,2}|년\s*\d{1,2})(?!\d)|\d{2,4})?(?:[-_.월]?\s*\d{1,2}(?!\d))?[일월분년]?(?!\d)"
    r"|(?<!\d)\d{1,2}월(?:\s*\d{1,2}일)?|(?<!\d)\d{6,14}(?!\d)"
)
"""Years, months and days in a file's name; a short number names a machine and stays."""
_ARCHIVES = (".zip", ".7z", ".tar", ".tgz", ".gz")
_WORDS = frozenset(("identity", "category", "text"))
_KINDS: Mapping[Kind, Message] = {
    "number": Message("numbers"),
    "category": Message("classes"),
    "time": Message("times"),
    "identity": Message("ids"),
    "text": Message("texts"),
}
_FEWEST = 5
_ALIKE = 75
_RESETS = 0.02


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
    >>> pattern_of("2호기_5월.xlsx/Sheet1"), pattern_of("F2.csv"), pattern_of("24년 3월/일보.csv")
    ('2호기_*.xlsx/Sheet1', 'F2.csv', '*/일보.csv')
    """
    plain = re.sub(r"[*?\[]", lambda special: f"[{special[0]}]", name)
    return re.sub(r"\*(?:[-_. ]*\*)+", "*", _PERIOD.sub("*", plain))


def contract_of(origin: Origin, contracts: Iterable[Contract]) -> Contract | None:
    """The contract that a delivery falls under: by its whole name before a pattern."""
    name = name_of(origin)
    named = [contract for contract in contracts if _fits(name, contract.pattern)]
    return min(named, key=lambda contract: contract.pattern.count("*"), default=None)


def _fits(name: str, pattern: str) -> bool:
    """Part by part: a ``*`` stands for a period, never for a folder."""
    parts, wanted = name.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def shape_of(raw: RawTable, meant: Sequence[Meant]) -> Shape:
    """The shape of a delivery: every header of the file, with what its column was understood to be."""
    by_header = {origin.column: one for one in meant for origin in one.read.origins if origin.column is not None}
    columns = tuple(_column(header, by_header.get(header)) for header in raw.headers)
    return Shape(raw.origin, columns, raw.dialect.get("encoding"), raw.dialect.get("delimiter"))


def _column(header: str, one: Meant | None) -> ColumnShape:
    if one is None:
        return ColumnShape(header, None)
    count = len(one.read.values)
    missing = round(one.read.values.null_count() / count, 3) if count else 0.0
    shape = ColumnShape(header, one.read.kind, one.column.concept, one.column.unit_read, missing)
    if one.read.kind != "number":
        return shape
    known = in_plant_unit(one)
    known = known[np.isfinite(known)]
    steps = np.diff(known)
    if len(known) < _FEWEST or 0 < (steps > 0).sum() * _RESETS >= (steps < 0).sum():  # A counter grows out of any range.
        return shape
    low, high = (float(f"{value:.5g}") for value in np.quantile(known, (0.01, 0.99)))
    return replace(shape, low=low, high=high)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery held against its contract."""

    shape: Shape | None = None
    """None when no contract asks for it."""
    findings: tuple[Finding, ...] = ()
    set_aside: bool = False


def inspect(raw: RawTable, meant: Sequence[Meant], contracts: Sequence[Contract] | None) -> Delivery:
    """Hold a delivery against the contract it falls under; without contracts (None) only tell its shape."""
    if contracts is None:
        return Delivery(shape_of(raw, meant))
    contract = contract_of(raw.origin, contracts)
    if contract is None:
        return Delivery()
    shape = shape_of(raw, meant)
    changes = compare(contract, shape)
    broken = contract.mode == "freeze" and any(change.breaking for change in changes)
    return Delivery(shape, tuple(told(shape, changes, broken=broken)), set_aside=broken)


def compare(contract: Contract, shape: Shape) -> list[Change]:
    """Every difference of a delivery from its contract."""
    there = {column.header: column for column in shape.columns}
    pairs: list[tuple[ColumnShape, ColumnShape]] = []
    missing: list[ColumnShape] = []
    for agreed in contract.columns:
        header = next((name for name in (agreed.header, *agreed.also) if name in there), None)
        if header is None:
            missing.append(agreed)
        else:
            pairs.append((agreed, there.pop(header)))
    changes = [change for agreed, column in pairs for change in _differences(agreed, column)]
    order = {column.header: i for i, column in enumerate(contract.columns)}
    delivered = {column.header: i for i, column in enumerate(shape.columns)}
    for agreed in missing:
        heir = _heir(agreed, list(there.values()), order, delivered)
        if heir is None:
            message = Message("The column is missing. Export it again; if it is gone for good, freeze the source anew.")
            changes.append(Change("missing", agreed.header, breaking=True, message=message, expected=agreed.header))
        else:
            del there[heir.header]
            changes += [_renamed(agreed, heir), *_differences(agreed, heir)]
    changes += [_new(column) for column in there.values() if column.header.strip()]
    return [*changes, *_dialect(contract, shape)]


def _differences(agreed: ColumnShape, column: ColumnShape) -> Iterator[Change]:
    if column.kind is None or agreed.kind is None:
        if agreed.kind is not None:
            message = Message("The column holds no value any more. Ask whether the instrument still writes.")
            yield Change("empty", column.header, breaking=False, message=message)
        return
    if agreed.kind != column.kind and not {agreed.kind, column.kind} <= _WORDS:
        held, holds = _KINDS[agreed.kind], _KINDS[column.kind]
        message = Message("The column held {agreed} and now holds {found}.", agreed=held, found=holds)
        yield Change("kind", column.header, True, message, column.kind, agreed.kind)
    elif agreed.unit and column.unit and agreed.unit != column.unit:
        message = Message("The unit was {agreed} and is now {found}.", agreed=agreed.unit, found=column.unit)
        yield Change("unit", column.header, True, message, column.unit, agreed.unit)
    elif agreed.concept and column.concept and agreed.concept != column.concept:
        message = Message("The column meant {agreed} and now looks like {found}.", agreed=agreed.concept, found=column.concept)
        yield Change("concept", column.header, True, message, column.concept, agreed.concept)
    elif _far(agreed, column):
        message = Message(
            "The values lie far from what they were ({low} to {high} {unit}). Check the unit and the instrument.",
            low=f"{agreed.low:g}",
            high=f"{agreed.high:g}",
            unit=agreed.unit or "",
        )
        found, wanted = (f"{one.low:g} ~ {one.high:g}" for one in (column, agreed))
        yield Change("range", column.header, True, message, found, wanted)


def _far(agreed: ColumnShape, column: ColumnShape) -> bool:
    """The middle of what came lies outside of what was, by more than its own width."""
    if agreed.low is None or agreed.high is None or column.low is None or column.high is None:
        return False
    middle, span = (column.low + column.high) / 2, max(agreed.high - agreed.low, 0.1 * abs(agreed.high))
    return not agreed.low - span <= middle <= agreed.high + span


def _heir(
    agreed: ColumnShape, new: Sequence[ColumnShape], order: Mapping[str, int], delivered: Mapping[str, int]
) -> ColumnShape | None:
    """The new column that is the missing one under another name: by meaning, values, place and likeness of the name."""
    scored = sorted(((_likeness(agreed, column, order, delivered), -i) for i, column in enumerate(new)), reverse=True)
    if not scored or scored[0][0] < 2 or (len(scored) > 1 and scored[1][0] == scored[0][0]):
        return None
    return new[-scored[0][1]]


def _likeness(agreed: ColumnShape, column: ColumnShape, order: Mapping[str, int], delivered: Mapping[str, int]) -> int:
    from rapidfuzz import fuzz

    if agreed.kind is None or column.kind is None:
        return 0
    if agreed.kind != column.kind and not {agreed.kind, column.kind} <= _WORDS:
        return 0
    score = 2 * (agreed.concept is not None and agreed.concept == column.concept)
    score += order[agreed.header] == delivered[column.header]
    score += fuzz.ratio(agreed.header.casefold(), column.header.casefold()) >= _ALIKE
    if None not in (agreed.low, agreed.high, column.low, column.high):
        score += not _far(agreed, column) and not _far(column, agreed)
    elif agreed.kind != "number":
        score += agreed.kind == column.kind
    return int(score)


def _renamed(agreed: ColumnShape, heir: ColumnShape) -> Change:
    message = Message(
        'The column {agreed} is missing and {found} is new: it looks like the same column. If so, write also = ["{found}"] '
        "behind {agreed} in contracts.toml.",
        agreed=agreed.header,
        found=heir.header,
    )
    return Change("renamed", heir.header, breaking=True, message=message, found=heir.header, expected=agreed.header)


def _new(column: ColumnShape) -> Change:
    message = Message("The column is new. If it is to stay, freeze the source anew.")
    return Change("new", column.header, breaking=True, message=message, found=column.header)


def _dialect(contract: Contract, shape: Shape) -> Iterator[Change]:
    for agreed, found in ((contract.encoding, shape.encoding), (contract.delimiter, shape.delimiter)):
        if agreed and found and agreed != found:
            message = Message(
                "The file is written another way: {found} instead of {agreed}. It was read.", found=found, agreed=agreed
            )
            yield Change("dialect", "", False, message, found, agreed)


def told(shape: Shape, changes: Sequence[Change], *, broken: bool) -> list[Finding]:
    """Findings about a delivery: each change, and first of all that it was set aside, when it was."""
    severity: Severity = "error" if broken else "warning"
    found = [_finding(shape.origin, change, severity if change.breaking else "info") for change in changes]
    if not broken:
        return found
    message = Message(
        "{file} was set aside: its source is frozen and {count} things changed ({columns}). "
        'Mend the export, allow the change in contracts.toml, or write mode = "evolve" there.',
        file=name_of(shape.origin),
        count=sum(change.breaking for change in changes),
        columns=", ".join(dict.fromkeys(change.header for change in changes if change.breaking)),
    )
    return [Finding("delivery_set_aside", "error", message, Origin(shape.origin.file, shape.origin.sheet)), *found]


def _finding(origin: Origin, change: Change, severity: Severity) -> Finding:
    return Finding(
        f"contract_{change.code}",
        severity,
        change.message,
        replace(origin, column=change.header or None),
        expected=(change.expected,) if change.expected else (),
        found=(change.found,) if change.found else (),
    )


def freeze(shapes: Sequence[Shape], former: Sequence[Contract], today: str) -> list[Contract]:
    """Contracts for what was delivered: one for files whose names differ by a period only and that have one header."""
    groups: dict[str, list[Shape]] = {}
    for shape in shapes:
        groups.setdefault(pattern_of(name_of(shape.origin)), []).append(shape)
    made: list[Contract] = []
    for pattern, group in groups.items():
        if len({frozenset(column.header for column in shape.columns) for shape in group}) == 1:
            made.append(_agreed(pattern, group, former, today))
        else:
            exact = (pattern_of(name) if "*" not in pattern else name for name in (name_of(shape.origin) for shape in group))
            made += [_agreed(name, [shape], former, today) for name, shape in zip(exact, group, strict=True)]
    patterns = {contract.pattern for contract in made}
    return [*made, *(contract for contract in former if contract.pattern not in patterns)]


def _agreed(pattern: str, group: Sequence[Shape], former: Sequence[Contract], today: str) -> Contract:
    before = next((contract for contract in former if contract.pattern == pattern), None)
    also = {column.header: column.also for column in before.columns} if before else {}
    columns = tuple(
        replace(
            _widened([c for shape in group for c in shape.columns if c.header == column.header]),
            also=also.get(column.header, ()),
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
