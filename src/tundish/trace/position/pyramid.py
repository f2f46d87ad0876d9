"""How is a long profile drawn without reading all of it? The same cells at several resolutions: least, mean, greatest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tundish.trace.stays.segments import Floats, Ints

STEP = 8
"""Cells of one resolution in a cell of the next. ibaHD keeps up to six levels at 40 each; 8 leaves no screen with fewer than
one cell a pixel and costs a seventh more than the finest alone."""
_COARSEST = 64
"""No coarser resolution is made once so few cells are left."""


@dataclass(frozen=True)
class Level:
    """One resolution of a profile: signals x cells."""

    cell_m: float
    mean: Floats
    low: Floats
    high: Floats
    count: Ints
    """Samples in each cell; where there is none, the three are NaN."""


def build(finest: Level) -> tuple[Level, ...]:
    """The finest resolution and the coarser ones made of it; the mean weighs each cell by its samples."""
    levels = [finest]
    while levels[-1].mean.shape[1] > _COARSEST:
        levels.append(_coarser(levels[-1]))
    return tuple(levels)


def fitting(levels: tuple[Level, ...], cells: int) -> Level:
    """The coarsest resolution that still has at least so many cells; the finest if none has."""
    return next((level for level in reversed(levels) if level.mean.shape[1] >= cells), levels[0])


def _coarser(level: Level) -> Level:
    signals, cells = level.mean.shape
    padding = -cells % STEP

    def blocks(values: Floats, fill: float) -> Floats:
        return np.pad(values, ((0, 0), (0, padding)), constant_values=fill).reshape(signals, (cells + padding) // STEP, STEP)

    count = blocks(level.count.astype(np.float64), 0.0)
    total = np.where(count > 0, blocks(level.mean, np.nan) * count, 0.0).sum(axis=2)
    counts = count.sum(axis=2)
    mean = np.divide(total, counts, out=np.full_like(total, np.nan), where=counts > 0)
    low = np.fmin.reduce(blocks(level.low, np.nan), axis=2)
    high = np.fmax.reduce(blocks(level.high, np.nan), axis=2)
    return Level(level.cell_m * STEP, mean, low, high, counts.astype(np.int64))
