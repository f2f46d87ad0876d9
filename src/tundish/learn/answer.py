"""What is an answer? Causes, suspects, what cannot be told apart, what was refused, a window, a rule and a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.errors import Message
from tundish.table import Column, Finding, Refusal

Direction = Literal["increases", "decreases", "both_sides", "by_level"]
"""What the target does when the setting grows; ``both_sides``: too low and too high are both bad; ``by_level``: a category."""
Floats = npt.NDArray[np.float64]


class Model(Protocol):
    """Predicts the target from a frame of features: probability of a defect, or the value in SI."""

    def predict(self, frame: pl.DataFrame) -> Floats:
        """One number a row; NaN never."""
        ...


@dataclass(frozen=True)
class Curve:
    """Target against one setting, other inputs held: what the report draws. All values SI."""

    setting: tuple[float, ...] | tuple[str, ...]
    target: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    count: tuple[int, ...]


@dataclass(frozen=True)
class Cause:
    """One column of the plant that moves the target. ``effect`` is in SI of the target (probability for a defect)."""

    column: Column
    """The feature that shows it best; its origins lead to the plant's columns."""
    also: tuple[Column, ...]
    """Other columns of the same quantity (set-point and actual, two exports) that carry the same cause."""
    direction: Direction
    effect: float
    """Change of the target over the setting's usual span, 10th to 90th percentile."""
    confidence: float
    """One minus the estimated chance that the claim is false, 0 to 1."""
    share: float
    """Part of what the model explains that goes with this column, 0 to 1."""
    reason: Message
    curve: Curve | None


@dataclass(frozen=True)
class Confounded:
    """Columns that the data cannot tell apart."""

    columns: tuple[Column, ...]
    reason: Message


@dataclass(frozen=True)
class Limit:
    """One line of the window: keep this setting between low and high (SI), or at one of these levels."""

    column: Column
    low: float | None
    high: float | None
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Window:
    """Safe range of settings, and what it promised on the pieces it was found on (never seen by the evidence)."""

    limits: tuple[Limit, ...]
    promised: float
    """Target inside (defect share, or mean), cautious estimate, SI."""
    today: float
    """Target over all pieces, SI."""
    inside: float
    """Share of earlier pieces inside, 0 to 1."""


@dataclass(frozen=True)
class Rule:
    """A rule that a foreman can remember: the target is bad (or high) when any of these conditions holds."""

    conditions: tuple[tuple[Limit, ...], ...]
    """Any of (outer) all of (inner): limits that lead to the bad outcome."""
    right: float
    """Share of earlier pieces it judged right, 0 to 1."""


@dataclass(frozen=True)
class Answer:
    """Everything learned from the earlier pieces."""

    causes: tuple[Cause, ...]
    suspects: tuple[Cause, ...]
    confounded: tuple[Confounded, ...]
    refused: tuple[Refusal, ...]
    window: Window | None
    rule: Rule | None
    model: Model
    linear: Model
    inputs: tuple[str, ...]
    """Names of the columns the models read."""
    findings: tuple[Finding, ...]
