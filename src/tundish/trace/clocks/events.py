"""Which events does a signal show? Welds, stops, counters that start anew, each turned into a level that changes with them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tundish.trace.stamps import Floats

_GOLDEN = 0.6180339887498949
"""Multiples of the golden section, modulo 1, lie far from their neighbours and fill the range evenly."""
_FEWEST = 6
_RESTING = 0.85
"""A pulse detector rests for at least this share of the rows."""


def levels(values: Floats) -> list[Floats]:
    """The signal, and what its events make of it: between two pulses or resets a level of its own, so that each piece has one.

    Rows in order of time; NaN for a missing reading.

    >>> weld = np.zeros(200); weld[20::20] = 1.0
    >>> [round(float(level), 2) for level in levels(weld)[0][[0, 19, 20, 39, 40]]]
    [0.0, 0.0, 0.62, 0.62, 0.24]
    """
    known = ~np.isnan(values)
    if known.sum() < 50:
        return [values]
    begins = _pulses(values, known)
    if begins is not None:
        return [_numbered(begins, values.size)]
    resets = _resets(values, known)
    if resets is not None:
        return [_numbered(resets, values.size)]
    stands = _stands(values, known)
    return [values] if stands is None else [values, stands]


def _numbered(begins: npt.NDArray[np.intp], rows: int) -> Floats:
    number = np.searchsorted(begins, np.arange(rows), "right")
    return np.asarray((number * _GOLDEN) % 1.0, dtype=np.float64)


def _pulses(values: Floats, known: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp] | None:
    """Rows at which short pulses begin, of a signal that rests at one value otherwise."""
    rest = float(np.median(values[known]))
    away = known & (np.abs(values - rest) > 1e-9 * max(1.0, abs(rest)))
    if not 0 < away.mean() <= 1 - _RESTING:
        return None
    edges = np.diff(away.astype(np.int8), prepend=0, append=0)
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    if begins.size < _FEWEST or np.median(ends - begins) > 0.1 * np.median(np.diff(begins)):
        return None
    return begins


def _resets(values: Floats, known: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp] | None:
    """Rows at which a counter (length run, time in piece) starts anew."""
    rows = np.flatnonzero(known)
    steps = np.diff(values[rows])
    span = float(np.ptp(values[rows]))
    if span <= 0:
        return None
    drops = rows[1:][steps < -0.1 * span]
    rises = (steps >= -1e-9 * span).mean()
    if drops.size < _FEWEST or drops.size > 0.05 * rows.size or rises < 0.94 or (steps > 0).mean() < 0.3:
        return None
    return drops


def _stands(values: Floats, known: npt.NDArray[np.bool_]) -> Floats | None:
    """1 while the signal is near nothing (a line that stands), 0 while it is not; None where it hardly ever does."""
    usual = float(np.quantile(np.abs(values[known]), 0.9))
    still = np.abs(values) <= 0.03 * usual
    share = float(still[known].mean())
    return still.astype(np.float64) if usual > 0 and 0.002 < share < 0.9 else None
