"""What is read from the payloads devices really send, and from what nobody should send?"""

from __future__ import annotations

import json
import math
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tundish.connectors.mqtt.link import Arrived
from tundish.connectors.mqtt.options import checked
from tundish.connectors.mqtt.payload import read
from tundish.connectors.mqtt.reading import Reader

SEOUL = ZoneInfo("Asia/Seoul")
T = 1_700_000_000_000_000


@pytest.mark.parametrize(
    ("payload", "rows"),
    [
        ("21.5", [("t", None, 21.5, None)]),
        ("true", [("t", None, 1.0, None)]),
        ('"강종 A"', [("t", None, None, "강종 A")]),
        ('"007"', [("t", None, None, "007")]),
        ('"12.5"', [("t", None, 12.5, None)]),
        ('{"value": 3, "time": 1700000000}', [("t", T, 3.0, None)]),
        ('{"v": 3, "ts": 1700000000000}', [("t", T, 3.0, None)]),
        ('{"값": 3, "시각": "2023-11-15 07:13:20"}', [("t", T, 3.0, None)]),
        ('{"value": 3, "time": "2023-11-14T22:13:20Z"}', [("t", T, 3.0, None)]),
        ('{"value": 3, "time": "20231115071320"}', [("t", T, 3.0, None)]),
        ('{"ts": 1700000000000000000, "온도": 70, "속도": 1.5}', [("t/온도", T, 70.0, None), ("t/속도", T, 1.5, None)]),
        ('{"name": "온도", "value": 70}', [("t/온도", None, 70.0, None)]),
        (
            '{"bath": {"temp": 70, "acid": {"HCl": 12}}}',
            [("t/bath/temp", None, 70.0, None), ("t/bath/acid/HCl", None, 12.0, None)],
        ),
        (
            '[{"time": 1700000000, "value": 1}, {"time": 1700000001, "value": 2}]',
            [("t", T, 1.0, None), ("t", T + 1_000_000, 2.0, None)],
        ),
        ('{"time": 1700000000, "profile": [1, 2]}', [("t/profile[0]", T, 1.0, None), ("t/profile[1]", T, 2.0, None)]),
        ('{"time": "never", "a": 1}', [("t/time", None, None, "never"), ("t/a", None, 1.0, None)]),
        ('{"v": 220, "a": 5.2, "w": 1100}', [("t", None, 220.0, None), ("t/a", None, 5.2, None), ("t/w", None, 1100.0, None)]),
        ('{"id": 7, "value": 1, "q": 33.5}', [("t/7", None, 1.0, None), ("t/7/q", None, 33.5, None)]),
        ('[{"id": 7, "value": 1}, {"id": 8, "value": 2}]', [("t/7", None, 1.0, None), ("t/8", None, 2.0, None)]),
        ('{"value": 3, "time": 1700000000, "unit": "℃", "note": "청소"}', [("t", T, 3.0, None), ("t/note", T, None, "청소")]),
        ("9007199254740993", [("t", None, 9007199254740992.0, "9007199254740993")]),
    ],
)
def test_shapes_that_devices_send(payload, rows):
    said = read("t", payload.encode(), SEOUL)
    assert [(r.tag, r.time, r.value, r.text) for r in said.readings] == rows
    assert said.understood


def test_unit_and_quality_beside_a_value():
    said = read("t", '{"tag": "T1", "value": 70, "unit": "℃", "quality": 64}'.encode(), SEOUL)
    assert said.units == {"t/T1": "℃"}
    assert said.readings[0].quality == "uncertain"
    assert read("t", b"null", SEOUL).readings[0].quality == "bad"
    assert read("t", b'{"value": 1, "q": "Bad"}', SEOUL).readings[0].quality == "bad"
    assert read("t", b'{"value": 1, "quality": 2147483648}', SEOUL).readings[0].quality == "bad"


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"{}", b"[]", b"[" * 100_000, b"\xff\xfe", b'{"a":' * 5000 + b"1" + b"}" * 5000, b"1e999", b"9" * 5000],
)
def test_nothing_is_dropped_and_nothing_raises(payload):
    assert read("t", payload, SEOUL).readings


@pytest.mark.parametrize("payload", [rb'"\ud800"', rb'{"\uDC00": 1}', rb'{"value": 1, "unit": "\ud800"}'])
def test_half_a_surrogate_pair_can_be_written(payload):
    said = read("t", payload, SEOUL)
    for reading in said.readings:
        f"{reading.tag}{reading.text}{said.units}".encode()


def test_a_time_of_hundreds_of_digits_is_none():
    said = read("t", b'{"t": 1' + b"0" * 400 + b', "x": 1}', SEOUL)
    assert [(r.tag, r.time, r.value) for r in said.readings] == [("t/t", None, None), ("t/x", None, 1.0)]


@given(st.binary(max_size=200))
def test_any_bytes(payload):
    assert read("t", payload, SEOUL).readings


def test_a_name_that_stands_twice_keeps_both_values_as_a_text():
    said = read("t", b'{"time": 1700000000, "temp": 70, "temp": 71, "bath": {"a": [1], "a": null, "b": 2}}', SEOUL)
    rows = [(r.tag, r.time, r.value, r.text) for r in said.readings]
    assert rows == [("t/temp", T, None, "[70, 71]"), ("t/bath/a", T, None, "[[1], null]"), ("t/bath/b", T, 2.0, None)]
    assert said.doubled == {"temp", "a"}
    assert read("t", b'{"a": 1, "b": {"a": 1}}', SEOUL).doubled == frozenset()


def test_names_twice_within_each_other_stay_small():
    payload = b'{"a":0,"a":' * 400 + b"1" + b"}" * 400
    assert max(len(r.text or "") for r in read("t", payload, SEOUL).readings) <= 10_000
    for half in (rb'{"a": "\ud800", "a": 1}', rb'{"\ud800": 1, "\ud800": 2}'):
        said = read("t", half, SEOUL)
        f"{said.readings}{said.doubled}".encode()


def test_names_twice_are_told_once_for_each_topic():
    options = checked("line", {"url": "mqtt://h"})
    reader = Reader(options)
    messages = [Arrived(T, n, False, False, f"t/{n % 2}", b'{"temp": 70, "temp": %d}' % n, 1) for n in range(4)]
    found = [*reader.read(messages).findings, *reader.read(messages).findings]
    assert [(one.code, one.origin.column, one.message.values["names"]) for one in found] == [
        ("doubled_name", "t/0", ["temp"]),
        ("doubled_name", "t/1", ["temp"]),
    ]


CELLS = st.none() | st.booleans() | st.floats() | st.integers() | st.text()
JSON = st.recursive(
    CELLS, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)), max_leaves=20
)


@given(JSON)
def test_any_json(content):
    readings = read("t", json.dumps(content).encode(), SEOUL).readings
    assert readings
    assert all(reading.value is None or math.isfinite(reading.value) for reading in readings)
