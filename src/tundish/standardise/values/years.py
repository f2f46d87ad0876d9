"""Which year do dates that were written without one, such as `3/2 오후 2:31`, belong to?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from tundish.standardise.values.numbers import NO_VALUE
from tundish.standardise.values.stamps import DATE_HEADER

_YEARLESS = (
    r"^\s*(?P<month>0?[1-9]|1[0-2])\s*(?:[/.-]|월)\s*(?P<day>0?[1-9]|[12]\d|3[01])\s*(?:일|\.)?"
    r"(?:\s*\([월화수목금토일]\))?(?P<clock>(?:\s+|,\s*)\D{0,4}\d{1,2}(?::\d{2}(?::\d{2})?|시.*))?\s*$"
)
_YEAR = re.compile(r"(?<!\d)(20\d{2})(?=\D|$|[01]\d(?:\D|$|[0-3]\d(?:\D|$)))|(?<!\d)(\d{2})(?=\s*년)")
_FIRST = 50
"""Values to look at before the whole column is: most columns are no dates."""
_MOST = 0.9
_CALM = 0.1
"""Greatest share of rows that may lie before the row above them, when the first figure is to be the month."""


@dataclass(frozen=True)
class Dated:
    """A column of dates with their year in front; ``values`` is None where nothing tells the year."""

    values: pl.Series | None
    years: tuple[int, ...]
    example: str


def give_year(texts: pl.Series, header: str, titles: Sequence[str]) -> Dated | None:
    """Put the year of the file's name, sheet or title in front of dates without one; None for other columns.

    The month stands first, and a January that follows a December is of the next year.

    >>> give_year(pl.Series(["12/31 오후 2:31", "1/2 오전 8:05"]), "작업일시", ["2024년 일지.xlsx"]).values.to_list()
    ['2024-12-31 오후 2:31', '2025-1-2 오전 8:05']
    >>> give_year(pl.Series(["3/2", "3/14"]), "분석일", ["일지.xlsx"]).values is None
    True
    """
    if not texts.drop_nulls().head(_FIRST).str.contains(_YEARLESS).any():
        return None
    filled = texts.drop_nulls().str.strip_chars()
    filled = filled.filter(~filled.str.to_lowercase().is_in(sorted(NO_VALUE)))
    parts = texts.str.extract_groups(_YEARLESS).struct.unnest()
    clocked = parts["clock"].is_not_null().sum() >= _MOST * len(filled)
    if filled.str.contains(_YEARLESS).sum() < _MOST * len(filled) or not (clocked or DATE_HEADER.search(header)):
        return None
    month, day = (parts[name].cast(pl.Int64, strict=False) for name in ("month", "day"))
    steps = (month * 31 + day).drop_nulls().diff().drop_nulls()
    turns = (steps < -200).sum()
    years = sorted(years_named(titles))
    if len(years) != 1 or int((steps < 0).sum()) - turns > _CALM * max(len(steps), 1):
        return Dated(None, tuple(years), filled[0])
    turned = (month.forward_fill().diff().fill_null(0) <= -6).cast(pl.Int64).cum_sum()
    dated = pl.select(
        pl.concat_str(years[0] + turned, pl.lit("-"), month, pl.lit("-"), day, parts["clock"].fill_null(""))
    ).to_series()
    return Dated(dated.zip_with(month.is_not_null(), texts).alias(texts.name), tuple(years), filled[0])


def years_named(titles: Sequence[str]) -> set[int]:
    """Every year that file name, sheet and title rows name.

    >>> sorted(years_named(["plc_20250301.csv", "2024", "23년 실적"]))
    [2023, 2024, 2025]
    """
    return {int(full or f"20{short}") for title in titles for full, short in _YEAR.findall(title)}
