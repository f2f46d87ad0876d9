"""What do all parts of a table give together? Moments merged in order of time, and the verdict on what cannot be true."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import polars as pl

from tundish.disk import whole_file, why
from tundish.errors import CannotWrite, Message
from tundish.ports import Job, Part, Plain
from tundish.standardise.recipe import judged
from tundish.standardise.spelling import commonest_spellings
from tundish.standardise.whole import Look
from tundish.table import Chunk, Column, Finding, Progress, Recipe, Statistic
from tundish.trace.pieces import Clock
from tundish.trace.stamps import Stamps
from tundish.trace.stays.equipment import Equipment
from tundish.trace.stays.features import Feature, consumed, describe, is_counter, statistics_of
from tundish.trace.stays.packed import packed_chunk, packed_clock
from tundish.trace.stays.partial import EMPTIED, FIELDS, LOOKS, REACHED, ROWS, STATE, TWICE, WORDS
from tundish.trace.stays.segments import Floats
from tundish.trace.stays.survey import Bench, Survey, named

GROUP_CELLS = 2**21
"""Cells of a part: signals of a chunk are taken together as far as they fill 16 MB."""
_TURNS = 4
"""Times that a column is added up at most until what all its rows say is what was done to them."""
Looks = dict[int, dict[str, list[tuple[int, Look]]]]
"""Of a file, of a column: number of the chunk's first row, and what the chunk shows."""


@dataclass(frozen=True)
class Work:
    """All that adding up the parts needs."""

    survey: Survey
    machines: Equipment
    stays: tuple[Stamps, Stamps]
    clocks: tuple[Clock, ...]
    """Of each file."""
    bench: Bench
    progress: Progress | None


@dataclass
class Sum:
    """What all parts together give."""

    rows: Floats
    reached: int = 0
    twice: int = 0
    moments: dict[str, Floats] = field(default_factory=dict)
    """Column -> state of :class:`tundish.trace.stays.kernels.Moments`, of one signal."""
    words: dict[str, pl.Series] = field(default_factory=dict)
    emptied: dict[str, int] = field(default_factory=dict)
    looks: Looks = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))

    def mend(self, again: Sum) -> None:
        """Take over columns that were added up again."""
        self.moments |= again.moments
        self.emptied |= again.emptied
        for source, columns in again.looks.items():
            self.looks[source] |= columns

    def features(self, work: Work, column: Column, window: str) -> Iterator[Feature]:
        """What a column tells of each piece."""
        table = work.survey.table
        if column.name in self.words:
            yield Feature(describe(table, column, "mode", window), self.words[column.name])
        if column.name not in self.moments:
            return
        if self._counts_up(column.name):
            ends = self.statistics(column.name, ("first", "last"))
            yield consumed(table, column, ends["first"], ends["last"])
            return
        for statistic, found in self.statistics(column.name, statistics_of(column, work.survey.catalogue)).items():
            yield Feature(describe(table, column, statistic, window), pl.Series(found).fill_nan(None))

    def statistics(self, name: str, wanted: Sequence[Statistic]) -> dict[Statistic, Floats]:
        """Statistics of a column, one value a stay."""
        from tundish.trace.stays.kernels import Moments, statistics

        made = statistics(Moments(self.moments[name]), wanted)
        return {statistic: np.ascontiguousarray(found[0]) for statistic, found in made.items()}

    def told(self, work: Work) -> Iterator[Finding]:
        """Values that cannot be true, in all parts."""
        for name, count in self.emptied.items():
            if count:
                column = work.survey.table.column(name)
                text = Message(
                    "{column}: {count} values in all parts mean: not measured, or cannot be true, by what all rows say; "
                    "they are left out.", column=column.header, count=count,
                )  # fmt: skip
                yield Finding("parts_set_aside", "info", text, column.origin, count)

    def _counts_up(self, name: str) -> bool:
        runs = [look.runs for columns in self.looks.values() for _, look in columns.get(name, ())]
        known = sum(run.ups + run.downs + run.flat for run in runs)
        return is_counter(known, sum(run.downs for run in runs), sum(run.ups for run in runs))


def add_up(work: Work, columns: Sequence[Column], purpose: str) -> tuple[Sum, Work]:
    """All parts added up, with what all rows of a file say of its values; and the work as it was done in the end.

    What a column's codes, outliers and stretches at rest are is known only when all of it was seen: it is added up by what the
    sample says of them, and again where all rows say something else.
    """
    found, again = _once(work, columns, purpose), list(columns)
    for turn in range(1, _TURNS):
        recipes = _judged(work.survey, found.looks)
        before = work.survey.table.recipes
        rules = ((old.rules, new.rules) for old, new in zip(before, recipes, strict=True))
        changed = {new.name for pair in rules for old, new in zip(*pair, strict=True) if old != new}
        again = [column for column in columns if column.name in changed]
        if not again:
            break
        work = replace(work, survey=work.survey.reading(recipes))
        found.mend(_once(work, again, f"{purpose}-{turn}"))
    return found, work


