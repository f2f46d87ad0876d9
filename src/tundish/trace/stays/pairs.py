"""When did each piece's stay on the line begin and end?"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from tundish.table import Column, Table
from tundish.trace.stamps import NEVER, SECOND, Stamps, role, stamps
from tundish.vocabulary import Catalogue

_BEGIN = re.compile(
    r"시작|투입|장입|착수|개시|점화|입측|start|begin|entry|charge|\bload|ignition|_in$|\bin$|начал", re.IGNORECASE
)
_FINISH = re.compile(
    r"종료|배출|추출|완료|마감|끝|출측|end|finish|stop|exit|discharge|unload|_out$|\bout$|конец|окончан", re.IGNORECASE
)
_LATER = re.compile(
    r"검사|시험|측정|분석|판정|출하|출고|입고|주문|납기|등록|inspect|test|lab|ship|order|deliver|due|creat", re.IGNORECASE
)
_ORDERED = 0.99
_LONGEST = 30 * 86_400 * SECOND


@dataclass(frozen=True, slots=True)
class Pair:
    """Two time columns of one table: first begins, second ends."""

    table: Table
    start: Column
    end: Column


def find_pair(table: Table, catalogue: Catalogue) -> Pair | None:
    """The begin and end of what a row stands for: by the vocabulary, by the header, else by order and no overlap.

    None when no two time columns stand in order in at least 99 % of the rows.
    """
    times = table.of_kind("time")
    best: tuple[int, Pair] | None = None
    for start in times:
        for end in times:
            if start is end:
                continue
            worth = _worth(table, start, end, catalogue)
            if worth and (best is None or worth > best[0]):
                best = worth, Pair(table, start, end)
    return best[1] if best else None


def _worth(table: Table, start: Column, end: Column, catalogue: Catalogue) -> int:
    if not _in_order(stamps(table, start.name), stamps(table, end.name)):
        return 0
    roles = role(start, catalogue), role(end, catalogue)
    if roles == ("time_start", "time_end"):
        return 3 if not (_says(_LATER, start) or _says(_LATER, end)) else 0
    if _says(_LATER, start) or _says(_LATER, end):
        return 0
    if _says(_BEGIN, start) and _says(_FINISH, end):
        return 2
    unknown = not any(_says(hint, column) for hint in (_BEGIN, _FINISH) for column in (start, end))
    alone = sum(not _says(_LATER, column) for column in table.of_kind("time")) == 2
    if unknown and alone and set(roles) <= {None} and _one_after_another(stamps(table, start.name), stamps(table, end.name)):
        return 1
    return 0


def _says(hint: re.Pattern[str], column: Column) -> bool:
    return any(hint.search(header) for header in column.headers)


def _in_order(start: Stamps, end: Stamps) -> bool:
    both = (start != NEVER) & (end != NEVER)
    if both.sum() < max(2, 0.3 * start.size):
        return False
    lasted = end[both] - start[both]
    return bool((lasted >= 0).mean() >= _ORDERED and 0 < np.median(lasted) < _LONGEST)


def _one_after_another(start: Stamps, end: Stamps) -> bool:
    """Without a hint, two times are taken for a stay only when one piece ends before the next begins."""
    both = (start != NEVER) & (end != NEVER)
    order = np.argsort(start[both], kind="stable")
    begin, finish = start[both][order], end[both][order]
    return bool((begin[1:] >= finish[:-1]).mean() >= 0.9) if begin.size > max(2, 0.9 * start.size) else False


def tells_of_the_line(column: Column) -> bool:
    """False for the time of a test, a delivery or an order, which says nothing of when the piece was made."""
    return not _says(_LATER, column)


def overlapping(starts: Stamps, ends: Stamps) -> int:
    """Number of stays that begin before the one before has ended."""
    known = (starts != NEVER) & (ends != NEVER)
    order = np.argsort(starts[known], kind="stable")
    begin, finish = starts[known][order], ends[known][order]
    return int((begin[1:] < np.maximum.accumulate(finish)[:-1]).sum()) if begin.size > 1 else 0
