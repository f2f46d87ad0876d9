"""What does a source show before anything is decided: its tags, with names, units and what they say right now?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seen:
    """One tag of a source, before anything is decided."""

    tag: str
    address: str
    """Node id or topic."""
    name: str | None
    unit: str | None
    kind: str
    """``number``, ``text`` or ``nothing`` (no value was there)."""
    samples: tuple[str, ...]
