"""Which columns speak of the same quantity, and how do they become numbers?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from tundish.learn.answer import Floats
from tundish.table import Column
from tundish.trace.pieces import Pieces
from tundish.vocabulary import Catalogue

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

    @cached_property
    def signal(self) -> Floats:
        """The quantity itself, one number a piece: the main feature, or the mean of all columns that measure it, scaled."""
        mains = _mains(self.features)
        if self.category or len(mains) == 1:
            return self.main.values
        scaled = [(values - np.nanmedian(values)) / (np.nanstd(values) or 1.0) for values in mains]
        known = np.isfinite(scaled)
        total = np.where(known, scaled, 0.0).sum(axis=0)
        return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)

    @property
    def main(self) -> Feature:
        """The feature that stands for the group: its value or mean where it has one."""
        order = {"value": 0, "mean": 1, "amount": 2, "sum": 2, "last": 3, "duration": 3}
        return min(self.features, key=lambda feature: order.get(feature.column.statistic, 4))


def _mains(features: Sequence[Feature]) -> list[Floats]:
    """The value or mean of each column of the plant."""
    found: dict[object, Feature] = {}
    for feature in features:
        if feature.column.statistic in ("value", "mean"):
            found.setdefault(feature.column.source, feature)
    return [feature.values for feature in found.values()] or [features[0].values]


def numbers(pieces: Pieces, column: Column) -> Floats:
    """A number column as float64, shape (pieces,); null and infinity become NaN."""
    values = pieces.table.frame[column.name].cast(pl.Float64, strict=False).to_numpy()
    return np.where(np.isfinite(values), values, np.nan)


def levels(pieces: Pieces, column: Column) -> tuple[tuple[str, ...], np.ndarray]:
    """Levels frequent enough to be told apart, and each piece's level as text (shape (pieces,), empty where missing)."""
    texts = pieces.table.frame[column.name].cast(pl.String).fill_null("")
    return frequent_levels(texts, MOST_LEVELS), texts.to_numpy()


def frequent_levels(values: pl.Series, most: int) -> tuple[str, ...]:
    """Levels of a category that enough pieces had, the commonest first, of equals the first of the alphabet."""
    counts = values.cast(pl.String).alias("level").drop_nulls().value_counts().sort("count", "level", descending=[True, False])
    return tuple(level for level, count in counts.iter_rows() if level != "" and count >= LEAST_ROWS_OF_A_LEVEL)[:most]


def find_groups(pieces: Pieces, inputs: Sequence[Column], catalogue: Catalogue) -> tuple[Group, ...]:
    """Group the input columns by what they were made of, then by quantity (set-point with actual, one tag at several baths)."""
    by_source: dict[object, list[Column]] = {}
    for column in inputs:
        by_source.setdefault((column.source, column.kind), []).append(column)
    groups = [group for columns in by_source.values() if (group := _group(pieces, columns)) is not None]
    return _same_quantity(groups, catalogue)


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


def _same_quantity(groups: Sequence[Group], catalogue: Catalogue) -> tuple[Group, ...]:
    """Merge number groups that measure one quantity: nearly equal ranks, or one concept and strongly alike."""
    numeric = [group for group in groups if not group.category]
    like = rank_correlations([group.main.values for group in numeric])
    means = [_quantity(group, catalogue) for group in numeric]
    merged: list[list[int]] = []
    for i in range(len(numeric)):
        fits = (cluster for cluster in merged if all(_alike(numeric, means, i, j, like[i, j]) for j in cluster))
        home = next(fits, None)
        if home is None:
            merged.append([i])
        else:
            home.append(i)
    joined = [merge([numeric[i] for i in cluster]) for cluster in merged]
    return (*joined, *(group for group in groups if group.category))


def merge(groups: Sequence[Group]) -> Group:
    """One group of the columns of several."""
    return Group(
        tuple(column for group in groups for column in group.columns),
        tuple(feature for group in groups for feature in group.features),
    )


def _quantity(group: Group, catalogue: Catalogue) -> str | None:
    """The concept that is measured: of a set-point, what it sets."""
    concept = group.main.column.concept
    if concept is None or concept not in catalogue:
        return concept
    return catalogue.concept(concept).setpoint_of or concept


def _alike(groups: Sequence[Group], means: Sequence[str | None], i: int, j: int, correlation: float) -> bool:
    first, second = groups[i].main.column, groups[j].main.column
    if means[i] is not None and means[i] == means[j]:
        return correlation > (0.7 if first.position != second.position and first.concept == second.concept else 0.4)
    one_unknown = means[i] is None or means[j] is None
    return one_unknown and first.unit == second.unit and correlation > 0.9


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
