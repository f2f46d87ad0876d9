"""Does the plant answer as i3X 1.0 asks? Rules of its guide, and the client of another project against a real server."""

import csv
import re
import socket
import threading
from datetime import UTC, datetime

import jsonschema
import pytest
import uvicorn
from i3x import Client
from i3x.errors import I3XError
from starlette.testclient import TestClient

from tundish.aas import AasPackage
from tundish.flow import standard
from tundish.settings import Settings
from tundish.web.api.i3x import i3x_app
from tundish.web.api.i3x.routes import MOST_VALUES
from tundish.web.api.i3x.subscriptions import LIFE_S, MOST_UPDATES, Subscriptions
from tundish.web.state import Reading, State

BOGUS = "no-such-element"
STAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z")


def write(path, rows):
    with path.open("w", encoding="cp949", newline="") as file:
        csv.writer(file).writerows(rows)


def lots(count):
    head = ["투입시간", "코일번호", "산세조1 온도(℃)", "판정"]
    return [
        head,
        *([f"2024-03-01 08:{n:02d}:00", f"C24030{n:02d}", 80 + n / 10, "양호" if n % 3 else "불량"] for n in range(count)),
    ]


@pytest.fixture
def plant(tmp_path):
    folder = tmp_path / "우리 공장"
    folder.mkdir()
    write(folder / "산세실적.csv", lots(30))
    write(folder / "규격.csv", [["강종", "두께(mm)"], ["SPHC", 2.3], ["SPHD", 3.2], ["SPHE", 4.5]])
    return folder


@pytest.fixture
def state(plant):
    return State(plant, lambda: Reading(standard(plant, Settings(), lambda *_: None), AasPackage()))


@pytest.fixture
def client(state):
    return TestClient(i3x_app(state))


def asked(client, path, **body):
    response = client.post(path, json=body)
    assert response.status_code == 200, response.text
    return response.json()


def everything(client):
    return {thing["elementId"]: thing for thing in client.get("/objects").json()["result"]}


def table_of(client, name="산세실적"):
    return next(thing for thing in everything(client).values() if thing["displayName"] == name)


def column_of(client, header):
    return next(thing for thing in everything(client).values() if thing["displayName"] == header)


def well_formed(value):
    assert set(value) >= {"value", "quality", "timestamp"}
    assert STAMP.fullmatch(value["timestamp"])
    assert value["quality"] in (("Bad", "GoodNoData") if value["value"] is None else ("Good", "Uncertain"))


def test_a_stranger_is_told_in_the_envelope(client):
    for response, status in (
        (client.get("/nothing"), 404),
        (client.post("/objects/value", content=b"{"), 400),
        (client.post("/objects/value", json={"elementIds": "one"}), 400),
        (client.post("/objects/value", json={"elementIds": ["x"], "maxDepth": -1}), 400),
        (client.post("/objects/history", json={"elementIds": [], "startTime": "yesterday", "endTime": "now"}), 400),
        (client.post("/subscriptions", json={}), 400),
        (client.post("/subscriptions/sync", json={"clientId": "a", "subscriptionId": BOGUS}), 404),
        (client.put("/objects/value", json={"updates": []}), 501),
        (client.put("/objects/history", json={"updates": []}), 501),
    ):
        body = response.json()
        assert response.status_code == status
        assert body["success"] is False
        assert body["responseDetail"]["status"] == status
        assert body["responseDetail"]["title"]
        assert body["responseDetail"]["detail"]


def test_info_says_what_is_served(client):
    about = client.get("/info").json()["result"]
    assert about["specVersion"] == "1.0"
    assert about["capabilities"] == {
        "query": {"history": True},
        "update": {"current": False, "history": False},
        "subscribe": {"stream": False},
    }


def test_small_answers_are_compressed_too(client):
    assert client.get("/namespaces", headers={"Accept-Encoding": "gzip"}).headers["content-encoding"] == "gzip"
    assert "content-encoding" not in client.get("/namespaces", headers={"Accept-Encoding": "identity"}).headers


