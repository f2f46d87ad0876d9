"""Which line do tables in parts tell of, by which clock, and what of them is not told?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tundish.errors import Message
from tundish.table import Finding, Table
from tundish.trace.base import files_of, origin_of
from tundish.trace.clocks import Aligned, align
from tundish.trace.genealogy.graph import Genealogy
from tundish.trace.ids import is_identity
from tundish.trace.stamps import microseconds
from tundish.trace.stays.parted import Bench, standing_in
from tundish.vocabulary import Catalogue


def align_all(
    tables: Sequence[Table],
    genealogy: Genealogy,
    catalogue: Catalogue,
    *,
    bench: Bench | None,
    given: Mapping[str, float] | None = None,
    gauges_m: Mapping[str, float] | None = None,
    time_zone: str = "Asia/Seoul",
) -> Aligned:
    """As :func:`tundish.trace.clocks.align`, of tables in parts as well: what the rows of a file around the first
    stays tell holds for all its rows. Without a ``bench`` these are left out. Raises what its engine raises.
    """
    starts = microseconds(genealogy.stays["start"].drop_nulls())
    held = []
    for table in tables:
        held += [table] if not table.parts else [] if bench is None else standing_in(table, starts, catalogue, bench)
    found = align(held, genealogy, catalogue, given=given, gauges_m=gauges_m, time_zone=time_zone)
    lines = dict(found.lines)
    for table in (one for one in tables if one.parts):
        own = {lines.get(origin.file) for origin in table.origins}
        lines.pop(table.name, None)
        if len(own) == 1 and (line := own.pop()) is not None:
            lines[table.name] = line
    return replace(found, lines=lines)


def about_ids(tables: Sequence[Table], catalogue: Catalogue) -> list[Finding]:
    """Tables in parts that name pieces: what they say of who came from whom is not read."""
    return [_ids_unread(table) for table in tables if table.parts and any(is_identity(c, catalogue) for c in table.columns)]


def _ids_unread(table: Table) -> Finding:
    rows = sum(part.rows for part in table.parts)
    text = Message(
        "{file} names pieces, but its {rows} rows are more than can be held at once: what they say of who came from whom is "
        "missing. Export the production records without the measured values, or the months in question.",
        file=files_of(table), rows=rows,
    )  # fmt: skip
    return Finding("ids_in_parts", "error", text, origin_of(table), rows)
