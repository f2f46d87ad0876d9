"""What does each column of a file mean? ``tundish match`` says it for a table or a list of headers, one line a column."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tundish.errors import EmptyFile, NoSuchFile, UnreadableFile
from tundish.locale import plain, render, say
from tundish.settings import Language

if TYPE_CHECKING:
    from tundish.intake import RawTable
    from tundish.intake.listing import Listed
    from tundish.standardise.decided import Decided
    from tundish.standardise.matching.match import Matched
    from tundish.vocabulary import Catalogue

_TABLES = frozenset((".csv", ".tsv", ".tab"))
_MOST_OF_A_LIST = 2**24
"""Bytes; a longer text is a table."""
_SHOWN = 4
"""Alternatives in a line, at most."""


def run(file: Path, *, as_json: bool, lang: Language) -> None:
    """Print one line for each column of the file, in order.

    Raises :class:`NoSuchFile` and what intake raises for a file that cannot be read.
    """
    from tundish.vocabulary import load_catalogue

    if not file.is_file():
        raise NoSuchFile(file=file)
    catalogue = load_catalogue()
    for header, found in columns_of(file, catalogue):
        line = (
            json.dumps(_as_json(header, found, lang), ensure_ascii=False)
            if as_json
            else _as_text(header, found, catalogue, lang)
        )
        sys.stdout.write(f"{line}\n")


def columns_of(file: Path, catalogue: Catalogue) -> Iterator[tuple[str, Matched]]:
    """Header and meaning of every column of a file, sheet by sheet, in order."""
    from tundish.standardise.listed import match_columns, match_listed

    listed = _listed(file)
    if listed is not None:
        headers = [column.header for column in listed]
        yield from zip(headers, match_listed(listed, catalogue, name=file.name), strict=True)
        return
    from tundish.connectors import SOURCES
    from tundish.intake import read_file

    decided = _decided(file.resolve().parent)
    for raw in read_file(file, SOURCES):
        yield from zip(_headers(raw), match_columns(raw, catalogue, decided=decided), strict=True)


def _decided(folder: Path) -> Decided | None:
    """What the plant.toml beside the file says; None where none stands."""
    from tundish.cli.plant import decided_by
    from tundish.standardise.decided import Decided

    settings = decided_by(folder)
    if settings is None:
        return None
    return Decided(settings.mapping, settings.units, {}, synonyms=settings.synonyms)


def _listed(file: Path) -> Sequence[Listed] | None:
    """The columns of a list; None when the file is a table, or no text at all."""
    from tundish.intake.encoding import decode
    from tundish.intake.listing import read_list

    size = file.stat().st_size
    if size == 0:
        raise EmptyFile(file=file.name, size=0)
    if size > _MOST_OF_A_LIST:
        return None
    try:
        text = decode(file.read_bytes(), file.name).utf8.decode()
    except UnreadableFile:
        return None
    return read_list(text, table_by_name=file.suffix.lower() in _TABLES)


def _headers(raw: RawTable) -> list[str]:
    """Headers as they stand in the file: without the numbers that make doubled ones unique, empty where none stands."""
    before = {repair.after: repair.before or "" for repair in raw.repairs if repair.code == "doubled_header"}
    nameless = {finding.origin.column for finding in raw.findings if finding.code == "nameless_column"}
    return ["" if header in nameless else before.get(header, header) for header in raw.headers]


def _as_json(header: str, found: Matched, lang: Language) -> dict[str, object]:
    match = found.match
    return {
        "header": header,
        "concept": match.concept,
        "score": match.score,
        "unit": match.unit,
        "alternatives": [{"concept": concept, "score": score} for concept, score in match.alternatives],
        "reason": render(match.reason, lang),
        "ucum": found.unit.ucum if found.unit else None,
        "unit_read": match.unit_read,
    }


def _as_text(header: str, found: Matched, catalogue: Catalogue, lang: Language) -> str:
    match = found.match
    if match.concept is None:
        near = ", ".join(f"{concept} {score:.2f}" for concept, score in match.alternatives[:_SHOWN])
        return f"{plain(header)}\t-\t{match.score:.2f}\t{plain(match.unit or '')}\t{near or say('nothing near', lang)}"
    concept = catalogue.concept(match.concept)
    name = concept.name_ko if lang == "ko" else concept.name_en
    return f"{plain(header)}\t{match.concept}\t{match.score:.2f}\t{plain(match.unit or '')}\t{name}"
