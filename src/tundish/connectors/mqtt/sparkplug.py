"""What does a Sparkplug B message say: names and units at birth, values by alias after it, and which messages never came?

Field numbers, types and rules after the Eclipse Sparkplug Specification 3.0.0 (chapters 4 and 6). The messages are described
here and decoded by the protobuf runtime; nothing is generated.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from tundish.errors import Message

if TYPE_CHECKING:
    from google.protobuf.message import Message as Proto

NAMESPACE = "spBv1.0"
_MESSAGES: dict[str, tuple[tuple[str, int, str, bool], ...]] = {
    "Payload": (
        ("timestamp", 1, "uint64", False),
        ("metrics", 2, "Metric", True),
        ("seq", 3, "uint64", False),
        ("uuid", 4, "string", False),
        ("body", 5, "bytes", False),
    ),
    "Metric": (
        ("name", 1, "string", False),
        ("alias", 2, "uint64", False),
        ("timestamp", 3, "uint64", False),
        ("datatype", 4, "uint32", False),
        ("is_historical", 5, "bool", False),
        ("is_transient", 6, "bool", False),
        ("is_null", 7, "bool", False),
        ("properties", 9, "PropertySet", False),
        ("int_value", 10, "uint32", False),
        ("long_value", 11, "uint64", False),
        ("float_value", 12, "float", False),
        ("double_value", 13, "double", False),
        ("boolean_value", 14, "bool", False),
        ("string_value", 15, "string", False),
        ("bytes_value", 16, "bytes", False),
    ),
    "PropertySet": (("keys", 1, "string", True), ("values", 2, "PropertyValue", True)),
    "PropertyValue": (
        ("type", 1, "uint32", False),
        ("is_null", 2, "bool", False),
        ("int_value", 3, "uint32", False),
        ("long_value", 4, "uint64", False),
        ("float_value", 5, "float", False),
        ("double_value", 6, "double", False),
        ("boolean_value", 7, "bool", False),
        ("string_value", 8, "string", False),
    ),
}
"""Fields by message: name, number, type, repeated."""
_SIGNED_BITS = {1: 8, 2: 16, 3: 32, 4: 64}
"""Signed datatypes travel in unsigned fields (6.4.16)."""
_VALUES = ("int_value", "long_value", "float_value", "double_value", "boolean_value", "string_value", "bytes_value")
_UNIT_KEYS = frozenset({"engunit", "engunits", "unit", "units", "engineeringunits"})
_NAME_KEYS = frozenset({"description", "documentation", "tooltip", "displayname"})
_SEQUENCE = 256
_STALE_QUALITY = 500
"""Property Quality: 0 bad, 192 good, 500 stale (6.4.15)."""


@dataclass(slots=True)
class Metric:
    """What a birth says of a metric."""

    tag: str
    datatype: int = 0
    name: str | None = None
    unit: str | None = None


@dataclass(slots=True)
class Node:
    """What is known of an edge node: the metrics of its births, and where it stands in its sequence."""

    metrics: dict[str, Metric] = field(default_factory=dict)
    """``device`` TAB name or ``device`` TAB # alias -> metric."""
    birth: int | None = None
    """bdSeq of its birth."""
    sequence: int | None = None
    last: int | None = None
    """When it was heard last, microseconds since 1970."""
    dead_since: int | None = None


@dataclass(slots=True)
class Told:
    """What a message told."""

    rows: list[tuple[int, str, float | None, str | None, str]] = field(default_factory=list)
    """Time in microseconds, tag, value, text, quality."""
    gaps: list[tuple[int, int, Message]] = field(default_factory=list)
    births: list[Metric] = field(default_factory=list)
    rebirth: str | None = None
    """Topic of the command by which this node can be asked for its birth: names are missing or messages were lost."""


class Undecodable(ValueError):
    """Bytes that are no Sparkplug payload, or a topic that is none of Sparkplug's."""


