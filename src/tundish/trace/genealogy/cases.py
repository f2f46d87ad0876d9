"""Does the case of its letters tell one id from another?"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tundish.trace.spelling import SEPARATORS

_LOOSE = 0.01
"""Share of ids in small and in capital letters from which on a column is written as it comes."""


def cased(plain: pl.Expr) -> pl.Expr:
    """An id evened out in all but the case of its letters."""
    return plain.str.normalize("NFKC").str.replace_all(SEPARATORS, "")


def told_apart(columns: Sequence[pl.Series]) -> pl.Series:
    """Ids, in capitals, that stand for two pieces, as ``HCa01`` and ``HCA01`` of one line.

    ``columns``: plain ids of columns that name what was made. A column tells them apart that has an id of its own on each row
    and holds both, unless it mixes small and capital letters anyway: then it must hold more than a few of such pairs.
    """
    found = [_apart(column.drop_nulls()) for column in columns]
    return pl.concat([pl.Series(dtype=pl.String), *found]).unique()


def _apart(ids: pl.Series) -> pl.Series:
    if not bool(ids.str.contains(r"\p{Ll}").any()):
        return ids.clear()
    told = ids.to_frame("plain").select(cased=cased(pl.col("plain"))).with_columns(upper=pl.col("cased").str.to_uppercase())
    if told["cased"].is_duplicated().any():
        return ids.clear()
    small = (told["cased"] != told["upper"]) & (told["cased"] == told["cased"].str.to_lowercase())
    twice = told.filter(pl.len().over("upper") > 1)["upper"].unique()
    loose = _LOOSE < float(small.mean() or 0.0) < 1.0 - _LOOSE  # type: ignore[arg-type]
    return twice.clear() if loose and twice.len() <= _LOOSE * told.height else twice
