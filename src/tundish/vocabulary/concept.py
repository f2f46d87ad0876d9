"""What is a concept? One meaning a column can have: names, unit, plausible range, and what it is good for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tundish.table import Kind, Statistic

Role = Literal["identity", "time_start", "time_end", "time", "setting", "condition", "material", "result", "context", "energy"]
Aspect = Literal["actual", "setpoint", "mean", "min", "max", "total"]
Level = Literal["heat", "slab", "coil", "plate", "lot", "piece", "order", "specimen"]


@dataclass(frozen=True, slots=True)
class Concept:
    """One entry of the vocabulary. ``low`` and ``high`` are in ``unit`` (SI; chemistry and ratios in %)."""

    id: str
    name_ko: str
    name_en: str
    kind: Kind
    role: Role
    definition_ko: str | None = None
    definition_en: str | None = None
    quantity: str | None = None
    """Quantity kind of units.yaml: ``temperature``, ``length`` ...; None for texts, categories, times and ids."""
    unit: str | None = None
    """UCUM code of the unit that values are kept in."""
    plant_unit: str | None = None
    """Label of the unit a plant usually shows; for display only, never used to interpret data."""
    low: float | None = None
    high: float | None = None
    aspect: Aspect = "actual"
    setpoint_of: str | None = None
    """For a set-point: id of the concept that is set."""
    level: Level | None = None
    """For an identity: which material it names."""
    turnable: bool = False
    """May a person at the line turn it?"""
    better: Literal["lower", "higher"] | None = None
    good: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()
    """Values of a categorical result, casefolded, that mean: as wanted, and: defective."""
    aggregate: tuple[Statistic, ...] = ()
    """Statistics that make sense over a piece's stay."""
    zero_is_missing: bool = False
    """A 0 means: not measured (a steel temperature, a thickness)."""
    synonyms: tuple[str, ...] = ()
    """What plants write instead of the names: Korean, English, abbreviations, pieces of tags."""

    @property
    def area(self) -> str:
        """First part of the id: ``pickling`` of ``pickling.bath_temperature``."""
        return self.id.partition(".")[0]

    @property
    def names(self) -> tuple[str, ...]:
        """Everything the concept is called: both names, then the synonyms."""
        return (self.name_ko, self.name_en, *self.synonyms)
