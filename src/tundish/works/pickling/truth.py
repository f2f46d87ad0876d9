"""What is true of a pickling plant, and what would a window have done on lots that nobody has seen?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tundish.works.pickling.lots import Run, build, operate
from tundish.works.pickling.papers import GOOD, OVER, UNDER, Verdicts
from tundish.works.pickling.plant import SETTINGS, Plant, Setting, Settings, contributions, defect_probability
from tundish.works.pickling.trend import DOSE, KELVIN, Exported
from tundish.works.sensors import Floats
from tundish.works.truth import VERSION, Place, Remark, SafeRange, SafeWindow, TrueSetting, TrueTarget, Truth

CONCEPTS: Mapping[Setting, str] = {
    "acid": "pickling.acid_concentration",
    "temperature": "pickling.bath_temperature",
    "speed": "pickling.line_speed",
    "iron": "pickling.bath_iron",
    "inhibitor": "pickling.inhibitor_flow",
    "coiling": "rolling.coiling_temperature",
}
SHOWN: Mapping[Setting, tuple[str, float, float]] = {
    "acid": ("%", 1.0, 0.0),
    "temperature": ("degC", 1.0, -KELVIN),
    "speed": ("m/min", 60.0, 0.0),
    "iron": ("g/L", 1.0, 0.0),
    "inhibitor": ("L/h", DOSE, 0.0),
    "coiling": ("degC", 1.0, -KELVIN),
}
"""Unit of a setting in the truth file, and ``shown = SI * factor + offset``."""
_NOISE = {
    "shift": "rotates with the crews, no effect",
    "customer": "who buys the lot does not change it",
    "grade": "no effect of its own",
    "thickness": "no effect of its own",
    "width": "no effect",
    "weight": "no effect",
    "cooling_flow": "random walk of another circuit",
    "fan_pressure": "noise with memory",
    "rinse_ratio": "noise of the rinse, after the baths",
    "ambient": "season and weather, no effect of its own",
    "humidity": "weather, frozen for days",
    "steam_total": "a counter that only grows",
    "lab_analyst": "who took the sample does not change it",
}
Limits = Mapping[str, tuple[float | None, float | None]]
"""``column`` or ``file:column`` of an export, or the name of a setting -> lowest and highest value allowed there."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What a window does on unseen lots; all are true probabilities, no drawn verdicts."""

    today: float
    """Defect share of all lots."""
    inside: float
    """Defect share of the lots that lay inside by themselves; NaN when none did."""
    lots_inside: float
    """Share of lots inside."""
    steered: float
    """Defect share of all lots, had every setting been brought to the nearest value inside."""
    ignored: tuple[str, ...]
    """Limits on columns that record no setting."""


def try_window(truth: Truth, limits: Limits, *, lots: int = 2000, stretch: int = 1) -> Trial:
    """Try a window on later lots of the same plant (``stretch`` >= 1), or on those of the exports (0).

    Limits are in the unit of the file's column; the name of a setting takes the unit that the truth gives it.
    """
    run = operate(build(truth.seed), lots, stretch=stretch)
    known = {name: place for name, place in _recorded(truth).items() if name in limits}
    ranges = _ranges({name: (*known[name], *limits[name]) for name in known})
    chance = defect_probability(run.plant, run.settings)
    inside = np.ones(lots, dtype=np.bool_)
    steered = run.settings
    for setting, (low, high) in ranges.items():
        values = getattr(run.settings, setting)
        inside &= (values >= low) & (values <= high)
        steered = steered.with_(setting, np.clip(values, low, high))
    return Trial(
        today=float(chance.mean()),
        inside=float(chance[inside].mean()) if inside.any() else float("nan"),
        lots_inside=float(inside.mean()),
        steered=float(defect_probability(run.plant, steered).mean()),
        ignored=tuple(name for name in limits if name not in known),
    )


def describe(run: Run, exported: Sequence[Exported], verdicts: Verdicts) -> Truth:
    """The truth about the exports of a run."""
    plant = run.plant
    by_key: dict[str, list[Place]] = {}
    for item in exported:
        by_key.setdefault(item.key, []).append(item.place)
    verdict = by_key["verdict"][0]
    settings = {s: _setting(run, s, exported, by_key) for s in SETTINGS}
    return Truth(
        version=VERSION,
        line="pickling",
        seed=plant.seed,
        pieces=run.lots.start.size,
        target=TrueTarget(verdict.file, verdict.column, (UNDER, OVER), float((verdicts.text != GOOD).mean())),
        causes=tuple(sorted((settings[s] for s in plant.active), key=lambda cause: -cause.share)),
        inactive=tuple(settings[s] for s in SETTINGS if s not in plant.active),
        decoys=_decoys(plant, by_key),
        after=tuple(Remark(tuple(by_key[key]), why) for key, why in _AFTER.items()),
        confounded=_confounded(plant, by_key),
        faults=_faults(plant, by_key),
        clock_offset_s=float(plant.clock_offset_s),
        clock_files=tuple(place.file for place in by_key["plc_time"]),
        window=_safe_window(run),
    )


