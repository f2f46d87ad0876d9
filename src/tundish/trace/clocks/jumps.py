"""When was a clock set, and by how much? Where the offsets of two stretches of pieces differ."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from tundish.errors import Message
from tundish.table import Finding, Origin
from tundish.trace.clocks.drift import Line
from tundish.trace.pieces import Clock, Jump
from tundish.trace.stamps import SECOND, Stamps

_LEAST_S = 3.0
"""A smaller difference is no setting of a clock."""
_HOUR_S = 3600.0
_NEAR_HOUR_S = 60.0


def find_jumps(
    times: Stamps, line: Line, spans: Sequence[tuple[int, int]], *, step_s: float, pad_s: float, least_s: float = _LEAST_S,
    around: Sequence[tuple[int, int]] = (),
) -> tuple[Jump, ...]:  # fmt: skip
    """The jumps between stretches, each placed at the gap that setting the clock left in the file, if any.

    ``spans``: for each jump the last stamp of the file, in microseconds, that is known to lie before and the first behind it;
    ``around``: the same of some moments more, for of a small jump the last ones on either side may be taken for the other.
    """
    jumps = []
    for before, span in enumerate(spans):
        drawn = line.drawn_s[:, before + 1] - line.drawn_s[:, before]
        by = float(line.offsets_s[before + 1] - line.offsets_s[before])
        low, high = (float(end) for end in np.percentile(drawn, [2.5, 97.5]))
        if abs(by) < max(least_s, 1.5 * (high - low)):
            continue
        wide = around[before] if around else span
        at = _placed(times, (span, wide), by, step_s)
        jumps.append(Jump(at, by, min(low, by) - pad_s, max(high, by) + pad_s, _why(by)))
    return tuple(sorted(jumps, key=lambda jump: jump.at))


def _placed(times: Stamps, spans: tuple[tuple[int, int], tuple[int, int]], by_s: float, step_s: float) -> int:
    """The first stamp after the clock was set: behind the hole that a clock set forward leaves, else the middle of the span.

    ``spans``: where the jump is, and with some moments more, for where it seems to be no clock can be set without a hole.
    """
    for span in spans:
        near = np.sort(times[(times >= min(span)) & (times <= max(span))])
        steps = np.diff(near) / SECOND
        if by_s < 0 and steps.size:
            misfit = np.where(steps > 3 * step_s, np.abs(steps - step_s + by_s), np.inf)
            best = int(misfit.argmin())
            if misfit[best] < max(5.0, 0.1 * abs(by_s)):
                return int(near[best + 1])
    return (spans[0][0] + spans[0][1]) // 2


def _why(by_s: float) -> Message:
    hours = round(by_s / _HOUR_S)
    if hours and abs(by_s - hours * _HOUR_S) <= _NEAR_HOUR_S:
        return Message("whole hours: summer time began or ended, or the time zone was changed")
    return Message("the clock was set")


def told_of(clock: Clock, time_zone: str) -> list[Finding]:
    """A finding for each jump, and one for an offset of whole hours or more."""
    told = []
    for jump in clock.jumps:
        text = Message(
            "The clock of {file} was set at {at}: from there on {by:+.0f} s more are added ({low:.0f} to {high:.0f} s; {why}).",
            file=clock.file, at=_shown(jump.at, time_zone), by=jump.by_s, low=jump.low_s, high=jump.high_s,
            why=str(jump.reason),
        )  # fmt: skip
        told.append(Finding("clock_jumped", "warning", text, Origin(clock.file)))
    hours = round(clock.offset_s / (_HOUR_S / 2)) / 2
    if hours and abs(clock.offset_s - hours * _HOUR_S) <= 300.0:
        text = Message(
            "The clock of {file} differs by {hours:g} hours: another time zone or summer time. It was put right. "
            "Set the recorder, or state the difference under [clocks] in plant.toml.",
            file=clock.file,
            hours=hours,
        )
        told.append(Finding("clock_zone", "warning", text, Origin(clock.file)))
    return told


def _shown(stamp: int, time_zone: str) -> str:
    return datetime.fromtimestamp(stamp / SECOND, UTC).astimezone(ZoneInfo(time_zone)).strftime("%Y-%m-%d %H:%M:%S")
