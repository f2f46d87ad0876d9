"""Does a unit measure what a concept is?"""

from __future__ import annotations

from dataclasses import replace

from tundish.vocabulary.concept import Concept
from tundish.vocabulary.units import Unit

_PERCENTAGES = frozenset({"ratio", "mass_fraction", "volume_fraction", "relative_humidity", "humidity"})


def fitting_unit(unit: Unit | None, concept: Concept) -> Unit | None:
    """The unit to convert with, or None when it does not measure the concept's quantity.

    A temperature difference takes no offset; a percentage is the same number for ratio, mass and volume.
    """
    if unit is None or concept.quantity is None:
        return None
    if concept.quantity == "temperature_difference" and unit.quantity == "temperature":
        return replace(unit, offset=0.0, quantity="temperature_difference")
    return unit if unit.quantity == concept.quantity or {unit.quantity, concept.quantity} <= _PERCENTAGES else None
