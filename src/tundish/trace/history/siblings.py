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
"""Parents, the nearest first, whose other products are looked for."""


def siblings(material: Material, number: int, up: Iterable[Tie], down: Iterable[Tie]) -> tuple[Siblings, ...]:
    """Products of each parent, the nearest first, that are neither this piece nor made of it.

    A product is a piece of which nothing was made. Each is told once, at the nearest parent that it shares.
    """
    known = {number, *(tie.child for tie in down)}
    nearest: dict[int, int] = {}
    for tie in up:
        nearest[tie.parent] = min(tie.depth, nearest.get(tie.parent, tie.depth))
    found: list[tuple[int, int, list[int]]] = []
    for parent, depth in sorted(nearest.items(), key=lambda item: item[1])[:_MOST_PARENTS]:
        mine = [one for one in _products(material, parent).tolist() if one not in known and one not in nearest]
        known.update(mine)
        if mine:
            found.append((parent, depth, mine))
    order = _order_of_making(material, [one for _parent, _depth, mine in found for one in mine])
    return tuple(
        Siblings(parent, depth, tuple(sorted(mine, key=order.__getitem__)[:MOST]), len(mine)) for parent, depth, mine in found
    )


def _products(material: Material, parent: int) -> Numbers:
    """Numbers of what was made of a piece and was not used up itself."""
    index = material.index
    below: Numbers = np.unique(index.child[index.down(parent).rows]).astype(np.int64)
    last: Numbers = below[index.down_from[below] == index.down_from[below + 1]]
    return last


def _order_of_making(material: Material, numbers: list[int]) -> dict[int, int]:
    """Each number's place in the order of making, all taken at once: a frame of polars costs more than its rows."""
    kin = material.pieces.take(np.array(numbers, dtype=np.int64)).select(
        "made", "id", number=pl.Series(numbers, dtype=pl.Int64)
    )
    ordered = kin.sort("made", "id", nulls_last=True)["number"].to_list()
    return {number: place for place, number in enumerate(ordered)}
