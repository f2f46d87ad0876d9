"""What happened to this piece? A history in the documented form, with the reader's words for what it rests on."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from tundish.documents.history_form import (
    VERSION,
    ClockOut,
    GroundOut,
    HistoryOut,
    KindOut,
    KinOut,
    LevelOut,
    LineOut,
    MarkOut,
    NoteOut,
    OverviewOut,
    ProfileOut,
    RecordOut,
    SiblingsOut,
    SignalOut,
    StayOut,
    StepOut,
    TieOut,
    UnmappedOut,
    ValueOut,
)
from tundish.documents.names import meaning
from tundish.documents.written import finding_out
from tundish.errors import Message
from tundish.locale import mark, render, say
from tundish.settings import Language
from tundish.trace.genealogy.graph import EdgeKind
from tundish.trace.history import History, Material, Record
from tundish.trace.pieces import Clock

if TYPE_CHECKING:
    from tundish.trace.position import Profile

KINDS: Mapping[EdgeKind, str] = {
    "melted": mark("melted"),
    "cast": mark("cast"),
    "cut": mark("cut"),
    "rolled": mark("rolled"),
    "slit": mark("slit"),
    "welded": mark("welded"),
    "joined": mark("joined"),
    "sheeted": mark("cut to sheets"),
    "packed": mark("packed"),
    "processed": mark("processed"),
}
"""What was done, in words."""
_CALLED = {"heat": mark("heat"), "piece": mark("product")}
"""Levels that people at the mill call otherwise than the vocabulary calls their numbers."""
_DIGITS = 9

Write = Callable[[Message], str]


def written(history: History, plant: str, lang: Language, *, time_zone: str) -> HistoryOut:
    """A history in the documented form; texts in the reader's language, times in UTC."""
    write: Write = partial(render, lang=lang, time_zone=time_zone)
    return HistoryOut(
        schema_version=VERSION,
        plant=plant,
        language=lang,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        piece=KinOut(**_plain(asdict(history.piece))),
        pieces=[KinOut(**_plain(asdict(kin))) for kin in history.pieces.values()],
        up=[TieOut(**_plain(asdict(tie))) for tie in history.up],
        down=[TieOut(**_plain(asdict(tie))) for tie in history.down],
        siblings=[SiblingsOut(**asdict(one)) for one in history.siblings],
        timeline=[StayOut(**_plain(asdict(stay))) for stay in history.timeline],
        profile=None if history.profile is None else _profile(history, history.profile),
        records=[_record(record) for record in history.records],
        balance=[StepOut(**_plain(asdict(step))) for step in history.balance],
        clocks=[_clock(clock, write) for clock in history.clocks],
        open_ends=list(history.open_ends),
        findings=[finding_out(finding, write) for finding in history.findings],
    )


def overview_written(material: Material, plant: str, lang: Language, *, time_zone: str) -> OverviewOut:
    """A plant's material as a whole, in the documented form."""
    write: Write = partial(render, lang=lang, time_zone=time_zone)
    whole = material.overview
    return OverviewOut(
        schema_version=VERSION,
        plant=plant,
        language=lang,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        levels=[LevelOut(**row) for row in _rows(whole.levels)],
        lines=[LineOut(**row) for row in _rows(whole.lines)],
        kinds=[KindOut(**row) for row in _rows(whole.kinds)],
        grounds=[GroundOut(**row) for row in _rows(whole.grounds)],
        steps=_steps(whole.steps),
        days=_steps(whole.days),
        lots=_steps(whole.lots),
        clocks=[_clock(clock, write) for clock in material.clocks],
        findings=[finding_out(finding, write) for finding in material.findings],
    )


def schema() -> str:
    """JSON Schema 2020-12 of both documents, as it stands in ``docs/history.schema.json``."""
    from pydantic import TypeAdapter

    either: TypeAdapter[HistoryOut | OverviewOut] = TypeAdapter(HistoryOut | OverviewOut)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "tundish trace --json 1.0"}
    return json.dumps({**head, **either.json_schema(mode="serialization")}, indent=2) + "\n"


def level_name(level: str, lang: Language) -> str:
    """What an id names, in the reader's language: slab, coil; the plant's own word where the vocabulary has none.

    >>> level_name("slab", "en"), level_name("slab 2", "en"), level_name("piece 4", "en")
    ('slab', 'slab 2', 'product 4')
    """
    word, _space, which = level.rpartition(" ")
    if word and which.isdigit():
        return f"{level_name(word, lang)} {which}"
    if level in _CALLED:
        return say(_CALLED[level], lang)
    name = meaning(f"identity.{level}", lang) or level
    return name.removesuffix(" number").removesuffix("번호").strip() or level


