"""Which columns moved the outcome? Generated piece tables with known truth, for tests and benchmarks of learning."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from tundish.learn.question import Wish
from tundish.table import Column, Origin, Table
from tundish.trace.pieces import BATCH, END, MOMENT, PIECE, START, Pieces

TARGET = "lots|result"


@dataclass(frozen=True)
class DefectQuestion:
    """Error rate of a 0/1 outcome."""

    kind: str = "quality"
    metric: str = "error_rate"
    binary: bool = True
    wish: Wish = field(default_factory=Wish)

    def outcome(self, pieces):
        return pieces.table.frame[pieces.target].cast(pl.Float64).to_numpy()

    def today(self, earlier, later):
        return np.full(later.table.frame.height, float(np.nanmean(self.outcome(earlier)) > 0.5))

    def losses(self, outcome, predicted):
        return ((predicted > 0.5) != (outcome > 0.5)).astype(float)

    def score(self, losses):
        return float(losses.mean())

    def badness(self, outcome):
        return outcome


@dataclass(frozen=True)
class ValueQuestion(DefectQuestion):
    """Mean absolute error of a number, lower values being better."""

    kind: str = "property"
    metric: str = "mae"
    binary: bool = False

    def today(self, earlier, later):
        return np.full(later.table.frame.height, float(np.nanmedian(self.outcome(earlier))))

    def losses(self, outcome, predicted):
        return np.abs(outcome - predicted)


@dataclass(frozen=True)
class Plant:
    """A table of pieces and the headers that truly moved its target."""

    pieces: Pieces
    question: DefectQuestion
    truth: tuple[frozenset[str], ...]
    """One set a true cause: the headers any of which names it (set-point and actual, three baths at one temperature)."""


class Maker:
    """Collects columns of one generated plant."""

    def __init__(self, rng: np.random.Generator, n: int) -> None:
        self.rng, self.n = rng, n
        self.data: dict[str, np.ndarray | list] = {}
        self.columns: list[Column] = []

    def series(self, phi: float) -> np.ndarray:
        """AR(1) with unit variance."""
        shocks = self.rng.normal(size=self.n) * np.sqrt(1 - phi**2)
        out = np.empty(self.n)
        last = self.rng.normal()
        for i, shock in enumerate(shocks):
            last = phi * last + shock
            out[i] = last
        return out

    def add(self, header, values, *, kind="number", file="lots.csv", concept=None, statistic="value", known="before") -> None:
        name = f"{file.split('.')[0]}|{header}" + ("" if statistic == "value" else f"|{statistic}")
        self.data[name] = values
        self.columns.append(
            Column(
                name=name, kind=kind, origins=(Origin(file, column=header),), concept=concept, statistic=statistic, known=known
            )
        )

    def tag(self, header: str, mean: np.ndarray, *, noise=0.05, concept=None) -> None:
        """Features of a PLC signal over the stay: the mean carries the setting."""
        rng = self.rng
        spread = np.abs(rng.normal(0.3, 0.08, self.n))
        mean = mean + noise * rng.normal(size=self.n)
        gap = spread * (2 + 0.4 * rng.normal(size=self.n))
        values = {
            "mean": mean,
            "std": spread,
            "min": mean - gap,
            "max": mean + spread * (2 + 0.4 * rng.normal(size=self.n)),
            "slope": rng.normal(size=self.n),
        }
        missing = rng.random(self.n) < 0.01
        for statistic, value in values.items():
            self.add(header, np.where(missing, np.nan, value), file="plc.csv", concept=concept, statistic=statistic)

    def pieces(self, outcome: np.ndarray, *, kind: str = "piece", minutes: int = 12) -> Pieces:
        """The table, in time order."""
        begin = datetime(2025, 3, 1, tzinfo=UTC)
        times = [begin + timedelta(minutes=minutes * i) for i in range(self.n)]
        frame = pl.DataFrame(
            {
                PIECE: [f"L{i:05d}" for i in range(self.n)],
                START: times,
                END: times,
                MOMENT: times,
                BATCH: [f"H{i // 4}" for i in range(self.n)],
                **{name: pl.Series(values=values, nan_to_null=True, strict=False) for name, values in self.data.items()},
                TARGET: outcome.astype(float),
            }
        )
        target = Column(name=TARGET, kind="number", origins=(Origin("lots.csv", column="result"),), known="with_target")
        table = Table("pieces", frame, (*self.columns, target), (Origin("lots.csv"),))
        return Pieces(table, TARGET, kind, (), (), 0)


def crew_by_clock(n: int, minutes: int = 12) -> np.ndarray:
    """Three crews in turns of eight hours."""
    return (np.arange(n) * minutes // 480) % 3


def outcome_of(index: np.ndarray, rng, *, binary: bool, rate: float, noise: float) -> np.ndarray:
    """Turn a risk index into defects of a known rate, or into a number with noise."""
    index = (index - index.mean()) / index.std()
    if not binary:
        return 500 + 10 * (index + noise * rng.normal(size=len(index)))
    risk = index + noise * rng.logistic(size=len(index)) * 0.55
    return (risk > np.quantile(risk, 1 - rate)).astype(float)


SHAPES = {
    "linear": lambda z: z,
    "threshold": lambda z: 2.2 * (z > 0.7),
    "low": lambda z: 2.2 * (z < -0.9),
    "valley": lambda z: 0.8 * z**2,
    "hinge": lambda z: 1.8 * np.maximum(z - 0.2, 0),
}


def plant(
    seed: int,
    *,
    n: int = 1500,
    tags: int = 12,
    lot_columns: int = 12,
    causes: int = 4,
    binary: bool = True,
    rate: float = 0.1,
    noise: float = 1.0,
    drift: float = 0.5,
    null: bool = False,
) -> Plant:
    """A line with several causes of mixed shapes, correlated proxies, a confounded crew and useless sensors."""
    rng = np.random.default_rng(seed)
    make = Maker(rng, n)
    crew = crew_by_clock(n)
    settings = turned(make, causes, crew)
    index = risk_of(rng, settings)
    truth = recorded(make, settings)
    bystanders(make, settings, tags=tags, lot_columns=lot_columns)
    time = np.linspace(-1, 1, n)
    make.add("drifting", 2 * time + 0.3 * rng.normal(size=n))
    make.add("frozen", np.where(np.arange(n) < n // 2, 5.0, 5 + rng.normal(size=n)))
    make.add("crew", [f"{'ABC'[c]}" for c in crew], kind="category")
    make.add("grade", [f"SPHC{g}" for g in rng.integers(0, 5, n)], kind="category")
    make.add("machine", [f"M{g}" for g in rng.integers(1, 4, n)], kind="category")
    slow = drift * (time + 0.5 * np.sin(3 * time)) * index.std()
    y = outcome_of(index + slow, rng, binary=binary, rate=rate, noise=noise)
    if null:
        y = rng.permutation(y)
    return Plant(make.pieces(y), DefectQuestion() if binary else ValueQuestion(), () if null else truth)


def turned(make: Maker, causes: int, crew: np.ndarray) -> list[np.ndarray]:
    """The true settings: the first is tied to the crew, some follow the one before."""
    settings: list[np.ndarray] = []
    for i in range(causes):
        z = make.series(float(make.rng.choice([0.0, 0.5, 0.9])))
        if i == 0:
            z = 0.75 * z + np.array([-0.9, 0.1, 0.8])[crew]
        elif make.rng.random() < 0.4:
            z = 0.8 * z + 0.6 * settings[i - 1]
        settings.append(z / z.std())
    return settings


def risk_of(rng: np.random.Generator, settings: list[np.ndarray]) -> np.ndarray:
    """Sum of effects of mixed shapes, and in half of the plants a product of two settings."""
    shapes = rng.choice(list(SHAPES), size=len(settings))
    weights = rng.uniform(0.7, 1.3, len(settings))
    effects = [SHAPES[str(s)](z) for s, z in zip(shapes, settings, strict=True)]
    index = np.sum([w * effect / effect.std() for w, effect in zip(weights, effects, strict=True)], axis=0)
    return index + 0.8 * settings[1] * settings[2] if len(settings) >= 3 and rng.random() < 0.5 else index


def recorded(make: Maker, settings: list[np.ndarray]) -> tuple[frozenset[str], ...]:
    """Columns of the true settings: tags, some with a set-point beside, and single values; returns the truth."""
    truth = []
    for i, z in enumerate(settings):
        names = {f"cause{i}"}
        if i % 2 == 0:
            make.tag(f"cause{i}", z)
            if make.rng.random() < 0.5:
                make.add(f"cause{i}_SV", np.round(z + 0.3 * make.rng.normal(size=make.n), 1))
                names.add(f"cause{i}_SV")
        else:
            make.add(f"cause{i}", np.round(z, 2))
        truth.append(frozenset(names))
    return tuple(truth)


def bystanders(make: Maker, settings: list[np.ndarray], *, tags: int, lot_columns: int) -> None:
    """Columns without any effect: some follow a true setting, some each other, some only themselves."""
    rng, n = make.rng, make.n
    for i in range(tags):
        z = make.series(float(rng.choice([0.3, 0.9, 0.98])))
        make.tag(f"tag{i}", rng.uniform(0.5, 0.85) * settings[i % len(settings)] + 0.6 * z if i < 4 else z)
    factor = make.series(0.8)
    for i in range(lot_columns):
        z = rng.normal(size=n) + (factor if i < 4 else 0) + (0.8 * settings[i % len(settings)] if 4 <= i < 7 else 0)
        make.add(f"lot{i}", np.round(z, 2))


def pickling(seed: int, *, n: int = 1500, rate: float = 0.12, noise: float = 0.5) -> Plant:
    """Over- and under-pickling: one valley over an index of five settings, crew tied to line speed, iron in saw-teeth."""
    rng = np.random.default_rng(seed)
    make = Maker(rng, n)
    crew = crew_by_clock(n)
    temperature = make.series(0.9)
    iron = ((np.arange(n) % 180) / 180 - 0.5) * 3.4 + 0.2 * rng.normal(size=n)
    acid = 0.8 * make.series(0.8) - 0.5 * iron
    speed = 0.8 * make.series(0.3) + np.array([-0.7, 0.0, 0.9])[crew]
    inhibitor = make.series(0.6)
    scale = make.series(0.2)
    z = 0.8 * temperature + 0.9 * acid - 0.6 * iron - 1.1 * speed - 0.5 * inhibitor
    z = z / z.std() + 0.35
    index = np.maximum(-z - 0.3, 0) * 1.3 + np.maximum(z - 1.0, 0)
    for k in range(3):
        make.tag(f"bath{k + 1}_temp", temperature, noise=0.2, concept="pickling.bath_temperature")
    make.tag("line_speed", speed)
    make.add("acid", np.round(acid, 2))
    make.add("iron", np.round(iron, 2))
    make.add("inhibitor", np.round(inhibitor, 2))
    make.add("entry_scale", np.round(scale, 2))
    for i in range(8):
        make.tag(f"noise{i}", make.series(float(rng.choice([0.5, 0.9, 0.98]))))
    make.tag("steam", 0.7 * temperature + 0.7 * make.series(0.5))
    make.tag("drive_current", 0.8 * speed + 0.6 * make.series(0.5))
    make.add("drifting", np.linspace(0, 3, n) + 0.3 * rng.normal(size=n))
    make.add("frozen", np.where(np.arange(n) < 0.8 * n, 5.0, 5 + rng.normal(size=n)))
    make.add("crew", [f"{'ABC'[c]}" for c in crew], kind="category")
    make.add("width", np.round(rng.normal(1200, 80, n)), kind="number")
    y = outcome_of(index + 0.15 * np.linspace(-1, 1, n), rng, binary=True, rate=rate, noise=noise)
    baths = frozenset({"bath1_temp", "bath2_temp", "bath3_temp"})
    truth = (baths, *(frozenset({name}) for name in ("line_speed", "acid", "iron", "inhibitor")))
    return Plant(make.pieces(y), DefectQuestion(), truth)
