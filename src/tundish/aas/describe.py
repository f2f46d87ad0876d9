"""How does a plant look as Asset Administration Shells? The plant, its lines and its product types, from its tables alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from tundish.aas.elements import Words, element
from tundish.aas.inventory import Inventory, Line, Product, take_stock
from tundish.aas.meaning import Meanings, described
from tundish.aas.names import LONGEST_NAME, id_short, slug
from tundish.aas.package import AasPackage, Json
from tundish.aas.series import Series, series_of
from tundish.aas.submodels.carbon import carbon_footprint
from tundish.aas.submodels.inspection import inspection_document
from tundish.aas.submodels.nameplate import nameplate
from tundish.aas.submodels.process import process_runs, process_type
from tundish.aas.submodels.structure import Node, structure
from tundish.aas.submodels.technical import technical_data
from tundish.aas.submodels.time_series import time_series
from tundish.table import Table
from tundish.vocabulary import Catalogue, Concept


def describe(tables: Sequence[Table], catalogue: Catalogue, *, plant: str, series_at: str = "") -> AasPackage:
    """Shells of the plant, its lines and its product types, with concept descriptions in Korean and English.

    Times and records stay out: they are linked as the Parquet files that :func:`~tundish.aas.write_series` makes, at
    ``series_at`` + ``series/<name>.parquet``. What a template demands and no table tells stands there empty.
    """
    return _Plant(tuple(tables), catalogue, plant, series_at).package()


@dataclass(frozen=True)
class _Plant:
    tables: tuple[Table, ...]
    catalogue: Catalogue
    name: str
    series_at: str

    @cached_property
    def meanings(self) -> Meanings:
        return Meanings(self.catalogue, self.name)

    @cached_property
    def stock(self) -> Inventory:
        return take_stock(self.tables, self.catalogue)

    @cached_property
    def series(self) -> tuple[Series, ...]:
        return series_of(self.tables, self.meanings)

    def package(self) -> AasPackage:
        """Everything together."""
        taken: set[str] = set()
        shells: list[Json] = []
        submodels: list[Json] = []
        for kind, words, identity, own in (self._plant(), *map(self._line, self.stock.lines), *self._products()):
            name = id_short(f"{kind}_{words['en']}" if kind != "Plant" else words["en"], taken)
            taken.add(name.casefold())
            shells.append(_shell(name, words, identity, own, is_type=kind == "Product"))
            submodels += own
        return AasPackage(tuple(shells), tuple(submodels), tuple(described(self.tables, self.meanings)))

    def _plant(self) -> tuple[str, Words, str, list[Json]]:
        words = {"en": self.name, "ko": self.name}
        asset = f"{self.meanings.prefix}:asset"
        lines = [Node(_area_words(line), f"{self._line_id(line)}:asset", _parts(line)) for line in self.stock.lines]
        own = [
            *([structure(Node(words, asset, lines), f"{self.meanings.prefix}:structure")] if lines else []),
            carbon_footprint(self.tables, f"{self.meanings.prefix}:carbon"),
            nameplate(words, asset, f"{self.meanings.prefix}:nameplate"),
            *(self._time_series(one) for one in self.series if one.time and not self._line_of(one)),
        ]
        return "Plant", words, self.meanings.prefix, own

    def _line(self, line: Line) -> tuple[str, Words, str, list[Json]]:
        identity, words = self._line_id(line), _area_words(line)
        series = [one for one in self.series if self._line_of(one) is line]
        told = [*series, *(one for one in self.series if self._line_of(one) is None)]
        own = [
            process_type(line, told, f"{identity}:parameters"),
            process_runs(line, told, f"{identity}:runs"),
            nameplate(words, f"{identity}:asset", f"{identity}:nameplate"),
            *(self._time_series(one) for one in series if one.time),
        ]
        return "Line", words, identity, own

    def _products(self) -> Iterable[tuple[str, Words, str, list[Json]]]:
        for product in self.stock.products:
            identity = f"{self.meanings.prefix}:product:{slug(product.name)}"
            words = {"en": product.name, "ko": product.name}
            made_of = [structure(self._made_of(product, identity), f"{identity}:structure")] if self.stock.materials else []
            own = [
                technical_data(product, self.meanings, f"{identity}:technical"),
                *made_of,
                inspection_document(product, self.tables, self.catalogue, f"{identity}:inspection"),
                carbon_footprint((), f"{identity}:carbon"),
            ]
            yield "Product", words, identity, own

    def _made_of(self, product: Product, identity: str) -> Node:
        """The product, what it was cut from, and so back to the heat, as far as the tables name them."""
        below: tuple[Node, ...] = ()
        for material in self.stock.materials:
            below = (Node(_words(material), parts=below, meaning=(material.iri,)),)
        return Node({"en": product.name, "ko": product.name}, f"{identity}:asset", below)

    def _time_series(self, series: Series) -> Json:
        return time_series(series, f"{self.meanings.prefix}:series:{slug(series.name)}", series_at=self.series_at)

    def _line_of(self, series: Series) -> Line | None:
        return next((line for line in self.stock.lines if any(table is series.table for table in line.tables)), None)

    def _line_id(self, line: Line) -> str:
        return f"{self.meanings.prefix}:line:{line.area.id}"


def _shell(name: str, words: Words, identity: str, submodels: Sequence[Json], *, is_type: bool) -> Json:
    asset = {"assetKind": "Type" if is_type else "Instance", "globalAssetId": f"{identity}:asset"}
    links = [{"type": "ModelReference", "keys": [{"type": "Submodel", "value": one["id"]}]} for one in submodels]
    return element(
        "AssetAdministrationShell",
        name,
        words={language: text[:LONGEST_NAME] for language, text in words.items()},
        id=identity,
        assetInformation=asset,
        submodels=links,
    )


def _area_words(line: Line) -> Words:
    return {"ko": line.area.name_ko, "en": line.area.name_en}


def _parts(line: Line) -> list[Node]:
    return [Node({"ko": f"{line.area.name_ko} {part}", "en": f"{line.area.name_en} {part}"}) for part in line.parts]


def _words(concept: Concept) -> Words:
    return {"ko": concept.name_ko, "en": concept.name_en}
