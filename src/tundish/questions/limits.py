"""Do specification limits stand beside the target, in columns such as `YS 하한` and `YS 상한`?"""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from tundish.errors import Message
from tundish.table import Column, Finding
from tundish.trace.pieces import Pieces
from tundish.vocabulary import split_header
from tundish.vocabulary.words import even_name

_LOWER = re.compile(r"하한(?:치|값|선)?|\bLSL\b|\blower\s*(?:spec\w*\s*)?limit\b|\bspec\w*[\s_.]*(?:min|low)\w*", re.IGNORECASE)
_UPPER = re.compile(
    r"상한(?:치|값|선)?|\bUSL\b|\bupper\s*(?:spec\w*\s*)?limit\b|\bspec\w*[\s_.]*(?:max|high|up)\w*", re.IGNORECASE
)
_OF_THE_TABLE = frozenset(("", "규격", "기준", "관리", "spec"))
"""What is left of a header such as `규격 하한` names no column and so means the target."""


def limits_beside(pieces: Pieces, target: Column) -> tuple[tuple[float | None, float | None], tuple[Finding, ...]]:
    """Lower and upper limit, SI, from constant columns of the target's own table; None where none stands."""
    low, high = (_limit(pieces, target, word) for word in (_LOWER, _UPPER))
    if low is None and high is None:
        return (None, None), ()
    values = [None if found is None else found[1] for found in (low, high)]
    shown = ["-" if value is None else f"{target.to_plant(value):g}" for value in values]
    message = Message(
        "Specification limits were read from {columns}: {low} to {high}. "
        "Other limits can be written under [limits] in plant.toml.",
        columns=", ".join(found[0].header for found in (low, high) if found is not None),
        low=shown[0],
        high=shown[1],
    )
    return (values[0], values[1]), (Finding("question.limits", "info", message, target.origin),)


def _limit(pieces: Pieces, target: Column, word: re.Pattern[str]) -> tuple[Column, float] | None:
    """The one column that holds one limit; None for none, for several, and for limits that change from piece to piece."""
    found = [column for column in pieces.table.columns if _is_limit_of(column, target, word)]
    if len(found) != 1 or found[0].unit not in (None, target.unit):
        return None
    values = pieces.table.frame.get_column(found[0].name).cast(pl.Float64, strict=False).drop_nulls()
    if values.n_unique() != 1:
        return None
    value = float(values[0])
    return found[0], value if found[0].unit is not None else value * target.factor + target.offset


def _is_limit_of(column: Column, target: Column, word: re.Pattern[str]) -> bool:
    beside = {(o.file, o.sheet) for o in column.origins} & {(o.file, o.sheet) for o in target.origins}
    if column.kind != "number" or not beside or column.name == target.name:
        return False
    return any(word.search(header) and _names(word.sub("", header), target.headers) for header in column.headers)


def _names(rest: str, headers: Sequence[str]) -> bool:
    left = even_name(split_header(rest)[0])
    return left in _OF_THE_TABLE or any(left == even_name(split_header(header)[0]) for header in headers)
