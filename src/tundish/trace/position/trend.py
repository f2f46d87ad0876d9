"""How far has a line run at each moment? One trend table a line: its times put right, and the metres of its speed gauge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.table import SOURCE, Column, Table
from tundish.trace.pieces import Clock
from tundish.trace.position.instants import right_times, spread
from tundish.trace.position.sections import Section, section_at
from tundish.trace.speeds import End, end_of, entry_speed, nearest_unit, strip_speed, strip_speeds
from tundish.trace.stamps import NEVER, SECOND, Stamps, spacing, stamp_column
from tundish.trace.stays.segments import Floats, Ints
from tundish.vocabulary import Catalogue

Bools = npt.NDArray[np.bool_]
_GAP = 5.0
"""Usual steps of the log from which a step is a gap."""
_CRAWL = 0.02
"""Share of the usual running speed below which a line is taken to stand."""
_OF_MATERIAL = ("thickness", "width", "crown", "wedge", "diameter", "profile")
"""Last words of concepts that a line measures and the next one finds again; a temperature or a force is of the line alone."""
_FEW = 30
_SELDOM = 0.01
"""A gauge that shows nothing for a smaller share of the time than this has only failed."""
_OF_UNIT = 0.15
"""Share by which lengths may miss a unit that they tell: a wheel worn, a head cut off."""
_HALF = 0.5
_AVERAGED_S = 5.0
"""Speeds of two sections are compared by their means over so long: a standstill at a weld or a cut takes longer. In s."""
_SLOW = 0.2
"""Share of the usual speed below which a section crawls: rolls that make strip five times as long are rare."""
_OFTEN, _RARELY = 3, 0.003
"""Standstills of one section alone, in number and as a share of time, from which on loopers must lie between."""
_YES = ("1", "1.0", "y", "yes", "true", "on", "t", "검출", "있음", "유", "통과", "o", "○")


@dataclass(frozen=True)
class Trend:
    """The signals of one line over time, and how far its reference point has seen material run."""

    line: str
    table: Table
    rows: Ints
    """Rows of the table, in order of time."""
    times: Stamps
    """Right times of these rows, in microseconds."""
    run_m: Floats
    """Metres that the speed gauge has counted since the first row."""
    speed: Floats
    """In m/s; 0 where unknown."""
    blind: tuple[tuple[int, int], ...]
    """Stretches of time without a known speed although the line ran: from, to."""
    welds: Ints
    """Positions in ``times`` at which a weld was seen first."""
    present: Bools | None
    """Whether strip was there; None without such a signal."""
    entry_m: Floats | None
    """The same of the material that comes in, where its speed is logged too."""
    weld_column: Column | None
    present_column: Column | None
    speed_column: Column
    weld_columns: tuple[Column, ...] = ()
    """All signals of welds, that of ``welds`` among them."""
    others: tuple[Column, ...] = ()
    """Speeds of sections that accumulators part from this one."""
    sections: tuple[Section, ...] = ()
    """These sections, where their metres are told."""

    @cached_property
    def step_s(self) -> float:
        """Usual step of the log."""
        return spacing(self.times) / SECOND

    @cached_property
    def walk_per_metre(self) -> float:
        """Variance (m2) that the noise of the speed gauge adds a metre run: relative noise squared, times metres a sample."""
        speed = self.speed
        usual = float(np.median(speed[speed > 0])) if (speed > 0).any() else np.inf
        fast = speed > _HALF * usual
        third = fast[2:] & fast[1:-1] & fast[:-2]
        if third.sum() < _FEW:
            return 0.0
        bend = (speed[2:] - 2 * speed[1:-1] + speed[:-2])[third] / speed[1:-1][third]
        noise = 1.4826 * float(np.median(np.abs(bend))) / np.sqrt(6.0)
        return float(noise**2 * np.median(speed[1:-1][third]) * self.step_s)

    def in_metres(self, scale: float) -> Trend:
        """The trend in metres, where the speed's unit is not written and lengths (``scale`` of its units a metre) tell it.

        Where a gauge stands is stated in metres, so the speed must count in them.
        """
        factor = nearest_unit(scale)
        if self.speed_column.unit is not None or not abs(scale / factor - 1.0) < _OF_UNIT:
            return self
        entry, column = self.entry_m, entry_speed(self.table)
        if entry is not None and column is not None and column.unit is None:
            entry = entry / factor
        return replace(self, run_m=self.run_m / factor, speed=self.speed / factor, entry_m=entry)

    def metres(self, when: Stamps | Floats) -> Floats:
        """Metres run at these times (microseconds), counted on between the rows as speed changes evenly."""
        times, when = self.times, np.asarray(when, dtype=np.float64)
        left = np.clip(np.searchsorted(times, when, "right") - 1, 0, max(times.size - 2, 0))
        step = (times[left + 1] - times[left]) / SECOND
        share = np.clip((when - times[left]) / SECOND / np.maximum(step, 1e-9), 0.0, 1.0)
        change = self.run_m[left + 1] - self.run_m[left]
        ends = self.speed[left] + self.speed[left + 1]
        lead = np.divide(2 * self.speed[left], ends, out=np.ones_like(ends), where=ends > 0)
        return self.run_m[left] + change * share * (lead + (1.0 - lead) * share)

    def section(self, column: Column) -> Section | None:
        """The section, parted from this one by accumulators, in which a signal is measured."""
        return section_at(self.sections, self.end_of(column)) if self.sections else None

    def end_of(self, column: Column) -> End | None:
        """The section of the line that a signal names, a treatment's own signals that of the treatment."""
        treats = next(
            ((one.concept or "").partition(".")[0] for one in self._speeds if end_of(one) in (None, "centre")), "line"
        )
        own = (column.concept or "").partition(".")[0]
        return end_of(column) or ("centre" if own == treats != "line" else None)

    @property
    def _speeds(self) -> tuple[Column, ...]:
        return self.speed_column, *self.others, *(one.speed_column for one in self.sections)

    def passed(self, when: Floats, gauge_m: float, *, elongation: float = 1.0, section: Section | None = None) -> Floats:
        """Metres run when what is at a gauge at these times (microseconds) was, or will be, at the reference point.

        ``gauge_m`` is the gauge's distance behind the reference point of its ``section``; before it (negative) in metres of
        what comes in, of which each becomes ``elongation`` metres where the entry speed is not logged.
        """
        when = np.asarray(when, dtype=np.float64)
        if section is not None:
            return section.onto(np.interp(when, self.times, section.run_m) - gauge_m)
        if gauge_m >= 0 or self.entry_m is None:
            return self.metres(when) - gauge_m * (1.0 if gauge_m >= 0 else elongation)
        rising, times = _rising(self.entry_m, self.times)
        arrives = np.interp(when, times, rising) - gauge_m
        late = np.maximum(arrives - rising[-1], 0.0)
        return np.asarray(self.metres(np.interp(arrives, rising, times)) + late * elongation)

    def rows_between(self, low_m: float, high_m: float, *, section: Section | None = None) -> tuple[int, int]:
        """Rows, first and behind the last, in which the line, or this section of it, had run between so many metres."""
        run = self.run_m if section is None else section.onto(section.run_m)
        return int(np.searchsorted(run, low_m, "left")), int(np.searchsorted(run, high_m, "right"))

    def values(self, names: Sequence[str], first: int, behind: int) -> Floats:
        """These signals in these rows: signals x rows, NaN where empty."""
        rows = self.rows[first:behind]
        block = self.table.frame
        if rows.size and rows[-1] - rows[0] == rows.size - 1 and bool((np.diff(rows) == 1).all()):
            block = block.slice(int(rows[0]), rows.size)
        else:
            block = block[rows]
        read = [block[name].cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy() for name in names]
        return np.stack(read) if read else np.zeros((0, rows.size))

    def when(self, metres: Floats) -> Floats:
        """When so many metres had run, in microseconds; the middle of a standstill."""
        low = np.searchsorted(self.run_m, metres, "left")
        high = np.searchsorted(self.run_m, metres, "right")
        moving = np.interp(metres, *_rising(self.run_m, self.times))
        standing = (self.times[np.minimum(low, self.times.size - 1)] + self.times[np.maximum(high - 1, 0)]) / 2.0
        inside = (metres >= self.run_m[0]) & (metres <= self.run_m[-1])
        return np.where(inside, np.where(high > low + 1, standing, moving), np.nan)


