"""By how much is one line's profile shifted against others, metre by metre, and how sure is that?

Marks are off at both ends, and between them the speed gauge's noise lets the metres wander like a Brownian bridge. So the shift
is a line between the two ends plus the first terms of the bridge's Karhunen-Loeve series, each with the variance that marks and
gauge give it beforehand; the profiles then say the rest (maximum a posteriori by Gauss-Newton steps; Rasmussen & Williams,
Gaussian Processes for Machine Learning, 2006, ch. 2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tundish.trace.position.measured import Measured, without_slow
from tundish.trace.stays.segments import Floats

LIKE = 0.3
"""Correlation of two profiles from which on they may say anything of the shift."""
UNEVEN_M = 0.3
"""How far uneven elongation moves metres beside the straight map, one standard deviation."""
_TERMS = 5
_STEPS = 6
_FEWEST = 12
_APART = 0.05
"""Correlation below which neighbouring residuals count as independent."""


@dataclass(frozen=True)
class Shift:
    """Metres to add, along the final product."""

    weights: Floats
    low_m: float
    high_m: float
    sd_m: float
    """One standard deviation, root mean square along the stretch."""

    def at(self, x: Floats) -> Floats:
        """Metres to add at these x."""
        return np.asarray(_basis(x, self.low_m, self.high_m) @ self.weights)


@dataclass(frozen=True)
class _Pair:
    """Samples of the sparser profile, and a smooth curve through the denser one."""

    x: Floats
    values: Floats
    curve: object
    sign: float
    """Where the curve is read: at ``x + sign * shift``."""
    noise: float


def fit_shift(
    pairs: Sequence[tuple[Measured, Measured]], span: tuple[float, float], *, doubt: tuple[float, float], wander: float
) -> Shift | None:
    """The shift of the first profile of each pair that makes all pairs fit best; None when no pair is alike.

    ``doubt``: standard deviations beforehand, in m, of both ends together and of each end alone; ``wander``: variance (m2)
    that the metres gather along the span.
    """
    low, high = span
    made = [one for mine, other in pairs if (one := _pair(mine, other, low, high)) is not None]
    if not made:
        return None
    spread = np.diag(np.concatenate(([doubt[1] ** 2] * 2, 2.0 * wander / (np.pi * np.arange(1, _TERMS + 1)) ** 2)))
    spread[:2, :2] += doubt[0] ** 2
    prior = np.linalg.inv(spread)
    starts = [np.concatenate(([lag, lag], np.zeros(_TERMS))) for lag in np.arange(-3.0, 3.1, 0.5) * np.hypot(*doubt)]
    best = min(starts, key=lambda weights: _cost(made, weights, prior, low, high))
    made = [one for one in made if _alike(one, best, low, high)]
    if not made:
        return None
    weights = best
    for _ in range(_STEPS):
        weights, precision = _step(made, weights, prior, low, high)
    x = np.linspace(low, high, 41)
    basis = _basis(x, low, high)
    variance = np.einsum("ij,jk,ik->i", basis, np.linalg.inv(precision), basis)
    return Shift(weights, low, high, float(np.sqrt(variance.mean())))


def _basis(x: Floats, low: float, high: float) -> Floats:
    part = np.clip((x - low) / (high - low), 0.0, 1.0)
    waves = [np.sin(np.pi * term * part) for term in range(1, _TERMS + 1)]
    return np.column_stack((1.0 - part, part, *waves))


def _pair(mine: Measured, other: Measured, low: float, high: float) -> _Pair | None:
    from scipy.interpolate import make_smoothing_spline

    begin, end = max(mine.x[0], other.x[0], low), min(mine.x[-1], other.x[-1], high)
    sparse, dense = (mine, other) if _spacing(mine) >= _spacing(other) else (other, mine)
    step = max(_spacing(sparse) / 2.0, 0.5)
    count = int((end - begin) / step)
    if count < 2 * _FEWEST:
        return None
    grid = begin + step * np.arange(count)
    slow = [np.interp(grid, one.x, one.values) for one in (sparse, dense)]
    slow = [values - without_slow(values, step) for values in slow]
    inside = (sparse.x >= begin) & (sparse.x <= end)
    near = (dense.x >= begin) & (dense.x <= end)
    x, knots = sparse.x[inside], dense.x[near]
    values = sparse.values[inside] - np.interp(x, grid, slow[0])
    through = dense.values[near] - np.interp(knots, grid, slow[1])
    knots, through = _thinned(knots, through, max(step / 2.0, 0.25))
    if x.size < _FEWEST or knots.size < _FEWEST or not (values.std() > 0 and through.std() > 0):
        return None
    # smoothed by cross-validation: the slope of a curve through noisy samples says more than there is to know
    curve = make_smoothing_spline(knots, through)
    curve.extrapolate = False
    return _Pair(x, values, curve, 1.0 if sparse is mine else -1.0, 1.0)


def _spacing(one: Measured) -> float:
    return float((one.x[-1] - one.x[0]) / max(one.x.size - 1, 1))


def _thinned(x: Floats, values: Floats, step: float) -> tuple[Floats, Floats]:
    """Samples closer than a step taken together: a curve must not follow their noise."""
    cell = np.floor((x - x[0]) / step).astype(np.int64)
    _, first, counts = np.unique(cell, return_index=True, return_counts=True)
    return np.add.reduceat(x, first) / counts, np.add.reduceat(values, first) / counts


def _read(pair: _Pair, weights: Floats, low: float, high: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Basis, residual, slope and which samples count, with the gain that fits best."""
    basis = _basis(pair.x, low, high)
    at = pair.x + pair.sign * (basis @ weights)
    curve = pair.curve(at)  # type: ignore[operator]
    good = np.isfinite(curve)
    if good.sum() < _FEWEST:
        return basis, np.zeros(0), np.zeros(0), good
    read = curve[good] - curve[good].mean()
    seen = pair.values[good] - pair.values[good].mean()
    gain = float((read * seen).sum() / max((read * read).sum(), 1e-300))
    slope = gain * pair.curve(at, 1)[good] * pair.sign  # type: ignore[operator]
    return basis[good], seen - gain * read, slope, good


