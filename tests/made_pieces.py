"""Pieces with a known truth: which setting makes them bad, and where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from tundish.learn.answer import Cause
from tundish.table import SOURCE, Column, Origin, Table
from tundish.trace.pieces import BATCH, MOMENT, PIECE, Pieces

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
KELVIN = 273.15


def column(name: str, *, kind: str = "number", celsius: bool = False, concept: str | None = None, **more: object) -> Column:
    origin = Origin("lots.csv", None, str(more.pop("header", name)))
    return Column(
        name,
        kind,
        (origin,),
        concept=concept,
        offset=KELVIN if celsius else 0.0,
        unit="K" if celsius else None,
        unit_read="degC" if celsius else None,
        **more,
    )  # type: ignore[arg-type]


def pieces(
    values: Mapping[str, np.ndarray],
    columns: tuple[Column, ...],
    *,
    target: str = "defect",
    batch: np.ndarray | None = None,
    source: np.ndarray | None = None,
    moments: list[datetime | None] | None = None,
    kind: str = "piece",
) -> Pieces:
    """Rows in order of time, ten minutes apart; numeric values are given in the plant's unit and stored in SI."""
    count = len(next(iter(values.values())))
    data: dict[str, object] = {}
    for part in columns:
        given = np.asarray(values[part.name])
        data[part.name] = (
            pl.Series(given * part.factor + part.offset).fill_nan(None)
            if part.kind == "number"
            else pl.Series(list(given), dtype=pl.String)
        )
    data[PIECE] = [f"P{number:05d}" for number in range(count)]
    data[BATCH] = data[PIECE] if batch is None else [f"B{number}" for number in batch]
    data[MOMENT] = pl.Series(
        [BEGIN + timedelta(minutes=10 * number) for number in range(count)] if moments is None else moments,
        dtype=pl.Datetime("us", "UTC"),
    )
    data[SOURCE] = pl.Series(np.zeros(count, dtype=np.int64) if source is None else source)
    table = Table("lots", pl.DataFrame(data), columns, (Origin("lots.csv"),))
    return Pieces(table, target, kind, (), (), 0)


def rows(whole: Pieces, low: int, high: int) -> Pieces:
    table = whole.table
    return Pieces(Table(table.name, table.frame[low:high], table.columns, table.origins), whole.target, whole.kind, (), (), 0)


def cause(of: Column, *also: Column) -> Cause:
    from tundish.errors import Message

    return Cause(of, also, "increases", 0.1, 0.99, 0.5, Message("made"), None)


TARGET = column("defect", kind="category", header="판정")
TEMPERATURE = column("temperature", celsius=True, header="온도")
SPEED = column("speed", header="속도")
SPRAY = column("spray", kind="category", header="스프레이")
THICKNESS = column("thickness", header="두께")

Chance = Callable[[dict[str, np.ndarray]], np.ndarray]


def line(count: int, chance: Chance, seed: int, *, drift: float = 0.0) -> tuple[Pieces, dict[str, np.ndarray], np.ndarray]:
    """A line with two numeric settings, one switch and a thickness that nobody turns; defects by a given chance.

    The temperature follows the thickness a little, settings wander slowly as on a plant. Returns the pieces, the values and
    the true chance of a defect of each piece.
    """
    random = np.random.default_rng(seed)
    thickness = random.choice([3.0, 4.0, 5.0, 6.0], count)
    wander = np.convolve(random.normal(size=count + 49), np.ones(50) / np.sqrt(50), mode="valid")
    values = {
        "temperature": np.round(
            950 + 8 * (thickness - 4.5) + 25 * wander + 35 * random.normal(size=count) + drift * np.linspace(0, 1, count)
        ),
        "speed": np.round(80 + 12 * random.normal(size=count), 1),
        "spray": np.where(random.random(count) < 0.75, "on", "off"),
        "thickness": thickness,
    }
    true = np.clip(chance(values), 0.0, 1.0)
    values["defect"] = np.where(random.random(count) < true, "불량", "양품")
    return pieces(values, (TEMPERATURE, SPEED, SPRAY, THICKNESS, TARGET)), values, true


CHANCES: dict[str, Chance] = {
    "threshold": lambda v: np.where(v["temperature"] > 1000, 0.8, 0.04),
    "switch": lambda v: np.where(v["temperature"] > 1000, 0.6, 0.03) + np.where(v["spray"] == "off", 0.3, 0.0),
    "u_shape": lambda v: 0.03 + 0.4 * np.minimum(((v["temperature"] - 950) / 70) ** 2, 2.0),
    "smooth": lambda v: 1 / (1 + np.exp(-(v["temperature"] - 1010) / 18)) * 0.8 + 0.02,
    "two": lambda v: 0.02 + 0.25 * (v["temperature"] > 980) + 0.25 * (v["speed"] > 88),
    "rare": lambda v: np.where((v["temperature"] > 990) & (v["speed"] < 85), 0.25, 0.01),
    "confounded": lambda v: 0.03 + 0.12 * (v["thickness"] - 3) + 0.25 * (v["temperature"] > 990),
    "none": lambda v: np.full(len(v["speed"]), 0.12),
}
