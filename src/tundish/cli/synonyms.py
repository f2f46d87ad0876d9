"""How does one plant's confirmed mapping help another? Names and concepts go out and come in; values and file names never."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tundish.cli import decided, plant_toml
from tundish.cli.output import writing
from tundish.cli.plant import decided_by
from tundish.errors import BadSettings, Message
from tundish.locale import say
from tundish.settings import Language

FORMAT = "tundish-synonyms-1"
_MOST = 20_000


def give(plant: Path, out: Path, lang: Language) -> None:
    """Write the plant's confirmed names with their concepts to a file that others can take."""
    import tomlkit

    from tundish.standardise.matching.memory import shareable

    settings = decided_by(plant)
    kept, held_back = shareable(settings.mapping if settings else {})
    document = tomlkit.document()
    document["format"] = FORMAT
    document["synonyms"] = kept
    with writing(out), out.open("x", encoding="utf-8", newline="\n") as file:
        file.write(tomlkit.dumps(document))
    text = "{out}: {count} names with their concepts. Held back because they look like ids or are too long: {held}."
    told = [say(text, lang, out=out, count=len(kept), held=held_back)]
    if not kept:
        text = (
            "No name is confirmed yet: take away the # before the right lines under [mapping] in {path}, then run this again."
        )
        told.append(say(text, lang, path=plant / plant_toml.NAME))
    sys.stdout.write("\n".join(told) + "\n")


def take(plant: Path, file: Path, lang: Language) -> None:
    """Add another plant's names to the plant's own plant.toml, under [synonyms]; what stands there already stays."""
    import tomlkit

    decided_by(plant)
    found = _checked(file)
    path = plant / plant_toml.NAME
    document = tomlkit.parse(path.read_text(encoding="utf-8-sig")) if path.exists() else tomlkit.document()
    section: Any = document.setdefault("synonyms", tomlkit.table())
    new = {header: concept for header, concept in found.items() if header not in section}
    for header, concept in new.items():
        section[header] = concept
    with writing(path):
        decided.save(tomlkit.dumps(document), plant)
    sys.stdout.write(say("{path}: {count} names of another plant were added.", lang, path=path, count=len(new)) + "\n")


def _checked(file: Path) -> dict[str, str]:
    """The names of a file from outside; refused whole when one of them cannot be."""
    from tundish.standardise.matching.memory import MOST_CHARACTERS, may_travel
    from tundish.vocabulary import load_catalogue

    page = plant_toml.toml_of(file)
    if page.get("format") != FORMAT:
        raise BadSettings(file=file.name, key="format", expected=f'"{FORMAT}"', found=str(page.get("format"))[:60])
    pairs = page.get("synonyms")
    if not isinstance(pairs, dict) or len(pairs) > _MOST:
        expected = Message("a section of {most} names at most", most=_MOST)
        raise BadSettings(file=file.name, key="[synonyms]", expected=expected, found=Message("something else"))
    catalogue = load_catalogue()
    for header, concept in pairs.items():
        if not may_travel(header):
            name = Message("a name of {most} characters at most, without ids and control characters", most=MOST_CHARACTERS)
            raise BadSettings(file=file.name, key="[synonyms]", expected=name, found=repr(header)[:100])
        if not isinstance(concept, str) or concept not in catalogue:
            known = Message("a concept of the vocabulary")
            raise BadSettings(file=file.name, key=f'synonyms."{header}"', expected=known, found=str(concept)[:100])
    return pairs
