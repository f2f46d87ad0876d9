"""Which columns can the data not tell apart, and which trial would?"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tundish.errors import Message
from tundish.learn.answer import Confounded, Floats
from tundish.learn.features import Group, rank_correlations
from tundish.table import Column

TIED = 0.97
"""Rank correlation from which two quantities are not told apart by these data."""
TIED_LEVELS = 0.9
"""Part of a setting's spread that the levels of a category fix, from which the two are not told apart."""
MOST = 10


def find_confounded(groups: tuple[Group, ...], relevant: Iterable[int]) -> tuple[Confounded, ...]:
    """Pairs of columns that move too closely together to be parted, one of them at least going along with the target."""
    chosen = sorted(set(relevant))
    numeric = [i for i, group in enumerate(groups) if not group.category]
    like = rank_correlations([groups[i].signal for i in numeric])
    found: list[Confounded] = []
    for a, i in enumerate(numeric):
        for b in range(a):
            if abs(like[a, b]) > TIED and (i in chosen or numeric[b] in chosen):
                found.append(_pair(groups[numeric[b]].main.column, groups[i].main.column, abs(float(like[a, b]))))
    for i, group in enumerate(groups):
        if group.category:
            found += [
                _levels(group.main.column, groups[k].main.column, share)
                for k in numeric
                if (i in chosen or k in chosen) and (share := fixed_by_levels(group, groups[k].main.values)) > TIED_LEVELS
            ]
    return tuple(found[:MOST])


def fixed_by_levels(category: Group, values: Floats) -> float:
    """Part of the values' variance that lies between the levels of a category (eta squared)."""
    known = np.isfinite(values)
    z = values[known] - values[known].mean()
    whole = float((z**2).sum())
    between = 0.0
    for feature in category.features:
        flag = feature.values[known] > 0
        if flag.any():
            between += float(flag.sum() * z[flag].mean() ** 2)
    return between / whole if whole > 0 else 0.0


def _pair(one: Column, other: Column, like: float) -> Confounded:
    return Confounded(
        (one, other),
        Message(
            "{one} and {other} move together (rank correlation {like}): these data cannot say which of them acts. "
            "A trial parts them: change {one} on some lots while {other} is held.",
            one=one.header,
            other=other.header,
            like=round(like, 3),
        ),
    )


def _levels(category: Column, setting: Column, share: float) -> Confounded:
    return Confounded(
        (category, setting),
        Message(
            "{category} fixes {setting} ({share} % of its spread): these data cannot say which of them acts. "
            "A trial parts them: run {setting} at the same value under every {category}.",
            category=category.header,
            setting=setting.header,
            share=round(100 * share),
        ),
    )
