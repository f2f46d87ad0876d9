"""Which words are names of columns made of? Spellings in Korean, English and short forms, and the parts they stand for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, eq=False)
class Words:
    """The parts of words.yaml. A part is an English word that stands for all its spellings."""

    spellings: Mapping[str, tuple[str, ...]]
    """Spelling, evened out -> parts: ``산세조`` -> (pickling, bath)."""
    measures: Mapping[str, frozenset[str]]
    """Part -> quantities it may measure: ``temperature`` -> {temperature}."""
    light: frozenset[str]
    """Parts that say little about which column it is."""
    fillers: frozenset[str]
    """Parts that say nothing."""
    aspects: frozenset[str]
    places: frozenset[str]
    """Parts that say which of several: ``upper``, ``lower``."""
    sections: frozenset[str]
    """Parts of a line: ``entry``, ``exit``."""
    inputs: frozenset[str]
    """Parts that say of a piece of material that it was put in."""
    outputs: frozenset[str]
    """Parts that say: what came out."""
    lines: frozenset[str]
    """Short codes of lines, as tags begin with them: ``cal``, ``pl``."""
    statistics: frozenset[str]
    signs: Mapping[str, tuple[tuple[str, ...], ...]]
    """Short sign -> the words it may stand for, each as its parts: ``t`` -> ((temperature,), (thickness,), (time,))."""
    instruments: Mapping[str, str]
    """First letter of an instrument's code -> the part it measures: ``t`` -> temperature."""


def even_name(text: str) -> str:
    """A name without case, blanks and punctuation, for exact comparison: ``LOT No.`` -> ``lotno``."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()


def even_blanks(text: str) -> str:
    """A text without case, width and blanks, punctuation kept: ``LOT No.`` -> ``lotno.``."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()


def read_words(document: Mapping[str, Any]) -> Words:
    """Words from the content of words.yaml."""
    spellings: dict[str, tuple[str, ...]] = {}
    for parts, written in document["words"].items():
        for spelling in written:
            spellings[even_name(str(spelling))] = tuple(parts.split())
        if " " not in parts:
            spellings.setdefault(even_name(parts), (parts,))
    return Words(
        spellings=spellings,
        measures={part: frozenset(quantities) for part, quantities in document["measures"].items()},
        light=frozenset(document["light"]),
        fillers=frozenset(document["fillers"]),
        aspects=frozenset(document["aspects"]),
        places=frozenset(document["places"]),
        sections=frozenset(document["sections"]),
        inputs=frozenset(document["inputs"]),
        outputs=frozenset(document["outputs"]),
        lines=frozenset(document["lines"]),
        statistics=frozenset(document["statistics"]),
        signs={str(sign): tuple(tuple(word.split()) for word in said) for sign, said in document["signs"].items()},
        instruments={str(letter): part for letter, part in document["instruments"].items()},
    )
