"""What does a check look at, and how does what it found become a finding with rows, examples and a picture?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.errors import Message
from tundish.standardise.export import Export
from tundish.standardise.meaning import Meant
from tundish.table import ROWS_SHOWN, Aside, Finding, Origin, Picture, Severity

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]
"""Positions of rows in the frame."""

_PLACES = 240
"""Places along a picture."""
_MARKS = 60
_ORDERED = 0.95
"""Least share of forward steps of a time that the rows are in the order of."""
_OWN_ROW = 0.95
SURE_SHARE = 0.02
"""Greatest share of a column's values that may be set aside one by one; with more of them the column is misunderstood."""


@dataclass(frozen=True)
class Odd:
    """What one check found: cells of a column, or a column, or the table (``column`` None)."""

    code: str
    severity: Severity
    message: Message
    column: Meant | None = None
    where: Mask | None = None
    hint: Message | None = None
    expected: str = ""
    """What would be plausible, in the plant's unit, for all rows."""
    wanted: Floats | None = None
    """The value that each row should have, in the plant's unit; says more than ``expected``."""
    beside: tuple[Meant, ...] = ()
    """Other columns whose values are shown with what was found."""
    impossible: bool = False
    """Cannot be true: the cells are set aside. Otherwise they are only shown."""
    claims: bool = True
    """The cells are explained: no later check looks at them."""
    drawn: bool = False
    band: tuple[float | None, float | None] = (None, None)
    count: int | None = None


@dataclass(frozen=True)
class Sheet:
    """One export with the meaning of its columns; ``values`` are numbers in the plant's unit, NaN where nothing stands."""

    export: Export
    columns: tuple[Meant, ...]
    values: Mapping[str, Floats]

    @cached_property
    def numbers(self) -> tuple[tuple[Meant, Floats], ...]:
        """Columns of numbers with their values, in order."""
        return tuple((one, self.values[one.column.name]) for one in self.columns if one.column.name in self.values)

    @cached_property
    def pieces(self) -> bool:
        """True when each row is a piece of its own: an id names it, but for a few written twice or mistyped."""
        return any(
            one.read.kind == "identity" and one.read.values.n_unique() >= _OWN_ROW * len(one.read.values)
            for one in self.columns
        )

    @cached_property
    def log(self) -> bool:
        """True when the rows are samples in the order of time, not pieces."""
        return self.ordered and not self.pieces

    @cached_property
    def ordered(self) -> bool:
        """True when the rows stand in the order of a time."""
        for one in self.columns:
            if one.read.kind == "time" and one.read.span != "date":
                steps = one.read.values.cast(pl.Int64).diff().drop_nulls()
                return len(steps) > 0 and int((steps >= 0).sum()) >= _ORDERED * len(steps)
        return False

    @property
    def height(self) -> int:
        """Number of rows."""
        return len(self.export.rows)

    def si(self, one: Meant) -> Floats:
        """Values of a column in SI."""
        return self.values[one.column.name] * one.column.factor + one.column.offset

    def of(self, concept: str) -> list[Meant]:
        """Columns of numbers that mean this concept, in a known unit."""
        return [
            one
            for one in self.columns
            if one.column.concept == concept
            and one.column.name in self.values
            and (one.column.unit is not None or (one.concept is not None and one.concept.unit is None))
        ]

    def one(self, *concepts: str) -> Meant | None:
        """The only column that means one of these concepts; None when there is none, or which is open."""
        found = [one for concept in concepts for one in self.of(concept)]
        return found[0] if len(found) == 1 else None

    def pairs(self, first: str, second: str) -> Iterator[tuple[Meant, Meant]]:
        """Columns of two concepts at the same position and of the same statistic."""
        for a in self.of(first):
            for b in self.of(second):
                if (a.column.position, a.column.statistic) == (b.column.position, b.column.statistic):
                    yield a, b

    def stated(self, first: str, second: str, made: str) -> Iterator[tuple[Meant, Meant, Meant]]:
        """Pairs of two concepts, each with the column that states what the two make together, at the same position."""
        for a, b in self.pairs(first, second):
            for one in self.of(made):
                if one.column.position == a.column.position:
                    yield a, b, one

    def without(self, odds: Sequence[Odd]) -> Sheet:
        """The same sheet without the cells that these findings explain."""
        values = dict(self.values)
        for odd in odds:
            if odd.column is not None and odd.where is not None and odd.claims and odd.column.column.name in values:
                values[odd.column.column.name] = np.where(odd.where, np.nan, values[odd.column.column.name])
        return replace(self, values=values)


def lay_out(export: Export, meant: Sequence[Meant]) -> Sheet:
    """The view that checks have of an export."""
    return Sheet(export, tuple(meant), {one.column.name: in_plant_unit(one) for one in meant if one.read.kind == "number"})


