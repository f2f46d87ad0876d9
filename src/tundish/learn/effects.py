"""How much does the target move with each cause? Curves with intervals, and each cause's part of what is explained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from tundish.learn.answer import Curve, Direction, Floats
from tundish.learn.features import MOST_LEVELS, Group, frequent_levels
from tundish.learn.model import Average, Fitted, Reader
from tundish.table import Column

GRID = 21
REFITS = 8
ROWS_OF_A_CURVE = 300
TURNING = 0.35
"""Part of a curve's range by which both ends must lie above its lowest point for the setting to be bad on both sides;
the mean over refits, and half of it in four of five."""


@dataclass(frozen=True)
class Effect:
    """One column's curve and what follows from it."""

    curve: Curve
    direction: Direction
    change: float
    """Change of the target over the setting's 10th to 90th percentile; SI of the target."""


def _light_model(frame: pl.DataFrame, inputs: Sequence[Column], outcome: Floats, *, binary: bool, seed: int) -> Average:
    """A small smooth model of the causes alone, quick enough to be fitted many times."""
    from lightgbm import LGBMClassifier, LGBMRegressor
    from sklearn.linear_model import LogisticRegression, Ridge

    reader = Reader.of(frame, inputs)
    kind = LGBMClassifier if binary else LGBMRegressor
    boosted = kind(
        n_estimators=150,
        learning_rate=0.05,
        num_leaves=7,
        min_child_samples=15,
        random_state=seed,
        n_jobs=1,
        deterministic=True,
        force_col_wise=True,
        verbose=-1,
    ).fit(reader.raw(frame), outcome)
    smooth = (LogisticRegression(C=0.3, max_iter=500) if binary else Ridge(alpha=5.0)).fit(reader.curved(frame), outcome)
    return Average((Fitted(reader, "raw", boosted, binary), Fitted(reader, "curved", smooth, binary)))


def shares(
    frame: pl.DataFrame, inputs: Sequence[Column], *, outcome: Floats, blocks: np.ndarray, binary: bool, seed: int
) -> Floats:
    """Each column's part of what the causes explain together, 0 to 1, shape (columns,).

    The loss on pieces of other time blocks is compared with the loss when the column is shuffled among them.
    """
    rng = np.random.default_rng(seed)
    gain = np.zeros(len(inputs))
    for fold in range(4 if inputs else 0):
        out = blocks % 4 == fold
        if len(set(outcome[~out])) < 2 or not out.any():
            continue
        model = _light_model(frame.filter(~out), inputs, outcome[~out], binary=binary, seed=seed)
        test, truth = frame.filter(out), outcome[out]
        usual = _loss(truth, model.predict(test), binary)
        for i, column in enumerate(inputs):
            for _ in range(3):
                shuffled = test.with_columns(test[column.name].gather(rng.permutation(test.height)).alias(column.name))
                gain[i] += _loss(truth, model.predict(shuffled), binary) - usual
    gain = np.maximum(gain, 0.0)
    return gain / gain.sum() if gain.sum() > 0 else gain


def _loss(truth: Floats, guess: Floats, binary: bool) -> float:
    if not binary:
        return float(((truth - guess) ** 2).sum())
    p = np.clip(guess, 0.005, 0.995)
    return float(-(truth * np.log(p) + (1 - truth) * np.log(1 - p)).sum())


def effects(
    frame: pl.DataFrame,
    inputs: Sequence[Column],
    *,
    outcome: Floats,
    blocks: np.ndarray,
    binary: bool,
    seed: int,
    refits: int = REFITS,
) -> list[Effect]:
    """Curve, direction and change of each column, the other columns left as they were. Intervals: 90 %, block bootstrap."""
    if not inputs:
        return []
    rng = np.random.default_rng(seed)
    grids = [_grid(frame[column.name], column) for column in inputs]
    rows = frame[np.sort(rng.choice(frame.height, min(ROWS_OF_A_CURVE, frame.height), replace=False))]
    model = _light_model(frame, inputs, outcome, binary=binary, seed=seed)
    lines = [_line(model, rows, column, grid) for column, grid in zip(inputs, grids, strict=True)]
    spread: list[list[Floats]] = [[] for _ in inputs]
    for refit in range(refits):
        picked = _resample(blocks, rng)
        if len(set(outcome[picked])) < 2:
            continue
        again = _light_model(frame[picked], inputs, outcome[picked], binary=binary, seed=seed + refit + 1)
        for i, (column, grid) in enumerate(zip(inputs, grids, strict=True)):
            spread[i].append(_line(again, rows, column, grid))
    return [
        _effect(frame[column.name], column, grid, line, others=np.array(others or [line]))
        for column, grid, line, others in zip(inputs, grids, lines, spread, strict=True)
    ]


