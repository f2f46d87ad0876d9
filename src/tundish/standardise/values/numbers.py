"""Which numbers stand in a column of texts, and what was written instead of one?"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import polars as pl

from tundish.intake.cells import DECIMAL_COMMA
from tundish.vocabulary import parse_unit

Style = Literal["point", "comma", "comma_grouped"]
"""Decimal point (a comma groups thousands), decimal comma, decimal comma with points that group thousands."""
Rule = Literal["spelling", "limit", "unit", "no_value", "not_a_number"]

_WORDS = (
    "- -- --- . .. ... ? ?? x na n/a #n/a #na nan null none nil #div/0! #value! #ref! #name? #num! #null!",
    "#error! #error inf -inf +inf infinity over over. ovr under overflow underflow bad error err fail fault",
    "bad_input no_data nodata no_value missing blank empty ####### ##### ###",
    "확인중 확인불가 미측정 측정불가 측정안됨 측정중 미입력 미확인",
    "미실시 결측 없음 해당없음 통신불량 통신이상 통신두절 센서이상 센서불량 고장 점검 점검중 오류 에러 정지 대기",
    "대기중 보류 무",
)
NO_VALUE = frozenset(word for line in _WORDS for word in line.split())
"""What people and systems write where a number is missing; lower case, blanks taken out."""

_GROUPED_COMMA = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+$")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?$")
_CLEARLY_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:(?:,\d{3})+\.\d+|(?:,\d{3}){2,})$")
_CODE = re.compile(r"0\d+$")
_BLANKS = re.compile(r"(?<=\d)[\s'’](?=\d{3}(?:\D|$))")
_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$")
_BEFORE_UNIT = re.compile(r"([+-]?(?:\d[\d.,]*|[.,]\d+)(?:[eE][+-]?\d+)?)\s*([^\s\d.,:+-][^\s]*(?: ?/ ?[^\s]+)?)$")
_GROUPS = r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$"
_SAMPLE = 1000
_DISTINCT = 20_000


@dataclass(frozen=True, slots=True)
class Reading:
    """What one text says: its number (None for none), by which rule, with which unit behind it."""

    value: float | None
    rule: Rule
    unit: str | None = None


@dataclass(frozen=True)
class Numbers:
    """A column read as numbers. ``odd`` holds each distinct text that needed a rule, and its reading."""

    values: pl.Series
    style: Style
    odd: dict[str, Reading]
    restyled: pl.Series
    """Mask: a separator was taken out or turned into a point."""


def number(text: str, style: Style = "point") -> Reading:
    """Read one text that is not plainly a number.

    >>> number("１２.５").value, number("'-7").value, number("12.5-").value, number("1 234").value
    (12.5, -7.0, -12.5, 1234.0)
    >>> number("12.5 mm")
    Reading(value=12.5, rule='unit', unit='mm')
    >>> number("<0.01")
    Reading(value=0.01, rule='limit', unit=None)
    >>> number("1.234,5", "comma").value
    1234.5
    >>> number("확인중").rule, number("M21").rule
    ('no_value', 'not_a_number')
    """
    plain = unicodedata.normalize("NFKC", text).replace("−", "-").replace("–", "-").strip()
    if plain.replace(" ", "").lower() in NO_VALUE or not plain:
        return Reading(None, "no_value")
    plain = _BLANKS.sub("", plain.lstrip("'‘’").strip())
    rule: Rule = "spelling"
    if plain[:1] in "<>≤≥":
        plain, rule = plain.lstrip("<>≤≥= "), "limit"
    value = _value(_signed(plain), style)
    if value is not None:
        return Reading(value, rule)
    with_unit = _BEFORE_UNIT.match(plain)
    if with_unit and parse_unit(with_unit[2]):
        value = _value(with_unit[1], style)
        if value is not None:
            return Reading(value, "limit" if rule == "limit" else "unit", with_unit[2])
    return Reading(None, "not_a_number")


def style_of(texts: Iterable[str], decimal: str | None = None) -> Style | None:
    """How decimals are written, from evidence in the texts and what the file's dialect says; None when nothing tells.

    >>> style_of(["431,83", "0"]), style_of(["13,550", "0"]), style_of(["13,550"], ",")
    ('comma', None, 'comma')
    """
    stripped = [text.strip() for text in texts if "," in text]
    comma = sum(bool(DECIMAL_COMMA.fullmatch(text)) for text in stripped)
    thousands = sum(bool(_CLEARLY_THOUSANDS.match(text)) for text in stripped)
    if comma > thousands or (decimal == "," and not thousands):
        return "comma_grouped" if any(_GROUPED_COMMA.match(text) for text in stripped) else "comma"
    return "point" if thousands else None


def read_numbers(texts: pl.Series, decimal: str | None = None) -> Numbers | None:
    """Read a column of texts as numbers; None when fewer than nine in ten of its values are numbers, or they are codes."""
    sample = _spread(texts)
    style = style_of(sample, decimal) or "point"
    if not _numeric(sample, style):
        return None
    numbers = in_style(texts, style)
    wrong = [text for text, reading in numbers.odd.items() if reading.rule == "not_a_number"]
    known = len(texts) - numbers.values.null_count()
    if len(numbers.odd) > _DISTINCT or (wrong and int(texts.is_in(wrong).sum()) > 0.1 * max(1, known) + 0.5):
        return None
    return numbers


def in_style(texts: pl.Series, style: Style) -> Numbers:
    """Read texts as numbers of a known style; what is none is empty."""
    values = texts.cast(pl.Float64, strict=False)
    restyled = pl.zeros(len(texts), dtype=pl.Boolean, eager=True)
    if style != "point" or values.null_count() > texts.null_count():
        plain, restyled = _restyle(texts, style)
        values = plain.cast(pl.Float64, strict=False)
    values = values.set(~values.is_finite().fill_null(value=True), None)
    failing = texts.filter(values.is_null() & texts.is_not_null()).unique(maintain_order=True)
    # A column of words is given up after so many of them: they are counted, not read.
    odd = {text: number(text, style) for text in failing.head(_DISTINCT + 1).to_list() if text.strip()}
    found = {text: reading.value for text, reading in odd.items() if reading.value is not None}
    if found:
        values = _fill(values, texts, found)
    return Numbers(values, style, odd, restyled)


def _fill(values: pl.Series, texts: pl.Series, found: dict[str, float]) -> pl.Series:
    late = texts.replace_strict(list(found), list(found.values()), default=None, return_dtype=pl.Float64)
    return pl.select(pl.coalesce(values, late)).to_series().alias(values.name)


def _spread(texts: pl.Series) -> list[str]:
    filled = texts.drop_nulls()
    step = max(1, len(filled) // _SAMPLE)
    return [text for text in filled.gather_every(step).to_list() if text.strip()]


def _numeric(sample: list[str], style: Style) -> bool:
    readings = {text: _first_look(text.strip(), style) for text in set(sample)}
    counted = [readings[text] for text in sample if readings[text].rule != "no_value"]
    codes = sum(bool(_CODE.match(text.strip())) for text in sample)
    if not counted or codes > 0.01 * len(counted):
        return False
    right = sum(reading.value is not None for reading in counted)
    units = {reading.unit for reading in counted if reading.unit}
    return right >= 0.85 * len(counted) and len(units) <= 3


def _first_look(text: str, style: Style) -> Reading:
    return Reading(float(text), "spelling") if _PLAIN.match(text) else number(text, style)


def _restyle(texts: pl.Series, style: Style) -> tuple[pl.Series, pl.Series]:
    plain = texts.str.strip_chars()
    comma = plain.str.contains(",", literal=True).fill_null(value=False)
    if style == "point":
        grouped = comma & plain.str.contains(_GROUPS).fill_null(value=False)
        return plain.zip_with(~grouped, plain.str.replace_all(",", "", literal=True)), grouped
    point = plain.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    alone = plain.str.replace_all(r"^([+-]?\d{1,3})\.(\d{3})$", "$1$2") if style == "comma_grouped" else plain
    return point.zip_with(comma, alone), comma


def _signed(text: str) -> str:
    if text.startswith("(") and text.endswith(")"):
        return "-" + text[1:-1].strip()
    if text.endswith("-") and text[:1] not in "+-":
        return "-" + text[:-1].strip()
    return text[:1] + text[1:].lstrip() if text[:1] in "+-" else text


def _value(text: str, style: Style) -> float | None:
    if style == "point":
        plain = text.replace(",", "") if _THOUSANDS.match(text) else text
    else:
        plain = text.replace(".", "").replace(",", ".") if "," in text else text
    if not _PLAIN.match(plain):
        return None
    value = float(plain)
    return value if math.isfinite(value) else None
