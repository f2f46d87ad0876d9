"""How is a number said to a foreman? Settings, effects, shares and certainty in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tundish.documents.answer import PERCENT_POINT, AnswerOut, CauseOut, LimitOut, SavingOut
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


def percent(value: float | None) -> str:
    """A share of pieces, given in %: one decimal, below one percent two digits that count.

    >>> percent(32.0833), percent(0.0421), percent(100.0)
    ('32.1%', '0.042%', '100%')
    """
    if value is None:
        return "-"
    return f"{number(round(value, 1) if abs(value) >= 1 else float(f'{value:.2g}'))}%"


def share(part: float | None) -> str:
    """A share of one in percent; a question mark where it is not known.

    >>> share(0.25), share(None)
    ('25%', '?%')
    """
    return "?%" if part is None else percent(100 * part)


def figure(value: float | None, unit: str | None) -> str:
    """A figure of the answer: a share of pieces in %, or a value of the target with three to four digits that count.

    >>> figure(21.5594, "%"), figure(8.27012, "kWh")
    ('21.6%', '8.27 kWh')
    """
    if value is None or unit == "%":
        return percent(value)
    return amount(float(f"{value:.{4 if abs(value) >= 1000 else 3}g}"), unit)


def between(low: float | str | None, high: float | str | None, unit: str | None) -> str:
    """A range with its unit said once.

    >>> between(1002.0, 1045.0, "℃"), between(10.0, 12.5, "%")
    ('1,002 ~ 1,045 ℃', '10 ~ 12.5%')
    """
    return f"{amount(low, None)} ~ {amount(high, unit)}"


def won(value: float, lang: str) -> str:
    """An amount of money to three digits: more would pretend to be known; in Korean counted in 만 and 억.

    >>> won(123_456_789, "en"), won(123_456_789, "ko"), won(-35_000, "ko"), won(950, "ko")
    ('123,000,000', '1.23억 ', '-3.5만 ', '950')
    """
    rounded = float(f"{value:.3g}")
    for size, word in ((1e8, "억 "), (1e4, "만 ")) if lang == "ko" else ():
        if abs(rounded) >= size:
            return f"{number(float(f'{rounded / size:.3g}'))}{word}"
    return number(rounded)


def keep(line: LimitOut, _: Say) -> str:
    """What to keep a setting at: a range, one side, or levels."""
    if line.levels:
        return _("only {levels}", levels=", ".join(line.levels))
    low, high = amount(line.low, line.unit), amount(line.high, line.unit)
    if line.low is None:
        return _("at most {high}", high=high)
    if line.high is None:
        return _("at least {low}", low=low)
    return between(line.low, line.high, line.unit)


def line_name(line: LimitOut) -> str:
    """The plant's names of a setting; two exports have two."""
    return " / ".join(line.columns) or line.column


def bare(name: str, unit: str | None) -> str:
    """A setting's name without the unit in brackets that the value beside it says again.

    >>> bare("이슬점(℃)", "℃"), bare("입측두께[mm]", "mm"), bare("경도(Hv)", "℃")
    ('이슬점', '입측두께', '경도(Hv)')
    """
    return name.removesuffix(f"({unit})").removesuffix(f"[{unit}]").rstrip() or name


def condition(line: LimitOut, _: Say) -> str:
    """One condition of a rule: the column and where it lies when the piece turns out bad; the limits themselves are fine."""
    name = " / ".join(bare(column, line.unit) for column in line.columns) or line.column
    if line.levels:
        return f"{name} = {', '.join(line.levels)}"
    low, high = amount(line.low, line.unit), amount(line.high, line.unit)
    if line.low is None:
        return _("{name} below {high}", name=name, high=high)
    if line.high is None:
        return _("{name} above {low}", name=name, low=low)
    return _("{name} between {low} and {high}", name=name, low=low, high=high)


def rule_text(conditions: Sequence[Sequence[LimitOut]], bad: str, _: Say) -> str:
    """A rule in one sentence: bad when any of the conditions holds."""
    return _("Expect {bad} when {conditions}.", bad=bad, conditions=_(", or when ").join(rule_parts(conditions, _)))


def rule_parts(conditions: Sequence[Sequence[LimitOut]], _: Say) -> list[str]:
    """The conditions of a rule, any of which is enough."""
    return [_(" and ").join(condition(line, _) for line in lines) for lines in conditions]


def result_name(target: str, unit: str | None, _: Say) -> str:
    """What moves: the target itself, or for a class how often it is bad."""
    return _("defect rate ({target})", target=target) if unit == PERCENT_POINT else target


def size(cause: CauseOut, _: Say) -> str:
    """Size of an effect, without its sign."""
    if cause.unit == PERCENT_POINT:
        return points(abs(cause.effect), _)
    return figure(abs(cause.effect), cause.unit)


def points(value: float, _: Say) -> str:
    """A difference of two shares, given in %."""
    return _("{size} percentage points", size=percent(value).removesuffix("%"))


def effect(cause: CauseOut, target: str, _: Say) -> str:
    """What a cause does to the target over its usual span."""
    values = {"target": result_name(target, cause.unit, _), "size": size(cause, _)}
    sentences = {
        "increases": _("The higher, the higher the {target}: {size} over the usual span", **values),
        "decreases": _("The higher, the lower the {target}: {size} over the usual span", **values),
        "both_sides": _("Too low and too high both move the {target}: {size} within the usual span", **values),
        "by_level": _("The {target} differs by {size} between its levels", **values),
    }
    return sentences[cause.direction]


