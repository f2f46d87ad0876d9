"""How much do time, mass, dimensions and order speak for a making being what a row used? Learned from the plant itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.trace.stamps import NEVER

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_QUANTILES = np.array([0, 0.002, 0.01, 0.03, 0.07, 0.15, 0.25, 0.35, 0.5, 0.65, 0.75, 0.85, 0.93, 0.97, 0.99, 0.998, 1.0])
_STRANGERS = 4
"""Random makings drawn for each use, to learn what mere chance looks like."""
_FEWEST = 30
"""Fewer plain pairs of a line teach nothing (decision 0015)."""
_PRIOR_WEIGHT = 2.0
"""Pairs drawn at random that count beside the true ones, so that a code seen seldom says little."""
_DRAWN = 1.0
"""What a coarser code tells of a finer one weighs as many true pairs."""
_MOST_LEARNED = 200_000
"""Plain pairs of a line that are learned from; of more a part is drawn."""
_RATIOS = {
    "mass": (("mass_in", "mass"), ("mass_out", "mass")),
    "length": (("length_in", "length"), ("length_out", "length")),
    "thickness": (("thickness_in", "thickness"), ("thickness_out", "thickness")),
    "width": (("width_in", "width"), ("width_out", "width")),
}
UNKNOWN = -1
"""Code of a feature that cannot be told: speaks neither for nor against."""


@dataclass(frozen=True)
class Sides:
    """Uses and makings as arrays: times in microseconds, measures in SI (NaN where unknown), ids as numbers (-1: none)."""

    line: Ints
    at: Ints
    measures: Mapping[str, Floats]
    """Of the uses."""
    before: Ints
    after: Ints
    """Making used by the row before and after on the line, -1 where not known."""
    like_before: Ints
    like_after: Ints
    """1 where that row's input has the same measures, 0 where not, 2 where none are written; 3 more at the same times."""
    belongs: Mapping[str, tuple[Ints, Ints]]
    """Ancestor's space -> its id for each use and for each making."""
    stem: pl.Series
    """Id that the row made, evened: it may begin with its parent's."""
    made: Ints
    rank: Ints
    from_line: Ints
    of: Mapping[str, Floats]
    """Measures of the makings."""
    name: pl.Series
    space: Ints
    wanted: Ints
    """Space of each making, and the space that each use asks for."""
    unrecorded: npt.NDArray[np.bool_]
    """Makings that only their uses tell of."""


@dataclass(frozen=True)
class Judge:
    """For each line of use and each feature: bin edges, and the log of how much likelier a bin is for the true making."""

    edges: Mapping[tuple[int, str], Floats]
    scores: Mapping[tuple[int, str], Floats]

    def of(self, sides: Sides, use: Ints, making: Ints) -> dict[str, Floats]:
        """Log likelihood ratio of each feature for pairs of use and making."""
        told: dict[str, Floats] = {}
        for name, values in _features(sides, use, making).items():
            score = np.zeros(use.size)
            for line in np.unique(sides.line[use]):
                table = self.scores.get((int(line), name))
                if table is None:
                    continue
                mine = sides.line[use] == line
                codes = _coded(values[mine], self.edges.get((int(line), name)), table.size)
                score[mine] = np.where(codes >= 0, table[np.maximum(codes, 0)], 0.0)
            told[name] = score
        return told


def learn(sides: Sides, use: Ints, making: Ints, *, seed: int = 0) -> Judge:
    """Learn from pairs that the records state plainly, against pairs drawn at random among makings of the same space."""
    edges: dict[tuple[int, str], Floats] = {}
    scores: dict[tuple[int, str], Floats] = {}
    rng = np.random.default_rng(seed)
    for line in np.unique(sides.line[use]):
        mine = sides.line[use] == line
        true_use, true_making = use[mine], making[mine]
        if true_use.size < _FEWEST:
            continue
        if true_use.size > _MOST_LEARNED:
            part = np.sort(rng.choice(true_use.size, _MOST_LEARNED, replace=False))
            true_use, true_making = true_use[part], true_making[part]
        pool = np.flatnonzero(np.isin(sides.space, np.unique(sides.space[true_making])))
        strange_use, strange = np.repeat(true_use, _STRANGERS), rng.choice(pool, true_use.size * _STRANGERS)
        true, chance = _features(sides, true_use, true_making), _features(sides, strange_use, strange)
        for name, values in true.items():
            key = (int(line), name)
            if values.dtype.kind == "f":
                edges[key] = _bins(values.astype(np.float64))
                if edges[key].size < 2:
                    continue
            codes = _coded(values, edges.get(key)), _coded(chance[name], edges.get(key))
            bins = edges[key].size + 1 if key in edges else 1
            scores[key] = _finer(*codes, _without_times) if name == "sequence" else _ratio(*codes, least=bins)
    return Judge(edges, _best_of_each(scores))


def _best_of_each(scores: dict[tuple[int, str], Floats]) -> dict[tuple[int, str], Floats]:
    """Of two ways to compare the same quantity the one that tells more: both would count one thing twice."""
    kept = dict(scores)
    for line, name in scores:
        if ":" in name and not name.startswith("of:"):
            quantity = name.partition(":")[0]
            rivals = [other for other in scores if other[0] == line and other[1].startswith(f"{quantity}:")]
            if (line, name) != max(rivals, key=lambda other: float(np.ptp(scores[other]))):
                kept.pop((line, name), None)
    return kept


