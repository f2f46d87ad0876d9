"""How do the values of a database become columns of a frame?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from tundish.connectors.sql.moments import Beyond
from tundish.connectors.sql.window import DIGEST, utc

_EXACT = 15
"""Digits that a float keeps."""
_WHOLE = 2**63
_LONGEST = timedelta(microseconds=_WHOLE - 1)


def plain(row: Sequence[Any]) -> tuple[Any, ...]:
    """Values as they read in every session: moments in UTC, records as JSON, bytes as bytes."""
    return tuple(_plain(value) for value in row)


def digest(row: Sequence[Any]) -> bytes:
    """A hash of a plain row's content."""
    return hashlib.blake2b(repr(row).encode("utf-8", "surrogatepass"), digest_size=DIGEST).digest()


def beyond(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, Beyond]:
    """Columns with moments that no calendar here holds, and the first of each; :func:`frame` leaves them empty."""
    found: dict[str, Beyond] = {}
    for row in rows:
        for name, value in zip(names, row, strict=True):
            if isinstance(value, Beyond):
                found.setdefault(name, value)
    return found


def frame(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> tuple[pl.DataFrame, list[str]]:
    """A frame of plain rows, and the columns that hold bytes and were left out."""
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    packed = [name for name, values in zip(names, columns, strict=True) if any(isinstance(value, bytes) for value in values)]
    kept = [_series(name, values) for name, values in zip(names, columns, strict=True) if name not in packed]
    return pl.DataFrame(kept), packed


def _plain(value: Any) -> Any:  # noqa: ANN401 - a database holds anything
    match value:
        case datetime() | timedelta():
            return _held(value)
        case None | bool() | int() | float() | str() | Decimal() | bytes() | date() | time():
            return value
        case bytearray() | memoryview():
            return bytes(value)
        case list() | dict() | tuple():
            return json.dumps(value, ensure_ascii=False, default=str)
        case _:
            return str(value)


def _held(value: datetime | timedelta) -> datetime | timedelta | Beyond:
    """A moment in UTC, or a span; beyond, where a frame cannot hold it."""
    try:
        if isinstance(value, datetime):
            return utc(value)
    except OverflowError:
        return Beyond(value)
    return value if abs(value) <= _LONGEST else Beyond(value)


def _series(name: str, values: Sequence[Any]) -> pl.Series:
    values = [None if isinstance(value, Beyond) else value for value in values]
    filled = [value for value in values if value is not None]
    kinds = {type(value) for value in filled}
    if kinds and kinds <= {int, float, Decimal} and _fits(filled, kinds):
        return pl.Series(name, values, dtype=pl.Int64 if kinds == {int} else pl.Float64, strict=False)
    if kinds == {datetime} and len({value.tzinfo for value in filled}) == 1:
        return pl.Series(name, values, dtype=pl.Datetime("us", None if filled[0].tzinfo is None else "UTC"))
    if kinds == {timedelta}:
        return pl.Series(name, values, dtype=pl.Duration("us"))
    if len(kinds) == 1 and not kinds <= {int, Decimal, datetime}:
        return pl.Series(name, values)
    texts = [None if value is None else str(value) for value in values]
    return pl.Series(name, texts, dtype=pl.String if filled else pl.Null)


def _fits(filled: Sequence[Any], kinds: set[type]) -> bool:
    """Whether numbers lose no digit; ids of twenty digits do."""
    if kinds == {int}:
        return all(-_WHOLE <= value < _WHOLE for value in filled)
    return all(len(value.as_tuple().digits) <= _EXACT for value in filled if isinstance(value, Decimal))
