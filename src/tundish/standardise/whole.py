"""What do all rows of a column together say of its values, when they are seen chunk by chunk?

A chunk leaves a :class:`Look`: its outermost values and how often they stand there, how much lies where it should not, and its
runs of equal values. The looks of a file, put one behind the other, are judged as the checks judge a column that is held.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
import numpy.typing as npt

from tundish.standardise.checks.plausible import too_many
from tundish.standardise.standstills import SHORTEST, Standing, Standstill, alone, is_lively
from tundish.standardise.values.gaps import LEVELS, missing_codes, outliers
from tundish.table import Verdict, Watch

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

TAIL = 16
"""Different values at either end that are counted one by one; at most eight of them are taken out."""
_MOST_LEVELS = 32


@dataclass(frozen=True)
class Run:
    """Rows of one value, one after another but for empty ones."""

    value: float
    length: int
    first: int
    last: int
    """Rows of the file."""

    def joined(self, later: Run) -> Run:
        """With the rows of a run of the same value that follows."""
        return Run(self.value, self.length + later.length, self.first, later.last)


@dataclass(frozen=True)
class Runs:
    """The rows of a signal as runs: the first and the last, which may go on in other chunks, and what lies between."""

    head: Run | None = None
    tail: Run | None = None
    """The same as ``head`` when there is only one run."""
    long: tuple[Run, ...] = ()
    short_runs: int = 0
    short_rows: int = 0
    ups: int = 0
    downs: int = 0

    @property
    def flat(self) -> int:
        """Rows but for those with a step up or down before them."""
        ends = [run for run in (self.head, self.tail) if run is not None]
        listed = [*self.long, *(ends[:1] if len(ends) == 2 and ends[0] is ends[1] else ends)]
        return self.short_rows + sum(run.length for run in listed) - self.ups - self.downs

    def then(self, later: Runs) -> Runs:
        """With the runs of later rows."""
        if self.head is None or self.tail is None:
            return later
        if later.head is None or later.tail is None:
            return self
        one, other = self.head is self.tail, later.head is later.tail
        ups = self.ups + later.ups + (later.head.value > self.tail.value)
        downs = self.downs + later.downs + (later.head.value < self.tail.value)
        between = [self.tail, later.head]
        head, tail = self.head, later.tail
        if self.tail.value == later.head.value:
            both = self.tail.joined(later.head)
            between = [both]
            head, tail = (both if one else head), (both if other else tail)
        closed = [run for run in between if run is not head and run is not tail]
        short = [run for run in closed if run.length < SHORTEST]
        long = (*self.long, *(run for run in closed if run.length >= SHORTEST), *later.long)
        short_runs = self.short_runs + later.short_runs + len(short)
        short_rows = self.short_rows + later.short_rows + sum(run.length for run in short)
        return Runs(head, tail, long, short_runs, short_rows, ups, downs)

    def closed(self) -> Runs:
        """When no rows follow: all runs are between."""
        nothing = Run(np.nan, 0, 0, 0)
        made = Runs(nothing, nothing).then(self).then(Runs(nothing, nothing))
        return replace(made, ups=self.ups, downs=self.downs)


@dataclass(frozen=True)
class Look:
    """What a chunk shows of a column."""

    known: int
    zeros: int
    low: tuple[tuple[float, int], ...]
    """Least values, ascending, with how often they stand there."""
    high: tuple[tuple[float, int], ...]
    """Greatest values, ascending."""
    levels: tuple[float, ...]
    outside: int
    beyond: int
    runs: Runs
    kept: tuple[float, float] | None = None
    """Least and greatest of the rows that runs are made of."""

    def packed(self) -> str:
        """As text."""
        runs = {key: value.__dict__ if isinstance(value, Run) else value for key, value in self.runs.__dict__.items()}
        listed = [run.__dict__ for run in self.runs.long]
        return json.dumps({**self.__dict__, "runs": {**runs, "long": listed}})

    @classmethod
    def unpacked(cls, text: str) -> Look:
        """What :meth:`packed` gave."""
        said = json.loads(text)
        runs = said.pop("runs")
        head, tail = (None if runs[end] is None else Run(**runs[end]) for end in ("head", "tail"))
        made = Runs(head, head if head == tail else tail, tuple(Run(**run) for run in runs["long"]),
                    *(runs[key] for key in ("short_runs", "short_rows", "ups", "downs")))  # fmt: skip
        for key in ("low", "high"):
            said[key] = tuple((value, count) for value, count in said[key])
        said["levels"] = tuple(said["levels"])
        said["kept"] = None if said["kept"] is None else tuple(said["kept"])
        return cls(runs=made, **said)

    def then(self, later: Look) -> Look:
        """With what later rows show."""
        ends = [span for span in (self.kept, later.kept) if span is not None]
        return Look(
            self.known + later.known,
            self.zeros + later.zeros,
            _counted(self.low, later.low)[:TAIL],
            _counted(self.high, later.high)[-TAIL:],
            tuple(sorted({*self.levels, *later.levels})[:_MOST_LEVELS]),
            self.outside + later.outside,
            self.beyond + later.beyond,
            self.runs.then(later.runs),
            (min(low for low, _ in ends), max(high for _, high in ends)) if ends else None,
        )


def look(values: Floats, rows: Ints, watch: Watch, verdict: Verdict) -> Look:
    """What a chunk shows: ``values`` in the plant's unit, NaN where nothing stands, ``rows`` as they are numbered in the file.

    Runs are made of what ``verdict`` leaves, but for its stretches: they hang on what all rows say of codes and outliers.
    """
    finite = np.isfinite(values)
    known = values if finite.all() else values[finite]
    outside = _outside(values, watch)
    left = leave_out(values, watch, replace(verdict, still=(), beyond=False))
    if verdict.outside and outside.any():
        left = np.where(outside, np.nan, left)
    shown = known if left is values else left[np.isfinite(left)]
    some = rows % watch.stride == 0
    return Look(
        known.size,
        known.size - int(np.count_nonzero(known)),
        *_tails(known, watch.core),
        tuple(np.unique(values[some & finite])[:_MOST_LEVELS].tolist()),
        int(outside.sum()),
        int((outside & _beyond(values, watch)).sum()) if outside.any() else 0,
        _runs(left, rows) if watch.lively else Runs(),
        (float(shown.min()), float(shown.max())) if shown.size else None,
    )


def leave_out(values: Floats, watch: Watch, verdict: Verdict, rows: Ints | None = None) -> Floats:
    """The values without those that cannot be true."""
    out: Mask | None = np.isin(values, [*verdict.missing, *verdict.outliers]) if verdict.missing or verdict.outliers else None
    if verdict.beyond:
        far = _outside(values, watch) & _beyond(values, watch)
        out = far if out is None else out | far
    if rows is not None:
        for first, last in verdict.still:
            still = (rows >= first) & (rows <= last)
            out = still if out is None else out | still
    return values if out is None or not out.any() else np.where(out, np.nan, values)


def judge(looks: Mapping[str, Sequence[Look]], watches: Mapping[str, Watch]) -> dict[str, Verdict]:
    """What all columns of a file say: column -> its looks in the order of the rows."""
    whole = {name: reduce(Look.then, some) for name, some in looks.items() if some}
    found = {name: _values(one, watches[name]) for name, one in whole.items()}
    standing = {name: made for name, one in whole.items() if watches[name].lively and (made := _standing(one)) is not None}
    for name, stretches in alone(standing).items():
        still = tuple((one.start, one.stop - 1) for one in stretches if not one.resting)
        found[name] = replace(found[name], still=still)
    return found


def _values(whole: Look, watch: Watch) -> Verdict:
    """The verdict but for stretches."""
    left, missing = _Tails.of(whole, watch), watch.told
    if missing is None:
        codes = missing_codes(left, zero=watch.zero, quantity=watch.quantity)
        missing = tuple(code.value for code in codes if code.sure)
    for value in missing:
        left = left.without(value)
    odd = tuple(outliers(left))
    for value in odd:
        left = left.without(value)
    if watch.usual is None:
        return Verdict(missing, odd)
    gone = np.array((*missing, *odd), dtype=np.float64)
    counts = np.array([_Tails.of(whole, watch).count(value) for value in gone.tolist()], dtype=np.int64)
    outside = whole.outside - int(counts[_outside(gone, watch)].sum())
    beyond = whole.beyond - int(counts[_outside(gone, watch) & _beyond(gone, watch)].sum())
    doubtful, misjudged = too_many(outside, beyond, left.size)
    return Verdict(missing, odd, beyond=not doubtful and not misjudged, outside=not doubtful)


def _standing(whole: Look) -> Standing | None:
    runs = whole.runs.closed()
    rows = runs.short_rows + sum(run.length for run in runs.long)
    if whole.kept is None or not is_lively(rows, runs.short_rows, runs.short_runs, runs.downs, runs.ups):
        return None
    often = Counter(run.value for run in runs.long)
    at_rest = (0.0, *whole.kept)
    # A stretch at rest is never left out: how odd it is need not be known.
    return [
        (Standstill(run.first, run.last + 1, run.value in at_rest), often[run.value] == 1 and run.value not in at_rest)
        for run in runs.long
    ]


@dataclass(frozen=True)
class _Tails:
    """A :class:`tundish.standardise.values.gaps.Spread` of which the outermost values are known one by one."""

    size: int
    zeros: int
    low: tuple[tuple[float, int], ...]
    high: tuple[tuple[float, int], ...]
    core: tuple[float, float] | None
    levels: tuple[float, ...]

    @classmethod
    def of(cls, whole: Look, watch: Watch) -> _Tails:
        return cls(whole.known, whole.zeros, whole.low, whole.high, watch.core, whole.levels)

    @property
    def edges(self) -> tuple[float, float]:
        """The least and the greatest; within the core where all outer ones have been taken out."""
        inner = self.core if self.core is not None else (np.nan, np.nan)
        low = self.low[0][0] if self.low else inner[0]
        return low, (self.high[-1][0] if self.high else inner[1])

    def count(self, value: float) -> int:
        """How often one of the outermost, or 0, stands there."""
        return self.zeros if value == 0 else dict((*self.low, *self.high)).get(value, 0)

    def without(self, value: float) -> _Tails:
        """The others."""
        low, high = (tuple(one for one in side if one[0] != value) for side in (self.low, self.high))
        levels = tuple(level for level in self.levels if level != value)
        return _Tails(self.size - self.count(value), 0 if value == 0 else self.zeros, low, high, self.core, levels)

    @property
    def continuous(self) -> bool:
        """Whether there are many levels."""
        return len(self.levels) >= LEVELS


def core_of(values: Floats) -> tuple[float, float] | None:
    """Between which values nearly all lie, so that what lies outside can be counted one by one; None for few levels."""
    levels = np.unique(values[np.isfinite(values)])
    return (float(levels[TAIL // 2]), float(levels[-TAIL // 2])) if levels.size > 2 * TAIL else None


def _counted(one: Sequence[tuple[float, int]], other: Sequence[tuple[float, int]]) -> tuple[tuple[float, int], ...]:
    both: Counter[float] = Counter(dict(one))
    both.update(dict(other))
    return tuple(sorted(both.items()))


def _tails(
    known: Floats, core: tuple[float, float] | None
) -> tuple[tuple[tuple[float, int], ...], tuple[tuple[float, int], ...]]:
    if core is None:
        every = _levels(known)
        return every[:TAIL], every[-TAIL:]
    return _levels(known[known <= core[0]])[:TAIL], _levels(known[known >= core[1]])[-TAIL:]


def _levels(values: Floats) -> tuple[tuple[float, int], ...]:
    found, counts = np.unique(values, return_counts=True)
    return tuple(zip(found.tolist(), counts.tolist(), strict=True))


def _outside(values: Floats, watch: Watch) -> Mask:
    none = np.zeros(values.shape, dtype=np.bool_)
    if watch.usual is None or not values.size:
        return none
    low, high = watch.usual
    if np.fmin.reduce(values) >= low and np.fmax.reduce(values) <= high:
        return none
    with np.errstate(invalid="ignore"):
        outside: Mask = (values < low) | (values > high)
    return outside & (values != 0) if watch.zero_when_still else outside


def _beyond(values: Floats, watch: Watch) -> Mask:
    if watch.never is None:
        return np.zeros(values.shape, dtype=np.bool_)
    with np.errstate(invalid="ignore"):
        beyond: Mask = (values < watch.never[0]) | (values > watch.never[1])
    return beyond


def _runs(values: Floats, rows: Ints) -> Runs:
    finite = np.isfinite(values)
    at = None if finite.all() else np.flatnonzero(finite)
    known = values if at is None else values[at]
    if not known.size:
        return Runs()
    row = rows if at is None else rows[at]
    steps = np.diff(known)
    ups, downs = int(np.count_nonzero(steps > 0)), int(np.count_nonzero(steps < 0))
    # A long run covers two of the places looked at: without one, and most chunks have none, runs need not be listed.
    places = known[:: SHORTEST // 2]
    if (places[1:] == places[:-1]).any() or known.size < 2 * SHORTEST:
        starts = np.flatnonzero(np.r_[True, steps != 0])
    else:
        turns = np.flatnonzero(steps[:SHORTEST])[0] + 1, known.size - 1 - np.flatnonzero(steps[::-1][:SHORTEST])[0]
        starts = np.array([0, *turns])
    stops = np.r_[starts[1:], known.size]
    listed = [
        Run(float(known[i]), int(j - i), int(row[i]), int(row[j - 1]))
        for i, j in zip(starts.tolist(), stops.tolist(), strict=True)
        if i == 0 or j == known.size or j - i >= SHORTEST
    ]
    head, tail = listed[0], listed[-1]
    ends = head.length + (0 if head is tail else tail.length)
    long = () if starts.size == 3 and ups + downs + 1 > 3 else tuple(listed[1:-1])
    runs = ups + downs + 1 - len(long) - (1 if head is tail else 2)
    return Runs(head, tail, long, runs, known.size - ends - sum(run.length for run in long), ups, downs)
