"""How does a run become answer.json? The plant's names and units, texts in the reader's language."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import asdict
from functools import partial

from tundish.documents.answer import (
    PERCENT_POINT,
    AnswerOut,
    BaselineOut,
    CauseOut,
    ClockOut,
    ConfoundedOut,
    EvidenceOut,
    FindingOut,
    LimitOut,
    LinkOut,
    MappingOut,
    RefusedOut,
    RepairOut,
    RuleOut,
    SavingOut,
    WindowPromiseOut,
)
from tundish.documents.dossier import Dossier
from tundish.documents.names import statistics
from tundish.documents.words import rule_text, speaker
from tundish.errors import Message
from tundish.learn.answer import Cause, Confounded, Limit
from tundish.locale import render
from tundish.prove import Interval
from tundish.settings import Language
from tundish.table import Column, Finding, Match, Origin, Refusal, Repair
from tundish.trace.pieces import MOMENT, Clock, Link

Write = Callable[[Message], str]


def written(dossier: Dossier, lang: Language) -> AnswerOut:
    """The dossier in the words of answer.json: the plant's names and units, texts in the reader's language."""
    write: Write = partial(_told, lang=lang, time_zone=dossier.time_zone)
    answer, target = dossier.answer, dossier.target
    return AnswerOut(
        schema_version="1.1",
        plant=dossier.plant,
        language=lang,
        created=dossier.created.isoformat(timespec="seconds"),
        question=dossier.question.kind,
        target=target.header,
        target_source=sources_of(target)[0],
        target_concept=target.concept,
        target_unit=target.unit_read,
        target_reason=write(dossier.target_reason),
        pieces=dossier.split.earlier.table.frame.height + dossier.split.later.table.frame.height,
        causes=[_cause(cause, rank, dossier, write) for rank, cause in enumerate(answer.causes, 1)],
        suspects=[_cause(cause, rank, dossier, write) for rank, cause in enumerate(answer.suspects, 1)],
        confounded=[_confounded(pair, write) for pair in answer.confounded],
        refused=list(dict.fromkeys(_refused(refusal, write) for refusal in answer.refused)),
        window=[limit_out(limit) for limit in window_limits(dossier)],
        window_promise=_promise(dossier),
        rule=_rule(dossier, lang),
        bad=bad_values(dossier),
        evidence=_evidence(dossier, write),
        findings=[finding_out(finding, write) for finding in dossier.findings],
        repairs=[_repair(repair, write) for repair in dossier.repairs],
        mapping=[_mapping(match, write) for match in dossier.matches],
        clocks=[_clock(clock, write) for clock in dossier.pieces.clocks],
        links=[_link(link) for link in dossier.pieces.links],
        files=dict(dossier.files),
        skipped=list(dossier.skipped),
    )


def _told(message: Message, lang: Language, time_zone: str) -> str:
    """A message in the reader's words; the name of a statistic among its values is said in them too."""
    statistic = message.values.get("statistic")
    if isinstance(statistic, str):
        said = statistics(speaker(lang)).get(statistic, statistic)
        message = Message(message.text, **{**message.values, "statistic": said})
    return render(message, lang, time_zone=time_zone)


def card_json(dossier: Dossier) -> str:
    """The card as JSON; a figure that could not be told is null."""
    return json.dumps(_tellable(asdict(dossier.card)), ensure_ascii=False, indent=2, default=str, allow_nan=False)


def _tellable(value: object) -> object:
    match value:
        case dict():
            return {key: _tellable(part) for key, part in value.items()}
        case list() | tuple():
            return [_tellable(part) for part in value]
        case float():
            return known(value)
        case _:
            return value


def sources_of(column: Column) -> list[str]:
    """Where a column stands: ``file[/sheet]:column``, one entry an export."""
    return list(dict.fromkeys(_place(o) for o in column.origins if o.column is not None))


def _place(origin: Origin) -> str:
    return f"{origin.file}{f'/{origin.sheet}' if origin.sheet else ''}:{origin.column}"


def limit_out(limit: Limit) -> LimitOut:
    """One line of the window or of a rule, in the plant's name and unit."""
    column = limit.column
    low: float | str | None
    high: float | str | None
    if limit.levels:
        low = high = limit.levels[0] if len(limit.levels) == 1 else None
    else:
        low, high = (None if side is None else tidy(column.to_plant(side), 8) for side in (limit.low, limit.high))
    return LimitOut(
        concept=column.concept,
        column=column.header,
        columns=list(column.headers),
        sources=sources_of(column),
        feature=feature_of(column),
        low=low,
        high=high,
        levels=list(limit.levels),
        unit=column.unit_read,
    )


