"""At which round values could a limit stand, and between which of them is a setting best?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.learn.answer import Floats, Limit
from tundish.learn.blocks import Ints
from tundish.table import Column, Statistic

Flags = npt.NDArray[np.bool_]
LEVEL_STATISTICS: tuple[Statistic, ...] = ("value", "mean", "amount", "sum", "duration", "last", "first", "max", "min")
"""Statistics that a setting can be kept at, best first; a scatter or a slope is nothing to turn."""
FEW = 30
"""A setting with no more values than this is cut at its values; one with more, at round numbers."""
MOST = 150
"""Marks on one setting, at most."""
SURE = 3.5
"""Standard errors by which the pieces cut off must be worse than the pieces kept; high, because the best cut was searched."""
TIE = 0.02
"""Part of a limit's gain that a rounder number may cost."""


@dataclass(frozen=True, eq=False)
class Numbers:
    """A numeric setting, one value a piece in the plant's unit, and the round values at which it may be cut."""

    column: Column
    values: Floats
    marks: Floats
    roundness: Ints

    @cached_property
    def places(self) -> Ints:
        """Where each piece lies: 2k+1 at mark k, 2k below it and above the one before, -1 when not known."""
        below = np.searchsorted(self.marks, self.values, side="left")
        near = np.minimum(below, self.marks.size - 1)
        at = np.abs(self.values - self.marks[near]) <= 1e-9 * np.maximum(1.0, np.abs(self.marks[near]))
        before = np.maximum(below - 1, 0)
        at_before = np.abs(self.values - self.marks[before]) <= 1e-9 * np.maximum(1.0, np.abs(self.marks[before]))
        places = np.where(at, 2 * near + 1, np.where(at_before, 2 * before + 1, 2 * below))
        return np.where(np.isfinite(self.values), places, -1).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Levels:
    """A setting of classes: one code a piece, -1 when not known."""

    column: Column
    codes: Ints
    names: tuple[str, ...]


Setting = Numbers | Levels


@dataclass(frozen=True, slots=True)
class Cut:
    """A part of one setting's range: between two marks (None: open), or some of its levels."""

    low: int | None = None
    high: int | None = None
    levels: tuple[int, ...] = ()


def setting(column: Column, frame: pl.DataFrame) -> Setting | None:
    """Prepare one column to be cut; None when it never changes or is neither number nor class."""
    series = frame.get_column(column.name)
    if column.kind == "number":
        values = (series.cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy() - column.offset) / column.factor
        values = np.where(np.isfinite(values), values, np.nan)
        marks = _marks(values[np.isfinite(values)])
        return Numbers(column, values, marks, _roundness(marks)) if marks.size else None
    if column.kind != "category":
        return None
    text = series.cast(pl.String)
    names = tuple(sorted(text.drop_nulls().unique()))
    if len(names) < 2:
        return None
    codes = text.replace_strict(names, list(range(len(names))), default=-1, return_dtype=pl.Int64).fill_null(-1)
    return Levels(column, codes.to_numpy().astype(np.int64), names)


def within(part: Setting, cut: Cut, *, strict: bool = False) -> Flags:
    """Which pieces lie in the cut, marks included unless strict; a piece whose value is not known does not."""
    if isinstance(part, Levels):
        return np.isin(part.codes, cut.levels)
    low = 0 if cut.low is None else 2 * cut.low + 1 + strict
    high = 2 * part.marks.size if cut.high is None else 2 * cut.high + 1 - strict
    return (part.places >= low) & (part.places <= high)


