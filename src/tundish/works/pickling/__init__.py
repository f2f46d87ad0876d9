"""A continuous hydrochloric pickling line of a re-roller in Pohang: three baths, three crews, under- and over-pickling."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tundish.works import truth as truths
from tundish.works.pickling import papers, trend
from tundish.works.pickling.lots import Run, build, operate
from tundish.works.pickling.plant import SETTINGS, Plant, Settings, defect_probability, outcome_probability
from tundish.works.pickling.truth import Trial, describe, try_window

__all__ = [
    "SETTINGS",
    "Plant",
    "Run",
    "Settings",
    "Trial",
    "build",
    "defect_probability",
    "operate",
    "outcome_probability",
    "try_window",
    "write",
]


def write(
    folder: Path, truth_path: Path, *, seed: int, pieces: int = 2000, sample_s: float = 22.0, trend_files: int = 1
) -> None:
    """Write the exports of the plant behind a seed, and the truth; ``trend_files``: 1, or 2 with one of the drives."""
    run = operate(build(seed), pieces)
    verdicts = papers.judge(run)
    exported = papers.production(run, folder)
    exported += papers.laboratory(run, folder)
    exported += papers.inspection(run, folder, verdicts)
    seconds = np.arange(-900.0, run.lots.end[-1] + 900.0, sample_s)
    names = ["PLC_TREND_산세.csv", "PLC_TREND_구동.csv"][:trend_files]
    for name, tags in zip(names, (trend.line_tags, trend.drive_tags), strict=False):
        content, columns = trend.write(run, name, seconds, tags(run, seconds))
        (folder / name).write_bytes(content)
        exported += columns
    truths.save(describe(run, exported, verdicts), truth_path)
