"""Which columns move the target, and which only seem to?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from tundish.errors import Message
from tundish.learn.answer import Cause, Floats
from tundish.learn.blanket import (
    Bench,
    Search,
    block_count,
    feature_scores,
    halves_agree,
    null_odds,
    p_values,
    search,
    standing,
)
from tundish.learn.blocks import time_blocks
from tundish.learn.context import is_context
from tundish.learn.effects import Effect, best_column, effects, shares
from tundish.learn.features import Group, find_groups, rank_correlations
from tundish.table import Column
from tundish.trace.pieces import Pieces
from tundish.vocabulary import Catalogue

CLAIM, CLAIM_SMALL = 0.75, 0.9
"""Confidence from which a cause is claimed; the second where its share is below ``SMALL``, for chance finds are small."""
SMALL = 0.06
LEAST_SHARE = 0.015
"""Part of what is explained below which a column is no cause worth a claim."""
SEEN = 0.01
"""Chance, after counting all candidates, from which an association is worth mentioning as a suspect."""
WHO_OR_WHEN = Message(
    "Goes along with the result, but says who or when, not what: something that differs between them is not recorded. "
    "Ask what is done differently."
)
WHERE = Message(
    "Goes along with the result, but says which part of the material it was or how it lay, not what was done to it: something "
    "that differs along the material is not recorded. Ask what is done differently there."
)
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
    places: frozenset[int]
    """Groups that say only which part of the material it was, or how it lay."""

    def no_cause(self, i: int) -> Message:
        """Why a group that is mere context cannot be a cause."""
        return WHERE if i in self.places else WHO_OR_WHEN


@dataclass(frozen=True)
class _Draft:
    """What is to be said of one group."""

    column: Column
    effect: Effect
    share: float
    sure: float
    reason: Message


def find_causes(
    pieces: Pieces,
    inputs: Sequence[Column],
    outcome: Floats,
    catalogue: Catalogue,
    *,
    binary: bool,
    seed: int = 0,
) -> Findings:
    """Find the causes among the inputs. ``outcome``: one finite number a piece, in order of time."""
    thin = max(len(outcome) // MOST_ROWS, 1)
    rows = np.arange(0, len(outcome), thin)
    pieces = pieces if thin == 1 else _thinned(pieces, rows)
    groups = find_groups(pieces, inputs, catalogue)
    if not groups:
        return Findings((), (), (), ())
    blocks = np.unique(time_blocks(pieces.table.frame, block_count(len(rows))), return_inverse=True)[1]
    context = frozenset(i for i, group in enumerate(groups) if is_context(pieces, group, catalogue))
    bench = Bench(outcome[rows], groups, blocks, seed, context)
    places = frozenset(i for i in context if _tells_where(groups[i], catalogue))
    return _written(pieces, _Case(bench, search(bench), places), binary=binary, seed=seed)


def _tells_where(group: Group, catalogue: Catalogue) -> bool:
    concept = group.main.column.concept
    return concept is not None and concept in catalogue and catalogue.concept(concept).book_keeping


def _thinned(pieces: Pieces, rows: np.ndarray) -> Pieces:
    return replace(pieces, table=replace(pieces.table, frame=pieces.table.frame[rows]))


def _written(pieces: Pieces, case: _Case, *, binary: bool, seed: int) -> Findings:
    bench, active = case.bench, list(case.found.active)
    seen = [i for i in _seen(case) if i not in active][:MOST_SUSPECTS]
    columns = {i: best_column(bench.groups[i], feature_scores(bench, active, i)) for i in active}
    columns |= {i: best_column(bench.groups[i], feature_scores(bench, [i], i)) for i in seen}
    frame = pieces.table.frame
    look = partial(effects, frame, outcome=bench.outcome, blocks=bench.blocks, binary=binary, seed=seed)
    kept = [columns[i] for i in active]
    parts = shares(frame, kept, outcome=bench.outcome, blocks=bench.blocks, binary=binary, seed=seed)
    causes: list[Cause] = []
    suspects: list[Cause] = []
    for i, effect, part in zip(active, look(kept), parts, strict=True):
        sure = _confidence(case, i)
        reason, claimed = _verdict(case, i, share=float(part), sure=sure)
        draft = _Draft(columns[i], effect, float(part), sure, reason)
        (causes if claimed else suspects).append(_cause(case, i, draft))
    for i in seen:
        draft = _Draft(columns[i], look([columns[i]], refits=3)[0], 0.0, _confidence(case, i), _why_not(case, i, columns))
        suspects.append(_cause(case, i, draft))
    causes.sort(key=lambda cause: -cause.share * cause.confidence)
    return Findings(tuple(causes), tuple(suspects[:MOST_SUSPECTS]), tuple(bench.groups), (*active, *seen))


def _seen(case: _Case) -> list[int]:
    """Groups worth mentioning though they were not kept, the clearest first."""
    found, count = case.found, len(case.bench.groups)
    least = np.minimum(np.minimum(found.p_alone, found.p_without_trend), found.p_given_active) * count
    order = np.argsort(least)
    return [int(i) for i in order if least[i] <= SEEN or i in found.dropped or found.p_given_active[i] * count <= 1.0]


def _cause(case: _Case, i: int, draft: _Draft) -> Cause:
    firsts = {other.source: other for other in reversed(case.bench.groups[i].columns)}
    also = tuple(other for source, other in firsts.items() if source != draft.column.source)
    effect = draft.effect
    return Cause(draft.column, also, effect.direction, effect.change, draft.sure, draft.share, draft.reason, effect.curve)


def _confidence(case: _Case, i: int) -> float:
    """One minus the chance that the claim is false.

    Odds of no effect from the p-value, times the odds before seeing the data (other candidates to causes found); less where an
    earlier and a later half disagree, or a look-alike could take the column's place.
    """
    found, bench = case.found, case.bench
    before = max(len(bench.groups) - len(found.active), 1) / max(len(found.active), 1)
    if i not in found.active:
        return min(1 / (1 + null_odds(float(found.p_given_active[i])) * before), 0.5)
    sure = standing(bench, found.active, i) / (1 + null_odds(found.p_given_others[i]) * before)
    if not halves_agree(bench, found.active, i):
        sure *= 0.8
    return min(sure, 0.5 if i in case.bench.context else 0.99)


def _verdict(case: _Case, i: int, *, share: float, sure: float) -> tuple[Message, bool]:
    """Why an active group is claimed, or why it is not."""
    count = len(case.bench.groups)
    p = _told(case.found.p_given_others[i] * count)
    if i in case.bench.context:
        return case.no_cause(i), False
    if share < LEAST_SHARE:
        return Message(
            "Clear but small: {share} % of what is explained goes with it. Look at the causes first.",
            share=round(100 * share, 1),
        ), False
    if sure < (CLAIM if share >= SMALL else CLAIM_SMALL):
        return _weak(p, count), False
    return Message(
        "Also among pieces that are alike in the other causes and in time, the result moves with it; "
        "chance of such a sign in any of {count} candidates without an effect: at most {p}.",
        count=count,
        p=p,
    ), True


def _why_not(case: _Case, i: int, columns: Mapping[int, Column]) -> Message:
    found, count, active = case.found, len(case.bench.groups), case.found.active
    if i in case.bench.context:
        return case.no_cause(i)
    if found.p_alone[i] * count > SEEN >= found.p_without_trend[i] * count:
        return Message(
            "Follows the slow change of the result over time and says nothing beyond it: anything that changed in this time "
            "would fit as well. Watch it when the slow change turns."
        )
    if found.p_alone[i] * count <= SEEN and active:
        return Message(
            "Goes along with the result because it goes along with {cause}: among pieces with equal {cause} no clear sign is "
            "left. Keep {cause} first.",
            cause=columns[_explaining(case, i, active)].header,
        )
    return _weak(_told(found.p_given_active[i] * count), count)


def _told(p: float) -> float:
    """A chance as a reader can take it: two digits, and nothing below one in ten thousand."""
    return float(f"{min(max(p, 1e-4), 1.0):.2g}")


def _weak(p: float, count: int) -> Message:
    return Message(
        "Weak sign: among {count} candidates chance alone shows one as strong with probability {p}, or a look-alike does as "
        "well. More pieces will tell.",
        count=count,
        p=p,
    )


def _explaining(case: _Case, i: int, active: Sequence[int]) -> int:
    """Which active group, known alone, takes most of the association away."""
    left = [float(p_values(case.bench, [k], [i])[0]) for k in active]
    if max(left) > 10 * min(left):
        return active[int(np.argmax(left))]
    like = rank_correlations([case.bench.groups[k].signal for k in (i, *active)])
    return active[int(np.argmax(np.abs(like[0, 1:])))]
