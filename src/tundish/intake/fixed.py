"""Where do fixed columns of a text begin and end? Told by the rule under the header, or by the gaps that all rows share."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

Spans = tuple[tuple[int, int | None], ...]
"""First place and end of each column; the last column has no end."""

_RULE = re.compile(r"\s*(?:-{2,}|={2,}|-)(?:\s+(?:-+|=+))+\s*")
_GAP = re.compile(r"\s{2,}")
_BLANK = " \t\u3000"
_FILLER = "\u200b"
_MOST_FILLED = 0.02
_HEAD = 60


def has_rule(lines: Sequence[str]) -> bool:
    """Whether a rule of hyphens with gaps parts the header from the rows, as database shells print it.

    >>> has_rule(["ID   TEMP", "---- ----", "A1   81.2"]), has_rule(["a - b", "- x"])
    (True, False)
    """
    return rule_at(lines) is not None


def rule_at(lines: Sequence[str]) -> int | None:
    """Index of the first rule among the first lines."""
    for index, line in enumerate(lines[:_HEAD]):
        if 0 < index < len(lines) - 1 and _RULE.fullmatch(line) and line.count("-") + line.count("=") >= 4:
            return index
    return None


def cut_all(lines: Sequence[str]) -> list[list[str]] | None:
    """The cells of each line by the columns that most lines keep to; a line that keeps to none is split at its wide gaps.

    A tool counts characters, or places on the screen where a Hangul syllable takes two: what fits more lines is taken.

    >>> cut_all(["ID   TEMP  NOTE", "A1   81.2  ok", "A2         ok", "A3   80.9"])
    [['ID', 'TEMP', 'NOTE'], ['A1', '81.2', 'ok'], ['A2', '', 'ok'], ['A3', '80.9', '']]
    """
    plain = _cells(lines)
    shown = None if all(map(str.isascii, lines)) else _cells([on_screen(line) for line in lines])
    found = [one for one in (plain, shown) if one is not None]
    if not found:
        return None
    best = max(found, key=lambda one: (sum(cells is not None for cells in one), max(map(len, filter(None, one)), default=0)))
    return [
        _GAP.split(line.strip()) if cells is None else [cell.replace(_FILLER, "").strip() for cell in cells]
        for line, cells in zip(lines, best, strict=True)
    ]


def on_screen(line: str) -> str:
    """The line with a filler behind each character that takes two places on a screen."""
    return "".join(char + _FILLER if unicodedata.east_asian_width(char) in "WF" else char for char in line)


def _cells(lines: Sequence[str]) -> list[list[str] | None] | None:
    spans = _spans([line for line in lines if line.strip()])
    return None if spans is None else [_cut(line, spans) for line in lines]


def _spans(filled: Sequence[str]) -> Spans | None:
    rule = rule_at(filled)
    if rule is not None:
        starts = [found.start() for found in re.finditer(r"[-=]+", filled[rule])]
        return tuple(zip(starts, [*starts[1:], None], strict=True))
    fields = Counter(len(_GAP.split(line.strip())) for line in filled)
    usual = max(fields, key=lambda count: (fields[count], count), default=0)
    rows = [line for line in filled if len(_GAP.split(line.strip())) >= max(2, 0.6 * usual)]
    return _between_gaps(rows) if len(rows) >= 3 else None


def _between_gaps(rows: Sequence[str]) -> Spans | None:
    length = max(map(len, rows))
    filled = [0] * length
    for row in rows:
        for place, char in enumerate(row):
            filled[place] += char not in _BLANK
    blank = [count <= _MOST_FILLED * len(rows) for count in filled]
    begun = blank.index(False) if False in blank else length
    starts = [i for i in range(begun, length) if not blank[i] and (i == begun or (blank[i - 1] and blank[i - 2]))]
    if len(starts) < 2:
        return None
    return tuple(zip([0, *starts[1:]], [*starts[1:], None], strict=True))


def _cut(line: str, spans: Spans) -> list[str] | None:
    """The cells of a line; None when a word of it runs over the edge of a column."""
    for start, _ in spans[1:]:
        if start < len(line) and line[start - 1] not in _BLANK and line[start] not in _BLANK:
            return None
    return [line[start:end] for start, end in spans] if line.strip() else []