def test_namespaces_hold_every_type(client):
    uris = [namespace["uri"] for namespace in client.get("/namespaces").json()["result"]]
    types = client.get("/objecttypes").json()["result"]
    relations = client.get("/relationshiptypes").json()["result"]
    assert len(uris) == len(set(uris)) > 0
    assert {element["namespaceUri"] for element in (*types, *relations)} <= set(uris)
    for uri in uris:
        some = client.get("/objecttypes", params={"namespaceUri": uri}).json()["result"]
        assert some == [one for one in types if one["namespaceUri"] == uri]


def test_types_are_schemas_that_say_concept_and_unit(client):
    types = client.get("/objecttypes").json()["result"]
    for of_type in types:
        jsonschema.Draft202012Validator.check_schema(of_type["schema"])
    table = next(one for one in types if one["displayName"] == "산세실적")
    assert table["schema"]["type"] == "object"
    bath = next(field for field in table["schema"]["properties"].values() if field["title"] == "산세조1 온도(℃)")
    assert bath["type"] == ["number", "null"]
    assert bath["x-concept"] == "urn:tundish:concept:pickling.bath_temperature"
    assert (bath["x-unit"], bath["x-ucum"]) == ("℃", "Cel")


def test_ids_are_unique_and_printable_and_every_type_is_there(client):
    things = client.get("/objects").json()["result"]
    types = {one["elementId"] for one in client.get("/objecttypes").json()["result"]}
    relations = [one["elementId"] for one in client.get("/relationshiptypes").json()["result"]]
    ids = [thing["elementId"] for thing in things] + [*types, *relations]
    assert len(ids) == len(set(ids))
    assert all(id == id.strip() and id.isprintable() for id in ids)
    assert {thing["typeElementId"] for thing in things} <= types


def test_relations_have_a_registered_reverse(client):
    relations = {one["elementId"]: one["reverseOf"] for one in client.get("/relationshiptypes").json()["result"]}
    assert all(relations[reverse] == name for name, reverse in relations.items())


def test_one_root_and_every_edge_leads_back(client):
    things = everything(client)
    (root,) = client.get("/objects", params={"root": "true"}).json()["result"]
    assert root["parentId"] is None
    reverse = {one["elementId"]: one["reverseOf"] for one in client.get("/relationshiptypes").json()["result"]}
    edges = {
        (item["elementId"], edge["sourceRelationship"], edge["object"]["elementId"])
        for item in asked(client, "/objects/related", elementIds=list(things))["results"]
        for edge in item["result"]
    }
    assert all((to, reverse[name], of) in edges for of, name, to in edges)
    for id, thing in things.items():
        assert thing["parentId"] is None or (id, "HasParent", thing["parentId"]) in edges
        assert thing["isComposition"] == any(of == id and name == "HasComponent" for of, name, _ in edges)
    only = asked(client, "/objects/related", elementIds=[root["elementId"]], relationshipType="HasChildren")["results"][0]
    assert {edge["sourceRelationship"] for edge in only["result"]} == {"HasChildren"}


@pytest.mark.parametrize("path", ["/objecttypes/query", "/relationshiptypes/query", "/objects/list", "/objects/value"])
def test_bulk_answers_keep_order_and_tell_what_is_unknown(client, path):
    known = {
        "/objecttypes/query": "type:plant",
        "/relationshiptypes/query": "HasParent",
    }.get(path, next(iter(everything(client))))
    body = asked(client, path, elementIds=[BOGUS, known, BOGUS])
    assert [item["elementId"] for item in body["results"]] == [BOGUS, known, BOGUS]
    assert [item["success"] for item in body["results"]] == [False, True, False]
    assert body["success"] is False
    assert body["results"][0]["responseDetail"]["status"] == 404
    assert asked(client, path, elementIds=[known])["success"] is True


def test_metadata_only_when_asked_for(client):
    assert all("metadata" not in thing for thing in client.get("/objects").json()["result"])
    for thing in client.get("/objects", params={"includeMetadata": "true"}).json()["result"]:
        assert thing["metadata"]["typeNamespaceUri"]
        assert thing["metadata"]["sourceTypeId"]
    bath = column_of(client, "산세조1 온도(℃)")
    (item,) = asked(client, "/objects/list", elementIds=[bath["elementId"]], includeMetadata=True)["results"]
    (origin,) = item["result"]["metadata"]["system"]["origins"]
    assert (origin["file"], origin["column"]) == ("산세실적.csv", "산세조1 온도(℃)")


