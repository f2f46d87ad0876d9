"""Which chain of lines stands behind a seed: its route, its speeds and gauges, its clocks, and how it numbers material?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import numpy as np

from tundish.works.sensors import Floats

Kind = Literal["cast", "hot", "tandem", "anneal", "temper", "slit", "sheet", "pack"]
Level = Literal["heat", "slab", "hot_coil", "coil", "strip", "sheets", "package"]
Style = Literal["korean", "short", "tags", "mixed"]
Layout = Literal["cp949", "utf8", "xlsx"]
STYLES: tuple[Style, ...] = ("korean", "short", "tags", "mixed")
STEEL_DENSITY = 7850.0
"""[kg/m^3] low-carbon steel, handbook value."""
SLAB_THICKNESS = 0.22
"""[m] of every slab; unsourced, a property of these generated plants."""
WAVES = 9
"""Number of waves along a strip; the last :data:`OWN_WAVES` do not come from the hot strip but from the cold mill."""
OWN_WAVES = 3

ROUTES: Mapping[int, Sequence[tuple[Kind, ...]]] = {
    3: (
        ("hot", "tandem", "slit"),
        ("tandem", "anneal", "temper"),
        ("tandem", "temper", "slit"),
        ("hot", "tandem", "anneal"),
        ("tandem", "anneal", "sheet"),
        ("cast", "hot", "tandem"),
    ),
    4: (
        ("hot", "tandem", "anneal", "slit"),
        ("tandem", "anneal", "temper", "slit"),
        ("cast", "hot", "tandem", "temper"),
        ("tandem", "temper", "sheet", "pack"),
        ("hot", "tandem", "temper", "sheet"),
    ),
    5: (
        ("hot", "tandem", "anneal", "temper", "slit"),
        ("cast", "hot", "tandem", "anneal", "temper"),
        ("tandem", "anneal", "temper", "slit", "pack"),
        ("hot", "tandem", "anneal", "temper", "sheet"),
        ("cast", "hot", "tandem", "temper", "slit"),
    ),
}
"""Number of lines -> the routes that a seed chooses from."""
GOES_IN: Mapping[Kind, Level] = {"cast": "heat", "hot": "slab", "tandem": "hot_coil", "anneal": "coil", "temper": "coil"}
"""Level of what a line takes in; slitting, cutting to length and packing take what comes."""
COMES_OUT: Mapping[Kind, Level] = {
    "cast": "slab",
    "hot": "hot_coil",
    "tandem": "coil",
    "anneal": "coil",
    "temper": "coil",
    "slit": "strip",
    "sheet": "sheets",
    "pack": "package",
}
ENDLESS: frozenset[Kind] = frozenset({"cast", "tandem", "anneal"})
"""Lines in which one piece follows the other without a gap."""
LENGTHENS: frozenset[Kind] = frozenset({"hot", "tandem", "temper"})
_SPEED: Mapping[Kind, tuple[float, float]] = {
    "cast": (0.018, 0.024),
    "hot": (6.0, 9.0),
    "tandem": (5.0, 9.0),
    "anneal": (2.2, 3.6),
    "temper": (5.0, 9.0),
    "slit": (2.5, 4.0),
    "sheet": (1.2, 2.0),
    "pack": (1.0, 1.0),
}
"""[m/s] cruising, at the reference point; unsourced, the order of what such lines run."""
LEAVES_OUT = ("in_mass", "positions", "crops", "flags", "scrap_mass", "in_length")
"""Groups of columns that a line may not write."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """An instrument of the line: what it shows and how far behind the reference point it stands."""

    key: str
    at_m: float
    """[m] along the strip, positive downstream; before the reference point in metres of what comes in."""


@dataclass(frozen=True, slots=True)
class PlcClock:
    """The clock of a file: ``reference time = time in the file + offset_s + drift * (time - at) (+ step after a jump)``."""

    offset_s: float
    """[s] to be added to the file's times at ``at_s``."""
    drift_ppm: float
    """[s per 1e6 s] by which the offset grows."""
    at_s: float
    """[s] true time since the plant's beginning at which the offset holds."""
    jump_at_s: float | None = None
    """[s] true time at which somebody set the clock right."""
    step_s: float = 0.0
    """[s] by which the offset changes there."""

    def offset_at(self, seconds: Floats) -> Floats:
        """Seconds to be added to the file's times, at true times [s]."""
        offset = self.offset_s + 1e-6 * self.drift_ppm * (seconds - self.at_s)
        return offset if self.jump_at_s is None else offset + np.where(seconds >= self.jump_at_s, self.step_s, 0.0)


