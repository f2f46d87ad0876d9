"""Which unit does a text on a plant's sheet mean, and how does a value in it become SI?

An alias table, exact after evening out; what is not in it is unknown (None) and must be asked, never guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from tundish.vocabulary.pages import read_yaml


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: ``si_value = value * factor + offset``."""

    ucum: str
    """UCUM code; an annotation such as ``{HV}`` for a scale of its own."""
    si: str
    """UCUM code of the unit that values are kept in."""
    factor: float
    offset: float
    quantity: str
    label: str
    """How a reader sees it: ``℃``, ``mm``, ``m/min``."""


@dataclass(frozen=True)
class _Aliases:
    exact: Mapping[str, Unit]
    folded: Mapping[str, Unit]
    """Spellings whose upper and lower case mean the same unit."""
    hinted: Mapping[tuple[str, str], Unit]
    """Spellings that mean something only when the quantity is known: ``C`` for a temperature."""
    hint_words: Mapping[str, tuple[str, ...]]
    never_suffix: frozenset[str]


def parse_unit(text: str | None, quantity: str | None = None) -> Unit | None:
    """The unit a plant's spelling means, or None when it is unknown or could mean two.

    ``quantity`` is what the column is known to measure; it settles spellings such as ``C`` or ``T``,
    and refuses a unit of another quantity for them only.

    >>> parse_unit("N/㎟").factor, parse_unit("kgf/㎠").si
    (1000000.0, 'Pa')
    >>> parse_unit("C") is None, parse_unit("C", quantity="temperature").ucum
    (True, 'Cel')
    """
    if text is None:
        return None
    spelling = even_out(text)
    aliases = _aliases()
    if quantity is not None and (spelling, quantity) in aliases.hinted:
        return aliases.hinted[spelling, quantity]
    return aliases.exact.get(spelling) or aliases.folded.get(spelling.casefold())


def unit_of(label: str) -> Unit:
    """The unit with this label in units.yaml; KeyError when there is none."""
    return _labels()[label]


def split_header(header: str) -> tuple[str, str | None]:
    """Part a header into its name and the unit written in it, if there is one.

    >>> split_header("온도(℃)"), split_header("Usage_kWh"), split_header("CO2(tCO2)")
    (('온도', '℃'), ('Usage', 'kWh'), ('CO2', 'tCO2'))
    >>> split_header("성분(wt%) Mn"), split_header("온도 [℃] 입측")
    (('성분 Mn', 'wt%'), ('온도 입측', '℃'))
    >>> split_header("TEMP_MIN"), split_header("rolling_method(TMCP)")
    (('TEMP_MIN', None), ('rolling_method(TMCP)', None))
    """
    text = header.strip()
    for name, unit in _candidates(text):
        if name:
            return name, unit
    return text, None


