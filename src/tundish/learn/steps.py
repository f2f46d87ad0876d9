"""In which order is an answer learned? Refuse, fit, find causes, what cannot be told apart, a window and a rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from tundish.errors import Message, OneOutcome
from tundish.learn.answer import Answer, Cause, Floats
from tundish.learn.causes import Findings, find_causes
from tundish.learn.confounded import find_confounded
from tundish.learn.forecast import find_helpers
from tundish.learn.model import fit_linear, fit_model
from tundish.learn.question import Question
from tundish.learn.refuse import refuse
from tundish.learn.rule import find_rule
from tundish.learn.window import find_window
from tundish.table import Column, Finding, Progress
from tundish.trace.pieces import Pieces
from tundish.vocabulary import Catalogue

STEPS = ("refuse", "model", "causes", "window", "rule")


def learn(
    earlier: Pieces, question: Question, catalogue: Catalogue, *, seed: int = 0, progress: Progress | None = None
) -> Answer:
    """Learn causes, what cannot be told apart, a safe window, a rule and a model from the earlier pieces.

    ``progress`` is called with a step's name, how many are done and how many there are. The same pieces and seed give the same
    answer. Raises :class:`~tundish.errors.OneOutcome` when the target never changes.
    """
    from threadpoolctl import threadpool_limits

    # Thousands of small products and trees: a second thread gains nothing, and on a busy machine waiting for it costs minutes.
    with threadpool_limits(limits=1):
        return _learn(earlier, question, catalogue, seed=seed, tell=_teller(progress))


def _learn(earlier: Pieces, question: Question, catalogue: Catalogue, *, seed: int, tell: Callable[[int], None]) -> Answer:
    tell(0)
    outcome = question.outcome(earlier)
    _check(earlier, outcome)
    refused = refuse(earlier, outcome, binary=question.binary)
    out = {refusal.column.name for refusal in refused} | {earlier.target}
    inputs = tuple(column for column in earlier.table.columns if column.name not in out)
    known = _with_outcome(earlier, outcome)
    y, frame = outcome[np.isfinite(outcome)], known.table.frame
    tell(1)
    model = fit_model(frame, inputs, y, binary=question.binary, robust=question.metric == "mae", seed=seed)
    linear = fit_linear(frame, inputs, y, binary=question.binary)
    tell(2)
    found = _find(known, inputs, y, catalogue, question, seed=seed)
    tell(3)
    window, notes = find_window(known, found.causes, question, catalogue)
    tell(4)
    return Answer(
        causes=found.causes,
        suspects=found.suspects,
        confounded=find_confounded(found.groups, found.relevant),
        refused=refused,
        window=window,
        rule=find_rule(known, inputs, found.causes, question),
        model=model,
        linear=linear,
        inputs=tuple(column.name for column in inputs),
        findings=(*notes, *_none(earlier, found.causes)),
    )


def _teller(progress: Progress | None) -> Callable[[int], None]:
    def tell(done: int) -> None:
        if progress is not None:
            progress(STEPS[done], done, len(STEPS))

    return tell


def _check(earlier: Pieces, outcome: Floats) -> None:
    known = outcome[np.isfinite(outcome)]
    if known.size == 0 or np.all(known == known[0]):
        target = earlier.table.column(earlier.target)
        value = earlier.table.frame[earlier.target].drop_nulls()
        shown = str(value[0]) if value.len() else "-"
        raise OneOutcome(file=target.origin.file, column=target.header, value=shown, rows=int(known.size))


def _with_outcome(pieces: Pieces, outcome: Floats) -> Pieces:
    import polars as pl

    frame = pieces.table.frame.filter(pl.Series(np.isfinite(outcome)))
    return replace(pieces, table=replace(pieces.table, frame=frame))


def _find(
    pieces: Pieces, inputs: Sequence[Column], y: Floats, catalogue: Catalogue, question: Question, *, seed: int
) -> Findings:
    if pieces.kind == "interval":
        return Findings((), find_helpers(pieces, inputs, y, seed=seed), (), ())
    return find_causes(pieces, inputs, y, catalogue, binary=question.binary, seed=seed)


def _none(earlier: Pieces, causes: Sequence[Cause]) -> tuple[Finding, ...]:
    if causes or earlier.kind == "interval":
        return ()
    column = earlier.table.column(earlier.target)
    text = Message(
        "No cause found: none of the columns moves {target} clearly enough. What acts may not be recorded, or it never "
        "changed. Add more pieces or the columns you suspect.",
        target=column.header,
    )
    return (Finding("no_cause", "info", text, column.origin),)
