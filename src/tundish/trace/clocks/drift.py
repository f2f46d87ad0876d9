"""Exactly which offsets and which drift? A robust line through the pieces, with intervals from resampled blocks of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tundish.trace.clocks.path import Path, moved
from tundish.trace.clocks.scene import Scene, rounded_s
from tundish.trace.stamps import Floats

USUAL_PPM = 30.0
"""Spread of the drift of recorders' clocks (quartz: 20 to 50 ppm): what is taken for likely when the pieces hardly tell."""
_CAP = 8.0
"""Usual misfits from which on a piece is taken for a wrong entry and weighs no more."""
_WHOLE = 0.95
"""Share of its rows from which on a piece is whole: one at a hole of the log would pull the line over it."""
_BLOCKS = 60
_DRAWS = 200
_DRIFTS = 41


@dataclass(frozen=True)
class Line:
    """Offsets of each stretch between jumps at the middle of all pieces' time, and one drift; draws of both for intervals."""

    parts: npt.NDArray[np.int64]
    """Numbers of the stretches, in order of time."""
    offsets_s: Floats
    drift_ppm: float
    drawn_s: Floats
    """Draws x stretches."""
    drawn_ppm: Floats
    used: int
    """Pieces compared."""

    def interval(self, part: int, at_s: float) -> tuple[float, float, float]:
        """Offset of a stretch at ``at_s`` seconds from the middle, and its 95 % interval."""
        drawn = self.drawn_s[:, part] + self.drawn_ppm * 1e-6 * at_s
        low, high = np.percentile(drawn, [2.5, 97.5])
        return float(self.offsets_s[part] + self.drift_ppm * 1e-6 * at_s), float(low), float(high)


def fit(scene: Scene, path: Path) -> Line:
    """The line that fits the pieces best: least capped scatter over the offsets of all stretches and one drift."""
    seen = ~np.isnan(path.offsets_s)
    whole = seen & scene.covered(np.nan_to_num(path.offsets_s), _WHOLE)
    seen = whole if np.isin(np.unique(path.parts[seen]), path.parts[whole]).all() else seen
    rough, parts, middles = path.offsets_s[seen], path.parts[seen], path.middles_s[seen]
    fine = float(np.clip(scene.step_s / 4, 0.25, 1.0))
    reach = reach_s(path, scene)
    lags = np.arange(-reach, reach + fine, fine)
    losses = _capped(scene.only(seen).losses(rough - reach, fine, lags.size))
    half = max(float(np.abs(middles).max()), 1.0)
    drifts = path.drift_ppm + np.linspace(-2.0 * path.step_s, 2.0 * path.step_s, _DRIFTS) / half * 1e6
    firsts, owner = _blocks(parts)
    turned = (moved(losses, (drift - path.drift_ppm) * 1e-6 * middles / fine) for drift in drifts)
    tries = np.array([np.add.reduceat(one, firsts, axis=0) for one in turned])
    drawn = _draws(owner)
    coarse = scene.step_s / np.sqrt(seen.sum()) / half * 1e6  # what is read once a step tells no better
    error = float(np.hypot(np.std(_slopes(_least(tries, drawn, owner)[0], drifts)), coarse))
    trust = USUAL_PPM**2 / (USUAL_PPM**2 + error**2)
    start = np.array([(rough - path.drift_ppm * 1e-6 * middles)[parts == part][0] for part in np.unique(parts)])
    ppm, columns = _best(tries, np.ones((1, firsts.size)), owner, drifts, trust)
    some_ppm, some = _best(tries, drawn, owner, drifts, trust)
    width = _width(drifts, error, trust)
    return Line(
        np.unique(parts), start + lags[0] + columns[0] * fine, float(ppm[0]), start + lags[0] + some * fine,
        some_ppm + width * np.random.default_rng(1).normal(size=some_ppm.size), int(seen.sum()),
    )  # fmt: skip


def reach_s(path: Path, scene: Scene) -> float:
    """Seconds around the rough offsets within which the line is looked for."""
    return max(4 * path.step_s, 12.0, 1.5 * rounded_s(scene.starts, scene.ends))


def _capped(losses: Floats) -> Floats:
    """Misfit of each piece over its own best, up to a limit: what was entered minutes late would pull at the line else."""
    excess = losses - losses.min(axis=1, keepdims=True)
    best = int(np.minimum(excess, np.median(excess)).sum(axis=0).argmin())
    unit = max(float(np.median(excess[:, best])), 0.02 * float(np.median(excess)), 1e-12)
    capped: Floats = np.minimum(excess, _CAP * unit)
    return capped


def _blocks(parts: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int64]]:
    """First piece of each block of neighbours (none over a jump), and the stretch, from 0, that each block lies in."""
    width = max(1, parts.size // _BLOCKS)
    cuts = np.flatnonzero(np.diff(parts, prepend=parts[0])) if parts.size else np.zeros(0, dtype=np.intp)
    firsts = np.unique(np.concatenate((np.arange(0, parts.size, width), cuts)))
    return firsts, np.unique(parts[firsts], return_inverse=True)[1].astype(np.int64)


def _draws(owner: npt.NDArray[np.int64]) -> Floats:
    """How often each block is drawn in each resampling; each stretch keeps its number of blocks."""
    rng = np.random.default_rng(0)
    drawn = [rng.multinomial(n, np.full(n, 1 / n), size=_DRAWS) for n in np.bincount(owner)]
    return np.concatenate(drawn, axis=1).astype(np.float64)


def _least(tries: Floats, drawn: Floats, owner: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Least loss and its column: drifts x draws x stretches."""
    least, columns = [], []
    for part in range(int(owner.max()) + 1):
        mine = owner == part
        losses = drawn[:, mine] @ tries[:, mine]
        low = losses.min(axis=2, keepdims=True)
        flat = losses <= low + 1e-6 * (losses.max(axis=2, keepdims=True) - low)
        least.append(low[:, :, 0])
        columns.append((flat * np.arange(losses.shape[2])).sum(axis=2) / flat.sum(axis=2))
    return np.stack(least, axis=2), np.stack(columns, axis=2)


def _best(tries: Floats, drawn: Floats, owner: npt.NDArray[np.int64], drifts: Floats, trust: float) -> tuple[Floats, Floats]:
    """Drift of each draw, drawn towards none as far as the pieces do not tell, and the columns of its stretches."""
    least, columns = _least(tries, drawn, owner)
    found = trust * _slopes(least, drifts)
    nearest = np.abs(drifts[:, None] - found).argmin(axis=0)
    return found, columns[nearest, np.arange(drawn.shape[0])]


def _slopes(least: Floats, drifts: Floats) -> Floats:
    """The drift of least loss in each draw; of those that fit alike the one nearest none."""
    total = least.sum(axis=2)
    low = total.min(axis=0)
    alike = total <= low + 1e-6 * (total.max(axis=0) - low)
    slopes: Floats = drifts[np.where(alike, np.abs(drifts)[:, None], np.inf).argmin(axis=0)]
    return slopes


def _width(drifts: Floats, error: float, trust: float) -> float:
    """What drawing towards none takes from the spread of the draws and has to be given back, in ppm."""
    full = np.sqrt(trust) * error
    return float(np.sqrt(max(full**2 - (trust * error) ** 2, 0.0)) + (drifts[1] - drifts[0]) / 4)
