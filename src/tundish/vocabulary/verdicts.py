"""Does a word that a plant writes for a result mean: as wanted, or: defective?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from tundish.vocabulary.pages import read_yaml

Sense = Literal["good", "bad"]


def meaning_of(text: str) -> Sense | None:
    """``good`` or ``bad`` for a word that a plant writes for a result, else None.

    >>> [meaning_of(word) for word in ("불합격", "합격", "NG", "strong", "결함없음", "과산세")]
    ['bad', 'good', 'bad', None, 'good', 'bad']
    """
    good, bad = _document()["good"], _document()["bad"]
    folded = text.casefold().strip()
    if any(part in folded for part in good["denied"]):
        return "good"
    if folded in bad["alone"] or any(part in folded for part in bad["within"]):
        return "bad"
    if any(part in folded for part in good["within"]):
        return "good"
    tokens = set(re.findall(r"[a-z]+", folded))
    denied = not tokens.isdisjoint({"not", "no", "non"})
    if not tokens.isdisjoint(bad["words"]):
        return "good" if denied else "bad"
    if not tokens.isdisjoint(good["words"]):
        return "bad" if denied else "good"
    return None


def yes() -> frozenset[str]:
    """Texts, casefolded, that say: it is so."""
    return frozenset(_document()["yes"])


def no() -> frozenset[str]:
    """Texts, casefolded, that say: it is not so."""
    return frozenset(_document()["no"])


def verdicts() -> frozenset[str]:
    """Texts, casefolded, that cells of a column of verdicts hold."""
    return frozenset(_document()["verdicts"])


@lru_cache(maxsize=1)
def _document() -> Mapping[str, Any]:
    return read_yaml(files("tundish.vocabulary") / "verdicts.yaml")
