"""What does QUDT call a quantity and a unit? Names only; http://qudt.org/vocab/ before them makes them addresses."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from tundish.vocabulary.pages import read_yaml


def qudt_kind(quantity: str | None) -> str | None:
    """QUDT's quantity kind for a quantity of units.yaml; None for a scale of its own.

    >>> qudt_kind("temperature"), qudt_kind("hardness_vickers")
    ('Temperature', None)
    """
    kind: str | None = _document()["kinds"].get(quantity)
    return kind


def qudt_unit(ucum: str, quantity: str | None = None) -> str | None:
    """QUDT's unit for a UCUM code of units.yaml; None where QUDT has none. ``quantity`` tells a plain number from a count.

    >>> qudt_unit("Cel"), qudt_unit("m/min"), qudt_unit("{HV}")
    ('DEG_C', 'M-PER-MIN', None)
    """
    unit: str | None = _document()["units"].get(ucum)
    return "NUM" if ucum == "1" and quantity == "count" else unit


@lru_cache(maxsize=1)
def _document() -> Mapping[str, Any]:
    return read_yaml(files("tundish.vocabulary") / "qudt.yaml")
