"""What happened on the pickling line, minute by minute and lot by lot?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from tundish.works.pickling.plant import Plant, Settings, refit, set_limits, sketch
from tundish.works.sensors import Floats, wander

Ints = npt.NDArray[np.int64]
HOUR = 3600.0
GRID_S = 60.0
"""[s] step of the minute series."""
STEEL_DENSITY = 7850.0
"""[kg/m^3] low-carbon steel, handbook value."""
_WITHIN_CREW = 0.79
"""[-] part of a favourite's spread left to the operator: with one crew 1.3 spreads off, the sum has unit variance."""


@dataclass(frozen=True, slots=True)
class Lots:
    """Order, times and material of the lots, one entry a lot; times in s since :attr:`Run.begin`."""

    start: Floats
    end: Floats
    crew: Ints
    """0 to 2."""
    shift: Ints
    """0 day, 1 evening, 2 night."""
    grade: Ints
    campaign: Ints
    thickness: Floats
    """[m]"""
    width: Floats
    """[m]"""
    weight: Floats
    """[kg]"""
    speed: Floats
    """[m/s] mean over the lot."""
    tilt: Floats
    """[-] first half runs at ``speed * (1 + tilt)``, second at ``speed * (1 - tilt)``."""
    coiling: Floats
    """[K]"""


