"""Which forebears does each of many pieces have, and what share of its mass came along?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.trace.genealogy.graph import Genealogy
from tundish.trace.genealogy.sums import in_order

_STEPS = 64
"""Edges from the product to its oldest forebear, at most: no route is as long, so a longer way is a ring in the records."""
ANCESTRY = pl.Schema({"place": pl.Int64(), "piece": pl.Int64(), "share": pl.Float64(), "depth": pl.Int64()})


def ancestry(genealogy: Genealogy, pieces: npt.NDArray[np.int64]) -> pl.DataFrame:
    """Every piece and all its forebears at once: columns of :data:`ANCESTRY`, sorted by ``place``, ``depth``, ``piece``.

    ``pieces``: numbers of the pieces asked about, -1 for none; ``place`` counts in them. ``share`` of the asked piece's mass
    that came from the forebear, summed over all ways to it (1 for itself; null where a share on the way is not known), and
    ``depth`` the least number of edges between the two.
    """
    edges = genealogy.edges.select(piece="child", parent="parent", part="share_of_child").lazy()
    first = pl.DataFrame({"place": np.arange(pieces.size), "piece": pieces, "share": 1.0, "depth": 0}, schema=ANCESTRY)
    level = first.filter(pl.col("piece") >= 0)
    levels = [level]
    for step in range(1, _STEPS):
        level = (
            level.lazy()
            .join(edges, on="piece", maintain_order="left_right")
            .group_by("place", piece="parent", maintain_order=True)
            .agg(share=pl.when(pl.col("part").is_null().any()).then(None).otherwise(in_order(pl.col("share") * pl.col("part"))))
            .with_columns(depth=pl.lit(step, dtype=pl.Int64))
            .select(*ANCESTRY)
            .collect()
        )
        if level.is_empty():
            break
        levels.append(level)
    together = pl.concat(levels).group_by("place", "piece", maintain_order=True).agg(
        share=pl.when(pl.col("share").is_null().any()).then(None).otherwise(in_order(pl.col("share"))),
        depth=pl.col("depth").min(),
    )  # fmt: skip
    return together.select(*ANCESTRY).sort("place", "depth", "piece")
