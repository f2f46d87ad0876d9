"""Which lines, products and records does a plant have? Found from what its columns mean, never from names of files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from tundish.aas.names import clean
from tundish.table import Column, Table
from tundish.vocabulary import Catalogue, Concept
from tundish.vocabulary.catalogue import Area

FEWEST_COLUMNS = 2
"""Settings or conditions of one area that make a line: a single one may be told of the material, from another plant."""
MOST_TYPES = 100
"""Product types that get a shell, the most frequent first."""
MOST_EQUIPMENT = 50
_TYPE_CONCEPTS = ("product.grade", "product.specification", "product.code", "product.name", "product.steel_kind")
"""What tells product types apart, the best first."""
_EQUIPMENT = re.compile(r"equipment|(^|_)(furnace|stand|strand|pot|bath|mill|press|machine|ladle|unit)(_number|_id|$)")
_POSITION = re.compile(r"[A-Z]{0,2}\d{1,2}")
_LEVELS = ("heat", "slab", "piece", "coil", "plate", "lot")
"""Materials, a parent before what is made of it."""


@dataclass(frozen=True)
class Line:
    """A process of the plant: an area of the vocabulary of which the tables hold settings or conditions."""

    area: Area
    tables: tuple[Table, ...]
    """Those whose columns are mostly of this area."""
    parts: tuple[str, ...]
    """Equipment and positions that the tables name."""


@dataclass(frozen=True)
class Product:
    """A product type: one value of a column that tells types apart."""

    name: str
    concept: Concept
    table: Table
    column: Column
    rows: pl.DataFrame
    """Rows of the table that are of this type."""


@dataclass(frozen=True)
class Inventory:
    """What the plant's tables are about."""

    lines: tuple[Line, ...]
    products: tuple[Product, ...]
    types_left_out: int
    materials: tuple[Concept, ...]
    """Identities of material that stand in the tables, a parent before its child."""


def take_stock(tables: Sequence[Table], catalogue: Catalogue) -> Inventory:
    """What is there, from concepts alone."""
    products, left_out = _products(tables, catalogue)
    return Inventory(
        lines=tuple(_lines(tables, catalogue)),
        products=tuple(products),
        types_left_out=left_out,
        materials=_materials(tables, catalogue),
    )


def concepts_of(table: Table, catalogue: Catalogue) -> list[tuple[Column, Concept]]:
    """Columns that have a concept, with it."""
    named = ((column, column.concept) for column in table.columns)
    return [(column, catalogue.concept(id)) for column, id in named if id is not None and id in catalogue]


def leading_time(table: Table) -> Column | None:
    """The time that orders a table's rows: the column with the most times, at least two of them different."""
    times = [(column, table.frame[column.name]) for column in table.of_kind("time")]
    known = [(values.len() - values.null_count(), -at, column) for at, (column, values) in enumerate(times) if _moves(values)]
    return max(known, key=lambda one: one[:2])[2] if known else None


def _moves(values: pl.Series) -> bool:
    return isinstance(values.dtype, pl.Datetime) and values.min() != values.max()


def _lines(tables: Sequence[Table], catalogue: Catalogue) -> Iterable[Line]:
    processes = _processes(catalogue)
    counts: Counter[str] = Counter()
    home: dict[int, str] = {}
    for at, table in enumerate(tables):
        areas = [concept.area for _, concept in concepts_of(table, catalogue) if concept.area in processes]
        distinct = {
            c.id for _, c in concepts_of(table, catalogue) if c.area in processes and c.role in ("setting", "condition")
        }
        counts.update(id.partition(".")[0] for id in distinct)
        if areas:
            home[at] = Counter(areas).most_common(1)[0][0]
    for area, count in counts.most_common():
        if count >= FEWEST_COLUMNS:
            own = tuple(table for at, table in enumerate(tables) if home.get(at) == area)
            yield Line(catalogue.areas[area], own, tuple(_parts(own, area, catalogue)))


def _processes(catalogue: Catalogue) -> frozenset[str]:
    """Areas in which something is made: those with a setting that only they have; a line's speed or power is anybody's."""
    general = {"identity", "production", "product", "inspection", "line", "energy", "chemistry", "mechanical"}
    general |= {
        "defect",
        "defects",
        "emission",
        "emissions",
        "equipment",
        "metallography",
        "slag",
        "utility",
        "utilities",
        "maintenance",
        "dimension",
    }
    return frozenset(concept.area for concept in catalogue.concepts if concept.turnable) - general


def _parts(tables: Sequence[Table], area: str, catalogue: Catalogue) -> list[str]:
    """Equipment by its own column, then the positions that stand in headers of the area: bath 1, 2, 3."""
    named: list[str] = []
    positions: list[str] = []
    for table in tables:
        for column, concept in concepts_of(table, catalogue):
            if column.kind in ("category", "identity") and _EQUIPMENT.search(concept.id.partition(".")[2]):
                values = table.frame[column.name].drop_nulls().cast(pl.String).unique().sort()
                named += [f"{concept.name_ko} {value}" for value in values.head(MOST_EQUIPMENT)]
            if concept.area == area and column.position and _POSITION.fullmatch(column.position):
                positions.append(column.position)
    return list(dict.fromkeys([*named, *sorted(set(positions))]))[:MOST_EQUIPMENT]


def _products(tables: Sequence[Table], catalogue: Catalogue) -> tuple[list[Product], int]:
    """Types by the best column that tells them apart, in the table with the most rows that has it."""
    for id in _TYPE_CONCEPTS:
        held = [(table, column) for table in tables for column in table.columns if column.concept == id and not column.position]
        if not held:
            continue
        table, column = max(held, key=lambda one: one[0].frame.height)
        written = table.frame[column.name].cast(pl.String)
        names = written.replace_strict({one: clean(one) for one in written.drop_nulls().unique()}, default=None)
        counts = names.drop_nulls().value_counts(sort=True).sort("count", names.name, descending=[True, False])
        concept = catalogue.concept(id)
        kept = [name for name in counts[names.name] if name][:MOST_TYPES]
        made = [Product(name, concept, table, column, table.frame.filter(names == name)) for name in kept]
        return made, max(counts.height - len(made), 0)
    return [], 0


def _materials(tables: Sequence[Table], catalogue: Catalogue) -> tuple[Concept, ...]:
    found = {
        concept.id: concept
        for table in tables
        for _, concept in concepts_of(table, catalogue)
        if concept.role == "identity" and concept.level in _LEVELS
    }
    order = {level: at for at, level in enumerate(_LEVELS)}
    return tuple(sorted(found.values(), key=lambda one: (order[one.level or ""], not _is_parent(one), one.id)))


def _is_parent(concept: Concept) -> bool:
    return "parent" in concept.id
