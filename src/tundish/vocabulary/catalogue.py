"""Which concepts are there? Loads concepts/<area>.yaml, parts.yaml and words.yaml, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

from tundish.vocabulary.concept import Concept
from tundish.vocabulary.entries import concepts_of
from tundish.vocabulary.pages import read_yaml
from tundish.vocabulary.words import Words, read_words


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the works, and the words that say a column belongs to it."""

    id: str
    name_ko: str
    name_en: str
    words: frozenset[str]
    """Word parts (keys of words.yaml) that name the place: ``pickling``, ``bath``."""


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All concepts, the areas they stand in, and the words that names are made of."""

    concepts: tuple[Concept, ...]
    areas: Mapping[str, Area]
    words: Words
    _by_id: dict[str, Concept] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {concept.id: concept for concept in self.concepts})

    def concept(self, id: str) -> Concept:
        """The concept with this id; KeyError when there is none."""
        return self._by_id[id]

    def __contains__(self, id: object) -> bool:
        return id in self._by_id


@lru_cache(maxsize=1)
def load_catalogue() -> Catalogue:
    """The vocabulary that ships with the program."""
    root = files("tundish.vocabulary")
    parts = read_yaml(root / "parts.yaml")
    pages = (page for page in (root / "concepts").iterdir() if page.name.endswith(".yaml"))
    documents = sorted(map(read_yaml, pages), key=lambda document: str(document["area"]))
    concepts = tuple(concept for document in documents for concept in concepts_of(document, parts))
    return Catalogue(
        concepts=concepts,
        areas={document["area"]: _area(document) for document in documents},
        words=read_words(read_yaml(root / "words.yaml")),
    )


def _area(document: Mapping[str, Any]) -> Area:
    return Area(document["area"], document["ko"], document["en"], frozenset(document.get("words", ())))
