"""What does a batch's temperature amount to while it heats, holds and cools?"""

from __future__ import annotations

import numpy as np
import polars as pl

from tundish.errors import Message
from tundish.table import Column, Finding, Statistic, Table
from tundish.trace.base import files_of, origin_of
from tundish.trace.stamps import NEVER, SECOND, Stamps
from tundish.trace.stays.features import Feature, describe
from tundish.trace.stays.phases import FEWEST, Phase, find_phases
from tundish.trace.stays.segments import Floats, Segments, by_time, numbers

_WANTED: dict[Phase, tuple[Statistic, ...]] = {"heating": ("slope",), "holding": ("mean", "std"), "cooling": ("slope",)}
_MOST = 0.5
"""Part of the stays in which phases must be seen for the signal to be a batch's."""


def by_phase(
    table: Table, column: Column, values: Floats, times: Stamps, segments: Segments
) -> tuple[list[Feature], list[Finding]]:
    """How fast each stay heated and cooled, how long and at what level it held; nothing where most stays show no phases."""
    phases = find_phases(values, times, segments)
    seen, tried = phases["holding"].starts != NEVER, segments.lengths >= FEWEST
    if not seen.any() or seen.sum() < _MOST * tried.sum():
        return [], []
    features: list[Feature] = []
    for phase, span in phases.items():
        known = (span.starts != NEVER) & (span.ends != NEVER)
        if not known.any():
            continue
        lasted = np.where(known, (span.ends - np.where(known, span.starts, 0)) / SECOND, np.nan)
        features.append(_feature(table, column, "duration", phase, lasted))
        inside = by_time(times, span.starts, span.ends)
        features += [_feature(table, column, name, phase, made)
                     for name, made in numbers(values, inside, times, _WANTED[phase]).items()]  # fmt: skip
    missed = int((tried & ~seen).sum())
    return features, [_not_seen(table, column, missed, int(tried.sum()))] if missed else []


def _feature(table: Table, column: Column, statistic: Statistic, phase: Phase, values: Floats) -> Feature:
    return Feature(describe(table, column, statistic, phase, tag=phase), pl.Series(values).fill_nan(None))


def _not_seen(table: Table, column: Column, missed: int, tried: int) -> Finding:
    text = Message(
        "{file}, {column}: in {count} of {pieces} pieces no heating up and holding is to be seen; their values by phase are "
        "missing.",
        file=files_of(table), column=column.header, count=missed, pieces=tried,
    )  # fmt: skip
    return Finding("phases_not_seen", "info", text, origin_of(table), missed)
