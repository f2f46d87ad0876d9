"""Which pieces may not be parted? Consecutive blocks of pieces that keep material groups whole."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.trace.pieces import BATCH

Ints = npt.NDArray[np.int64]


def first_rows(frame: pl.DataFrame) -> Ints:
    """Index of the row in which each row's batch begins; a piece without a batch is its own.

    ``frame`` holds the pieces in order of their decision moment.
    """
    rows = np.arange(frame.height, dtype=np.int64)
    if BATCH not in frame.columns:
        return rows
    batch = frame.get_column(BATCH)
    numbered = frame.select(BATCH).with_row_index("row")
    first = np.asarray(numbered.select(pl.col("row").min().over(BATCH)).to_series().to_numpy(), dtype=np.int64)
    return np.where(batch.is_null().to_numpy(), rows, first)


def time_blocks(frame: pl.DataFrame, blocks: int) -> Ints:
    """Number of the block (0 to blocks - 1) of each row: consecutive rows, a batch wholly in the block where it begins."""
    return first_rows(frame) * blocks // max(frame.height, 1)


def material_blocks(frame: pl.DataFrame, length: int) -> Ints:
    """Number of the block of each row for a bootstrap: about ``length`` consecutive rows, batches whole, no number unused."""
    blocks = max(frame.height // max(length, 1), 1)
    return np.unique(time_blocks(frame, blocks), return_inverse=True)[1].astype(np.int64)
