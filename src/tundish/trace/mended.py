"""How do a plant's tables read once times and ids are mended, and whose material do they tell of?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from tundish.table import Finding, Progress, Repair, Table
from tundish.trace.clocks import mend_times
from tundish.trace.genealogy.build import trace_material
from tundish.trace.genealogy.graph import Genealogy
from tundish.trace.genealogy.mend import mend_ids
from tundish.trace.ids import is_identity
from tundish.trace.large import about_ids
from tundish.trace.stacks import take_apart
from tundish.trace.stamps import microseconds, stamp_column
from tundish.vocabulary import Catalogue


@dataclass(frozen=True)
class Mended:
    """Tables whose ids and times read as they should, each change a ``Repair`` of its table, and the genealogy in them."""

    tables: tuple[Table, ...]
    genealogy: Genealogy
    findings: tuple[Finding, ...]
    """What mending told of the tables, beyond the findings that they came with."""

    @property
    def whole(self) -> tuple[Table, ...]:
        """The tables that were seen whole; of those in parts ``frame`` is a sample only."""
        return tuple(table for table in self.tables if not table.parts)


def mend(
    tables: Sequence[Table], catalogue: Catalogue, *, keys: Mapping[str, str] | None = None, progress: Progress | None = None
) -> Mended:
    """Take stacks of lines apart, put times right, trace the material and put ids right; tables in parts are left as they are.

    Production records in parts are read for the genealogy, as far as a machine holds their few columns.

    ``keys``: file -> column with the ids of what it made, as under ``[keys]`` in plant.toml.
    """
    apart = take_apart(tables, catalogue)
    righted = {table.name: table for table in mend_times([one for one in apart if _is_log(one, catalogue)], catalogue)}
    timed = [righted.get(table.name, table) for table in apart]
    genealogy = trace_material(timed, catalogue, keys=keys, progress=progress)
    done = {table.name: table for table in mend_ids(timed, genealogy, catalogue)}
    mended = tuple(done.get(table.name, table) for table in apart)
    told = tuple(one for old, new in zip(apart, mended, strict=True) for one in new.findings[len(old.findings) :])
    recorded = set(genealogy.stays["table"].unique())
    unread = [table for table in mended if table.name not in recorded]
    moved = tuple(_told(repair) for table in righted.values() for repair in table.repairs if repair.code == "clock_went_back")
    return Mended(mended, genealogy, (*moved, *told, *about_ids(unread, catalogue)))


def _told(repair: Repair) -> Finding:
    """Times were changed by thinking, not by the plant: who reads the history of a piece must know."""
    return Finding(repair.code, "warning", repair.message, repair.origin, repair.count, repair.rows)


def _is_log(table: Table, catalogue: Catalogue) -> bool:
    """Whether the order of the rows is that of one recorder's writing: rows that name pieces, and blocks of one equipment after
    another, step back in time without any clock having jumped."""
    stamp = stamp_column(table, catalogue)
    if table.parts or stamp is None or any(is_identity(column, catalogue) for column in table.columns):
        return False
    times = microseconds(table.frame[stamp.name])
    back = pl.Series(np.append(False, times[1:] < times[:-1]))
    return not any(_in_blocks(table.frame[column.name], back) for column in table.of_kind("category", "text"))


def _in_blocks(words: pl.Series, back: pl.Series) -> bool:
    """Each word stands in one run of rows, and some run begins where the time steps back."""
    begins = words.ne_missing(words.shift())
    return int(begins.sum()) == words.n_unique() > 1 and bool((begins & back).any())
