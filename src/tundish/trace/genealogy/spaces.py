"""Which columns hold ids of the same kind of material, and how does each id read with its spelling evened out?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from tundish.table import Column, Table
from tundish.trace.genealogy.cases import cased, told_apart
from tundish.trace.ids import Ids, is_identity, shares
from tundish.trace.spelling import Spelled, spell
from tundish.vocabulary import Catalogue

_NO_MATERIAL = frozenset(("order", "specimen"))
_SPECIFIC = frozenset(("heat", "slab", "coil", "plate"))
"""Levels whose word says enough: all columns of one are of one space. A lot or a piece may be anything."""
_MATERIALS = frozenset(f"identity.{name}" for name in ("billet", "ingot", "tube", "casting", "sheet"))
"""Material that a header names although it is of no level of its own: a list of tubes with a column `COIL NO` is of tubes."""
_CONTAINERS = frozenset(("identity.bundle", "identity.package", "identity.pallet"))
_LOADS = frozenset(("identity.furnace_charge",))
_MOSTLY = 0.5
_NUMBER = re.compile(r"(no\.?|nr\.?|num|number|id|번호|넘버)$")
_NO_MATERIAL_WORD = re.compile(r"order|customer|sample|specimen|order|주문|수주|고객|시료|시편|지시|설비|작업자")
_NOUNS = {
    "heat": re.compile(r"\bheat|용해|용강|히트|출강"),
    "slab": re.compile(r"slab|슬라브|슬래브|주편"),
    "coil": re.compile(r"coil|코일"),
    "plate": re.compile(r"plate|후판"),
    "piece": re.compile(
        r"\bbars?\b|billet|bloom|ingot|\brod\b|wire|tube|pipe|blank|forging|봉강|환봉|빌렛|빌릿|블룸|강편|잉곳|강괴|선재|소재|단조품|튜브|파이프|강관|블랭크"
    ),
}
"""Words for material in headers, by level."""
_GOES_IN = re.compile(
    r"투입|모재|소재(?!\s*(번호|no\.?|id)?$)|원코일|모코일|원슬|모슬|입측|원자재|모로트|장입|"
    r"mother|parent|input|entry|^(in|m|p|org|src|mtr|mtl|ent)[ _-]|(?<![a-z])in[ _-]?\d*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class IdColumn:
    """A column of ids of material, and the space that its ids are of."""

    ids: Ids
    space: str
    goes_in: bool
    container: bool
    load: bool
    """Names a load treated together: no piece of its own."""

    @property
    def table(self) -> Table:
        """The table that it stands in."""
        return self.ids.table

    @property
    def column(self) -> Column:
        """The column itself."""
        return self.ids.column

    @property
    def even(self) -> pl.Series:
        """Ids row by row, in the one spelling of their space."""
        return self.ids.spelled.even


def id_columns(tables: Sequence[Table], catalogue: Catalogue) -> tuple[IdColumn, ...]:
    """All columns of material ids, each with its space; ids of one space are evened out together."""
    found = [
        Ids(table, column, spell(table.frame[column.name]))
        for table in tables
        for column in table.columns
        if column.kind != "time" and names_material(table, column, catalogue)
    ]
    found = [ids for ids in found if ids.words.len() and not (ids.running and _level(ids.column, catalogue) is None)]
    of = _grouped(found, catalogue)
    names = _named(found, of, catalogue)
    made = [not goes_in(ids.column, catalogue) for ids in found]
    evened = _evened_together(found, of, made)
    return tuple(
        IdColumn(
            Ids(ids.table, ids.column, spelled),
            names[group],
            goes_in(ids.column, catalogue),
            ids.column.concept in _CONTAINERS,
            ids.column.concept in _LOADS,
        )
        for ids, group, spelled in zip(found, of, evened, strict=True)
    )


def names_material(table: Table, column: Column, catalogue: Catalogue) -> bool:
    """Whether a column holds ids of material, not of orders or specimens."""
    return _names_pieces(table, column, catalogue) and _is_material(column, catalogue)


def _names_pieces(table: Table, column: Column, catalogue: Catalogue) -> bool:
    """Ids by the vocabulary or by standardising, or values with digits under a header such as `parent bar ID` or `봉강번호`."""
    if is_identity(column, catalogue):
        return True
    if column.concept is not None or _named_level(column) is None:
        return False
    if column.kind == "number":  # a workbook keeps ids of digits as numbers
        values = table.frame[column.name].drop_nulls()
        return column.unit is None and bool((values == values.round(0)).all()) and bool((values >= 0).all())
    digits = table.frame[column.name].cast(pl.String).str.contains(r"\d").mean()
    return isinstance(digits, float) and digits > _MOSTLY


def _named_level(column: Column) -> str | None:
    """The level that a header names which no concept knows."""
    for header in column.headers:
        name = header.strip().lower()
        if _NUMBER.search(name) and not _NO_MATERIAL_WORD.search(name):
            for level, noun in _NOUNS.items():
                if noun.search(name):
                    return level
    return None


def _is_material(column: Column, catalogue: Catalogue) -> bool:
    return _level(column, catalogue) not in _NO_MATERIAL


def _level(column: Column, catalogue: Catalogue) -> str | None:
    return _named_level(column) if column.concept is None else catalogue.concept(column.concept).level


def goes_in(column: Column, catalogue: Catalogue) -> bool:
    """Whether a column names what went in, by its concept or its header."""
    said = column.concept is not None and catalogue.concept(column.concept).goes_in
    return said or any(_GOES_IN.search(header.strip()) for header in column.headers)


def _grouped(found: Sequence[Ids], catalogue: Catalogue) -> list[int]:
    """For each column the first column of its space."""
    of = list(range(len(found)))

    def root(one: int) -> int:
        while of[one] != one:
            one = of[one]
        return one

    for a, one in enumerate(found):
        for b in range(a):
            if root(a) == root(b):
                continue
            mine, theirs = _level(one.column, catalogue), _level(found[b].column, catalogue)
            told = mine in _SPECIFIC and theirs in _SPECIFIC
            if mine == theirs if told else shares(one, found[b]) > 0:
                of[max(root(a), root(b))] = min(root(a), root(b))
    return [root(one) for one in range(len(found))]


def _named(found: Sequence[Ids], of: Sequence[int], catalogue: Catalogue) -> dict[int, str]:
    """A space is called by the most telling level of its columns; several of one level get a number."""
    names: dict[int, str] = {}
    for group in dict.fromkeys(of):
        columns = [ids.column for ids, other in zip(found, of, strict=True) if other == group]
        levels = [_level(column, catalogue) for column in columns]
        named = [level in _SPECIFIC or column.concept in _MATERIALS for level, column in zip(levels, columns, strict=True)]
        sure = [level for level, one in zip(levels, named, strict=True) if one and level]
        told = sure or [level for level in levels if level] or ["piece"]
        level = max(dict.fromkeys(told), key=told.count)
        name, n = level, 2
        while name in names.values():
            name, n = f"{level} {n}", n + 1
        names[group] = name
    return names


_WITHOUT_ZEROS = (
    pl.when(pl.col("even").str.contains(r"^\d+$")).then(pl.col("even").str.replace(r"^0+(\d)", "$1")).otherwise(pl.col("even"))
)
_SLIPS = 0.01
"""Share of a column's ids that may differ from another by leading zeros only: one dropped by the typist."""


