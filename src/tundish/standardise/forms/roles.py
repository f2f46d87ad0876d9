"""What is each column of a log in long form - time, tag, value, quality - and which tables list tags?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from tundish.intake.raw import RawTable
from tundish.standardise.values.numbers import NO_VALUE
from tundish.standardise.values.stamps import TIME_HEADER

_NAME = re.compile(
    r"(?:tag|point|signal|item|variable|var|parameter|channel|sensor|metric)(?:name|id|no|nm)?|name|ch|nodeid|node|browsename"
    r"|series|field|measurement"
    r"|(?:태그|포인트|신호|변수|항목|채널|센서|계측기|데이터)(?:명|이름|번호|id)|태그|포인트|신호|변수|항목|채널|센서|계측기"
    r"|(?:측정|계측|데이터)항목|계측점|측정점|측점"
)
_VALUE = re.compile(
    r"(?:tag|var|data|process|measured|current|actual|int|float|double|numeric|string|text|v)?value|val|values|pv|reading|text"
    r"|(?:측정|계측|현재|태그|실측|데이터|문자)?값|(?:측정|계측|지시)치|데이터|수치"
)
_QUALITY = re.compile(
    r"(?:opc)?quality(?:detail|code)?|(?:is)?valid|validity|(?:is)?good|dataintegrity|status(?:code)?"
    r"|품질(?:코드|상태)?|상태(?:코드)?|유효(?:성|여부)?|신뢰도"
)
_YES_NO = re.compile(r"(?:is)?valid|validity|(?:is)?good|유효(?:성|여부)?")
_UNIT = re.compile(r"units?|uom|egu?|eu|(?:eng|engineering)units?|단위")
_WORDS = re.compile(r"desc|description|descriptor|comment|name|displayname|(?:태그)?설명|내용|명칭|코멘트|한글명|이름")
"""How headers of historians' exports read, in lower case and without blanks and signs."""
_MOST_COLUMNS = 12
_LEAST_REPEATS = 3
"""Values a tag must have on average; fewer are a list, not a log."""
_MOST_DOUBLED = 0.2
"""Share of rows that may stand at a time their tag has already; above, the time does not tell the rows apart."""


@dataclass(frozen=True)
class Roles:
    """What each column of a log is."""

    times: tuple[str, ...]
    name: str
    values: tuple[str, ...]
    quality: str | None
    of_tag: tuple[str, ...]
    """Columns that say the same of a tag in each row."""
    of_time: tuple[str, ...]
    """Columns that say the same of a time in each row."""


@dataclass(frozen=True, slots=True)
class Book:
    """What a list says of tags: the words for each, its unit."""

    words: Mapping[str, str]
    units: Mapping[str, str]
    file: str | None = None


def find_roles(table: RawTable) -> Roles | None:
    """The part of each column, when all of them have one; None for a table that is no log."""
    headers, frame = table.headers, table.frame
    if not 3 <= len(headers) <= _MOST_COLUMNS or frame.height < _LEAST_REPEATS:
        return None
    keys = {header: key(header) for header in headers}
    names = [header for header in headers if _NAME.fullmatch(keys[header]) and not frame[header].dtype.is_float()]
    values = tuple(header for header in headers if _VALUE.fullmatch(keys[header]))
    taken = {*names, *values}
    times = tuple(h for h in headers if h not in taken and (frame[h].dtype.is_temporal() or TIME_HEADER.search(h)))
    quality = next((header for header in headers if _QUALITY.fullmatch(keys[header]) and header not in {*taken, *times}), None)
    if not names or not values or not times:
        return None
    name = _finest(frame, names)
    rest = [header for header in headers if header not in {*values, *times, name, quality}]
    of_tag = tuple(header for header in rest if _told_by(frame, [name], header))
    of_time = tuple(header for header in rest if header not in of_tag and _told_by(frame, list(times), header))
    if len(of_tag) + len(of_time) < len([header for header in rest if not _counts(frame[header])]):
        return None
    rows = frame.filter(pl.col(name).is_not_null())
    if rows.height < _LEAST_REPEATS * rows[name].n_unique():
        return None
    if rows.select(*times, name).is_unique().not_().sum() > 2 * _MOST_DOUBLED * rows.height:
        return None
    return Roles(times, name, values, quality, of_tag, of_time)


def key(header: str) -> str:
    """A header in lower case, without blanks and signs."""
    return re.sub(r"[\s_\-./()\[\]#]+", "", header).lower()


def _finest(frame: pl.DataFrame, names: Sequence[str]) -> str:
    """The column that tells most tags apart; the first of equals."""
    return max(names, key=lambda name: (frame[name].n_unique(), -names.index(name)))


def _told_by(frame: pl.DataFrame, by: Sequence[str], header: str) -> bool:
    """Whether a column says one thing only for each of the others' values."""
    return frame.select(*by, header).unique().height == frame.select(by).unique().height


def _counts(values: pl.Series) -> bool:
    """Whether a column only numbers the rows."""
    numbers = values.cast(pl.Int64, strict=False) if not values.dtype.is_temporal() else None
    return numbers is not None and not numbers.null_count() and bool((numbers.diff().drop_nulls() == 1).all())


def find_book(table: RawTable) -> Book | None:
    """Names and units of tags, when a table is a list of them."""
    keys = {key(header): header for header in reversed(table.headers)}
    name = next((keys[word] for word in keys if _NAME.fullmatch(word) and word != "name"), None)
    words = next((keys[word] for word in keys if _WORDS.fullmatch(word)), None)
    unit = next((keys[word] for word in keys if _UNIT.fullmatch(word)), None)
    if name is None or (words is None and unit is None) or table.frame[name].is_duplicated().any():
        return None
    tags = table.frame[name].cast(pl.String).to_list()
    return Book(said(table, tags, words), said(table, tags, unit), table.origin.file)


def said(table: RawTable, tags: Sequence[str | None], column: str | None) -> dict[str, str]:
    """What a column says of each tag, where it says anything."""
    if column is None:
        return {}
    texts = table.frame[column].cast(pl.String).str.strip_chars().to_list()
    return {tag: text for tag, text in zip(tags, texts, strict=True) if tag and text and text.lower() not in NO_VALUE}


def is_unit(header: str) -> bool:
    """Whether the column holds units."""
    return _UNIT.fullmatch(key(header)) is not None


def is_words(header: str) -> bool:
    """Whether the column says in words what a tag is."""
    return _WORDS.fullmatch(key(header)) is not None


def asks_yes_or_no(header: str) -> bool:
    """Whether the column says of a value that it is valid, so that 1 means yes."""
    return _YES_NO.fullmatch(key(header)) is not None
