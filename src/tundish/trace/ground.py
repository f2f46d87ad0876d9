"""Against what are tables read that share no id with the pieces: their stay, the clocks, their forebears, their metres?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from tundish.table import Table
from tundish.trace.base import at
from tundish.trace.clocks import Aligned, given
from tundish.trace.forebears.own_metres import OwnMetres
from tundish.trace.laid import Laid, column_of_stay
from tundish.trace.pieces import Clock
from tundish.trace.stamps import NEVER, Stamps
from tundish.trace.stays.decision import of_pieces, sole_stamp
from tundish.trace.stays.parted import Bench, of_parted_signals
from tundish.trace.stays.signals import Signals, Stay, of_signals
from tundish.trace.stays.zones import Zone, find_zones


@dataclass(frozen=True)
class Ground:
    """The pieces as they are laid out, and what else is known of the plant."""

    laid: Laid
    aligned: Aligned
    metres: OwnMetres | None
    """The pieces' own metres on earlier lines; None where no signal of such a line is there."""
    offsets: Mapping[str, float]
    """File -> seconds to add, as plant.toml states them."""
    bench: Bench | None
    """Where tables in parts are worked on; None when none is."""

    @cached_property
    def stated(self) -> Mapping[str, Clock]:
        """File -> clock, as plant.toml states them."""
        return {file: given(file, float(offset)) for file, offset in self.offsets.items()}

    @cached_property
    def stay(self) -> Stay | None:
        """The stay of each piece, and its parts; None where no table with one row a piece has a time."""
        laid = self.laid
        known = (laid.moments.starts != NEVER).any()
        sole = None if known else sole_stamp(laid.single, laid.places, laid.catalogue)
        if not known and sole is None:
            return None
        places = {
            column.header: at(table.frame[column.name].cast(pl.String), laid.places[table.name])
            for table in laid.single
            for column in table.of_kind("category")
            if (table.name, column.name) != (laid.target.table, laid.target.column)
        }
        if sole is not None:
            return Stay(sole[0], sole[0], sole[1].header, places)
        return Stay(laid.moments.starts, laid.moments.ends, column_of_stay(laid), places, _zones(laid))

    def signals(
        self, table: Table, stay: Stay, clocks: Mapping[str, Clock], *, known_until: Stamps, without: frozenset[str]
    ) -> Signals | None:
        """What :func:`tundish.trace.stays.signals.of_signals` tells, of a table in parts as well.

        Raises ValueError for a table in parts when there is no bench, and what the bench's engine raises.
        """
        if not table.parts:
            return of_signals(table, stay, self.laid.catalogue, clocks, known_until=known_until, without=without)
        if self.bench is None:
            raise ValueError(table.name)
        return of_parted_signals(
            table, stay, self.laid.catalogue, clocks, known_until=known_until, without=without, bench=self.bench
        )


def _zones(laid: Laid) -> tuple[Zone, ...]:
    """Parts of the stay, by the times of entry or exit or the durations in the tables with one row a piece."""
    pair, timed, lasted = laid.moments.pair, [], []
    for table in laid.single:
        rows = laid.places[table.name]
        for column in table.columns:
            if pair is not None and table is pair.table and column in (pair.start, pair.end):
                continue
            if column.kind == "time":
                timed.append((column, of_pieces(table, column.name, laid.places)))
            elif column.kind == "number" and column.unit == "s":
                lasted.append((column, at(table.frame[column.name], rows).cast(pl.Float64).fill_null(np.nan).to_numpy()))
    return find_zones(laid.moments.starts, laid.moments.ends, timed, lasted)
