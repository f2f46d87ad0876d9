"""What stands in answer.json? The documented, versioned form of one run."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

VERSION = "1.1"
"""Of the form, not of the program: the first number grows when a reader of the old form would break, else the second."""
PERCENT_POINT = "%p"
"""Unit of a change of a share, such as a defect rate: percentage points."""

Number = Annotated[float, Field(allow_inf_nan=False)]


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
    effect: Number = Field(
        description="Change of the target over the setting's usual span, 10th to 90th percentile: below zero when the target "
        "falls as the setting grows, above zero when it rises; for both_sides and by_level the size, never below zero."
    )
    unit: str | None = Field(description="Unit of effect: the plant's unit of the target, or %p for a share.")
    confidence: float = Field(ge=0, le=1, description="One minus the estimated chance that the claim is false.")
    reason: str
    feature: str = Field(description="What was made of the column: value, mean, min ... and over which part of the stay.")
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
    column: str = Field(description="The plant's name of the setting, in the first export that has it.")
    columns: list[str] = Field(description="All names of the setting in the plant's files: two exports, two names.")
    sources: list[str] = Field(description="Where they stand: file[/sheet]:column.")
    feature: str = Field(description="What is kept there: the value, or its mean over the stay ...")
    low: Number | str | None = Field(description="Plant's unit, the limit itself included; a level when one level is allowed.")
    high: Number | str | None
    levels: list[str] = Field(description="Allowed levels of a setting that is a category; else empty.")
    unit: str | None = Field(description="The plant's unit; null when the plant gave none.")


class WindowPromiseOut(_Part):
    """What the window promised on earlier pieces and what later pieces inside it gave."""

    today: Number = Field(description="Target over all earlier pieces: share of bad ones in %, or mean in the target's unit.")
    promised: Number = Field(description="Cautious estimate inside the window, made on earlier pieces.")
    later_all: Number | None = Field(description="The same over all later pieces.")
    later_inside: Number | None = Field(description="The same over later pieces inside the window.")
    kept: Number | None = Field(description="Benefit on later pieces divided by the promised one.")
    share_inside: float = Field(ge=0, le=1, description="Share of earlier pieces inside the window.")
    unit: str | None


class RuleOut(_Part):
    """A rule that a foreman can remember."""

    text: str
    conditions: list[list[LimitOut]] = Field(
        description="Bad when any of the outer holds; each is a list that must hold whole: strictly above low, strictly below "
        "high, or at one of the levels."
    )
    right_earlier: float = Field(description="Share of the earlier pieces it judged right, 0 to 1.")
    right_later: float | None = Field(description="Share of the later pieces it judged right; null when that is not known.")


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
    half_width: Number | None = Field(description="Half width of that interval, in the target's unit.")
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
    rows: list[int] = Field(description="First rows concerned, as they stand in the file.")
    count: int
    found: list[str] = Field(description="What stands in those rows, row by row, as in the file.")
    expected: list[str] = Field(description="What would be plausible there: row by row, or one for all rows; empty: not told.")
    hint: str | None = Field(description="What to do.")


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

    schema_version: Literal["1.1"] = Field(
        description="Of this form. A second number that grew added fields; a first one broke readers."
    )
    plant: str = Field(description="Name of the plant's folder.")
    language: Literal["ko", "en"] = Field(description="Of the texts: reason, text, split, assumptions.")
    created: str = Field(description="When the run began: ISO 8601, UTC.")
    question: str = Field(description="quality, property or energy.")
    target: str = Field(description="The plant's own name of the column that was asked about.")
    target_source: str = Field(description="Where it stands: file[/sheet]:column.")
    target_concept: str | None = Field(description="Concept of the vocabulary; null when its meaning is not known.")
    target_unit: str | None = Field(description="The plant's unit of the target; null for a class or when the plant gave none.")
    target_reason: str = Field(description="Why this column: named by the user, or how it was proposed.")
    pieces: int = Field(description="Pieces (or intervals) with a known target, earlier and later together.")
    causes: list[CauseOut] = Field(description="Claimed ones only, strongest first; empty is a result: no cause found.")
    suspects: list[CauseOut] = Field(description="The same shape, not claimed; reason says why not.")
    confounded: list[ConfoundedOut]
    refused: list[RefusedOut]
    window: list[LimitOut] = Field(description="The safe window, in the order of the causes; all lines hold together.")
    window_promise: WindowPromiseOut | None = Field(description="Null without a window.")
    rule: RuleOut | None = Field(description="Null when no short rule helps.")
    bad: list[str] = Field(description="Values of the target that count as defects; empty for a number.")
    evidence: EvidenceOut
    findings: list[FindingOut]
    repairs: list[RepairOut]
    mapping: list[MappingOut]
    clocks: list[ClockOut]
    links: list[LinkOut]
    files: dict[str, str] = Field(description="SHA-256 of each file that was read.")
    skipped: list[str] = Field(description="Files that were not read.")
