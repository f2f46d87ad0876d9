"""The papers of a standardisation as workbooks: the same rows as on the pages."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from tundish.documents.standard import rows
from tundish.documents.standard.facts import Facts
from tundish.documents.workbook import write_xlsx
from tundish.settings import Language

PAPERS = {
    "guide": (rows.shell_grid, rows.series_grid, rows.concept_grid),
    "verification": (
        rows.share_grid,
        rows.tag_grid,
        rows.template_grid,
        rows.open_grid,
        rows.fault_grid,
        rows.finding_grid,
    ),
    "checklist": (rows.point_grid,),
}
"""Paper -> what stands on its sheets."""


def write_sheets(facts: Facts, folder: Path, lang: Language) -> None:
    """Write ``guide.xlsx``, ``verification.xlsx`` and ``checklist.xlsx``."""
    for paper, grids in PAPERS.items():
        made = [grid(facts, lang) for grid in grids]
        write_xlsx([(one.title, _frame(one)) for one in made], folder / f"{paper}.xlsx")


def _frame(grid: rows.Grid) -> pl.DataFrame:
    return pl.DataFrame(rows.as_columns(grid), strict=False)
