"""Which rows of a table belong to which piece, and what do they amount to?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.table import Statistic
from tundish.trace.stamps import NEVER, SECOND, Stamps

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_AT_ONCE = 4_000_000
"""Rows gathered in one go; more (stays that overlap a hundredfold) are taken piece group by piece group."""


@dataclass(frozen=True)
class Segments:
    """Rows of a table, piece by piece in order of the pieces: piece ``i`` has ``rows[edges[i]:edges[i + 1]]``."""

    rows: Ints
    edges: Ints

    @property
    def lengths(self) -> Ints:
        """Rows of each piece."""
        return np.diff(self.edges)

    def keeping(self, keep: npt.NDArray[np.bool_]) -> Segments:
        """Only the rows for which ``keep`` (one a gathered row) holds."""
        before = np.concatenate(([0], np.cumsum(keep)))
        return Segments(self.rows[keep], before[self.edges].astype(np.int64))

    @property
    def pieces(self) -> Ints:
        """Number of the piece each gathered row belongs to."""
        return np.repeat(np.arange(self.edges.size - 1), self.lengths)


def by_time(times: Stamps, starts: Stamps, ends: Stamps) -> Segments:
    """Rows stamped inside each stay, both ends included; stays may overlap. A piece without a stay has no rows."""
    order = np.argsort(times, kind="stable")
    clock = times[order]
    known = (starts != NEVER) & (ends != NEVER) & (ends >= starts)
    first = np.where(known, np.searchsorted(clock, starts, "left"), 0)
    last = np.where(known, np.searchsorted(clock, ends, "right"), 0)
    return _gather(order, first, np.maximum(last - first, 0))


def by_id(piece_ids: pl.Series, row_ids: pl.Series, times: Stamps | None) -> Segments:
    """Rows that carry each piece's id, in order of time, else of the file; pieces may share an id."""
    codes = pl.concat([piece_ids.rename("id"), row_ids.rename("id")]).rank("dense").fill_null(0).to_numpy().astype(np.int64)
    of_piece, of_row = codes[: piece_ids.len()], codes[piece_ids.len() :]
    rows = np.flatnonzero(of_row > 0)
    order = np.argsort(of_row[rows], kind="stable") if times is None else np.lexsort((times[rows], of_row[rows]))
    rows = rows[order]
    found = of_row[rows]
    first = np.searchsorted(found, of_piece, "left")
    lengths = np.where(of_piece > 0, np.searchsorted(found, of_piece, "right") - first, 0)
    return _gather(rows, first, lengths)


def _gather(order: Ints, first: Ints, lengths: Ints) -> Segments:
    edges = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    within = np.arange(edges[-1]) - np.repeat(edges[:-1], lengths)
    return Segments(order[np.repeat(first, lengths) + within], edges)


def numbers(values: Floats, segments: Segments, times: Stamps | None, wanted: Sequence[Statistic]) -> dict[Statistic, Floats]:
    """Statistics of a number over each piece's rows; NaN where a piece has no value. Slope is per hour.

    >>> s = by_time(np.array([0, 10, 20, 30]) * SECOND, np.array([0, 20]) * SECOND, np.array([10, 40]) * SECOND)
    >>> numbers(np.array([1.0, 3.0, 5.0, np.nan]), s, None, ["mean", "max", "count"])
    {'mean': array([2., 5.]), 'max': array([3., 5.]), 'count': array([2., 1.])}
    """
    pieces = segments.edges.size - 1
    parts = [
        _numbers(values[segments.rows[segments.edges[a] : segments.edges[b]]], segments.edges[a : b + 1] - segments.edges[a],
                 None if times is None else times[segments.rows[segments.edges[a] : segments.edges[b]]], wanted)
        for a, b in _chunks(segments.edges, pieces)
    ]  # fmt: skip
    return {name: np.concatenate([part[name] for part in parts]) for name in wanted} if parts else {}


def _chunks(edges: Ints, pieces: int) -> list[tuple[int, int]]:
    cuts = [0]
    while cuts[-1] < pieces:
        reach = int(np.searchsorted(edges, edges[cuts[-1]] + _AT_ONCE, "right")) - 1
        cuts.append(min(max(reach, cuts[-1] + 1), pieces))
    return list(pairwise(cuts))


def _numbers(values: Floats, edges: Ints, times: Stamps | None, wanted: Sequence[Statistic]) -> dict[Statistic, Floats]:
    known = ~np.isnan(values)
    if not known.all():
        values = values[known]
        edges = np.concatenate(([0], np.cumsum(known)))[edges]
        times = None if times is None else times[known]
    lengths = np.diff(edges)
    some = lengths > 0
    begins = edges[:-1][some]
    found = dict.fromkeys(wanted, np.full(lengths.size, np.nan))
    if "count" in found:
        found["count"] = lengths.astype(float)
    if not some.any():
        return found

    def spread(short: Floats) -> Floats:
        full = np.full(lengths.size, np.nan)
        full[some] = short
        return full

    total = np.add.reduceat(values, begins)
    mean = total / lengths[some]
    simple: dict[Statistic, Callable[[], Floats]] = {
        "sum": lambda: total,
        "mean": lambda: mean,
        "min": lambda: np.minimum.reduceat(values, begins),
        "max": lambda: np.maximum.reduceat(values, begins),
        "first": lambda: values[begins],
        "last": lambda: values[edges[1:][some] - 1],
    }
    found |= {name: spread(simple[name]()) for name in wanted if name in simple}
    if {"std", "slope"} & found.keys():
        away = values - np.repeat(mean, lengths[some])
        if "std" in found:
            found["std"] = spread(np.sqrt(np.add.reduceat(away * away, begins) / lengths[some]))
        if "slope" in found and times is not None:
            found["slope"] = spread(_slope(away, times, begins, lengths[some]))
    return found


def _slope(away: Floats, times: Stamps, begins: Ints, lengths: Ints) -> Floats:
    """Least-squares slope per hour of values given as distance from their piece's mean."""
    hours = (times - np.repeat(times[begins], lengths)) / (3600.0 * SECOND)
    hours -= np.repeat(np.add.reduceat(hours, begins) / lengths, lengths)
    square = np.add.reduceat(hours * hours, begins)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(square > 0, np.add.reduceat(away * hours, begins) / square, np.nan)


def commonest(values: pl.Series, segments: Segments) -> pl.Series:
    """The value each piece had in most of its rows; of equals the alphabetically first; null where it had none."""
    counts = (
        pl.DataFrame({"piece": segments.pieces, "value": values.gather(segments.rows)})
        .drop_nulls()
        .group_by("piece", "value")
        .len()
        .sort("piece", "len", "value", descending=[False, True, False])
        .unique("piece", keep="first", maintain_order=True)
    )
    every = pl.DataFrame({"piece": np.arange(segments.edges.size - 1)})
    return every.join(counts, on="piece", how="left", maintain_order="left")["value"]


def latest(times: Stamps, moments: Stamps) -> Ints:
    """Row of the last reading at or before each moment; -1 where there is none."""
    order = np.argsort(times, kind="stable")
    order = order[times[order] != NEVER]
    at = np.searchsorted(times[order], moments, "right") - 1
    return np.where((at >= 0) & (moments != NEVER), order[np.maximum(at, 0)], -1) if order.size else np.full(moments.size, -1)
