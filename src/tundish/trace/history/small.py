"""How do numbers of pieces become places in a small genealogy?"""

from __future__ import annotations

import numpy as np
import polars as pl

from tundish.trace.genealogy.index import Rows


def renumbered(frame: pl.DataFrame, columns: tuple[str, ...], numbers: Rows) -> pl.DataFrame:
    """Numbers of pieces as places among ``numbers``, which are in order."""
    return frame.with_columns(pl.Series(name, np.searchsorted(numbers, frame[name].to_numpy())) for name in columns)
