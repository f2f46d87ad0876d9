"""What do later pieces, which none of the choices saw, say of the answer?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tundish.errors import Message

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


@dataclass(frozen=True, slots=True)
class WindowEvidence:
    """What the window gave on later pieces: shares for 0/1 badness, else SI of the target."""

    inside: Interval
    outside: float | None
    all: float
    pieces_inside: int
    kept: float
    """Benefit on later pieces over the promised benefit; 1 = exactly as promised."""
    share: bool
    """True when the figures are shares of bad pieces."""


@dataclass(frozen=True, slots=True)
class Saving:
    """Won per year, with the assumptions said."""

    per_year: Interval
    per_1000: Interval
    assumptions: Message


@dataclass(frozen=True)
class Evidence:
    """Scores are the question's metric, lower is better: a share, or SI of the target."""

    split: Message
    earlier: int
    later: int
    today: float
    linear: float
    model: float
    rule_right: float | None
    gain_over_today: Interval
    gain_over_linear: Interval
    window: WindowEvidence | None
    saving: Saving | None
    periods: tuple[Period, ...]
    coverage: float | None
    """Share of later pieces inside a 90 % conformal interval; None for 0/1 outcomes."""
    half_width: float | None
    """Half width of that interval, SI."""
    verdict: Verdict
    reason: Message
