"""Which samples fall into which cell of the final product? Every signal of every stretch, gathered to mean, min and max."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tundish.table import Column
from tundish.trace.position.profile import Signal
from tundish.trace.position.pyramid import Level
from tundish.trace.position.stretches import Stretch
from tundish.trace.position.trend import Trend
from tundish.trace.stays.segments import Floats, Ints

_SPARE_M = 5.0
"""Read beyond both ends of a stretch, in metres run, so that rounding at a knot leaves no sample out."""


def signals_of(trends: Mapping[str, Sequence[Trend]], stretches: Sequence[Stretch]) -> tuple[Signal, ...]:
    """Signals of the lines and turns that a piece came through, in the order of the stretches."""
    turns = dict.fromkeys((stretch.line, stretch.turn) for stretch in stretches if stretch.run is not None)
    found = [
        (line, turn, trend.table.name, column)
        for line, turn in turns for trend in trends.get(line, ()) for column in trend.table.of_kind("number")
        if trend.table.frame[column.name].dtype.is_numeric()
    ]  # fmt: skip
    return tuple(Signal(*entry, row) for row, entry in enumerate(found))


def gather(
    trends: Mapping[str, Sequence[Trend]],
    stretches: Sequence[Stretch],
    signals: Sequence[Signal],
    gauges_m: Mapping[tuple[str, str], float],
    *,
    length_m: float,
    grid_m: float,
) -> Level:
    """The finest level: signals x cells. A cell without a sample stays empty (NaN, count 0); nothing is put between samples."""
    from tundish.trace.stays.kernels import grid  # compiled: slow to import, and most of what imports this draws no profile

    cells = max(int(np.ceil(length_m / grid_m - 1e-9)), 1)
    mean, low, high = (np.full((len(signals), cells), np.nan) for _ in range(3))
    count = np.zeros((len(signals), cells), np.int64)
    for line, turn in dict.fromkeys((signal.line, signal.turn) for signal in signals):
        mine = [stretch for stretch in stretches if (stretch.line, stretch.turn) == (line, turn) and stretch.run is not None]
        for trend in trends[line]:
            own = [s for s in signals if (s.line, s.turn, s.table) == (line, turn, trend.table.name)]
            for gauge_m, columns, rows in _by_gauge(trend, own, gauges_m):
                values, at = _samples(trend, mine, columns, gauge_m)
                made = grid(values, at, start_m=0.0, grid_m=grid_m, cells=cells)
                mean[rows], low[rows], high[rows], count[rows] = made.mean, made.low, made.high, made.count.astype(np.int64)
    return Level(grid_m, mean, low, high, count)


def _by_gauge(
    trend: Trend, signals: Sequence[Signal], gauges_m: Mapping[tuple[str, str], float]
) -> list[tuple[float, list[Column], Ints]]:
    """Signals measured at one place: how far behind their section's reference point, which columns, which rows."""
    places: dict[tuple[float, str | None], list[Signal]] = {}
    for signal in signals:
        section = trend.section(signal.column)
        place = gauges_m.get((signal.table, signal.column.name), 0.0), None if section is None else section.end
        places.setdefault(place, []).append(signal)
    return [(gauge, [s.column for s in own], np.array([s.row for s in own])) for (gauge, _), own in places.items()]


def _samples(trend: Trend, stretches: Sequence[Stretch], columns: Sequence[Column], gauge_m: float) -> tuple[Floats, Floats]:
    """Values, signals x samples, and the metre of the final product where each sample lies."""
    values, places = [], []
    section = trend.section(columns[0])
    for stretch in stretches:
        if stretch.run is None:
            continue
        low, high = sorted((float(stretch.run.y[0]), float(stretch.run.y[-1])))
        apart = abs(gauge_m) * max(stretch.elongation, 1.0) + _SPARE_M
        first, behind = trend.rows_between(low - apart, high + apart, section=section)
        times = trend.times[first:behind].astype(np.float64)
        run = trend.passed(times, gauge_m, elongation=stretch.elongation, section=section)
        values.append(trend.values([column.name for column in columns], first, behind))
        places.append(stretch.run.inverse().at(run))
    if not values:
        return np.zeros((len(columns), 0)), np.zeros(0)
    return np.concatenate(values, axis=1), np.concatenate(places)