@dataclass(frozen=True, slots=True)
class Minutes:
    """The baths on a grid of one minute, SI."""

    temperature: Floats
    set_point: Floats
    acid: Floats
    iron: Floats
    inhibitor: Floats
    dose: Floats
    """[vol-%] inhibitor that the pump's setting would give in the long run."""
    ambient: Floats
    """[K]"""

    @property
    def seconds(self) -> Floats:
        """Time of each entry since the run began. [s]"""
        return np.arange(self.acid.size, dtype=np.float64) * GRID_S


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of operation of one plant."""

    plant: Plant
    stretch: int
    """0 is what the exports hold; 1, 2, ... are later, unseen ones."""
    begin: datetime
    lots: Lots
    minutes: Minutes
    settings: Settings


def build(seed: int) -> Plant:
    """The plant behind a seed, its spreads and thresholds fitted on the stretch that the exports hold."""
    plant, wanted = sketch(seed)
    for _ in range(4):
        plant = refit(plant, operate(plant, 2000).settings, wanted)
    return set_limits(plant, operate(plant, 2000).settings)


def operate(plant: Plant, count: int, *, stretch: int = 0) -> Run:
    """Run the plant for ``count`` lots; another ``stretch`` is a later time, about ten weeks further on each."""
    begin = plant.begin + timedelta(days=70 * stretch)
    lots = _schedule(plant, count, stretch)
    minutes = _baths(plant, float(lots.end[-1]) + HOUR, stretch, lots)
    settings = Settings(
        acid=_mean_over(minutes.acid, lots),
        temperature=_mean_over(minutes.temperature, lots),
        speed=lots.speed,
        iron=_mean_over(minutes.iron, lots),
        inhibitor=_mean_over(minutes.inhibitor, lots),
        coiling=lots.coiling,
    )
    return Run(plant, stretch, begin, lots, minutes, settings)


def crew_at(seconds: Floats) -> tuple[Ints, Ints]:
    """Crew and shift at a time since the run began (a Monday, 07:00); shifts of 8 h, crews move on by one each week."""
    shift = (np.floor(seconds / (8.0 * HOUR)).astype(np.int64)) % 3
    week = np.floor(seconds / (168.0 * HOUR)).astype(np.int64)
    return (shift + week) % 3, shift


def _schedule(plant: Plant, count: int, stretch: int) -> Lots:
    rng = np.random.default_rng([plant.seed, 10 + stretch])
    grade, campaign, thickness, width = _orders(rng, count)
    minutes = np.clip(rng.normal(27.0, 4.5, count), 16.0, 42.0)
    weight = np.round(minutes * 60.0 * plant.centre["speed"] * thickness * width * STEEL_DENSITY / 10.0) * 10.0
    length = weight / (thickness * width * STEEL_DENSITY)
    # thin strip runs a little faster; the rest is the operator's own
    own = 0.97 * wander(rng, count, memory=0.55) + 0.25 * ((0.0023 - thickness) / 0.0004)
    pause = 60.0 + rng.exponential(70.0, count) + np.where(rng.random(count) < 0.03, rng.uniform(1200.0, 4800.0, count), 0.0)
    start, end, speed = _clockwork(plant, length, own, pause)
    crew, shift = crew_at(start)
    coiling = plant.value("coiling", _coiling_swing(rng, grade, campaign))
    tilt = rng.normal(0.0, 0.25, count) * plant.spread["speed"]
    return Lots(start, end, crew, shift, grade, campaign, thickness, width, weight, speed, tilt, coiling)


def _orders(rng: np.random.Generator, count: int) -> tuple[Ints, Ints, Floats, Floats]:
    sizes = rng.integers(8, 35, count // 8 + 2)
    campaign = np.repeat(np.arange(sizes.size), sizes)[:count]
    grade = (rng.random(sizes.size) < 0.38).astype(np.int64)
    thickness = rng.choice([0.0018, 0.0020, 0.0023, 0.0026, 0.0030], sizes.size)
    width = rng.choice([0.914, 1.0, 1.15, 1.219, 1.25], sizes.size)
    return grade[campaign], campaign, thickness[campaign], width[campaign]


def _coiling_swing(rng: np.random.Generator, grade: Ints, campaign: Ints) -> Floats:
    by_campaign = rng.standard_normal(int(campaign.max()) + 1)[campaign]
    own = rng.standard_normal(grade.size)
    return np.clip(0.45 * (grade - 0.38) + 0.5 * by_campaign + 0.84 * own, -2.3, 2.3)


def _clockwork(plant: Plant, length: Floats, own: Floats, pause: Floats) -> tuple[Floats, Floats, Floats]:
    """Start, end and speed of each lot; a loop, because the crew on duty sets the speed and so the next start."""
    likes = plant.favourite == "speed"
    within = _WITHIN_CREW if likes else 1.0
    centre, spread = plant.centre["speed"], plant.spread["speed"]
    start, end, speed = np.empty((3, length.size))
    now, service = 600.0, 5.0 * 24.0 * HOUR
    for i in range(length.size):
        crew = (int(now // (8 * HOUR)) % 3 + int(now // (168 * HOUR))) % 3
        swing = within * own[i] + (plant.habit[crew] if likes else 0.0)
        speed[i] = centre * np.exp(spread * min(max(swing, -2.6), 2.6))
        start[i], end[i] = now, now + length[i] / speed[i]
        now = end[i] + pause[i]
        if now > service:
            now, service = now + 7.0 * HOUR, service + 168.0 * HOUR
    # the MES stamps whole seconds
    return np.round(start), np.round(end), speed


def _baths(plant: Plant, span: float, stretch: int, lots: Lots) -> Minutes:
    count = int(np.ceil(span / GRID_S)) + 1
    seconds = np.arange(count, dtype=np.float64) * GRID_S
    seeds = [np.random.default_rng([plant.seed, 20 + stretch, topic]) for topic in range(6)]
    ambient = _ambient(plant, seconds, stretch, seeds[0])
    wish, actual = _heating(plant, seconds, ambient, lots, seeds[1])
    dose = _dosing(seeds[2], seconds)
    inhibitor = _lag(dose, 40.0 * 60.0)
    acid = _saw(seeds[3], seconds, cycle=(7.0 * HOUR, 13.0 * HOUR), falling=True)
    iron = _saw(seeds[4], seconds, cycle=(48.0 * HOUR, 110.0 * HOUR), falling=False)
    return Minutes(
        temperature=plant.value("temperature", actual),
        set_point=plant.value("temperature", wish),
        acid=plant.value("acid", acid),
        iron=plant.value("iron", iron),
        inhibitor=plant.value("inhibitor", inhibitor),
        dose=plant.value("inhibitor", dose),
        ambient=ambient,
    )


def _ambient(plant: Plant, seconds: Floats, stretch: int, rng: np.random.Generator) -> Floats:
    """Outdoor temperature in Pohang: about 14 degC a year, 24 K from January to August, a daily swing, and weather. [K]"""
    day = plant.begin.timetuple().tm_yday + 70 * stretch + seconds / (24.0 * HOUR)
    season = 287.0 - 12.0 * np.cos(2.0 * np.pi * (day - 25.0) / 365.25)
    daily = 3.5 * np.sin(2.0 * np.pi * (seconds / (24.0 * HOUR) - 1.0 / 12.0))
    weather = 2.5 * np.interp(seconds, *_knots(rng, seconds[-1], 12.0 * HOUR, memory=0.7))
    return season + daily + weather


def _heating(plant: Plant, seconds: Floats, ambient: Floats, lots: Lots, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Set-point and actual temperature, standardised: crew, grade, season and the foreman's mood; then heater troubles."""
    likes = plant.favourite == "temperature"
    block = (seconds // (4.0 * HOUR)).astype(np.int64)
    mood = np.clip(wander(rng, int(block[-1]) + 1, memory=0.4), -2.4, 2.4)[block]
    season = -(ambient - ambient.mean()) / max(float(ambient.std()), 1e-9)
    running = np.clip(np.searchsorted(lots.start, seconds, side="right") - 1, 0, lots.start.size - 1)
    habit = np.array(plant.habit)[crew_at(seconds)[0]] if likes else 0.0
    own = 0.9 * mood + 0.18 * season + 0.3 * (lots.grade[running] - 0.38)
    wish = (_WITHIN_CREW if likes else 1.0) * own + habit
    step = 0.5 / plant.spread["temperature"] if plant.spread["temperature"] > 0.5 else 0.1
    wish = np.round(wish / step) * step
    troubles = np.zeros(seconds.size)
    hits = rng.random(seconds.size) < GRID_S / (40.0 * HOUR)
    troubles[hits] = -rng.uniform(0.8, 2.2, int(hits.sum()))
    dip = _decay(troubles, 50.0 * 60.0)
    return wish, _lag(wish, 15.0 * 60.0) + np.maximum(dip, -2.6) + 0.18 * wander(rng, seconds.size, memory=0.9)


def _dosing(rng: np.random.Generator, seconds: Floats) -> Floats:
    """Pump setting of the inhibitor, standardised: turned by hand at irregular hours."""
    turns = np.cumsum(rng.uniform(1.5 * HOUR, 6.0 * HOUR, int(seconds[-1] / (1.5 * HOUR)) + 2))
    block = np.searchsorted(turns, seconds, side="right")
    return np.clip(wander(rng, int(block[-1]) + 1, memory=0.45), -2.3, 2.3)[block]


def _saw(rng: np.random.Generator, seconds: Floats, *, cycle: tuple[float, float], falling: bool) -> Floats:
    """Standardised saw-tooth of uneven teeth: acid falls until it is dosed, iron rises until regeneration."""
    number = int(seconds[-1] / cycle[0]) + 3
    ends = np.cumsum(rng.uniform(*cycle, number)) - rng.uniform(0.0, cycle[1])
    quick = np.minimum(0.06 * np.diff(ends, prepend=ends[0] - cycle[0]), 2.0 * HOUR)
    high, low = 1.65 + 0.25 * rng.standard_normal(number), -1.65 + 0.25 * rng.standard_normal(number)
    times = np.column_stack([ends - quick, ends]).ravel()
    levels = np.column_stack([low, high] if falling else [high, low]).ravel()
    return np.interp(seconds, times, levels)


def _knots(rng: np.random.Generator, span: float, step: float, *, memory: float) -> tuple[Floats, Floats]:
    count = int(span / step) + 2
    return np.arange(count, dtype=np.float64) * step, wander(rng, count, memory=memory)


def _lag(values: Floats, seconds: float) -> Floats:
    """First-order lag with the given time constant. [s]"""
    from scipy.signal import lfilter

    keep = np.exp(-GRID_S / seconds)
    return np.asarray(lfilter([1.0 - keep], [1.0, -keep], values, zi=[keep * values[0]])[0], dtype=np.float64)


def _decay(pulses: Floats, seconds: float) -> Floats:
    from scipy.signal import lfilter

    return np.asarray(lfilter([1.0], [1.0, -np.exp(-GRID_S / seconds)], pulses), dtype=np.float64)


def _mean_over(values: Floats, lots: Lots) -> Floats:
    """Mean of a minute series over each lot's stay."""
    total = np.concatenate([[0.0], np.cumsum((values[1:] + values[:-1]) / 2.0 * GRID_S)])
    grid = np.arange(values.size) * GRID_S
    return np.asarray((np.interp(lots.end, grid, total) - np.interp(lots.start, grid, total)) / (lots.end - lots.start))
