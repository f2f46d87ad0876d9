"""A chain of three to five lines: heats, slabs, coils, strips, sheets and packages, and who came from whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from tundish.works.chain import papers, places
from tundish.works.chain import trends as trending
from tundish.works.chain import truth as truths
from tundish.works.chain.flaws import defects, defects_of, flaws
from tundish.works.chain.ids import Scribe
from tundish.works.chain.laboratory import laboratory
from tundish.works.chain.lines import run_line
from tundish.works.chain.material import Material, Stay, begin
from tundish.works.chain.motion import Drives, lead_of
from tundish.works.chain.plant import ChainLine, Plant, build
from tundish.works.chain.truth import ChainTruth, TrueClock, TrueLine, load

__all__ = ["ChainTruth", "TrueClock", "TrueLine", "build", "load", "operate", "write"]


def operate(plant: Plant, pieces: int) -> tuple[Material, Drives]:
    """Run the chain until about ``pieces`` final pieces are made."""
    material, drives = begin(plant, pieces), Drives()
    for line in plant.lines:
        before = len(material.outputs)
        run_line(material, line, drives.schedule)
        drives.stamp(material.outputs[before:])
    return material, drives


def write(
    folder: Path,
    truth_path: Path,
    *,
    seed: int,
    pieces: int = 400,
    sample_s: float = 0.1,
    lines: int | None = None,
    coils: int = 60,
    trends: bool = True,
) -> None:
    """Write the exports of the chain behind a seed, and the truth.

    ``lines``: 3 to 5, drawn when not given; ``coils``: how many of the last stays on the last strip line, and what led to them,
    the trends cover; ``sample_s``: seconds between two rows of a strip line's trend (a strand, metres a minute, is logged every
    second at most); ``trends=False``: production tables, laboratory and defects only.
    """
    plant = build(seed, lines=lines)
    material, drives = operate(plant, pieces)
    scribe = Scribe(np.random.default_rng([seed, 490]), {piece.id: piece.number for piece in material.pieces})
    window = papers.window_of(material)
    rows = [row for line in plant.lines for row in papers.production(material, line, window, scribe, folder)]
    traced = _trace(material, window, coils)
    scars, found = flaws(material, traced.finals)
    if found:
        defects(material, found, scribe, folder)
    lab, samples = laboratory(material, window, scribe, folder)
    clocks = [truths.clock_of(plant, lab, plant.lab_clock, window.begin, window.end)]
    written: dict[int, tuple[ChainLine, trending.Trend]] = {}
    if trends:
        written = _write_trends(material, drives, traced, scars, sample_s=sample_s, folder=folder)
        clocks += [truths.clock_of(plant, t.file, line.clock, t.begin, t.end) for line, t in written.values()]
    frames = truths.frames_of(material, rows, scribe.cells)
    motions = drives.motions if trends else {}
    frames["knots"] = truths.timed(plant, places.knots(material, traced.passages, motions, traced.finals if trends else ()))
    frames["samples"] = truths.timed(plant, _samples(samples))
    frames["defects"] = defects_of(material, found)
    lines_true = tuple(_line(line, rows, written.get(line.step)) for line in plant.lines)
    _write_settings(folder, lines_true)
    since, until = (truths.utc(plant, seconds).isoformat() for seconds in (window.begin, window.end))
    finals = int(frames["pieces"]["final"].sum())
    truth = ChainTruth(
        version=truths.VERSION,
        line="chain",
        seed=seed,
        pieces=finals,
        begin=since,
        end=until,
        lines=lines_true,
        clocks=tuple(clocks),
        frames=frames,
    )
    truths.save(truth, truth_path)


@dataclass(frozen=True, slots=True)
class _Traced:
    """The last final pieces and every stay that their material had."""

    finals: Sequence[int]
    stays: Mapping[int, Sequence[Stay]]
    """Step -> stays in the order in which they ran, the ones between them too."""
    passages: places.Passages


def _trace(material: Material, window: papers.Window, coils: int) -> _Traced:
    """The pieces made in the last stays of the last strip line, and where their material came through."""
    last = max(line.step for line in material.plant.lines if line.kind != "pack")
    passages = places.Passages(material)
    ends = [s for s in material.stays if s.step == last and window.begin <= s.start and s.end <= window.end][-coils:]
    finals = list(dict.fromkeys(material.links[i].child for stay in ends for i in stay.outputs))
    origins = passages.origins(finals)
    stays: dict[int, Sequence[Stay]] = {}
    for step in range(last + 1):
        own = [s for s in material.stays if s.step == step]
        own.sort(key=lambda stay: stay.begin_m)
        hits = [i for i, stay in enumerate(own) if any(part.origin in origins for part in stay.passed)]
        stays[step] = own[max(min(hits) - 1, 0) : max(hits) + 2]
    return _Traced(finals, stays, passages)


def _write_trends(
    material: Material, drives: Drives, traced: _Traced, scars: Sequence[trending.Scar], *, sample_s: float, folder: Path
) -> dict[int, tuple[ChainLine, trending.Trend]]:
    written = {}
    for line in material.plant.lines:
        if line.step not in traced.stays or line.kind == "pack":
            continue
        stays = traced.stays[line.step]
        ran = _set_clock(line, stays)
        motion = drives.motions[line.step]
        made = trending.write(
            material, ran, motion=motion, stays=stays, sample_s=sample_s, lead=lead_of(line), scars=scars, folder=folder
        )
        written[line.step] = (ran, made)
    return written


def _set_clock(line: ChainLine, stays: Sequence[Stay]) -> ChainLine:
    """The offset holds where the trend begins; a clock that is set right is set between two pieces in the middle of it."""
    begin = stays[0].start
    clock = replace(line.clock, at_s=begin)
    if clock.jump_at_s is not None:
        at = stays[len(stays) // 2].end + 1.0
        wrong = float(clock.offset_at(np.array([begin]))[0])
        clock = replace(clock, jump_at_s=at, step_s=round(1.5 - wrong, 3))
    return replace(line, clock=clock)


def _line(line: ChainLine, rows: Sequence[papers.Written], written: tuple[ChainLine, trending.Trend] | None) -> TrueLine:
    name = next((row.file for row in rows if row.step == line.step), "")
    gauges: dict[str, float] = {}
    if written:
        trend = written[1]
        gauges = {f"{trend.file}:{trend.headers[gauge.key]}": gauge.at_m for gauge in line.gauges}
    return TrueLine(
        name=line.name,
        kind=line.kind,
        production=name,
        trend=written[1].file if written else None,
        style=line.style,
        leaves_out=tuple(sorted(line.leaves_out)),
        same_id=line.same_id,
        by_hand=line.by_hand,
        whole_masses=line.whole_masses,
        speed_scale=line.speed_scale[0],
        gauges=gauges,
    )


def _write_settings(folder: Path, lines: Sequence[TrueLine]) -> None:
    """The plant's plant.toml: where its gauges stand."""
    gauges = {name: at for line in lines for name, at in line.gauges.items()}
    text = "".join(f'"{name}" = {at}\n' for name, at in gauges.items())
    (folder / "plant.toml").write_text(f"[gauges]\n{text}", encoding="utf-8", newline="\n")


def _samples(samples: Sequence[tuple[int, float, float]]) -> pl.DataFrame:
    schema = {"piece": pl.Int64(), "x_m": pl.Float64(), "seconds": pl.Float64()}
    return pl.DataFrame(list(samples), schema=schema, orient="row")
