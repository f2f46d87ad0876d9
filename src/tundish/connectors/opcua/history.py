"""What does a server's history hold of a time when nobody listened?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from asyncua import ua
from asyncua.client.client import Client
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.uaerrors import UaError

from tundish.connectors.opcua.nodes import Variable
from tundish.connectors.opcua.notification import Value, data_value

_SLICE = 60_000_000
"""History is landed in slices of a minute, in microseconds: an outage of days never stands in memory at once."""
_AT_ONCE = 20
_ATTRIBUTES_AT_ONCE = 200
_HISTORY_READ = 0x04
"""Bit of AccessLevel (OPC 10000-3, 8.57)."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Filled:
    """What history gave for a span."""

    first: int | None = None
    """Time of the earliest value found, microseconds since 1970."""

    async def missing(self, client: Client, span: tuple[int, int]) -> tuple[int, int] | None:
        """The part of the span that history does not answer for; None when it answers for all of it.

        A server that has been up since before the span began has its history whole. One that came up in the middle has it
        from then on, unless older values show that it keeps history across a restart.
        """
        if self.first is None:
            return span
        up = await client.uaclient.session.read_attributes(
            [ua.NodeId(ua.Int32(ObjectIds.Server_ServerStatus_StartTime))], AttributeIds.Value
        )
        start = up[0].Value.Value if up and up[0].Value is not None else None
        if not isinstance(start, datetime):
            return span
        since = _microseconds(start)
        if since <= span[0] or self.first < since:
            return None
        return span[0], self.first


async def fill(
    client: Client, variables: Sequence[Variable], span: tuple[int, int], found: Filled
) -> AsyncIterator[tuple[list[Value], int]]:
    """Values of history after the span's begin and before its end, minute by minute, each with the moment it reaches to."""
    keeping = await _keeping_history(client, variables)
    if not keeping:
        return
    begin = span[0]
    while begin < span[1]:
        end = min(begin + _SLICE, span[1])
        values: list[Value] = []
        for start in range(0, len(keeping), _AT_ONCE):
            some = keeping[start : start + _AT_ONCE]
            for answer in await asyncio.gather(*(_history(client, handle, node, (begin, end)) for handle, node in some)):
                values.extend(answer)
        if values and found.first is None:
            found.first = min(value[3] for value in values if value[3] is not None)
        yield values, end
        begin = end


async def _history(client: Client, handle: int, node: ua.NodeId, span: tuple[int, int]) -> list[Value]:
    begin, end = (_EPOCH + timedelta(microseconds=moment) for moment in span)
    try:
        values = await client.get_node(node).read_raw_history(begin, end, return_bounds=False)
    except UaError:
        return []
    decoded = (data_value(handle, value) for value in values)
    return [value for value in decoded if value[3] is not None and span[0] < value[3] <= span[1]]


async def _keeping_history(client: Client, variables: Sequence[Variable]) -> list[tuple[int, ua.NodeId]]:
    keeping = []
    for start in range(0, len(variables), _ATTRIBUTES_AT_ONCE):
        nodes = [variable.node for variable in variables[start : start + _ATTRIBUTES_AT_ONCE]]
        levels = await client.uaclient.session.read_attributes(nodes, AttributeIds.AccessLevel)
        for handle, (node, level) in enumerate(zip(nodes, levels, strict=True), start):
            if level.Value is not None and int(level.Value.Value or 0) & _HISTORY_READ:
                keeping.append((handle, node))
    return keeping


def _microseconds(moment: datetime) -> int:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1)
