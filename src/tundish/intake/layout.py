"""Which rows are title, header, unit row, data and footer? Decided on cells alone, for text and workbooks alike."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tundish.intake.cells import MEASURED, Look, column_look, look, shape
from tundish.vocabulary.units import meanings, parse_unit

Row = Sequence[str]
"""Stripped cells of one row, empty strings for empty cells; no cell at all for an empty line."""

_BRACKETED = re.compile(r"[(\[<{（［]\s*(.{1,16}?)\s*[)\]>}）］]")
_NO_UNIT = frozenset(("-", "", "–", "—", "()", "(-)", "[-]", "[]", "none", "없음", "n/a"))

_SUMS = (
    r"합\s*계|총\s*합\s*계|총\s*계|소\s*계|누\s*계|계|合計|小計"
    r"|sub[-\s]?totals?|grand\s?totals?|totals?|sum|итого|всего|summe|gesamt|sumas?|totales"
)
_MEANS = (
    r"평\s*균(?:값)?|최\s*대(?:값)?|최\s*소(?:값)?|표준\s*편차|편차|averages?|avg\.?|means?|max(?:imum)?\.?|min(?:imum)?\.?|std\.?(?:\s?dev\.?)?"
    r"|s\.\s?d\.?|st\.?\s?dev\.?|stdev|cv|median|중앙값|\$[A-Z_]+\$|\*{1,3}"
    r"|count|range|среднее|mittelwert|media|promedio"
)
_TAIL = r"\s*(?:[(\[:：].*)?"
SUM_PATTERN = rf"(?i)^\s*(?:[\[<(【*-]*\s*)(?:{_SUMS})(?:\s*[\])>】*-]*){_TAIL}$"
"""A cell that labels a row as the sum of others; for Python and polars alike."""
_LABEL = re.compile(rf"(?:[\[<(【*-]*\s*)(?:{_SUMS}|{_MEANS})(?:\s*[\])>】*-]*){_TAIL}", re.IGNORECASE)
_CLOSING = re.compile(
    r"[-=*#_~\s]*(?:end(?:\s?of\s?(?:file|report|data|table))?|eof|끝|이하\s?여백|이상)[.\s]*[-=*#_~\s]*"
    r"|[-=*_~\s]{3,}"
    r"|\(?\s*(?:총|전체|total)?\s*:?\s*[\d,]+\s*(?:rows?|records?|lines?|건|행|개)\s*(?:\(?s\)?)?"
    r"\s*(?:affected|selected|returned|exported|in set.*|조회.*)?\s*[.)]?"
    r"|(?:※|\*|#|주\s?[):]|비\s?고\s?[:：]|참\s?고\s?[:：]|note\s?:|작성|승인|확인|검토|담당|출력|인쇄|페이지|-\s?\d+\s?-).*"
    r"|(?:printed|exported|generated|created|page)\b.*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Layout:
    """Indexes into the first rows of a table."""

    preamble: tuple[int, ...]
    header: tuple[int, ...]
    unit_row: int | None
    first: int
    """First data row; ``len(rows)`` when there is none."""


def find_layout(rows: Sequence[Row], width: int, *, spans: Callable[[int], int] | None = None) -> Layout:
    """Find header and data among the first rows of a table of ``width`` columns.

    ``spans`` tells for a row index how many merged groups of columns begin in it (workbooks).
    A header row holds words over columns whose later cells are measured; a table of words only has its header first.

    >>> find_layout([["작업일보"], ["로트", "온도"], ["", "(℃)"], ["L1", "81.2"], ["L2", "80.9"]], 2)
    Layout(preamble=(0,), header=(1,), unit_row=2, first=3)
    """
    full = [index for index, row in enumerate(rows) if _full(row, width)]
    if not full:
        return Layout((), (), None, 0)
    looks = _body_looks([rows[index] for index in full], width)
    head = _main_header(rows, full, looks)
    if head is None:
        return Layout(tuple(i for i in range(full[0]) if any(rows[i])), (), None, full[0])
    header, unit_row, parted = [head], None, False
    after = head + 1
    while after < len(rows):
        row = rows[after]
        if not any(row) or is_rule(row):
            parted, after = parted or not any(row), after + 1
        elif unit_row is None and is_unit_row(row) and len(row) <= width + 1:
            unit_row, after = after, after + 1
        elif unit_row is None and len(header) < 3 and _full(row, width) and _names_only(row, looks):
            header = [after] if parted else [*header, after]  # a blank line parts what is told above from the table
            parted, after = False, after + 1
        else:
            break
    if head > 0 and _is_group(rows[head - 1], rows[head], width, spans(head - 1) if spans else None):
        header.insert(0, head - 1)
    preamble = tuple(index for index in range(header[0]) if any(rows[index]))
    return Layout(preamble, tuple(header), unit_row, after)


def join_headers(rows: Sequence[Row], width: int, *, fill: bool = True) -> tuple[str, ...]:
    """One name a column out of stacked header rows; a group's name is carried over its empty neighbours where ``fill``.

    >>> join_headers([["로트", "산세조1", ""], ["", "온도", "농도"]], 3)
    ('로트', '산세조1 온도', '산세조1 농도')
    """
    padded = [[*row[:width], *[""] * (width - len(row))] for row in rows]
    for level in range(len(padded) - 1 if fill else 0):
        group = ""
        for column in range(width):
            group = padded[level][column] or (group if padded[level + 1][column] else "")
            padded[level][column] = group
    names = []
    for column in range(width):
        parts = [re.sub(r"\s+", " ", row[column]).strip() for row in padded]
        names.append(" ".join(dict.fromkeys(part for part in parts if part)))
    return tuple(names)


def is_unit_row(row: Row) -> bool:
    """Whether a row holds nothing but units.

    >>> is_unit_row(["", "(℃)", "[mm]", "m/min", "-"]), is_unit_row(["L1", "81"])
    (True, False)
    """
    filled = [cell for cell in row if cell]
    units = [cell for cell in filled if unit_of(cell) is not None]
    blanks = [cell for cell in filled if cell.lower() in _NO_UNIT]
    others = len(filled) - len(units) - len(blanks)
    return bool(units) and others <= 0.2 * len(filled)


def unit_of(cell: str) -> str | None:
    """The unit a cell of a unit row holds, without brackets; None when it holds none."""
    text = cell.strip()
    if text.lower() in _NO_UNIT:
        return None
    inside = _BRACKETED.fullmatch(text)
    if inside:
        return None if inside.group(1) in _NO_UNIT or look(inside.group(1)) in MEASURED else inside.group(1)
    return text if parse_unit(text) is not None or meanings(text) else None


def is_sum(cells: Row) -> bool:
    """Whether a row's first filled cell says that it sums other rows.

    >>> is_sum(["소계", "", "12"]), is_sum(["", "합계(3건)", "12"]), is_sum(["L1", "합계"])
    (True, True, False)
    """
    return bool(re.match(SUM_PATTERN, next((cell for cell in cells if cell), "")))


def count_footers(rows: Sequence[Row], width: int) -> int:
    """How many of the last rows are sums, means, notes or blank.

    A short row without such words is a footer only below a blank row: else it may be a data row that broke off.

    >>> count_footers([["L1", "3"], ["합계", "3"], [], ["-- end --"]], 2)
    3
    """
    footers = waiting = 0
    for row in reversed(rows):
        filled = [cell for cell in row if cell]
        if not filled or _LABEL.fullmatch(filled[0]) or closes(filled, width) or is_rule(row):
            footers, waiting = footers + waiting + 1, 0
        elif len(filled) < max(2, width / 2) and len(filled) <= 2 and width > 1 and look(filled[0]) == "words":
            waiting += 1
        else:
            return footers
    return 0


def closes(cells: Row, width: int) -> bool:
    """Whether a row is a note, a count or the end of a page rather than data.

    >>> closes(["- 1 -"], 3), closes(["(25 rows affected)"], 3), closes(["2025-03-01"], 3)
    (True, True, False)
    """
    filled = [cell for cell in cells if cell]
    return bool(filled) and len(filled) <= 2 and len(filled) < max(width, 2) and bool(_CLOSING.fullmatch(filled[0]))


def skeleton(row: Row) -> tuple[str, ...]:
    """What stays the same when a title is printed again on the next page: its words without numbers."""
    return tuple(shape(cell) for cell in row if cell)


def _full(row: Row, width: int) -> bool:
    filled = sum(bool(cell) for cell in row)
    return width - 1 <= len(row) <= width + 1 and (filled >= min(2, width) or 0 < filled == width - 1)


def _body_looks(full: Sequence[Row], width: int) -> list[tuple[Look, frozenset[str], frozenset[str]]]:
    """For each column: the look, the cells and the shapes of the later half of the full rows."""
    body = [row for row in full[-(len(full) // 2) :] if len(row) >= width] if len(full) > 1 else []
    pages = Counter(map(tuple, full))
    body = [row for row in body if pages[tuple(row)] == 1 or any(look(cell) in MEASURED for cell in row)] or body
    columns = [[row[column] for row in body] for column in range(width)]
    return [(column_look(cells), frozenset(cells), frozenset(map(shape, cells))) for cells in columns]


def _votes(row: Row, looks: Sequence[tuple[Look, frozenset[str], frozenset[str]]]) -> tuple[int, int]:
    """How many cells speak for a header, how many for data."""
    header = data = 0
    for cell, (body, cells, shapes) in zip(row, looks, strict=False):
        here = look(cell)
        if here == "empty" or body == "empty":
            continue
        if body in MEASURED:
            other = here not in MEASURED or (here, body) == ("time", "number")
            header, data = header + other, data + (not other)
        elif here in MEASURED or (body == "identity" and shape(cell) in shapes) or cell in cells:
            data += 1
        elif body == "identity" and here == "words":
            header += 1
    return header, data


def _is_header(row: Row, looks: Sequence[tuple[Look, frozenset[str], frozenset[str]]]) -> bool:
    header, data = _votes(row, looks)
    return _clear(header, data) or (_counted(row) and look(row[0]) not in MEASURED)


def _names_only(row: Row, looks: Sequence[tuple[Look, frozenset[str], frozenset[str]]]) -> bool:
    """Whether a row below the header is a second row of names."""
    return _clear(*_votes(row, looks)) and _distinct(row)


def _clear(header: int, data: int) -> bool:
    return header > 4 * data


def _counted(row: Row) -> bool:
    """Headers may be numbers when they count on by one: positions 1, 2, 3 or years."""
    numbers = [cell for cell in row if look(cell) == "number"]
    if len(numbers) < 3 or not all(re.fullmatch(r"\d{1,4}", cell) for cell in numbers):
        return False
    return {int(b) - int(a) for a, b in pairwise(numbers)} == {1}


def _main_header(
    rows: Sequence[Row], full: Sequence[int], looks: Sequence[tuple[Look, frozenset[str], frozenset[str]]]
) -> int | None:
    """The row that most columns call their header."""
    ranked = []
    for index in full:
        if _is_header(rows[index], looks):
            header, data = _votes(rows[index], looks)
            words = sum(bool(cell) and look(cell) not in MEASURED for cell in rows[index])
            ranked.append((header - data, words, -index))
    if ranked:
        return -max(ranked)[2]
    first = rows[full[0]]
    words = all(look(cell) not in MEASURED for cell in first) and _distinct(first)
    typed = any(look_ in MEASURED for look_, _, _ in looks)
    header, data = _votes(first, looks)
    return full[0] if words and not typed and data <= header and sum(map(bool, first)) >= 0.6 * len(first) else None


def is_rule(row: Row) -> bool:
    """Whether a row only underlines others, as database shells and wiki pages print it.

    >>> is_rule(["----", "---"]), is_rule([":---", "---:"]), is_rule(["---+---"]), is_rule(["-", ""])
    (True, True, True, False)
    """
    return any(row) and all(re.fullmatch(r":?[-=+_|\s]{2,}:?|", cell) for cell in row)


def uncommented(row: Row) -> list[str]:
    """A header row whose line begins as a comment, without the sign."""
    if not row or any(cell.startswith("#") for cell in row[1:]):
        return list(row)
    return [re.sub(r"^(?:#+\s*(?=[^\W\d])|//\s*|%\s+(?=\S))", "", row[0]), *row[1:]]


def _distinct(row: Row) -> bool:
    filled = [cell for cell in row if cell]
    return len(set(filled)) >= 0.6 * len(filled)


def _is_group(row: Row, names: Row, width: int, spans: int | None) -> bool:
    """Whether the row above the names holds groups of columns, not a title or a form's key and value."""
    filled = [cell for cell in row if cell]
    if not filled or len(row) < width * 0.5 or any(look(cell) in MEASURED or re.search("[:：]", cell) for cell in filled):
        return False
    if spans:
        return True
    bare = [column for column in range(min(width, len(names))) if not names[column]]
    covered = bool(bare) and all(column < len(row) and row[column] for column in bare)
    repeated = len(set(names)) < len([name for name in names if name])
    places = [column for column, cell in enumerate(row) if cell]
    least = 2 if not row[0] and len(row) >= width else 3  # a key with its value begins at the first column
    apart = len(places) >= least and all(b - a > 1 for a, b in pairwise(places))
    return len(filled) >= 2 and (covered or repeated or apart)
