"""Is every value of a real OPC UA server landed once, and every loss a gap?"""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

pytest.importorskip("asyncua")

from tundish.connectors.opcua import open_source
from tundish.errors import BadSettings, SourceRefused

FAST = {"sampling_ms": 0, "publishing_ms": 100}


def counters(frame: pl.DataFrame) -> dict[str, list[float]]:
    """Tag -> its counter's values in the order of their times."""
    kept = frame.filter(pl.col("tag").str.contains("Counters")).sort("tag", "time")
    return {tag: part["value"].to_list() for (tag,), part in kept.group_by("tag", maintain_order=True)}


def test_values_names_units_and_quality_come_whole(opcua_server, tmp_path):
    opcua_server.start(nodes=2, wait=True)
    source = open_source("pickling", {"url": opcua_server.url, "folder": str(tmp_path / "room"), **FAST})
    batches = list(source.batches(None, once=True))
    frame = pl.concat(batch.frame for batch in batches)
    rows = {row["tag"]: row for row in frame.iter_rows(named=True)}
    assert rows["Plant/산세라인/1조온도"]["value"] == 78.5
    assert rows["Plant/산세라인/강종"]["text"] == "SPHC 열연"
    assert rows["Plant/산세라인/농도"]["quality"] == "bad"
    assert rows["Plant/산세라인/라인속도_PV"]["quality"] == "good"
    tags = {tag.tag: tag for batch in batches for tag in batch.tags}
    assert (tags["Plant/산세라인/1조온도"].name, tags["Plant/산세라인/1조온도"].unit) == ("산세조 1 온도", "℃")
    assert tags["Plant/산세라인/라인속도_PV"].unit == "m/min"
    assert abs(rows["Plant/산세라인/1조온도"]["time"] - datetime.now(UTC)) < timedelta(minutes=1)


def test_named_nodes_and_patterns(opcua_server, tmp_path):
    opcua_server.start(nodes=1, wait=True)
    common = {"url": opcua_server.url, "folder": str(tmp_path / "room"), **FAST}
    named = open_source("a", {**common, "nodes": ["ns=1;s=산세/속도", "ns=1;s=없음"]})
    (batch,) = named.batches(None, once=True)
    assert batch.frame["tag"].to_list() == ["ns=1;s=산세/속도"]
    assert [finding.code for finding in batch.findings] == ["node_refused"]
    chosen = open_source("b", {**common, "only": ["*/산세라인/*온도"]})
    assert {tag for batch in chosen.batches(None, once=True) for tag in batch.frame["tag"]} == {"Plant/산세라인/1조온도"}
    with pytest.raises(SourceRefused, match="refuses every node"):
        list(open_source("c", {**common, "nodes": ["ns=1;s=없음"]}).batches(None, once=True))


def test_signed_and_encrypted_with_user(opcua_server, tmp_path, monkeypatch):
    opcua_server.start(nodes=1, wait=True, secure=True, users={"operator": "비밀 1"})
    monkeypatch.setenv("OPC_PASSWORD", "비밀 1")
    room = tmp_path / "room"
    options = {
        "url": opcua_server.url,
        "folder": str(room),
        "security": "sign_and_encrypt",
        "user": "operator",
        "password": "${OPC_PASSWORD}",
        **FAST,
    }
    (batch,) = open_source("압연", options).batches(None, once=True)
    assert batch.frame.height == 5
    if os.name != "nt":
        assert (room / "pki" / "own.key.pem").stat().st_mode & 0o077 == 0
    monkeypatch.setenv("OPC_PASSWORD", "wrong")
    with pytest.raises(SourceRefused, match="refuses the user") as refused:
        list(open_source("압연", options).batches(None, once=True))
    assert "wrong" not in str(refused.value)
    monkeypatch.delenv("OPC_PASSWORD")
    with pytest.raises(SourceRefused, match="OPC_PASSWORD is not set"):
        list(open_source("압연", options).batches(None, once=True))
    opcua_server.kill()
    opcua_server.start(nodes=1, wait=True, secure=True, pki="another")
    with pytest.raises(SourceRefused, match="another certificate"):
        list(open_source("압연", options).batches(None, once=True))


def test_a_server_without_the_security_asked_for_is_refused(opcua_server, tmp_path):
    opcua_server.start(nodes=1, wait=True)
    options = {"url": opcua_server.url, "folder": str(tmp_path / "room"), "security": "sign"}
    with pytest.raises(SourceRefused, match="does not offer"):
        list(open_source("a", options).batches(None, once=True))


