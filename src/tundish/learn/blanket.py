"""Which groups of columns still tell something of the outcome when the others are known?

Forward-backward search of the Markov blanket with conditional-independence tests by the Generalised Covariance Measure
(Shah & Peters, Annals of Statistics 48 (2020) 1514, doi 10.1214/19-AOS1857): the outcome's residual on the known groups is
multiplied with each candidate's residual; the sum over blocks of consecutive pieces has a known spread when there is no effect,
also when pieces that follow each other resemble each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from tundish.learn.answer import Floats
from tundish.learn.features import Group

TREND_TERMS = 5
MOST_ACTIVE = 14
MAIN_SHARE = 0.7
"""Part of a group's chance of error that goes to its value or mean; the rest is for its other statistics and interactions."""
DF = 4
ENTER, STAY = 0.3, 0.15
"""Chance of one false group among all candidates (Bonferroni) at which a group enters, and at which it stays. The spread is taken
as the largest of three estimates, so that on pieces without any cause one run in thirty names a group at 0.3."""


@dataclass(frozen=True)
class Search:
    """What the search found; indices point into the groups."""

    active: tuple[int, ...]
    p_given_others: dict[int, float]
    """Of the active ones, each given all others."""
    p_alone: Floats
    """Of every group, given only the slow trend."""
    p_without_trend: Floats
    p_given_active: Floats
    """Of every group not active, given the active ones."""
    dropped: tuple[int, ...]
    """Entered first, then explained by others."""


@dataclass
class Bench:
    """Everything the tests need, computed once."""

    outcome: Floats
    groups: Sequence[Group]
    blocks: np.ndarray
    """Block number of each piece; a batch lies in one block."""
    seed: int
    binary: bool
    transforms: list[Floats] = field(init=False)
    mains: list[int] = field(init=False)
    missing: list[Floats] = field(init=False)
    bases: list[Floats] = field(init=False)
    trend: Floats = field(init=False)

    def __post_init__(self) -> None:
        made = [_transforms(group) for group in self.groups]
        self.transforms, self.missing, self.mains = [m[0] for m in made], [m[1] for m in made], [m[2] for m in made]
        self.bases = [_basis(group) for group in self.groups]
        self.trend = _trend(len(self.outcome))


