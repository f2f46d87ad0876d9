"""The whole path on one screen: read -> standardise -> trace -> learn -> prove -> share."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tundish import aas, intake, learn, prove, share, standardise, trace
from tundish.connectors import SOURCES
from tundish.documents import contracts, quarantine
from tundish.documents.dossier import Dossier
from tundish.engines import open_engine
from tundish.errors import AllSetAside
from tundish.intake.folder import plant_name, workspace
from tundish.intake.held import HELD_BYTES
from tundish.locale.called import called
from tundish.questions import Wish, ask
from tundish.settings import Settings
from tundish.standardise.contracts import Contract
from tundish.standardise.mends import Mends
from tundish.store import LANDED, traced
from tundish.table import Finding, Progress, Table
from tundish.trace.history import History, Material, along, in_memory, lay_parts
from tundish.trace.history import history as tell
from tundish.trace.large import align_all
from tundish.trace.mended import mend
from tundish.trace.pieces import Pieces
from tundish.trace.stays.parted import Bench
from tundish.trace.target import Target
from tundish.vocabulary import Catalogue, load_catalogue


@dataclass(frozen=True)
class Standard:
    """What stands after reading and standardising, and the words it is said in."""

    intake: intake.Intake
    tables: standardise.Standardised
    reference: aas.Reference
    """The words, those of reference models in the folder among them, and the AAS packages that they came in."""
    mends: Mends = field(default_factory=Mends, kw_only=True)
    """What was decided of single cells in the plant's quarantine file."""
    contracts: tuple[Contract, ...] = field(default=(), kw_only=True)
    """What the plant's sources were agreed to deliver."""

    @property
    def catalogue(self) -> Catalogue:
        """The words that the tables are said in."""
        return self.reference.catalogue

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything found so far: of the files, of reference models, of the plant, of each table."""
        of_tables = (finding for table in self.tables.tables for finding in table.findings)
        return (*self.intake.findings, *self.reference.findings, *self.tables.findings, *of_tables)


@dataclass(frozen=True)
class Prepared(Standard):
    """Standard tables and what to ask of them: what a person may still be asked about."""

    target: Target


def standard(
    plant: Path, settings: Settings, progress: Progress, *, agreeing: bool = False, held_bytes: int = HELD_BYTES
) -> Standard:
    """Read and standardise a plant's folder, with its quarantine file and contracts.

    Of files with more than ``held_bytes`` of values together the largest are read in parts. ``agreeing`` takes every delivery
    as it is, so that contracts can be made of it; else one that breaks a frozen contract is set aside. Raises an
    :class:`~tundish.errors.InputError` when a file cannot be read whole.
    """
    mends, agreed = quarantine.read(plant), contracts.read(plant)
    reference = aas.read_reference(plant, load_catalogue(), skip=settings.skip)
    raw = intake.read(plant, (*SOURCES, LANDED), skip=settings.skip, ragged=settings.ragged, held_bytes=held_bytes,
                      progress=progress)  # fmt: skip
    tables = standardise.standardise(
        raw.tables,
        reference.catalogue,
        time_zone=settings.time_zone,
        mapping=settings.mapping,
        synonyms=settings.synonyms,
        units=settings.units,
        missing=settings.missing,
        mends=mends,
        contracts=None if agreeing else agreed,
        progress=progress,
    )
    return Standard(raw, tables, reference, mends=mends, contracts=agreed)


def prepare(plant: Path, settings: Settings, progress: Progress, *, held_bytes: int = HELD_BYTES) -> Prepared:
    """Read and standardise a plant's folder, and find what to ask about.

    Raises an :class:`~tundish.errors.InputError` when a file cannot be read whole or nothing can be asked.
    """
    found = standard(plant, settings, progress, held_bytes=held_bytes)
    if not found.tables.tables:
        raise AllSetAside(folder=plant.name, count=len(found.intake.tables), check=called(f"check {plant}"))
    target = trace.find_target(found.tables.tables, settings.target, found.catalogue)
    return Prepared(found.intake, found.tables, found.reference, target, mends=found.mends, contracts=found.contracts)


def answer(plant: Path, prepared: Prepared, settings: Settings, progress: Progress) -> Dossier:
    """Trace, learn, prove and write the card: from standardised tables to everything a paper needs."""
    catalogue, begun = prepared.catalogue, datetime.now(UTC)
    with bench(plant, settings, prepared.tables.tables) as place:
        pieces = trace.trace(
            prepared.tables.tables,
            prepared.target,
            catalogue,
            keys=settings.keys,
            clock_offsets_s=settings.clock_offsets_s,
            decision_moment=settings.decision_moment,
            known=settings.known,
            gauges_m=settings.gauges_m,
            time_zone=settings.time_zone,
            bench=place,
            progress=progress,
        )
    question = ask(pieces, _wish(settings, pieces), catalogue)
    parts = prove.split(pieces, question)
    learned = learn.learn(parts.earlier, question, catalogue, progress=progress)
    evidence = prove.prove(learned, parts.later, parts.earlier, question)
    return Dossier(
        plant=plant_name(plant),
        time_zone=settings.time_zone,
        created=begun,
        target_reason=prepared.target.reason,
        question=question,
        pieces=pieces,
        split=parts,
        answer=learned,
        evidence=evidence,
        card=share.share(learned, evidence, pieces),
        matches=tuple(match for table in prepared.tables.tables for match in table.matches),
        findings=(
            *prepared.findings,
            *pieces.table.findings,
            *question.findings,
            *parts.findings,
            *learned.findings,
            *evidence.findings,
        ),
        repairs=pieces.table.repairs,
        skipped=prepared.intake.skipped,
        files=tuple((raw.origin.file, raw.sha256) for raw in prepared.intake.tables),
    )


@contextmanager
def bench(plant: Path, settings: Settings, tables: Sequence[Table]) -> Iterator[Bench | None]:
    """An engine for tables in parts, and the folder that keeps what is done: hidden in the plant's own, so that a run that was
    killed goes on; a temporary one where nothing may be written there. None when every table is held."""
    if not any(table.parts for table in tables):
        yield None
        return
    with ExitStack() as stack:
        folder = workspace(plant, "jobs")
        if not os.access(plant, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
            folder = Path(stack.enter_context(TemporaryDirectory()))
        yield Bench(stack.enter_context(open_engine(settings.compute)), folder)


def material(plant: Path, settings: Settings, progress: Progress, *, held_bytes: int = HELD_BYTES) -> Material:
    """Where every piece of a plant came from and went: what was kept of an earlier run, while no file has changed, else traced.

    Raises an :class:`~tundish.errors.InputError` when a file cannot be read whole.
    """
    key = traced.fingerprint(plant, settings)
    kept = traced.load(plant, key)
    if kept is not None:
        return kept
    found = standard(plant, settings, progress, held_bytes=held_bytes)
    mended = mend(found.tables.tables, found.catalogue, keys=settings.keys, progress=progress)
    with bench(plant, settings, mended.tables) as place:
        aligned = align_all(
            mended.tables,
            mended.genealogy,
            found.catalogue,
            bench=place,
            given=settings.clock_offsets_s,
            gauges_m=settings.gauges_m,
            time_zone=settings.time_zone,
        )
        parted = lay_parts(mended.tables, found.catalogue, place)
    whole = in_memory(
        mended.genealogy, tables=mended.tables, parted=parted, aligned=aligned, findings=mended.findings
    )  # fmt: skip
    progress("keep", 0, 0)
    return traced.keep(whole, plant, key)


def history(plant: Path, piece: str, settings: Settings, progress: Progress) -> History:
    """All that the plant's exports tell of one piece, its id in any spelling.

    Raises :class:`~tundish.errors.UnknownPiece` and :class:`~tundish.errors.AmbiguousPiece`.
    """
    whole = material(plant, settings, progress)
    return tell(whole, piece, along=partial(along, whole, catalogue=load_catalogue(), gauges_m=settings.gauges_m))


def _wish(settings: Settings, pieces: Pieces) -> Wish:
    target = pieces.table.column(pieces.target)
    spots = (spot for origin in target.origins for spot in origin.spots)
    return Wish(
        bad=settings.bad,
        higher_is=settings.higher_is,
        limits=next((settings.limits[spot] for spot in (*spots, *target.headers) if spot in settings.limits), (None, None)),
        turnable=settings.turnable,
        cost_per_bad=settings.cost_per_bad,
    )