def read_trend(line: str, table: Table, clocks: Mapping[str, Clock], catalogue: Catalogue) -> Trend | None:
    """The trend of a line; None when the table has no time or no speed of the material.

    ``clocks`` (file -> clock) put the times right; rows without a time are left out.
    """
    stamp, gauge = stamp_column(table, catalogue), strip_speed(table, catalogue)
    if stamp is None or gauge is None:
        return None
    right = right_times(table, stamp.name, clocks)
    rows = np.argsort(right, kind="stable")
    rows = rows[right[rows] != NEVER]
    times = spread(right[rows])
    kept = np.concatenate(([True], np.diff(times) > 0)) if times.size else np.zeros(0, bool)
    rows, times = rows[kept], times[kept]
    if times.size < 2:
        return None
    speed, blind, counted = _counted(table, gauge, rows, times)
    counter = _of_concept(table, "line.length_run")
    if counter is not None:
        counted = _by_counter(table.frame[counter.name].cast(pl.Float64, strict=False).to_numpy()[rows], counted)
    others = tuple(
        one for one in strip_speeds(table, catalogue)
        if one is not gauge and apart_by_loopers(speed, _counted(table, one, rows, times)[0], times)
    )  # fmt: skip
    entry = next((None for one in others if one is entry_speed(table)), entry_speed(table))
    present = _of_concept(table, "position.strip_present")
    welds = tuple(column for column in table.columns if (column.concept or "").endswith("weld_detected"))
    seen = _seen(table, welds[0], rows) if welds else np.zeros(0, np.int64)
    there = None if present is None else _yes(table.frame[present.name])[rows]
    if there is None and not seen.size:
        present, there = _by_gauge(table, rows)
    return Trend(
        line, table, rows.astype(np.int64), times, _run(counted), speed, blind, seen, there,
        _entry_metres(table, entry, gauge, rows, times), welds[0] if welds else None, present, gauge, welds, others,
    )  # fmt: skip


