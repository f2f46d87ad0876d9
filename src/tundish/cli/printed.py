"""What does the engineer read in the terminal? The answer on one screen; everything else stands in the report."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tundish.cli import terminal
from tundish.documents.names import meaning, said_already
from tundish.documents.words import Say, certainty, effect, figure, keep, line_name, no_window, speaker, verdict, won
from tundish.settings import Language

if TYPE_CHECKING:
    from rich.table import Table

    from tundish.documents.answer import AnswerOut, CauseOut

SHOWN = 5
"""Causes and lines of the window on one screen; the rest stands in the report."""


def show(answer: AnswerOut, folder: Path, lang: Language) -> None:
    """Print the answer to stdout."""
    console = terminal.console(sys.stdout)
    _ = speaker(lang)
    said = verdict(answer, _)
    console.print(_("What moves {target}? {pieces} pieces.", target=answer.target_source, pieces=answer.pieces), style="bold")
    console.print(_("{stamp}: {headline}", stamp=said["stamp"], headline=said["headline"]), style="bold")
    console.print(answer.evidence.reason)
    for title, table in _tables(answer, lang, _):
        console.print()
        console.print(title, style="bold")
        console.print(table)
    console.print()
    for line in (*_proof(answer, _), *_doubts(answer, _)):
        console.print(line)
    console.print(_("Report: {path}", path=str(folder / "report.html")), soft_wrap=True)


def _tables(answer: AnswerOut, lang: Language, _: Say) -> Iterator[tuple[str, Table]]:
    if answer.causes:
        rows = [(f"{cause.rank}", _cause(cause, answer.target, lang, _)) for cause in answer.causes[:SHOWN]]
        yield _("Causes"), _grid(rows)
    if answer.window:
        lines = [("-", _named(line_name(line), line.concept, lang), keep(line, _)) for line in answer.window[:SHOWN]]
        yield _("What to keep where"), _grid(lines)


def _grid(rows: Sequence[tuple[str, ...]]) -> Table:
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    for _column in rows[0]:
        grid.add_column(overflow="fold")
    for row in rows:
        grid.add_row(*row)
    return grid


def _cause(cause: CauseOut, target: str, lang: Language, _: Say) -> str:
    return f"{_named(cause.columns[0], cause.concept, lang)}: {certainty(cause.confidence, _)}\n{effect(cause, target, _)}"


def _named(column: str, concept: str | None, lang: Language) -> str:
    name = meaning(concept, lang)
    return column if said_already(name, [column]) else f"{column} ({name})"


def _proof(answer: AnswerOut, _: Say) -> Iterator[str]:
    promise, evidence = answer.window_promise, answer.evidence
    yield from no_window(answer)
    if promise is not None:
        today, promised = figure(promise.today, promise.unit), figure(promise.promised, promise.unit)
        yield _("Inside the window: {promised} promised, {today} so far.", promised=promised, today=today)
        if promise.later_inside is not None:
            inside, everywhere = figure(promise.later_inside, promise.unit), figure(promise.later_all, promise.unit)
            yield _("Later pieces inside it: {inside} (all: {all}).", inside=inside, all=everywhere)
    if evidence.saving is not None and evidence.saving.per_year is not None:
        yield _("Saving: {won} won a year.", won=won(evidence.saving.per_year, answer.language))
    if answer.rule is not None:
        yield _("Rule to remember: {rule}", rule=answer.rule.text)
    scores = ", ".join(
        f"{_label(name, _)} {figure(score, evidence.unit)}" for name, score in evidence.baseline if score is not None
    )
    result = figure(evidence.result, evidence.unit)
    yield _("Error on {later} later pieces: {result} ({others}).", later=evidence.later, result=result, others=scores)


def _label(name: str, _: Say) -> str:
    labels = {
        "today": _("today's practice"),
        "linear": _("plain linear model"),
        "week": _("the same time a week before"),
    }
    return labels.get(name, name)


def _doubts(answer: AnswerOut, _: Say) -> Iterator[str]:
    for pair in answer.confounded[:2]:
        yield _("Not to be told apart: {columns}.", columns=pair.columns)
    for finding in [one for one in answer.findings if one.severity == "error" and not one.code.startswith("contract_")][:SHOWN]:
        yield f"✖ {finding.text}"
    worse = sum(finding.severity != "info" for finding in answer.findings)
    yield _(
        "{findings} findings ({worse} to look at), {repairs} repairs, {refused} columns refused as inputs.",
        findings=len(answer.findings),
        worse=worse,
        repairs=len(answer.repairs),
        refused=len(answer.refused),
    )
