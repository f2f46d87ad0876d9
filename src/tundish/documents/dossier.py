"""What does every paper need? All that one run found out, in one record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tundish.errors import Message
from tundish.learn.answer import Answer
from tundish.learn.question import Question
from tundish.prove import Evidence, Split
from tundish.share import Card
from tundish.table import Column, Finding, Match, Repair
from tundish.trace.pieces import Pieces


@dataclass(frozen=True)
class Dossier:
    """One run of the main job, ready to be written down."""

    plant: str
    """Name of the plant's folder."""
    time_zone: str
    created: datetime
    """When the run began, UTC."""
    target_reason: Message
    question: Question
    pieces: Pieces
    split: Split
    answer: Answer
    evidence: Evidence
    card: Card
    matches: tuple[Match, ...]
    findings: tuple[Finding, ...]
    """From every stage, in the order of the path."""
    repairs: tuple[Repair, ...]
    skipped: tuple[str, ...]
    """Files that were not read."""
    files: tuple[tuple[str, str], ...]
    """Name and SHA-256 of each file that was read."""

    @property
    def target(self) -> Column:
        """The column that was asked about."""
        return self.pieces.table.column(self.pieces.target)
