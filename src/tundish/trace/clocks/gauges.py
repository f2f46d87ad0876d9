"""What would each gauge have shown at the line's reference point? Signals moved by the strip between the gauge and there."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.table import Column, Table
from tundish.trace.speeds import UNITS, entry_speed, exit_speed, nearest_unit, strip_speed
from tundish.trace.stamps import NEVER, SECOND, Floats, Stamps
from tundish.vocabulary import Catalogue

_PULSE_S = 5.0
"""A flag that is set for less than that at a time is a pulse."""
_LONGEST_S = 60.0
"""A hole in the log longer than this tells nothing of the speed in it."""


def at_reference(
    table: Table, times: Stamps, gauges_m: Mapping[str, float], catalogue: Catalogue, *, usual_m_s: float | None = None
) -> list[Floats]:
    """Numbers of a log, and flags in words as numbers, each as the strip at the reference point had it.

    ``gauges_m``: ``file:column`` -> metres behind the reference point, against the running direction negative. A gauge d metres
    on sees what passed the reference point d metres of strip ago. Without its place or a speed a signal stays as it is.
    ``usual_m_s``: how fast the line runs by recorded lengths and times, for a speed whose unit is not written.
    Those that are moved least come first, for they are the surest. Between loopers a line runs at several speeds, and nothing
    tells at which of them a detector stands: its pulses are given once by each.
    """
    read = [(column, _numbers(table, column)) for column in table.columns]
    speed = strip_speed(table, catalogue) if gauges_m else None
    entry = entry_speed(table) if gauges_m else None
    named = {column.name: column for column in (speed, entry, exit_speed(table)) if column is not None and gauges_m}
    lengths = {name: _length(table, times, column, usual_m_s) for name, column in named.items()}
    order = np.argsort(times, kind="stable")
    moved = []
    for column, values in read:
        if values is None:
            continue
        metres = _metres(table, column, gauges_m)
        own = entry if metres < 0 and entry is not None else speed
        if metres == 0.0 or own is None:
            moved.append((0.0, values))
            continue
        pulses = _pulses(values[order], times[order])
        by = [own.name] if pulses is None else dict.fromkeys((own.name, *lengths))
        moved += [(abs(metres), _moved(values, order, lengths[name][order], metres, pulses)) for name in by]
    return [values for _, values in sorted(moved, key=lambda one: one[0])]


def _numbers(table: Table, column: Column) -> Floats | None:
    values = table.frame[column.name]
    if column.kind == "number":
        return values.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    if column.kind == "category" and 2 <= values.n_unique() <= 5:
        names = {name: number for number, name in enumerate(sorted(values.drop_nulls().cast(pl.String).unique().to_list()))}
        codes = values.cast(pl.String).replace_strict(names, default=None, return_dtype=pl.Float64)
        return codes.fill_null(float("nan")).to_numpy()
    return None


def _metres(table: Table, column: Column, gauges_m: Mapping[str, float]) -> float:
    file = table.origins[0].file if table.origins else None
    spots = [spot for origin in column.origins if origin.file == file or len(table.origins) < 2 for spot in origin.spots]
    return next((gauges_m[spot] for spot in spots if spot in gauges_m), 0.0)


_Pulses = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], tuple[float, float]]


def _moved(values: Floats, order: npt.NDArray[np.intp], length: Floats, metres: float, pulses: _Pulses | None) -> Floats:
    """The reading at the time when the strip that was at the reference point had come to the gauge."""
    moved = values.copy()
    if pulses is None:
        passed = np.interp(length + metres, length, np.arange(order.size))
        moved[order] = values[order][np.rint(passed).astype(np.intp)]
        return moved
    rises, widths, (without, with_) = pulses
    moved[np.isfinite(moved)] = without
    came = np.rint(np.interp(length[rises] - metres, length, np.arange(order.size))).astype(np.intp)
    for at, width in zip(came.tolist(), widths.tolist(), strict=True):
        moved[order[at : at + width]] = with_
    return moved


def _pulses(values: Floats, times: Stamps) -> _Pulses | None:
    """Rows at which short pulses of a flag rise, their rows, and both values; None where it is no such flag.

    A pulse lasts as long as its timer, at any speed: what passes the gauge then is not what it marks, but what it rises at.
    """
    known = np.unique(values[np.isfinite(values)])
    if known.size != 2 or values.size < 2:
        return None
    rare = known[int((values == known[1]).sum() < (values == known[0]).sum())]
    flags = np.concatenate(([0], (values == rare).astype(np.int8), [0]))
    rises, falls = np.flatnonzero(np.diff(flags) == 1), np.flatnonzero(np.diff(flags) == -1)
    lasts = times[np.minimum(falls, times.size - 1)] - times[rises]
    if not rises.size or float(np.median(lasts)) > _PULSE_S * SECOND:
        return None
    return rises, falls - rises, (float(known[known != rare][0]), float(rare))


def _length(table: Table, times: Stamps, column: Column, usual_m_s: float | None) -> Floats:
    """Metres of strip that have passed at each row: the integral of the speed."""
    speed = np.abs(np.nan_to_num(table.frame[column.name].cast(pl.Float64).fill_null(0.0).to_numpy()))
    speed = speed / _unit(column, speed, usual_m_s)
    order = np.argsort(times, kind="stable")
    known = np.where(times[order] == NEVER, times.max(), times[order])
    steps = np.clip(np.diff(known) / SECOND, 0.0, _LONGEST_S)
    run = np.maximum(speed[order], 1e-6)
    length = np.empty(times.size)
    length[order] = np.concatenate(([0.0], np.cumsum(steps * (run[1:] + run[:-1]) / 2)))
    return length


def _unit(column: Column, speed: Floats, usual_m_s: float | None) -> float:
    """Numbers of the speed a m/s: 1 where its unit is written, else the unit nearest to what lengths and times tell."""
    if column.unit is not None or not usual_m_s or not (speed > 0).any():
        return 1.0
    scale = float(np.median(speed[speed > 0])) / usual_m_s
    return nearest_unit(scale) if scale > math.sqrt(min(UNITS)) else 1.0
