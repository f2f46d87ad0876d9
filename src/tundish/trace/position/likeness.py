"""Which way round, and how far shifted, do two lines' measurements of the same quantity fit each other?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from tundish.table import Column
from tundish.trace.position.along import Stretch, Turning, times_of
from tundish.trace.position.maps import Map
from tundish.trace.position.trend import Trend
from tundish.trace.stays.segments import Floats

_OF_MATERIAL = ("thickness", "width", "crown", "wedge", "diameter", "profile")
"""Last words of concepts that a line measures and the next one finds again; a temperature or a force is of the line alone."""
_REACH_M = 12.0
"""How far two profiles are shifted against each other, at most: more is no error of marks."""
_SMOOTH_M = 150.0
"""Slower changes than this are left out: the gauges' drift, the trend from head to tail."""
_WINDOW_M = 120.0
_FEWEST = 40
_SURE = 0.9999
"""Probability of the direction from which on the profiles may move a stretch."""
_CLEAR = 0.3
"""Correlation of a window from which on its shift counts."""
_BOUND_M = 1.0
"""A window's shift whose doubt is greater says nothing; m, one standard deviation."""


@dataclass(frozen=True)
class Measured:
    """One material quantity along the final product, as one line measured it: sorted metres and values."""

    x: Floats
    values: Floats
    placed: bool
    """Whether it is known where the gauge stands."""


@dataclass(frozen=True)
class _Fit:
    lag_m: float
    correlation: float
    effective: float


def of_material(trend: Trend) -> tuple[Column, ...]:
    """Signals that measure the material itself."""
    return tuple(
        column for column in trend.table.of_kind("number")
        if column.concept is not None and column.concept.rpartition(".")[2].rpartition("_")[2] in _OF_MATERIAL
    )  # fmt: skip


def word_of(column: Column) -> str:
    """What a signal measures: the last word of its concept."""
    return (column.concept or "").rpartition("_")[2].rpartition(".")[2]


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
    best: tuple[float, tuple[_Fit, _Fit], Measured, Stretch, Column] | None = None
    trend = trends.get(usual.line)
    if trend is None or usual.run is None:
        return usual
    for column in of_material(trend):
        own = [measured(trend, way, column, gauges_m.get((trend.table.name, column.name))) for way in ways]
        if own[0] is None or own[1] is None:
            continue
        for other in _others(trends, gauges_m, known, word_of(column)):
            fits = (_fit(own[0], other), _fit(own[1], other))
            if fits[0] is not None and fits[1] is not None:
                gain = _likelihood(fits[1]) - _likelihood(fits[0])
                if best is None or abs(gain) > abs(best[0]):
                    best = (gain, (fits[0], fits[1]), other, usual, column)
    if best is None:
        return usual
    gain, fits_, other, _, column = best
    odds = gain + np.log(prior.probability / (1 - prior.probability)) * (1 if prior.turned else -1)
    turned = bool(odds > 0)
    sure = float(1.0 / (1.0 + np.exp(-min(abs(odds), 50.0))))
    by = "profile" if abs(gain) > 3.0 else prior.by
    chosen = replace(ways[turned], turning=Turning(turned, sure, by, turned != prior.turned))
    mine = measured(trend, chosen, column, gauges_m.get((trend.table.name, column.name)))
    if sure < _SURE or fits_[turned].correlation < _CLEAR or mine is None or not (mine.placed and other.placed):
        return chosen
    return _moved(chosen, trend, mine, other)


def _others(
    trends: Mapping[str, Trend], gauges_m: Mapping[tuple[str, str], float], known: list[Stretch], word: str
) -> list[Measured]:
    found = []
    for stretch in known:
        trend = trends.get(stretch.line)
        if trend is None:
            continue
        for column in of_material(trend):
            if word_of(column) == word:
                made = measured(trend, stretch, column, gauges_m.get((trend.table.name, column.name)))
                found += [] if made is None else [made]
    return found


def _likelihood(fit: _Fit) -> float:
    """Log-likelihood gained by a line through the other profile, normal errors: -n/2 ln(1 - r2)."""
    return -0.5 * fit.effective * float(np.log1p(-(max(fit.correlation, 0.0) ** 2) + 1e-9))


def _common(one: Measured, other: Measured) -> tuple[Floats, Floats, float] | None:
    """Both on one even grid, without what changes slowly."""
    low, high = max(one.x[0], other.x[0]), min(one.x[-1], other.x[-1])
    step = max(float(np.median(np.diff(one.x))), float(np.median(np.diff(other.x))), 0.25)
    count = int((high - low) / step)
    if count < _FEWEST:
        return None
    grid = low + step * np.arange(count)
    window = max(int(_SMOOTH_M / step), 3)
    a, b = (_without_slow(np.interp(grid, part.x, part.values), window) for part in (one, other))
    return (a, b, step) if a.std() > 0 and b.std() > 0 else None


