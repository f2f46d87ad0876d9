"""Is a clock off by whole hours (summer time, another time zone) or by a year?"""

from __future__ import annotations

import numpy as np

from tundish.errors import Message
from tundish.trace.clocks.meeting import Meeting, meet
from tundish.trace.clocks.path import Path, search
from tundish.trace.clocks.scene import FEWEST, Log, Scene, lay_out
from tundish.trace.stamps import NEVER, SECOND, Stamps

_HOUR = 3600.0
_DAY = 86_400.0
_FAR = (
    *(sign * hours * _HOUR for hours in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14) for sign in (1, -1)),
    *(sign * days * _DAY for days in (1, 365, 366) for sign in (1, -1)),
)
"""Seconds; time zones lie within 14 hours of each other, clocks that lost their battery go back a year."""
_SHARPER = 2.0
"""One of so many offsets tried must stand out clearer than one of those around zero."""

_EVIDENCE = 20.0
"""Logarithm of the likelihoods that tells one of so many offsets."""
_CLEAR = 0.6
"""Share of the scatter that a far offset must explain."""
_STRETCH = 20
"""Pieces in a row that fit nowhere near, from which on it is worth looking far."""


def meet_far(log: Log, starts: Stamps, ends: Stamps) -> Meeting | None:
    """The far offset at which moments meet entries beyond doubt; None when there is none."""
    tried = [
        meet(log.marks, starts, ends, step_s=log.step_s, near_s=near, mended=log.mended)
        for near in _FAR
        if _meets(log.stamps, starts, ends, near)
    ]
    met = max((one for one in tried if one is not None), key=lambda one: one.evidence, default=None)
    return met if met is not None and met.sure and met.evidence > _EVIDENCE else None


def search_far(log: Log, starts: Stamps, ends: Stamps) -> tuple[Scene, Path] | None:
    """The scene and path at the far offset that stands out most; None when none does."""
    best: tuple[Scene, Path] | None = None
    if (starts != NEVER).sum() < _STRETCH:
        return None
    log = log.thinned()
    for near in _FAR:
        if not _meets(log.stamps, starts, ends, near):
            continue
        scene = lay_out(log, starts, ends, near_s=near)
        if scene is None:
            continue
        path = search(scene, near_s=near, sharper=_SHARPER)
        clear = (
            not isinstance(path, Message)
            and path.contrast > _CLEAR
            and not path.others_s
            and scene.starts.size >= _STRETCH
            and np.ptp(path.parts) == 0
        )
        if not isinstance(path, Message) and clear and (best is None or path.contrast > best[1].contrast + 0.02):
            best = scene, path
    return best


def _meets(times: Stamps, starts: Stamps, ends: Stamps, near_s: float) -> bool:
    """Whether the moved file covers most of the stays, or most of the file falls among them."""
    shift = int(near_s * SECOND)
    low, high = int(times.min()) + shift, int(times.max()) + shift
    known = starts != NEVER
    within = (starts[known] >= low) & (ends[known] <= high)
    return int(within.sum()) >= FEWEST
