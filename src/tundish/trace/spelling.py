"""Which spellings of an id mean the same piece?"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

SEPARATORS = r"[^\p{L}\p{N}]+"
_BARE = r"^[1-9A-Z][0-9A-Z]*$"
"""Ids that read alike evened out: most columns hold nothing else, and some have millions of rows."""
_SLIPS = 0.002
"""Share of ids whose separator may stand in another place by a slip of the typist before they count as ids of their own."""

_ODD_SHAPES = 0.02
"""Share of a column's ids up to which a place of separators that no other id has is a slip: `D-107019` among `D1-07018`."""


@dataclass(frozen=True, slots=True)
class Spelled:
    """The ids of one column, row by row."""

    plain: pl.Series
    """As text, blanks trimmed, ``.0`` of numbers read as decimals taken off."""
    even: pl.Series
    """Upper case, half width, without separators and without leading zeros, as far as that merges no two ids."""
    evened: bool = True
    """False when separators had to stay, because without them two ids would be one."""


def spell(ids: pl.Series) -> Spelled:
    """Even out the spelling of a column of ids.

    >>> spell(pl.Series(["L250301-0001", "l2503010002", " Ｌ250301_0003", "0017", None])).even.to_list()
    ['L2503010001', 'L2503010002', 'L2503010003', '17', None]

    Ids that would fall together although the column tells them apart stay as they are:

    >>> spell(pl.Series(["1-23", "12-3"])).even.to_list()
    ['1-23', '12-3']
    """
    plain = _as_text(ids)
    if bool(plain.str.contains(_BARE).all()):
        return Spelled(plain, plain.alias("even"))
    words = plain.unique().drop_nulls()
    known = pl.DataFrame({"plain": words, "upper": words.str.normalize("NFKC").str.to_uppercase()})
    known = known.with_columns(
        bare=pl.col("upper").str.replace_all(SEPARATORS, ""),
        split=pl.col("upper").str.replace_all(SEPARATORS, "-").str.strip_chars("-"),
    ).with_columns(
        # An id of nothing but separators keeps its own spelling.
        bare=pl.when(pl.col("bare") == "").then(pl.col("upper")).otherwise(pl.col("bare"))
    )
    unique_rows = words.len() == plain.len() - plain.null_count()
    evened = True
    for column in ("split", "upper", "plain"):
        if not _merges(known, "bare", unique_rows=unique_rows):
            break
        evened = False
        known = known.with_columns(bare=pl.col(column))
    known = _without_leading_zeros(known)
    even = pl.DataFrame({"plain": plain}).join(known.select("plain", "bare"), on="plain", how="left", maintain_order="left")
    return Spelled(plain, even["bare"].alias("even"), evened)


def _as_text(ids: pl.Series) -> pl.Series:
    if ids.dtype.is_float():
        whole = ids.is_finite() & (ids == ids.round(0))
        texts = pl.DataFrame({"id": ids, "whole": whole}).select(
            pl.when(pl.col("whole"))
            .then(pl.col("id").cast(pl.Int64, strict=False).cast(pl.String))
            .otherwise(pl.col("id").cast(pl.String))
        )
        return texts.to_series().alias("plain")
    text = ids.cast(pl.String).str.strip_chars().str.replace(r"^(\d+)\.0+$", "$1")
    return text.set(text == "", None).alias("plain")


def _merges(known: pl.DataFrame, column: str, *, unique_rows: bool) -> bool:
    """True when ids that the table tells apart would become one.

    Spellings that differ in case, width, kind of separator, or by having none at all, are one id, unless every row has its own.
    """
    if known[column].n_unique() == known.height:
        return False
    if unique_rows:
        return True
    parted = known.filter(pl.col("split").str.contains("-", literal=True))
    parted = parted.with_columns(shape=pl.col("split").str.replace_all(r"\d", "9"))
    usual = pl.len().over("shape") > _ODD_SHAPES * pl.len()
    torn = parted.with_columns(usual=usual).group_by(column).agg(pl.col("split").filter("usual").n_unique() > 1)["split"]
    return int(torn.sum()) > _SLIPS * torn.len()


def _without_leading_zeros(known: pl.DataFrame) -> pl.DataFrame:
    digits = pl.col("bare").str.contains(r"^\d+$")
    short = known.with_columns(
        short=pl.when(digits).then(pl.col("bare").str.replace(r"^0+(\d)", "$1")).otherwise(pl.col("bare"))
    )
    if short["short"].n_unique() < short["bare"].n_unique():
        return known
    return short.with_columns(bare=pl.col("short")).drop("short")
