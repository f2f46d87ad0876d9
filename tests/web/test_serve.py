"""Does `tundish serve` keep its word: where it listens, what it says, how it ends, what it does when files change?"""

import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import replace

import polars as pl
import pytest
from every_kind import every_kind, shell, submodel
from serving import state_of
from starlette.testclient import TestClient

from tundish import works
from tundish.aas import AasPackage, Part, write_package
from tundish.cli.entry import run
from tundish.errors import BrokenFile, Message
from tundish.flow import standard
from tundish.settings import Settings
from tundish.table import Finding, Origin
from tundish.web.app import create_app
from tundish.web.packages import joined
from tundish.web.state import State, read_plant


@pytest.fixture(scope="module")
def plant(tmp_path_factory):
    folder = tmp_path_factory.mktemp("works") / "산세 공장"
    works.make("pickling", seed=3, out=folder, pieces=250, sample_s=60)
    write_package(every_kind(), folder / "참조모델.aasx")
    (folder / "card.json").write_text("{}")
    return folder


@contextlib.contextmanager
def serving(plant, *words):
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "tundish", "serve", str(plant), "--port", "0", *words]
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
    with subprocess.Popen(command, env=environment, **pipe) as server:
        try:
            yield server, server.stdout.readline().split()[-1]
        finally:
            server.kill()


def fetched(address):
    with urllib.request.urlopen(address, timeout=20) as answer:  # noqa: S310 - our own server
        return answer.read()


def test_from_the_terminal_until_ctrl_c(plant):
    with serving(plant, "--lang", "en") as (server, address):
        assert address.startswith("http://127.0.0.1:")
        shells = json.loads(fetched(f"{address}shells"))["result"]
        assert len(shells) >= 3 and "Other" in {one["idShort"] for one in shells}
        page = fetched(f"{address}?lang=ko").decode()
        assert "산세 공장" in page and 'lang="ko"' in page and "http" not in page.replace("https://admin-shell.io", "")
        spoken = json.loads(fetched(f"{address}serialization"))
        linked = [line for line in json.dumps(spoken).split('"') if line.startswith("series/") and line.endswith(".parquet")]
        assert linked and all(pl.read_parquet(io.BytesIO(fetched(address + line))).height for line in linked)
        with pytest.raises(urllib.error.HTTPError, match="404"):
            fetched(f"{address}series/..%2f..%2fplant.toml.parquet")
        server.send_signal(signal.SIGINT)
        out, err = server.communicate(timeout=20)
        assert server.returncode == 0 and "Traceback" not in err and "Ended." in out


