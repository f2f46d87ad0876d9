"""What do the rows of an event table - arcs, additions, readings, passes - amount to for each piece?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.table import Column, Statistic, Table
from tundish.trace.stamps import NEVER, SECOND, Stamps, stamp_column, stamps
from tundish.trace.stays.features import Feature, describe
from tundish.trace.stays.pairs import Pair, find_pair
from tundish.trace.stays.segments import Floats, Segments, commonest, numbers
from tundish.vocabulary import Catalogue

_MANY = 20
"""Rows a piece from which on they are a signal, not single events."""


@dataclass(frozen=True)
class Cut:
    """Rows after the decision moment of their piece are left out."""

    moments: Stamps
    inclusive: bool
    """True when a row stamped at the moment itself is still known."""

    def allows(self, times: Stamps, pieces: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """For each gathered row: was it stamped before its piece's moment? Yes where either is unknown."""
        moment = self.moments[pieces]
        early = times <= moment if self.inclusive else times < moment
        allowed: npt.NDArray[np.bool_] = early | (moment == NEVER) | (times == NEVER)
        return allowed


@dataclass(frozen=True)
class Events:
    """Features of an event table, and how many of its rows came too late."""

    features: tuple[Feature, ...]
    late: int
    rows: int


def of_events(
    table: Table,
    segments: Segments,
    cut: Cut,
    catalogue: Catalogue,
    *,
    without: frozenset[str],
    counted: bool = True,
) -> Events:
    """Summarise the rows of each piece up to its moment.

    ``without`` names columns that are no values (ids, row numbers, a target). ``counted`` is False where the number of rows is
    itself known only at the end.
    """
    pair = find_pair(table, catalogue)
    stamp = pair.start if pair else stamp_column(table, catalogue)
    kept, late = segments, 0
    times = None if stamp is None else stamps(table, stamp.name)
    if times is not None:
        allowed = cut.allows(times[segments.rows], segments.pieces)
        late = int((~allowed).sum())
        kept = segments.keeping(allowed)
    columns = [column for column in table.columns if column.name not in without and column.kind in ("number", "category")]
    features = _whole(table, kept, columns, times, catalogue, lasting=pair is not None)
    if counted:
        features.append(_count(table, kept, stamp))
    if pair is not None:
        features += _lasting(table, kept, columns, pair, cut)
    return Events(tuple(features), late, segments.rows.size)


def _wanted(column: Column, catalogue: Catalogue, *, stamped: bool, lasting: bool, many: bool) -> list[Statistic]:
    if many:
        return ["mean", "std", "min", "max", "slope"]
    likely: list[Statistic]
    if lasting:
        likely = ["sum", "mean"]
    elif stamped:
        likely = ["mean", "first", "last", "min", "max"]
    else:
        likely = ["sum", "mean", "first", "last"]
    meant = () if column.concept is None else catalogue.concept(column.concept).aggregate
    known: tuple[Statistic, ...] = ("mean", "std", "min", "max", "first", "last", "sum")
    likely += [statistic for statistic in meant if statistic in known and statistic not in likely]
    # A sum of temperatures depends on where the scale has its zero: it says nothing.
    return [statistic for statistic in likely if statistic != "sum" or column.offset == 0]


def _whole(
    table: Table, segments: Segments, columns: Sequence[Column], times: Stamps | None, catalogue: Catalogue, *, lasting: bool
) -> list[Feature]:
    features = []
    lengths = segments.lengths[segments.lengths > 0]
    many = times is not None and not lasting and lengths.size > 0 and float(np.median(lengths)) >= _MANY
    window = "until_moment" if times is not None else None
    for column in columns:
        if column.kind == "category":
            found = commonest(table.frame[column.name].cast(pl.String), segments)
            features.append(Feature(describe(table, column, "mode", window), found))
            continue
        wanted = _wanted(column, catalogue, stamped=times is not None, lasting=lasting, many=many)
        for statistic, result in numbers(floats(table, column), segments, times, wanted).items():
            features.append(Feature(describe(table, column, statistic, window), pl.Series(result).fill_nan(None)))
    return features


def _count(table: Table, segments: Segments, stamp: Column | None) -> Feature:
    column = stamp or table.columns[0]
    window = None if stamp is None else "until_moment"
    return Feature(describe(table, column, "count", window), pl.Series(segments.lengths.astype(float)))


def _seconds(segments: Segments, pair: Pair, cut: Cut) -> Floats:
    """Duration of each gathered row, cut off at the moment of its piece; NaN where unknown."""
    start, end = (stamps(pair.table, column.name)[segments.rows] for column in (pair.start, pair.end))
    moment = cut.moments[segments.pieces]
    end = np.where((moment != NEVER) & (end > moment), moment, end)
    known = (start != NEVER) & (end != NEVER)
    lasted: Floats = np.where(known, np.maximum(end - np.where(known, start, 0), 0) / SECOND, np.nan)
    return lasted


def _lasting(
    table: Table,
    segments: Segments,
    columns: Sequence[Column],
    pair: Pair,
    cut: Cut,
) -> list[Feature]:
    """Total duration, and each value times its duration (power becomes energy)."""
    seconds = _seconds(segments, pair, cut)
    plain = Segments(None, segments.edges[:-1], segments.edges[1:])
    both = Column(name=pair.end.name, kind="number", origins=(*pair.start.origins, *pair.end.origins))
    total = numbers(seconds, plain, None, ["sum"])["sum"]
    features = [Feature(describe(table, both, "duration", "until_moment"), pl.Series(total).fill_nan(None))]
    for column in columns:
        if column.kind == "number" and column.offset == 0:
            value = numbers(floats(table, column)[segments.rows] * seconds, plain, None, ["sum"])["sum"]
            features.append(Feature(describe(table, column, "amount", "until_moment"), pl.Series(value).fill_nan(None)))
    return features


def floats(table: Table, column: Column) -> Floats:
    """A number column as floats, NaN where null."""
    values: Floats = table.frame[column.name].cast(pl.Float64).fill_null(np.nan).to_numpy().astype(np.float64)
    return values
