"""How far is a file's clock away from the clock of the pieces?

Each piece runs at settings of its own, and the line stands or idles between pieces. With the right offset the values scatter
least inside the pieces' stays; the offset that makes this scatter smallest is the estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tundish.errors import Message
from tundish.table import Finding, Origin
from tundish.trace.clocks.drift import fit, reach_s
from tundish.trace.clocks.jumps import find_jumps, told_of
from tundish.trace.clocks.path import Path, search
from tundish.trace.clocks.scene import Log, Scene, lay_out, read
from tundish.trace.clocks.zones import search_far
from tundish.trace.pieces import Clock
from tundish.trace.stamps import SECOND, Floats, Stamps

_WIDEST_S = 25.0
"""An estimate whose 95 % interval is wider than this is not used."""
_REACHED = 0.9
"""An interval that wide, in units of what was looked through either way, goes beyond it."""
_PAD_S = 0.5
_TOO_FEW = Message("too few pieces with stays and changing signals to compare the clocks")


@dataclass(frozen=True)
class Compared:
    """What comparing a file with the stays gave."""

    clock: Clock
    findings: tuple[Finding, ...] = ()
    contrast: float = 0.0
    """Share of the scatter that is gone at the best offset; 0 when none was found."""
    pieces: int = 0


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
    log = read(times, signals)
    if log is None:
        return unsure(file, _TOO_FEW)
    near = judged(file, times, look(log, starts, ends), time_zone)
    return near if near.clock.sure else compare_far(file, times, log, starts, ends, time_zone=time_zone) or near


@dataclass(frozen=True)
class Seen:
    """The rough way through the pieces of one line, or why there is none; all that telling lines apart needs."""

    log: Log
    scene: Scene | None
    path: Path | Message

    @property
    def contrast(self) -> float:
        """Share of the scatter that is gone at the best offset; 0 without one."""
        return 0.0 if isinstance(self.path, Message) else self.path.contrast


def look(log: Log, starts: Stamps, ends: Stamps) -> Seen:
    """Which offset fits the pieces roughly?"""
    scene = lay_out(log, starts, ends)
    return Seen(log, scene, _TOO_FEW if scene is None else search(scene))


def judged(file: str, times: Stamps, seen: Seen, time_zone: str) -> Compared:
    """The clock that the rough way leads to."""
    if seen.scene is None or isinstance(seen.path, Message):
        return unsure(file, seen.path if isinstance(seen.path, Message) else _TOO_FEW)
    return _judged(file, times, seen.scene, seen.path, time_zone)


def compare_far(file: str, times: Stamps, log: Log, starts: Stamps, ends: Stamps, *, time_zone: str) -> Compared | None:
    """The clock at whole hours, a day or a year away; None where none of them fits."""
    away = search_far(log, starts, ends)
    return None if away is None else _judged(file, times, away[0], away[1], time_zone)


def unsure(file: str, why: Message) -> Compared:
    """Both clocks are taken as equal, and a finding says so."""
    text = Message(
        "The clock of {file} could not be compared with the pieces' times ({why}); both are taken as equal. "
        "If you know the difference, write it under [clocks] in plant.toml.",
        file=file,
        why=why,
    )
    return Compared(Clock(file, 0.0, 0.0, 0.0, why, sure=False), (Finding("clock_unsure", "warning", text, Origin(file)),))


def _judged(file: str, times: Stamps, scene: Scene, path: Path, time_zone: str) -> Compared:
    line = fit(scene, path)
    home = int(np.argmax([(path.parts == part).sum() for part in line.parts]))
    mine = path.parts == line.parts[home]
    at_s = float(path.middles_s[mine].mean())
    offset, low, high = line.interval(home, at_s)
    pad = _PAD_S + scene.phase_s + scene.rounded_s
    low, high = min(low, offset), max(high, offset)
    if path.contrast <= 0 and not path.others_s:
        return unsure(file, Message("no offset stands out"))
    if high - low > min(_WIDEST_S, _REACHED * reach_s(path, scene)):
        return unsure(file, Message("the pieces do not agree on one offset: {low:.0f} to {high:.0f} s", low=low, high=high))
    reason = Message("the signals change with the pieces best at this offset ({pieces} pieces compared)", pieces=line.used)
    centre = (int(scene.starts[0] + scene.ends[0]) // 2 + int(scene.starts[-1] + scene.ends[-1]) // 2) // 2
    drift_low, drift_high = (float(end) for end in np.percentile(line.drawn_ppm, [2.5, 97.5]))
    clock = Clock(
        file,
        offset,
        low - pad,
        high + pad,
        reason,
        line.drift_ppm,
        drift_low,
        drift_high,
        reference=centre + round((at_s - offset) * SECOND),
    )
    clock = replace(clock, jumps=find_jumps(times, scene, path, line, pad))
    if path.others_s:
        clock = replace(clock, low_s=min(clock.low_s, *path.others_s), high_s=max(clock.high_s, *path.others_s), sure=False)
    findings = [*told_of(clock, time_zone), *_one_of_several(clock, path)]
    return Compared(clock, tuple(findings), path.contrast, line.used)


def _one_of_several(clock: Clock, path: Path) -> list[Finding]:
    if not path.others_s:
        return []
    text = Message(
        "The clock of {file} fits the pieces with {offset:.0f} s, but nearly as well with {other:.0f} s; the first is used. "
        "If you know the difference, write it under [clocks] in plant.toml.",
        file=clock.file,
        offset=clock.offset_s,
        other=path.others_s[0],
    )
    return [Finding("clock_unsure", "warning", text, Origin(clock.file))]
