"""Are Sparkplug payloads read as the specification encodes them? Bytes by hand, field by field."""

from __future__ import annotations

import struct

import pytest

pytest.importorskip("google.protobuf")

from tundish.connectors.mqtt.sparkplug import Sparkplug, Undecodable

MS = 1_700_000_000_000


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def whole(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value)


def part(number: int, content: bytes | str) -> bytes:
    raw = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def double(number: int, value: float) -> bytes:
    return varint(number << 3 | 1) + struct.pack("<d", value)


def payload(*metrics: bytes, seq: int | None = None) -> bytes:
    body = whole(1, MS) + b"".join(part(2, metric) for metric in metrics)
    return body + (b"" if seq is None else whole(3, seq))


BIRTH = payload(
    part(1, "bdSeq") + whole(4, 8) + whole(11, 3),
    part(1, "노/온도")
    + whole(2, 7)
    + whole(4, 10)
    + double(13, 812.5)
    + part(9, part(1, "engUnit") + part(2, whole(1, 12) + part(8, "℃"))),
    part(1, "위치") + whole(2, 8) + whole(4, 3) + whole(10, 2**32 - 5),
    seq=0,
)


def test_the_bytes_of_one_metric_stand_where_the_specification_says():
    assert part(1, "a") + whole(2, 7) == b"\x0a\x01a\x10\x07"
    assert double(13, 1.0) == b"\x69\x00\x00\x00\x00\x00\x00\xf0\x3f"


def test_birth_gives_names_units_signed_values_and_aliases_for_later():
    state = Sparkplug()
    told = state.told("spBv1.0/포항/NBIRTH/노1", BIRTH, 1)
    assert [(row[1], row[2]) for row in told.rows] == [("포항/노1/노/온도", 812.5), ("포항/노1/위치", -5.0)]
    assert [(metric.tag, metric.unit) for metric in told.births] == [("포항/노1/노/온도", "℃"), ("포항/노1/위치", None)]
    later = state.told("spBv1.0/포항/NDATA/노1", payload(whole(2, 7) + whole(3, MS + 5) + double(13, 813.0), seq=1), 1)
    assert later.rows == [((MS + 5) * 1000, "포항/노1/노/온도", 813.0, None, "good")]
    assert later.gaps == [] and later.rebirth is None


def test_a_hole_in_the_sequence_is_a_gap_and_wants_a_birth():
    state = Sparkplug()
    state.told("spBv1.0/g/NBIRTH/e", BIRTH, 1)
    for seq in (1, 2):
        assert state.told("spBv1.0/g/NDATA/e", payload(seq=seq), 1).gaps == []
    told = state.told("spBv1.0/g/DDATA/e/d", payload(part(1, "x") + whole(4, 10) + double(13, 1.0), seq=6), 1)
    ((_begin, _end, reason),) = told.gaps
    assert "3 Sparkplug messages" in str(reason)
    assert told.rebirth == "spBv1.0/g/NCMD/e"


def test_the_sequence_begins_anew_after_255():
    state = Sparkplug()
    state.told("spBv1.0/g/NBIRTH/e", BIRTH, 1)
    for seq in (*range(1, 256), 0, 1):
        assert state.told("spBv1.0/g/NDATA/e", payload(seq=seq), 1).gaps == []


def test_death_marks_every_metric_stale_and_a_late_will_means_nothing():
    state = Sparkplug()
    state.told("spBv1.0/g/NBIRTH/e", BIRTH, 1)
    late = payload(part(1, "bdSeq") + whole(4, 8) + whole(11, 2))
    assert state.told("spBv1.0/g/NDEATH/e", late, 9).rows == []
    death = payload(part(1, "bdSeq") + whole(4, 8) + whole(11, 3))
    assert {(row[1], row[4]) for row in state.told("spBv1.0/g/NDEATH/e", death, 9).rows} == {
        ("g/e/노/온도", "bad"),
        ("g/e/위치", "bad"),
    }


def test_null_historical_quality_and_unknown_alias():
    state = Sparkplug()
    null = state.told("spBv1.0/g/NDATA/e", payload(part(1, "a") + whole(4, 10) + whole(7, 1)), 1).rows
    assert null[0][2:] == (None, None, "bad")
    stale = part(1, "a") + double(13, 1.0) + part(9, part(1, "Quality") + part(2, whole(1, 3) + whole(3, 500)))
    assert state.told("spBv1.0/g/NDATA/e", payload(stale), 1).rows[0][4] == "uncertain"
    unknown = state.told("spBv1.0/g/NDATA/e", payload(whole(2, 99) + double(13, 1.0)), 1)
    assert unknown.rows[0][1:] == ("g/e/#99", 1.0, None, "uncertain")
    assert unknown.rebirth == "spBv1.0/g/NCMD/e"


@pytest.mark.parametrize("body", [b"\xff\xff", b"\x0a\x7f", b"\x12\x05abc"])
def test_other_bytes_are_undecodable(body):
    with pytest.raises(Undecodable):
        Sparkplug().told("spBv1.0/g/NDATA/e", body, 1)


@pytest.mark.parametrize("kind", ["NBIRTH", "NDATA"])
@pytest.mark.parametrize(
    "metric",
    [
        part(1, "온도".encode("cp949")) + double(13, 1.0),
        part(1, "a") + part(9, part(1, b"engUnit\xff") + part(2, part(8, "℃"))) + double(13, 1.0),
        part(1, "a") + part(9, part(1, "engUnit") + part(2, part(8, "℃".encode("cp949")))) + double(13, 1.0),
    ],
)
def test_names_that_are_no_utf_8_are_undecodable_and_do_not_end_the_reader(kind, metric):
    with pytest.raises(Undecodable):
        Sparkplug().told(f"spBv1.0/g/{kind}/e", payload(metric, seq=0), 1)
