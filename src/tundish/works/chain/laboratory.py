"""What does the laboratory write down of the samples that were cut off a chain's coils?"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tundish.works.chain import words
from tundish.works.chain.ids import Scribe
from tundish.works.chain.material import Material
from tundish.works.chain.papers import Window
from tundish.works.chain.sheets import Sheet, Value, write_sheet


def laboratory(material: Material, window: Window, scribe: Scribe, folder: Path) -> tuple[str, list[tuple[int, float, float]]]:
    """Write the laboratory's workbook, on its own clock; its name, and piece, true metres and true time of each sample."""
    plant = material.plant
    rng = np.random.default_rng([plant.seed, 470])
    step = max(line.step for line in plant.lines if line.kind in ("tandem", "anneal", "temper"))
    line = plant.lines[step]
    taken = [o for o in material.outputs if o.step == step and window.begin <= o.start and o.end <= window.end]
    taken = [o for o in taken if rng.random() < 0.6]
    places = [
        ("TAIL", o.length - float(rng.uniform(0.5, 3.0))) if rng.random() < 0.7 else ("HEAD", float(rng.uniform(0.5, 3.0)))
        for o in taken
    ]
    moments = [
        (o.end if end == "TAIL" else o.start) + float(rng.uniform(0.0, 10.0)) for o, (end, _) in zip(taken, places, strict=True)
    ]
    offsets = plant.lab_clock.offset_at(np.array(moments, dtype=np.float64))
    keys = tuple(words.LABORATORY)
    headers = tuple(words.head(words.LABORATORY[key], line.style) for key in keys)
    units = tuple("" for _ in keys)
    sheet = Sheet("시험실적.xlsx", "재질 시험 실적", line.style, "xlsx", keys, headers, units)
    ids = scribe.column(
        [material.pieces[o.piece].id for o in taken],
        file=sheet.file,
        header=headers[0],
        first_row=sheet.first_row,
        spelling=1,
        by_hand=True,
        excel=True,
    )
    strength = rng.normal(280.0, 15.0, len(taken))
    columns: list[list[Value]] = [
        [float(text) if text is not None and text.isdigit() else text for text in ids],
        [plant.at(float(np.round(t - o))) for t, o in zip(moments, offsets, strict=True)],
        [end if line.style == "tags" else {"HEAD": "선단", "TAIL": "미단"}[end] for end, _ in places],
        [round(at + float(np.clip(rng.normal(0.0, 0.15), -0.3, 0.3)), 1) for _, at in places],
        [round(float(x), 0) for x in strength],
        [round(float(x) * 1.25 + float(rng.normal(0.0, 4.0)), 0) for x in strength],
        [round(52.0 - 0.05 * float(x) + float(rng.normal(0.0, 0.8)), 1) for x in strength],
    ]
    write_sheet(folder, sheet, columns)
    return sheet.file, [(o.piece, at, t) for o, (_, at), t in zip(taken, places, moments, strict=True)]
