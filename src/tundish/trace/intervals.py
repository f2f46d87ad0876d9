"""Without any material: what was known when an interval of a regular time series began?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from tundish.errors import Message, NoSharedKey
from tundish.table import ROW, SOURCE, Column, Finding, Table
from tundish.trace.base import files_of, origin_of
from tundish.trace.pieces import BATCH, END, MOMENT, PIECE, START, Link, Pieces
from tundish.trace.stamps import NEVER, SECOND, Stamps, as_times, spacing, stamp_column, stamps
from tundish.trace.stays.events import floats
from tundish.trace.stays.features import Feature, as_stated, describe, when_known
from tundish.trace.stays.segments import Floats, Ints, by_time, numbers
from tundish.trace.target import Target
from tundish.vocabulary import Catalogue

_FEWEST = 100
"""Shorter series tell nothing of what was known before."""
_DAY = 86_400 * SECOND
_HOUR = 3_600 * SECOND


@dataclass(frozen=True)
class _Grid:
    """Rows of the series on an unbroken row of intervals."""

    at: Ints
    """Place of each row on the grid."""
    size: int
    step: int
    """Length of an interval in microseconds."""

    def laid(self, values: Floats) -> Floats:
        """Values on the grid, NaN in its gaps."""
        out = np.full(self.size, np.nan)
        out[self.at] = values
        return out

    def lagged(self, laid: Floats, steps: int) -> pl.Series:
        """For each row the value so many intervals before."""
        before = self.at - steps
        return pl.Series(np.where(before >= 0, laid[np.maximum(before, 0)], np.nan)).fill_nan(None)


def is_regular(table: Table, catalogue: Catalogue) -> bool:
    """True for a table of at least a hundred rows whose stamps are nearly all the same step apart."""
    stamp = stamp_column(table, catalogue)
    if stamp is None or table.frame.height < _FEWEST:
        return False
    times = stamps(table, stamp.name)
    known = np.unique(times[times != NEVER])
    step = spacing(known)
    return known.size >= 0.98 * times.size and step > 0 and bool((np.abs(np.diff(known) - step) <= 0.01 * step).mean() >= 0.9)


def trace_intervals(
    table: Table, others: Sequence[Table], target: Target, catalogue: Catalogue, *, known: Mapping[str, str], time_zone: str
) -> Pieces:
    """One row an interval, decided when it begins: earlier values of every column, and the calendar.

    Columns of the same row are kept and marked as known only with the target, except those that follow from the calendar.
    Numbers of other tables count by their mean over each interval. Raises :class:`tundish.errors.NoSharedKey` when there are
    other tables and none has rows in the intervals.
    """
    stamp = stamp_column(table, catalogue)
    if stamp is None:
        raise ValueError(table.name)
    times, keep = _in_order(stamps(table, stamp.name))
    ordered = replace(table, frame=table.frame[keep])
    step = int(spacing(times))
    grid = _Grid(((times - times[0] + step // 2) // step).astype(np.int64), int((times[-1] - times[0]) // step) + 2, step)
    column = ordered.column(target.column)
    calendar = _calendar(times - step, time_zone)
    features = [_same_row(ordered, other, calendar) for other in _others(ordered, column)]
    measured = [f.column.name for f in features if f.column.known != "before"]
    features += _past(ordered, column, grid, whole=True)
    for other in _others(ordered, column):
        if describe(ordered, other).name in measured:
            features += _past(ordered, other, grid, whole=False)
    features += _clock_features(ordered, stamp, calendar)
    findings = _told(table, times, keep.size, grid)
    links = []
    for stranger in others:
        beside = _beside(stranger, times, grid, catalogue)
        if beside is None:
            findings.append(_unlinked(stranger, table))
        else:
            links.append(beside[0])
            features += beside[1]
    if others and not links:
        raise NoSharedKey(first=files_of(table), second=files_of(others[0]), tried=Message("ids, times"))
    pieces = _assemble(ordered, column, [as_stated(f, known) for f in features], findings, (times, step))
    return replace(pieces, links=tuple(links), unlinked=max((times.size - link.pieces_linked for link in links), default=0))


def _beside(other: Table, times: Stamps, grid: _Grid, catalogue: Catalogue) -> tuple[Link, list[Feature]] | None:
    """Another table's numbers as means over the intervals; None when fewer than one interval in ten has a row of it."""
    stamp = stamp_column(other, catalogue)
    if stamp is None:
        return None
    segments = by_time(stamps(other, stamp.name), times - grid.step + 1, times)
    linked = int((segments.lengths > 0).sum())
    if linked < 0.1 * times.size:
        return None
    features = []
    for column in other.of_kind("number"):
        means = numbers(floats(other, column), segments, None, ["mean"])["mean"]
        same_row = Feature(describe(other, column, "mean", "interval"), pl.Series(means).fill_nan(None))
        features.append(when_known(same_row, "with_target", Message("measured in the same interval as the target")))
        features += _past_of(other, column, means, grid, whole=False)
    return Link(other.name, "time", (stamp.header, stamp.header), other.frame.height, segments.reached, linked, 0), features


