"""Which value has an object, now and in a span of time? Values stand in the plant's unit, as its type says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl

from tundish.table import Column, Table
from tundish.web.api.i3x.space import AddressSpace, Json, Quality, Thing

_TIME_ROLES = ("time", "time_end", "time_start")
"""Which time stamps a row, where it has several: the moment, else the end, else the start."""


@dataclass(frozen=True, slots=True)
class Vqt:
    """A value with its quality and the moment it was recorded, UTC."""

    value: Any
    quality: Quality
    at: datetime

    def as_json(self) -> Json:
        """As i3X writes it."""
        return {"value": self.value, "quality": self.quality, "timestamp": written(self.at)}


def written(at: datetime) -> str:
    """RFC 3339 in UTC.

    >>> written(datetime(2025, 1, 8, 10, 30, tzinfo=UTC))
    '2025-01-08T10:30:00.000000Z'
    """
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Values:
    """Values of one snapshot. Rows are ordered by time once, when first asked for."""

    def __init__(self, space: AddressSpace, roles: Mapping[str, str], changed_at: datetime) -> None:
        self._space = space
        self._roles = roles
        self._changed_at = changed_at
        self._ordered: dict[int, tuple[pl.DataFrame, str | None]] = {}

    def latest(self, thing: Thing) -> Vqt:
        """The last known value; null with ``GoodNoData`` where there never was one."""
        if thing.table is None:
            return Vqt(self._plant(thing), "Good", self._changed_at)
        frame, time = self._by_time(thing.table)
        frame = self._present(thing, frame)
        if not frame.height:
            return Vqt(None, "GoodNoData", self._changed_at)
        return next(self._rows(thing, frame.tail(1), time))

    def between(self, thing: Thing, begin: datetime, end: datetime, most: int) -> tuple[list[Vqt], bool]:
        """Values recorded from ``begin`` to ``end``, both included, the earliest ``most``; True when there are more."""
        if thing.table is None:
            at = self._changed_at
            return ([self.latest(thing)] if begin <= at <= end else []), False
        frame, time = self._by_time(thing.table)
        if time is None:
            return [], False
        inside = self._present(thing, frame.filter(pl.col(time).is_between(begin, end)))
        return list(self._rows(thing, inside.head(most), time)), inside.height > most

    def after(self, thing: Thing, moment: datetime, most: int) -> list[Vqt]:
        """Values recorded after a moment, the newest ``most``, in order of time."""
        if thing.table is None:
            return []
        frame, time = self._by_time(thing.table)
        if time is None:
            return []
        return list(self._rows(thing, self._present(thing, frame.filter(pl.col(time) > moment)).tail(most), time))

    def timed(self, thing: Thing) -> bool:
        """Do its values carry moments of their own? Without one they carry that of the snapshot."""
        return thing.table is not None and self._by_time(thing.table)[1] is not None

    def _present(self, thing: Thing, frame: pl.DataFrame) -> pl.DataFrame:
        if thing.column is None:
            return frame
        return frame.filter(pl.col(thing.column.name).is_not_null() & ~_nan(thing.column))

    def _by_time(self, table: Table) -> tuple[pl.DataFrame, str | None]:
        if id(table) not in self._ordered:
            time = self._time_of(table)
            frame = table.frame if time is None else table.frame.drop_nulls(time).sort(time, maintain_order=True)
            self._ordered[id(table)] = (frame, time)
        return self._ordered[id(table)]

    def _time_of(self, table: Table) -> str | None:
        times = [column for column in table.of_kind("time") if table.frame[column.name].null_count() < table.frame.height]
        for role in _TIME_ROLES:
            for column in times:
                if self._roles.get(column.concept or "") == role:
                    return column.name
        return times[0].name if times else None

    def _rows(self, thing: Thing, frame: pl.DataFrame, time: str | None) -> Iterator[Vqt]:
        table = thing.table
        if table is None:
            return
        columns = table.columns if thing.column is None else (thing.column,)
        shown = frame.select(_shown(column) for column in columns)
        moments = frame[time].to_list() if time else [self._changed_at] * frame.height
        for row, at in zip(shown.iter_rows(named=True), moments, strict=True):
            value = row if thing.column is None else row[thing.column.name]
            yield Vqt(value, "Good", at)

    def _plant(self, thing: Thing) -> Json:
        tables = [self._space.things[id].table for id in thing.relations.get("HasChildren", ())]
        present = [table for table in tables if table is not None]
        columns = [column for table in present for column in table.columns]
        return {
            "name": thing.name,
            "tables": len(present),
            "rows": sum(table.frame.height for table in present),
            "columns": len(columns),
            "columnsWithConcept": sum(column.concept is not None for column in columns),
        }


def _nan(column: Column) -> pl.Expr:
    value = pl.col(column.name)
    return value.cast(pl.Float64).is_nan().fill_null(value=False) if column.kind == "number" else pl.lit(value=False)


def _shown(column: Column) -> pl.Expr:
    """A column as JSON wants it: numbers in the plant's unit, times as RFC 3339, everything else as text."""
    value = pl.col(column.name)
    if column.kind == "number":
        number = value.cast(pl.Float64)
        plant = (number - column.offset) / column.factor
        rounded = plant.round_sig_figs(12) if (column.factor, column.offset) != (1.0, 0.0) else plant
        return pl.when(number.is_finite()).then(rounded).alias(column.name)
    if column.kind == "time":
        return value.dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").alias(column.name)
    return value.cast(pl.String).alias(column.name)