def _without_slow(values: Floats, window: int) -> Floats:
    kernel = np.ones(min(window, values.size))
    weight = np.convolve(np.ones(values.size), kernel, "same")
    return np.asarray(values - np.convolve(values, kernel, "same") / weight)


def _fit(one: Measured, other: Measured) -> _Fit | None:
    common = _common(one, other)
    if common is None:
        return None
    a, b, step = common
    lags = np.arange(-int(_REACH_M / step), int(_REACH_M / step) + 1)
    scores = np.array([_correlation(a, b, int(lag)) for lag in lags])
    best = int(np.argmax(scores))
    own = (_correlation(a, a, 1), _correlation(b, b, 1))
    rough = max(own[0] * own[1], 0.0)
    return _Fit(float(lags[best]) * step, float(scores[best]), a.size * (1 - rough) / (1 + rough))


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


def _moved(stretch: Stretch, trend: Trend, mine: Measured, other: Measured) -> Stretch:
    """The stretch with its metres shifted, window by window, to where both profiles fit."""
    common = _common(mine, other)
    if common is None or stretch.run is None:
        return stretch
    a, b, step = common
    low = max(mine.x[0], other.x[0])
    width = max(int(_WINDOW_M / step), _FEWEST)
    middles, shifts, doubts = [], [], []
    for first in range(0, max(a.size - width // 2, 1), width // 2):
        found = _shift(a[first : first + width], b[first : first + width], step)
        if found is not None and found[1] < _BOUND_M:
            middles.append(low + step * (first + min(width, a.size - first) / 2))
            shifts.append(found[0])
            doubts.append(found[1])
    if not middles:
        return stretch
    return _shifted(stretch, trend, np.array(middles), np.array(shifts), np.array(doubts))


def _shift(a: Floats, b: Floats, step: float) -> tuple[float, float] | None:
    """Metres to add to the x of ``a`` so that it fits ``b``, and one standard deviation.

    At the best whole lag, one Gauss-Newton step on the residual; the doubt is that of least squares, with the residual's
    own correlation from sample to sample counted in.
    """
    if a.size < _FEWEST:
        return None
    reach = int(_REACH_M / step)
    lags = np.arange(-reach, reach + 1)
    scores = np.array([_correlation(a, b, int(lag)) for lag in lags])
    best = int(np.argmax(scores))
    if scores[best] < _CLEAR or best in (0, lags.size - 1):
        return None
    lag = int(lags[best])
    here, there = (a[: a.size - lag], b[lag:]) if lag >= 0 else (a[-lag:], b[: b.size + lag])
    here, there = here - here.mean(), there - there.mean()
    peak = _peak(scores[best - 1 : best + 2])
    gain = float((here * there).sum() / (here**2).sum())
    slope = np.gradient(gain * here, step)
    rest = there - gain * here
    rough = max(_correlation(rest, rest, 1), 0.0)
    power = float((slope**2).sum())
    if power <= 0:
        return None
    doubt = np.sqrt(rest.var() / power * (1 + rough) / max(1 - rough, 0.05))
    return (lag + peak) * step, float(doubt)


def _peak(three: Floats) -> float:
    """Where a parabola through three neighbouring values is greatest, in steps from the middle one."""
    bend = three[0] - 2 * three[1] + three[2]
    return float(np.clip(0.5 * (three[0] - three[2]) / bend, -0.5, 0.5)) if bend < 0 else 0.0


def _shifted(stretch: Stretch, trend: Trend, middles: Floats, shifts: Floats, doubts: Floats) -> Stretch:
    """Knots moved by the smoothed shifts: the nearer windows count, each by its doubt; outliers against the rest do not."""
    usual = np.median(shifts)
    kept = np.abs(shifts - usual) < 3.0 + 3.0 * doubts
    if not kept.any() or stretch.run is None:
        return stretch
    weight = 1.0 / (doubts[kept] ** 2 + 0.05**2)
    x = np.unique(np.concatenate((np.linspace(stretch.run.x[0], stretch.run.x[-1], 33), stretch.run.x)))
    near = np.exp(-0.5 * ((x[:, None] - middles[kept]) / _WINDOW_M) ** 2) * weight + 1e-12 * weight
    shift = (near * shifts[kept]).sum(axis=1) / near.sum(axis=1)
    doubt = float(np.sqrt(np.mean(1.0 / near.sum(axis=1).clip(1.0, None))))
    run, metres = (_reknotted(part, x, shift) for part in (stretch.run, stretch.metres))
    left = _reknotted(stretch.left, x, shift)
    error = min(1.96 * float(np.hypot(doubt, 0.1)), stretch.error_m)
    return replace(
        stretch, run=run, metres=metres, left=left, times=times_of(trend, run), error_m=error,
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
