"""Which way round, and how far shifted, do two lines' measurements of the same quantity fit each other?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tundish.table import Column
from tundish.trace.position.joints import Joint, Laid
from tundish.trace.position.maps import Map
from tundish.trace.position.measured import Measured
from tundish.trace.position.registration import Laying, Pair, Prior, Shift, pair, refine, search
from tundish.trace.position.stretches import Doubt, Stretch, Turning
from tundish.trace.position.trend import Bools, Trend, of_material, word_of
from tundish.trace.stays.segments import Floats

LIKE = 0.5
"""Correlation of two profiles from which on they may say anything of the shift."""
_UNEVEN_M = 0.3
"""How far uneven elongation moves metres beside the straight map where it is not measured, one standard deviation."""
_LENGTHENS = 1.05
_BEND_M = 2.0
"""Step in which uneven elongation is summed up."""
_FEWEST = 12
_SEARCHED = 6
"""Shifts tried that are as good as independent: the best of them fits a little even by chance."""
_TELLING = 3.0
"""Difference of log-likelihoods from which on the profiles, not the record, tell the direction."""
_MANY = 30
"""Independent samples from which on profiles that should be alike and are not contradict each other."""
_SUREST = 0.999
"""No profile says a direction more surely: a stretch may be another piece's, a gauge another line's (unsourced)."""
_SURE = 0.97
"""Probability of the direction from which on the profiles may move a stretch."""


_LOOSE_M = 8.0
"""A gauge whose section may lie farther off than that is not compared, one standard deviation in m."""
_OPTIMISTIC = 1.25
"""A curve through noisy samples is steeper than the strip, so samples seem to tell more than they do: by so much, as strips of
known shape show (``tests/trace/position/test_profiles_laid.py``)."""
_OUTSIDE = 6.0
"""Scatters from the middle value beyond which a sample is no more of this piece."""


def measured(trend: Trend, stretch: Stretch, column: Column, gauge_m: float | None) -> Measured | None:
    """A signal along the final product, as this stretch maps it; None with too few samples."""
    if stretch.run is None:
        return None
    low, high = sorted((float(stretch.run.y[0]), float(stretch.run.y[-1])))
    apart = abs(gauge_m or 0.0) * max(stretch.elongation, 1.0) + 1.0
    section = trend.section(column)
    if section is not None and section.sd_m > _LOOSE_M:
        return None
    first, behind = trend.rows_between(low - apart, high + apart, section=section)
    if behind - first < _FEWEST:
        return None
    times = trend.times[first:behind].astype(np.float64)
    run = trend.passed(times, gauge_m or 0.0, elongation=stretch.elongation, section=section)
    x = stretch.run.inverse().at(run)
    values = trend.values([column.name], first, behind)[0]
    good = np.isfinite(x) & np.isfinite(values)
    good[good] = _of_one_piece(values[good])
    order = np.argsort(x[good], kind="stable")
    if good.sum() < _FEWEST:
        return None
    return Measured(x[good][order], values[good][order], gauge_m is not None)


def _of_one_piece(values: Floats) -> Bools:
    """Samples without those far from all others: at both ends a gauge still or already sees a neighbour, or nothing."""
    middle = np.median(values) if values.size else 0.0
    off = np.abs(values - middle)
    return np.asarray(off <= _OUTSIDE * 1.4826 * np.median(off) if values.size else off < 0)


def judge(
    trends: Mapping[str, Trend], gauges_m: Mapping[tuple[str, str], float], came: Stretch, left: Sequence[Stretch],
    laid: Laid, *, prior: Turning,
) -> Joint | None:  # fmt: skip
    """How what came in on a line lies on itself as it left the line before: straight on or turned, and moved to where it fits.

    The direction is decided by the likelihood of the correlation on both sides (normal errors) and the prior. The shift is
    only taken where the direction is sure, both gauges' places are known and the profiles are alike. Profiles that should be
    alike and are not contradict: then one of both passes is not this piece's.
    """
    bend = _bend(trends, gauges_m, came)
    ways = [way if bend is None else _reknotted(way, np.union1d(bend.x, way.x), bend) for way in laid.ways]
    usual = Joint(ways[prior.turned], prior, laid.sd_m)
    found = _pairs(trends, gauges_m, came, left) if np.isfinite(laid.sd_m) else []
    before = [_prior(way, came, left, trends=trends, laid=laid, even=bend is not None) for way in ways]
    tried = [_tried(found, way, one) for way, one in zip(ways, before, strict=True)]
    both = [i for i in range(len(found)) if tried[0][i] is not None and tried[1][i] is not None]
    if not both:
        return usual
    gains = {i: _gain(tried[0][i], tried[1][i]) for i in both}
    best = max(both, key=lambda i: abs(gains[i]))
    odds = gains[best] + np.log(prior.probability / (1 - prior.probability)) * (1 if prior.turned else -1)
    turned = bool(odds > 0)
    sure = min(float(1.0 / (1.0 + np.exp(-min(abs(odds), 50.0)))), _SUREST)
    by = "profile" if abs(gains[best]) > _TELLING else prior.by
    chosen = Joint(ways[turned], Turning(turned, sure, by, turned != prior.turned), laid.sd_m)
    alike = [fit for fit in tried[turned] if fit is not None and fit.pair.placed and fit.laying.correlation >= LIKE]
    if alike:
        return _moved(chosen, alike, before[turned]) if sure >= _SURE else chosen
    fits = [fit for way in tried if (fit := way[best]) is not None]
    unlike = all(fit.pair.placed and fit.laying.correlation < LIKE and fit.laying.effective >= _MANY for fit in fits)
    return replace(chosen, contradicts=unlike)


def _prior(way: Map, came: Stretch, left: Sequence[Stretch], *, trends: Mapping[str, Trend], laid: Laid, even: bool) -> Prior:
    """By how much what came may be shifted on itself, by marks, lengths and the noise of both speed gauges."""
    run = way if came.run is None else came.run
    low, high = max(float(way.x[0]), float(run.x[0])), min(float(way.x[-1]), float(run.x[-1]))
    slope = abs(float(way.y[-1] - way.y[0]) / way.length_m)
    ends = [one.doubt.least_m / slope for one in left if one.run is not None]
    own = laid.end_m if laid.marked else float(np.hypot(laid.end_m, max(came.doubt.least_m, *ends, 0.0)))
    wander = _wander(trends[came.line], came) if came.line in trends else 0.0
    wander += sum(_wander(trends[one.line], one) / slope**2 for one in left if one.run is not None)
    if not even and came.elongation > _LENGTHENS:
        wander += _UNEVEN_M**2
    return Prior(low, high, laid.shift_m, float(np.clip(own, 0.3, 8.0)), wander)


@dataclass(frozen=True)
class _Tried:
    pair: Pair
    laying: Laying


def _tried(found: Sequence[tuple[Measured, Measured]], way: Map, prior: Prior) -> list[_Tried | None]:
    made = (pair(_onto(before, way), now) for before, now in found)
    return [None if one is None else _Tried(one, search(one, prior)) for one in made]


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


def _gain(straight: _Tried | None, turned: _Tried | None) -> float:
    """Log of how much likelier both profiles are with one of them turned, by as many samples as either way has at most."""
    if straight is None or turned is None:
        return 0.0
    effective = min(fit.pair.telling for fit in (straight, turned))
    return _likelihood(turned, effective) - _likelihood(straight, effective)


def _likelihood(fit: _Tried, most: float) -> float:
    """Log-likelihood gained by a line through the other profile, normal errors: -n/2 ln(1 - r2), shared by the shifts tried."""
    effective, alike = min(fit.laying.effective, most), max(fit.laying.correlation, 0.0)
    return max(-0.5 * effective * float(np.log(max(1.0 - alike**2, 1e-6))) - float(np.log(_SEARCHED)), 0.0)


def _moved(joint: Joint, alike: Sequence[_Tried], prior: Prior) -> Joint:
    """The joint with its metres shifted to where all profiles fit best, as far as marks, crops and gauges may be off."""
    begin = max(alike, key=lambda fit: fit.laying.correlation * fit.laying.effective).laying
    found = refine([fit.pair for fit in alike], prior, begin)
    metres = _reknotted(joint.metres, np.union1d(found.x, joint.metres.x), found)
    moved, sure = (float(np.sqrt(np.mean(one**2))) for one in (found.by_m, found.sd_m))
    along = Doubt(found.x, (_OPTIMISTIC * found.sd_m) ** 2)
    return replace(joint, metres=metres, sd_m=_OPTIMISTIC * sure, measured=True, shift_m=moved, along=along)


def _wander(trend: Trend, stretch: Stretch) -> float:
    """Variance (m2 of the stretch's own metres) that the gauge's noise gathers along it."""
    if stretch.run is None:
        return 0.0
    span = abs(float(stretch.run.y[-1] - stretch.run.y[0]))
    gain = span / stretch.run.length_m
    return trend.walk_per_metre * span / gain**2


def _reknotted(part: Map, x: Floats, shift: Shift) -> Map:
    """The map whose x is moved: what was said to lie at x lies at x + shift. The ends go on as straight as they were."""
    from_x = x - shift.at(x)
    slope = (part.y[-1] - part.y[0]) / (part.x[-1] - part.x[0])
    inside = np.clip(from_x, part.x[0], part.x[-1])
    y = np.interp(inside, part.x, part.y) + (from_x - inside) * slope
    steps = np.maximum(np.diff(y) * np.sign(slope), 1e-6)
    return Map(x, y[0] + np.sign(slope) * np.concatenate(([0.0], np.cumsum(steps))))


def _bend(trends: Mapping[str, Trend], gauges_m: Mapping[tuple[str, str], float], came: Stretch) -> Shift | None:
    """How far metres that come in lie beside a straight map, where a line measures thickness before and behind its rolls.

    Volume and width stay: a metre becomes thickness in over thickness out metres (e.g. W. L. Roberts, Cold Rolling of Steel,
    1978, ch. 2, constancy of volume). None where one of both is not measured, or its gauge's place is not known.
    """
    trend = trends.get(came.line)
    if trend is None or came.run is None:
        return None
    ends = []
    for end in ("entry", "exit"):
        own = [c for c in of_material(trend.table) if f".{end}_thickness" in (c.concept or "")]
        places = [gauges_m.get((trend.table.name, c.name)) for c in own]
        known = [measured(trend, came, c, place) for c, place in zip(own, places, strict=True) if place is not None]
        ends.append(next((one for one in known if one is not None), None))
    into, out = ends
    if into is None or out is None:
        return None
    low, high = float(came.run.x[0]), float(came.run.x[-1])
    grid = np.linspace(low, high, max(int((high - low) / _BEND_M), 2) + 1)
    ratio = np.interp(grid, out.x, out.values) / np.interp(grid, into.x, into.values)
    eaten = np.concatenate(([0.0], np.cumsum((ratio[1:] + ratio[:-1]) / 2.0)))
    return Shift(grid, grid - low - (high - low) * eaten / eaten[-1], np.zeros(grid.size))
