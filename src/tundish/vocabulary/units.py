"""Which unit does a text on a plant's sheet mean, and how does a value in it become SI?

A table of spellings, exact after evening out, and products and quotients of what is in it. What neither knows, and what could
mean two things, is None and must be asked, never guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from tundish.vocabulary.composed import Dimension, Part, Product, compose, dimension
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
    scale: bool = False
    """A scale of its own, such as Rockwell hardness or pH: no factor leads from it to another unit."""


@dataclass(frozen=True)
class _Aliases:
    exact: Mapping[str, Unit]
    folded: Mapping[str, Unit]
    """Spellings whose upper and lower case mean the same unit."""
    hinted: Mapping[tuple[str, str], Unit]
    """Spellings that mean something only when the quantity is known: ``C`` for a temperature."""
    hint_words: Mapping[str, tuple[str, ...]]
    doubtful: Mapping[str, str]
    """Spellings that mean two things, and which."""
    below: Mapping[str, Unit]
    """Spellings that mean one thing only under a stroke."""
    per: Mapping[str, str]
    """Pieces of material and of work that something is counted by, and how a UCUM annotation calls them."""
    dimensions: Mapping[frozenset[tuple[str, int]], Mapping[str, str]]
    """SI codes and quantities for what a product may measure."""
    never_suffix: frozenset[str]
    never_bracket: frozenset[str]


def parse_unit(text: str | None, quantity: str | None = None) -> Unit | None:
    """The unit a plant's spelling means, or None when it is unknown or could mean two.

    ``quantity`` is what the column is known to measure; it settles spellings such as ``C`` or ``T``,
    and refuses a unit of another quantity for them only.

    >>> parse_unit("N/㎟").factor, parse_unit("kgf/㎠").si
    (1000000.0, 'Pa')
    >>> parse_unit("C") is None, parse_unit("C", quantity="temperature").ucum
    (True, 'Cel')
    >>> parse_unit("㎏/㎠·h") is None, parse_unit("mm/coil").ucum, parse_unit("kg/h·㎡") is None
    (True, 'mm/{coil}', True)
    """
    return None if text is None or len(text) > _MOST_CHARACTERS else _parse(text, quantity)


@lru_cache(maxsize=65536)
def _parse(text: str, quantity: str | None) -> Unit | None:
    spelling = even_out(text)
    aliases = _aliases()
    if quantity is not None and (spelling, quantity) in aliases.hinted:
        return aliases.hinted[spelling, quantity]
    if spelling in aliases.doubtful:
        return None
    return _spelt(spelling) or _composed(spelling)


def meanings(text: str) -> tuple[str, ...]:
    """What a doubtful spelling may mean, for the person who is asked; nothing for an unknown one.

    >>> meanings("G"), meanings("도")
    (('gauss', '10⁹', 'gram', 'gauge', 'g₀'), ('℃', '°'))
    """
    spelling, aliases = even_out(text), _aliases()
    told = aliases.doubtful.get(spelling, "")
    asked = [unit.label for (asking, _), unit in aliases.hinted.items() if asking == spelling]
    return tuple(dict.fromkeys([*filter(None, told.split(", ")), *asked]))


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
    """One spelling for compatibility signs, blanks, dots, strokes and exponents: ``N / ㎟`` becomes ``N/mm2``.

    >>> even_out("kgf · ㎝⁻²"), even_out("㎨"), even_out("kW ㆍ h")
    ('kgf.cm-2', 'm/s2', 'kW.h')
    """
    evened = unicodedata.normalize("NFKC", text.replace("µ", "μ").replace("ㆍ", "·")).translate(_EVEN)
    evened = re.sub(r"\*\*|[\s^\u200b\ufeff]", "", evened).strip("[]{}<>")
    evened = re.sub(r"[·⋅∙•・‧×*]", ".", evened)
    while _WRAPPED.fullmatch(evened):
        evened = evened[1:-1]
    return evened.rstrip(".") if len(evened) > 1 else evened


_EVEN = str.maketrans("∕⁄÷−‐‑–∆︒∘", "///----Δ°°")
_WRAPPED = re.compile(r"[(\[][^()\[\]]*[)\]]")
_MOST_CHARACTERS = 40
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
    hint, found = hint_of(name), parse_unit(unit)
    spelling = even_out(unit)
    if parse_unit(unit, hint) and (spelling, hint) in _aliases().hinted:
        return True
    if found is not None:
        symbol = len(spelling) == 1 and hint is not None  # 폭(W), 두께(t): a letter for the size itself
        return found.quantity == hint or not (symbol or (spelling.casefold() in _aliases().never_bracket and hint != "time"))
    if len(spelling) > 1 and meanings(unit):
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
    document = _document()
    return _Aliases(
        exact,
        _folded(exact, {spelling.casefold() for spelling, _ in hinted}),
        hinted,
        {quantity: tuple(words) for quantity, words in document["hints"].items()},
        {even_out(str(spelling)): str(told) for spelling, told in document["doubtful"].items()},
        {spelling: unit_of(label) for label, spellings in document["below"].items() for spelling in spellings},
        {spelling: piece for piece, spellings in document["per"].items() for spelling in (piece, *spellings)},
        _dimensions(document),
        frozenset(document["never_suffix"]),
        frozenset(document["never_bracket"]),
    )


def _folded(exact: Mapping[str, Unit], asked: set[str]) -> dict[str, Unit]:
    folded: dict[str, Unit | None] = {}
    for spelling, unit in exact.items():
        key = spelling.casefold()
        folded[key] = unit if folded.get(key, unit) == unit else None
    return {key: unit for key, unit in folded.items() if unit is not None and key not in asked and len(key) > 1}


def _dimensions(document: Mapping[str, Any]) -> dict[frozenset[tuple[str, int]], dict[str, str]]:
    found: dict[frozenset[tuple[str, int]], dict[str, str]] = {}
    plain = ((quantity, block["si"]) for quantity, block in document["quantities"].items() if not block.get("scale"))
    for quantity, si in (*plain, *document["composed"].items()):
        if "{" not in si and (size := dimension(si)):
            found.setdefault(frozenset(size.items()), {}).setdefault(si, quantity)
    return found


def _spelt(spelling: str) -> Unit | None:
    """By the table; letters of another case are let pass where they cannot turn milli into mega."""
    aliases = _aliases()
    if spelling in aliases.exact:
        return aliases.exact[spelling]
    unit = aliases.folded.get(spelling.casefold())
    if unit is None or not _PREFIXED.match(unit.ucum):
        return unit
    same = [known for known in aliases.exact if known[0] == spelling[0] and known.casefold() == spelling.casefold()]
    return unit if same else None


_PREFIXED = re.compile(r"(?:[mMGT](?!in\b|ol\b)|P(?!a))[A-Za-z\[]")
"""Codes whose first letter means another power of ten in the other case."""


def _composed(spelling: str) -> Unit | None:
    """A product or quotient of known units, where it measures something that plants measure."""
    if not re.search(r"[./-]|\d", spelling):
        return None
    made = compose(spelling, _part)
    return None if made is None or _asked_for(made) else _measured(made, spelling)


def _measured(made: Product, label: str) -> Unit | None:
    size = made.dimension
    if _PIECE in made.below() or "money" in made.above():
        return Unit(made.ucum, made.si, made.factor, 0.0, "composed", label) if size else None
    known = _aliases().dimensions.get(frozenset(size.items()))
    if known is None or (len(made.parts) < 2 and not made.below()):
        return None
    si = made.si if made.si in known else next(iter(known))  # of two quantities with one dimension the first in the document
    accident = size in _BASES and "{" not in made.ucum
    return Unit(
        made.ucum,
        made.si if accident or "{" in made.ucum else si,
        made.factor,
        0.0,
        "composed" if accident else known[si],
        label,
    )


_PIECE = "piece"
_BASES: tuple[Dimension, ...] = ({"m": 1}, {"m": 2}, {"m": 3}, {"kg": 1}, {"s": 1}, {"K": 1})
"""Sizes that a quotient such as L/㎡ has by accident: it is no length."""


def _asked_for(made: Product) -> bool:
    """Whether plants write this for something else: kg·m for a torque, kg/mm for a stiffness, kW/h for kWh."""
    above, below = made.above(), made.below()
    mass = {"mass"} & above
    if mass and "length" in above:
        return True
    if mass and not above - {"mass"} and below and below <= {"length", "area"} and made.dimension.get("m") != -3:
        return not any(part.ucum in ("m", "m2", "dm2", "[ft_i]", "[ft_i]2") for part, power in made.parts if power < 0)
    return bool(above & {"power", "apparent_power", "reactive_power", "current"}) and "time" in below


def _part(spelling: str, below: bool) -> Part | None:
    """A unit inside a longer one: a temperature is a difference there, a scale has no place in it."""
    aliases = _aliases()
    if below and spelling in aliases.per:
        return Part(f"{{{aliases.per[spelling]}}}", "1", 1.0, _PIECE)
    unit = aliases.below.get(spelling) if below else None
    unit = unit or (None if spelling in aliases.doubtful else _spelt(spelling))
    if unit is None or unit.scale or unit.quantity in _NEVER_PART:
        return None
    if unit.quantity == "temperature":
        ucum = "K" if unit.ucum == "Cel" else unit.ucum
        return None if ucum.startswith("[") else Part(ucum, "K", unit.factor, "temperature_difference")
    if unit.si == "%":
        return Part(unit.ucum, "1", unit.factor / 100, unit.quantity)
    return Part(unit.ucum, unit.si, unit.factor, unit.quantity)


_NEVER_PART = frozenset(("temperature_difference", "flatness", "strain", "apparent_power"))


@lru_cache(maxsize=1)
def _labels() -> dict[str, Unit]:
    return {unit.label: unit for unit, _ in entries()}


def entries() -> Iterator[tuple[Unit, Mapping[str, Any]]]:
    """Every unit of units.yaml with its entry."""
    for quantity, block in _document()["quantities"].items():
        for entry in block["units"]:
            factor, offset = float(entry.get("factor", 1)), float(entry.get("offset", 0))
            yield Unit(entry["ucum"], block["si"], factor, offset, quantity, entry["label"], block.get("scale", False)), entry


@lru_cache(maxsize=1)
def _document() -> Mapping[str, Any]:
    return read_yaml(files("tundish.vocabulary") / "units.yaml")
