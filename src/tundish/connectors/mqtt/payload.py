"""What does a plain message say: which tags, which values, when? Numbers, JSON in the shapes devices use, or else text."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

_TIME = frozenset(
    [
        "time",
        "timestamp",
        "ts",
        "t",
        "datetime",
        "date_time",
        "utc",
        "at",
        "시간",
        "시각",
        "일시",
        "측정시각",
        "측정시간",
        "수집시간",
    ]
)
_VALUE = ("value", "val", "v", "값", "측정값")
_QUALITY = ("quality", "q", "품질")
_TAG = ("tag", "name", "id", "signal", "metric", "태그")
_UNIT = ("unit", "units", "uom", "단위")
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_DIGITS = re.compile(r"(19|20)\d{12}(\d{3})?")
_SECONDS = (600_000_000, 4_100_000_000)
"""1989 to 2099: what is read as an epoch, in s, ms, us or ns."""
_LATEST = _SECONDS[1] * 10**9
_DEEP = 20
_LONGEST = 10_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Json = object


class Reading(NamedTuple):
    """One value of a message; its time in microseconds since 1970, None when the message does not say."""

    tag: str
    time: int | None
    value: float | None
    text: str | None
    quality: str


@dataclass(frozen=True, slots=True)
class Said:
    """What a message says."""

    readings: list[Reading]
    units: dict[str, str]
    understood: bool = True
    """False: it stands as text, as it came."""
    doubled: frozenset[str] = frozenset()
    """Names that stand twice in one object; their values were kept together as a text."""


def read(topic: str, payload: bytes, zone: ZoneInfo) -> Said:
    """What stands in a payload; never raises, for whoever may publish may send anything."""
    doubled: set[str] = set()
    try:
        content = _content(payload, doubled)
    except (ValueError, RecursionError):
        return _as_text(topic, payload)
    units: dict[str, str] = {}
    try:
        readings = list(_readings(topic, content, None, _Place(zone, units)))
    except RecursionError:
        return _as_text(topic, payload)
    return Said(readings, units, doubled=frozenset(doubled)) if readings else _as_text(topic, payload)


def _content(payload: bytes, doubled: set[str]) -> Json:
    """The JSON of a payload; half a surrogate pair, which no file can hold, becomes a character reference."""

    def together(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        """An object; a name that stands in it twice has all its values, as a text, for nothing tells which one holds."""
        made = dict(pairs)
        if len(made) < len(pairs):
            values: dict[str, list[Json]] = {}
            for name, value in pairs:
                values.setdefault(name, []).append(value)
            for name in (name for name, several in values.items() if len(several) > 1):
                doubled.add(_whole(name))
                made[name] = _whole(json.dumps(values[name], ensure_ascii=False))[:_LONGEST]
        return made

    content = json.loads(payload, object_pairs_hook=together)
    if b"\\ud" in payload.lower():
        content = json.loads(json.dumps(content, ensure_ascii=False).encode("utf-8", "xmlcharrefreplace"))
    return content


def _whole(text: str) -> str:
    return text.encode("utf-8", "xmlcharrefreplace").decode()


def instant(value: Json, zone: ZoneInfo) -> int | None:
    """A moment as devices write it, in microseconds since 1970: an epoch in s, ms, us or ns, ISO 8601, or digits.

    >>> seoul = ZoneInfo("Asia/Seoul")
    >>> [instant(text, seoul) for text in (1700000000, 1700000000000, "2023-11-14T22:13:20Z", "20231115071320")]
    [1700000000000000, 1700000000000000, 1700000000000000, 1700000000000000]
    """
    if isinstance(value, str):
        if _NUMBER.fullmatch(value) and len(value.partition(".")[0]) in (10, 13, 16, 19):
            return _epoch(float(value) if "." in value else int(value))
        return _written(value, zone)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return _epoch(value) or (_written(str(value), zone) if isinstance(value, int) else None)


def _epoch(value: float) -> int | None:
    if not abs(value) < _LATEST:  # also nan, and numbers that no float holds
        return None
    for power in (0, 3, 6, 9):
        if _SECONDS[0] <= value / 10**power < _SECONDS[1]:
            if isinstance(value, int):
                return value * 10**6 // 10**power
            return round(value * 10.0 ** (6 - power))
    return None


def _written(text: str, zone: ZoneInfo) -> int | None:
    text = text.strip()
    if _DIGITS.fullmatch(text):
        text = f"{text[:8]}T{text[8:14]}" + (f".{text[14:]}" if len(text) > 14 else "")
    if len(text) < 10 or len(text) > 40:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return (aware - _EPOCH) // timedelta(microseconds=1)


@dataclass(slots=True)
class _Place:
    """What holds for all of a message."""

    zone: ZoneInfo
    units: dict[str, str]
    depth: int = 0


def _readings(tag: str, content: Json, time: int | None, place: _Place, quality: str = "good") -> Iterator[Reading]:
    if isinstance(content, dict):
        yield from _of_object(tag, content, time, place)
    elif isinstance(content, list):
        own = [isinstance(entry, dict) for entry in content]
        for number, entry in enumerate(content):
            yield from _readings(tag if all(own) else f"{tag}[{number}]", entry, time, place, quality)
    else:
        yield Reading(tag, time, *_cell(content), "bad" if content is None else quality)


def _of_object(tag: str, content: dict[str, Json], time: int | None, place: _Place) -> Iterator[Reading]:
    if place.depth > _DEEP:
        yield Reading(tag, time, None, json.dumps(content, ensure_ascii=False)[:_LONGEST], "uncertain")
        return
    clock = next((key for key, value in content.items() if _is_clock(key, value, place.zone)), None)
    if clock is not None:
        time = instant(content[clock], place.zone)
    keys = {key.lower(): key for key in content}
    value = next((keys[key] for key in _VALUE if key in keys), None)
    place.depth += 1
    if value is not None:
        yield from _of_value(tag, content, value, time, place)
    else:
        name = next((keys[key] for key in _TAG if key in keys and isinstance(content[keys[key]], str)), None)
        nested = any(isinstance(entry, dict | list) for entry in content.values())
        if name is not None and nested:
            tag = f"{tag}/{content[name]}"
        for key, entry in content.items():
            if key != clock and not (nested and key == name):
                yield from _readings(f"{tag}/{key}", entry, time, place)
    place.depth -= 1


def _of_value(tag: str, content: dict[str, Json], value: str, time: int | None, place: _Place) -> Iterator[Reading]:
    """An object that carries a value, with its tag, unit and quality beside it; what else it carries are signals too."""
    keys = {key.lower(): key for key in content}
    for key in _TAG:
        name = content.get(keys.get(key, ""))
        if isinstance(name, str | int) and not isinstance(name, bool) and name != "":
            tag = f"{tag}/{name}"
            break
    for key in _UNIT:
        unit = content.get(keys.get(key, ""))
        if isinstance(unit, str) and unit:
            place.units[tag] = unit
    said = next((keys[key] for key in _QUALITY if key in keys and not _is_measured(content[keys[key]])), None)
    quality = _quality(None if said is None else content[said])
    yield from _readings(tag, content[value], time, place, quality)
    for key, entry in content.items():
        about = key.lower() in (*_TAG, *_UNIT) or _is_clock(key, entry, place.zone)
        if key not in (value, said) and not about:
            yield from _readings(f"{tag}/{key}", entry, time, place, quality)


def _is_measured(said: Json) -> bool:
    """No word of quality but a quantity, such as a flow called ``q``."""
    return isinstance(said, float) and not said.is_integer()


def _is_clock(key: str, value: Json, zone: ZoneInfo) -> bool:
    return key.lower() in _TIME and instant(value, zone) is not None


def _quality(said: Json) -> str:
    """OPC classic (192 good, 64 uncertain), OPC UA status codes, booleans and words."""
    if said is None:
        return "good"
    if isinstance(said, bool):
        return "good" if said else "bad"
    if isinstance(said, int):
        if said > 255:
            return ("good", "uncertain", "bad", "bad")[(said >> 30) & 3]
        return "good" if said in (0, 1) or said >= 192 else "uncertain" if said >= 64 else "bad"
    word = str(said).strip().lower()
    if word.startswith(("good", "ok", "정상", "양호")):
        return "good"
    return "bad" if word.startswith(("bad", "fail", "err", "불량", "이상")) else "uncertain"


def _cell(content: Json) -> tuple[float | None, str | None]:
    """A scalar as number or else text; a text that is a plain number is one, a code such as ``007`` is not."""
    if isinstance(content, bool | int):
        try:
            return float(content), str(content) if abs(content) > 2**53 else None
        except OverflowError:
            return None, str(content)[:_LONGEST]
    if isinstance(content, float):
        return (content, None) if math.isfinite(content) else (None, str(content))
    if isinstance(content, str):
        number = float(content) if len(content) < 40 and _NUMBER.fullmatch(content) else math.inf
        return (number, None) if math.isfinite(number) else (None, content[:_LONGEST])
    return None, None


def _as_text(topic: str, payload: bytes) -> Said:
    """What is no JSON: Korean in either encoding, or bytes shown as such."""
    for encoding in ("utf-8", "cp949"):
        try:
            text = payload.decode(encoding)
        except UnicodeDecodeError:
            continue
        if text.isprintable() or text.strip().isprintable():
            return Said([Reading(topic, None, None, text[:_LONGEST], "uncertain")], {}, understood=False)
    return Said([Reading(topic, None, None, f"0x{payload[: _LONGEST // 2].hex()}", "uncertain")], {}, understood=False)
