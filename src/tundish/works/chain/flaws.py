"""Which flaws do the last pieces have, what did the inspector write of them, and where is it true?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from tundish.works.chain import words
from tundish.works.chain.ids import Scribe
from tundish.works.chain.material import Material
from tundish.works.chain.sheets import Sheet, Value, write_sheet
from tundish.works.chain.strip import cut
from tundish.works.chain.trends import Scar


@dataclass(frozen=True, slots=True)
class Flaw:
    """What the inspector found on a final piece."""

    piece: int
    low: float
    high: float
    """[m] on the piece, from and to."""
    side: str
    name: str
    step: int | None
    """The line that made it, -1 for before all lines; None where nobody knows."""


def flaws(material: Material, finals: Sequence[int]) -> tuple[list[Scar], list[Flaw]]:
    """Thin spots in some final pieces, made on one of the lines, and what the inspector wrote of them and of others."""
    rng = np.random.default_rng([material.plant.seed, 465])
    scars, found = [], []
    for number in finals:
        if rng.random() >= 0.15:
            continue
        piece = material.pieces[number]
        size = material.length(piece.parts, piece.step)
        at = float(rng.uniform(0.1, 0.9)) * size
        side = str(rng.choice(["상면", "하면"]))
        if rng.random() < 0.6:
            part = cut(piece.parts, material.shapes(piece.parts, piece.step), at)[1][0]
            step = int(rng.integers(-1, piece.step))
            scars.append(Scar(part.origin, part.begin, step))
            found.append(Flaw(number, max(at - 1.5, 0.0), at + 1.5, side, "두께이상", step))
        else:
            found.append(
                Flaw(number, at, at + float(rng.uniform(0.5, 20.0)), side, str(rng.choice(["스크래치", "롤마크"])), None)
            )
    return scars, found


def defects(material: Material, found: Sequence[Flaw], scribe: Scribe, folder: Path) -> str:
    """Write the list of defects: piece, from and to in metres of the piece, side, name; the file's name."""
    plant = material.plant
    rng = np.random.default_rng([plant.seed, 460])
    line = plant.lines[-1] if plant.lines[-1].kind != "pack" else plant.lines[-2]
    heads = dict(words.DEFECTS)
    heads["piece"] = words.OUT_ID[material.pieces[found[0].piece].level] if found else heads["piece"]
    keys = tuple(heads)
    headers = tuple(words.head(heads[key], line.style) for key in keys)
    units = tuple("m" if key in ("from", "to") else "" for key in keys)
    sheet = Sheet("결함이력.csv", "결함 이력", line.style, "cp949", keys, headers, units)
    ends = {o.piece: o.end for o in material.outputs if o.step == line.step}
    off = np.clip(0.15 * rng.standard_normal(len(found)), -0.3, 0.3)
    columns: list[list[Value]] = [
        list(
            scribe.column(
                [material.pieces[flaw.piece].id for flaw in found],
                file=sheet.file,
                header=headers[0],
                first_row=sheet.first_row,
                spelling=2,
                by_hand=True,
            )
        ),
        [round(max(flaw.low + o, 0.0), 1) for flaw, o in zip(found, off, strict=True)],
        [round(max(flaw.high + o, 0.0), 1) for flaw, o in zip(found, off, strict=True)],
        [flaw.side for flaw in found],
        [flaw.name for flaw in found],
        [plant.at(ends[flaw.piece] + float(rng.uniform(600.0, 7200.0))) for flaw in found],
    ]
    write_sheet(folder, sheet, columns)
    return sheet.file


def defects_of(material: Material, found: Sequence[Flaw]) -> pl.DataFrame:
    """What was found, as the truth tells it: ``piece``, ``from_m``, ``to_m``, ``side``, ``name``, ``line`` that made it."""
    lines = material.plant.lines
    rows = [
        (f.piece, f.low, f.high, f.side, f.name, None if f.step is None or f.step < 0 else lines[f.step].name) for f in found
    ]
    schema = {
        "piece": pl.Int64(),
        "from_m": pl.Float64(),
        "to_m": pl.Float64(),
        "side": pl.String(),
        "name": pl.String(),
        "line": pl.String(),
    }
    return pl.DataFrame(rows, schema=schema, orient="row")
