"""How exactly? An event lies anywhere between two rows, and anywhere within the second or minute that its entry shows.

Both have hard limits, so that together they tell more than their mean: twenty moments between rows half a minute apart tell a
clock to a second.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tundish.trace.clocks.drift import Line
from tundish.trace.clocks.mixture import Numbers, Pairs, middles
from tundish.trace.stamps import Floats

_SCATTERS_S = (0.3, 0.6, 1.0, 1.5, 2.5, 4.0, 6.0, 10.0, 16.0, 25.0, 40.0, 60.0)
"""Scatter of the entries to choose from, beside what rows and stamps leave open."""
_CELLS = 161
_FEWEST = 4
"""Moments near entries that a stretch needs to be settled."""
BY_HAND_S = 8.0
"""Scatter from which on times to the minute were typed by a person, not cut off by a program."""


def settled(pairs: Pairs, parts: Numbers, line: Line, *, stray: float, row_s: float, written_s: float) -> tuple[Line, float]:
    """The line with each stretch where rows and entries can meet at all, and the scatter of the entries [s].

    ``row_s``: seconds between two rows of the log; ``written_s``: what the last figure of an entry stands for. The scatter is
    not known beforehand; offsets and draws are those of the posterior. Where one moment ends a piece and begins the next, both
    count once together.
    """
    since = middles(pairs.at)
    away = pairs.apart_s - (line.offsets_s[parts] + line.drift_ppm * 1e-6 * since)[pairs.rows]
    offsets, drawn, scatters = line.offsets_s.copy(), line.drawn_s.copy(), [0.0]
    for part in range(line.parts.size):
        reach = (row_s + written_s) / 2 + 2.0 + 4.0 * float(line.drawn_s[:, part].std())
        near = (parts[pairs.rows] == part) & (np.abs(away) < 2 * reach + 3 * _SCATTERS_S[-1])
        if np.unique(pairs.rows[near]).size < _FEWEST:
            continue
        by = np.linspace(-reach, reach, _CELLS)
        boxes = row_s, written_s
        told = np.array([_told(pairs, near, away[near][:, None] - by, _Shape(boxes, s), stray) for s in _SCATTERS_S])
        chances = np.exp((told - told.max()) * pairs.once)
        scatters.append(_SCATTERS_S[int(chances.sum(axis=1).argmax())])
        chance = chances.sum(axis=0) / chances.sum()
        rng = np.random.default_rng(part)
        some = rng.choice(by, line.drawn_ppm.size, p=chance) + (by[1] - by[0]) * (rng.random(line.drawn_ppm.size) - 0.5)
        turned = (line.drawn_ppm - line.drift_ppm) * 1e-6 * float(since[parts == part].mean())
        drawn[:, part] = offsets[part] + some - turned
        offsets[part] += float(chance @ by)
    return replace(line, offsets_s=offsets, drawn_s=drawn), max(scatters)


@dataclass(frozen=True)
class _Shape:
    """How far entries lie from their moments: anywhere within a row and within a stamp, and scattered beside."""

    boxes_s: tuple[float, float]
    scatter_s: float

    def density(self, away: Floats) -> Floats:
        reach = sum(self.boxes_s) / 2 + 6 * self.scatter_s
        grid = np.linspace(-reach, reach, 801)
        shape = np.exp(-((grid / self.scatter_s) ** 2) / 2)
        for box in self.boxes_s:
            total = np.concatenate(([0.0], np.cumsum((shape[1:] + shape[:-1]) / 2)))
            if box > grid[1] - grid[0]:
                shape = np.interp(grid + box / 2, grid, total) - np.interp(grid - box / 2, grid, total)
        found: Floats = np.interp(away, grid, shape / (shape.sum() * (grid[1] - grid[0])), left=0.0, right=0.0)
        return found


def _told(pairs: Pairs, near: npt.NDArray[np.bool_], away: Floats, shape: _Shape, stray: float) -> Floats:
    """Logarithm of the likelihood of all moments at each shift (column); ``away`` has a row for each pair that is near."""
    rows = pairs.rows[near]
    order = np.argsort(rows, kind="stable")
    moments, first = np.unique(rows[order], return_index=True)
    met = np.add.reduceat(shape.density(away[order]), first, axis=0) / pairs.rates[moments][:, None]
    told: Floats = np.log(stray + (1 - stray) * met).sum(axis=0)
    return told
