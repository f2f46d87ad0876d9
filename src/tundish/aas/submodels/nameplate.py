"""IDTA 02006: who made it, and what is it called? What no table tells stays open."""

from __future__ import annotations

from tundish.aas.elements import Words
from tundish.aas.package import Json
from tundish.aas.template import fill


def nameplate(words: Words, asset: str, identity: str) -> Json:
    """A nameplate with the name of the plant or line; its maker stands in no export and is left to be filled in."""
    return fill("02006", identity, {"URIOfTheProduct": asset, "ManufacturerProductDesignation": words})
