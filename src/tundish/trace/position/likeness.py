"""Which way round, and how far shifted, do two lines' measurements of the same quantity fit each other?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from tundish.table import Column
from tundish.trace.position.along import Stretch, Turning, times_of
from tundish.trace.position.maps import Map
from tundish.trace.position.measured import Measured, without_slow
from tundish.trace.position.registration import LIKE, UNEVEN_M, fit_shift
from tundish.trace.position.ruler import walk_per_metre
from tundish.trace.position.trend import Trend, of_material, word_of
from tundish.trace.stays.segments import Floats

_REACH_M = 20.0
"""How far two profiles are shifted against each other, at most: more is no error of marks."""
_FEWEST = 12
_SEARCHED = 4
"""Shifts tried that are as good as independent: the best of them fits a little even by chance."""
_SURE = 0.97
"""Probability of the direction from which on the profiles may move a stretch."""


@dataclass(frozen=True)
class _Fit:
    lag_m: float
    correlation: float
    effective: float


def measured(trend: Trend, stretch: Stretch, column: Column, gauge_m: float | None) -> Measured | None:
    """A signal along the final product, as this stretch maps it; None with too few samples."""
    if stretch.run is None:
        return None
    low, high = sorted((float(stretch.run.y[0]), float(stretch.run.y[-1])))
    apart = abs(gauge_m or 0.0) * max(stretch.elongation, 1.0) + 1.0
    first, behind = trend.rows_between(low - apart, high + apart)
    if behind - first < _FEWEST:
        return None
    run = trend.passed(trend.times[first:behind].astype(np.float64), gauge_m or 0.0, elongation=stretch.elongation)
    x = stretch.run.inverse().at(run)
    values = trend.values([column.name], first, behind)[0]
    good = np.isfinite(x) & np.isfinite(values)
    order = np.argsort(x[good], kind="stable")
    if good.sum() < _FEWEST:
        return None
    return Measured(x[good][order], values[good][order], gauge_m is not None)


def judge(
    trends: Mapping[str, Trend], gauges_m: Mapping[tuple[str, str], float], known: list[Stretch], ways: tuple[Stretch, Stretch],
    prior: Turning,
) -> Stretch:  # fmt: skip
    """Of a stretch straight on and the same turned the one that fits the stretches known already, moved to where it fits best.

    The direction is decided by the likelihood of the correlation on both sides (normal errors) and the prior. The shift is
    only taken where the direction is sure, both gauges' places are known and the correlation stands out window by window.
    """
    usual = ways[prior.turned]
    best: tuple[float, tuple[_Fit, _Fit]] | None = None
    trend = trends.get(usual.line)
    if trend is None or usual.run is None:
        return usual
    for column in of_material(trend.table):
        own = [measured(trend, way, column, gauges_m.get((trend.table.name, column.name))) for way in ways]
        if own[0] is None or own[1] is None:
            continue
        for other in _others(trends, gauges_m, known, word_of(column)):
            fits = (_fit(own[0], other), _fit(own[1], other))
            if fits[0] is not None and fits[1] is not None:
                gain = _likelihood(fits[1]) - _likelihood(fits[0])
                if best is None or abs(gain) > abs(best[0]):
                    best = (gain, (fits[0], fits[1]))
    if best is None:
        return usual
    gain, fits_ = best
    odds = gain + np.log(prior.probability / (1 - prior.probability)) * (1 if prior.turned else -1)
    turned = bool(odds > 0)
    sure = float(1.0 / (1.0 + np.exp(-min(abs(odds), 50.0))))
    by = "profile" if abs(gain) > 3.0 else prior.by
    chosen = replace(ways[turned], turning=Turning(turned, sure, by, turned != prior.turned))
    if sure < _SURE or fits_[turned].correlation < LIKE:
        return chosen
    return _moved(chosen, trends, gauges_m, known)


def _others(
    trends: Mapping[str, Trend], gauges_m: Mapping[tuple[str, str], float], known: list[Stretch], word: str
) -> list[Measured]:
    found = []
    for stretch in known:
        trend = trends.get(stretch.line)
        if trend is None:
            continue
        for column in of_material(trend.table):
            if word_of(column) == word:
                made = measured(trend, stretch, column, gauges_m.get((trend.table.name, column.name)))
                found += [] if made is None else [made]
    return found


def _likelihood(fit: _Fit) -> float:
    """Log-likelihood gained by a line through the other profile, normal errors: -n/2 ln(1 - r2), r2 adjusted for the search."""
    free = fit.effective - 1 - _SEARCHED
    if free < _SEARCHED or fit.correlation <= 0:
        return 0.0
    rest = min((1.0 - fit.correlation**2) * (fit.effective - 1) / free, 1.0)
    return -0.5 * fit.effective * float(np.log(max(rest, 1e-6)))


def _common(one: Measured, other: Measured) -> tuple[Floats, Floats, float] | None:
    """Both on one even grid, without what changes slowly."""
    low, high = max(one.x[0], other.x[0]), min(one.x[-1], other.x[-1])
    step = max(_spacing(one, low, high) / 4.0, _spacing(other, low, high) / 4.0, 1.0)
    count = int((high - low) / step)
    if count < _FEWEST:
        return None
    grid = low + step * np.arange(count)
    a, b = (without_slow(np.interp(grid, part.x, part.values), step) for part in (one, other))
    return (a, b, step) if a.std() > 0 and b.std() > 0 else None


def _fit(one: Measured, other: Measured) -> _Fit | None:
    common = _common(one, other)
    if common is None:
        return None
    a, b, step = common
    lags = np.arange(-int(_REACH_M / step), int(_REACH_M / step) + 1)
    scores = np.array([_correlation(a, b, int(lag)) for lag in lags])
    best = int(np.argmax(scores))
    most = min(max(one.x.size, 1), max(other.x.size, 1))
    return _Fit(float(lags[best]) * step, float(scores[best]), min(_independent(a, b), float(most)))


def _independent(a: Floats, b: Floats) -> float:
    """How many independent samples two smooth series amount to (Bartlett): by the products of their autocorrelations."""
    together = 1.0
    for lag in range(1, a.size // 4):
        alike = _correlation(a, a, lag) * _correlation(b, b, lag)
        together += 2.0 * alike
        if alike < 0.02:
            break
    return a.size / max(together, 1.0)


def _spacing(one: Measured, low: float, high: float) -> float:
    first, behind = np.searchsorted(one.x, [low, high])
    return (high - low) / max(int(behind - first), 1)


def _correlation(a: Floats, b: Floats, lag: int) -> float:
    """Correlation of ``a(x)`` with ``b(x + lag)``."""
    if lag >= 0:
        a, b = a[: a.size - lag], b[lag:]
    else:
        a, b = a[-lag:], b[: b.size + lag]
    if a.size < _FEWEST // 2:
        return 0.0
    spread = a.std() * b.std()
    return float(((a - a.mean()) * (b - b.mean())).mean() / spread) if spread > 0 else 0.0


def _moved(
    stretch: Stretch, trends: Mapping[str, Trend], gauges_m: Mapping[tuple[str, str], float], known: list[Stretch]
) -> Stretch:
    """The stretch with its metres shifted to where all profiles fit best, as far as its marks and its gauge may be off."""
    trend = trends[stretch.line]
    pairs = []
    for column in of_material(trend.table):
        mine = measured(trend, stretch, column, gauges_m.get((trend.table.name, column.name)))
        if mine is not None and mine.placed:
            others = _others(trends, gauges_m, known, word_of(column))
            pairs += [(mine, other) for other in others if other.placed]
    if stretch.run is None or not pairs:
        return stretch
    span = abs(float(stretch.run.y[-1] - stretch.run.y[0]))
    gauge = span / stretch.run.length_m
    doubt = float(np.clip(stretch.error_m / 1.96, 0.5, 6.0))
    wander = walk_per_metre(trend) * span / gauge**2 + UNEVEN_M**2
    found = fit_shift(pairs, (float(stretch.run.x[0]), float(stretch.run.x[-1])), doubt=doubt, wander=wander)
    if found is None:
        return stretch
    x = np.unique(np.concatenate((np.linspace(stretch.run.x[0], stretch.run.x[-1], 65), stretch.run.x)))
    shift = found.at(x)
    run, metres, left = (_reknotted(part, x, shift) for part in (stretch.run, stretch.metres, stretch.left))
    others_m = min((other.error_m for other in known if other.run is not None), default=0.0)
    return replace(
        stretch, run=run, metres=metres, left=left, times=times_of(trend, run),
        error_m=min(float(np.hypot(1.96 * found.sd_m, others_m)), stretch.error_m),
        shift_m=float(np.sqrt(np.mean(shift**2))),
    )  # fmt: skip


def _reknotted(part: Map, x: Floats, shift: Floats) -> Map:
    """The map whose x is moved: what was said to lie at x lies at x + shift. The ends go on as straight as they were."""
    from_x = x - shift
    slope = (part.y[-1] - part.y[0]) / (part.x[-1] - part.x[0])
    inside = np.clip(from_x, part.x[0], part.x[-1])
    y = np.interp(inside, part.x, part.y) + (from_x - inside) * slope
    steps = np.maximum(np.diff(y) * np.sign(slope), 1e-6)
    return Map(x, y[0] + np.sign(slope) * np.concatenate(([0.0], np.cumsum(steps))))
