"""How sure is a number that comes from pieces which resemble their neighbours? Paired bootstrap over blocks of pieces."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from tundish.learn.answer import Floats
from tundish.prove.evidence import Interval

DRAWS = 2000
Ints = npt.NDArray[np.int64]


def drawn(blocks: Ints, *, draws: int = DRAWS, seed: int = 0) -> Floats:
    """How often each block was drawn: draws x blocks, each row as many blocks as there are, with replacement.

    ``blocks`` holds the number of the block of each piece, without gaps. Whole blocks keep neighbours together
    (Kuensch, Ann. Statist. 17 (1989) 1217, for blocks that do not overlap).
    """
    count = int(blocks.max()) + 1
    return np.random.default_rng(seed).multinomial(count, np.full(count, 1.0 / count), draws).astype(float)


def block_means(values: Floats, blocks: Ints, counts: Floats, among: npt.NDArray[np.bool_] | None = None) -> Floats:
    """Mean of the values in each draw, over the pieces in ``among`` only; NaN for a draw that holds none of them."""
    kept = np.isfinite(values) if among is None else np.isfinite(values) & among
    size = counts.shape[1]
    sums = counts @ np.bincount(blocks[kept], values[kept], size)
    pieces = counts @ np.bincount(blocks[kept], minlength=size).astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(sums / pieces, dtype=float)


def interval(value: float, draws: Floats) -> Interval:
    """A value with the 2.5 % and 97.5 % points of its draws."""
    known = draws[np.isfinite(draws)]
    if not known.size:
        return Interval(value, float("nan"), float("nan"))
    low, high = np.quantile(known, (0.025, 0.975))
    return Interval(value, float(min(low, value)), float(max(high, value)))


def gain(losses: tuple[Floats, Floats], blocks: Ints, counts: Floats, score: Callable[[Floats], float]) -> Interval:
    """Score of the first losses less score of the second, both over the same draws of blocks."""
    first, second = (np.array([score(mean) for mean in block_means(values, blocks, counts)[:, None]]) for values in losses)
    return interval(score(losses[0]) - score(losses[1]), first - second)
