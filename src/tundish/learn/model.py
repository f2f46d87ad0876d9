"""Which model predicts the target? Boosting, random trees and smooth curves, averaged; and the plain linear model beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from tundish.learn.answer import Floats, Model
from tundish.learn.features import frequent_levels
from tundish.table import Column

MOST_LEVELS = 30
KNOTS = (0.1, 0.3, 0.5, 0.7, 0.9)
MANY_ROWS = 10_000
"""Below, one thread is quicker: hundreds of tiny trees spend their time waiting for each other."""
TREE_ROWS = 20_000
"""Random trees see at most so many rows, the latest; more cost minutes and gain little."""


_Estimator = Any  # scikit-learn and LightGBM ship no types


@dataclass(frozen=True)
class Reader:
    """Turns a frame into numbers the same way in learning and in use; unseen levels and missing values have a place."""

    numeric: tuple[str, ...]
    low: Floats
    high: Floats
    middle: Floats
    spread: Floats
    knots: Floats
    """Scaled places where a curve may bend, shape (columns, knots)."""
    gaps: tuple[int, ...]
    """Positions of number columns that had missing values."""
    levels: tuple[tuple[str, tuple[str, ...]], ...]

    @classmethod
    def of(cls, frame: pl.DataFrame, inputs: Sequence[Column]) -> Reader:
        """Learn places and levels from the earlier pieces."""
        numeric = tuple(column.name for column in inputs if column.kind != "category")
        values = _numbers(frame, numeric)
        known = np.isfinite(values).any(axis=0)
        numeric, values = tuple(numeric[i] for i in np.flatnonzero(known)), values[:, known]
        width = values.shape[1]
        low, middle, high = np.nanquantile(values, [0.005, 0.5, 0.995], axis=0) if width else np.zeros((3, 0))
        spread = np.nanstd(np.clip(values, low, high), axis=0)
        spread = np.where(spread > 0, spread, 1.0)
        scaled = (np.clip(values, low, high) - middle) / spread
        knots = np.nanquantile(scaled, KNOTS, axis=0).T if width else np.zeros((0, len(KNOTS)))
        gaps = tuple(int(i) for i in np.flatnonzero(np.isnan(values).sum(axis=0) >= 5))
        named = (column.name for column in inputs if column.kind == "category")
        levels = tuple((name, frequent_levels(frame[name], MOST_LEVELS)) for name in named)
        return cls(numeric, low, high, middle, spread, knots, gaps, levels)

    def raw(self, frame: pl.DataFrame) -> Floats:
        """Values with NaN where missing, then 0/1 a level; shape (pieces, columns)."""
        return np.column_stack([_numbers(frame, self.numeric), self._flags(frame)])

    def filled(self, frame: pl.DataFrame) -> Floats:
        """As ``raw`` with the median where missing, and a 0/1 column that says so."""
        values = _numbers(frame, self.numeric)
        missing = np.isnan(values)
        return np.column_stack([np.where(missing, self.middle, values), missing[:, self.gaps], self._flags(frame)])

    def straight(self, frame: pl.DataFrame) -> Floats:
        """Scaled values, for a linear model; outermost values pulled in."""
        values = _numbers(frame, self.numeric)
        missing = np.isnan(values)
        scaled = (np.clip(np.where(missing, self.middle, values), self.low, self.high) - self.middle) / self.spread
        return np.column_stack([scaled, missing[:, self.gaps], self._flags(frame)])

    def curved(self, frame: pl.DataFrame) -> Floats:
        """As ``straight``, with bends at five places a column."""
        straight = self.straight(frame)
        width = len(self.numeric)
        bends = np.maximum(straight[:, :width, None] - self.knots[None, :, :], 0.0).reshape(len(straight), -1)
        return np.column_stack([straight, bends])

    def _flags(self, frame: pl.DataFrame) -> Floats:
        flags = [
            (frame[name].cast(pl.String) == level).fill_null(False).to_numpy().astype(np.float64)
            for name, levels in self.levels
            for level in levels
        ]
        return np.column_stack(flags) if flags else np.zeros((frame.height, 0))


def _numbers(frame: pl.DataFrame, names: Sequence[str]) -> Floats:
    if not names:
        return np.zeros((frame.height, 0))
    values = frame.select(pl.col(name).cast(pl.Float64, strict=False) for name in names).to_numpy().astype(np.float64)
    return np.where(np.isfinite(values), values, np.nan)


@dataclass(frozen=True)
class Fitted:
    """One fitted estimator and how it reads a frame."""

    reader: Reader
    reading: str
    estimator: _Estimator
    binary: bool
    scale: tuple[float, float] = (0.0, 1.0)

    def predict(self, frame: pl.DataFrame) -> Floats:
        """Probability of a defect, or the value in SI; shape (pieces,)."""
        inputs = getattr(self.reader, self.reading)(frame)
        if self.binary:
            return np.asarray(self.estimator.predict_proba(inputs)[:, 1], dtype=np.float64)
        middle, spread = self.scale
        return np.asarray(self.estimator.predict(inputs), dtype=np.float64) * spread + middle


@dataclass(frozen=True)
class Average:
    """The mean of several models."""

    parts: tuple[Model, ...]

    def predict(self, frame: pl.DataFrame) -> Floats:
        """Probability of a defect, or the value in SI; shape (pieces,)."""
        return np.asarray(np.mean([part.predict(frame) for part in self.parts], axis=0))


@dataclass(frozen=True)
class Constant:
    """The same number for every piece: what is left when there is no usable input."""

    value: float

    def predict(self, frame: pl.DataFrame) -> Floats:
        """The number, once a piece."""
        return np.full(frame.height, self.value)


def fit_model(
    frame: pl.DataFrame, inputs: Sequence[Column], outcome: Floats, *, binary: bool, robust: bool = False, seed: int = 0
) -> Model:
    """Fit the average of boosting, random trees and smooth curves. ``outcome``: shape (pieces,), finite.

    ``robust``: large errors count by their size, not by its square, for scores that do so too. Settings for small data as
    measured on public steel tables: a fixed list beats a search under a time limit.
    """
    reader = Reader.of(frame, inputs)
    if not reader.numeric and not reader.levels:
        return Constant(float(outcome.mean()))
    scale = _scale(outcome, binary)
    y = outcome if binary else (outcome - scale[0]) / scale[1]
    boosted = _boosting(len(y), binary, robust, seed).fit(reader.raw(frame), y)
    last = slice(max(len(y) - TREE_ROWS, 0), None)
    trees = _trees(len(y), binary, seed).fit(reader.filled(frame)[last], y[last]) if len(set(y[last])) > 1 else boosted
    trees.set_params(n_jobs=1)  # two threads add up in any order: the last digit would differ from run to run
    smooth = _smooth(binary).fit(reader.curved(frame), y)
    readings = (("raw", boosted), ("raw" if trees is boosted else "filled", trees), ("curved", smooth))
    return Average(tuple(Fitted(reader, reading, estimator, binary, scale) for reading, estimator in readings))


def fit_linear(frame: pl.DataFrame, inputs: Sequence[Column], outcome: Floats, *, binary: bool) -> Model:
    """Fit the plain linear model that every answer must beat: ridge or logistic regression on scaled inputs."""
    from sklearn.linear_model import LogisticRegression, Ridge

    reader = Reader.of(frame, inputs)
    if not reader.numeric and not reader.levels:
        return Constant(float(outcome.mean()))
    scale = _scale(outcome, binary)
    y = outcome if binary else (outcome - scale[0]) / scale[1]
    estimator = LogisticRegression(C=1.0, max_iter=2000) if binary else Ridge(alpha=1.0)
    return Fitted(reader, "straight", estimator.fit(reader.straight(frame), y), binary, scale)


def _scale(outcome: Floats, binary: bool) -> tuple[float, float]:
    return (0.0, 1.0) if binary else (float(np.median(outcome)), float(np.std(outcome)) or 1.0)


def _boosting(rows: int, binary: bool, robust: bool, seed: int) -> _Estimator:
    from lightgbm import LGBMClassifier, LGBMRegressor

    many = rows > MANY_ROWS
    kind = LGBMClassifier if binary else LGBMRegressor
    return kind(
        objective="binary" if binary else "fair" if robust else "regression",
        n_estimators=400 if many else 800,
        learning_rate=0.05 if many else 0.03,
        num_leaves=31 if many else 15,
        min_child_samples=20 if many else 5,
        colsample_bytree=0.6,
        max_bin=255 if many else 63,
        random_state=seed,
        n_jobs=2 if many else 1,
        deterministic=True,
        force_col_wise=True,
        verbose=-1,
    )


def _trees(rows: int, binary: bool, seed: int) -> _Estimator:
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

    kind = ExtraTreesClassifier if binary else ExtraTreesRegressor
    few = rows <= MANY_ROWS
    return kind(
        n_estimators=300 if few else 100,
        min_samples_leaf=2 if few else 5,
        max_features=0.4 if binary else 0.8,
        random_state=seed,
        n_jobs=2,
    )


def _smooth(binary: bool) -> _Estimator:
    from sklearn.linear_model import LogisticRegression, RidgeCV

    return LogisticRegression(C=0.03, max_iter=500) if binary else RidgeCV(alphas=np.geomspace(1, 10_000, 9))
