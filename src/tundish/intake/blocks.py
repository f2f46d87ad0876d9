"""Do several tables stand under one another in a sheet?"""

from __future__ import annotations

from collections.abc import Sequence

from tundish.intake.cells import MEASURED, look
from tundish.intake.layout import Row, skeleton


def find_blocks(rows: Sequence[Row]) -> list[tuple[int, int]]:
    """First and last row (exclusive) of each table; blank rows split, unless what follows has no header of its own.

    >>> find_blocks([["로트", "온도"], ["L1", "81"], [], ["L2", "82"]])
    [(0, 4)]
    >>> find_blocks([["로트", "온도"], ["L1", "81"], ["L2", "80"], [], ["설비", "전력"], ["M1", "5"]])
    [(0, 3), (4, 6)]
    """
    blocks: list[tuple[int, int]] = []
    headers: set[tuple[str, ...]] = set()
    for first, last in _chunks(rows):
        header = _header(rows[first:last])
        fresh = header is not None and header not in headers
        if blocks and not (fresh and _header(rows[slice(*blocks[-1])]) is not None):
            blocks[-1] = (blocks[-1][0], last)
        else:
            blocks.append((first, last))
        if header is not None:
            headers.add(header)
    return blocks


def _chunks(rows: Sequence[Row]) -> list[tuple[int, int]]:
    chunks, first = [], None
    for index, row in enumerate([*rows, []]):
        if any(row) and first is None:
            first = index
        elif not any(row) and first is not None:
            chunks.append((first, index))
            first = None
    return chunks


def _header(rows: Sequence[Row]) -> tuple[str, ...] | None:
    """The first row with several cells if it holds words only and measured cells follow: a table begins here."""
    wide = [row for row in rows if sum(map(bool, row)) >= 2]
    if len(wide) < 2 or any(look(cell) in MEASURED for cell in wide[0]):
        return None
    measured = any(look(cell) in MEASURED for row in wide[1:50] for cell in row)
    return skeleton(wide[0]) if measured else None
