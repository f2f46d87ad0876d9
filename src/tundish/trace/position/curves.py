"""What is the signal in a measured profile, and what its gauge's noise? A smooth curve, as smooth as the samples say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tundish.trace.position.measured import Measured, without_slow
from tundish.trace.stays.segments import Floats

_FEWEST = 12
_FINEST_M = 0.25
_FINER = 4
"""The smooth curve is kept at so many points a sample."""
_CELL = 1.5
"""Metres of a cell a usual metre between two samples."""
_PASSES = 2
_STIFF = np.logspace(-2, 9, 34)
_DOUBTED = 2.0
"""Standard deviations by which what shifts say of chance may be off."""
_APART = 0.05
"""Correlation below which neighbouring samples count as independent."""


@dataclass(frozen=True)
class Curve:
    """A smooth function of the metres, about zero, in even steps."""

    begin: float
    step: float
    values: Floats
    slopes: Floats
    running: Floats
    """What changes slowly and was taken off, in the same steps."""

    @property
    def x(self) -> Floats:
        """Where the values lie."""
        return np.asarray(self.begin + self.step * np.arange(self.values.size), dtype=np.float64)

    def at(self, x: Floats) -> Floats:
        """The curve at these x; beyond its ends as at them."""
        return np.asarray(np.interp(x, self.x, self.values), dtype=np.float64)

    def slope(self, x: Floats) -> Floats:
        """Its slope, 0 beyond its ends."""
        return np.interp(x, self.x, self.slopes, left=0.0, right=0.0)

    def slow(self, x: Floats) -> Floats:
        """What was taken off at these x."""
        return np.interp(x, self.x, self.running)


def thinned(one: Measured, step: float) -> tuple[Floats, Floats]:
    """Samples closer than a step taken together."""
    cell = np.floor((one.x - one.x[0]) / step).astype(np.int64)
    _, first, counts = np.unique(cell, return_index=True, return_counts=True)
    return np.add.reduceat(one.x, first) / counts, np.add.reduceat(one.values, first) / counts


def smoothed(one: Measured, low: float, high: float) -> Curve | None:
    """A curve through a profile, its smoothness found by generalised cross-validation; None with too few samples.

    What changes slowly is told from the metres between ``low`` and ``high`` alone: two profiles lose the same. Samples are
    taken together in even cells; read off between them, neighbours would be alike and the curve would follow their noise.
    """
    step = max(_CELL * one.spacing, _FINEST_M)
    if one.x.size < _FEWEST or one.x[-1] - one.x[0] < _FEWEST * step:
        return None
    x, values = thinned(one, step)
    cell = np.floor((x - one.x[0]) / step).astype(np.int64)
    middle = one.x[0] + step * (np.arange(cell[-1] + 1) + 0.5)
    even = np.interp(middle, x, values)
    inner = slice(int(np.searchsorted(middle, low)), int(np.searchsorted(middle, high, "right")))
    slow = np.interp(middle, middle[inner], even[inner] - without_slow(even[inner], step))
    fine = one.x[0] + step / _FINER * (np.arange(middle.size * _FINER) + 0.5)
    running = np.interp(fine, middle, slow)
    filled = even - slow
    made = _smooth(filled)
    for _ in range(_PASSES):
        # a cell's samples lie about their own middle, not the cell's
        filled = np.interp(middle, fine, made)
        at = np.interp(x, fine, made)
        filled[cell] += values - np.interp(x, middle, slow) - at
        made = _smooth(filled)
    return Curve(float(fine[0]), step / _FINER, made, np.gradient(made, step / _FINER), running)


def _smooth(even: Floats) -> Floats:
    """Evenly spaced values smoothed, at :data:`_FINER` points each.

    By the discrete cosine transform: D. Garcia, Robust smoothing of gridded data, Computational Statistics & Data Analysis 54
    (2010) 1167-1178, eq. 5 to 13.
    """
    from scipy.fft import dct, idct

    waves = dct(even, norm="ortho")
    rough = (2.0 - 2.0 * np.cos(np.pi * np.arange(even.size) / even.size)) ** 2
    kept = 1.0 / (1.0 + _STIFF[:, None] * rough)
    missed = ((1.0 - kept) ** 2 * waves**2).sum(axis=1)
    free = (1.0 - kept.mean(axis=1)) ** 2
    fine = np.zeros(even.size * _FINER)
    fine[: even.size] = kept[int(np.argmin(missed / free))] * waves * np.sqrt(_FINER)
    return np.asarray(idct(fine, norm="ortho"))


def together(*series: Floats) -> float:
    """How many neighbouring samples go together: products of the series' autocorrelations, summed to the first dip."""
    centred = [one - one.mean() for one in series]
    power = float(np.prod([(one * one).mean() for one in centred]))
    count = 1.0
    for lag in range(1, min(one.size for one in series) // 4 if power > 0 else 0):
        alike = float(np.prod([(one[lag:] * one[:-lag]).mean() for one in centred])) / power
        if alike < _APART:
            break
        count += 2.0 * alike
    return count


def by_chance(one: Curve, other: Curve, span: tuple[float, float], *, beyond_m: float) -> float:
    """How many independent samples two curves amount to, by how alike they are where they do not belong.

    Shifted by more than ``beyond_m`` they correlate by chance alone, with a variance of 1 / samples; what comes back again and
    again, as the marks of a roll do, is as alike there, and tells as little. As many as so few shifts do not rule out; infinite
    where the ``span`` is too short to say.
    """
    step = max(one.step, other.step)
    x = np.arange(span[0], span[1], step)
    first = int(np.ceil(beyond_m / step))
    lags = np.arange(first, x.size // 2)
    if lags.size < _FEWEST:
        return float("inf")
    a, b = (curve.at(x) for curve in (one, other))
    a, b = a - a.mean(), b - b.mean()
    size = 2 * x.size
    crossed = np.fft.irfft(np.fft.rfft(a, size) * np.conj(np.fft.rfft(b, size)), size)
    power = float((a * a).sum() * (b * b).sum())
    if power <= 0:
        return 1.0
    alike = np.concatenate((crossed[lags], crossed[-lags])) ** 2 / power
    shared = np.tile(1.0 - lags / x.size, 2)
    few = 2.0 * lags.size / together(a, b)
    return max(float(1.0 / np.mean(alike / shared)), 1.0) * (1.0 + _DOUBTED * float(np.sqrt(2.0 / few)))
