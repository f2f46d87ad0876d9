"""What does one part of a table that is too large to be held give? Pure functions that an engine runs, part by part."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import polars as pl

from tundish.errors import Message
from tundish.ports import Plain
from tundish.standardise.recipe import read_standard
from tundish.table import ROW, Chunk, Recipe, Rule
from tundish.trace.pieces import Clock, Jump
from tundish.trace.stamps import NEVER, SECOND, Stamps, microseconds
from tundish.trace.stays.segments import Floats, Ints, Segments, by_time

FIELDS = 13
"""Numbers that :class:`tundish.trace.stays.kernels.Moments` keeps of a signal in a stay."""
STATE = tuple(f"m{i}" for i in range(FIELDS))
ROWS, EMPTIED, BEYOND, REACHED = -1, -2, -3, -4
"""In place of a signal's number: rows of a stay, values of a signal that were set aside, those of them that lie beyond what can
be true, rows that any stay has."""
_NOTHING = pl.DataFrame(
    schema={"stay": pl.Int64(), "signal": pl.Int32(), "word": pl.String(), **dict.fromkeys(STATE, pl.Float64())}
)
BACK_US = 86_400 * SECOND
"""Rows stamped so long before one above them were written by a clock that was set back: when they were made is not known."""
SPAN = pl.Schema(
    {
        "rows": pl.Int64,
        "first": pl.Int64,
        "last": pl.Int64,
        "backward": pl.Int64,
        "longest_back": pl.Int64,
        "at_row": pl.Int64,
    }
)
"""Of a chunk: its rows, first and last time (us), steps back in time, the longest of them (us) and where it stands."""


def span(shared: Mapping[str, Plain], values: Mapping[str, Plain]) -> pl.DataFrame:
    """One row of :data:`SPAN`: all rows are read once and counted, so that what is damaged is found before anything else."""
    chunk, recipe = _opened(shared, values)
    name = str(shared["time"])
    read = read_standard(chunk, recipe, [name]).frame
    times = microseconds(read[name])
    known = times[times != NEVER]
    steps = np.diff(known)
    longest = int(-steps.min(initial=0))
    at = int(read[ROW].to_numpy()[times != NEVER][steps.argmin() + 1]) if longest else 0
    row = (times.size, int(known.min(initial=np.iinfo(np.int64).max)), int(known.max(initial=NEVER)),
           int((steps < 0).sum()), longest, at)  # fmt: skip
    return pl.DataFrame([row], SPAN, orient="row")


def over_stays(shared: Mapping[str, Plain], values: Mapping[str, Plain]) -> pl.DataFrame:
    """Moments of the part's signals over each stay that it touches, and its words: one row a stay and signal.

    ``shared``: recipes, name of the time, clock, lanes, and the file of stays (``start``, ``stop`` in us, row number = piece).
    ``values``: the chunk, its signals and words, and ``floor``: stamps before it are of a clock that was set back.
    """
    from tundish.trace.stays.kernels import moments

    chunk, recipe = _opened(shared, values)
    signals, words, time, lane = _names(values["signals"]), _names(values["words"]), str(shared["time"]), shared["lane"]
    wanted = [*signals, *words, time, *([str(lane)] if lane is not None else [])]
    read = read_standard(chunk, recipe, wanted)
    times = right(shared["clock"], _trusted(microseconds(read.frame[time]), values["floor"]))
    if lane is not None:
        times = _in_lanes(times, read.frame[str(lane)], shared)
    stays = pl.read_parquet(Path(str(shared["stays"])))
    every = by_time(times, stays["start"].to_numpy(), stays["stop"].to_numpy())
    touched = np.flatnonzero(every.lengths > 0)
    some = Segments(every.order, every.first[touched], every.last[touched])
    numbers = np.empty((len(signals), times.size))
    for i, name in enumerate(signals):
        numbers[i] = read.frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
    found = [_counted(ROWS, touched, some.lengths), _counted(REACHED, np.zeros(1, np.int64), np.array([every.reached]))]
    emptied = np.array([read.emptied.get(name, 0) for name in signals], dtype=np.int64)
    beyond = np.array([read.beyond.get(name, 0) for name in signals], dtype=np.int64)
    found.append(_counted(EMPTIED, np.arange(len(signals)), emptied))
    found.append(_counted(BEYOND, np.arange(len(signals)), beyond))
    if signals and touched.size:
        found.append(_moments(moments(numbers, some, times).state, touched))
    found += [_words(i, read.frame[name].cast(pl.String), some, touched) for i, name in enumerate(words)]
    return pl.concat([_NOTHING, *found], how="diagonal")


def packed_clock(clock: Clock) -> Plain:
    """A clock in plain values."""
    return (clock.offset_s, clock.drift_ppm, clock.reference, tuple((jump.at, jump.by_s) for jump in clock.jumps))


def right(packed: Plain, times: Stamps) -> Stamps:
    """Times as the pieces' clock would show them, by a clock in plain values."""
    offset_s, drift_ppm, reference, jumps = json.loads(json.dumps(packed))
    nothing = Message("")
    steps = tuple(Jump(at=at, by_s=by_s, low_s=by_s, high_s=by_s, reason=nothing) for at, by_s in jumps)
    return Clock("", offset_s, offset_s, offset_s, nothing, drift_ppm, reference=reference, jumps=steps).right(times)


