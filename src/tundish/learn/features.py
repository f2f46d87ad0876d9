"""Which columns speak of the same quantity, and how do they become numbers?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from tundish.learn.answer import Floats
from tundish.table import Column
from tundish.trace.pieces import Pieces

LEAST_ROWS_OF_A_LEVEL = 5
MOST_LEVELS = 12
"""Levels of a category beyond the most frequent ones are not told apart."""


@dataclass(frozen=True)
class Feature:
    """One column as numbers: a row of values with NaN where missing, or 0/1 for a level of a category."""

    column: Column
    values: Floats
    level: str | None = None


@dataclass(frozen=True)
class Group:
    """All features that were made of one quantity of the plant: a claim is about the group, not about one statistic."""

    columns: tuple[Column, ...]
    features: tuple[Feature, ...]
    category: bool = False

    @property
    def main(self) -> Feature:
        """The feature that stands for the group: its value or mean where it has one."""
        order = {"value": 0, "mean": 1, "amount": 2, "sum": 2, "last": 3, "duration": 3}
        return min(self.features, key=lambda feature: order.get(feature.column.statistic, 4))


def numbers(pieces: Pieces, column: Column) -> Floats:
    """A number column as float64, shape (pieces,); null and infinity become NaN."""
    values = pieces.table.frame[column.name].cast(pl.Float64, strict=False).to_numpy()
    return np.where(np.isfinite(values), values, np.nan)


def levels(pieces: Pieces, column: Column) -> tuple[list[str], np.ndarray]:
    """Levels frequent enough to be told apart, and each piece's level as text (shape (pieces,), empty where missing)."""
    texts = pieces.table.frame[column.name].cast(pl.String).fill_null("")
    counts = texts.value_counts(sort=True)
    kept = [
        str(level)
        for level, count in counts.sort("count", column.name, descending=[True, False]).iter_rows()
        if level != "" and count >= LEAST_ROWS_OF_A_LEVEL
    ]
    return kept[:MOST_LEVELS], texts.to_numpy()


def find_groups(pieces: Pieces, inputs: Sequence[Column]) -> tuple[Group, ...]:
    """Group the input columns by what they were made of, then by quantity (set-point with actual, one tag at several baths)."""
    by_source: dict[object, list[Column]] = {}
    for column in inputs:
        by_source.setdefault((column.source, column.kind), []).append(column)
    groups = [group for columns in by_source.values() if (group := _group(pieces, columns)) is not None]
    return _same_quantity(groups)


def _group(pieces: Pieces, columns: Sequence[Column]) -> Group | None:
    if columns[0].kind == "category":
        return _category(pieces, columns[0])
    features = tuple(
        Feature(column, values)
        for column in columns
        for values in (numbers(pieces, column),)
        if np.isfinite(values).sum() >= 20 and np.nanstd(values) > 0
    )
    return Group(tuple(columns), features) if features else None


def _category(pieces: Pieces, column: Column) -> Group | None:
    kept, texts = levels(pieces, column)
    if len(kept) < 2:
        return None
    features = tuple(Feature(column, (texts == level).astype(np.float64), level) for level in kept)
    return Group((column,), features, category=True)


def _same_quantity(groups: Sequence[Group]) -> tuple[Group, ...]:
    """Merge number groups that measure one quantity: nearly equal ranks, or one concept and strongly alike."""
    numeric = [group for group in groups if not group.category]
    like = rank_correlations([group.main.values for group in numeric])
    merged: list[list[int]] = []
    for i in range(len(numeric)):
        home = next((cluster for cluster in merged if all(_alike(numeric[i], numeric[j], like[i, j]) for j in cluster)), None)
        if home is None:
            merged.append([i])
        else:
            home.append(i)
    joined = [
        Group(
            tuple(column for i in cluster for column in numeric[i].columns),
            tuple(feature for i in cluster for feature in numeric[i].features),
        )
        for cluster in merged
    ]
    return (*joined, *(group for group in groups if group.category))


def _alike(one: Group, other: Group, correlation: float) -> bool:
    first, second = one.main.column, other.main.column
    if first.concept is not None and second.concept is not None:
        return first.concept == second.concept and correlation > (0.7 if first.position != second.position else 0.5)
    return first.unit == second.unit and correlation > 0.9


def rank_correlations(columns: Sequence[Floats]) -> Floats:
    """Spearman correlation of every pair, shape (columns, columns); missing values stand at the median rank."""
    from scipy.stats import rankdata

    if not columns:
        return np.zeros((0, 0))
    ranks = np.empty((len(columns), len(columns[0])))
    for i, values in enumerate(columns):
        known = np.isfinite(values)
        ranks[i] = 0.0
        place = rankdata(values[known])
        ranks[i, known] = place - place.mean() if known.any() else 0.0
    size = np.linalg.norm(ranks, axis=1)
    size[size == 0] = 1.0
    unit = ranks / size[:, None]
    return np.asarray(unit @ unit.T)
