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
from tundish.trace.clocks.scene import Scene, lay_out
from tundish.trace.clocks.zones import fill_stretches, search_far
from tundish.trace.pieces import Clock
from tundish.trace.stamps import SECOND, Floats, Stamps

_WIDEST_S = 60.0
"""An estimate whose 95 % interval is wider than this is not used."""
_REACHED = 0.9
"""An interval that wide, in units of what was looked through either way, goes beyond it."""
_PAD_S = 0.5
_MINUTE = 60 * SECOND


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
    far: bool = True,
) -> Compared:
    """As :func:`estimate`, with all findings and how clearly the offset stands out.

    ``far``: look at whole hours, a day and a year too where nothing near fits, which takes a while.
    """
    scene = lay_out(times, signals, starts, ends)
    found: Path | Message = Message("too few pieces with stays and changing signals to compare the clocks")
    if scene is not None:
        found = search(scene)
    near = unsure(file, found) if isinstance(found, Message) else None
    if scene is not None and not isinstance(found, Message):
        near = _judged(file, times, scene, fill_stretches(scene, found, times, signals), time_zone)
    if near is not None and near.clock.sure:
        return near
    away = search_far(times, signals, starts, ends) if far else None
    if away is not None:
        return _judged(file, times, away[0], away[1], time_zone)
    return near or unsure(file, Message("no offset stands out"))


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
    pad = _PAD_S + scene.phase_s + _rounded(scene)
    low, high = min(low, offset), max(high, offset)
    if high - low > min(_WIDEST_S, _REACHED * reach_s(path)):
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
    findings = [*told_of(clock, time_zone), *_lost(file, path), *_one_of_several(clock, path)]
    return Compared(clock, tuple(findings), path.contrast, line.used)


def _rounded(scene: Scene) -> float:
    """Half a minute where all stays were written to the minute: which second was meant cannot be told."""
    whole = (scene.starts % _MINUTE == 0).mean() > 0.9 and (scene.ends % _MINUTE == 0).mean() > 0.9
    return 30.0 if whole else 0.0


def _lost(file: str, path: Path) -> list[Finding]:
    lost = int(np.isnan(path.offsets_s).sum())
    if not lost:
        return []
    text = Message(
        "The clock of {file}: for {count} pieces in a row no offset fits; the clock is taken to have run on there. "
        "Check whether the clock was set, or the file belongs to another line then.",
        file=file,
        count=lost,
    )
    return [Finding("clock_lost", "warning", text, Origin(file), lost)]


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
