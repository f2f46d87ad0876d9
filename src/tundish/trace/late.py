"""What becomes of rows that came after the decision moment of their piece?"""

from __future__ import annotations

from tundish.errors import Message
from tundish.table import Finding, Table
from tundish.trace.base import files_of, origin_of
from tundish.trace.stays.features import Feature, when_known


def about_late(table: Table, count: int) -> Finding:
    """So many rows that are not used."""
    text = Message("{file}: {count} rows came after the decision moment of their piece and are not used.",
                   file=files_of(table), count=count)  # fmt: skip
    return Finding("late_rows", "info", text, origin_of(table), count)


def mostly_late(feature: Feature, table: Table) -> Feature:
    """A feature of a table most of whose rows came late: it is known only after the moment."""
    reason = Message("most rows of {file} are stamped after the decision moment", file=files_of(table))
    return when_known(feature, "after", reason)
