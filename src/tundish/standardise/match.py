"""Which concept does each column of a table mean, and how sure is that?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tundish.errors import Message
from tundish.table import Kind, Match, Origin, Statistic
from tundish.vocabulary.catalogue import Catalogue
from tundish.vocabulary.units import Unit, parse_unit, split_header


@dataclass(frozen=True, slots=True)
class ColumnSketch:
    """What is known of a column before it has a meaning."""

    header: str
    """As in the file, unit included."""
    kind: Kind
    """A first guess from the values alone."""
    origin: Origin
    unit_text: str | None = None
    """Unit from a header row of its own; None when the header holds it or nobody says it."""
    numbers: npt.NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    """A sample of the values in the plant's unit; empty for texts. NaN is ignored."""
    texts: tuple[str, ...] = ()
    """A sample of distinct texts."""
    distinct: int = 0


@dataclass(frozen=True, slots=True)
class Matched:
    """A column's meaning: the match as reported, and what the table needs of it."""

    match: Match
    position: str | None = None
    """Which of several; also ``min``/``max`` where a table holds several statistics. Name = concept + ``@position``."""
    unit: Unit | None = None
    """The unit as read, when it is known and fits the concept; None: unknown or none needed, ask."""
    unit_text: str | None = None
    """The unit as it was written, understood or not."""
    statistic: Statistic = "value"


def match(columns: Sequence[ColumnSketch], catalogue: Catalogue, *, table_name: str) -> tuple[Matched, ...]:
    """Give each column of a table its concept, or none. One ``Matched`` a column, in order."""
    found = []
    for column in columns:
        _, written = split_header(column.header)
        text = column.unit_text or written
        unit = parse_unit(text)
        reason = Message("No known word in the name {header}.", header=column.header)
        report = Match(column.origin, None, 0.0, text, unit.label if unit else None, (), reason)
        found.append(Matched(report, unit=unit, unit_text=text))
    return tuple(found)
