"""Which moments stand in a column, and in which order are day and month written?"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

import polars as pl

from tundish.standardise.values.numbers import NO_VALUE
from tundish.standardise.values.stamps import (
    DATE_HEADER,
    IDENTITY_HEADER,
    TIME_HEADER,
    Order,
    Pattern,
    Span,
    patterns,
    value_of,
)

_SAMPLE = 200
_DISTINCT = 50_000
_EPOCH_DAYS = 25_569
"""Day number of 1970-01-01 in a workbook that counts from 1900."""
_OFFSETS = {
    r"\s*[zZ]$": "+00:00",
    r"\s*(?:UTC|GMT|utc)$": "+00:00",
    r"\s*(?:KST|JST|kst)$": "+09:00",
    r"([+-]\d{2})$": "${1}:00",
}


@dataclass(frozen=True)
class Times:
    """A column read as times. Clocks alone are durations since midnight; moments are naive, local unless ``utc``."""

    values: pl.Series
    span: Span
    order: Order
    utc: bool
    pattern: str
    """The commonest way of writing, as in the column."""
    unread: tuple[str, ...] = ()
    """Distinct texts that are no time."""


@dataclass(frozen=True, slots=True)
class Undecided:
    """Dates whose order of day and month nothing in the column tells."""

    orders: tuple[Order, ...]
    example: str


def read_times(texts: pl.Series, header: str, known: Order | None = None) -> Times | Undecided | None:
    """Read a column of texts as times; None when it holds none. ``known`` is the order that a sister column showed."""
    sample = _sample(texts)
    few = sample[:: max(1, len(sample) // 20)]
    if sum(bool(patterns(text)) for text in few) < 0.5 * len(few):
        return None
    ways = {text: patterns(text) for text in sample}
    if not sample or sum(bool(found) for found in ways.values()) < 0.9 * len(ways) or not _is_time(sample, header):
        return None
    zoned = sum(found[0].zoned for found in ways.values() if found) * 2 > len(ways)
    span = _span(ways, header)
    ways = {text: tuple(p for p in found if p.zoned == zoned and _fits(p.span, span)) for text, found in ways.items()}
    evened = _even(texts, sample)
    read = {order: _parse(evened, ways, order, span, zoned) for order in _orders(ways)}
    most = max((len(values) - values.null_count() for values in read.values()), default=0)
    left = {o: values for o, values in read.items() if len(values) - values.null_count() >= 0.98 * most and most}
    if not left:
        return None
    order = _decide(left, known)
    if order is None:
        return Undecided(tuple(left), sample[0])
    values = _slowly(evened, left[order], order, span, zoned)
    return _finish(texts, Times(values, span, order, zoned, _commonest(ways, order)))


def serial_times(values: pl.Series, header: str | None) -> Times | None:
    """Read numbers as day counts of a workbook or as unix seconds, milliseconds or microseconds; None when they are neither.

    The header must speak of a time, for a day count of a date; it is None where the column is known to hold times.
    """
    filled = values.drop_nulls()
    low, high = filled.min(), filled.max()
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return None
    if header is not None and not TIME_HEADER.search(header):
        return None
    for pattern, scale, least, greatest in (
        ("unix s", 1e6, 6e8, 2.5e9),
        ("unix ms", 1e3, 6e11, 2.5e12),
        ("unix us", 1, 6e14, 2.5e15),
    ):
        if least <= low and high <= greatest:
            stamps = (values * scale).round(0).cast(pl.Int64).cast(pl.Datetime("us"))
            return Times(stamps, "moment", "ymd", utc=True, pattern=pattern)
    days = low >= 32_000 and high <= 55_000 and high - low <= 7_400
    if days and (header is None or (DATE_HEADER.search(header) and not IDENTITY_HEADER.search(header))):
        whole = bool((filled == filled.round(0)).all())
        stamps = ((values - _EPOCH_DAYS) * 86_400_000).round(0).cast(pl.Int64).cast(pl.Datetime("ms")).cast(pl.Datetime("us"))
        return Times(stamps, "date" if whole else "moment", "ymd", utc=False, pattern="day count")
    return None


def _sample(texts: pl.Series) -> list[str]:
    filled = texts.drop_nulls()
    step = max(1, len(filled) // _SAMPLE)
    spread = (text.strip() for text in filled.gather_every(step).to_list())
    return [text for text in spread if text and text.replace(" ", "").lower() not in NO_VALUE]


def _is_time(sample: list[str], header: str) -> bool:
    if not all(text.isdigit() for text in sample):
        return True
    widths = {len(text) for text in sample}
    if IDENTITY_HEADER.search(header) or len(widths) > 1:
        return False
    return bool(TIME_HEADER.search(header)) or widths <= {14, 17}


def _span(ways: dict[str, tuple[Pattern, ...]], header: str) -> Span:
    spans = Counter(p.span for found in ways.values() for p in {p.span: p for p in found}.values())
    if spans["clock"] and spans["clock"] == spans["date"]:
        return "date" if re.search(r"일자|날짜|년월일|date|일$", header, re.IGNORECASE) else "clock"
    if spans["clock"] > spans["date"] + spans["moment"]:
        return "clock"
    return "moment" if spans["moment"] else "date"


def _fits(span: Span, wanted: Span) -> bool:
    return span == wanted or (wanted == "moment" and span == "date")


def _even(texts: pl.Series, sample: list[str]) -> pl.Series:
    evened = texts.str.strip_chars()
    if any("오" in text for text in sample):
        evened = evened.str.replace("오전", "AM", literal=True).str.replace("오후", "PM", literal=True)
    if any("요일" in text or "(" in text for text in sample):
        evened = evened.str.replace(r"\s*(?:[월화수목금토일]요일|\([월화수목금토일]\))", "")
    return evened


def _orders(ways: dict[str, tuple[Pattern, ...]]) -> list[Order]:
    open_ways = [found for found in ways.values() if len({p.order for p in found}) > 1]
    if open_ways:
        orders = dict.fromkeys(p.order for found in open_ways for p in found)
        valid = {order: sum(any(p.order == order and value_of(t, p) for p in w) for t, w in ways.items()) for order in orders}
        return [order for order in orders if valid[order] >= 0.95 * max(valid.values())]
    return [Counter(p.order for found in ways.values() for p in found).most_common(1)[0][0]] if any(ways.values()) else []


def _parse(evened: pl.Series, ways: dict[str, tuple[Pattern, ...]], order: Order, span: Span, zoned: bool) -> pl.Series:
    fitting = [p for found in ways.values() for p in found if p.order == order or len({q.order for q in found}) == 1]
    formats = [chrono for chrono, _ in Counter(p.chrono for p in fitting).most_common(6)]
    texts = evened
    if zoned:
        for pattern, offset in _OFFSETS.items():
            texts = texts.str.replace(pattern, offset)
    read = [values for chrono in formats if (values := _strptime(texts, chrono, span, zoned)) is not None]
    if not read:
        return _slowly(evened, pl.Series([None] * len(evened), dtype=_dtype(span)), order, span, zoned)
    return pl.select(pl.coalesce(read)).to_series()


def _dtype(span: Span) -> pl.DataType:
    return pl.Duration("us") if span == "clock" else pl.Datetime("us")


def _commonest(ways: dict[str, tuple[Pattern, ...]], order: Order) -> str:
    shown = Counter(p.chrono for found in ways.values() for p in found if p.order == order).most_common(1)
    return shown[0][0] if shown else ""


def _strptime(texts: pl.Series, chrono: str, span: Span, zoned: bool) -> pl.Series | None:
    if span == "clock":
        if "%M" not in chrono:
            return None
        return texts.str.strptime(pl.Time, chrono, strict=False).cast(pl.Duration("us"))
    hour_alone = ("%I" in chrono or "%H" in chrono) and "%M" not in chrono
    if hour_alone or "%d" not in chrono:
        return None
    if zoned:
        return texts.str.strptime(pl.Datetime("us", "UTC"), chrono + "%#z", strict=False).dt.replace_time_zone(None)
    return texts.str.strptime(pl.Datetime("us"), chrono, strict=False)


def _slowly(evened: pl.Series, fast: pl.Series, order: Order, span: Span, zoned: bool) -> pl.Series:
    failing = evened.filter(fast.is_null() & evened.is_not_null()).unique()
    if not 0 < len(failing) <= _DISTINCT:
        return fast
    late = {}
    for text in failing.to_list():
        ways = [p for p in patterns(text) if p.zoned == zoned and _fits(p.span, span)]
        alone = len({p.order for p in ways}) == 1
        values = (value_of(text, p) for p in ways if p.order == order or alone)
        found = next((value for value in values if value is not None), None)
        if found is not None:
            late[text] = found.replace(tzinfo=None)
    if not late:
        return fast
    slow = evened.replace_strict(list(late), list(late.values()), default=None, return_dtype=pl.Datetime("us"))
    if span == "clock":
        slow = slow.cast(pl.Int64).cast(pl.Duration("us"))
    return pl.select(pl.coalesce(fast, slow)).to_series()


def _decide(read: dict[Order, pl.Series], known: Order | None) -> Order | None:
    if len(read) == 1:
        return next(iter(read))
    if known in read:
        return known
    backward = {order: _backward(values) for order, values in read.items()}
    least = min(backward.values())
    calm = [order for order in read if backward[order] <= least + 0.02]
    if len(calm) == 1:
        return calm[0]
    spans = sorted((_length(read[order]), order) for order in calm)
    return spans[0][1] if spans[0][0] * 3 < spans[1][0] else None


def _backward(values: pl.Series) -> float:
    steps = values.drop_nulls().cast(pl.Int64).diff().drop_nulls()
    return float((steps < 0).mean() or 0.0) if len(steps) else 0.0  # type: ignore[arg-type]


def _length(values: pl.Series) -> int:
    numbers = values.drop_nulls().cast(pl.Int64)
    low, high = numbers.min(), numbers.max()
    return int(high) - int(low) if isinstance(low, int) and isinstance(high, int) else 0


def _finish(texts: pl.Series, times: Times) -> Times | None:
    values = times.values
    failing = texts.filter(values.is_null() & texts.is_not_null()).unique(maintain_order=True).to_list()
    unread = tuple(text for text in failing if text.strip())
    wrong = [text for text in unread if text.replace(" ", "").lower() not in NO_VALUE]
    count, filled = int(texts.is_in(wrong).sum()) if wrong else 0, len(texts.drop_nulls())
    written = count > 0.1 * filled and all(patterns(text.strip()) for text in wrong)  # 2024-02-31: a time that never was
    if count > (0.5 if written else 0.1) * filled:
        return None
    read = values.drop_nulls()
    span = times.span
    if span == "moment" and len(read) > 2 and bool((read.dt.truncate("1d") == read).all()):
        span = "date"
    return replace(times, values=values.alias(texts.name), span=span, unread=unread)
