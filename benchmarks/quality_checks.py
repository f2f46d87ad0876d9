"""How many injected faults does each check find, how many does it invent, and how long do all checks take?

    python benchmarks/quality_checks.py [--seeds 20] [--rows 260000]

Tables of four kinds are generated clean (a log, coils, heats, production), one fault is put into each, and the plant is
standardised as ``tundish check`` does. Found: a finding of the right code, in the right column, on a row of the fault.
False: any other finding about cells, rows or columns than those that the fault explains. Meanings are given, not matched.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from tundish import flow
from tundish.settings import Settings
from tundish.table import Finding

TIME = "시각"
BEGIN = datetime(2025, 3, 1, tzinfo=UTC).replace(tzinfo=None)
NOT_ABOUT_CELLS = frozenset(("unit_unknown", "constant", "stacked", "row_number", "empty_column"))
MAPPING = {
    "로트번호": "identity.lot", "코일번호": "identity.coil", "용해번호": "identity.heat",
    "산세조1 온도(℃)": "pickling.bath_temperature", "산세조2 온도(℃)": "pickling.bath_temperature",
    "산세조1 설정온도(℃)": "pickling.bath_temperature_setpoint", "라인속도(m/min)": "pickling.line_speed",
    "냉각수 유량(m3/h)": "line.cooling_water_flow", "유압(bar)": "line.hydraulic_pressure", "습도(%)": "line.humidity",
    "입측두께(mm)": "rolling.entry_thickness", "출측두께(mm)": "rolling.exit_thickness", "압하율(%)": "rolling.reduction",
    "두께(mm)": "product.thickness", "폭(mm)": "product.width", "길이(m)": "product.length", "중량(kg)": "product.weight",
    "항복강도(MPa)": "mechanical.yield_strength", "인장강도(MPa)": "mechanical.tensile_strength",
    "항복비(%)": "mechanical.yield_ratio", "Fe(%)": "chemistry.iron", "Ceq(%)": "chemistry.carbon_equivalent",
    "Pcm(%)": "chemistry.pcm", "투입중량(kg)": "production.input_mass", "생산중량(kg)": "production.mass",
    "실수율(%)": "production.recovery", "생산수량(매)": "production.quantity", "양품수량(매)": "production.good_quantity",
    "불량수량(매)": "production.bad_quantity",
    **{f"{symbol}(%)": f"chemistry.{name}" for symbol, name in {
        "C": "carbon", "Si": "silicon", "Mn": "manganese", "P": "phosphorus", "S": "sulfur", "Cr": "chromium",
        "Mo": "molybdenum", "V": "vanadium", "Ni": "nickel", "Cu": "copper", "B": "boron"}.items()},
}  # fmt: skip


@dataclass(frozen=True)
class Faulty:
    """A table with one fault: what should be said of which column, on which of its rows (of the file)."""

    frame: pl.DataFrame
    codes: frozenset[str]
    column: str | None
    rows: frozenset[int]
    also: frozenset[str] = frozenset()
    """Codes that the same fault explains in other columns."""


def log(rng: np.random.Generator, rows: int = 6000) -> pl.DataFrame:
    """A line's log every ten seconds: slow temperatures, a speed that stops with its neighbours, noise in all."""
    walk = lambda scale: np.cumsum(rng.normal(0, scale, rows)) * 0.05  # noqa: E731
    stop = np.zeros(rows, dtype=bool)
    for start in rng.integers(200, rows - 200, 6):
        stop[start : start + int(rng.integers(30, 120))] = True
    speed = np.where(stop, 0.0, 72 + 2 * np.sin(np.arange(rows) / 300) + rng.normal(0, 0.6, rows))
    flow_ = np.where(stop, 0.0, 40 + rng.normal(0, 0.7, rows))
    wish = np.repeat(80.0 + rng.integers(-2, 3, rows // 500 + 1), 500)[:rows]
    return pl.DataFrame({
        TIME: [f"{BEGIN + timedelta(seconds=10 * i):%Y-%m-%d %H:%M:%S}" for i in range(rows)],
        "산세조1 온도(℃)": np.round(wish + walk(0.2) * 0.05 + rng.normal(0, 0.3, rows), 2),
        "산세조2 온도(℃)": np.round(83 + rng.normal(0, 0.3, rows), 2),
        "산세조1 설정온도(℃)": wish,
        "라인속도(m/min)": np.round(speed, 2),
        "냉각수 유량(m3/h)": np.round(flow_, 2),
        "유압(bar)": np.round(160 + 3 * np.sin(np.arange(rows) / 700) + rng.normal(0, 0.8, rows), 2),
        "습도(%)": np.round(55 + 8 * np.sin(np.arange(rows) / 2000) + rng.normal(0, 0.5, rows), 1),
    })  # fmt: skip


def coils(rng: np.random.Generator, rows: int = 800) -> pl.DataFrame:
    """Coils with dimensions that give their weight, reductions and tests."""
    entry = rng.choice([2.0, 2.3, 2.6, 3.2], rows) * (1 + rng.normal(0, 0.004, rows))
    exit_ = entry * (1 - rng.uniform(0.25, 0.45, rows))
    width, length = rng.choice([914.0, 1000, 1219, 1250], rows), rng.uniform(700, 1500, rows)
    weight = exit_ / 1000 * width / 1000 * length * 7850 * (1 + rng.normal(0, 0.004, rows))
    yields = rng.normal(340, 18, rows)
    tensile = yields * rng.uniform(1.15, 1.3, rows)
    return pl.DataFrame({
        "코일번호": [f"C{25000 + i}" for i in range(rows)],
        "압연일시": [f"{BEGIN + timedelta(minutes=9 * i + float(rng.uniform(0, 5))):%Y-%m-%d %H:%M:%S}" for i in range(rows)],
        "입측두께(mm)": np.round(entry, 3), "출측두께(mm)": np.round(exit_, 3),
        "압하율(%)": np.round(100 * (1 - exit_ / entry), 1),
        "두께(mm)": np.round(exit_ + rng.normal(0, 0.003, rows), 2), "폭(mm)": width,
        "길이(m)": np.round(length, 1), "중량(kg)": np.round(weight),
        "항복강도(MPa)": np.round(yields), "인장강도(MPa)": np.round(tensile), "항복비(%)": np.round(100 * yields / tensile, 1),
    })  # fmt: skip


def heats(rng: np.random.Generator, rows: int = 500) -> pl.DataFrame:
    """Heats with eleven elements, iron as balance, and both carbon equivalents."""
    middle = {
        "C": 0.16,
        "Si": 0.25,
        "Mn": 1.1,
        "P": 0.014,
        "S": 0.006,
        "Cr": 0.04,
        "Mo": 0.01,
        "V": 0.004,
        "Ni": 0.03,
        "Cu": 0.05,
        "B": 0.0004,
    }
    part = {
        name: np.round(value * np.exp(rng.normal(0, 0.15, rows)), 5 if name == "B" else 4) for name, value in middle.items()
    }
    ceq = part["C"] + part["Mn"] / 6 + (part["Cr"] + part["Mo"] + part["V"]) / 5 + (part["Ni"] + part["Cu"]) / 15
    pcm = (part["C"] + part["Si"] / 30 + (part["Mn"] + part["Cu"] + part["Cr"]) / 20 + part["Ni"] / 60 + part["Mo"] / 15
           + part["V"] / 10 + 5 * part["B"])  # fmt: skip
    return pl.DataFrame({
        "용해번호": [f"H{7000 + i}" for i in range(rows)],
        "출강일시": [f"{BEGIN + timedelta(minutes=42 * i + float(rng.uniform(0, 9))):%Y-%m-%d %H:%M:%S}" for i in range(rows)],
        **{f"{name}(%)": values for name, values in part.items()},
        "Fe(%)": np.round(100 - sum(part.values()), 3), "Ceq(%)": np.round(ceq, 3), "Pcm(%)": np.round(pcm, 3),
    })  # fmt: skip


def production(rng: np.random.Generator, rows: int = 600) -> pl.DataFrame:
    """Lots whose masses and pieces balance."""
    given = np.round(rng.uniform(9000, 24000, rows))
    made = np.round(given * rng.uniform(0.93, 0.985, rows))
    quantity = rng.integers(40, 400, rows)
    bad = rng.binomial(quantity, 0.03)
    return pl.DataFrame({
        "로트번호": [f"L2503-{i:04d}" for i in range(rows)],
        "작업일시": [f"{BEGIN + timedelta(minutes=31 * i + float(rng.uniform(0, 9))):%Y-%m-%d %H:%M:%S}" for i in range(rows)],
        "투입중량(kg)": given, "생산중량(kg)": made, "실수율(%)": np.round(100 * made / given, 1),
        "생산수량(매)": quantity, "양품수량(매)": quantity - bad, "불량수량(매)": bad,
    })  # fmt: skip


Fault = Callable[[pl.DataFrame, np.random.Generator], Faulty]


def _at(frame: pl.DataFrame, column: str, rows: np.ndarray, values: object) -> pl.DataFrame:
    changed = frame[column].cast(pl.Float64).to_numpy(writable=True).copy()
    changed[rows] = values
    return frame.with_columns(pl.Series(column, changed))


def _some(frame: pl.DataFrame, rng: np.random.Generator, count: int = 3) -> np.ndarray:
    return np.sort(rng.choice(np.arange(20, frame.height - 20), count, replace=False))


def _lines(rows: np.ndarray) -> frozenset[int]:
    return frozenset(int(row) + 2 for row in rows)


def cells(
    column: str,
    change: Callable[[np.ndarray], object],
    *codes: str,
    count: int = 3,
    said_of: str | None = None,
    also: tuple[str, ...] = (),
) -> Fault:
    """A fault in a few cells of one column; ``said_of`` names the column it is told of where that is another."""

    def put(frame: pl.DataFrame, rng: np.random.Generator) -> Faulty:
        rows = _some(frame, rng, count)
        values = change(frame[column].cast(pl.Float64).to_numpy()[rows])
        return Faulty(_at(frame, column, rows, values), frozenset(codes), said_of or column, _lines(rows), frozenset(also))

    return put


def stretch(column: str, value: Callable[[np.ndarray, int], float], *codes: str, length: int = 150) -> Fault:
    """A column that stands at one value while the line runs."""

    def put(frame: pl.DataFrame, rng: np.random.Generator) -> Faulty:
        values = frame[column].to_numpy()
        running = frame["라인속도(m/min)"].to_numpy() > 0
        starts = [s for s in range(50, frame.height - length - 50) if running[s - 20 : s + length + 20].all()]
        start = int(rng.choice(starts)) if starts else 100
        rows = np.arange(start, start + length)
        return Faulty(_at(frame, column, rows, value(values, start)), frozenset(codes), column, _lines(rows))

    return put


def hour_back(frame: pl.DataFrame, rng: np.random.Generator) -> Faulty:
    """A clock that is set back by an hour."""
    at = int(rng.integers(1000, frame.height - 1000))
    times = frame[TIME].str.to_datetime()
    late = pl.Series(np.arange(frame.height) >= at)
    moved = times.zip_with(~late, times.dt.offset_by("-1h")).dt.strftime("%Y-%m-%d %H:%M:%S")
    return Faulty(frame.with_columns(moved.alias(TIME)), frozenset(("time_backwards",)), TIME, frozenset((at + 2,)))


def hole(frame: pl.DataFrame, rng: np.random.Generator) -> Faulty:
    """An hour that was not written."""
    at = int(rng.integers(1000, frame.height - 1000))
    left = pl.concat([frame[:at], frame[at + 360 :]])
    return Faulty(left, frozenset(("time_gap",)), TIME, frozenset((at + 2,)), frozenset(("jump",)))


def silent(frame: pl.DataFrame, rng: np.random.Generator) -> Faulty:
    """A signal that holds nothing for an hour."""
    at = int(rng.integers(1000, frame.height - 1000))
    rows = np.arange(at, at + 360)
    column = "유압(bar)"
    return Faulty(
        _at(frame, column, rows, np.nan).with_columns(pl.col(column).fill_nan(None)),
        frozenset(("signal_gap",)),
        column,
        _lines(rows),
    )


def twice(frame: pl.DataFrame, rng: np.random.Generator) -> Faulty:
    """Rows that were exported twice."""
    at = int(_some(frame, rng, 1)[0])
    again = pl.concat([frame[:at], frame[at - 4 : at], frame[at:]])
    also = frozenset(("time_repeated", "time_backwards", "jump"))
    return Faulty(again, frozenset(("repeated_rows",)), None, _lines(np.arange(at, at + 4)), also)


def same_id(frame: pl.DataFrame, rng: np.random.Generator) -> Faulty:
    """An id that was typed again for another piece."""
    at = int(_some(frame, rng, 1)[0])
    name = frame.columns[0]
    ids = frame[name].to_list()
    ids[at] = ids[at - 7]
    return Faulty(frame.with_columns(pl.Series(name, ids)), frozenset(("duplicate_id",)), name, _lines(np.array([at, at - 7])))


def swapped(low: str, high: str, *also: str) -> Fault:
    """Two values written into each other's column."""

    def put(frame: pl.DataFrame, rng: np.random.Generator) -> Faulty:
        rows = _some(frame, rng)
        a, b = frame[low].to_numpy(), frame[high].to_numpy()
        changed = _at(_at(frame, low, rows, b[rows]), high, rows, a[rows])
        return Faulty(changed, frozenset(("wrong_order",)), None, _lines(rows), frozenset(also))

    return put


def fahrenheit(frame: pl.DataFrame, rng: np.random.Generator) -> Faulty:
    """Readings of an instrument that was set to ℉."""
    column = "산세조1 온도(℃)"
    warm = frame.with_columns(pl.Series(column, np.round(84 + rng.normal(0, 1.2, frame.height), 1)))
    rows = _some(frame, rng, 40)
    hot = warm[column].to_numpy()[rows] * 1.8 + 32
    return Faulty(_at(warm, column, rows, hot), frozenset(("mixed_units",)), column, _lines(rows), frozenset(("implausible",)))


def shift(frame: pl.DataFrame, rng: np.random.Generator) -> Faulty:
    """A signal that stands higher from a moment on."""
    column = "산세조2 온도(℃)"
    at = int(rng.integers(1000, frame.height - 1000))
    moved = frame[column].to_numpy() + np.where(np.arange(frame.height) >= at, 9.0, 0.0)
    return Faulty(frame.with_columns(pl.Series(column, moved)), frozenset(("jump",)), column, frozenset((at + 2,)))


WEIGHT = ("weight_differs", "reduction_differs", "wrong_order", "ratio_differs")
CHEMISTRY = ("chemistry_formula", "chemistry_balance", "chemistry_sum", "decimal_slip", "impossible", "implausible", "outlier")
BALANCE = ("mass_balance", "ratio_differs", "implausible")
FAULTS: dict[str, tuple[Callable[[np.random.Generator], pl.DataFrame], Fault]] = {
    "below absolute zero": (log, cells("산세조2 온도(℃)", lambda v: v * 0 - 400, "impossible", "outlier")),
    "far out of range": (
        log, cells("산세조2 온도(℃)", lambda v: v * 0 + 900 + 7 * np.arange(len(v)), "impossible", "outlier", "decimal_slip")
    ),
    "out of range": (log, cells("산세조2 온도(℃)", lambda v: v * 0 + 112 + np.arange(len(v)), "implausible")),
    "negative weight": (coils, cells("중량(kg)", lambda v: -v, "impossible", "outlier", also=WEIGHT)),
    "point slipped right": (log, cells("유압(bar)", lambda v: v * 10, "decimal_slip", "impossible", "implausible")),
    "point slipped left": (log, cells("산세조2 온도(℃)", lambda v: v / 10, "decimal_slip")),
    "point slipped, test": (coils, cells("인장강도(MPa)", lambda v: v * 10, "decimal_slip", "impossible", also=WEIGHT)),
    "℉ among ℃": (coils, fahrenheit),
    "mm among m": (
        coils, cells("길이(m)", lambda v: v * 1000, "mixed_units", count=80, also=(*WEIGHT, "implausible", "unit_doubtful"))
    ),
    "kgf/㎟ among MPa": (
        coils, cells("인장강도(MPa)", lambda v: v / 9.80665, "mixed_units", count=60, also=(*WEIGHT, "implausible"))
    ),
    "frozen": (log, stretch("유압(bar)", lambda v, at: float(v[at]), "frozen")),
    "frozen at its least": (log, stretch("유압(bar)", lambda v, _: float(v.min()), "frozen_at_rest", "frozen")),
    "frozen at its greatest": (log, stretch("습도(%)", lambda v, _: float(v.max()), "frozen_at_rest", "frozen")),
    "100 zeros": (log, stretch("유압(bar)", lambda _v, _: 0.0, "frozen_at_rest", "frozen", "missing_code", length=100)),
    "spike": (log, cells("유압(bar)", lambda v: v + 25, "jump", count=1)),
    "shift": (log, shift),
    "clock set back": (log, hour_back),
    "hour missing": (log, hole),
    "signal silent": (log, silent),
    "rows twice (log)": (log, twice),
    "rows twice (coils)": (coils, twice),
    "id twice": (coils, same_id),
    "yield above tensile": (coils, swapped("항복강도(MPa)", "인장강도(MPa)", *WEIGHT)),
    "exit above entry": (coils, swapped("출측두께(mm)", "입측두께(mm)", *WEIGHT)),
    "weight wrong": (coils, cells("중량(kg)", lambda v: v * 1.25, "weight_differs")),
    "reduction wrong": (coils, cells("압하율(%)", lambda v: v + 9, "reduction_differs")),
    "yield ratio wrong": (coils, cells("항복비(%)", lambda v: v - 8, "ratio_differs")),
    "sum above 100 %": (heats, cells("Fe(%)", lambda v: v + 1.8, "chemistry_sum", "impossible", also=CHEMISTRY)),
    "balance off": (heats, cells("Fe(%)", lambda v: v - 0.9, "chemistry_balance", also=CHEMISTRY)),
    "negative element": (heats, cells("Mn(%)", lambda v: -v, "impossible", "outlier", also=CHEMISTRY)),
    "Ceq wrong": (heats, cells("Ceq(%)", lambda v: v + 0.06, "chemistry_formula")),
    "Pcm wrong": (heats, cells("Pcm(%)", lambda v: v - 0.05, "chemistry_formula")),
    "more out than in": (production, cells("생산중량(kg)", lambda v: v * 1.2, "mass_balance", also=BALANCE)),
    "recovery wrong": (production, cells("실수율(%)", lambda v: v - 6, "ratio_differs")),
    "pieces unbalanced": (
        production, cells("양품수량(매)", lambda v: v - 9, "mass_balance", said_of="생산수량(매)", also=BALANCE)
    ),
}  # fmt: skip


def findings_of(frame: pl.DataFrame) -> list[Finding]:
    """What ``tundish check`` finds in one table."""
    with tempfile.TemporaryDirectory() as folder:
        frame.write_csv(Path(folder) / "table.csv")
        mapping = {f"table.csv:{name}": concept for name, concept in MAPPING.items() if name in frame.columns}
        standard = flow.standard(Path(folder), Settings(mapping=mapping), lambda *_: None)
    found = [finding for table in standard.tables.tables for finding in table.findings]
    return [finding for finding in found if finding.code not in NOT_ABOUT_CELLS]


def right(finding: Finding, faulty: Faulty) -> bool:
    """Does the finding say the fault: code, column, and a row of it?"""
    place = faulty.column is None or finding.origin.column is None or finding.origin.column == faulty.column
    return finding.code in faulty.codes and place and (not finding.rows or bool(set(finding.rows) & faulty.rows))


def explained(finding: Finding, faulty: Faulty) -> bool:
    """Is the finding a consequence of the fault?"""
    return finding.code in faulty.codes | faulty.also and (not finding.rows or bool(set(finding.rows) & faulty.rows))


def measure(seeds: int) -> None:
    """Print, for each fault, how often it was found and what else was said; for clean tables, what was said at all."""
    print(f"| fault | found of {seeds} | false findings |\n|---|---|---|")
    hits, false, other = 0, 0, defaultdict(int)
    for name, (make, put) in FAULTS.items():
        found = wrong = 0
        for seed in range(seeds):
            rng = np.random.default_rng([seed, len(name)])
            faulty = put(make(rng), rng)
            told = findings_of(faulty.frame)
            found += any(right(finding, faulty) for finding in told)
            for finding in told:
                if not right(finding, faulty) and not explained(finding, faulty):
                    wrong += 1
                    other[finding.code, finding.origin.column] += 1
        hits, false = hits + found, false + wrong
        print(f"| {name} | {found} | {wrong} |", flush=True)
    total = len(FAULTS) * seeds
    print(f"| **all** | **{hits} of {total} ({100 * hits / total:.1f} %)** | **{false}** |")
    clean = [
        len(findings_of(make(np.random.default_rng(seed)))) for make in (log, coils, heats, production) for seed in range(seeds)
    ]
    print(f"\nclean tables: {len(clean)}, false findings {sum(clean)}, at most {max(clean)} in one table")
    if other:
        print("false:", dict(other))


def speed(rows: int) -> None:
    """Print how long all checks take on one log of 16 columns."""
    from tundish.standardise.checks import CHECKS
    from tundish.standardise.judge import judge

    rng = np.random.default_rng(1)
    frame = log(rng, rows)
    extra = {f"S{i:02d}(A)": np.round(50 + rng.normal(0, 1, rows), 2) for i in range(16 - frame.width)}
    frame = frame.with_columns(**{name: pl.Series(values) for name, values in extra.items()})
    export, meant = _understood(frame)
    judge(export, meant)
    begun = time.perf_counter()
    judge(export, meant)
    print(f"\nall {len(CHECKS)} checks on {rows:,} x {frame.width}: {time.perf_counter() - begun:.2f} s")
    from tundish.standardise.sheet import lay_out

    for check in CHECKS:
        sheet = replace(lay_out(export, meant))
        begun = time.perf_counter()
        list(check(sheet))
        print(f"  {check.__module__.rpartition('.')[2]:14} {1000 * (time.perf_counter() - begun):6.0f} ms")


def _understood(frame: pl.DataFrame) -> tuple[object, object]:
    from tundish import intake
    from tundish.connectors import SOURCES
    from tundish.standardise.export import understand
    from tundish.standardise.meaning import Decided, give_meaning
    from tundish.vocabulary import load_catalogue

    with tempfile.TemporaryDirectory() as folder:
        frame.write_csv(Path(folder) / "table.csv")
        raw = intake.read(Path(folder), SOURCES).tables[0]
        (export,) = understand(raw, "table", "Asia/Seoul")
        mapping = {f"table.csv:{name}": concept for name, concept in MAPPING.items() if name in frame.columns}
        return export, give_meaning(export, load_catalogue(), Decided(mapping, {}, {}), "Asia/Seoul")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--rows", type=int, default=260_000)
    chosen = parser.parse_args()
    measure(chosen.seeds)
    speed(chosen.rows)
