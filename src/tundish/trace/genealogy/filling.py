"""How do parents' masses fill their children where no row says how much of each went in?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.trace.genealogy.sums import in_order

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_SCALE = 0.004
"""Scales are right to 0.2 %, in and out."""
_SCRAPPED = 0.012
"""What differs from piece to piece in crops and samples where no scrap is written; unsourced."""
_ENDS = 0.3
"""What goes in first or last may have gone into pieces outside the records too."""
_LOOSE = 10.0
"""Times the first guess that an edge may differ from it: it only holds what the masses leave open."""
_ROUNDS = 4
"""Times that the weights of outliers are set anew."""
_FAR = 3.0
"""Standard deviations beyond which a mass counts less (Cauchy)."""
_LEAST = 1e-3
"""Share of the first guess that every edge keeps at least: a row says that something went in."""
_CROWDED = 50_000_000
"""Products of the least squares beyond which they fill the memory: one id written on tens of thousands of rows."""


def fill(knots: pl.DataFrame) -> pl.Series:
    """Mass (kg) along each edge: every child filled, every parent emptied, as near as their masses are known.

    ``knots``: ``line``, ``order`` (of work), ``parent`` (null where not known), ``child``, ``parent_kg``, ``child_kg``,
    ``scrap_kg`` (null where not known). Weighted least squares, errors of masses as above, far outliers counted less (Cauchy
    weights, IRLS): in a strip line where each piece touches the next, only one such filling exists, and a parent of which a
    part lies outside the records must not push its want along the whole strip. Scrap that is not written is the line's usual
    share.
    """
    from scipy.sparse import coo_array, diags_array, vstack
    from scipy.sparse.linalg import spsolve

    told = knots.with_row_index("#k").with_columns(
        source=pl.coalesce("parent", -1 - pl.col("#k").cast(pl.Int64)),
        good=pl.when(pl.col("parent").is_not_null()).then(pl.col("parent_kg") - pl.col("scrap_kg").fill_null(0.0)),
        loose=pl.when(pl.col("order").is_in(_ends(knots).implode()).any().over("parent"))
        .then(_ENDS)
        .when(pl.col("scrap_kg").is_null())
        .then(_SCRAPPED)
        .otherwise(_SCALE),
    )
    told = told.join(_yields(told), on="line", how="left", maintain_order="left", nulls_equal=True)
    first = pl.min_horizontal(pl.col("good") * pl.col("kept"), "child_kg").fill_null(1.0).clip(_LEAST, None)
    told = told.with_columns(first=first / pl.max_horizontal(pl.len().over("source"), pl.len().over("child")))
    guess = told["first"].to_numpy()
    into, wanted_in, of_in = _sums(told, "source", pl.col("good") * pl.col("kept"), pl.col("loose"))
    out, wanted_out, of_out = _sums(told, "child", pl.col("child_kg"), pl.lit(_SCALE))
    if max(float((np.bincount(side).astype(float) ** 2).sum()) for side in (into, out)) > _CROWDED:
        return pl.Series(guess)
    size = guess.size
    ones = np.ones(size)
    matrix = vstack(
        [
            coo_array((ones, (into, np.arange(size))), shape=(wanted_in.size, size)),
            coo_array((ones, (out, np.arange(size))), shape=(wanted_out.size, size)),
            diags_array(ones),
        ]
    ).tocsr()
    wanted = np.concatenate([wanted_in, wanted_out, guess])
    doubt = np.concatenate([of_in, of_out, _LOOSE * guess.clip(1.0)])
    known = np.isfinite(wanted)
    matrix, wanted, doubt = matrix[known], wanted[known], doubt[known]
    weight = 1.0 / doubt**2
    found = guess
    for _ in range(_ROUNDS):
        heavy = diags_array(weight)
        found = np.atleast_1d(spsolve((matrix.T @ heavy @ matrix).tocsc(), matrix.T @ (weight * wanted)))
        off = np.abs(matrix @ found - wanted) / doubt
        weight = 1.0 / doubt**2 / (1.0 + (off / _FAR) ** 2)
        weight[-size:] = 1.0 / doubt[-size:] ** 2
    return pl.Series(np.maximum(found, _LEAST * guess))


def _ends(knots: pl.DataFrame) -> pl.Series:
    ends = knots.group_by("line").agg(low=pl.col("order").min(), high=pl.col("order").max())
    return pl.concat([ends["low"], ends["high"]])


def _yields(told: pl.DataFrame) -> pl.DataFrame:
    """Share of what goes in and is not written as scrap that comes out, line by line."""
    good = told.unique(["line", "parent"], keep="first", maintain_order=True)
    good = good.group_by("line", maintain_order=True).agg(into=in_order(pl.col("good")))
    made = told.unique("child", keep="first", maintain_order=True)
    made = made.group_by("line", maintain_order=True).agg(out=in_order(pl.col("child_kg")))
    share = pl.when((pl.col("into") > 0) & (pl.col("out") > 0)).then((pl.col("out") / pl.col("into")).clip(0.9, 1.0))
    return good.join(made, on="line", nulls_equal=True).select("line", kept=share.otherwise(1.0))


def _sums(told: pl.DataFrame, end: str, mass: pl.Expr, doubt: pl.Expr) -> tuple[Ints, Floats, Floats]:
    """For each edge the number of its parent or child; for each of these its mass and by how much that may be wrong."""
    place = (told[end].rank("dense") - 1).cast(pl.Int64).to_numpy()
    each = (
        told.group_by(end, maintain_order=True).agg(mass.first().alias("mass"), (mass * doubt).first().alias("doubt")).sort(end)
    )
    wanted = each["mass"].cast(pl.Float64).fill_null(np.nan).to_numpy().astype(np.float64)
    wanted = np.where(wanted > 0, wanted, np.nan)
    return place, wanted, each["doubt"].cast(pl.Float64).fill_null(1.0).to_numpy().clip(1e-6)
