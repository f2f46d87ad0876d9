"""What went through the chain? Pieces, their stays on the lines, cuts, welds, crops, scrap and rests; masses to the last gram."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from tundish.works.chain.plant import (
    COMES_OUT,
    ENDLESS,
    GOES_IN,
    LENGTHENS,
    OWN_WAVES,
    SLAB_THICKNESS,
    STEEL_DENSITY,
    WAVES,
    ChainLine,
    Level,
    Plant,
)
from tundish.works.chain.strip import Parts, Shape, cut, extent, length_of, turn

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
    used: float = 0.0
    """Times it went through a line under its number."""


@dataclass(slots=True)
class Stay:
    """One run of a piece through a line. Lengths before the reference point are in metres of what comes in."""

    number: int
    step: int
    piece: int
    turn: int
    turned: bool
    flipped: bool
    mass_in: float
    length_in: float
    head_crop: float
    tail_crop: float
    passed: Parts
    """What passed the reference point, from the end that ran in first."""
    share: float
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
    verdict: str = ""


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

    def shapes(self, step: int) -> Mapping[int, Shape]:
        """Shape of every origin after a line (-1: before the first)."""
        return _Shapes(self.waves, step + 1)

    def mass(self, parts: Parts, *, step: int, share: float) -> float:
        """Mass of a strip after a line. [kg]"""
        return share * self.kept[step + 1] * sum(self.density[part.origin] * part.extent for part in parts)

    def length(self, parts: Parts, step: int) -> float:
        """Length of a strip after a line. [m]"""
        return sum(length_of(part, self.waves[part.origin][step + 1]) for part in parts)


class _Shapes(dict[int, Shape]):
    """Shapes of all origins after one line, taken from the table of all lines when asked for."""

    def __init__(self, waves: Mapping[int, tuple[Shape, ...]], step: int):
        super().__init__()
        self._waves, self._step = waves, step

    def __missing__(self, origin: int) -> Shape:
        return self._waves[origin][self._step]


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


def run_line(material: Material, line: ChainLine, schedule: Callable[[Material, ChainLine, list[Stay]], None]) -> None:
    """Take what is ready through a line: stays first, then their times (``schedule``), then what is made of them."""
    rng = np.random.default_rng([material.plant.seed, 430, line.step])
    waiting = [p for p in material.pieces if p.step == line.step - 1 and _goes_on(p, line, rng)]
    queue = sorted(waiting, key=lambda piece: piece.ready + material.plant.lag_s * float(rng.normal(0.0, 0.05)))
    stays = [_enter(material, line, piece, rng) for piece in queue]
    if line.kind == "temper":
        stays = _with_rework(material, line, stays, rng)
    if line.kind == "pack":
        schedule(material, line, stays)
        _pack(material, line, stays, rng)
        return
    schedule(material, line, stays)
    for stay, taken in _cuts(material, line, stays, rng):
        _make(material, line, stay, taken, rng)
    for stay in stays:
        made = [material.links[i] for i in stay.outputs]
        stay.mass_out = sum(link.mass_out for link in made)
        stay.scrap = stay.mass_in - stay.rest - stay.mass_out


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
    from tundish.works.chain.strip import Part

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
    now, thick, waves = (slab, SLAB_THICKNESS, 0.0 * hot) if kinds[0] in ("cast", "hot") else (1.0, order.hot, hot)
    shapes = [Shape(now, number, phase, waves)]
    for kind in kinds:
        if kind == "hot":
            now, waves = 1.0, hot
        elif kind == "tandem":
            now, waves = order.hot / order.cold, 0.25 * hot + own
        elif kind == "temper":
            now, waves = now * (1.0 + float(rng.uniform(0.004, 0.012))), waves
        shapes.append(Shape(now, number, phase, waves))
    return tuple(shapes)


_PREFIX = {"heat": "HT", "slab": "SL", "hot_coil": "HC", "strip": "SS", "sheets": "PK", "package": "PG"}


def _next_id(material: Material, level: Level, step: int) -> str:
    """A running number of the level; cold coils have another prefix after annealing."""
    plant = material.plant
    prefix = _PREFIX.get(level) or ("CA" if plant.lines[step].kind == "anneal" else "CR")
    number = material.numbers.get(prefix, plant.first_number[level]) + 1
    material.numbers[prefix] = number
    return f"{number:07d}" if level in plant.numeric else f"{prefix}{plant.begin:%y}-{number:05d}"


def _goes_on(piece: Piece, line: ChainLine, rng: np.random.Generator) -> bool:
    """A few pieces stay in stock; one scrapped whole goes nowhere."""
    return bool(rng.random() >= (0.0 if line.step == 0 else 0.02)) and piece.ready < np.inf


def _enter(material: Material, line: ChainLine, piece: Piece, rng: np.random.Generator) -> Stay:
    """A piece is put into the line: turned unless it was rewound, cropped before the reference point."""
    coiled = piece.level not in ("heat", "slab")
    turned = coiled and line.kind != "pack" and bool(rng.random() >= 0.03)
    parts = turn(piece.parts) if turned else piece.parts
    step = piece.step
    size = material.length(parts, step)
    head = tail = 0.0
    if line.kind in _CROP:
        low, high = _CROP[line.kind]
        head, tail = (float(x) for x in rng.uniform(low, high, 2))
    shapes = dict_of(material, parts, step)
    passed = cut(cut(parts, shapes, size - tail)[0], shapes, head)[1]
    flipped = bool(rng.random() < 0.04) and coiled and line.kind != "pack"
    mass = material.mass(piece.parts, step=step, share=piece.share)
    stay = Stay(len(material.stays), line.step, piece.number, 1, turned, flipped, mass, size, head, tail, passed, piece.share)
    stay.length_out = material.length(passed, line.step)
    material.stays.append(stay)
    return stay


def dict_of(material: Material, parts: Parts, step: int) -> dict[int, Shape]:
    """Shapes after a line of the origins that a strip is made of."""
    return {part.origin: material.waves[part.origin][step + 1] for part in parts}


_CROP: Mapping[str, tuple[float, float]] = {
    "cast": (0.3, 0.8),
    "hot": (0.03, 0.12),
    "tandem": (1.0, 6.0),
    "anneal": (1.0, 5.0),
    "temper": (1.0, 8.0),
    "slit": (1.0, 6.0),
    "sheet": (1.0, 5.0),
}
"""[m] cut off either end before the reference point, in metres of what comes in."""
Taken = list[tuple[Stay, Parts, float, float]]
"""Stretches that make one output: stay, material, metres behind the head of what passed, metres on the output."""


def _with_rework(material: Material, line: ChainLine, stays: list[Stay], rng: np.random.Generator) -> list[Stay]:
    """Some coils come back and go through the line once more, a few coils later."""
    slots: list[tuple[float, Stay]] = [(float(i), stay) for i, stay in enumerate(stays)]
    for i, first in enumerate(stays):
        if rng.random() >= 0.025:
            continue
        piece = material.pieces[first.piece]
        again = Piece(piece.number, piece.id, piece.level, line.step, piece.made_by, first.passed, piece.share, piece.order, 0.0)
        second = _enter(material, line, again, rng)
        second.turn = 2
        slots.append((i + float(rng.uniform(2.5, 9.5)), second))
    return [stay for _, stay in sorted(slots, key=lambda slot: slot[0])]


def _cuts(
    material: Material, line: ChainLine, stays: list[Stay], rng: np.random.Generator
) -> Iterator[tuple[Stay, Taken]]:
    """Decide where the strip is cut behind the reference point; what lies between two outputs is scrap."""
    if line.kind not in ENDLESS or line.same_id:
        for stay in stays:
            yield from _batch_cuts(material, line, stay, rng)
        return
    i, behind = 0, 0.0
    while i < len(stays):
        plan = _cast_plan if line.kind == "cast" else _weld_plan
        upto, last = plan(material, line, stays, i, behind, rng)
        taken: Taken = []
        at, j = 0.0, i
        while j <= upto:
            start = behind if j == i else 0.0
            stop = last if j == upto else stays[j].length_out
            parts = _between(material, stays[j], line.step, start, stop)
            taken.append((stays[j], parts, start, at))
            at += stop - start
            j += 1
        yield stays[upto], taken
        # what is shorter than this behind a cut is the scrap sample with the weld
        i, behind = (upto, last) if stays[upto].length_out - last > _SAMPLE[line.kind] else (upto + 1, 0.0)


_SAMPLE = {"cast": 3.0, "tandem": 1.5, "anneal": 1.5}
"""[m] longest rest that is thrown away at a weld, or between heats."""


def _weld_plan(
    material: Material, line: ChainLine, stays: list[Stay], i: int, behind: float, rng: np.random.Generator
) -> tuple[int, float]:
    """Cut at the next weld, before it, behind it, or at the weld after: (stay, metres of it) where the output ends."""
    left, sample = stays[i].length_out - behind, float(rng.uniform(0.4, 1.2))
    chance = float(rng.random())
    free = line.kind == "tandem" or line.kind == "anneal"
    scale = 1.0 if line.kind == "tandem" else 0.25
    long = left > 250.0
    if free and long and chance < 0.2 * scale:
        return i, behind + left * float(rng.uniform(0.35, 0.65))
    joinable = i + 1 < len(stays) and _alike(material, stays[i], stays[i + 1])
    if joinable and (0.2 * scale <= chance < 0.35 * scale or left < 120.0):
        return i + 1, stays[i + 1].length_out - sample
    if joinable and 0.35 * scale <= chance < 0.5 * scale:
        return i + 1, stays[i + 1].length_out * float(rng.uniform(0.15, 0.6))
    return i, stays[i].length_out - sample


def _cast_plan(
    material: Material, line: ChainLine, stays: list[Stay], i: int, behind: float, rng: np.random.Generator
) -> tuple[int, float]:
    """Slabs of about equal length, over the boundary of two heats when they are of one order."""
    size = float(rng.uniform(5.6, 7.4))
    left = stays[i].length_out - behind
    if size <= left - _SAMPLE["cast"] or not (i + 1 < len(stays) and _alike(material, stays[i], stays[i + 1])):
        return i, behind + min(size, left)
    return (i, behind + size) if size < left else (i + 1, size - left)


def _alike(material: Material, one: Stay, other: Stay) -> bool:
    return material.pieces[one.piece].order == material.pieces[other.piece].order


def _batch_cuts(material: Material, line: ChainLine, stay: Stay, rng: np.random.Generator) -> Iterator[tuple[Stay, Taken]]:
    """One output, or several one behind the other; the end of a coil may go back to stock."""
    count, stop = 1, stay.length_out
    if line.kind in ENDLESS:
        stop -= float(rng.uniform(0.4, 1.2))
    if line.kind == "slit":
        count = 2 if rng.random() < 0.15 else 1
    if line.kind == "sheet":
        count = int(rng.integers(3, 6))
    if line.kind in ("slit", "sheet") and rng.random() < 0.03:
        left = stop * float(rng.uniform(0.15, 0.4))
        rest = _between(material, stay, line.step, stop - left, stop)
        stop -= left
        stay.rest = material.mass(rest, step=line.step - 1, share=stay.share)
    edges = np.linspace(0.0, stop, count + 1)
    edges[1:-1] += rng.uniform(-0.03, 0.03, count - 1) * stop / count
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        yield stay, [(stay, _between(material, stay, line.step, float(low), float(high)), float(low), 0.0)]


def _between(material: Material, stay: Stay, step: int, start: float, stop: float) -> Parts:
    """Material of a stay between two metres behind the head of what passed."""
    shapes = dict_of(material, stay.passed, step)
    upto = cut(stay.passed, shapes, stop)[0] if stop < stay.length_out else stay.passed
    return cut(upto, shapes, start)[1] if start > 0.0 else upto


def _make(material: Material, line: ChainLine, stay: Stay, taken: Taken, rng: np.random.Generator) -> None:
    """Make the outputs of one cut: one piece, or several side by side."""
    lanes: list[tuple[int, float]] = [(0, 1.0)]
    if line.kind == "slit":
        lanes = _lanes(rng)
    for lane, width in lanes:
        parts = tuple(part for _, stretch, _, _ in taken for part in stretch)
        share = stay.share * width
        piece = _piece(material, line, stay, parts=parts, share=share, lane=lane)
        output = _output(material, line, piece, taken, width=width)
        for source, stretch, start, at in taken:
            _link(material, line, source, output, stretch=stretch, start=start, at=at, width=width, lane=lane, kind=_kind(line, taken))
        output.verdict = "OK"
        if not line.same_id and line.kind != "cast" and rng.random() < 0.012:
            output.verdict, piece.ready = "SCRAP", np.inf


def _lanes(rng: np.random.Generator) -> list[tuple[int, float]]:
    """Strips side by side: number and part of the width; the trim of both edges is scrap."""
    count = int(rng.integers(2, 7))
    trim = float(rng.uniform(0.004, 0.02))
    parts = np.ones(count) if rng.random() < 0.6 else rng.choice([1.0, 1.5, 2.0], count)
    return [(i + 1, float(part)) for i, part in enumerate(parts / parts.sum() * (1.0 - trim))]


def _piece(material: Material, line: ChainLine, stay: Stay, *, parts: Parts, share: float, lane: int) -> Piece:
    parent = material.pieces[stay.piece]
    lag = material.plant.lag_s
    if line.same_id:
        parent.parts, parent.step = parts, line.step
        parent.ready = stay.end + 0.3 * lag
        return parent
    level = COMES_OUT[line.kind]
    piece = new_piece(material, level=level, step=line.step, parts=parts, share=share, order=parent.order, ready=stay.end + 0.3 * lag)
    piece.lane = lane
    if line.suffixed:
        material.numbers[_PREFIX[level]] -= 1
        piece.id = f"{parent.id}-{len(stay.outputs) + 1:02d}"
    return piece


def _output(material: Material, line: ChainLine, piece: Piece, taken: Taken, *, width: float) -> Output:
    first, last = taken[0], taken[-1]
    size = [material.length(parts, line.step) for _, parts, _, _ in taken]
    order = material.orders[piece.order]
    mass = sum(material.mass(parts, step=line.step, share=piece.share) for _, parts, _, _ in taken)
    wide = order.width * piece.share
    length = sum(size)
    thick = SLAB_THICKNESS if line.kind == "cast" else mass / (STEEL_DENSITY * wide * length)
    output = Output(
        number=len(material.outputs),
        step=line.step,
        piece=piece.number,
        begin_m=first[0].begin_m + first[2],
        end_m=last[0].begin_m + last[2] + size[-1],
        mass=mass,
        length=length,
        thickness=thick,
        width=wide,
        order=piece.order,
    )
    material.outputs.append(output)
    return output


def _kind(line: ChainLine, taken: Taken) -> str:
    if line.kind in ("cast", "slit"):
        return {"cast": "cast", "slit": "slit"}[line.kind]
    if line.kind == "sheet":
        return "sheeted"
    if len(taken) > 1:
        return "welded"
    return "rolled" if line.kind in LENGTHENS else "processed"


def _link(
    material: Material,
    line: ChainLine,
    stay: Stay,
    output: Output,
    *,
    stretch: Parts,
    start: float,
    at: float,
    width: float,
    lane: int,
    kind: str,
) -> None:
    """Note what of a stay went into an output, in metres of what came in."""
    before = _before(material, stay, line.step, start)
    size = sum(length_of(part, material.waves[part.origin][line.step]) for part in stretch)
    mass_in = material.mass(stretch, step=line.step - 1, share=stay.share * width)
    mass_out = material.mass(stretch, step=line.step, share=stay.share * width)
    stay.outputs.append(len(material.links))
    material.links.append(
        Link(
            stay=stay.number,
            output=output.number,
            parent=stay.piece,
            child=output.piece,
            step=line.step,
            kind=kind,
            mass_in=mass_in,
            mass_out=mass_out,
            from_m=stay.head_crop + before,
            to_m=stay.head_crop + before + size,
            at_m=at,
            lane=lane,
        )
    )


def _before(material: Material, stay: Stay, step: int, start: float) -> float:
    """Metres of what came in that passed before ``start`` metres of what goes out."""
    if start <= 0.0:
        return 0.0
    front = cut(stay.passed, dict_of(material, stay.passed, step), start)[0]
    return material.length(front, step - 1)


def _pack(material: Material, line: ChainLine, stays: list[Stay], rng: np.random.Generator) -> None:
    """Put one to four pieces of one order into a package."""
    i = 0
    while i < len(stays):
        count = int(rng.integers(1, 5))
        group = [s for s in stays[i : i + count] if _alike(material, stays[i], s)]
        i += len(group)
        first = material.pieces[group[0].piece]
        ready = group[-1].end
        package = new_piece(material, level="package", step=line.step, parts=(), share=1.0, order=first.order, ready=ready)
        output = Output(len(material.outputs), line.step, package.number, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, first.order, group[0].start, ready)
        output.verdict = "OK"
        material.outputs.append(output)
        for stay in group:
            stay.mass_out = stay.mass_in
            output.mass += stay.mass_in
            stay.outputs.append(len(material.links))
            mass, nowhere = stay.mass_in, float("nan")
            material.links.append(
                Link(stay.number, output.number, stay.piece, package.number, line.step, "packed", mass, mass, nowhere, nowhere, nowhere, 0)
            )


def scrapped_extent(stay: Stay) -> float:
    """Nominal metres of hot strip that passed the reference point in a stay. [m]"""
    return extent(stay.passed)
