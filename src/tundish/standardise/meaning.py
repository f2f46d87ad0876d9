"""What does each column of an export mean, in which unit, and what stands in it that was never measured?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import polars as pl

from tundish.errors import Message
from tundish.standardise.decided import Decided, said_of, settle
from tundish.standardise.export import Export
from tundish.standardise.matching.look import ColumnSketch
from tundish.standardise.matching.match import Matched, match
from tundish.standardise.mends import mend
from tundish.standardise.values.days import to_utc
from tundish.standardise.values.gaps import MEASURED_QUANTITIES, All, Code, Zero, missing_codes
from tundish.standardise.values.kinds import Read, whole_texts
from tundish.standardise.values.times import serial_times
from tundish.table import Aside, Column, Kind, Match
from tundish.vocabulary import Catalogue, Concept

Value = TypeVar("Value")

_SAMPLE = 2000
_TEXTS = 200
_FEW = 10


@dataclass(frozen=True)
class Meant:
    """A column with its meaning; the values of ``read`` are SI."""

    read: Read
    column: Column
    concept: Concept | None
    match: Match
    plant: pl.Series
    """The values as the plant writes them: numbers before they became SI."""


def give_meaning(export: Export, catalogue: Catalogue, decided: Decided, time_zone: str) -> list[Meant]:
    """Match the columns of an export to concepts, set aside what was not measured, convert to SI."""
    found = match([sketch(read) for read in export.reads], catalogue, table_name=export.name)
    settled = [settle(read, matched, catalogue, decided) for read, matched in zip(export.reads, found, strict=True)]
    concepts = [catalogue.concept(matched.match.concept) if matched.match.concept else None for matched in settled]
    columns = list(zip(export.reads, settled, concepts, strict=True))
    reads = [_reconcile(read, concept, time_zone) for read, _, concept in columns]
    pieces = any(read.kind == "identity" and read.values.n_unique() == len(read.values) for read in reads)
    reads = [mend(read, decided.mends.of(read), export.sha256) for read in reads]
    reads = [
        _clean(read, matched, concept, decided, pieces=pieces)
        for read, (_, matched, concept) in zip(reads, columns, strict=True)
    ]
    names: set[str] = set()
    return [_convert(read, matched, concept, names) for read, (_, matched, concept) in zip(reads, columns, strict=True)]


def _clean(read: Read, matched: Matched, concept: Concept | None, decided: Decided, *, pieces: bool) -> Read:
    if read.kind != "number":
        return read
    told = said_of(decided.missing, read)
    if told is not None:
        for value in told:
            read = _set_aside(read, Code(value, 1, sure=True), by_user=True)
        # An empty list says that every value of the column is true.
        return read if told else replace(read, kept=read.values.is_not_null())
    quantity = concept.quantity if concept else matched.unit.quantity if matched.unit else None
    for code in missing_codes(
        All.known(read.values.to_numpy()), zero=meaning_of_zero(concept, pieces=pieces), quantity=quantity
    ):
        read = _set_aside(read, code) if code.sure else _suspect(read, code)
    return read


def meaning_of_zero(concept: Concept | None, *, pieces: bool) -> Zero:
    """What a 0 means; a log also runs while the line stands, and then a speed or a force of 0 is true."""
    if concept is None:
        return None
    measured = pieces or concept.quantity in MEASURED_QUANTITIES
    return "missing" if concept.zero_is_missing and measured else "honest"


def sketch(read: Read) -> ColumnSketch:
    """What matching may look at: the header and a sample of the values."""
    step = max(1, len(read.values) // _SAMPLE)
    spread = read.values.gather_every(step)
    distinct = read.values.gather_every(max(1, len(read.values) // 20_000)).drop_nulls().n_unique()
    few = len(read.values) - read.values.null_count() < _FEW
    if read.kind == "number":
        numbers = spread.cast(pl.Float64).to_numpy()
        return ColumnSketch(
            read.header, read.kind, read.place.origin, read.unit_text, numbers=numbers, distinct=distinct, few=few
        )
    texts: tuple[str, ...] = ()
    if read.kind != "time":
        texts = tuple(spread.drop_nulls().unique(maintain_order=True).head(_TEXTS).to_list())
    kind: Kind = "time" if read.undecided else read.kind
    return ColumnSketch(read.header, kind, read.place.origin, read.unit_text, texts=texts, distinct=distinct, few=few)


def _reconcile(read: Read, concept: Concept | None, time_zone: str) -> Read:
    """Let the concept decide where the values alone leave it open."""
    if concept is None or concept.kind == read.kind:
        return read
    if concept.kind in ("identity", "category", "text") and read.kind in ("number", "identity", "category", "text"):
        return replace(read, kind=concept.kind, values=whole_texts(read.raw) if read.kind == "number" else read.values)
    if concept.kind == "number" and read.kind == "identity":
        numbers = read.raw.cast(pl.Float64, strict=False)
        return replace(read, kind="number", values=numbers) if numbers.null_count() == read.raw.null_count() else read
    if concept.kind == "time" and read.kind == "number" and (times := serial_times(read.values, None)):
        return to_utc(replace(read, kind="time", values=times.values, span=times.span, utc=times.utc), time_zone)
    return read


def _set_aside(read: Read, code: Code, *, by_user: bool = False) -> Read:
    where = (read.values == code.value).fill_null(value=False)
    if read.kept is not None:
        where = where & ~read.kept
    if not where.any():
        return read
    text = f"{code.value:g}"
    message = (
        Message("{value} stands for: not measured, as plant.toml says; these cells are left empty.", value=text)
        if by_user
        else Message(
            "{value} cannot be a measured value here and means: not measured. These cells are left empty; "
            "if it is a true value, write an empty list for the column under [missing] in plant.toml.",
            value=text,
        )
    )
    finding = read.place.finding("missing_code", "info" if by_user else "warning", message, where)
    repair = read.place.repair(
        "missing_code", Message("{value} was taken for: not measured; left empty.", value=text), where, before=text
    )
    stood = str(read.raw.filter(where)[0])
    finding = replace(finding, found=(stood,) * len(finding.rows))
    aside = Aside("missing_code", read.place.origin, None, None, stood, "", finding.message, int(where.sum()))
    kept = () if by_user else (aside,)
    read = replace(read, values=read.values.set(where, None), asides=(*read.asides, *kept), codes=(*read.codes, code.value))
    return read.adding(findings=[finding], repairs=[repair])


def _suspect(read: Read, code: Code) -> Read:
    where = (read.values == code.value).fill_null(value=False)
    message = Message(
        "{value} stands far from all other values; it is kept, for it may be true. "
        "If it means not measured, write it for the column under [missing] in plant.toml.",
        value=f"{code.value:g}",
    )
    return read.adding(findings=[read.place.finding("suspected_missing", "warning", message, where)])


def _convert(read: Read, matched: Matched, concept: Concept | None, names: set[str]) -> Meant:
    unit = matched.unit if read.kind == "number" else None
    plant = read.values
    if unit and (unit.factor != 1.0 or unit.offset != 0.0):
        read = replace(read, values=read.values * unit.factor + unit.offset)
    name = _name(read, matched, names)
    kind: Kind = read.kind
    column = Column(
        name,
        kind,
        read.origins,
        concept=matched.match.concept,
        position=matched.position,
        unit=unit.si if unit else None,
        unit_read=unit.label if unit else None,
        factor=unit.factor if unit else 1.0,
        offset=unit.offset if unit else 0.0,
        statistic=matched.statistic,
    )
    return Meant(read, column, concept, matched.match, plant)


def _name(read: Read, matched: Matched, names: set[str]) -> str:
    concept = matched.match.concept
    name = f"plant:{read.header}" if concept is None else concept + (f"@{matched.position}" if matched.position else "")
    unique, n = name, 2
    while unique in names:
        unique, n = f"{name}#{n}" if "@" in name or concept is None else f"{name}@{n}", n + 1
    names.add(unique)
    return unique