def _unlinked(other: Table, table: Table) -> Finding:
    text = Message("{file} has no rows in the intervals of {home} and is set aside ({rows} rows).",
                   file=files_of(other), home=files_of(table), rows=other.frame.height)  # fmt: skip
    return Finding("unlinked_table", "warning", text, origin_of(other), other.frame.height)


def _in_order(times: Stamps) -> tuple[Stamps, Ints]:
    """Distinct stamps in order, and the row each stands in (the first of doubles)."""
    distinct, first = np.unique(times, return_index=True)
    present = distinct != NEVER
    return distinct[present], first[present]


def _others(table: Table, target: Column) -> list[Column]:
    return [column for column in table.of_kind("number", "category") if column.name != target.name]


def _calendar(begins: Stamps, time_zone: str) -> pl.DataFrame:
    """Hour of the day, weekday and month of the moment at which each interval begins, on the plant's clock."""
    local = as_times(begins, "at").dt.convert_time_zone(time_zone)
    hour = local.dt.hour() + local.dt.minute() / 60 + local.dt.second() / 3600
    return pl.DataFrame({"hour": hour, "weekday": local.dt.weekday(), "month": local.dt.month()})


def _same_row(table: Table, column: Column, calendar: pl.DataFrame) -> Feature:
    feature = Feature(describe(table, column), table.frame[column.name])
    for names in (["hour", "weekday"], ["hour", "weekday", "month"]):
        if _follows(table.frame[column.name], calendar, names):
            return when_known(feature, "before", Message("follows from {what}", what=", ".join(names)))
    return when_known(feature, "with_target", Message("measured in the same interval as the target"))


def _follows(values: pl.Series, calendar: pl.DataFrame, names: list[str]) -> bool:
    """Does the calendar alone settle the value? Seen on at least four rows of each cell of the calendar on average."""
    if values.drop_nulls().n_unique() < 2:
        return False
    cells = calendar.select(names).with_columns(values.alias("value")).group_by(names).agg(
        pl.len().alias("rows"), pl.col("value").unique_counts().max().alias("same")
    )  # fmt: skip
    rows = int(cells["rows"].sum())
    return rows >= 4 * cells.height and float(cells["same"].sum()) >= 0.999 * rows


def _past(table: Table, column: Column, grid: _Grid, *, whole: bool) -> list[Feature]:
    """Values some intervals, a day and a week ago, and how the last hours and the last day were."""
    return _past_of(table, column, floats(table, column), grid, whole=whole) if column.kind == "number" else []