def _setting(run: Run, setting: Setting, exported: Sequence[Exported], by_key: Mapping[str, Sequence[Place]]) -> TrueSetting:
    plant, values = run.plant, getattr(run.settings, setting)
    points = np.quantile(values, np.linspace(0.1, 0.9, 9))
    curve = np.array([_share_at(run, setting, float(point)) for point in points])
    parts = contributions(plant, run.settings)
    unit, factor, offset = SHOWN[setting]
    shown = points * factor + offset
    places = [item.place for item in exported if item.setting == setting]
    if setting == "speed":
        places += [Place(p.file, p.sheet, p.column, "proxy") for key in ("start", "end") for p in by_key[key]]
    best = int(curve.argmin())
    turned = 0 < best < 8 and min(curve[0], curve[-1]) - curve[best] > 0.01
    direction: Literal["increases", "decreases", "both_sides", "none"] = "increases" if curve[-1] > curve[0] else "decreases"
    if setting not in plant.active:
        direction = "none"
    elif turned and min(curve[0], curve[-1]) - curve[best] > 0.35 * (max(curve[0], curve[-1]) - curve[best]):
        direction = "both_sides"
    return TrueSetting(
        name=setting,
        concept=CONCEPTS[setting],
        unit=unit,
        columns=tuple(places),
        direction=direction,
        effect=round(float(curve[-1] - curve[0]), 5),
        share=round(parts[setting] ** 2 / sum(part**2 for part in parts.values()), 4),
        optimum=round(float(shown[best]), 3) if turned else None,
        low=round(float(shown[0]), 3),
        high=round(float(shown[-1]), 3),
    )


def _share_at(run: Run, setting: Setting, value: float) -> float:
    """Defect share of the same lots, had they all had this value of one setting."""
    moved = run.settings.with_(setting, np.full(run.lots.start.size, value))
    return float(defect_probability(run.plant, moved).mean())


def _decoys(plant: Plant, by_key: Mapping[str, Sequence[Place]]) -> tuple[Remark, ...]:
    crew = Remark(tuple(by_key["crew"]), f"one crew likes another {plant.favourite}; no effect of its own")
    noise = [Remark(tuple(by_key[key]), why) for key, why in _NOISE.items()]
    drives = [Remark(tuple(places), "another part of the line") for key, places in by_key.items() if key.startswith("drive_")]
    return (crew, *noise, *drives)


_AFTER = {
    "residual_scale": "measured at inspection; near-copy of what makes a lot under-pickled",
    "weight_loss": "measured at inspection; near-copy of what makes a lot over-pickled",
    "rework": "happens because the lot was bad",
    "inspector": "known at inspection; no effect",
    "date": "stamped hours after the lot left",
    "time": "stamped hours after the lot left",
}


def _confounded(plant: Plant, by_key: Mapping[str, Sequence[Place]]) -> tuple[Remark, ...]:
    habit = max(plant.habit, key=abs)
    crew = plant.habit.index(habit) + 1
    way = "higher" if habit > 0 else "lower"
    return (
        Remark(tuple(by_key["crew"]), f"crew {crew} runs a {way} {plant.favourite}", plant.favourite),
        Remark(tuple(by_key["thickness"]), "thin strip runs a little faster", "speed"),
        Remark(tuple(by_key["grade"]), "coiled a little hotter or colder; set-point a little higher", "coiling"),
        Remark(tuple(by_key["ambient"]), "the set-point is raised a little when it is cold", "temperature"),
    )


def _faults(plant: Plant, by_key: Mapping[str, Sequence[Place]]) -> tuple[Remark, ...]:
    drifting = "slowly reads too high from about a third of the time on; ends 10 % high for acid, 22 mmH2O for the fan"
    return (
        Remark(tuple(by_key[plant.drifting]), f"drifts: {drifting}"),
        Remark(tuple(by_key["humidity"]), "frozen for about four days"),
        Remark(tuple(by_key["temperature_1"]), "-9999 stands for missing"),
        Remark(tuple(by_key["inhibitor_pump"]), "-9999 stands for missing"),
        Remark(tuple(by_key["cooling_flow"]), "-9999 stands for missing"),
        Remark(tuple(by_key["acid_meter"]), "0 while the meter is washed"),
        Remark(tuple(by_key["rinse_ratio"]), "#DIV/0! while the line stands"),
        Remark(tuple(by_key["coiling"]), "0 where the mill's certificate is missing"),
        Remark(tuple(p for key in by_key if key.startswith("lab_") for p in by_key[key]), "확인중 where the result is pending"),
        Remark(tuple(by_key["inspected_lot"]), "about 1 lot id in 300 mistyped, 1 row in 350 twice"),
        Remark(tuple(by_key["plc_time"]), "own clock; rows are missing where the line to the PLC was down"),
    )


