"""A strip line with a known clock: coils end to end or one by one, speed, gauge, weld detector; times as MES has them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tundish.trace.stamps import SECOND, Floats, Stamps

BEGIN = 1_741_000_000 * SECOND


@dataclass(frozen=True)
class Line:
    times: Stamps
    """On the file's own clock."""
    true: Stamps
    """What the pieces' clock showed at each row."""
    signals: list[Floats]
    starts: Stamps
    ends: Stamps
    """As MES has them."""

    def sides(self):
        return self.times, self.signals, self.starts, self.ends


def micro(seconds) -> Stamps:
    return np.round(np.asarray(seconds) * SECOND).astype(np.int64) + BEGIN


def strip_line(
    *, seed=0, coils=200, coil_s=600.0, step_s=1.0, offset_s=60.0, drift_ppm=20.0, jumps=(), stops=0.03, endless=True,
    entry_s=3.0, wrong=0.05, wrong_s=240.0, missing=0.0, signals="all", idle=0.0,
) -> Line:  # fmt: skip
    """``offset_s``: to add to the file's times at the middle; ``jumps``: (share of the time, seconds more to add from then on);
    ``entry_s``: spread of the times that MES has; ``wrong``: share entered up to ``wrong_s`` late or early."""
    rng = np.random.default_rng(seed)
    lasting = rng.uniform(0.6, 1.4, coils) * coil_s
    between = np.zeros(coils) if endless else rng.exponential(40, coils)
    between += np.where(rng.random(coils) < idle, rng.exponential(4 * 3600, coils), 0.0)
    starts = np.cumsum(lasting + between) - lasting
    ends = starts + lasting
    true = np.arange(-1200.0, ends[-1] + 1200.0, step_s)
    coil = np.clip(np.searchsorted(starts, true, "right") - 1, 0, coils - 1)
    running = (true >= starts[coil]) & (true < ends[coil])
    if stops:
        for at in np.flatnonzero(rng.random(coils) < stops):
            middle = starts[at] + 0.5 * lasting[at]
            running &= ~((true > middle) & (true < middle + rng.uniform(30, 0.4 * lasting[at])))
    speed = np.where(running, rng.uniform(60, 140, coils)[coil] * (1 + 0.05 * rng.normal(size=true.size)), 0.0)
    gauge = rng.uniform(0.5, 2.5, coils)[coil] * (1 + 0.01 * rng.normal(size=true.size))
    weld = np.zeros(true.size)
    at = np.searchsorted(true, starts[1:])
    for n in range(max(1, round(2 / step_s))):
        weld[np.minimum(at + n, true.size - 1)] = 1.0
    force = np.cumsum(rng.normal(size=true.size)) * 0.02
    chosen = {"all": [speed, gauge, weld, force], "weld": [np.full(true.size, 100.0) + rng.normal(size=true.size), weld],
              "speed": [speed], "gauge": [gauge]}[signals]  # fmt: skip
    middle = (starts[0] + ends[-1]) / 2
    offset = offset_s + drift_ppm * 1e-6 * (true - middle)
    for share, by in jumps:
        offset = offset + np.where(true >= share * ends[-1], by, 0.0)
    keep = np.ones(true.size, bool)
    for _ in range(round(missing * 10)):
        hole = rng.uniform(0, ends[-1])
        keep &= ~((true > hole) & (true < hole + 0.1 * ends[-1]))
    noisy = [edge + rng.normal(size=coils) * entry_s for edge in (starts, ends)]
    late = [np.where(rng.random(coils) < wrong, rng.uniform(-0.5, 1, coils) * wrong_s, 0.0) for _ in range(2)]
    return Line(
        micro(true - offset)[keep], micro(true)[keep], [signal[keep] for signal in chosen],
        micro(np.round(noisy[0] + late[0])), micro(np.round(noisy[1] + late[1])),
    )  # fmt: skip