def test_a_port_that_is_taken(plant, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert run(["serve", str(plant), "--port", port, "--lang", "en"]) == 2
    said = capsys.readouterr()
    assert f"127.0.0.1:{port}" in said.err and "--port" in said.err and "Traceback" not in said.err


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.7", "x" * 300])
def test_an_address_that_is_not_ours(plant, host, capsys):
    assert run(["serve", str(plant), "--host", host, "--port", "0", "--lang", "en"]) == 2
    assert "--host" in capsys.readouterr().err


def test_no_plant(tmp_path, capsys):
    assert run(["serve", str(tmp_path / "nothing"), "--lang", "en"]) == 2
    assert run(["serve", str(tmp_path), "--port", "0", "--lang", "en"]) == 2
    assert "nothing" in capsys.readouterr().err


def test_another_computer_is_let_in_only_when_told(plant):
    everywhere = "0.0.0.0"  # noqa: S104 - what is tried here
    with serving(plant, "--host", everywhere, "--lang", "en") as (server, address):
        lines = [server.stdout.readline() for _ in range(3)]
        assert any("no access control" in line for line in lines)
        assert fetched(address.replace(everywhere, "127.0.0.1") + "description")


def test_a_change_is_served_whole_and_a_failed_one_not_at_all(tmp_path):
    told, readings = [], [state_of(tmp_path, every_kind())._read()]

    def read():
        if isinstance(readings[-1], Exception):
            raise readings[-1]
        return readings[-1]

    state = State(tmp_path, read, tell=told.append)
    client = TestClient(create_app(state), base_url="http://127.0.0.1")
    first = state.current()
    with state.watching(0.02):
        readings.append(BrokenFile(file="lots.csv", expected=Message("text"), found="noise"))
        (tmp_path / "lots.csv").write_text("a,b\n1,2\n")
        assert until(lambda: state.trouble is not None)
        assert state.current() is first and len(told) == 1
        assert "lots.csv" in client.get("/?lang=en").text and len(client.get("/shells").json()["result"]) == 2
        readings.append(state_of(tmp_path, AasPackage())._read())
        (tmp_path / "lots.csv").write_text("a,b\n1,2\n3,4\n")
        assert until(lambda: state.current().version == 2)
    assert state.trouble is None and client.get("/shells").json()["result"] == []
    assert len(first.package.shells) == 2 and first.changed_at < state.current().changed_at


def until(reached, patience_s=10.0):
    end = time.monotonic() + patience_s
    while not reached() and time.monotonic() < end:
        time.sleep(0.01)
    return reached()


def test_packages_of_the_folder(tmp_path):
    (tmp_path / "lots.csv").write_text("LOT,온도(℃)\nA1,81.5\nA2,82.5\n", encoding="utf-8")
    write_package(every_kind(), tmp_path / "a.aasx")
    (tmp_path / "broken.aasx").write_bytes(b"PK\x03\x04 no")
    (tmp_path / "theirs.json").write_text('{"name": "somebody else\'s"}')
    (tmp_path / "notes.xml").write_text("<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>")
    found = read_plant(tmp_path, standard(tmp_path, Settings(), lambda *_: None))
    assert {one["id"] for one in every_kind().submodels} <= {one["id"] for one in found.package.submodels}
    assert [finding.origin.file for finding in found.findings if finding.severity == "warning"] == ["broken.aasx"]


def test_two_packages_with_one_id_and_one_file_name():
    def one(id, content):
        picture = {"modelType": "File", "idShort": "Picture", "contentType": "image/png", "value": "/aasx/files/a.png"}
        return AasPackage(
            (shell("urn:s", id, [id]),), (submodel(id, "S", [picture]),), (), {"/aasx/files/a.png": Part(content, "image/png")}
        )

    whole, findings = joined([("first", one("urn:1", b"1")), ("second", one("urn:2", b"2"))])
    assert [finding.code for finding in findings] == ["aas_twice"] and "second" in str(findings[0].message)
    names = [made["submodelElements"][0]["value"] for made in whole.submodels]
    assert [whole.files[name].read_bytes() for name in names] == [b"1", b"2"]


def test_what_cannot_be_said_in_json_is_left_out_and_told():
    odd = submodel("urn:odd", "Odd", [{"modelType": "Property", "idShort": "P", "valueType": "xs:string", "value": "\ud800"}])
    whole, findings = joined([("odd.json", AasPackage((), (odd, submodel("urn:ok", "Ok", []))))])
    assert [one["id"] for one in whole.submodels] == ["urn:ok"] and findings[0].code == "aas_unsayable"


def test_the_page_says_nothing_as_markup(tmp_path):
    folder = tmp_path / "<script>alert(1)<" / "b"
    folder.mkdir(parents=True)
    said = Message("{path}: odd", path="<img src=x onerror=alert(1)>")
    state = state_of(folder, every_kind(), (Finding("aas_fault", "warning", said, Origin("x")),) * 30)
    answer = TestClient(create_app(state), base_url="http://127.0.0.1").get("/?lang=en")
    assert "<img" not in answer.text and "<script" not in answer.text and "10" in answer.text
    assert (
        "script-src" not in answer.headers["content-security-policy"]
        and "default-src 'none'" in answer.headers["content-security-policy"]
    )


def test_the_page_tells_of_tables_that_are_odd_and_of_what_is_not_used(tmp_path):
    folder = tmp_path / "공장"
    folder.mkdir()
    state = state_of(folder, every_kind())
    place = Origin("lots_2024-06.csv")
    told = (
        Finding("delivery_set_aside", "error", Message("lots_2024-06.csv was set aside"), place),
        Finding("contract_missing", "error", Message("gone"), place),
        *[Finding("frozen", "warning", Message("frozen"), place)] * 3,
    )
    page = TestClient(create_app(state), base_url="http://127.0.0.1")
    assert "Errors 0 · Warnings 0" in page.get("/?lang=en").text
    standard = state.current().standard
    object.__setattr__(standard, "tables", replace(standard.tables, findings=told))
    text = page.get("/?lang=en").text
    assert "Errors 2 · Warnings 3" in text and "lots_2024-06.csv was set aside" in text and f"check {folder}" in text
