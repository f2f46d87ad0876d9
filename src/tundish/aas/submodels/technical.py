"""IDTA 02003: what is a product type? Grade, dimensions, analysis and properties, as ranges of what was made."""

from __future__ import annotations

from collections.abc import Sequence

from tundish.aas.elements import collection
from tundish.aas.inventory import Product
from tundish.aas.meaning import Meanings
from tundish.aas.package import Json
from tundish.aas.series import fields_of
from tundish.aas.submodels.parts import as_property, seen
from tundish.aas.template import MORE, fill
from tundish.vocabulary.catalogue import Area

_AREAS = ("product", "chemistry", "mechanical")
ARBITRARY = "https://admin-shell.io/SMT/General/Arbitrary"


def technical_data(product: Product, meanings: Meanings, identity: str) -> Json:
    """A product type's data sheet, from the rows that are of it."""
    sections = [section for area in _AREAS if (section := _section(area, product, meanings))]
    content = {
        "GeneralInformation": {"ManufacturerProductDesignation": {"en": product.name, "ko": product.name}},
        "TechnicalPropertyAreas": [{MORE: sections}] if sections else None,
    }
    return fill("02003", identity, content)


def _section(id: str, product: Product, meanings: Meanings) -> Json | None:
    area: Area | None = meanings.catalogue.areas.get(id)
    fields = fields_of(product.table.columns, meanings)
    told = [(field, field.meaning.concept) for field in fields]
    own = [field for field, concept in told if concept and concept.area == id and concept.role != "context"]
    kept = [field for field in own if field.column.kind in ("number", "category")]
    named = [
        as_property(field, product.name) if field.column is product.column else seen(field, product.rows) for field in kept
    ]
    inside: Sequence[Json] = [one for one in named if one]
    if not inside or area is None:
        return None
    return collection(area.id.capitalize(), inside, meaning=(ARBITRARY,), words={"ko": area.name_ko, "en": area.name_en})
