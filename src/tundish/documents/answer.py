"""What does answer.json say, and in which words? The documented, versioned form of one run."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tundish.documents.dossier import Dossier
from tundish.errors import Message
from tundish.learn.answer import Cause, Confounded, Limit
from tundish.locale import render
from tundish.prove import Interval
from tundish.settings import Language
from tundish.table import Column, Finding, Match, Origin, Refusal, Repair
from tundish.trace.pieces import Clock, Link

PERCENT_POINT = "%p"
"""Unit of a change of a share, such as a defect rate: percentage points."""

Number = Annotated[float, Field(allow_inf_nan=False)]
Write = Callable[[Message], str]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CauseOut(_Part):
    """One thing that moves the target, or is suspected to."""

    concept: str | None = Field(description="Concept of the vocabulary; null when the column's meaning is not known.")
    columns: list[str] = Field(description="Names in the plant's own files, the one that shows it best first.")
    sources: list[str] = Field(description="Where they stand: file[/sheet]:column, in the order of columns.")
    rank: int = Field(ge=1)
    direction: Literal["increases", "decreases", "both_sides", "by_level"] = Field(
        description="What the target does as the setting grows; both_sides: too low and too high are both bad."
    )
    effect: Number = Field(description="Change of the target over the setting's 10th to 90th percentile.")
    unit: str | None = Field(description="Unit of effect: the plant's unit of the target, or %p for a share.")
    confidence: float = Field(ge=0, le=1, description="One minus the estimated chance that the claim is false.")
    reason: str
    feature: str = Field(description="What was made of the column: value, mean, min ... over which window.")
    usual: tuple[Number, Number] | None = Field(description="10th and 90th percentile of the setting, plant's unit.")


class ConfoundedOut(_Part):
    """Columns that these data cannot tell apart."""

    columns: list[str]
    reason: str


class RefusedOut(_Part):
    """A column that may not be an input."""

    column: str
    source: str
    reason: str


class LimitOut(_Part):
    """One line of the window: keep the setting between low and high; null = no limit on this side."""

    concept: str | None
    column: str
    low: Number | str | None
    high: Number | str | None
    levels: list[str] = Field(description="Allowed levels of a setting that is a category; else empty.")
    unit: str | None


class WindowPromiseOut(_Part):
    """What the window promised on earlier pieces and what later pieces inside it gave."""

    today: Number = Field(description="Target over all earlier pieces: share of bad ones in %, or mean in the target's unit.")
    promised: Number = Field(description="Cautious estimate inside the window, made on earlier pieces.")
    later_all: Number | None = Field(description="The same over all later pieces.")
    later_inside: Number | None = Field(description="The same over later pieces inside the window.")
    kept: Number | None = Field(description="Benefit on later pieces divided by the promised one.")
    share_inside: float = Field(description="Share of earlier pieces inside the window.")
    unit: str | None


class RuleOut(_Part):
    """A rule that a foreman can remember."""

    text: str
    right_earlier: float
    right_later: float | None


class BaselineOut(_Part):
    """Scores that the model has to beat."""

    today: Number = Field(description="Today's practice: commonest outcome, earlier median, or last value.")
    linear: Number = Field(description="A plain linear model on the same inputs.")
    week: Number | None = Field(description="For a regular time series: the value of the same time a week before.")


class SavingOut(_Part):
    """What keeping the window would save, in won."""

    per_year: Number | None = Field(description="Null when the later pieces span less than a day or have no time.")
    interval: tuple[Number, Number] | None = Field(description="95 % interval of the saving per year.")
    per_1000: Number = Field(description="Won per 1,000 pieces.")
    assumptions: str


class EvidenceOut(_Part):
    """What later pieces, that none of the choices saw, say of the answer."""

    split: str
    earlier: int
    later: int
    metric: str = Field(description="error_rate (in %), mae or rmse (in the target's unit); lower is better.")
    unit: str | None
    baseline: BaselineOut
    result: Number = Field(description="Score of the model on the later pieces.")
    interval: tuple[Number, Number] = Field(description="95 % interval of the gain over today's practice, same unit.")
    coverage: float | None = Field(description="Share of later pieces inside the 90 % interval of the model; null for classes.")
    saving: SavingOut | None = Field(description="Null when no cost was given.")
    verdict: Literal["useful", "not_yet", "too_little_data"]
    reason: str


class FindingOut(_Part):
    """Something a person should read."""

    code: str
    severity: Literal["info", "warning", "error"]
    text: str
    file: str
    sheet: str | None
    column: str | None
    rows: list[int]
    count: int


class RepairOut(_Part):
    """A change made to what stood in a file so that it could be read."""

    code: str
    text: str
    file: str
    sheet: str | None
    column: str | None
    rows: list[int]
    count: int
    before: str | None
    after: str | None


class MappingOut(_Part):
    """How one column was given its meaning."""

    file: str
    sheet: str | None
    column: str
    concept: str | None
    score: float
    unit_read: str | None
    unit: str | None
    alternatives: dict[str, float]
    confirmed: bool
    reason: str


class ClockOut(_Part):
    """Seconds added to a file's times so that they agree with the pieces."""

    file: str
    offset_s: Number
    low_s: Number
    high_s: Number
    reason: str


