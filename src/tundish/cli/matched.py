"""How are the meanings of a table's columns shown in a terminal? A head, a line a column, what was not decided at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tundish.locale import plain, say
from tundish.settings import Language

if TYPE_CHECKING:
    from tundish.standardise.matching.match import Matched
    from tundish.vocabulary import Catalogue

_CANDIDATES = {True: 2, False: 4}
"""How many others are shown beside a meaning, and where none was decided."""
_FAINT = 0.05
"""Probability below which another meaning is not worth a look."""


def lines_of(found: Sequence[tuple[str, Matched]], catalogue: Catalogue, lang: Language) -> Iterator[str]:
    """The lines of one table."""
    given = {one.match.concept for _, one in found if one.match.concept is not None}
    head = (
        say("Column", lang),
        say("Meaning", lang),
        say("Probability", lang),
        say("Unit", lang),
        say("Next candidates", lang),
    )
    rows = [head, *(_row(header, one, given, catalogue, lang) for header, one in found)]
    yield from _aligned(rows)
    undecided = sum(one.match.concept is None for _, one in found)
    if not undecided:
        return
    text = (
        "{undecided} of {columns} columns are not decided. Write their concept, or - for none, under [mapping] in plant.toml."
    )
    yield say(text, lang, undecided=undecided, columns=len(found))


def _row(header: str, found: Matched, given: set[str], catalogue: Catalogue, lang: Language) -> tuple[str, ...]:
    match = found.match
    sure = match.concept is not None
    near = sorted((one for one in match.alternatives if one[1] >= _FAINT or not sure), key=lambda one: -one[1])
    others = [
        say("{concept} {score}, another column has it", lang, concept=named(concept, catalogue, lang), score=f"{score:.2f}")
        if concept in given or (not sure and score > match.score)
        else f"{named(concept, catalogue, lang)} {score:.2f}"
        for concept, score in near[: _CANDIDATES[sure]]
    ]
    meaning = named(match.concept, catalogue, lang) if match.concept else say("not decided", lang)
    score = f"{match.score:.2f}" if sure else "-"
    unit = plain(match.unit or "") or "-"
    return plain(header) or "-", meaning, score, unit, "; ".join(others) or ("-" if sure else say("nothing near", lang))


def named(concept: str, catalogue: Catalogue, lang: Language) -> str:
    """A concept as a person reads it, its id behind it."""
    known = catalogue.concept(concept)
    return f"{known.name_ko if lang == 'ko' else known.name_en} [{concept}]"


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Columns side by side; a Hangul syllable takes two places."""
    from rich.cells import cell_len

    widths = [max(cell_len(row[at]) for row in rows) for at in range(len(rows[0]) - 1)]
    for row in rows:
        cells = (cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=False))
        yield "  ".join((*cells, row[-1]))
