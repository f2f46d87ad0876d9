"""What is true of a chain, and how is it written beside its exports?

``DIR.truth.json`` says which lines, clocks and files there are; ``DIR.truth/*.parquet`` hold the frames. docs/works.md explains
the fields.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from tundish.works.chain.ids import Cell
from tundish.works.chain.material import Link, Material, Output
from tundish.works.chain.papers import Written
from tundish.works.chain.plant import ChainLine, Plant, PlcClock

VERSION = 1
ZONE = ZoneInfo("Asia/Seoul")
FRAMES = ("pieces", "edges", "stays", "cells", "knots", "samples", "defects")


@dataclass(frozen=True, slots=True)
class TrueJump:
    """A clock was set: from ``at`` on, ``step_s`` more are to be added."""

    at: str
    step_s: float


@dataclass(frozen=True, slots=True)
class TrueClock:
    """What is to be added to the times of a file to get those of the MES."""

    file: str
    offset_s: float
    """[s] at ``at``."""
    drift_ppm: float
    """[s per 1e6 s] growth of the offset."""
    at: str
    """UTC, ISO 8601."""
    jumps: tuple[TrueJump, ...]
    begin: str
    end: str

    def offset_at(self, moment: datetime) -> float:
        """Seconds to be added at a true moment (with a zone)."""
        offset = self.offset_s + 1e-6 * self.drift_ppm * (moment - datetime.fromisoformat(self.at)).total_seconds()
        return offset + sum(jump.step_s for jump in self.jumps if moment >= datetime.fromisoformat(jump.at))


@dataclass(frozen=True, slots=True)
class TrueLine:
    """One line, and how it writes."""

    name: str
    kind: str
    production: str
    """File of its production table."""
    trend: str | None
    style: str
    leaves_out: tuple[str, ...]
    same_id: bool
    by_hand: bool
    whole_masses: bool
    speed_scale: float
    gauges: Mapping[str, float]
    """``file:column`` -> metres behind the reference point."""


@dataclass(frozen=True, slots=True)
class ChainTruth:
    """All that a test may compare an answer with."""

    version: int
    line: str
    seed: int
    pieces: int
    begin: str
    end: str
    """UTC: what the production tables cover."""
    lines: tuple[TrueLine, ...]
    clocks: tuple[TrueClock, ...]
    frames: Mapping[str, pl.DataFrame]
    """``pieces``, ``edges``, ``stays``, ``cells``, ``knots``, ``samples``, ``defects``."""


def utc(plant: Plant, seconds: float) -> datetime:
    """A second of the plant as UTC, to the microsecond."""
    return (plant.begin.replace(tzinfo=ZONE) + timedelta(seconds=seconds)).astimezone(ZoneInfo("UTC"))


def save(truth: ChainTruth, path: Path) -> None:
    """Write the truth: JSON at ``path``, frames as Parquet in the folder of that name without its ending."""
    folder = path.with_suffix("")
    folder.mkdir()
    for name, frame in truth.frames.items():
        frame.write_parquet(folder / f"{name}.parquet", compression="zstd")
    plain = {key: value for key, value in _plain(truth).items() if key != "frames"}
    path.write_text(json.dumps(plain, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")


def load(path: Path) -> ChainTruth:
    """Read what :func:`save` wrote."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    raw["lines"] = tuple(TrueLine(**{**line, "leaves_out": tuple(line["leaves_out"])}) for line in raw["lines"])
    raw["clocks"] = tuple(TrueClock(**{**c, "jumps": tuple(TrueJump(**j) for j in c["jumps"])}) for c in raw["clocks"])
    frames = {name: pl.read_parquet(path.with_suffix("") / f"{name}.parquet", glob=False) for name in FRAMES}
    return ChainTruth(**raw, frames=frames)


def clock_of(plant: Plant, file: str, clock: PlcClock, begin: float, end: float) -> TrueClock:
    """A clock as the truth tells it."""
    iso = [utc(plant, seconds).isoformat() for seconds in (clock.at_s, begin, end)]
    jumps: tuple[TrueJump, ...] = ()
    if clock.jump_at_s is not None and begin < clock.jump_at_s < end:
        jumps = (TrueJump(utc(plant, clock.jump_at_s).isoformat(), clock.step_s),)
    return TrueClock(file, clock.offset_s, clock.drift_ppm, iso[0], jumps, iso[1], iso[2])


