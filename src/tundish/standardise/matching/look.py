"""What does each column of a table show, and which of its words only say where in the works the table was made?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from tundish.standardise.matching.names import Name, take_apart
from tundish.table import Kind, Origin
from tundish.vocabulary.catalogue import Catalogue
from tundish.vocabulary.units import Unit, hint_of, parse_unit, split_header
from tundish.vocabulary.words import Words, even_name

_LEADING = 3
"""Columns that begin alike before their beginning is taken for a place: ``HSM2.FM.``"""
_SIDES = frozenset({"entry", "exit"})
"""Sides of a line: of columns that begin with one the side is what tells them apart."""
_EVERYWHERE = 0.6
"""Share of a table's columns from which a word says nothing about the one column any more."""
_FEW = 5
_UNSAID_AMOUNTS = frozenset({"amount", "quantity"})
_UNIT = re.compile(r"\s*[(\[<{][^()\[\]<>{}]*[)\]>}]$")
_TAIL = re.compile(r"^(.+?)(?:[_\s.\-/]+([A-Za-z][A-Za-z0-9/]+)|\s*[(\[<{]([^()\[\]<>{}]+)[)\]>}])$")


@dataclass(frozen=True, slots=True)
class ColumnSketch:
    """What is known of a column before it has a meaning."""

    header: str
    """As in the file, unit included."""
    kind: Kind
    """A first guess from the values alone."""
    origin: Origin
    unit_text: str | None = None
    """Unit from a header row of its own; None when the header holds it or nobody says it."""
    numbers: npt.NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    """A sample of the values in the plant's unit; empty for texts. NaN is ignored."""
    texts: tuple[str, ...] = ()
    """A sample of distinct texts."""
    distinct: int = 0
    few: bool = False
    """Too few values to tell names, classes and remarks apart."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a column shows: its name taken apart, unit, kind and values."""

    name: Name
    unit: Unit | None
    unit_text: str | None
    kind: Kind
    numbers: npt.NDArray[np.float64] = field(hash=False, compare=False)
    texts: tuple[str, ...]
    distinct: int
    few: bool
    unknown: float
    """Share of the words that nobody knows, 0 to 1."""
    implied: frozenset[str]
    """Parts that the unit says: ``energy`` by kWh; the mill that a stand's number says."""
    placed: frozenset[str] = frozenset()
    """Those of them that say only where: the mill of stand `F7`, whose speed is not the mill's.
    None beside a side: what leaves stand `R2` leaves the mill."""
    context: frozenset[str] = frozenset()
    """Parts that say where the table comes from, not which column it is: ``HSM2``, ``FM`` before a stand."""
    everywhere: frozenset[str] = frozenset()
    """Those of them that stand in most columns."""


def look_at(columns: Sequence[ColumnSketch], catalogue: Catalogue) -> list[Look]:
    """What each column shows, in the light of the whole table."""
    words = lexicon(catalogue)
    looks = [_look(column, words) for column in columns]
    return _without_control_values(_with_context(columns, _with_siblings(looks, words), words))


@lru_cache(maxsize=4)
def lexicon(catalogue: Catalogue) -> Words:
    """The words of words.yaml, and every longer word that a concept's name is written with, as a part of its own."""
    own: dict[str, tuple[str, ...]] = {}
    for concept in catalogue.concepts:
        for name in concept.names:
            for word in split_header(name)[0].casefold().split():
                if word.isalpha() and (len(word) >= 5 or (len(word) >= 2 and not word.isascii())):
                    own[word] = tuple(take_apart(word, catalogue.words, mend=False).run) or (word,)
    whole = {word: parts for word, parts in own.items() if parts == (word,)}
    return replace(catalogue.words, spellings={**whole, **catalogue.words.spellings})


