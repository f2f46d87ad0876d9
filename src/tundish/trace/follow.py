"""How does everything that happened to a piece come to stand in one row?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from tundish.errors import Message, TooLarge
from tundish.table import ROW, SOURCE, Column, Finding, Known, Progress, Table
from tundish.trace.base import Base, Joined, at, files_of, join, lay_base, origin_of
from tundish.trace.clocks import given
from tundish.trace.companions import find_twins, of_twins
from tundish.trace.ids import Ids
from tundish.trace.intervals import is_regular, trace_intervals
from tundish.trace.keys import Plan, is_identity, plan, refuse_strangers
from tundish.trace.pieces import BATCH, END, MOMENT, PIECE, START, Clock, Link, Pieces
from tundish.trace.spelling import spell
from tundish.trace.stamps import NEVER, as_times, role
from tundish.trace.stays.decision import Moments, find_moments, of_pieces, sole_stamp, stamped_after
from tundish.trace.stays.events import of_events
from tundish.trace.stays.features import Feature, as_stated, describe, when_known
from tundish.trace.stays.pairs import overlapping
from tundish.trace.stays.parted import Bench, of_parted_signals
from tundish.trace.stays.segments import Ints
from tundish.trace.stays.signals import Signals, Stay, of_signals, same_clock
from tundish.trace.stays.zones import Zone, find_zones
from tundish.trace.target import Target
from tundish.vocabulary import Catalogue

_FEWEST_BATCHES = 10
_LEAST_KEPT = 0.5
"""Least share of the later pieces that a proof must keep when no batch may stand on both sides."""


@dataclass(frozen=True)
class _Work:
    """What is known once the pieces are laid out and the tables with one row a piece are joined."""

    plan: Plan
    target: Target
    base: Base
    joined: tuple[Joined, ...]
    places: Mapping[str, Ints]
    moments: Moments
    catalogue: Catalogue

    @property
    def home(self) -> Table:
        return self.plan.target

    @property
    def single(self) -> list[Table]:
        return [self.home, *(table.table for table in self.joined if table.rows is not None)]


def trace(
    tables: Sequence[Table],
    target: Target,
    catalogue: Catalogue,
    *,
    keys: Mapping[str, str] | None = None,
    clock_offsets_s: Mapping[str, float] | None = None,
    decision_moment: str | None = None,
    known: Mapping[str, str] | None = None,
    time_zone: str = "Asia/Seoul",
    bench: Bench | None = None,
    progress: Progress | None = None,
) -> Pieces:
    """One row a piece of material: everything that happened to it before its decision moment, and the target.

    Without any material (a single regular time series) one row an interval, with what was known when the interval began.
    ``keys`` (file -> column), ``clock_offsets_s`` (file -> seconds), ``decision_moment`` (``start``, ``end``, ``target``,
    ``file:column``) and ``known`` (``file:column`` -> ``before`` or ``after``) are what plant.toml states; else they are
    found. A table in parts is joined by its times, on ``bench``. Raises :class:`tundish.errors.NoSharedKey` when several
    tables are given and none belongs to the target's, and :class:`tundish.errors.TooLarge` when the target's is in parts.
    """
    tell = progress or (lambda stage, done, todo: None)
    tell("trace", 0, len(tables))
    found = _planned(tables, target, catalogue, keys or {})
    if found.key is None and not found.relations and is_regular(found.target, catalogue):
        return trace_intervals(found.target, found.loose, target, catalogue, known=known or {}, time_zone=time_zone)
    work = _lay_out(found, target, catalogue, decision_moment)
    features, findings = _of_single(work)
    more, told = _of_many(work)
    tell("trace", 1 + len(work.joined), len(tables))
    signals, loose = _of_loose(work, clock_offsets_s or {}, bench, tell, len(tables))
    refuse_strangers(found, loose)
    features += more + [feature for signal in signals for feature in signal.features]
    findings += told + [finding for signal in signals for finding in signal.findings]
    findings += _about_loose(loose, found) + _about_moments(work)
    stated = [as_stated(feature, known or {}) for feature in features]
    return _assemble(work, stated, findings, tables, signals)


def _planned(tables: Sequence[Table], target: Target, catalogue: Catalogue, keys: Mapping[str, str]) -> Plan:
    """How the tables hang together; one in parts is joined by its times only, for no id of it was seen whole."""
    home = next(table for table in tables if table.name == target.table)
    if home.parts:
        raise TooLarge(file=files_of(home), rows=sum(part.rows for part in home.parts), seen=home.frame.height)
    found = plan([table for table in tables if not table.parts], target, catalogue, keys)
    loose = {table.name for table in found.loose}
    return replace(found, loose=tuple(table for table in tables if table.parts or table.name in loose))


def _lay_out(found: Plan, target: Target, catalogue: Catalogue, wish: str | None) -> _Work:
    base = lay_base(found, target, catalogue)
    places: dict[str, Ints] = {found.target.name: base.rows}
    joined = []
    for relation in found.relations:
        one = join(relation, places, catalogue)
        joined.append(one)
        if one.rows is not None:
            places[one.table.name] = one.rows
    single = [found.target, *(one.table for one in joined if one.rows is not None)]
    moments = find_moments(base, single, places, catalogue, wish=wish)
    return _Work(found, target, base, tuple(joined), places, moments, catalogue)


def _no_values(table: Table, work: _Work) -> frozenset[str]:
    """Columns that are no values of a piece: the ids the tables are joined by, row numbers, the target."""
    used = {relation.ids.column.name for relation in work.plan.relations if relation.ids.table.name == table.name}
    used |= {relation.base.column.name for relation in work.plan.relations if relation.base.table.name == table.name}
    used |= {work.plan.key.column.name} if work.plan.key and work.plan.key.table.name == table.name else set()
    used |= {work.target.column} if work.target.table == table.name else set()
    used |= {c.name for c in table.columns if is_identity(c, work.catalogue) or _numbers_rows(table, c)}
    return frozenset(used)


def _numbers_rows(table: Table, column: Column) -> bool:
    if column.kind not in ("number", "identity") or table.frame.height < 3:
        return False
    head = table.frame[column.name].head(50)
    steps = head.cast(pl.Float64, strict=False).diff().drop_nulls()
    return bool((steps == 1).all()) and Ids(table, column, spell(table.frame[column.name])).running


def _of_single(work: _Work) -> tuple[list[Feature], list[Finding]]:
    """Values from the tables with one row a piece, and from twin tables of values and times."""
    features: list[Feature] = []
    findings: list[Finding] = list(work.base.findings)
    twins = find_twins(work.joined)
    twinned = {(pair.values.name, column) for pair in twins for column in pair.stamp_of}
    for pair in twins:
        made, told = of_twins(pair, work.moments.cut)
        features += made
        findings += told
    for table in work.single:
        if table is work.home and work.base.readings is not None:
            continue
        late = stamped_after(table, work.places, work.moments, work.catalogue)
        without = _no_values(table, work)
        for column in table.columns:
            if column.name in without or column.kind == "time" or (table.name, column.name) in twinned:
                continue
            feature = Feature(describe(table, column), at(table.frame[column.name], work.places[table.name]))
            features.append(_judged(feature, table, late, work))
        features += _of_ids(table, work)
    for one in work.joined:
        findings += one.findings
    return features, findings


def _judged(feature: Feature, table: Table, late: Message | None, work: _Work) -> Feature:
    if late is not None:
        return when_known(feature, "after", late)
    if table is work.home and role(feature.column, work.catalogue) == "result":
        return when_known(feature, "with_target", Message("a result that stands in the same row as the target"))
    return feature


def _of_ids(table: Table, work: _Work) -> list[Feature]:
    """Ids stay in the table of pieces, to be read, never to learn from."""
    made = []
    for column in table.columns:
        is_key = work.plan.key is not None and (work.plan.key.table.name, work.plan.key.column.name) == (
            table.name,
            column.name,
        )
        joined_by = any(
            (r.ids.table.name, r.ids.column.name) == (table.name, column.name) and not r.begins for r in work.plan.relations
        )
        if is_key or joined_by or not (is_identity(column, work.catalogue) or _is_parent(table, column, work)):
            continue
        values = at(spell(table.frame[column.name]).plain, work.places[table.name])
        made.append(Feature(replace(describe(table, column), kind="identity"), values))
    return made


def _is_parent(table: Table, column: Column, work: _Work) -> bool:
    return any(r.base.table.name == table.name and r.base.column.name == column.name for r in work.plan.relations)


def _of_many(work: _Work) -> tuple[list[Feature], list[Finding]]:
    """Summaries of the tables with several rows a piece, the target's own earlier readings among them."""
    features: list[Feature] = []
    findings: list[Finding] = []
    if work.base.readings is not None:
        features += _own_readings(work)
    for one in work.joined:
        if one.segments is None:
            continue
        without = _no_values(one.table, work)
        events = of_events(one.table, one.segments, work.moments.cut, work.catalogue, without=without)
        known: Known = "before"
        if events.rows and events.late > 0.5 * events.rows:
            uncut = replace(work.moments.cut, moments=np.full_like(work.moments.moments, NEVER))
            events = of_events(one.table, one.segments, uncut, work.catalogue, without=without)
            reason = Message("most rows of {file} are stamped after the decision moment", file=files_of(one.table))
            features += [when_known(feature, "after", reason) for feature in events.features]
            known = "after"
        else:
            features += events.features
        if events.late and known == "before":
            text = Message("{file}: {count} rows came after the decision moment of their piece and are not used.",
                           file=files_of(one.table), count=events.late)  # fmt: skip
            findings.append(Finding("late_rows", "info", text, origin_of(one.table), events.late))
    return features, findings


