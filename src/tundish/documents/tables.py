"""How do the joined table and the answer come out as XLSX and CSV that a plant's Excel opens without harm?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from tundish.documents.answer import AnswerOut
from tundish.table import Column
from tundish.trace.pieces import BATCH, END, MOMENT, PIECE, START, Pieces

TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
MOST_ROWS = 1_048_575
"""Rows that one sheet of a workbook holds below its header (Excel specification and limits)."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_OWN = {PIECE: "piece", START: "start", END: "end", MOMENT: "decision moment", BATCH: "batch"}


def joined(pieces: Pieces, time_zone: str) -> pl.DataFrame:
    """One row a piece in the plant's names, units and clock; text columns and numbers only."""
    frame = pieces.table.frame
    own = [
        _clock(pl.col(name), frame.schema[name], time_zone).alias(title)
        for name, title in _OWN.items()
        if name in frame.columns
    ]
    taken = set(_OWN.values())
    features = []
    for column in pieces.table.columns:
        title = _unique(heading(column), taken)
        features.append(_plant_values(column, frame.schema[column.name], time_zone).alias(title))
    return frame.select(*own, *features)


def heading(column: Column) -> str:
    """Title of a feature for a reader: the plant's name, what was made of it, the plant's unit."""
    made = "" if column.statistic == "value" else f" {column.statistic}"
    over = f" ({column.window})" if column.window and column.statistic == "lag" else ""
    unit = f" [{column.unit_read}]" if column.unit_read else ""
    return f"{column.headers[0] if column.headers else column.name}{made}{over}{unit}"


def answer_sheets(out: AnswerOut) -> list[tuple[str, pl.DataFrame]]:
    """The answer as flat tables, one a sheet; the first holds causes and window together, for the CSV."""
    causes = [
        _flat(cause.model_dump(), kind) for kind, part in (("cause", out.causes), ("suspect", out.suspects)) for cause in part
    ]
    window = [_flat(line.model_dump(), "window") for line in out.window]
    sheets = [("answer", causes + window)]
    for name, rows in (
        ("refused", out.refused),
        ("confounded", out.confounded),
        ("findings", out.findings),
        ("repairs", out.repairs),
        ("mapping", out.mapping),
        ("clocks", out.clocks),
        ("links", out.links),
    ):
        sheets.append((name, [_flat(row.model_dump()) for row in rows]))
    return [(name, pl.DataFrame(rows, infer_schema_length=None, strict=False)) for name, rows in sheets]


def _flat(values: dict[str, Any], kind: str | None = None) -> dict[str, str | float | None]:
    flat: dict[str, str | float | None] = {} if kind is None else {"kind": kind}
    for name, value in values.items():
        match value:
            case list() | tuple():
                flat[name] = ", ".join(str(item) for item in value)
            case dict():
                flat[name] = ", ".join(f"{key} {item}" for key, item in value.items())
            case bool():
                flat[name] = str(value)
            case _:
                flat[name] = value
    return flat


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
        harmless.write_csv(file, include_bom=True)


def write_xlsx(sheets: Iterable[tuple[str, pl.DataFrame]], path: Path) -> None:
    """Write sheets of text and numbers; nothing in them is taken for a formula or a link."""
    import xlsxwriter

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        for name, frame in sheets:
            sheet = book.add_worksheet(name[:31])
            sheet.freeze_panes(1, 0)
            for at, title in enumerate(frame.columns):
                sheet.write_string(0, at, title, bold)
            writers = [sheet.write_number if dtype.is_numeric() else sheet.write_string for dtype in frame.dtypes]
            _write_rows(frame.head(MOST_ROWS), writers)


def _write_rows(frame: pl.DataFrame, writers: Sequence[object]) -> None:
    numbered = list(enumerate(writers))
    for at, row in enumerate(frame.iter_rows(), 1):
        for (column, write), value in zip(numbered, row, strict=True):
            if value is not None:
                write(at, column, value)  # type: ignore[operator]


def _plant_values(column: Column, dtype: pl.DataType, time_zone: str) -> pl.Expr:
    values = pl.col(column.name)
    if dtype == pl.Boolean:
        return values.cast(pl.Int8)
    if not dtype.is_numeric():
        return _clock(values, dtype, time_zone)
    if column.statistic in {"count", "duration"}:
        return values
    offset = 0.0 if column.statistic in {"std", "slope", "sum", "amount"} else column.offset
    plant = (values.cast(pl.Float64) - offset) / column.factor
    return pl.when(plant.is_finite()).then(plant.round_sig_figs(8))


def _clock(values: pl.Expr, dtype: pl.DataType, time_zone: str) -> pl.Expr:
    if isinstance(dtype, pl.Datetime):
        return values.dt.convert_time_zone(time_zone).dt.strftime(TIME_FORMAT)
    return values.cast(pl.String)


def _unique(title: str, taken: set[str]) -> str:
    candidate, number = title, 2
    while candidate.casefold() in taken:
        candidate, number = f"{title} ({number})", number + 1
    taken.add(candidate.casefold())
    return candidate
