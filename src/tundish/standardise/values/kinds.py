"""What kind of values does a column hold, judged by the values and a look at its header?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import polars as pl

from tundish.errors import Message
from tundish.standardise.places import Place
from tundish.standardise.values.numbers import NO_VALUE, Numbers, Reading, Style, read_numbers
from tundish.standardise.values.stamps import IDENTITY_HEADER, TIME_HEADER, Order, Span
from tundish.standardise.values.times import Times, Undecided, read_times, serial_times
from tundish.table import Aside, Finding, Kind, Origin, Repair
from tundish.vocabulary import Unit, parse_unit, split_header
from tundish.vocabulary.units import hint_of

_REPORTED = 20
_DIGITS_OF_NAME = 5
_NUMBERED = r"^[A-Za-z]+\d+$"
"""`T0012` is the twelfth tube, not twelve minutes past midnight."""
_ERRORS = frozenset(word for word in NO_VALUE if word.startswith("#")) | {"nan", "null", "none", "n/a", "nil", "na"}


@dataclass(frozen=True)
class Read:
    """One column understood by its values alone: numbers in the plant's unit, naive local times, clocks, or texts."""

    header: str
    place: Place
    kind: Kind
    values: pl.Series
    raw: pl.Series
    """As it stood in the file; names and codes are taken from here."""
    origins: tuple[Origin, ...]
    unit_text: str | None = None
    span: Span | None = None
    utc: bool = False
    order: Order | None = None
    repairs: tuple[Repair, ...] = ()
    findings: tuple[Finding, ...] = ()
    undecided: bool = False
    serial: bool = False
    """True for day counts of a workbook, whose first day may be 1900 or 1904."""
    asides: tuple[Aside, ...] = ()
    """Codes that were taken for: not measured."""
    kept: pl.Series | None = None
    """Mask of cells that a person called true; no check judges them."""
    style: Style | None = None
    """How decimals are written, in a column of texts."""
    counted: str | None = None
    """What numbers count that were read as times: ``unix s``, ``day count``."""
    codes: tuple[float, ...] = ()
    """Numbers that were taken for: not measured."""

    def adding(self, *, findings: Iterable[Finding] = (), repairs: Iterable[Repair] = ()) -> Read:
        """The same column with more findings and repairs."""
        return replace(self, findings=(*self.findings, *findings), repairs=(*self.repairs, *repairs))


def read_column(
    raw: pl.Series, header: str, place: Place, *, unit_text: str | None, decimal: str | None, order: Order | None = None
) -> Read:
    """Understand one column. ``order`` is the order of day and month that a sister column showed."""
    read = Read(header, place, "text", raw, raw, (place.origin,), unit_text)
    if raw.dtype == pl.String:
        return _read_texts(read, decimal, order)
    if raw.dtype.is_numeric():
        return _read_numbers(read)
    if raw.dtype.is_temporal():
        return read_times_of(read)
    if raw.dtype.is_nested() or raw.dtype in (pl.Binary, pl.Object):
        message = Message("The column holds lists or records, not one value a row; it cannot be read.")
        nothing = pl.Series([None] * len(raw), dtype=pl.String)
        return replace(read, values=nothing, raw=nothing).adding(findings=[place.finding("nested_column", "warning", message)])
    texts = raw.cast(pl.String, strict=False)
    return replace(read, kind="category", values=texts, raw=texts)


def _read_texts(read: Read, decimal: str | None, order: Order | None) -> Read:
    times = read_times(read.raw, read.header, order)
    if isinstance(times, Times) and not (times.span == "clock" and _all_like(read.raw, _NUMBERED)):
        return _as_times(read, times)
    if isinstance(times, Undecided) and (TIME_HEADER.search(read.header) or ":" in times.example):
        return replace(_as_words(read), undecided=True).adding(findings=[_undecided(read.place, times)])
    numbers = None if _is_lettered_name(read) else read_numbers(read.raw, decimal)
    if numbers is None:
        return _as_words(read)
    read, numbers = in_one_unit(read, numbers)
    read = replace(_report_numbers(read, numbers), style=numbers.style)
    return _number_or_more(read, numbers.values)