def _own_readings(work: _Work) -> list[Feature]:
    """The target's own first reading: which was the last but one, and how many there were, is known only at the end."""
    readings = work.base.readings
    if readings is None:
        return []
    column = work.home.column(work.target.column)
    first = work.home.frame[column.name].gather(readings.rows[readings.edges[:-1]])
    without = _no_values(work.home, work)
    rest = of_events(work.home, readings, work.moments.cut, work.catalogue, without=without, counted=False)
    return [Feature(describe(work.home, column, "first", "until_moment"), first), *rest.features]


def _of_loose(
    work: _Work, offsets: Mapping[str, float], bench: Bench | None, tell: Progress, todo: int
) -> tuple[list[Signals], list[Table]]:
    """Signals that share no id with the pieces, joined by their stays; and the tables that belong to none."""
    found: dict[str, Signals] = {}
    loose: list[Table] = []
    stay = _stay(work)
    clocks = {file: given(file, float(offset)) for file, offset in offsets.items()}
    for n, table in enumerate(work.plan.loose):
        made = None if stay is None else _signals(work, table, stay, clocks, bench)
        if made is None:
            loose.append(table)
        else:
            found[table.name] = made
        tell("trace", todo - len(work.plan.loose) + n + 1, todo)
    if stay is not None:
        found |= _of_shared_clocks(work, found, stay, bench)
    return list(found.values()), loose


