"""Which columns may not be inputs? Known too late, copies of the target, arithmetic of it, ids, clocks and empty columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import polars as pl

from tundish.errors import Message
from tundish.learn.answer import Floats
from tundish.learn.features import numbers
from tundish.learn.identity import find_identities, same_order
from tundish.table import Column, Refusal
from tundish.trace.pieces import Pieces

SURE = 0.995
"""Share of the outcomes that a copy of the target fixes at least; a strong cause leaves more exceptions."""
FEW_LEVELS = 20
NEAR = 0.1
"""Standard deviations of the target within which pieces must lie on both sides of a border between its classes."""


def refuse(pieces: Pieces, outcome: Floats, *, binary: bool) -> tuple[Refusal, ...]:
    """Refuse every column that may not be an input, each with its reason.

    ``outcome``: one number a piece, NaN where unknown. Arithmetic is looked for in columns known with the target too, because
    the formula is a better reason than the time.
    """
    columns = [column for column in pieces.table.columns if column.name != pieces.target]
    reasons: dict[str, Message] = {}
    if not binary:
        reasons |= {column.name: reason for column, reason in _arithmetic(pieces, columns, outcome)}
    for column in columns:
        reason = _useless(pieces, column) or _copy(pieces, column, outcome, binary=binary) or _made_of_target(pieces, column)
        if reason is not None:
            reasons.setdefault(column.name, reason)
        if column.known != "before":
            reasons.setdefault(column.name, column.known_reason or _late(column))
    return tuple(Refusal(column, reasons[column.name]) for column in columns if column.name in reasons)


def _late(column: Column) -> Message:
    if column.known == "after":
        return Message("Known only after the decision moment.")
    return Message("Measured together with the target, too late for a decision.")


_NO_PROPERTY = {
    "identity": Message("A number or name of the piece, not a property of it."),
    "time": Message("A time of day or date: it tells when, not how."),
    "text": Message("Free text."),
}


def _useless(pieces: Pieces, column: Column) -> Message | None:
    series = pieces.table.frame[column.name]
    known = series.drop_nulls()
    if known.len() == 0:
        return Message("Holds no value.")
    if column.kind in _NO_PROPERTY:
        return _NO_PROPERTY[column.kind]
    if known.n_unique() == 1:
        return Message("Always the same value ({value}).", value=str(known[0]))
    if column.kind == "category" and known.len() >= 20 and known.n_unique() > 0.5 * known.len():
        return Message("Nearly every piece has a value of its own: an id, not a property.")
    if column.kind == "number" and column.statistic in ("value", "first", "last") and _counts_up(series):
        return Message("A running number: it counts pieces or time.")
    return None


def _counts_up(series: pl.Series) -> bool:
    """True for whole numbers that only ever rise (or fall) from piece to piece."""
    values = series.cast(pl.Float64, strict=False).drop_nulls().drop_nans().to_numpy()
    if len(values) < 30 or np.any(values != np.round(values)):
        return False
    steps = np.diff(values)
    return bool(max(np.mean(steps > 0), np.mean(steps < 0)) >= 0.99)


def _copy(pieces: Pieces, column: Column, outcome: Floats, *, binary: bool) -> Message | None:
    known = np.isfinite(outcome)
    if binary:
        share = _fixed_share(pieces, column, outcome)
        if share is None:
            return None
        return Message("Copies the target: it fixes {share} % of the outcomes.", share=round(100 * share, 1))
    if column.kind == "number" and same_order(outcome[known], numbers(pieces, column)[known]):
        return Message("A copy of the target: the same value, re-coded or rounded.")
    series = pieces.table.frame[column.name].filter(pl.Series(known))
    if column.statistic == "value" and series.n_unique() <= FEW_LEVELS and are_classes_of(outcome[known], series):
        return Message("Classes of the target: its levels are cut out of the target's own values.")
    return None


def are_classes_of(y: Floats, series: pl.Series) -> bool:
    """True when levels part the target's values at sharp borders with pieces close by on both sides.

    A material that truly differs (two steel grades) leaves a gap between its levels, or lets them overlap.
    """
    codes = np.unique(series.cast(pl.String).fill_null("").to_numpy(), return_inverse=True)[1]
    parts = [part for code in range(codes.max() + 1) if len(part := np.sort(y[codes == code])) >= 5]
    parts.sort(key=lambda part: float(np.median(part)))
    if len(parts) < 2:
        return False
    close, wrong = NEAR * float(y.std()), 0
    for below, above in pairwise(parts):
        border = (np.quantile(below, SURE) + np.quantile(above, 1 - SURE)) / 2
        wrong += int((below > border).sum() + (above < border).sum())
        if min((below > border - close).sum(), (above < border + close).sum()) < 3:
            return False
    return wrong <= (1 - SURE) * len(y)


def _fixed_share(pieces: Pieces, column: Column, outcome: Floats) -> float | None:
    """Share of outcomes that a column fixes, when that is nearly all and no chance; else None."""
    known = np.isfinite(outcome)
    y = outcome[known]
    rare = min(y.sum(), len(y) - y.sum())
    if rare < 5:
        return None
    for codes in _codings(pieces, column, known):
        table = np.zeros((2, codes.max() + 1))
        np.add.at(table, ((y > 0.5).astype(int), codes), 1)
        wrong = float(table.min(axis=0).sum())
        if wrong <= (1 - SURE) * len(y) and wrong <= 0.02 * rare:
            return 1 - wrong / len(y)
    return None


def _codings(pieces: Pieces, column: Column, known: np.ndarray) -> Iterator[np.ndarray]:
    """Ways to read a column as few classes: its levels, present or missing, above or below one threshold."""
    series = pieces.table.frame[column.name].filter(pl.Series(known))
    yield series.is_null().to_numpy().astype(np.int64)
    if series.n_unique() <= FEW_LEVELS:
        yield np.unique(series.cast(pl.String).fill_null("").to_numpy(), return_inverse=True)[1]
    elif column.kind == "number":
        yield from _thresholds(series.cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy())


def _thresholds(values: Floats) -> Iterator[np.ndarray]:
    """Two classes at each of 400 quantiles."""
    finite = values[np.isfinite(values)]
    if finite.size < 30:
        return
    for cut in np.unique(np.quantile(finite, np.linspace(0.002, 0.998, 400), method="nearest")):
        yield np.where(np.isnan(values), 2, (values > cut).astype(np.int64))


def _made_of_target(pieces: Pieces, column: Column) -> Message | None:
    """The target's own source column in another guise (a statistic of it) is no input."""
    target = pieces.table.column(pieces.target)
    if column.known != "before" and column.source == target.source:
        return Message("Made of the target column itself.")
    return None


def _arithmetic(pieces: Pieces, columns: Sequence[Column], outcome: Floats) -> Iterator[tuple[Column, Message]]:
    """Columns that give the target by a formula. Where some are known too late anyway, the others stay inputs."""
    target = pieces.table.column(pieces.target)
    rows = [column for column in columns if column.kind == "number" and column.statistic == "value"]
    values = [(numbers(pieces, column) - column.offset) / column.factor for column in rows]
    names = [column.header for column in rows]
    plant = (outcome - target.offset) / target.factor
    for identity in find_identities(plant, values, names):
        used = [rows[i] for i in identity.columns]
        late = [column for column in used if column.known != "before"]
        formula = identity.formula.replace("{target}", target.header)
        reason = Message(
            "The target follows from it by arithmetic: {formula} (on {share} % of the rows).",
            formula=formula,
            share=round(100 * identity.holds, 1),
        )
        for column in late or used:
            yield column, reason
