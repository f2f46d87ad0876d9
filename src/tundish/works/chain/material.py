"""What is there of the chain's material? Pieces, their stays on the lines, what was made of what; masses to the last gram."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from tundish.works.chain.plant import (
    GOES_IN,
    OWN_WAVES,
    SLAB_THICKNESS,
    STEEL_DENSITY,
    WAVES,
    Level,
    Plant,
)
from tundish.works.chain.strip import Part, Parts, Shape, length_of

YIELD: Mapping[str, float] = {"cast": 1.0, "hot": 0.991, "tandem": 0.996}
"""[-] mass left by scaling and by the acid; unsourced, the usual order. Other lines lose nothing along the strip."""
SLITS_PER_COIL, SHEETS_PER_COIL, PIECES_PER_PACK = 4.0, 4.0, 2.2


@dataclass(frozen=True, slots=True)
class Order:
    """What the coils of a campaign are to become; SI."""

    hot: float
    cold: float
    width: float
    grade: str


@dataclass(slots=True)
class Piece:
    """One piece of material; ``parts`` run from its head to its tail as it left its last line."""

    number: int
    id: str
    level: Level
    step: int
    """Line that it last left; -1 before the first."""
    made_by: int
    parts: Parts
    share: float
    """[-] of the strip's width."""
    order: int
    ready: float
    lane: int = 0


@dataclass(slots=True)
class Stay:
    """One run of a piece through a line. Lengths before the reference point are in metres of what comes in."""

    number: int
    step: int
    piece: int
    came_from: int
    """Line whose shape it comes in with; its own line for a rework."""
    turned: bool
    flipped: bool
    mass_in: float
    length_in: float
    head_crop: float
    tail_crop: float
    passed: Parts
    """What passed the reference point, from the end that ran in first."""
    share: float = 1.0
    turn: int = 1
    """1 for the first stay on the line, 2 for a rework."""
    begin_m: float = 0.0
    """[m] of strip on this line when its head passed the reference point."""
    length_out: float = 0.0
    start: float = 0.0
    end: float = 0.0
    mass_out: float = 0.0
    scrap: float = 0.0
    rest: float = 0.0
    outputs: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Output:
    """What a line made: a piece, and between which metres of strip it passed the reference point."""

    number: int
    step: int
    piece: int
    begin_m: float
    end_m: float
    mass: float
    length: float
    thickness: float
    width: float
    order: int
    start: float = 0.0
    end: float = 0.0
    verdict: str = "OK"


@dataclass(slots=True)
class Link:
    """Material of one stay that went into one output; metres as in the genealogy's edges."""

    stay: int
    output: int
    parent: int
    child: int
    step: int
    kind: str
    mass_in: float
    mass_out: float
    from_m: float
    to_m: float
    at_m: float
    lane: int


@dataclass(slots=True)
class Material:
    """Everything that went through the chain, in the order in which it came about."""

    plant: Plant
    orders: list[Order] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    waves: dict[int, tuple[Shape, ...]] = field(default_factory=dict)
    """Origin -> its shape after each line; entry 0 is before the first."""
    density: dict[int, float] = field(default_factory=dict)
    """Origin -> kg per nominal metre before the first line."""
    kept: list[float] = field(default_factory=list)
    """Part of the mass along the strip that is left after each line; entry 0 is before the first."""
    numbers: dict[str, int] = field(default_factory=dict)

    def shapes(self, parts: Parts, step: int) -> dict[int, Shape]:
        """Shapes after a line (-1: before the first) of the origins that a strip is made of."""
        return {part.origin: self.waves[part.origin][step + 1] for part in parts}

    def mass(self, parts: Parts, *, step: int, share: float) -> float:
        """Mass of a strip after a line. [kg]"""
        return share * self.kept[step + 1] * sum(self.density[part.origin] * part.extent for part in parts)

    def length(self, parts: Parts, step: int) -> float:
        """Length of a strip after a line. [m]"""
        return sum(length_of(part, self.waves[part.origin][step + 1]) for part in parts)


