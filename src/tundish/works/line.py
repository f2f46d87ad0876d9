"""What is a generated line, and what does making one leave behind?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Line = Callable[..., None]
"""``write(folder, truth_path, *, seed, **wishes)`` of one line: writes the exports of a plant into the empty folder and its
truth beside it. ``wishes`` are keywords with defaults, what this line understands: how much, how fine."""


@dataclass(frozen=True, slots=True)
class Made:
    """What was written."""

    folder: Path
    truth_path: Path
