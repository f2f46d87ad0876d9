"""How do a server's values become rows of signals: numbers, texts, quality, and the holes that an overflow tells of?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import polars as pl

from tundish.connectors.opcua.link import Arrival, instant
from tundish.connectors.opcua.nodes import Variable
from tundish.errors import Message
from tundish.intake.live import SIGNALS, Batch, Gap, Tag

_QUALITY = pl.Series(["good", "uncertain", "bad", "bad"])
"""Severity, the top two bits of a status code (OPC 10000-4, 7.38)."""
_DATA_BITS, _OVERFLOW = 0x0C00, 0x0400 | 0x0080
"""Info type DataValue, and its bit Overflow: the queue of this node ran over before this value."""
_UNCERTAIN = 0x4000_0000
"""A value without a time of its own gets that of its arrival, and is not better than this."""
_EXACT = 2**53


class Rows:
    """Makes batches; remembers each tag's last time, so that nothing lands twice and an overflow has a span."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._told: dict[str, Tag] = {}

    def batch(self, arrivals: Sequence[Arrival]) -> Batch:
        """One batch of what arrived together; its key and cursor are those of the last arrival."""
        frames, gaps = [], []
        for arrival in arrivals:
            gaps.extend(arrival.gaps)
            if arrival.values:
                frame, overflows = self._frame(arrival)
                frames.append(frame)
                gaps.extend(overflows)
        return Batch(
            key=f"{arrivals[0].key}-{arrivals[-1].key.rpartition(':')[2]}",
            frame=pl.concat(frames) if frames else SIGNALS.to_frame(),
            cursor=arrivals[-1].cursor,
            gaps=tuple(gaps),
            tags=self._new_tags(arrivals[-1].variables),
            findings=tuple(finding for arrival in arrivals for finding in arrival.findings),
        )

    def _frame(self, arrival: Arrival) -> tuple[pl.DataFrame, list[Gap]]:
        names = [variable.tag for variable in arrival.variables]
        tags: list[str] = []
        times: list[int] = []
        numbers: list[float | None] = []
        texts: list[str | None] = []
        qualities: list[int] = []
        overflows: list[tuple[int, int]] = []
        last, published = self._last, arrival.published
        for handle, value, said, given in arrival.values:
            name = names[handle]
            time, status = (published, max(said, _UNCERTAIN)) if given is None else (given, said)
            before = last.get(name)
            if time == before and not arrival.acknowledge:
                continue
            if status & _DATA_BITS == 0x0400 and status & _OVERFLOW == _OVERFLOW:
                overflows.append((time if before is None else before, time))
            last[name] = time
            for place, number, text in cells(value):
                tags.append(name + place)
                times.append(time)
                numbers.append(number)
                texts.append(text)
                qualities.append(status >> 30)
        columns = [
            pl.Series("time", times, pl.Int64).cast(SIGNALS["time"]),
            pl.Series("tag", tags, pl.String),
            pl.Series("value", numbers, pl.Float64),
            pl.Series("text", texts, pl.String),
            _QUALITY.gather(pl.Series(qualities, dtype=pl.UInt32)).alias("quality"),
        ]
        return pl.DataFrame(columns), _one_gap(overflows)

    def _new_tags(self, variables: Sequence[Variable]) -> tuple[Tag, ...]:
        if self._told.keys() == {variable.tag for variable in variables}:
            return ()
        self._told = {variable.tag: Tag(variable.tag, variable.name, variable.unit) for variable in variables}
        return tuple(self._told.values())


def cells(value: object) -> Iterator[tuple[str, float | None, str | None]]:
    """A value as rows: place within an array, number or else text."""
    match value:
        case float():
            yield ("", value, None) if math.isfinite(value) else ("", None, str(value))
        case bool() | int():
            yield "", float(value), None if abs(value) <= _EXACT else str(value)
        case str():
            yield "", None, value
        case None:
            yield "", None, None
        case list() | tuple():
            for place, entry in enumerate(value):
                for inner, number, text in cells(entry):
                    yield f"[{place}]{inner}", number, text
        case _:
            said = getattr(value, "Text", value)
            yield "", None, said if isinstance(said, str) else str(said)


def _one_gap(overflows: Sequence[tuple[int, int]]) -> list[Gap]:
    """Overflows of one notification as one gap: queues of many nodes run over together."""
    if not overflows:
        return []
    begin, end = min(begin for begin, _ in overflows), max(end for _, end in overflows)
    reason = Message(
        "the server's queue ran over for {count} nodes: the reader was away or too slow. A larger queue keeps more",
        count=len(overflows),
    )
    return [Gap(instant(begin), instant(end), reason)]
