"""When did each batch heat, hold and cool, by its own temperature?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tundish.trace.stamps import NEVER, Stamps
from tundish.trace.stays.segments import Floats, Segments

Phase = Literal["heating", "holding", "cooling"]
FEWEST = 12
"""Samples of a stay below which no phases are told apart."""
_CLEAR = 12.0
"""Times its noise that a temperature must rise to be a batch's own."""
_PART = 0.1
"""Least part of the stay that a hold lasts, and least part of the rise by which heating or cooling moves."""
_BAND = 0.02
"""Part of the rise within which a temperature counts as held, if its noise is less."""
_BRIEF = 0.03
"""Part of the stay for which a hold may be left (a door opened, a probe that jumped) and still be one hold."""


@dataclass(frozen=True)
class Span:
    """Begin and end of a phase of each stay; :data:`NEVER` where it was not seen."""

    starts: Stamps
    ends: Stamps


def find_phases(values: Floats, times: Stamps, segments: Segments) -> dict[Phase, Span]:
    """The phases of each stay: the hold is the longest time near the top temperature, with a clear rise before it.

    ``values`` in any unit, NaN where missing; ``times`` in microseconds. A stay whose temperature is noise, drifts without a
    hold, or has too few samples has no phases: nothing is forced. Cooling is seen only when it falls before the stay ends.
    """
    cuts = np.full((segments.first.size, 4), NEVER, dtype=np.int64)
    order = segments.order
    for piece in np.flatnonzero(segments.lengths >= FEWEST):
        rows = slice(segments.first[piece], segments.last[piece])
        cuts[piece] = _cut(values[rows], times[rows]) if order is None else _cut(values[order[rows]], times[order[rows]])
    seen, cooled = cuts[:, 1] != NEVER, cuts[:, 3] != NEVER
    return {
        "heating": Span(cuts[:, 0], np.where(seen, cuts[:, 1] - 1, NEVER)),
        "holding": Span(cuts[:, 1], cuts[:, 2]),
        "cooling": Span(np.where(cooled, cuts[:, 2] + 1, NEVER), cuts[:, 3]),
    }


def _cut(values: Floats, times: Stamps) -> tuple[int, int, int, int]:
    """Begin of heating, begin and end of the hold, end of cooling."""
    nothing = (NEVER, NEVER, NEVER, NEVER)
    known = ~np.isnan(values) & (times != NEVER)
    if known.sum() < FEWEST:
        return nothing
    stamps, level = times[known], _medians(values[known])
    noise = 1.4826 * float(np.median(np.abs(np.diff(values[known], 2)))) / np.sqrt(6.0)
    bottom, top = float(np.min(level)), float(np.quantile(level, 0.98))
    rise = top - bottom
    if rise <= max(_CLEAR * noise, 1e-9 * abs(top)):
        return nothing
    band = max(3.0 * noise, _BAND * rise)
    near = np.abs(level - _plateau(level, top - rise / 2, band)) <= band
    begin, end = _longest(near, stamps)
    lasted, whole = stamps[end] - stamps[begin], stamps[-1] - stamps[0]
    held = level[begin]
    heated = begin > 0 and held - float(level[: begin + 1].min()) >= max(_PART * rise, 2 * band)
    if lasted < _PART * whole or not heated or not _rises(level[: begin + 1]):
        return nothing
    cold = float(level[end:].min())
    cooled = end < level.size - 1 and level[end] - cold >= max(_PART * rise, 2 * band)
    return int(stamps[0]), int(stamps[begin]), int(stamps[end]), int(stamps[-1]) if cooled else NEVER


def _medians(values: Floats) -> Floats:
    """Median of each value and its two neighbours on either side: single jumps drop out, steps stay."""
    padded = np.concatenate((values[:1], values[:1], values, values[-1:], values[-1:]))
    made: Floats = np.median(np.lib.stride_tricks.sliding_window_view(padded, 5), axis=1)
    return made


def _plateau(level: Floats, above: float, band: float) -> float:
    """Where most of the upper half lies: middle of the densest stretch of two bands."""
    upper = np.sort(level[level >= above])
    inside = np.searchsorted(upper, upper + 2 * band, "right") - np.arange(upper.size)
    at = int(inside.argmax())
    return float(np.median(upper[at : at + int(inside[at])]))


def _longest(near: np.ndarray[tuple[int], np.dtype[np.bool_]], stamps: Stamps) -> tuple[int, int]:
    """First and last sample of the longest time near the plateau, brief departures included."""
    at = np.flatnonzero(near)
    gaps = np.diff(stamps[at])
    usual = np.median(np.diff(stamps))
    breaks = np.flatnonzero(gaps > max(2.5 * usual, _BRIEF * (stamps[-1] - stamps[0])))
    begins = at[np.concatenate(([0], breaks + 1))]
    ends = at[np.concatenate((breaks, [at.size - 1]))]
    longest = int((stamps[ends] - stamps[begins]).argmax())
    return int(begins[longest]), int(ends[longest])


def _rises(level: Floats) -> bool:
    """Does it go up on the whole, not up and down? At least two thirds of all its movement is upward."""
    steps = np.diff(level)
    up = float(steps[steps > 0].sum())
    return up > 0 and up >= 2.0 * float(-steps[steps < 0].sum())
