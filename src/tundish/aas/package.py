"""What is an AAS package in memory? The environment as plain JSON, and the files that go with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Json = dict[str, Any]
"""An AAS 3.0 element as JSON, keys as in the metamodel. Plain dicts: 100,000 properties are written in a second."""


@dataclass(frozen=True, slots=True)
class Part:
    """A supplementary file of a package."""

    content: bytes | Path
    content_type: str

    def read_bytes(self) -> bytes:
        """All bytes of the part."""
        return self.content.read_bytes() if isinstance(self.content, Path) else self.content


@dataclass(frozen=True)
class AasPackage:
    """One environment: shells, submodels, concept descriptions; each list may be empty, and is then left out of the JSON."""

    shells: tuple[Json, ...] = ()
    submodels: tuple[Json, ...] = ()
    concept_descriptions: tuple[Json, ...] = ()
    files: Mapping[str, Part] = field(default_factory=dict)
    """By name inside the package: ``/aasx/files/heat_1.parquet``, as a File element's value says it."""
    thumbnails: Mapping[str, str] = field(default_factory=dict)
    """Shell id -> name in ``files``."""

    @property
    def environment(self) -> Json:
        """The AAS environment as JSON (AAS part 5, 3.0)."""
        lists = {
            "assetAdministrationShells": self.shells,
            "submodels": self.submodels,
            "conceptDescriptions": self.concept_descriptions,
        }
        return {name: list(elements) for name, elements in lists.items() if elements}
