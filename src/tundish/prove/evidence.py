"""What do later pieces, which none of the choices saw, say of the answer?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tundish.errors import Message
from tundish.table import Finding

Verdict = Literal["useful", "not_yet", "too_little_data"]


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Period:
    """Scores over one stretch of later pieces."""

    start: datetime | None
    end: datetime | None
    pieces: int
    model: float
    today: float
    linear: float
    target: float
    """Share of bad pieces when badness is 0/1, else mean of the target in SI, all pieces of the period."""
    inside: float | None
    """The same of the pieces inside the window; None without a window or without such pieces."""
    pieces_inside: int
    covered: float | None
    """Share of values inside their 90 % interval; None where there is none."""


@dataclass(frozen=True, slots=True)
class WindowEvidence:
    """What the window gave on later pieces: shares for 0/1 badness, else SI of the target."""

    inside: Interval
    outside: float | None
    """None when all later pieces lie inside."""
    all: float
    pieces_inside: int
    kept: float
    """Benefit on later pieces over the promised benefit; 1 = exactly as promised."""
    share: bool
    """True when the figures are shares of bad pieces."""
    promised: float
    """What was promised of pieces inside."""
    promised_gain: float
    """By how much the promise is better than the earlier pieces were; positive is good."""
    gain: Interval
    """By how much later pieces inside are better than all later pieces; positive is good."""
    pieces_outside: int


@dataclass(frozen=True, slots=True)
class Saving:
    """Won saved when every piece is run inside the window, with the assumptions said."""

    per_year: Interval
    per_1000: Interval
    assumptions: Message


@dataclass(frozen=True)
class Evidence:
    """Scores are the question's metric, lower is better: a share, or SI of the target."""

    split: Message
    earlier: int
    later: int
    metric: str
    today: float
    """What would be said without learning: commonest outcome, median, last value."""
    linear: float
    """A plain linear model on the same inputs."""
    model: float
    week: float | None
    """For a regular time series: the value of the same time a week before, where it is known."""
    rule_right: float | None
    rule_interval: Interval | None
    ranking: float | None
    """For a defect: chance that the model ranks a bad piece above a good one; 0.5 is blind."""
    gain_over_today: Interval
    """Score of today's practice less score of the model; positive is good."""
    gain_over_linear: Interval
    window: WindowEvidence | None
    saving: Saving | None
    periods: tuple[Period, ...]
    coverage: float | None
    """Share of later pieces inside a 90 % conformal interval; None for 0/1 outcomes, or too few pieces."""
    half_width: float | None
    """Half width of that interval, SI."""
    verdict: Verdict
    reason: Message
    findings: tuple[Finding, ...] = ()