def block_count(n: int) -> int:
    """How many blocks: enough for a spread, long enough to hold what follows each other."""
    return int(np.clip(n // 12, 12, 60))


def standardised(values: Floats) -> Floats:
    """Centre at the median, scale to unit spread, pull in the outermost 1 %; missing becomes 0."""
    known = np.isfinite(values)
    low, high = np.quantile(values[known], [0.005, 0.995])
    clipped = np.clip(values, low, high) if high > low else values
    spread = float(np.std(clipped[known])) or 1.0
    return np.where(known, (clipped - np.median(values[known])) / spread, 0.0)


def _transforms(group: Group) -> tuple[Floats, Floats, int]:
    """Fixed shapes of each feature, shape (pieces, shapes), where they are known (same shape), and how many are of the main one."""
    if group.category:
        columns = [feature.values - feature.values.mean() for feature in group.features]
        return np.column_stack(columns), np.ones((len(columns[0]), len(columns))), len(columns)
    shapes: list[Floats] = []
    known: list[Floats] = []
    mains = 0
    for feature in sorted(group.features, key=lambda feature: feature is not group.main):
        z = standardised(feature.values)
        seen = np.isfinite(feature.values)
        low, high = np.quantile(z[seen], [0.2, 0.8])
        made = [z]
        if np.unique(z).size > 2:
            made += [z**2, np.minimum(z - low, 0.0), np.maximum(z - high, 0.0)]
        shapes += [shape for shape in made if shape[seen].std() > 1e-9]
        known += [seen.astype(np.float64)] * (len(shapes) - len(known))
        mains = mains or len(shapes)
    return np.column_stack(shapes), np.column_stack(known), mains


def _basis(group: Group) -> Floats:
    """What must be known of a group so that nothing of it is left over, shape (pieces, terms)."""
    if group.category:
        return np.column_stack([feature.values for feature in group.features])
    terms: list[Floats] = []
    rich = 2 if len(group.features) > 4 else len(group.features)
    order = sorted(group.features, key=lambda feature: feature is not group.main)
    for place, feature in enumerate(order):
        z = standardised(feature.values)
        seen = np.isfinite(feature.values)
        terms.append(z)
        if not seen.all():
            terms.append((~seen).astype(np.float64))
        if np.unique(z).size <= 2:
            continue
        terms.append(z**2)
        if place < rich:
            terms += [np.maximum(z - knot, 0.0) for knot in np.unique(np.quantile(z[seen], [0.1, 0.3, 0.5, 0.7, 0.9]))]
    return np.column_stack(terms)


def _trend(n: int) -> Floats:
    """Slow change with time: few degrees of freedom, so that a drift makes no cause."""
    time = np.linspace(0, 1, n)
    return np.column_stack([np.cos(np.pi * k * time) for k in range(TREND_TERMS)])


def _orthonormal(columns: Floats) -> Floats:
    """Orthonormal base of the columns' span, nearly dependent directions left out."""
    centred = columns - columns.mean(axis=0)
    spread = centred.std(axis=0)
    kept = centred[:, spread > 1e-9] / spread[spread > 1e-9]
    values, vectors = np.linalg.eigh(kept.T @ kept / len(kept))
    good = values > 1e-4
    base = kept @ (vectors[:, good] / np.sqrt(values[good] * len(kept)))
    return np.column_stack([np.full(len(kept), 1 / np.sqrt(len(kept))), base])


def _known(bench: Bench, active: Sequence[int], *, trend: bool = True) -> Floats:
    """Base of what is conditioned on: trend, active groups, their products, and a boosted guess."""
    parts = [bench.trend if trend else bench.trend[:, :1] * 1.0]
    parts += [bench.bases[i] for i in active]
    mains = [standardised(bench.groups[i].main.values) for i in active if not bench.groups[i].category]
    parts += [(a * b)[:, None] for k, a in enumerate(mains) for b in mains[:k]]
    if active:
        parts.append(_boosted(bench, active)[:, None])
    return _orthonormal(np.column_stack(parts))


def _boosted(bench: Bench, active: Sequence[int]) -> Floats:
    """Guess of the outcome from the active groups by boosting, each piece judged by trees that saw other blocks."""
    from lightgbm import LGBMRegressor

    inputs = np.column_stack([feature.values for i in active for feature in bench.groups[i].features])
    guess = np.empty(len(bench.outcome))
    fold = bench.blocks % 4
    for k in range(4):
        out = fold == k
        model = LGBMRegressor(
            n_estimators=60, learning_rate=0.08, num_leaves=8, min_child_samples=15, random_state=bench.seed, n_jobs=1,
            deterministic=True, force_col_wise=True, verbose=-1,
        )
        model.fit(inputs[~out], bench.outcome[~out])
        guess[out] = model.predict(inputs[out])
    return guess


def p_values(bench: Bench, active: Sequence[int], candidates: Sequence[int], *, trend: bool = True) -> Floats:
    """Chance of seeing each candidate group's association or more if it told nothing beyond the active ones."""
    base = _known(bench, active, trend=trend)
    rest = bench.outcome - base @ (base.T @ bench.outcome)
    numeric = [standardised(bench.groups[i].main.values) for i in active if not bench.groups[i].category]
    partners = [partner for partner in numeric]
    return np.array([_p_of(bench, i, base, rest, partners) for i in candidates])


def _p_of(bench: Bench, i: int, base: Floats, rest: Floats, partners: Sequence[Floats]) -> float:
    shapes = bench.transforms[i]
    left = (shapes - base @ (base.T @ shapes)) * bench.missing[i]
    clear = left.var(axis=0) > 1e-3 * shapes.var(axis=0)
    mains = bench.mains[i]
    first, others = left[:, :mains][:, clear[:mains]], left[:, mains:][:, clear[mains:]]
    if partners and not bench.groups[i].category and clear[0]:
        others = np.column_stack([others, *(left[:, :1] * partner[:, None] for partner in partners)])
    inflation = len(rest) / max(len(rest) - base.shape[1], 1)
    main = _largest(first, rest, bench.blocks, inflation) if first.shape[1] else 1.0
    if others.shape[1] == 0:
        return main
    other = _largest(others, rest, bench.blocks, inflation)
    return min(main / MAIN_SHARE, other / (1 - MAIN_SHARE), 1.0)


def _largest(left: Floats, rest: Floats, blocks: np.ndarray, inflation: float) -> float:
    """p of the largest of several statistics, corrected by the effective number of tests (Galwey, Genet. Epidemiol. 33 (2009) 559)."""
    from scipy.stats import t

    product = left * rest[:, None]
    count = int(blocks.max()) + 1
    n = len(product)
    sums = np.zeros((count, product.shape[1]))
    np.add.at(sums, blocks, product)
    share = np.bincount(blocks, minlength=count)[:, None] / n
    spread = np.maximum.reduce([
        ((sums - share * sums.sum(axis=0)) ** 2).sum(axis=0) * count / (count - 1),
        ((product - product.mean(axis=0)) ** 2).sum(axis=0),
        (left**2).sum(axis=0) * (rest**2).mean(),
    ])
    score = np.abs(sums.sum(axis=0)) / np.sqrt(spread * inflation)
    smallest = float(2 * t.sf(score.max(), DF * count))
    values = np.clip(np.linalg.eigvalsh(np.corrcoef(product.T)) if product.shape[1] > 1 else np.ones(1), 0, None)
    tests = float(np.sqrt(values).sum() ** 2 / values.sum())
    return float(-np.expm1(tests * np.log1p(-min(smallest, 1 - 1e-15))))


def search(bench: Bench, *, progress: Callable[[int], None] | None = None) -> Search:
    """Add the clearest group until none is clear, then remove what the others explain; what was removed may come back once."""
    every = range(len(bench.groups))
    alone = p_values(bench, (), every)
    active: list[int] = []
    dropped: list[int] = []
    current = alone.copy()
    while len(active) < MOST_ACTIVE:
        current[[*active, *(i for i in set(dropped) if dropped.count(i) > 1)]] = 1.0
        best = int(current.argmin())
        if current[best] * len(current) > (STAY if best in dropped else ENTER):
            break
        active.append(best)
        if progress is not None:
            progress(len(active))
        active, gone = _backward(bench, active)
        dropped += gone
        current = p_values(bench, active, every)
    given = {i: _p_given_others(bench, active, i) for i in active}
    rest = p_values(bench, active, every)
    return Search(tuple(active), given, alone, p_values(bench, (), every, trend=False), rest, tuple(sorted(set(dropped))))


def _p_given_others(bench: Bench, active: Sequence[int], i: int) -> float:
    return float(p_values(bench, [k for k in active if k != i], [i])[0])


def _backward(bench: Bench, active: Sequence[int]) -> tuple[list[int], list[int]]:
    """Remove the least clear group, again and again, until all that remain are clear; the one that came last stays to the end."""
    kept, gone = list(active), []
    while len(kept) > 1:
        given = [_p_given_others(bench, kept, i) for i in kept]
        worst = int(np.argmax(given))
        if given[worst] * len(bench.groups) <= STAY:
            break
        gone.append(kept.pop(worst))
    return kept, gone


def feature_scores(bench: Bench, active: Sequence[int], i: int) -> dict[str, float]:
    """How clearly each feature of a group shows the association that the other active groups leave, as squared partial correlation."""
    base = _known(bench, [k for k in active if k != i])
    rest = bench.outcome - base @ (base.T @ bench.outcome)
    scores = {}
    for feature in bench.groups[i].features:
        alone = _orthonormal(_basis(Group((feature.column,), (feature,), bench.groups[i].category)))[:, 1:]
        left = alone - base @ (base.T @ alone)
        scores[feature.column.name] = max(scores.get(feature.column.name, 0.0), float(((left.T @ rest) ** 2).sum() / (rest @ rest)))
    return scores


def halves_agree(bench: Bench, active: Sequence[int], i: int) -> bool:
    """Does the association point the same way in the earlier and the later half of the pieces?"""
    base = _known(bench, [k for k in active if k != i])
    rest = bench.outcome - base @ (base.T @ bench.outcome)
    left = bench.transforms[i] - base @ (base.T @ bench.transforms[i])
    product = left * rest[:, None]
    score = np.abs(product.sum(axis=0)) / np.sqrt((product**2).sum(axis=0) + 1e-300)
    best = product[:, int(score.argmax())]
    half = len(best) // 2
    return bool(best[:half].sum() * best[half:].sum() > 0)
