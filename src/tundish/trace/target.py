"""Which column is asked about, and in which table does it stand?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tundish.errors import AmbiguousTarget, EmptyTarget, Message, NoTarget, OddTarget, UnknownTarget
from tundish.table import Column, Origin, Table
from tundish.vocabulary import Catalogue, Concept
from tundish.vocabulary.verdicts import verdicts
from tundish.vocabulary.words import even_blanks

MOST_CLASSES = 20
"""As many different texts may be classes, however few pieces hold each."""
_VERDICT_HEADER = re.compile(r"판정|합부|합불|양부|양불|불량|verdict|judg|pass.?fail|ok.?ng|defect", re.IGNORECASE)
_DEFECT_HEADER = re.compile(r"불량|결함|하자|크랙|균열(?!대|온|시)|흠|defect|flaw|reject|crack|ppm$", re.IGNORECASE)
_UNIT_IN_BRACKETS = re.compile(r"\s*[(\[][^()\[\]]*[)\]]\s*$")
_ENERGY_UNITS = frozenset({"J", "W.h", "kW.h", "MW.h", "GJ", "MJ"})


@dataclass(frozen=True, slots=True)
class Target:
    """The column whose behaviour is to be explained."""

    table: str
    """Name of the standardised table."""
    column: str
    """Name of the column in that table."""
    reason: Message
    """Why this one: named by the user, or how it was proposed."""


def find_target(tables: Sequence[Table], text: str | None, catalogue: Catalogue) -> Target:
    """The column that ``text`` names, or without it the one most likely meant.

    ``text`` is a column name of the plant's files, ``file:column``, a concept id or a concept's Korean or English name; case,
    blanks and width do not matter. Raises :class:`tundish.errors.UnknownTarget`, :class:`tundish.errors.AmbiguousTarget`, or
    :class:`tundish.errors.NoTarget` when nothing can be proposed.
    """
    return _propose(tables, catalogue) if text is None else _resolve(tables, text, catalogue)


def _resolve(tables: Sequence[Table], text: str, catalogue: Catalogue) -> Target:
    wanted = even_blanks(text)
    for read in (_by_header, _by_file_and_header, _by_concept, _by_part):
        found = _likeliest([pair for pair in _columns(tables) if read(pair[1], wanted, catalogue)])
        if len(found) == 1:
            table, column = found[0]
            _must_be_result(table, column)
            return Target(table.name, column.name, Message("named by you: {column}", column=_place(column)))
        if found:
            raise AmbiguousTarget(target=text, count=len(found), columns=", ".join(_short(column) for _, column in found))
    for finding in (finding for table in tables for finding in table.findings if finding.code == "empty_column"):
        file, header = finding.origin.file, finding.origin.column or ""
        if wanted in (even_blanks(header), even_blanks(f"{file}:{header}")):
            raise EmptyTarget(file=file, column=header)
    raise UnknownTarget(target=text, nearest=", ".join(_nearest(tables, text, catalogue)) or "-")


def _columns(tables: Iterable[Table]) -> Iterator[tuple[Table, Column]]:
    return ((table, column) for table in tables for column in table.columns)


def _by_header(column: Column, wanted: str, catalogue: Catalogue) -> bool:
    return wanted in map(even_blanks, (*column.headers, column.name))


def _by_file_and_header(column: Column, wanted: str, catalogue: Catalogue) -> bool:
    return any(wanted in names for names in map(_file_names, column.origins))


def _file_names(origin: Origin) -> set[str]:
    header = even_blanks(origin.column or "")
    base = origin.file.rsplit("/", 1)[-1]
    places = {origin.file, base, base.split(".", 1)[0]}
    if origin.sheet:
        places |= {origin.sheet, *(f"{place}:{origin.sheet}" for place in tuple(places))}
    return {f"{even_blanks(place)}:{header}" for place in places}


def _by_concept(column: Column, wanted: str, catalogue: Catalogue) -> bool:
    return column.concept is not None and wanted in map(even_blanks, (column.concept, *catalogue.concept(column.concept).names))


def _by_part(column: Column, wanted: str, catalogue: Catalogue) -> bool:
    """The name as the sheet shows it: the lower of two header rows, with or without the unit in brackets."""
    file, _, part = wanted.rpartition(":")
    return any(
        part in _parts(origin.column or "")
        and (not file or f"{file}:{even_blanks(origin.column or '')}" in _file_names(origin))
        for origin in column.origins
    )


def _parts(header: str) -> set[str]:
    names = {header, _UNIT_IN_BRACKETS.sub("", header)}
    return {even_blanks(name[at:]) for name in names for at in (0, *(gap.end() for gap in re.finditer(r"\s+", name)))}


def _must_be_result(table: Table, column: Column) -> None:
    """Times and ids are no results."""
    values = table.frame[column.name].drop_nulls()
    kinds = values.n_unique()
    found = None
    if column.kind == "time":
        found = Message("it holds times")
    elif column.kind == "identity" and kinds > max(MOST_CLASSES, len(values) / 2):
        found = Message(
            "it holds {values} different texts on {pieces} pieces, as ids or remarks do", values=kinds, pieces=len(values)
        )
    if found is not None:
        raise OddTarget(file=column.origin.file, column=column.header, found=found)


def _likeliest(found: list[tuple[Table, Column]]) -> list[tuple[Table, Column]]:
    """Of columns with one name, those that can be explained: not times or ids, and of a table with several readings its own."""
    for keep in (lambda column: column.kind in ("number", "category"), lambda column: column.kind != "time"):
        kept = [pair for pair in found if keep(pair[1])]
        if kept:
            return kept
    return found


def _place(column: Column) -> str:
    return "; ".join(dict.fromkeys(str(origin) for origin in column.origins)) or column.name


def _short(column: Column) -> str:
    return next((f"{origin.file}:{origin.column}" for origin in column.origins if origin.column), column.name)


def _nearest(tables: Sequence[Table], text: str, catalogue: Catalogue) -> list[str]:
    from rapidfuzz import process, utils

    names = {header: header for _, column in _columns(tables) for header in column.headers}
    for _, column in _columns(tables):
        if column.concept is not None:
            concept = catalogue.concept(column.concept)
            names |= {name: name for name in (concept.id, concept.name_ko, concept.name_en)}
    return [match[0] for match in process.extract(text, names, processor=utils.default_process, limit=5, score_cutoff=40)]


def _propose(tables: Sequence[Table], catalogue: Catalogue) -> Target:
    for find in (_verdict, _result, _defects, _energy):
        worth = [(find(table, column, catalogue), table, column) for table, column in _columns(tables)]
        best, table, column = max(worth, key=lambda found: found[0], default=(0.0, None, None))
        if best and table is not None and column is not None:
            return Target(table.name, column.name, _reason(find, column))
    columns = ", ".join(dict.fromkeys(header for _, column in _columns(tables) for header in column.headers[:1]))
    folder = ", ".join(dict.fromkeys(origin.file for table in tables for origin in table.origins))
    raise NoTarget(folder=folder, columns=columns)


def _reason(find: object, column: Column) -> Message:
    place = _place(column)
    if find is _verdict:
        return Message("proposed: {column} holds a verdict on each piece. Name another with --target.", column=place)
    if find is _result:
        return Message("proposed: {column} is a result measured on the piece. Name another with --target.", column=place)
    if find is _defects:
        return Message("proposed: {column} says how much of each piece is defective. Name another with --target.", column=place)
    return Message("proposed: {column} is what is consumed. Name another with --target.", column=place)


def _concept(column: Column, catalogue: Catalogue) -> Concept | None:
    return None if column.concept is None else catalogue.concept(column.concept)


def _verdict(table: Table, column: Column, catalogue: Catalogue) -> float:
    """Share of the values that are words of judgement; more when the header says so."""
    if column.kind not in ("category", "text"):
        return 0.0
    values = table.frame[column.name].drop_nulls().cast(str)
    levels = values.unique()
    if not 1 <= levels.len() <= 12:
        return 0.0
    concept = _concept(column, catalogue)
    words = verdicts() | set(concept.good + concept.bad if concept and concept.role == "result" else ())
    judged = [level for level in levels.to_list() if level.strip().casefold() in words]
    named = any(_VERDICT_HEADER.search(header) for header in column.headers)
    share = int(values.is_in(judged).sum()) / values.len() if judged else 0.0
    known_result = concept is not None and concept.role == "result"
    if share < 0.5 and not (named and levels.len() == 2) and not (known_result and levels.len() >= 2):
        return 0.0
    filled = values.len() / max(table.frame.height, 1)
    return (share + 0.5 * named + 0.5 * known_result) * (0.5 + 0.5 * filled) * (1.0 if levels.len() > 1 else 0.1)


def _result(table: Table, column: Column, catalogue: Catalogue) -> float:
    concept = _concept(column, catalogue)
    if column.kind != "number" or concept is None or concept.role != "result":
        return 0.0
    values = table.frame[column.name].drop_nulls()
    if values.n_unique() < 2:
        return 0.0
    return 0.5 + 0.5 * values.len() / table.frame.height


def _defects(table: Table, column: Column, catalogue: Catalogue) -> float:
    """A number of defects, by its header; of several such columns the one that holds the most, for it sums the others."""
    if column.kind != "number" or not any(_DEFECT_HEADER.search(header) for header in column.headers):
        return 0.0
    values = table.frame[column.name].drop_nulls()
    mean = values.mean()
    if values.n_unique() < 3 or not isinstance(mean, float) or mean <= 0 or bool((values < 0).any()):
        return 0.0
    return values.len() / table.frame.height * mean / (1.0 + mean)


def _energy(table: Table, column: Column, catalogue: Catalogue) -> float:
    if column.kind != "number" or table.frame[column.name].n_unique() < 2:
        return 0.0
    concept = _concept(column, catalogue)
    if concept is not None and concept.role == "energy" and concept.quantity == "energy":
        return 2.0
    if column.unit in _ENERGY_UNITS and (column.unit_read or "").casefold().endswith("h"):
        return 1.5
    return 1.0 if concept is not None and concept.role == "energy" else 0.0
