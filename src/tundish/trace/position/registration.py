"""By how much is one line's profile shifted against another's, metre by metre, and how sure is that?

Marks are off at both ends, and between them the speed gauge's noise lets the metres wander like a Brownian bridge. The search
tries straight shifts from head to tail; from the best one Gauss-Newton steps lead to the most probable shift under that prior
(Gaussian process regression on knots; Rasmussen & Williams, Gaussian Processes for Machine Learning, 2006, ch. 2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tundish.trace.position.curves import Curve, by_chance, smoothed, thinned, together
from tundish.trace.position.measured import Measured
from tundish.trace.stays.segments import Floats

_REACH_M = 25.0
"""How far an end is moved, at most: more is no error of marks."""
_STEP_M = 1.0
_WINDOW_M = 40.0
_KNOT_M = 25.0
_MOST = 80
_STEPS = 5
_STARTS = ((0.0, 0.0), (-1.5, 1.5), (1.5, -1.5), (-1.5, -1.5), (1.5, 1.5))
"""Metres beside the best straight shift from which steps are tried too: on even strip noise makes many likely ones."""
_LOOSE_M = 1.0
"""Ends that records and marks hold nearer than that, one standard deviation, leave one likely shift only."""
_LEAST_ALIKE = 0.05
_FEWEST = 12


@dataclass(frozen=True)
class Laying:
    """One profile laid over another: metres to add to the first, straight from head to tail, and how alike they are then."""

    head_m: float
    tail_m: float
    correlation: float
    effective: float
    """How many independent samples both profiles amount to."""


@dataclass(frozen=True)
class Shift:
    """Metres to add, straight between knots."""

    x: Floats
    by_m: Floats
    sd_m: Floats
    """One standard deviation at each knot."""

    def at(self, x: Floats) -> Floats:
        """Metres to add at these x."""
        return np.interp(x, self.x, self.by_m)


@dataclass(frozen=True)
class Prior:
    """What is known beforehand of a shift between ``low`` and ``high``, in m."""

    low: float
    high: float
    both_m: float
    """By how much both ends may be off together, one standard deviation."""
    each_m: float
    """By how much each end may be off besides."""
    wander: float
    """Variance (m2) that the metres gather along the span."""

    @property
    def reach_m(self) -> float:
        """Farthest that an end is looked for."""
        return float(np.clip(3.5 * np.hypot(self.both_m, self.each_m), 4.0, _REACH_M))

    def covariance(self, x: Floats) -> Floats:
        """Of the shifts at these x."""
        part = (x - self.low) / (self.high - self.low)
        one, other = part[:, None], part[None, :]
        ends = self.both_m**2 + self.each_m**2 * ((1 - one) * (1 - other) + one * other)
        bridge = self.wander * (np.minimum(one, other) - one * other)
        return np.asarray(ends + bridge)


@dataclass(frozen=True)
class Pair:
    """The samples of the sparser profile, and a smooth curve through the denser one."""

    x: Floats
    values: Floats
    curve: Curve
    rough: Curve
    """A smooth curve through the sparser one."""
    sign: float
    """Where the curve is read: at ``x + sign * shift``."""
    gain: float
    effective: float
    placed: bool
    """Whether it is known where both gauges stand."""
    telling: float = np.inf
    """Independent samples by how alike both are at shifts that cannot be."""


def pair(mine: Measured, other: Measured) -> Pair | None:
    """Two profiles made ready to be laid over each other; None where they share too little."""
    begin, end = max(mine.x[0], other.x[0]), min(mine.x[-1], other.x[-1])
    sparse, dense = (mine, other) if mine.spacing >= other.spacing else (other, mine)
    if end - begin < 2 * _FEWEST * sparse.spacing:
        return None
    near = [one.between(begin - _REACH_M, end + _REACH_M) for one in (sparse, dense)]
    rough, through = (smoothed(one, begin, end) for one in near)
    if rough is None or through is None:
        return None
    x, values = thinned(near[0], near[0].spacing / 2.0)
    values = values - rough.slow(x)
    inside = (x >= begin) & (x <= end)
    spread = float(np.std(rough.values)), float(np.std(through.values))
    if inside.sum() < _FEWEST or min(spread) <= 0:
        return None
    effective = min(_independent(rough, through, end - begin), float(inside.sum()))
    sign, gain = 1.0 if sparse is mine else -1.0, spread[0] / spread[1]
    telling = by_chance(rough, through, (begin, end), beyond_m=2.0 * _REACH_M)
    return Pair(x[inside], values[inside], through, rough, sign, gain, effective, mine.placed and other.placed, telling)


def _independent(one: Curve, other: Curve, span: float) -> float:
    """How many independent samples two smooth series amount to (Bartlett): by the products of their autocorrelations."""
    step = max(one.step, other.step)
    a, b = (curve.values[:: max(round(step / curve.step), 1)] for curve in (one, other))
    return max(span / step / together(a, b), 1.0)


def search(one: Pair, prior: Prior) -> Laying:
    """The shift, straight from head to tail, under which both profiles and the prior fit best."""
    lags = np.arange(-np.ceil(prior.reach_m), prior.reach_m + _STEP_M, _STEP_M)
    windows = np.floor((one.x - one.x[0]) / _WINDOW_M).astype(np.int64)
    first = np.flatnonzero(np.diff(windows, prepend=-1))
    middle = np.add.reduceat(one.x, first) / np.diff(np.append(first, one.x.size))
    read = one.gain * one.curve.at(one.x + one.sign * lags[:, None])
    missed = np.add.reduceat((one.values - read) ** 2, first, axis=1)
    part = np.clip((middle - prior.low) / (prior.high - prior.low), 0.0, 1.0)
    place = (lags[:, None, None] * (1.0 - part) + lags[None, :, None] * part - lags[0]) / _STEP_M
    left = np.clip(place.astype(np.int64), 0, lags.size - 2)
    window = np.arange(first.size)
    rest = (missed[left, window] * (left + 1 - place) + missed[left + 1, window] * (place - left)).sum(axis=-1)
    ends = np.stack(np.meshgrid(lags, lags, indexing="ij"))
    weight = np.linalg.inv(prior.covariance(np.array([prior.low, prior.high])))
    score = one.effective * np.log(rest / float((one.values**2).sum())) + np.einsum("iab,ij,jab->ab", ends, weight, ends)
    head, tail = np.unravel_index(int(np.argmin(score)), score.shape)
    shift = Shift(np.array([prior.low, prior.high]), np.array([lags[head], lags[tail]]), np.zeros(2))
    return Laying(float(lags[head]), float(lags[tail]), _correlation(one, shift), one.effective)


def _correlation(one: Pair, shift: Shift) -> float:
    read = one.curve.at(one.x + one.sign * shift.at(one.x))
    spread = float(np.std(read) * np.std(one.values))
    return float(np.mean((read - read.mean()) * (one.values - one.values.mean())) / spread) if spread > 0 else 0.0


def refine(pairs: Sequence[Pair], prior: Prior, begin: Laying) -> Shift:
    """The most probable shift under all pairs and the prior, from straight ones on, and how sure it is knot by knot."""
    tries = _STARTS if np.hypot(prior.both_m, prior.each_m) > _LOOSE_M else _STARTS[:1]
    ends = [(begin.head_m + head, begin.tail_m + tail) for head, tail in tries]
    return min((_steps(pairs, prior, one) for one in ends), key=lambda found: found[0])[1]


def _steps(pairs: Sequence[Pair], prior: Prior, ends: tuple[float, float]) -> tuple[float, Shift]:
    knots = np.linspace(prior.low, prior.high, int(np.clip((prior.high - prior.low) / _KNOT_M, 3, _MOST)) + 1)
    weight = np.linalg.inv(prior.covariance(knots) + 1e-9 * np.eye(knots.size))
    by = np.linspace(*ends, knots.size)
    precision = weight
    for _ in range(_STEPS):
        precision, pull = weight.copy(), -weight @ by
        for one in pairs:
            more, force = _pull(one, Shift(knots, by, by))
            precision += more
            pull += force
        by = by + np.linalg.solve(precision, pull)
    missed = sum(_missed(one, Shift(knots, by, by)) for one in pairs)
    return float(by @ weight @ by) + missed, Shift(knots, by, np.sqrt(np.diag(np.linalg.inv(precision))))


def _missed(one: Pair, shift: Shift) -> float:
    """Twice the negative logarithm of the likelihood, as far as it depends on the shift."""
    read = one.curve.at(one.x + one.sign * shift.at(one.x))
    rest = one.values - read * float((read * one.values).sum() / max((read * read).sum(), 1e-300))
    return float(rest.size / together(rest) * np.log(max((rest * rest).mean(), 1e-300)))


def _pull(one: Pair, shift: Shift) -> tuple[Floats, Floats]:
    """Precision and force of one pair's residuals on the knots; a sample pulls the knots on either side of it."""
    at = one.x + one.sign * shift.at(one.x)
    read, slope = one.curve.at(at), one.curve.slope(at)
    gain = float((read * one.values).sum() / max((read * read).sum(), 1e-300))
    rest, steep = one.values - gain * read, gain * one.sign * slope
    # of the curve's slopes only what the other profile's have too is the strip's; what is the gauge's noise tells no shift
    alike = float((one.rough.slope(one.x) * gain * slope).sum() / max((steep * steep).sum(), 1e-300))
    noise = max(float(rest.var()) * together(rest), 1e-300) / float(np.clip(alike, _LEAST_ALIKE, 1.0))
    width, count = shift.x[1] - shift.x[0], shift.x.size
    place = np.clip((one.x - shift.x[0]) / width, 0.0, count - 1.0)
    left = np.minimum(place.astype(np.int64), count - 2)
    right = place - left
    hats = (1.0 - right) * steep, right * steep
    own = np.bincount(left, hats[0] ** 2, count) + np.bincount(left + 1, hats[1] ** 2, count)
    mixed = np.bincount(left, hats[0] * hats[1], count)[:-1]
    force = np.bincount(left, hats[0] * rest, count) + np.bincount(left + 1, hats[1] * rest, count)
    return (np.diag(own) + np.diag(mixed, 1) + np.diag(mixed, -1)) / noise, force / noise
