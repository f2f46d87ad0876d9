"""How does a line run? Speed over time, slow at welds, standing between coils, exactly as long as the strip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tundish.works.chain.material import Material, Output, Stay
from tundish.works.chain.plant import ENDLESS, ChainLine
from tundish.works.sensors import Floats


def lead_of(line: ChainLine) -> float:
    """Metres that a batch line runs before and after each piece, so that every gauge sees all of it; the coiler is far. [m]"""
    return 0.0 if line.kind in ENDLESS else 140.0 if line.kind == "hot" else 12.0


@dataclass(frozen=True, slots=True)
class Motion:
    """Speed at the reference point, linear between knots, and the metres of strip that it makes."""

    time: Floats
    """[s] since the plant's beginning, rising."""
    speed: Floats
    """[m/s]"""
    metres: Floats
    """[m] of strip at each knot."""

    def speed_at(self, seconds: Floats) -> Floats:
        """Speed; the line stands before and after. [m/s]"""
        return np.interp(seconds, self.time, self.speed, left=0.0, right=0.0)

    def metres_at(self, seconds: Floats) -> Floats:
        """Metres of strip that have passed the reference point."""
        knot = np.clip(np.searchsorted(self.time, seconds, side="right") - 1, 0, self.time.size - 2)
        passed = np.clip(seconds - self.time[knot], 0.0, self.time[knot + 1] - self.time[knot])
        slope = (self.speed[knot + 1] - self.speed[knot]) / np.maximum(self.time[knot + 1] - self.time[knot], 1e-9)
        return np.asarray(self.metres[knot] + passed * (self.speed[knot] + 0.5 * slope * passed), dtype=np.float64)

    def time_at(self, metres: Floats) -> Floats:
        """True time at which these metres of strip pass the reference point. [s]"""
        knot = np.clip(np.searchsorted(self.metres, metres, side="right") - 1, 0, self.time.size - 2)
        span = np.maximum(self.time[knot + 1] - self.time[knot], 1e-9)
        slope = (self.speed[knot + 1] - self.speed[knot]) / span
        far = np.maximum(metres - self.metres[knot], 0.0)
        # the root of speed * t + slope / 2 * t^2 = far, in the form that holds for slope 0
        root = np.sqrt(np.maximum(self.speed[knot] ** 2 + 2.0 * slope * far, 0.0))
        return np.asarray(self.time[knot] + 2.0 * far / np.maximum(self.speed[knot] + root, 1e-9), dtype=np.float64)


class Drives:
    """Schedules the stays of every line and keeps how each line moved."""

    def __init__(self) -> None:
        self.motions: dict[int, Motion] = {}

    def schedule(self, material: Material, line: ChainLine, stays: list[Stay]) -> None:
        """Give each stay its start, end and metres; an endless line starts late enough never to wait for a piece."""
        rng = np.random.default_rng([material.plant.seed, 440, line.step])
        if line.kind == "pack":
            _one_by_one(material, stays, rng)
            return
        lead = lead_of(line)
        runs = [_run(rng, line, stay.length_out + 2.0 * lead) for stay in stays]
        starts = _starts(material, stays, runs, rng, endless=line.kind in ENDLESS)
        times, speeds, metres, done = [], [], [], 0.0
        for stay, (time, speed), start in zip(stays, runs, starts, strict=True):
            own = done + np.concatenate([[0.0], np.cumsum(np.diff(time) * (speed[1:] + speed[:-1]) / 2.0)])
            stay.begin_m = done + lead
            done += stay.length_out + 2.0 * lead
            own[-1] = done
            times.append(start + time)
            speeds.append(speed)
            metres.append(own)
        # two runs that follow at once meet to within the last digit
        rising = np.maximum.accumulate(np.concatenate(times))
        self.motions[line.step] = motion = Motion(rising, np.concatenate(speeds), np.concatenate(metres))
        begins = motion.time_at(np.array([stay.begin_m for stay in stays]))
        ends = motion.time_at(np.array([stay.begin_m + stay.length_out for stay in stays]))
        for stay, begin, end in zip(stays, begins, ends, strict=True):
            stay.start, stay.end = float(begin), float(end)

    def stamp(self, outputs: list[Output]) -> None:
        """Give the outputs of a line the times at which their head and tail passed the reference point."""
        if outputs and outputs[0].step in self.motions:
            motion = self.motions[outputs[0].step]
            begins = motion.time_at(np.array([output.begin_m for output in outputs]))
            ends = motion.time_at(np.array([output.end_m for output in outputs]))
            for output, begin, end in zip(outputs, begins, ends, strict=True):
                output.start, output.end = float(begin), float(end)


def _run(rng: np.random.Generator, line: ChainLine, length: float) -> tuple[Floats, Floats]:
    """Knots of one piece's run, from second 0: up from slow or standing, cruising unevenly, down again; now and then a stop."""
    slow = 0.35 if line.kind in ("tandem", "anneal") else 1.0 if line.kind == "cast" else 0.0
    cruise = line.speed * float(rng.uniform(0.85, 1.1))
    ramp = {"cast": 60.0, "anneal": 15.0}.get(line.kind, 8.0)
    middle = cruise * (1.0 + 0.04 * rng.standard_normal(8))
    if slow == 1.0:
        middle[:] = cruise = line.speed
    speed = np.concatenate([[slow * line.speed], middle, [slow * line.speed]])
    time = np.concatenate([[0.0], ramp + np.linspace(0.0, 1.0, 8) * max(length / cruise - ramp, ramp), [0.0]])
    time[-1] = time[-2] + ramp
    if line.kind != "cast" and rng.random() < 0.04:
        speed, time = _with_stop(rng, speed, time)
    # stretched in time until the metres fit
    return time * (length / float(np.sum(np.diff(time) * (speed[1:] + speed[:-1]) / 2.0))), speed


def _with_stop(rng: np.random.Generator, speed: Floats, time: Floats) -> tuple[Floats, Floats]:
    """The line stands for some minutes in the middle of a piece."""
    at, stand = float(time[4]), float(rng.uniform(60.0, 900.0))
    speed = np.concatenate([speed[:5], [0.0, 0.0], speed[4:]])
    time = np.concatenate([time[:5], [at + 6.0, at + 6.0 + stand, at + 12.0 + stand], time[5:] + 12.0 + stand])
    return speed, time


def _starts(
    material: Material, stays: list[Stay], runs: list[tuple[Floats, Floats]], rng: np.random.Generator, *, endless: bool
) -> Floats:
    """When each run begins: after the one before, and not before the piece is ready."""
    ready = np.array([material.pieces[stay.piece].ready for stay in stays])
    lasts = np.array([time[-1] for time, _ in runs])
    if endless:
        before = np.concatenate([[0.0], np.cumsum(lasts)[:-1]])
        return np.asarray(float((ready - before).max()) + before, dtype=np.float64)
    starts, free = np.empty(ready.size), 0.0
    left: dict[int, float] = {}
    gaps = rng.uniform(25.0, 180.0, ready.size)
    for i, stay in enumerate(stays):
        # a rework begins after the first stay has ended
        starts[i] = max(free + gaps[i], ready[i], left.get(stay.piece, 0.0))
        free = starts[i] + lasts[i]
        left[stay.piece] = free
    return starts


def _one_by_one(material: Material, stays: list[Stay], rng: np.random.Generator) -> None:
    """Pieces are packed one after the other, some minutes each."""
    free = 0.0
    for stay, lasts in zip(stays, rng.uniform(120.0, 400.0, len(stays)), strict=True):
        stay.start = max(free, material.pieces[stay.piece].ready)
        stay.end = free = stay.start + float(lasts)
