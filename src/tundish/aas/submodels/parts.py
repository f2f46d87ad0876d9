"""How does one column become an element of a submodel? Its value, or the range of what was seen."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from tundish.aas.elements import Value, collection, element, literal, texts
from tundish.aas.meaning import Meaning, of_concept
from tundish.aas.package import Json
from tundish.aas.series import Field
from tundish.vocabulary import Concept

LOW, HIGH = 0.01, 0.99
"""Quantiles that bound what was seen: a single wild value makes no range."""
MOST_LEVELS = 12
"""Values of a category that are written out."""


def as_property(field: Field, value: Value | None, *, name: str | None = None) -> Json:
    """A value of the table as a property, in the unit that the meaning states."""
    meaning = field.meaning
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = meaning.shown(float(value))
    value_type = meaning.value_type
    text = literal(value, value_type)
    return _said("Property", meaning, field, name=name or field.name, valueType=value_type, value=text)


def seen(field: Field, frame: pl.DataFrame, *, name: str | None = None) -> Json | None:
    """What a column holds: a range of numbers or times, or the values of a category; None where it holds nothing."""
    values = frame[field.column.name].drop_nulls()
    if values.is_empty():
        return None
    if field.meaning.kind == "number":
        return _span(field.meaning, values.quantile(LOW), values.quantile(HIGH), field=field, name=name or field.name)
    if field.meaning.kind == "time":
        return _span(field.meaning, values.min(), values.max(), field=field, name=name or field.name)
    counts = values.cast(pl.String).value_counts(sort=True).sort("count", values.name, descending=[True, False])
    most = ", ".join(counts[values.name].head(MOST_LEVELS))
    return as_property(field, most + (", ..." if counts.height > MOST_LEVELS else ""), name=name)


def plausible(concept: Concept, name: str) -> Json | None:
    """The range that the vocabulary holds for possible."""
    if concept.low is None and concept.high is None:
        return None
    return _span(of_concept(concept), concept.low, concept.high, name=name)


def parameter(field: Field, inside: list[Json]) -> Json:
    """A parameter: what is known of one quantity, together."""
    return collection(field.name, inside, meaning=field.meaning.ids, words=field.meaning.words)


def mean(field: Field, frame: pl.DataFrame) -> Value | None:
    """The mean of a number, in the table's unit; None where it holds nothing."""
    found = frame[field.column.name].mean() if field.meaning.kind == "number" else None
    return found if isinstance(found, float) else None


def _span(meaning: Meaning, low: object, high: object, *, name: str, field: Field | None = None) -> Json | None:
    ends = [_shown(meaning, end) for end in (low, high)]
    if ends == [None, None]:
        return None
    return _said("Range", meaning, field, name=name, valueType=meaning.value_type, min=ends[0], max=ends[1])


def _said(kind: str, meaning: Meaning, field: Field | None, *, name: str, **rest: object) -> Json:
    """An element with its origin: no value stands there without the file and column it came from."""
    origin = str(field.column.origin) if field else None
    told = texts({"en": origin, "ko": origin}, 500) if origin else None
    return element(kind, name, meaning=meaning.ids, words=meaning.words, description=told, **rest)


def _shown(meaning: Meaning, end: object) -> str | None:
    if isinstance(end, datetime):
        return literal(end, meaning.value_type)
    return literal(meaning.shown(end), meaning.value_type) if isinstance(end, int | float) else None
