"""What splits the fields of a text table, and what holds a field together?"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tundish.intake.cells import MEASURED, look
from tundish.intake.fixed import cut_all, has_rule

MARKS = ("\t", ";", "|", "^", "~", ",")
"""Single delimiters, those that rarely stand inside a cell first."""
WIDE_BLANKS = "blanks (2 or more)"
BLANKS = "blanks"
FIXED = "fixed columns"
ALONE = "\x1f"
"""Delimiter of a table with one column: a byte that no text holds."""

_LEAST_SHARE_OF_BLANKS = 0.6
_LEAST_SHARE_OF_COLUMNS = 0.8
_SETTLED = 0.45
"""Half of the rows, nearly all of their fields values: titles above and notes below a short table speak for no blanks."""
_PLAIN = re.compile(r"[^\t;|]*")
_SEP_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)
_SAID = {"\t": "tab", ALONE: "none"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """A delimiter with its quotes, and how well it fits: the share of rows with the usual number of fields, and that number."""

    mark: str
    width: int
    share: float
    score: float
    quote: str = '"'
    escaped: bool = False
    """A quote inside a quoted field stands behind a backslash, not doubled."""
    framed: bool = False
    """A mark stands at both ends of each line too."""

    @property
    def said(self) -> str:
        """The delimiter in a word."""
        return _SAID.get(self.mark, self.mark)


def announced(line: str) -> str | None:
    """The delimiter of a first line as Excel reads it.

    >>> announced("sep=;"), announced('"sep=,"')
    (';', ',')
    """
    found = _SEP_LINE.fullmatch(line.strip().strip('"'))
    return found.group(1) if found else None


def split_blanks(line: str, mark: str) -> list[str]:
    """Fields between runs of blanks."""
    return re.split(r"[ \t\u3000]{2,}" if mark == WIDE_BLANKS else r"[ \t\u3000]+", line.strip(" \t\u3000"))


def read_fields(lines: Sequence[str], dialect: Dialect) -> list[list[str]]:
    """Fields of each record; a quoted field may hold the mark and line ends."""
    if dialect.mark in (BLANKS, WIDE_BLANKS):
        return [split_blanks(line, dialect.mark) for line in lines]
    try:
        return list(reader((f"{line}\n" for line in lines), dialect))
    except csv.Error:
        return [line.split(dialect.mark) for line in lines]


def reader(lines: object, dialect: Dialect):  # type: ignore[no-untyped-def]  # noqa: ANN201 - csv keeps the type of its reader to itself
    """The csv module's reader for a dialect."""
    return csv.reader(
        lines,  # type: ignore[arg-type]
        delimiter=dialect.mark,
        quotechar=dialect.quote,
        doublequote=not dialect.escaped,
        escapechar="\\" if dialect.escaped else None,
        skipinitialspace=True,
    )


def find_dialect(lines: Sequence[str]) -> Dialect | None:
    """The delimiter that gives most rows the same number of fields and fields that look like values, with its quotes.

    None when no delimiter splits the lines in two or more columns.

    >>> find_dialect(["a;b", "0,5;1,5", "0,6;1,7"]).mark
    ';'
    >>> find_dialect(["'a';'b'", "'x;y';1", "'z';2"]).quote
    "'"
    """
    filled = [line for line in lines if line.strip()]
    told = announced(lines[0]) if lines else None
    if told and told.isascii():
        return _judge(filled[1:], Dialect(told, 0, 0, 0))
    if has_rule(filled):
        return Dialect(FIXED, 0, 1.0, 1.0)
    found = [judged for mark in MARKS for blank in _quotings(filled, mark) if (judged := _judge(filled, blank)) is not None]
    if not any(one.score >= _SETTLED * _several(one.width) for one in found):
        blanks = (Dialect(mark, 0, 0, 0) for mark in (WIDE_BLANKS, BLANKS))
        blank = [judged for one in blanks if (judged := _judge(filled, one)) is not None]
        even = [judged for judged in blank if judged.share >= _LEAST_SHARE_OF_BLANKS]
        found += [*even, *([] if is_even(filled) else _in_columns(filled))]
    best = max(found, key=lambda one: one.score, default=None)
    return replace(best, framed=_is_framed(filled)) if best is not None and best.mark == "|" else best


def is_even(lines: Sequence[str]) -> bool:
    """Whether all lines but titles and notes have as many fields between wide gaps."""
    counts = {len(split_blanks(line, WIDE_BLANKS)) for line in lines if line.strip()}
    return len({count for count in counts if count > 0.5 * max(counts)}) <= 1 and max(counts, default=0) > 1


def _in_columns(lines: Sequence[str]) -> list[Dialect]:
    """Fixed columns with gaps in them: rows differ in their number of words, and yet keep to the same edges."""
    rows = cut_all(lines)
    if rows is None:
        return []
    width = max(map(len, rows))
    same = [row for row in rows if len(row) == width]
    cells = [cell for row in same for cell in row]
    fit = sum(map(_plausible_between_blanks, cells)) / len(cells)
    share = len(same) / len(rows)
    judged = Dialect(FIXED, width, share, share * (0.1 + fit) * _several(width))
    return [judged] if share >= _LEAST_SHARE_OF_COLUMNS and len(same) >= 5 else []


def _quotings(lines: Sequence[str], mark: str) -> list[Dialect]:
    """Ways to quote that the lines may use with a delimiter, the usual one first."""
    plain = Dialect(mark, 0, 0, 0)
    if not any(mark in line for line in lines):
        return []
    ways = [plain]
    edge = re.escape(mark)
    single = re.compile(rf"(?:^|{edge})\s*'[^']*'\s*(?=$|{edge})")
    double = re.compile(rf'(?:^|{edge})\s*"')
    if sum(bool(single.search(line)) for line in lines) >= 2 and not any(double.search(line) for line in lines):
        ways.append(replace(plain, quote="'"))
    if any(re.search(rf'\\"(?!\s*(?:$|{edge}))', line) for line in lines) and any(double.search(line) for line in lines):
        ways.append(replace(plain, escaped=True))
    return ways[-1:] if len(ways) > 1 else ways


def _is_framed(lines: Sequence[str]) -> bool:
    """Whether rows stand between strokes, as in a wiki page or a database shell's frame."""
    rows = [line.strip() for line in lines if line.count("|") > 1]
    return bool(rows) and sum(row.startswith("|") and row.endswith("|") for row in rows) >= 0.9 * len(rows)


def _judge(lines: Sequence[str], blank: Dialect) -> Dialect | None:
    rows = [row for row in read_fields(lines, blank) if any(field.strip() for field in row)]
    widths = Counter(len(row) for row in rows)
    wide = {width: count for width, count in widths.items() if width > 1}
    if not wide:
        return None
    width = max(wide, key=lambda one: (wide[one], one))
    share = wide[width] / len(rows)
    cells = [cell for row in rows if len(row) == width for cell in row]
    plausible = _plausible if blank.mark in MARKS else _plausible_between_blanks
    fit = sum(map(plausible, cells)) / len(cells)
    return replace(blank, width=width, share=share, score=share * (0.1 + fit) * _several(width))


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