def window_limits(dossier: Dossier) -> list[Limit]:
    """Lines of the window in the order of the causes they belong to."""
    window, causes = dossier.answer.window, dossier.answer.causes
    ranks = {column.source: rank for rank, cause in enumerate(causes) for column in (*cause.also, cause.column)}
    limits = () if window is None else window.limits
    return sorted(limits, key=lambda limit: ranks.get(limit.column.source, len(causes)))


def feature_of(column: Column) -> str:
    """What was made of a column and over which part of the stay, as a stable code."""
    return column.statistic if column.window is None else f"{column.statistic} ({column.window})"


def tidy(value: float, digits: int = 4) -> float:
    """A number without the dust of floating point: this many digits that count.

    >>> tidy(934.0000000001, 8), tidy(0.123456)
    (934.0, 0.1235)
    """
    return float(f"{value:.{digits}g}")


def effect_of(cause: Cause, dossier: Dossier) -> tuple[float, str | None]:
    """A cause's effect as the reader reads it: percentage points of a share, or the plant's unit of the target."""
    share = dossier.question.binary
    size = tidy(100 * cause.effect) if share else tidy(dossier.target.to_plant_span(cause.effect))
    signed = -abs(size) if cause.direction == "decreases" else abs(size)
    return signed + 0.0, PERCENT_POINT if share else dossier.target.unit_read


def known(value: float | None) -> float | None:
    """A figure, or None where it could not be told (NaN, infinity)."""
    return None if value is None or not math.isfinite(value) else value


def usual_span(column: Column, dossier: Dossier) -> tuple[float, float] | None:
    """10th and 90th percentile of a numeric feature over all pieces, in the plant's unit."""
    values = dossier.pieces.table.frame[column.name]
    if column.kind != "number" or not values.dtype.is_numeric() or values.is_null().all():
        return None
    low, high = (values.quantile(q, interpolation="linear") for q in (0.1, 0.9))
    return (tidy(column.to_plant(low), 5), tidy(column.to_plant(high), 5)) if low is not None and high is not None else None


def _cause(cause: Cause, rank: int, dossier: Dossier, write: Write) -> CauseOut:
    effect, unit = effect_of(cause, dossier)
    columns = (cause.column, *cause.also)
    return CauseOut(
        concept=cause.column.concept,
        columns=list(dict.fromkeys(name for column in columns for name in column.headers)),
        sources=list(dict.fromkeys(source for column in columns for source in sources_of(column))),
        rank=rank,
        direction=cause.direction,
        effect=effect,
        unit=unit,
        confidence=round(cause.confidence, 3),
        reason=write(cause.reason),
        feature=feature_of(cause.column),
        usual=usual_span(cause.column, dossier),
    )


def _confounded(pair: Confounded, write: Write) -> ConfoundedOut:
    names = dict.fromkeys(name for column in pair.columns for name in column.headers)
    return ConfoundedOut(columns=list(names), reason=write(pair.reason))


def _refused(refusal: Refusal, write: Write) -> RefusedOut:
    column = refusal.column
    return RefusedOut(
        column=column.header,
        source=", ".join(sources_of(column)),
        reason=write(refusal.reason),
    )


def finding_out(finding: Finding, write: Write) -> FindingOut:
    """A finding as answer.json and quality.json say it."""
    return FindingOut(
        code=finding.code,
        severity=finding.severity,
        text=write(finding.message),
        file=finding.origin.file,
        sheet=finding.origin.sheet,
        column=finding.origin.column,
        rows=list(finding.rows),
        count=finding.count,
        found=list(finding.found),
        expected=list(finding.expected),
        hint=None if finding.hint is None else write(finding.hint),
    )


def _repair(repair: Repair, write: Write) -> RepairOut:
    return RepairOut(
        code=repair.code,
        text=write(repair.message),
        file=repair.origin.file,
        sheet=repair.origin.sheet,
        column=repair.origin.column,
        rows=list(repair.rows),
        count=repair.count,
        before=repair.before,
        after=repair.after,
    )


def _mapping(match: Match, write: Write) -> MappingOut:
    return MappingOut(
        file=match.origin.file,
        sheet=match.origin.sheet,
        column=match.origin.column or "",
        concept=match.concept,
        score=round(match.score, 3),
        unit_read=match.unit_read,
        unit=match.unit,
        alternatives={name: round(score, 3) for name, score in match.alternatives},
        confirmed=match.confirmed,
        reason=write(match.reason),
    )


def _clock(clock: Clock, write: Write) -> ClockOut:
    return ClockOut(
        file=clock.file,
        offset_s=tidy(clock.offset_s, 6),
        low_s=tidy(clock.low_s, 6),
        high_s=tidy(clock.high_s, 6),
        reason=write(clock.reason),
    )


