"""Which pickling plant stands behind a seed: what it can turn, what of that matters here, who runs it and how it writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Literal

import numpy as np

from tundish.physics.experimental import pickling as physics
from tundish.works.sensors import Floats

Setting = Literal["acid", "temperature", "speed", "iron", "inhibitor", "coiling"]
SETTINGS: tuple[Setting, ...] = ("acid", "temperature", "speed", "iron", "inhibitor", "coiling")
LOGARITHMIC: frozenset[Setting] = frozenset({"acid", "speed", "inhibitor"})
"""Settings whose spread is relative."""
ACID_OF_BATH = np.array([0.42, 0.68, 1.0])
"""[-] acid of each bath over that of the last; fresh acid enters at the last bath."""
IRON_OF_BATH = np.array([1.0, 0.65, 0.35])
"""[-] iron of each bath over that of the first."""
WARMTH_OF_BATH = np.array([-1.5, 0.0, 1.0])
"""[K] temperature of each bath above the set-point."""

_QUIET: Mapping[Setting, tuple[float, float]] = {
    "acid": (12.0, 0.005),
    "temperature": (355.15, 0.10),
    "speed": (0.45, 0.003),
    "iron": (27.0, 6.0),
    "inhibitor": (0.62, 0.12),
    "coiling": (798.15, 10.0),
}
"""Centre and spread of a setting that does not matter: held tight, or where the chemistry is flat."""
_BUSY: Mapping[Setting, tuple[float, float]] = {
    "acid": (12.0, 0.09),
    "temperature": (355.15, 1.8),
    "speed": (0.45, 0.08),
    "iron": (100.0, 20.0),
    "inhibitor": (0.13, 0.25),
    "coiling": (888.15, 24.0),
}
_WIDEST: Mapping[Setting, float] = {
    "acid": 0.16,
    "temperature": 3.2,
    "speed": 0.13,
    "iron": 30.0,
    "inhibitor": 0.40,
    "coiling": 30.0,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What each lot met in the line, one number a lot."""

    acid: Floats
    """[mass-%] free acid in the last bath."""
    temperature: Floats
    """[K] set-point level of the baths."""
    speed: Floats
    """[m/s] strip."""
    iron: Floats
    """[kg/m^3] first bath."""
    inhibitor: Floats
    """[vol-%] last bath."""
    coiling: Floats
    """[K] hot coil at the coiler."""

    def with_(self, setting: Setting, values: Floats) -> Settings:
        """The same lots with other values of one setting."""
        return replace(self, **{setting: values})

    def take(self, rows: object) -> Settings:
        """The lots of these rows (indices or flags)."""
        return Settings(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


@dataclass(frozen=True, slots=True)
class Threshold:
    """Where the inspector says no: logistic in ``driver``."""

    middle: float
    width: float

    def probability(self, driver: Floats) -> Floats:
        """Chance of a complaint at a value of the driver."""
        return np.asarray(1.0 / (1.0 + np.exp(-(driver - self.middle) / self.width)), dtype=np.float64)

    def logit(self, driver: Floats) -> Floats:
        """Logarithm of the odds of a complaint."""
        return (driver - self.middle) / self.width


@dataclass(frozen=True, slots=True)
class Plant:
    """Everything about the plant that does not change from lot to lot."""

    seed: int
    style: Literal["tags", "korean"]
    begin: datetime
    """First shift, local time."""
    clock_offset_s: int
    """[s] to be added to the PLC's times to get those of the MES."""
    active: tuple[Setting, ...]
    """Settings that matter here."""
    regime: Literal["under", "over"]
    """Which of the two defects is the common one."""
    centre: Mapping[Setting, float]
    spread: Mapping[Setting, float]
    bath_length: float
    """[m] each of three baths."""
    favourite: Setting
    """The setting that one crew likes otherwise."""
    habit: tuple[float, float, float]
    """What each crew adds to its favourite, in spreads."""
    defect_rate: float
    minor_share: float
    """Part of the defects that are of the rarer kind."""
    under: Threshold
    over: Threshold
    drifting: Literal["acid_meter", "fan_pressure"]

    def value(self, setting: Setting, z: Floats) -> Floats:
        """Turn a standardised series into values of a setting (SI)."""
        swing = self.spread[setting] * z
        return np.asarray(self.centre[setting] * np.exp(swing) if setting in LOGARITHMIC else self.centre[setting] + swing)


def drivers(plant: Plant, lots: Settings) -> tuple[Floats, Floats]:
    """What drives the two defects: minus log exposure (under-pickling), log of steel lost in kg/m^2 (over-pickling)."""
    acid = lots.acid[:, None] * ACID_OF_BATH
    warmth = lots.temperature[:, None] + WARMTH_OF_BATH
    rates = physics.dissolution_rate(acid, warmth, lots.iron[:, None] * IRON_OF_BATH)
    exposed = physics.exposure(rates, np.full(3, plant.bath_length), lots.speed, physics.scale_thickness(lots.coiling))
    attack = physics.attack_rate(acid[:, 2], warmth[:, 2], lots.inhibitor)
    loss = physics.base_metal_loss(attack, 3.0 * plant.bath_length / lots.speed, exposed)
    return -np.log(exposed), np.log(np.maximum(loss, 1e-7))


def outcome_probability(plant: Plant, lots: Settings) -> tuple[Floats, Floats]:
    """True chance of under-pickling and of over-pickling, one each a lot; a lot is bad by ``u + o - u * o``."""
    under, over = drivers(plant, lots)
    return plant.under.probability(under), plant.over.probability(over)


def defect_probability(plant: Plant, lots: Settings) -> Floats:
    """True chance that a lot is bad, one number a lot."""
    under, over = outcome_probability(plant, lots)
    return np.asarray(under + over - under * over, dtype=np.float64)


def sketch(seed: int) -> tuple[Plant, Mapping[Setting, float]]:
    """Draw a plant before its spreads and thresholds are fitted, and the part each cause shall have in the result."""
    rng = np.random.default_rng([seed, 1])
    regime: Literal["under", "over"] = "over" if rng.random() < 0.45 else "under"
    active = _draw_active(rng, regime)
    centre = {s: (_BUSY if s in active else _QUIET)[s][0] for s in SETTINGS}
    spread = {s: (_BUSY if s in active else _QUIET)[s][1] for s in SETTINGS}
    centre["temperature"] += float(rng.uniform(-3.0, 3.0))
    centre["speed"] *= float(rng.uniform(0.85, 1.15))
    centre["acid"] *= float(rng.uniform(0.9, 1.1))
    habit = [0.0, 0.0, 0.0]
    habit[int(rng.integers(3))] = float(rng.choice([-1.3, 1.3]))
    favourites = [s for s in ("temperature", "speed") if s in active]
    plant = Plant(
        seed=seed,
        style="tags" if rng.random() < 0.5 else "korean",
        begin=datetime(2025, 1, 6, 7) + timedelta(days=7 * int(rng.integers(0, 40))),
        clock_offset_s=int(rng.choice([-1, 1]) * rng.integers(40, 301)),
        active=active,
        regime=regime,
        centre=centre,
        spread=spread,
        bath_length=10.0,
        favourite=favourites[int(rng.integers(len(favourites)))],
        habit=(habit[0], habit[1], habit[2]),
        defect_rate=float(rng.uniform(0.10, 0.165)),
        minor_share=float(rng.uniform(0.08, 0.20)),
        under=Threshold(0.0, 1.0),
        over=Threshold(0.0, 1.0),
        drifting="acid_meter" if rng.random() < 0.5 else "fan_pressure",
    )
    raw = rng.uniform(1.0, 1.8, len(active))
    return _size_baths(plant), dict(zip(active, (raw / raw.sum()).tolist(), strict=True))


def refit(plant: Plant, lots: Settings, wanted: Mapping[Setting, float]) -> Plant:
    """Widen or narrow each active setting's spread towards the wanted part of the variance of the common defect's driver."""
    total = 0.15 if plant.regime == "under" else 0.42
    swings = contributions(plant, lots)
    spread = dict(plant.spread)
    for setting, share in wanted.items():
        factor = np.clip(total * np.sqrt(share) / max(swings[setting], 1e-9), 0.4, 2.5)
        spread[setting] = min(spread[setting] * float(factor), _WIDEST[setting])
    return replace(plant, spread=spread)


def contributions(plant: Plant, lots: Settings) -> dict[Setting, float]:
    """Standard deviation that each setting alone gives the driver of the common defect, others at their medians."""
    middle = Settings(**{s: np.full(lots.acid.size, np.median(getattr(lots, s))) for s in SETTINGS})
    which = 0 if plant.regime == "under" else 1
    return {s: float(drivers(plant, middle.with_(s, getattr(lots, s)))[which].std()) for s in SETTINGS}


def set_limits(plant: Plant, lots: Settings) -> Plant:
    """Place the two thresholds so that the defect rate comes out as drawn and the settings explain much, not all, of it."""
    under, over = drivers(plant, lots)
    major, minor = plant.defect_rate * (1.0 - plant.minor_share), plant.defect_rate * plant.minor_share
    rates = (major, minor) if plant.regime == "under" else (minor, major)
    return replace(plant, under=_threshold(under, rates[0]), over=_threshold(over, rates[1]))


def _draw_active(rng: np.random.Generator, regime: str) -> tuple[Setting, ...]:
    """Three or four settings: always one that a crew can like otherwise, and mostly the inhibitor where steel is lost."""
    under: tuple[Setting, ...] = ("acid", "iron", "coiling", "speed", "temperature")
    # thickness of scale and iron say little about steel lost afterwards: never a cause where that is the common defect
    over: tuple[Setting, ...] = ("acid", "inhibitor", "speed", "temperature")
    first, other = ("speed", "temperature") if rng.random() < 0.5 else ("temperature", "speed")
    chosen = {first}
    barred = {other} if regime == "under" and rng.random() < 0.4 else set()
    if regime == "over" and rng.random() < 0.75:
        chosen.add("inhibitor")
    pool = [s for s in (under if regime == "under" else over) if s not in chosen | barred]
    more = int(rng.integers(3, 5)) - len(chosen)
    chosen.update(pool[i] for i in rng.permutation(len(pool))[:more])
    return tuple(s for s in SETTINGS if s in chosen)


def _size_baths(plant: Plant) -> Plant:
    """Baths as long as the plant needs: exposure 1.4 where under-pickling is common, 1.8 where over-pickling is."""
    middle = Settings(**{s: np.array([plant.centre[s]]) for s in SETTINGS})
    exposed = float(np.exp(-drivers(plant, middle)[0][0]))
    return replace(plant, bath_length=plant.bath_length * (1.4 if plant.regime == "under" else 1.8) / exposed)


def _threshold(driver: Floats, rate: float) -> Threshold:
    width = float(driver.std()) / 2.3
    low, high = float(driver.min()) - 20.0 * width, float(driver.max()) + 20.0 * width
    for _ in range(60):
        middle = (low + high) / 2.0
        if float(Threshold(middle, width).probability(driver).mean()) > rate:
            low = middle
        else:
            high = middle
    return Threshold(middle, width)