class Sparkplug:
    """Edge nodes heard so far."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}

    def told(self, topic: str, payload: bytes, received: int) -> Told:
        """Take in one message. Raises :class:`Undecodable`."""
        parts = topic.split("/")
        if len(parts) < 4 or parts[0] != NAMESPACE:
            raise Undecodable(topic)
        group, kind, edge, device = parts[1], parts[2], parts[3], "/".join(parts[4:])
        if kind not in ("NBIRTH", "DBIRTH", "NDATA", "DDATA", "NDEATH", "DDEATH"):
            return Told()
        message = _decoded(payload)
        node = self.nodes.setdefault(f"{group}/{edge}", Node())
        told, time = Told(), _micro(message.timestamp) or received
        place = f"{group}/{edge}/{device}" if device else f"{group}/{edge}"
        if kind == "NDEATH":
            return _death(node, message, told, received)
        complete = _in_sequence(node, edge, message, told, time) if kind != "NBIRTH" else _born(node, message, told, time)
        if kind in ("NBIRTH", "DBIRTH"):
            _names(node, place, device, message, told)
        if kind == "DDEATH":
            _stale(node, device, told, time)
        else:
            named = _values(node, (place, device), message, told, time)
            complete = complete and named
        node.last = max(time, node.last or time)
        if not complete:
            told.rebirth = f"{NAMESPACE}/{group}/NCMD/{edge}"
        return told


def rebirth_command(now_ms: int) -> bytes:
    """Payload of the command by which a node is asked for its birth (6.4.23)."""
    message = _message("Payload")()
    message.timestamp = now_ms
    message.metrics.add(name="Node Control/Rebirth", timestamp=now_ms, datatype=11, boolean_value=True)
    return bytes(message.SerializeToString())


def _decoded(payload: bytes) -> Proto:
    from google.protobuf.message import DecodeError

    message = _message("Payload")()
    try:
        message.ParseFromString(payload)
    except DecodeError as failure:
        raise Undecodable(str(failure)) from failure
    if any(isinstance(word, bytes) for metric in message.metrics for word in _words(metric)):
        raise Undecodable("a name that is no UTF-8")
    return message


def _words(metric: Proto) -> Iterator[str | bytes]:
    """Its name, and those of its properties; the protobuf runtime leaves as bytes what is no UTF-8."""
    yield metric.name
    if metric.HasField("properties"):
        yield from metric.properties.keys
        yield from (value.string_value for value in metric.properties.values)


def _in_sequence(node: Node, edge: str, message: Proto, told: Told, time: int) -> bool:
    """Messages of a node are numbered from 0 to 255 over and over, its birth begins with 0; False when one is missing."""
    if not message.HasField("seq"):
        return True
    before, node.sequence = node.sequence, message.seq
    lost = 0 if before is None else (message.seq - before - 1) % _SEQUENCE
    if lost:
        reason = Message("{count} Sparkplug messages of {node} did not arrive", count=lost, node=edge)
        told.gaps.append((node.last or time, time, reason))
    return not lost


def _values(node: Node, where: tuple[str, str], message: Proto, told: Told, time: int) -> bool:
    """Rows of a message; False when it names a metric by an alias that no birth told of."""
    place, device = where
    complete = True
    for metric in message.metrics:
        known = node.metrics.get(f"{device}\t{metric.name}" if metric.name else f"{device}\t#{metric.alias}")
        nameless = known is None and not metric.name
        if known is None:
            known = Metric(f"{place}/{metric.name or f'#{metric.alias}'}", metric.datatype)
        if known.tag.endswith("/bdSeq"):
            continue
        complete = complete and not nameless
        value, text = _value(metric, metric.datatype or known.datatype)
        quality = "bad" if metric.is_null else _quality(metric)
        quality = "uncertain" if nameless and quality == "good" else quality
        told.rows.append((_micro(metric.timestamp) or time, known.tag, value, text, quality))
    return complete


def _death(node: Node, message: Proto, told: Told, received: int) -> Told:
    """A node is gone. Its will may come late, after the next birth: then its bdSeq is the old one and means nothing."""
    told_birth = next((metric.long_value for metric in message.metrics if metric.name == "bdSeq"), None)
    if node.birth is not None and told_birth is not None and told_birth != node.birth:
        return told
    node.dead_since = node.last or received
    node.sequence = None
    _stale(node, None, told, received)
    return told


def _born(node: Node, message: Proto, told: Told, time: int) -> bool:
    """A node begins, or begins anew: what was known of it is told again."""
    if node.dead_since is not None and time > node.dead_since:
        told.gaps.append((node.dead_since, time, Message("the Sparkplug node was offline")))
    node.dead_since = None
    node.metrics.clear()
    node.birth = next((metric.long_value for metric in message.metrics if metric.name == "bdSeq"), None)
    node.sequence = message.seq if message.HasField("seq") else None
    return True


def _names(node: Node, place: str, device: str, message: Proto, told: Told) -> None:
    """Names, types and units of a birth."""
    for metric in message.metrics:
        properties = dict(_properties(metric))
        named = Metric(
            f"{place}/{metric.name}",
            metric.datatype,
            next((text for key, text in properties.items() if key.lower() in _NAME_KEYS), None),
            next((text for key, text in properties.items() if key.lower() in _UNIT_KEYS), None),
        )
        node.metrics[f"{device}\t{metric.name}"] = named
        if metric.HasField("alias"):
            node.metrics[f"{device}\t#{metric.alias}"] = named
        if not metric.name.endswith("bdSeq"):
            told.births.append(named)


def _stale(node: Node, device: str | None, told: Told, time: int) -> None:
    """From now on nothing is known of these metrics: a row without value says so."""
    tags = {m.tag: None for key, m in node.metrics.items() if device is None or key.startswith(f"{device}\t")}
    told.rows.extend((time, tag, None, None, "bad") for tag in tags if not tag.endswith("/bdSeq"))


def _properties(metric: Proto) -> Iterator[tuple[str, str]]:
    for key, value in zip(metric.properties.keys, metric.properties.values, strict=False):
        if value.HasField("string_value") and value.string_value:
            yield key, value.string_value


def _quality(metric: Proto) -> str:
    if not metric.HasField("properties"):
        return "good"
    for key, value in zip(metric.properties.keys, metric.properties.values, strict=False):
        if key == "Quality":
            code = value.int_value
            return "good" if code == 192 else "uncertain" if code == _STALE_QUALITY else "bad"
    return "good"


def _value(metric: Proto, datatype: int) -> tuple[float | None, str | None]:
    if metric.is_null:
        return None, None
    kind = next((name for name in _VALUES if metric.HasField(name)), None)
    if kind is None:
        return None, None
    value = getattr(metric, kind)
    if isinstance(value, bytes):
        return None, f"0x{value[:5000].hex()}"
    if isinstance(value, str):
        return None, value
    if datatype in _SIGNED_BITS and isinstance(value, int):
        bits = _SIGNED_BITS[datatype]
        value &= (1 << bits) - 1
        value -= (1 << bits) if value >> (bits - 1) else 0
    number = float(value)
    if not math.isfinite(number):
        return None, str(number)
    return number, str(value) if isinstance(value, int) and abs(value) > 2**53 else None


def _micro(milliseconds: int) -> int | None:
    """Sparkplug counts milliseconds since 1970; None for a clock that was never set."""
    return milliseconds * 1000 if 600_000_000_000 <= milliseconds < 4_100_000_000_000 else None


@cache
def _message(name: str) -> type[Proto]:
    """The class of a message, made from its fields."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="tundish/sparkplug_b.proto", package="tundish.sparkplug", syntax="proto2")
    proto = descriptor_pb2.FieldDescriptorProto
    for message, fields in _MESSAGES.items():
        described = file.message_type.add(name=message)
        for title, number, kind, repeated in fields:
            label = proto.LABEL_REPEATED if repeated else proto.LABEL_OPTIONAL
            if kind in _MESSAGES:
                nested = {"type": proto.TYPE_MESSAGE, "type_name": f".tundish.sparkplug.{kind}"}
            else:
                nested = {"type": getattr(proto, f"TYPE_{kind.upper()}")}
            described.field.add(name=title, number=number, label=label, **nested)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found: type[Proto] = message_factory.GetMessageClass(pool.FindMessageTypeByName(f"tundish.sparkplug.{name}"))
    return found
