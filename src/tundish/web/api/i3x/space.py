"""What stands in the address space? A plant, its tables, their columns; types as JSON Schemas; relations in both directions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tundish.flow import Standard
from tundish.table import Column, Table
from tundish.vocabulary import Catalogue, parse_unit

OWN = "urn:tundish:i3x"
"""Namespace of the plant and its tables."""
CONCEPTS = "urn:tundish:concept"
"""Namespace of the vocabulary's concepts: one scalar type a concept."""
RELATIONS = "https://cesmii.org/i3x"
"""Namespace of the relations that i3X itself defines."""
REVERSE: Mapping[str, str] = {
    "HasParent": "HasChildren",
    "HasChildren": "HasParent",
    "HasComponent": "ComponentOf",
    "ComponentOf": "HasComponent",
}
Json = dict[str, Any]
_KINDS: Mapping[str, str] = {"number": "number", "category": "string", "identity": "string", "text": "string", "time": "string"}


@dataclass(frozen=True)
class Thing:
    """One object of the address space, and where its values are."""

    id: str
    name: str
    type: str
    parent: str | None
    description: str
    table: Table | None = None
    """None for the plant itself."""
    column: Column | None = None
    """None for a whole table: its value is a row."""
    relations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Relation -> ids of the objects at its other end."""

    @property
    def components(self) -> tuple[str, ...]:
        """Ids of the objects it is composed of."""
        return self.relations.get("HasComponent", ())

    @property
    def system(self) -> Json:
        """Where a column comes from: table, headers, files, and how its values become SI."""
        if self.table is None:
            return {}
        if self.column is None:
            return {"table": self.table.name, "rows": self.table.frame.height}
        origins = [{"file": o.file, "sheet": o.sheet, "column": o.column} for o in self.column.origins]
        return {
            "table": self.table.name,
            "kind": self.column.kind,
            "statistic": self.column.statistic,
            "siUnit": self.column.unit,
            "siFactor": self.column.factor,
            "siOffset": self.column.offset,
            "origins": origins,
        }


@dataclass(frozen=True)
class AddressSpace:
    """Namespaces, types and objects of one snapshot of a plant."""

    types: Mapping[str, Json]
    """Element id -> object type as JSON, in order."""
    things: Mapping[str, Thing]
    """Element id -> object, parents before their children."""

    @property
    def namespaces(self) -> list[Json]:
        """Every namespace, each URI once."""
        return [
            {"uri": OWN, "displayName": "Tundish"},
            {"uri": CONCEPTS, "displayName": "Tundish vocabulary"},
            {"uri": RELATIONS, "displayName": "i3X"},
        ]

    @property
    def relation_types(self) -> dict[str, Json]:
        """Element id -> relationship type as JSON."""
        return {
            name: {
                "elementId": name,
                "displayName": name,
                "namespaceUri": RELATIONS,
                "relationshipId": name,
                "reverseOf": reverse,
            }
            for name, reverse in REVERSE.items()
        }

    def instance(self, thing: Thing, *, metadata: bool = False) -> Json:
        """An object as JSON, without its value."""
        shown: Json = {
            "elementId": thing.id,
            "displayName": thing.name,
            "typeElementId": thing.type,
            "parentId": thing.parent,
            "isComposition": bool(thing.components),
            "isExtended": False,
        }
        if metadata:
            of_type = self.types[thing.type]
            shown["metadata"] = {
                "description": thing.description,
                "typeNamespaceUri": of_type["namespaceUri"],
                "sourceTypeId": of_type["sourceTypeId"],
                "relationships": {name: list(ids) for name, ids in thing.relations.items()},
                "system": thing.system,
            }
        return shown

    def below(self, thing: Thing, depth: int) -> Iterator[Thing]:
        """The components of an object, down to ``depth`` levels counted with the object itself; 0 for all."""
        for id in thing.components if depth != 1 else ():
            yield self.things[id]
            yield from self.below(self.things[id], max(depth - 1, 0))


def address_space(standard: Standard, plant: str) -> AddressSpace:
    """The address space of a plant: plant -> tables -> columns, each column typed by its concept."""
    catalogue = standard.catalogue
    types: dict[str, Json] = {"type:plant": _plant_type()}
    things: dict[str, Thing] = {}
    root = _clean(f"plant:{plant}")
    tables = [(_clean(f"table:{table.name}"), table) for table in standard.tables.tables]
    things[root] = Thing(
        root, plant, "type:plant", None, f"Plant {plant}", relations={"HasChildren": tuple(id for id, _ in tables)}
    )
    for id, table in tables:
        type_id = f"type:{id}"
        types[type_id] = _table_type(type_id, table, catalogue)
        columns = {column.name: _clean(f"{id}/{column.name}") for column in table.columns}
        relations = {"HasParent": (root,), "HasChildren": tuple(columns.values()), "HasComponent": tuple(columns.values())}
        about = f"Latest row of {table.name}"
        things[id] = Thing(id, table.name, type_id, root, about, table, relations=_filled(relations))
        for column in table.columns:
            of_type = _column_type(column, catalogue)
            types.setdefault(of_type["elementId"], of_type)
            both = {"HasParent": (id,), "ComponentOf": (id,)}
            about = of_type["schema"].get("description", column.header)
            own = columns[column.name]
            things[own] = Thing(own, column.header, of_type["elementId"], id, about, table, column, both)
    return AddressSpace(types, things)


def unit_of_column(column: Column) -> Json:
    """How a column's values are written: label and UCUM code of the plant's unit; empty without one.

    >>> unit_of_column(Column("t", "number", (), unit="K", unit_read="℃", factor=1.0, offset=273.15))
    {'x-unit': '℃', 'x-ucum': 'Cel'}
    """
    unit = parse_unit(column.unit_read)
    if unit is None:
        return {"x-unit": column.unit, "x-ucum": column.unit} if column.unit and column.unit_read is None else {}
    return {"x-unit": unit.label, "x-ucum": unit.ucum}


def _filled(relations: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {name: ids for name, ids in relations.items() if ids}


def _clean(id: str) -> str:
    """An element id: printable, without blanks at its ends."""
    return re.sub(r"[\x00-\x1f\x7f\s]+", " ", id).strip()


def _type(id: str, name: str, source: str, namespace: str, schema: Json) -> Json:
    return {
        "elementId": id,
        "displayName": name,
        "namespaceUri": namespace,
        "sourceTypeId": source,
        "version": "1.0.0",
        "schema": schema,
    }


def _plant_type() -> Json:
    schema = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "tables": {"type": "integer", "description": "Number of standardised tables"},
            "rows": {"type": "integer", "description": "Rows of all tables"},
            "columns": {"type": "integer"},
            "columnsWithConcept": {"type": "integer", "description": "Columns whose meaning is known"},
        },
        "required": ["name", "tables", "rows", "columns", "columnsWithConcept"],
        "additionalProperties": False,
    }
    return _type("type:plant", "Plant", "Plant", OWN, schema)


def _table_type(id: str, table: Table, catalogue: Catalogue) -> Json:
    properties = {column.name: _schema(column, catalogue, nullable=True) for column in table.columns}
    schema = {"type": "object", "title": table.name, "properties": properties, "additionalProperties": False}
    return _type(id, table.name, table.name, OWN, schema)


def _column_type(column: Column, catalogue: Catalogue) -> Json:
    """The scalar type of a column: one for each concept, unit and kind of value."""
    schema = _schema(column, catalogue, nullable=False)
    if column.concept is None or column.concept not in catalogue:
        unit = schema.get("x-ucum")
        id = f"type:{column.kind}" + (f":{unit}" if unit else "")
        plain = {key: value for key, value in schema.items() if key not in ("title", "description")}
        return _type(id, column.kind, column.kind, OWN, plain)
    concept = catalogue.concept(column.concept)
    parts = [concept.id, *([column.statistic] if column.statistic != "value" else []), str(schema.get("x-unit", ""))]
    id = ":".join(["concept", *(part for part in parts if part)])
    schema["title"] = concept.name_ko
    return _type(id, f"{concept.name_ko} / {concept.name_en}", concept.id, CONCEPTS, schema)


def _schema(column: Column, catalogue: Catalogue, *, nullable: bool) -> Json:
    of: str | list[str] = _KINDS[column.kind]
    schema: Json = {"type": [of, "null"] if nullable else of, "title": column.header}
    if column.kind == "time":
        schema["format"] = "date-time"
    if column.concept is not None and column.concept in catalogue:
        concept = catalogue.concept(column.concept)
        schema |= {"x-concept": concept.iri, "description": _definition(concept.definition_ko, concept.definition_en)}
    if column.kind == "number":
        schema |= unit_of_column(column)
    return schema


def _definition(*texts: str | None) -> str:
    return " / ".join(text for text in texts if text)


def roots(things: Iterable[Thing]) -> list[Thing]:
    """Objects without a parent."""
    return [thing for thing in things if thing.parent is None]


Quality = Literal["Good", "GoodNoData", "Bad", "Uncertain"]