def _read_numbers(read: Read) -> Read:
    values = read.raw.cast(pl.Float64, strict=False)
    values = values.set(~values.is_finite().fill_null(value=True), None)
    digits = read.raw.drop_nulls().head(50).cast(pl.String).str.strip_suffix(".0")
    if TIME_HEADER.search(read.header) and bool(digits.str.contains(r"^(\d{8}|\d{12}|\d{14})$").all()) and len(digits):
        times = read_times(whole_texts(read.raw), read.header)
        if isinstance(times, Times):
            return _as_times(read, times)
    return _number_or_more(read, values)


def _number_or_more(read: Read, values: pl.Series) -> Read:
    serial = serial_times(values, read.header)
    if serial:
        return replace(_as_times(read, serial), serial=not serial.utc, counted=serial.pattern).adding(
            repairs=[
                read.place.repair(
                    "serial_time",
                    Message(
                        "Numbers were read as times ({how}). Correct the column in the export if this is wrong.",
                        how=serial.pattern,
                    ),
                    values.is_not_null(),
                )
            ]
        )
    if _is_name(values, read.header) or (not read.unit_text and not split_header(read.header)[1] and _begins_with_date(values)):
        return replace(read, kind="identity", values=whole_texts(read.raw))
    return replace(read, kind="number", values=values)


def _is_name(values: pl.Series, header: str) -> bool:
    filled = values.drop_nulls()
    if not IDENTITY_HEADER.search(header) or not len(filled) or not bool((filled == filled.round(0)).all()):
        return False
    distinct = filled.n_unique()
    return distinct >= 30 or distinct == len(filled) or bool((filled.abs() >= 10_000).all())


def _is_lettered_name(read: Read) -> bool:
    """Many digits and a letter, each the same length: `2603100A` names a charge, no current where the header says none."""
    if read.unit_text or split_header(read.header)[1] or hint_of(read.header):
        return False
    least = 1 if IDENTITY_HEADER.search(read.header) else _DIGITS_OF_NAME
    return (
        _all_like(read.raw, rf"^\d{{{least},}}[A-Za-z]$")
        and read.raw.drop_nulls().str.strip_chars().str.len_chars().n_unique() == 1
    )


def _all_like(raw: pl.Series, pattern: str) -> bool:
    texts = raw.drop_nulls().str.strip_chars()
    texts = texts.filter(texts != "")
    return texts.n_unique() > 1 and bool(texts.str.contains(pattern).all())


