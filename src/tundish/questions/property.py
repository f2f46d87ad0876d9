"""What moves a measured value of a piece? A numeric target: strength, end temperature, thickness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tundish.errors import OneOutcome
from tundish.learn.answer import Floats
from tundish.learn.question import Wish
from tundish.questions.limits import limits_beside
from tundish.table import Column, Finding
from tundish.trace.pieces import Pieces
from tundish.vocabulary import Catalogue


@dataclass(frozen=True)
class Property:
    """A value; the score is the mean absolute error."""

    wish: Wish
    limits: tuple[float | None, float | None]
    """Specification limits, SI."""
    better: Literal["higher", "lower"] | None
    findings: tuple[Finding, ...] = ()
    kind: str = "property"
    metric: str = "mae"
    binary: bool = False

    @staticmethod
    def fits(pieces: Pieces, wish: Wish) -> bool:
        """True for numbers."""
        return pieces.table.column(pieces.target).kind == "number"

    @classmethod
    def of(cls, pieces: Pieces, wish: Wish, catalogue: Catalogue) -> Property:
        """Take limits from the wish, else from columns beside the target; the better side from the wish, else the vocabulary.

        Raises OneOutcome when the value never changes.
        """
        column = changing_target(pieces)
        better = better_side(column, wish, catalogue)
        if wish.limits == (None, None):
            limits, findings = limits_beside(pieces, column)
            return cls(wish, limits, better, findings)
        low, high = (None if limit is None else limit * column.factor + column.offset for limit in wish.limits)
        return cls(wish, (low, high), better)

    def outcome(self, pieces: Pieces) -> Floats:
        """The value in SI, NaN where not known; one number a piece."""
        return numbers(pieces)

    def today(self, earlier: Pieces, later: Pieces) -> Floats:
        """The earlier median, for each later piece."""
        return np.full(later.table.frame.height, float(np.nanmedian(numbers(earlier))))

    def losses(self, outcome: Floats, predicted: Floats) -> Floats:
        """Absolute errors, SI."""
        return np.abs(outcome - predicted)

    def score(self, losses: Floats) -> float:
        """Mean absolute error, SI."""
        return float(np.mean(losses))

    def badness(self, outcome: Floats) -> Floats | None:
        """1 outside the limits, 0 inside; without limits the value, signed so that less is better; None when unknown."""
        low, high = self.limits
        if low is not None or high is not None:
            outside = (outcome < (-np.inf if low is None else low)) | (outcome > (np.inf if high is None else high))
            return np.where(np.isnan(outcome), np.nan, outside.astype(float))
        if self.better is None:
            return None
        return -outcome if self.better == "higher" else outcome


def numbers(pieces: Pieces) -> Floats:
    """A numeric target as it stands, SI; NaN where not known."""
    import polars as pl

    column = pieces.table.frame.get_column(pieces.target).cast(pl.Float64, strict=False)
    return np.asarray(column.fill_null(float("nan")).to_numpy(), dtype=float)


def changing_target(pieces: Pieces) -> Column:
    """The target's column; OneOutcome when it has fewer than two values."""
    column, values = pieces.table.column(pieces.target), numbers(pieces)
    known = values[np.isfinite(values)]
    if np.unique(known).size < 2:
        value = column.to_plant(float(known[0])) if known.size else ""
        raise OneOutcome(file=column.origin.file, column=column.header, value=value, rows=int(known.size))
    return column


def better_side(column: Column, wish: Wish, catalogue: Catalogue) -> Literal["higher", "lower"] | None:
    """Which side of a value is the good one: the wish decides, else the vocabulary, else nobody."""
    if wish.higher_is is not None:
        return "higher" if wish.higher_is == "better" else "lower"
    if column.concept is None:
        return None
    better = catalogue.concept(column.concept).better
    return better if better in ("higher", "lower") else None
