"""Which groups of columns still tell something of the outcome when the others are known?

Forward-backward search of the Markov blanket with conditional-independence tests by the Generalised Covariance Measure
(Shah & Peters, Annals of Statistics 48 (2020) 1514, doi 10.1214/19-AOS1857): the outcome's residual on the known groups is
multiplied with each candidate's residual; the sum over blocks of consecutive pieces has a known spread when there is no effect,
also when pieces that follow each other resemble each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from tundish.learn.answer import Floats
from tundish.learn.features import Group
from tundish.learn.shapes import basis_of, orthonormal, shapes_of, standardised, trend

MOST_ACTIVE = 14
MAIN_SHARE = 0.7
"""Part of a group's chance of error that its value or mean gets; the rest is for other statistics and interactions."""
RIVAL_P, MOST_RIVALS = 0.01, 2
"""A group that is at least so clear when another is left out could take its place; how many of them are looked at."""
BEATEN = 0.3
"""A group gives way to a look-alike when less than this part of the evidence of both is its own."""
DF = 4
"""Degrees of freedom a block: the largest of three estimates of the spread is less shaky than one of them."""
ENTER, STAY = 0.3, 0.15
"""Chance of one false group among all candidates (Bonferroni) at which a group enters, and at which it stays."""


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
    context: frozenset[int] = frozenset()
    """Groups that say only who or when: no rivals of a setting that they are tied to."""
    transforms: list[Floats] = field(init=False)
    mains: list[int] = field(init=False)
    missing: list[Floats] = field(init=False)
    bases: list[Floats] = field(init=False)
    slow: Floats = field(init=False)
    known: dict[tuple[tuple[int, ...], bool], Floats] = field(init=False, default_factory=dict)
    """Bases already made, by what they condition on."""

    def __post_init__(self) -> None:
        made = [shapes_of(group) for group in self.groups]
        self.transforms, self.missing, self.mains = [m[0] for m in made], [m[1] for m in made], [m[2] for m in made]
        self.bases = [basis_of(group) for group in self.groups]
        self.slow = trend(len(self.outcome))


