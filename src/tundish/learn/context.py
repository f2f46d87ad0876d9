"""Does a column say only who or when, so that it cannot be a cause that anyone could turn?"""

from __future__ import annotations

import numpy as np
import polars as pl

from tundish.learn.features import Group
from tundish.trace.pieces import MOMENT, Pieces
from tundish.vocabulary import Catalogue

MOST_TURNS = 8
"""More levels than this are no crews or shifts."""
CLOCK_SHARE = 0.5
"""Part of the uncertainty of the level that the hour or the weekday takes away, above which a column follows the clock."""
TURN_HOURS = (4.0, 26.0)


def is_context(pieces: Pieces, group: Group, catalogue: Catalogue) -> bool:
    """True for crews, shifts, operators, weekdays: by the vocabulary, or because the levels change with the clock.

    Machines, furnaces and grades are no context: the vocabulary calls them so, or their levels do not follow the clock.
    """
    column = group.main.column
    if column.concept is not None and column.concept in catalogue:
        return catalogue.concept(column.concept).is_context
    texts = pieces.table.frame[column.name].cast(pl.String).fill_null("").to_numpy()
    if len(set(texts)) > MOST_TURNS or len(set(texts)) < 2:
        return False
    moments = pieces.table.frame[MOMENT] if MOMENT in pieces.table.frame.columns else None
    if moments is None or moments.null_count() > 0.2 * len(moments):
        return False
    return _follows_clock(texts, moments) or _takes_turns(texts, moments)


def _follows_clock(texts: np.ndarray, moments: pl.Series) -> bool:
    hours = moments.dt.hour().fill_null(-1).to_numpy()
    days = moments.dt.weekday().fill_null(-1).to_numpy()
    if len(np.unique(days)) < 3 and len(np.unique(hours)) < 6:
        return False
    return max(_told(texts, hours), _told(texts, days)) > CLOCK_SHARE


def _told(texts: np.ndarray, by: np.ndarray) -> float:
    """Share of the levels' entropy that is gone when ``by`` is known."""
    codes = np.unique(texts, return_inverse=True)[1]
    groups = np.unique(by, return_inverse=True)[1]
    table = np.zeros((codes.max() + 1, groups.max() + 1))
    np.add.at(table, (codes, groups), 1.0)
    whole = _entropy(table.sum(axis=1))
    if whole <= 0:
        return 0.0
    sizes = table.sum(axis=0)
    rest = sum(size * _entropy(table[:, k]) for k, size in enumerate(sizes)) / sizes.sum()
    return float(1 - rest / whole)


def _entropy(counts: np.ndarray) -> float:
    share = counts[counts > 0] / max(counts.sum(), 1.0)
    return float(-(share * np.log(share)).sum())


def _takes_turns(texts: np.ndarray, moments: pl.Series) -> bool:
    """True when the levels change after whole turns of the same few hours, again and again, as crews do."""
    hours = moments.dt.epoch("s").fill_null(strategy="forward").to_numpy().astype(np.float64) / 3600
    change = np.flatnonzero(texts[1:] != texts[:-1]) + 1
    if len(change) < 9:
        return False
    turns = np.diff(hours[change])
    base = float(np.median(turns[turns <= 1.3 * np.quantile(turns, 0.1)]))
    if not TURN_HOURS[0] <= base <= TURN_HOURS[1]:
        return False
    whole = np.abs(turns / base - np.round(turns / base)) < 0.2
    return bool(np.mean(whole & (turns < 4.5 * base)) > 0.8)
