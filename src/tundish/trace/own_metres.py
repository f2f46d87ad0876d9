"""When were a piece's own metres, and not those of its neighbours, under the gauges of each line that it came through?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tundish.table import Column, Table
from tundish.trace.lineage import Ways as Sources
from tundish.trace.position import Lengths, Stretch, Turning
from tundish.trace.position.joints import Joint, Laid
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
        trends, stretches = self.lengths.trends.get(line), self._stretches.get(line)
        if not trends or not stretches:
            return None
        trend = next((one for one in trends if one.table.name == table.name), trends[0])
        key = (line, trend.table.name, gauge_m)
        if key not in self._spells:
            self._spells[key] = _spells(trend, stretches, gauge_m)
        return self._spells[key]

    @cached_property
    def _stretches(self) -> dict[str, list[tuple[int, float, Stretch]]]:
        """Line -> place of the piece, share of its length, and the stretch."""
        if self.pieces.size > MOST:
            return {}
        # Two lines' profiles laid over each other would place a joint to the metre, at a tenth of a second each.
        ways = Ways(self.lengths.book, _as_recorded)
        found: dict[str, list[tuple[int, float, Stretch]]] = {}
        walked = {int(piece): ways.walk(int(piece)) for piece in np.unique(self.pieces[self.pieces >= 0])}
        for place, piece in enumerate(self.pieces.tolist()):
            walk = walked.get(piece)
            for stretch in () if walk is None else walk.stretches:
                if stretch.run is not None:
                    share = stretch.metres.length_m / walk.length_m if walk is not None else 0.0
                    found.setdefault(stretch.line, []).append((place, share, stretch))
        return found


def _as_recorded(came: Stretch, left: Sequence[Stretch], laid: Laid, prior: Turning) -> Joint:
    """How what came in lies on what left the line before: as the records say, or as is usual."""
    return Joint(laid.ways[prior.turned], prior, laid.sd_m)


def _spells(trend: Trend, stretches: Sequence[tuple[int, float, Stretch]], gauge_m: float) -> Spells:
    """From metres run to time, by the rows of the log; what is shorter than some rows is widened to them."""
    low, high = np.array([_clear(stretch) for _, _, stretch in stretches]).T
    longer = float(np.median([stretch.elongation for _, _, stretch in stretches]))
    passed = np.maximum.accumulate(trend.passed(trend.times.astype(np.float64), gauge_m, elongation=longer))
    first, last = np.searchsorted(passed, low, "left"), np.searchsorted(passed, high, "right") - 1
    seen = (high >= passed[0]) & (low <= passed[-1])
    first, last = np.minimum(first, passed.size - 1), np.clip(last, 0, passed.size - 1)
    starts, ends = (np.minimum(trend.times[first], trend.times[last]), np.maximum(trend.times[first], trend.times[last]))
    short = np.maximum(int(DENSE * trend.step_s * SECOND) - (ends - starts), 0) // 2 + 1
    starts, ends = starts - short, ends + short
    return Spells(
        np.array([place for place, _, _ in stretches], dtype=np.int64),
        np.where(seen, starts, NEVER), np.where(seen, ends, NEVER),
        np.array([share for _, share, _ in stretches]),
    )  # fmt: skip


def _clear(stretch: Stretch) -> tuple[float, float]:
    """Metres run of a stretch, less what may be a neighbour's at either end."""
    if stretch.run is None:
        raise ValueError(stretch.line)
    long = stretch.run.length_m
    doubt = min(stretch.error_m, _CLEAR * long) if np.isfinite(stretch.error_m) else _CLEAR * long
    low, high = stretch.run.at(np.array([stretch.run.x[0] + doubt, stretch.run.x[-1] - doubt])).tolist()
    return min(low, high), max(low, high)
