"""Which shapes can an effect have? Straight, turning, bent: fixed shapes of a column, and all that must be known of it."""

from __future__ import annotations

import numpy as np

from tundish.learn.answer import Floats
from tundish.learn.features import Group

TREND_TERMS = 5
"""Half waves over the whole time: changes this slow make no cause."""
MOST_TURNING = 8
"""Features of one group that are known with their squares too; the rest are known straight."""


def standardised(values: Floats) -> Floats:
    """Centre at the median, scale to unit spread, pull in the outermost 1 %; missing becomes 0."""
    known = np.isfinite(values)
    low, high = np.quantile(values[known], [0.005, 0.995])
    clipped = np.clip(values, low, high) if high > low else values
    spread = float(np.std(clipped[known])) or 1.0
    return np.where(known, (clipped - np.median(values[known])) / spread, 0.0)


def shapes_of(group: Group) -> tuple[Floats, Floats, int]:
    """Fixed shapes of each feature, where they are known, and how many of them are the main feature's.

    Both arrays have shape (pieces, shapes): straight, squared about the median, and bent at the 20th and 80th percentile.
    """
    if group.category:
        columns = [feature.values - feature.values.mean() for feature in group.features]
        return np.column_stack(columns), np.ones((len(columns[0]), len(columns))), len(columns)
    shapes: list[Floats] = []
    known: list[Floats] = []
    mains = 0
    for values in _in_order(group):
        z = standardised(values)
        seen = np.isfinite(values)
        low, high = np.quantile(z[seen], [0.2, 0.8])
        made = [z]
        if np.unique(z).size > 2:
            made += [z**2, np.minimum(z - low, 0.0), np.maximum(z - high, 0.0)]
        shapes += [shape for shape in made if shape[seen].std() > 1e-9]
        known += [seen.astype(np.float64)] * (len(shapes) - len(known))
        mains = mains or len(shapes)
    return np.column_stack(shapes), np.column_stack(known), mains


def _in_order(group: Group) -> list[Floats]:
    """The quantity itself, then the features that say more than it does."""
    return [group.signal, *(feature.values for feature in group.features if feature.values is not group.signal)]


def basis_of(group: Group) -> Floats:
    """What must be known of a group so that nothing of it is left over, shape (pieces, terms)."""
    if group.category:
        return np.column_stack([feature.values for feature in group.features])
    terms: list[Floats] = []
    rich = 2 if len(group.features) > 4 else len(group.features) + 1
    for place, values in enumerate(_in_order(group)):
        z = standardised(values)
        seen = np.isfinite(values)
        terms.append(z)
        if not seen.all():
            terms.append((~seen).astype(np.float64))
        if np.unique(z).size <= 2:
            continue
        if place < MOST_TURNING:
            terms.append(z**2)
        if place < rich:
            terms += [np.maximum(z - knot, 0.0) for knot in np.unique(np.quantile(z[seen], [0.1, 0.3, 0.5, 0.7, 0.9]))]
    return np.column_stack(terms)


def trend(n: int) -> Floats:
    """Slow change with time: few degrees of freedom, so that a drift makes no cause."""
    time = np.linspace(0, 1, n)
    return np.column_stack([np.cos(np.pi * k * time) for k in range(TREND_TERMS)])


def orthonormal(columns: Floats) -> Floats:
    """Orthonormal base of the columns' span, nearly dependent directions left out."""
    centred = columns - columns.mean(axis=0)
    spread = centred.std(axis=0)
    kept = centred[:, spread > 1e-9] / spread[spread > 1e-9]
    values, vectors = np.linalg.eigh(kept.T @ kept / len(kept))
    good = values > 1e-4
    base = kept @ (vectors[:, good] / np.sqrt(values[good] * len(kept)))
    return np.column_stack([np.full(len(kept), 1 / np.sqrt(len(kept))), base])