def _look(column: ColumnSketch, words: Words) -> Look:
    written, in_header = _split(column.header, words)
    unit_text = column.unit_text or in_header
    unit = parse_unit(unit_text, hint_of(written))
    name = take_apart(written if in_header else column.header, words)
    name = _read_signs(name, column, unit, words)
    measured = _measured(name, words)
    if unit_text and even_name(unit_text) in ("min", "max") and "time" not in measured and measured:
        name = take_apart(f"{written} {unit_text}", words)
        unit_text = unit = None
    if column.kind == "time":
        name = replace(name, parts=as_moment(name.parts))
    if unit is None and unit_text:
        unit = next((u for quantity in sorted(measured) if (u := parse_unit(unit_text, quantity))), None)
    label = even_name(unit.label) if unit else ""
    implied = frozenset(words.spellings.get(label, ()))
    if not measured and name.parts:
        implied |= {words.instruments[found[1].lower()] for code in name.codes if (found := _INSTRUMENT.match(code))}
    placed = frozenset(MILLS[place[0]] for place in name.positions if _OF_STAND.match(place))
    if column.kind == "time":
        implied |= {"date"}
    if unit is not None and not measured:
        implied |= _UNSAID_AMOUNTS | {part for part, quantities in words.measures.items() if unit.quantity in quantities}
    unknown = sum(written not in words.spellings and parts == (written,) for written, parts in name.tokens)
    return Look(
        name,
        unit,
        unit_text,
        column.kind,
        column.numbers,
        column.texts,
        column.distinct,
        column.few,
        unknown / max(len(name.tokens), 1),
        implied | placed,
        frozenset() if name.parts & _SIDES else placed - name.parts,
    )


MILLS = {"R": "roughing", "F": "finishing"}
"""Which mill a stand's first letter names: `R2`, `F7`."""
_OF_STAND = re.compile(r"[RF]\d")


def as_moment(parts: frozenset[str]) -> frozenset[str]:
    """Parts of a moment's name: `시작시간` and `시작시각`, `START_TM` and `START_DT` are the same to a clock."""
    return parts - {"time"} | {"date"} if "time" in parts else parts


def as_input(parts: frozenset[str], words: Words) -> frozenset[str]:
    """Parts of the name of what was put in: `투입코일`, `소재코일`, `IN_COIL` are all the parent coil; not `투입번호`."""
    pieces = parts - words.inputs - words.light
    return pieces | (parts & words.light - words.inputs) | {"parent"} if pieces and parts & words.inputs else parts


def _measured(name: Name, words: Words) -> set[str]:
    return {quantity for part in name.parts for quantity in words.measures.get(part, ())}


def _read_signs(name: Name, column: ColumnSketch, unit: Unit | None, words: Words) -> Name:
    """The name with each short sign as the word whose quantity the unit is: `IN_T` in °C is a temperature, `LOG_TS` a time."""
    quantity = unit.quantity if unit else "time" if column.kind == "time" else None
    last = len(name.tokens) - 1
    tokens = []
    for n, (written, parts) in enumerate(name.tokens):
        hot = written == "t" and unit is None and n == last > 0 and column.kind == "number" and _is_tag(column.header)
        tokens.append((written, _sign(written, "temperature" if hot else quantity, words) or parts))
    if tokens == list(name.tokens):
        return name
    run = tuple(part for _, parts in tokens for part in parts)
    kept = frozenset(run) - words.fillers - words.aspects - words.statistics - words.places
    whole = name.whole if last else "".join(run)
    return replace(name, whole=whole, parts=kept, run=tuple(part for part in run if part in kept), tokens=tuple(tokens))


def _sign(written: str, quantity: str | None, words: Words) -> tuple[str, ...]:
    for parts in words.signs.get(written, ()):
        measures = {one for part in parts for one in words.measures.get(part, ())}
        if quantity is not None and (quantity in measures or (quantity == "time" and "date" in parts)):
            return parts
    return ()


_INSTRUMENT = re.compile(r"([TPFLSWIEJ])(?:D?[IRCSTEQA]{1,3})-?\d")
"""An instrument's code says what it measures by its first letter: `TIC-101`, `FT_203`."""