def _resample(blocks: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    names = np.unique(blocks)
    order = np.argsort(blocks, kind="stable")
    bounds = np.searchsorted(blocks[order], names, side="left"), np.searchsorted(blocks[order], names, side="right")
    drawn = rng.integers(0, len(names), len(names))
    return np.sort(np.concatenate([order[bounds[0][k] : bounds[1][k]] for k in drawn]))


def _grid(series: pl.Series, column: Column) -> list[float] | list[str]:
    if column.kind == "category":
        return list(frequent_levels(series, MOST_LEVELS))
    values = series.cast(pl.Float64, strict=False).to_numpy()
    values = values[np.isfinite(values)]
    low, high = np.quantile(values, [0.02, 0.98])
    distinct = np.unique(values)
    if distinct.size <= GRID:
        return [float(value) for value in distinct]
    return [float(value) for value in np.unique(np.r_[np.linspace(low, high, GRID), np.quantile(values, [0.1, 0.9])])]


def _line(model: Average, rows: pl.DataFrame, column: Column, grid: list[float] | list[str]) -> Floats:
    kind = pl.String if column.kind == "category" else pl.Float64
    laid = pl.concat([rows.with_columns(pl.lit(value, dtype=kind).alias(column.name)) for value in grid])
    return np.asarray(model.predict(laid).reshape(len(grid), rows.height).mean(axis=1))


def _effect(series: pl.Series, column: Column, grid: list[float] | list[str], line: Floats, *, others: Floats) -> Effect:
    half = 1.64 * others.std(axis=0)
    low, high = line - half, line + half
    counts = _counts(series, column, grid)
    setting: tuple[float, ...] | tuple[str, ...] = tuple(grid)  # type: ignore[assignment]
    curve = Curve(setting, tuple(map(float, line)), tuple(map(float, low)), tuple(map(float, high)), counts)
    if column.kind == "category":
        common = line[np.array(counts) >= 0.03 * sum(counts)] if sum(counts) else line
        common = common if common.size else line
        return Effect(curve, "by_level", float(common.max() - common.min()))
    values = series.cast(pl.Float64, strict=False).to_numpy()
    return Effect(curve, *_direction(np.asarray(grid, dtype=float), line, values[np.isfinite(values)], others=others))


def _counts(series: pl.Series, column: Column, grid: list[float] | list[str]) -> tuple[int, ...]:
    if column.kind == "category":
        seen = dict(series.cast(pl.String).drop_nulls().value_counts().iter_rows())
        return tuple(int(seen.get(level, 0)) for level in grid)
    values = series.cast(pl.Float64, strict=False).to_numpy()
    places = np.asarray(grid, dtype=float)
    nearest = np.searchsorted((places[1:] + places[:-1]) / 2, values[np.isfinite(values)])
    return tuple(int(count) for count in np.bincount(nearest, minlength=len(places)))


def _direction(grid: Floats, line: Floats, values: Floats, *, others: Floats) -> tuple[Direction, float]:
    """Rising, falling, or turning within the usual span; and the change that belongs to it. ``others``: curves of refits."""
    low, high = np.quantile(values, [0.1, 0.9])
    if low == high:  # an addition that most pieces do without: its span is from none to a usual amount
        low, high = min(low, np.quantile(values, 0.02)), max(high, float(np.median(values[values != low])))
    places = np.unique(np.r_[low, grid[(grid > low) & (grid < high)], high])
    inside = np.interp(places, grid, line)
    change = float(inside[-1] - inside[0])
    span = float(inside.max() - inside.min())
    wide = np.unique(np.r_[np.quantile(values, [0.05, 0.95]), places])
    arms = [_least_arm(np.interp(wide, grid, one)) for one in (line, *others)]
    if np.mean(arms) > TURNING and np.quantile(arms, 0.2) > TURNING / 2:
        return "both_sides", span
    if abs(change) < 0.5 * span:
        change = span if inside.argmax() > inside.argmin() else -span
    return ("increases" if change >= 0 else "decreases"), change


def _least_arm(line: Floats) -> float:
    """Height of the lower end above the lowest point between the ends, as a part of the whole range: 0 to 1."""
    height = float(line.max() - line.min())
    return float(min(line[0], line[-1]) - line.min()) / height if height > 0 else 0.0


def best_column(group: Group, scores: dict[str, float]) -> Column:
    """The feature that shows the group best; its value or mean unless another shows it clearly better."""
    main = group.main.column
    best = max(group.columns, key=lambda column: scores.get(column.name, 0.0))
    return main if scores.get(main.name, 0.0) >= 0.8 * scores.get(best.name, 0.0) else best
