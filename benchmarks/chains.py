"""Is material traced as it truly ran? Generated chains in, genealogy, clocks and positions compared with the truth; resumable.

Run: python benchmarks/chains.py [--seeds 4] [--first 1] [--lines 3 4 5] [--pieces 4000] [--out build/chains.jsonl]
Each line of the output is one plant. A plant that is already in the file is not run again; delete the file after a change.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
import tomllib
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from position_bound import bound
from tundish import flow, works
from tundish.errors import TundishError
from tundish.settings import Settings
from tundish.table import SOURCE, Table
from tundish.trace.clocks import Aligned, align
from tundish.trace.genealogy import Genealogy, trace_material
from tundish.trace.mended import mend
from tundish.trace.position import Lengths, measure
from tundish.works import chain
from tundish.works.chain import ChainTruth, TrueClock

Row = dict[str, Any]
Readings = dict[str, tuple[np.ndarray, np.ndarray]]
"""File -> readings of its rows as mended, and true times of these rows [s]."""


def plain(name: str) -> str:
    """An id without what spellings differ in."""
    even = "".join(letter for letter in name.upper() if letter.isalnum())
    return even.lstrip("0") if even.isdigit() else even


def judge_genealogy(found: Genealogy, truth: ChainTruth) -> Row:
    """Precision and recall over pairs of parent and child; what became of the wrong cells; kinds, shares and masses."""
    true = truth.frames["edges"].drop_nulls("row")
    wanted = {(plain(a), plain(b)): kind for a, b, kind in true.select("parent_id", "child_id", "kind").iter_rows()}
    names = [plain(name) for name in found.pieces["id"].fill_null("?")]
    edges = found.edges.drop_nulls(["parent", "child"])
    made = {(names[a], names[b]): kind for a, b, kind in edges.select("parent", "child", "kind").iter_rows() if a != b}
    hits = wanted.keys() & made.keys()
    sums = found.edges.group_by("child").agg(
        pl.col("share_of_child").sum(), pl.col("share_of_child").null_count().alias("open")
    )
    sums = sums.filter(pl.col("open") == 0)["share_of_child"]
    return {
        "edges": len(wanted),
        "found": len(made),
        "hits": len(hits),
        "kinds_right": sum(wanted[pair] == made[pair] for pair in hits),
        "share_error": float((sums - 1.0).abs().max() or 0.0),
        "share_open": 1.0 - len(sums) / max(found.edges["child"].n_unique(), 1),
        **judge_cells(made.keys(), truth),
    }


def judge_cells(made: Any, truth: ChainTruth) -> Row:
    """Of the ids that stand wrong in production tables: traced right all the same, to a wrong parent, or left open."""
    edges, pieces = truth.frames["edges"], truth.frames["pieces"]
    true: dict[str, set[str]] = {}
    for parent, child in edges.select("parent_id", "child_id").iter_rows():
        true.setdefault(plain(child), set()).add(plain(parent))
    given: dict[str, set[str]] = {}
    for parent, child in made:
        given.setdefault(child, set()).add(parent)
    # an ancestor that stands nowhere else cannot be told from the slip that was made of it
    uses = edges.drop_nulls("row").filter(pl.col("parent_cell").is_null())["parent"]
    known = set(pieces.filter("recorded")["piece"]) | set(uses)
    counts = {"slips": 0, "right": 0, "wrong": 0, "open": 0, "unknowable": 0}
    for edge in edges.drop_nulls("row").drop_nulls("parent_cell").to_dicts():
        counts["slips"] += 1
        child, parent = plain(edge["child_id"]), plain(edge["parent_id"])
        if (parent, child) in made:
            counts["right"] += 1
        elif edge["parent"] not in known:
            counts["unknowable"] += 1
        elif given.get(child, set()) - true[child]:
            counts["wrong"] += 1
        else:
            counts["open"] += 1
    return counts


def judge_balance(truth: ChainTruth) -> float:
    """Largest relative error of mass in = out + scrap + rest over the true stays."""
    out = pl.col("mass_out_kg") + pl.col("scrap_kg") + pl.col("rest_kg")
    return float(truth.frames["stays"].select(((pl.col("mass_in_kg") - out) / pl.col("mass_in_kg")).abs().max()).item())


def seconds_of(text: str) -> float:
    """Seconds since 1970 of an ISO time."""
    return datetime.fromisoformat(text).timestamp()


def true_offset(clock: TrueClock, moment: float) -> float:
    """Seconds to be added at a true moment."""
    return clock.offset_at(datetime.fromisoformat(clock.at) + timedelta(seconds=moment - seconds_of(clock.at)))


def readings(before: Sequence[Table], after: Sequence[Table], truth: ChainTruth) -> Readings:
    """Of each file whose clock was set: what its mended rows read, and when that truly was [s]. Mending moves readings."""
    found: Readings = {}
    for clock in truth.clocks:
        pair = [next((t for t in tables if any(clock.file in o.places for o in t.origins)), None) for tables in (before, after)]
        if not clock.jumps or pair[0] is None or pair[1] is None:
            continue
        was, now = (seconds_in(table, clock.file) for table in pair if table is not None)
        if was.size != now.size or np.array_equal(was, now):
            continue
        jump = seconds_of(clock.jumps[0].at)
        steps = np.diff(was)
        row = int(np.argmin(np.abs(steps - np.median(steps) + clock.jumps[0].step_s))) + 1
        shown = np.unique(np.concatenate((np.arange(0, was.size, 200), [row - 1, row, was.size - 1])))
        sides = [true_offset(clock, jump + side) for side in (-5.0, 5.0)]
        near = was[shown] + np.where(shown < row, *sides)
        near = np.where(shown < row, np.minimum(near, jump - 1e-3), np.maximum(near, jump + 1e-3))
        true = was[shown] + np.array([true_offset(clock, float(moment)) for moment in near])
        order = np.argsort(now[shown], kind="stable")
        found[clock.file] = now[shown][order], true[order]
    return found


def seconds_in(table: Table, file: str) -> np.ndarray:
    """What the rows of one file of a table read [s]."""
    time_of = next(c.name for c in table.columns if c.kind == "time")
    own = [number for number, origin in enumerate(table.origins) if file in origin.places]
    frame = table.frame if SOURCE not in table.frame.columns else table.frame.filter(pl.col(SOURCE).is_in(own))
    return frame[time_of].dt.timestamp("us").to_numpy() / 1e6


def judge_clocks(aligned: Aligned, truth: ChainTruth, mended: Readings) -> list[Row]:
    """Errors of offset at both ends of the data [s] and of drift [ppm], one entry a file of a PLC or laboratory."""
    estimates = {clock.file: clock for clock in aligned.clocks}
    rows = []
    for clock in truth.clocks:
        estimate = estimates.get(clock.file)
        row: Row = {"file": clock.file, "jumps": len(clock.jumps), "trend": clock.file.startswith("TREND")}
        row["by_hand"] = any(line.by_hand for line in truth.lines if line.trend == clock.file)
        if estimate is None or not estimate.sure:
            rows.append(row | {"error_s": None, "drift_error_ppm": None, "hours": None})
            continue
        ends = [seconds_of(clock.begin) + 1.0, seconds_of(clock.end) - 1.0]
        shown = np.array([end - true_offset(clock, end) for end in ends])
        if clock.file in mended:
            now, true = mended[clock.file]
            shown = np.interp(ends, true, now)
        errors = estimate.offsets_s(np.round(shown * 1e6).astype(np.int64)) - (np.array(ends) - shown)
        row |= {"error_s": float(np.abs(errors).max()), "drift_error_ppm": estimate.drift_ppm - clock.drift_ppm}
        half = (estimate.high_s - estimate.low_s) / 2.0
        rows.append(row | {"hours": (ends[1] - ends[0]) / 3600.0, "half_s": float(half)})
    return rows


def judge_positions(
    lengths: Lengths, found: Genealogy, aligned: Aligned, truth: ChainTruth, mended: Readings
) -> dict[int, Row]:  # fmt: skip
    """Errors in metres of the final product after 1, 2, ... lines back, over the knots of all final pieces."""
    knots = truth.frames["knots"].with_columns((pl.col("time").dt.timestamp("us") / 1e6).alias("seconds"))
    names = [plain(name) for name in found.pieces["id"].fill_null("?")]
    rows_of: dict[str, int] = {name: row for row, name in enumerate(names)}
    ids = dict(truth.frames["pieces"].select("piece", "id").iter_rows())
    lines = line_names(found, truth)
    order = [line.name for line in truth.lines if line.kind != "pack"][::-1]
    clocks = {line.name: clock for line in truth.lines for clock in truth.clocks if clock.file == line.trend}
    made: dict[int, list[Any]] = {}
    for (piece,), own in knots.group_by(["piece"], maintain_order=True):
        row = rows_of.get(plain(ids[piece]))
        profile = None if row is None else lengths.along(row)
        for (name, turn), part in own.group_by(["line", "turn"], maintain_order=True):
            x, when = part["x_m"].to_numpy(), part["seconds"].to_numpy()
            error, said = np.full(x.size, np.nan), np.full(x.size, np.nan)
            if profile is not None and name in lines and name in clocks:
                there = profile.map(lines[name], x, turn=turn)
                moments = to_true(there.times_us / 1e6, aligned, clocks[name], mended)
                error, said = np.abs(product_metres(moments, when, x) - x), there.error_m
            made.setdefault(order.index(name) + 1, []).append(np.stack((error, said)))
    return {depth: summary(*np.concatenate(errors, axis=1)) for depth, errors in sorted(made.items())}


def line_names(found: Genealogy, truth: ChainTruth) -> dict[str, str]:
    """True line -> what the genealogy calls it: the line of the stays of the same pieces at the same time."""
    ids = truth.frames["pieces"].select("piece", id=pl.col("id").map_elements(plain, return_dtype=pl.String))
    stayed, made = truth.frames["stays"], truth.frames["edges"].drop_nulls("row")
    true = pl.concat(
        [stayed.select("piece", "line", at="end"), made.select("line", "at", piece="child")], how="diagonal_relaxed"
    ).join(ids, on="piece")
    names = pl.Series([plain(name) for name in found.pieces["id"].fill_null("?")])
    said = found.stays.select(id=names.gather(found.stays["piece"]), said="line", end="end").drop_nulls()
    near = (pl.col("at") - pl.col("end")).dt.total_seconds().abs() < 600
    both = true.join(said, on="id").filter(near).group_by("line", "said").len().sort("len", "said", descending=True)
    return dict(both.unique("line", keep="first", maintain_order=True).select("line", "said").iter_rows())


def to_true(moments: np.ndarray, aligned: Aligned, clock: TrueClock, mended: Readings) -> np.ndarray:
    """Reference times as estimated -> the file's own -> true ones: a clock that is off moves no metre."""
    estimate = next((one for one in aligned.clocks if one.file == clock.file), None)
    own = moments.copy()
    for _ in range(3):
        micros = np.nan_to_num(own * 1e6).astype(np.int64)
        own = moments - (estimate.offsets_s(micros) if estimate else 0.0)
    if clock.file in mended:
        return np.where(np.isnan(own), np.nan, np.interp(own, *mended[clock.file]))
    shifts = np.array([np.nan if np.isnan(m) else true_offset(clock, m + true_offset(clock, m)) for m in own])
    return own + shifts