def begin(plant: Plant, pieces: int) -> Material:
    """The steel before the first line: heats, slabs or bought hot coils, enough for about ``pieces`` final pieces."""
    material = Material(plant)
    rng = np.random.default_rng([plant.seed, 420])
    kinds = [line.kind for line in plant.lines]
    coils = pieces * (PIECES_PER_PACK if "pack" in kinds else 1.0)
    coils /= SLITS_PER_COIL if "slit" in kinds else SHEETS_PER_COIL if "sheet" in kinds else 1.15
    coils *= 1.12 if "tandem" in kinds else 1.0
    level = GOES_IN[kinds[0]]
    count = max(int(np.ceil(coils / 7.0)) if level == "heat" else round(coils), 4)
    material.kept = list(np.cumprod([1.0, *(YIELD.get(kind, 1.0) for kind in kinds)]))
    left = 0
    for i in range(count):
        if left == 0:
            material.orders.append(_order(rng))
            left = int(rng.integers(3, 12)) if level != "heat" else int(rng.integers(2, 5))
        left -= 1
        _origin(material, rng, i, level)
    return material


def new_piece(material: Material, *, level: Level, step: int, parts: Parts, share: float, order: int, ready: float) -> Piece:
    """A piece with the next number of its level."""
    piece = Piece(len(material.pieces), _next_id(material, level, step), level, step, step, parts, share, order, ready)
    material.pieces.append(piece)
    return piece


def _order(rng: np.random.Generator) -> Order:
    hot = float(rng.choice([2.3, 2.6, 2.8, 3.0, 3.2, 3.6, 4.0])) / 1e3
    cold = float(rng.choice([0.8, 1.0, 1.2, 1.4, 1.6])) / 1e3
    width = float(rng.choice([914.0, 1000.0, 1038.0, 1219.0, 1250.0])) / 1e3
    return Order(hot, min(cold, 0.6 * hot), width, str(rng.choice(["SPHC", "SPCC", "SPCD", "SAPH440", "SPFC590"])))


def _origin(material: Material, rng: np.random.Generator, i: int, level: Level) -> None:
    order = material.orders[-1]
    per_metre = STEEL_DENSITY * order.hot * order.width
    mass = float(rng.uniform(80e3, 110e3)) if level == "heat" else float(rng.uniform(9e3, 15e3))
    number = len(material.pieces)
    lines = material.plant.lines
    if "hot" in [line.kind for line in lines]:
        per_metre /= YIELD["hot"]
    size = mass / per_metre
    piece = new_piece(material, level=level, step=-1, parts=(), share=1.0, order=len(material.orders) - 1, ready=i * 300.0)
    piece.parts = (Part(number, 0.0, size),)
    material.density[number] = per_metre
    material.waves[number] = _shapes_of(rng, order, [line.kind for line in lines])


def _shapes_of(rng: np.random.Generator, order: Order, kinds: list[str]) -> tuple[Shape, ...]:
    """One shape before the first line and one after each: the hot strip's waves are rolled out, the cold mill adds its own."""
    number = 2.0 * np.pi / np.exp(rng.uniform(np.log(9.0), np.log(110.0), WAVES))
    phase = rng.uniform(0.0, 2.0 * np.pi, WAVES)
    size = rng.uniform(0.5, 1.0, WAVES)
    hot = np.where(np.arange(WAVES) < WAVES - OWN_WAVES, 0.006 * size, 0.0)
    own = np.where(np.arange(WAVES) < WAVES - OWN_WAVES, 0.0, 0.004 * size)
    slab = order.hot / SLAB_THICKNESS
    now, waves = (slab, 0.0 * hot) if kinds[0] in ("cast", "hot") else (1.0, hot)
    shapes = [Shape(now, number, phase, waves)]
    for kind in kinds:
        if kind == "hot":
            now, waves = 1.0, hot
        elif kind == "tandem":
            now, waves = order.hot / order.cold, 0.25 * hot + own
        elif kind == "temper":
            now *= 1.0 + float(rng.uniform(0.004, 0.012))
        shapes.append(Shape(now, number, phase, waves))
    return tuple(shapes)


PREFIX = {"heat": "HT", "slab": "SL", "hot_coil": "HC", "strip": "SS", "sheets": "PK", "package": "PG"}


def _next_id(material: Material, level: Level, step: int) -> str:
    """A running number of the level; cold coils have another prefix after annealing."""
    plant = material.plant
    prefix = PREFIX.get(level) or ("CA" if plant.lines[step].kind == "anneal" else "CR")
    number = material.numbers.get(prefix, plant.first_number[level]) + 1
    material.numbers[prefix] = number
    return f"{number:07d}" if level in plant.numeric else f"{prefix}{plant.begin:%y}-{number:05d}"
