"""Does the answer hold on later pieces? Model, rule and window against today's practice and a plain linear model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from tundish.errors import Message
from tundish.learn.answer import Answer, Floats, Window
from tundish.learn.blocks import Ints, material_blocks
from tundish.learn.marks import Flags, inside
from tundish.learn.question import Question
from tundish.learn.rule import rule_says
from tundish.prove.evidence import Evidence, Interval, Period, Verdict, WindowEvidence
from tundish.prove.interval import block_means, drawn, gain, interval
from tundish.prove.money import saving
from tundish.trace.pieces import MOMENT, Pieces

BLOCKS = 40
"""Blocks of consecutive later pieces in the bootstrap, about."""
LEAST_LATER = 100
LEAST_BAD = 10
"""With fewer later pieces, or fewer of the rarer outcome, an unclear result says nothing."""
WANTED = 0.9
LEAST_CALIBRATED = 40


@dataclass(frozen=True, eq=False)
class _Later:
    """The later pieces and what was said of them, one number a piece."""

    pieces: Pieces
    outcome: Floats
    today: Floats
    linear: Floats
    model: Floats
    blocks: Ints
    counts: Floats
    bad: Floats | None
    kept: Flags | None
    covered: Floats | None


def prove(answer: Answer, later: Pieces, earlier: Pieces, question: Question, *, seed: int = 0) -> Evidence:
    """Judge an answer on later pieces with a known target; all intervals are 95 %, from 2,000 draws of blocks of pieces."""
    frame, outcome = later.table.frame, question.outcome(later)
    blocks = material_blocks(frame, max(1, frame.height // BLOCKS))
    model = answer.model.predict(frame)
    half_width, covered = (None, None) if question.binary else _conformal(np.abs(outcome - model))
    seen = _Later(
        later,
        outcome,
        question.today(earlier, later),
        answer.linear.predict(frame),
        model,
        blocks,
        drawn(blocks, seed=seed),
        question.badness(outcome),
        None if answer.window is None else inside(answer.window.limits, frame),
        covered,
    )
    losses = [question.losses(outcome, said) for said in (seen.today, seen.linear, seen.model)]
    over_today, over_linear = (gain((base, losses[2]), blocks, seen.counts, question.score) for base in losses[:2])
    window = _window(answer.window, seen)
    rule = _rule(answer, seen)
    verdict, reason = _verdict(seen, question, over_today, window)
    cost = question.wish.cost_per_bad
    return Evidence(
        split=_spans(earlier, later),
        earlier=earlier.table.frame.height,
        later=frame.height,
        metric=question.metric,
        today=question.score(losses[0]),
        linear=question.score(losses[1]),
        model=question.score(losses[2]),
        week=_week(earlier, later, question) if later.kind == "interval" else None,
        rule_right=None if rule is None else rule.value,
        rule_interval=rule,
        ranking=_ranking(outcome, model) if question.binary else None,
        gain_over_today=over_today,
        gain_over_linear=over_linear,
        window=window,
        saving=None
        if window is None or cost is None
        else saving(window, later, earlier, later.table.column(later.target), cost),
        periods=_periods(seen, question),
        coverage=None if covered is None else float(np.nanmean(covered)),
        half_width=half_width,
        verdict=verdict,
        reason=reason,
    )


def _spans(earlier: Pieces, later: Pieces) -> Message:
    values: dict[str, str | int] = {"earlier": earlier.table.frame.height, "later": later.table.frame.height}
    for name, pieces in (("earlier", earlier), ("later", later)):
        moments = pieces.table.frame.get_column(MOMENT).drop_nulls()
        if not moments.len():
            return Message("Learned from the first {earlier} rows, proved on the last {later}.", **values)
        values |= {f"{name}_from": f"{moments[0]:%Y-%m-%d}", f"{name}_to": f"{moments[-1]:%Y-%m-%d}"}
    return Message(
        "Learned from {earlier} pieces ({earlier_from} to {earlier_to}), proved on {later} later ones "
        "({later_from} to {later_to}).",
        **values,
    )


def _window(window: Window | None, seen: _Later) -> WindowEvidence | None:
    if window is None or seen.bad is None or seen.kept is None or not seen.kept.any():
        return None
    share = bool(np.isin(seen.bad, (0.0, 1.0)).all())
    # A value whose more is better has its sign turned in badness; the window speaks of the target itself.
    sign = 1.0 if share or not np.allclose(seen.bad, -seen.outcome) else -1.0
    draws_all, draws_in = (
        block_means(seen.bad, seen.blocks, seen.counts),
        block_means(seen.bad, seen.blocks, seen.counts, seen.kept),
    )
    mean_all, mean_in = float(seen.bad.mean()), float(seen.bad[seen.kept].mean())
    promised_gain = sign * (window.today - window.promised)
    outside = ~seen.kept
    return WindowEvidence(
        inside=interval(sign * mean_in, sign * draws_in),
        outside=sign * float(seen.bad[outside].mean()) if outside.any() else None,
        all=sign * mean_all,
        pieces_inside=int(seen.kept.sum()),
        kept=(mean_all - mean_in) / promised_gain if promised_gain > 0 else float("nan"),
        share=share,
        promised=window.promised,
        promised_gain=promised_gain,
        gain=interval(mean_all - mean_in, draws_all - draws_in),
        pieces_outside=int(outside.sum()),
    )


def _rule(answer: Answer, seen: _Later) -> Interval | None:
    if answer.rule is None or seen.bad is None:
        return None
    right = (rule_says(answer.rule, seen.pieces.table.frame) == (seen.bad == 1.0)).astype(float)
    return interval(float(right.mean()), block_means(right, seen.blocks, seen.counts))


def _ranking(outcome: Floats, predicted: Floats) -> float | None:
    """Chance that a bad piece is ranked above a good one (Mann and Whitney 1947), ties counted half."""
    from scipy.stats import rankdata

    bad = outcome >= 0.5
    many, few = int(bad.sum()), int((~bad).sum())
    if not many or not few:
        return None
    return float((rankdata(predicted)[bad].sum() - many * (many + 1) / 2) / (many * few))


def _conformal(errors: Floats) -> tuple[float | None, Floats | None]:
    """Half width of a 90 % interval from the first third of the later pieces, and which of the others it covers.

    Split conformal (Papadopoulos et al., ECML 2002): the k-th smallest error, k = ceil(0.9 (n + 1)). The first of the later
    pieces calibrate because the model never saw them; errors on pieces it was fitted to would be too small.
    """
    first = errors.size // 3
    if first < LEAST_CALIBRATED:
        return None, None
    rank = min(int(np.ceil(WANTED * (first + 1))), first)
    half_width = float(np.sort(errors[:first])[rank - 1])
    covered = np.where(np.arange(errors.size) < first, np.nan, (errors <= half_width).astype(float))
    return half_width, covered


def _week(earlier: Pieces, later: Pieces, question: Question) -> float | None:
    """Score of the value of the same time a week before; None unless nearly all of them are known."""
    both = pl.concat(
        [
            pieces.table.frame.select(MOMENT).with_columns(value=pl.Series(question.outcome(pieces)))
            for pieces in (earlier, later)
        ]
    )
    if both.get_column(MOMENT).null_count():
        return None
    before = both.with_columns(pl.col(MOMENT).dt.offset_by("7d")).unique(MOMENT, keep="first")
    said = later.table.frame.select(MOMENT).join(before, on=MOMENT, how="left", maintain_order="left").get_column("value")
    values = np.asarray(said.fill_null(float("nan")).to_numpy(), dtype=float)
    known = np.isfinite(values)
    if known.mean() < 0.9:
        return None
    return question.score(question.losses(question.outcome(later)[known], values[known]))


def _periods(seen: _Later, question: Question) -> tuple[Period, ...]:
    """Four to eight stretches of later pieces of equal number."""
    count = int(np.clip(seen.outcome.size // 30, 4, 8))
    moments = seen.pieces.table.frame.get_column(MOMENT)
    return tuple(
        _period(seen, question, rows, moments) for rows in np.array_split(np.arange(seen.outcome.size), count) if rows.size
    )


def _period(seen: _Later, question: Question, rows: Ints, moments: pl.Series) -> Period:
    scores = [question.score(question.losses(seen.outcome[rows], said[rows])) for said in (seen.model, seen.today, seen.linear)]
    target = seen.outcome if seen.bad is None or not np.isin(seen.bad, (0.0, 1.0)).all() else seen.bad
    within = rows[seen.kept[rows]] if seen.kept is not None else rows[:0]
    covered = None if seen.covered is None or np.isnan(seen.covered[rows]).all() else float(np.nanmean(seen.covered[rows]))
    return Period(
        start=moments[int(rows[0])],
        end=moments[int(rows[-1])],
        pieces=rows.size,
        model=scores[0],
        today=scores[1],
        linear=scores[2],
        target=float(target[rows].mean()),
        inside=float(target[within].mean()) if within.size else None,
        pieces_inside=within.size,
        covered=covered,
    )


def _verdict(seen: _Later, question: Question, over_today: Interval, window: WindowEvidence | None) -> tuple[Verdict, Message]:
    """Useful when the model or the window surely gains on later pieces; too little data when nothing could have shown it."""
    model, held = over_today.low > 0, window is not None and window.gain.low > 0
    values = {"later": seen.outcome.size}
    if held and window is not None:
        kept = round(100 * min(window.kept, 1.0)) if np.isfinite(window.kept) else 100
        if model:
            return "useful", Message(
                "On {later} later pieces the model beat today's practice and the window kept {kept} % of its promise.",
                **values,
                kept=kept,
            )
        return "useful", Message(
            "On {later} later pieces the window kept {kept} % of its promise; the model alone does not surely "
            "beat today's practice.",
            **values,
            kept=kept,
        )
    if model and window is None:
        return "useful", Message(
            "On {later} later pieces the model beat today's practice. No safe window was found or could be proved.", **values
        )
    if model:
        return "useful", Message(
            "On {later} later pieces the model beat today's practice, but the gain of the window is not sure. "
            "Try the window on trial lots first.",
            **values,
        )
    rarer = int(min(seen.outcome.sum(), (1 - seen.outcome).sum())) if question.binary else seen.outcome.size
    if seen.outcome.size < LEAST_LATER or rarer < LEAST_BAD:
        return "too_little_data", Message(
            "{later} later pieces are too few to tell whether the answer is better than today's practice. Add more exports.",
            **values,
        )
    return "not_yet", Message(
        "On {later} later pieces neither the model nor a window surely beat today's practice. Do not act on this answer yet.",
        **values,
    )
