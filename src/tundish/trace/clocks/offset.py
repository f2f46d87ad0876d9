"""How far is a file's clock away from the clock of the pieces?

Each piece runs at settings of its own, and the line stands or idles between pieces. With the right offset the values scatter
least inside the pieces' stays; the offset that makes this scatter smallest is the estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tundish.errors import Message
from tundish.table import Finding, Origin
from tundish.trace.clocks.drift import Line, fit, reach_s
from tundish.trace.clocks.jumps import find_jumps, told_of
from tundish.trace.clocks.meeting import EVIDENCE, Meeting, meet
from tundish.trace.clocks.path import Path, search
from tundish.trace.clocks.scene import Log, Scene, lay_out, phase_s, read, rounded_s, written_s
from tundish.trace.clocks.within import BY_HAND_S
from tundish.trace.clocks.zones import meet_far, search_far
from tundish.trace.pieces import Clock, Jump
from tundish.trace.stamps import SECOND, Floats, Stamps, spacing

_WIDEST_S = 25.0
"""An estimate whose 95 % interval is wider than this is not used."""
_REACHED = 0.9
"""An interval that wide, in units of what was looked through either way, goes beyond it."""
_PAD_S = 0.5
"""Stamps are written to the second: half of one either way."""
_BENT_S = 0.5
"""What the two ends of a file may be off against each other beyond chance: speeds, and which moment was entered, change."""
_NEIGHBOURS = 3
"""Moments before and behind a jump that may be taken for the other side's."""
_TOO_FEW = Message("too few pieces with stays and changing signals to compare the clocks")


@dataclass(frozen=True)
class Compared:
    """What comparing a file with the stays gave."""

    clock: Clock
    findings: tuple[Finding, ...] = ()
    contrast: float = 0.0
    """Share of the scatter that is gone at the best offset; 0 when none was found."""
    pieces: int = 0
    """Pieces or moments that speak for the offset; 0 when none was found."""
    moments: Sequence[tuple[int, Stamps]] = ()
    """When the log marks beginnings (1) and ends (-1) of pieces, on the pieces' clock; none where it marks nothing."""


def given(file: str, offset_s: float) -> Clock:
    """The offset that plant.toml states."""
    return Clock(file, offset_s, offset_s, offset_s, Message("stated in plant.toml"))


def estimate(
    file: str, times: Stamps, signals: Sequence[Floats], starts: Stamps, ends: Stamps, *, time_zone: str = "UTC"
) -> tuple[Clock, Finding | None]:
    """Estimate what to add to ``times`` so that the signals fit the stays, with 95 % intervals over blocks of pieces.

    ``signals`` are numbers, one a row of ``times``. When no offset stands out, the offset is 0 and a finding says why.
    """
    compared = compare(file, times, signals, starts, ends, time_zone=time_zone)
    return compared.clock, next(iter(compared.findings), None)


def compare(
    file: str,
    times: Stamps,
    signals: Sequence[Floats],
    starts: Stamps,
    ends: Stamps,
    *,
    time_zone: str = "UTC",
) -> Compared:
    """As :func:`estimate`, with all findings and how clearly the offset stands out."""
    if not times.size:
        return unsure(file, _TOO_FEW)
    log = read(times, signals)
    near = judged(file, times, look(log, starts, ends), time_zone)
    return near if near.clock.sure or near.pieces else compare_far(file, times, log, starts, ends, time_zone=time_zone) or near


@dataclass(frozen=True)
class Seen:
    """What the log shows of the pieces of one line, roughly; all that telling lines apart needs."""

    log: Log
    starts: Stamps
    ends: Stamps
    meeting: Meeting | None
    """Where moments that the signals mark meet beginnings and ends."""
    scene: Scene | None = None
    path: Path | Message = _TOO_FEW
    """The way through the pieces by the scatter of the signals; not looked for where moments tell the offset."""

    @property
    def contrast(self) -> float:
        """How clearly the offset stands out, 0 to 1; above a half where moments tell it, else the share of the scatter gone."""
        if self.meeting is not None and self.meeting.sure:
            return 0.5 + self.meeting.contrast / 2
        return 0.0 if isinstance(self.path, Message) else self.path.contrast

    @property
    def clearness(self) -> tuple[float, float]:
        """The contrast, and of what moments tell in several ways how much they tell."""
        return self.contrast, 0.0 if self.meeting is None else self.meeting.evidence


