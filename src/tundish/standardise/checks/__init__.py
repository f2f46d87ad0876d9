"""The room of checks: one question a file, each with ``check(sheet)``, in the order in which they explain cells.

What an earlier check has explained, a later one does not see: a slipped point is not also an outlier and a jump.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tundish.standardise.checks import (
    chemistry,
    constants,
    copies,
    dimensions,
    dropouts,
    duplicates,
    frozen,
    jumps,
    mass_balance,
    order,
    outliers,
    plausible,
    regular_times,
    setpoints,
    slips,
    times,
    units,
)
from tundish.standardise.sheet import Odd, Sheet

Check = Callable[[Sheet], Iterator[Odd]]

CHECKS: tuple[Check, ...] = (
    slips.check,
    outliers.check,
    plausible.check,
    frozen.check,
    jumps.check,
    chemistry.check,
    dimensions.check,
    mass_balance.check,
    order.check,
    setpoints.check,
    times.check,
    dropouts.check,
    duplicates.check,
    copies.check,
    constants.check,
    regular_times.check,
    units.check,
)

__all__ = ["CHECKS", "Check"]
