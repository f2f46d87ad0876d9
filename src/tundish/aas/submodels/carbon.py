"""IDTA 02023: how much greenhouse gas does a tonne of the plant carry? Only where emissions and mass stand in one table."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tundish.aas.package import Json
from tundish.aas.template import fill
from tundish.table import Column, Table

_EMITTED = "energy.co2"
_MADE = ("production.mass", "product.weight")


def carbon_footprint(tables: Sequence[Table], identity: str) -> Json:
    """Emissions per kilogramme over all rows that tell both; the method and the phases are the plant's to state.

    Without such a table every field stands there empty: a footprint is never estimated.
    """
    per_kilogramme = next((found for table in tables if (found := _intensity(table)) is not None), None)
    if per_kilogramme is None:
        return fill("02023", identity, {"ProductCarbonFootprints": [None]})
    content = {"PcfCO2eq": per_kilogramme, "ReferenceImpactUnitForCalculation": "kg", "QuantityOfMeasureForCalculation": 1.0}
    return fill("02023", identity, {"ProductCarbonFootprints": [content]})


def _intensity(table: Table) -> float | None:
    """Kilogrammes emitted per kilogramme made, both from the same rows."""
    emitted = _column(table, (_EMITTED,))
    made = _column(table, _MADE)
    if emitted is None or made is None:
        return None
    both = table.frame.select(emitted=pl.col(emitted.name), made=pl.col(made.name)).drop_nulls()
    total = float(both["made"].sum())
    return float(both["emitted"].sum()) / total if total > 0 else None


def _column(table: Table, ids: Sequence[str]) -> Column | None:
    """The column of a concept whose unit is confirmed: both are kept in kilogrammes."""
    return next((column for id in ids for column in table.columns if column.concept == id and column.unit == "kg"), None)
