"""What do the columns of one file mean, be it a table or a bare list of headers with a few samples?"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tundish.intake.listing import Listed
from tundish.intake.raw import RawTable
from tundish.standardise.decided import Decided, settle
from tundish.standardise.export import read_columns
from tundish.standardise.matching.look import ColumnSketch
from tundish.standardise.matching.match import Matched, match
from tundish.standardise.meaning import sketch
from tundish.standardise.places import Place
from tundish.standardise.values.kinds import Read, read_column
from tundish.table import Origin
from tundish.vocabulary import Catalogue


def match_columns(raw: RawTable, catalogue: Catalogue, *, decided: Decided | None = None) -> tuple[Matched, ...]:
    """Give each column of a raw table its concept, in order; also to those that standardising leaves out.

    ``decided``: what the plant's plant.toml says goes first.
    """
    name = raw.origin.sheet or raw.origin.file
    reads = read_columns(raw)
    found = match([sketch(read) for read in reads], catalogue, table_name=name)
    if decided is None:
        return found
    return tuple(settle(read, matched, catalogue, decided) for read, matched in zip(reads, found, strict=True))


def match_listed(columns: Sequence[Listed], catalogue: Catalogue, *, name: str) -> tuple[Matched, ...]:
    """Give each column of a list its concept, as if the list were the head of a table called ``name``."""
    return match(sketches_of(columns, name), catalogue, table_name=name)


def sketches_of(columns: Sequence[Listed], name: str) -> list[ColumnSketch]:
    """What is known of the columns of a list before they have a meaning."""
    return [sketch(_read(column, name)) for column in columns]


def _read(column: Listed, name: str) -> Read:
    texts = [sample.strip() or None for sample in column.samples]
    place = Place(Origin(name, None, column.header), pl.Series(range(1, len(texts) + 1), dtype=pl.UInt32))
    return read_column(pl.Series(texts, dtype=pl.String), column.header, place, unit_text=None, decimal=None)
