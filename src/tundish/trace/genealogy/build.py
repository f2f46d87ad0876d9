"""How does a plant's genealogy come out of its production records?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from tundish.errors import Message
from tundish.table import Finding, Progress, Table
from tundish.trace.genealogy.assemble import assemble
from tundish.trace.genealogy.cells import mended_cells
from tundish.trace.genealogy.cycles import without_cycles
from tundish.trace.genealogy.doubts import doubts
from tundish.trace.genealogy.entries import without_entry_logs
from tundish.trace.genealogy.events import find_events
from tundish.trace.genealogy.graph import EDGES, PIECES, STAYS, Genealogy
from tundish.trace.genealogy.links import link
from tundish.trace.genealogy.naming import name_pieces
from tundish.trace.genealogy.parted import hold_records
from tundish.trace.genealogy.places import place_of, told_by_file
from tundish.trace.genealogy.records import Records, read_records
from tundish.trace.genealogy.uses import find_uses, lay_sides
from tundish.vocabulary import Catalogue


def trace_material(
    tables: Sequence[Table], catalogue: Catalogue, *, keys: Mapping[str, str] | None = None, progress: Progress | None = None
) -> Genealogy:
    """Pieces, edges and stays of all production records among standardised tables, mended by evidence.

    ``keys`` names the column of a file that holds the ids of what it made, as under ``[keys]`` in plant.toml. No target is
    needed; tables that are no production records are left alone. What cannot be told stays open as a finding.
    """
    tell = progress or (lambda *_: None)
    records = read_records(hold_records(tables, catalogue, keys), catalogue, keys)
    tell("genealogy", 1, 5)
    if records.frame.is_empty():
        return Genealogy(PIECES.to_frame(), EDGES.to_frame(), STAYS.to_frame())
    events = find_events(records)
    uses = find_uses(records, events)
    records = replace(records, frame=records.frame.select("source", "origin", "row"))  # all else stands in the events
    tell("genealogy", 2, 5)
    links = link(uses, lay_sides(events, uses))
    tell("genealogy", 3, 5)
    names = name_pieces(events, uses, links, _mentions(records))
    tell("genealogy", 4, 5)
    made = assemble(records, events, uses, links, names)
    edges, rings = without_cycles(made.edges)
    findings = (*doubts(records, events, uses, links, made), *_about_rings(records, rings, made.pieces))
    tell("genealogy", 5, 5)
    cells = mended_cells(records, events, uses, links, names=names, made=made)
    return Genealogy(made.pieces, edges, without_entry_logs(made.stays), findings, cells)


def _about_rings(records: Records, rings: pl.DataFrame, pieces: pl.DataFrame) -> list[Finding]:
    rows = rings.with_columns(found=pieces["id"].gather(rings["child"]), expected=pieces["id"].gather(rings["parent"]))
    return told_by_file(
        records,
        place_of(records, rows),
        ("cycle", "error"),
        lambda n: Message("{count} edges would make a piece come from itself; the weakest of each ring is left out.", count=n),
        Message("Look the rows up and correct the ids in the source."),
    )


def _mentions(records: Records) -> pl.DataFrame:
    """How often ids stand in tables that make nothing, and among ancestors."""
    used = {(one.table.name, one.column.name) for source in records.sources for one in (source.out, source.into) if one}
    told = [
        pl.DataFrame({"space": pl.repeat(one.space, one.even.len(), eager=True, dtype=pl.String), "even": one.even})
        for one in records.columns
        if (one.table.name, one.column.name) not in used
    ]
    schema = {"space": pl.String, "even": pl.String}
    return pl.concat([pl.DataFrame(schema=schema), *told]).drop_nulls().group_by("space", "even").agg(times=pl.len())
