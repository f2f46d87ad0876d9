"""Roughly which offset fits each piece? One line of offsets over time, broken where the clock was set."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tundish.errors import Message
from tundish.trace.clocks.scene import REACH_S, Scene
from tundish.trace.stamps import SECOND, Floats

DRIFT_PPM = 150.0
"""Clocks of recorders drift less than this: quartz is within 20 to 50 ppm, worse in heat."""
_CAP = 3.0
"""Times the usual scatter between offsets: a single piece, however badly its times were entered, weighs no more."""
_CHANCE = 3.5
"""Times its scatter by which the best of a thousand offsets of no meaning stands out."""
_SPARE = 5.0
"""What a jump must gain beyond that, in units of the scatter of one piece."""
_CLEAR = 1.3
"""Times the scatter over all offsets by which the best one must stand out of the next, at least."""
_FAR_S = 450.0
"""Clocks of a plant differ by minutes: so many seconds away an offset must stand out as much again."""
_SURE = 2.0
"""Times its own uncertainty that the pieces behind a jump must fit better with it."""
_BACK = 12
"""Pieces that a stretch needs whose clock was set and set back, which is rarer than a run of wrong entries."""
_SUMMER_S = 150.0
"""Summer time moves a clock by an hour, give or take what it is set by on the way."""
_SCALE = 3.0
"""Times its scatter by which an offset stands out that is trusted to two thirds."""
_FITTING = 0.4
"""Share of the pieces that must agree on offsets."""
_HOUR_S = 3600.0
_STRETCH = 4
"""Pieces in a row that a stretch of its own needs."""
_MANY = 40
"""Pieces from which on a part of them may be looked for an hour away."""
_WORSE = 0.3
"""Share of what all gain at their offsets, below which a run of pieces does not fit."""
_ALIKE = 0.7
"""Correlation of what half of the pieces shows at all offsets with the other half, from which on several dips are no chance."""
_BLOCKS = 300
"""Runs of pieces summed up before drifts are tried: each drift goes over all of them."""


@dataclass(frozen=True)
class Path:
    """Pieces in order of time with the offset that fits each roughly."""

    offsets_s: Floats
    """One a piece; NaN in a stretch where no offset fits."""
    parts: npt.NDArray[np.int64]
    """Number of the stretch between jumps that each piece lies in."""
    middles_s: Floats
    """Seconds of each piece's middle from the middle of all."""
    drift_ppm: float
    step_s: float
    """How rough the offsets are."""
    contrast: float
    """Share of the scatter at any offset that is gone at the best one, and only of the pieces that fit."""
    others_s: tuple[float, ...]
    """Further offsets that fit nearly as well."""


