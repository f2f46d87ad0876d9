"""What does each column of a file mean? ``tundish match`` says it for a table or a list of headers, one line a column."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tundish.cli.matched import lines_of
from tundish.cli.progress import Display
from tundish.errors import EmptyFile, HoldsNoTable, NoSuchFile, NothingUsable, UnreadableFile
from tundish.locale import plain, render
from tundish.settings import Language, Settings

if TYPE_CHECKING:
    from tundish.intake import RawTable
    from tundish.intake.listing import Listed
    from tundish.standardise.decided import Decided
    from tundish.standardise.matching.match import Matched
    from tundish.table import Progress
    from tundish.vocabulary import Catalogue

    Named = tuple[str, list[tuple[str, Matched]]]
    """A table's name, empty where there is only one, and its columns."""

_TABLES = frozenset((".csv", ".tsv", ".tab", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"))
_MOST_OF_A_LIST = 2**24
"""Bytes; a longer text is a table."""
_LARGE = 2**20
"""Bytes; from here on it is said at once what goes on."""


def run(path: Path, *, as_json: bool, lang: Language) -> None:
    """Print one line for each column of the file, or of every table of the folder, in order.

    Raises :class:`NoSuchFile`, :class:`HoldsNoTable` and what intake raises for a file that cannot be read.
    """
    from tundish.vocabulary import load_catalogue

    if not path.exists():
        raise NoSuchFile(file=path)
    several = path.is_dir()
    with Display(patience_s=0.0 if several or path.stat().st_size > _LARGE else 1.0) as progress:
        catalogue = load_catalogue()
        for name, found in (_of_folder if several else _of_file)(path, catalogue, progress):
            progress.pause()
            if as_json:
                place = {"file": name} if several else {}
                lines = [json.dumps(place | _as_json(header, one, lang), ensure_ascii=False) for header, one in found]
            else:
                lines = [*([f"# {plain(name)}"] if name else []), *lines_of(found, catalogue, lang), ""]
            sys.stdout.write("".join(f"{line}\n" for line in lines))
            sys.stdout.flush()


def _of_folder(folder: Path, catalogue: Catalogue, progress: Progress) -> Iterator[Named]:
    """Every table that the main job would read there."""
    from tundish.cli.plant import decided_by
    from tundish.connectors import SOURCES
    from tundish.intake import read
    from tundish.standardise.listed import match_columns
    from tundish.store import LANDED

    settings, decided = decided_by(folder) or Settings(), _decided(folder)
    tables = read(folder, (*SOURCES, LANDED), skip=settings.skip, ragged=settings.ragged, progress=progress).tables
    for done, raw in enumerate(tables):
        progress("standardise", done, len(tables))
        yield str(raw.origin), _zipped(raw, match_columns(raw, catalogue, decided=decided))


def _of_file(file: Path, catalogue: Catalogue, progress: Progress) -> Iterator[Named]:
    """Every table of a file; only where there are several, each with its name."""
    from tundish.connectors import SOURCES
    from tundish.intake import read_file
    from tundish.standardise.listed import match_columns, match_listed

    progress("read", 0, 0)
    listed = _listed(file)
    if listed is not None:
        headers = [column.header for column in listed]
        yield "", list(zip(headers, match_listed(listed, catalogue, name=file.name), strict=True))
        return
    try:
        tables = read_file(file, SOURCES)
    except NothingUsable as failure:
        raise HoldsNoTable(file=file.name) from failure
    decided = _decided(file.resolve().parent)
    for done, raw in enumerate(tables):
        progress("standardise", done, len(tables))
        name = str(raw.origin) if len(tables) > 1 else ""
        yield name, _zipped(raw, match_columns(raw, catalogue, decided=decided))


def _zipped(raw: RawTable, found: Sequence[Matched]) -> list[tuple[str, Matched]]:
    return list(zip(_headers(raw), found, strict=True))


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
    from tundish.intake.reading import NO_DATA_SUFFIXES

    size = file.stat().st_size
    if size == 0:
        raise EmptyFile(file=file.name, size=0)
    if size > _MOST_OF_A_LIST:
        return None
    try:
        text = decode(file.read_bytes(), file.name).utf8.decode()
    except UnreadableFile:
        return None
    if "\0" in text:
        return None
    listed = read_list(text, table_by_name=file.suffix.lower() in _TABLES)
    if listed is not None and file.suffix.lower() in NO_DATA_SUFFIXES and not any(column.samples for column in listed):
        raise HoldsNoTable(file=file.name)  # lines of a program or a letter, not headers
    return listed


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
