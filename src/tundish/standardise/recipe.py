"""How are rows standardised that are too many to be held? What was understood of a sample is done to every chunk alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from tundish.errors import BrokenFile, Message
from tundish.intake.held import read_chunk
from tundish.standardise.checks.outliers import far_beyond
from tundish.standardise.checks.plausible import never_beyond
from tundish.standardise.meaning import Meant
from tundish.standardise.places import Place
from tundish.standardise.standstills import standstills
from tundish.standardise.values.days import begin_days, to_utc
from tundish.standardise.values.gaps import is_code
from tundish.standardise.values.kinds import Read, in_one_unit, read_times_of, whole_texts
from tundish.standardise.values.numbers import Style, in_style
from tundish.standardise.values.stamps import Order
from tundish.standardise.values.times import Times, read_times, serial_times
from tundish.table import ROW, Chunk, Origin, Recipe, Rule

_DATE_FROM_NAME = "date_from_name"
_FROM_1904 = "date_1904"
_MIDNIGHT = "midnight"
_ODD = 1000
"""Different values beyond all bounds that are looked at: codes are few."""


def write_recipe(meant: Sequence[Meant], time_zone: str) -> Recipe:
    """What was understood of each column; one whose values hang on all rows above (clocks without a date) gets no rule."""
    rules = (_rule(one) for one in meant)
    return Recipe(tuple(rule for rule in rules if rule is not None), time_zone)


@dataclass(frozen=True)
class Standard:
    """Rows of a chunk as they would stand in the table's frame: ``#row``, SI, UTC, impossible values empty."""

    frame: pl.DataFrame
    emptied: Mapping[str, int]
    """Column -> values that mean: not measured, or cannot be true."""
    beyond: Mapping[str, int]
    """Column -> those of them that lie where none can be true; where they are many, the column is misunderstood."""


def read_standard(chunk: Chunk, recipe: Recipe, names: Sequence[str]) -> Standard:
    """These columns of a chunk, standardised.

    Raises what :func:`tundish.intake.held.read_chunk` raises, and :class:`tundish.errors.BrokenFile` for a time that does not
    read as in the sample.
    """
    rules = [rule for rule in recipe.rules if rule.name in names]
    headers = list(dict.fromkeys(header for rule in rules for header in rule.headers))
    raw = read_chunk(chunk, headers)
    plant = {rule.name: _plant(rule, raw, chunk, recipe.time_zone) for rule in rules}
    numbers = [rule for rule in rules if rule.kind == "number"]
    coded = {rule.name: _measured(rule, plant[rule.name]) for rule in numbers}
    true = {rule.name: _possible(rule, coded[rule.name]) for rule in numbers}
    beyond = {name: kept.null_count() - coded[name].null_count() for name, kept in true.items()}
    true |= _moving({rule.name: true[rule.name] for rule in numbers if rule.lively})
    values = [_si(rule, true.get(rule.name, plant[rule.name])).alias(rule.name) for rule in rules]
    emptied = {name: kept.null_count() - plant[name].null_count() for name, kept in true.items()}
    return Standard(pl.DataFrame([raw[ROW].cast(pl.UInt32), *values]), emptied, beyond)


def _rule(one: Meant) -> Rule | None:
    read, column = one.read, one.column
    headers = tuple(origin.column for origin in read.origins if origin.column is not None)
    made = {repair.code for repair in read.repairs}
    if not headers or len(headers) > 2 or _DATE_FROM_NAME in made:
        return None
    rule = Rule(column.name, headers, read.kind, column.factor, column.offset)
    if read.kind == "time":
        counted = None if read.counted is None else "1904" if _FROM_1904 in made else read.counted
        return replace(rule, order=read.order, serial=counted, midnight=_MIDNIGHT in made)
    if read.kind != "number":
        return rule
    low, high = (None, None) if read.kept is not None else _bounds(one)
    lively = read.kept is None and (one.concept is None or one.concept.aspect != "setpoint")
    return replace(rule, style=read.style, unit=read.unit_text, missing=read.codes, low=low, high=high, lively=lively)


def _bounds(one: Meant) -> tuple[float | None, float | None]:
    """Beyond what a value of this column cannot be true, in the plant's unit: by its concept, and by all that was seen."""
    values = np.asarray(one.plant.to_numpy(), dtype=np.float64)
    found = [bounds for bounds in (never_beyond(one, values), far_beyond(values)) if bounds is not None]
    if not found:
        return None, None
    least, most = max(low for low, _ in found), min(high for _, high in found)
    return (least if np.isfinite(least) else None), (most if np.isfinite(most) else None)


