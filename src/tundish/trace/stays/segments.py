"""Which rows of a table belong to which piece, and what do they amount to?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.table import Statistic
from tundish.trace.stamps import NEVER, Stamps

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Segments:
    """Rows of a table, piece by piece in order of the pieces: piece ``i`` has ``order[first[i]:last[i]]``.

    Stays that overlap share their rows; none is written down twice before it is asked for.
    """

    order: Ints | None
    """Rows in order of time or id; None where they stand so in the table."""
    first: Ints
    last: Ints

    @property
    def lengths(self) -> Ints:
        """Rows of each piece."""
        return self.last - self.first

    @cached_property
    def edges(self) -> Ints:
        """Piece ``i`` has ``rows[edges[i]:edges[i + 1]]``."""
        return np.concatenate(([0], np.cumsum(self.lengths))).astype(np.int64)

    @cached_property
    def rows(self) -> Ints:
        """Rows of all pieces, one piece after another."""
        places = np.arange(self.edges[-1]) + np.repeat(self.first - self.edges[:-1], self.lengths)
        return places if self.order is None else self.order[places]

    @property
    def reached(self) -> int:
        """Rows that belong to at least one piece."""
        size = int(self.last.max(initial=0)) + 1
        steps = np.bincount(self.first, minlength=size) - np.bincount(self.last, minlength=size)
        return int((np.cumsum(steps) > 0).sum())

    def keeping(self, keep: npt.NDArray[np.bool_]) -> Segments:
        """Only the rows for which ``keep`` (one a gathered row) holds."""
        before = np.concatenate(([0], np.cumsum(keep))).astype(np.int64)
        edges = before[self.edges]
        return Segments(self.rows[keep], edges[:-1], edges[1:])

    @property
    def pieces(self) -> Ints:
        """Number of the piece each gathered row belongs to."""
        return np.repeat(np.arange(self.first.size), self.lengths)


def by_time(times: Stamps, starts: Stamps, ends: Stamps) -> Segments:
    """Rows stamped inside each stay, both ends included; stays may overlap. A piece without a stay has no rows."""
    sorted_already = bool((times[1:] >= times[:-1]).all())
    order = None if sorted_already else np.argsort(times, kind="stable")
    clock = times if order is None else times[order]
    known = (starts != NEVER) & (ends != NEVER) & (ends >= starts)
    first = np.where(known, np.searchsorted(clock, starts, "left"), 0)
    last = np.where(known, np.searchsorted(clock, ends, "right"), 0)
    return Segments(order, first, last)


def by_id(piece_ids: pl.Series, row_ids: pl.Series, times: Stamps | None) -> Segments:
    """Rows that carry each piece's id, in order of time, else of the file; pieces may share an id."""
    codes = pl.concat([piece_ids.rename("id"), row_ids.rename("id")]).rank("dense").fill_null(0).to_numpy().astype(np.int64)
    of_piece, of_row = codes[: piece_ids.len()], codes[piece_ids.len() :]
    rows = np.flatnonzero(of_row > 0)
    order = np.argsort(of_row[rows], kind="stable") if times is None else np.lexsort((times[rows], of_row[rows]))
    rows = rows[order]
    found = of_row[rows]
    first = np.searchsorted(found, of_piece, "left")
    return Segments(rows, first, np.where(of_piece > 0, np.searchsorted(found, of_piece, "right"), first))


def numbers(values: Floats, segments: Segments, times: Stamps | None, wanted: Sequence[Statistic]) -> dict[Statistic, Floats]:
    """Statistics of a number over each piece's rows; NaN where a piece has no value. Slope is per hour.

    >>> s = by_time(np.array([0, 10, 20, 30]), np.array([0, 20]), np.array([10, 40]))
    >>> numbers(np.array([1.0, 3.0, 5.0, np.nan]), s, None, ["mean", "max", "count"])
    {'mean': array([2., 5.]), 'max': array([3., 5.]), 'count': array([2., 1.])}
    """
    # numba takes half a second to import: only who computes waits for it.
    from tundish.trace.stays.kernels import stay_statistics

    return {name: found[0] for name, found in stay_statistics(values[np.newaxis], segments, times, wanted).items()}


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
    every = pl.DataFrame({"piece": np.arange(segments.first.size)})
    return every.join(counts, on="piece", how="left", maintain_order="left")["value"]


def latest(times: Stamps, moments: Stamps) -> Ints:
    """Row of the last reading at or before each moment; -1 where there is none."""
    order = np.argsort(times, kind="stable")
    order = order[times[order] != NEVER]
    at = np.searchsorted(times[order], moments, "right") - 1
    return np.where((at >= 0) & (moments != NEVER), order[np.maximum(at, 0)], -1) if order.size else np.full(moments.size, -1)
