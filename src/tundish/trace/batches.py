"""Which pieces are of one material, so that a proof may not have some of them before and some behind its border?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from tundish.errors import Message
from tundish.table import Finding
from tundish.trace.pieces import BATCH
from tundish.trace.spelling import spell
from tundish.trace.stamps import Stamps
from tundish.trace.stays.features import Feature

_FEWEST_BATCHES = 10
"""Fewer groups are classes of material, no lots of it."""
_LEAST_KEPT = 0.5
"""Least share of the later pieces that a proof must keep when no batch may stand on both sides."""


def find_batches(features: Sequence[Feature], ids: pl.Series, moments: Stamps) -> tuple[pl.Series, list[Finding]]:
    """The coarsest material group that can be kept whole and of which there are enough to split by; else the piece.

    A heat whose coils are scattered over months leaves no moment at which all pieces before and after are of other heats.
    """
    order = pl.Series(np.argsort(moments, kind="stable"))
    groups = [(feature, spell(feature.values).even) for feature in features if _is_group(feature, order)]
    whole = [group for group in groups if _kept_whole(group[1].gather(order)) >= _LEAST_KEPT]
    batch = pl.select(pl.coalesce(min((g for _, g in whole), key=pl.Series.n_unique, default=ids), ids)).to_series()
    told = [_about_scattered(feature) for feature, group in groups if _kept_whole(group.gather(order)) < _LEAST_KEPT]
    return batch.alias(BATCH), told


def _kept_whole(groups: pl.Series) -> float:
    """Share of the last quarter of the pieces, in order of time, whose group began in it."""
    border = round(0.75 * groups.len())
    known, later = groups[:border].drop_nulls(), groups[border:]
    return 1.0 - float(later.is_in(known.unique().implode()).fill_null(value=False).mean() or 0.0)  # type: ignore[arg-type]


def _about_scattered(feature: Feature) -> Finding:
    text = Message(
        "{column}: its pieces lie so far apart in time that earlier and later pieces share it; "
        "it is not kept whole in the proof.",
        column=feature.column.header,
    )
    return Finding("scattered_batch", "info", text, feature.column.origin)


def _is_group(feature: Feature, order: pl.Series) -> bool:
    """An id that several pieces share; without the vocabulary's word, one whose pieces come one after another."""
    values = feature.values
    groups, pieces = values.drop_nulls().n_unique(), values.len()
    if feature.column.kind == "identity":
        return _FEWEST_BATCHES <= groups <= 0.9 * pieces
    if feature.column.kind not in ("text", "category") or not 2 * _FEWEST_BATCHES <= groups <= 0.6 * pieces:
        return False
    words = values.cast(pl.String).gather(order).drop_nulls()
    runs = int((words != words.shift()).sum()) + 1
    return runs <= 1.1 * groups and bool(words.str.contains(r"\d").mean() == 1)
