"""Which way round, and how far shifted, do two lines' measurements of the same quantity fit each other?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tundish.table import Column
from tundish.trace.position.along import Joint, Laid, Stretch, Turning
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
_MANY = 30
"""Independent samples from which on profiles that should be alike and are not contradict each other."""
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
    trends: Mapping[str, Trend], gauges_m: Mapping[tuple[str, str], float], came: Stretch, left: Sequence[Stretch],
    laid: Laid, *, prior: Turning,
) -> Joint | None:  # fmt: skip
    """How what came in on a line lies on itself as it left the line before: straight on or turned, and moved to where it fits.

    The direction is decided by the likelihood of the correlation on both sides (normal errors) and the prior. The shift is
    only taken where the direction is sure, both gauges' places are known and the correlation stands out window by window.
    None where profiles that should be alike are not: then one of both passes is not this piece's.
    """
    ways = laid.ways
    usual = Joint(ways[prior.turned], prior, laid.sd_m)
    pairs = _pairs(trends, gauges_m, came, left)
    best: tuple[float, tuple[_Fit, _Fit]] | None = None
    for before, now in pairs:
        fits = tuple(_fit(_onto(before, way), now) for way in ways)
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
    chosen = Joint(ways[turned], Turning(turned, sure, by, turned != prior.turned), laid.sd_m)
    if sure < _SURE and gain != 0.0 and fits_[turned].correlation >= LIKE:
        return chosen
    moved = _moved(chosen, came, left, pairs, trends=trends, laid=laid)
    if moved is not None:
        return moved
    clear = min(fit.effective for fit in fits_) >= _MANY and any(one.placed and other.placed for one, other in pairs)
    return replace(chosen, contradicts=clear)


def _pairs(
    trends: Mapping[str, Trend], gauges_m: Mapping[tuple[str, str], float], came: Stretch, left: Sequence[Stretch]
) -> list[tuple[Measured, Measured]]:
    """What the line before measured of the material as it left, and this line of the same as it came in."""
    found = []
    trend = trends.get(came.line)
    if trend is None:
        return []
    for column in _at_end(of_material(trend.table), "entry"):
        now = measured(trend, came, column, gauges_m.get((trend.table.name, column.name)))
        if now is None:
            continue
        for line in dict.fromkeys(one.line for one in left):
            before = trends.get(line)
            if before is None:
                continue
            for other in _at_end(of_material(before.table), "exit"):
                if word_of(other) == word_of(column):
                    gauge = gauges_m.get((before.table.name, other.name))
                    parts = [measured(before, one, other, gauge) for one in left if one.line == line]
                    whole = _joined([part for part in parts if part is not None])
                    found += [] if whole is None else [(whole, now)]
    return found


def _at_end(columns: Sequence[Column], end: str) -> Sequence[Column]:
    """Of the same quantity measured at both ends of a line those at this end, where there are any."""
    own = {word_of(c) for c in columns if f".{end}_" in (c.concept or "")}
    return [c for c in columns if f".{end}_" in (c.concept or "") or word_of(c) not in own]


def _joined(parts: Sequence[Measured]) -> Measured | None:
    if not parts:
        return None
    x, values = (np.concatenate(one) for one in ([p.x for p in parts], [p.values for p in parts]))
    order = np.argsort(x, kind="stable")
    return Measured(x[order], values[order], all(part.placed for part in parts))


def _onto(before: Measured, way: Map) -> Measured:
    """What was measured along the piece as it left, along what comes in."""
    slope = (way.y[-1] - way.y[0]) / (way.x[-1] - way.x[0])
    back = way.inverse()
    x = back.at(np.clip(before.x, back.x[0], back.x[-1]))
    x += (before.x - np.clip(before.x, back.x[0], back.x[-1])) / slope
    step = -1 if slope < 0 else 1
    return Measured(x[::step], before.values[::step], before.placed)


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
    joint: Joint, came: Stretch, left: Sequence[Stretch], pairs: Sequence[tuple[Measured, Measured]],
    *, trends: Mapping[str, Trend], laid: Laid,
) -> Joint | None:  # fmt: skip
    """The joint with its metres shifted to where all profiles fit best, as far as marks, crops and gauges may be off."""
    placed = [(_onto(before, joint.metres), now) for before, now in pairs if before.placed and now.placed]
    if came.run is None or not placed:
        return None
    way = joint.metres
    slope = abs(float(way.y[-1] - way.y[0]) / way.length_m)
    ends = [one.error_m / 1.96 / slope for one in left if one.run is not None]
    own = float(np.clip(laid.end_m if laid.marked else np.hypot(laid.end_m, max(came.error_m / 1.96, *ends, 0.0)), 0.3, 6.0))
    low, high = max(float(way.x[0]), float(came.run.x[0])), min(float(way.x[-1]), float(came.run.x[-1]))
    wander = _wander(trends[came.line], came) + UNEVEN_M**2
    wander += sum(_wander(trends[one.line], one) / slope**2 for one in left if one.run is not None)
    found = fit_shift(placed, (low, high), doubt=(laid.shift_m, own), wander=wander)
    if found is None:
        return None
    x = np.unique(np.concatenate((np.linspace(low, high, 65), way.x)))
    shift = found.at(x)
    moved = _reknotted(way, x, shift)
    return replace(joint, metres=moved, sd_m=found.sd_m, measured=True, shift_m=float(np.sqrt(np.mean(shift**2))))


def _wander(trend: Trend, stretch: Stretch) -> float:
    """Variance (m2 of the stretch's own metres) that the gauge's noise gathers along it."""
    if stretch.run is None:
        return 0.0
    span = abs(float(stretch.run.y[-1] - stretch.run.y[0]))
    gain = span / stretch.run.length_m
    return walk_per_metre(trend) * span / gain**2


def _reknotted(part: Map, x: Floats, shift: Floats) -> Map:
    """The map whose x is moved: what was said to lie at x lies at x + shift. The ends go on as straight as they were."""
    from_x = x - shift
    slope = (part.y[-1] - part.y[0]) / (part.x[-1] - part.x[0])
    inside = np.clip(from_x, part.x[0], part.x[-1])
    y = np.interp(inside, part.x, part.y) + (from_x - inside) * slope
    steps = np.maximum(np.diff(y) * np.sign(slope), 1e-6)
    return Map(x, y[0] + np.sign(slope) * np.concatenate(([0.0], np.cumsum(steps))))