def frames_of(material: Material, written: Sequence[Written], cells: Sequence[Cell]) -> dict[str, pl.DataFrame]:
    """Pieces, edges, stays and wrong cells."""
    rows = {entry.link: entry for entry in written}
    made: dict[int, list[Output]] = {}
    for output in material.outputs:
        made.setdefault(output.piece, []).append(output)
    recorded = {material.links[link].child for link in rows if link >= 0}
    return {
        "pieces": _pieces(material, made, recorded),
        "edges": _edges(material, rows, cells),
        "stays": _stays(material, rows),
        "cells": _cells(material, cells),
    }


def _plain(truth: ChainTruth) -> dict[str, Any]:
    keys = ("version", "line", "seed", "pieces", "begin", "end")
    lines = [{**asdict(line), "leaves_out": list(line.leaves_out)} for line in truth.lines]
    return {key: getattr(truth, key) for key in keys} | {"lines": lines, "clocks": [asdict(clock) for clock in truth.clocks]}


def _pieces(material: Material, made: Mapping[int, list[Output]], recorded: set[int]) -> pl.DataFrame:
    plant, last = material.plant, _last(material.plant)
    rows = []
    for piece in material.pieces:
        born = made.get(piece.number, [None])[0]
        rows.append(
            {
                "piece": piece.number,
                "id": piece.id,
                "level": piece.level,
                "line": plant.lines[piece.made_by].name if piece.made_by >= 0 else None,
                "made": utc(plant, born.end) if born and piece.made_by >= 0 else None,
                "mass_kg": born.mass if born and piece.made_by >= 0 else material.mass(piece.parts, step=-1, share=1.0),
                "length_m": born.length if born and piece.made_by >= 0 else material.length(piece.parts, -1),
                "width_m": born.width if born else None,
                "thickness_m": born.thickness if born else None,
                "recorded": piece.number in recorded,
                "final": piece.step == last.step,
            }
        )
    return pl.DataFrame(rows, schema=PIECES)


def _edges(material: Material, written: Mapping[int, Written], cells: Sequence[Cell]) -> pl.DataFrame:
    wrong = {(cell.file, cell.row, cell.piece): cell for cell in cells}
    rows = [_edge(material, i, link, written, wrong) for i, link in enumerate(material.links) if not _keeps_id(material, link)]
    return pl.DataFrame(rows, schema=EDGES)


def _edge(
    material: Material, i: int, link: Link, written: Mapping[int, Written], wrong: Mapping[tuple[str, int, int], Cell]
) -> dict[str, Any]:
    stay, output, line = material.stays[link.stay], material.outputs[link.output], material.plant.lines[link.step]
    entry = written.get(i)
    slips = [wrong.get((entry.file, entry.row, piece)) for piece in (link.parent, link.child)] if entry else [None, None]
    known = line.kind not in ("cast", "pack")
    return {
        "parent": link.parent,
        "child": link.child,
        "parent_id": material.pieces[link.parent].id,
        "child_id": material.pieces[link.child].id,
        "kind": link.kind,
        "line": line.name,
        "at": utc(material.plant, output.start),
        "mass_kg": link.mass_out,
        "share_of_child": link.mass_out / output.mass,
        "share_of_parent": link.mass_in / stay.mass_in,
        "from_m": link.from_m if known else None,
        "to_m": link.to_m if known else None,
        "at_m": link.at_m if known else None,
        "lane": link.lane or None,
        "turned": stay.turned if known else None,
        "flipped": stay.flipped if known else None,
        "file": entry.file if entry else None,
        "row": entry.row if entry else None,
        "parent_cell": slips[0].error if slips[0] else None,
        "child_cell": slips[1].error if slips[1] else None,
    }


def _keeps_id(material: Material, link: Link) -> bool:
    return material.plant.lines[link.step].same_id


