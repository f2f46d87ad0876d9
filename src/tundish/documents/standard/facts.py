"""What is there to say of a standardisation: which tags are mapped, what the shells hold, what is still open?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from tundish.aas import AasPackage, Fault
from tundish.aas.conform import Coverage
from tundish.table import Finding, Match, Table
from tundish.vocabulary import Catalogue, Concept

State = Literal["mapped", "unit_open", "none", "open"]
"""Concept and unit sure; concept sure, unit not; a person said: no concept; nobody knows."""


@dataclass(frozen=True)
class Tag:
    """One column of one file."""

    match: Match
    concept: Concept | None
    state: State

    @property
    def place(self) -> str:
        """File and sheet."""
        sheet = self.match.origin.sheet
        return f"{self.match.origin.file} / {sheet}" if sheet else self.match.origin.file


@dataclass(frozen=True)
class Share:
    """How many tags of one place are mapped."""

    place: str
    tags: int
    mapped: int
    """Those with a concept, the unit open or not."""
    unit_open: int
    open: int

    @property
    def percent(self) -> float:
        """Share of tags with a concept, in %."""
        return 100 * self.mapped / self.tags if self.tags else 0.0


@dataclass(frozen=True)
class Filled:
    """How far the submodels of one template are filled, all together."""

    number: str
    title: str
    submodels: int
    needed: int
    filled: int
    more: int
    open: tuple[str, ...]
    """Demanded places that hold nothing somewhere, each once."""
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class Series:
    """A Parquet file beside the package."""

    file: str
    rows: int
    columns: int
    size: int
    sha256: str


@dataclass(frozen=True)
class Facts:
    """Everything that the papers of a standardisation say."""

    plant: str
    created: str
    tables: tuple[Table, ...]
    catalogue: Catalogue
    package: AasPackage
    coverage: tuple[Coverage, ...]
    faults: tuple[Fault, ...]
    """Of the metamodel, in the package as it was written and read again."""
    same: bool
    """Whether the package read again says the same as what was written."""
    series: tuple[Series, ...]
    findings: tuple[Finding, ...]
    skipped: tuple[str, ...]

    @cached_property
    def tags(self) -> tuple[Tag, ...]:
        """Every column of every file, in order."""
        return tuple(_tag(match, self.catalogue) for table in self.tables for match in table.matches)

    @cached_property
    def whole(self) -> Share:
        """All tags together."""
        return _share("", self.tags)

    @cached_property
    def shares(self) -> tuple[Share, ...]:
        """Share by file and sheet."""
        places = dict.fromkeys(tag.place for tag in self.tags)
        return tuple(_share(place, [tag for tag in self.tags if tag.place == place]) for place in places)

    @cached_property
    def filled(self) -> tuple[Filled, ...]:
        """Coverage by template, in the order of numbers."""
        numbers = sorted({one.template.number for one in self.coverage})
        return tuple(_filled([one for one in self.coverage if one.template.number == number]) for number in numbers)

    @property
    def references(self) -> tuple[Finding, ...]:
        """Reference models that gave names and concepts."""
        return tuple(finding for finding in self.findings if finding.code == "reference_model")

    @property
    def concepts(self) -> tuple[Concept, ...]:
        """Concepts that the tables use, each once, in order of their ids."""
        used = {tag.concept.id: tag.concept for tag in self.tags if tag.concept}
        return tuple(used[id] for id in sorted(used))


def _tag(match: Match, catalogue: Catalogue) -> Tag:
    if match.concept is None or match.concept not in catalogue:
        return Tag(match, None, "none" if match.confirmed else "open")
    concept = catalogue.concept(match.concept)
    unit_open = concept.kind == "number" and concept.unit is not None and match.unit is None
    return Tag(match, concept, "unit_open" if unit_open else "mapped")


def _share(place: str, tags: Sequence[Tag]) -> Share:
    states = [tag.state for tag in tags]
    unit_open = states.count("unit_open")
    return Share(place, len(tags), states.count("mapped") + unit_open, unit_open, states.count("open"))


def _filled(same: Sequence[Coverage]) -> Filled:
    template = same[0].template
    return Filled(
        number=f"{template.number}-{template.version}" if template.version else template.number,
        title=template.title,
        submodels=len(same),
        needed=sum(one.needed for one in same),
        filled=sum(one.filled for one in same),
        more=sum(one.more for one in same),
        open=tuple(dict.fromkeys(path for one in same for path in one.open)),
        faults=tuple(fault for one in same for fault in one.faults),
    )
