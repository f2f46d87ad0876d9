"""What may be said of an answer without showing a row of the plant's data?"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import Literal

import numpy as np
import polars as pl

from tundish.learn.answer import Answer, Limit, Rule, Window
from tundish.prove.evidence import Evidence
from tundish.table import Column
from tundish.trace.pieces import MOMENT, Pieces

LEAST_OF_A_LEVEL = 5
"""A level of a category that fewer pieces had is not named: a single order could be known by it."""


@dataclass(frozen=True, slots=True)
class Holds:
    """Where one input was seen: the answer holds there and nowhere else. Plant's unit."""

    column: str
    concept: str | None
    statistic: str
    unit: str | None
    low: float | None
    high: float | None
    """1st and 99th percentile of a number, so that no single piece shows."""
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """One claimed cause, in the plant's words."""

    columns: tuple[str, ...]
    concept: str | None
    direction: str
    effect: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Kept:
    """One line of the window or of a rule's condition, plant's unit."""

    column: str
    unit: str | None
    low: float | None
    high: float | None
    levels: tuple[str, ...]


@dataclass(frozen=True)
class Card:
    """An answer in short, without a row of data: fit to be shown to whoever may see it."""

    what: Literal["causes, safe window and model"]
    target: str
    target_concept: str | None
    target_unit: str | None
    pieces: int
    period: tuple[str | None, str | None]
    """First and last decision moment (UTC, day)."""
    holds: tuple[Holds, ...]
    causes: tuple[Claim, ...]
    window: tuple[Kept, ...]
    rule: tuple[tuple[Kept, ...], ...]
    """Bad when any of (outer) all of (inner)."""
    metric: str
    today: float
    linear: float
    result: float
    gain: tuple[float, float, float]
    """Gain over today's practice: value, and 95 % interval; SI of the metric."""
    window_kept: float | None
    verdict: str
    who: Literal["this plant only"]
    """Nothing else until the plant agrees to more."""
    hash: str
    """SHA-256 of all the above, as JSON with sorted keys: the same card has the same hash."""


def share(answer: Answer, evidence: Evidence, pieces: Pieces) -> Card:
    """Write the card of an answer; nothing leaves the program."""
    frame, target = pieces.table.frame, pieces.table.column(pieces.target)
    moments = frame.get_column(MOMENT).drop_nulls()
    card = Card(
        what="causes, safe window and model",
        target=target.header,
        target_concept=target.concept,
        target_unit=target.unit_read,
        pieces=evidence.earlier + evidence.later,
        period=(f"{moments[0]:%Y-%m-%d}", f"{moments[-1]:%Y-%m-%d}") if moments.len() else (None, None),
        holds=tuple(_holds(pieces.table.column(name), frame) for name in answer.inputs),
        causes=tuple(
            Claim(
                tuple(header for column in (cause.column, *cause.also) for header in column.headers),
                cause.column.concept,
                cause.direction,
                cause.effect,
                round(cause.confidence, 4),
            )
            for cause in answer.causes
        ),
        window=_window(answer.window),
        rule=_rule(answer.rule),
        metric=evidence.metric,
        today=evidence.today,
        linear=evidence.linear,
        result=evidence.model,
        gain=(evidence.gain_over_today.value, evidence.gain_over_today.low, evidence.gain_over_today.high),
        window_kept=evidence.window.kept if evidence.window is not None else None,
        verdict=evidence.verdict,
        who="this plant only",
        hash="",
    )
    return _signed(card)


def content_hash(card: Card) -> str:
    """SHA-256 of everything on the card but the hash itself."""
    content = {key: value for key, value in asdict(card).items() if key != "hash"}
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _signed(card: Card) -> Card:
    return replace(card, hash=content_hash(card))


def _window(window: Window | None) -> tuple[Kept, ...]:
    return () if window is None else tuple(_kept(line) for line in window.limits)


def _rule(rule: Rule | None) -> tuple[tuple[Kept, ...], ...]:
    return () if rule is None else tuple(tuple(_kept(line) for line in condition) for condition in rule.conditions)


def _kept(line: Limit) -> Kept:
    low, high = (None if bound is None else _short(line.column.to_plant(bound)) for bound in (line.low, line.high))
    return Kept(line.column.header, line.column.unit_read, low, high, line.levels)


def _holds(column: Column, frame: pl.DataFrame) -> Holds:
    series = frame.get_column(column.name)
    name, unit = column.header, column.unit_read
    if column.kind == "number":
        values = series.cast(pl.Float64, strict=False).drop_nulls().drop_nans().to_numpy()
        low, high = (
            (_short(column.to_plant(float(value))) for value in np.quantile(values, (0.01, 0.99)))
            if values.size
            else (None, None)
        )
        return Holds(name, column.concept, column.statistic, unit, low, high, ())
    counts = series.cast(pl.String).drop_nulls().alias("level").value_counts()
    common = counts.filter(pl.col("count") >= LEAST_OF_A_LEVEL).get_column("level").sort()
    return Holds(name, column.concept, column.statistic, unit, None, None, tuple(common))


def _short(value: float) -> float:
    """Four significant digits: what a sheet of paper shows."""
    return float(f"{value:.4g}")
