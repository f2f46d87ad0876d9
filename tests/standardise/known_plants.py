"""Which headers, in whose habits, with which meaning? Reads the plants of this folder; their format is in plants/README.md."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

from tundish.intake.listing import Listed
from tundish.standardise.listed import match_listed
from tundish.vocabulary import Catalogue

FOLDER = Path(__file__).with_name("plants")


@dataclass(frozen=True)
class Header:
    column: Listed
    meanings: tuple[str | None, ...]
    """What is right; ``(None,)`` where nobody could be sure."""


@dataclass(frozen=True)
class PlantTable:
    name: str
    headers: tuple[Header, ...]


@dataclass(frozen=True)
class Plant:
    key: str
    name: str
    style: str
    split: Literal["tuning", "held_out"]
    tables: tuple[PlantTable, ...]


def read_plants(folder: Path = FOLDER) -> list[Plant]:
    """Every plant of the folder, in order of the file names."""
    return [_plant(path) for path in sorted(folder.glob("*.yaml"))]


def _plant(path: Path) -> Plant:
    page = yaml.safe_load(path.read_text(encoding="utf-8"))
    tables = tuple(PlantTable(table["name"], tuple(_header(*row) for row in table["columns"])) for table in page["tables"])
    return Plant(path.stem, page["plant"], page["style"], page["split"], tables)


def _header(header, samples, meaning) -> Header:
    texts = tuple(str(samples).split("|")) if samples != "" else ()
    return Header(Listed(str(header), texts), tuple(meaning) if isinstance(meaning, list) else (meaning,))


def judge_plant(plant: Plant, catalogue: Catalogue):
    """Each header of a plant with what was answered: (header, match)."""
    for table in plant.tables:
        found = match_listed([header.column for header in table.headers], catalogue, name=table.name)
        yield from zip(table.headers, found, strict=True)
