"""On which of several machines was a row made, and a piece? Times are moved apart, so that both meet on their own only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from tundish.table import Table
from tundish.trace.stamps import NEVER, SECOND, Stamps
from tundish.trace.stays.segments import Ints

_MOST = 50


@dataclass(frozen=True)
class Equipment:
    """The machines of a table, numbered by their names in order; without ``column`` there is one, and no time moves."""

    column: str | None = None
    """Of the table: names the machine of each row."""
    names: tuple[str, ...] = ()
    pieces: Ints | None = None
    """Number of each piece's machine, -1 where unknown."""
    apart: int = 0
    """Microseconds between machines."""

    def spread(self, *times: Stamps) -> Equipment:
        """Far enough apart for these times."""
        known = [part[part != NEVER] for part in times]
        whole = np.concatenate(known) if self.column is not None else np.zeros(0, dtype=np.int64)
        return replace(self, apart=2 * int(np.ptp(whole)) + 86_400 * SECOND) if whole.size else self

    def of_rows(self, times: Stamps, names: pl.Series | None) -> Stamps:
        """Times of rows of these machines."""
        return times if names is None else self._moved(times, _codes(names, self.names))

    def of_pieces(self, times: Stamps) -> Stamps:
        """Times of the pieces."""
        return times if self.pieces is None else self._moved(times, self.pieces)

    def _moved(self, times: Stamps, codes: Ints) -> Stamps:
        return np.where((times == NEVER) | (codes < 0), NEVER, times + codes * self.apart)


def find_equipment(table: Table, times: Stamps, places: Mapping[str, pl.Series]) -> Equipment:
    """Where a column of the signals names the machine that a column of the pieces (header -> values) names too."""
    for column in table.of_kind("category", "identity", "text"):
        names = table.frame[column.name].cast(pl.String).drop_nulls().unique().to_list()
        if not 1 <= len(names) <= _MOST:
            continue
        for header, of_pieces in places.items():
            here = set(of_pieces.drop_nulls().unique().to_list())
            if len(here) < 2 or len(here & set(names)) < 0.8 * min(len(here), len(names)):
                continue
            agree = header.casefold() in (name.casefold() for name in column.headers)
            side_by_side = pl.Series(times).n_unique() < 0.9 * times.size
            if side_by_side or (len(names) == 1 and agree):
                every = tuple(sorted(set(names) | here))
                return Equipment(column.name, every, _codes(of_pieces, every))
    return Equipment()


def _codes(values: pl.Series, names: tuple[str, ...]) -> Ints:
    code = {name: number for number, name in enumerate(names)}
    found = values.cast(pl.String).replace_strict(code, default=None, return_dtype=pl.Int64)
    return found.fill_null(-1).to_numpy().astype(np.int64)
