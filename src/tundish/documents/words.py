"""How is a number said to a foreman? Settings, effects and certainty in the reader's language."""

from __future__ import annotations

from collections.abc import Callable

from tundish.documents.answer import PERCENT_POINT, AnswerOut, CauseOut, LimitOut, limit_out
from tundish.learn.answer import Limit, Rule
from tundish.locale import number, say
from tundish.settings import Language

Say = Callable[..., str]
SURE, LIKELY = 0.95, 0.9
"""Confidence from which a claim is called practically certain, and very likely."""


def speaker(lang: Language) -> Say:
    """A function that says an English template in the reader's language, with its values put in."""
    return lambda text, **values: say(text, lang, **values)


def amount(value: float | str | None, unit: str | None) -> str:
    """A value with its unit, as Korean engineers write it: blank before the unit, none before %.

    >>> amount(1000.0, "℃"), amount(12.3, "%"), amount("적용", None)
    ('1,000 ℃', '12.3%', '적용')
    """
    if value is None:
        return "-"
    text = number(value) if isinstance(value, float | int) else value
    if not unit:
        return text
    return f"{text}{unit}" if unit.startswith("%") else f"{text} {unit}"


def keep(line: LimitOut, _: Say) -> str:
    """What to keep a setting at: a range, one side, or levels."""
    if line.levels:
        return _("only {levels}", levels=", ".join(line.levels))
    low, high = amount(line.low, line.unit), amount(line.high, line.unit)
    if line.low is None:
        return _("at most {high}", high=high)
    if line.high is None:
        return _("at least {low}", low=low)
    return f"{low} ~ {high}"


def condition(limit: Limit, _: Say) -> str:
    """One condition of a rule: the column and where it must lie for the rule to hold."""
    line = limit_out(limit)
    name = line.column
    if line.levels:
        return f"{name} = {', '.join(line.levels)}"
    if line.low is None:
        return f"{name} < {amount(line.high, line.unit)}"
    if line.high is None:
        return f"{name} ≥ {amount(line.low, line.unit)}"
    return f"{name} {amount(line.low, line.unit)} ~ {amount(line.high, line.unit)}"


def rule_text(rule: Rule, bad: str, _: Say) -> str:
    """A rule in one sentence: bad when any of the conditions holds."""
    parts = [_(" and ").join(condition(limit, _) for limit in limits) for limits in rule.conditions]
    return _("{bad} when: {conditions}", bad=bad, conditions=_("; or ").join(parts))


def effect(cause: CauseOut, target: str, _: Say) -> str:
    """What a cause does to the target over its usual span."""
    size = (
        amount(abs(cause.effect), cause.unit)
        if cause.unit != PERCENT_POINT
        else _("{size} points", size=amount(abs(cause.effect), "%"))
    )
    sentences = {
        "increases": _(
            "More of it, higher {target}: {size} from the low to the high end of its usual span", target=target, size=size
        ),
        "decreases": _(
            "More of it, lower {target}: {size} from the low to the high end of its usual span", target=target, size=size
        ),
        "both_sides": _("Too low and too high both move {target}: {size} within its usual span", target=target, size=size),
        "by_level": _("{target} differs by {size} between its levels", target=target, size=size),
    }
    return sentences[cause.direction]


def certainty(confidence: float, _: Say) -> str:
    """A confidence in a word and a number."""
    word = _("practically certain") if confidence >= SURE else _("very likely") if confidence >= LIKELY else _("likely")
    return _("{word} (confidence {confidence})", word=word, confidence=amount(round(100 * confidence), "%"))


def verdict(out: AnswerOut, _: Say) -> dict[str, str]:
    """The verdict as a stamp and the one sentence that a foreman takes along."""
    stamps = {"useful": _("Useful"), "not_yet": _("Not yet useful"), "too_little_data": _("Too little data")}
    if not out.causes:
        headline = _("No cause found for {target} in these data.", target=out.target)
    elif out.window:
        lines = ", ".join(f"{line.column} {keep(line, _)}" for line in out.window)
        headline = _("Keep {lines}.", lines=lines)
    else:
        names = ", ".join(cause.columns[0] for cause in out.causes[:3])
        headline = _("{target} moves with: {names}.", target=out.target, names=names)
    return {"stamp": stamps[out.evidence.verdict], "headline": headline}
