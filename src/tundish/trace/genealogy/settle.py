"""Which of several doubtful rows gets which making, when each making goes to one of them as a rule?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

_FAR = 1e6
_LARGEST = 60
"""Rows settled together at most; larger knots are cut into rows of their own."""


def settle(pairs: pl.DataFrame, doubted: npt.NDArray[np.int64]) -> pl.DataFrame:
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
    for low, high in zip(borders[:-1], borders[1:], strict=True):
        at = order[low:high]
        groups = [at] if np.unique(use[at]).size <= _LARGEST else [at[use[at] == one] for one in np.unique(use[at])]
        for group in groups:
            _settle_part(group, use, making, columns, chosen, probability)
    return sorted_pairs.drop("part").with_columns(chosen=pl.Series(chosen), probability=pl.Series(probability))


def _settle_part(
    at: npt.NDArray[np.int64], use: npt.NDArray[np.int64], making: npt.NDArray[np.int64],
    columns: dict[str, npt.NDArray[np.float64]], chosen: npt.NDArray[np.bool_], probability: npt.NDArray[np.float64],
) -> None:  # fmt: skip
    """Settle one knot of rows and makings in place."""
    rows, row = np.unique(use[at], return_inverse=True)
    things, thing = np.unique(making[at], return_inverse=True)
    one = {name: values[at] for name, values in columns.items()}
    first = np.where(one["used"].astype(bool), one["taken"], one["free"])
    further = np.where(one["shared"].astype(bool), first, one["taken"])
    none = np.zeros(rows.size)
    none[row] = one["none"]
    gain = np.full((rows.size, 2 * things.size * 1 + rows.size), -_FAR)
    gain[row, thing] = one["score"] + first
    wide = np.full((rows.size, things.size, rows.size), -_FAR)
    wide[row, thing, row] = one["score"] + further  # any number of rows may use it further, each at its price
    gain = np.concatenate([gain[:, : things.size], wide.reshape(rows.size, -1), np.full((rows.size, rows.size), -_FAR)], axis=1)
    gain[np.arange(rows.size), gain.shape[1] - rows.size + np.arange(rows.size)] = none
    best, total = _assign(gain)
    for n in range(rows.size):
        mine = np.flatnonzero(row == n)
        picked = _thing(int(best[n]), things.size, rows.size)
        worth = _alternatives(gain, n, thing[mine], things.size, total, picked)
        odds = np.exp(np.clip(np.append(worth[0], worth[1]) - max(float(worth[0].max(initial=-_FAR)), worth[1]), -60, 0))
        share = odds / odds.sum()
        probability[at[mine]] = share[:-1]
        chosen[at[mine]] = thing[mine] == picked


def _thing(column: int, things: int, rows: int) -> int:
    if column < things:
        return column
    return (column - things) // rows if column < things + things * rows else -1


def _alternatives(
    gain: npt.NDArray[np.float64], n: int, candidates: npt.NDArray[np.int64], things: int, total: float, picked: int
) -> tuple[npt.NDArray[np.float64], float]:
    """Worth of the best assignment in which row ``n`` has each of its candidates, and none of them."""
    rows = gain.shape[0]
    if rows == 1:

        def worth(columns: list[int]) -> float:
            return float(gain[0, columns].max())
    else:

        def worth(columns: list[int]) -> float:
            return _forced(gain, n, columns)

    each = [total if c == picked else worth([int(c), things + int(c) * rows + n]) for c in candidates]
    last = gain.shape[1] - rows + n
    return np.array(each), total if picked < 0 else worth([last])


def _forced(gain: npt.NDArray[np.float64], n: int, columns: list[int]) -> float:
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