def look(log: Log, starts: Stamps, ends: Stamps) -> Seen:
    """Which offset fits the pieces roughly?"""
    meeting = meet(log.marks, starts, ends, step_s=log.step_s, mended=log.mended)
    if meeting is not None and meeting.sure:
        return Seen(log, starts, ends, meeting)
    scene = lay_out(log, starts, ends)
    return Seen(log, starts, ends, meeting, scene, _TOO_FEW if scene is None else search(scene))


def judged(file: str, times: Stamps, seen: Seen, time_zone: str) -> Compared:
    """The clock that the rough way leads to."""
    met = seen.meeting
    if met is not None and met.sure:
        return _of_meeting(file, times, seen, met, time_zone)
    if seen.scene is None or isinstance(seen.path, Message):
        told = unsure(file, seen.path if isinstance(seen.path, Message) else _TOO_FEW)
    else:
        told = _of_scatter(file, times, seen.scene, seen.path, time_zone)
    if not told.clock.sure and met is not None and met.evidence > EVIDENCE and met.others_s:
        return _of_meeting(file, times, seen, met, time_zone)
    return told


def compare_far(file: str, times: Stamps, log: Log, starts: Stamps, ends: Stamps, *, time_zone: str) -> Compared | None:
    """The clock at whole hours, a day or a year away; None where none of them fits."""
    met = meet_far(log, starts, ends)
    if met is not None:
        return _of_meeting(file, times, Seen(log, starts, ends, met), met, time_zone)
    away = search_far(log, starts, ends)
    return None if away is None else _of_scatter(file, times, away[0], away[1], time_zone)


def unsure(file: str, why: Message, *, low_s: float = 0.0, high_s: float = 0.0) -> Compared:
    """Both clocks are taken as equal, and a finding says so; ``low_s`` to ``high_s`` is what was found for it."""
    text = Message(
        "The clock of {file} could not be compared with the pieces' times ({why}); both are taken as equal. "
        "If you know the difference, write it under [clocks] in plant.toml.",
        file=file,
        why=why,
    )
    return Compared(
        Clock.unknown(file, why, low_s=low_s, high_s=high_s), (Finding("clock_unsure", "warning", text, Origin(file)),)
    )


def _early_s(times: Stamps, starts: Stamps, ends: Stamps, scatter_s: float) -> float:
    """By how much entries come before what they stand for: clocks show seconds and minutes that have begun.

    Rows of whole seconds are cut off as the entries are. A person who types the time to the minute is as often late as early.
    """
    shown = written_s(starts, ends)
    if not shown or (shown > 1.0 and scatter_s > BY_HAND_S):
        return 0.0
    cut = spacing(times) >= SECOND and not (times % SECOND).any()
    return shown / 2 - (0.5 if cut else 0.0)


def _of_meeting(file: str, times: Stamps, seen: Seen, met: Meeting, time_zone: str) -> Compared:
    turns = np.flatnonzero(np.diff(met.parts))
    last = met.at.size - 1
    spans, around = (
        [(int(met.at[max(turn - far, 0)]), int(met.at[min(turn + 1 + far, last)])) for turn in turns.tolist()]
        for far in (0, _NEIGHBOURS)
    )
    reason = Message("beginnings and ends of pieces meet what the signals mark ({moments} moments)", moments=met.line.used)
    pad = _PAD_S + phase_s(seen.starts, seen.ends, seen.log.step_s) + rounded_s(seen.starts, seen.ends) + met.uneven_s
    middle = (int(met.at[0]) + int(met.at[-1])) // 2
    early = _early_s(times, seen.starts, seen.ends, met.scatter_s)
    found = _Found(met.line, met.parts, met.middles_s, middle, spans, met.others_s, reason, met.line.used, early)
    jumps = find_jumps(times, met.line, spans, step_s=seen.log.step_s, pad_s=_PAD_S, least_s=0.0, around=around)
    told = _told(file, found, jumps, pad=pad, widest=_WIDEST_S, contrast=seen.contrast, time_zone=time_zone)
    return replace(told, moments=[(kind, told.clock.right(met.at[met.kinds == kind])) for kind in (1, -1)])


