"""Which ids begin with the id of what they were made from, as plate `A241200-01-2` of slab `A241200-01` of heat `A24-1200`?"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from tundish.trace.ids import Ids
from tundish.trace.spelling import SEPARATORS, Spelled

_SHORTEST = 4
_SHORTEST_OF_DIGITS = 5
"""Shorter beginnings are a plant's or a year's code, which any id may begin with."""
_MOST_NAMED = 0.8
"""Share of the longer ids that must begin with a shorter one; half is enough where half of the shorter ones are met."""
_HALF = 0.5
_FEWEST = 5
"""Fewer beginnings may be chance: a line's or a product's code."""


def begins_with(longer: Ids, shorter: Ids) -> tuple[Ids, Ids] | None:
    """Both columns in one spelling, the longer ids cut to the id that they begin with; None when they do not hang together.

    The longest id that fits counts, and an id is no beginning of itself.
    """
    if "number" in (longer.column.kind, shorter.column.kind) or longer.running:
        return None
    child, parent = _in_one_spelling(longer, shorter)
    names = pl.DataFrame({"even": parent, "plain": shorter.spelled.plain}).drop_nulls().unique("even", maintain_order=True)
    names = names.filter(_long_enough(names["even"]))
    cut = _beginnings(child, names["even"], bounded=not _both_evened(longer, shorter))
    named = int(cut.is_not_null().sum()) / max(int(child.is_not_null().sum()), 1)
    found = cut.n_unique() - int(cut.null_count() > 0)
    if found < _FEWEST or not (named >= _MOST_NAMED or (named >= _HALF and found >= _HALF * names.height)):
        return None
    plain = cut.replace_strict(names["even"], names["plain"], default=None, return_dtype=pl.String)
    cut_ids = replace(longer, spelled=Spelled(plain.alias("plain"), cut.alias("even")))
    return cut_ids, replace(shorter, spelled=Spelled(shorter.spelled.plain, parent.alias("even")))


def _both_evened(one: Ids, other: Ids) -> bool:
    return one.spelled.evened and other.spelled.evened


def _in_one_spelling(longer: Ids, shorter: Ids) -> tuple[pl.Series, pl.Series]:
    if _both_evened(longer, shorter):
        return longer.spelled.even, shorter.spelled.even
    return _parted(longer.spelled.plain), _parted(shorter.spelled.plain)


def _parted(plain: pl.Series) -> pl.Series:
    upper = plain.str.normalize("NFKC").str.to_uppercase()
    return upper.str.replace_all(SEPARATORS, "-").str.strip_chars("-")


def _long_enough(names: pl.Series) -> pl.Series:
    lengths = names.str.len_chars()
    return (lengths >= _SHORTEST_OF_DIGITS) | ((lengths >= _SHORTEST) & names.str.contains(r"\p{L}"))


def _beginnings(child: pl.Series, names: pl.Series, *, bounded: bool) -> pl.Series:
    """The longest of ``names`` that each id goes on from; where separators had to stay, the id must go on after one."""
    cut = pl.Series([None] * child.len(), dtype=pl.String)
    for length in sorted(names.str.len_chars().unique().to_list(), reverse=True):
        start = child.str.slice(0, length)
        fits = start.is_in(names.implode()) & (child.str.len_chars() > length)
        if bounded:
            fits &= child.str.slice(length, 1) == "-"
        cut = cut.zip_with(cut.is_not_null() | ~fits.fill_null(value=False), start)
    return cut
