"""What was confirmed before, here or by another plant, for a column of this name?"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tundish.vocabulary.words import even_blanks

NONE = "-"
"""Stands for: means no concept."""
MOST_CHARACTERS = 80
_ID_LIKE = re.compile(r"\d{4,}|@|://|\\|[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What may name a person, an order or a place on disk, or steers a screen."""


def header_of(spot: str) -> str:
    """The column's part of ``file:column``.

    >>> header_of("2024/3월.xlsx:산세조1 온도(℃)")
    '산세조1 온도(℃)'
    """
    return spot.partition(":")[2]


def remembered(mapping: Mapping[str, str]) -> dict[str, str]:
    """Confirmed meanings by the column's name alone, unit included; names confirmed in two ways are left out.

    >>> remembered({"1월.csv:온도 (℃)": "rolling.temperature", "2월.csv:온도(℃)": "rolling.temperature"})
    {'온도(°c)': 'rolling.temperature'}
    >>> remembered({"a.csv:온도": "rolling.temperature", "b.csv:온도": "annealing.temperature"})
    {}
    """
    meanings: dict[str, set[str]] = {}
    for spot, concept in mapping.items():
        if header_of(spot):
            meanings.setdefault(key_of(header_of(spot)), set()).add(concept)
    return {header: concepts.pop() for header, concepts in meanings.items() if len(concepts) == 1}


def key_of(header: str) -> str:
    """A column's name without case, width and blanks: what must be the same for a meaning to be remembered."""
    return even_blanks(header)


def shareable(mapping: Mapping[str, str]) -> tuple[dict[str, str], int]:
    """Names and their concepts for others, and how many were held back: no file, no value, nothing that looks like an id.

    >>> shareable({"a.csv:산세조1 온도": "pickling.bath_temperature", "a.csv:LOT 20240301": "identity.lot", "a.csv:x": "-"})
    ({'산세조1 온도': 'pickling.bath_temperature'}, 1)
    """
    kept: dict[str, str] = {}
    held_back = 0
    once = remembered(mapping)
    for spot in mapping:
        header = " ".join(header_of(spot).split())
        concept = once.get(key_of(header), NONE)
        if concept == NONE:
            continue
        if may_travel(header):
            kept.setdefault(header, concept)
        else:
            held_back += 1
    return dict(sorted(kept.items())), held_back


def may_travel(header: str) -> bool:
    """Is it a name that may be given to others and taken from them?"""
    return 0 < len(header) <= MOST_CHARACTERS and _ID_LIKE.search(header) is None