def in_plant_unit(one: Meant) -> Floats:
    """A column's values as the plant writes them, NaN where nothing stands."""
    return np.asarray(one.plant.to_numpy(), dtype=np.float64)


def report(sheet: Sheet, odd: Odd) -> Finding:
    """The finding a person reads: first rows, what stands there, what would be plausible, a picture where one helps."""
    origin = Origin(sheet.export.origin.file, sheet.export.origin.sheet) if odd.column is None else odd.column.read.place.origin
    finding = Finding(odd.code, odd.severity, odd.message, origin, hint=odd.hint)
    if odd.where is None:
        return replace(finding, count=1 if odd.count is None else odd.count)
    first = np.flatnonzero(odd.where)[:ROWS_SHOWN]
    return replace(
        finding,
        expected=_expected(odd, first),
        count=int(odd.where.sum()) if odd.count is None else odd.count,
        rows=tuple(int(row) for row in sheet.export.rows.gather(first).to_list()),
        found=_found(odd, first),
        picture=_picture(sheet, odd) if odd.drawn and odd.column is not None else None,
    )


def asides(sheet: Sheet, odd: Odd) -> list[Aside]:
    """What an impossible finding leaves out, run by run, so that nothing of it is lost."""
    if odd.column is None or odd.where is None or not odd.impossible:
        return []
    at = np.flatnonzero(odd.where)
    raw = odd.column.read.raw.gather(at).cast(pl.String).fill_null("").to_list()
    rows = sheet.export.rows.gather(at).to_list()
    expected = _expected(odd, at)
    per_row = odd.wanted is not None
    runs: list[Aside] = []
    for i, (place, row, text) in enumerate(zip(at.tolist(), rows, raw, strict=True)):
        if runs and runs[-1].found == text and at[i - 1] == place - 1 and not per_row:
            runs[-1] = replace(runs[-1], last=int(row), count=runs[-1].count + 1)
            continue
        wanted = expected[i] if per_row else expected[0] if expected else ""
        origin = odd.column.read.place.origin
        runs.append(Aside(odd.code, origin, int(row), int(row), text, wanted, odd.message, 1, sheet.export.sha256))
    return runs


def _expected(odd: Odd, at: Places) -> tuple[str, ...]:
    if odd.wanted is not None:
        return tuple(f"{value:.5g}" for value in odd.wanted[at].tolist())
    return (odd.expected,) if odd.expected else ()


def _found(odd: Odd, at: Places) -> tuple[str, ...]:
    if odd.column is None:
        return ()
    texts = [_text(value) for value in odd.column.read.raw.gather(at).to_list()]
    for other in odd.beside:
        also = other.read.raw.gather(at).to_list()
        texts = [f"{text} · {other.read.header} {_text(value)}" for text, value in zip(texts, also, strict=True)]
    return tuple(texts)


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.10g}"
    return "" if value is None else str(value)[:80]


def _picture(sheet: Sheet, odd: Odd) -> Picture | None:
    one = odd.column
    if one is None or odd.where is None or one.read.kind != "number" or not sheet.height:
        return None
    values = in_plant_unit(one)
    rest = np.where(odd.where, np.nan, values)
    starts = np.unique(np.linspace(0, len(values), min(_PLACES, len(values)), endpoint=False).astype(np.int64))
    lows, highs = np.fmin.reduceat(rest, starts), np.fmax.reduceat(rest, starts)
    spans, singles = _stretches(odd.where)
    last = max(1, len(values) - 1)
    singles = singles[:: max(1, len(singles) // _MARKS)]
    return Picture(
        lows=tuple(_known(value) for value in lows.tolist()),
        highs=tuple(_known(value) for value in highs.tolist()),
        marks=tuple((at / last, float(values[at])) for at in singles.tolist() if np.isfinite(values[at])),
        spans=tuple((start / last, (stop - 1) / last) for start, stop in spans[:_MARKS]),
        band=(_end(odd.band[0]), _end(odd.band[1])),
        unit=one.column.unit_read,
        rows=(int(sheet.export.rows[0]), int(sheet.export.rows[-1])),
    )


def _stretches(where: Mask) -> tuple[list[tuple[int, int]], Places]:
    """Long runs of a mask as stretches, the rest as single places."""
    edges = np.flatnonzero(np.diff(np.r_[False, where, False].astype(np.int8)))
    starts, stops = edges[::2], edges[1::2]
    long = stops - starts >= max(5, len(where) // _PLACES)
    singles = [np.arange(a, b) for a, b in zip(starts[~long][:5000], stops[~long][:5000], strict=True)]
    at = np.concatenate(singles) if singles else np.empty(0, dtype=np.intp)
    return list(zip(starts[long].tolist(), stops[long].tolist(), strict=True)), at


def _end(value: float | None) -> float | None:
    return None if value is None else _known(value)


def _known(value: float) -> float | None:
    return float(f"{value:.6g}") if np.isfinite(value) else None
