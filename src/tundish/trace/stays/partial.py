"""What does one part of a table that is too large to be held give? Pure functions that an engine runs, part by part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from tundish.ports import Plain
from tundish.standardise.recipe import Standard, read_standard
from tundish.table import ROW, Chunk
from tundish.trace.clocks.order import breaks
from tundish.trace.stamps import NEVER, Stamps, microseconds, spacing
from tundish.trace.stays.equipment import Equipment
from tundish.trace.stays.packed import chunk_of, names, opened, recipe_of, right
from tundish.trace.stays.segments import Ints, Segments, by_time

FIELDS = 13
"""Numbers that :class:`tundish.trace.stays.kernels.Moments` keeps of a signal in a stay."""
STATE = tuple(f"m{i}" for i in range(FIELDS))
ROWS, EMPTIED, REACHED, LOOKS, WORDS, TWICE = -1, -2, -3, -4, -5, -6
"""In place of a signal's number: rows of a stay, values of a signal that were set aside, rows that any stay has, what the
signal's rows show, how often a word stands in all rows, rows that another export holds as well."""
_NOTHING = pl.DataFrame(
    schema={"stay": pl.Int64(), "signal": pl.Int32(), "word": pl.String(), **dict.fromkeys(STATE, pl.Float64())}
)
SPAN = pl.Schema(
    dict.fromkeys(("rows", "first", "last", "opening", "closing", "known", "backward"), pl.Int64) | {"step": pl.Float64}
)
"""Of a chunk: rows, least and greatest stamp (us), the first and the last as they stand, rows with a stamp, steps back, and the
usual step."""
STRETCH = pl.Schema(dict.fromkeys(("begin", "end", "row", "last_row", "rows"), pl.Int64))
"""Rows between two breaks of a log: first and last stamp, first and last row, how many have a stamp."""
_NOT_YET = np.iinfo(np.int64).max


def span(shared: Mapping[str, Plain], values: Mapping[str, Plain]) -> pl.DataFrame:
    """One row of :data:`SPAN`: all rows are read once and counted, so that what is damaged is found before anything else."""
    times, known, _ = _stamped(shared, values)
    ends = (int(known[0]), int(known[-1])) if known.size else (_NOT_YET, NEVER)
    row = (times.size, int(known.min(initial=_NOT_YET)), int(known.max(initial=NEVER)), *ends,
           known.size, int((np.diff(known) < 0).sum()), spacing(known))  # fmt: skip
    return pl.DataFrame([row], SPAN, orient="row")


def stretches(shared: Mapping[str, Plain], values: Mapping[str, Plain]) -> pl.DataFrame:
    """The part's rows between breaks of a log whose usual ``step`` (us) is shared, as :data:`STRETCH`."""
    _, known, rows = _stamped(shared, values)
    if not known.size:
        return pl.DataFrame(schema=STRETCH)
    cuts = breaks(known, float(str(shared["step"])))
    firsts, lasts = np.append(0, cuts), np.append(cuts, known.size) - 1
    ends = (known[firsts], known[lasts], rows[firsts], rows[lasts], lasts - firsts + 1)
    return pl.DataFrame(dict(zip(STRETCH.names(), ends, strict=True)), schema=STRETCH)


def over_stays(shared: Mapping[str, Plain], values: Mapping[str, Plain]) -> pl.DataFrame:
    """Moments of the part's signals over each stay that it touches, its words, and what its rows show.

    ``shared``: recipes, name of the time, the clock of each file, machines, and the file of stays (``start``, ``stop`` in us,
    a row a piece).
    ``values``: the chunk, its signals and words, ``shifts`` (first row, last row, us to add), and ``twice``: chunks of earlier
    exports that may hold the same rows.
    """
    from tundish.trace.stays.kernels import moments

    chunk, recipe = opened(shared, values)
    signals, words, time = names(values["signals"]), names(values["words"]), str(shared["time"])
    machines = Equipment(_text(shared["machine"]), tuple(names(shared["machines"])), None, int(str(shared["apart"])))
    wanted = [*signals, *words, time, *([machines.column] if machines.column is not None else [])]
    read = read_standard(chunk, recipe, wanted)
    twice = _twice(chunk, shared, values)
    place = None if machines.column is None else read.frame[machines.column]
    stamped = shifted(microseconds(read.frame[time]), read.frame[ROW].to_numpy(), values["shifts"])
    clocks = shared["clocks"]
    clock = clocks[chunk.source] if isinstance(clocks, tuple | list) else None
    times = machines.of_rows(right(clock, np.where(twice, NEVER, stamped)), place)
    stays = pl.read_parquet(Path(str(shared["stays"])), glob=False)
    every = by_time(times, stays["start"].to_numpy(), stays["stop"].to_numpy())
    touched = np.flatnonzero(every.lengths > 0)
    some = Segments(every.order, every.first[touched], every.last[touched])
    numbers = np.empty((len(signals), times.size))
    for i, name in enumerate(signals):
        numbers[i] = read.frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
    found = [*_counts(signals, read, some, touched), _counted(REACHED, np.zeros(1, np.int64), np.array([every.reached]))]
    found.append(_counted(TWICE, np.zeros(1, np.int64), np.array([twice.sum()])))
    if signals and touched.size:
        found.append(_moments(moments(numbers, some, times).state, touched))
    for i, name in enumerate(words):
        found += _words(i, read.frame[name].cast(pl.String), some, touched)
    return pl.concat([_NOTHING, *found], how="diagonal")


