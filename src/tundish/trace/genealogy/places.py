"""Where in the plant's files do the rows of a finding stand?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import polars as pl

from tundish.errors import Message
from tundish.table import ROWS_SHOWN, Finding, Origin, Severity
from tundish.trace.genealogy.records import Records


def told_by_file(
    records: Records,
    rows: pl.DataFrame,
    kind: tuple[str, Severity],
    text: Callable[[int], Message],
    hint: Message | None = None,
) -> list[Finding]:
    """One finding of this code and severity a file about ``rows``: ``source``, ``origin``, ``row``, ``found``.

    They may have ``expected``, and ``column``: header of the column that they stand in.
    """
    code, severity = kind
    found = []
    for (source, origin), mine in rows.sort("source", "origin", "row", maintain_order=True).group_by(
        ["source", "origin"], maintain_order=True
    ):
        shown = mine.head(ROWS_SHOWN)
        column = str(shown["column"][0]) if "column" in shown.columns else None
        found.append(
            Finding(
                code,
                severity,
                text(mine.height),
                replace(origin_of(records, source, origin), row=int(shown["row"][0]), column=column),
                mine.height,
                rows=tuple(shown["row"].to_list()),
                found=tuple(shown["found"].to_list()),
                expected=tuple(shown["expected"].to_list()) if "expected" in shown.columns else (),
                hint=hint,
            )
        )
    return found


def origin_of(records: Records, source: int, origin: int | None) -> Origin:
    """The file of a row."""
    table = records.sources[source].table
    return table.origins[origin or 0] if table.origins else Origin(table.name)


def place_of(records: Records, rows: pl.DataFrame) -> pl.DataFrame:
    """``rows`` (``table``, ``row``) with ``source`` and ``origin``."""
    names = [source.table.name for source in records.sources]
    known = records.frame.select("source", "origin", "row").with_columns(table=pl.Series(names).gather(records.frame["source"]))
    known = known.unique(["table", "row"], keep="first", maintain_order=True)
    return rows.join(known, on=["table", "row"], how="inner", maintain_order="left")
