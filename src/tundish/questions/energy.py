"""What will the next interval use, and what drives it? A numeric target in a regular time series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tundish.learn.answer import Floats
from tundish.learn.question import Wish
from tundish.questions.property import better_side, changing_target, numbers
from tundish.table import Finding
from tundish.trace.pieces import Pieces
from tundish.vocabulary import Catalogue


@dataclass(frozen=True)
class Energy:
    """A value of the next interval; the score is the root mean square error, because peaks cost most."""

    wish: Wish
    better: Literal["higher", "lower"] = "lower"
    findings: tuple[Finding, ...] = ()
    kind: str = "energy"
    metric: str = "rmse"
    binary: bool = False

    @staticmethod
    def fits(pieces: Pieces, wish: Wish) -> bool:
        """True for numbers in rows of a regular time series."""
        return pieces.kind == "interval" and pieces.table.column(pieces.target).kind == "number"

    @classmethod
    def of(cls, pieces: Pieces, wish: Wish, catalogue: Catalogue) -> Energy:
        """Less is better unless the plant or the vocabulary says otherwise; OneOutcome when the value never changes."""
        return cls(wish, better_side(changing_target(pieces), wish, catalogue) or "lower")

    def outcome(self, pieces: Pieces) -> Floats:
        """The value in SI, NaN where not known; one number an interval."""
        return numbers(pieces)

    def today(self, earlier: Pieces, later: Pieces) -> Floats:
        """Persistence: the last value known before each later interval."""
        before, after = numbers(earlier), numbers(later)
        known = before[np.isfinite(before)]
        shifted = np.concatenate((known[-1:] if known.size else [0.0], after[:-1]))
        last = np.maximum.accumulate(np.where(np.isfinite(shifted), np.arange(shifted.size), 0))
        return np.asarray(shifted[last], dtype=float)

    def losses(self, outcome: Floats, predicted: Floats) -> Floats:
        """Squared errors, SI squared."""
        return np.square(outcome - predicted)

    def score(self, losses: Floats) -> float:
        """Root mean square error, SI."""
        return float(np.sqrt(np.mean(losses)))

    def badness(self, outcome: Floats) -> Floats | None:
        """The consumption itself; with the sign turned when more is better."""
        return -outcome if self.better == "higher" else outcome
