"""How far is it? A bar on a terminal, a line a stage elsewhere; nothing at all while it is quick."""

from __future__ import annotations

import sys
import time
from gettext import gettext as translated
from types import TracebackType
from typing import TYPE_CHECKING, Self

from tundish.cli import terminal
from tundish.locale import mark

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

STAGES = {
    "read": mark("Reading the files"),
    "standardise": mark("Understanding the columns"),
    "trace": mark("Joining by material and time"),
    "refuse": mark("Setting aside what is known too late"),
    "model": mark("Fitting models"),
    "causes": mark("Testing causes"),
    "window": mark("Finding the safe window"),
    "rule": mark("Finding a rule to remember"),
    "prove": mark("Proving on later pieces"),
    "shells": mark("Writing and verifying the shells"),
    "compute": mark("Computing part by part"),
    "genealogy": mark("Finding out what came from what"),
    "clocks": mark("Comparing the clocks"),
    "profile": mark("Measuring along the piece"),
    "keep": mark("Keeping what was traced"),
    "write": mark("Writing the report"),
    "make": mark("Making the plant"),
}
PATIENCE_S = 2.0


class Display:
    """Called by the flow with a stage, what is done and what is to do; shows it on stderr."""

    def __init__(self, *, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._began = time.monotonic()
        self._said = ""
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        """Begin to count the time."""
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        """Leave a clean screen."""
        self.pause()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` steps of a stage are done."""
        if not stage or time.monotonic() - self._began < self._patience_s:
            return
        if sys.stderr.isatty():
            self._draw(stage, done, total)
        elif _name(stage) != self._said:
            sys.stderr.write(f"[{time.monotonic() - self._began:4.0f} s] {_name(stage)}\n")
            sys.stderr.flush()
        self._said = _name(stage)

    def pause(self) -> None:
        """Take the bar from the screen, for a question or the end."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _draw(self, stage: str, done: int, total: int) -> None:
        if self._bar is None:
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

            columns = (TextColumn("{task.description}", markup=False), BarColumn(), TextColumn("{task.fields[steps]}"))
            self._bar = Progress(*columns, TimeElapsedColumn(), console=terminal.console(sys.stderr), transient=True)
            self._bar.start()
            self._task = self._bar.add_task("", steps="")
        if self._task is not None:
            steps = f"{done}/{total}" if total else ""
            detail = "" if stage in STAGES else f": {stage}"
            self._bar.update(self._task, description=_name(stage) + detail, completed=done, total=total or None, steps=steps)


def _name(stage: str) -> str:
    """What goes on; a word that is no stage is the file that is being read."""
    return translated(STAGES.get(stage, STAGES["read"]))