def best_cut(
    part: Setting, gain: Floats, among: Flags, least: int, spread: float, *, strict: bool = False
) -> tuple[Cut, float] | None:
    """The part of the range with the greatest sum of gains over the pieces in ``among``, and that sum.

    ``gain`` is one number a piece, positive where the piece is worth keeping; ``spread`` is its standard deviation. At least
    ``least`` pieces stay in. A side is cut only when the pieces it cuts off gain less than those it keeps by :data:`SURE`
    standard errors. None when no side is worth cutting. ``strict`` is for a rule: the
    pieces on a mark stay out, and one side is enough.
    """
    if isinstance(part, Levels):
        return _best_levels(part, gain, among, least, spread)
    places = part.places[among]
    known = places >= 0
    size = 2 * part.marks.size + 1
    sums = np.concatenate(([0.0], np.cumsum(np.bincount(places[known], gain[among][known], size))))
    counts = np.concatenate(([0], np.cumsum(np.bincount(places[known], minlength=size))))
    starts = np.concatenate(([0], 2 * np.arange(part.marks.size) + 1 + strict))
    ends = np.concatenate((2 * np.arange(part.marks.size) + 2 - strict, [size]))
    total, kept = sums[ends][None, :] - sums[starts][:, None], counts[ends][None, :] - counts[starts][:, None]
    total = np.where(kept >= least, total, -np.inf)
    worst = _worse_by(total, kept, sums=sums, counts=counts, starts=starts, ends=ends, spread=spread)
    allowed = np.where(worst >= SURE, total, -np.inf)
    allowed[0, -1] = -np.inf
    return _choose(part, allowed, float(sums[-1]), both=not strict)


def _worse_by(total: Floats, kept: Ints, *, sums: Floats, counts: Ints, starts: Ints, ends: Ints, spread: float) -> Floats:
    """Standard errors by which the less clear side cut off gains less than what is kept; infinite for a side left open."""
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total / kept
        sides = []
        for gone, cut in (
            ((sums[starts])[:, None], (counts[starts])[:, None]),
            ((sums[-1] - sums[ends])[None, :], (counts[-1] - counts[ends])[None, :]),
        ):
            error = spread * np.sqrt(1.0 / cut + 1.0 / kept)
            sides.append(np.where(cut > 0, (mean - gone / cut) / error, -np.inf))
    sides[0][0, :] = np.inf
    sides[1][:, -1] = np.inf
    return np.asarray(np.nan_to_num(np.minimum(sides[0], sides[1]), nan=-np.inf))


def _choose(part: Numbers, allowed: Floats, whole: float, *, both: bool) -> tuple[Cut, float] | None:
    """One side where one side does; then the roundest numbers that cost next to nothing."""
    one_sided = np.full_like(allowed, -np.inf)
    one_sided[0, :], one_sided[:, -1] = allowed[0, :], allowed[:, -1]
    best = allowed.max() if both else one_sided.max()
    if not np.isfinite(best) or best <= whole:
        return None
    slack = TIE * (best - whole)
    if not both or one_sided.max() >= best - slack:
        allowed = one_sided
    roundness = np.concatenate(([4], part.roundness))[:, None] + np.concatenate((part.roundness, [4]))[None, :]
    close = allowed >= allowed.max() - slack
    rounded = close & (roundness == roundness[close].max())
    row, col = np.unravel_index(int(np.argmax(np.where(rounded, allowed, -np.inf))), allowed.shape)
    low, high = (None if row == 0 else int(row) - 1), (None if col == part.marks.size else int(col))
    return Cut(low, high), float(allowed[row, col])


def _best_levels(part: Levels, gain: Floats, among: Flags, least: int, spread: float) -> tuple[Cut, float] | None:
    codes = part.codes[among]
    known = codes >= 0
    sums = np.bincount(codes[known], gain[among][known], len(part.names))
    counts = np.bincount(codes[known], minlength=len(part.names))
    keep = (sums > 0) & (counts > 0)
    kept, cut = int(counts[keep].sum()), int(counts[~keep].sum())
    if kept < max(least, 1) or not cut:
        return None
    error = spread * np.sqrt(1.0 / kept + 1.0 / cut)
    if sums[keep].sum() / kept - sums[~keep].sum() / cut < SURE * error:
        return None
    return Cut(levels=tuple(int(code) for code in np.flatnonzero(keep))), float(sums[keep].sum())


