"""What stands in one export, before any of its columns has a meaning?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from tundish.errors import Message
from tundish.intake.raw import RawTable
from tundish.standardise.forms.wide import repeated_block, unpivot
from tundish.standardise.places import Place
from tundish.standardise.values.days import join_days, settle_epoch, to_utc
from tundish.standardise.values.kinds import Read, read_column
from tundish.standardise.values.numbers import style_of
from tundish.standardise.values.stamps import Order
from tundish.standardise.values.years import Dated, give_year
from tundish.table import ROW, Finding, Origin, Repair

_ROW_NUMBER = re.compile(
    r"^(?:|unnamed.*|column.?\d+|열\s?\d+|index|idx|순번|연번|no|no\.|번호|#|№|lp\.?|nr\.?|seq\.?|row|행|순서|s/?no\.?)$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Export:
    """One table of one file: its columns understood by their values, and the file's number of each row."""

    name: str
    origin: Origin
    reads: tuple[Read, ...]
    rows: pl.Series
    findings: tuple[Finding, ...] = ()
    repairs: tuple[Repair, ...] = ()
    sha256: str = ""
    """Of the file."""


def understand(raw: RawTable, name: str, time_zone: str) -> list[Export]:
    """Read every column of a raw table; a block of events written to the right comes out as a second export."""
    rows = raw.frame[ROW]
    titles = _titles(raw)
    reads = read_columns(raw)
    reads = [to_utc(read, time_zone) for read in join_days(settle_epoch(reads, titles), titles)]
    findings = list(raw.findings)
    repairs = list(raw.repairs)
    reads = _without_empty(reads, findings)
    reads = _without_row_number(reads, findings)
    block = repeated_block(reads)
    if block is None:
        return [Export(name, raw.origin, tuple(reads), rows, tuple(findings), tuple(repairs), raw.sha256)]
    long, where, repair = unpivot(block, reads, rows, raw.origin)
    inside = {id(read) for repeats in block.stems.values() for read in repeats.values()}
    kept = tuple(read for read in reads if id(read) not in inside)
    return [
        Export(name, raw.origin, kept, rows, tuple(findings), (*repairs, repair), raw.sha256),
        Export(f"{name} / {block.name}", raw.origin, tuple(long), where, sha256=raw.sha256),
    ]


def read_columns(raw: RawTable) -> list[Read]:
    """Every column of a raw table by its values alone, one a header, in order: nothing joined, nothing left out."""
    return _settle_orders(_read_all(raw, raw.frame[ROW], _titles(raw)))


def _titles(raw: RawTable) -> list[str]:
    return [raw.origin.file, raw.origin.sheet or "", *(repair.before or "" for repair in raw.repairs)]


def _read_all(raw: RawTable, rows: pl.Series, titles: Sequence[str]) -> list[Read]:
    decimal = _decimal(raw)
    units = raw.units or (None,) * len(raw.headers)
    reads = []
    for header, unit in zip(raw.headers, units, strict=True):
        values, place = raw.frame[header], _place(raw, header, rows)
        dated = give_year(values, header, titles) if values.dtype == pl.String else None
        if dated is None:
            reads.append(read_column(values, header, place, unit_text=unit, decimal=decimal))
        elif dated.values is None:
            read = read_column(values, header, place, unit_text=unit, decimal=decimal)
            reads.append(read.adding(findings=[_without_year(place, dated)]))
        else:
            repair = place.repair("year_from_name", _year_given(dated), values != dated.values, before=dated.example)
            reads.append(read_column(dated.values, header, place, unit_text=unit, decimal=decimal).adding(repairs=[repair]))
    return reads


def _without_year(place: Place, dated: Dated) -> Finding:
    message = Message(
        "Dates such as {example} have no year, and name, sheet and title of the file do not tell one year for sure "
        "(found: {years}). Write the year into the file's name, or export the dates with it.",
        example=dated.example,
        years=", ".join(map(str, dated.years)) or "-",
    )
    return place.finding("year_unknown", "warning", message)


def _year_given(dated: Dated) -> Message:
    return Message(
        "Dates such as {example} have no year; {year} is from the file's name, sheet or title.",
        example=dated.example,
        year=str(dated.years[0]),
    )


def _place(raw: RawTable, header: str, rows: pl.Series) -> Place:
    return Place(replace(raw.origin, column=header), rows)


def _decimal(raw: RawTable) -> str | None:
    """The file's dialect, unless its columns together clearly say otherwise."""
    texts = [raw.frame[header] for header in raw.headers if raw.frame[header].dtype == pl.String]
    styles = Counter(style_of(column.drop_nulls().gather_every(max(1, len(column) // 100)).to_list()) for column in texts)
    if styles["comma"] + styles["comma_grouped"] > styles["point"]:
        return ","
    return raw.dialect.get("decimal")


def _settle_orders(reads: Sequence[Read]) -> list[Read]:
    """Columns whose order of day and month stayed open take the order of the other columns."""
    known: Counter[Order] = Counter(read.order for read in reads if read.kind == "time" and read.order and not read.undecided)
    if not known or not any(read.undecided for read in reads):
        return list(reads)
    order = known.most_common(1)[0][0]
    return [
        read_column(read.raw, read.header, read.place, unit_text=read.unit_text, decimal=None, order=order)
        if read.undecided
        else read
        for read in reads
    ]


def _without_empty(reads: Sequence[Read], findings: list[Finding]) -> list[Read]:
    kept = []
    for read in reads:
        if len(read.values) and read.values.null_count() == len(read.values) and not read.header.strip()[:1].isdigit():
            findings += read.findings
            findings.append(read.place.finding("empty_column", "info", Message("The column holds no value; it was left out.")))
        else:
            kept.append(read)
    return kept


def _without_row_number(reads: Sequence[Read], findings: list[Finding]) -> list[Read]:
    numbered = [read for read in reads if _ROW_NUMBER.match(read.header.strip()) and _counts_up(read.values)]
    others = [read for read in reads if read.kind in ("identity", "time") and read not in numbered]
    dropped = [read for read in numbered if others or not read.header.strip()]
    for read in dropped:
        message = Message("The column only numbers the rows; it was left out.")
        findings.append(read.place.finding("row_number", "info", message))
    return [read for read in reads if not any(read is other for other in dropped)]


def _counts_up(values: pl.Series) -> bool:
    numbers = values.cast(pl.Float64, strict=False) if not values.dtype.is_temporal() else pl.Series([None], dtype=pl.Float64)
    if numbers.null_count() or len(numbers) < 3:
        return False
    return numbers[0] in (0, 1) and bool((numbers.diff().drop_nulls() == 1).all())
