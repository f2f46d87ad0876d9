"""Which spellings of a category are one and the same?"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from tundish.errors import Message
from tundish.table import ROW, ROWS_SHOWN, Column, Repair, Table

_MOST = 2000


def even_spellings(table: Table) -> Table:
    """Give values that differ in blanks, case or width only the commonest spelling."""
    frame = table.frame
    repairs: list[Repair] = []
    for column in table.of_kind("category"):
        values = frame[column.name]
        even = commonest_spellings(_counted(values))
        if not even:
            continue
        repairs += [_repair(column, frame, before, after) for before, after in even.items()]
        frame = frame.with_columns(values.replace(even).alias(column.name))
    return replace(table, frame=frame).adding(repairs=repairs)


def commonest_spellings(counted: Iterable[tuple[str, int]]) -> dict[str, str]:
    """Odd spelling -> commonest one of the same word.

    >>> commonest_spellings([("OK", 90), ("ok", 3), ("O K", 1), ("NG", 5)])
    {'ok': 'OK'}
    """
    best: dict[str, tuple[str, int]] = {}
    listed = list(counted)
    for text, count in listed:
        key = _key(text)
        if key not in best or count > best[key][1]:
            best[key] = (text, count)
    return {text: best[_key(text)][0] for text, _ in listed if best[_key(text)][0] != text}


def _key(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _counted(values: pl.Series) -> list[tuple[str, int]]:
    counts = values.alias("text").drop_nulls().value_counts(name="n").sort("n", "text", descending=[True, False]).head(_MOST)
    return [(str(text), int(count)) for text, count in counts.iter_rows()]


def _repair(column: Column, frame: pl.DataFrame, before: str, after: str) -> Repair:
    where = frame[column.name] == before
    message = Message("{before} was evened to {after}.", before=before, after=after)
    rows = tuple(frame[ROW].filter(where).head(ROWS_SHOWN).to_list())
    return Repair("spelling", message, column.origins[0], count=int(where.sum()), before=before, after=after, rows=rows)
