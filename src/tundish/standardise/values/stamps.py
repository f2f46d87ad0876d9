"""What moment does one written stamp mean, and by which pattern is a whole column of such stamps read?"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

Order = Literal["ymd", "dmy", "mdy"]
Span = Literal["moment", "date", "clock"]

TIME_HEADER = re.compile(
    r"일시|일자|날짜|시각|시간|년월일|시작|종료|[가-힣]{2}일$|date|time|stamp|дата|врем|начал|кон[еч]|fecha|hora|datum|zeit"
    r"|日時|日付|時刻|start|end$|begin",
    re.IGNORECASE,
)
"""Headers under which plain digits may be a time."""
DATE_HEADER = re.compile(r"일시|일자|날짜|년월일|시각|[가-힣]{2}일$|date|stamp|дата|fecha|datum|日時|日付", re.IGNORECASE)
"""Headers under which a plain number may be a day count."""

IDENTITY_HEADER = re.compile(
    r"번호|코드|№|номер|(?:^|[^a-z])(?:no|id|key|code|lot|num|nr|number(?! of))(?:$|[^a-z])"
    r"|(?:lot|coil|heat|slab|piece|plate|batch|charge|cast|mat|tag)_?(?:no|id|nr|num)(?:$|[^a-z])|(?-i:(?<=[a-z])(?:ID|Id|No)$)",
    re.IGNORECASE,
)
"""Headers under which plain digits are a name, not a measure."""

_TOKEN = re.compile(r"\d+|[A-Za-z]+|[가-힣]+|\s+|.")
_MONTHS = {
    name: i + 1 for i, name in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"))
}
_LONG = frozenset(
    ("january", "february", "march", "april", "june", "july", "august", "september", "october", "november", "december", "sept")
)
_HALVES = {"am": 0, "pm": 12, "오전": 0, "오후": 12}
_ZONES = {"z": 0, "utc": 0, "gmt": 0, "kst": 9, "jst": 9}
_WEEKDAY = re.compile(
    r"\s*\(?(?:[월화수목금토일]요일|(?<=\()[월화수목금토일](?=\)))\)?"
    r"|\b(?:mon|tue|wed|thu|fri|sat|sun)(?:[a-z]*day)?\b,?",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"(?<=\d)\s*([+-])(\d{2}):?(\d{2})?$")
_COMPACT = {
    4: ("HM",),
    6: ("ymd", "HMS"),
    8: ("Ymd",),
    10: ("YmdH",),
    12: ("YmdHM", "ymdHMS"),
    14: ("YmdHMS",),
    17: ("YmdHMSf",),
}
_WIDTH = {"Y": 4, "f": 3}


@dataclass(frozen=True, slots=True)
class Pattern:
    """One way to read a stamp: the format for polars, and the role of each token (``Ymd HMS f b p``)."""

    chrono: str
    roles: tuple[str, ...]
    span: Span
    order: Order
    zoned: bool = False


def moment(text: str, order: Order | None = None) -> tuple[datetime, Span] | None:
    """Read one stamp by rule; None when it is none, or when its order of day and month would have to be guessed.

    A zoned stamp comes out in UTC and aware; a clock alone comes out on 1970-01-01.

    >>> moment("오후 2:31")[0].time(), moment("2021-08-01:08:00:01")[0], moment("03JAN2023:07:07:53")[0]
    (datetime.time(14, 31), datetime.datetime(2021, 8, 1, 8, 0, 1), datetime.datetime(2023, 1, 3, 7, 7, 53))
    >>> moment("2025년 3월 1일 14시 05분")[0], moment("20250301080005")[0]
    (datetime.datetime(2025, 3, 1, 14, 5), datetime.datetime(2025, 3, 1, 8, 0, 5))
    >>> moment("2025-03-01 24:00")[0], moment("03/04/2025") is None, moment("03/04/2025", "dmy")[0]
    (datetime.datetime(2025, 3, 2, 0, 0), True, datetime.datetime(2025, 4, 3, 0, 0))
    """
    found = [(value, p) for p in patterns(text) if (order is None or p.order == order) and (value := value_of(text, p))]
    if len({value for value, _ in found}) > 1 and len({p.order for _, p in found}) > 1:
        return None
    return (found[0][0], found[0][1].span) if found else None


def clean(text: str) -> str:
    """The stamp without weekday and odd spellings, halves of the day as AM and PM."""
    plain = unicodedata.normalize("NFKC", text).strip().strip("'\"")
    plain = _WEEKDAY.sub("", plain) if re.search(r"요일|\(|[A-Za-z]{3}", plain) else plain
    for korean, latin in (("오전", "AM"), ("오후", "PM"), ("a.m.", "AM"), ("p.m.", "PM")):
        plain = plain.replace(korean, latin)
    return plain.strip()


def patterns(text: str) -> tuple[Pattern, ...]:
    """All ways in which this text may be a stamp, judged by its shape alone."""
    plain = clean(text)
    if not 3 <= len(plain) <= 40 or (not plain[-1:].isalnum() and plain[-1:] not in ".)"):
        return ()
    body, zoned = _without_zone(plain)
    tokens = _TOKEN.findall(body)
    digits = [i for i, token in enumerate(tokens) if token.isdigit()]
    letters = [token.lower() for token in tokens if token[0].isalpha()]
    if not digits or len(digits) > 7 or any(not _known(word) for word in letters):
        return ()
    ways = [roles for roles in _assignments(tokens, digits) if roles]
    return tuple(_pattern(tokens, roles, order, zoned) for roles, order in ways)


def value_of(text: str, pattern: Pattern) -> datetime | None:
    """The moment that this text means when read by this pattern."""
    plain = clean(text)
    body, _ = _without_zone(plain)
    parts: dict[str, int] = {}
    half = None
    for token, role in zip(_TOKEN.findall(body), pattern.roles, strict=False):
        if role == "b":
            parts["m"] = _MONTHS[token[:3].lower()]
        elif role == "p":
            half = _HALVES[token.lower()]
        elif role:
            _put(parts, role, token)
    return _build(parts, half, _offset(plain) if pattern.zoned else None)


def _put(parts: dict[str, int], roles: str, token: str) -> None:
    at = 0
    for role in roles:
        width = len(token) if len(roles) == 1 else _WIDTH.get(role, 2)
        digits = token[at : at + width]
        at += width
        parts[role] = int((digits + "000000")[:6]) if role == "f" else int(digits)


def _build(parts: dict[str, int], half: int | None, offset: timedelta | None) -> datetime | None:
    short = parts.get("y")
    year = parts.get("Y", 1970) if short is None else short + (2000 if short < 70 else 1900)
    hour = parts.get("H", 0)
    if half is not None and hour <= 12:
        hour = hour % 12 + half
    extra = timedelta(0)
    if hour == 24 and not parts.get("M") and not parts.get("S"):
        hour, extra = 0, timedelta(days=1)
    if not 1950 <= year <= 2100 and "Y" in parts:
        return None
    try:
        day = datetime(year, parts.get("m", 1), parts.get("d", 1))
        built = day.replace(hour=hour, minute=parts.get("M", 0), second=parts.get("S", 0), microsecond=parts.get("f", 0))
    except ValueError:
        return None
    built += extra
    return built if offset is None else (built - offset).replace(tzinfo=UTC)


def _known(word: str) -> bool:
    return word in _MONTHS or word in _LONG or word in _HALVES or word in "t년월일시분초"


def _without_zone(text: str) -> tuple[str, bool]:
    for name in _ZONES:
        if text.lower().endswith(name) and text[: -len(name)].rstrip()[-1:].isdigit():
            return text[: -len(name)].rstrip(), True
    offset = _OFFSET.search(text) if ":" in text else None
    return (text[: offset.start()], True) if offset else (text, False)


def _offset(text: str) -> timedelta:
    found = _OFFSET.search(text)
    if found:
        span = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        return -span if found[1] == "-" else span
    name = next(name for name in _ZONES if text.lower().endswith(name))
    return timedelta(hours=_ZONES[name])


Roles = dict[int, str]


def _assignments(tokens: list[str], digits: list[int]) -> list[tuple[Roles, Order]]:
    named = [i for i, token in enumerate(tokens) if token[:3].lower() in _MONTHS and token[0].isalpha()]
    if named:
        return _with_month_name(tokens, digits, named[0])
    first = tokens[digits[0]]
    followed = tokens[digits[0] + 1] if digits[0] + 1 < len(tokens) else ""
    if followed in (":", "시") and len(first) <= 2:
        return _clock_first(tokens, digits)
    if len(first) in _COMPACT and (len(first) != 4 or len(digits) == 1):
        return _compact(tokens, digits)
    return _grouped(tokens, digits)


def _with_month_name(tokens: list[str], digits: list[int], name: int) -> list[tuple[Roles, Order]]:
    before = [i for i in digits if i < name]
    after = [i for i in digits if i > name]
    if len(before) == 1 and after:
        day, year, rest = before[0], after[0], after[1:]
    elif not before and len(after) >= 2:
        day, year, rest = after[0], after[1], after[2:]
    else:
        return []
    if len(tokens[day]) > 2 or len(tokens[year]) not in (2, 4):
        return []
    roles = {name: "b", day: "d", year: "Y" if len(tokens[year]) == 4 else "y"}
    return _with_clock(tokens, roles, rest, ["dmy"])


def _clock_first(tokens: list[str], digits: list[int]) -> list[tuple[Roles, Order]]:
    if len(digits) > 4:
        return []
    return _with_clock(tokens, {}, digits, ["ymd"])


def _compact(tokens: list[str], digits: list[int]) -> list[tuple[Roles, Order]]:
    first, rest = digits[0], digits[1:]
    found: list[tuple[Roles, Order]] = []
    for roles in _COMPACT[len(tokens[first])]:
        if not rest:
            found.append(({first: roles}, "ymd"))
        elif roles in ("Ymd", "ymd"):
            found += _with_clock(tokens, {first: roles}, rest, ["ymd"])
    return found


def _grouped(tokens: list[str], digits: list[int]) -> list[tuple[Roles, Order]]:
    if len(digits) < 3:
        month = [len(tokens[i]) for i in digits] == [4, 2] and tokens[digits[0] + 1] in "-/년"
        return [({digits[0]: "Y", digits[1]: "m"}, "ymd")] if month else []
    a, b, c = digits[:3]
    widths = (len(tokens[a]), len(tokens[b]), len(tokens[c]))
    if tokens[a + 1] != tokens[b + 1] and not {tokens[a + 1], tokens[b + 1]} <= {"년", "월", "일"} and widths[0] != 4:
        return []
    orders: list[tuple[Roles, Order]] = []
    if widths[0] == 4 and max(widths[1:]) <= 2:
        orders = [({a: "Y", b: "m", c: "d"}, "ymd")]
    elif widths[2] == 4 and max(widths[:2]) <= 2:
        orders = [({a: "d", b: "m", c: "Y"}, "dmy"), ({a: "m", b: "d", c: "Y"}, "mdy")]
    elif max(widths) <= 2 and tokens[a + 1].strip() != "":
        orders = [({a: "y", b: "m", c: "d"}, "ymd")] if widths[0] == 2 else []
        if widths[2] == 2:
            orders += [({a: "d", b: "m", c: "y"}, "dmy"), ({a: "m", b: "d", c: "y"}, "mdy")]
    return [found for roles, order in orders for found in _with_clock(tokens, roles, digits[3:], [order])]


def _with_clock(tokens: list[str], roles: Roles, rest: list[int], orders: list[Order]) -> list[tuple[Roles, Order]]:
    halves = {i: "p" for i, token in enumerate(tokens) if token.lower() in _HALVES}
    widths = [len(tokens[i]) for i in rest]
    if len(rest) == 1 and widths[0] in (4, 6) and roles:
        clock = {rest[0]: "HMS" if widths[0] == 6 else "HM"}
    elif len(rest) == 1 and widths[0] <= 2 and (halves or tokens[rest[0] + 1 : rest[0] + 2] == ["시"]):
        clock = {rest[0]: "H"}
    elif not roles and (len(rest) < 2 or widths[1] != 2):
        return []
    elif not rest or (2 <= len(rest) <= 4 and max(widths[:3]) <= 2):
        clock = dict(zip(rest, "HMSf", strict=False))
    else:
        return []
    return [({**roles, **clock, **halves}, order) for order in orders]


def _pattern(tokens: list[str], roles: Roles, order: Order, zoned: bool) -> Pattern:
    every = "".join(roles.values())
    half = "p" in every
    chrono = ""
    for i, token in enumerate(tokens):
        role = roles.get(i, "")
        if role == "f" and chrono.endswith("."):
            chrono = chrono[:-1] + "%.f"
        elif role == "f":
            chrono += f"%{len(token)}f"
        elif role:
            chrono += "".join("%3f" if part == "f" else f"%{'I' if part == 'H' and half else part}" for part in role)
        else:
            chrono += token.replace("%", "%%")
    has_date, has_clock = "d" in every or "m" in every, "H" in every
    span: Span = "moment" if has_date and has_clock else "date" if has_date else "clock"
    return Pattern(chrono, tuple(roles.get(i, "") for i in range(len(tokens))), span, order, zoned)