def _begins_with_date(values: pl.Series) -> bool:
    """Ten digits or more that begin with a date are lot or order numbers: ``2101130065``."""
    filled = values.drop_nulls()
    if len(filled) < 3 or not bool(((filled >= 1e9) & (filled < 1e15) & (filled == filled.round(0))).all()):
        return False
    digits = filled.gather_every(max(1, len(filled) // 200)).cast(pl.Int64).cast(pl.String)
    if digits.str.len_chars().n_unique() > 1:
        return False
    starts = (
        digits.str.slice(0, 6).str.strptime(pl.Date, "%y%m%d", strict=False),
        digits.str.slice(0, 8).str.strptime(pl.Date, "%Y%m%d", strict=False),
    )
    return any(not dates.null_count() and 2000 <= dates.dt.year().min() <= dates.dt.year().max() <= 2049 for dates in starts)  # type: ignore[operator]


def whole_texts(raw: pl.Series) -> pl.Series:
    """Values as texts, whole numbers without the point that a sheet gives them."""
    if raw.dtype.is_float():
        whole = bool((raw.drop_nulls() == raw.drop_nulls().round(0)).all())
        raw = raw.cast(pl.Int64, strict=False) if whole else raw
    texts = raw.cast(pl.String, strict=False).str.strip_chars()
    texts = texts.set((texts == "").fill_null(value=False), None)
    with_point = texts.str.ends_with(".0")
    return texts.str.strip_suffix(".0") if bool(with_point.all()) and len(texts.drop_nulls()) else texts


def read_times_of(read: Read) -> Read:
    """A column that holds times, clocks or durations by its type."""
    if read.raw.dtype == pl.Duration:
        seconds = read.raw.dt.total_microseconds().cast(pl.Float64) / 1e6
        return replace(read, kind="number", values=seconds, unit_text="s")
    if read.raw.dtype == pl.Time:
        return replace(read, kind="time", values=read.raw.cast(pl.Duration("us")), span="clock", order="ymd")
    zoned = isinstance(read.raw.dtype, pl.Datetime) and read.raw.dtype.time_zone is not None
    stamps = read.raw.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if zoned else read.raw
    stamps = stamps.cast(pl.Datetime("us"))
    filled = stamps.drop_nulls()
    span: Span = "date" if len(filled) and bool((filled.dt.truncate("1d") == filled).all()) else "moment"
    return replace(read, kind="time", values=stamps, span=span, utc=zoned, order="ymd")


def _as_times(read: Read, times: Times) -> Read:
    repairs = [
        read.place.repair(
            "no_time",
            Message("{before} is no time; the cell is left empty.", before=text),
            read.raw.cast(pl.String) == text,
            before=text,
        )
        for text in times.unread[:_REPORTED]
    ]
    read = replace(read, kind="time", values=times.values, span=times.span, utc=times.utc, order=times.order)
    return read.adding(repairs=repairs)


def _undecided(place: Place, times: Undecided) -> Finding:
    message = Message(
        "Dates such as {example} can be read as {orders}, and nothing in the column tells which. "
        "Export the dates year first, or with the name of the month.",
        example=times.example,
        orders=" / ".join(times.orders),
    )
    return place.finding("date_order_unknown", "warning", message)


def _report_numbers(read: Read, numbers: Numbers) -> Read:
    repairs = []
    if numbers.restyled.any():
        repairs.append(_restyled(read, numbers))
    united = {text: reading for text, reading in numbers.odd.items() if reading.rule == "unit" and reading.value is not None}
    if len(united) > 2:
        repairs.append(_with_units(read, united))
    else:
        united = {}
    single = [item for item in numbers.odd.items() if item[0] not in united]
    single.sort(key=lambda item: item[1].value is not None)
    repairs += [_odd(read, text, reading) for text, reading in single[:_REPORTED]]
    rest = single[_REPORTED:]
    emptied = [text for text, reading in rest if reading.value is None]
    if emptied:
        text = "{texts} more texts in a column of numbers, as in {before}; the cells are left empty."
        repairs.append(_rest(read, "not_a_number", text, emptied))
    spelled = [text for text, reading in rest if reading.value is not None]
    if spelled:
        text = "{texts} more spellings in a column of numbers were read, as in {before}."
        repairs.append(_rest(read, "odd_numbers", text, spelled))
    return read.adding(repairs=repairs)


def _rest(read: Read, code: str, text: str, texts: list[str]) -> Repair:
    """One repair for all further texts of a column."""
    return read.place.repair(code, Message(text, texts=len(texts), before=texts[0]), read.raw.is_in(texts), before=texts[0])


def in_one_unit(read: Read, numbers: Numbers) -> tuple[Read, Numbers]:
    """Cells with units of their own, brought to the column's unit; what is of another quantity is left empty."""
    units = Counter(reading.unit for reading in numbers.odd.values() if reading.unit)
    if not units:
        return read, numbers
    usual = read.unit_text or split_header(read.header)[1] or units.most_common(1)[0][0]
    changed = {
        text: replace(reading, value=_convert(reading.value, parse_unit(reading.unit), parse_unit(usual)))
        for text, reading in numbers.odd.items()
        if reading.unit and reading.value is not None and parse_unit(reading.unit) != parse_unit(usual)
    }
    if changed:
        late = read.raw.replace_strict(
            list(changed), [r.value for r in changed.values()], default=None, return_dtype=pl.Float64
        )
        values = numbers.values.zip_with(~read.raw.is_in(list(changed)).fill_null(value=False), late)
        numbers = replace(numbers, values=values, odd={**numbers.odd, **changed})
    return replace(read, unit_text=usual), numbers


def _convert(value: float, unit: Unit | None, usual: Unit | None) -> float | None:
    if unit is None or usual is None or unit.si != usual.si:
        return None
    return (value * unit.factor + unit.offset - usual.offset) / usual.factor


def _restyled(read: Read, numbers: Numbers) -> Repair:
    where = numbers.restyled
    before, after = (str(values.filter(where).to_list()[0]) for values in (read.raw, numbers.values))
    if numbers.style == "point":
        message = Message(
            "Commas that group thousands were taken out: {before} is {after}.", before=before.strip(), after=after
        )
        return read.place.repair("thousands", message, where, before=before, after=after)
    message = Message("Decimal commas were read: {before} is {after}.", before=before.strip(), after=after)
    return read.place.repair("decimal_comma", message, where, before=before, after=after)


def _with_units(read: Read, united: Mapping[str, Reading]) -> Repair:
    """One repair for all cells that hold their unit beside the number."""
    first, reading = next(iter(united.items()))
    after = f"{reading.value:g}"
    message = Message(
        "Cells that hold their unit ({units}) were read as numbers: {before} is {after}.",
        units=", ".join(sorted({one.unit for one in united.values() if one.unit})),
        before=first,
        after=after,
    )
    return read.place.repair("unit_in_cell", message, read.raw.is_in(list(united)), before=first, after=after)


def _odd(read: Read, text: str, reading: Reading) -> Repair:
    where = read.raw == text
    if reading.value is None:
        message = Message("{before} in a column of numbers; the cell is left empty.", before=text)
        return read.place.repair("not_a_number", message, where, before=text)
    after = f"{reading.value:g}"
    if reading.rule == "limit":
        message = Message(
            "{before} stands for a value beyond what was measured; the limit {after} is used.", before=text, after=after
        )
        return read.place.repair("limit_value", message, where, before=text, after=after)
    message = Message("{before} was read as {after}.", before=text, after=after)
    return read.place.repair("number_spelling", message, where, before=text, after=after)


def _as_words(read: Read) -> Read:
    texts = whole_texts(read.raw)
    wrong = texts.str.to_lowercase().is_in(list(_ERRORS))
    repairs = []
    if wrong.any():
        for text in texts.filter(wrong.fill_null(value=False)).unique(maintain_order=True).to_list()[:_REPORTED]:
            message = Message("{before} stands for no value; the cell is left empty.", before=text)
            repairs.append(read.place.repair("no_value", message, (texts == text).fill_null(value=False), before=text))
        texts = texts.set(wrong.fill_null(value=False), None)
    return replace(read, kind=kind_of_words(texts, read.header), values=texts).adding(repairs=repairs)


def kind_of_words(texts: pl.Series, header: str) -> Kind:
    """Identity when nearly each row has its own name or names have one shape; category when few; else text."""
    filled = texts.drop_nulls()
    count, distinct = len(filled), filled.n_unique()
    if not count:
        return "text"
    sample = filled.unique().sort().gather_every(max(1, distinct // 300)).to_list()
    shapes = Counter(re.sub(r"\d+", "9", re.sub(r"[A-Za-z]+", "A", text)) for text in sample)
    commonest = sum(times for _, times in shapes.most_common(3)) / len(sample)
    has_digits = sum(bool(re.search(r"\d", text)) and len(text) <= 40 and text.count(" ") <= 2 for text in sample) >= 0.9 * len(
        sample
    )
    named = bool(IDENTITY_HEADER.search(header))
    own = distinct >= 0.9 * count
    if has_digits and ((own and commonest >= 0.7 and count >= 3) or (commonest >= 0.8 and distinct >= 30) or (named and own)):
        return "identity"
    if distinct <= max(2, min(300, count // 3)):
        return "category"
    return "identity" if named and distinct >= 30 and max(map(len, sample)) <= 40 else "text"
