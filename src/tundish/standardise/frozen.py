"""Where does a signal that otherwise moves all the time stand still?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Stretch = tuple[int, int]
"""First row and the row after the last."""

_FEWEST_ROWS = 200
_SHORTEST = 30
_LIVELY = 0.8
"""Share of rows in which a signal changes, outside of its long stretches, to be called lively."""


def frozen_stretches(signals: Mapping[str, Floats]) -> dict[str, list[Stretch]]:
    """Stretches in which one signal stands still while the others of the table go on.

    Signals that hold their values by nature (set-points, totals, slow samples) are left alone, so is a value that comes back
    (0 of a stopped line), and a standstill that half of the lively signals share.

    >>> rng = np.random.default_rng(0)
    >>> stuck = rng.normal(50, 2, 1000); stuck[400:600] = stuck[400]
    >>> frozen_stretches({"a": stuck, "b": rng.normal(size=1000), "c": np.repeat(rng.normal(size=20), 50)})
    {'a': [(400, 600)]}
    """
    found = {name: stretches for name, values in signals.items() if (stretches := _standing(values)) is not None}
    lively = len(found)
    return {
        name: alone
        for name, stretches in found.items()
        if (alone := [stretch for stretch in stretches if not _shared(name, stretch, found, lively)])
    }


def _standing(values: Floats) -> list[Stretch] | None:
    """Long stretches of one signal; None when it is not lively."""
    rows = np.flatnonzero(np.isfinite(values))
    if len(rows) < _FEWEST_ROWS:
        return None
    known = values[rows]
    starts = np.flatnonzero(np.r_[True, known[1:] != known[:-1]])
    lengths = np.diff(np.r_[starts, len(known)])
    long = lengths >= _SHORTEST
    outside = int(lengths[~long].sum())
    if outside < 50 or int((~long).sum()) < _LIVELY * outside or _running_total(known):
        return None
    held = known[starts[long]]
    resting = {value for value in held.tolist() if _comes_back(value, held, known)}
    return [
        (int(rows[start]), int(rows[start + length - 1]) + 1)
        for start, length, value in zip(starts[long], lengths[long], held.tolist(), strict=True)
        if value not in resting
    ]


def _comes_back(value: float, held: Floats, known: Floats) -> bool:
    return value == 0 or int((held == value).sum()) > 1 or value in (known.min(), known.max())


def _running_total(known: Floats) -> bool:
    steps = np.diff(known)
    return bool((steps >= 0).all() or (steps <= 0).all())


def _shared(name: str, stretch: Stretch, found: Mapping[str, list[Stretch]], lively: int) -> bool:
    others = sum(_covers(stretches, stretch) for other, stretches in found.items() if other != name)
    return lively >= 3 and others >= 0.5 * (lively - 1)


def _covers(stretches: list[Stretch], wanted: Stretch) -> bool:
    start, stop = wanted
    overlap = sum(max(0, min(stop, b) - max(start, a)) for a, b in stretches)
    return overlap >= 0.8 * (stop - start)
