"""Does a unit measure what a concept is?"""

from __future__ import annotations

from dataclasses import replace

from tundish.vocabulary.concept import Concept
from tundish.vocabulary.units import Unit, parse_unit

_PERCENTAGES = frozenset({"ratio", "mass_fraction", "volume_fraction", "relative_humidity", "humidity"})
_TONNES = frozenset({"mass", "force"})
"""Plants write ton for a force, too: of a concept that is one it is tonf."""


def fitting_unit(unit: Unit | None, concept: Concept) -> Unit | None:
    """The unit to convert with, or None when it does not measure the concept's quantity.

    A temperature difference takes no offset; a percentage is the same number for ratio, mass and volume.
    """
    if unit is None or concept.quantity is None:
        return None
    if concept.quantity == "temperature_difference" and unit.quantity == "temperature":
        return replace(unit, offset=0.0, quantity="temperature_difference")
    if {unit.quantity, concept.quantity} == _TONNES:
        force = parse_unit(unit.label, "force")
        return force if force is not None and force.quantity == concept.quantity else None
    return unit if unit.quantity == concept.quantity or {unit.quantity, concept.quantity} <= _PERCENTAGES else None
