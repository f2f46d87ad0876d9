"""How do dates and clocks in columns of their own become moments, and which rows stand on the wrong day?"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import polars as pl

from tundish.errors import Message
from tundish.standardise.values.kinds import Read
from tundish.standardise.values.years import years_named
from tundish.table import Repair

_DAY_US = 86_400_000_000
_DURATION = re.compile(r"소요|경과|duration|elapsed|총\s?시간|가동시간|longueur|продолж", re.IGNORECASE)
_TIME_OF_DAY = re.compile(r"시각|시작|종료|start|end|begin|clock", re.IGNORECASE)
_IN_NAME = re.compile(r"(?<!\d)(20\d{2})(?:[-_./]|년\s*)?(\d{1,2})(?:[-_./]|월\s*)?(\d{1,2})(?!\d)")
YEARS = (1950, 2100)
"""Between these years something may have been measured."""
_1904_DAYS = 1462
"""Days between the first days of the two systems that workbooks count in."""


def settle_epoch(reads: Sequence[Read], titles: Sequence[str]) -> list[Read]:
    """Day counts that fit the other times, or the year in the title, only when counted from 1904, are counted from there."""
    years = years_named(titles)
    for read in reads:
        if read.kind == "time" and read.span != "clock" and not read.serial:
            years |= set(read.values.drop_nulls().dt.year().unique().to_list())
    return [_from_1904(read) if read.serial and _fits_1904(read, years) else read for read in reads]


def _fits_1904(read: Read, years: set[int]) -> bool:
    near = {year + step for year in years for step in (-1, 0, 1)}
    as_read = set(read.values.drop_nulls().dt.year().unique().to_list())
    later = set(read.values.drop_nulls().dt.offset_by(f"{_1904_DAYS}d").dt.year().unique().to_list())
    return not as_read & near and later <= near


def _from_1904(read: Read) -> Read:
    moved = read.values.dt.offset_by(f"{_1904_DAYS}d")
    message = Message("The day counts were counted from 1904, for only so they agree with the other times of the file.")
    repair = read.place.repair("date_1904", message, moved.is_not_null())
    return replace(read, values=moved).adding(repairs=[repair])


def join_days(reads: Sequence[Read], titles: Sequence[str]) -> list[Read]:
    """Give each clock a date: from a date column, from the file's name or title, else report it."""
    dates = [i for i, read in enumerate(reads) if read.kind == "time" and read.span == "date" and not read.utc]
    reads = [_as_seconds(read) if read.span == "clock" and _is_duration(read) else read for read in reads]
    clocks = [i for i, read in enumerate(reads) if read.kind == "time" and read.span == "clock"]
    partner = {clock: _nearest(clock, dates) for clock in clocks if dates}
    used = list(partner.values())
    joined: dict[int, Read] = {}
    dropped: set[int] = set()
    for clock in clocks:
        if clock not in partner:
            joined[clock] = _without_date(reads[clock], titles)
            continue
        day = partner[clock]
        sole = used.count(day) == 1
        before = joined.get(_previous(clock, partner)) if not sole else None
        joined[clock] = _with_date(reads[day], reads[clock], before, sole=sole)
        if sole:
            dropped.add(day)
    return [joined.get(i, read) for i, read in enumerate(reads) if i not in dropped]


def to_utc(read: Read, time_zone: str) -> Read:
    """Order a time column's days, then take it from local time to UTC."""
    if read.kind != "time":
        return read
    read = _of_our_days(_midnights(read))
    if read.utc:
        return replace(read, values=read.values.dt.replace_time_zone("UTC"))
    local = read.values.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
    lost = local.is_null() & read.values.is_not_null()
    stamps = local.dt.convert_time_zone("UTC")
    findings = []
    if lost.any():
        message = Message("Times that the clock change in {zone} leaves out; they are left empty.", zone=time_zone)
        findings.append(read.place.finding("no_such_time", "warning", message, lost))
    return replace(read, values=stamps, utc=True).adding(findings=findings)


def begin_days(stamps: pl.Series) -> pl.Series:
    """The same times, where each 00:00 that stands last in its day begins the next; of the first row the one below tells."""
    day, before, after = stamps.dt.truncate("1d"), stamps.shift(1), stamps.shift(-1)
    above = (stamps < before) & (day == before.dt.truncate("1d"))
    below = before.is_null() & (after.dt.truncate("1d") > day)
    last = ((stamps == day) & (above | below)).fill_null(value=False)
    return stamps.zip_with(~last, stamps.dt.offset_by("1d"))


def _of_our_days(read: Read) -> Read:
    """Leave out what no plant measured: 0001-01-01, 1899-12-30 and 9999-12-31 stand for nothing written."""
    odd = ~read.values.dt.year().is_between(*YEARS).fill_null(value=True)
    if not odd.any():
        return read
    first, last = YEARS
    text = "Times before {first} or after {last} stand for nothing written; they are left empty."
    message = Message(text, first=str(first), last=str(last))
    kept = pl.select(pl.when(~odd).then(read.values)).to_series().alias(read.values.name)
    return replace(read, values=kept).adding(findings=[read.place.finding("no_such_time", "warning", message, odd)])


