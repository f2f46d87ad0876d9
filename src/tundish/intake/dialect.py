"""What splits the fields of a text table?"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tundish.intake.cells import MEASURED, look

MARKS = ("\t", ";", "|", ",")
"""Single delimiters, those that rarely stand inside a cell first."""
WIDE_BLANKS = "blanks (2 or more)"
BLANKS = "blanks"

_LEAST_SHARE_OF_BLANKS = 0.6
_PLAIN = re.compile(r"[^\t;|]*")
_SEP_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Delimiter:
    """A delimiter, and how well it fits: the share of rows with the usual number of fields, and that number."""

    mark: str
    width: int
    share: float
    score: float


def announced(line: str) -> str | None:
    """The delimiter of a first line as Excel reads it.

    >>> announced("sep=;")
    ';'
    """
    found = _SEP_LINE.fullmatch(line)
    return found.group(1) if found else None


def split_blanks(line: str, mark: str) -> list[str]:
    """Fields between runs of blanks."""
    return re.split(r"[ \t\u3000]{2,}" if mark == WIDE_BLANKS else r"[ \t\u3000]+", line.strip(" \t\u3000"))


def split_rows(lines: Sequence[str], mark: str) -> list[list[str]]:
    """Fields of each record; a quoted field may hold the mark and line ends."""
    if mark in (BLANKS, WIDE_BLANKS):
        return [split_blanks(line, mark) for line in lines]
    try:
        return list(csv.reader((f"{line}\n" for line in lines), delimiter=mark, skipinitialspace=True))
    except csv.Error:
        return [line.split(mark) for line in lines]


def find_delimiter(lines: Sequence[str]) -> Delimiter | None:
    """The delimiter that gives most rows the same number of fields and fields that look like values.

    None when no delimiter splits the lines in two or more columns.

    >>> find_delimiter(["a;b", "0,5;1,5", "0,6;1,7"]).mark
    ';'
    """
    told = announced(lines[0]) if lines else None
    if told and told.isascii():
        return _judge([line for line in lines[1:] if line.strip()], told)
    filled = [line for line in lines if line.strip()]
    found = [judged for mark in MARKS if (judged := _judge(filled, mark)) is not None]
    if not found or max(one.score for one in found) < 0.5:
        blank = [judged for mark in (WIDE_BLANKS, BLANKS) if (judged := _judge(filled, mark)) is not None]
        found += [judged for judged in blank if judged.share >= _LEAST_SHARE_OF_BLANKS]
    return max(found, key=lambda one: one.score, default=None)


def _judge(lines: Sequence[str], mark: str) -> Delimiter | None:
    if mark in MARKS and not any(mark in line for line in lines):
        return None
    rows = [row for row in split_rows(lines, mark) if any(field.strip() for field in row)]
    widths = Counter(len(row) for row in rows)
    wide = {width: count for width, count in widths.items() if width > 1}
    if not wide:
        return None
    width = max(wide, key=lambda one: (wide[one], one))
    share = wide[width] / len(rows)
    cells = [cell for row in rows if len(row) == width for cell in row]
    fit = sum(map(_plausible if mark in MARKS else _plausible_between_blanks, cells)) / len(cells)
    return Delimiter(mark, width, share, share * (0.1 + fit) * _several(width))


def _plausible(cell: str) -> float:
    if look(cell) != "words":
        return 1.0
    text = cell.strip()
    return 0.9 if len(text) <= 60 and _PLAIN.fullmatch(text) and text.count('"') % 2 == 0 else 0.2


def _plausible_between_blanks(cell: str) -> float:
    """A comma inside a cell that is no number splits a row of another kind, whose times hold the blanks."""
    return 0.2 if "," in cell and look(cell) not in MEASURED else _plausible(cell)


def _several(width: int) -> float:
    return 1.0 - 0.5 / width
