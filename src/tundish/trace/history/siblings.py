"""What else came from the same parents? Whoever hears a complaint asks it next: which products may have the same fault."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl

from tundish.trace.genealogy.index import Numbers
from tundish.trace.history.material import Material
from tundish.trace.history.told import Siblings, Tie

MOST = 60
"""Products named of one parent."""
_MOST_PARENTS = 40


def siblings(material: Material, number: int, up: Iterable[Tie], down: Iterable[Tie]) -> tuple[Siblings, ...]:
    """Products of each parent, the nearest first, that are neither this piece nor made of it.

    A product is a piece of which nothing was made. Each is told once, at the nearest parent that it shares.
    """
    known = {number, *(tie.child for tie in down)}
    nearest: dict[int, int] = {}
    for tie in up:
        nearest[tie.parent] = min(tie.depth, nearest.get(tie.parent, tie.depth))
    found: list[Siblings] = []
    for parent, depth in sorted(nearest.items(), key=lambda item: item[1])[:_MOST_PARENTS]:
        mine = [one for one in _products(material, parent).tolist() if one not in known and one not in nearest]
        known.update(mine)
        if mine:
            found.append(Siblings(parent, depth, tuple(_first_made(material, mine)), len(mine)))
    return tuple(found)


def _products(material: Material, parent: int) -> Numbers:
    """Numbers of what was made of a piece and was not used up itself."""
    index = material.index
    below: Numbers = np.unique(index.child[index.down(parent).rows]).astype(np.int64)
    last: Numbers = below[index.down_from[below] == index.down_from[below + 1]]
    return last


def _first_made(material: Material, numbers: list[int]) -> list[int]:
    rows = np.array(numbers, dtype=np.int64)
    kin = material.pieces.take(rows).select("made", "id").with_columns(number=pl.Series(rows))
    return kin.sort("made", "id", nulls_last=True)["number"].head(MOST).to_list()
