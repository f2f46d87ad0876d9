"""What stands on a piece's page, and on the page of a plant's material? Pictures and tables, each saying the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tundish.documents import along, bars, lanes
from tundish.documents.glance import glance
from tundish.documents.history import KINDS, level_name
from tundish.documents.history_form import (
    HistoryOut,
    MarkOut,
    OverviewOut,
    ProfileOut,
    RecordOut,
    SignalOut,
    StayOut,
    TieOut,
)
from tundish.documents.names import meaning, said_already
from tundish.documents.page import fill
from tundish.documents.standing_out import others, shown
from tundish.documents.tree import NOTHING, Reader, metres, notes, place, span, visits, where
from tundish.documents.words import Say, bare, percent, share, speaker
from tundish.locale import number
from tundish.settings import Language
from tundish.trace.history.doubts import EVIDENCE
from tundish.trace.history.overview import DOUBTFUL

MOST_TIES = 300
MOST_STAYS = 300
MOST_SIGNALS = 60


def page(out: HistoryOut, lang: Language, time_zone: str) -> str:
    """The page of one piece, in one file that needs no network and no script."""
    _ = speaker(lang)
    reader = Reader(out, lang, time_zone)
    levels = {kin.level: level_name(kin.level, lang) for kin in out.pieces}
    profile = out.profile
    return fill(
        "history.html.j2",
        lang,
        h=out,
        head=reader.head(),
        glance=glance(reader),
        doubts=[(one, where(one)) for one in sorted(out.findings, key=lambda one: one.severity == "info")],
        created=_local(out.created, time_zone),
        zone=time_zone,
        lanes=lanes.genealogy(out, levels, _),
        up=_ties(reader, out.up[:MOST_TIES], up=True),
        down=_ties(reader, out.down[:MOST_TIES], up=False),
        bars=bars.bars(out, time_zone, _),
        stays=[_stay(reader, visit) for visit in visits(out.timeline)[:MOST_STAYS]],
        along=None if profile is None else _along(profile, reader),
        marks=[] if profile is None else [_mark(mark, reader) for mark in profile.marks[:MOST_STAYS]],
        records=[_record(record, reader) for record in out.records[:MOST_STAYS]],
        open_ends=[_open(reader, number_) for number_ in out.open_ends],
    )


def overview(out: OverviewOut, lang: Language, time_zone: str, *, command: str) -> str:
    """The page of a plant's material."""
    _ = speaker(lang)
    lines = [
        {**line.model_dump(), "first": _local(line.first, time_zone), "last": _local(line.last, time_zone)}
        for line in out.lines
    ]
    return fill(
        "material.html.j2",
        lang,
        o=out,
        created=_local(out.created, time_zone),
        command=command,
        levels={one.level: level_name(one.level, lang) for one in out.levels},
        kinds={kind: _(text) for kind, text in KINDS.items()},
        grounds={ground: _(message.text) for ground, message in EVIDENCE.items()},
        lines=lines,
        nothing=_(NOTHING),
    )


def _ties(reader: Reader, ties: Sequence[TieOut], *, up: bool) -> list[dict[str, Any]]:
    _ = reader.say
    rows = []
    for tie in ties:
        kin = reader.kin[tie.parent if up else tie.child]
        rows.append(
            {
                "indent": "\u2003" * (tie.depth - 1),
                "piece": kin.id,
                "level": level_name(kin.level, reader.lang),
                "kind": _(KINDS[tie.kind]),
                "line": tie.line,
                "share": share(tie.share),
                "metres": metres(tie),
                "turned": _("tail first") if tie.turned else "",
                "probability": percent(100 * tie.probability),
                "doubt": tie.probability < DOUBTFUL,
                "evidence": _(EVIDENCE[tie.evidence].text),
                "file": tie.file,
                "row": tie.row,
            }
        )
    return rows


def _stay(reader: Reader, visit: Sequence[StayOut]) -> dict[str, Any]:
    first = visit[0]
    return {
        "line": first.line,
        "start": reader.time(first.start),
        "end": reader.until(first),
        "turn": first.turn,
        "passed": reader.passed(visit),
        "mass": reader.mass(visit),
        "corrected": f"{number(round(first.corrected_s, 1))} s" if first.corrected_s else "-",
    }


def _along(profile: ProfileOut, reader: Reader) -> dict[str, Any]:
    """The lines that the piece came through, each with its signals, or with what is not known of it."""
    _ = reader.say
    lines: dict[tuple[str, int], list[SignalOut]] = {}
    for signal in profile.signals[:MOST_SIGNALS]:
        lines.setdefault((signal.line, signal.turn), []).append(signal)
    for lost in profile.unmapped:
        lines.setdefault((lost.line, lost.turn), [])
    groups = [
        {
            "line": line if turn == 1 else f"{line} ({turn})",
            "lost": _lost(profile, line, turn, _),
            "empty": "" if signals else along.lost(line, _),
            "signals": [_signal(signal, profile, reader.lang) for signal in signals],
        }
        for (line, turn), signals in lines.items()
    ]
    return {
        "groups": groups,
        "axis": along.axis(profile, _),
        "legend": along.legend(profile, _),
        "hatches": along.hatches(),
        "more": len(profile.signals) - MOST_SIGNALS,
    }


def _lost(profile: ProfileOut, line: str, turn: int, _: Say) -> str:
    """How much of the piece's length has no known place on a line."""
    metres_lost = sum(one.to_m - one.from_m for one in profile.unmapped if (one.line, one.turn) == (line, turn))
    if not metres_lost:
        return ""
    told = {"metres": number(round(metres_lost, 1)), "percent": percent(100 * metres_lost / profile.length_m)}
    return _("{metres} m ({percent}) have no known place on this line and are hatched", **told)


def _signal(signal: SignalOut, profile: ProfileOut, lang: Language) -> dict[str, Any]:
    name = meaning(signal.concept, lang)
    return {
        "name": signal.column,
        "meaning": None if said_already(name, [signal.column]) else name,
        "span": span(signal),
        "svg": along.strip(signal, profile),
    }


def _mark(mark: MarkOut, reader: Reader) -> dict[str, Any]:
    source = "" if mark.file is None else mark.file + ("" if mark.row is None else f": {number(mark.row)}")
    return {"place": place(mark.from_m, mark.to_m), "kind": reader.mark(mark), "value": notes(mark), "source": source}


def _record(record: RecordOut, reader: Reader) -> dict[str, Any]:
    kin = reader.kin[record.piece]
    return {
        "piece": kin.id,
        "level": level_name(kin.level, reader.lang),
        "source": record.file + ("" if record.row is None else f": {number(record.row)}"),
        "values": [
            {"name": bare(one.name, one.unit), "value": shown(one), "others": others(one, reader), "odd": one.odd}
            for one in record.values
        ],
    }


def _open(reader: Reader, number_: int) -> dict[str, Any]:
    kin = reader.kin[number_]
    return {"id": kin.id, "level": level_name(kin.level, reader.lang), "line": kin.line, "made": reader.time(kin.made)}


def _local(at: str | None, time_zone: str) -> str:
    return "-" if at is None else datetime.fromisoformat(at).astimezone(ZoneInfo(time_zone)).strftime("%Y-%m-%d %H:%M")
