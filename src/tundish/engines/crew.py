"""How does a job go through a crew of workers: in which order, how many parts at once, and what when one dies?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from tundish.engines import identity, results
from tundish.engines.wire import Done, Outcome, Work, pack_work, unpack_outcome
from tundish.errors import Message, TundishError, WorkersLost
from tundish.ports import Job
from tundish.table import Progress

TRIES = 3
"""Deaths of workers over one part before it is the part that is to blame."""
_AHEAD = 2
"""Parts given out for each pair of hands: one under way, one waiting, so that nobody idles while a result is being used."""
_PART = re.compile(r"[\w-]{1,100}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Lost:
    """A worker died over a part, or its result cannot be read back."""

    found: Message


class Crew(Protocol):
    """Workers of one engine during one run."""

    @property
    def hands(self) -> int:
        """Parts that can be under way at once."""
        ...

    def give(self, number: int, work: bytes) -> None:
        """Hand a part out."""
        ...

    def take(self) -> tuple[int, bytes | Lost]:
        """Wait for the next part that is done, whichever it is."""
        ...


@dataclass(frozen=True, slots=True)
class Engine:
    """A :class:`tundish.ports.Compute` over any crew."""

    called: Callable[[], AbstractContextManager[Crew]]
    """A crew for one run; leaving the block gives up what is still under way, without waiting for it."""

    def run(self, job: Job, progress: Progress | None = None) -> Iterator[pl.DataFrame]:
        """See :meth:`tundish.ports.Compute.run`. ValueError for a job whose parts have no proper names."""
        names = [part.name for part in job.parts]
        wrong = [name for name in names if not _PART.fullmatch(name)]
        if wrong or len(set(names)) < len(names):
            raise ValueError(f"parts need names of letters, digits, - and _, each once: {wrong or names}"[:300])
        return self._results(job, progress)

    def _results(self, job: Job, progress: Progress | None) -> Iterator[pl.DataFrame]:
        with results.held(job.folder):
            works = _works(job)
            results.tell(job.folder, works, {})
            done: dict[str, Done] = {}
            if works:
                with self.called() as crew:
                    yield from _Run(works, crew, done).results(progress)
            results.sweep(job.folder, done)
            results.tell(job.folder, works, done)


def _works(job: Job) -> list[Work]:
    program, lying = identity.program(job.function), results.lying(job.folder)
    folder = job.folder.absolute()
    return [
        Work(job.function, job.shared, part.name, part.values, folder, program, lying.get(part.name, ())) for part in job.parts
    ]


class _Run:
    """Which parts were given out, which have come back, and which are next."""

    def __init__(self, works: list[Work], crew: Crew, done: dict[str, Done]) -> None:
        self.works = works
        self.crew = crew
        self.done = done
        self._given = 0
        self._under_way = 0
        self._back: dict[int, Outcome] = {}
        self._deaths = [0] * len(works)
        self._failed = False

    def results(self, progress: Progress | None) -> Iterator[pl.DataFrame]:
        """Frames in the order of the parts; a part's refusal is raised at its place in that order."""
        for number, work in enumerate(self.works):
            frame = None
            while frame is None:
                self._give()
                while number not in self._back:
                    self._take(progress)
                frame = self._frame(number, work)
            self._give()
            yield frame

    def _frame(self, number: int, work: Work) -> pl.DataFrame | None:
        outcome = self._back.pop(number)
        if isinstance(outcome, TundishError):
            raise outcome
        frame = results.read(work.folder, outcome.file, identity.key(work, {k: str(v) for k, v in outcome.inputs.items()}))
        if frame is None:
            self._again(number, Lost(Message("its result cannot be read back")))
        else:
            self.done[work.part] = outcome
        return frame

    def _give(self) -> None:
        """Hand out parts in their order, a few ahead; none behind one that has failed."""
        while self._given < len(self.works) and self._under_way < self.crew.hands * _AHEAD and not self._failed:
            self.crew.give(self._given, pack_work(self.works[self._given]))
            self._given += 1
            self._under_way += 1

    def _take(self, progress: Progress | None) -> None:
        number, answer = self.crew.take()
        self._under_way -= 1
        if isinstance(answer, Lost):
            self._again(number, answer)
            return
        self._back[number] = outcome = unpack_outcome(answer, self.works[number])
        self._failed |= isinstance(outcome, TundishError)
        self._give()
        if progress is not None:
            progress("compute", self._given - self._under_way, len(self.works))

    def _again(self, number: int, lost: Lost) -> None:
        self._deaths[number] += 1
        if self._deaths[number] >= TRIES:
            raise WorkersLost(part=self.works[number].part, times=TRIES, found=lost.found)
        self.crew.give(number, pack_work(self.works[number]))
        self._under_way += 1
