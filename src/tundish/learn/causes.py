"""Which columns move the target, and which only seem to?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tundish.errors import Message
from tundish.learn.answer import Cause, Floats
from tundish.learn.blanket import Bench, Search, block_count, feature_scores, halves_agree, p_values, search
from tundish.learn.blocks import time_blocks
from tundish.learn.context import is_context
from tundish.learn.effects import Effect, best_column, effects, shares
from tundish.learn.features import Group, find_groups, rank_correlations
from tundish.table import Column
from tundish.trace.pieces import Pieces
from tundish.vocabulary import Catalogue

CLAIM = 0.15
"""Highest chance of a false claim among all candidates, as Bonferroni counts it, at which a cause is still claimed."""
LEAST_SHARE = 0.03
"""Part of what is explained below which a column is no cause worth a claim."""
SEEN = 0.01
"""Chance, after counting all candidates, from which an association is worth mentioning as a suspect."""
MOST_SUSPECTS = 12
MOST_ROWS = 6_000
"""More pieces than this are thinned for the tests; the model sees them all."""


@dataclass(frozen=True)
class Findings:
    """Claimed causes, suspects, and what the search looked at (for finding what cannot be told apart)."""

    causes: tuple[Cause, ...]
    suspects: tuple[Cause, ...]
    groups: tuple[Group, ...]
    relevant: tuple[int, ...]
    """Groups that go along with the target, causes or not."""


@dataclass(frozen=True)
class _Case:
    """All that is known of the search when causes and suspects are written down."""

    bench: Bench
    found: Search
    context: frozenset[int]


def find_causes(
    pieces: Pieces, inputs: Sequence[Column], outcome: Floats, catalogue: Catalogue, *, binary: bool, seed: int = 0,
    progress: Callable[[str, int, int], None] | None = None,
) -> Findings:
    """Find the causes among the inputs. ``outcome``: one finite number a piece, in order of time."""
    thin = max(len(outcome) // MOST_ROWS, 1)
    rows = np.arange(0, len(outcome), thin)
    pieces = pieces if thin == 1 else _thinned(pieces, rows)
    groups = find_groups(pieces, inputs)
    if not groups:
        return Findings((), (), (), ())
    blocks = np.unique(time_blocks(pieces.table.frame, block_count(len(rows))), return_inverse=True)[1]
    bench = Bench(outcome[rows], groups, blocks, seed, binary)
    tell = (lambda done: progress("causes", done, 0)) if progress is not None else None
    found = search(bench, progress=tell)
    context = frozenset(i for i, group in enumerate(groups) if is_context(pieces, group, catalogue))
    return _written(pieces, _Case(bench, found, context), binary=binary, seed=seed)


def _thinned(pieces: Pieces, rows: np.ndarray) -> Pieces:
    from dataclasses import replace

    return replace(pieces, table=replace(pieces.table, frame=pieces.table.frame[rows]))


def _written(pieces: Pieces, case: _Case, *, binary: bool, seed: int) -> Findings:
    bench, found = case.bench, case.found
    groups = bench.groups
    active = list(found.active)
    seen = [i for i in _seen(case) if i not in active][: MOST_SUSPECTS]
    shown = [*active, *seen]
    columns = [best_column(groups[i], feature_scores(bench, active if i in active else [i], i)) for i in shown]
    frame = pieces.table.frame
    parts = shares(frame, columns[: len(active)], bench.outcome, bench.blocks, binary=binary, seed=seed) if active else np.zeros(0)
    joint = effects(frame, columns[: len(active)], bench.outcome, bench.blocks, binary=binary, seed=seed) if active else []
    alone = [effects(frame, [column], bench.outcome, bench.blocks, binary=binary, seed=seed)[0] for column in columns[len(active) :]]
    causes: list[Cause] = []
    suspects: list[Cause] = []
    for place, i in enumerate(active):
        reason, claimed = _verdict(case, i, float(parts[place]))
        cause = _cause(case, i, columns[place], joint[place], float(parts[place]), reason)
        (causes if claimed else suspects).append(cause)
    for place, i in enumerate(seen):
        suspects.append(_cause(case, i, columns[len(active) + place], alone[place], 0.0, _why_not(case, i, columns, active)))
    causes.sort(key=lambda cause: -cause.share * cause.confidence)
    return Findings(tuple(causes), tuple(suspects[:MOST_SUSPECTS]), tuple(groups), tuple(shown))


def _seen(case: _Case) -> list[int]:
    """Groups worth mentioning though they were not kept, the clearest first."""
    found, count = case.found, len(case.bench.groups)
    least = np.minimum(np.minimum(found.p_alone, found.p_without_trend), found.p_given_active) * count
    order = np.argsort(least)
    return [int(i) for i in order if least[i] <= SEEN or i in found.dropped or found.p_given_active[i] * count <= 1.0]


def _cause(case: _Case, i: int, column: Column, effect: Effect, share: float, reason: Message) -> Cause:
    group = case.bench.groups[i]
    firsts = {other.source: other for other in reversed(group.columns)}
    also = tuple(other for source, other in firsts.items() if source != column.source)
    return Cause(
        column, also, effect.direction, effect.change, _confidence(case, i), share, reason, effect.curve
    )


def _confidence(case: _Case, i: int) -> float:
    """One minus the chance that the claim is false.

    From the p-value by the bound of Sellke, Bayarri & Berger (Am. Stat. 55 (2001) 62): odds of no effect are at least
    -e p ln p times the odds before seeing the data, taken as the number of other candidates to the causes found.
    """
    found, count = case.found, len(case.bench.groups)
    kept = i in case.found.active
    p = float(np.clip(found.p_given_others[i] if kept else found.p_given_active[i], 1e-300, 1 / np.e))
    before = max(count - len(found.active), 1) / max(len(found.active), 1)
    odds = -np.e * p * np.log(p) * before
    sure = float(1 / (1 + odds))
    if kept and not halves_agree(case.bench, found.active, i):
        sure *= 0.8
    if i in case.context:
        sure *= 0.5
    return min(sure, 0.99)


def _verdict(case: _Case, i: int, share: float) -> tuple[Message, bool]:
    """Why an active group is claimed, or why it is not."""
    count = len(case.bench.groups)
    p = float(f"{min(case.found.p_given_others[i] * count, 1.0):.2g}")
    if i in case.context:
        return Message(
            "Goes along with the result, but says who or when, not what: something that differs between them is not recorded. "
            "Ask what is done differently."
        ), False
    if share < LEAST_SHARE:
        return Message(
            "Clear but small: {share} % of what is explained goes with it. Look at the causes above it first.",
            share=round(100 * share, 1),
        ), False
    if p > CLAIM:
        return _weak(p, count), False
    return Message(
        "Also among pieces that are alike in the other causes and in time, the result moves with it; "
        "chance of such a sign in any of {count} candidates without an effect: at most {p}.", count=count, p=p,
    ), True


def _why_not(case: _Case, i: int, columns: Sequence[Column], active: Sequence[int]) -> Message:
    found, count = case.found, len(case.bench.groups)
    if i in case.context:
        return Message(
            "Goes along with the result, but says who or when, not what: something that differs between them is not recorded. "
            "Ask what is done differently."
        )
    if found.p_alone[i] * count > SEEN >= found.p_without_trend[i] * count:
        return Message(
            "Follows the slow change of the result over time and says nothing beyond it: anything that changed in this time would "
            "fit as well. Watch it when the slow change turns."
        )
    if found.p_alone[i] * count <= SEEN and active:
        explaining = _explaining(case, i, active)
        return Message(
            "Goes along with the result because it goes along with {cause}: among pieces with equal {cause} no clear sign is left. "
            "Keep {cause} first.", cause=_name(columns[explaining]),
        )
    return _weak(float(f"{min(found.p_given_active[i] * count, 1.0):.2g}"), count)


def _weak(p: float, count: int) -> Message:
    return Message(
        "Weak sign: with {count} candidates, chance alone shows one as strong {p} times in one. More pieces will tell.",
        count=count, p=p,
    )


def _explaining(case: _Case, i: int, active: Sequence[int]) -> int:
    """Which active group, known alone, takes most of the association away."""
    left = [float(p_values(case.bench, [k], [i])[0]) for k in active]
    if max(left) > 10 * min(left):
        return int(np.argmax(left))
    like = rank_correlations([case.bench.groups[k].main.values for k in (i, *active)])
    return int(np.argmax(np.abs(like[0, 1:])))


def _name(column: Column) -> str:
    return column.headers[0] if column.headers else column.name
