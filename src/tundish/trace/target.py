"""Which column is asked about, and in which table does it stand?"""

from __future__ import annotations

from dataclasses import dataclass

from tundish.errors import Message


@dataclass(frozen=True, slots=True)
class Target:
    """The column whose behaviour is to be explained."""

    table: str
    """Name of the standardised table."""
    column: str
    """Name of the column in that table."""
    reason: Message
    """Why this one: named by the user, or how it was proposed."""