class LinkOut(_Part):
    """How a table was joined to the pieces."""

    table: str
    by: str
    columns: tuple[str, str]
    rows: int
    rows_linked: int
    pieces_linked: int
    respelled: int


class AnswerOut(_Part):
    """The whole of answer.json."""

    schema_version: Literal["1.0"]
    plant: str
    language: Literal["ko", "en"]
    created: str
    question: str = Field(description="quality, property or energy.")
    target: str = Field(description="The plant's own name of the column that was asked about.")
    target_source: str
    target_concept: str | None
    target_unit: str | None
    target_reason: str
    pieces: int = Field(description="Pieces (or intervals) with a known target, earlier and later together.")
    causes: list[CauseOut]
    suspects: list[CauseOut]
    confounded: list[ConfoundedOut]
    refused: list[RefusedOut]
    window: list[LimitOut]
    window_promise: WindowPromiseOut | None
    rule: RuleOut | None
    bad: list[str] = Field(description="Values of the target that count as defects; empty for a number.")
    evidence: EvidenceOut
    findings: list[FindingOut]
    repairs: list[RepairOut]
    mapping: list[MappingOut]
    clocks: list[ClockOut]
    links: list[LinkOut]
    files: dict[str, str] = Field(description="SHA-256 of each file that was read.")
    skipped: list[str]


def written(dossier: Dossier, lang: Language) -> AnswerOut:
    """The dossier in the words of answer.json: the plant's names and units, texts in the reader's language."""
    write: Write = partial(render, lang=lang)
    answer, target = dossier.answer, dossier.target
    return AnswerOut(
        schema_version="1.0",
        plant=dossier.plant,
        language=lang,
        created=dossier.created.isoformat(timespec="seconds"),
        question=dossier.question.kind,
        target=target.headers[0],
        target_source=sources_of(target)[0],
        target_concept=target.concept,
        target_unit=target.unit_read,
        target_reason=write(dossier.target_reason),
        pieces=dossier.split.earlier.table.frame.height + dossier.split.later.table.frame.height,
        causes=[_cause(cause, rank, dossier, write) for rank, cause in enumerate(answer.causes, 1)],
        suspects=[_cause(cause, rank, dossier, write) for rank, cause in enumerate(answer.suspects, 1)],
        confounded=[_confounded(pair, write) for pair in answer.confounded],
        refused=[_refused(refusal, write) for refusal in answer.refused],
        window=[] if answer.window is None else [limit_out(limit) for limit in answer.window.limits],
        window_promise=_promise(dossier),
        rule=_rule(dossier, lang),
        bad=bad_values(dossier),
        evidence=_evidence(dossier, write),
        findings=[_finding(finding, write) for finding in dossier.findings],
        repairs=[_repair(repair, write) for repair in dossier.repairs],
        mapping=[_mapping(match, write) for match in dossier.matches],
        clocks=[_clock(clock, write) for clock in dossier.pieces.clocks],
        links=[_link(link) for link in dossier.pieces.links],
        files=dict(dossier.files),
        skipped=list(dossier.skipped),
    )


