"""How is the standardisation package written? Shells, series and papers into one folder, verified as they stand on the disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from tundish.aas import AasPackage, describe, read_package, verify, write_json, write_package, write_series
from tundish.aas.conform import coverage
from tundish.documents.standard.facts import Facts, Series
from tundish.documents.standard.pages import pages
from tundish.documents.standard.sheets import write_sheets
from tundish.settings import Language
from tundish.table import Finding, Progress, Table
from tundish.vocabulary import Catalogue

MARK = "standard.json"
"""What a program reads: shares, files, what is open. A folder that holds it is ours."""


@dataclass(frozen=True)
class Source:
    """What is standardised: the tables of a plant, and what was found on the way."""

    plant: str
    created: str
    tables: tuple[Table, ...]
    catalogue: Catalogue
    findings: tuple[Finding, ...]
    skipped: tuple[str, ...]


def publish_standard(source: Source, folder: Path, lang: Language, *, progress: Progress | None = None) -> Facts:
    """Write the whole package into an existing folder; what it says.

    Writes ``<plant>.aasx``, ``<plant>.json``, ``series/*.parquet``, ``guide``, ``verification`` and ``checklist`` as HTML and
    XLSX, and ``standard.json``. The package is read again from the disk, and that is what is verified.
    """
    tell = progress or (lambda *_: None)
    tell("shells", 0, 3)
    package = describe(source.tables, source.catalogue, plant=source.plant)
    files = write_series(source.tables, source.catalogue, folder, plant=source.plant)
    tell("shells", 1, 3)
    name = file_name(source.plant)
    write_package(package, folder / f"{name}.aasx")
    with (folder / f"{name}.json").open("wb") as file:
        write_json(package, file)
    tell("shells", 2, 3)
    facts = _facts(source, package, folder / f"{name}.aasx", files)
    tell("write", 0, 0)
    for paper, text in pages(facts, name, lang).items():
        (folder / f"{paper}.html").write_text(text, encoding="utf-8")
    write_sheets(facts, folder, lang)
    (folder / MARK).write_text(json.dumps(_summary(facts, name), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return facts


def file_name(plant: str) -> str:
    """The plant's name as a file may be called on any system.

    >>> file_name("2공장: A/B"), file_name("..")
    ('2공장_A_B', 'plant')
    """
    kept = "".join(letter if letter.isalnum() or letter in "-. " else "_" for letter in plant)
    while "__" in kept or "_ " in kept:
        kept = kept.replace("__", "_").replace("_ ", "_")
    return kept.strip("._ ")[:80] or "plant"


def _facts(source: Source, package: AasPackage, path: Path, files: Sequence[Path]) -> Facts:
    again, _ = read_package(path)
    return Facts(
        plant=source.plant,
        created=source.created,
        tables=source.tables,
        catalogue=source.catalogue,
        package=package,
        coverage=coverage(again),
        faults=tuple(verify(again.environment)),
        same=again.environment == package.environment,
        series=tuple(_series(file, path.parent) for file in files),
        findings=source.findings,
        skipped=source.skipped,
    )


def _series(file: Path, folder: Path) -> Series:
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    lazy = pl.scan_parquet(file, glob=False)
    rows = lazy.select(pl.len()).collect().item()
    columns = len(lazy.collect_schema())
    return Series(file.relative_to(folder).as_posix(), rows, columns, file.stat().st_size, digest)


def _summary(facts: Facts, name: str) -> dict[str, object]:
    whole = facts.whole
    return {
        "plant": facts.plant,
        "package": f"{name}.aasx",
        "tags": whole.tags,
        "mapped": whole.mapped,
        "mapped_percent": round(whole.percent, 2),
        "unit_open": whole.unit_open,
        "open": whole.open,
        "shells": len(facts.package.shells),
        "submodels": len(facts.package.submodels),
        "concept_descriptions": len(facts.package.concept_descriptions),
        "metamodel_faults": len(facts.faults),
        "files": [
            {"file": one.place, "tags": one.tags, "mapped": one.mapped, "unit_open": one.unit_open, "open": one.open}
            for one in facts.shares
        ],
        "templates": [
            {
                "template": one.number,
                "submodels": one.submodels,
                "needed": one.needed,
                "filled": one.filled,
                "faults": len(one.faults),
                "open": list(one.open),
            }
            for one in facts.filled
        ],
        "series": [{"file": one.file, "rows": one.rows, "sha256": one.sha256} for one in facts.series],
    }