def _signals(work: _Work, table: Table, stay: Stay, clocks: Mapping[str, Clock], bench: Bench | None) -> Signals | None:
    until, without = work.moments.moments, _no_values(table, work)
    if table.parts:
        if bench is None:
            raise ValueError(table.name)
        return of_parted_signals(table, stay, work.catalogue, clocks, known_until=until, without=without, bench=bench)
    return of_signals(table, stay, work.catalogue, clocks, known_until=until, without=without)


def _of_shared_clocks(work: _Work, found: Mapping[str, Signals], stay: Stay, bench: Bench | None) -> dict[str, Signals]:
    """Signals whose clock could not be told by themselves, joined again by the clock of a file with the same stamps."""
    tables = {table.name: table for table in work.plan.loose}
    unsure = {name for name, made in found.items() if any(told.code == "clock_unsure" for told in made.findings)}
    again = {}
    for name in unsure:
        donor = next(
            (sure for sure in found if sure not in unsure and same_clock(tables[name], tables[sure], work.catalogue)), None
        )
        if donor is None:
            continue
        file, clock = origin_of(tables[name]).file, found[donor].clock
        shared = replace(clock, file=file, reason=Message("the same stamps as in {file}, so the same clock", file=clock.file))
        made = _signals(work, tables[name], stay, {file: shared}, bench)
        if made is not None:
            again[name] = made
    return again


