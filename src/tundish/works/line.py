"""What is a generated line, and what does making one leave behind?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Made:
    """What was written."""

    folder: Path
    truth_path: Path


class Line(Protocol):
    """One line of the works: writes the exports of a plant into a folder and its truth beside it."""

    def __call__(self, folder: Path, truth_path: Path, *, seed: int, **wishes: Any) -> None:
        """Write everything; the folder is there and empty. ``wishes``: how much and how fine, what the line itself understands."""
        ...
