"""What do people call a line, where only the name of its export tells?"""

from __future__ import annotations

import re
from collections.abc import Iterable

_KOREAN = r"(?:생산|작업|조업)?(?:실적|일보|일지)(?:대장)?|대장|이력"
_ENGLISH = r"production|prod|records?|logs?|reports?|results?|mes|exports?|data"
_PARTS = r"[\s_.\-]*"
_BEHIND = re.compile(rf"{_PARTS}(?:{_KOREAN}|(?<![a-z])(?:{_ENGLISH}))$", re.IGNORECASE)
_BEFORE = re.compile(rf"^(?:(?:{_KOREAN})|(?:{_ENGLISH})(?![a-z])){_PARTS}", re.IGNORECASE)


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