def _stay(work: _Work) -> Stay | None:
    pair = work.moments.pair
    sole = sole_stamp(work.single, work.places, work.catalogue) if pair is None else None
    if pair is None and sole is None:
        return None
    places = {
        column.header: at(table.frame[column.name].cast(pl.String), work.places[table.name])
        for table in work.single
        for column in table.of_kind("category")
        if (table.name, column.name) != (work.target.table, work.target.column)
    }
    if sole is not None:
        return Stay(sole[0], sole[0], sole[1].header, places)
    headers = f"{pair.start.header} - {pair.end.header}" if pair else ""
    return Stay(work.moments.starts, work.moments.ends, headers, places, _zones(work))


def _zones(work: _Work) -> tuple[Zone, ...]:
    """Parts of the stay, by the times of entry or exit or the durations in the tables with one row a piece."""
    pair, timed, lasted = work.moments.pair, [], []
    for table in work.single:
        rows = work.places[table.name]
        for column in table.columns:
            if pair is not None and table is pair.table and column in (pair.start, pair.end):
                continue
            if column.kind == "time":
                timed.append((column, of_pieces(table, column.name, work.places)))
            elif column.kind == "number" and column.unit == "s":
                lasted.append((column, at(table.frame[column.name], rows).cast(pl.Float64).fill_null(np.nan).to_numpy()))
    return find_zones(work.moments.starts, work.moments.ends, timed, lasted)


def _about_loose(loose: Sequence[Table], found: Plan) -> list[Finding]:
    return [
        Finding(
            "unlinked_table",
            "warning",
            Message(
                "{file} shares no key and no time with {home} and is set aside ({rows} rows). "
                "If it belongs to the pieces, name its column under [keys] in plant.toml.",
                file=files_of(table),
                home=files_of(found.target),
                rows=table.frame.height,
            ),
            origin_of(table),
            table.frame.height,
        )
        for table in loose
    ]


def _about_moments(work: _Work) -> list[Finding]:
    told = []
    origin = origin_of(work.home)
    overlaps = overlapping(work.moments.starts, work.moments.ends)
    if overlaps:
        text = Message("{count} pieces come before the one before has left; signals in between count for both.", count=overlaps)
        told.append(Finding("stays_overlap", "info", text, origin, overlaps))
    without = int((work.moments.moments == NEVER).sum())
    if without:
        text = Message("{count} of {pieces} pieces have no time; they stand last, in the order of the file.",
                       count=without, pieces=work.base.ids.len())  # fmt: skip
        told.append(Finding("no_time", "warning", text, origin, without))
    if work.moments.pair is None and work.base.moments is None:
        text = Message(
            "No start and end of the pieces found: all values are taken as known before the target. "
            "Where this is wrong, write it under [known] in plant.toml."
        )
        told.append(Finding("assumed_before", "info", text, origin))
    else:
        told.append(Finding("decision_moment", "info", work.moments.reason, origin))
    return told


