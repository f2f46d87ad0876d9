"""Which rule could a foreman remember? Bad when any of a few short conditions holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import polars as pl

from tundish.learn.answer import Cause, Floats, Rule
from tundish.learn.blocks import Ints, time_blocks
from tundish.learn.marks import Cut, Flags, Setting, best_cut, beyond, limit, setting, within
from tundish.learn.question import Question
from tundish.table import Column
from tundish.trace.pieces import Pieces

MOST_CONDITIONS = 3
MOST_PARTS = 2
"""Limits in one condition: `A and B`."""
MOST_LEADS = 8
"""Settings that are tried as parts of a pair."""
FOLDS = 5
LEAST_RIGHT = 5
"""Pieces that a condition must set right, more than it sets wrong."""
WORTH = 0.01
"""Share of pieces that columns which are no claimed cause must set right in addition, to be used."""

Condition = tuple[tuple[int, Cut], ...]


def find_rule(
    earlier: Pieces, inputs: Sequence[Column], causes: Sequence[Cause], question: Question, *, seed: int = 0
) -> Rule | None:
    """Find a rule of at most three short conditions; None when badness is not 0/1 or no rule helps.

    Conditions are added one by one, each the one that sets most pieces right among those no earlier condition took; how
    many are kept, and whether columns beside the claimed causes are worth it, is decided on consecutive blocks of pieces.
    ``seed`` is not used: nothing here is drawn.
    """
    bad = question.badness(question.outcome(earlier))
    if bad is None or not np.isin(bad[np.isfinite(bad)], (0.0, 1.0)).all():
        return None
    frame = earlier.table.frame
    folds, known = time_blocks(frame, FOLDS), np.isfinite(bad)
    names = {column.name for cause in causes for column in (cause.column, *cause.also)}
    settings = tuple(part for column in inputs if (part := setting(column, frame)) is not None)
    claimed = tuple(part for part in settings if part.column.name in names)
    best: tuple[float, tuple[Setting, ...], int, int] | None = None
    for parts, handicap in ((claimed, 0.0), (settings, WORTH)):
        for width in range(1, MOST_PARTS + 1):
            for length, right in enumerate(_unseen(parts, bad, known, folds, width), start=1):
                # An added condition, and an added part, must earn its place.
                worth = right - handicap - 0.25 * WORTH * length - 0.5 * WORTH * (width - 1)
                if best is None or worth > best[0]:
                    best = (worth, parts, width, length)
    if best is None or best[0] <= max(bad[known].mean(), 1 - bad[known].mean()) - WORTH:
        return None
    conditions = _cover(best[1], bad, known, best[2])[: best[3]]
    return _rule(best[1], conditions, frame, bad, known)


def rule_says(rule: Rule, frame: pl.DataFrame) -> Flags:
    """What the rule says of each row: True for bad. A row whose values are not known meets no condition.

    The limits of a condition are those of what is bad: strictly above ``low``, strictly below ``high``, or at a level.
    """
    said = np.zeros(frame.height, dtype=bool)
    for condition in rule.conditions:
        said |= beyond(condition, frame)
    return said


def _rule(
    parts: tuple[Setting, ...], conditions: list[Condition], frame: pl.DataFrame, bad: Floats, known: Flags
) -> Rule | None:
    lines = tuple(tuple(limit(parts[number], cut) for number, cut in condition) for condition in conditions)
    rule = Rule(lines, 0.0)
    right = float((rule_says(rule, frame) == (bad == 1.0))[known].mean())
    if not lines or right <= max(bad[known].mean(), 1 - bad[known].mean()):
        return None
    return Rule(lines, right)


def _unseen(parts: tuple[Setting, ...], bad: Floats, known: Flags, folds: Ints, width: int) -> list[float]:
    """Share right on blocks the conditions were not found on, with one, two and three conditions."""
    if not parts:
        return []
    right = np.zeros(MOST_CONDITIONS)
    for fold in np.unique(folds[known]):
        out = known & (folds == fold)
        conditions = _cover(parts, bad, known & ~out, width)
        said = np.zeros(bad.size, dtype=bool)
        for length in range(MOST_CONDITIONS):
            if length < len(conditions):
                said |= _meets(parts, conditions[length])
            right[length] += (said == (bad == 1.0))[out].sum()
    return list(right / known.sum())


def _cover(parts: tuple[Setting, ...], bad: Floats, among: Flags, width: int) -> list[Condition]:
    """Conditions in the order found: each sets most pieces right among those that no earlier one took."""
    gain = bad - 0.5
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
