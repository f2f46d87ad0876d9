"""What do people call a line, where only the name of its export tells?"""

from __future__ import annotations

import re
from collections.abc import Iterable

_KOREAN = r"(?:생산|작업|조업)?(?:실적|일보|일지)(?:대장)?|대장|이력"
_ENGLISH = r"production|prod|records?|logs?|reports?|results?|mes|exports?|data"
_PARTS = r"[\s_.\-]*"
_BEHIND = re.compile(rf"{_PARTS}(?:{_KOREAN}|(?<![a-z])(?:{_ENGLISH}))$", re.IGNORECASE)
_BEFORE = re.compile(rf"^(?:(?:{_KOREAN})|(?:{_ENGLISH})(?![a-z])){_PARTS}", re.IGNORECASE)


_DATE = re.compile(
    r"(?:19|20)\d{2}\s*년?|\d{1,4}[-._/]\d{1,2}(?:[-._/]\d{1,2})?|\d{4,}|\d{1,2}\s*(?:월|일|주차|분기|차)|[상하]반기"
    r"|(?<![a-z])(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*|(?<![a-z])q\d(?!\d)",
    re.IGNORECASE,
)
_COPY = re.compile(r"\(\d+\)|복?사본|최종|수정|(?<![a-z])(?:copy|final|part|rev|v)(?![a-z])[\s_.\-]*\d*", re.IGNORECASE)
_SERIAL = re.compile(r"[\s_.\-]+\d{1,3}$")


def undated(stem: str) -> str:
    """The name of an export without what tells one month, or one copy, from the next.

    >>> [undated(stem) for stem in ("열연실적_2025년 3월", "열연_2025-04", "1연주 (2)", "2CAL_202504", "temper_Apr", "2025")]
    ['열연실적', '열연', '1연주', '2CAL', 'temper', '2025']
    """
    bare = _SERIAL.sub("", _COPY.sub("", _DATE.sub("", stem)).strip(" _.-")).strip(" _.-")
    return bare if re.search(r"\w", bare) else stem


def line_of(stem: str) -> str:
    """The name of an export without the words that say only that it holds records.

    >>> [line_of(stem) for stem in ("열연실적", "생산실적_1연주", "시어라인_작업일보", "sawing_log", "PROD_PLTCM", "실적")]
    ['열연', '1연주', '시어라인', 'sawing', 'PLTCM', '실적']
    """
    bare = _BEFORE.sub("", _BEHIND.sub("", stem))
    return bare if re.search(r"\w", bare) else stem


def called(stems: Iterable[str]) -> dict[str, str]:
    """Each name with what its line is called; two lines are never called alike."""
    names = {stem: line_of(stem) for stem in stems}
    short = [name.casefold() for name in names.values()]
    return {stem: name if short.count(name.casefold()) == 1 else stem for stem, name in names.items()}
