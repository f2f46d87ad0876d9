"""What does a reference model (.aasx) in the plant's folder add to the words? Names for known concepts, and new concepts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from tundish.aas.meaning import REFERENCE
from tundish.aas.model import Entry, entries_of
from tundish.aas.names import id_short
from tundish.aas.package import AasPackage
from tundish.aas.read import SUFFIXES, read_package
from tundish.errors import Message, UnreadableFile
from tundish.intake.folder import is_named, walk
from tundish.standardise.matching.look import ColumnSketch
from tundish.standardise.matching.match import match
from tundish.table import Finding, Origin
from tundish.vocabulary import Catalogue, Concept, parse_unit
from tundish.vocabulary.catalogue import Area
from tundish.vocabulary.concept import Role
from tundish.vocabulary.words import even_name

AREA = Area(REFERENCE, "참조 모델", "reference model", frozenset())
"""Where concepts stand that only a reference model knows: ``aasx.BathAge``."""
MOST_BYTES = 64 * 2**20
"""Of a JSON or XML file that is looked into."""
_MARKS = (b"submodelElements", b"conceptDescriptions", b"assetAdministrationShells")


@dataclass(frozen=True)
class Reference:
    """The words of a plant that has reference models, and what was taken from them."""

    catalogue: Catalogue
    packages: tuple[tuple[str, AasPackage], ...] = ()
    findings: tuple[Finding, ...] = ()


def read_reference(plant: Path, catalogue: Catalogue, *, skip: Sequence[str] = ()) -> Reference:
    """Read every AAS file of a plant's folder as a source of names and concepts.

    An element whose semantic id is one of ours, or whose name and unit mean a concept beyond doubt, gives its names to that
    concept, and its semantic id to what we hand out; any other becomes a concept ``aasx.<idShort>``. A file that cannot be
    read is a finding, and so is everything that was taken.
    """
    packages: list[tuple[str, AasPackage]] = []
    found: list[Finding] = []
    for name, path in walk(plant).files.items():
        if not is_named(name, skip) and _is_candidate(path):
            try:
                package, faults = read_package(path)
            except UnreadableFile as error:
                if path.suffix.lower() == ".aasx":
                    found.append(Finding("reference_refused", "warning", error.message, Origin(name)))
                continue
            packages.append((name, package))
            found += [replace(fault, origin=Origin(name)) for fault in faults]
    for name, package in packages:
        catalogue, taken = _with(catalogue, package, name)
        found.append(taken)
    return Reference(catalogue, tuple(packages), tuple(found))


def _is_candidate(path: Path) -> bool:
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES or suffix == ".aasx":
        return suffix == ".aasx"
    if path.stat().st_size > MOST_BYTES:
        return False
    raw = path.read_bytes()
    return any(mark in raw for mark in _MARKS)


def _with(catalogue: Catalogue, package: AasPackage, file: str) -> tuple[Catalogue, Finding]:
    """The words with those of one package, and what was taken from it."""
    entries = entries_of(package)
    known = _known(entries, catalogue, file)
    concepts = {concept.id: concept for concept in catalogue.concepts}
    owners = {even_name(name): concept.id for concept in catalogue.concepts for name in concept.names}
    added = 0
    for entry in entries:
        id = known.get(entry.key) or _own(entry, concepts, owners)
        if id is None:
            continue
        added += entry.key not in known
        concepts[id] = _extended(concepts.get(id) or _new(id, entry), entry, owners)
    areas = {**catalogue.areas, AREA.id: AREA} if added else catalogue.areas
    text = (
        "{file} was used as a reference model: of {elements} elements, {known} are concepts of the vocabulary and give them "
        "names, {added} are new concepts ({examples}). Columns with these names are matched to them."
    )
    new = [concept for concept in concepts if concept.startswith(f"{AREA.id}.") and concept not in catalogue]
    message = Message(text, file=file, elements=len(entries), known=len(known), added=added, examples=", ".join(new[:5]) or "-")
    taken = Finding("reference_model", "info", message, Origin(file), len(entries))
    return replace(catalogue, concepts=tuple(concepts.values()), areas=areas), taken


def _known(entries: Sequence[Entry], catalogue: Catalogue, file: str) -> dict[str, str]:
    """Entry -> id of the concept it means: by identifier first, then by name and unit."""
    by_id = {one: concept.id for concept in catalogue.concepts for one in (concept.iri, *concept.same_as.values())}
    known = {entry.key: by_id[one] for entry in entries for one in entry.ids if one in by_id}
    for at in range(3):
        asked = [entry for entry in entries if entry.key not in known and len(entry.names) > at]
        sketches = [
            ColumnSketch(entry.names[at], entry.kind, Origin(file, column=entry.names[at]), entry.unit) for entry in asked
        ]
        found = match(sketches, catalogue, table_name=PurePosixPath(file).stem) if sketches else ()
        for entry, matched in zip(asked, found, strict=True):
            id = matched.match.concept
            if id is not None and matched.position is None and _unit_fits(entry, catalogue.concept(id)):
                known[entry.key] = id
    return known


def _unit_fits(entry: Entry, concept: Concept) -> bool:
    if entry.unit is None:
        return True
    unit = parse_unit(entry.unit, concept.quantity)
    return unit is not None and unit.si == concept.unit


def _own(entry: Entry, concepts: dict[str, Concept], owners: dict[str, str]) -> str | None:
    """Id of a concept that only the model knows; None where its name belongs to another already."""
    if not entry.ids or any(even_name(name) in owners for name in entry.names):
        return None
    taken = {id.partition(".")[2].casefold() for id in concepts if id.startswith(f"{AREA.id}.")}
    return f"{AREA.id}.{id_short(entry.name, taken)}"


def _new(id: str, entry: Entry) -> Concept:
    unit = parse_unit(entry.unit) if entry.unit else None
    roles: dict[str, Role] = {"number": "condition", "time": "time"}
    return Concept(
        id=id,
        name_ko=entry.words.get("ko") or entry.name,
        name_en=entry.words.get("en") or entry.name,
        kind=entry.kind,
        role=roles.get(entry.kind, "context"),
        definition_ko=entry.definition.get("ko"),
        definition_en=entry.definition.get("en"),
        quantity=unit.quantity if unit else None,
        unit=unit.si if unit else None,
        plant_unit=unit.label if unit else None,
        aggregate=("mean",) if entry.kind == "number" else (),
    )


def _extended(concept: Concept, entry: Entry, owners: dict[str, str]) -> Concept:
    """The concept with the names and identifiers of an entry; a name that means another concept stays with that."""
    names = tuple(_free(concept, entry.names, owners))
    ids = [one for one in entry.ids if one != concept.iri and one not in concept.same_as.values()]
    numbered = {f"{AREA.id}{len(concept.same_as) + at}": one for at, one in enumerate(ids)}
    same_as = MappingProxyType({**concept.same_as, **numbered})
    return replace(concept, synonyms=(*concept.synonyms, *names), same_as=same_as)


def _free(concept: Concept, names: Iterable[str], owners: dict[str, str]) -> Iterator[str]:
    for name in names:
        if owners.setdefault(even_name(name), concept.id) == concept.id and name not in concept.names:
            yield name
