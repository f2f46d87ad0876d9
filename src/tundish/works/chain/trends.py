"""What does each line's PLC write down? Speed, gauges along the strip, welds and strip-present, on a clock of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl

from tundish.works import files
from tundish.works.chain import words
from tundish.works.chain.material import Material, Stay
from tundish.works.chain.motion import Motion
from tundish.works.chain.plant import STEEL_DENSITY, ChainLine, Gauge
from tundish.works.chain.strip import length_of
from tundish.works.sensors import Floats

STEP_M = 1.5
"""[m] of strip between two knots of the table that says which material is where."""
TIME_FORMS = {
    "korean": "%Y-%m-%d %H:%M:%S",
    "short": "%Y/%m/%d %H:%M:%S",
    "tags": "%Y-%m-%dT%H:%M:%S",
    "mixed": "%Y-%m-%d %H:%M:%S",
}
STRAND_S = 1.0
"""[s] between two rows of a caster's trend at least."""


@dataclass(frozen=True, slots=True)
class Scar:
    """A thin spot in the steel that every thickness gauge sees from one line on."""

    origin: int
    u: float
    step: int


@dataclass(frozen=True, slots=True)
class Laid:
    """Which material lay where on the strip of a line: knots, rising in both metres; between stretches nothing lies."""

    out_m: Floats
    """[m] of strip on this line, behind the reference point."""
    in_m: Floats
    """[m] of what comes in, counted on from stay to stay."""
    origin: Floats
    u: Floats
    stretch: Floats
    """Number of the stretch; material lies between knots of one stretch only."""

    def at(self, metres: Floats, *, entering: bool) -> tuple[Floats, Floats]:
        """Origin and ``u`` at metres of strip; NaN where nothing lies."""
        axis = self.in_m if entering else self.out_m
        right = np.clip(np.searchsorted(axis, metres, side="right"), 1, axis.size - 1)
        left = right - 1
        inside = (self.stretch[left] == self.stretch[right]) & (metres >= axis[left]) & (metres <= axis[right])
        part = (metres - axis[left]) / np.maximum(axis[right] - axis[left], 1e-12)
        u = self.u[left] + part * (self.u[right] - self.u[left])
        return np.where(inside, self.origin[left], np.nan), np.where(inside, u, np.nan)


@dataclass(frozen=True, slots=True)
class Trend:
    """What was written: file, header of each key, and the clock's readings at both ends in true seconds."""

    file: str
    headers: dict[str, str]
    begin: float
    end: float


def lay(material: Material, stays: Sequence[Stay], step: int, *, lead: float) -> Laid:
    """The table of material for stays of one line, in the order in which they ran."""
    columns: list[list[Floats]] = [[], [], [], [], []]
    entered, number = 0.0, 0
    for stay in stays:
        entered += lead
        out, came = stay.begin_m, entered
        for part in stay.passed:
            after, before = material.waves[part.origin][step + 1], material.waves[part.origin][stay.came_from + 1]
            count = max(int(length_of(part, after) / STEP_M), 1) + 1
            u = np.linspace(part.begin, part.end, count)
            grown = np.abs(after.length(u) - after.length(part.begin))
            eaten = np.abs(before.length(u) - before.length(part.begin))
            for column, values in zip(
                columns,
                (out + grown, came + eaten, np.full(count, float(part.origin)), u, np.full(count, float(number))),
                strict=True,
            ):
                column.append(values)
            out, came, number = out + float(grown[-1]), came + float(eaten[-1]), number + 1
        entered = came + lead
    return Laid(*(np.concatenate(column) for column in columns))


@dataclass(frozen=True, slots=True)
class _View:
    """What the PLC sees: the strip on its line, sample by sample."""

    material: Material
    line: ChainLine
    stays: Sequence[Stay]
    laid: Laid
    rng: np.random.Generator
    scars: Sequence[Scar]
    true: Floats
    """[s] true times of the samples."""
    out_m: Floats
    """[m] of strip that has passed the reference point at each."""
    in_m: Floats
    """[m] of what came in that has passed it."""

    def at(self, gauge: Gauge) -> tuple[Floats, Floats, Floats]:
        """Metres of strip under a gauge, the origin and ``u`` there."""
        metres = (self.in_m if gauge.at_m < 0.0 else self.out_m) - gauge.at_m
        return metres, *self.laid.at(metres, entering=gauge.at_m < 0.0)

    def noise(self, size: float) -> Floats:
        """Factors about 1, one a sample."""
        return np.asarray(1.0 + size * self.rng.standard_normal(self.true.size), dtype=np.float64)


