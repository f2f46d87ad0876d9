"""IDTA 02032: what would the inspection document of a product say? Values of the latest piece that was tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from tundish.aas.inventory import Product, leading_time
from tundish.aas.package import Json
from tundish.aas.template import Slot, fill, templates
from tundish.table import Column, Table
from tundish.vocabulary import Catalogue, Concept
from tundish.vocabulary.units import unit_of

_ID = ("identity.coil", "identity.plate", "identity.lot", "identity.piece", "identity.heat")
"""What names a piece, the best first."""
_FORMS = {"Tube": "tube.wall_thickness", "RoundBar": "product.diameter", "SheetMetal": "product.thickness"}
"""Form of a product -> the dimension that tells it, the surest first."""


def inspection_document(product: Product, tables: Sequence[Table], catalogue: Catalogue, identity: str) -> Json:
    """The document of the latest piece of this type; who issues it and declares compliance stands in no export.

    Which column answers which place is what the vocabulary says to be the same (``same_as``).
    """
    row = _Row(product, tables)
    told = _Told(row, {same: concept for concept in catalogue.concepts for same in concept.same_as.values()})
    order, goods, tests, analysis, validation = (told.inside(name) for name in _PARTS)
    pieces = [name for id in _ID if (name := row.text(id))]
    customer, maker = row.text("product.customer"), row.text("product.manufacturer")
    goods |= {"BatchNumber": goods.get("BatchNumber") or (pieces[0] if pieces else None)}
    goods |= {"MaterialShortName": goods.get("MaterialShortName") or product.name}
    goods.setdefault("ProductDescription", {"en": product.name, "ko": product.name})
    goods["SemiFinishedProductSpecification"] = _form(row, told)
    content: dict[str, Any] = {
        "Manufacturer": {"CompanyName": maker} if maker else None,
        "Customer__00__": [{"CompanyName": customer, "CustomerRole": "Purchaser"}] if customer else [None],
        "OrderData": order,
        "ProductData": goods,
        "MechanicalTests": {name: [test] for name, test in tests.items() if any("Mean" in key for key in test)} or None,
        "ChemicalAnalysis": analysis or None,
        "Validation": validation,
    }
    return fill("02032", identity, content)


_PARTS = ("OrderData", "ProductData", "MechanicalTests", "ChemicalAnalysis", "Validation")


def _form(row: _Row, told: _Told) -> dict[str, Any] | None:
    """The form whose telling dimension the piece has."""
    form = next((form for form, concept in _FORMS.items() if row.number(concept, told.unit(concept)) is not None), None)
    return {form: told.inside("ProductData", "SemiFinishedProductSpecification", form)} if form else None


@dataclass(frozen=True)
class _Told:
    """What the row tells of places of the template."""

    row: _Row
    same: Mapping[str, Concept]

    def inside(self, *path: str) -> dict[str, Any]:
        """Content of a collection of the template: its own places, and those of tests in it."""
        slots = templates()["02032"].inside
        for name in path:
            slots = next(slot.inside for slot in slots if slot.name == name)
        found = {slot.name: self._content(slot) for slot in slots if slot.name != "SemiFinishedProductSpecification"}
        return {name: content for name, content in found.items() if content}

    def unit(self, concept: str) -> str | None:
        """The unit in which a concept is shown."""
        return next((one.plant_unit for one in self.same.values() if one.id == concept), None)

    def _content(self, slot: Slot) -> Any:  # noqa: ANN401
        if slot.inside:
            below = {one.name: self._content(one) for one in slot.inside}
            return {name: content for name, content in below.items() if content}
        concept = self.same.get(slot.meaning[0]) if slot.meaning else None
        if concept is None:
            return None
        if slot.kind == "MultiLanguageProperty":
            text = self.row.text(concept.id)
            return {"en": text, "ko": text} if text else None
        if concept.kind == "number":
            return self.row.number(concept.id, concept.plant_unit)
        return self.row.moment(concept.id) if slot.value_type == "xs:date" else self.row.text(concept.id)


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

    def moment(self, concept: str) -> datetime | None:
        """A time of the piece."""
        value = self._value(concept)[0]
        return value if isinstance(value, datetime) else None

    def number(self, concept: str, unit: str | None) -> float | None:
        """A value in the unit that the template wants; None where nobody confirmed the column's own."""
        value, column = self._value(concept)
        if column is None or isinstance(value, bool) or not isinstance(value, int | float):
            return None
        if unit is None:
            return float(value)
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
