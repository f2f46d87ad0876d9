"""IDTA 02032: what would the inspection document of a product say? Values of the latest piece that was tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from tundish.aas.inventory import Product, leading_time
from tundish.aas.package import Json
from tundish.aas.template import fill
from tundish.table import Column, Table
from tundish.vocabulary.units import unit_of

_SHEET = {"Thickness": ("product.thickness", "mm"), "Width": ("product.width", "mm"), "Length": ("product.length", "mm")}
_TENSILE = {
    "YieldOrProofStrengthMean": ("mechanical.yield_strength", "MPa"),
    "TensileStrengthMean": ("mechanical.tensile_strength", "MPa"),
    "ElongationAfterFractureMean": ("mechanical.elongation", "%"),
}
_ELEMENTS = {
    symbol: f"chemistry.{name}"
    for symbol, name in (
        *(("Al", "aluminium"), ("Be", "beryllium"), ("C", "carbon"), ("Cr", "chromium"), ("Cu", "copper"), ("Mn", "manganese")),
        *(("Mo", "molybdenum"), ("N", "nitrogen"), ("Nb", "niobium"), ("Ni", "nickel"), ("P", "phosphorus"), ("Pb", "lead")),
        *(("S", "sulphur"), ("Si", "silicon"), ("Ta", "tantalum"), ("Ti", "titanium"), ("V", "vanadium"), ("W", "tungsten")),
    )
}
_ID = ("identity.coil", "identity.plate", "identity.lot", "identity.piece", "identity.heat")


def inspection_document(product: Product, tables: Sequence[Table], identity: str) -> Json:
    """The document of the latest piece of this type; an issuer, an order and a customer's address stand in no export."""
    row = _Row(product, tables)
    pieces = [name for id in _ID if (name := row.text(id))]
    sheet = {name: row.number(*where) for name, where in _SHEET.items()}
    tensile = {name: value for name, where in _TENSILE.items() if (value := row.number(*where)) is not None}
    analysis = {
        f"MassFraction_{symbol}": value for symbol, id in _ELEMENTS.items() if (value := row.number(id, "%")) is not None
    }
    customer = row.text("product.customer")
    content: dict[str, Any] = {
        "Customer__00__": [{"CompanyName": customer, "CustomerRole": "Purchaser"}] if customer else [None],
        "OrderData": {"PurchaserOrderNumber": row.text("identity.order")},
        "ProductData": {
            "ProductDescription": {"en": product.name, "ko": product.name},
            "BatchNumber": pieces[0] if pieces else None,
            "MaterialShortName": row.text("product.grade") or product.name,
            "ActualMass": row.number("product.weight", "kg"),
            "SemiFinishedProductSpecification": {"SheetMetal": sheet} if sheet["Thickness"] is not None else None,
        },
        "MechanicalTests": {"TensileTest__00__": [tensile]} if tensile else None,
        "ChemicalAnalysis": analysis or None,
    }
    return fill("02032", identity, content)


class _Row:
    """The latest row of a product type, and what other tables say of the same piece."""

    def __init__(self, product: Product, tables: Sequence[Table]) -> None:
        time = leading_time(product.table)
        rows = product.rows.sort(time.name, nulls_last=False, maintain_order=True) if time else product.rows
        self.rows: list[tuple[Table, Mapping[str, object]]] = [(product.table, rows.row(-1, named=True))]
        for table in tables:
            found = None if table is product.table else self._same_piece(table)
            if found is not None:
                self.rows.append((table, found))

    def text(self, concept: str) -> str | None:
        """A name or number of the piece."""
        value = self._value(concept)[0]
        return None if value is None else str(value)

    def number(self, concept: str, unit: str) -> float | None:
        """A value in the unit that the template wants; None where nobody confirmed the column's own."""
        value, column = self._value(concept)
        if column is None or column.unit is None or not isinstance(value, int | float):
            return None
        wanted = unit_of(unit)
        return (value - wanted.offset) / wanted.factor if column.unit == wanted.si else None

    def _value(self, concept: str) -> tuple[object, Column | None]:
        for table, row in self.rows:
            for column in table.columns:
                if column.concept == concept and row.get(column.name) is not None:
                    return row[column.name], column
        return None, None

    def _same_piece(self, table: Table) -> Mapping[str, object] | None:
        """The last row of another table that names the same piece."""
        first, known = self.rows[0]
        for id in _ID:
            own = next((c for c in first.columns if c.concept == id), None)
            theirs = next((c for c in table.columns if c.concept == id), None)
            if own and theirs and known[own.name] is not None:
                same = table.frame.filter(pl.col(theirs.name).cast(pl.String) == str(known[own.name]))
                return same.row(-1, named=True) if same.height else None
        return None
