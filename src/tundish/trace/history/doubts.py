"""What in this history is not sure, and what was found in the records that it rests on?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import polars as pl

from tundish.errors import Message
from tundish.table import Finding, Origin, Severity
from tundish.trace.genealogy.graph import Evidence
from tundish.trace.history.overview import DOUBTFUL, ORIGINS
from tundish.trace.history.told import History, Kin, Tie

_WHOLE = 1e-6
"""Shares that sum to one but for this are whole."""
_USUAL = 0.5
"""Share of a level's pieces with an origin from which a piece without one is an open end."""
_PLAIN: frozenset[Evidence] = frozenset(("record", "respelled", "beginning"))
"""Evidence that changed nothing of what a record says."""
_MOST = 30
"""Doubts of one kind, at most; a heat has hundreds of children."""


def open_ends(kin: Mapping[int, Kin], number: int, ties: Iterable[Tie], origins: pl.DataFrame) -> tuple[int, ...]:
    """Pieces on the way up whose origin is not told although most of their like have one; ``ties`` up and down.

    Alike is what the same line made, and for a piece without a record what the same line used: coils that are bought have no
    origin, although those that the plant rolls have one.
    """
    ties = list(ties)
    told = {tie.child for tie in ties}
    used = {tie.parent: tie.line for tie in reversed(ties)}
    whole: dict[tuple[str, str | None, bool], float] = {
        (level, line, made): known / max(count, 1)
        for level, line, made, count, known in origins.select(list(ORIGINS)).iter_rows()
    }
    way = dict.fromkeys([number, *(tie.parent for tie in ties)])

    def usual(one: int) -> float:
        line = kin[one].line
        return whole.get((kin[one].level, used.get(one) if line is None else line, line is not None), 0.0)

    return tuple(one for one in way if one not in told and usual(one) >= _USUAL)


def doubts(told: History, known: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings about this history: its own doubts first, then those of the records behind it."""
    own = [*_unrecorded(told), *_open(told), *_parts_unknown(told), *_doubtful(told)]
    return (*own, *told.findings, *(here for finding in known if (here := _here(finding, told)) is not None))


def _open(told: History) -> Iterable[Finding]:
    for number in told.open_ends[:_MOST]:
        kin = told.pieces[number]
        text = "{piece}: no record tells what it was made of; others of its kind have an origin. See the list of open ends."
        hint = Message("Look for its row in the production record of the line before, or for another spelling of its number.")
        yield Finding("origin_open", "warning", Message(text, piece=kin.id), Origin(kin.line or kin.id), hint=hint)


def _unrecorded(told: History) -> Iterable[Finding]:
    if not told.piece.recorded:
        text = "{piece}: others name this piece, but it has no record of its own; what was made of it is all that is known."
        yield Finding("piece_unrecorded", "warning", Message(text, piece=told.piece.id), Origin(told.piece.id))


def _parts_unknown(told: History) -> Iterable[Finding]:
    """Pieces on the way up of whose mass a part has no known origin."""
    parts: dict[int, list[float | None]] = {}
    for tie in told.up:
        parts.setdefault(tie.child, []).append(tie.share_of_child)
    for number, shares in list(parts.items())[:_MOST]:
        known = [share for share in shares if share is not None]
        if len(known) == len(shares) and sum(known) < 1 - _WHOLE:
            missing = round(100 * (1 - sum(known)), 2)
            text = "{piece}: the origin of {percent}% of its mass is not known."
            values = {"piece": told.pieces[number].id, "percent": missing}
            yield Finding("origin_partly_open", "warning", Message(text, **values), Origin(told.pieces[number].line or "-"))


def _doubtful(told: History) -> Iterable[Finding]:
    unsure = [tie for tie in (*told.up, *told.down) if tie.probability < DOUBTFUL or tie.evidence not in _PLAIN]
    for tie in unsure[:_MOST]:
        text = "{child} from {parent}: not as the record says but by evidence ({evidence}), with a probability of {percent}%."
        if tie.evidence in _PLAIN:
            text = "{child} from {parent}: this follows from the record, but with a probability of {percent}% only."
        message = Message(
            text,
            child=told.pieces[tie.child].id,
            parent=told.pieces[tie.parent].id,
            evidence=EVIDENCE[tie.evidence],
            percent=round(100 * tie.probability, 1),
        )
        rows = () if tie.row is None else (tie.row,)
        severity: Severity = "warning" if tie.probability < DOUBTFUL else "info"
        yield Finding("edge_doubtful", severity, message, Origin(tie.file or tie.line or "-"), rows=rows)


EVIDENCE: Mapping[Evidence, Message] = {
    "record": Message("the record"),
    "respelled": Message("the record, spelled otherwise"),
    "beginning": Message("numbers that begin alike"),
    "mistyped": Message("a slip of one key"),
    "time": Message("time"),
    "mass": Message("mass"),
    "dimensions": Message("dimensions"),
    "sequence": Message("order of work"),
}
"""What an edge rests on, in words."""


_OF_ALL = frozenset(("not_kept", "too_large_for_profiles"))
"""Codes of findings that concern every history."""


def _here(finding: Finding, told: History) -> Finding | None:
    """What a finding of the whole plant says of this history: only the rows and numbers that occur in it; None for nothing."""
    ties, stays = (*told.up, *told.down), told.timeline
    standing = {(tie.file, tie.row) for tie in ties} | {(stay.file, stay.row) for stay in stays}
    ids = {told.piece.id} | {told.pieces[number].id for tie in ties for number in (tie.parent, tie.child)}
    rows = tuple(row for row in finding.rows if (finding.origin.file, row) in standing)
    found = tuple(one for one in finding.found if one in ids)
    clocks = {clock.file for clock in told.clocks}
    named = any(isinstance(value, str) and value in ids for value in finding.message.values.values())
    of_clock = finding.code.startswith("clock_") and finding.origin.file in clocks
    if not (rows or found or named or of_clock or finding.code in _OF_ALL):
        return None
    return finding if named or of_clock else replace(finding, rows=rows, found=found)