def of_section(trend: Trend, speed: Column, weld: Column | None) -> Trend:
    """The trend counted by another section's speed, its welds where another detector saw them."""
    read, blind, counted = _counted(trend.table, speed, trend.rows, trend.times)
    others = tuple(one for one in (trend.speed_column, *trend.others) if one is not speed)
    welds = trend.welds if weld is None else _seen(trend.table, weld, trend.rows)
    return replace(
        trend, run_m=_run(counted), speed=read, blind=blind, welds=welds, weld_column=weld, speed_column=speed, others=others
    )


def apart_by_loopers(speed: Floats, other: Floats, times: Stamps) -> bool:
    """Whether strip gathers between two speeds of it: now and again one stands or crawls while the other runs on."""
    size = max(round(_AVERAGED_S * SECOND / max(spacing(times), 1.0)), 1)
    count = speed.size // size
    one, two = (values[: count * size].reshape(count, size).mean(axis=1) for values in (speed, other))
    both = np.flatnonzero(np.minimum(one, two) > 0)
    if both.size < _FEW:
        return False
    one, two = one / float(np.median(one[both])), two / float(np.median(two[both]))
    high = np.maximum(one, two)
    alone = (high > _SLOW) & (np.minimum(one, two) < _SLOW * high)
    inner = alone[both[0] : both[-1] + 1]  # before and behind one of both has no strip yet, or no more
    return bool(_rises(inner).size >= _OFTEN and inner.mean() > _RARELY)


def _counted(table: Table, gauge: Column, rows: Ints, times: Stamps) -> tuple[Floats, tuple[tuple[int, int], ...], Floats]:
    """Speeds, where they are not known, and metres between the rows."""
    read = table.frame[gauge.name].cast(pl.Float64, strict=False).to_numpy()[rows]
    speed, blind = _without_holes(np.where(np.isfinite(read), np.abs(read), np.nan), times)
    return speed, blind, (speed[1:] + speed[:-1]) / 2.0 * (np.diff(times) / SECOND)


def _run(counted: Floats) -> Floats:
    return np.concatenate(([0.0], np.cumsum(counted)))


def _seen(table: Table, weld: Column, rows: Ints) -> Ints:
    return _rises(_yes(table.frame[weld.name])[rows])


def _by_gauge(table: Table, rows: Ints) -> tuple[Column | None, Bools | None]:
    """Strip is there while a gauge of the material itself shows something: where it shows nothing now and then."""
    for column in of_material(table):
        shown = table.frame[column.name].cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()[rows]
        something = shown[shown > 0]
        if something.size < _FEW:
            continue
        there = np.nan_to_num(shown) > 0.2 * float(np.median(something))
        if _SELDOM < there.mean() < 1.0 - _SELDOM:
            return column, there
    return None, None


def of_material(table: Table) -> tuple[Column, ...]:
    """Signals that measure the material itself."""
    return tuple(column for column in table.of_kind("number") if word_of(column) in _OF_MATERIAL)


def word_of(column: Column) -> str:
    """What a signal measures: the last word of its concept."""
    return (column.concept or "").rpartition("_")[2].rpartition(".")[2]


def _entry_metres(table: Table, entry: Column | None, gauge: Column, rows: Ints, times: Stamps) -> Floats | None:
    if entry is None or entry is gauge:
        return None
    read = table.frame[entry.name].cast(pl.Float64, strict=False).to_numpy()[rows]
    if np.isfinite(read).mean() < 0.9:
        return None
    speed, _ = _without_holes(np.abs(read), times)
    return np.concatenate(([0.0], np.cumsum((speed[1:] + speed[:-1]) / 2.0 * np.diff(times) / SECOND)))


