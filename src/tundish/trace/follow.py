"""How does everything that happened to a piece come to stand in one row?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from tundish.errors import Message
from tundish.table import ROW, SOURCE, Column, Finding, Known, Progress, Repair, Table
from tundish.trace.base import at, origin_of
from tundish.trace.batches import find_batches
from tundish.trace.clocks import Aligned
from tundish.trace.companions import find_twins, of_twins
from tundish.trace.forebears.own_metres import OwnMetres
from tundish.trace.ground import Ground
from tundish.trace.ids import is_identity
from tundish.trace.intervals import is_regular, trace_intervals
from tundish.trace.keys import refuse_strangers
from tundish.trace.laid import Laid, lay_out, lay_plan
from tundish.trace.large import align_all
from tundish.trace.late import about_late, mostly_late
from tundish.trace.loose import Loose, about_strangers, of_loose
from tundish.trace.mended import Mended, mend
from tundish.trace.pieces import END, MOMENT, PIECE, START, Link, Pieces
from tundish.trace.position import measure
from tundish.trace.spelling import spell
from tundish.trace.stamps import NEVER, as_times, role
from tundish.trace.stays.decision import stamped_after
from tundish.trace.stays.events import of_events
from tundish.trace.stays.features import Feature, as_stated, describe, when_known
from tundish.trace.stays.pairs import overlapping
from tundish.trace.stays.parted import Bench
from tundish.trace.target import Target
from tundish.vocabulary import Catalogue


def trace(
    tables: Sequence[Table],
    target: Target,
    catalogue: Catalogue,
    *,
    keys: Mapping[str, str] | None = None,
    clock_offsets_s: Mapping[str, float] | None = None,
    decision_moment: str | None = None,
    known: Mapping[str, str] | None = None,
    gauges_m: Mapping[str, float] | None = None,
    time_zone: str = "Asia/Seoul",
    bench: Bench | None = None,
    progress: Progress | None = None,
) -> Pieces:
    """One row a piece of material: everything that happened to it before its decision moment, and the target.

    Without any material (a single regular time series) one row an interval, with what was known when the interval began.
    ``keys`` (file -> column), ``clock_offsets_s`` (file -> seconds), ``decision_moment`` (``start``, ``end``, ``target``,
    ``file:column``), ``known`` (``file:column`` -> ``before`` or ``after``) and ``gauges_m`` (``file:column`` -> metres behind
    the line's reference point) are what plant.toml states; else they are found. Ids and times are mended first, and what
    happened on earlier lines to what a piece was made of comes to it by the genealogy. A table in parts is joined by its
    times, on ``bench``. Raises :class:`tundish.errors.NoSharedKey` when several tables are given and none belongs to the
    target's, and :class:`tundish.errors.TooLarge` when the target's is in parts.
    """
    tell = progress or (lambda stage, done, todo: None)
    tell("trace", 0, len(tables))
    whole = next(table for table in tables if table.name == target.table)
    mended = mend(tables, catalogue, keys=keys)
    found = lay_plan(mended, whole, target, catalogue, keys or {})
    if found.key is None and not found.relations and is_regular(found.target, catalogue):
        asked = replace(target, table=found.target.name)
        made = trace_intervals(found.target, found.loose, asked, catalogue, known=known or {}, time_zone=time_zone)
        return replace(made, table=replace(made.table, repairs=_repairs(mended.tables)))
    laid = lay_out(found, target, mended, catalogue, decision_moment)
    features, findings = _of_single(laid)
    more, told = _of_many(laid)
    tell("trace", 1 + len(laid.joined), len(mended.tables))
    offsets = clock_offsets_s or {}
    aligned = _aligned(laid, mended, bench, offsets, gauges_m=gauges_m or {}, time_zone=time_zone)
    ground = Ground(laid, aligned, _metres(laid, mended, aligned, gauges_m or {}), offsets, bench)
    loose = of_loose(ground, tell=tell, todo=len(mended.tables))
    refuse_strangers(found, loose.strangers)
    features += more + [feature for one in loose.told for feature in one.features]
    findings += told + loose.findings + [finding for one in loose.told for finding in one.findings]
    findings += about_strangers(loose.strangers, found) + _about_moments(laid) + _about_material(laid, mended, aligned)
    stated = [as_stated(feature, known or {}) for feature in features]
    return _assemble(laid, stated, findings, mended.tables, loose)


def _aligned(
    laid: Laid,
    mended: Mended,
    bench: Bench | None,
    offsets: Mapping[str, float],
    *,
    gauges_m: Mapping[str, float],
    time_zone: str,
) -> Aligned:
    """Lines and clocks of the loose tables, where pieces went over several lines; else each log tells its clock by itself."""
    if not laid.is_traced:
        return Aligned((), {})
    names = {table.name for table in laid.plan.loose} | set(mended.genealogy.stays["table"].drop_nulls().to_list())
    tables = [table for table in mended.tables if table.name in names]
    return align_all(
        tables, mended.genealogy, laid.catalogue, bench=bench, given=offsets, gauges_m=gauges_m, time_zone=time_zone
    )


def _metres(laid: Laid, mended: Mended, aligned: Aligned, gauges_m: Mapping[str, float]) -> OwnMetres | None:
    """Where signals of lines before the pieces' own are to be read metre by metre: every stay ruled in metres."""
    names = [name for table in laid.plan.loose for name in (table.name, *(origin.file for origin in table.origins))]
    earlier = {aligned.lines.get(name) for name in names} - {None, *laid.lines}
    if not laid.is_traced or not earlier:
        return None
    with np.errstate(invalid="ignore", divide="ignore"):
        ruled = measure(mended.whole, mended.genealogy, aligned, laid.catalogue, gauges_m=gauges_m)
        return OwnMetres(ruled, laid.lineage.own)


def _about_material(laid: Laid, mended: Mended, aligned: Aligned) -> list[Finding]:
    """What stayed open in genealogy and clocks, where the pieces have a history on earlier lines."""
    return [*mended.findings, *aligned.findings, *(mended.genealogy.findings if laid.is_traced else ())]


def _of_single(laid: Laid) -> tuple[list[Feature], list[Finding]]:
    """Values from the tables with one row a piece, and from twin tables of values and times."""
    features: list[Feature] = []
    findings: list[Finding] = list(laid.base.findings)
    twins = find_twins(laid.joined)
    twinned = {(pair.values.name, column) for pair in twins for column in pair.stamp_of}
    for pair in twins:
        made, told = of_twins(pair, laid.moments.cut)
        features += made
        findings += told
    for table in laid.single:
        if table is laid.home and laid.base.readings is not None:
            continue
        late = stamped_after(table, laid.places, laid.moments, laid.catalogue)
        without = laid.no_values(table)
        for column in table.columns:
            if column.name in without or column.kind == "time" or (table.name, column.name) in twinned:
                continue
            feature = Feature(describe(table, column), at(table.frame[column.name], laid.places[table.name]))
            features.append(_judged(feature, table, late, laid))
        features += _of_ids(table, laid)
    for one in laid.joined:
        findings += one.findings
    return features, findings


def _judged(feature: Feature, table: Table, late: Message | None, laid: Laid) -> Feature:
    if late is not None:
        return when_known(feature, "after", late)
    if table is laid.home and role(feature.column, laid.catalogue) == "result":
        return when_known(feature, "with_target", Message("a result that stands in the same row as the target"))
    return feature


def _of_ids(table: Table, laid: Laid) -> list[Feature]:
    """Ids stay in the table of pieces, to be read, never to learn from."""
    made = []
    for column in table.columns:
        is_key = laid.plan.key is not None and (laid.plan.key.table.name, laid.plan.key.column.name) == (
            table.name,
            column.name,
        )
        joined_by = any(
            (r.ids.table.name, r.ids.column.name) == (table.name, column.name) and not r.begins for r in laid.plan.relations
        )
        if is_key or joined_by or not (is_identity(column, laid.catalogue) or _is_parent(table, column, laid)):
            continue
        values = at(spell(table.frame[column.name]).plain, laid.places[table.name])
        made.append(Feature(replace(describe(table, column), kind="identity"), values))
    return made


def _is_parent(table: Table, column: Column, laid: Laid) -> bool:
    return any(r.base.table.name == table.name and r.base.column.name == column.name for r in laid.plan.relations)


def _of_many(laid: Laid) -> tuple[list[Feature], list[Finding]]:
    """Summaries of the tables with several rows a piece, the target's own earlier readings among them."""
    features: list[Feature] = []
    findings: list[Finding] = []
    if laid.base.readings is not None:
        features += _own_readings(laid)
    for one in laid.joined:
        if one.segments is None:
            continue
        without = laid.no_statistics(one.table)
        events = of_events(one.table, one.segments, laid.moments.cut, laid.catalogue, without=without)
        known: Known = "before"
        if events.rows and events.late > 0.5 * events.rows:
            uncut = replace(laid.moments.cut, moments=np.full_like(laid.moments.moments, NEVER))
            events = of_events(one.table, one.segments, uncut, laid.catalogue, without=without)
            features += [mostly_late(feature, one.table) for feature in events.features]
            known = "after"
        else:
            features += events.features
        if events.late and known == "before":
            findings.append(about_late(one.table, events.late))
    return features, findings


def _own_readings(laid: Laid) -> list[Feature]:
    """The target's own first reading: which was the last but one, and how many there were, is known only at the end."""
    readings = laid.base.readings
    if readings is None:
        return []
    column = laid.home.column(laid.target.column)
    first = laid.home.frame[column.name].gather(readings.rows[readings.edges[:-1]])
    without = laid.no_statistics(laid.home)
    rest = of_events(laid.home, readings, laid.moments.cut, laid.catalogue, without=without, counted=False)
    return [Feature(describe(laid.home, column, "first", "until_moment"), first), *rest.features]


def _about_moments(laid: Laid) -> list[Finding]:
    told = []
    origin = origin_of(laid.home)
    overlaps = overlapping(laid.moments.starts, laid.moments.ends)
    if overlaps:
        text = Message("{count} pieces come before the one before has left; signals in between count for both.", count=overlaps)
        told.append(Finding("stays_overlap", "info", text, origin, overlaps))
    without = int((laid.moments.moments == NEVER).sum())
    if without:
        text = Message("{count} of {pieces} pieces have no time; they stand last, in the order of the file.",
                       count=without, pieces=laid.base.ids.len())  # fmt: skip
        told.append(Finding("no_time", "warning", text, origin, without))
    if (laid.moments.starts == NEVER).all() and laid.base.moments is None:
        text = Message(
            "No start and end of the pieces found: all values are taken as known before the target. "
            "Where this is wrong, write it under [known] in plant.toml."
        )
        told.append(Finding("assumed_before", "info", text, origin))
    else:
        told.append(Finding("decision_moment", "info", laid.moments.reason, origin))
    return told


def _assemble(
    laid: Laid, features: Sequence[Feature], findings: Sequence[Finding], tables: Sequence[Table], loose: Loose
) -> Pieces:
    column = laid.home.column(laid.target.column)
    outcome = replace(
        describe(laid.home, column), known="with_target", statistic="value" if laid.base.readings is None else "last"
    )
    present = [feature for feature in features if feature.values.null_count() < feature.values.len()]
    moments = laid.moments
    batch, scattered = find_batches(present, laid.base.ids, moments.moments)
    frame = pl.DataFrame(
        [
            laid.base.ids.cast(pl.String).alias(PIECE),
            as_times(moments.starts, START),
            as_times(moments.ends, END),
            as_times(moments.moments, MOMENT),
            batch,
            *(at(laid.home.frame[name], laid.base.rows) for name in (ROW, SOURCE) if name in laid.home.frame.columns),
            laid.base.outcome.alias(outcome.name),
            *(feature.values.alias(feature.column.name) for feature in present),
        ]
    ).sort(MOMENT, nulls_last=True, maintain_order=True)
    # The target's own exports come first: #source counts in them.
    origins = (*laid.home.origins, *(origin for table in tables if table is not laid.home for origin in table.origins))
    table = Table(
        name="pieces",
        frame=frame,
        columns=(outcome, *(feature.column for feature in present)),
        origins=origins,
        findings=(*findings, *scattered),
        repairs=_repairs(tables),
    )
    links: tuple[Link, ...] = (*(one.link for one in laid.joined), *(one.link for one in loose.told))
    whole = [*(one.linked for one in laid.joined), *(one.linked for one in loose.signals.values())]
    unlinked = int((~np.all(whole, axis=0)).sum()) if whole else 0
    return Pieces(table, outcome.name, "piece", links, loose.clocks, unlinked)


def _repairs(tables: Sequence[Table]) -> tuple[Repair, ...]:
    return tuple(repair for table in tables for repair in table.repairs)
