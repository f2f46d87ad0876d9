"""What do millions of samples amount to, stay by stay and metre by metre, in one pass through the cache?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tundish.table import Statistic
from tundish.trace.stamps import Stamps
from tundish.trace.stays import loops
from tundish.trace.stays.segments import Floats, Ints, Segments

_CODES: Mapping[Statistic, int] = {
    "count": loops.COUNT, "sum": loops.TOTAL, "mean": loops.MEAN, "std": loops.STD, "slope": loops.SLOPE,
    "min": loops.LOW, "max": loops.HIGH, "first": loops.FIRST, "last": loops.LAST,
}  # fmt: skip
_AT_ONCE = 2_000_000
"""Samples a thread takes at a time; no result depends on it."""


@dataclass(frozen=True)
class Moments:
    """What is kept of the samples of each signal in each stay; enough for every statistic, and it can be merged.

    ``state`` is [signals, stays, 13]; stays without a sample have count 0 and NaN elsewhere.
    """

    state: Floats

    @property
    def count(self) -> Floats:
        """Samples that are numbers, [signals, stays]."""
        return self._of(loops.COUNT)

    @property
    def mean(self) -> Floats:
        """Mean of the samples, [signals, stays]."""
        return self._of(loops.FIRST) + self._of(loops.MEAN)

    @property
    def m2(self) -> Floats:
        """Sum of squared distances from the mean, [signals, stays]."""
        return self._of(loops.M2)

    @property
    def low(self) -> Floats:
        """Least sample, [signals, stays]."""
        return self._of(loops.LOW)

    @property
    def high(self) -> Floats:
        """Greatest sample, [signals, stays]."""
        return self._of(loops.HIGH)

    def _of(self, field: int) -> Floats:
        values: Floats = self.state[..., field]
        return values


def moments(values: Floats, segments: Segments, times: Stamps | None, *, threads: int = 1) -> Moments:
    """Moments of ``values`` [signals, rows] over each stay. NaN is no sample; ``times`` are the rows' stamps.

    Two passes over each block of rows: the mean first, then the distances from it with the correction of Chan, Golub and
    LeVeque (The American Statistician 37, 1983, 242-247), so that values near 1e9 that spread by 1e-3 come out right.
    The same to the bit for any number of threads.
    """
    whole = _Source(values, segments, times)
    state = np.empty((values.shape[0], segments.first.size, loops.FIELDS))

    def work(chunks: Sequence[tuple[int, int]]) -> None:
        for a, b, made in whole.moments(chunks):
            state[:, a:b] = made.state

    _in_threads(work, whole.chunks(), threads)
    return Moments(state)


def merge(earlier: Moments, later: Moments) -> Moments:
    """Moments of the samples of both; ``later`` came after ``earlier`` and counts as such for first and last.

    Chan, Golub and LeVeque 1979 (Stanford STAN-CS-79-773), co-moments after Pebay 2008 (Sandia SAND2008-6212). Merging in
    a fixed order gives the same bits; other orders differ by rounding only.
    """
    state = np.ascontiguousarray(earlier.state).copy()
    loops.absorb_all(state.reshape(-1), np.ascontiguousarray(later.state).reshape(-1))
    return Moments(state)


def statistics(made: Moments, wanted: Sequence[Statistic]) -> dict[Statistic, Floats]:
    """Statistics [signals, stays]; NaN where a stay has no sample. Slope is per hour; std divides by the count."""
    signals, stays = made.state.shape[:2]
    found = np.empty((len(wanted), signals, stays))
    loops.finish(made.state.reshape(-1), _codes(wanted), 0, found)
    return dict(zip(wanted, found, strict=True))


def _codes(wanted: Sequence[Statistic]) -> Ints:
    return np.array([_CODES[name] for name in wanted], dtype=np.int64)


def stay_statistics(
    values: Floats, segments: Segments, times: Stamps | None, wanted: Sequence[Statistic], *, threads: int = 1
) -> dict[Statistic, Floats]:
    """:func:`statistics` of :func:`moments`, without keeping the moments of all stays at once."""
    whole = _Source(values, segments, times)
    found = np.empty((len(wanted), values.shape[0], segments.first.size))
    codes = _codes(wanted)

    def work(chunks: Sequence[tuple[int, int]]) -> None:
        for a, _, made in whole.moments(chunks):
            loops.finish(made.state.reshape(-1), codes, a, found)

    _in_threads(work, whole.chunks(), threads)
    return dict(zip(wanted, found, strict=True))


@dataclass(frozen=True)
class Cells:
    """Samples of signals gathered to the cells of a grid along the product, each [signals, cells]; NaN where none lies."""

    low: Floats
    mean: Floats
    high: Floats
    count: Floats


def grid(
    values: Floats,
    at_m: Floats,
    *,
    start_m: float,
    grid_m: float,
    cells: int,
    shift_m: Floats | None = None,
    threads: int = 1,
) -> Cells:
    """Mean, least and greatest of ``values`` [signals, rows] in cells of ``grid_m`` along the product from ``start_m`` on.

    ``at_m`` [rows] says where on the product each row was measured; a signal whose gauge stands elsewhere lies
    ``shift_m`` [signals] further on. What lies outside the cells, and NaN on either side, is left out.
    """
    signals = values.shape[0]
    shift = np.zeros(signals) if shift_m is None else np.ascontiguousarray(shift_m, dtype=np.float64)
    made = [np.empty((signals, cells)) for _ in range(4)]
    values, at_m = np.ascontiguousarray(values, dtype=np.float64), np.ascontiguousarray(at_m, dtype=np.float64)

    def work(some: Sequence[tuple[int, int]]) -> None:
        for s, _ in some:
            loops.lay_cells(values, at_m, shift[s], start_m, grid_m, s, *made)

    _in_threads(work, list(pairwise(range(signals + 1))), threads)
    return Cells(*made)


def _in_threads(work: Callable[[Sequence[tuple[int, int]]], None], parts: Sequence[tuple[int, int]], threads: int) -> None:
    shares = [share for share in (parts[n::threads] for n in range(max(1, threads))) if share]
    if len(shares) <= 1:
        for share in shares:
            work(share)
        return
    with ThreadPoolExecutor(len(shares)) as pool:
        list(pool.map(work, shares))


class _Source:
    """Samples, their stays and stamps as the kernel reads them."""

    def __init__(self, values: Floats, segments: Segments, times: Stamps | None) -> None:
        self.values = np.ascontiguousarray(values, dtype=np.float64)
        self.order = np.zeros(0, dtype=np.int64) if segments.order is None else segments.order
        self.natural = segments.order is None
        self.first, self.last = segments.first, segments.last
        self.times = np.zeros(0, dtype=np.int64) if times is None else times

    def chunks(self) -> list[tuple[int, int]]:
        """Runs of stays of about :data:`_AT_ONCE` samples."""
        edges = np.concatenate(([0], np.cumsum(np.maximum(self.last - self.first, 1)))) * max(1, self.values.shape[0])
        cuts = [0]
        while cuts[-1] < self.first.size:
            reach = int(np.searchsorted(edges, edges[cuts[-1]] + _AT_ONCE, "right")) - 1
            cuts.append(min(max(reach, cuts[-1] + 1), self.first.size))
        return list(pairwise(cuts))

    def moments(self, chunks: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, Moments]]:
        """Moments of the stays of each chunk; to be used before the next, which lies in the same memory."""
        signals, rows = self.values.shape
        desk = np.empty(signals * max(b - a for a, b in chunks) * loops.FIELDS)
        desks = [np.zeros(loops.TILE), np.zeros(loops.TILE), np.empty((loops.BLOCKS, 5), np.int64),
                 np.full((loops.BLOCKS, 4), np.nan), np.zeros(loops.BLOCK), np.zeros(loops.BLOCK),
                 np.empty(loops.FIELDS)]  # fmt: skip
        for a, b in chunks:
            state = desk[: signals * (b - a) * loops.FIELDS]
            first, last = self.first[a:b], self.last[a:b]
            loops.lay_moments(self.values.reshape(-1), rows, self.order, self.natural, first, last, self.times, state, *desks)
            yield a, b, Moments(state.reshape(signals, b - a, loops.FIELDS))
