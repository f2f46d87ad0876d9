"""Where does a signal that otherwise moves all the time stand still?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_FEWEST_ROWS = 200
SHORTEST = 30
"""Rows of one value that are a stretch."""
_LIVELY = 0.8
"""Share of rows in which a signal changes, outside of its long stretches, to be called lively."""
_RESETS = 0.005
"""Share of steps against its way that a running total makes, when it is set back."""
_LONG_REST = 100
_FAILS = 2
"""Long stretches at rest up to which a sensor may have failed; with more of them the signal rests there by nature."""
_STEPS = 2.0
"""Steps of the signal's noise in which it comes to its limit and leaves it, when the instrument is at the end of its range."""
_VISITS = 0.001
"""Greatest share of rows outside of the stretch at the value where it rests."""


@dataclass(frozen=True, slots=True)
class Standstill:
    """A long stretch in which a lively signal does not move.

    ``resting``: it stands where it could also rest: at 0, or at its own least or greatest value.
    """

    start: int
    stop: int
    resting: bool


Standing = list[tuple[Standstill, bool]]
"""Long stretches of a lively signal, and whether each is odd for it."""


def standstills(signals: Mapping[str, Floats]) -> dict[str, list[Standstill]]:
    """Stretches in which one signal stands still while the others of the table go on.

    Signals that hold their values by nature (set-points, totals, slow samples) are left alone, so is a value that comes back
    again and again (0 of a stopped line), and a standstill that half of the lively signals share; one at rest, that any other
    signal shares: the line stood.

    >>> rng = np.random.default_rng(0)
    >>> stuck = rng.normal(50, 2, 1000); stuck[400:600] = stuck[400]
    >>> low = rng.normal(50, 2, 1000); low[100:300] = low.min()
    >>> signals = {"a": stuck, "low": low, "b": rng.normal(size=1000), "c": np.repeat(rng.normal(size=20), 50)}
    >>> {name: [(s.start, s.stop, s.resting) for s in found] for name, found in standstills(signals).items()}
    {'a': [(400, 600, False)], 'low': [(100, 300, True)]}
    """
    return alone({name: stretches for name, values in signals.items() if (stretches := _standing(values)) is not None})


def alone(standing: Mapping[str, Standing]) -> dict[str, list[Standstill]]:
    """Odd stretches in which the other lively signals go on."""
    found = {
        name: [one for one, odd in stretches if odd and not _shared(name, one, standing)]
        for name, stretches in standing.items()
    }
    return {name: stretches for name, stretches in found.items() if stretches}


def is_lively(rows: int, short_rows: int, short_runs: int, downs: int, ups: int) -> bool:
    """Whether a signal changes nearly every row, outside of its long stretches, and is no running total: ``rows`` that hold a
    value, of them those outside of long stretches, how many runs of equal values these are, steps down and up of all rows."""
    if rows < _FEWEST_ROWS or short_rows < 50 or short_runs < _LIVELY * short_rows:
        return False
    return downs > _RESETS * (rows - 1) and ups > _RESETS * (rows - 1)


def _standing(values: Floats) -> Standing | None:
    """Long stretches of one signal, and whether they are odd for it; None when it is not lively."""
    rows = np.flatnonzero(np.isfinite(values))
    if len(rows) < 2:
        return None
    known = values[rows]
    starts = np.flatnonzero(np.r_[True, known[1:] != known[:-1]])
    lengths = np.diff(np.r_[starts, len(known)])
    long = lengths >= SHORTEST
    steps = np.diff(known)
    if not is_lively(len(rows), int(lengths[~long].sum()), int((~long).sum()), int((steps < 0).sum()), int((steps > 0).sum())):
        return None
    held, times = np.unique(known[starts[long]], return_counts=True)
    often = dict(zip(held.tolist(), times.tolist(), strict=True))
    low, high = float(known.min()), float(known.max())
    found = []
    for start, length in zip(starts[long].tolist(), lengths[long].tolist(), strict=True):
        value = float(known[start])
        resting = value in (0.0, low, high)
        odd = often[value] == 1
        if resting:
            odd = _once(value, length, known, often[value]) and not (value != 0 and _saturated(known, start, length))
        found.append((Standstill(int(rows[start]), int(rows[start + length - 1]) + 1, resting), odd))
    return found


def _once(value: float, length: int, known: Floats, often: int) -> bool:
    """A signal that rests comes back to where it rests; a sensor that fails there does so once or twice, and stays long."""
    visits = int((known == value).sum()) - length
    return often <= _FAILS and length >= _LONG_REST and (often > 1 or visits <= _VISITS * len(known))


def _saturated(known: Floats, start: int, length: int) -> bool:
    """The signal comes to its limit and leaves it in steps of its own noise: the range of the instrument ends there."""
    noise = 1.4826 * float(np.median(np.abs(np.diff(known))))
    beside = [known[at] for at in (start - 1, start + length) if 0 <= at < len(known)]
    return bool(np.abs(np.array(beside) - known[start]).max() <= _STEPS * noise)


def _shared(name: str, wanted: Standstill, standing: Mapping[str, Standing]) -> bool:
    others = sum(_covers(stretches, wanted) for other, stretches in standing.items() if other != name)
    lively = len(standing)
    return others >= 1 if wanted.resting else lively >= 3 and others >= 0.5 * (lively - 1)


def _covers(stretches: Standing, wanted: Standstill) -> bool:
    overlap = sum(max(0, min(wanted.stop, one.stop) - max(wanted.start, one.start)) for one, _ in stretches)
    return overlap >= 0.8 * (wanted.stop - wanted.start)