def _judged(survey: Survey, looks: Looks) -> tuple[Recipe, ...]:
    """The recipes by what all rows of each file say, its chunks in the order of their rows."""
    made = []
    for source, recipe in enumerate(survey.table.recipes):
        shown = {name: [look for _, look in sorted(some, key=lambda one: one[0])] for name, some in looks[source].items()}
        made.append(judged(recipe, shown))
    return tuple(made)


def _once(work: Work, columns: Sequence[Column], purpose: str) -> Sum:
    survey, machines = work.survey, work.machines
    folder = work.bench.place(survey.table, purpose)
    groups = _groups(survey, columns)
    shared: dict[str, Plain] = {
        "recipes": survey.recipes,
        "time": survey.stamp.name,
        "clocks": tuple(packed_clock(clock) for clock in work.clocks),
        "machine": machines.column,
        "machines": machines.names,
        "apart": machines.apart,
        "stays": _written(folder.with_name(f"{folder.name}.parquet"), work.stays),
    }
    parts = tuple(
        Part(f"{g:03d}-{i:06d}", _values(survey, group, chunk))
        for g, group in enumerate(groups)
        for i, chunk in enumerate(survey.parts)
    )
    results = work.bench.compute.run(Job("tundish.trace.stays.partial:over_stays", shared, parts, folder), work.progress)
    found = Sum(np.zeros(work.stays[0].size))
    for number, group in enumerate(groups):
        _merge(work, group, results, found, first=number == 0)
    for _ in results:  # An engine ends its job when all is taken.
        pass
    return found


@dataclass(frozen=True)
class _Group:
    signals: tuple[str, ...]
    words: tuple[str, ...]


def _values(survey: Survey, group: _Group, chunk: Chunk) -> dict[str, Plain]:
    return {
        "chunk": packed_chunk(chunk),
        "signals": group.signals,
        "words": group.words,
        "shifts": survey.shifts.get(chunk, ()),
        "twice": tuple(packed_chunk(other) for other in survey.twice.get(chunk, ())),
    }


def _groups(survey: Survey, columns: Sequence[Column]) -> list[_Group]:
    """Columns that are taken together: of a text all, since it is read whole; of Parquet as many as fill a part."""
    there = frozenset.intersection(*(named(survey.table, source) for source in range(len(survey.table.recipes))))
    names = [column.name for column in columns if column.kind == "number" and column.name in there]
    words = tuple(column.name for column in columns if column.kind == "category" and column.name in there)
    longest = max(chunk.rows for chunk in survey.parts)
    whole = any(chunk.head or chunk.end - chunk.begin != chunk.rows for chunk in survey.parts)
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


def _merge(work: Work, group: _Group, results: Iterator[pl.DataFrame], found: Sum, *, first: bool) -> None:
    """One group's parts added up in order of time: only its moments are held."""
    stays = work.stays[0].size
    state = np.full((len(group.signals), stays, FIELDS), np.nan)
    state[..., 0] = 0.0
    words: list[pl.DataFrame] = []
    emptied: Counter[int] = Counter()
    for chunk in work.survey.parts:
        result = next(results)
        _absorb(state, result)
        if group.words:
            words.append(result.filter(pl.col("word").is_not_null() & (pl.col("signal") != LOOKS)))
        emptied.update(_counts(result, EMPTIED))
        for i, text in result.filter(pl.col("signal") == LOOKS).select("stay", "word").iter_rows():
            found.looks[chunk.source][group.signals[i]].append((chunk.row, Look.unpacked(text)))
        if first:
            of_stays = result.filter(pl.col("signal") == ROWS)
            found.rows[of_stays["stay"].to_numpy()] += of_stays[STATE[0]].to_numpy()
            found.reached += _counts(result, REACHED).get(0, 0)
            found.twice += _counts(result, TWICE).get(0, 0)
    for i, name in enumerate(group.signals):
        found.moments[name] = state[i : i + 1]
        found.emptied[name] = emptied[i]
    found.words |= _commonest(group.words, words, stays)


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


def _commonest(names: Sequence[str], words: Sequence[pl.DataFrame], stays: int) -> Mapping[str, pl.Series]:
    """The word of most rows of each stay, once odd spellings are evened; none for a column that says the same in all rows."""
    if not names:
        return {}
    whole = pl.concat(words)
    every = pl.DataFrame({"stay": np.arange(stays)})
    found = {}
    for i, name in enumerate(names):
        rows = whole.filter((pl.col("signal") == WORDS) & (pl.col("stay") == i)).group_by("word").agg(pl.col(STATE[0]).sum())
        listed = rows.filter(pl.col("word") != "").sort(STATE[0], "word", descending=[True, False])
        even = commonest_spellings((str(word), int(count)) for word, count in listed.select("word", STATE[0]).iter_rows())
        if rows["word"].replace(even).n_unique() < 2:
            continue
        inside = whole.filter(pl.col("signal") == i).with_columns(pl.col("word").replace(even))
        counted = inside.group_by("stay", "word").agg(pl.col(STATE[0]).sum())
        best = counted.sort("stay", STATE[0], "word", descending=[False, True, False])
        best = best.unique("stay", keep="first", maintain_order=True)
        found[name] = every.join(best, on="stay", how="left", maintain_order="left")["word"]
    return found
