"""Roughly which offset fits each piece? One line of offsets over time, broken where the clock was set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tundish.errors import Message
from tundish.trace.clocks.scene import REACH_S, Scene
from tundish.trace.stamps import SECOND, Floats

DRIFT_PPM = 150.0
"""Clocks of recorders drift less than this: quartz is within 20 to 50 ppm, worse in heat."""
_CAP = 6.0
"""Nats: a single piece, however badly its times were entered, weighs no more."""
_JUMP = 24.0
"""Nats that a jump must gain: five pieces or more must speak for it."""
_NOWHERE = 3.0
"""Nats a piece that belongs to no offset costs."""
_AWAY = 1.0
"""Nats a piece costs more away from the offset that fits all best."""
_NEAR = 6.0
"""Steps of the search from which on an offset is away."""
_ALIKE = 0.02
"""Share of what is gone at the best offset by which another may fit less and still be as likely."""
_FITTING = 0.4
"""Share of the pieces that must agree on offsets."""
_HOUR_S = 3600.0
_STRETCH = 5
"""Pieces in a row that a stretch of its own needs."""
_MANY = 40
"""Pieces from which on a part of them may be looked for an hour away."""
_BLOCKS = 300


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
    losses = scene.losses(near_s + lags)
    drift = _drift(losses, middles, step)
    drifted = drift * 1e-6 * middles
    home = _home(moved(losses, drifted / step))
    seen = scene.covered(near_s + lags[home] + drifted)
    chosen = _through(moved(losses, drifted / step), home, seen)
    tried = lags
    if seen.sum() >= _MANY and ((chosen != chosen[0]).any() or chosen[0] < 0):
        aside = [moved(scene.losses(near_s + hour + lags), drifted / step) for hour in (-_HOUR_S, _HOUR_S)]
        tried = np.concatenate((lags - _HOUR_S, lags, lags + _HOUR_S))
        chosen = _through(np.column_stack((aside[0], moved(losses, drifted / step), aside[1])), home + lags.size, seen)
    fits = (chosen >= 0) & (np.bincount(_parts(chosen))[_parts(chosen)] >= _STRETCH)
    if not seen.any() or fits[seen].mean() < _FITTING:
        return Message("the pieces do not agree on one offset")
    offsets = np.where(fits, near_s + tried[np.maximum(chosen, 0)] + drifted, np.nan)
    local = np.abs(np.where(fits, tried[np.maximum(chosen, 0)], np.nan)) < REACH_S
    if not local.any():
        return Message("the pieces do not agree on one offset")
    usual = float(np.median(offsets[local]))
    judged = seen & (local | ~fits)
    centred = moved(losses[judged], np.nan_to_num(offsets[judged] - usual) / step).sum(axis=0)
    dips = _dips(lags, centred, sharper)
    if isinstance(dips, Message):
        return dips
    if float(np.abs(offsets[local] - near_s).max()) > REACH_S - 2 * step:
        return Message("the best offset lies beyond {reach:.0f} s", reach=REACH_S)
    contrast = 1.0 - float(centred.min()) / max(float(np.median(centred)), 1e-12)
    others = tuple(near_s + dip for dip in dips if abs(near_s + dip - usual) > 3 * step)
    return Path(offsets, _parts(chosen), middles, drift, step, contrast * float(fits[seen].mean()), others)


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


def _home(losses: Floats) -> int:
    """The column at which most scatter is gone over all pieces; of those that fit alike the one nearest none."""
    floor = losses.min(axis=1, keepdims=True)
    depth = np.median(np.median(losses, axis=1) - floor[:, 0])
    scores = np.minimum(losses - floor, 2.0 * depth).sum(axis=0)
    alike = scores <= scores.min() + _ALIKE * (float(np.median(scores)) - scores.min())
    return int(np.where(alike, np.abs(np.arange(scores.size) - (scores.size - 1) / 2), np.inf).argmin())


def _through(losses: Floats, home: int, seen: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """The column that each piece (row) is at on the cheapest way, -1 for nowhere: staying is free, a jump has its price."""
    excess = np.where(seen[:, None], losses - losses.min(axis=1, keepdims=True), 0.0)
    near = np.abs(excess[:, min(home + 1, losses.shape[1] - 1)] - excess[:, home])
    unit = max(
        1.5 * float(np.quantile(excess[seen, home], 0.4) if seen.any() else 0.0),
        float(np.median(near[seen])) if seen.any() else 0.0,
        1e-9 * float(losses.max()),
        1e-12,
    )
    costs = np.column_stack((np.minimum(excess / unit, _CAP), np.full(losses.shape[0], _NOWHERE)))
    costs[:, :-1] += np.minimum(np.abs(np.arange(losses.shape[1]) - home) / _NEAR, 1.0) * _AWAY
    total, came = costs[0].copy(), np.empty(costs.shape, dtype=np.int64)
    own = np.arange(costs.shape[1])
    for piece in range(1, costs.shape[0]):
        cheapest = int(total.argmin())
        jumps = total > total[cheapest] + _JUMP
        came[piece] = np.where(jumps, cheapest, own)
        total = np.where(jumps, total[cheapest] + _JUMP, total) + costs[piece]
    chosen = np.empty(costs.shape[0], dtype=np.int64)
    chosen[-1] = int(total.argmin())
    for piece in range(costs.shape[0] - 1, 0, -1):
        chosen[piece - 1] = came[piece, chosen[piece]]
    return np.where(chosen == losses.shape[1], -1, chosen)


def _parts(chosen: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    parts: npt.NDArray[np.int64] = np.cumsum(np.diff(chosen, prepend=chosen[0]) != 0)
    return parts


def _dips(lags: Floats, scores: Floats, sharper: float) -> list[float] | Message:
    """Offsets at which the scatter dips, the one nearest zero first; or why none is to be trusted."""
    typical = float(np.median(scores))
    depth = typical - float(scores.min())
    rough = float(np.median(np.abs(np.diff(scores, 2))))
    if typical <= 0 or depth < 0.02 * sharper * typical or depth < 6 * sharper * rough:
        return Message("no offset stands out")
    low = np.flatnonzero(scores < typical - 0.5 * depth)
    valleys = np.split(low, np.flatnonzero(np.diff(low) > 1) + 1)
    lowest = [int(valley[scores[valley].argmin()]) for valley in valleys]
    deep = [n for n in lowest if typical - scores[n] > 0.8 * depth and n not in (0, lags.size - 1)]
    return sorted((float(lags[n]) for n in deep), key=abs)