def test_values_fit_their_type_and_speak_the_plants_unit(client):
    things = everything(client)
    schemas = {one["elementId"]: one["schema"] for one in client.get("/objecttypes").json()["result"]}
    for item in asked(client, "/objects/value", elementIds=list(things))["results"]:
        well_formed(item["result"])
        if item["result"]["value"] is not None:
            jsonschema.validate(item["result"]["value"], schemas[things[item["elementId"]]["typeElementId"]])
    bath = column_of(client, "산세조1 온도(℃)")["elementId"]
    (item,) = asked(client, "/objects/value", elementIds=[bath])["results"]
    assert item["result"]["value"] == 82.9
    assert item["result"]["timestamp"] == "2024-02-29T23:29:00.000000Z"


def test_components_come_only_when_asked_for(client):
    table = table_of(client)
    for depth, parts in ((1, 0), (0, 4), (2, 4)):
        (item,) = asked(client, "/objects/value", elementIds=[table["elementId"]], maxDepth=depth)["results"]
        found = item["result"].get("components", {})
        assert len(found) == parts
        for value in found.values():
            well_formed(value)


def test_history_keeps_to_its_span(client):
    bath, table = column_of(client, "산세조1 온도(℃)")["elementId"], table_of(client)["elementId"]
    span = {"startTime": "2024-03-01T08:05:00+09:00", "endTime": "2024-02-29T23:09:00Z"}
    body = asked(client, "/objects/history", elementIds=[bath, table, BOGUS], **span)
    values = body["results"][0]["result"]["values"]
    assert [value["value"] for value in values] == [80.5, 80.6, 80.7, 80.8, 80.9]
    assert values[0]["timestamp"] == "2024-02-29T23:05:00.000000Z"
    assert [value["value"]["identity.coil"] for value in body["results"][1]["result"]["values"]] == [
        f"C24030{n:02d}" for n in range(5, 10)
    ]
    assert body["results"][2]["success"] is False


def test_an_id_that_is_asked_for_again_is_answered_alike_and_counts_again(client):
    bath, table = column_of(client, "산세조1 온도(℃)")["elementId"], table_of(client)["elementId"]
    ids = [bath, table, bath, BOGUS, table, bath, BOGUS]
    span = {"startTime": "2000-01-01T00:00:00Z", "endTime": "2100-01-01T00:00:00Z"}
    for path, more in (("/objects/value", {}), ("/objects/list", {}), ("/objects/related", {}), ("/objects/history", span)):
        results = asked(client, path, elementIds=ids, **more)["results"]
        alone = {id: asked(client, path, elementIds=[id], **more)["results"][0] for id in (bath, table, BOGUS)}
        assert results == [alone[id] for id in ids]
    answer = client.post("/objects/history", json={"elementIds": [bath] * 10_000, **span})
    counts = [len(item["result"]["values"]) for item in answer.json()["results"]]
    assert answer.status_code == 206
    assert sum(counts) == MOST_VALUES
    assert counts[0] == 30 and counts[-1] == 0


def test_a_table_without_times_has_no_history(client):
    id = column_of(client, "두께(mm)")["elementId"]
    body = asked(client, "/objects/history", elementIds=[id], startTime="2000-01-01T00:00:00Z", endTime="2100-01-01T00:00:00Z")
    assert body["results"][0]["result"]["values"] == []


