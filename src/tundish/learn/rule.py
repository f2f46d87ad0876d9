"""Which rule could a foreman remember? Bad when any of a few short conditions holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from tundish.learn.answer import Cause, Floats, Rule
from tundish.learn.blocks import Ints, time_blocks
from tundish.learn.marks import LEVEL_STATISTICS, Cut, Flags, Setting, best_cut, beyond, limit, setting, within
from tundish.learn.question import Question
from tundish.table import Column
from tundish.trace.pieces import Pieces

MOST_CONDITIONS = 3
MOST_PARTS = 2
"""Limits in one condition: `A and B`."""
MOST_LEADS = 6
"""Settings that are tried as parts of a pair."""
FOLDS = 8
LEAST_RIGHT = 5
"""Pieces that a condition must set right, more than it sets wrong."""
WORTH = 0.005
"""Share of pieces that columns which are no claimed cause must set right in addition, to be used."""

Condition = tuple[tuple[int, Cut], ...]


@dataclass(frozen=True, eq=False)
class _Ground:
    """Which pieces are bad, of which this is known, and in which block of time each lies."""

    bad: Flags
    known: Flags
    folds: Ints

    @property
    def commonest(self) -> float:
        """Share right of saying the commonest outcome always."""
        share = float(self.bad[self.known].mean())
        return max(share, 1 - share)


def find_rule(earlier: Pieces, inputs: Sequence[Column], causes: Sequence[Cause], question: Question) -> Rule | None:
    """Find a rule of at most three short conditions; None when badness is not 0/1 or no rule helps.

    Conditions are added one by one, each the one that sets most pieces right among those no earlier condition took; how
    many are kept, and whether columns beside the claimed causes are worth it, is decided by the share right on consecutive
    blocks of pieces they were not found on and, to a lesser part, on all (the .632 rule of Efron, J. Am. Stat. Assoc. 78
    (1983) 316).
    """
    bad = question.badness(question.outcome(earlier))
    if bad is None or not np.isin(bad[np.isfinite(bad)], (0.0, 1.0)).all():
        return None
    frame = earlier.table.frame
    ground = _Ground(bad == 1.0, np.isfinite(bad), time_blocks(frame, FOLDS))
    names = {column.name for cause in causes for column in (cause.column, *cause.also)}
    levels = [column for column in inputs if column.statistic in LEVEL_STATISTICS]
    settings = tuple(part for column in levels if (part := setting(column, frame)) is not None)
    claimed = tuple(part for part in settings if part.column.name in names)
    best: tuple[float, tuple[Setting, ...], list[Condition]] = (ground.commonest + WORTH, (), [])
    for parts, handicap in ((claimed, 0.0), (settings, WORTH)):
        for width in range(1, MOST_PARTS + 1 if parts else 1):
            conditions = _cover(parts, ground, ground.known, width)
            expected = 0.632 * _unseen(parts, ground, width) + 0.368 * _right(parts, conditions, ground, ground.known)
            for length in range(1, len(conditions) + 1):
                # An added condition, and an added part, must earn its place.
                worth = expected[length - 1] - handicap - WORTH * (length + width - 2) / 2
                if worth > best[0]:
                    best = (float(worth), parts, conditions[:length])
    return _rule(best[1], best[2], frame, ground)


def rule_says(rule: Rule, frame: pl.DataFrame) -> Flags:
    """What the rule says of each row: True for bad. A row whose values are not known meets no condition.

    The limits of a condition are those of what is bad: strictly above ``low``, strictly below ``high``, or at a level.
    """
    said = np.zeros(frame.height, dtype=bool)
    for condition in rule.conditions:
        said |= beyond(condition, frame)
    return said


def _rule(parts: tuple[Setting, ...], conditions: list[Condition], frame: pl.DataFrame, ground: _Ground) -> Rule | None:
    lines = tuple(tuple(limit(parts[number], cut) for number, cut in condition) for condition in conditions)
    if not lines:
        return None
    right = float((rule_says(Rule(lines, 0.0), frame) == ground.bad)[ground.known].mean())
    return Rule(lines, right) if right > ground.commonest else None


def _unseen(parts: tuple[Setting, ...], ground: _Ground, width: int) -> Floats:
    """Share right on blocks the conditions were not found on, with one, two and three conditions."""
    right = np.zeros(MOST_CONDITIONS)
    for fold in np.unique(ground.folds[ground.known]):
        out = ground.known & (ground.folds == fold)
        conditions = _cover(parts, ground, ground.known & ~out, width)
        right += _right(parts, conditions, ground, out) * out.sum()
    return np.asarray(right / ground.known.sum())


def _right(parts: tuple[Setting, ...], conditions: list[Condition], ground: _Ground, among: Flags) -> Floats:
    """Share right among some pieces, with one, two and three of the conditions."""
    said = np.zeros(ground.bad.size, dtype=bool)
    right = np.zeros(MOST_CONDITIONS)
    for length in range(MOST_CONDITIONS):
        if length < len(conditions):
            said |= _meets(parts, conditions[length])
        right[length] = (said == ground.bad)[among].mean()
    return right


def _cover(parts: tuple[Setting, ...], ground: _Ground, among: Flags, width: int) -> list[Condition]:
    """Conditions in the order found: each sets most pieces right among those that no earlier one took."""
    gain = ground.bad.astype(np.float64) - 0.5
    left = among.copy()
    conditions: list[Condition] = []
    while len(conditions) < MOST_CONDITIONS:
        condition, reached = _grow(parts, gain, left, width)
        if not condition or 2 * reached < LEAST_RIGHT:
            break
        conditions.append(condition)
        left &= ~_meets(parts, condition)
    return conditions


def _grow(parts: tuple[Setting, ...], gain: Floats, left: Flags, width: int) -> tuple[Condition, float]:
    """The best single limit; with two parts allowed, the best pair when it sets enough more right."""
    condition, reached = _best_of(parts, range(len(parts)), gain, left, ())
    if width == 1 or not left.any():
        return condition, reached
    # A part of a pair need not be bad by itself, only worse than the rest: look for those first.
    worse = np.where(left, gain - gain[left].mean(), 0.0)
    spread = float(gain[left].std())
    leads = [
        (found[1], number, found[0])
        for number, part in enumerate(parts)
        if (found := best_cut(part, worse, left, LEAST_RIGHT, spread, strict=True)) is not None
    ]
    leads = sorted(leads, key=lambda lead: (-lead[0], lead[1]))[:MOST_LEADS]
    for _, first, cut in leads:
        others = [number for _, number, _ in leads if number != first]
        pair, gained = _best_of(parts, others, gain, left, ((first, cut),))
        if pair and gained >= reached + LEAST_RIGHT / 2:
            condition, reached = pair, gained
    return condition, reached


def _best_of(
    parts: tuple[Setting, ...], numbers: Iterable[int], gain: Floats, left: Flags, given: Condition
) -> tuple[Condition, float]:
    """The given condition with the limit added that sets most pieces right; nothing when none does."""
    taken = left & _meets(parts, given) if given else left
    spread = float(gain[taken].std()) if taken.any() else 0.0
    best: tuple[Condition, float] = ((), 0.0)
    for number in numbers:
        found = best_cut(parts[number], gain, taken, LEAST_RIGHT, spread, strict=True)
        if found is not None and found[1] > best[1]:
            best = ((*given, (number, found[0])), found[1])
    return best


def _meets(parts: tuple[Setting, ...], condition: Condition) -> Flags:
    return np.asarray(np.logical_and.reduce([within(parts[number], cut, strict=True) for number, cut in condition]), dtype=bool)
