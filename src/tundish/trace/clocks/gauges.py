"""What would each gauge have shown at the line's reference point? Signals moved by the strip between the gauge and there."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from tundish.table import Column, Table
from tundish.trace.stamps import NEVER, SECOND, Floats, Stamps

_SPEED, _ENTRY = "line.speed", "line.entry_speed"
_LONGEST_S = 60.0
"""A hole in the log longer than this tells nothing of the speed in it."""


def at_reference(table: Table, times: Stamps, gauges_m: Mapping[str, float]) -> list[Floats]:
    """Numbers of a log, and flags in words as numbers, each as the strip at the reference point had it.

    ``gauges_m``: ``file:column`` -> metres behind the reference point, against the running direction negative. A gauge d metres
    on sees what passed the reference point d metres of strip ago. Without its place or a speed a signal stays as it is.
    """
    read = [(column, _numbers(table, column)) for column in table.columns]
    lengths = {concept: _length(table, times, concept) for concept in (_ENTRY, _SPEED)} if gauges_m else {}
    order = np.argsort(times, kind="stable")
    moved = []
    for column, values in read:
        if values is not None:
            metres = _metres(table, column, gauges_m)
            length = lengths.get(_ENTRY if metres < 0 else _SPEED)
            moved.append(values if metres == 0.0 or length is None else _moved(values, order, length[order], metres))
    return moved


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


def _moved(values: Floats, order: npt.NDArray[np.intp], length: Floats, metres: float) -> Floats:
    """The reading at the time when the strip that was at the reference point had come to the gauge."""
    passed = np.interp(length + metres, length, np.arange(order.size))
    moved = values.copy()
    moved[order] = values[order][np.rint(passed).astype(np.intp)]
    return moved


def _length(table: Table, times: Stamps, concept: str) -> Floats | None:
    """Metres of strip that have passed at each row: the integral of the speed."""
    wanted = [c for name in dict.fromkeys((concept, _SPEED)) for c in table.columns if c.concept == name and c.kind == "number"]
    if not wanted:
        return None
    speed = np.nan_to_num(table.frame[wanted[0].name].cast(pl.Float64).fill_null(0.0).to_numpy())
    order = np.argsort(times, kind="stable")
    known = np.where(times[order] == NEVER, times.max(), times[order])
    steps = np.clip(np.diff(known) / SECOND, 0.0, _LONGEST_S)
    run = np.maximum(speed[order], 1e-6)
    length = np.empty(times.size)
    length[order] = np.concatenate(([0.0], np.cumsum(steps * (run[1:] + run[:-1]) / 2)))
    return length