def _alike(pair: _Pair, weights: Floats, low: float, high: float) -> bool:
    _, rest, _, good = _read(pair, weights, low, high)
    if rest.size < _FEWEST:
        return False
    return bool(1.0 - rest.var() / pair.values[good].var() > LIKE**2)


def _noise(rest: Floats) -> float:
    """Variance of a residual, times how many neighbouring samples go together: correlations summed to the first dip."""
    centred = rest - rest.mean()
    power = float((centred**2).mean())
    if power <= 0:
        return 1e-300
    together = 1.0
    for lag in range(1, centred.size // 2):
        alike = float((centred[lag:] * centred[:-lag]).mean()) / power
        if alike < _APART:
            break
        together += 2.0 * alike
    return power * together


def _cost(pairs: Sequence[_Pair], weights: Floats, prior: Floats, low: float, high: float) -> float:
    total = float(weights @ prior @ weights)
    for pair in pairs:
        _, rest, _, good = _read(pair, weights, low, high)
        if rest.size:
            together = _noise(rest) / max(rest.var(), 1e-300)
            total += rest.size / together * float(np.log(max(rest.var() / pair.values[good].var(), 1e-9)))
    return total


def _step(pairs: Sequence[_Pair], weights: Floats, prior: Floats, low: float, high: float) -> tuple[Floats, Floats]:
    precision = prior.copy()
    pull = -prior @ weights
    for pair in pairs:
        basis, rest, slope, _ = _read(pair, weights, low, high)
        if rest.size:
            jacobian = basis * slope[:, None]
            noise = _noise(rest)
            precision += jacobian.T @ jacobian / noise
            pull += jacobian.T @ rest / noise
    return weights + np.linalg.solve(precision, pull), precision