def _plant(rule: Rule, raw: pl.DataFrame, chunk: Chunk, time_zone: str) -> pl.Series:
    """Numbers in the plant's unit, times in UTC, words."""
    if rule.kind == "number":
        return _numbers(rule, raw[rule.headers[0]], chunk)
    if rule.kind == "time":
        return _times(rule, raw, chunk, time_zone)
    return whole_texts(raw[rule.headers[0]])


def _numbers(rule: Rule, raw: pl.Series, chunk: Chunk) -> pl.Series:
    if raw.dtype == pl.Duration:
        values = raw.dt.total_microseconds().cast(pl.Float64) / 1e6
    elif raw.dtype == pl.String:
        style: Style = "comma" if rule.style == "comma" else "comma_grouped" if rule.style == "comma_grouped" else "point"
        place = Place(Origin(chunk.file, column=rule.headers[0]), raw)
        read = Read(rule.headers[0], place, "text", raw, raw, (place.origin,), rule.unit)
        values = in_one_unit(read, in_style(raw, style))[1].values
    else:
        values = raw.cast(pl.Float64, strict=False)
    finite = values.is_finite()
    return values if finite.all() else values.set(~finite.fill_null(value=False), None)


def _measured(rule: Rule, values: pl.Series) -> pl.Series:
    """Without numbers that mean: not measured, those that the sample held and those that are written for nothing else."""
    far = _beyond(rule, values)
    odd = values.filter(far).unique().head(_ODD).to_list() if far.any() else []
    out = values.is_in([*rule.missing, *(value for value in odd if is_code(value))]).fill_null(value=False)
    return values.set(out, None) if out.any() else values


def _possible(rule: Rule, values: pl.Series) -> pl.Series:
    """Without values that cannot be true."""
    far = _beyond(rule, values)
    return values.set(far, None) if far.any() else values


def _beyond(rule: Rule, values: pl.Series) -> pl.Series:
    low, high = (-np.inf if rule.low is None else rule.low), (np.inf if rule.high is None else rule.high)
    return ((values < low) | (values > high)).fill_null(value=False)


def _moving(signals: dict[str, pl.Series]) -> dict[str, pl.Series]:
    """Signals without the stretches in which a sensor stood still that otherwise moves all the time."""
    arrays = {name: values.to_numpy() for name, values in signals.items()}
    still = {}
    for name, stretches in standstills(arrays).items():
        kept = np.ones(len(arrays[name]), dtype=np.bool_)
        for one in stretches:
            if not one.resting:
                kept[one.start : one.stop] = False
        still[name] = signals[name].set(~pl.Series(kept), None)
    return still


def _times(rule: Rule, raw: pl.DataFrame, chunk: Chunk, time_zone: str) -> pl.Series:
    reads = [_time(rule, raw[header], header, chunk) for header in rule.headers]
    read = reads[0]
    if len(reads) == 2:
        read = replace(reads[1], values=reads[0].values.dt.truncate("1d") + reads[1].values, span="moment")
    if rule.midnight:
        read = replace(read, values=begin_days(read.values))
    # What the sample says of midnights holds for all rows: a chunk alone is not asked.
    return to_utc(replace(read, span="date"), time_zone).values


def _time(rule: Rule, raw: pl.Series, header: str, chunk: Chunk) -> Read:
    place = Place(Origin(chunk.file, column=header), raw)
    read = Read(header, place, "time", raw, raw, (place.origin,))
    if raw.dtype.is_temporal():
        return read_times_of(read)
    order: Order = "dmy" if rule.order == "dmy" else "mdy" if rule.order == "mdy" else "ymd"
    found: object
    if rule.serial is not None:
        numbers = raw.cast(pl.Float64, strict=False)
        found = serial_times(numbers, None)
    else:
        found = read_times(whole_texts(raw), header, order)
    if raw.null_count() == raw.len():
        return replace(read, values=pl.Series(header, [None] * raw.len(), dtype=pl.Datetime("us")), span="moment")
    if not isinstance(found, Times):
        raise BrokenFile(
            file=chunk.file,
            expected=Message("times in {column}", column=header),
            found=Message("something else in part {number}, from row {row} on", number=chunk.number, row=chunk.row),
        )
    values = found.values.dt.offset_by("1462d") if rule.serial == "1904" else found.values
    return replace(read, values=values, span=found.span, utc=found.utc)


def _si(rule: Rule, values: pl.Series) -> pl.Series:
    if rule.kind == "number" and (rule.factor != 1.0 or rule.offset != 0.0):
        return values * rule.factor + rule.offset
    return values
