"""Which rule could a foreman remember? Bad when any of a few short conditions holds."""

from __future__ import annotations

from collections.abc import Sequence

from tundish.learn.answer import Cause, Rule
from tundish.learn.question import Question
from tundish.table import Column
from tundish.trace.pieces import Pieces


def find_rule(
    earlier: Pieces, inputs: Sequence[Column], causes: Sequence[Cause], question: Question, *, seed: int = 0
) -> Rule | None:
    """Find a rule of at most three short conditions; None when badness is not 0/1 or no rule helps."""
    raise NotImplementedError
