"""What do all checks together find in an export, and what of it is set aside?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from tundish.standardise.checks import CHECKS
from tundish.standardise.export import Export
from tundish.standardise.meaning import Meant
from tundish.standardise.sheet import Odd, Sheet, asides, lay_out, report
from tundish.table import Aside, Finding


@dataclass(frozen=True)
class Judged:
    """The columns without what cannot be true, the findings, and what was set aside."""

    columns: tuple[Meant, ...]
    findings: tuple[Finding, ...]
    asides: tuple[Aside, ...]


def judge(export: Export, meant: Sequence[Meant]) -> Judged:
    """Run every check; cells that cannot be true are emptied and told as asides, what is merely odd is kept."""
    sheet = _without_kept(lay_out(export, meant))
    found: list[Odd] = []
    for check in CHECKS:
        with np.errstate(over="ignore", invalid="ignore"):  # a cell of 1e308 goes beyond every scale, and is then told as odd
            odds = list(check(sheet))
        found += odds
        if odds:
            sheet = sheet.without(odds)
    return Judged(
        columns=tuple(_emptied(one, found) for one in meant),
        findings=tuple(report(sheet, odd) for odd in found),
        asides=tuple(aside for odd in found for aside in asides(sheet, odd)),
    )


def _without_kept(sheet: Sheet) -> Sheet:
    """Cells that a person called true are not judged again."""
    kept = {one.column.name: one.read.kept for one, _ in sheet.numbers if one.read.kept is not None}
    if not kept:
        return sheet
    values = {
        name: np.where(kept[name].to_numpy(), np.nan, column) if name in kept else column
        for name, column in sheet.values.items()
    }
    return replace(sheet, values=values)


def _emptied(one: Meant, found: Sequence[Odd]) -> Meant:
    masks = [odd.where for odd in found if odd.impossible and odd.where is not None and odd.column is one]
    if not masks:
        return one
    where = pl.Series(np.logical_or.reduce(masks))
    return replace(one, read=replace(one.read, values=one.read.values.set(where, None)))