def _of_scatter(file: str, times: Stamps, scene: Scene, path: Path, time_zone: str) -> Compared:
    if path.contrast <= 0 and not path.others_s:
        return unsure(file, Message("no offset stands out"))
    line = fit(scene, path)
    off = np.rint(path.offsets_s * SECOND)
    spans = []
    for before, after in pairwise(line.parts):
        last, first = int(np.flatnonzero(path.parts == before)[-1]), int(np.flatnonzero(path.parts == after)[0])
        spans.append((int(scene.starts[last] - off[last]), int(scene.ends[first] - off[first])))
    reason = Message("the signals change with the pieces best at this offset ({pieces} pieces compared)", pieces=line.used)
    pad = _PAD_S + phase_s(scene.starts, scene.ends, scene.step_s) + rounded_s(scene.starts, scene.ends)
    middle = (int(scene.starts[0] + scene.ends[0]) // 2 + int(scene.starts[-1] + scene.ends[-1]) // 2) // 2
    widest = min(_WIDEST_S, _REACHED * reach_s(path, scene))
    middle -= round(float(line.offsets_s[_home(line, path.parts)]) * SECOND)
    early = _early_s(times, scene.starts, scene.ends, pad)
    found = _Found(line, path.parts, path.middles_s, middle, spans, path.others_s, reason, line.used, early)
    jumps = find_jumps(times, line, spans, step_s=scene.step_s, pad_s=pad)
    return _told(file, found, jumps, pad=pad, widest=widest, contrast=path.contrast, time_zone=time_zone)


@dataclass(frozen=True)
class _Found:
    line: Line
    parts: npt.NDArray[np.int64]
    """Number of the stretch that each moment or piece lies in."""
    middles_s: Floats
    """Seconds of each from the middle of all."""
    middle: int
    """The middle of all on the file's clock."""
    spans: Sequence[tuple[int, int]]
    others_s: tuple[float, ...]
    reason: Message
    used: int
    early_s: float


def _home(line: Line, parts: npt.NDArray[np.int64]) -> int:
    """The longest stretch: the offset is told where most is known of it."""
    return int(np.argmax([(parts == part).sum() for part in line.parts]))


def _told(
    file: str, found: _Found, jumps: tuple[Jump, ...], *, pad: float, widest: float, contrast: float, time_zone: str
) -> Compared:
    line, home = found.line, _home(found.line, found.parts)
    at_s = float(found.middles_s[found.parts == line.parts[home]].mean())
    offset, low, high = line.interval(home, at_s)
    offset, low, high = (end + found.early_s for end in (offset, min(low, offset), max(high, offset)))
    if high - low > widest:
        why = Message("the pieces do not agree on one offset: {low:.0f} to {high:.0f} s", low=low, high=high)
        return unsure(file, why, low_s=low, high_s=high)
    bent = _BENT_S / max(float(np.ptp(found.middles_s)), 1.0) * 1e6
    drift_low, drift_high = (float(end) for end in np.percentile(line.drawn_ppm, [2.5, 97.5]))
    clock = Clock(
        file, offset, min((low - pad, *found.others_s)), max((high + pad, *found.others_s)), found.reason,
        line.drift_ppm, drift_low - bent, drift_high + bent, reference=found.middle + round(at_s * SECOND), jumps=jumps,
        sure=not found.others_s,
    )  # fmt: skip
    findings = [*told_of(clock, time_zone), *_one_of_several(clock, found.others_s)]
    return Compared(clock, tuple(findings), contrast, found.used)


def _one_of_several(clock: Clock, others_s: tuple[float, ...]) -> list[Finding]:
    if not others_s:
        return []
    text = Message(
        "The clock of {file} fits the pieces with {offset:.0f} s, but nearly as well with {other:.0f} s; the first is used. "
        "If you know the difference, write it under [clocks] in plant.toml.",
        file=clock.file,
        offset=clock.offset_s,
        other=others_s[0],
    )
    return [Finding("clock_unsure", "warning", text, Origin(clock.file))]
