"""What does the line's PLC write down? Tags every few seconds on its own clock, with noise, faults and codes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

import numpy as np
import polars as pl

from tundish.works import files, sensors
from tundish.works.pickling.lots import Lots, Run
from tundish.works.pickling.plant import WARMTH_OF_BATH, Setting
from tundish.works.sensors import Flags, Floats
from tundish.works.truth import Place, Role

KELVIN = 273.15
DOSE = 60.0
"""[L/h per vol-%] what the pump must give to hold the inhibitor; unsourced, a property of this generated line."""
JOG = 5.0 / 60.0
"""[m/s] speed while coils are joined."""
TIME_FORMATS = ("%Y/%m/%d %H:%M:%S", "%Y-%m-%d:%H:%M:%S", "%d%b%Y:%H:%M:%S")


@dataclass(frozen=True, slots=True)
class Exported:
    """A column of an export and what it shows."""

    key: str
    place: Place
    setting: Setting | None = None


@dataclass(frozen=True, slots=True)
class Tag:
    """One column of the trend before it is written."""

    key: str
    header: str
    unit: str
    values: Floats
    decimals: int
    setting: Setting | None = None
    role: Role = "recording"
    factor: float = 1.0
    offset: float = 0.0
    missing: Literal["-9999", "0", "#DIV/0!"] = "-9999"
    gone: Flags | None = None


def line_tags(run: Run, seconds: Floats) -> list[Tag]:
    """The fifteen tags of the line at the given times since the run began. [s]"""
    return [_named(run, tag) for tag in (*_heating(run, seconds), *_chemistry(run, seconds), *_surroundings(run, seconds))]


def drive_tags(run: Run, seconds: Floats) -> list[Tag]:
    """Fifteen tags of the drives that have nothing to do with pickling; the second file of a large plant."""
    tags, grid = [], run.minutes.seconds
    for i in range(15):
        rng = np.random.default_rng([run.plant.seed, 50 + run.stretch, i])
        slow = np.interp(seconds, grid, sensors.wander(rng, grid.size, memory=0.97))
        values = (40.0 + 11.0 * i) * (1.0 + 0.06 * slow + 0.01 * rng.standard_normal(seconds.size))
        tag = Tag(f"drive_{i + 1}", f"II_{810 + i}.PV", "A", values, 5)
        tags.append(replace(tag, header=f"{i + 1}번 롤 전류(A)", unit="") if run.plant.style == "korean" else tag)
    return tags


def write(run: Run, name: str, seconds: Floats, tags: list[Tag]) -> tuple[bytes, list[Exported]]:
    """The trend file and the list of its columns; rows of the gaps in the line to the PLC are left out."""
    plant = run.plant
    rng = np.random.default_rng([plant.seed, 60 + run.stretch, len(name)])
    kept = ~sensors.bursts(rng, seconds.size, number=7, length=max(seconds.size // 1600, 1))
    stamp = pl.Series("time", np.round(seconds[kept] * 1e6).astype(np.int64)).cast(pl.Duration("us"))
    zero = run.begin - timedelta(seconds=plant.clock_offset_s)
    form = TIME_FORMATS[plant.seed % len(TIME_FORMATS)]
    columns = [(pl.lit(zero) + stamp).dt.strftime(form).str.to_uppercase().alias("time")]
    for tag in tags:
        text = pl.Series(tag.key, np.round(tag.values[kept], tag.decimals)).cast(pl.String)
        gone = pl.Series(tag.gone[kept]) if tag.gone is not None else None
        columns.append(pl.lit(text) if gone is None else pl.when(gone).then(pl.lit(tag.missing)).otherwise(text).alias(tag.key))
    body = pl.select(columns)
    title = "TIME" if plant.style == "tags" else "수집시각"
    headers = [[title, *(tag.header for tag in tags)]]
    if plant.style == "tags":
        headers.append(["", *(tag.unit for tag in tags)])
    content = files.delimited(headers, body, encoding="utf-8-sig" if plant.style == "tags" else "cp949")
    exported = [
        Exported(tag.key, Place(name, None, tag.header, tag.role, tag.factor if tag.setting else None, tag.offset), tag.setting)
        for tag in tags
    ]
    return content, [Exported("plc_time", Place(name, None, title)), *exported]


def speed_at(lots: Lots, seconds: Floats) -> tuple[Floats, Flags]:
    """Speed of the strip at a time, and whether the line stands for longer than it takes to join coils. [m/s]"""
    running = np.clip(np.searchsorted(lots.start, seconds, side="right") - 1, 0, lots.start.size - 1)
    inside = (seconds >= lots.start[running]) & (seconds < lots.end[running])
    early = seconds < (lots.start[running] + lots.end[running]) / 2.0
    moving = lots.speed[running] * (1.0 + np.where(early, 1.0, -1.0) * lots.tilt[running])
    following = np.append(lots.start, np.inf)[running + 1]
    stands = ~inside & ((following - lots.end[running] > 600.0) | (seconds < lots.start[0]))
    return np.where(inside, moving, np.where(stands, 0.0, JOG)), stands


def _heating(run: Run, seconds: Floats) -> list[Tag]:
    rng = np.random.default_rng([run.plant.seed, 40 + run.stretch, 1])
    grid = run.minutes.seconds
    level = np.interp(seconds, grid, run.minutes.temperature) - KELVIN
    slack = 0.3 if run.plant.spread["temperature"] > 0.5 else 0.1
    tags = []
    for bath in range(3):
        own = slack * np.interp(seconds, grid, sensors.wander(rng, grid.size, memory=0.95))
        values = level + WARMTH_OF_BATH[bath] + own + 0.08 * rng.standard_normal(seconds.size)
        tags.append(Tag(f"temperature_{bath + 1}", "", "", values, 1, "temperature", offset=float(WARMTH_OF_BATH[bath])))
    second = tags[1].values * 1.8 + 32.0
    fahrenheit = Tag("temperature_2f", "", "", second, 1, "temperature", "copy", 1.8, 32.0 + 1.8 * float(WARMTH_OF_BATH[1]))
    wish = np.interp(seconds, grid, run.minutes.set_point) - KELVIN
    gone = sensors.bursts(rng, seconds.size, number=12, length=25)
    set_point = Tag("temperature_sv", "", "", wish, 1, "temperature", "set_point")
    return [replace(tags[0], gone=gone), tags[1], tags[2], fahrenheit, set_point]


def _chemistry(run: Run, seconds: Floats) -> list[Tag]:
    rng = np.random.default_rng([run.plant.seed, 40 + run.stretch, 2])
    grid, minutes, plant = run.minutes.seconds, run.minutes, run.plant
    speed, _ = speed_at(run.lots, seconds)
    shown = speed * 60.0 * (1.0 + 0.003 * rng.standard_normal(seconds.size))
    acid = np.interp(seconds, grid, minutes.acid)
    own = 0.008 * np.interp(seconds, grid, sensors.wander(rng, grid.size, memory=0.98))
    acid = acid * (1.0 + own + 0.006 * rng.standard_normal(seconds.size))
    if plant.drifting == "acid_meter":
        acid = sensors.drift(acid, begin=0.35, total=0.10 * plant.centre["acid"])
    iron = np.interp(seconds, grid, minutes.iron) + 1.5 * rng.standard_normal(seconds.size)
    iron = iron + 2.0 * np.interp(seconds, grid, sensors.wander(rng, grid.size, memory=0.98))
    dose = np.interp(seconds, grid, minutes.dose) * DOSE * (1.0 + 0.01 * rng.standard_normal(seconds.size))
    washed = sensors.bursts(rng, seconds.size, number=14, length=35)
    return [
        Tag("speed", "", "", np.maximum(shown, 0.0), 2, "speed", factor=1.0),
        Tag("acid_meter", "", "", acid, 2, "acid", missing="0", gone=washed),
        Tag("iron_meter", "", "", np.maximum(iron, 0.5), 1, "iron"),
        Tag("inhibitor_pump", "", "", dose, 2, "inhibitor", gone=sensors.bursts(rng, seconds.size, number=8, length=20)),
    ]


def _surroundings(run: Run, seconds: Floats) -> list[Tag]:
    rng = np.random.default_rng([run.plant.seed, 40 + run.stretch, 3])
    grid, count = run.minutes.seconds, seconds.size
    slow = [np.interp(seconds, grid, sensors.wander(rng, grid.size, memory=m)) for m in (0.995, 0.95, 0.99)]
    ambient = np.interp(seconds, grid, run.minutes.ambient) - KELVIN
    humidity = np.clip(62.0 - 0.9 * (ambient - ambient.mean()) + 11.0 * slow[0], 12.0, 99.0)
    per_day = max(int(86_400.0 / (seconds[1] - seconds[0])), 1)
    humidity = sensors.freeze(humidity, begin=int(count * rng.uniform(0.3, 0.6)), count=min(4 * per_day, count // 5))
    fan = 182.0 + 6.0 * slow[1] + 1.0 * rng.standard_normal(count)
    if run.plant.drifting == "fan_pressure":
        fan = sensors.drift(fan, begin=0.35, total=22.0)
    walk = np.interp(seconds, grid, sensors.random_walk(rng, grid.size))
    speed, stands = speed_at(run.lots, seconds)
    flow = 0.9 / 3600.0 * np.where(speed > 0.0, 1.0, 0.35) * (1.0 + 0.1 * slow[2])
    steam = 41_250.0 + np.cumsum(flow) * (seconds[1] - seconds[0])
    flooded = sensors.bursts(rng, count, number=9, length=20)
    return [
        Tag("cooling_flow", "", "", 48.0 + 3.0 * walk + 0.3 * rng.standard_normal(count), 1, gone=flooded),
        Tag("fan_pressure", "", "", fan, 1),
        Tag("rinse_ratio", "", "", 2.4 + 0.3 * slow[2] + 0.02 * rng.standard_normal(count), 3, missing="#DIV/0!", gone=stands),
        Tag("ambient", "", "", ambient, 1),
        Tag("humidity", "", "", humidity, 1),
        Tag("steam_total", "", "", steam, 1),
    ]


_NAMES: dict[str, tuple[str, str, str]] = {
    "temperature_1": ("TIC_101.PV", "℃", "산세조1 온도(℃)"),
    "temperature_2": ("TIC_102.PV", "℃", "산세조2 온도(℃)"),
    "temperature_3": ("TIC_103.PV", "℃", "산세조3 온도(℃)"),
    "temperature_2f": ("TI_102F", "℉", "산세조2 온도(℉)"),
    "temperature_sv": ("TIC_100.SV", "℃", "산세조 온도 설정값(℃)"),
    "speed": ("라인속도.PV", "m/min", "라인속도(m/min)"),
    "acid_meter": ("AIC_303.PV 염산농도", "%", "산세조3 염산농도(%)"),
    "iron_meter": ("AI_301.PV 철농도", "g/L", "산세조1 철농도(g/L)"),
    "inhibitor_pump": ("FIC_305.PV 억제제", "L/h", "억제제 주입량(L/h)"),
    "cooling_flow": ("FI_601.PV", "m3/h", "FI_601 냉각수 유량(m3/h)"),
    "fan_pressure": ("PI_501.PV", "mmH2O", "배기팬 압력(mmH2O)"),
    "rinse_ratio": ("수세 전도도비", "-", "수세 전도도비"),
    "ambient": ("외기온도", "℃", "외기온도(℃)"),
    "humidity": ("외기습도", "%", "외기습도(%)"),
    "steam_total": ("FQ_701.TOTAL", "t", "FQ_701 증기 적산(t)"),
}


def _named(run: Run, tag: Tag) -> Tag:
    tags, unit, korean = _NAMES[tag.key]
    return replace(tag, header=tags, unit=unit) if run.plant.style == "tags" else replace(tag, header=korean)
