"""What is odd inside one export, that a person should read?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from tundish.errors import Message
from tundish.standardise.export import Export
from tundish.standardise.meaning import Meant
from tundish.standardise.steps import uneven_steps
from tundish.standardise.wide import REPEAT
from tundish.table import Finding, Origin

_FEWEST = 20
_SAME = 0.999
_GLANCE = 64
_FEW_SEEN = 8
Values = np.typing.NDArray[np.float64]


def check(export: Export, meant: Sequence[Meant]) -> list[Finding]:
    """All checks of one export, each with its place."""
    return [
        *_copies(meant),
        *_constants(meant),
        *_twice_named(meant),
        *_implausible(meant),
        *_without_unit(export, meant),
        *(finding for one in meant if one.read.kind == "time" for finding in uneven_steps(one.read)),
        *_too_regular(meant),
    ]


def _copies(meant: Sequence[Meant]) -> Iterator[Finding]:
    numbers = [(one, one.read.values.to_numpy()) for one in meant if one.read.kind == "number"]
    moving = [
        (one, values)
        for one, values in numbers
        if len(np.unique(values[np.isfinite(values)][:: max(1, len(values) // 997)])) >= 3
    ]
    for (first, a), (second, b) in _alike(moving):
        if len(a) >= _FEWEST and _same(a, b):
            equal = int((a == b).sum())
            message = Message(
                "{column} copies {other}: equal in {equal} of {rows} rows. One of the two was not measured.",
                column=second.read.header,
                other=first.read.header,
                equal=equal,
                rows=int((np.isfinite(a) | np.isfinite(b)).sum()),
            )
            yield Finding("copy", "warning", message, second.read.place.origin, count=equal)


def _alike(columns: Sequence[tuple[Meant, Values]]) -> Iterator[tuple[tuple[Meant, Values], tuple[Meant, Values]]]:
    """Pairs of columns worth comparing row by row: equal in most of a few rows, or too seldom known there to tell."""
    if not columns:
        return
    seen = np.stack([values[np.linspace(0, len(values) - 1, _GLANCE).astype(np.int64)] for _, values in columns])
    known = np.isfinite(seen)
    for index, column in enumerate(columns):
        either = (known[index] | known[index + 1 :]).sum(axis=1)
        equal = (seen[index] == seen[index + 1 :]).sum(axis=1)
        for other in np.flatnonzero((equal >= 0.8 * either) | (either < _FEW_SEEN)).tolist():
            yield column, columns[index + 1 + other]


def _same(a: Values, b: Values) -> bool:
    """Equal nearly everywhere, and also where the values are not the commonest one."""
    step = max(1, len(a) // 997)
    for x, y in ((a[::step], b[::step]), (a, b)):
        known = np.isfinite(x) | np.isfinite(y)
        if known.sum() < _FEWEST or (x == y)[known].mean() < (_SAME if step == 1 or len(x) == len(a) else 0.99):
            return False
    known = np.isfinite(a) & np.isfinite(b)
    levels, counts = np.unique(a[known], return_counts=True)
    rare = known & (a != levels[counts.argmax()])
    return bool(rare.sum() >= _FEWEST and (a == b)[rare].mean() >= 0.99)


def _constants(meant: Sequence[Meant]) -> Iterator[Finding]:
    for one in meant:
        filled = one.read.values.drop_nulls()
        if len(filled) >= max(3, 0.5 * len(one.read.values)) and filled.n_unique() == 1 and one.read.kind != "time":
            value = one.column.to_plant(filled[0]) if one.read.kind == "number" else filled[0]
            shown = f"{value:g}" if isinstance(value, float) else str(value)
            message = Message("The column holds one value only ({value}); nothing can be learned from it.", value=shown)
            yield Finding("constant", "info", message, one.read.place.origin, count=len(filled))


def _twice_named(meant: Sequence[Meant]) -> Iterator[Finding]:
    for one in meant:
        filled = one.read.values.drop_nulls()
        if one.read.kind != "identity" or len(filled) < _FEWEST:
            continue
        if not 0.98 * len(filled) <= filled.n_unique() < len(filled):
            continue
        twice = (one.read.values.is_duplicated() & one.read.values.is_not_null()).rename("")
        message = Message(
            "Ids that should stand once stand in several rows, {id} among them.", id=str(one.read.values.filter(twice)[0])
        )
        yield one.read.place.finding("duplicate_id", "warning", message, twice)


def _implausible(meant: Sequence[Meant]) -> Iterator[Finding]:
    for one in meant:
        concept = one.concept
        if concept is None or one.read.kind != "number" or one.column.unit is None or one.column.unit != concept.unit:
            continue
        low = -np.inf if concept.low is None else concept.low
        high = np.inf if concept.high is None else concept.high
        values = one.read.values
        outside = ((values < low) | (values > high)).fill_null(value=False)
        if not outside.any():
            continue
        shown = {
            "low": "-" if concept.low is None else f"{one.column.to_plant(low):g}",
            "high": "-" if concept.high is None else f"{one.column.to_plant(high):g}",
            "unit": one.column.unit_read or "",
        }
        if int(outside.sum()) > 0.5 * len(values.drop_nulls()):
            message = Message(
                "Most values lie outside of what is plausible ({low} to {high} {unit}): the unit or the meaning may be wrong. "
                "Correct it under [units] or [mapping] in plant.toml.",
                **shown,
            )
            yield one.read.place.finding("unit_doubtful", "warning", message, outside)
        else:
            message = Message("Values lie outside of what is plausible ({low} to {high} {unit}); they are kept.", **shown)
            yield one.read.place.finding("implausible", "info", message, outside)


def _without_unit(export: Export, meant: Sequence[Meant]) -> Iterator[Finding]:
    bare = []
    for one in meant:
        if one.read.kind != "number" or one.column.unit is not None:
            continue
        if one.match.unit_read:
            message = Message(
                "The unit {unit} is not known here; the values are kept as read. Write the unit under [units] in plant.toml.",
                unit=one.match.unit_read,
            )
            yield Finding("unit_unknown", "info", message, one.read.place.origin)
        elif one.read.header != REPEAT and (one.concept is None or one.concept.quantity is not None):
            bare.append(one.read.header)
    if bare:
        message = Message(
            "{count} columns of numbers have no unit; their values are kept as read: {columns}. "
            "Units can be written under [units] in plant.toml.",
            count=len(bare),
            columns=", ".join(bare),
        )
        yield Finding("unit_unknown", "info", message, Origin(export.origin.file, export.origin.sheet), count=len(bare))


def _too_regular(meant: Sequence[Meant]) -> Iterator[Finding]:
    """Pieces do not come by the metronome; a log does."""
    pieces = any(one.read.kind == "identity" and one.read.values.n_unique() == len(one.read.values) for one in meant)
    for one in meant:
        if not pieces or one.read.kind != "time" or len(one.read.values) < _FEWEST or one.read.span == "date":
            continue
        steps = one.read.values.cast(pl.Int64).diff().drop_nulls()
        if len(steps) >= _FEWEST and steps.n_unique() == 1 and steps[0] != 0:
            message = Message(
                "The times of all pieces are exactly {step_s} s apart: they were counted, not measured.",
                step_s=round(steps[0] / 1e6, 3),
            )
            yield Finding("regular_times", "info", message, one.read.place.origin, count=len(steps))
