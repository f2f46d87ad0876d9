"""When were the rows of a table in parts made, did a clock jump in them, and which of them stand in two exports?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from tundish.errors import Message
from tundish.ports import Compute, Job, Part, Plain
from tundish.standardise.recipe import read_standard
from tundish.table import ROW, Chunk, Column, Finding, Origin, Progress, Recipe, Table
from tundish.trace.base import files_of, origin_of
from tundish.trace.clocks.order import LEAST_ROWS, MOST_BACKS, SHUFFLED, least_back, shifts_of_stretches
from tundish.trace.stamps import NEVER, SECOND, Stamps, as_times, microseconds, stamp_column
from tundish.trace.stays import partial
from tundish.trace.stays.packed import packed_chunk, packed_recipe
from tundish.vocabulary import Catalogue

Shifts = tuple[tuple[int, int, int], ...]
"""First row, last row, microseconds to add."""


@dataclass(frozen=True)
class Bench:
    """Where parts are computed, and the folder that keeps what is done."""

    compute: Compute
    folder: Path

    def place(self, table: Table, purpose: str) -> Path:
        """The folder of one job over a table."""
        digest = hashlib.sha256(repr((table.name, [str(origin) for origin in table.origins])).encode()).hexdigest()
        return self.folder / f"{digest[:16]}-{purpose}"


@dataclass(frozen=True)
class Survey:
    """A table in parts, with what is known of them before they are added up."""

    table: Table
    catalogue: Catalogue
    stamp: Column
    parts: tuple[Chunk, ...]
    """In order of time."""
    spans: pl.DataFrame
    """As :data:`partial.SPAN`, one row a part; ``first`` and ``last`` by the clock put right."""
    shifts: Mapping[Chunk, Shifts]
    twice: Mapping[Chunk, tuple[Chunk, ...]]
    """Parts of earlier exports that cover the same time."""
    findings: tuple[Finding, ...]

    @property
    def rows(self) -> int:
        """All rows."""
        return int(self.spans["rows"].sum())

    @property
    def recipes(self) -> tuple[str, ...]:
        """How each file is read, for the workers."""
        return tuple(packed_recipe(recipe) for recipe in self.table.recipes)

    def reading(self, recipes: Sequence[Recipe]) -> Survey:
        """The same parts read by other recipes."""
        return replace(self, table=replace(self.table, recipes=tuple(recipes)))

    def of_file(self, source: int) -> Survey:
        """The parts of one file, which has a clock of its own."""
        mine = pl.Series([part.source == source for part in self.parts])
        parts = tuple(part for part in self.parts if part.source == source)
        return replace(self, parts=parts, spans=self.spans.filter(mine))


def survey(table: Table, catalogue: Catalogue, bench: Bench, progress: Progress | None = None) -> Survey | None:
    """Every row of the table read once: how many there are, from when to when, and where its clock jumped.

    None when no column says when a row was made.
    """
    stamp = stamp_column(table, catalogue)
    if stamp is None or any(stamp.name not in named(table, source) for source in range(len(table.recipes))):
        return None
    spans = _run(table, stamp, bench, "span", progress).with_columns(source=pl.Series([part.source for part in table.parts]))
    stretches: dict[Chunk, tuple[tuple[int, ...], ...]] = {}
    findings: list[Finding] = []
    for source in dict.fromkeys(part.source for part in table.parts):
        of_file = spans.filter(pl.col("source") == source)
        if _steps_back(of_file):
            mine = replace(table, parts=tuple(part for part in table.parts if part.source == source))
            jumped = _put_right(mine, stamp, of_file, bench)
            stretches |= jumped[0]
            findings += jumped[1]
    each = zip(table.parts, spans.iter_rows(named=True), strict=True)
    ends = [_righted(row, stretches.get(part)) for part, row in each]
    spans = spans.with_columns(first=pl.Series([one for one, _ in ends]), last=pl.Series([one for _, one in ends]))
    order = np.argsort(spans["first"].to_numpy(), kind="stable").tolist()
    twice = dict(_covered(table.parts, spans))
    if twice:
        findings.append(_overlap(table, len(twice)))
    parts = tuple(table.parts[i] for i in order)
    told: dict[Chunk, Shifts] = {part: tuple((a, b, by) for a, b, by, *_ in some if by) for part, some in stretches.items()}
    return Survey(table, catalogue, stamp, parts, spans[order], told, twice, tuple(findings))


def named(table: Table, source: int) -> frozenset[str]:
    """Columns that are read of a file."""
    return frozenset(rule.name for rule in table.recipes[source].rules)


def rows_between(found: Survey, begin: int, end: int, columns: Sequence[str], *, cells: int) -> Table:
    """The rows stamped from ``begin`` to ``end`` (us, on the table's own clock) as a table that is held: at most so many
    cells, every so manieth row where there are more."""
    inside = (found.spans["first"].to_numpy() <= end) & (found.spans["last"].to_numpy() >= begin)
    rows = int(found.spans["rows"].filter(pl.Series(inside)).sum())
    step = max(1, rows * (len(columns) + 1) // max(cells, 1))
    name, frames, place = found.stamp.name, [], 0
    for chunk in (chunk for chunk, taken in zip(found.parts, inside.tolist(), strict=True) if taken):
        frame = read_standard(chunk, found.table.recipes[chunk.source], [name, *columns]).frame
        kept = frame[-place % step :].gather_every(step)
        place += frame.height
        times = partial.shifted(microseconds(kept[name]), kept[ROW].to_numpy(), found.shifts.get(chunk, ()))
        frames.append(kept.with_columns(as_times(times, name)).filter(pl.Series((times >= begin) & (times <= end))))
    made = tuple(found.table.column(one) for one in (name, *columns))
    frame = pl.concat(frames) if frames else found.table.frame.clear()
    return replace(found.table, frame=frame, columns=made, parts=(), recipes=())


def around_first(found: Survey, starts: Stamps, *, columns: int, cells: int, stays: int, reach_us: int) -> tuple[int, int]:
    """From when to when the first stays were (us, on the table's own clock): at most so many of them, fewer where their rows
    would be more than so many cells."""
    first, last = found.spans["first"].to_numpy(), found.spans["last"].to_numpy()
    begin, end = int(first.min()), int(last.max())
    if found.rows * (columns + 1) <= cells:
        return begin, end
    whole = np.sort(starts[starts != NEVER])
    whole = whole[whole > begin - reach_us]
    for count in (stays, stays // 3, stays // 10):
        some = whole[:count]
        low, high = int(some.min(initial=end)) - reach_us, int(some.max(initial=begin)) + reach_us
        rows = int(found.spans["rows"].filter(pl.Series((first <= high) & (last >= low))).sum())
        if rows * (columns + 1) <= cells:
            break
    return low, high


def _run(
    table: Table, stamp: Column, bench: Bench, function: str, progress: Progress | None = None, **more: Plain
) -> pl.DataFrame:
    """One of the worker's functions over all parts, with the number of the part."""
    shared: dict[str, Plain] = {"recipes": tuple(map(packed_recipe, table.recipes)), "time": stamp.name, **more}
    parts = tuple(Part(f"{i:06d}", {"chunk": packed_chunk(chunk)}) for i, chunk in enumerate(table.parts))
    place = bench.place(table, function if not more else f"{function}-{table.parts[0].source}")
    job = Job(f"tundish.trace.stays.partial:{function}", shared, parts, place)
    return pl.concat([frame.with_columns(part=pl.lit(i)) for i, frame in enumerate(bench.compute.run(job, progress))])


def _steps_back(spans: pl.DataFrame) -> bool:
    """Whether a file's stamps step back, and not so often that its rows stand in another order."""
    known = spans.filter(pl.col("known") > 0)
    between = int((known["opening"].to_numpy()[1:] < known["closing"].to_numpy()[:-1]).sum())
    backs, rows = int(known["backward"].sum()) + between, int(known["known"].sum())
    return rows >= LEAST_ROWS and 0 < backs <= SHUFFLED * (rows - 1)


def _put_right(
    table: Table, stamp: Column, spans: pl.DataFrame, bench: Bench
) -> tuple[dict[Chunk, tuple[tuple[int, ...], ...]], list[Finding]]:
    """Part -> its stretches (first row, last row, shift, first and last stamp), where a file's clock jumped; what to tell."""
    known = spans.filter(pl.col("known") > 0)
    step = float(np.median(np.repeat(known["step"].to_numpy(), np.minimum(known["known"].to_numpy(), 1000))))
    if step <= 0:
        return {}, []
    pieces = _run(table, stamp, bench, "stretches", step=step)
    begin, end = pieces["begin"].to_numpy(), pieces["end"].to_numpy()
    gaps = begin[1:] - end[:-1]
    # Stretches that only the border of a part has cut are one.
    number = np.cumsum(np.r_[0, (gaps < -least_back(step)) | (gaps > 3 * step) | (np.diff(pieces["part"].to_numpy()) == 0)])
    firsts = np.flatnonzero(np.r_[True, np.diff(number) > 0])
    lasts = np.append(firsts[1:], number.size) - 1
    backs = int((begin[firsts][1:] - end[lasts][:-1] < -least_back(step)).sum())
    if not backs:
        return {}, []
    shift = shifts_of_stretches(begin[firsts], end[lasts], step) if backs <= MOST_BACKS else np.zeros(firsts.size, np.int64)
    left = (begin[firsts] + shift)[1:] - (end[lasts] + shift)[:-1]
    origin = replace(table.origins[table.parts[0].source], column=stamp.header)
    if backs > MOST_BACKS or (shift.any() and (left < -least_back(step)).any()):
        text = Message(
            "{file}: the times go back {count} times and cannot be put in order, so rows may stand at wrong times. "
            "Export the log again, in the order of its writing.", file=origin.file, count=backs,
        )  # fmt: skip
        return {}, [Finding("clock_unordered", "error", text, origin, backs)]
    moved = pieces.with_columns(by=pl.Series(shift[number]))
    found = {
        table.parts[part[0]]: tuple(some.select("row", "last_row", "by", "begin", "end").iter_rows())
        for part, some in moved.group_by("part", maintain_order=True)
        if isinstance(part[0], int)
    }
    return found, [_jumped(run, origin) for run in _runs(moved)]


def _runs(moved: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Stretches behind one another that are moved by the same time."""
    for _, run in moved.with_columns(run=pl.col("by").rle_id()).group_by("run", maintain_order=True):
        if run["by"][0]:
            yield run


def _jumped(run: pl.DataFrame, origin: Origin) -> Finding:
    count, row = int(run["rows"].sum()), int(run["row"][0])
    text = Message(
        "The clock of {file} jumped by {back:+.0f} s at row {row}; {count} rows were put where they belong by their order.",
        file=origin.file, back=-float(run["by"][0]) / SECOND, row=row, count=count,
    )  # fmt: skip
    return Finding("clock_went_back", "warning", text, origin, count, (row,))


def _righted(row: Mapping[str, int], stretches: tuple[tuple[int, ...], ...] | None) -> tuple[int, int]:
    """First and last stamp of a part by the clock put right."""
    if not stretches:
        return row["first"], row["last"]
    return min(begin + by for _, _, by, begin, _ in stretches), max(end + by for _, _, by, _, end in stretches)


def _covered(parts: Sequence[Chunk], spans: pl.DataFrame) -> Iterator[tuple[Chunk, tuple[Chunk, ...]]]:
    """Parts that begin before an earlier export ends, with those parts of it that cover the same time."""
    first, last = spans["first"].to_numpy(), spans["last"].to_numpy()
    source = spans["source"].to_numpy()
    for i, part in enumerate(parts):
        both = np.flatnonzero((source < part.source) & (first <= last[i]) & (last >= first[i]) & (last != NEVER))
        if both.size:
            yield part, tuple(parts[j] for j in both.tolist())


def _overlap(table: Table, count: int) -> Finding:
    text = Message(
        "{file}: {count} parts cover the same time as an earlier export; rows that stand in both are counted once.",
        file=files_of(table), count=count,
    )  # fmt: skip
    return Finding("parts_overlap", "info", text, origin_of(table), count)
