"""What does a batch's temperature amount to while it heats, holds and cools?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.errors import Message
from tundish.table import Column, Finding, Statistic, Table
from tundish.trace.base import files_of, origin_of
from tundish.trace.stamps import NEVER, SECOND, Stamps
from tundish.trace.stays.features import Feature, describe
from tundish.trace.stays.phases import FEWEST, Phase, find_phases
from tundish.trace.stays.segments import Floats, Ints, Segments, by_time, numbers

Bools = npt.NDArray[np.bool_]
_WANTED: dict[Phase, tuple[Statistic, ...]] = {"heating": ("slope",), "holding": ("mean", "std"), "cooling": ("slope",)}
_MOST = 0.5
"""Part of the stays in which phases must be seen for the signal to be a batch's."""


@dataclass(frozen=True)
class Phased:
    """What each stay's phases amount to, one value a stay."""

    values: dict[tuple[Phase, Statistic], Floats]
    seen: Bools
    """Whether a hold was seen."""
    tried: Bools
    """Whether there were samples enough to see one."""

    @classmethod
    def of(cls, values: Floats, times: Stamps, segments: Segments) -> Phased:
        """The phases of some stays, by their samples alone."""
        phases = find_phases(values, times, segments)
        made: dict[tuple[Phase, Statistic], Floats] = {}
        for phase, span in phases.items():
            known = (span.starts != NEVER) & (span.ends != NEVER)
            made[phase, "duration"] = np.where(known, (span.ends - np.where(known, span.starts, 0)) / SECOND, np.nan)
            inside = by_time(times, span.starts, span.ends)
            made |= {(phase, name): found for name, found in numbers(values, inside, times, _WANTED[phase]).items()}
        return cls(made, phases["holding"].starts != NEVER, segments.lengths >= FEWEST)

    @classmethod
    def none(cls, stays: int) -> Phased:
        """Of stays that no one has looked at."""
        names = [(phase, name) for phase, wanted in _WANTED.items() for name in ("duration", *wanted)]
        nothing = np.zeros(stays, dtype=np.bool_)
        return cls({name: np.full(stays, np.nan) for name in names}, nothing, nothing.copy())

    def put(self, stays: Ints, some: Phased) -> None:
        """Take over what was made of some stays."""
        for name, found in some.values.items():
            self.values[name][stays] = found
        self.seen[stays], self.tried[stays] = some.seen, some.tried

    def told(self, table: Table, column: Column) -> tuple[list[Feature], list[Finding]]:
        """How fast each stay heated and cooled, how long and at what level it held; nothing where most show no phases."""
        if not self.seen.any() or self.seen.sum() < _MOST * self.tried.sum():
            return [], []
        known = {phase for phase in _WANTED if not np.isnan(self.values[phase, "duration"]).all()}
        features = [
            _feature(table, column, name, phase, found) for (phase, name), found in self.values.items() if phase in known
        ]
        missed = int((self.tried & ~self.seen).sum())
        return features, [_not_seen(table, column, missed, int(self.tried.sum()))] if missed else []


def by_phase(
    table: Table, column: Column, values: Floats, times: Stamps, segments: Segments
) -> tuple[list[Feature], list[Finding]]:
    """What :meth:`Phased.told` says of all stays of a table that is held."""
    return Phased.of(values, times, segments).told(table, column)


def _feature(table: Table, column: Column, statistic: Statistic, phase: Phase, values: Floats) -> Feature:
    return Feature(describe(table, column, statistic, phase, tag=phase), pl.Series(values).fill_nan(None))


def _not_seen(table: Table, column: Column, missed: int, tried: int) -> Finding:
    text = Message(
        "{file}, {column}: in {count} of {pieces} pieces no heating up and holding is to be seen; their values by phase are "
        "missing.",
        file=files_of(table), column=column.header, count=missed, pieces=tried,
    )  # fmt: skip
    return Finding("phases_not_seen", "info", text, origin_of(table), missed)
