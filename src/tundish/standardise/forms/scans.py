"""Which signals were sampled together, so that they share one table, and which stand alone?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Stamps = npt.NDArray[np.int64]
"""Times of one signal, ascending, each once."""

_SKETCH = 256
"""Hashes kept of each signal's times to estimate how many two of them share."""
_SHARED = 0.8
"""Least share of common times (of all times of both) that makes one scan."""
_REGULAR = 0.25
"""Steps of a regular signal lie this close to their middle."""
_NEAR = 0.25
"""Part of a step by which a stamp may differ from that of the scan."""
_SAME_STEP = 0.1
_MATCHED = 0.9


@dataclass
class Scan:
    """Signals with common times; for those whose stamps differ by a little, the time of the scan for each of their own."""

    tags: list[str]
    stamps: Stamps
    moved: dict[str, tuple[Stamps, Stamps]]
    """Signal -> its own stamps, and where each goes."""


def scans(stamps: Mapping[str, Stamps], *, measured: bool = True) -> list[Scan]:
    """Put signals together that share their times exactly, nearly always, or but for a jitter under a quarter of the step.

    ``measured`` is False for stamps that only count, and so tell no step.
    """
    single = [Scan([tag], stamps[tag], {}) for tag in sorted(stamps, key=lambda tag: -len(stamps[tag]))]
    groups = _together(single)
    return _aligned(groups) if measured else groups


def step(stamps: Stamps) -> float | None:
    """The usual step of a regular signal; None for one that comes as it likes."""
    if len(stamps) < 5:
        return None
    steps = np.diff(stamps)
    low, middle, high = np.quantile(steps, (0.1, 0.5, 0.9))
    return float(middle) if middle > 0 and high - middle <= _REGULAR * middle and middle - low <= _REGULAR * middle else None


def _together(single: Iterable[Scan]) -> list[Scan]:
    """Equal or nearly equal sets of times, found by their smallest hashes."""
    groups: list[Scan] = []
    sketches: list[frozenset[int]] = []
    holders: dict[int, list[int]] = {}
    for one in single:
        sketch = _sketch(one.stamps)
        candidates = dict.fromkeys(group for value in sketch for group in holders.get(value, ()))
        home = next((group for group in candidates if _likeness(sketch, sketches[group]) >= _SHARED), None)
        if home is None:
            for value in sketch:
                holders.setdefault(value, []).append(len(groups))
            groups.append(one)
            sketches.append(sketch)
        else:
            joined = groups[home].stamps
            groups[home].tags += one.tags
            groups[home].stamps = joined if np.array_equal(joined, one.stamps) else np.union1d(joined, one.stamps)
    return groups


def _sketch(stamps: Stamps) -> frozenset[int]:
    mixed = stamps.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(32)
    mixed *= np.uint64(0xD6E8FEB86659FD93)
    return frozenset(np.partition(mixed, _SKETCH)[:_SKETCH].tolist() if len(mixed) > _SKETCH else mixed.tolist())


def _likeness(a: frozenset[int], b: frozenset[int]) -> float:
    """Common times in all times of both, estimated from the smallest hashes (bottom-k sketch, Cohen and Kaplan 2007)."""
    smallest = set(sorted(a | b)[:_SKETCH])
    return len(smallest & a & b) / len(smallest) if smallest else 0.0


def _aligned(groups: list[Scan]) -> list[Scan]:
    """Regular groups of one step whose stamps differ by a jitter join the first of them."""
    leaders: list[tuple[Scan, float | None]] = []
    for group in groups:
        own = step(group.stamps)
        for leader, usual in leaders:
            if own is None or usual is None or abs(own - usual) > _SAME_STEP * usual:
                continue
            places = _places(group.stamps, leader.stamps, _NEAR * usual)
            if places is not None:
                for tag in group.tags:
                    leader.moved[tag] = (group.stamps, places)
                leader.tags += group.tags
                leader.stamps = np.union1d(leader.stamps, places)
                break
        else:
            leaders.append((group, own))
    return [leader for leader, _ in leaders]


def _places(own: Stamps, others: Stamps, near: float) -> Stamps | None:
    """For each stamp the nearest of the others, where that is near and taken by no other; None when most find none."""
    right = np.clip(np.searchsorted(others, own), 1, len(others) - 1)
    nearest = np.where(own - others[right - 1] <= others[right] - own, right - 1, right)
    fits = np.abs(others[nearest] - own) <= near
    fits &= np.concatenate(([True], nearest[1:] != nearest[:-1]))
    if fits.mean() < _MATCHED or len(own) < _MATCHED / 2 * len(others):
        return None
    return np.where(fits, others[nearest], own)
