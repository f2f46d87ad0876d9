"""How far is the clock of a file that names pieces (laboratory, inspection, another MES)? From its times against the stays.

A sample is taken a little after the head or the tail of its piece. The times after that end begin sharply: where they begin,
the clock is off, for the quickest was taken at once. Where times are spread over hours, or are of what people did afterwards
(tested, inspected, typed), only a delay can be told, and no clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from tundish.errors import Message
from tundish.table import Column, Finding, Origin, Table
from tundish.trace.clocks.drift import USUAL_PPM
from tundish.trace.clocks.offset import Compared
from tundish.trace.clocks.scene import rounded_s
from tundish.trace.genealogy.graph import Genealogy
from tundish.trace.pieces import Clock
from tundish.trace.spelling import spell
from tundish.trace.stamps import NEVER, SECOND, Floats, Stamps, as_times, microseconds, stamps

_SHARP_S = 60.0
"""Times after the end of a piece that lie so close tell a clock."""
_FEWEST = 12
"""Rows that name pieces with stays which a comparison needs."""
_LEAST = 0.4
"""Share of the rows that must lie in the sharp part."""
_TYPED_S = 90.0
"""What is typed to the minute lies so near to when it happened."""
_REACH_S = 3 * 86_400.0
"""A sample is entered within days of its piece."""
_ON_THE_LINE = ("inspection.sampled", "production.start", "production.end", "production.input_time", "production.output_time")
"""What happened to the piece on the line, so that both clocks saw it."""
_DRAWS = 300
"""Resamples of the rows for 95 % intervals."""
_MINUTE = 60 * SECOND


def sharpened(stays: pl.DataFrame, moments: Mapping[str, Sequence[tuple[int, Stamps]]]) -> tuple[pl.DataFrame, set[str]]:
    """Stays of lines whose times were typed to the minute, as their logs mark them, null where none is near; and these lines.

    ``moments``: line -> when its log marks beginnings (1) and ends (-1), on the pieces' clock.
    """
    parts, lines = [], set()
    for (line,), whole in stays.group_by("line", maintain_order=True):
        part, known = whole, whole.drop_nulls(["start", "end"])
        typed = line in moments and rounded_s(microseconds(known["start"]), microseconds(known["end"])) > 0
        for kind, at in moments[str(line)] if typed else ():
            side = "start" if kind > 0 else "end"
            part = part.with_columns(as_times(_nearest(microseconds(part[side]), np.sort(at)), side))
            lines.add(str(line))
        parts.append(part)
    return (pl.concat(parts) if parts else stays), lines


def _nearest(times: Stamps, marks: Stamps) -> Stamps:
    if not marks.size:
        return np.full(times.size, NEVER)
    after = np.clip(np.searchsorted(marks, times), 1 if marks.size > 1 else 0, marks.size - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(np.abs(marks[after] - times) < np.abs(marks[before] - times), marks[after], marks[before])
    near = (times != NEVER) & (np.abs(nearest - np.where(times == NEVER, 0, times)) < _TYPED_S * SECOND)
    return np.where(near, nearest, NEVER)


def of_records(
    table: Table, genealogy: Genealogy, column: Column, doubts_s: Mapping[str, float] | None = None
) -> Compared | None:
    """The clock of a table with ids and times; None when it names no pieces with stays.

    ``doubts_s``: line -> by how much its stays themselves may all be off.
    """
    times = stamps(table, column.name)
    joined = _joined(table, genealogy, times)
    file = table.origins[0].file if table.origins else table.name
    if joined.height < _FEWEST:
        return None
    best = None
    for _, frame in joined.group_by("line", "goes"):
        delays = frame.select("start", "end").to_numpy() / SECOND
        low, share = _densest(delays)
        if best is None or share > best[2]:
            best = frame, low, share
    if best is None or best[2] < _LEAST:
        return _only_delay(file, column, joined)
    if column.concept not in _ON_THE_LINE:
        return _only_delay(file, column, joined, sharp_s=best[1])
    return _clock(file, best[0], best[1], (doubts_s or {}).get(str(best[0]["line"][0]), 0.0))


def _joined(table: Table, genealogy: Genealogy, times: Stamps) -> pl.DataFrame:
    """One row a row of the table and a stay of the piece it names: microseconds after its start and after its end."""
    pieces = genealogy.pieces.select("even").with_row_index("piece").with_columns(pl.col("piece").cast(pl.Int64))
    best = pl.DataFrame(schema={"piece": pl.Int64(), "at": pl.Int64()})
    for identity in table.of_kind("identity"):
        named = pl.DataFrame({"even": spell(table.frame[identity.name]).even.cast(pl.String), "at": times})
        found = named.filter(pl.col("at") != NEVER).join(pieces.unique("even", keep="none"), on="even").select("piece", "at")
        best = found if found.height > best.height else best
    return best.join(genealogy.stays.drop_nulls(["start", "end"]), on="piece").select(
        "piece", "line", "goes", "at",
        (pl.col("at") - pl.col("start").to_physical()).alias("start"),
        (pl.col("at") - pl.col("end").to_physical()).alias("end"),
    )  # fmt: skip


def _densest(delays: Floats) -> tuple[float, float]:
    """Where a window of sharp delays that holds most rows (by start or end) begins, and the share of the rows in it."""
    every = np.sort(delays[np.abs(delays) < _REACH_S])
    if not every.size:
        return 0.0, 0.0
    inside = np.searchsorted(every, every + _SHARP_S / 2, "right") - np.arange(every.size)
    low = float(every[int(inside.argmax())])
    hits = ((delays >= low) & (delays <= low + _SHARP_S / 2)).any(axis=1)
    return low, float(hits.mean())


def _clock(file: str, frame: pl.DataFrame, low: float, doubt: float) -> Compared:
    delays = frame.select("start", "end").to_numpy() / SECOND
    centre = low + _SHARP_S / 4
    away = np.abs(delays - centre)
    near = delays[np.arange(delays.shape[0]), away.argmin(axis=1)]
    kept = np.abs(near - centre) <= _SHARP_S / 2
    near, at = near[kept], frame["at"].to_numpy()[kept]
    reference = int(np.median(at))
    since = (at - reference) / SECOND
    rng = np.random.default_rng(0)
    slopes = [_slope(since, near, rng.integers(0, near.size, near.size)) for _ in range(_DRAWS)]
    trust = USUAL_PPM**2 / (USUAL_PPM**2 + (float(np.std(slopes)) * 1e6) ** 2)
    slope = trust * float(np.median(slopes))
    spread = float(np.sqrt(trust)) * float(np.std(slopes))
    level = near - slope * since
    begins = [_begin(rng.choice(level, level.size)) for _ in range(_DRAWS)]
    offset = -_begin(level)
    early, late = (-float(end) for end in np.percentile(begins, [97.5, 2.5]))
    reason = Message(
        "samples come sharply after a piece begins or ends ({rows} rows); the quickest was taken at once", rows=int(near.size)
    )
    drift = -slope * 1e6
    edges = frame["at"].to_numpy()[:, None] - frame.select("start", "end").to_numpy()
    whole = float((edges % _MINUTE == 0).mean()) > 0.9
    pad = 1.0 + doubt + (30.0 if whole else 0.0)  # which second of a minute was meant cannot be told
    clock = Clock(
        file, offset, min(early, offset) - pad, max(late, offset) + pad, reason,
        drift, drift - 1.96e6 * spread, drift + 1.96e6 * spread, reference=reference,
    )  # fmt: skip
    return Compared(clock, (), 1.0, int(near.size))


def _slope(since: Floats, delays: Floats, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float:
    """Median of the slopes between rows of the earlier and of the later half (a cheap Theil-Sen), in s/s."""
    order = rows[np.argsort(since[rows], kind="stable")]
    half = order.size // 2
    apart = since[order[half : 2 * half]] - since[order[:half]]
    rise = delays[order[half : 2 * half]] - delays[order[:half]]
    far = apart > 0
    return float(np.median(rise[far] / apart[far])) if far.any() else 0.0


def _begin(delays: Floats) -> float:
    """Where delays begin: below their lower half in proportion to its width, so that single early rows do not count."""
    tenth, half = np.quantile(delays, [0.1, 0.5])
    return float(tenth - (half - tenth) / 4)


def _only_delay(file: str, column: Column, joined: pl.DataFrame, *, sharp_s: float | None = None) -> Compared:
    reason = Message("only the delay after the pieces can be told, no clock")
    text = Message(
        "{column} of {file}: rows come {low:.0f} to {high:.0f} minutes after their pieces, too spread to compare the clocks; "
        "both are taken as equal.",
        column=column.header,
        file=file,
        low=float(joined["end"].quantile(0.1) or 0) / 60e6,
        high=float(joined["end"].quantile(0.9) or 0) / 60e6,
    )
    if sharp_s is not None:
        text = Message(
            "{column} of {file}: rows come {delay:.0f} s after their pieces. Whether it takes so long or the clock is off "
            "cannot be told; both are taken as equal. If you know the difference, write it under [clocks] in plant.toml.",
            column=column.header,
            file=file,
            delay=sharp_s,
        )
    finding = Finding("clock_only_delay", "info", text, Origin(file, column=column.header))
    return Compared(Clock.unknown(file, reason), (finding,))
