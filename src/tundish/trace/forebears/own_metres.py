"""When were a piece's own metres, and not those of its neighbours, under the gauges of each line that it came through?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tundish.table import Column, Table
from tundish.trace.forebears.lineage import Sources
from tundish.trace.position import Lengths, Stretch, Turning
from tundish.trace.position.joints import Joint, Laid
from tundish.trace.position.maps import Map
from tundish.trace.position.trend import Trend
from tundish.trace.position.ways import Ways
from tundish.trace.stamps import NEVER, SECOND, Stamps
from tundish.trace.stays.joined import DENSE
from tundish.trace.stays.segments import Floats, Ints

MOST = 20_000
"""Pieces that are walked back metre by metre: each takes some milliseconds."""
_KNOWN = 0.9
"""Share of a piece's length that must be known on a line."""
_CLEAR = 0.1
"""Share of a stretch that is left out at either end at most, where its place is not sure to the metre."""


@dataclass(frozen=True)
class Spells:
    """Spans of time on one line, each with metres of one of the pieces asked about; sorted by ``place``."""

    place: Ints
    starts: Stamps
    ends: Stamps
    weight: Floats
    """Share of the piece's length."""

    def known(self, pieces: int, until: Stamps) -> npt.NDArray[np.bool_]:
        """Which of the pieces are known nearly whole on the line, and had been there by their moment in ``until``."""
        seen = self.starts != NEVER
        covered = np.bincount(self.place[seen], self.weight[seen], pieces)
        late = (self.ends > until[self.place]) & (until[self.place] != NEVER)
        enough: npt.NDArray[np.bool_] = (covered >= _KNOWN) & (np.bincount(self.place[late], minlength=pieces) == 0)
        return enough

    def to(self, pieces: int, known: npt.NDArray[np.bool_]) -> Sources:
        """From spells to the pieces, those in ``known`` only."""
        used = np.flatnonzero(known[self.place] & (self.starts != NEVER))
        return Sources(self.place[used], used, self.weight[used], pieces)


@dataclass(frozen=True)
class OwnMetres:
    """The metres of the pieces asked about, back through every line."""

    lengths: Lengths
    pieces: Ints
    """Number of each piece in the genealogy; -1 where it is not known there."""
    _spells: dict[tuple[str, str, float], Spells] = field(default_factory=dict, repr=False)

    def gauges(self, table: Table, columns: Sequence[Column]) -> Mapping[float, frozenset[str]]:
        """Metres behind the line's reference point -> columns measured there."""
        places: dict[float, set[str]] = {}
        for column in columns:
            places.setdefault(self.lengths.gauges_m.get((table.name, column.name), 0.0), set()).add(column.name)
        return {gauge_m: frozenset(names) for gauge_m, names in places.items()}

    def on(self, line: str, table: Table, gauge_m: float) -> Spells | None:
        """When the pieces' metres were under a gauge of a line; None where the line's metres are not known."""
        trends, passed = self.lengths.trends.get(line), self._passed.get(line)
        if not trends or passed is None:
            return None
        trend = next((one for one in trends if one.table.name == table.name), trends[0])
        key = (line, trend.table.name, gauge_m)
        if key not in self._spells:
            self._spells[key] = _spells(trend, passed, gauge_m)
        return self._spells[key]

    @cached_property
    def _passed(self) -> dict[str, Floats]:
        """Line -> a row a stretch: place of the piece, share of its length, metres run at either end, elongation."""
        if self.pieces.size > MOST:
            return {}
        # Two lines' profiles laid over each other would place a joint to the metre, at a tenth of a second each.
        ways = Ways(self.lengths.book, _as_recorded)
        found: dict[str, list[tuple[float, ...]]] = {}
        for place in np.argsort(self.pieces, kind="stable").tolist():
            walk = ways.walk(int(self.pieces[place])) if self.pieces[place] >= 0 else None
            for stretch in () if walk is None else walk.stretches:
                if walk is not None and stretch.run is not None:
                    row = (
                        place,
                        stretch.metres.length_m / walk.length_m,
                        *_clear(stretch.run, stretch.error_m),
                        stretch.elongation,
                    )
                    found.setdefault(stretch.line, []).append(row)
        return {line: np.array(sorted(rows)) for line, rows in found.items()}


def _as_recorded(came: Stretch, left: Sequence[Stretch], laid: Laid, prior: Turning) -> Joint:
    """How what came in lies on what left the line before: as the records say, or as is usual."""
    return Joint(laid.ways[prior.turned], prior, laid.sd_m)


def _spells(trend: Trend, passed: Floats, gauge_m: float) -> Spells:
    """From metres run to time, by the rows of the log; what is shorter than some rows is widened to them."""
    place, share, low, high, elongation = passed.T
    clock = trend.times.astype(np.float64)
    run = np.maximum.accumulate(trend.passed(clock, gauge_m, elongation=float(np.median(elongation))))
    first, last = np.searchsorted(run, low, "left"), np.searchsorted(run, high, "right") - 1
    seen = (high >= run[0]) & (low <= run[-1])
    begin, end = (trend.times[np.clip(rows, 0, run.size - 1)] for rows in (first, last))
    starts, ends = np.minimum(begin, end), np.maximum(begin, end)
    short = np.maximum(int(DENSE * trend.step_s * SECOND) - (ends - starts), 0) // 2 + 1
    return Spells(
        place.astype(np.int64), np.where(seen, starts - short, NEVER), np.where(seen, ends + short, NEVER), share
    )  # fmt: skip


def _clear(run: Map, error_m: float) -> tuple[float, float]:
    """Metres run of a stretch, less what may be a neighbour's at either end."""
    doubt = min(error_m, _CLEAR * run.length_m) if np.isfinite(error_m) else _CLEAR * run.length_m
    low, high = run.at(np.array([run.x[0] + doubt, run.x[-1] - doubt])).tolist()
    return min(low, high), max(low, high)
