"""What is true of a generated plant, and how is it written beside its exports?

``DIR.truth.json``; every field is explained in docs/works.md. ``VERSION`` grows when a field changes its meaning.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

VERSION = 1
Role = Literal["recording", "laboratory", "set_point", "copy", "proxy"]


@dataclass(frozen=True, slots=True)
class Place:
    """A column of an export; where a setting is recorded, ``value in the file = setting * factor + offset``."""

    file: str
    sheet: str | None
    column: str
    role: Role = "recording"
    factor: float | None = None
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class TrueSetting:
    """A setting of the line, whether it matters in this plant, and where it is recorded."""

    name: str
    concept: str
    unit: str
    columns: tuple[Place, ...]
    direction: Literal["increases", "decreases", "both_sides", "none"]
    effect: float
    """Change of the defect probability when the setting goes from its 10th to its 90th percentile, all else as it was."""
    share: float
    """Part of the explained variance (log-odds of the common defect), 0 to 1."""
    optimum: float | None
    """Where the defect probability is lowest, when that is not at an end of the usual span."""
    low: float
    high: float
    """10th and 90th percentile, in ``unit``."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Columns and what is to be known of them."""

    columns: tuple[Place, ...]
    why: str
    setting: str | None = None


@dataclass(frozen=True, slots=True)
class TrueTarget:
    """The column that says how a lot turned out."""

    file: str
    column: str
    bad: tuple[str, ...]
    defect_share: float


@dataclass(frozen=True, slots=True)
class SafeRange:
    """One line of the true window."""

    setting: str
    concept: str
    unit: str
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class SafeWindow:
    """Ranges of the active settings inside which few lots are bad."""

    ranges: tuple[SafeRange, ...]
    today: float
    inside: float
    lots_inside: float


@dataclass(frozen=True, slots=True)
class Truth:
    """All that a test may compare an answer with."""

    version: int
    line: str
    seed: int
    pieces: int
    target: TrueTarget
    causes: tuple[TrueSetting, ...]
    inactive: tuple[TrueSetting, ...]
    decoys: tuple[Remark, ...]
    after: tuple[Remark, ...]
    confounded: tuple[Remark, ...]
    faults: tuple[Remark, ...]
    clock_offset_s: float
    """Seconds to be added to the PLC's times to get those of the MES."""
    clock_files: tuple[str, ...]
    window: SafeWindow


def save(truth: Truth, path: Path) -> None:
    """Write the truth as JSON (UTF-8, sorted as declared)."""
    path.write_text(json.dumps(asdict(truth), ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")


def load(path: Path) -> Truth:
    """Read a truth file written by :func:`save`."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    raw["target"] = TrueTarget(**{**raw["target"], "bad": tuple(raw["target"]["bad"])})
    for key in ("causes", "inactive"):
        raw[key] = tuple(TrueSetting(**{**item, "columns": _places(item["columns"])}) for item in raw[key])
    for key in ("decoys", "after", "confounded", "faults"):
        raw[key] = tuple(Remark(**{**item, "columns": _places(item["columns"])}) for item in raw[key])
    raw["clock_files"] = tuple(raw["clock_files"])
    raw["window"] = SafeWindow(**{**raw["window"], "ranges": tuple(SafeRange(**item) for item in raw["window"]["ranges"])})
    return Truth(**raw)


def _places(items: Sequence[dict[str, Any]]) -> tuple[Place, ...]:
    return tuple(Place(**item) for item in items)