def search(scene: Scene, *, near_s: float = 0.0, sharper: float = 1.0) -> Path | Message:
    """The path through offsets within reach of ``near_s``, or why none is to be trusted.

    Where the pieces do not all agree, offsets an hour away are looked at too, for summer time may have begun or ended.
    ``sharper``: how many times clearer than usual the best offset must stand out (for one of many tried).
    """
    step = float(np.clip(max(scene.step_s, scene.usual_s / 60), 2.0, 10.0))
    lags = np.arange(-REACH_S, REACH_S + step, step)
    middles = _middles(scene)
    losses = scene.losses(near_s - REACH_S, step, lags.size)
    drift = _drift(losses, middles, step)
    drifted = drift * 1e-6 * middles
    near = np.minimum(np.abs(lags) / _FAR_S, 2.0)
    gains = _gains(moved(losses, drifted / step))
    home = _home(gains, near)
    seen = scene.covered(near_s + lags[home] + drifted)
    if not seen.any():
        return Message("the pieces do not agree on one offset")
    gains[~seen] = 0.0
    chosen, tried = _proved(_through(gains, home), gains, home), lags
    if seen.sum() >= _MANY and _unfit(gains, chosen):
        off = np.abs(lags - lags[home]) > _SUMMER_S
        aside = [_gains(moved(scene.losses(near_s + by - REACH_S, step, lags.size), drifted / step)) * seen[:, None]
                 for by in (-_HOUR_S, _HOUR_S)]  # fmt: skip
        panels = np.column_stack((np.where(off, _CAP, aside[0]), gains, np.where(off, _CAP, aside[1])))
        wide = _proved(_through(panels, home + lags.size), panels, home + lags.size)
        if (np.abs(wide - home - lags.size) > lags.size // 2).any():
            chosen, tried = wide, np.concatenate((lags - _HOUR_S, lags, lags + _HOUR_S))
    offsets = near_s + tried[chosen] + drifted
    local = np.abs(tried[chosen]) < REACH_S
    if local[seen].mean() < _FITTING:
        return Message("the pieces do not agree on one offset")
    usual = float(np.median(offsets[local & seen]))
    judged = seen & local
    centred = moved(losses[judged], (offsets[judged] - usual) / step)
    if float(np.abs(offsets[local] - near_s).max()) > REACH_S - 2 * step:
        return Message("the best offset lies beyond {reach:.0f} s", reach=REACH_S)
    apart = round(float(np.clip(scene.usual_s / 2, 20.0, 300.0)) / step)
    clear, others = _clearness(_gains(centred), near, apart)
    even, odd = (_gains(half).sum(axis=0) for half in (centred[::2], centred[1::2]))
    if np.corrcoef(even, odd)[0, 1] < _ALIKE:
        others = others[:0]
    halves = [_clearness(_gains(half), near, apart)[0] for half in (centred[::2], centred[1::2])]
    if clear < _CLEAR * sharper and not others.size:
        return Message("no offset stands out")
    if clear < _CLEAR * sharper or min(halves) < 0:
        clear = 0.0
    return Path(
        offsets,
        parts_of(chosen),
        middles,
        drift,
        step,
        1.0 - float(np.exp(-clear / _SCALE)),
        tuple((usual + lags[others] - lags[home]).tolist()),
    )


def _unfit(gains: Floats, chosen: npt.NDArray[np.int64]) -> bool:
    """Whether anywhere a run of pieces fits far worse than all do, as those do whose clock is an hour off."""
    fits = gains[np.arange(chosen.size), chosen]
    run = np.convolve(fits, np.ones(_MANY // 2) / (_MANY // 2), mode="valid")
    return bool(run.max() > _WORSE * min(float(fits.mean()), 0.0))


def _gains(losses: Floats) -> Floats:
    """How much better than usual each offset fits a piece (negative), in units of the scatter of a piece between offsets."""
    away = losses - np.median(losses, axis=1, keepdims=True)
    unit = float(np.sqrt(np.mean(away**2)))
    gains: Floats = np.clip(away / max(unit, 1e-12), -_CAP, _CAP)
    return gains


def _clearness(gains: Floats, near: Floats, apart: int) -> tuple[float, npt.NDArray[np.intp]]:
    """By how many times its scatter the best offset stands out of all that lie apart, and those that fit nearly as well.

    What counts for an offset because it is near none does not make it clearer.
    """
    curve = gains.sum(axis=0)
    curve = (curve - np.median(curve)) / max(float(curve.std()), 1e-12)
    best = int((curve + near).argmin())
    away = np.abs(np.arange(curve.size) - best) > apart
    behind = np.where(away, curve + np.minimum(near - near[best], 0.0), np.inf)
    clear = float(behind.min() - curve[best])
    second = int(behind.argmin())
    return clear, np.array([second] if clear < _CLEAR else [], dtype=np.intp)


def _middles(scene: Scene) -> Floats:
    middles = (scene.starts + scene.ends) / 2
    seconds: Floats = (middles - (middles[0] + middles[-1]) / 2) / SECOND
    return seconds


def _drift(losses: Floats, middles: Floats, step: float) -> float:
    """The drift at which most pieces agree on one offset, in ppm; a piece counts up to a limit, so that a jump is no drift."""
    floor = losses.min(axis=1, keepdims=True)
    depth = float(np.median(np.median(losses, axis=1) - floor[:, 0]))
    capped = np.minimum((losses - floor) / max(depth, 1e-12), 1.0)
    firsts = np.unique(np.linspace(0, losses.shape[0], min(_BLOCKS, losses.shape[0]) + 1).astype(np.intp)[:-1])
    blocks = np.add.reduceat(capped, firsts, axis=0)
    at = np.add.reduceat(middles, firsts) / np.diff(np.append(firsts, middles.size))
    half = max(float(np.abs(at).max()), 1.0)
    count = min(200, int(np.ceil(DRIFT_PPM * 1e-6 * half / step)))
    drifts = np.linspace(-DRIFT_PPM, DRIFT_PPM, 2 * count + 1) if count else np.zeros(1)
    best = [moved(blocks, drift * 1e-6 * at / step).sum(axis=0).min() * (1 + 1e-6 * abs(drift)) for drift in drifts]
    return float(drifts[int(np.argmin(best))])


def moved(losses: Floats, steps: Floats) -> Floats:
    """Each row moved left by its own number of columns, the last value repeated at the ends."""
    columns = np.arange(losses.shape[1]) + np.rint(steps).astype(np.int64)[:, None]
    moved: Floats = np.take_along_axis(losses, np.clip(columns, 0, losses.shape[1] - 1), axis=1)
    return moved


def _home(gains: Floats, near: Floats) -> int:
    """The column at which most scatter is gone over all pieces."""
    curve = gains.sum(axis=0)
    return int((curve / max(float(curve.std()), 1e-12) + near).argmin())


def _through(gains: Floats, home: int) -> npt.NDArray[np.int64]:
    """The column that each piece (row) is at on the cheapest way: staying is free, a jump has its price.

    Over ``m`` pieces the best of many offsets of no meaning gains ``_CHANCE * sqrt(m)``, the right one ``depth * m``: at most
    the first exceeds the second by ``_CHANCE**2 / (4 * depth)``, so a jump that costs more is none of chance.
    """
    depth = max(-float(np.median(gains[:, home])), 0.15)
    price = _CHANCE**2 / (4 * depth) + _SPARE
    total, came = gains[0].copy(), np.empty(gains.shape, dtype=np.int64)
    own = np.arange(gains.shape[1])
    for piece in range(1, gains.shape[0]):
        cheapest = int(total.argmin())
        jumps = total > total[cheapest] + price
        came[piece] = np.where(jumps, cheapest, own)
        total = np.where(jumps, total[cheapest] + price, total) + gains[piece]
    chosen = np.empty(gains.shape[0], dtype=np.int64)
    chosen[-1] = int(total.argmin())
    for piece in range(gains.shape[0] - 1, 0, -1):
        chosen[piece - 1] = came[piece, chosen[piece]]
    return chosen


def _proved(chosen: npt.NDArray[np.int64], gains: Floats, home: int) -> npt.NDArray[np.int64]:
    """Without the jumps that their pieces do not speak for clearly, one by one; what goes and comes back needs more of them."""
    proved = chosen.copy()
    edges = np.append(np.flatnonzero(np.diff(chosen, prepend=-2)), chosen.size)
    for first, last in pairwise(edges):
        if chosen[first] == home:
            continue
        before, after = (proved[first - 1] if first else home), (chosen[last] if last < chosen.size else home)
        back = first > 0 and last < chosen.size and abs(int(before) - int(after)) <= 3
        rows = np.arange(first, last)
        better = np.minimum(gains[rows, before], gains[rows, after]) - gains[rows, chosen[first]]
        gained = float(better.sum())
        doubt = float(np.sqrt((better**2).sum()))
        if rows.size < (_BACK if back else _STRETCH) or gained < (2 if back else 1) * _SURE * doubt:
            proved[rows] = before
    return proved


def parts_of(chosen: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Number of the stretch of one column that each row lies in.

    >>> parts_of(np.array([5, 5, 7, 7, 5])).tolist()
    [0, 0, 1, 1, 2]
    """
    parts: npt.NDArray[np.int64] = np.cumsum(np.diff(chosen, prepend=chosen[0]) != 0)
    return parts
