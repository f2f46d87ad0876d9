"""What is a question? What the learning and proving stages need to know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from tundish.learn.answer import Floats
from tundish.table import Finding
from tundish.trace.pieces import Pieces


@dataclass(frozen=True, slots=True)
class Wish:
    """What the plant said about its target and its settings; empty fields are found from data and vocabulary."""

    bad: str | None = None
    """Value of a categorical target that means: defect."""
    higher_is: Literal["better", "worse"] | None = None
    limits: tuple[float | None, float | None] = (None, None)
    """Specification limits of a numeric target, plant's unit."""
    turnable: Mapping[str, bool] = field(default_factory=dict)
    """``file:column`` or a plant's column name -> may a person turn it?"""
    cost_per_bad: float | None = None
    """Won per defective piece, or per plant unit of a numeric target."""


class Question(Protocol):
    """One kind of question. Implementations live in ``questions/``, one a file; flow hands them in."""

    @property
    def kind(self) -> str:
        """``quality``, ``property``, ``energy``."""
        ...

    @property
    def metric(self) -> str:
        """Name of the reported score: ``error_rate``, ``mae``, ``rmse``. Lower is better in all of them."""
        ...

    @property
    def binary(self) -> bool:
        """True when the outcome is 0/1 and models predict a probability."""
        ...

    @property
    def wish(self) -> Wish:
        """What the plant said about its target and its settings."""
        ...

    @property
    def findings(self) -> tuple[Finding, ...]:
        """How the question was understood, where the data left it open."""
        ...

    def outcome(self, pieces: Pieces) -> Floats:
        """One number a piece: 1 for a defect and 0 for none, or the value in SI; NaN where unknown."""
        ...

    def today(self, earlier: Pieces, later: Pieces) -> Floats:
        """What would be predicted for each later piece without any learning (commonest outcome, median, last value)."""
        ...

    def losses(self, outcome: Floats, predicted: Floats) -> Floats:
        """Loss of each piece, lower is better, such that ``score`` is made of their mean."""
        ...

    def score(self, losses: Floats) -> float:
        """The reported score from the losses of a set of pieces, e.g. root of the mean for ``rmse``."""
        ...

    def badness(self, outcome: Floats) -> Floats | None:
        """What a window should make small, one number a piece (0/1 outside limits, or signed SI value); None when unknown."""
        ...