def block_count(n: int) -> int:
    """How many blocks: enough for a spread, long enough to hold what follows each other."""
    return int(np.clip(n // 12, 12, 60))


def _known(bench: Bench, active: Sequence[int], *, drift: bool = True) -> Floats:
    """Base of what is conditioned on, made once for each set of active groups."""
    key = (tuple(sorted(active)), drift)
    if key not in bench.known:
        bench.known[key] = _conditioned(bench, key[0], drift=drift)
    return bench.known[key]


def _conditioned(bench: Bench, active: Sequence[int], *, drift: bool) -> Floats:
    """Trend, active groups, their products, and a boosted guess of the outcome from them, as an orthonormal base."""
    parts = [bench.slow if drift else bench.slow[:, :1]]
    parts += [bench.bases[i] for i in active]
    mains = [standardised(bench.groups[i].signal) for i in active if not bench.groups[i].category]
    parts += [(a * b)[:, None] for k, a in enumerate(mains) for b in mains[:k]]
    if active:
        parts.append(_boosted(bench, active)[:, None])
    return orthonormal(np.column_stack(parts))


def _boosted(bench: Bench, active: Sequence[int]) -> Floats:
    """Guess of the outcome from the active groups by boosting, each piece judged by trees that saw other blocks."""
    import lightgbm

    inputs = np.column_stack([values for i in active for values in _boosted_inputs(bench.groups[i])])
    guess = np.empty(len(bench.outcome))
    fold = bench.blocks % 4
    settings = {
        "objective": "regression",
        "learning_rate": 0.08,
        "num_leaves": 8,
        "min_data_in_leaf": 15,
        "max_bin": 63,
        "verbose": -1,
        "seed": bench.seed,
        "num_threads": 1,
        "deterministic": True,
        "force_col_wise": True,
    }
    for k in range(4):
        out = fold == k
        trees = lightgbm.train(settings, lightgbm.Dataset(inputs[~out], bench.outcome[~out]), num_boost_round=60)
        guess[out] = trees.predict(inputs[out], num_threads=1)
    return guess


def _boosted_inputs(group: Group) -> list[Floats]:
    """All features of the group, and the quantity itself where several columns measure it."""
    found = [feature.values for feature in group.features]
    return found if group.category or group.signal is group.main.values else [group.signal, *found]


def p_values(bench: Bench, active: Sequence[int], candidates: Sequence[int], *, drift: bool = True) -> Floats:
    """Chance of seeing each candidate group's association or more if it told nothing beyond the active ones."""
    base = _known(bench, active, drift=drift)
    rest = bench.outcome - base @ (base.T @ bench.outcome)
    partners = [standardised(bench.groups[i].signal) for i in active if not bench.groups[i].category]
    return np.array([_p_of(bench, i, base, rest, partners=partners) for i in candidates])


def _p_of(bench: Bench, i: int, base: Floats, rest: Floats, *, partners: Sequence[Floats]) -> float:
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
    """p of the largest of several statistics, corrected by the effective number of tests.

    Galwey, Genetic Epidemiology 33 (2009) 559. The spread of each statistic is the largest of three estimates: over blocks
    of time, over pieces, and the plain one, which does not shrink by chance where defects are rare.
    """
    from scipy.stats import t

    product = left * rest[:, None]
    count = int(blocks.max()) + 1
    n = len(product)
    sums = np.zeros((count, product.shape[1]))
    np.add.at(sums, blocks, product)
    share = np.bincount(blocks, minlength=count)[:, None] / n
    spread = np.maximum.reduce(
        [
            ((sums - share * sums.sum(axis=0)) ** 2).sum(axis=0) * count / (count - 1),
            ((product - product.mean(axis=0)) ** 2).sum(axis=0),
            (left**2).sum(axis=0) * (rest**2).mean(),
        ]
    )
    score = np.abs(sums.sum(axis=0)) / np.sqrt(spread * inflation)
    smallest = float(2 * t.sf(score.max(), DF * count))
    values = np.clip(np.linalg.eigvalsh(np.corrcoef(product.T)) if product.shape[1] > 1 else np.ones(1), 0, None)
    tests = float(np.sqrt(values).sum() ** 2 / values.sum())
    return float(-np.expm1(tests * np.log1p(-min(smallest, 1 - 1e-15))))


def search(bench: Bench) -> Search:
    """Add the clearest group until none is clear, remove what the others explain; what was removed may come back once."""
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
        active, gone = _backward(bench, active)
        dropped += gone
        current = p_values(bench, active, every)
    before = active
    active, gone = _backward(bench, _swapped(bench, active))
    dropped += [*gone, *(i for i in before if i not in active)]
    given = {i: _p_given_others(bench, active, i) for i in active}
    rest = p_values(bench, active, every)
    steady = p_values(bench, (), every, drift=False)
    return Search(tuple(active), given, alone, steady, rest, tuple(sorted(set(dropped))))


def _p_given_others(bench: Bench, active: Sequence[int], i: int) -> float:
    return float(p_values(bench, [k for k in active if k != i], [i])[0])


def null_odds(p: float) -> float:
    """Least odds of no effect after seeing p, for even odds before: -e p ln p.

    Sellke, Bayarri & Berger, The American Statistician 55 (2001) 62.

    >>> round(null_odds(0.05), 3)
    0.407
    """
    p = min(max(p, 1e-300), 1 / np.e)
    return float(-np.e * p * np.log(p))


def standing(bench: Bench, active: Sequence[int], i: int) -> float:
    """How well a group stands against look-alikes that could take its place, 0 to 1."""
    return min((part for _, part in _contests(bench, active, i)), default=1.0)


def _contests(bench: Bench, active: Sequence[int], i: int) -> list[tuple[int, float]]:
    """The strongest look-alikes of an active group, and what part of the evidence of both is the group's own.

    Evidence of each is taken when the other is known: a true cause still tells something beside its shadow, the shadow nothing
    beside the cause.
    """
    others = [k for k in active if k != i]
    rivals = [k for k in range(len(bench.groups)) if k not in active and k not in bench.context]
    beside = p_values(bench, others, rivals)
    contests = []
    for k in (rivals[place] for place in np.argsort(beside)[:MOST_RIVALS] if beside[place] < RIVAL_P):
        own = 1 / null_odds(float(p_values(bench, [*others, k], [i])[0]))
        other = 1 / null_odds(float(p_values(bench, [*others, i], [k])[0]))
        contests.append((k, own / (own + other)))
    return contests


def _swapped(bench: Bench, active: Sequence[int]) -> list[int]:
    """The active groups, each that a look-alike clearly beats replaced by it: it entered first only by chance."""
    kept = list(active)
    for place, i in enumerate(active):
        contests = _contests(bench, kept, i)
        rival, part = min(contests, key=lambda contest: contest[1], default=(i, 1.0))
        if part < BEATEN:
            kept[place] = rival
    return kept


def _backward(bench: Bench, active: Sequence[int]) -> tuple[list[int], list[int]]:
    """Remove the least clear group, again and again, until all that remain are clear."""
    kept, gone = list(active), []
    while len(kept) > 1:
        given = [_p_given_others(bench, kept, i) for i in kept]
        worst = int(np.argmax(given))
        if given[worst] * len(bench.groups) <= STAY:
            break
        gone.append(kept.pop(worst))
    return kept, gone


def feature_scores(bench: Bench, active: Sequence[int], i: int) -> dict[str, float]:
    """How clearly each feature of a group shows what the other active groups leave over: squared partial correlations."""
    base = _known(bench, [k for k in active if k != i])
    rest = bench.outcome - base @ (base.T @ bench.outcome)
    scores: dict[str, float] = {}
    for feature in bench.groups[i].features:
        alone = orthonormal(basis_of(Group((feature.column,), (feature,), bench.groups[i].category)))[:, 1:]
        left = alone - base @ (base.T @ alone)
        score = float(((left.T @ rest) ** 2).sum() / (rest @ rest))
        scores[feature.column.name] = max(scores.get(feature.column.name, 0.0), score)
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
