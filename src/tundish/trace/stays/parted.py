"""What did a signal do while each piece was on the line, when its rows are too many to be held?

As in memory, but part by part: each gives moments of the stays that it touches, and these are merged in order of time.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from tundish.disk import whole_file, why
from tundish.errors import CannotWrite, Message
from tundish.ports import Compute, Job, Part, Plain
from tundish.standardise.recipe import read_standard
from tundish.standardise.sheet import SURE_SHARE
from tundish.table import Chunk, Column, Finding, Progress, Statistic, Table
from tundish.trace.base import files_of, origin_of
from tundish.trace.pieces import Clock, Link
from tundish.trace.stamps import NEVER, SECOND, Stamps, stamp_column, stamps
from tundish.trace.stays import partial
from tundish.trace.stays.features import Feature, describe
from tundish.trace.stays.partial import BEYOND, EMPTIED, FIELDS, REACHED, ROWS, STATE
from tundish.trace.stays.segments import Floats
from tundish.trace.stays.signals import (
    _DENSE,
    Signals,
    Stay,
    _clock,
    _is_counter,
    _lanes,
    _of_one_time,
    _told,
    _wanted,
)
from tundish.trace.stays.zones import Zone, zones_by_signal
from tundish.vocabulary import Catalogue

GROUP_CELLS = 2**21
"""Cells of a part: signals of a chunk are taken together as far as they fill 16 MB."""
CLOCK_CELLS = 2**23
"""Cells that a clock is estimated from; of a longer record those around the first stays."""
CLOCK_STAYS = 1500
_REACH_US = 3600 * SECOND
"""Rows so long before and after the stays are looked at as well."""
_LOG_JUMPS = 0.001
"""Share of steps back in time up to which rows stand in order of time, and a step back is a clock that was set."""
_NEVER_YET = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Bench:
    """Where parts are computed, and the folder that keeps what is done."""

    compute: Compute
    folder: Path


@dataclass(frozen=True)
class Parted:
    """A table in parts, with what is known of them before they are added up."""

    table: Table
    catalogue: Catalogue
    stamp: Column
    parts: tuple[Chunk, ...]
    """In order of time."""
    floors: Mapping[Chunk, int | None]
    rows: int
    findings: tuple[Finding, ...]
    spans: pl.DataFrame
    """As :data:`partial.SPAN`, one row a part."""


def of_parted_signals(
    table: Table,
    stay: Stay,
    catalogue: Catalogue,
    offsets: Mapping[str, Clock],
    *,
    known_until: Stamps,
    without: frozenset[str],
    bench: Bench,
    progress: Progress | None = None,
) -> Signals | None:
    """What :func:`tundish.trace.stays.signals.of_signals` gives, for a table in parts; spot readings are not joined.

    Raises what the engine raises, and :class:`tundish.errors.BrokenFile` for a part that cannot be read as it was understood.
    """
    parted = survey(table, catalogue, bench, progress)
    if parted is None:
        return None
    stamp = parted.stamp
    sampled = stamps(table, stamp.name)
    _, of_pieces, place = _lanes(table, sampled, stay)
    kinds = ("number", "category")
    columns = [c for c in table.columns if c.name not in without and c.kind in kinds and c.name != place]
    lanes = _Lanes.of(parted, stay, place, of_pieces)
    starts, ends, until = (lanes.moved(one) for one in (stay.starts, stay.ends, known_until))
    clock, doubt = _clock_of(parted, columns, (stay.starts, stay.ends), offsets)
    stop = np.where(until == NEVER, ends, np.minimum(ends, until))
    work = _Work(parted, lanes, (starts, stop), clock, bench, progress)
    added = _add_up(work, columns, "stays")
    if misjudged := added.misjudged(parted):
        again = [column for column in columns if any(column.name == name for name, _ in misjudged)]
        added.mend(_add_up(replace(work, parted=_without_bounds(parted, misjudged)), again, "unbounded"))
    lengths = added.rows[starts != NEVER]
    if not lengths.size or not lengths.any() or float(np.median(lengths)) < _DENSE:
        return None
    windows = dict.fromkeys((column.name for column in columns), "stay")
    for zone, inside in _by_zone(columns, stay.zones):
        spans = lanes.moved(zone.starts), np.where(zone.ends == NEVER, NEVER, np.minimum(lanes.moved(zone.ends), stop))
        added.mend(_add_up(replace(work, stays=spans), inside, f"zone-{hashlib.sha256(zone.key.encode()).hexdigest()[:8]}"))
        windows |= {column.name: f"zone:{zone.header}" for column in inside}
    features = [one for column in columns for one in added.features(table, column, windows[column.name])]
    covered = added.rows > 0
    link = Link(table.name, "time", (stay.columns, stamp.header), parted.rows, added.reached, int(covered.sum()), 0)
    told = [*_told(table, link, int((~covered).sum()), clock), *parted.findings, *added.told(table)]
    if (starts == ends).all():
        told.append(_of_one_time(table, stay))
    return Signals(tuple(features), clock, link, covered, tuple([*told, doubt] if doubt else told))


def survey(table: Table, catalogue: Catalogue, bench: Bench, progress: Progress | None = None) -> Parted | None:
    """Every row of the table read once: how many there are, from when to when, and where a clock was set back.

    None when no column says when a row was made.
    """
    stamp = stamp_column(table, catalogue)
    if stamp is None or any(stamp.name not in _named(table, source) for source in range(len(table.recipes))):
        return None
    shared: dict[str, Plain] = {"recipes": _recipes(table), "time": stamp.name}
    parts = tuple(Part(f"{i:06d}", {"chunk": partial.packed_chunk(chunk)}) for i, chunk in enumerate(table.parts))
    job = Job("tundish.trace.stays.partial:span", shared, parts, _folder(bench, table, "times"))
    spans = pl.concat(bench.compute.run(job, progress))
    floors = dict(_floors(table.parts, spans))
    order = np.argsort(spans["first"].to_numpy(), kind="stable")
    findings = tuple(_set_back(table, spans, floors))
    ordered = tuple(table.parts[i] for i in order)
    overlap = _overlap(table, spans[order.tolist()])
    return Parted(
        table, catalogue, stamp, ordered, floors, int(spans["rows"].sum()), (*findings, *overlap), spans[order.tolist()]
    )


def rows_between(parted: Parted, begin: int, end: int, columns: Sequence[str], *, cells: int) -> Table:
    """The rows stamped from ``begin`` to ``end`` (us, on the table's own clock) as a table that is held: at most so many
    cells, every so manieth row where there are more."""
    inside = (parted.spans["first"].to_numpy() <= end) & (parted.spans["last"].to_numpy() >= begin)
    rows = int(parted.spans["rows"].filter(pl.Series(inside)).sum())
    step = max(1, rows * (len(columns) + 1) // max(cells, 1))
    names, frames, place = [parted.stamp.name, *columns], [], 0
    for chunk in (chunk for chunk, taken in zip(parted.parts, inside.tolist(), strict=True) if taken):
        frame = read_standard(chunk, parted.table.recipes[chunk.source], names).frame
        kept = frame[-place % step :].gather_every(step)
        place += frame.height
        moment = pl.col(parted.stamp.name).dt.timestamp("us")
        frames.append(kept.filter(moment.is_between(begin, end)))
    made = [parted.table.column(name) for name in names]
    frame = pl.concat(frames) if frames else parted.table.frame.clear()
    return replace(parted.table, frame=frame, columns=tuple(made), parts=(), recipes=())


def _named(table: Table, source: int) -> frozenset[str]:
    return frozenset(rule.name for rule in table.recipes[source].rules)


def _recipes(table: Table) -> tuple[str, ...]:
    return tuple(partial.packed_recipe(recipe) for recipe in table.recipes)


def _folder(bench: Bench, table: Table, purpose: str) -> Path:
    digest = hashlib.sha256(repr((table.name, [str(origin) for origin in table.origins])).encode()).hexdigest()
    return bench.folder / f"{digest[:16]}-{purpose}"


def _floors(parts: Sequence[Chunk], spans: pl.DataFrame) -> Iterator[tuple[Chunk, int | None]]:
    """For each part the latest time above it in its file; None in a file whose rows do not stand in order of time."""
    for source in dict.fromkeys(part.source for part in parts):
        mine = [i for i, part in enumerate(parts) if part.source == source]
        of_file = spans[mine]
        log = int(of_file["backward"].sum()) <= max(1.0, _LOG_JUMPS * int(of_file["rows"].sum()))
        latest = NEVER
        for i, last in zip(mine, of_file["last"].to_list(), strict=True):
            yield parts[i], latest if log else None
            latest = max(latest, last)


def _set_back(table: Table, spans: pl.DataFrame, floors: Mapping[Chunk, int | None]) -> Iterator[Finding]:
    for chunk, (first, back, row) in zip(table.parts, spans.select("first", "longest_back", "at_row").iter_rows(), strict=True):
        floor = floors[chunk]
        if floor is None:
            continue
        between = floor - first if floor != NEVER and first != _NEVER_YET else 0
        longest, at = (back, row) if back >= between else (between, chunk.row)
        if longest > partial.BACK_US:
            text = Message(
                "{file}: the clock jumps back by {days} days at row {row}. When the rows after it were made is not known: they "
                "are left out until the time has caught up. Put the times right in the export.",
                file=chunk.file, days=round(longest / partial.BACK_US, 1), row=at,
            )  # fmt: skip
            yield Finding("clock_set_back", "error", text, table.origins[chunk.source], 1, (at,))


def _overlap(table: Table, spans: pl.DataFrame) -> Iterator[Finding]:
    """Exports that cover the same time: rows that stand in both would count twice."""
    known = spans.filter(pl.col("last") != NEVER)
    last, first = known["last"].cum_max().to_numpy(), known["first"].to_numpy()
    both = int((last[:-1] - first[1:] > 0).sum()) if known.height > 1 else 0
    if both:
        text = Message(
            "{file}: {count} parts begin before the one before them ends; rows that stand in two of them count twice, and "
            "first and last values are those of the later part.", file=files_of(table), count=both,
        )  # fmt: skip
        yield Finding("parts_overlap", "warning", text, origin_of(table), both)


@dataclass(frozen=True)
class _Lanes:
    """Times moved apart by equipment, where signals of several stand in one table."""

    column: str | None
    names: tuple[str, ...]
    apart: int
    codes: np.ndarray[tuple[int], np.dtype[np.int64]] | None

    @classmethod
    def of(cls, parted: Parted, stay: Stay, place: str | None, codes: Stamps | None) -> _Lanes:
        if place is None or codes is None:
            return cls(None, (), 0, None)
        names = _lane_names(parted.table, place, stay)
        spans = parted.spans.filter(pl.col("last") != NEVER)
        known = np.concatenate([spans["first"], spans["last"], *(s[s != NEVER] for s in (stay.starts, stay.ends))])
        return cls(place, names, 2 * int(known.max() - known.min()) + 86_400 * SECOND, codes)

    def moved(self, times: Stamps) -> Stamps:
        """The pieces' times, moved to their lane."""
        if self.codes is None:
            return times
        return np.where((times == NEVER) | (self.codes < 0), NEVER, times + self.codes * self.apart)


def _clock_of(
    parted: Parted, columns: Sequence[Column], stay: tuple[Stamps, Stamps], offsets: Mapping[str, Clock]
) -> tuple[Clock, Finding | None]:
    """As in memory, from the rows around the first stays."""
    table, (starts, ends) = parted.table, stay
    whole = np.sort(starts[(starts != NEVER) & (ends > starts)])
    if _is_stated(table, offsets) or not whole.size:
        return _clock(table, columns, stamps(table, parted.stamp.name), stay, offsets)
    begin, end = int(parted.spans["first"].to_numpy().min()), int(parted.spans["last"].to_numpy().max())
    numbers = [column.name for column in columns if column.kind == "number"]
    if parted.rows * (len(numbers) + 1) > CLOCK_CELLS:
        first = whole[whole > begin - _REACH_US][:CLOCK_STAYS]
        begin, end = int(first.min(initial=end)) - _REACH_US, int(first.max(initial=begin)) + _REACH_US
    near = rows_between(parted, begin, end, numbers, cells=CLOCK_CELLS)
    inside = (starts >= begin - _REACH_US) & (ends <= end + _REACH_US)
    some = np.where(inside, starts, NEVER), np.where(inside, ends, NEVER)
    return _clock(near, near.columns, stamps(near, parted.stamp.name), some, offsets)


def _by_zone(columns: Sequence[Column], zones: Sequence[Zone]) -> list[tuple[Zone, list[Column]]]:
    """Columns that count in a part of the stay only."""
    found = zones_by_signal(columns, zones)
    of_zones = ((zone, [column for column in columns if found.get(column.name) is zone]) for zone in zones)
    return [(zone, inside) for zone, inside in of_zones if inside]


def _is_stated(table: Table, offsets: Mapping[str, Clock]) -> bool:
    return any(name in offsets for origin in table.origins for name in (*origin.places, table.name))


def _lane_names(table: Table, place: str, stay: Stay) -> tuple[str, ...]:
    """Names of the equipment in the order in which they are numbered: those of the signals and those of the pieces."""
    names = set(table.frame[place].cast(pl.String).drop_nulls().unique().to_list())
    here = (set(places.drop_nulls().unique().to_list()) for places in stay.places.values())
    return tuple(sorted(next((names | there for there in here if len(there) > 1 and there & names), names)))


@dataclass
class _Sum:
    """What all parts together give."""

    rows: Floats
    reached: int
    statistics: dict[str, dict[Statistic, Floats]]
    words: dict[str, pl.Series]
    emptied: dict[str, int]
    beyond: Counter[tuple[str, int]]
    """Of a column in an export."""

    def misjudged(self, parted: Parted) -> set[tuple[str, int]]:
        """Columns of exports of which more lies beyond what can be true than may be set aside."""
        rows: Counter[int] = Counter()
        for chunk, count in zip(parted.parts, parted.spans["rows"].to_list(), strict=True):
            rows[chunk.source] += count
        return {key for key, count in self.beyond.items() if count > max(3.0, SURE_SHARE * rows[key[1]])}

    def mend(self, again: _Sum) -> None:
        """Take over columns that were added up again."""
        self.statistics |= again.statistics
        self.emptied |= again.emptied

    def features(self, table: Table, column: Column, window: str) -> Iterator[Feature]:
        """What a column tells of each piece."""
        if column.name in self.words:
            yield Feature(describe(table, column, "mode", window), self.words[column.name])
        for statistic, found in self.statistics.get(column.name, {}).items():
            yield Feature(describe(table, column, statistic, window), pl.Series(found).fill_nan(None))

    def told(self, table: Table) -> Iterator[Finding]:
        """Values that cannot be true, in all parts."""
        for name, count in self.emptied.items():
            if count:
                column = table.column(name)
                text = Message(
                    "{column}: {count} values in all parts mean: not measured, or cannot be true, by what the sample showed; "
                    "they are left out.", column=column.header, count=count,
                )  # fmt: skip
                yield Finding("parts_set_aside", "info", text, column.origin, count)


@dataclass(frozen=True)
class _Work:
    """All that adding up the parts needs."""

    parted: Parted
    lanes: _Lanes
    stays: tuple[Stamps, Stamps]
    clock: Clock
    bench: Bench
    progress: Progress | None


def _add_up(work: _Work, columns: Sequence[Column], purpose: str, *, wanted: tuple[Statistic, ...] = ()) -> _Sum:
    parted, lanes = work.parted, work.lanes
    folder = _folder(work.bench, parted.table, purpose)
    groups = _groups(parted, columns)
    shared: dict[str, Plain] = {
        "recipes": _recipes(parted.table),
        "time": parted.stamp.name,
        "clock": partial.packed_clock(work.clock),
        "lane": lanes.column,
        "lane_names": lanes.names,
        "apart": lanes.apart,
        "stays": _written(folder.with_name(f"{folder.name}.parquet"), work.stays),
    }
    parts = tuple(
        Part(
            f"{g:03d}-{i:06d}",
            {
                "chunk": partial.packed_chunk(chunk),
                "floor": parted.floors[chunk],
                "signals": group.signals,
                "words": group.words,
            },
        )
        for g, group in enumerate(groups)
        for i, chunk in enumerate(parted.parts)
    )
    results = work.bench.compute.run(Job("tundish.trace.stays.partial:over_stays", shared, parts, folder), work.progress)
    return _merged(work, columns, groups, results, wanted)


def _without_bounds(parted: Parted, columns: AbstractSet[tuple[str, int]]) -> Parted:
    """The same parts, with columns of which too many values cannot be true: they are misunderstood, not wrong, and are kept."""
    recipes = tuple(
        replace(r, rules=tuple(replace(u, low=None, high=None) if (u.name, source) in columns else u for u in r.rules))
        for source, r in enumerate(parted.table.recipes)
    )
    return replace(parted, table=replace(parted.table, recipes=recipes))


def statistics_of(
    parted: Parted,
    columns: Sequence[Column],
    stays: tuple[Stamps, Stamps],
    clock: Clock,
    *,
    bench: Bench,
    wanted: Sequence[Statistic],
) -> dict[str, dict[Statistic, Floats]]:
    """Column -> statistic -> one value a stay (``starts``, ``ends`` in us, ends included); slopes are per hour."""
    work = _Work(parted, _Lanes(None, (), 0, None), stays, clock, bench, None)
    return _add_up(work, columns, "wanted", wanted=tuple(wanted)).statistics


@dataclass(frozen=True)
class _Group:
    signals: tuple[str, ...]
    words: tuple[str, ...]


def _groups(parted: Parted, columns: Sequence[Column]) -> list[_Group]:
    """Columns that are taken together: of a text all, since it is read whole; of Parquet as many as fill a part."""
    there = frozenset.intersection(*(_named(parted.table, source) for source in range(len(parted.table.recipes))))
    names = [column.name for column in columns if column.kind == "number" and column.name in there]
    sample = parted.table.frame
    words = tuple(
        c.name for c in columns if c.kind == "category" and c.name in there and sample[c.name].cast(pl.String).n_unique() > 1
    )
    longest = max(chunk.rows for chunk in parted.parts)
    whole = any(chunk.head or chunk.end - chunk.begin != chunk.rows for chunk in parted.parts)
    size = len(names) if whole else max(1, GROUP_CELLS // max(longest, 1))
    cut = [tuple(names[i : i + size]) for i in range(0, len(names), max(size, 1))] or [()]
    return [_Group(group, words if i == 0 else ()) for i, group in enumerate(cut)]


def _written(path: Path, stays: tuple[Stamps, Stamps]) -> Path:
    """The stays as a file that every worker reads."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as part:
            pl.DataFrame({"start": stays[0], "stop": stays[1]}).write_parquet(part)
    except (OSError, pl.exceptions.PolarsError) as failure:
        raise CannotWrite(path=path, found=why(failure)) from failure
    return path


def _merged(
    work: _Work,
    columns: Sequence[Column],
    groups: Sequence[_Group],
    results: Iterator[pl.DataFrame],
    wanted: tuple[Statistic, ...],
) -> _Sum:
    """Parts added up group by group, each in order of time: only one group's moments are held."""
    parted, stays = work.parted, work.stays[0].size
    found = _Sum(np.zeros(stays), 0, {}, {}, {}, Counter())
    named = {column.name: column for column in columns}
    for number, group in enumerate(groups):
        state = np.full((len(group.signals), stays, FIELDS), np.nan)
        state[..., 0] = 0.0
        words: list[pl.DataFrame] = []
        emptied: Counter[int] = Counter()
        for chunk in parted.parts:
            result = next(results)
            _absorb(state, result)
            words.append(result.filter(pl.col("word").is_not_null()).select("stay", "signal", "word", STATE[0]))
            emptied.update(_counts(result, EMPTIED))
            found.beyond.update({(group.signals[i], chunk.source): n for i, n in _counts(result, BEYOND).items()})
            if number == 0:
                of_stays = result.filter(pl.col("signal") == ROWS)
                found.rows[of_stays["stay"].to_numpy()] += of_stays[STATE[0]].to_numpy()
                found.reached += int(result.filter(pl.col("signal") == REACHED)[STATE[0]].sum())
        for i, name in enumerate(group.signals):
            found.statistics[name] = _statistics(parted, named[name], state[i : i + 1], wanted)
            found.emptied[name] = emptied[i]
        found.words |= _commonest(group.words, words, stays)
    for _ in results:  # An engine ends its job when all is taken.
        pass
    return found


def _counts(result: pl.DataFrame, kind: int) -> dict[int, int]:
    some = result.filter(pl.col("signal") == kind)
    return {int(i): int(n) for i, n in zip(some["stay"].to_list(), some[STATE[0]].to_list(), strict=True)}


def _absorb(state: Floats, result: pl.DataFrame) -> None:
    from tundish.trace.stays.kernels import Moments, merge

    rows = result.filter((pl.col("signal") >= 0) & pl.col("word").is_null())
    if not rows.height:
        return
    touched = rows["stay"].head(rows.height // state.shape[0]).to_numpy()
    later = rows.select(STATE).to_numpy().reshape(state.shape[0], touched.size, FIELDS)
    state[:, touched] = merge(Moments(state[:, touched]), Moments(later)).state


def _statistics(parted: Parted, column: Column, state: Floats, wanted: tuple[Statistic, ...]) -> dict[Statistic, Floats]:
    from tundish.trace.stays.kernels import Moments, statistics

    sample = parted.table.frame[column.name].cast(pl.Float64).fill_null(np.nan).to_numpy()
    if not wanted and _is_counter(sample):
        ends = statistics(Moments(state), ["first", "last"])
        gained = ends["last"][0] - ends["first"][0]
        return {"sum": np.where(gained >= 0, gained, np.nan)}
    made = statistics(Moments(state), wanted or _wanted(column, parted.catalogue))
    return {name: np.ascontiguousarray(found[0]) for name, found in made.items()}


def _commonest(names: Sequence[str], words: Sequence[pl.DataFrame], stays: int) -> dict[str, pl.Series]:
    if not names:
        return {}
    counted = pl.concat(words).group_by("signal", "stay", "word").agg(pl.col(STATE[0]).sum())
    best = counted.sort("stay", STATE[0], "word", descending=[False, True, False]).unique(
        ["signal", "stay"], keep="first", maintain_order=True
    )
    every = pl.DataFrame({"stay": np.arange(stays)})
    return {
        name: every.join(best.filter(pl.col("signal") == i), on="stay", how="left", maintain_order="left")["word"]
        for i, name in enumerate(names)
    }
