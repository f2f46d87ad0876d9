"""Which settings should be kept where? A safe window: few limits, a promise that later lots keep."""

from __future__ import annotations

from collections.abc import Sequence

from tundish.learn.answer import Cause, Window
from tundish.learn.question import Question
from tundish.table import Finding
from tundish.trace.pieces import Pieces
from tundish.vocabulary import Catalogue


def find_window(
    earlier: Pieces, causes: Sequence[Cause], question: Question, catalogue: Catalogue, *, seed: int = 0
) -> tuple[Window | None, tuple[Finding, ...]]:
    """Find the safe window over the claimed causes that a person can turn; None when no limit pays."""
    raise NotImplementedError