def _batch(work: _Work, features: Sequence[Feature], ids: pl.Series) -> tuple[pl.Series, list[Finding]]:
    """The coarsest material group that can be kept whole and of which there are enough to split by; else the piece.

    A heat whose coils are scattered over months leaves no moment at which all pieces before and after are of other heats.
    """
    order = pl.Series(np.argsort(work.moments.moments, kind="stable"))
    groups = [(feature, spell(feature.values).even) for feature in features if _is_group(feature, order)]
    whole = [group for group in groups if _kept_whole(group[1].gather(order)) >= _LEAST_KEPT]
    batch = pl.select(pl.coalesce(min((g for _, g in whole), key=pl.Series.n_unique, default=ids), ids)).to_series()
    told = [_about_scattered(feature) for feature, group in groups if _kept_whole(group.gather(order)) < _LEAST_KEPT]
    return batch.alias(BATCH), told


def _kept_whole(groups: pl.Series) -> float:
    """Share of the last quarter of the pieces, in order of time, whose group began in it."""
    border = round(0.75 * groups.len())
    known, later = groups[:border].drop_nulls(), groups[border:]
    return 1.0 - float(later.is_in(known.unique().implode()).fill_null(value=False).mean() or 0.0)  # type: ignore[arg-type]


def _about_scattered(feature: Feature) -> Finding:
    text = Message(
        "{column}: its pieces lie so far apart in time that earlier and later pieces share it; "
        "it is not kept whole in the proof.",
        column=feature.column.header,
    )
    return Finding("scattered_batch", "info", text, feature.column.origin)


def _is_group(feature: Feature, order: pl.Series) -> bool:
    """An id that several pieces share; without the vocabulary's word, one whose pieces come one after another."""
    values = feature.values
    groups, pieces = values.drop_nulls().n_unique(), values.len()
    if feature.column.kind == "identity":
        return _FEWEST_BATCHES <= groups <= 0.9 * pieces
    if feature.column.kind not in ("text", "category") or not 2 * _FEWEST_BATCHES <= groups <= 0.6 * pieces:
        return False
    words = values.cast(pl.String).gather(order).drop_nulls()
    runs = int((words != words.shift()).sum()) + 1
    return runs <= 1.1 * groups and bool(words.str.contains(r"\d").mean() == 1)


def _assemble(
    work: _Work, features: Sequence[Feature], findings: Sequence[Finding], tables: Sequence[Table], signals: Sequence[Signals]
) -> Pieces:
    column = work.home.column(work.target.column)
    outcome = replace(
        describe(work.home, column), known="with_target", statistic="value" if work.base.readings is None else "last"
    )
    present = [feature for feature in features if feature.values.null_count() < feature.values.len()]
    moments = work.moments
    batch, scattered = _batch(work, present, work.base.ids)
    frame = pl.DataFrame(
        [
            work.base.ids.cast(pl.String).alias(PIECE),
            as_times(moments.starts, START),
            as_times(moments.ends, END),
            as_times(moments.moments, MOMENT),
            batch,
            *(at(work.home.frame[name], work.base.rows) for name in (ROW, SOURCE) if name in work.home.frame.columns),
            work.base.outcome.alias(outcome.name),
            *(feature.values.alias(feature.column.name) for feature in present),
        ]
    ).sort(MOMENT, nulls_last=True, maintain_order=True)
    # The target's own exports come first: #source counts in them.
    origins = (*work.home.origins, *(origin for table in tables if table is not work.home for origin in table.origins))
    table = Table(
        name="pieces",
        frame=frame,
        columns=(outcome, *(feature.column for feature in present)),
        origins=origins,
        findings=(*findings, *scattered),
        repairs=tuple(repair for table in tables for repair in table.repairs),
    )
    links: tuple[Link, ...] = (*(one.link for one in work.joined), *(signal.link for signal in signals))
    clocks: tuple[Clock, ...] = tuple({signal.clock.file: signal.clock for signal in signals}.values())
    whole = [*(one.linked for one in work.joined), *(signal.linked for signal in signals)]
    unlinked = int((~np.all(whole, axis=0)).sum()) if whole else 0
    return Pieces(table, outcome.name, "piece", links, clocks, unlinked)
