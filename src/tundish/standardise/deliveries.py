"""Does a delivery still have the shape that a person agreed to?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tundish.errors import Message
from tundish.intake.raw import RawTable
from tundish.standardise.contracts import Change, ColumnShape, Contract, Shape, contract_of, name_of, spelling, unit_spelling
from tundish.standardise.meaning import Meant
from tundish.standardise.sheet import in_plant_unit
from tundish.table import Finding, Kind, Origin, Severity, same_kind

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
        return Delivery(findings=(_unknown(raw.origin),) if contracts else ())
    shape = shape_of(raw, meant)
    changes = compare(contract, shape)
    broken = contract.mode == "freeze" and any(change.breaking for change in changes)
    return Delivery(shape, tuple(told(shape, changes, broken=broken)), set_aside=broken)


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


def _unknown(origin: Origin) -> Finding:
    """A source that nobody agreed on beside sources that somebody did: nothing was compared, and a person should know."""
    message = Message(
        "{file} falls under no contract, so nothing was compared. If it is a new source, freeze anew; if it is the next "
        "delivery of one in contracts.toml, write * there for what changes in its name.",
        file=name_of(origin),
    )
    return Finding("contract_none", "warning", message, Origin(origin.file, origin.sheet))


def compare(contract: Contract, shape: Shape) -> list[Change]:
    """Every difference of a delivery from its contract."""
    there = {column.header: column for column in shape.columns}
    pairs, missing = _paired(contract.columns, there)
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


def _paired(
    columns: Sequence[ColumnShape], there: dict[str, ColumnShape]
) -> tuple[list[tuple[ColumnShape, ColumnShape]], list[ColumnShape]]:
    """Columns that are there, taken out of ``there``, and those that are not: by the very header, then by its spelling."""
    pairs: list[tuple[ColumnShape, ColumnShape]] = []
    missing = list(columns)
    for same in (str, spelling):
        headers = {same(header): header for header in there}
        wanted, missing = missing, []
        for agreed in wanted:
            names = (headers.get(same(name)) for name in (agreed.header, *agreed.also))
            header = next((name for name in names if name in there), None)
            if header is None:
                missing.append(agreed)
            else:
                pairs.append((agreed, there.pop(header)))
    return pairs, missing


def _differences(agreed: ColumnShape, column: ColumnShape) -> Iterator[Change]:
    if column.kind is None or agreed.kind is None:
        if agreed.kind is not None:
            message = Message("The column holds no value any more. Ask whether the instrument still writes.")
            yield Change("empty", column.header, breaking=False, message=message)
        return
    if not same_kind(agreed.kind, column.kind):
        held, holds = _KINDS[agreed.kind], _KINDS[column.kind]
        message = Message("The column held {agreed} and now holds {found}.", agreed=held, found=holds)
        yield Change("kind", column.header, True, message, column.kind, agreed.kind)
    elif agreed.unit and column.unit and unit_spelling(agreed.unit) != unit_spelling(column.unit):
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
    if not same_kind(agreed.kind, column.kind):
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
