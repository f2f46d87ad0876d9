"""Exactly which offsets and which drift? Each moment belongs to an entry near it, as far as the entries scatter, or to none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tundish.trace.clocks.drift import USUAL_PPM, Line
from tundish.trace.stamps import SECOND, Floats, Stamps

_ROUNDS = 30
_DRAWS = 200
"""Lines drawn from what is known, for 95 % intervals."""
_LEAST_S = 0.3
"""[s] No entry is closer to a moment than that: both are written to the second or so."""

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Pairs:
    """Moments, and the entries within reach of each."""

    at: Stamps
    kinds: npt.NDArray[np.int8]
    rates: Floats
    """Entries a second around each moment."""
    rows: npt.NDArray[np.intp]
    """Number of the moment of each pair."""
    apart_s: Floats
    """Seconds from the moment to the entry."""
    covered_s: Floats
    """Seconds from each moment to the first and to the last of all entries: before and behind them nothing is told."""

    @property
    def once(self) -> float:
        """Share of the moments that are told once: what ends a piece and begins the next is here twice, and is one."""
        return np.unique(self.at).size / self.at.size


def middles(at: Stamps) -> Floats:
    """Seconds of each moment from the middle of all."""
    since: Floats = (at - (at[0] + at[-1]) / 2) / SECOND
    return since


def fit(pairs: Pairs, parts: Numbers, offsets_s: Floats, drift: float, *, width: float, stray: float) -> Line:
    """Offsets of all stretches and one drift, exactly: each pair counts by the chance that they belong to each other.

    Expectation and maximisation of a mixture (Dempster et al. 1977); the interval is that of what is then known (Louis 1982,
    doi:10.1111/j.2517-6161.1982.tb01203.x). A drift is drawn towards none, as clocks drift by 30 ppm or so. ``stray``: share
    of the moments that have nothing to do with any entry.
    """
    since = middles(pairs.at)
    near = np.abs(pairs.apart_s - offsets_s[pairs.rows] - drift * 1e-6 * since[pairs.rows]) < 6 * width + 6.0
    rows, apart = pairs.rows[near], pairs.apart_s[near]
    sides = np.zeros((pairs.at.size, int(parts[-1]) + 2))
    sides[np.arange(parts.size), parts] = 1.0
    sides[:, -1] = since * 1e-6
    usual = np.zeros((sides.shape[1], sides.shape[1]))
    usual[-1, -1] = 1.0 / USUAL_PPM**2
    first = np.unique(parts, return_index=True)[1]
    found, scatter = np.append(offsets_s[first], drift), width
    for _ in range(_ROUNDS):
        away = apart - sides[rows] @ found
        chance = _chances(away, rows, pairs.rates, scatter, stray)
        weight = chance / scatter**2
        matrix = (sides[rows] * weight[:, None]).T @ sides[rows] + usual + 1e-9 * np.eye(found.size)
        found = np.linalg.solve(matrix, (sides[rows] * weight[:, None]).T @ apart)
        away = apart - sides[rows] @ found
        scatter = float(np.sqrt((chance @ away**2 + 2.0 * _LEAST_S**2) / (chance.sum() + 2.0)))
    chance = _chances(away, rows, pairs.rates, scatter, stray)
    held, mean, square = (np.bincount(rows, chance * by, minlength=parts.size) for by in (1.0, away, away**2))
    known = held / scatter**2 - (square - mean**2) / scatter**4
    matrix = (sides * known[:, None]).T @ sides + usual
    covariance = np.linalg.pinv(_positive(matrix))
    drawn = np.random.default_rng(0).multivariate_normal(found, covariance, size=_DRAWS, method="eigh")
    return Line(np.arange(found.size - 1), found[:-1], float(found[-1]), drawn[:, :-1], drawn[:, -1], round(float(held.sum())))


def _positive(matrix: Floats) -> Floats:
    values, vectors = np.linalg.eigh(matrix)
    lifted: Floats = (vectors * np.maximum(values, 1e-6)) @ vectors.T
    return lifted


def _chances(away: Floats, rows: npt.NDArray[np.intp], rates: Floats, scatter: float, stray: float) -> Floats:
    """How likely each pair belongs together, beside the other entries near the moment and that it belongs to none."""
    density = np.exp(-((away / scatter) ** 2) / 2) / (scatter * np.sqrt(2 * np.pi)) * (1 - stray) / rates[rows]
    chances: Floats = density / (np.bincount(rows, density, minlength=rates.size)[rows] + stray)
    return chances


def uneven_s(pairs: Pairs, line: Line, parts: Numbers) -> float:
    """Half of what the offsets by beginnings and by ends lie apart: a signal of unknown place may come early or late."""
    at = line.offsets_s[parts] + line.drift_ppm * 1e-6 * middles(pairs.at)
    away = pairs.apart_s - at[pairs.rows]
    near = np.abs(away) < 60.0
    sides = [away[near & (pairs.kinds[pairs.rows] == kind)] for kind in (1, -1)]
    return 0.0 if min(side.size for side in sides) < 8 else abs(float(np.median(sides[0]) - np.median(sides[1]))) / 2