@dataclass(frozen=True, slots=True)
class ChainLine:
    """One line of the chain: what it does, how it measures and how it writes."""

    step: int
    name: str
    kind: Kind
    speed: float
    """[m/s] cruising."""
    gauges: tuple[Gauge, ...]
    clock: PlcClock
    speed_scale: tuple[float, float]
    """[-] scale error of the speed at the reference point, and of the entry speed."""
    style: Style
    layout: Layout
    leaves_out: frozenset[str]
    by_hand: bool
    """Times are typed by a person, to the minute."""
    same_id: bool
    """What comes out keeps the number of what went in."""
    suffixed: bool
    """Numbers of what comes out are the input's with a suffix, instead of running ones."""
    scrap_rows: bool
    """Its table has rows of scrap, all under one word instead of a number."""
    whole_masses: bool
    """Masses of a row are those of the whole pieces; else the mass in is that of the part."""
    spelling: tuple[int, int]
    """Which spelling the ids have that come out, and those that went in: 0 as printed, 1 without the dash, 2 small with _."""


@dataclass(frozen=True, slots=True)
class Plant:
    """Everything about the chain that does not change from piece to piece."""

    seed: int
    begin: datetime
    """Local time of second 0."""
    lines: tuple[ChainLine, ...]
    lab_clock: PlcClock
    numeric: frozenset[Level]
    """Levels whose numbers are digits only, with leading zeros."""
    first_number: Mapping[Level, int]
    lag_s: float
    """[s] mean time in stock between two lines."""

    def at(self, seconds: float) -> datetime:
        """Local time of a second."""
        return self.begin + timedelta(seconds=seconds)


def build(seed: int, *, lines: int | None = None) -> Plant:
    """Draw the plant behind a seed; ``lines``: 3 to 5, drawn too when not given.

    Raises :class:`ValueError` for another number of lines.
    """
    rng = np.random.default_rng([seed, 400])
    drawn = int(rng.integers(3, 6))
    count = drawn if lines is None else lines
    if count not in ROUTES:
        raise ValueError(f"a chain has 3 to 5 lines, not {count}")
    route = ROUTES[count][int(rng.integers(len(ROUTES[count])))]
    shift = int(rng.integers(len(STYLES)))
    steps = [_line(np.random.default_rng([seed, 410, i]), i, kind, shift=shift) for i, kind in enumerate(route)]
    levels: tuple[Level, ...] = ("heat", "slab", "hot_coil", "coil", "strip", "sheets", "package")
    numeric = frozenset({levels[int(rng.integers(0, 3))]}) if rng.random() < 0.5 else frozenset[Level]()
    return Plant(
        seed=seed,
        begin=datetime(2024, 3, 4, 6, 0) + timedelta(days=int(rng.integers(0, 300))),
        lines=tuple(steps),
        lab_clock=_clock(rng, jumps=False),
        numeric=numeric,
        first_number={level: int(rng.integers(40, 900)) for level in levels},
        lag_s=float(rng.uniform(0.3, 1.2)) * 86_400.0,
    )


