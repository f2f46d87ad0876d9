"""Do several tables stand under one another in a sheet?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tundish.intake.cells import MEASURED, look
from tundish.intake.layout import Row, skeleton

_FIRST_ROWS = 50
_MOST_BLANKS = 2000
"""More blank lines part no tables: they stand between all rows."""


def find_blocks(rows: Sequence[Row], *, filled: Sequence[bool] | None = None) -> list[tuple[int, int]]:
    """First and last row (exclusive) of each table; blank rows split, unless what follows has no header of its own.

    ``filled`` says for each row whether it holds anything, where that is known already.

    >>> find_blocks([["로트", "온도"], ["L1", "81"], [], ["L2", "82"]])
    [(0, 4)]
    >>> find_blocks([["로트", "온도"], ["L1", "81"], ["L2", "80"], [], ["설비", "전력"], ["M1", "5"]])
    [(0, 3), (4, 6)]
    """
    blocks: list[tuple[int, int]] = []
    headers: set[tuple[str, ...]] = set()
    for first, last in _chunks([any(row) for row in rows] if filled is None else filled):
        header = _header(rows, first, last)
        fresh = header is not None and header not in headers
        if blocks and not (fresh and _header(rows, *blocks[-1]) is not None):
            blocks[-1] = (blocks[-1][0], last)
        else:
            blocks.append((first, last))
        if header is not None:
            headers.add(header)
    return blocks


def find_tables(rows: Sequence[Row], filled: NDArray[np.bool_], *, alone: bool = False) -> list[tuple[int, int]]:
    """First and last row (exclusive) of each table of a text: parted by blank lines, each with a header and rows of its width.

    What is no table by itself - a title, keys and values, sums, a note - belongs to the table below it, at the end above it.
    """
    whole = [(0, len(rows))]
    blank = np.flatnonzero(~filled)
    if alone or not blank.size or blank.size > _MOST_BLANKS:
        return whole
    kept: list[tuple[int, int]] = []
    start = 0
    for first, last in find_blocks(rows, filled=filled.tolist()):
        if not _stands_alone(rows, first, last):
            continue
        if kept:
            kept[-1] = (kept[-1][0], start)
        kept.append((start if not kept else first, last))
        start = last
    if len(kept) < 2:
        return whole
    starts = [0, *(first for first, _ in kept[1:])]
    return list(zip(starts, [*starts[1:], len(rows)], strict=True))


def _stands_alone(rows: Sequence[Row], first: int, last: int) -> bool:
    """Whether a block has a header of three names or more over at least two rows as wide, the second of them measured too."""
    wide = [row for row in (rows[index] for index in range(first, min(last, first + _FIRST_ROWS))) if sum(map(bool, row)) >= 2]
    if len(wide) < 3 or any(look(cell) in MEASURED for cell in wide[0]):
        return False
    width = len(wide[0])
    same = [row for row in wide[1:] if len(row) == width]
    measured = sum(any(look(cell) in MEASURED for cell in row) for row in same)
    named = sum(map(bool, wide[0]))
    return len(same) >= 0.8 * (len(wide) - 1) and measured >= 2 and (named >= 3 or (named == 2 and measured == len(same) >= 5))


def _chunks(filled: Sequence[bool]) -> list[tuple[int, int]]:
    chunks, first = [], None
    for index, any_cell in enumerate([*filled, False]):
        if any_cell and first is None:
            first = index
        elif not any_cell and first is not None:
            chunks.append((first, index))
            first = None
    return chunks


def _header(rows: Sequence[Row], first: int, last: int) -> tuple[str, ...] | None:
    """The first row with several cells if it holds words only and measured cells follow: a table begins here."""
    wide = [row for row in (rows[index] for index in range(first, min(last, first + _FIRST_ROWS))) if sum(map(bool, row)) >= 2]
    if len(wide) < 2 or any(look(cell) in MEASURED for cell in wide[0]):
        return None
    measured = any(look(cell) in MEASURED for row in wide[1:] for cell in row)
    return skeleton(wide[0]) if measured else None
