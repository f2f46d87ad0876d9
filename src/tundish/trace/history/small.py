"""What does a part of the plant's material look like as a genealogy of its own?"""

from __future__ import annotations

import numpy as np
import polars as pl

from tundish.trace.genealogy.graph import Genealogy
from tundish.trace.genealogy.index import Numbers, Rows
from tundish.trace.history.material import Material


def small(material: Material, pieces: Numbers, edges: Rows) -> Genealogy:
    """These pieces with all their stays, numbered by their place among ``pieces``, which are in order.

    ``edges``: rows of edges between pieces; those that lead to others are left out.
    """
    ties = material.edges.take(edges)
    inside = ties.filter(pl.col("parent").is_in(pieces) & pl.col("child").is_in(pieces))
    stays = material.stays.take(material.index.stays(pieces))
    return Genealogy(
        material.pieces.take(pieces),
        _renumbered(inside, ("parent", "child"), pieces),
        _renumbered(stays, ("piece",), pieces),
    )


def _renumbered(frame: pl.DataFrame, columns: tuple[str, ...], pieces: Numbers) -> pl.DataFrame:
    return frame.with_columns(pl.Series(name, np.searchsorted(pieces, frame[name].to_numpy())) for name in columns)