def _bins(values: Floats) -> Floats:
    """Edges at quantiles of the true pairs; a value that many share exactly gets a narrow bin of its own."""
    known = values[np.isfinite(values)]
    if known.size < _FEWEST:
        return np.empty(0)
    marks = np.quantile(known, _QUANTILES)
    width = max(float(marks[-1] - marks[0]), 1e-6) * 1e-6
    twice = marks[1:][np.diff(marks) <= width]
    return np.unique(np.concatenate([marks, twice - width, twice + width]))


def _coded(values: Floats | Ints, edges: Floats | None, size: int | None = None) -> Ints:
    if edges is None:
        codes = values.astype(np.int64)
        return codes if size is None else np.where(codes < size, codes, UNKNOWN)
    return np.where(np.isfinite(values), np.searchsorted(edges, values), UNKNOWN)


def _ratio(true: Ints, chance: Ints, *, least: int = 1) -> Floats:
    """Log of how much more often each code stands in true pairs, drawn towards chance where few were seen.

    One for each of ``least`` codes or more: a pair to be judged may lie beyond all that were learned from.
    """
    true, chance = true[true >= 0], chance[chance >= 0]
    if true.size < _FEWEST or chance.size < _FEWEST:
        return np.zeros(least)
    size = max(int(max(true.max(), chance.max())) + 1, least)
    by_chance = (np.bincount(chance, minlength=size) + 0.5) / (chance.size + 0.5 * size)
    seen = (np.bincount(true, minlength=size) + _PRIOR_WEIGHT * by_chance) / (true.size + _PRIOR_WEIGHT)
    return np.asarray(np.log(seen / by_chance), dtype=np.float64)


def _finer(true: Ints, chance: Ints, coarser: Callable[[Ints], Ints]) -> Floats:
    """As :func:`_ratio`, where the few that were seen of a code are drawn to what its coarser code tells, not to chance."""
    coarse = _ratio(coarser(true), coarser(chance))
    true, chance = true[true >= 0], chance[chance >= 0]
    if coarse.size == 1:
        return coarse
    size = int(max(true.max(), chance.max())) + 1
    expected = (np.bincount(chance, minlength=size) + 0.5) / (chance.size + 0.5 * size) * true.size
    drawn = np.exp(coarse[np.minimum(coarser(np.arange(size)), coarse.size - 1)])
    seen = np.bincount(true, minlength=size)
    return np.asarray(np.log((seen + _DRAWN) / (expected + _DRAWN / drawn)), dtype=np.float64)


def _without_times(codes: Ints) -> Ints:
    """Codes of the sequence without whether rows have the same times."""
    before, after = codes // _SIDES, codes % _SIDES
    bare = tuple(side - side % _LIKE + side % _LIKE % _BY_MEASURES for side in (before, after))
    return np.where(codes >= 0, bare[0] * _SIDES + bare[1], UNKNOWN)


def _features(sides: Sides, use: Ints, making: Ints) -> dict[str, Floats | Ints]:
    found: dict[str, Floats | Ints] = {}
    known = (sides.at[use] != NEVER) & (sides.made[making] != NEVER)
    wait = np.where(known, (sides.at[use] - sides.made[making]) / 1e6, np.nan)
    found["time"] = np.arcsinh(wait / 60.0)
    for quantity, pairs in _RATIOS.items():
        for mine, theirs in pairs:
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = np.log(sides.measures[mine][use] / sides.of[theirs][making])
            found[f"{quantity}:{mine}"] = np.where(np.isfinite(ratio), ratio, np.nan)
    found["sequence"] = _sequence(sides, use, making)
    found["line"] = sides.from_line[making]
    for space, (mine_, theirs_) in sides.belongs.items():
        told = (mine_[use] >= 0) & (theirs_[making] >= 0)
        found[f"of:{space}"] = np.where(told, (mine_[use] == theirs_[making]).astype(np.int64), UNKNOWN)
    found["beginning"] = _begins(sides, use, making)
    return found


_NEAREST = np.array([0, 1, 2, 3, 5, 9, 33])
_OTHER, _NONE = 7, 8
_BY_MEASURES = 3
_LIKE = 2 * _BY_MEASURES
_SIDES = (_NONE + 1) * _LIKE


def _sequence(sides: Sides, use: Ints, making: Ints) -> Ints:
    """How far the making lies from those that the rows before and after used, in the order its line made them."""
    before = _beside(sides, sides.before[use], making) * _LIKE + sides.like_before[use]
    after = _beside(sides, sides.after[use], making) * _LIKE + sides.like_after[use]
    first, last = sides.before[use], sides.after[use]
    torn = (first >= 0) & (first == last) & (making != first)
    return np.asarray(np.where(torn, _SIDES * _SIDES + before, before * _SIDES + after), dtype=np.int64)


def _beside(sides: Sides, other: Ints, making: Ints) -> Ints:
    known = other >= 0
    theirs = np.maximum(other, 0)
    apart = np.abs(sides.rank[making] - sides.rank[theirs])
    place = np.searchsorted(_NEAREST, apart, "right") - 1
    place = np.where(sides.from_line[making] == sides.from_line[theirs], place, _OTHER)
    return np.where(known, place, _NONE)


def _begins(sides: Sides, use: Ints, making: Ints) -> Ints:
    pairs = pl.DataFrame({"stem": sides.stem.gather(use), "name": sides.name.gather(making)})
    begins = (pl.col("stem").str.starts_with(pl.col("name"))) & (
        pl.col("stem").str.len_chars() > pl.col("name").str.len_chars()
    )
    return pairs.select(begins.cast(pl.Int64).fill_null(UNKNOWN)).to_series().to_numpy()
