"""Which rows of a table have been read already, when some come late with an earlier number or time than others?

Rows are read in the order of a column. Two transactions may commit the other way round, and many rows may hold one value, so
a place in that order does not tell what was read. The last stretch is read again each time, and its rows told by content.
"""

from __future__ import annotations

import base64
import json
import struct
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as TimeOfDay
from decimal import Decimal
from typing import Any

MOST_SEEN = 20_000
"""Rows of the last stretch at most, save those of one value."""
DIGEST = 8
"""Bytes of a row's hash: among 20,000 rows two differing ones agree once in 10^11 times."""
_PACKED = struct.Struct(f"<{DIGEST}sI")
"""A row's hash, and the second it was first read."""


@dataclass(frozen=True, slots=True)
class _Seen:
    value: Any
    digest: bytes
    since: float


@dataclass
class Window:
    """The last stretch of what was read. One look at the table is :meth:`is_new` for each row in order, then :meth:`turn`."""

    overlap_s: float
    low: Any = None
    """From this value on the table is read again; None: from its first row."""
    told: set[str] = field(default_factory=set)
    """What a person was told of this source already."""
    now: Callable[[], float] = time.time
    _again: dict[bytes, list[float]] = field(default_factory=dict)
    """Rows of the stretch that this look has not met yet: hash -> when each was first read."""
    _met: deque[_Seen] = field(default_factory=deque)

    @classmethod
    def after(cls, cursor: str | None, overlap_s: float, *, now: Callable[[], float] = time.time) -> Window:
        """As it stood when the cursor was written; ValueError for what is no cursor."""
        window = cls(overlap_s, now=now)
        if cursor is not None:
            said = json.loads(cursor)
            window.low = _value(said["low"])
            window.told = set(said["told"])
            for digest, since in _PACKED.iter_unpack(base64.b64decode(said["seen"])):
                window._again.setdefault(digest, []).append(float(since))
        return window

    def cursor(self) -> str:
        """All of it as a text."""
        rest = ((digest, since) for digest, times in self._again.items() for since in times)
        rows = (*((row.digest, row.since) for row in self._met), *rest)
        seen = b"".join(_PACKED.pack(digest, int(since)) for digest, since in rows)
        said = {"low": _written(self.low), "seen": base64.b64encode(seen).decode(), "told": sorted(self.told)}
        return json.dumps(said)

    def is_new(self, value: Any, digest: bytes) -> bool:  # noqa: ANN401 - whatever the column holds
        """Whether a row is met for the first time; it counts as read from now on."""
        since = self._again.get(digest)
        self._met.append(_Seen(value, digest, since.pop() if since else self.now()))
        if since is not None and not since:
            del self._again[digest]
        if len(self._met) > 2 * MOST_SEEN:
            self._shorten()
        return since is None

    def turn(self) -> None:
        """The table was read to its end: what is old enough need not be read again, and what was deleted is forgotten."""
        self._again.clear()
        self._shorten()
        self.restart()

    def restart(self) -> None:
        """The look broke off; the next one begins at :attr:`low`."""
        for row in self._met:
            self._again.setdefault(row.digest, []).append(row.since)
        self._met.clear()

    def _shorten(self) -> None:
        """Leave out the first values whose rows are all old, or too many."""
        old = self.now() - self.overlap_s
        while self._met and self._met[0].value != self._met[-1].value:
            first = self._met[0].value
            group = 0
            young = False
            for row in self._met:
                if row.value != first:
                    break
                group += 1
                young = young or row.since > old or self._is_near(row.value)
            if young and len(self._met) <= MOST_SEEN:
                break
            for _ in range(group):
                self._met.popleft()
            self.low = self._met[0].value

    def _is_near(self, value: Any) -> bool:  # noqa: ANN401 - whatever the column holds
        newest = self._met[-1].value
        return isinstance(value, datetime) and bool(newest - value <= timedelta(seconds=self.overlap_s))


def _written(value: Any) -> list[str] | None:  # noqa: ANN401 - whatever the column holds
    match value:
        case None:
            return None
        case datetime() | date():
            return [type(value).__name__, value.isoformat()]
        case bytes():
            return ["bytes", value.hex()]
        case TimeOfDay():
            return ["time", value.isoformat()]
        case _:
            return [type(value).__name__, str(value)]


def _value(said: list[str] | None) -> Any:  # noqa: ANN401 - whatever the column holds
    if said is None:
        return None
    kind, text = said
    readers: dict[str, Callable[[str], Any]] = {
        "int": int,
        "float": float,
        "Decimal": Decimal,
        "str": str,
        "datetime": datetime.fromisoformat,
        "date": date.fromisoformat,
        "time": TimeOfDay.fromisoformat,
        "bytes": bytes.fromhex,
    }
    if kind not in readers:
        raise ValueError(kind)
    return readers[kind](text)


def utc(value: datetime) -> datetime:
    """A moment as it reads everywhere; one without zone as it stands."""
    return value.astimezone(UTC) if value.tzinfo else value
