"""What did a line measure of the material itself, along the final product?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tundish.trace.stays.segments import Floats

_SMOOTH_M = 300.0
"""Slower changes than this are left out of a comparison: the gauges' drift, the trend from head to tail."""


@dataclass(frozen=True)
class Measured:
    """One material quantity along the final product, as one line measured it: sorted metres and values."""

    x: Floats
    values: Floats
    placed: bool
    """Whether it is known where the gauge stands."""

    @property
    def spacing(self) -> float:
        """Usual metres between two samples."""
        return float((self.x[-1] - self.x[0]) / max(self.x.size - 1, 1))

    def between(self, low: float, high: float) -> Measured:
        """Only what lies between two x."""
        first, behind = int(np.searchsorted(self.x, low, "left")), int(np.searchsorted(self.x, high, "right"))
        return Measured(self.x[first:behind], self.values[first:behind], self.placed)


def without_slow(values: Floats, step_m: float) -> Floats:
    """Evenly spaced values less their running mean."""
    kernel = np.ones(min(max(int(_SMOOTH_M / step_m), 3), values.size))
    weight = np.convolve(np.ones(values.size), kernel, "same")
    return np.asarray(values - np.convolve(values, kernel, "same") / weight)
