"""Which line does each file with times belong to, and how far is its clock from that of the pieces (MES)?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tundish.table import Finding, Table
from tundish.trace.genealogy.graph import Genealogy
from tundish.trace.pieces import Clock
from tundish.vocabulary import Catalogue


@dataclass(frozen=True)
class Aligned:
    """Every file with times against the stays of the line it belongs to."""

    clocks: tuple[Clock, ...]
    lines: Mapping[str, str]
    """Name of a signal table -> line, as in ``Genealogy.stays``; tables that could not be told apart are left out."""
    findings: tuple[Finding, ...] = ()

    def clock(self, table: Table) -> Clock | None:
        """The clock of the table's file; None where it was not compared."""
        places = {place for origin in table.origins for place in origin.places}
        return next((clock for clock in self.clocks if clock.file in places), None)


def align(
    tables: Sequence[Table],
    genealogy: Genealogy,
    catalogue: Catalogue,
    *,
    given: Mapping[str, float] | None = None,
    time_zone: str = "Asia/Seoul",
) -> Aligned:
    """Compare the clock of every table with times with the stays of ``genealogy``.

    ``given`` are seconds to add as plant.toml states them (file -> seconds). Tables should have been through
    :func:`tundish.trace.clocks.mend_times` before.
    """
    raise NotImplementedError