def product_metres(moments: np.ndarray, when: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Metres of the product that truly stood at the reference point at these moments, straight on at both ends."""
    order = np.argsort(when)
    when, x = when[order], x[order]
    metres = np.interp(moments, when, x)
    if when.size > 1:
        low, high = (x[1] - x[0]) / (when[1] - when[0]), (x[-1] - x[-2]) / (when[-1] - when[-2])
        metres = np.where(moments < when[0], x[0] + (moments - when[0]) * low, metres)
        metres = np.where(moments > when[-1], x[-1] + (moments - when[-1]) * high, metres)
    return np.where(np.isnan(moments), np.nan, metres)


def summary(errors: np.ndarray, said: np.ndarray) -> Row:
    """Percentiles of the errors in m, how many metres are known at all, and how often the error is inside what was said."""
    known = errors[np.isfinite(errors)]
    inside = (errors <= said)[np.isfinite(errors)]
    far = {f"p{p}": float(np.percentile(known, p)) if known.size else None for p in (50, 95)}
    return far | {
        "metres_mapped": float(known.size / max(errors.size, 1)),
        "over_2_m": float((known > 2.0).mean()) if known.size else None,
        "inside": float(inside.mean()) if known.size else None,
    }


def run(seed: int, lines: int, pieces: int) -> Row:
    """One plant for genealogy alone, large, and one with trends."""
    row: Row = {"seed": seed, "lines": lines}
    with tempfile.TemporaryDirectory() as folder:
        made = works.make("chain", seed=seed, lines=lines, out=Path(folder) / "plant", pieces=pieces, trends=False)
        truth = chain.load(made.truth_path)
        standard = flow.standard(made.folder, Settings(), lambda *_: None)
        began = time.perf_counter()
        found = trace_material(standard.tables.tables, standard.catalogue)
        row |= {"genealogy_s": round(time.perf_counter() - began, 1), "balance": judge_balance(truth)}
        row["genealogy"] = judge_genealogy(found, truth)
    with tempfile.TemporaryDirectory() as folder:
        made = works.make("chain", seed=seed, lines=lines, out=Path(folder) / "plant")
        row |= run_trends(made.folder, chain.load(made.truth_path))
        row["bound"] = bound(seed, lines=lines)
    return row


def run_trends(folder: Path, truth: ChainTruth) -> Row:
    """Clocks and positions of a plant with trends, where these parts are there."""
    gauges = tomllib.loads((folder / "plant.toml").read_text(encoding="utf-8"))["gauges"]
    standard = flow.standard(folder, Settings(gauges_m=gauges), lambda *_: None)
    mended = mend(standard.tables.tables, standard.catalogue)
    tables, found = mended.tables, mended.genealogy
    began = time.perf_counter()
    row: Row = {}
    try:
        aligned = align(tables, found, standard.catalogue, gauges_m=gauges)
        known = readings(standard.tables.tables, tables, truth)
        row |= {"clocks": judge_clocks(aligned, truth, known), "clocks_s": round(time.perf_counter() - began, 1)}
        began = time.perf_counter()
        lengths = measure(tables, found, aligned, standard.catalogue, gauges_m=gauges)
        row |= {"positions": judge_positions(lengths, found, aligned, truth, known)}
        row |= {"positions_s": round(time.perf_counter() - began, 1)}
    except NotImplementedError as missing:
        row["missing"] = str(missing) or "not there yet"
    return row


def table(rows: list[Row]) -> str:
    """What came out, one line a plant and one for all together."""
    heads = ("seed", "lines", "edges", "precision", "recall", "slips right/wrong/open/unknowable")
    heads += ("clocks: worst s (within 2 s)", "drift ppm", "p95 m after 1, 2, ... lines (mapped)", "at best")
    body = [line_of(row) for row in rows]
    keys = ("edges", "found", "hits")
    total = {key: sum(row["genealogy"][key] for row in rows) for key in keys}
    share = f"precision {total['hits'] / total['found']:.5f}, recall {total['hits'] / total['edges']:.5f}"
    errors = [c["error_s"] for row in rows for c in row.get("clocks", ()) if c["trend"] and c["error_s"] is not None]
    asked = sum(c["trend"] for row in rows for c in row.get("clocks", ()))
    clocks = f"trend clocks within 2 s: {sum(e <= 2.0 for e in errors)} of {len(errors)} told, {asked} asked"
    ends = [
        f"All {total['edges']} edges: {share}. {clocks}.",
        f"Largest mass error: {max(row['balance'] for row in rows):.1e}; ",
    ]
    ends[1] += f"of shares: {max(row['genealogy']['share_error'] for row in rows):.1e}."
    return "\n".join([f"| {' | '.join(heads)} |", "|---" * len(heads) + "|", *body, "", *ends])


def line_of(row: Row) -> str:
    """One plant as a line of the table."""
    g = row["genealogy"]
    told = [c for c in row.get("clocks", ()) if c["trend"] and c["error_s"] is not None]
    asked = sum(c["trend"] for c in row.get("clocks", ()))
    worst = (
        f"{max(c['error_s'] for c in told):.2f} ({sum(c['error_s'] <= 2.0 for c in told)}/{asked})"
        if told
        else f"- (0/{asked})"
    )
    drift = f"{max(abs(c['drift_error_ppm']) for c in told):.0f}" if told else "-"
    places = ", ".join(
        f"{p['p95']:.2f} ({p['metres_mapped']:.0%})" if p["p95"] is not None else f"- ({p['metres_mapped']:.0%})"
        for p in row.get("positions", {}).values()
    )
    best = ", ".join(f"{value:.2f}" for value in row.get("bound", {}).values())
    slips = f"{g['right']}/{g['wrong']}/{g['open']}/{g['unknowable']}"
    precision, recall = g["hits"] / max(g["found"], 1), g["hits"] / max(g["edges"], 1)
    cells = (row["seed"], row["lines"], g["edges"], f"{precision:.5f}", f"{recall:.5f}", slips, worst, drift, places, best)
    return f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    """Run what is not in the file yet and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--lines", type=int, nargs="+", default=[3, 4, 5])
    parser.add_argument("--pieces", type=int, default=4000)
    parser.add_argument("--out", type=Path, default=Path("build/chains.jsonl"))
    wish = parser.parse_args()
    wish.out.parent.mkdir(parents=True, exist_ok=True)
    rows = [json.loads(line) for line in wish.out.read_text().splitlines()] if wish.out.exists() else []
    done = {(row["seed"], row["lines"]) for row in rows}
    for seed in range(wish.first, wish.first + wish.seeds):
        for lines in wish.lines:
            if (seed, lines) in done:
                continue
            try:
                row = run(seed, lines, wish.pieces)
            except TundishError as refusal:
                print(f"seed {seed}, {lines} lines: {refusal}", flush=True)
                continue
            with wish.out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
            rows.append(json.loads(json.dumps(row)))
            print(line_of(rows[-1]), flush=True)
    print(table(sorted(rows, key=lambda row: (row["seed"], row["lines"]))))


if __name__ == "__main__":
    main()