def _profile(history: History, profile: Profile) -> ProfileOut:
    finest = profile.levels[0] if profile.levels else None
    signals = []
    for signal in profile.signals if finest is not None else ():
        column = signal.column
        lists = {
            name: _list((getattr(finest, name)[signal.row] - column.offset) / column.factor) for name in ("mean", "low", "high")
        }
        signals.append(
            SignalOut(
                line=signal.line,
                turn=signal.turn,
                column=column.header,
                concept=column.concept,
                unit=column.unit_read,
                file=column.origin.file,
                **lists,
            )
        )
    return ProfileOut(
        length_m=_tidy(profile.length_m),
        cell_m=_tidy(finest.cell_m if finest is not None else profile.grid_m),
        signals=signals,
        marks=_marks(history, profile),
        unmapped=list(_unmapped(profile)),
    )


def _unmapped(profile: Profile) -> Iterator[UnmappedOut]:
    """Stretches of a metre and more, line after line."""
    ends = np.append(np.arange(0.0, profile.length_m, 1.0), profile.length_m)
    for line, turn in dict.fromkeys((stretch.line, stretch.turn) for stretch in profile.stretches):
        lost = ~np.isfinite(profile.map(line, (ends[:-1] + ends[1:]) / 2, turn=turn).times_us)
        steps = np.diff(np.concatenate([[0], lost.astype(np.int8), [0]]))
        for first, last in zip(np.flatnonzero(steps > 0).tolist(), np.flatnonzero(steps < 0).tolist(), strict=True):
            yield UnmappedOut(line=line, turn=turn, from_m=_tidy(float(ends[first])), to_m=_tidy(float(ends[last])))


def _record(record: Record) -> RecordOut:
    values = [
        ValueOut(
            name=one.note.header,
            concept=one.note.concept,
            value=_said(one.note.value),
            unit=one.note.unit,
            **_plain({"low": one.low, "high": one.high, "far": one.far}),
            others=one.others,
            usual=one.usual,
            odd=one.odd,
        )
        for one in record.values
    ]
    return RecordOut(piece=record.piece, kind=record.kind, file=record.file, row=record.row, values=values)


def _marks(history: History, profile: Profile) -> list[MarkOut]:
    """Samples, defects and welds in the order of their places."""
    found = []
    for row in _once(profile.places).drop("across_m").iter_rows(named=True):
        notes = history.notes.get((row["table"], row["row"]), ())
        values = [NoteOut(name=one.header, concept=one.concept, value=_said(one.value), unit=one.unit) for one in notes]
        plain = _plain({name: value for name, value in row.items() if name != "table"})
        found.append(MarkOut(**plain, file=row["table"], notes=values))
    return found


def _once(places: pl.DataFrame) -> pl.DataFrame:
    """The places, a weld that several lines passed told once."""
    spot = pl.col("from_m").round(1)
    return places.filter((pl.col("kind") != "weld") | pl.int_range(pl.len()).over("kind", spot).eq(0))


def _clock(clock: Clock, write: Write) -> ClockOut:
    return ClockOut(
        file=clock.file,
        offset_s=_tidy(clock.offset_s),
        low_s=_tidy(clock.low_s),
        high_s=_tidy(clock.high_s),
        drift_ppm=_tidy(clock.drift_ppm),
        jumps=len(clock.jumps),
        sure=clock.sure,
        reason=write(clock.reason),
    )


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _said(value) for name, value in values.items()}


def _said(value: object) -> Any:  # noqa: ANN401 - any value of a row
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds")
    return _tidy(value) if isinstance(value, float) else value


def _rows(frame: pl.DataFrame) -> Iterator[dict[str, Any]]:
    return (_plain(row) for row in frame.iter_rows(named=True))


def _steps(balance: pl.DataFrame) -> list[StepOut]:
    return [StepOut(**row) for row in _rows(balance.select(list(StepOut.model_fields)))]


def _tidy(value: float) -> float | Any:  # noqa: ANN401 - None for what is no number
    return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None


def _list(values: Iterable[float]) -> list[float | None]:
    return [_tidy(value) for value in np.asarray(values).tolist()]
