"""What did a person decide of values that were set aside, and does it still fit what stands in the file?"""

from __future__ import annotations

import math
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import polars as pl

from tundish.errors import Message
from tundish.standardise.values.kinds import Read
from tundish.standardise.values.numbers import number, style_of
from tundish.table import Finding, Origin, Repair
from tundish.vocabulary import parse_unit

Decision = Literal["keep", "correct", "drop"]
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Mend:
    """One decided line of the quarantine file."""

    origin: Origin
    """File, sheet and column it speaks of."""
    row: int | None
    """None: every cell of the column with this value."""
    last: int | None
    found: str
    decision: Decision
    corrected: str
    sha256: str
    """Beginning of the hash of the file, as it was when the value was set aside."""
    line: Origin
    """Where the decision stands."""
    code: str = ""
    expected: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Mends:
    """All decisions, by the column they speak of; remembers which were asked for."""

    lines: tuple[Mend, ...] = ()
    findings: tuple[Finding, ...] = ()
    """What could not be understood of the quarantine file."""
    by_column: Mapping[Key, tuple[Mend, ...]] = field(init=False)

    def __post_init__(self) -> None:
        by_column: dict[Key, list[Mend]] = defaultdict(list)
        for mend in self.lines:
            by_column[key_of(mend.origin)].append(mend)
        object.__setattr__(self, "by_column", {key: tuple(lines) for key, lines in by_column.items()})

    def of(self, read: Read) -> tuple[Mend, ...]:
        """The decisions about one column."""
        return self.by_column.get(key_of(read.place.origin), ())

    def unknown(self, origins: Iterable[Origin]) -> list[Finding]:
        """Findings about decisions that speak of no column of the plant."""
        there = {key_of(origin) for origin in origins}
        return [
            Finding(
                "mend_unknown",
                "warning",
                Message(
                    "The quarantine file speaks of {file}, column {column}, which is not in the folder; "
                    "the line changes nothing. Take it out, or bring the file back.",
                    file=lines[0].origin.file,
                    column=lines[0].origin.column or "-",
                ),
                lines[0].line,
                count=len(lines),
                rows=tuple(mend.line.row or 0 for mend in lines[:20]),
            )
            for key, lines in self.by_column.items()
            if key not in there
        ]


def key_of(origin: Origin) -> Key:
    """How a column is found again after a spreadsheet has saved its name: composed letters, no leading zeros of a number."""
    return (even(origin.file), even(origin.sheet or ""), even(origin.column or ""))


def even(text: str) -> str:
    """A name as a spreadsheet would keep it.

    >>> even(" 007 "), even("열연코일.CSV")
    ('7', '열연코일.csv')
    """
    plain = unicodedata.normalize("NFC", text).strip().casefold()
    return plain.lstrip("0") or "0" if plain.isdigit() else plain


def mend(read: Read, lines: Sequence[Mend], sha256: str) -> Read:
    """Apply what was decided of a column's cells; what does not fit any more becomes a finding and changes nothing."""
    kept = read.kept
    for line in lines:
        if read.kind != "number":
            read = read.adding(findings=[_not_applied(line, Message("the column no longer holds numbers"))])
            continue
        where = _where(read, line)
        against = _against(read, line, where, sha256)
        if against is not None:
            read = read.adding(findings=[_not_applied(line, against)])
        elif line.decision == "keep":
            kept = where if kept is None else kept | where
            read = read.adding(repairs=[_decided(read, line, where)])
        else:
            read = _changed(read, line, where)
    return replace(read, kept=kept)


def _where(read: Read, line: Mend) -> pl.Series:
    if line.row is None:
        value = number(line.found).value
        return (read.values == (math.nan if value is None else value)).fill_null(value=False)
    last = line.row if line.last is None else line.last
    return read.place.rows.is_between(line.row, last)


def _against(read: Read, line: Mend, where: pl.Series, sha256: str) -> Message | str | None:
    """Why a decision cannot be applied; None when it can."""
    if not where.any():
        return Message("no such row, or no such value in it")
    same_file = bool(line.sha256) and sha256.startswith(line.sha256)
    cells = pl.DataFrame({"text": read.raw.filter(where).cast(pl.String), "value": read.values.filter(where)}).unique()
    for text, value in cells.iter_rows():
        if not _agrees(line.found, text, value, loosely=same_file):
            return Message("{now} stands there now", now=text or "-")
    if line.decision == "correct" and _corrected(read, line) is None:
        return Message("{corrected} is no number in the column's unit", corrected=line.corrected or "-")
    return None


def _agrees(found: str, text: str | None, value: float | None, *, loosely: bool) -> bool:
    """The same cell: equal text or number; in an unchanged file also a number cut to fewer digits by a spreadsheet."""
    if text is not None and even(found) == even(text):
        return True
    written = number(found, style_of([found]) or "point").value
    if written is None or value is None:
        return False
    if math.isclose(written, value, rel_tol=1e-9):
        return True
    digits = len(found.strip().partition(".")[2]) if "e" not in found.casefold() else None
    if not loosely:
        return False
    return round(value, digits) == written if digits is not None else math.isclose(written, value, rel_tol=1e-2)


def _corrected(read: Read, line: Mend) -> float | None:
    column = style_of(read.raw.cast(pl.String).drop_nulls().to_list()) if "," in line.corrected else None
    decimal = "," if column in ("comma", "comma_grouped") else None  # 1,250 is what it is in the rest of the column
    reading = number(line.corrected, style_of([line.corrected], decimal) or "point")
    if reading.unit is not None and parse_unit(reading.unit) != parse_unit(read.unit_text):
        return None
    return reading.value


def _changed(read: Read, line: Mend, where: pl.Series) -> Read:
    value = _corrected(read, line) if line.decision == "correct" else None
    values = read.values.to_numpy(writable=True).astype(np.float64)
    values[where.to_numpy()] = np.nan if value is None else value
    repair = _decided(read, line, where)
    mended = pl.Series(read.values.name, values).fill_nan(None)
    return replace(read, values=mended).adding(repairs=[repair])


def _decided(read: Read, line: Mend, where: pl.Series) -> Repair:
    after = {"keep": line.found, "correct": line.corrected, "drop": None}[line.decision]
    messages = {
        "keep": Message("{before} is true, as the quarantine file says; it is kept.", before=line.found),
        "correct": Message("{before} was mended to {after}, as the quarantine file says.", before=line.found, after=after),
        "drop": Message("{before} was dropped, as the quarantine file says; left empty.", before=line.found),
    }
    return read.place.repair("mended", messages[line.decision], where, before=line.found, after=after)


def _not_applied(line: Mend, why: Message | str) -> Finding:
    message = Message(
        "The quarantine file says {found} for {file}, {column}, row {row}, but {why}. Nothing was changed. "
        "Check the line, or take it out.",
        found=line.found or "-",
        file=line.origin.file,
        column=line.origin.column or "-",
        row="-" if line.row is None else str(line.row),
        why=why,
    )
    return Finding("mend_not_applied", "warning", message, line.line, rows=(line.line.row or 0,))