def _stays(material: Material, written: Mapping[int, Written]) -> pl.DataFrame:
    plant = material.plant
    recorded = {material.links[i].stay for i in written if i >= 0}
    rows = [
        {
            "piece": stay.piece,
            "line": plant.lines[stay.step].name,
            "turn": stay.turn,
            "start": utc(plant, stay.start),
            "end": utc(plant, stay.end),
            "mass_in_kg": stay.mass_in,
            "mass_out_kg": stay.mass_out,
            "scrap_kg": stay.scrap,
            "rest_kg": stay.rest,
            "length_in_m": stay.length_in,
            "length_out_m": stay.length_out,
            "head_crop_m": stay.head_crop,
            "tail_crop_m": stay.tail_crop,
            "turned": stay.turned,
            "flipped": stay.flipped,
            "strip_m": stay.begin_m,
            "recorded": stay.number in recorded,
        }
        for stay in material.stays
    ]
    return pl.DataFrame(rows, schema=STAYS)


def _cells(material: Material, cells: Sequence[Cell]) -> pl.DataFrame:
    rows = [{**asdict(cell), "id": material.pieces[cell.piece].id} for cell in cells]
    return pl.DataFrame(rows, schema=CELLS)


def _last(plant: Plant) -> ChainLine:
    """The last line on which a strip runs."""
    return plant.lines[-1] if plant.lines[-1].kind != "pack" else plant.lines[-2]


def timed(plant: Plant, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with its ``seconds`` as UTC in ``time``."""
    zero = np.datetime64(utc(plant, 0.0).replace(tzinfo=None), "us").astype(np.int64)
    moment = (pl.lit(int(zero)) + (pl.col("seconds") * 1e6).round().cast(pl.Int64)).cast(pl.Datetime("us", "UTC"))
    return frame.with_columns(moment.alias("time")).drop("seconds")


TIME = pl.Datetime("us", "UTC")
PIECES = pl.Schema(
    {
        "piece": pl.Int64(),
        "id": pl.String(),
        "level": pl.String(),
        "line": pl.String(),
        "made": TIME,
        "mass_kg": pl.Float64(),
        "length_m": pl.Float64(),
        "width_m": pl.Float64(),
        "thickness_m": pl.Float64(),
        "recorded": pl.Boolean(),
        "final": pl.Boolean(),
    }
)
EDGES = pl.Schema(
    {
        "parent": pl.Int64(),
        "child": pl.Int64(),
        "parent_id": pl.String(),
        "child_id": pl.String(),
        "kind": pl.String(),
        "line": pl.String(),
        "at": TIME,
        "mass_kg": pl.Float64(),
        "share_of_child": pl.Float64(),
        "share_of_parent": pl.Float64(),
        "from_m": pl.Float64(),
        "to_m": pl.Float64(),
        "at_m": pl.Float64(),
        "lane": pl.Int64(),
        "turned": pl.Boolean(),
        "flipped": pl.Boolean(),
        "file": pl.String(),
        "row": pl.Int64(),
        "parent_cell": pl.String(),
        "child_cell": pl.String(),
    }
)
STAYS = pl.Schema(
    {
        "piece": pl.Int64(),
        "line": pl.String(),
        "turn": pl.Int64(),
        "start": TIME,
        "end": TIME,
        "mass_in_kg": pl.Float64(),
        "mass_out_kg": pl.Float64(),
        "scrap_kg": pl.Float64(),
        "rest_kg": pl.Float64(),
        "length_in_m": pl.Float64(),
        "length_out_m": pl.Float64(),
        "head_crop_m": pl.Float64(),
        "tail_crop_m": pl.Float64(),
        "turned": pl.Boolean(),
        "flipped": pl.Boolean(),
        "strip_m": pl.Float64(),
        "recorded": pl.Boolean(),
    }
)
CELLS = pl.Schema(
    {
        "file": pl.String(),
        "row": pl.Int64(),
        "column": pl.String(),
        "piece": pl.Int64(),
        "id": pl.String(),
        "written": pl.String(),
        "error": pl.String(),
        "exists": pl.Boolean(),
    }
)
