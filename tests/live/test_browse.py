"""What does a person see of a server or a broker before anything is set up?"""

from __future__ import annotations

import json
import socket
import threading
import tomllib

import pytest

pytest.importorskip("asyncua")
pytest.importorskip("paho.mqtt")

from tundish.cli import browse
from tundish.errors import BadAddress, BrowseRefused, InputError


def shown(capsys, url, seconds=1.0):
    browse.run(url, options={}, seconds=seconds, out=None, as_json=True, lang="en")
    return {line["tag"]: line for line in map(json.loads, capsys.readouterr().out.splitlines())}


def test_a_server_with_names_units_values_and_meanings(opcua_server, capsys, tmp_path):
    opcua_server.start(nodes=1, wait=True)
    tags = shown(capsys, opcua_server.url)
    bath = tags["Plant/산세라인/1조온도"]
    assert (bath["address"], bath["name"], bath["value"], bath["unit"]) == (
        "ns=1;s=산세/1조/온도",
        "산세조 1 온도",
        "78.5",
        "℃",
    )
    assert bath["concept"] == "pickling.bath_temperature"
    file = tmp_path / "plant.toml"
    browse.run(opcua_server.url, options={}, seconds=1, out=file, as_json=False, lang="ko")
    (section,) = tomllib.loads(file.read_text(encoding="utf-8"))["sources"].values()
    assert section == {"kind": "opcua", "url": opcua_server.url}


def test_a_broker_with_what_is_published(broker, capsys):
    from test_mqtt import publish

    broker.start()
    feed = threading.Timer(1.0, publish, (broker, [("공장/1호기", '{"온도": 71.5, "note": "ok"}')]))
    feed.start()
    tags = shown(capsys, f"mqtt://127.0.0.1:{broker.port}", seconds=3.0)
    feed.join()
    assert (tags["공장/1호기/온도"]["value"], tags["공장/1호기/note"]["value"]) == ("71.5", "ok")


def refused(url, **options):
    with pytest.raises(InputError) as caught:
        browse.run(url, options=options, seconds=1.5, out=None, as_json=True, lang="ko")
    text = str(caught.value)
    assert "plant.toml" not in text and "Errno" not in text and "sources." not in text
    assert text.count(f"{url}:") <= 1
    return caught.value, text


@pytest.mark.parametrize("url", ["opc.tcp://127.0.0.1:1/x", "mqtt://127.0.0.1:1", "opc.tcp://localhost:1"])
def test_nobody_there(url):
    failure, text = refused(url)
    assert isinstance(failure, BrowseRefused) and "refuses the connection" in text


@pytest.mark.parametrize("url", ["opc.tcp://nobody.invalid:4840", "mqtt://nobody.invalid"])
def test_a_name_that_nobody_knows(url):
    assert "no computer of this name" in refused(url)[1]


def test_a_server_that_keeps_silent():
    with socket.create_server(("127.0.0.1", 0), backlog=1) as silent:
        assert "no answer" in refused(f"mqtt://127.0.0.1:{silent.getsockname()[1]}")[1]


@pytest.mark.parametrize("url", ["http://x", "opc.tcp:", "opc.tcp://192.168.0.10:abc", "opc.tcp://[::1", "mqtt://"])
def test_no_address(url):
    failure, text = refused(url)
    assert isinstance(failure, BadAddress) and "://192.168.0.10" in text


def test_a_wrong_option_is_named_as_it_was_typed():
    with pytest.raises(BadAddress, match=r"^--security: expected one of .*sign_and_encrypt"):
        browse.run("opc.tcp://127.0.0.1:1", options={"security": "all"}, seconds=1, out=None, as_json=True, lang="en")