def packed_chunk(chunk: Chunk) -> str:
    """A chunk as text."""
    return json.dumps(asdict(chunk), ensure_ascii=False)


def packed_recipe(recipe: Recipe) -> str:
    """A recipe as text."""
    return json.dumps(asdict(recipe), ensure_ascii=False)


def _opened(shared: Mapping[str, Plain], values: Mapping[str, Plain]) -> tuple[Chunk, Recipe]:
    chunk = Chunk(**json.loads(str(values["chunk"])))
    said = json.loads(_names(shared["recipes"])[chunk.source])
    rules = (Rule(**{**rule, "headers": tuple(rule["headers"]), "missing": tuple(rule["missing"])}) for rule in said["rules"])
    return chunk, Recipe(tuple(rules), said["time_zone"])


def _names(plain: Plain) -> list[str]:
    return [str(name) for name in plain] if isinstance(plain, tuple | list) else []


def _trusted(times: Stamps, floor: Plain) -> Stamps:
    """Times without those of a clock that was set back; ``floor`` is None where rows do not stand in order of time."""
    if not isinstance(floor, int) or not times.size:
        return times
    latest = np.maximum.accumulate(np.maximum(times, floor))
    return np.where(times < latest - BACK_US, NEVER, times) if latest[-1] > NEVER + BACK_US else times


def _in_lanes(times: Stamps, names: pl.Series, shared: Mapping[str, Plain]) -> Stamps:
    code = {name: number for number, name in enumerate(_names(shared["lane_names"]))}
    codes = names.cast(pl.String).replace_strict(code, default=None, return_dtype=pl.Int64).fill_null(-1).to_numpy()
    return np.where((times == NEVER) | (codes < 0), NEVER, times + codes * int(str(shared["apart"])))


def _counted(signal: int, stays: Ints, counts: Ints) -> pl.DataFrame:
    some = np.flatnonzero(np.asarray(counts))
    made = {"stay": stays[some], STATE[0]: np.asarray(counts, dtype=np.float64)[some]}
    return pl.DataFrame(made).with_columns(pl.lit(signal, pl.Int32).alias("signal"), pl.lit(None, pl.String).alias("word"))


def _moments(state: Floats, touched: Ints) -> pl.DataFrame:
    """One row a signal and stay, signal by signal."""
    signals, stays, _ = state.shape
    rows = pl.DataFrame(state.reshape(-1, FIELDS), schema=list(STATE), orient="row")
    return rows.with_columns(
        pl.Series("stay", np.tile(touched, signals)),
        pl.Series("signal", np.repeat(np.arange(signals, dtype=np.int32), stays)),
    )


def _words(number: int, words: pl.Series, some: Segments, touched: Ints) -> pl.DataFrame:
    """How often each word stands in each stay."""
    rows = pl.DataFrame({"stay": touched[some.pieces], "word": words.gather(some.rows)}).drop_nulls()
    counted = rows.group_by("stay", "word").len(STATE[0]).sort("stay", "word").cast({STATE[0]: pl.Float64})
    return counted.with_columns(pl.lit(number, pl.Int32).alias("signal"))