def _line(rng: np.random.Generator, step: int, kind: Kind, *, shift: int) -> ChainLine:
    out = {group for group in LEAVES_OUT if rng.random() < 0.25}
    return ChainLine(
        step=step,
        name=_NAMES[kind][int(rng.integers(len(_NAMES[kind])))],
        kind=kind,
        speed=float(rng.uniform(*_SPEED[kind])),
        gauges=_gauges(rng, kind),
        clock=_clock(rng, jumps=bool(rng.random() < 0.15)),
        speed_scale=(
            float(np.clip(rng.normal(0.0, 0.002), -0.005, 0.005)),
            float(np.clip(rng.normal(0.0, 0.002), -0.005, 0.005)),
        ),
        style=STYLES[(shift + step) % len(STYLES)],
        layout=("cp949", "utf8", "xlsx")[int(rng.choice(3, p=[0.45, 0.25, 0.3]))],
        leaves_out=frozenset(out),
        by_hand=bool(rng.random() < 0.15),
        same_id=kind == "temper" or (kind == "anneal" and bool(rng.random() < 0.4)),
        suffixed=kind in ("slit", "sheet") and bool(rng.random() < 0.5),
        whole_masses=bool(rng.random() < 0.75),
        scrap_rows=kind in ("tandem", "slit", "sheet") and bool(rng.random() < 0.25),
        spelling=(int(rng.integers(3)), int(rng.integers(3))),
    )


def _clock(rng: np.random.Generator, *, jumps: bool) -> PlcClock:
    offset, drift = float(rng.uniform(-90.0, 90.0)), float(rng.normal(0.0, 20.0))
    return PlcClock(round(offset, 3), round(drift, 2), 0.0, -1.0 if jumps else None)


def _gauges(rng: np.random.Generator, kind: Kind) -> tuple[Gauge, ...]:
    made = []
    for key, low, high in _GAUGES[kind]:
        made.append(Gauge(key, round(float(rng.uniform(low, high)), 1)))
    if kind in ("tandem", "anneal", "temper", "slit") and rng.random() < 0.4:
        made.append(Gauge("length_run", 0.0))
    return tuple(made)


_NAMES: Mapping[Kind, tuple[str, ...]] = {
    "cast": ("1연주", "CCM1"),
    "hot": ("열연", "HSM"),
    "tandem": ("산세냉연", "PLTCM", "1PCM"),
    "anneal": ("연속소둔", "CAL", "1CAL"),
    "temper": ("조질압연", "SPM", "리코일링"),
    "slit": ("슬리팅", "SLT1", "2슬리터"),
    "sheet": ("시어", "CTL", "절단1호"),
    "pack": ("포장", "PKG"),
}
_GAUGES: Mapping[Kind, tuple[tuple[str, float, float], ...]] = {
    "cast": (("mould_level", 0.0, 0.0), ("strand_temperature", 14.0, 22.0), ("cut_length", 0.0, 0.0)),
    "hot": (("exit_thickness", 2.0, 5.0), ("finish_temperature", 3.0, 8.0), ("coiling_temperature", 90.0, 130.0)),
    "tandem": (
        ("entry_thickness", -12.0, -4.0),
        ("entry_tension", -3.0, -1.0),
        ("exit_thickness", 2.0, 5.0),
        ("weld", -30.0, -10.0),
    ),
    "anneal": (
        ("entry_thickness", -60.0, -20.0),
        ("strip_temperature", 60.0, 120.0),
        ("tension", 5.0, 30.0),
        ("weld", -80.0, -30.0),
    ),
    "temper": (
        ("entry_thickness", -6.0, -2.0),
        ("force", 0.0, 0.0),
        ("exit_thickness", 2.0, 6.0),
        ("present", 0.0, 0.0),
    ),
    "slit": (("entry_thickness", -5.0, -1.0), ("tension", 3.0, 8.0), ("present", 0.0, 0.0)),
    "sheet": (("entry_thickness", -6.0, -1.0), ("present", 0.0, 0.0)),
    "pack": (),
}
"""Signal, and how near and how far behind the reference point it may be measured. [m]"""
