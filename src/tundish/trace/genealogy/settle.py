"""Which of several doubtful rows gets which making, when each making goes to one of them as a rule?"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

_FAR = 1e6
_LARGEST = 400
"""Rows settled together at most; larger knots are cut into rows of their own."""
_EXACT = 12
"""Up to so many rows every alternative is weighed with all others free to move; beyond, with the others where they are."""


def settle(pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs with ``chosen`` and ``probability``.

    ``pairs``: ``use``, ``making``, ``score``, ``free``/``taken`` (added for the first and for a further use of a making),
    ``used`` (settled rows use it already), ``shared`` (a use beside others of it, which fills no slot), ``none`` (score of no
    making at all). The best whole assignment counts; a choice's probability is how much worse the best assignment without it
    is, against the choices of the same row.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if pairs.is_empty():
        return pairs.with_columns(chosen=pl.lit(value=False), probability=pl.lit(0.0))
    rows, use = np.unique(pairs["use"].to_numpy(), return_inverse=True)
    makings, making = np.unique(pairs["making"].to_numpy(), return_inverse=True)
    size = rows.size + makings.size
    graph = coo_array((np.ones(use.size), (use, rows.size + making)), shape=(size, size))
    _, part = connected_components(graph, directed=False)
    sorted_pairs = pairs.with_columns(part=pl.Series(part[use]))
    chosen, probability = np.zeros(pairs.height, bool), np.zeros(pairs.height)
    columns = {name: pairs[name].to_numpy() for name in ("score", "free", "taken", "used", "shared", "none")}
    order = np.argsort(part[use], kind="stable")
    borders = np.flatnonzero(np.diff(part[use][order], prepend=-1, append=-2))
    for low, high in pairwise(borders.tolist()):
        at = order[low:high]
        groups = [at] if np.unique(use[at]).size <= _LARGEST else _one_by_one(at, use)
        for group in groups:
            chosen[group], probability[group] = _settle_part(
                use[group], making[group], {n: v[group] for n, v in columns.items()}
            )
    return sorted_pairs.drop("part").with_columns(chosen=pl.Series(chosen), probability=pl.Series(probability))


def _one_by_one(at: npt.NDArray[np.int64], use: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
    sorted_at = at[np.argsort(use[at], kind="stable")]
    return np.split(sorted_at, np.flatnonzero(np.diff(use[sorted_at])) + 1)


def _settle_part(
    use: npt.NDArray[np.int64], making: npt.NDArray[np.int64], one: dict[str, npt.NDArray[np.float64]]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """Settle one knot of rows and makings: which pairs are chosen, and how probable each is.

    Columns of the gain: each making once, at the price of its first use; then each pair, at that of a further use; then none.
    """
    rows, row = np.unique(use, return_inverse=True)
    things, thing = np.unique(making, return_inverse=True)
    chosen, probability = np.zeros(use.size, bool), np.zeros(use.size)
    first = np.where(one["used"].astype(bool), one["taken"], one["free"])
    further = np.where(one["shared"].astype(bool), first, one["taken"])
    gain = np.full((rows.size, things.size + use.size + rows.size), -_FAR)
    gain[row, thing] = one["score"] + first
    gain[row, things.size + np.arange(use.size)] = one["score"] + further
    gain[row, things.size + use.size + row] = one["none"]
    best, total = _assign(gain)
    for n in range(rows.size):
        mine = np.flatnonzero(row == n)
        column = int(best[n])
        picked = thing[mine] == column if column < things.size else mine == column - things.size
        none = things.size + use.size + n
        if rows.size > _EXACT:
            worth = total - gain[n, best[n]] + _beside_others(gain, best, n, thing[mine], things.size + mine)
        else:
            worth = np.array([_forced(gain, n, [int(t), things.size + int(m)]) for t, m in zip(thing[mine], mine, strict=True)])
        worth[picked] = total
        left = total if column == none else total - float(gain[n, column]) + float(gain[n, none])
        odds = np.exp(np.clip(np.append(worth, left) - max(float(worth.max()), left), -60, 0))
        probability[mine] = (odds / odds.sum())[:-1]
        chosen[mine] = picked
    return chosen, probability


def _beside_others(
    gain: npt.NDArray[np.float64],
    best: npt.NDArray[np.int64],
    n: int,
    thing: npt.NDArray[np.int64],
    again: npt.NDArray[np.int64],
) -> npt.NDArray[np.float64]:
    """Gain of row ``n`` with each of its candidates while all other rows stay as they are."""
    held = np.isin(thing, np.delete(best, n))
    return np.asarray(np.where(held, gain[n, again], np.maximum(gain[n, thing], gain[n, again])), dtype=np.float64)


def _forced(gain: npt.NDArray[np.float64], n: int, columns: list[int]) -> float:
    if gain.shape[0] == 1:
        return float(gain[0, columns].max())
    forced = gain.copy()
    forced[n] = -10 * _FAR
    forced[n, columns] = gain[n, columns]
    return _assign(forced)[1]


def _assign(gain: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.int64], float]:
    from scipy.optimize import linear_sum_assignment

    if gain.shape[0] == 1:
        best = np.array([int(gain[0].argmax())])
        return best, float(gain[0, best[0]])
    rows, columns = linear_sum_assignment(gain, maximize=True)
    return columns[np.argsort(rows)], float(gain[rows, columns].sum())