def hint_of(name: str) -> str | None:
    """The quantity that a word in a name settles: ``temperature`` for `로온도`; None when no word does."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    for quantity, words in _aliases().hint_words.items():
        if any(word in folded for word in words):
            return quantity
    return None


def even_out(text: str) -> str:
    """One spelling for compatibility signs, blanks, dots and exponents: ``N / ㎟`` becomes ``N/mm2``."""
    evened = unicodedata.normalize("NFKC", text.replace("µ", "μ"))
    evened = re.sub(r"[\s\^]", "", evened).strip("[]{}<>")
    evened = re.sub(r"[·⋅∙*×]", ".", evened)
    if evened.startswith("(") and evened.endswith(")"):
        evened = evened[1:-1]
    return evened


_BRACKET = re.compile(r"^(?P<name>.*?)\s*[\(\[\{<（［](?P<unit>[^()\[\]{}<>（）［］]*)[\)\]\}>）］]\s*$", re.DOTALL)
_MIDDLE = re.compile(
    r"^(?P<name>[^()\[\]]*?)\s*[\(\[（［](?P<unit>[^()\[\]（）［］]*)[\)\]）］]\s+(?P<rest>[^()\[\]（）［］]+)$"
)
"""A group's unit before the column's own name, as two header rows give it."""
_TAIL = re.compile(r"^(?P<name>.*?)(?:[_\s,:/-]+)(?P<unit>[^_\s,:()\[\]-]+)$", re.DOTALL)
_GLUED = re.compile(r"^(?P<name>.*?[가-힣\d\w])(?P<unit>℃|°C|%|㎜|㎛|㎏|㎥|㎾h|㎾)$")
_AFTER_HANGUL = re.compile(r"^(?P<name>.*[가-힣])(?P<unit>[A-Za-zμ℃°%/0-9㎀-㏟]+)$")


def _candidates(text: str) -> Iterator[tuple[str, str]]:
    bracket = _BRACKET.match(text)
    if bracket:
        name, unit = bracket["name"].strip(), bracket["unit"].strip()
        if _is_bracket_unit(name, unit):
            yield name, unit
        return
    middle = _MIDDLE.match(text)
    if middle and parse_unit(middle["unit"], hint_of(middle["name"])):
        yield f"{middle['name']} {middle['rest'].strip()}".strip(), middle["unit"].strip()
        return
    for pattern in (_TAIL, _GLUED, _AFTER_HANGUL):
        found = pattern.match(text)
        if found and _is_tail_unit(found["name"], found["unit"]):
            yield found["name"].strip(" _-"), found["unit"]


def _is_bracket_unit(name: str, unit: str) -> bool:
    if parse_unit(unit) or parse_unit(unit, hint_of(name)):
        return True
    return bool(re.search(r"[A-Za-z가-힣㎀-㏟]\s*/\s*[A-Za-z가-힣㎀-㏟]|[%℃°‰]", unit)) and not re.search(r"\s/|/\s", unit)


def _is_tail_unit(name: str, unit: str) -> bool:
    spelling = even_out(unit)
    hint = hint_of(name)
    if hint and (spelling, hint) in _aliases().hinted:
        return True
    found = parse_unit(unit)
    if found is None:
        return False
    doubtful = len(spelling) == 1 or spelling.casefold() in _aliases().never_suffix
    return spelling == "%" or not doubtful or hint == found.quantity


@lru_cache(maxsize=1)
def _aliases() -> _Aliases:
    exact: dict[str, Unit] = {}
    hinted: dict[tuple[str, str], Unit] = {}
    for unit, entry in entries():
        asking = {even_out(str(spelling)) for spelling in entry.get("ask", ())}
        hinted |= {(spelling, unit.quantity): unit for spelling in asking}
        for spelling in (entry["label"], *entry.get("spell", ())):
            if even_out(str(spelling)) not in asking:
                exact.setdefault(even_out(str(spelling)), unit)
    asked = {spelling.casefold() for spelling, _ in hinted}
    folded: dict[str, Unit | None] = {}
    for spelling, unit in exact.items():
        key = spelling.casefold()
        folded[key] = unit if folded.get(key, unit) == unit else None
    safe = {key: unit for key, unit in folded.items() if unit is not None and key not in asked and len(key) > 1}
    words = {quantity: tuple(words) for quantity, words in _document()["hints"].items()}
    return _Aliases(exact, safe, hinted, words, frozenset(_document()["never_suffix"]))


@lru_cache(maxsize=1)
def _labels() -> dict[str, Unit]:
    return {unit.label: unit for unit, _ in entries()}


def entries() -> Iterator[tuple[Unit, Mapping[str, Any]]]:
    """Every unit of units.yaml with its entry."""
    for quantity, block in _document()["quantities"].items():
        for entry in block["units"]:
            factor, offset = float(entry.get("factor", 1)), float(entry.get("offset", 0))
            yield Unit(entry["ucum"], block["si"], factor, offset, quantity, entry["label"]), entry


@lru_cache(maxsize=1)
def _document() -> Mapping[str, Any]:
    return read_yaml(files("tundish.vocabulary") / "units.yaml")
