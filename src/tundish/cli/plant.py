"""What did a plant decide, and does every decision reach something?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from tundish.cli import plant_toml
from tundish.errors import BadSettings, Message, NoSuchFolder
from tundish.settings import Settings

if TYPE_CHECKING:
    from tundish.flow import Standard


def decided_by(plant: Path) -> Settings | None:
    """What the plant's plant.toml says, its concepts and units checked; None when there is no such file yet.

    Raises :class:`NoSuchFolder` and :class:`BadSettings`.
    """
    if not plant.is_dir():
        raise NoSuchFolder(folder=plant)
    path = plant / plant_toml.NAME
    if not path.exists():
        return None
    settings = plant_toml.read(path)
    _check_words(settings)
    return settings


def check_places(settings: Settings, standard: Standard) -> None:
    """Files and columns that plant.toml names must be there: a decision that reaches nothing must not pass in silence.

    A mapping of a file that is no longer there is remembered for its column's name.
    """
    from tundish.standardise.matching.memory import header_of

    columns = _places(standard)
    spots = [f"{file}:{name}" for file, names in columns.items() for name in sorted(names)]
    sections: dict[str, Mapping[str, object]] = {
        "mapping": settings.mapping,
        "units": settings.units,
        "missing": settings.missing,
        "known": settings.known,
        "gauges": settings.gauges_m,
    }
    by_name_alone = {"turnable": settings.turnable, "limits": settings.limits}
    for section, decided_there in {**sections, **by_name_alone}.items():
        for spot in decided_there:
            header = header_of(spot) if section == "mapping" and spot.partition(":")[0] not in columns else spot
            by_name = section in by_name_alone or header != spot
            named = by_name and any(header in names for names in columns.values())
            if spot not in spots and not named:
                raise _unknown(section, spot, spots)
    for section, files in (("keys", settings.keys), ("clocks", settings.clock_offsets_s)):
        for file in files:
            if file not in columns:
                raise _unknown(section, file, list(columns))


def _check_words(settings: Settings) -> None:
    """Concepts and units that plant.toml names must exist."""
    from tundish.vocabulary import load_catalogue, parse_unit

    catalogue = load_catalogue()
    for spot, concept in settings.mapping.items():
        if concept != "-" and concept not in catalogue:
            ids = [known.id for known in catalogue.concepts]
            near = get_close_matches(concept, ids, n=3) or ids[:3]
            expected = Message("a concept such as {examples}, or {none}", examples=near, none='"-"')
            raise BadSettings(file=plant_toml.NAME, key=f'mapping."{spot}"', expected=expected, found=f'"{concept}"')
    for header, concept in settings.synonyms.items():
        if concept not in catalogue:
            known_here = Message("a concept of the vocabulary")
            raise BadSettings(file=plant_toml.NAME, key=f'synonyms."{header}"', expected=known_here, found=f'"{concept}"')
    for spot, unit in settings.units.items():
        if parse_unit(unit) is None:
            expected = Message("a known unit, such as {examples}", examples='"℃", "MPa", "mm"')
            raise BadSettings(file=plant_toml.NAME, key=f'units."{spot}"', expected=expected, found=f'"{unit}"')


def _unknown(section: str, spot: str, places: Sequence[str]) -> BadSettings:
    places = [place for place in places if ":plant:" not in place]
    near = [place for place in places if spot in place] or get_close_matches(spot, places, n=3) or sorted(places)
    return BadSettings(file=plant_toml.NAME, key=f'{section}."{spot}"', expected=_one_of(near), found=f'"{spot}"')


def _places(standard: Standard) -> dict[str, set[str]]:
    """Every name of a file, sheet or table that plant.toml may use, and the names of its columns."""
    columns: dict[str, set[str]] = {}
    for raw in standard.intake.tables:
        for name in raw.origin.places:
            columns.setdefault(name, set()).update(raw.headers)
    for table in standard.tables.tables:
        headers = {header for column in table.columns for header in (*column.headers, column.name)}
        for name in (table.name, *(place for origin in table.origins for place in origin.places)):
            columns.setdefault(name, set()).update(headers)
    return columns


def _one_of(places: Sequence[str]) -> Message:
    return Message("a column or file of this folder, such as {places}", places=list(places[:3]))