def certainty(confidence: float, _: Say) -> str:
    """A confidence in a word and a number."""
    word = _("practically certain") if confidence >= SURE else _("very likely") if confidence >= LIKELY else _("likely")
    return _("{word} (confidence {confidence})", word=word, confidence=amount(round(100 * confidence), "%"))


def verdict(out: AnswerOut, _: Say) -> dict[str, str]:
    """The verdict as a stamp and the one sentence that a foreman takes along."""
    stamps = {"useful": _("Useful"), "not_yet": _("Not yet useful"), "too_little_data": _("Too little data")}
    return {"stamp": stamps[out.evidence.verdict], "headline": _headline(out, _)}


def _headline(out: AnswerOut, _: Say) -> str:
    evidence = out.evidence
    if out.window:
        lines = ", ".join(f"{bare(line.column, line.unit)} {keep(line, _)}" for line in out.window)
        if evidence.verdict == "useful":
            return _("Keep {lines}.", lines=lines)
        return _("Worth a trial, not proved: {lines}.", lines=lines)
    if out.causes:
        names = ", ".join(_cause_name(cause, out.target, _) for cause in out.causes[:3])
        if evidence.verdict == "too_little_data":
            return _("First signs only: {target} seems to move with {names}.", target=out.target, names=names)
        return _("{target} moves with: {names}.", target=out.target, names=names)
    if out.evidence.verdict == "useful" and out.evidence.metric != "error_rate":
        values = {"model": figure(evidence.result, evidence.unit), "today": figure(evidence.baseline.today, evidence.unit)}
        return _(
            "No cause that can be turned was found, but {target} can be forecast: {model} off, {today} today.",
            target=out.target,
            **values,
        )
    return _("No cause found for {target} in these data.", target=out.target)


def no_window(out: AnswerOut) -> list[str]:
    """Why there is no window, and what would help."""
    told = (finding for finding in out.findings if finding.code == "no_cause" or finding.code.startswith("window."))
    return [] if out.window else [finding.text for finding in told]


def _cause_name(cause: CauseOut, target: str, _: Say) -> str:
    """A reading of the target itself, taken before, is called so."""
    return _("earlier value of {target}", target=target) if cause.columns[0] == target else cause.columns[0]


def gives(out: AnswerOut, _: Say) -> Iterator[str]:
    """What keeping the window is worth, and what the forecast is worth."""
    promise, evidence = out.window_promise, out.evidence
    if promise is not None:
        today, promised = figure(promise.today, promise.unit), figure(promise.promised, promise.unit)
        if promise.unit == "%":
            fewer = round(max(0.0, 10 * (promise.today - promise.promised)))
            yield _(
                "Bad pieces: {today} so far, at most {promised} inside the window; {fewer} fewer in every 1,000.",
                today=today,
                promised=promised,
                fewer=fewer,
            )
        else:
            yield _(
                "{target}: {today} so far, {promised} inside the window.", target=out.target, today=today, promised=promised
            )
        yield _("{share} of the earlier pieces already lay inside.", share=percent(100 * promise.share_inside))
        if evidence.saving is not None:
            yield from _saves(evidence.saving, out.language, _)
        else:
            yield _("Write the cost of a defect into plant.toml to have it in won.")
    else:
        yield _("Nothing is promised without a window.")
    if evidence.metric != "error_rate":
        yield _(
            "Forecast of {target}: {model} off, {today} today.",
            target=out.target,
            model=figure(evidence.result, evidence.unit),
            today=figure(evidence.baseline.today, evidence.unit),
        )


def _saves(saving: SavingOut, lang: str, _: Say) -> Iterator[str]:
    if saving.per_year is not None and saving.interval is not None:
        low, high = saving.interval
        yield _(
            "Saves {won} won a year ({low} to {high}).",
            won=won(saving.per_year, lang),
            low=won(low, lang),
            high=won(high, lang),
        )
    yield _("Saves {won} won per 1,000 pieces.", won=won(saving.per_1000, lang))


def sure(out: AnswerOut, _: Say) -> Iterator[str]:
    """How sure the answer is, in sentences."""
    for cause in out.causes[:4] if out.window else ():
        yield f"{cause.columns[0]}: {certainty(cause.confidence, _)}"
    promise, evidence = out.window_promise, out.evidence
    if promise is not None and promise.later_inside is not None:
        yield _(
            "Later pieces inside the window: {inside} (all: {all}).",
            inside=figure(promise.later_inside, promise.unit),
            all=figure(promise.later_all, promise.unit),
        )
    if out.rule is not None and out.rule.right_later is not None:
        yield _("The rule was right on {right} of the later pieces.", right=percent(100 * out.rule.right_later))
    if evidence.coverage is not None and evidence.half_width is not None:
        yield _(
            "{coverage} of later values lay within ± {width} of the forecast (9 in 10 were promised).",
            coverage=percent(100 * evidence.coverage),
            width=figure(evidence.half_width, evidence.unit),
        )
    if not out.causes:
        yield _("Nothing is claimed.")
