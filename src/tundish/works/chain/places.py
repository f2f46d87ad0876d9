"""Through which metres of which line, and when, did each metre of a final piece come?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from tundish.works.chain.material import Link, Material, Output, Stay
from tundish.works.chain.motion import Motion
from tundish.works.chain.strip import Part, length_of

KNOT_M = 10.0
"""[m] between two knots on the final product, about."""
Passage = tuple[Stay, Part, float, float]
"""A stretch of an origin in a stay; metres of what went out and came in before it."""


class Passages:
    """Finds where material passed on each line."""

    def __init__(self, material: Material) -> None:
        self.material = material
        self.of: dict[tuple[int, int], list[Passage]] = {}
        for stay in material.stays:
            out, came = 0.0, stay.head_crop
            for part in stay.passed:
                self.of.setdefault((stay.step, part.origin), []).append((stay, part, out, came))
                out += length_of(part, material.waves[part.origin][stay.step + 1])
                came += length_of(part, material.waves[part.origin][stay.came_from + 1])

    def origins(self, pieces: Sequence[int]) -> set[int]:
        """Origins of these pieces."""
        return {part.origin for piece in pieces for part in self.material.pieces[piece].parts}


def knots(material: Material, passages: Passages, motions: Mapping[int, Motion], finals: Sequence[int]) -> pl.DataFrame:
    """One row a knot of a final piece and a run through a line; metres and times are true."""
    links: dict[int, list[Link]] = {}
    for link in material.links:
        links.setdefault(link.stay, []).append(link)
    made: list[dict[str, Any]] = []
    for number in finals:
        piece = material.pieces[number]
        x = 0.0
        for part in piece.parts:
            shape = material.waves[part.origin][piece.step + 1]
            count = int(np.ceil(length_of(part, shape) / KNOT_M)) + 1
            u = np.linspace(part.begin, part.end, max(count, 2))
            along = x + np.abs(shape.length(u) - shape.length(part.begin))
            x = float(along[-1])
            for step in range(piece.step + 1):
                if step in motions:
                    made += _of_line(
                        material, passages, motions[step], links, step=step, final=number, origin=part.origin, u=u, x=along
                    )
    return pl.DataFrame(made, schema=KNOTS).sort("piece", "x_m", "line", "turn", maintain_order=True)


KNOTS = pl.Schema(
    {
        "piece": pl.Int64(),
        "x_m": pl.Float64(),
        "line": pl.String(),
        "turn": pl.Int64(),
        "seconds": pl.Float64(),
        "strip_m": pl.Float64(),
        "in_piece": pl.Int64(),
        "in_m": pl.Float64(),
        "out_piece": pl.Int64(),
        "out_m": pl.Float64(),
    }
)


def _of_line(
    material: Material,
    passages: Passages,
    motion: Motion,
    links: Mapping[int, list[Link]],
    *,
    step: int,
    final: int,
    origin: int,
    u: np.ndarray[Any, np.dtype[np.float64]],
    x: np.ndarray[Any, np.dtype[np.float64]],
) -> list[dict[str, Any]]:
    made = []
    after = material.waves[origin][step + 1]
    for stay, part, out, came in passages.of.get((step, origin), ()):
        low, high = sorted((part.begin, part.end))
        rows = (u >= low - 1e-9) & (u <= high + 1e-9)
        if not rows.any() or not _upstream(material, stay, final, links):
            continue
        strip = stay.begin_m + out + np.abs(after.length(u[rows]) - after.length(part.begin))
        before = material.waves[origin][stay.came_from + 1]
        entered = came + np.abs(before.length(u[rows]) - before.length(part.begin))
        times = motion.time_at(strip)
        outputs = [material.outputs[link.output] for link in links.get(stay.number, ())]
        for i, at in enumerate(x[rows]):
            output = _output_at(outputs, float(strip[i]), final)
            if output is not None:
                where = {"strip_m": float(strip[i]), "in_piece": stay.piece, "in_m": float(entered[i])}
                there = {"out_piece": output.piece, "out_m": float(strip[i]) - output.begin_m}
                made.append(
                    {"piece": final, "x_m": float(at), "line": material.plant.lines[step].name, "turn": stay.turn}
                    | {"seconds": float(times[i])}
                    | where
                    | there
                )
    return made


def _upstream(material: Material, stay: Stay, final: int, links: Mapping[int, list[Link]]) -> bool:
    """Strips side by side hold the same material coordinates, but each is upstream of itself only."""
    piece = material.pieces[final]
    return stay.step < piece.step or any(link.child == final for link in links.get(stay.number, ()))


def _output_at(outputs: Sequence[Output], strip: float, final: int) -> Output | None:
    here = [o for o in outputs if o.begin_m - 1e-6 <= strip <= o.end_m + 1e-6]
    return next((o for o in here if o.piece == final), here[0] if here else None)