def test_sync_tells_what_is_new_until_it_is_acknowledged(client, plant, state):
    bath = column_of(client, "산세조1 온도(℃)")["elementId"]
    own = {"clientId": "me"}
    own["subscriptionId"] = asked(client, "/subscriptions", clientId="me")["result"]["subscriptionId"]
    registered = asked(client, "/subscriptions/register", **own, elementIds=[bath, BOGUS])
    assert [item["success"] for item in registered["results"]] == [True, False]
    asked(client, "/subscriptions/register", **own, elementIds=[bath])
    first = asked(client, "/subscriptions/sync", **own)["result"]
    assert [(batch["sequenceNumber"], [update["value"] for update in batch["updates"]]) for batch in first] == [(1, [82.9])]
    assert asked(client, "/subscriptions/sync", **own)["result"] == first

    write(plant / "산세실적.csv", lots(33))
    state.refresh()
    second = asked(client, "/subscriptions/sync", **own)["result"]
    assert [batch["sequenceNumber"] for batch in second] == [1, 2]
    assert [update["value"] for update in second[1]["updates"]] == [83.0, 83.1, 83.2]
    assert [
        batch["sequenceNumber"] for batch in asked(client, "/subscriptions/sync", **own, lastSequenceNumber=1)["result"]
    ] == [2]
    assert asked(client, "/subscriptions/sync", **own, lastSequenceNumber=-1)["result"] == []

    state.refresh()
    assert asked(client, "/subscriptions/sync", **own)["result"] == []
    asked(client, "/subscriptions/unregister", **own, elementIds=[bath])
    asked(client, "/subscriptions/delete", clientId="me", subscriptionIds=[own["subscriptionId"]])
    assert client.post("/subscriptions/sync", json=own).status_code == 404


def test_another_clients_subscription_does_not_exist(client):
    id = asked(client, "/subscriptions", clientId="mine")["result"]["subscriptionId"]
    assert client.post("/subscriptions/sync", json={"clientId": "other", "subscriptionId": id}).status_code == 404
    for path in ("/subscriptions/list", "/subscriptions/delete"):
        body = client.post(path, json={"clientId": "other", "subscriptionIds": [id]}).json()
        assert body["results"][0]["success"] is False
    assert asked(client, "/subscriptions/list", clientId="mine", subscriptionIds=[id])["success"] is True


def test_streaming_is_said_not_to_be_served(client):
    id = asked(client, "/subscriptions", clientId="me")["result"]["subscriptionId"]
    assert client.post("/subscriptions/stream", json={"clientId": "me", "subscriptionId": id}).status_code == 501


def test_a_subscription_that_nobody_syncs_is_forgotten():
    now = [0.0]
    held = Subscriptions(clock=lambda: now[0])
    id = held.create("me", "").id
    now[0] += LIFE_S - 1
    assert held.find("me", id)
    now[0] += LIFE_S + 1
    assert held.find("me", id) is None


def test_when_too_much_waits_the_oldest_goes_and_the_client_is_told():
    one = Subscriptions().create("me", "")
    for n in range(MOST_UPDATES + 5):
        one.queue([("a", {"value": n})])
    assert one.dropped
    assert one.batches[0][0] == 6
    assert one.batches[-1][0] == MOST_UPDATES + 5


@pytest.fixture
def address(state):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(i3x_app(state), host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_client_of_another_project_walks_from_the_root_to_a_value(address):
    client = Client(address)
    client.connect()
    try:
        (root,) = [thing for thing in client.get_objects() if thing.parent_id is None]
        tables = [edge.object for edge in client.get_related_objects([root.element_id], "HasChildren")]
        table = next(one for one in tables if one.display_name == "산세실적")
        columns = [edge.object for edge in client.get_related_objects([table.element_id], "HasComponent")]
        bath = next(one for one in columns if one.display_name == "산세조1 온도(℃)")
        assert client.get_value(bath.element_id).value == 82.9
        assert client.get_value(table.element_id, max_depth=0).components[bath.element_id].value == 82.9
        begin = datetime(2024, 2, 29, 23, 0, tzinfo=UTC).isoformat()
        past = client.get_history(bath.element_id, begin, datetime(2024, 3, 1, tzinfo=UTC).isoformat())
        assert len(past.values) == len(client.get_history(bath.element_id).values) == 30
        subscription = client.create_subscription("test")
        client.register_items(subscription, [bath.element_id])
        (batch,) = client.sync_subscription(subscription)
        assert [update.value for update in batch.updates] == [82.9]
        assert client.sync_subscription(subscription, last_sequence_number=batch.sequence_number) == []
        with pytest.raises(I3XError):
            client.get_value(BOGUS)
    finally:
        client.disconnect()
