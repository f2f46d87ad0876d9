"""Is every message of a real broker landed once, and every loss a gap?"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

pytest.importorskip("paho.mqtt")

from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from tundish.connectors.mqtt import open_source
from tundish.errors import BadSettings, SourceRefused

from conftest import PEERS, Process  # isort: skip

PUBLISHER = Path(__file__).resolve().parents[2] / "benchmarks" / "live_publisher.py"


def publish(broker, messages, **options) -> None:
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
    if "user" in options:
        client.username_pw_set(options["user"], options["password"])
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    for topic, payload in messages:
        client.publish(topic, payload, qos=1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


def source_of(broker, tmp_path, **options):
    return open_source("q", {"url": f"mqtt://127.0.0.1:{broker.port}", "folder": str(tmp_path / "room"), **options})


def landed_once(source, cursor=None):
    batches = []
    for batch in source.batches(cursor, once=True):
        batches.append(batch)
        source.acknowledge(batch)
    return batches


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_messages_wait_at_the_broker_for_a_reader_that_is_away(broker, tmp_path, protocol):
    broker.start()
    assert landed_once(source_of(broker, tmp_path, protocol=protocol, topics=["공장/+/온도"])) == []
    moment = datetime(2026, 3, 1, 4, 5, 6, tzinfo=UTC)
    publish(
        broker,
        [
            ("공장/1호기/온도", json.dumps({"value": 71.5, "time": moment.isoformat()})),
            ("공장/2호기/온도", "7"),
            ("other", "1"),
        ],
    )
    batches = landed_once(source_of(broker, tmp_path, protocol=protocol, topics=["공장/+/온도"]))
    frame = pl.concat(batch.frame for batch in batches)
    assert frame["tag"].to_list() == ["공장/1호기/온도", "공장/2호기/온도"]
    assert frame["value"].to_list() == [71.5, 7.0]
    assert frame["time"][0] == moment
    assert not any(batch.gaps for batch in batches)


def test_a_batch_landed_but_not_acknowledged_is_not_landed_twice(broker, tmp_path):
    """The reader dies between landing and acknowledging; two equal readings without time stay two."""
    broker.start()
    landed_once(source_of(broker, tmp_path))
    publish(broker, [("a", "5"), ("a", "5")])
    source = source_of(broker, tmp_path)
    batches = source.batches(None)
    first = next(batches)
    batches.close()
    assert first.frame["value"].to_list() == [5.0, 5.0]
    publish(broker, [("a", "5")])
    again = landed_once(source_of(broker, tmp_path), first.cursor)
    assert [value for batch in again for value in batch.frame["value"]] == [5.0]


def test_what_cannot_be_understood_is_kept_as_text_with_a_finding(broker, tmp_path):
    broker.start()
    landed_once(source_of(broker, tmp_path))
    publish(broker, [("로그", "3조 정상".encode("cp949")), ("raw", b"\x00\xff\x01"), ("spBv1.0/g/NDATA/e", b"\xff\xff")])
    batches = landed_once(source_of(broker, tmp_path))
    rows = {row["tag"]: row for batch in batches for row in batch.frame.iter_rows(named=True)}
    assert rows["로그"]["text"] == "3조 정상"
    assert rows["raw"]["text"] == "0x00ff01"
    assert rows["spBv1.0/g/NDATA/e"]["text"] == "0xffff"
    assert {row["quality"] for row in rows.values()} == {"uncertain"}
    assert {finding.origin.column for batch in batches for finding in batch.findings} == set(rows)


def test_user_password_and_encryption(broker, tmp_path, monkeypatch):
    if shutil.which("openssl") is None or shutil.which("mosquitto_passwd") is None:
        pytest.skip("needs openssl and mosquitto_passwd")
    room = broker.folder
    subprocess.run(["mosquitto_passwd", "-b", "-c", "users", "plant", "비밀"], cwd=room, check=True, capture_output=True)
    key = "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2"
    make = f"{key} -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(["openssl", *make.split()], cwd=room, check=True, capture_output=True)
    for file in ("users", "key.pem", "cert.pem"):
        (room / file).chmod(0o644)
    broker.start("allow_anonymous false", f"password_file {room}/users", f"certfile {room}/cert.pem", f"keyfile {room}/key.pem")
    monkeypatch.setenv("MQTT_PASSWORD", "비밀")
    options = {"url": f"mqtts://127.0.0.1:{broker.port}", "ca_file": str(room / "cert.pem"), "user": "plant"}
    secret = {"password": "${MQTT_PASSWORD}"}
    assert landed_once(source_of(broker, tmp_path, **options, **secret)) == []
    monkeypatch.setenv("MQTT_PASSWORD", "wrong")
    with pytest.raises(SourceRefused, match="Not authorized") as refused:
        landed_once(source_of(broker, tmp_path, **options, **secret))
    assert "wrong" not in str(refused.value)


def test_a_broker_that_forgot_the_session_is_a_gap(broker, tmp_path):
    broker.start()
    landed_once(source_of(broker, tmp_path))
    publish(broker, [("a", "1")])
    (first,) = landed_once(source_of(broker, tmp_path))
    broker.kill()
    (broker.folder / "mosquitto.db").unlink(missing_ok=True)
    broker.start()
    publish(broker, [("a", "2")])
    batches = landed_once(source_of(broker, tmp_path), first.cursor)
    (gap,) = [gap for batch in batches for gap in batch.gaps]
    assert first.frame["time"][0] <= gap.begin < gap.end <= datetime.now(UTC)
    assert "forgotten" in str(gap.reason)


def test_reader_and_broker_killed_in_turn_lose_nothing_that_was_acknowledged(broker, reader, tmp_path):
    """The publisher counts what the broker took; all of it must be there, once."""
    broker.start()
    process = reader("mqtt", {"url": f"mqtt://127.0.0.1:{broker.port}", "topics": ["공장/#"]})
    landed_once(source_of(broker, tmp_path, topics=["공장/#"], client_id="reader"))
    process = reader("mqtt", {"url": f"mqtt://127.0.0.1:{broker.port}", "topics": ["공장/#"], "client_id": "reader"})
    numbers = iter(range(10_000))
    taken: list[float] = []
    stop = threading.Event()

    def feed() -> None:
        client = None
        while not stop.is_set():
            number = next(numbers)
            payload = json.dumps({"value": number, "time": time.time()})
            while not stop.is_set():
                try:
                    if client is None:
                        client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
                        client.connect("127.0.0.1", broker.port)
                        client.loop_start()
                    sent = client.publish("공장/c", payload, qos=1)
                    sent.wait_for_publish(1)
                    if not sent.is_published():
                        raise RuntimeError
                    taken.append(float(number))
                    break
                except (OSError, RuntimeError, ValueError):
                    if client is not None:
                        client.loop_stop()
                    client = None
                    time.sleep(0.1)
            time.sleep(0.005)
        if client is not None:
            client.disconnect()
            client.loop_stop()

    feeder = threading.Thread(target=feed)
    feeder.start()
    process.start()
    time.sleep(0.7)
    process.kill()
    time.sleep(0.5)
    process.start()
    time.sleep(0.5)
    broker.kill()
    time.sleep(0.3)
    broker.start()
    time.sleep(1.5)
    process.kill()
    time.sleep(0.3)
    process.start()
    time.sleep(1)
    stop.set()
    feeder.join()
    deadline = time.monotonic() + 20
    while not set(taken) <= set(process.landed()[0]["value"]) and time.monotonic() < deadline:
        time.sleep(0.2)
    process.kill()
    frame, _gaps = process.landed()
    landed = frame["value"].to_list()
    assert len(landed) == len(set(landed))
    assert set(taken) - set(landed) == set()
    assert len(taken) > 100


def test_sparkplug_edge_node_of_another_project(broker, node_modules, tmp_path):
    """Edge nodes publish with QoS 0: only who listens hears them."""
    broker.start()
    source, batches = source_of(broker, tmp_path), []

    def read() -> None:
        for batch in source.batches(None):
            batches.append(batch)
            source.acknowledge(batch)

    thread = threading.Thread(target=read)
    thread.start()
    time.sleep(0.5)
    command = ["node", str(PEERS / "sparkplug_edge.js"), json.dumps({"port": broker.port, "values": 20})]
    edge = Process(command, ready="done", log=tmp_path / "edge.log")
    time.sleep(0.5)
    edge.kill()
    deadline = time.monotonic() + 10
    while not any((batch.frame["quality"] == "bad").any() for batch in batches) and time.monotonic() < deadline:
        time.sleep(0.05)
    source.stop()
    thread.join(10)
    frame = pl.concat(batch.frame for batch in batches)
    temperature = frame.filter(pl.col("tag") == "울산/edge1/산세조1/온도")
    assert temperature["value"].to_list() == [78.5, *(float(100 + n) for n in range(1, 21)), None]
    assert temperature["quality"].to_list() == ["good"] * 21 + ["bad"]
    position = frame.filter(pl.col("tag") == "울산/edge1/산세조1/위치")["value"].to_list()
    assert position == [-12.0, *(float(-n) for n in range(1, 21)), None]
    assert frame.filter(pl.col("tag") == "울산/edge1/산세조1/강종")["text"].to_list() == ["SPHC 열연", None]
    assert {tag.tag: tag.unit for batch in batches for tag in batch.tags}["울산/edge1/산세조1/온도"] == "℃"
    assert not any(batch.gaps for batch in batches)


def test_a_thousand_messages_a_second_of_each_shape(broker, tmp_path):
    broker.saves = ["autosave_interval 600"]
    broker.start()
    for shape, rate in (("one", 1000), ("many", 50), ("sparkplug", 50)):
        landed_once(source_of(broker, tmp_path))
        command = [sys.executable, str(PUBLISHER), str(broker.port), "1", str(rate), shape]
        done = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        values = [value for batch in landed_once(source_of(broker, tmp_path)) for value in batch.frame["value"]]
        assert sorted(values) == list(range(done["values"])), shape


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "mqtt://"),
        ({"url": "mqtt://a:b@h"}, "without user and password"),
        ({"url": "mqtt://h", "topics": ["a/#/b"]}, "topics such as"),
        ({"url": "mqtt://h", "ca_file": "/no/such"}, "a file that exists"),
        ({"url": "mqtt://h", "time_zone": "Mars"}, "time zone"),
        ({"url": "mqtt://h", "protocol": "4"}, "one of"),
    ],
)
def test_wrong_options_are_refused_with_what_is_expected(options, said):
    with pytest.raises(BadSettings, match=said):
        open_source("a", options)


def test_no_broker_is_said_when_asked_once(tmp_path):
    source = open_source("a", {"url": "mqtt://127.0.0.1:1", "folder": str(tmp_path)})
    with pytest.raises(SourceRefused, match="refuses the connection"):
        landed_once(source)