def _link(link: Link) -> LinkOut:
    return LinkOut(
        table=link.table,
        by=link.by,
        columns=link.columns,
        rows=link.rows,
        rows_linked=link.rows_linked,
        pieces_linked=link.pieces_linked,
        respelled=link.respelled,
    )


def bad_values(dossier: Dossier) -> list[str]:
    """Values of a categorical target that count as defects."""
    return sorted(getattr(dossier.question, "bad", ()))


def is_share(dossier: Dossier) -> bool:
    """True when the window speaks of shares of bad pieces: a class, or a number with specification limits."""
    proved = dossier.evidence.window
    return dossier.question.binary if proved is None else proved.share


def window_value(value: float, dossier: Dossier) -> float:
    """A figure of the window as the reader reads it: % of bad pieces, or the target in the plant's unit."""
    return tidy(100 * value) if is_share(dossier) else tidy(dossier.target.to_plant(value), 6)


def _promise(dossier: Dossier) -> WindowPromiseOut | None:
    window, proved = dossier.answer.window, dossier.evidence.window
    if window is None:
        return None
    return WindowPromiseOut(
        today=window_value(window.today, dossier),
        promised=window_value(window.promised, dossier),
        later_all=None if proved is None else window_value(proved.all, dossier),
        later_inside=None if proved is None else window_value(proved.inside.value, dossier),
        kept=None if proved is None or known(proved.kept) is None else tidy(proved.kept, 3),
        share_inside=round(window.inside, 3),
        unit="%" if is_share(dossier) else dossier.target.unit_read,
    )


def _rule(dossier: Dossier, lang: Language) -> RuleOut | None:
    rule = dossier.answer.rule
    if rule is None:
        return None
    _ = speaker(lang)
    bad, right = ", ".join(bad_values(dossier)) or _("a value outside the limits"), dossier.evidence.rule_right
    conditions = [[limit_out(limit) for limit in limits] for limits in rule.conditions]
    return RuleOut(
        text=rule_text(conditions, bad, _),
        conditions=conditions,
        right_earlier=round(rule.right, 4),
        right_later=None if right is None else round(right, 4),
    )


def score_of(value: float, dossier: Dossier) -> float:
    """A score as the reader reads it: an error rate in %, or a difference in the plant's unit."""
    return tidy(100 * value) if dossier.question.metric == "error_rate" else tidy(dossier.target.to_plant_span(value))


def _span(interval: Interval, dossier: Dossier) -> tuple[float, float]:
    low, high = score_of(interval.low, dossier), score_of(interval.high, dossier)
    return (low, high) if low <= high else (high, low)


def _local_days(dossier: Dossier) -> Message:
    """How the pieces were split, with the days of the plant's own clock."""
    message = dossier.evidence.split
    values: dict[str, str] = {}
    for name, part in (("earlier", dossier.split.earlier), ("later", dossier.split.later)):
        moments = part.table.frame[MOMENT].drop_nulls()
        if f"{name}_from" in message.values and not moments.is_empty():
            days = moments.dt.convert_time_zone(dossier.time_zone).dt.strftime("%Y-%m-%d").sort()
            values |= {f"{name}_from": str(days[0]), f"{name}_to": str(days[-1])}
    return Message(message.text, **{**message.values, **values})


def _evidence(dossier: Dossier, write: Write) -> EvidenceOut:
    proved = dossier.evidence
    return EvidenceOut(
        split=write(_local_days(dossier)),
        earlier=proved.earlier,
        later=proved.later,
        metric=dossier.question.metric,
        unit="%" if dossier.question.metric == "error_rate" else dossier.target.unit_read,
        baseline=BaselineOut(
            today=score_of(proved.today, dossier),
            linear=score_of(proved.linear, dossier),
            week=None if proved.week is None else score_of(proved.week, dossier),
        ),
        result=score_of(proved.model, dossier),
        interval=_span(proved.gain_over_today, dossier),
        coverage=None if proved.coverage is None else round(proved.coverage, 4),
        half_width=None if proved.half_width is None else score_of(proved.half_width, dossier),
        saving=_saving(dossier, write),
        verdict=proved.verdict,
        reason=write(proved.reason),
    )


def _saving(dossier: Dossier, write: Write) -> SavingOut | None:
    saving = dossier.evidence.saving
    if saving is None:
        return None
    year = saving.per_year
    return SavingOut(
        per_year=None if year is None else round(year.value),
        interval=None if year is None else (round(year.low), round(year.high)),
        per_1000=round(saving.per_1000.value),
        assumptions=write(saving.assumptions),
    )
