"""What is evidence? What later pieces, that none of the choices saw, say of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tundish.errors import Message
from tundish.table import Finding

Verdict = Literal["useful", "not_yet", "too_little_data"]


@dataclass(frozen=True, slots=True)
class Interval:
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Span:
    """How many pieces with a known target, and from when to when (UTC); None when no time is known."""

    pieces: int
    begin: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Scores:
    """The question's metric on the later pieces, lower is better; SI for a value, share for classes."""

    today: float
    """What would be said without learning: commonest outcome, median, last value."""
    linear: float
    """A plain linear model on the same inputs."""
    model: float
    week: float | None = None
    """For a regular time series: the value of the same time a week before."""


@dataclass(frozen=True, slots=True)
class WindowEvidence:
    """The window on later pieces. Shares of bad pieces when badness is 0/1, else means of the target in SI."""

    all: Interval
    inside: Interval
    outside: Interval | None
    """None when all later pieces lie inside."""
    pieces_inside: int
    pieces_outside: int
    promised: float
    """What was promised for pieces inside."""
    promised_gain: float
    """By how much the promise is better than the earlier pieces; positive is good."""
    gain: Interval
    """By how much later pieces inside are better than all later pieces; positive is good."""

    @property
    def kept(self) -> float:
        """Part of the promised gain that later pieces show: 1 is all of it, 0 nothing."""
        return self.gain.value / self.promised_gain


@dataclass(frozen=True, slots=True)
class Saving:
    """What the window is worth, in won, if every piece is run inside it."""

    later: Interval
    """For as many pieces as the later ones."""
    per_1000: Interval
    per_year: Interval | None
    """None when the later pieces span less than a day or have no time."""
    assumptions: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Period:
    """One part of the later pieces, in order of time: a point of the chart of evidence over time."""

    begin: datetime | None
    end: datetime | None
    pieces: int
    today: float
    linear: float
    model: float
    """Scores in the question's metric."""
    target: float
    """Share of bad pieces when badness is 0/1, else mean of the target in SI, all pieces of the period."""
    inside: float | None
    """The same of pieces inside the window; None without window or without such pieces."""
    pieces_inside: int
    covered: float | None
    """Share of values inside their 90 % interval; None where there is none."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Split-conformal interval around the model: prediction plus or minus half_width."""

    wanted: float
    reached: float
    half_width: float
    """SI of the target."""
    calibrated_on: int
    """First pieces of the later ones; coverage is counted on the others."""
    counted_on: int


@dataclass(frozen=True)
class Evidence:
    """Everything the later pieces say of an answer."""

    metric: str
    """``error_rate``, ``mae`` or ``rmse``."""
    earlier: Span
    later: Span
    scores: Scores
    gain_on_today: Interval
    """Score of today's practice less score of the model; positive is good."""
    gain_on_linear: Interval
    rule_right: Interval | None
    """Share of later pieces that the rule judged right."""
    ranking: float | None
    """For a defect: chance that the model ranks a bad piece above a good one (0.5 is blind); None with one outcome."""
    window: WindowEvidence | None
    saving: Saving | None
    coverage: Coverage | None
    periods: tuple[Period, ...]
    verdict: Verdict
    reason: Message
    findings: tuple[Finding, ...] = ()

    @property
    def gain(self) -> Interval:
        """The gain over the better of the two baselines."""
        return min(self.gain_on_today, self.gain_on_linear, key=lambda gain: gain.value)