def limit(part: Setting, cut: Cut) -> Limit:
    """The cut as a line of the window, SI; a mark takes the spelling of the values that stand on it, so that it holds them."""
    if isinstance(part, Levels):
        return Limit(part.column, None, None, tuple(part.names[code] for code in cut.levels))
    return Limit(part.column, _mark(part, cut.low), _mark(part, cut.high))


def _mark(part: Numbers, mark: int | None) -> float | None:
    return None if mark is None else float(part.marks[mark]) * part.column.factor + part.column.offset


def inside(limits: tuple[Limit, ...], frame: pl.DataFrame) -> Flags:
    """Which rows keep all limits, the limits themselves included; a row with an unknown value does not."""
    kept = np.ones(frame.height, dtype=bool)
    for line in limits:
        kept &= _keeps(line, frame, strict=False)
    return kept


def beyond(limits: tuple[Limit, ...], frame: pl.DataFrame) -> Flags:
    """Which rows meet all conditions of a rule: strictly above ``low``, strictly below ``high``, or at one of the levels."""
    met = np.ones(frame.height, dtype=bool)
    for line in limits:
        met &= _keeps(line, frame, strict=True)
    return met


def _keeps(line: Limit, frame: pl.DataFrame, *, strict: bool) -> Flags:
    series = frame.get_column(line.column.name)
    if line.levels:
        return np.asarray(series.cast(pl.String).is_in(list(line.levels)).fill_null(False).to_numpy(), dtype=bool)
    values = series.cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()
    kept = np.isfinite(values)
    for bound, sign in ((line.low, 1.0), (line.high, -1.0)):
        if bound is not None:
            # A value read as 1000 and a limit of 1000 may differ in the last bit after conversion to SI.
            slack = 1e-9 * max(1.0, abs(bound))
            kept &= sign * (values - bound) > slack if strict else sign * (values - bound) >= -slack
    return np.asarray(kept, dtype=bool)


def _marks(values: Floats) -> Floats:
    """Round values a foreman would write, between the least and the greatest value seen."""
    distinct = np.unique(values)
    if distinct.size < 2:
        return np.empty(0)
    if distinct.size <= FEW:
        return distinct
    low, high = np.quantile(values, (0.1, 0.9))
    span = high - low if high > low else distinct[-1] - distinct[0]
    step = round_step(float(span) / 80)
    first, last = (
        (distinct[0], distinct[-1]) if (distinct[-1] - distinct[0]) / step <= MOST else np.quantile(values, (0.005, 0.995))
    )
    step = max(step, round_step(float(last - first) / MOST))
    marks = np.arange(np.ceil(first / step), np.floor(last / step) + 1) * step
    return np.asarray(np.round(marks, max(0, int(-np.floor(np.log10(step))))), dtype=float)


def round_step(width: float) -> float:
    """The least of 1, 2, 5 times a power of ten that is not below the width.

    >>> [round_step(width) for width in (0.07, 1.2, 4.0, 60.0)]
    [0.1, 2.0, 5.0, 100.0]
    """
    power = 10.0 ** np.floor(np.log10(width))
    for factor in (1.0, 2.0, 5.0):
        if factor * power >= width * (1 - 1e-9):
            return float(factor * power)
    return float(10.0 * power)


def _roundness(marks: Floats) -> Ints:
    """How round each mark is: 0 to 3, more for a multiple of 5, 10 and 100 times the last digit used."""
    if marks.size < 2:
        return np.zeros(marks.size, dtype=np.int64)
    unit = 10.0 ** np.floor(np.log10(np.min(np.diff(marks)) * (1 + 1e-9)))
    digits = np.round(marks / unit)
    return np.asarray(np.sum([digits % base == 0 for base in (5, 10, 100)], axis=0), dtype=np.int64)
