"""Which concepts does a person mean who types a few letters? Names, ids and definitions; Hangul by first consonants too."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from tundish.vocabulary.concept import Concept

CONSONANTS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_FIRST, _LAST, _EACH = 0xAC00, 0xD7A3, 588
"""Hangul syllables stand in Unicode in the order of their first consonant, 588 each."""
_ALONE = {0x1100 + place: sign for place, sign in enumerate(CONSONANTS)}
"""NFKC makes a consonant typed alone one that waits for a vowel; here it is the key that was pressed."""
_APART = "\n"


def initials(text: str) -> str:
    """The first consonants of the Hangul in a text, the rest as it is (초성).

    >>> initials("산세온도 PV")
    'ㅅㅅㅇㄷ PV'
    """
    return "".join(CONSONANTS[(ord(sign) - _FIRST) // _EACH] if _FIRST <= ord(sign) <= _LAST else sign for sign in text)


def even(text: str) -> str:
    """One form for typing and for what is searched: no case, no blanks, no punctuation.

    >>> even("PL BATH_TEMP (℃)")
    'plbathtempc'
    >>> even("ㅅㅅ") == "ㅅㅅ"
    True
    """
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).translate(_ALONE)).casefold()


def find(concepts: Sequence[Concept], text: str) -> list[Concept]:
    """The concepts that hold every word of the text, those that are called so first.

    >>> from tundish.vocabulary import load_catalogue
    >>> find(load_catalogue().concepts, "ㅅㅅㅇㄷ")[0].id
    'pickling.bath_temperature'
    """
    words = [even(word) for word in text.split() if even(word)]
    if not words:
        return []
    found = [(_rank(concept, words), place) for place, concept in enumerate(concepts)]
    return [concepts[place] for rank, place in sorted((rank, place) for rank, place in found if rank is not None)]


def _rank(concept: Concept, words: Sequence[str]) -> int | None:
    """0: called so; 1: its names hold the words; 2: its id or definition does; None: a word is missing."""
    names = _APART.join(map(even, concept.names))
    told = _APART.join((names, even(concept.id), even(concept.definition_ko or ""), even(concept.definition_en or "")))
    if not all(_holds(told, word) for word in words):
        return None
    whole = "".join(words)
    if whole in names.split(_APART) or whole in initials(names).split(_APART):
        return 0
    return 1 if all(_holds(names, word) for word in words) else 2


def _holds(text: str, word: str) -> bool:
    return word in text or (all(sign in CONSONANTS for sign in word) and word in initials(text))
