"""Which metre of one section of a line is which metre of the section in which its marks are seen?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tundish.table import Column
from tundish.trace.speeds import End
from tundish.trace.stays.segments import Floats


@dataclass(frozen=True)
class Section:
    """A part of a line that accumulators part from the section that its trend counts in."""

    end: End
    run_m: Floats
    """Metres that this section's speed gauge has counted, a row of the trend each."""
    speed_column: Column
    at_m: Floats
    """Knots: metres of this section; ``line_m``: metres that the trend has run when the same strip is at its reference."""
    line_m: Floats
    sd_m: float
    """How far these may lie off, one standard deviation in metres of the trend."""

    def onto(self, metres: Floats) -> Floats:
        """Metres of the trend at which what this section counts as ``metres`` is at the trend's reference point."""
        return _straight_on(metres, self.at_m, self.line_m)

    def back(self, line_m: Floats) -> Floats:
        """Metres of this section at which what the trend counts as ``line_m`` is here."""
        return _straight_on(line_m, self.line_m, self.at_m)


def section_at(sections: Iterable[Section], end: End | None) -> Section | None:
    """The section of this end of the line, where it has one of its own."""
    return next((one for one in sections if one.end == end), None)


def _straight_on(x: Floats, knots: Floats, values: Floats) -> Floats:
    """Between knots straight, beyond the outer ones by the slope of all."""
    slope = (values[-1] - values[0]) / (knots[-1] - knots[0])
    inside = np.clip(x, knots[0], knots[-1])
    return np.asarray(np.interp(inside, knots, values) + (x - inside) * slope)