def write(
    material: Material,
    line: ChainLine,
    *,
    motion: Motion,
    stays: Sequence[Stay],
    sample_s: float,
    lead: float,
    scars: Sequence[Scar],
    folder: Path,
) -> Trend:
    """Write the line's trend over these stays."""
    rng = np.random.default_rng([material.plant.seed, 480, line.step])
    begin, end = min(s.start for s in stays) - 240.0, max(s.end for s in stays) + 240.0
    every = max(sample_s, STRAND_S) if line.kind == "cast" else sample_s
    shown, true = _samples(line, begin, end, every)
    laid = lay(material, stays, line.step, lead=lead)
    passed = motion.metres_at(true)
    entered = np.interp(passed, laid.out_m, laid.in_m)
    view = _View(material, line, stays, laid, rng, scars, true, passed, entered)
    columns = {"speed": motion.speed_at(true) * 60.0 * (1.0 + line.speed_scale[0]) * view.noise(0.01)}
    columns |= dict(_signals(view))
    headers = {key: words.head(words.SIGNALS[key], line.style) for key in ("time", *columns)}
    name = f"TREND_{line.name}.csv"
    stamps = pl.Series("time", np.round(shown * 1e6).astype(np.int64)).cast(pl.Duration("us"))
    texts = [(pl.lit(material.plant.begin) + stamps).dt.strftime(_time_form(line, every)).alias("time")]
    texts += [pl.lit(_shown(key, values)).alias(key) for key, values in columns.items()]
    units = [["", *(words.SIGNAL_UNITS.get(key, "") for key in columns)]] if line.style == "tags" else []
    encoding = "cp949" if line.layout == "cp949" else "utf-8-sig"
    (folder / name).write_bytes(files.delimited([list(headers.values()), *units], pl.select(texts), encoding=encoding))
    return Trend(name, headers, float(true[0]), float(true[-1]))


def _time_form(line: ChainLine, every: float) -> str:
    """Milliseconds where a second holds several rows, and in one style always; a table saved by a spreadsheet loses them."""
    several = every < 1.0 and line.style != "short"
    return TIME_FORMS[line.style] + ("%.3f" if several or line.style == "mixed" else "")


def _samples(line: ChainLine, begin: float, end: float, sample_s: float) -> tuple[Floats, Floats]:
    """Whole readings of the PLC's clock from begin to end, and the true times at which they were taken; a jump starts anew."""
    jump = line.clock.jump_at_s
    edges = [begin, end] if jump is None or not begin < jump < end else [begin, jump, end]
    shown, true = [], []
    for low, high in pairwise(edges):
        middle = np.array([(low + high) / 2.0])
        offset = float(line.clock.offset_at(middle)[0])
        first = np.ceil(low - offset)
        count = int(np.ceil((np.floor(high - offset) - 1.0 - first) / sample_s))
        # counted, not summed up: a reading just short of a whole second would be written as the second before
        reading = first + np.arange(count) * sample_s
        # the offset holds at the true time, which is the reading plus the offset
        when = middle[0] + (reading + offset - middle[0]) / (1.0 - 1e-6 * line.clock.drift_ppm)
        shown.append(reading)
        true.append(when)
    return np.concatenate(shown), np.concatenate(true)


def _signals(view: _View) -> Iterator[tuple[str, Floats]]:
    if view.line.kind == "tandem":
        speed = np.maximum(np.gradient(view.in_m, view.true), 0.0)
        yield "entry_speed", speed * 60.0 * (1.0 + view.line.speed_scale[1]) * view.noise(0.01)
    for gauge in view.line.gauges:
        if gauge.key == "weld":
            yield gauge.key, _welds(view, gauge)
        elif gauge.key == "present":
            yield gauge.key, np.where(np.isnan(view.at(gauge)[1]), 0.0, 1.0)
        elif gauge.key in ("length_run", "cut_length"):
            yield gauge.key, _counted(view, gauge)
        elif gauge.key.endswith("_thickness"):
            yield gauge.key, _thickness(view, gauge)
        else:
            yield gauge.key, _level(view, gauge)