def sources_of(column: Column) -> list[str]:
    """Where a column stands: ``file[/sheet]:column``, one entry an export."""
    return list(dict.fromkeys(_place(o) for o in column.origins if o.column is not None))


def _place(origin: Origin) -> str:
    return f"{origin.file}{f'/{origin.sheet}' if origin.sheet else ''}:{origin.column}"


def limit_out(limit: Limit) -> LimitOut:
    """One line of the window or of a rule, in the plant's name and unit."""
    column = limit.column
    if limit.levels:
        one = limit.levels[0] if len(limit.levels) == 1 else None
        low: float | str | None = one
        high: float | str | None = one
    else:
        low = None if limit.low is None else tidy(column.to_plant(limit.low), 8)
        high = None if limit.high is None else tidy(column.to_plant(limit.high), 8)
    return LimitOut(
        concept=column.concept,
        column=column.headers[0],
        low=low,
        high=high,
        levels=list(limit.levels),
        unit=column.unit_read,
    )


def tidy(value: float, digits: int = 4) -> float:
    """A number without the dust of floating point: this many digits that count.

    >>> tidy(934.0000000001, 8), tidy(0.123456)
    (934.0, 0.1235)
    """
    return float(f"{value:.{digits}g}")


def effect_of(cause: Cause, dossier: Dossier) -> tuple[float, str | None]:
    """A cause's effect as the reader reads it: percentage points of a share, or the plant's unit of the target."""
    if dossier.question.binary:
        return tidy(100 * cause.effect), PERCENT_POINT
    return tidy(dossier.target.to_plant_span(cause.effect)), dossier.target.unit_read


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
        feature=cause.column.statistic if cause.column.window is None else f"{cause.column.statistic} ({cause.column.window})",
        usual=usual_span(cause.column, dossier),
    )


def _confounded(pair: Confounded, write: Write) -> ConfoundedOut:
    names = dict.fromkeys(name for column in pair.columns for name in column.headers)
    return ConfoundedOut(columns=list(names), reason=write(pair.reason))


def _refused(refusal: Refusal, write: Write) -> RefusedOut:
    column = refusal.column
    return RefusedOut(
        column=column.headers[0] if column.headers else column.name,
        source=", ".join(sources_of(column)),
        reason=write(refusal.reason),
    )


def _finding(finding: Finding, write: Write) -> FindingOut:
    return FindingOut(
        code=finding.code,
        severity=finding.severity,
        text=write(finding.message),
        file=finding.origin.file,
        sheet=finding.origin.sheet,
        column=finding.origin.column,
        rows=list(finding.rows),
        count=finding.count,
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
        kept=None if proved is None else tidy(proved.kept, 3),
        share_inside=round(window.inside, 3),
        unit="%" if is_share(dossier) else dossier.target.unit_read,
    )


def _rule(dossier: Dossier, lang: Language) -> RuleOut | None:
    rule = dossier.answer.rule
    if rule is None:
        return None
    from tundish.documents.words import rule_text, speaker

    _ = speaker(lang)
    bad, right = ", ".join(bad_values(dossier)) or _("outside the limits"), dossier.evidence.rule_right
    return RuleOut(
        text=rule_text(rule, bad, _),
        right_earlier=round(rule.right, 4),
        right_later=None if right is None else round(right, 4),
    )


def score_of(value: float, dossier: Dossier) -> float:
    """A score as the reader reads it: an error rate in %, or a difference in the plant's unit."""
    return tidy(100 * value) if dossier.question.metric == "error_rate" else tidy(dossier.target.to_plant_span(value))


def _span(interval: Interval, dossier: Dossier) -> tuple[float, float]:
    low, high = score_of(interval.low, dossier), score_of(interval.high, dossier)
    return (low, high) if low <= high else (high, low)


def _evidence(dossier: Dossier, write: Write) -> EvidenceOut:
    proved = dossier.evidence
    return EvidenceOut(
        split=write(proved.split),
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
