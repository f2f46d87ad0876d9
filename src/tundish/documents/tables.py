"""How do the joined table and the answer come out as sheets and CSV that a plant's Excel opens without harm?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import BaseModel

from tundish.documents import names
from tundish.documents.answer import (
    AnswerOut,
    CauseOut,
    ClockOut,
    ConfoundedOut,
    FindingOut,
    LinkOut,
    MappingOut,
    RefusedOut,
    RepairOut,
)
from tundish.documents.words import Say
from tundish.documents.written import feature_of
from tundish.table import Column
from tundish.trace.pieces import BATCH, END, MOMENT, PIECE, START, Pieces

TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take the text of a CSV for a formula; full-width signs count where the locale is East Asian."""


def joined(pieces: Pieces, time_zone: str, _: Say) -> pl.DataFrame:
    """One row a piece in the plant's names and units; times without zone, by the plant's clock."""
    frame = pieces.table.frame
    own = [_clock(pl.col(name), frame.schema[name], time_zone).alias(title) for name, title in _own(frame, _)]
    features = [
        _plant_values(column, frame.schema[column.name], time_zone).alias(title) for column, title in headings(pieces, _)
    ]
    return frame.select(*own, *features)


def described(pieces: Pieces, _: Say) -> pl.DataFrame:
    """Where each feature of the joined table comes from: one row a feature, with file, column, window and unit."""
    rows = [
        {
            _("Heading"): title,
            _("File"): ", ".join(dict.fromkeys(origin.file for origin in column.origins)),
            _("Sheet"): ", ".join(dict.fromkeys(origin.sheet for origin in column.origins if origin.sheet)),
            _("Column"): " / ".join(column.headers),
            _("Made of it"): feature_of(column),
            _("Unit"): column.unit_read,
            _("Concept"): column.concept,
            _("Known"): {"before": _("before"), "with_target": _("with the target"), "after": _("after")}[column.known],
        }
        for column, title in headings(pieces, _)
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


def headings(pieces: Pieces, _: Say) -> list[tuple[Column, str]]:
    """Each feature with its title: the plant's names, what was made of them, the unit; the file too where two are alike."""
    columns = pieces.table.columns
    titles = [names.axis(column, _) for column in columns]
    alike = Counter(title.casefold() for title in titles)
    taken = {title.casefold() for _name, title in _own(pieces.table.frame, _)}
    found = []
    for column, title in zip(columns, titles, strict=True):
        files = ", ".join(dict.fromkeys(origin.file for origin in column.origins))
        found.append((column, _unique(f"{title} - {files}" if alike[title.casefold()] > 1 else title, taken)))
    return found


def _own(frame: pl.DataFrame, _: Say) -> list[tuple[str, str]]:
    titles = {
        PIECE: _("piece"),
        START: _("start"),
        END: _("end"),
        MOMENT: _("decision moment"),
        BATCH: _("batch"),
    }
    return [(name, title) for name, title in titles.items() if name in frame.columns]


def answer_sheets(out: AnswerOut, _: Say) -> list[tuple[str, pl.DataFrame]]:
    """The answer as flat tables, one a sheet; the first holds causes, suspects and window together, for the CSV."""
    first = [
        *({"kind": _("cause"), **_flat(cause, _)} for cause in out.causes),
        *({"kind": _("suspect"), **_flat(cause, _)} for cause in out.suspects),
        *({"kind": _("window"), **_flat(line, _)} for line in out.window),
    ]
    sheets = [(_("Answer"), first, ["kind", *CauseOut.model_fields, "low", "high", "levels"])]
    parts: tuple[tuple[str, Iterable[BaseModel], type[BaseModel]], ...] = (
        (_("Refused"), out.refused, RefusedOut),
        (_("Confounded"), out.confounded, ConfoundedOut),
        (_("Findings"), out.findings, FindingOut),
        (_("Repairs"), out.repairs, RepairOut),
        (_("Mapping"), out.mapping, MappingOut),
        (_("Clocks"), out.clocks, ClockOut),
        (_("Links"), out.links, LinkOut),
    )
    sheets += [(name, [_flat(row, _) for row in rows], list(form.model_fields)) for name, rows, form in parts]
    return [(name, _frame(rows, fields, _)) for name, rows, fields in sheets]


def _frame(rows: list[dict[str, Any]], fields: Iterable[str], _: Say) -> pl.DataFrame:
    titles = _titles(_)
    wanted = list(dict.fromkeys(fields))
    columns = {titles.get(field, field): [row.get(field) for row in rows] for field in wanted}
    return pl.DataFrame({title: _series(values) for title, values in columns.items()})


def _series(values: list[Any]) -> pl.Series:
    """Numbers where all known values are numbers, else text."""
    if any(isinstance(value, str) for value in values):
        return pl.Series([None if value is None else str(value) for value in values], dtype=pl.String)
    return pl.Series(values, dtype=pl.String if all(value is None for value in values) else None, strict=False)


def _flat(row: BaseModel, _: Say) -> dict[str, str | float | None]:
    codes = _codes(_)
    flat: dict[str, str | float | None] = {}
    for name, value in row.model_dump().items():
        match value:
            case list() | tuple():
                flat[name] = ", ".join(str(item) for item in value)
            case dict():
                flat[name] = ", ".join(f"{key} {item}" for key, item in value.items())
            case bool():
                flat[name] = _("yes") if value else _("no")
            case str() if name in ("direction", "severity", "by"):
                flat[name] = codes.get(value, value)
            case _other:
                flat[name] = value
    return flat


def _codes(_: Say) -> dict[str, str]:
    return {
        "increases": _("rises with it"),
        "decreases": _("falls with it"),
        "both_sides": _("both sides"),
        "by_level": _("by level"),
        "info": _("note"),
        "warning": _("warning"),
        "error": _("error"),
        "key": _("key"),
        "time": _("time"),
    }


def _titles(_: Say) -> dict[str, str]:
    """Titles of the columns of the answer's sheets, by the names of the fields in answer.json."""
    return {
        "kind": _("Kind"),
        "concept": _("Concept"),
        "columns": _("Columns"),
        "column": _("Column"),
        "sources": _("Where"),
        "source": _("Where"),
        "rank": _("Rank"),
        "direction": _("Direction"),
        "effect": _("Effect"),
        "unit": _("Unit"),
        "confidence": _("Confidence (0 to 1)"),
        "reason": _("Reason"),
        "feature": _("Made of it"),
        "usual": _("Usual span (10 to 90 %)"),
        "low": _("Keep from"),
        "high": _("Keep to"),
        "levels": _("Levels"),
        "code": _("Code"),
        "severity": _("Severity"),
        "text": _("What"),
        "file": _("File"),
        "sheet": _("Sheet"),
        "rows": _("Rows"),
        "count": _("Count"),
        "found": _("Found"),
        "expected": _("Expected"),
        "hint": _("What to do"),
        "before": _("Before"),
        "after": _("After"),
        "score": _("Score"),
        "unit_read": _("Unit read"),
        "alternatives": _("Alternatives"),
        "confirmed": _("Confirmed"),
        "offset_s": _("Seconds added"),
        "low_s": _("Interval from (s)"),
        "high_s": _("Interval to (s)"),
        "table": _("Table"),
        "by": _("Joined by"),
        "rows_linked": _("Rows joined"),
        "pieces_linked": _("Pieces joined"),
        "respelled": _("Ids respelled"),
    }


def write_csv(frame: pl.DataFrame, path: Path) -> None:
    """Write as UTF-8 with BOM; text that Excel would take for a formula is made harmless by a leading apostrophe."""
    harmless = frame.with_columns(
        pl.when(pl.col(pl.String).str.slice(0, 1).is_in(list(_FORMULA)))
        .then(pl.lit("'") + pl.col(pl.String))
        .otherwise(pl.col(pl.String))
        .name.keep()
    )
    harmless = harmless.rename({name: "'" + name for name in harmless.columns if name.startswith(_FORMULA)})
    with path.open("wb") as file:
        harmless.write_csv(file, include_bom=True, datetime_format=TIME_FORMAT)


def _plant_values(column: Column, dtype: pl.DataType, time_zone: str) -> pl.Expr:
    values = pl.col(column.name)
    if dtype == pl.Boolean:
        return values.cast(pl.Int8)
    if not dtype.is_numeric():
        return _clock(values, dtype, time_zone)
    plant = (values.cast(pl.Float64) - column.offset) / column.factor
    return pl.when(plant.is_finite()).then(plant.round_sig_figs(8))


def _clock(values: pl.Expr, dtype: pl.DataType, time_zone: str) -> pl.Expr:
    if isinstance(dtype, pl.Datetime):
        return values.dt.convert_time_zone(time_zone).dt.replace_time_zone(None).dt.truncate("1s")
    return values.cast(pl.String)


def _unique(title: str, taken: set[str]) -> str:
    candidate, number = title, 2
    while candidate.casefold() in taken:
        candidate, number = f"{title} ({number})", number + 1
    taken.add(candidate.casefold())
    return candidate