def _zeros_tell_nothing(words: pl.Series) -> bool:
    """Leading zeros, lost in a workbook and kept in a text, tell no two ids of one column apart."""
    short = pl.DataFrame({"even": words}).select(_WITHOUT_ZEROS).to_series()
    return words.len() - short.n_unique() <= _SLIPS * words.len()


def _evened_together(found: Sequence[Ids], of: Sequence[int], made: Sequence[bool]) -> list[Spelled]:
    """One spelling for all columns of a space: what one column must keep apart, the others keep apart too.

    ``made``: whether a column may name what came out.
    """
    out: dict[int, Spelled] = {}
    for group in dict.fromkeys(of):
        members = [n for n, other in enumerate(of) if other == group]
        words = pl.concat([found[n].spelled.plain.drop_nulls().unique() for n in members]).unique(maintain_order=True)
        together = spell(pl.concat([words, words[:1]]))  # an id twice: a space is no column with an id of its own in each row
        if together.evened and together.even.equals(together.plain) and not words.str.starts_with("0").any():
            out |= {n: Spelled(found[n].spelled.plain, found[n].spelled.plain.alias("even")) for n in members}
            continue
        reading = pl.DataFrame({"plain": together.plain, "even": together.even}).unique("plain")
        if all(_zeros_tell_nothing(found[n].words) for n in members):
            reading = reading.with_columns(even=_WITHOUT_ZEROS)
        apart = told_apart([found[n].spelled.plain for n in members if made[n]])
        if apart.len():
            two = pl.col("even").is_in(apart.implode())
            reading = reading.with_columns(even=pl.when(two).then(cased(pl.col("plain"))).otherwise("even"))
        for n in members:
            plain = found[n].spelled.plain
            even = pl.DataFrame({"plain": plain}).join(reading, on="plain", how="left", maintain_order="left")["even"]
            out[n] = Spelled(plain, even, together.evened)
    return [out[n] for n in range(len(found))]