def test_restart_of_the_server_is_survived_and_a_gap_with_its_span(opcua_server, tmp_path):
    opcua_server.start(nodes=5, rate=20)
    source = open_source("a", {"url": opcua_server.url, "folder": str(tmp_path / "room"), **FAST})
    batches = []

    def read() -> None:
        for batch in source.batches(None):
            batches.append(batch)
            source.acknowledge(batch)

    thread = threading.Thread(target=read)
    thread.start()
    wait_until(lambda: sum(b.frame.height for b in batches) > 50)
    opcua_server.kill()
    killed = datetime.now(UTC)
    wait_until(lambda: source.waiting_for is not None)
    opcua_server.start(nodes=5, rate=20, base=100_000)
    back = datetime.now(UTC)
    wait_until(lambda: batches[-1].frame["value"].max() > 100_020)
    source.stop()
    thread.join(15)
    (gap,) = [gap for batch in batches for gap in batch.gaps]
    assert killed - timedelta(seconds=1) < gap.begin <= killed
    assert gap.begin < gap.end < back + timedelta(seconds=6)
    for values in counters(pl.concat(b.frame for b in batches)).values():
        early = [value for value in values if value < 100_000]
        late = [value for value in values if value >= 100_000]
        assert early == list(range(int(early[0]), int(early[0]) + len(early)))
        assert late == list(range(int(late[0]), int(late[0]) + len(late)))


def test_a_killed_reader_takes_up_its_subscription_and_loses_nothing(opcua_server, reader):
    opcua_server.start(nodes=20, rate=20)
    process = reader("opcua", {"url": opcua_server.url, "queue": 1000, **FAST})
    for _ in range(2):
        process.start()
        time.sleep(1.2)
        process.kill()
        time.sleep(0.8)
    process.start()
    time.sleep(1.5)
    process.kill()
    frame, gaps = process.landed()
    assert gaps == []
    for values in counters(frame).values():
        assert values == list(range(int(values[0]), int(values[0]) + len(values)))


def test_a_queue_that_ran_over_is_a_gap(opcua_server, reader):
    opcua_server.start(nodes=3, rate=50)
    process = reader("opcua", {"url": opcua_server.url, "queue": 10, **FAST})
    process.start()
    time.sleep(1)
    process.kill()
    time.sleep(1.5)
    process.start()
    time.sleep(1.2)
    process.kill()
    frame, gaps = process.landed()
    assert gaps and all("ran over" in reason for _begin, _end, reason in gaps)
    spans = [(datetime.fromisoformat(begin), datetime.fromisoformat(end)) for begin, end, _ in gaps]
    for _tag, part in frame.filter(pl.col("tag").str.contains("Counters")).sort("tag", "time").group_by("tag"):
        values, times = part["value"].to_list(), part["time"].to_list()
        for before, after, begin, end in zip(values, values[1:], times, times[1:], strict=False):
            assert after == before + 1 or any(b <= begin and end <= e for b, e in spans)


def test_a_server_that_looks_less_often_than_asked_is_said(opcua_server, tmp_path):
    opcua_server.start(nodes=1, wait=True, coalesce=250)
    source = open_source("a", {"url": opcua_server.url, "folder": str(tmp_path), **FAST, "queue": 100_000})
    findings = [finding.code for batch in source.batches(None, once=True) for finding in batch.findings]
    assert findings == ["short_queue", "slow_sampling"]


def test_history_fills_what_nobody_listened_to(opcua_server, reader):
    opcua_server.start(nodes=5, rate=20, history=2000, lifetime=5000)
    process = reader("opcua", {"url": opcua_server.url, "hold_s": 10, "queue": 5, **FAST})
    process.start()
    time.sleep(1)
    process.kill()
    time.sleep(7)
    process.start()
    time.sleep(2.5)
    process.kill()
    frame, gaps = process.landed()
    assert gaps == []
    for values in counters(frame).values():
        assert values == list(range(int(values[0]), int(values[0]) + len(values)))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "opc.tcp://"),
        ({"url": "http://a"}, "opc.tcp://"),
        ({"url": "opc.tcp://u:p@a"}, "without user and password"),
        ({"url": "opc.tcp://a", "securty": "sign"}, 'found "securty"'),
        ({"url": "opc.tcp://a", "security": "yes"}, "one of"),
        ({"url": "opc.tcp://a", "queue": 0}, "from 1 to"),
    ],
)
def test_wrong_options_are_refused_with_what_is_expected(options, said):
    with pytest.raises(BadSettings, match=said):
        open_source("a", options)


def test_no_server_is_said_at_once_when_asked_once(tmp_path):
    source = open_source("a", {"url": "opc.tcp://127.0.0.1:1/x", "folder": str(tmp_path)})
    with pytest.raises(SourceRefused, match="refuses the connection"):
        list(source.batches(None, once=True))


def wait_until(true, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
