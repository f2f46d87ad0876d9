"""What must go before rows are a table: empty rows and columns, repeated headers, sums, row counters, doubled names."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

import polars as pl

from tundish.errors import Message
from tundish.intake.layout import SUM_PATTERN
from tundish.intake.raw import RawTable
from tundish.table import ROW, ROWS_SHOWN, SOURCE, Finding, Origin, Repair

_MOST_SUMS = 0.5
_RULE = r"^:?[-=+_]{2,}:?$"


@dataclass
class Tidied:
    """A frame on its way to a table: columns ``0`` .. ``n-1`` and ``#row``, a header for each, and what was done so far."""

    frame: pl.DataFrame
    headers: list[str]
    units: list[str | None]
    origin: Origin
    findings: list[Finding] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)

    def raw(self, dialect: Mapping[str, str], sha256: str) -> RawTable:
        """The table as a connector hands it over."""
        headers, units = tuple(self.headers), tuple(self.units)
        return RawTable(self.origin, self.frame, headers, units, dialect, sha256, tuple(self.findings), tuple(self.repairs))

    def repair(self, code: str, message: Message, *, rows: Sequence[int] = (), before: str | None = None) -> None:
        """Note a repair of these rows."""
        origin = Origin(self.origin.file, self.origin.sheet, row=rows[0] if rows else None)
        self.repairs.append(Repair(code, message, origin, max(len(rows), 1), before=before, rows=tuple(rows[:ROWS_SHOWN])))

    def drop_rows(self, mask: pl.Series, code: str, message: str) -> None:
        """Leave out the rows of ``mask`` and say so with ``message`` (which may name {count})."""
        if not mask.any():
            return
        gone = self.frame.filter(mask)
        shown = " | ".join("" if value is None else str(value) for value in gone.drop(ROW).row(0))
        self.frame = self.frame.filter(~mask)
        self.repair(code, Message(message, count=gone.height), rows=gone[ROW].to_list(), before=shown[:200])


def tidy(table: Tidied, *, header_rows: Sequence[Sequence[str]]) -> Tidied:
    """Leave out what is no row and no column, and give every column a name of its own."""
    _blank_rows(table)
    _rules(table)
    for row in header_rows:
        _repeated(table, row)
    _sums(table)
    _empty_columns(table)
    _row_counter(table)
    _name(table)
    return table


def _texts(table: Tidied) -> list[str]:
    return [name for name, kind in table.frame.schema.items() if kind == pl.String]


def _blank_rows(table: Tidied) -> None:
    columns = [name for name in table.frame.columns if name != ROW]
    suspects = table.frame[columns[0]].is_null() if columns else pl.Series([], dtype=pl.Boolean)
    if suspects.any():
        mask = table.frame.select(pl.all_horizontal(pl.col(columns).is_null())).to_series()
        table.drop_rows(mask, "blank_rows", "{count} blank rows were left out.")


def _rules(table: Tidied) -> None:
    """Rules of hyphens that a shell prints under the header of each page."""
    texts = _texts(table)
    if not texts or "0" not in texts:
        return
    mask = table.frame["0"].str.contains(_RULE).fill_null(value=False)
    if mask.any():
        also = table.frame.select(pl.all_horizontal(pl.col(texts).str.contains(_RULE).fill_null(value=True))).to_series()
        table.drop_rows(mask & also, "rules", "{count} rules between the rows were left out.")


def _repeated(table: Tidied, row: Sequence[str]) -> None:
    """A header printed again at the top of each page."""
    texts = set(_texts(table))
    named = [(str(index), cell) for index, cell in enumerate(row) if cell and str(index) in texts]
    if len(named) < min(2, len(row)) or not named:
        return
    masks = (table.frame[column].str.strip_chars().eq_missing(cell) for column, cell in named)
    mask = next(masks)
    if mask.any():
        text = "The header stands again in {count} rows between the data; these rows were left out."
        table.drop_rows(reduce(lambda one, other: one & other, masks, mask), "repeated_header", text)


def _sums(table: Tidied) -> None:
    first = [name for name in table.frame.columns[:4] if name in set(_texts(table))][:3]
    if not first or not table.frame.height:
        return
    mask = table.frame.select(pl.coalesce(first).str.contains(SUM_PATTERN).fill_null(value=False)).to_series()
    if 0 < mask.sum() < _MOST_SUMS * table.frame.height:
        table.drop_rows(mask, "sum_rows", "{count} rows that sum other rows were left out.")


def _empty_columns(table: Tidied) -> None:
    empty = [
        index
        for index, header in enumerate(table.headers)
        if not header and table.frame[str(index)].null_count() == table.frame.height
    ]
    if not empty or len(empty) == len(table.headers):
        return
    kept = [index for index in range(len(table.headers)) if index not in set(empty)]
    if table.frame.height:
        text = "{count} columns without name and values were left out (first: number {first})."
        table.repair("empty_columns", Message(text, count=len(empty), first=empty[0] + 1))
    _keep_columns(table, kept)


def _keep_columns(table: Tidied, kept: Sequence[int]) -> None:
    names = {str(old): str(new) for new, old in enumerate(kept)}
    table.frame = table.frame.select(ROW, *names).rename(names)
    table.headers = [table.headers[index] for index in kept]
    table.units = [table.units[index] for index in kept]


def _row_counter(table: Tidied) -> None:
    """The index that pandas and R write in front of a table: a first column without name that counts its rows."""
    if len(table.headers) < 2 or table.headers[0] or not any(table.headers) or not table.frame.height:
        return
    values = table.frame["0"].cast(pl.Int64, strict=False)
    if values.null_count() or values[0] not in (0, 1) or not (values.diff().drop_nulls() >= 1).all():
        return
    dropped = sum(repair.count for repair in table.repairs if repair.rows) + sum(finding.count for finding in table.findings)
    if values[-1] - values[0] - (table.frame.height - 1) > dropped:
        return
    text = "The first column has no name and counts the rows ({first} to {last}); it was left out."
    table.repair("row_counter", Message(text, first=values[0], last=values[-1]))
    _keep_columns(table, range(1, len(table.headers)))


def _name(table: Tidied) -> None:
    taken = {ROW, SOURCE}
    for index, header in enumerate(table.headers):
        name = unicodedata.normalize("NFC", " ".join(header.split())) or f"column {index + 1}"
        if not header:
            text = "Column {number} has no name; it is called {name}. Give it a name in the file."
            origin = Origin(table.origin.file, table.origin.sheet, name)
            table.findings.append(Finding("nameless_column", "warning", Message(text, number=index + 1, name=name), origin))
        first, count = name, 1
        while name in taken:
            count += 1
            name = f"{first} ({count})"
        if count > 1:
            text = "The name {name} stands over several columns; this one is called {new}."
            origin = Origin(table.origin.file, table.origin.sheet, name)
            message = Message(text, name=first, new=name)
            table.repairs.append(Repair("doubled_header", message, origin, before=first, after=name))
        taken.add(name)
        table.headers[index] = name
    table.frame = table.frame.rename({str(index): f"\0{index}" for index in range(len(table.headers))})
    table.frame = table.frame.rename({f"\0{index}": name for index, name in enumerate(table.headers)})
