"""What does a line do to what goes in? Turned, cropped, cut, welded, slit, packed: outputs, edges, scrap and rests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise, takewhile

import numpy as np

from tundish.works.chain.material import PREFIX, Link, Material, Output, Piece, Stay, new_piece
from tundish.works.chain.plant import COMES_OUT, ENDLESS, LENGTHENS, SLAB_THICKNESS, STEEL_DENSITY, ChainLine
from tundish.works.chain.strip import Parts, cut, turn


@dataclass(frozen=True, slots=True)
class Work:
    """A line at work: the material so far, the line, its chance."""

    material: Material
    line: ChainLine
    rng: np.random.Generator


def run_line(material: Material, line: ChainLine, schedule: Callable[[Material, ChainLine, list[Stay]], None]) -> None:
    """Take what is ready through a line: stays first, then their times (``schedule``), then what is made of them."""
    work = Work(material, line, np.random.default_rng([material.plant.seed, 430, line.step]))
    waiting = [p for p in material.pieces if p.step == line.step - 1 and _goes_on(work, p)]
    queue = _queue(work, waiting)
    stays = [_enter(work, piece) for piece in queue]
    if line.kind == "temper":
        stays = _with_rework(work, stays)
    schedule(material, line, stays)
    if line.kind == "pack":
        _pack(work, stays)
        return
    for stay, taken in _cuts(work, stays):
        _make(work, stay, taken)
    for stay in stays:
        made = [material.links[i] for i in stay.outputs]
        stay.mass_out = sum(link.mass_out for link in made)
        stay.scrap = stay.mass_in - stay.rest - stay.mass_out


def _queue(work: Work, waiting: list[Piece]) -> list[Piece]:
    """Campaign by campaign, in each about as the pieces came; now and then one is put off by some hours."""
    first: dict[int, float] = {}
    for piece in waiting:
        first[piece.order] = min(piece.ready, first.get(piece.order, np.inf))
    late = {piece.number: float(work.rng.exponential(20_000.0)) if work.rng.random() < 0.03 else 0.0 for piece in waiting}
    shuffle = {piece.number: float(work.rng.normal(0.0, 400.0)) for piece in waiting}
    after = {piece.number: first[piece.order] + late[piece.number] for piece in waiting}
    return sorted(waiting, key=lambda piece: (after[piece.number], piece.ready + shuffle[piece.number]))


def _goes_on(work: Work, piece: Piece) -> bool:
    """A few pieces stay in stock; one scrapped whole goes nowhere."""
    return bool(work.rng.random() >= (0.0 if work.line.step == 0 else 0.02)) and piece.ready < np.inf


def _enter(work: Work, piece: Piece) -> Stay:
    """A piece is put into the line: turned unless it was rewound, cropped before the reference point."""
    coiled = piece.level not in ("heat", "slab")
    turned = coiled and work.line.kind != "pack" and bool(work.rng.random() >= 0.03)
    parts = turn(piece.parts) if turned else piece.parts
    step = piece.step
    size = work.material.length(parts, step)
    head = tail = 0.0
    if work.line.kind in _CROP:
        low, high = _CROP[work.line.kind]
        head, tail = (float(x) for x in work.rng.uniform(low, high, 2))
    shapes = work.material.shapes(parts, step)
    passed = cut(cut(parts, shapes, size - tail)[0], shapes, head)[1]
    flipped = bool(work.rng.random() < 0.04) and coiled and work.line.kind != "pack"
    mass = work.material.mass(piece.parts, step=step, share=piece.share)
    stay = Stay(len(work.material.stays), work.line.step, piece.number, step, turned, flipped, mass, size, head, tail, passed)
    stay.share = piece.share
    stay.length_out = work.material.length(passed, work.line.step)
    work.material.stays.append(stay)
    return stay


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


def _with_rework(work: Work, stays: list[Stay]) -> list[Stay]:
    """Some coils come back and go through the line once more, a few coils later."""
    slots: list[tuple[float, Stay]] = [(float(i), stay) for i, stay in enumerate(stays)]
    for i, first in enumerate(stays):
        if work.rng.random() >= 0.025:
            continue
        piece = work.material.pieces[first.piece]
        second = _enter(work, replace(piece, step=work.line.step, parts=first.passed))
        second.turn = 2
        slots.append((i + float(work.rng.uniform(2.5, 9.5)), second))
    return [stay for _, stay in sorted(slots, key=lambda slot: slot[0])]


def _cuts(work: Work, stays: list[Stay]) -> Iterator[tuple[Stay, Taken]]:
    """Decide where the strip is cut behind the reference point; what lies between two outputs is scrap."""
    if work.line.kind not in ENDLESS or work.line.same_id:
        for stay in stays:
            yield from _batch_cuts(work, stay)
        return
    i, behind = 0, 0.0
    while i < len(stays):
        plan = _cast_plan if work.line.kind == "cast" else _weld_plan
        upto, last = plan(work, stays, i, behind)
        taken: Taken = []
        at, j = 0.0, i
        while j <= upto:
            start = behind if j == i else 0.0
            stop = last if j == upto else stays[j].length_out
            parts = _between(work, stays[j], start, stop)
            taken.append((stays[j], parts, start, at))
            at += stop - start
            j += 1
        yield stays[upto], taken
        # what is shorter than this behind a cut is the scrap sample with the weld
        i, behind = (upto, last) if stays[upto].length_out - last > _SAMPLE[work.line.kind] else (upto + 1, 0.0)


_SAMPLE = {"cast": 3.0, "tandem": 1.5, "anneal": 1.5}
"""[m] longest rest that is thrown away at a weld, or between heats."""


def _weld_plan(work: Work, stays: list[Stay], i: int, behind: float) -> tuple[int, float]:
    """Cut at the next weld, before it, behind it, or at the weld after: (stay, metres of it) where the output ends."""
    left, sample = stays[i].length_out - behind, float(work.rng.uniform(0.4, 1.2))
    chance = float(work.rng.random())
    scale = 1.0 if work.line.kind == "tandem" else 0.25
    long = left > 250.0
    if long and chance < 0.2 * scale:
        return i, behind + left * float(work.rng.uniform(0.35, 0.65))
    joinable = i + 1 < len(stays) and _alike(work, stays[i], stays[i + 1])
    if joinable and (0.2 * scale <= chance < 0.35 * scale or left < 120.0):
        return i + 1, stays[i + 1].length_out - sample
    if joinable and 0.35 * scale <= chance < 0.5 * scale:
        return i + 1, stays[i + 1].length_out * float(work.rng.uniform(0.15, 0.6))
    return i, stays[i].length_out - sample


def _cast_plan(work: Work, stays: list[Stay], i: int, behind: float) -> tuple[int, float]:
    """Slabs of about equal length, over the boundary of two heats when they are of one order."""
    size = float(work.rng.uniform(5.6, 7.4))
    left = stays[i].length_out - behind
    if size <= left - _SAMPLE["cast"] or not (i + 1 < len(stays) and _alike(work, stays[i], stays[i + 1])):
        return i, behind + min(size, left)
    return (i, behind + size) if size < left else (i + 1, size - left)


def _alike(work: Work, one: Stay, other: Stay) -> bool:
    return work.material.pieces[one.piece].order == work.material.pieces[other.piece].order


def _batch_cuts(work: Work, stay: Stay) -> Iterator[tuple[Stay, Taken]]:
    """One output, or several one behind the other; the end of a coil may go back to stock."""
    count, stop = 1, stay.length_out
    if work.line.kind in ENDLESS:
        stop -= float(work.rng.uniform(0.4, 1.2))
    if work.line.kind == "slit":
        count = 2 if work.rng.random() < 0.15 else 1
    if work.line.kind == "sheet":
        count = int(work.rng.integers(3, 6))
    if work.line.kind in ("slit", "sheet") and work.rng.random() < 0.03:
        left = stop * float(work.rng.uniform(0.15, 0.4))
        rest = _between(work, stay, stop - left, stop)
        stop -= left
        stay.rest = work.material.mass(rest, step=work.line.step - 1, share=stay.share)
    edges = np.linspace(0.0, stop, count + 1)
    edges[1:-1] += work.rng.uniform(-0.03, 0.03, count - 1) * stop / count
    for low, high in pairwise(edges):
        yield stay, [(stay, _between(work, stay, float(low), float(high)), float(low), 0.0)]


def _between(work: Work, stay: Stay, start: float, stop: float) -> Parts:
    """Material of a stay between two metres behind the head of what passed."""
    shapes = work.material.shapes(stay.passed, work.line.step)
    upto = cut(stay.passed, shapes, stop)[0] if stop < stay.length_out else stay.passed
    return cut(upto, shapes, start)[1] if start > 0.0 else upto


def _make(work: Work, stay: Stay, taken: Taken) -> None:
    """Make the outputs of one cut: one piece, or several side by side."""
    lanes = _lanes(work.rng) if work.line.kind == "slit" else [(0, 1.0)]
    for lane, width in lanes:
        parts = tuple(part for _, stretch, _, _ in taken for part in stretch)
        piece = _piece(work, stay, parts=parts, share=stay.share * width, lane=lane)
        output = _output(work, piece, taken)
        for source, stretch, start, at in taken:
            link = _link(work, source, stretch, start=start, width=width)
            made = replace(link, output=output.number, child=piece.number, kind=_kind(work.line, taken), at_m=at, lane=lane)
            source.outputs.append(len(work.material.links))
            work.material.links.append(made)
        if not work.line.same_id and work.line.kind != "cast" and work.rng.random() < 0.012:
            output.verdict, piece.ready = "SCRAP", np.inf


def _lanes(rng: np.random.Generator) -> list[tuple[int, float]]:
    """Strips side by side: number and part of the width; the trim of both edges is scrap."""
    count = int(rng.integers(2, 7))
    trim = float(rng.uniform(0.004, 0.02))
    parts = np.ones(count) if rng.random() < 0.6 else rng.choice([1.0, 1.5, 2.0], count)
    return [(i + 1, float(part)) for i, part in enumerate(parts / parts.sum() * (1.0 - trim))]


def _piece(work: Work, stay: Stay, *, parts: Parts, share: float, lane: int) -> Piece:
    parent = work.material.pieces[stay.piece]
    lag = work.material.plant.lag_s
    if work.line.same_id:
        parent.parts, parent.step = parts, work.line.step
        parent.ready = stay.end + 0.3 * lag
        return parent
    level = COMES_OUT[work.line.kind]
    piece = new_piece(
        work.material,
        level=level,
        step=work.line.step,
        parts=parts,
        share=share,
        order=parent.order,
        ready=stay.end + 0.3 * lag,
    )
    piece.lane = lane
    if work.line.suffixed:
        work.material.numbers[PREFIX[level]] -= 1
        piece.id = f"{parent.id}-{len(stay.outputs) + 1:02d}"
    return piece


def _output(work: Work, piece: Piece, taken: Taken) -> Output:
    first, last = taken[0], taken[-1]
    size = [work.material.length(parts, work.line.step) for _, parts, _, _ in taken]
    order = work.material.orders[piece.order]
    mass = sum(work.material.mass(parts, step=work.line.step, share=piece.share) for _, parts, _, _ in taken)
    wide = order.width * piece.share
    length = sum(size)
    thick = SLAB_THICKNESS if work.line.kind == "cast" else mass / (STEEL_DENSITY * wide * length)
    output = Output(
        number=len(work.material.outputs),
        step=work.line.step,
        piece=piece.number,
        begin_m=first[0].begin_m + first[2],
        end_m=last[0].begin_m + last[2] + size[-1],
        mass=mass,
        length=length,
        thickness=thick,
        width=wide,
        order=piece.order,
    )
    work.material.outputs.append(output)
    return output


def _kind(line: ChainLine, taken: Taken) -> str:
    if line.kind in ("cast", "slit"):
        return {"cast": "cast", "slit": "slit"}[line.kind]
    if line.kind == "sheet":
        return "sheeted"
    if len(taken) > 1:
        return "welded"
    return "rolled" if line.kind in LENGTHENS else "processed"


def _link(work: Work, stay: Stay, stretch: Parts, *, start: float, width: float) -> Link:
    """What of a stay went into an output, in metres of what came in; whose output it is comes later."""
    material, step = work.material, work.line.step
    front = _between(work, stay, 0.0, start) if start > 0.0 else ()
    begin = stay.head_crop + material.length(front, stay.came_from)
    return Link(
        stay=stay.number,
        output=-1,
        parent=stay.piece,
        child=-1,
        step=step,
        kind="",
        mass_in=material.mass(stretch, step=stay.came_from, share=stay.share * width),
        mass_out=material.mass(stretch, step=step, share=stay.share * width),
        from_m=begin,
        to_m=begin + material.length(stretch, stay.came_from),
        at_m=0.0,
        lane=0,
    )


def _pack(work: Work, stays: list[Stay]) -> None:
    """Put one to four pieces of one order into a package."""
    material, step, nowhere = work.material, work.line.step, float("nan")
    i = 0
    while i < len(stays):
        count = int(work.rng.integers(1, 5))
        group = list(takewhile(partial(_alike, work, stays[i]), stays[i : i + count]))
        i += len(group)
        order, ready = material.pieces[group[0].piece].order, group[-1].end
        package = new_piece(material, level="package", step=step, parts=(), share=1.0, order=order, ready=ready)
        mass = sum(stay.mass_in for stay in group)
        output = Output(len(material.outputs), step, package.number, 0.0, 0.0, mass, nowhere, nowhere, nowhere, order)
        output.start, output.end = group[0].start, ready
        material.outputs.append(output)
        for stay in group:
            own = stay.mass_out = stay.mass_in
            stay.outputs.append(len(material.links))
            link = Link(
                stay.number, output.number, stay.piece, package.number, step, "packed", own, own, nowhere, nowhere, nowhere, 0
            )
            material.links.append(link)
