"""What stands in the answer to a Publish request? Decoded without an object a value: 10,000 values take some 20 ms.

Encoding after OPC 10000-6 (5.2.2, 5.2.8) and OPC 10000-4 (5.14.5, 7.25); rare types go through asyncua's own decoder.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from struct import Struct

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import nodeid_from_binary, struct_from_binary

Value = tuple[int, object, int, int | None]
"""Client handle, value, status code, time in microseconds since 1970 UTC (None when the server gives none)."""

_VALUE, _STATUS, _SOURCE, _SERVER, _SOURCE_PS, _SERVER_PS = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
_SCALARS = {1: "?", 2: "b", 3: "B", 4: "h", 5: "H", 6: "i", 7: "I", 8: "q", 9: "Q", 10: "f", 11: "d"}
"""Variant type -> struct code, OPC 10000-6 table 1."""
_DATA_CHANGE, _STATUS_CHANGE = 811, 820
"""Binary encoding ids of DataChangeNotification and StatusChangeNotification."""
_EPOCH = 11_644_473_600_000_000
"""1970 in microseconds since 1601."""
_INT32 = Struct("<i")


@dataclass(slots=True)
class Notification:
    """One NotificationMessage: what changed, and where it stands in the sequence."""

    subscription: int
    sequence: int
    """Its own number; for a keep-alive (no data) that of the next message."""
    published: int
    """When the server sent it, microseconds since 1970; some servers say it in the header of the answer only."""
    more: bool
    data: bool = False
    values: list[Value] = field(default_factory=list)
    ended: int | None = None
    """Status with which the server ended the subscription."""


def publish_answer(body: bytes) -> Notification:
    """Decode a PublishResponse."""
    buffer, answered = _begun(body)
    subscription = _number(buffer, 4)
    buffer.skip(4 * max(0, _count(buffer)))
    more = bool(_number(buffer, 1))
    found = _message(buffer, subscription, more=more)
    if found.published <= 0:
        found.published = answered
    return found


def republish_answer(body: bytes, subscription: int) -> Notification:
    """Decode a RepublishResponse; where it does not say when it was sent first, the time of its last value stands for it."""
    buffer, _answered = _begun(body)
    found = _message(buffer, subscription, more=False)
    if found.published <= 0:
        found.published = max((value[3] for value in found.values if value[3] is not None), default=0)
    return found


def _begun(body: bytes) -> tuple[Buffer, int]:
    """The rest of an answer after its header, and when the server gave it. Raises UaError when it is a refusal."""
    buffer = Buffer(body)
    nodeid_from_binary(buffer)
    header = struct_from_binary(ua.ResponseHeader, buffer)
    header.ServiceResult.check()
    return buffer, _instant(header.Timestamp) or 0


def microseconds(filetime: int) -> int:
    """OPC UA's 100 ns since 1601 as microseconds since 1970."""
    return filetime // 10 - _EPOCH


def _message(buffer: Buffer, subscription: int, *, more: bool) -> Notification:
    sequence, published = _number(buffer, 4), _number(buffer, 8)
    found = Notification(subscription, sequence, microseconds(published), more)
    for _ in range(max(0, _count(buffer))):
        kind = nodeid_from_binary(buffer).Identifier
        encoding = _number(buffer, 1)
        body = buffer.read(_count(buffer)) if encoding else b""
        found.data = True
        if kind == _DATA_CHANGE:
            found.values.extend(_changes(body))
        elif kind == _STATUS_CHANGE:
            found.ended = int.from_bytes(body[:4], "little")
    return found


def _changes(body: bytes) -> Iterator[Value]:
    """Monitored items of a DataChangeNotification: handle and DataValue each."""
    position = _INT32.size
    for _ in range(_INT32.unpack_from(body, 0)[0]):
        mask = body[position + 4]
        layout = _layout(mask, body[position + 5]) if mask & _VALUE else _layout(mask, 0)
        if layout is None:
            value, position = _odd(body, position)
            yield value
            continue
        shape, status, time = layout
        fields = shape.unpack_from(body, position)
        position += shape.size
        filetime = fields[time] if time else 0
        yield (
            fields[0],
            fields[3] if mask & _VALUE else None,
            fields[status] if status else 0,
            filetime // 10 - _EPOCH if filetime > 0 else None,
        )


@cache
def _layout(mask: int, kind: int) -> tuple[Struct, int, int] | None:
    """Shape of an item whose value is a plain number or missing, and where its status and its time stand (0: nowhere)."""
    code, places, status, time = "<IB", 2, 0, 0
    if mask & _VALUE:
        if kind not in _SCALARS:
            return None
        code, places = code + "B" + _SCALARS[kind], places + 2
    if mask & _STATUS:
        code, status, places = code + "I", places, places + 1
    if mask & _SOURCE:
        code, time, places = code + "q", places, places + 1
    if mask & _SOURCE_PS:
        code, places = code + "H", places + 1
    if mask & _SERVER:
        code, time, places = code + "q", time or places, places + 1
    if mask & _SERVER_PS:
        code, places = code + "H", places + 1
    return Struct(code), status, time


def _odd(body: bytes, position: int) -> tuple[Value, int]:
    """An item with a text, an array or a structure, by asyncua."""
    buffer = Buffer(body, position)
    handle = _number(buffer, 4)
    data = struct_from_binary(ua.DataValue, buffer)
    value = None if data.Value is None else data.Value.Value
    status = 0 if data.StatusCode is None else data.StatusCode.value
    return (handle, value, status, _instant(data.SourceTimestamp or data.ServerTimestamp)), buffer.cur_pos


def _instant(time: datetime | None) -> int | None:
    if time is None or time.year < 1970:
        return None
    return round((time.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1e6)


def data_value(handle: int, data: ua.DataValue) -> Value:
    """A DataValue that asyncua decoded, such as one of history."""
    value = None if data.Value is None else data.Value.Value
    status = 0 if data.StatusCode is None else data.StatusCode.value
    return handle, value, status, _instant(data.SourceTimestamp or data.ServerTimestamp)


def _number(buffer: Buffer, size: int) -> int:
    return int.from_bytes(buffer.read(size), "little")


def _count(buffer: Buffer) -> int:
    return int(_INT32.unpack(buffer.read(4))[0])
