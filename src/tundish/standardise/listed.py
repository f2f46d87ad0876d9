"""What does a bare list of headers with a few samples mean, when there is no table to read?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from tundish.standardise.kinds import Read, read_column
from tundish.standardise.match import Matched, match
from tundish.standardise.meaning import sketch
from tundish.standardise.places import Place
from tundish.table import Origin
from tundish.vocabulary import Catalogue


@dataclass(frozen=True, slots=True)
class Listed:
    """One column of a list: its header and what stands in some of its cells."""

    header: str
    samples: tuple[str, ...] = ()


def match_listed(columns: Sequence[Listed], catalogue: Catalogue, *, name: str) -> tuple[Matched, ...]:
    """Give each column of a list its concept, as if the list were the head of a table called ``name``."""
    return match([sketch(_read(column, name)) for column in columns], catalogue, table_name=name)


def _read(column: Listed, name: str) -> Read:
    texts = [sample.strip() or None for sample in column.samples]
    place = Place(Origin(name, None, column.header), pl.Series(range(1, len(texts) + 1), dtype=pl.UInt32))
    return read_column(pl.Series(texts, dtype=pl.String), column.header, place, unit_text=None, decimal=None)