def _counted(view: _View, gauge: Gauge) -> Floats:
    """Metres since the last coil began, or since the torch cut the last slab, as the speed's wheel counts them."""
    outputs = [output.begin_m for output in view.material.outputs if output.step == view.line.step]
    begins = np.sort([stay.begin_m for stay in view.stays] if gauge.key == "length_run" else outputs)
    last = begins[np.clip(np.searchsorted(begins, view.out_m, side="right") - 1, 0, begins.size - 1)]
    return np.asarray(np.maximum(view.out_m - last, 0.0) * (1.0 + view.line.speed_scale[0]), dtype=np.float64)


def _thickness(view: _View, gauge: Gauge) -> Floats:
    """What is thick is short: the inverse of the local stretch, in mm; 0 where nothing lies."""
    material = view.material
    _, origin, u = view.at(gauge)
    # a rework comes in with the shape that the line itself gave it, which differs by less than the gauge's noise
    step = view.line.step - 1 if gauge.at_m < 0.0 else view.line.step
    values = np.zeros(u.size)
    for number in np.unique(origin[~np.isnan(origin)]).astype(int):
        rows = origin == number
        shape = material.waves[number][step + 1]
        width = material.orders[material.pieces[number].order].width
        thick = material.density[number] * material.kept[step + 1] / (STEEL_DENSITY * width * shape.stretch)
        own = thick / shape.local(u[rows])
        for scar in view.scars:
            if scar.origin == number and scar.step <= step:
                own = own * (1.0 - 0.05 * np.exp(-(((u[rows] - scar.u) * shape.stretch / 1.5) ** 2)))
        values[rows] = own
    return values * 1e3 * view.noise(0.0015)


def _level(view: _View, gauge: Gauge) -> Floats:
    """A smooth random function of the place on the strip about the usual level; the other level where nothing lies."""
    usual, spread, noise, empty = _LEVELS[gauge.key]
    short, long = (0.8, 8.0) if view.line.kind == "cast" else (12.0, 300.0)
    waves = 2.0 * np.pi / np.exp(view.rng.uniform(np.log(short), np.log(long), 8))
    phases = view.rng.uniform(0.0, 2.0 * np.pi, 8)
    at, origin, _ = view.at(gauge)
    swing = np.sin(np.multiply.outer(at, waves) + phases).sum(axis=1) / 2.0
    return np.where(np.isnan(origin), empty, usual + spread * swing) + noise * view.rng.standard_normal(at.size)


def _welds(view: _View, gauge: Gauge) -> Floats:
    """1 at the first two samples after a weld has passed the detector, off by up to 0.3 m."""
    starts = np.array([stay.begin_m for stay in view.stays[1:]])
    off = np.clip(0.15 * view.rng.standard_normal(starts.size), -0.3, 0.3)
    metres = view.at(gauge)[0]
    hit = np.searchsorted(metres, np.interp(starts, view.laid.out_m, view.laid.in_m) + off)
    flag = np.zeros(metres.size)
    rows = np.concatenate([hit, hit + 1])
    flag[rows[rows < flag.size]] = 1.0
    return flag


def _shown(key: str, values: Floats) -> pl.Series:
    """Numbers as the PLC writes them; flags without a point."""
    decimals = _DECIMALS.get(key, 2)
    rounded = pl.Series(key, np.round(values, decimals))
    return (rounded.cast(pl.Int64) if decimals == 0 else rounded).cast(pl.String)


_LEVELS = {
    "entry_tension": (55.0, 3.0, 0.4, 0.0),
    "tension": (18.0, 1.2, 0.15, 0.0),
    "force": (2400.0, 120.0, 12.0, 0.0),
    "finish_temperature": (880.0, 8.0, 1.0, 120.0),
    "coiling_temperature": (610.0, 10.0, 1.2, 90.0),
    "strip_temperature": (760.0, 7.0, 0.8, 140.0),
    "strand_temperature": (960.0, 9.0, 2.0, 90.0),
    "mould_level": (800.0, 1.2, 0.4, 0.0),
}
"""Usual level, spread along the strip, noise, level where nothing lies; unsourced, the usual order."""
_DECIMALS = {
    "speed": 2,
    "entry_speed": 2,
    "length_run": 1,
    "cut_length": 2,
    "entry_thickness": 4,
    "exit_thickness": 4,
    "weld": 0,
    "present": 0,
    "finish_temperature": 1,
    "coiling_temperature": 1,
    "strip_temperature": 1,
    "strand_temperature": 1,
}
