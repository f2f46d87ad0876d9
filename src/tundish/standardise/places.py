"""Where in the plant's file does a thing stand, and how is it reported?"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from tundish.errors import Message
from tundish.table import ROWS_SHOWN, Finding, Origin, Repair, Severity


@dataclass(frozen=True, slots=True)
class Place:
    """A column of a file, and the file's own number of each of its rows."""

    origin: Origin
    rows: pl.Series

    def first(self, where: pl.Series) -> tuple[int, ...]:
        """First rows, as in the file, where the mask is true."""
        return tuple(int(row) for row in self.rows.filter(where).head(ROWS_SHOWN).to_list())

    def finding(self, code: str, severity: Severity, message: Message, where: pl.Series | None = None) -> Finding:
        """A finding about this column; the mask says which rows."""
        if where is None:
            return Finding(code, severity, message, self.origin)
        return Finding(code, severity, message, self.origin, count=int(where.sum()), rows=self.first(where))

    def repair(
        self, code: str, message: Message, where: pl.Series, *, before: str | None = None, after: str | None = None
    ) -> Repair:
        """A repair of this column; the mask says which rows."""
        return Repair(code, message, self.origin, count=int(where.sum()), before=before, after=after, rows=self.first(where))
