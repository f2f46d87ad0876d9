"""Which piece does a person mean?"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import polars as pl

from tundish.errors import AmbiguousPiece, Message, NoPieceNamed, UnknownPiece
from tundish.trace.history.material import Material
from tundish.vocabulary import load_catalogue

NEAREST = 5
"""Ids offered when none answers."""
_CHOICES = 8
"""Ids offered when several answer."""
_DAY = re.compile(r"(?P<id>.+)@(?P<day>\d{4}-\d{2}-\d{2})")


def find(material: Material, text: str) -> int:
    """The number of the piece that ``text`` names, in any spelling of its id.

    ``coil:HC1234`` or ``코일:HC1234`` looks among coils only; ``HC1234@2025-03-01`` among those made that day (UTC), where a
    number comes twice.
    Raises :class:`NoPieceNamed` for an empty word, :class:`UnknownPiece` with the nearest ids, :class:`AmbiguousPiece` with
    the words that tell the pieces apart.
    """
    if not text.strip():
        raise NoPieceNamed
    named = _named(material, text)
    if len(named) == 1:
        return named[0]
    if not named:
        nothing = Message("none, for no table of this plant is a production record")
        raise UnknownPiece(piece=text.strip(), nearest=_nearest(material, text) or nothing)
    raise AmbiguousPiece(piece=text.strip(), count=len(named), choices=_choices(material, named))


def _named(material: Material, text: str) -> list[int]:
    found = material.index.find(text, material.even)
    if found:
        return _as_written(material, found, text)
    dated = _DAY.fullmatch(text.strip())
    if dated is not None:
        kin = _facts(material, _named(material, dated["id"]))
        return kin.filter(pl.col("made").dt.strftime("%Y-%m-%d") == dated["day"])["number"].to_list()
    level, colon, name = text.partition(":")
    if not colon:
        return []
    kin = _facts(material, _named(material, name))
    return kin.filter(pl.col("level").is_in(_levels(level.strip())))["number"].to_list()


def _levels(word: str) -> list[str]:
    """The levels that a word names, in the vocabulary's or in the mill's language: ``coil``, ``코일``, ``coil number``."""
    known = load_catalogue().concepts
    called = {word.casefold(), f"{word}번호".casefold(), f"{word} number".casefold()}
    of_name = (one.level for one in known if one.level and not called.isdisjoint(name.casefold() for name in one.names))
    return list(dict.fromkeys((word, *of_name)))


def _as_written(material: Material, found: list[int], text: str) -> list[int]:
    """Those whose id is written just so, when there are any; else all that are spelled alike."""
    if len(found) == 1:
        return found
    kin = _facts(material, found)
    exact = kin.filter(pl.col("id") == text.strip())["number"].to_list()
    return exact or found


def _facts(material: Material, numbers: Sequence[int]) -> pl.DataFrame:
    rows = np.array(numbers, dtype=np.int64)
    return material.pieces.take(rows).with_columns(number=pl.Series(rows))


def _nearest(material: Material, text: str) -> list[str]:
    name = text.partition(":")[2] or text
    numbers = material.index.near(name, material.even, most=NEAREST)
    return list(dict.fromkeys(_facts(material, numbers)["id"].to_list()))


def _choices(material: Material, numbers: Sequence[int]) -> list[str]:
    """``level:id``, with the day where that alone does not tell them apart."""
    kin = _facts(material, numbers[: _CHOICES + 1])
    plain = [f"{level}:{id_}" for level, id_ in kin.select("level", "id").iter_rows()]
    if len(set(plain)) == len(plain):
        return plain[:_CHOICES]
    days = kin["made"].dt.strftime("@%Y-%m-%d").fill_null("")
    return list(dict.fromkeys(f"{name}{day}" for name, day in zip(plain, days, strict=True)))[:_CHOICES]
