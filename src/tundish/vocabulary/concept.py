"""What is a concept? One meaning a column can have: names, unit, plausible range, and what it is good for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tundish.table import Kind, Statistic

IRI = "urn:tundish:concept:"
QUDT_UNIT = "http://qudt.org/vocab/unit/"
QUDT_KIND = "http://qudt.org/vocab/quantitykind/"

Role = Literal["identity", "time_start", "time_end", "time", "setting", "condition", "material", "result", "context", "energy"]
Aspect = Literal["actual", "setpoint", "mean", "min", "max", "total"]
Writing = Literal["korean", "english", "short", "tag"]
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
    goes_in: bool = False
    """For an identity: names what went in, not what came out."""
    equipment: bool = False
    """Names a machine, a tool or a place in the works: can be a cause, as a crew or a customer cannot."""
    book_keeping: bool = False
    """Says which part of the material something is, or how it lay: what was done there may be a cause, the place is none."""
    at_sections: bool = False
    """A line has it at several places: the section that a name says (`EXT_WELD_DET`) is which of several."""
    anywhere: bool = False
    """Stands in tables of any process, although its area is of one: the thickness at a line's exit."""
    turnable: bool = False
    """May a person at the line turn it?"""
    better: Literal["lower", "higher"] | None = None
    good: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()
    """Values of a categorical result, casefolded, that mean: as wanted, and: defective."""
    aggregate: tuple[Statistic, ...] = ()
    """Statistics that make sense over a piece's stay."""
    phases: bool = False
    """A batch's own temperature: it heats, holds and cools, and each phase counts for itself."""
    zero_is_missing: bool = False
    """A 0 means: not measured (a steel temperature, a thickness)."""
    synonyms: tuple[str, ...] = ()
    """What plants write instead of the names: Korean, English, abbreviations, pieces of tags."""
    same_as: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    """Checked equivalents elsewhere: ``idta``, ``eclass``, ``cdd``, ``en10168``, ``material_identity`` -> identifier."""
    qudt_kind: str | None = None
    """QUDT quantity kind, local name: ``Temperature``; None for a scale of its own."""
    qudt_unit: str | None = None
    """QUDT unit that ``unit`` is, local name: ``K``."""
    replaces: tuple[str, ...] = ()
    """Ids that this entry supersedes."""

    def written(self, writing: Writing) -> tuple[str, ...]:
        """The synonyms of one way of writing."""
        return tuple(name for name in self.synonyms if writing_of(name) == writing)

    @property
    def is_context(self) -> bool:
        """Says only who, when, for whom or which part, so that it cannot be a cause that anyone could turn."""
        return self.book_keeping or (self.role == "context" and self.kind == "category" and not self.equipment)

    @property
    def iri(self) -> str:
        """The concept's name for the world: ``urn:tundish:concept:pickling.bath_temperature``."""
        return IRI + self.id

    @property
    def qudt_kind_iri(self) -> str | None:
        """``http://qudt.org/vocab/quantitykind/Temperature``."""
        return None if self.qudt_kind is None else QUDT_KIND + self.qudt_kind

    @property
    def qudt_unit_iri(self) -> str | None:
        """``http://qudt.org/vocab/unit/K``."""
        return None if self.qudt_unit is None else QUDT_UNIT + self.qudt_unit

    @property
    def area(self) -> str:
        """First part of the id: ``pickling`` of ``pickling.bath_temperature``."""
        return self.id.partition(".")[0]

    @property
    def names(self) -> tuple[str, ...]:
        """Everything the concept is called: both names, then the synonyms."""
        return (self.name_ko, self.name_en, *self.synonyms)


def writing_of(name: str) -> Writing:
    """How a plant's name for a concept is written: Hangul, English words, a short form, or a tag.

    >>> [writing_of(name) for name in ("산세온도", "acid bath temperature", "FDT", "PL BATH TEMP", "PKL_TEMP")]
    ['korean', 'english', 'short', 'tag', 'tag']
    """
    if re.search("[가-힣]", name):
        return "korean"
    if "_" in name or (" " in name and name.isupper()):
        return "tag"
    return "english" if re.search("[a-z]{3}", name) else "short"
