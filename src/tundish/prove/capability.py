"""Is a process in control, and can it keep its specification limits? Individuals chart, Cp, Cpk, Pp, Ppk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tundish.learn.answer import Floats
from tundish.prove.evidence import Interval

D2_OF_TWO = 1.128
"""Expected range of two values of a normal distribution, in standard deviations (d2, n = 2)."""


@dataclass(frozen=True, slots=True)
class ControlLimits:
    """Centre line and limits of an individuals chart, in the unit of the values."""

    mean: float
    low: float
    high: float
    sigma: float
    """Standard deviation from piece to piece, from the mean moving range."""


@dataclass(frozen=True, slots=True)
class Capability:
    """Capability indices; ``cp`` and ``pp`` are None with one limit only."""

    pieces: int
    cp: Interval | None
    cpk: Interval
    """From piece to piece: what the process could do if its level held."""
    pp: Interval | None
    ppk: Interval
    """Over all pieces: what it did."""
    outside: float
    """Share of the pieces outside the limits."""


def control_limits(values: Floats) -> ControlLimits:
    """Limits of an individuals chart: mean plus and minus three sigma, sigma = mean moving range / 1.128.

    Parameters
    ----------
    values : array, in order of time, any one unit; NaN are left out

    Raises
    ------
    ValueError
        Fewer than two known values.

    References
    ----------
    ISO 7870-2, individuals chart; NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2.
    """
    known = _known(values)
    sigma = float(np.abs(np.diff(known)).mean()) / D2_OF_TWO
    mean = float(known.mean())
    return ControlLimits(mean, mean - 3 * sigma, mean + 3 * sigma, sigma)


def share_limits(share: float, pieces: int) -> tuple[float, float]:
    """Limits of a p chart for a group of this many pieces: share plus and minus three binomial standard deviations, 0 to 1.

    >>> [round(limit, 4) for limit in share_limits(0.2313, 50)]
    [0.0524, 0.4102]

    References
    ----------
    NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.3.2 (the example is its table of 30 wafers with 50 chips each).
    """
    half = 3 * float(np.sqrt(share * (1 - share) / pieces))
    return max(0.0, share - half), min(1.0, share + half)


def capability(values: Floats, low: float | None, high: float | None) -> Capability:
    """Capability against specification limits, with 95 % intervals; values and limits in one unit, values in order of time.

    Cp and Cpk take sigma from the moving range, Pp and Ppk from the standard deviation of all values. Intervals suppose a
    stable process and a normal distribution; for Cp and Cpk they count the moving ranges as n values, which is a little bold.

    Raises
    ------
    ValueError
        No limit, fewer than two known values, or values that never change.

    References
    ----------
    ISO 22514-2 (names); Cpk interval: A. F. Bissell, Appl. Statist. 39 (1990) 331; Cp interval: chi-square, as in
    D. C. Montgomery, Introduction to Statistical Quality Control, chapter on capability.
    """
    known = _known(values)
    if low is None and high is None:
        raise ValueError("no specification limit")
    mean, within, overall = float(known.mean()), control_limits(known).sigma, float(known.std(ddof=1))
    if not within or not overall:
        raise ValueError("values never change")
    outside = np.zeros(known.size, dtype=bool)
    if low is not None:
        outside |= known < low
    if high is not None:
        outside |= known > high
    return Capability(
        pieces=known.size,
        cp=cp_interval((high - low) / (6 * within), known.size) if low is not None and high is not None else None,
        cpk=cpk_interval(_nearer(mean, within, low, high), known.size),
        pp=cp_interval((high - low) / (6 * overall), known.size) if low is not None and high is not None else None,
        ppk=cpk_interval(_nearer(mean, overall, low, high), known.size),
        outside=float(outside.mean()),
    )


def cpk_interval(cpk: float, pieces: int) -> Interval:
    """Cpk with its approximate 95 % interval: Cpk +- 1.96 sqrt(1 / (9 n) + Cpk^2 / (2 (n - 1))) (Bissell 1990)."""
    half = 1.96 * float(np.sqrt(1 / (9 * pieces) + cpk**2 / (2 * (pieces - 1))))
    return Interval(cpk, cpk - half, cpk + half)


def cp_interval(cp: float, pieces: int) -> Interval:
    """Cp with its 95 % interval: Cp sqrt(chi2 / (n - 1)) at 2.5 % and 97.5 %, n - 1 degrees of freedom."""
    from scipy.stats import chi2

    low, high = np.sqrt(chi2.ppf((0.025, 0.975), pieces - 1) / (pieces - 1))
    return Interval(cp, cp * float(low), cp * float(high))


def _known(values: Floats) -> Floats:
    known = values[np.isfinite(values)]
    if known.size < 2:
        raise ValueError("fewer than two known values")
    return known


def _nearer(mean: float, sigma: float, low: float | None, high: float | None) -> float:
    """Distance from the mean to the nearer limit, in three sigma."""
    sides = [side for side in (None if low is None else mean - low, None if high is None else high - mean) if side is not None]
    return min(sides) / (3 * sigma)