def shifted(times: Stamps, rows: Ints, shifts: Plain) -> Stamps:
    """Stamps put right where the clock had jumped: ``shifts`` holds first row, last row, microseconds to add."""
    for one in shifts if isinstance(shifts, tuple | list) else ():
        first, last, by = (int(str(number)) for number in one) if isinstance(one, tuple | list) else (0, -1, 0)
        times = np.where((rows >= first) & (rows <= last) & (times != NEVER), times + by, times)
    return times


def _stamped(shared: Mapping[str, Plain], values: Mapping[str, Plain]) -> tuple[Stamps, Stamps, Ints]:
    """All times of a part, those that are known, and their rows."""
    chunk, recipe = opened(shared, values)
    name = str(shared["time"])
    read = read_standard(chunk, recipe, [name]).frame
    times = microseconds(read[name])
    there = times != NEVER
    return times, times[there], read[ROW].cast(pl.Int64).to_numpy()[there]


def _twice(
    chunk: Chunk, shared: Mapping[str, Plain], values: Mapping[str, Plain]
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Rows that stand in an earlier export as well."""
    others = [chunk_of(text) for text in names(values["twice"])]
    if not others:
        return np.zeros(1, dtype=np.bool_)
    recipes = [recipe_of(text) for text in names(shared["recipes"])]
    named = (frozenset(rule.name for rule in recipes[one.source].rules) for one in (chunk, *others))
    wanted = sorted(frozenset.intersection(*named))
    rows = read_standard(chunk, recipes[chunk.source], wanted).frame.select(wanted).hash_rows(0)
    there = pl.concat([read_standard(one, recipes[one.source], wanted).frame.select(wanted).hash_rows(0) for one in others])
    return rows.is_in(there.unique().implode()).to_numpy()


def _text(plain: Plain) -> str | None:
    return None if plain is None else str(plain)


def _counts(signals: Sequence[str], read: Standard, some: Segments, touched: Ints) -> Iterator[pl.DataFrame]:
    yield _counted(ROWS, touched, some.lengths)
    emptied = np.array([read.emptied.get(name, 0) for name in signals], dtype=np.int64)
    yield _counted(EMPTIED, np.arange(len(signals)), emptied)
    looks = [(i, read.looks[name].packed()) for i, name in enumerate(signals) if name in read.looks]
    rows = pl.DataFrame(looks, {"stay": pl.Int64, "word": pl.String}, orient="row")
    yield rows.with_columns(pl.lit(LOOKS, pl.Int32).alias("signal"))


def _counted(signal: int, stays: Ints, counts: Ints) -> pl.DataFrame:
    some = np.flatnonzero(np.asarray(counts))
    made = {"stay": stays[some], STATE[0]: np.asarray(counts, dtype=np.float64)[some]}
    return pl.DataFrame(made).with_columns(pl.lit(signal, pl.Int32).alias("signal"), pl.lit(None, pl.String).alias("word"))


def _moments(state: np.ndarray[tuple[int, ...], np.dtype[np.float64]], touched: Ints) -> pl.DataFrame:
    """One row a signal and stay, signal by signal."""
    signals, stays, _ = state.shape
    rows = pl.DataFrame(state.reshape(-1, FIELDS), schema=list(STATE), orient="row")
    return rows.with_columns(
        pl.Series("stay", np.tile(touched, signals)),
        pl.Series("signal", np.repeat(np.arange(signals, dtype=np.int32), stays)),
    )


def _words(number: int, words: pl.Series, some: Segments, touched: Ints) -> Iterator[pl.DataFrame]:
    """How often each word stands in all rows, an empty one for none, and in each stay."""
    every = words.alias("word").fill_null("").value_counts(name=STATE[0]).sort("word").cast({STATE[0]: pl.Float64})
    yield every.with_columns(pl.lit(WORDS, pl.Int32).alias("signal"), pl.lit(number, pl.Int64).alias("stay"))
    rows = pl.DataFrame({"stay": touched[some.pieces], "word": words.gather(some.rows)}).drop_nulls()
    counted = rows.group_by("stay", "word").len(STATE[0]).sort("stay", "word").cast({STATE[0]: pl.Float64})
    yield counted.with_columns(pl.lit(number, pl.Int32).alias("signal"))