def _rising(metres: Floats, times: Stamps) -> tuple[Floats, Floats]:
    """Knots at which metres rise, with their times; the last moment of a standstill."""
    keep = np.concatenate((np.diff(metres) > 1e-9, [True]))
    return metres[keep], times[keep].astype(np.float64)


def _of_concept(table: Table, concept: str) -> Column | None:
    """The column of a concept: of several the one at the exit, where the speed is measured, before one at the entry."""
    held = (column for column in table.columns if column.concept == concept)
    return min(held, key=_from_exit, default=None)


def _from_exit(column: Column) -> int:
    said = (column.position or "").split("-")
    return 0 if "exit" in said else 2 if "entry" in said else 1


def _without_holes(speed: Floats, times: Stamps) -> tuple[Floats, tuple[tuple[int, int], ...]]:
    """Speeds without unknown ones, read off the line between their neighbours, and where that is no more than a guess."""
    known = np.flatnonzero(np.isfinite(speed))
    if not known.size:
        return np.zeros_like(speed), ((int(times[0]), int(times[-1])),)
    filled = np.interp(times, times[known], speed[known])
    usual = float(np.median(np.diff(times)))
    running = (
        filled[known] > _CRAWL * float(np.median(filled[filled > 0])) if (filled > 0).any() else np.zeros(known.size, bool)
    )
    wide = np.diff(times[known]) > _GAP * usual
    holes = np.flatnonzero(wide & (running[1:] | running[:-1]))
    return filled, tuple((int(times[known[hole]]), int(times[known[hole + 1]])) for hole in holes)


def _by_counter(counter: Floats, counted: Floats) -> Floats:
    """Metres between rows by the length counter where it goes on, by the speed where it is set back or silent."""
    steps = np.diff(counter)
    usable = np.isfinite(steps) & (steps >= 0) & (steps <= 3.0 * counted + 5.0)
    return np.where(usable, steps, counted) if usable.mean() > 0.9 else counted


def _yes(values: pl.Series) -> Bools:
    words = values.cast(pl.String).str.strip_chars().str.to_lowercase()
    return words.is_in(list(_YES)).fill_null(value=False).to_numpy()


def _rises(flags: Bools) -> Ints:
    return np.flatnonzero(flags[1:] & ~flags[:-1]).astype(np.int64) + 1


def trends(
    tables: Sequence[Table], lines: Mapping[str, str], clocks: Mapping[str, Clock], catalogue: Catalogue
) -> dict[str, tuple[Trend, ...]]:
    """The trends of each line that has one; of several tables of a line the one with the most marks of ends and welds first."""
    found: dict[str, list[Trend]] = {}
    for table in tables:
        line = lines.get(table.name)
        trend = None if line is None else read_trend(line, table, clocks, catalogue)
        if line is not None and trend is not None:
            found.setdefault(line, []).append(trend)
    return {line: tuple(sorted(own, key=_marks, reverse=True)) for line, own in found.items()}


def apart(tables: Sequence[Table], lines: Mapping[str, str]) -> tuple[list[Table], dict[str, str]]:
    """The tables and which line each belongs to, with exports of several lines under the same headers, stacked, taken apart.

    ``lines`` names tables or files; what stands in one file only of a stacked table is told apart by the file.
    """
    made: list[Table] = []
    of_table: dict[str, str] = {}
    for table in tables:
        own = lines.get(table.name)
        of_file = [next((lines[place] for place in origin.places if place in lines), own) for origin in table.origins]
        named = list(dict.fromkeys(line for line in of_file if line is not None))
        if len(named) < 2 or SOURCE not in table.frame.columns:
            made.append(table)
            if named:
                of_table[table.name] = named[0]
            continue
        for line in named:
            one = _of_files(table, [number for number, other in enumerate(of_file) if other == line], line)
            made.append(one)
            of_table[one.name] = line
    return made, of_table


def _of_files(table: Table, sources: list[int], line: str) -> Table:
    places = {(table.origins[number].file, table.origins[number].sheet) for number in sources}
    frame = table.frame.filter(pl.col(SOURCE).is_in(sources))
    columns = tuple(
        replace(column, origins=tuple(origin for origin in column.origins if (origin.file, origin.sheet) in places))
        for column in table.columns if frame[column.name].null_count() < frame.height
    )  # fmt: skip
    return replace(table, name=f"{table.name} / {line}", frame=frame, columns=columns)


def _marks(trend: Trend) -> int:
    return int(trend.welds.size) + (0 if trend.present is None else int(_rises(trend.present).size))
