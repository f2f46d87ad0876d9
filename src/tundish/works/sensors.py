"""What does an instrument make of the truth? Noise, drift, sticking, silence and the codes that stand for nothing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def wander(rng: np.random.Generator, count: int, *, memory: float) -> Floats:
    """A first-order autoregressive series of unit variance; ``memory`` is its correlation from one step to the next."""
    from scipy.signal import lfilter

    shocks = rng.standard_normal(count) * np.sqrt(1.0 - memory**2)
    if count:
        shocks[0] /= np.sqrt(1.0 - memory**2)
    return np.asarray(lfilter([1.0], [1.0, -memory], shocks), dtype=np.float64)


def random_walk(rng: np.random.Generator, count: int) -> Floats:
    """A random walk scaled to unit standard deviation over its length."""
    walk = np.cumsum(rng.standard_normal(count))
    return np.asarray((walk - walk.mean()) / max(float(walk.std()), 1e-9), dtype=np.float64)


def drift(values: Floats, *, begin: float, total: float) -> Floats:
    """Add a straight drift that begins at a share of the series (0 to 1) and ends at ``total`` (unit of the values)."""
    position = np.linspace(0.0, 1.0, values.size)
    return np.asarray(values + total * np.maximum(position - begin, 0.0) / (1.0 - begin), dtype=np.float64)


def freeze(values: Floats, *, begin: int, count: int) -> Floats:
    """Hold the value at ``begin`` for ``count`` samples."""
    stuck = values.copy()
    stuck[begin : begin + count] = stuck[begin]
    return stuck


def bursts(rng: np.random.Generator, count: int, *, number: int, length: int) -> Flags:
    """Flags of ``number`` bursts of about ``length`` samples (half to one and a half of it)."""
    flags = np.zeros(count, dtype=np.bool_)
    if count:
        begins, sizes = rng.integers(0, count, number), rng.integers(length // 2, length * 3 // 2 + 2, number)
        for begin, size in zip(begins, sizes, strict=True):
            flags[begin : begin + size] = True
    return flags
