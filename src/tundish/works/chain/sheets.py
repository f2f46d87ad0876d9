"""How does a table of the plant become a file: in which layout, with which times and numbers?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl

from tundish.works import files
from tundish.works.chain.plant import Layout, Style

Value = str | float | datetime | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table before it is written."""

    file: str
    title: str
    style: Style
    layout: Layout
    keys: tuple[str, ...]
    headers: tuple[str, ...]
    units: tuple[str, ...]

    @property
    def first_row(self) -> int:
        """Row of the file where the body begins, the first row being 1."""
        if self.layout == "xlsx":
            return 3
        return 3 if self.style in ("korean", "tags") else 2


def write_sheet(folder: Path, sheet: Sheet, columns: Sequence[Sequence[Value]], *, by_hand: bool = False) -> None:
    """Write a table in its layout; what is not a number stays empty."""
    columns = [[None if isinstance(value, float) and np.isnan(value) else value for value in column] for column in columns]
    if sheet.layout == "xlsx":
        page = files.Sheet("실적", sheet.title, [list(sheet.headers)], [list(row) for row in zip(*columns, strict=True)])
        files.workbook(folder / sheet.file, [page])
        return
    form = "%Y-%m-%d %H:%M" if by_hand else TIME_FORMS[sheet.style]
    texts = [[_text(value, form) for value in column] for column in columns]
    body = pl.DataFrame({f"{i}": pl.Series(column, dtype=pl.String) for i, column in enumerate(texts)})
    top: list[list[str]] = [[sheet.title]] if sheet.style == "korean" else []
    below = [list(sheet.units)] if sheet.style == "tags" else []
    encoding = "cp949" if sheet.layout == "cp949" else "utf-8-sig"
    content = files.delimited([*top, list(sheet.headers), *below], body, encoding=encoding)
    (folder / sheet.file).write_bytes(content)


TIME_FORMS: dict[Style, str] = {
    "korean": "%Y-%m-%d %H:%M:%S",
    "short": "%Y/%m/%d %H:%M:%S",
    "tags": "%Y%m%d%H%M%S",
    "mixed": "%Y.%m.%d %H:%M:%S",
}


def _text(value: Value, form: str) -> str | None:
    if isinstance(value, datetime):
        return value.strftime(form)
    if isinstance(value, float):
        return f"{value:g}" if value != round(value) else f"{value:.0f}"
    return None if value is None else str(value)
