"""What should a person know about positions before relying on them?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from tundish.errors import Message
from tundish.table import ROWS_SHOWN, Finding, Origin, Severity
from tundish.trace.base import origin_of
from tundish.trace.genealogy.graph import Genealogy
from tundish.trace.position.book import Book, Spans
from tundish.trace.position.feeds import Coming
from tundish.trace.position.passes import Pairing
from tundish.trace.position.profile import Profile
from tundish.trace.position.ruler import Ruled
from tundish.trace.position.trend import Trend
from tundish.trace.stays.segments import Ints

_OFF = 0.03
"""A length that disagrees by more than this share is told."""
_MAPPED = 0.98


def about_lines(
    running: Mapping[str, Sequence[Trend]], feeding: Mapping[str, Coming], ruled: Mapping[str, tuple[Ruled, Pairing]],
    gauges: Mapping[tuple[str, str], float], genealogy: Genealogy,
) -> list[Finding]:  # fmt: skip
    """Per line: no speed, passes not found, marks missing, lengths that disagree, gauges whose place is not known."""
    told = []
    for line, came in feeding.items():
        if line not in ruled:
            told.append(_no_trend(line, came, genealogy))
            continue
        rules, trend = ruled[line][0], running[line][0]
        either = came.stays[rules.elsewhere]
        if either.size:
            text = Message(
                "{line}: {count} of {pieces} pieces fit two places in the line's signals about equally well ({examples}); "
                "their metres on this line stay unknown. Record lengths, or the times to the second.",
                line=line, count=either.size, pieces=came.stays.size, examples=_names(genealogy, either),
            )  # fmt: skip
            told.append(_finding(("ambiguous_pass", "warning"), text, trend, genealogy, either))
        lost = came.stays[~np.isfinite(rules.low_m) & ~rules.elsewhere]
        if lost.size:
            text = Message(
                "{line}: {count} of {pieces} pieces were not found in the line's signals ({examples}); their metres on this "
                "line stay unknown. Check that the signals cover these days.",
                line=line, count=lost.size, pieces=came.stays.size, examples=_names(genealogy, lost),
            )  # fmt: skip
            told.append(_finding(("pass_not_found", "warning"), text, trend, genealogy, lost))
        told += _about_marks(line, came, rules, trend, genealogy)
        told += _about_gauges(line, running[line], gauges)
        told += _about_holes(line, trend)
    return told


def _about_marks(line: str, came: Coming, rules: Ruled, trend: Trend, genealogy: Genealogy) -> list[Finding]:
    told = []
    few = came.stays[np.isfinite(rules.low_m) & (rules.marked < 2)]
    if few.size:
        text = Message(
            "{line}: {count} pieces have no weld, head or tail of their own in the signals ({examples}); where they begin or "
            "end was worked out from recorded lengths.",
            line=line, count=few.size, examples=_names(genealogy, few),
        )  # fmt: skip
        told.append(_finding(("marks_missing", "info"), text, trend, genealogy, few))
    off = came.stays[(np.nan_to_num(np.abs(rules.off)) > _OFF) & np.isfinite(rules.low_m)]
    if off.size:
        text = Message(
            "{line}: the recorded length of {count} pieces differs from the length run by more than {percent:.0f} % "
            "({examples}); the marks of the line count.",
            line=line, count=off.size, percent=100 * _OFF, examples=_names(genealogy, off),
        )  # fmt: skip
        told.append(_finding(("length_disagrees", "warning"), text, trend, genealogy, off))
    return told


def _about_gauges(line: str, trends: Sequence[Trend], gauges: Mapping[tuple[str, str], float]) -> list[Finding]:
    missing = [
        column for trend in trends for column in trend.table.of_kind("number")
        if column.name != trend.speed_column.name and (trend.table.name, column.name) not in gauges
    ]  # fmt: skip
    if not missing:
        return []
    text = Message(
        "{line}: it is not known where {count} of its gauges stand ({examples}); their values are taken as measured at the "
        'speed gauge and lie off by that distance. Write it under [gauges] in plant.toml: "file:column" = metres behind it.',
        line=line, count=len(missing), examples=", ".join(column.header for column in missing[:3]),
    )  # fmt: skip
    return [Finding("gauge_unplaced", "info", text, missing[0].origin, len(missing))]


def _about_holes(line: str, trend: Trend) -> list[Finding]:
    if not trend.blind:
        return []
    seconds = sum(end - begin for begin, end in trend.blind) / 1e6
    text = Message(
        "{line}: the speed is missing for {seconds:.0f} s in {count} places while the line ran; the metres in between were "
        "counted on from the speeds around them.",
        line=line, seconds=seconds, count=len(trend.blind),
    )  # fmt: skip
    return [Finding("speed_missing", "warning", text, trend.speed_column.origin, len(trend.blind))]


def _no_trend(line: str, came: Coming, genealogy: Genealogy) -> Finding:
    text = Message(
        "{line}: no signals with a speed of the material are known, so {count} stays have no metres. Add the line's trend with "
        "its speed to the folder.",
        line=line, count=came.stays.size,
    )  # fmt: skip
    table = next(iter(genealogy.stays["table"].gather(came.stays[:1]).drop_nulls().to_list()), line)
    return Finding("no_speed", "info", text, Origin(table), came.stays.size)


def _finding(kind: tuple[str, Severity], text: Message, trend: Trend, genealogy: Genealogy, stays: Ints) -> Finding:
    rows = tuple(genealogy.stays["row"].gather(stays[:ROWS_SHOWN]).drop_nulls().to_list())
    return Finding(*kind, text, origin_of(trend.table), int(stays.size), rows)


def _names(genealogy: Genealogy, stays: Ints) -> str:
    pieces = genealogy.stays["piece"].gather(stays[:3])
    return ", ".join(str(name) for name in genealogy.pieces["id"].gather(pieces).to_list())


def about_cuts(spans: Spans, running: Mapping[str, Sequence[Trend]], genealogy: Genealogy) -> list[Finding]:
    """Products made while a line was logged that neither records nor signals part from what ran in."""
    edges = genealogy.edges
    lost = edges.filter(pl.Series(~np.isfinite(spans.low_in) & (spans.stay >= 0)))
    told = []
    for line, (trend, *_) in running.items():
        own = lost.filter(pl.col("line") == line, pl.col("at").dt.timestamp("us").is_between(trend.times[0], trend.times[-1]))
        if not own.height:
            continue
        children = own["child"].unique(maintain_order=True)
        names = ", ".join(str(name) for name in genealogy.pieces["id"].gather(children[:3]).to_list())
        text = Message(
            "{line}: for {count} products ({examples}) neither records nor signals say which part of what ran in they are; "
            "their metres before this line stay unknown. Keep the cut positions in the production records.",
            line=line, count=children.len(), examples=names,
        )  # fmt: skip
        rows = tuple(own["row"].drop_nulls().unique(maintain_order=True)[:ROWS_SHOWN].to_list())
        told.append(Finding("cuts_unknown", "warning", text, Origin(own["table"][0] or line), children.len(), rows))
    return told


def about_profile(profile: Profile, book: Book) -> Profile:
    """The profile with what is doubtful about its own way back."""
    told = []
    origin = Origin(profile.id)
    if not profile.length_m > 0:
        text = Message(
            "{piece}: no length is known, recorded or worked out, so nothing can be laid along it.", piece=profile.id
        )
        return replace(profile, findings=(Finding("no_length", "warning", text, origin),))
    for stretch in profile.stretches:
        turning = stretch.turning
        if turning is not None and turning.by == "usual":
            text = Message(
                "{piece}: no record says which end of it ran in first after {line}; taken as usual for its length "
                "({percent:.1f} % sure).", piece=profile.id, line=stretch.line, percent=100 * turning.probability,
            )  # fmt: skip
            told.append(Finding("direction_assumed", "info", text, origin))
        elif turning is not None and turning.against and turning.by == "profile":
            text = Message(
                "{piece}: what two lines measured says that it left {line} the other way round than taken before "
                "({percent:.2f} % sure); the measurement counts.",
                piece=profile.id, line=stretch.line, percent=100 * turning.probability,
            )  # fmt: skip
            told.append(Finding("direction_found", "warning", text, origin))
    for line in profile.lines:
        share = profile.mapped(line)
        if line in book.trends and share < _MAPPED:
            text = Message("{piece}: on {line} {percent:.0f} % of its metres have no known place in the signals.",
                           piece=profile.id, line=line, percent=100 * (1 - share))  # fmt: skip
            told.append(Finding("metres_unmapped", "warning", text, origin))
    return replace(profile, findings=tuple(told))
