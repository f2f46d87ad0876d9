"""Does the target follow from other columns by arithmetic? Sums, products, the power triangle, a rounded multiple."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from tundish.learn.answer import Floats

EXACT = 0.995
"""Share of pieces on which a formula must hold to rounding; the rest are typing errors and sensor faults."""
METERED = 0.95
"""The same for the power triangle: meters take their readings of one interval at slightly different times."""
MOST_TERMS = 6
MOST_ROWS = 4_000


@dataclass(frozen=True)
class Identity:
    """A formula that gives the target: which columns it reads (positions), and how it is written."""

    columns: tuple[int, ...]
    formula: str
    holds: float
    """Share of the pieces on which it holds."""


def find_identities(target: Floats, columns: Sequence[Floats], names: Sequence[str]) -> list[Identity]:
    """All formulas found, each over columns that no earlier one used. Values in the plant's unit, shape (pieces,)."""
    rows = np.flatnonzero(np.isfinite(target))
    rows = rows[:: max(len(rows) // MOST_ROWS, 1)]
    y = target[rows]
    if len(y) < 30 or len(np.unique(y)) < 8:
        return []
    values = [column[rows] for column in columns]
    free = [i for i, column in enumerate(values) if np.isfinite(column).sum() >= 30 and np.nanstd(column) > 0]
    found: list[Identity] = []
    for search in (_rounded, _triangle, _sum, _power):
        while (identity := search(y, {i: values[i] for i in free}, names)) is not None:
            found.append(identity)
            free = [i for i in free if i not in identity.columns]
    return found


def grain(values: Floats) -> float:
    """The step in which values are written: the largest power of ten that divides nearly all of them; 0 for unrounded ones.

    >>> grain(np.array([1.25, 3.5, 2.75, 10.0]))
    0.01
    """
    known = values[np.isfinite(values)]
    if known.size == 0:
        return 0.0
    for digits in range(-3, 7):
        if np.mean(np.abs(np.round(known, digits) - known) <= 1e-9 * np.maximum(1.0, np.abs(known))) > 0.995:
            return float(10.0**-digits)
    return 0.0


def _holds(y: Floats, guess: Floats, slack: Floats | float) -> float:
    known = np.isfinite(guess)
    if known.mean() < 0.5:
        return 0.0
    room = slack + 1e-6 * (np.abs(y) + np.nanstd(y))
    return float(np.mean((np.abs(y - guess) <= room)[known]))


def _real(y: Floats, guess: Floats, *, share: float = EXACT) -> bool:
    """A formula must tell much more than its tolerance: it explains what varies, but for a few faulty rows."""
    known = np.isfinite(guess)
    return bool(np.quantile(np.abs(y - guess)[known], share) < 0.2 * np.std(y[known]))


def _rounded(y: Floats, columns: dict[int, Floats], names: Sequence[str]) -> Identity | None:
    """A column that is k times the target, rounded more coarsely than the target (or the other way round)."""
    for i, x in columns.items():
        known = np.isfinite(x) & (y != 0)
        if known.sum() < 30 or abs(np.corrcoef(x[known], y[known])[0, 1]) < 0.95:
            continue
        k = float(x[known] @ y[known] / (y[known] @ y[known]))
        k = _interval_slope(x[known], y[known], grain(x)) or k
        holds = _holds(x[known], k * y[known], 0.5 * grain(x) * 1.02 + abs(k) * 0.5 * grain(y))
        if holds >= EXACT and _distinct_enough(x[known]):
            return Identity((i,), f"{names[i]} = {k:.4g} x {{target}}", holds)
    return None


def _interval_slope(x: Floats, y: Floats, step: float) -> float | None:
    """The slope k for which round(k y) = x on most rows: each row allows an interval of k; where most of them overlap."""
    if step <= 0:
        return None
    ends = np.sort((np.stack([x - 0.5 * step, x + 0.5 * step]) / y), axis=0)
    places = np.concatenate([ends[0], ends[1]])
    order = np.argsort(places, kind="stable")
    cover = np.cumsum(np.r_[np.ones(len(x)), -np.ones(len(x))][order])
    best = int(cover.argmax())
    return float((places[order][best] + places[order][min(best + 1, len(places) - 1)]) / 2)


def _distinct_enough(x: Floats) -> bool:
    return len(np.unique(x)) >= 4


def _triangle(y: Floats, columns: dict[int, Floats], names: Sequence[str]) -> Identity | None:
    """Real power from reactive power and power factor: P = Q pf / sqrt(1 - pf^2), lagging or leading."""
    factors = {i: x / 100 if np.nanmax(x) > 1.5 else x for i, x in columns.items() if _may_be_factor(x)}
    loads = {i: np.abs(x) for i, x in columns.items() if np.nanmin(x) >= 0}
    for q, f in ((q, f) for q, f in product(loads, factors) if q != f):
        pf = factors[f]
        with np.errstate(divide="ignore", invalid="ignore"):
            guess = np.where((pf > 0) & (pf < 1) & (loads[q] > 0), loads[q] * pf / np.sqrt(1 - pf**2), np.nan)
            slack = np.abs(guess) * _slope_of_triangle(pf, grain(columns[f]) / (100 if np.nanmax(columns[f]) > 1.5 else 1))
            slack = slack + 0.5 * grain(loads[q]) * pf / np.sqrt(1 - pf**2) + 0.5 * grain(y)
        known = np.isfinite(guess)
        if known.sum() < 30 or known.mean() < 0.2:
            continue
        holds = float(np.mean((np.abs(y - guess) <= 1.5 * slack + 0.01 * np.abs(y))[known]))
        if holds >= METERED and _real(y[known], guess[known], share=METERED):
            formula = f"{{target}} = {names[q]} x {names[f]} / sqrt(1 - {names[f]}^2)"
            return Identity((q, f), formula, holds)
    return None


def _may_be_factor(x: Floats) -> bool:
    low, high = np.nanmin(x), np.nanmax(x)
    return bool(low >= 0 and (0.5 < high <= 1.0 or 50 < high <= 100.0))


def _slope_of_triangle(pf: Floats, step: float) -> Floats:
    """Relative error of pf / sqrt(1 - pf^2) from half a step of pf: step/2 / (pf (1 - pf^2))."""
    return np.asarray(0.5 * step / np.maximum(pf * (1 - pf**2), 1e-12))


def _sum(y: Floats, columns: dict[int, Floats], names: Sequence[str]) -> Identity | None:
    """A sum or difference, with whatever factors: orthogonal matching, then exact to rounding."""
    chosen, weights, used = _matching(y, columns)
    if not chosen:
        return None
    guess = np.full(len(y), np.nan)
    known = used
    design = np.column_stack([columns[i][known] for i in chosen])
    guess[known] = design @ weights[:-1] + weights[-1]
    slack = 0.5 * grain(y) + sum(abs(w) * 0.5 * grain(columns[i]) for w, i in zip(weights, chosen, strict=False))
    holds = _holds(y, guess, 1.1 * slack)
    # An unrounded copy leaves no residual at all; a strong cause leaves one far above the rounding.
    if holds < EXACT or not _real(y, guess) or slack > 0.1 * np.std(y):
        return None
    order = sorted(range(len(chosen)), key=lambda k: (weights[k] < 0, chosen[k]))
    terms = " ".join(_term(float(weights[k]), names[chosen[k]]) for k in order)
    constant = f" {weights[-1]:+.4g}" if abs(weights[-1]) > slack + 1e-6 * np.std(y) else ""
    return Identity(tuple(chosen), f"{{target}} = {terms.removeprefix('+ ').removeprefix('+')}{constant}", holds)


def _term(weight: float, name: str) -> str:
    if abs(abs(weight) - 1) < 1e-3:
        return f"{'+' if weight > 0 else '-'} {name}"
    return f"{weight:+.4g} x {name}"


def _matching(y: Floats, columns: dict[int, Floats]) -> tuple[list[int], Floats, np.ndarray]:
    """Columns chosen one after the other until the residual vanishes, their weights (the constant last), and the rows used."""
    chosen: list[int] = []
    used = np.ones(len(y), dtype=bool)
    filled = {i: np.where(np.isfinite(x), x, np.nan) for i, x in columns.items()}
    weights = np.zeros(1)
    rest = y - np.median(y)
    for _ in range(MOST_TERMS):
        best = max((i for i in filled if i not in chosen), key=lambda i: _strength(filled[i], rest, used), default=None)
        if best is None or np.isfinite(filled[best])[used].mean() < 0.8:
            return [], weights, used
        chosen.append(best)
        used &= np.isfinite(filled[best])
        design = np.column_stack([*(filled[i][used] for i in chosen), np.ones(used.sum())])
        weights = _robust_fit(design, y[used])
        rest = np.zeros(len(y))
        rest[used] = y[used] - design @ weights
        if np.quantile(np.abs(rest[used]), EXACT) < 1e-3 * np.std(y) + 0.6 * grain(y):
            return chosen, weights, used
    return _pruned(y, chosen, filled)


def _pruned(y: Floats, chosen: list[int], filled: dict[int, Floats]) -> tuple[list[int], Floats, np.ndarray]:
    used = np.all([np.isfinite(filled[i]) for i in chosen], axis=0)
    design = np.column_stack([*(filled[i][used] for i in chosen), np.ones(used.sum())])
    return chosen, _robust_fit(design, y[used]), used


def _strength(x: Floats, rest: Floats, used: np.ndarray) -> float:
    known = used & np.isfinite(x)
    if known.sum() < 20:
        return 0.0
    room = 8 * np.median(np.abs(rest[known]))
    left = np.clip(rest[known], -room, room) if room > 0 else rest[known]
    if np.std(x[known]) == 0 or np.std(left) == 0:
        return 0.0
    return float(abs(np.corrcoef(x[known], left)[0, 1]))


def _robust_fit(design: Floats, y: Floats) -> Floats:
    """Least squares, then once more without the rows that stand out: one typing error must not hide a formula."""
    weights = np.linalg.lstsq(design, y, rcond=None)[0]
    for _ in range(3):
        rest = np.abs(y - design @ weights)
        kept = rest <= max(8 * float(np.median(rest)), 1e-12)
        if kept.sum() < design.shape[1] + 10:
            break
        weights = np.linalg.lstsq(design[kept], y[kept], rcond=None)[0]
    return np.asarray(weights)


def _power(y: Floats, columns: dict[int, Floats], names: Sequence[str]) -> Identity | None:
    """A product or ratio with whole or half exponents: a sum of logarithms."""
    positive = {i: np.log(np.where(x > 0, x, np.nan)) for i, x in columns.items() if np.mean(x[np.isfinite(x)] > 0) > 0.95}
    if np.mean(y > 0) < 0.95 or len(positive) < 1:
        return None
    rows = y > 0
    logs = {i: x[rows] for i, x in positive.items()}
    chosen, weights, _ = _matching(np.log(y[rows]), logs)
    if not chosen:
        return None
    exponents = np.round(2 * weights[:-1]) / 2
    if np.any(np.abs(exponents - weights[:-1]) > 0.02) or np.any(exponents == 0):
        return None
    with np.errstate(invalid="ignore", over="ignore"):
        factors = [np.where(columns[i] > 0, columns[i], np.nan) ** e for i, e in zip(chosen, exponents, strict=True)]
    shape = np.prod(factors, axis=0)
    factor = float(np.nanmedian(y / shape))
    steps = [0.5 * grain(columns[i]) / np.maximum(np.abs(columns[i]), 1e-300) for i in chosen]
    relative = sum(abs(e) * step for e, step in zip(exponents, steps, strict=True))
    slack = 0.5 * grain(y) + np.abs(factor * shape) * relative
    holds = _holds(y[rows], (factor * shape)[rows], (1.1 * slack)[rows])
    if holds < EXACT or not _real(y, factor * shape) or np.nanmedian(slack) > 0.1 * np.std(y):
        return None
    terms = " x ".join(names[i] if e == 1 else f"{names[i]}^{e:g}" for i, e in sorted(zip(chosen, exponents, strict=True)))
    return Identity(tuple(chosen), f"{{target}} = {f'{factor:.4g} x ' if abs(factor - 1) > 1e-3 else ''}{terms}", holds)


def same_order(y: Floats, x: Floats) -> bool:
    """True when one of the two only re-codes the other: in the order of the first, the second never turns.

    Covers monotone formulas, rounding, classes and a threshold of the target; 1 % of the pieces may be out of order.
    """
    known = np.isfinite(y) & np.isfinite(x)
    a, b = y[known], x[known]
    if len(a) < 30:
        return False
    return any(_in_order(first, second) for first, second in ((b, a), (a, b), (-b, a), (-a, b)))


def _in_order(first: Floats, second: Floats) -> bool:
    commonest = max(np.unique(values, return_counts=True)[1].max() for values in (first, second)) / len(first)
    if commonest > 0.98 or len(np.unique(second)) < 2:
        return False
    sequence = second[np.lexsort((second, first))]
    away = np.abs(sequence - np.sort(second)) > 0.02 * np.std(second)
    return bool(away.mean() <= min(0.01, 0.1 * (1 - commonest)))
