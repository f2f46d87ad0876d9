"""How are rows standardised that are too many to be held? What was understood of a sample is done to every chunk alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from tundish.errors import BrokenFile, Message
from tundish.intake.held import read_chunk
from tundish.standardise import whole
from tundish.standardise.checks.plausible import never_beyond, usual_range, zero_when_still
from tundish.standardise.decided import Decided, said_of
from tundish.standardise.export import Export
from tundish.standardise.meaning import Meant, meaning_of_zero
from tundish.standardise.places import Place
from tundish.standardise.sheet import Sheet, in_plant_unit, lay_out
from tundish.standardise.values.days import begin_days, to_utc
from tundish.standardise.values.kinds import Read, in_one_unit, read_times_of, whole_texts
from tundish.standardise.values.numbers import Style, in_style
from tundish.standardise.values.stamps import Order
from tundish.standardise.values.times import Times, read_times, serial_times
from tundish.table import ROW, Chunk, Mended, Origin, Recipe, Rule, Verdict, Watch

_DATE_FROM_NAME = "date_from_name"
_FROM_1904 = "date_1904"
_MIDNIGHT = "midnight"
_LEVELS_SEEN = 2000


def write_recipe(export: Export, meant: Sequence[Meant], decided: Decided, time_zone: str, *, rows: int) -> Recipe:
    """What was understood of each column of a sample of ``rows``; one whose values hang on all rows above (clocks without a
    date) gets no rule."""
    sheet = lay_out(export, meant)
    rules = (_rule(one, sheet, decided, max(1, rows // _LEVELS_SEEN)) for one in meant)
    return Recipe(tuple(rule for rule in rules if rule is not None), time_zone)


@dataclass(frozen=True)
class Standard:
    """Rows of a chunk as they would stand in the table's frame: ``#row``, SI, UTC, impossible values empty."""

    frame: pl.DataFrame
    emptied: Mapping[str, int]
    """Column -> values that mean: not measured, or cannot be true."""
    looks: Mapping[str, whole.Look]
    """Column of numbers -> what its rows here show, before anything is left out; all chunks together give the verdict."""


def read_standard(chunk: Chunk, recipe: Recipe, names: Sequence[str]) -> Standard:
    """These columns of a chunk, standardised.

    Raises what :func:`tundish.intake.held.read_chunk` raises, and :class:`tundish.errors.BrokenFile` for a time that does not
    read as in the sample.
    """
    rules = [rule for rule in recipe.rules if rule.name in names]
    headers = list(dict.fromkeys(header for rule in rules for header in rule.headers))
    raw = read_chunk(chunk, headers)
    rows = raw[ROW].cast(pl.Int64).to_numpy()
    values, emptied, looks = [], {}, {}
    for rule in rules:
        made = _plant(rule, raw, chunk, recipe.time_zone)
        if rule.kind == "number":
            made, judged = _mended(rule, made, rows)
            if rule.watch is not None:
                looks[rule.name] = whole.look(judged, rows, rule.watch, rule.verdict)
                left = whole.leave_out(judged, rule.watch, rule.verdict, rows)
                if left is not judged:
                    out = np.isfinite(judged) & ~np.isfinite(left)
                    emptied[rule.name] = int(out.sum())
                    made = made.set(pl.Series(out), None)
        values.append(_si(rule, made).alias(rule.name))
    return Standard(pl.DataFrame([raw[ROW].cast(pl.UInt32), *values]), emptied, looks)


def judged(recipe: Recipe, looks: Mapping[str, Sequence[whole.Look]]) -> Recipe:
    """The recipe with what all rows of the file say: column -> its looks in the order of the rows."""
    watches = {rule.name: rule.watch for rule in recipe.rules if rule.watch is not None}
    found = whole.judge({name: some for name, some in looks.items() if name in watches}, watches)
    return replace(
        recipe, rules=tuple(replace(rule, verdict=found[rule.name]) if rule.name in found else rule for rule in recipe.rules)
    )


def _rule(one: Meant, sheet: Sheet, decided: Decided, stride: int) -> Rule | None:
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
    rule = replace(rule, style=read.style, unit=read.unit_text)
    told = said_of(decided.missing, read)
    if told == ():
        return rule
    values = in_plant_unit(one)
    watch = Watch(
        told=told,
        zero=meaning_of_zero(one.concept, pieces=sheet.pieces),
        quantity=one.concept.quantity if one.concept else None,
        never=never_beyond(one, values),
        usual=usual_range(one),
        zero_when_still=zero_when_still(one, log=sheet.log),
        lively=not sheet.pieces and (one.concept is None or one.concept.aspect != "setpoint"),
        core=whole.core_of(values),
        stride=stride,
    )
    seen = whole.look(
        values, np.arange(values.size), replace(watch, told=(), stride=max(1, values.size // _LEVELS_SEEN)), Verdict()
    )
    verdict = whole.judge({column.name: [seen]}, {column.name: replace(watch, told=())})[column.name]
    return replace(rule, watch=watch, verdict=replace(verdict, missing=read.codes, still=()))


def _mended(rule: Rule, values: pl.Series, rows: whole.Ints) -> tuple[pl.Series, whole.Floats]:
    """The values as a person mended them, and those of them that are judged: what was called true is not."""
    numbers = values.cast(pl.Float64).fill_null(np.nan).to_numpy()
    if not rule.mends:
        return values, numbers
    numbers = numbers.copy()
    kept = np.zeros(numbers.size, dtype=np.bool_)
    for mend in rule.mends:
        where = _where(mend, numbers, rows)
        if mend.keep:
            kept |= where
        else:
            numbers[where] = np.nan if mend.value is None else mend.value
    return pl.Series(values.name, numbers).fill_nan(None), np.where(kept, np.nan, numbers)


def _where(mend: Mended, values: whole.Floats, rows: whole.Ints) -> whole.Mask:
    if mend.row is None:
        where: whole.Mask = values == mend.found
        return where
    return (rows >= mend.row) & (rows <= (mend.row if mend.last is None else mend.last))


def _plant(rule: Rule, raw: pl.DataFrame, chunk: Chunk, time_zone: str) -> pl.Series:
    """Numbers in the plant's unit, times in UTC, words."""
    if rule.kind == "number":
        return plant_numbers(rule, raw[rule.headers[0]], chunk)
    if rule.kind == "time":
        return _times(rule, raw, chunk, time_zone)
    return whole_texts(raw[rule.headers[0]])


def plant_numbers(rule: Rule, raw: pl.Series, chunk: Chunk) -> pl.Series:
    """Cells of a chunk as numbers in the plant's unit."""
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
