"""Does any piece come from itself? The weakest edge of such a ring is left out."""

from __future__ import annotations

import numpy as np
import polars as pl


def without_cycles(edges: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The edges without rings, and those left out: of each ring the one with the least probability, the latest first."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    out = []
    kept = edges.with_row_index("#n")
    while kept.height:
        parent, child = kept["parent"].to_numpy(), kept["child"].to_numpy()
        size = int(max(parent.max(), child.max())) + 1
        graph = coo_array((np.ones(parent.size, np.int8), (parent, child)), shape=(size, size)).tocsr()
        rings, part = connected_components(graph, directed=True, connection="strong")
        if rings == size:
            break
        within = kept.filter(pl.Series(part[parent] == part[child])).with_columns(
            ring=pl.Series(part[parent[part[parent] == part[child]]])
        )
        weakest = within.sort("probability", "at", descending=[False, True], nulls_last=True, maintain_order=True).unique(
            "ring", keep="first", maintain_order=True
        )
        out.append(weakest)
        kept = kept.filter(~pl.col("#n").is_in(weakest["#n"].implode()))
    left = pl.concat(out).drop("#n", "ring") if out else edges.clear()
    return kept.drop("#n"), left