def _split(header: str, words: Words) -> tuple[str, str | None]:
    """Name and unit; what joins onto a tag is a unit when the name before it measures just that (`AIR_FLOW_NM3H`)."""
    written, unit = split_header(header)
    tail = None if unit else _TAIL.match(header.strip())
    if tail is None:
        return written, unit
    name, last = tail[1], tail[2] or tail[3].strip()
    apart = take_apart(name, words)
    signs = (part for token, _ in apart.tokens[-1:] for parts in words.signs.get(token, ()) for part in parts)
    measured = _measured(apart, words) | {quantity for part in signs for quantity in words.measures.get(part, ())}
    found = {found.quantity for quantity in measured if (found := parse_unit(last, quantity))}
    return (name, last) if found & measured else (written, None)


def _with_context(columns: Sequence[ColumnSketch], looks: list[Look], words: Words) -> list[Look]:
    """Words that begin the tags of several columns, or stand in most columns, say where, not what."""
    often = Counter(part for look in looks for part in look.name.parts)
    everywhere = {part for part, count in often.items() if len(looks) >= _FEW and count >= _EVERYWHERE * len(looks)}
    tags = [_is_tag(column.header) for column in columns]
    leading = Counter(
        look.name.run[:n] for look, tag in zip(looks, tags, strict=True) if tag for n in range(1, len(look.name.run))
    )
    found = []
    for look, tag in zip(looks, tags, strict=True):
        run = look.name.run
        lead = look.name.tokens[0][0] if look.name.tokens else ""
        coded = int(lead in words.lines and (len(run) > 1 or bool(look.implied)))
        length = max((n for n in range(1, len(run)) if leading[run[:n]] >= _LEADING), default=coded) if tag else 0
        common = everywhere & look.name.parts
        placed = replace(look, context=(frozenset(run[:length]) - _SIDES) | common, everywhere=frozenset(common))
        found.append(replace(placed, name=replace(look.name, bare=_bare(placed, words))))
    return found


def _bare(look: Look, words: Words) -> str:
    """What is left of a name without figures, places and what the table says anyway: ``rollgap`` of `RCM_RollGap_WS`."""
    empty = {part for part in look.context if part not in words.spellings} | words.places | words.aspects | words.statistics
    return "".join(token for token, parts in look.name.tokens if not empty.issuperset(parts))


def _is_tag(header: str) -> bool:
    """Is it written as machines name things: no blank, no Hangul, parts joined?"""
    name = _UNIT.sub("", header.strip())
    return name.isascii() and " " not in name and any(sign in name for sign in "._/:|-\\")


def _with_siblings(looks: list[Look], words: Words) -> list[Look]:
    """Names that differ in a last short word only (`CURR_R`, `CURR_S`) are several of one kind, and the word says which."""
    known = {part for parts in words.spellings.values() for part in parts}
    ends: dict[tuple[object, ...], set[str]] = {}
    keys = []
    for look in looks:
        *head, last = look.name.run or ("",)
        short = head and len(last) <= 3 and last.isascii() and last not in known
        keys.append((tuple(head), look.name.positions, look.name.codes, look.name.aspect) if short else None)
        if short:
            ends.setdefault(keys[-1] or (), set()).add(last)
    return [
        replace(look, name=_placed(look.name)) if key is not None and len(ends[key]) >= 2 else look
        for look, key in zip(looks, keys, strict=True)
    ]


def _placed(name: Name) -> Name:
    *head, last = name.run
    return replace(name, run=tuple(head), parts=frozenset(head), positions=(*name.positions, last.upper()))


def _without_control_values(looks: list[Look]) -> list[Look]:
    """`CV` beside a `PV` is what the controller gives out; without one it is the current value."""
    if any(look.name.aspect == "actual" for look in looks):
        return looks
    return [
        replace(look, name=replace(look.name, aspect="actual")) if look.name.aspect == "control_value" else look
        for look in looks
    ]
