"""Which metre of one piece is which metre of another? Monotone maps in straight stretches between knots."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tundish.trace.stays.segments import Floats

_NARROWEST_M = 1e-9
"""A shorter common interval is a point."""


@dataclass(frozen=True)
class Map:
    """Metres ``x`` (rising knots) to metres ``y`` (rising or falling knots), straight in between, nothing outside.

    >>> import numpy as np
    >>> turned = Map(np.array([0.0, 100.0]), np.array([300.0, 0.0]))
    >>> turned.at(np.array([10.0, 100.0, 101.0])).tolist()
    [270.0, 0.0, nan]
    """

    x: Floats
    y: Floats

    @property
    def turned(self) -> bool:
        """Whether y falls as x rises."""
        return bool(self.y[-1] < self.y[0])

    @property
    def length_m(self) -> float:
        """Metres of x that are mapped."""
        return float(self.x[-1] - self.x[0])

    def at(self, x: Floats) -> Floats:
        """The y of these x; NaN outside the knots."""
        return np.interp(x, self.x, self.y, left=np.nan, right=np.nan)

    def inverse(self) -> Map:
        """From y to x."""
        return Map(self.y[::-1], self.x[::-1]) if self.turned else Map(self.y, self.x)

    def then(self, other: Map) -> Map | None:
        """First this map, then ``other`` from its x on; None where they have no stretch in common."""
        back = self.inverse()
        low, high = max(back.x[0], other.x[0]), min(back.x[-1], other.x[-1])
        if high - low <= _NARROWEST_M:
            return None
        inner = np.concatenate((back.x, other.x))
        middle = np.unique(np.concatenate(([low, high], inner[(inner > low) & (inner < high)])))
        middle = middle[np.concatenate(([True], np.diff(middle) > _NARROWEST_M))]
        x, y = back.at(middle), other.at(middle)
        return Map(x[::-1], y[::-1]) if back.turned else Map(x, y)

    def within(self, low: float, high: float) -> Map:
        """Only what lies between two x that the map covers."""
        inner = self.x[(self.x > low + _NARROWEST_M) & (self.x < high - _NARROWEST_M)]
        x = np.concatenate(([max(low, self.x[0])], inner, [min(high, self.x[-1])]))
        return Map(x, self.at(x))

    def moved(self, by: Floats | float) -> Map:
        """The same with ``by`` added to y."""
        return Map(self.x, self.y + by)


def straight(x: tuple[float, float], y: tuple[float, float]) -> Map | None:
    """The map of one straight stretch; None when either side has no length.

    >>> straight((0, 10), (5, 5)) is None
    True
    """
    if not (x[1] - x[0] > _NARROWEST_M and abs(y[1] - y[0]) > _NARROWEST_M):
        return None
    return Map(np.array(x, dtype=np.float64), np.array(y, dtype=np.float64))
