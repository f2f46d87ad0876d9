"""How do all exports of a plant become tables of known concepts?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import polars as pl

from tundish.intake.raw import RawTable
from tundish.standardise.contracts import Contract, Shape
from tundish.standardise.decided import Decided
from tundish.standardise.deliveries import Delivery, inspect
from tundish.standardise.export import Export, understand
from tundish.standardise.forms.long import unfold
from tundish.standardise.forms.stack import stack
from tundish.standardise.judge import judge
from tundish.standardise.meaning import Meant, give_meaning
from tundish.standardise.mends import Mends
from tundish.standardise.sampled import of_parts
from tundish.standardise.spelling import even_spellings
from tundish.table import ROW, SOURCE, Finding, Progress, Table
from tundish.vocabulary import Catalogue

_SUFFIXES = frozenset(
    (".csv", ".tsv", ".txt", ".gz", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".parquet", ".dat", ".prn", ".log")
)


@dataclass(frozen=True)
class Standardised:
    """The plant's tables, and the findings that belong to none of them."""

    tables: tuple[Table, ...]
    findings: tuple[Finding, ...]
    shapes: tuple[Shape, ...] = ()
    """What was delivered, file by file, where a contract asks for it or it is to be recorded."""


def standardise(
    raw: Sequence[RawTable],
    catalogue: Catalogue,
    *,
    time_zone: str = "Asia/Seoul",
    mapping: Mapping[str, str] | None = None,
    synonyms: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
    missing: Mapping[str, tuple[float, ...]] | None = None,
    mends: Mends | None = None,
    contracts: Sequence[Contract] | None = (),
    progress: Progress | None = None,
) -> Standardised:
    """Give every column of every export a kind, a meaning, a unit and UTC times; stack exports of the same table.

    ``mapping``, ``units`` and ``missing`` are what plant.toml decided, by ``file:column``; ``synonyms`` what other plants
    confirmed, by column name; ``mends`` what the quarantine file did of single cells. A delivery that breaks a frozen one of
    ``contracts`` is set aside; None takes everything and tells its shape, so that it can be agreed on. Values are SI.
    """
    raw = unfold(raw)
    mends = mends or Mends()
    decided = Decided(mapping or {}, units or {}, missing or {}, mends, synonyms or {})
    tell = progress or (lambda *_: None)
    tables: list[Table] = []
    deliveries: list[Delivery] = []
    for i, (name, table) in enumerate(zip(_names(raw), raw, strict=True)):
        tell("standardise", i, len(raw))
        exports = [(one, give_meaning(one, catalogue, decided, time_zone)) for one in understand(table, name, time_zone)]
        delivery = inspect(table, [column for _, meant in exports for column in meant], contracts)
        deliveries.append(delivery)
        if not delivery.set_aside:
            tables += [of_parts(_table(export, meant), table, (export, meant), decided, time_zone) for export, meant in exports]
    stacked, not_stacked = stack(tables)
    tell("standardise", len(raw), len(raw))
    return Standardised(
        tables=tuple(_unique(even_spellings(table) for table in stacked)),
        findings=(
            *(finding for delivery in deliveries for finding in delivery.findings),
            *mends.findings,
            *mends.unknown(replace(table.origin, column=header) for table in raw for header in table.headers),
            *not_stacked,
        ),
        shapes=tuple(delivery.shape for delivery in deliveries if delivery.shape is not None),
    )


def _names(raw: Sequence[RawTable]) -> list[str]:
    stems = [_stem(table.origin.file) for table in raw]
    sheets: dict[str, int] = {}
    for table in raw:
        sheets[table.origin.file] = sheets.get(table.origin.file, 0) + 1
    return [
        f"{stem} {table.origin.sheet}" if table.origin.sheet and sheets[table.origin.file] > 1 else stem
        for stem, table in zip(stems, raw, strict=True)
    ]


def _stem(file: str) -> str:
    path = PurePosixPath(file)
    while path.suffix.lower() in _SUFFIXES:
        path = path.with_suffix("")
    return path.name


def _table(export: Export, meant: Sequence[Meant]) -> Table:
    rows = export.rows.cast(pl.UInt32).alias(ROW)
    judged = judge(export, meant)
    meant = judged.columns
    values = [one.read.values.alias(one.column.name) for one in meant]
    frame = pl.DataFrame([rows, *values]).with_columns(pl.lit(0, dtype=pl.UInt16).alias(SOURCE))
    return Table(
        name=export.name,
        frame=frame.select(ROW, SOURCE, *(one.column.name for one in meant)),
        columns=tuple(one.column for one in meant),
        origins=(export.origin,),
        matches=tuple(one.match for one in meant),
        findings=(*export.findings, *(f for one in meant for f in one.read.findings), *judged.findings),
        repairs=(*export.repairs, *(r for one in meant for r in one.read.repairs)),
        asides=(*judged.asides, *(replace(a, sha256=export.sha256) for one in meant for a in one.read.asides)),
    )


def _unique(tables: Iterable[Table]) -> list[Table]:
    named: dict[str, Table] = {}
    for table in tables:
        name, n = table.name, 2
        while name in named:
            name, n = f"{table.name} ({n})", n + 1
        named[name] = replace(table, name=name)
    return list(named.values())
