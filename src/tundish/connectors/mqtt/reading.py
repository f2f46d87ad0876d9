"""How do messages become rows of signals, with what a person should know about them?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from tundish.connectors.mqtt.inbox import Contents
from tundish.connectors.mqtt.link import Arrived
from tundish.connectors.mqtt.options import Options
from tundish.connectors.mqtt.payload import read
from tundish.connectors.mqtt.sparkplug import NAMESPACE, Sparkplug, Undecodable
from tundish.errors import Message
from tundish.intake.live import SIGNALS, Gap, Tag
from tundish.table import Finding, Origin

Row = tuple[int, str, float | None, str | None, str]
"""Time in microseconds since 1970, tag, value, text, quality."""


@dataclass(frozen=True)
class What:
    """What a batch of messages says."""

    frame: pl.DataFrame
    gaps: tuple[Gap, ...]
    tags: tuple[Tag, ...]
    findings: tuple[Finding, ...]
    rebirths: frozenset[str]
    """Command topics of Sparkplug nodes whose birth is wanted."""


@dataclass(slots=True)
class _Page:
    """A batch while it is being read."""

    rows: list[Row] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    tags: dict[str, Tag] = field(default_factory=dict)
    odd: dict[str, int] = field(default_factory=dict)
    """Topic -> messages that were not understood."""
    doubled: dict[str, set[str]] = field(default_factory=dict)
    """Topic -> names that stood twice in one object."""
    rebirths: set[str] = field(default_factory=set)


class Reader:
    """Reads payloads; remembers what it has told."""

    def __init__(self, options: Options) -> None:
        self._name, self._zone = options.name, ZoneInfo(options.time_zone)
        self.sparkplug = Sparkplug()
        self.contents = Contents()
        self._units: dict[str, Tag] = {}
        self._told: set[str] = set()
        self._told_doubled: set[str] = set()

    def read(self, messages: Sequence[Arrived]) -> What:
        """One batch."""
        page = _Page()
        for message in messages:
            if message.topic.startswith(f"{NAMESPACE}/") and not message.topic.startswith(f"{NAMESPACE}/STATE/"):
                self._read_sparkplug(message, page)
            else:
                self._read_plain(message, page)
        findings = [self._not_understood(topic, count) for topic, count in page.odd.items() if topic not in self._told]
        findings += [self._doubled(topic, names) for topic, names in page.doubled.items() if topic not in self._told_doubled]
        self._told.update(page.odd)
        self._told_doubled.update(page.doubled)
        return What(_frame(page.rows), tuple(page.gaps), tuple(page.tags.values()), tuple(findings), frozenset(page.rebirths))

    def _read_plain(self, message: Arrived, page: _Page) -> None:
        said = read(message.topic, message.payload, self._zone)
        timed = any(reading.time is not None for reading in said.readings)
        if timed and not self.contents.is_new(message.topic, message.payload):
            return
        if not said.understood:
            page.odd[message.topic] = page.odd.get(message.topic, 0) + 1
        if said.doubled:
            page.doubled.setdefault(message.topic, set()).update(said.doubled)
        for tag, unit in said.units.items():
            self._tell(Tag(tag, None, unit), page)
        for tag, time, value, text, quality in said.readings:
            stale = time is None and message.retained and quality == "good"
            page.rows.append((message.time if time is None else time, tag, value, text, "uncertain" if stale else quality))

    def _read_sparkplug(self, message: Arrived, page: _Page) -> None:
        try:
            told = self.sparkplug.told(message.topic, message.payload, message.time)
        except Undecodable:
            page.odd[message.topic] = page.odd.get(message.topic, 0) + 1
            page.rows.append((message.time, message.topic, None, f"0x{message.payload[:5000].hex()}", "uncertain"))
            return
        page.rows.extend(told.rows)
        page.gaps.extend(Gap(moment(begin), moment(end), reason) for begin, end, reason in told.gaps)
        for metric in told.births:
            self._tell(Tag(metric.tag, metric.name, metric.unit), page)
        if told.rebirth is not None:
            page.rebirths.add(told.rebirth)

    def _tell(self, tag: Tag, page: _Page) -> None:
        if self._units.get(tag.tag) != tag:
            self._units[tag.tag] = page.tags[tag.tag] = tag

    def _not_understood(self, topic: str, count: int) -> Finding:
        message = Message(
            "{topic}: {count} messages are neither a number nor JSON nor Sparkplug; they were kept as text. "
            "Leave the topic out of topics, or have the device send JSON.",
            topic=topic,
            count=count,
        )
        return Finding("not_understood", "warning", message, Origin(self._name, column=topic), count)

    def _doubled(self, topic: str, names: set[str]) -> Finding:
        message = Message(
            "{topic}: {names} stand twice in one message, and nothing tells which value holds; all were kept, as a text. "
            "Have the device write each name once.",
            topic=topic,
            names=sorted(names)[:10],
        )
        return Finding("doubled_name", "warning", message, Origin(self._name, column=topic))


def moment(microseconds: int) -> datetime:
    """A moment given in microseconds since 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def _frame(rows: list[Row]) -> pl.DataFrame:
    schema = pl.Schema({**SIGNALS, "time": pl.Int64()})
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(pl.col("time").cast(SIGNALS["time"]))
