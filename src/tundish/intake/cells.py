"""What does one cell look like: empty, a number, a time, an identity, or words?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

Look = Literal["empty", "number", "time", "identity", "words"]

MEASURED: frozenset[Look] = frozenset(("number", "time"))
"""Looks that a header cell does not have."""

_MISSING = frozenset(("", "-", "--", "n/a", "na", "nan", "null", "none", "nil", "inf", "-inf", "없음", "#n/a"))
_NUMBER = re.compile(r"[-+−]?(?:\d{1,3}(?:[,. ]\d{3})+|\d+|(?=[.,]\d))(?:[.,]\d*)?(?:[eE][-+]?\d+)?\s?%?")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_HALF = r"오전|오후|[ap]m|[ap]\.m\."
_TIME_WORDS = re.compile(rf"{_HALF}|{_MONTH}|[년월일시분초tz]|\([월화수목금토일]\)", re.IGNORECASE)
_TIME_REST = re.compile(r"[-/.:,+()\s\d]*")
_TIME_MARK = re.compile(
    rf"\d\s?[-/.:년월일시\s]\s?\d|{_HALF}|\d\s?{_MONTH}\s?\d|[-\s]{_MONTH}[-\s]|\d[년월일시분초]",
    re.IGNORECASE,
)
_ERROR = re.compile(r"#(?:div/0!?|n/a|ref!?|value!?|name\?|num!?|null!?|spill!?|calc!?|#+)", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
DECIMAL_COMMA = re.compile(r"[-+]?(?:\d{1,3}(?:\.\d{3})+,\d+|0,\d+|\d{4,},\d+|\d+,(?:\d{1,2}|\d{4,}))(?:[eE][-+]?\d+)?")
"""A number whose comma can only part its decimals: `0,042`, `431,83`, `1.234,5`; `13,550` may be thousands."""
_POINT = re.compile(r"[-+]?(?:\d*\.\d+|\d{1,3}(?:,\d{3})+\.\d+)(?:[eE][-+]?\d+)?")


@lru_cache(maxsize=65536)
def look(cell: str) -> Look:
    """What a cell looks like; markers for a missing value count as empty.

    >>> [look(cell) for cell in ("13,550", "0,042", "03JAN2023:07:07:53", "오후 2:31", "PB562774", "강판 온도(℃)", "#DIV/0!")]
    ['number', 'number', 'time', 'time', 'identity', 'words', 'empty']
    """
    text = cell.strip()
    if text.lower() in _MISSING or _ERROR.fullmatch(text):
        return "empty"
    if len(text) > 60:
        return "words"
    if _NUMBER.fullmatch(text):
        return "number"
    if _TIME_MARK.search(text) and _TIME_REST.fullmatch(_TIME_WORDS.sub("", text)):
        return "time"
    return "identity" if _DIGITS.search(text) and not re.search(r"\s", text) else "words"


@lru_cache(maxsize=65536)
def shape(cell: str) -> str:
    """A cell with every run of digits evened out: rows of one column often share it.

    >>> shape("PB562774") == shape("PB1")
    True
    """
    return _DIGITS.sub("9", cell.strip())


def column_look(cells: Sequence[str], *, share: float = 0.7) -> Look:
    """What at least ``share`` of the non-empty cells of a column look like; "words" when they differ."""
    looks = Counter(found for found in map(look, cells) if found != "empty")
    if not looks:
        return "empty"
    (most, count), total = looks.most_common(1)[0], sum(looks.values())
    return most if count >= share * total else "words"


def decimal_mark(cells: Sequence[str]) -> Literal[",", "."]:
    """Which mark splits the decimals: a comma only if some cell can be read no other way and none says the opposite.

    >>> decimal_mark(["0,042", "19,714"]), decimal_mark(["13,550", "1,234"]), decimal_mark(["1.234,5"])
    (',', '.', ',')
    """
    comma = sum(bool(DECIMAL_COMMA.fullmatch(cell.strip())) for cell in cells)
    point = sum(bool(_POINT.fullmatch(cell.strip())) for cell in cells)
    return "," if comma > point else "."