def _nearest(clock: int, dates: Sequence[int]) -> int:
    before = [day for day in dates if day < clock]
    return before[-1] if before else dates[0]


def _previous(clock: int, partner: dict[int, int]) -> int:
    return max((other for other in partner if other < clock and partner[other] == partner[clock]), default=-1)


def _with_date(day: Read, clock: Read, before: Read | None, *, sole: bool) -> Read:
    moments = day.values.dt.truncate("1d") + clock.values
    repairs = [
        clock.place.repair(
            "date_and_clock",
            Message("Date from {date} and clock from {clock} were joined to one time.", date=day.header, clock=clock.header),
            moments.is_not_null(),
        )
    ]
    if before is not None:
        late = (moments < before.values).fill_null(value=False)
        if late.any():
            moments = moments.zip_with(~late, moments.dt.offset_by("1d"))
            message = Message(
                "{clock} lies before {start} of its row: it was put on the next day.", clock=clock.header, start=before.header
            )
            repairs.append(clock.place.repair("next_day", message, late))
    header = f"{day.header} {clock.header}" if sole else clock.header
    read = replace(clock, header=header, values=moments, span="moment", origins=(*day.origins, *clock.origins))
    findings = (*day.findings, *clock.findings) if sole else clock.findings
    carried = (*day.repairs, *clock.repairs) if sole else clock.repairs
    return replace(read, findings=findings, repairs=(*carried, *repairs))


def _is_duration(clock: Read) -> bool:
    """Hours and minutes that stay short and do not run on with the rows are a duration: `재로시간 0:45`."""
    if _DURATION.search(clock.header):
        return True
    filled = clock.values.drop_nulls().cast(pl.Int64)
    steps = filled.diff().drop_nulls()
    if len(steps) < 10 or _TIME_OF_DAY.search(clock.header) or bool((filled > _DAY_US // 4).any()):
        return False
    return int((steps < 0).sum()) >= 0.25 * len(steps)


def _as_seconds(clock: Read) -> Read:
    seconds = clock.values.dt.total_microseconds().cast(pl.Float64) / 1e6
    return replace(clock, kind="number", values=seconds, span=None, unit_text="s")


def _without_date(clock: Read, titles: Sequence[str]) -> Read:
    start = _date_of(titles)
    if start is None:
        message = Message(
            "{column} holds clock times without a date, and neither another column nor the file's name or title gives one; "
            "it is kept as seconds since midnight. Export a date column beside it.",
            column=clock.header,
        )
        finding = clock.place.finding("time_without_date", "warning", message)
        return _as_seconds(clock).adding(findings=[finding])
    days, turns = _rollovers(clock.values)
    moments = pl.Series([start]).cast(pl.Datetime("us")).extend_constant(start, len(days) - 1) + clock.values + days
    message = Message(
        "{column} holds clock times only; the date {date} is from the file's name or title, "
        "and a new day starts where the clock turns over ({turns} times).",
        column=clock.header,
        date=start.date().isoformat(),
        turns=turns,
    )
    repair = clock.place.repair("date_from_name", message, moments.is_not_null())
    return replace(clock, values=moments.alias(clock.values.name), span="moment").adding(repairs=[repair])


def _rollovers(clock: pl.Series) -> tuple[pl.Series, int]:
    """Days to add so that time runs on: a clock that jumps back by more than half a day has turned over."""
    steps = clock.forward_fill().cast(pl.Int64).diff().fill_null(0)
    turned = (steps < -_DAY_US // 2).cast(pl.Int64)
    return (turned.cum_sum() * _DAY_US).cast(pl.Duration("us")), int(turned.sum())


def _date_of(titles: Sequence[str]) -> datetime | None:
    """The one date that file name, sheet and title rows name; None for none, or for two that differ."""
    written = (match.groups() for title in titles for match in _IN_NAME.finditer(title))
    found = {day for year, month, date in written if (day := _day(int(year), int(month), int(date)))}
    return found.pop() if len(found) == 1 else None


def _day(year: int, month: int, day: int) -> datetime | None:
    valid = 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]
    return datetime(year, month, day) if valid else None


def _midnights(read: Read) -> Read:
    """Put a 00:00 that stands last in its day onto the next day."""
    stamps = read.values
    if read.span != "moment" or len(stamps) < 3:
        return read
    previous = stamps.shift(1)
    backward = (stamps < previous).fill_null(value=False)
    if not backward.any():
        return read
    midnight = stamps == stamps.dt.truncate("1d")
    same_day = stamps.dt.truncate("1d") == previous.dt.truncate("1d")
    last = (backward & midnight & same_day).fill_null(value=False)
    if int(last.sum()) < 0.8 * int(backward.sum()):
        return read
    moved = stamps.zip_with(~last, stamps.dt.offset_by("1d"))
    message = Message(
        "00:00 stands as the last row of its day; these rows belong to the start of the next day and were put there."
    )
    repair: Repair = read.place.repair("midnight", message, last)
    return replace(read, values=moved.alias(stamps.name)).adding(repairs=[repair])