def _past_of(table: Table, column: Column, values: Floats, grid: _Grid, *, whole: bool) -> list[Feature]:
    laid = grid.laid(values)
    day, week = _DAY // grid.step, 7 * _DAY // grid.step
    steps = sorted({lag for lag in ((1, 2, 3, 4, day, week) if whole else (1, 2, day)) if 1 <= lag < grid.size // 2})
    features = [_lag(table, column, f"t-{lag}", grid.lagged(laid, lag)) for lag in steps]
    for span in (4 * _HOUR // grid.step, day):
        if 2 <= span < grid.size // 2:
            names = ("mean", "std", "min", "max") if whole else ("mean",)
            features += [
                _lag(table, column, f"{name} t-{span}..t-1", grid.lagged(rolled, 1), spread=name == "std")
                for name, rolled in _rolling(laid, span, names)
            ]
    return features


def _lag(table: Table, column: Column, window: str, values: pl.Series, *, spread: bool = False) -> Feature:
    made = describe(table, column, "lag", window, tag=window)
    return Feature(replace(made, offset=0.0) if spread else made, values)


def _rolling(laid: Floats, span: int, names: tuple[str, ...]) -> list[tuple[str, Floats]]:
    """Mean, spread, least and greatest of the last ``span`` intervals, the present one included."""
    series = pl.Series(laid).fill_nan(None)
    half = max(2, span // 2)
    rolls = {
        "mean": lambda: series.rolling_mean(span, min_samples=half),
        "std": lambda: series.rolling_std(span, min_samples=half),
        "min": lambda: series.rolling_min(span, min_samples=half),
        "max": lambda: series.rolling_max(span, min_samples=half),
    }
    return [(name, rolls[name]().fill_null(np.nan).to_numpy().astype(np.float64)) for name in names]


def _clock_features(table: Table, stamp: Column, calendar: pl.DataFrame) -> list[Feature]:
    angle = calendar["hour"].to_numpy() * (2 * np.pi / 24)
    made = {"sin_of_day": pl.Series(np.sin(angle)), "cos_of_day": pl.Series(np.cos(angle))}
    columns = [(describe(table, stamp, tag=name), values) for name, values in made.items()]
    turning = [
        Feature(replace(c, kind="number", concept=None, unit=None, unit_read=None, window="calendar"), v) for c, v in columns
    ]
    weekday = replace(describe(table, stamp, tag="weekday"), kind="category", concept=None, window="calendar")
    return [*turning, Feature(weekday, calendar["weekday"].cast(pl.String))]


def _told(table: Table, times: Stamps, kept: int, grid: _Grid) -> list[Finding]:
    origin, file = origin_of(table), files_of(table)
    minutes = grid.step / SECOND / 60
    text = Message(
        "{file}: no ids of material; each row is an interval of {minutes:g} min. What is asked is its value when it begins: "
        "values of the same row count as known too late.",
        file=file, minutes=minutes,
    )  # fmt: skip
    told = [Finding("intervals", "info", text, origin, times.size)]
    missing = int(np.round((times[-1] - times[0]) / grid.step)) + 1 - times.size
    uneven = int((np.abs((np.diff(times) + grid.step // 2) % grid.step - grid.step // 2) > 0.01 * grid.step).sum())
    if missing > 0:
        text = Message("{file}: {count} intervals are missing; values that lie in them stay empty.", file=file, count=missing)
        told.append(Finding("gaps_in_series", "warning", text, origin, missing))
    if uneven:
        text = Message(
            "{file}: {count} rows do not stand a whole number of intervals after the row before.", file=file, count=uneven
        )
        told.append(Finding("uneven_series", "warning", text, origin, uneven))
    lost = table.frame.height - kept
    if lost:
        text = Message("{file}: {count} rows repeat a time or have none and are left out.", file=file, count=lost)
        told.append(Finding("repeated_times", "warning", text, origin, lost))
    return told


def _assemble(
    table: Table, column: Column, features: Sequence[Feature], findings: Sequence[Finding], ends: tuple[Stamps, int]
) -> Pieces:
    times, step = ends
    outcome = replace(describe(table, column), known="with_target")
    present = [feature for feature in features if feature.values.null_count() < feature.values.len()]
    names = as_times(times, PIECE).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    frame = pl.DataFrame(
        [
            names,
            as_times(times - step, START),
            as_times(times, END),
            as_times(times - step, MOMENT),
            names.alias(BATCH),
            *(table.frame[name] for name in (ROW, SOURCE) if name in table.frame.columns),
            table.frame[column.name].alias(outcome.name),
            *(feature.values.alias(feature.column.name) for feature in present),
        ]
    )
    whole = Table(
        name="pieces", frame=frame, columns=(outcome, *(f.column for f in present)), origins=table.origins,
        findings=tuple(findings), repairs=table.repairs,
    )  # fmt: skip
    return Pieces(whole, outcome.name, "interval", (), (), 0)
