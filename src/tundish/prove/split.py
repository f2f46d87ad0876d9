"""Which pieces may be learned from, and which must prove it? Later pieces prove, and no material group stands on both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import polars as pl

from tundish.errors import Message, TooFewDefects, TooFewPieces
from tundish.learn.answer import Floats
from tundish.learn.blocks import first_rows
from tundish.learn.marks import Flags
from tundish.learn.question import Question
from tundish.table import SOURCE, Finding, Origin
from tundish.trace.pieces import BATCH, MOMENT, Pieces

LEAST_PIECES = 60
LEAST_DEFECTS_EARLIER = 8
LEAST_DEFECTS_LATER = 4
EARLIER_SHARES = (0.75, 0.7, 0.65, 0.6, 0.55, 0.5)
"""Where to cut, as a share of the pieces; another is tried only when the one before leaves too few defects to prove on."""
NEAR = 0.1
"""Share of the pieces by which the cut may move so that no batch is parted."""
LEAST_TIMED = 0.8


@dataclass(frozen=True)
class Split:
    """Earlier pieces to learn from and later ones to prove on, only those with a known target."""

    earlier: Pieces
    later: Pieces
    reason: Message
    at: datetime | None
    """First moment of the later pieces; None when no time is known."""
    findings: tuple[Finding, ...] = ()


def split(pieces: Pieces, question: Question) -> Split:
    """Part the pieces by time, never by chance and never through a batch.

    The border is the one between exports that follow one another, where there is one near three quarters of the pieces;
    else three quarters by decision moment; without any time the order of the rows, with a warning.

    Raises :class:`~tundish.errors.TooFewPieces` (fewer than 60 pieces with a known target) or
    :class:`~tundish.errors.TooFewDefects` (fewer than 8 defects earlier or 4 later).
    """
    whole, findings = _usable(pieces, question)
    frame = whole.table.frame
    if frame.height < LEAST_PIECES:
        target = whole.table.column(whole.target)
        raise TooFewPieces(pieces=frame.height, target=target.header, needed=LEAST_PIECES)
    timed = frame.get_column(MOMENT).null_count() == 0
    border = _between_exports(frame) if timed else None
    if border is not None and _enough(question.outcome(whole), question, border, np.ones(frame.height, dtype=bool)):
        return _parted(whole, border, np.ones(frame.height, dtype=bool), findings, stacked=True)
    for share in EARLIER_SHARES:
        cut, kept = _clean(frame, round(share * frame.height))
        if _enough(question.outcome(whole), question, cut, kept):
            return _parted(whole, cut, kept, findings, stacked=False)
    return _refuse(whole, question)


def _usable(pieces: Pieces, question: Question) -> tuple[Pieces, tuple[Finding, ...]]:
    """Pieces with a known target and, where nearly all have one, a known moment; in order of the moment."""
    frame, origin = pieces.table.frame, pieces.table.column(pieces.target).origin
    findings: list[Finding] = []
    known = np.isfinite(question.outcome(pieces))
    if not known.all():
        message = Message(
            "{count} pieces have no known target; they were neither learned from nor used as proof.", count=int((~known).sum())
        )
        findings.append(Finding("split.no_target", "info", message, origin, int((~known).sum())))
    moments = (
        frame.get_column(MOMENT)
        if MOMENT in frame.columns
        else pl.Series(MOMENT, [None] * frame.height, dtype=pl.Datetime("us", "UTC"))
    )
    frame = frame.with_columns(moments)
    timed = moments.is_not_null().to_numpy()
    if timed[known].mean() >= LEAST_TIMED if known.any() else False:
        if not timed[known].all():
            count = int((known & ~timed).sum())
            message = Message(
                "{count} pieces have no known time; they cannot be earlier or later and were left out.", count=count
            )
            findings.append(Finding("split.no_time", "warning", message, origin, count))
        frame = frame.filter(pl.Series(known & timed)).sort(MOMENT, maintain_order=True)
    else:
        message = Message(
            "No time of the pieces is known: the last rows of the file serve as later pieces. Add a column with "
            "a time to be sure."
        )
        findings.append(Finding("split.row_order", "warning", message, origin, int(known.sum())))
        frame = frame.filter(pl.Series(known)).with_columns(pl.lit(None, dtype=pl.Datetime("us", "UTC")).alias(MOMENT))
    return _with(pieces, frame), tuple(findings)


def _between_exports(frame: pl.DataFrame) -> int | None:
    """Row of the border between exports that follow one another in time, nearest to three quarters; None without one."""
    if SOURCE not in frame.columns:
        return None
    source = frame.get_column(SOURCE).fill_null(-1).to_numpy()
    borders = np.flatnonzero(source[1:] != source[:-1]) + 1
    if not borders.size or borders.size != np.unique(source).size - 1:
        return None
    moments = frame.get_column(MOMENT).to_physical().to_numpy()
    first = first_rows(frame)
    count = frame.height
    fit = [
        int(row)
        for row in borders
        if row >= max(0.3 * count, 200)
        and count - row >= max(0.1 * count, 30)
        and moments[row] > moments[row - 1]
        and (first[row:] >= row).all()
    ]
    return min(fit, key=lambda row: abs(row - 0.75 * count), default=None)


def _clean(frame: pl.DataFrame, wanted: int) -> tuple[int, Flags]:
    """The row nearest to the wanted one where no batch is parted; else the wanted one, rows of parted batches set aside."""
    first = first_rows(frame)
    count = frame.height
    # A cut before row k parts no batch when no row from k on belongs to a batch that began before k.
    earliest = np.minimum.accumulate(first[::-1])[::-1]
    clean = np.flatnonzero(earliest >= np.arange(count))
    moments = (
        frame.get_column(MOMENT).to_physical().to_numpy() if frame.get_column(MOMENT).null_count() == 0 else np.arange(count)
    )
    clean = clean[(clean > 0) & (moments[clean] > moments[clean - 1])]
    near = clean[np.abs(clean - wanted) <= NEAR * count]
    if near.size:
        return int(near[np.argmin(np.abs(near - wanted))]), np.ones(count, dtype=bool)
    return wanted, (np.arange(count) < wanted) | (first >= wanted)


def _enough(outcome: Floats, question: Question, cut: int, kept: Flags) -> bool:
    if not question.binary:
        return bool(kept[cut:].any())
    later = outcome[cut:][kept[cut:]]
    sides = (outcome[:cut].sum(), (1 - outcome[:cut]).sum(), later.sum(), (1 - later).sum())
    return bool(min(sides[:2]) >= LEAST_DEFECTS_EARLIER and min(sides[2:]) >= LEAST_DEFECTS_LATER)


def _parted(whole: Pieces, cut: int, kept: Flags, findings: Sequence[Finding], *, stacked: bool) -> Split:
    frame = whole.table.frame
    earlier, later = frame[:cut], frame[cut:].filter(pl.Series(kept[cut:]))
    at = later.get_column(MOMENT)[0]
    aside = int((~kept).sum())
    if aside:
        message = Message(
            "{count} later pieces come from batches that began before the border; they were set aside so that no "
            "batch stands on both sides.",
            count=aside,
        )
        findings = (*findings, Finding("split.batch_parted", "info", message, Origin(whole.table.name, column=BATCH), aside))
    values = {
        "earlier": earlier.height,
        "later": later.height,
        "border": "" if at is None else f"{at:%Y-%m-%d %H:%M}",
    }
    if stacked:
        reason = Message(
            "Learned from the older exports ({earlier} pieces), proved on the newer ones ({later} pieces, from {border} UTC).",
            **values,
        )
    elif at is None:
        reason = Message(
            "No time is known: learned from the first {earlier} rows, proved on the last {later}.",
            earlier=earlier.height,
            later=later.height,
        )
    else:
        reason = Message(
            "Learned from the first {earlier} pieces in time, proved on the {later} that came after {border} "
            "UTC; no batch stands on both sides.",
            **values,
        )
    return Split(_with(whole, earlier), _with(whole, later), reason, at, tuple(findings))


def _refuse(whole: Pieces, question: Question) -> Split:
    outcome = question.outcome(whole)
    target = whole.table.column(whole.target)
    cut = round(EARLIER_SHARES[0] * outcome.size)
    rarer = 1.0 if np.nanmean(outcome) <= 0.5 else 0.0
    raise TooFewDefects(
        pieces=outcome.size,
        target=target.header,
        earlier=int((outcome[:cut] == rarer).sum()),
        later=int((outcome[cut:] == rarer).sum()),
        needed_earlier=LEAST_DEFECTS_EARLIER,
        needed_later=LEAST_DEFECTS_LATER,
    )


def _with(pieces: Pieces, frame: pl.DataFrame) -> Pieces:
    return replace(pieces, table=replace(pieces.table, frame=frame))