def _safe_window(run: Run) -> SafeWindow:
    """Cuts at deciles of the active settings, chosen one by one, that leave at least an eighth of the lots."""
    chance = defect_probability(run.plant, run.settings)
    chosen: dict[Setting, tuple[float, float]] = dict.fromkeys(run.plant.active, (-np.inf, np.inf))
    sides = {s: _bad_sides(run, s) for s in run.plant.active}
    for _ in range(2):
        for setting in run.plant.active:
            chosen[setting] = _best_cut(run.settings, chance, chosen, setting=setting, sides=sides[setting])
    inside = _within(run.settings, chosen)
    ranges = []
    for setting, (low, high) in chosen.items():
        unit, factor, offset = SHOWN[setting]
        bounds = [round(float(b * factor + offset), 3) if np.isfinite(b) else None for b in (low, high)]
        ranges.append(SafeRange(setting, CONCEPTS[setting], unit, *bounds))
    return SafeWindow(tuple(ranges), float(chance.mean()), float(chance[inside].mean()), float(inside.mean()))


def _bad_sides(run: Run, setting: Setting) -> tuple[bool, bool]:
    """Whether low and whether high values give more defects than the middle does, by more than a point."""
    points = np.quantile(getattr(run.settings, setting), [0.05, 0.5, 0.95])
    low, middle, high = (_share_at(run, setting, float(point)) for point in points)
    return low - middle > 0.01, high - middle > 0.01


def _best_cut(
    lots: Settings,
    chance: Floats,
    chosen: Mapping[Setting, tuple[float, float]],
    *,
    setting: Setting,
    sides: tuple[bool, bool],
) -> tuple[float, float]:
    values = getattr(lots, setting)
    bad_low, bad_high = sides
    lows = [-np.inf, *(np.quantile(values, [0.1, 0.2, 0.3, 0.4, 0.5]) if bad_low else ())]
    highs = [np.inf, *(np.quantile(values, [0.9, 0.8, 0.7, 0.6, 0.5]) if bad_high else ())]
    best, least = chosen[setting], np.inf
    for low in lows:
        for high in highs:
            inside = _within(lots, {**chosen, setting: (low, high)})
            share = float(inside.mean())
            # a little credit for each lot kept, so that a cut that gains nothing is not made
            if share >= 0.125 and float(chance[inside].mean()) - 0.02 * share < least:
                best, least = (low, high), float(chance[inside].mean()) - 0.02 * share
    return best


def _within(lots: Settings, ranges: Mapping[Setting, tuple[float, float]]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    inside = np.ones(lots.acid.size, dtype=np.bool_)
    for setting, (low, high) in ranges.items():
        values = getattr(lots, setting)
        inside &= (values >= low) & (values <= high)
    return inside


def _recorded(truth: Truth) -> dict[str, tuple[str, float, float]]:
    """Name of a column or setting -> the setting and ``value = setting * factor + offset``."""
    known = {}
    for item in (*truth.causes, *truth.inactive):
        known[item.name] = (item.name, 1.0, 0.0)
        for place in item.columns:
            if place.factor is not None:
                for name in (place.column, f"{place.file}:{place.column}"):
                    known[name] = (item.name, place.factor, place.offset)
    return known


def _ranges(
    limits: Mapping[str, tuple[str, float, float, float | None, float | None]],
) -> dict[Setting, tuple[float, float]]:
    """Limits on columns as ranges of settings, SI; several limits on one setting all hold."""
    ranges: dict[Setting, tuple[float, float]] = {}
    for name, factor, offset, low, high in limits.values():
        setting: Setting = next(s for s in SETTINGS if s == name)
        _, shown, shift = SHOWN[setting]
        ends = [np.nan if end is None else ((end - offset) / factor - shift) / shown for end in (low, high)]
        before = ranges.get(setting, (-np.inf, np.inf))
        ranges[setting] = (float(np.fmax(before[0], ends[0])), float(np.fmin(before[1], ends[1])))
    return ranges
