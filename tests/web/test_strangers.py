"""What does someone get who asks for what is not there, or not well? Always the standard's error body, never a fault."""

import base64
import json

import pytest
from every_kind import SHELL, SUBMODEL

SHELL_AT, SUBMODEL_AT = (base64.urlsafe_b64encode(id.encode()).decode().rstrip("=") for id in (SHELL, SUBMODEL))
ABSENT = base64.urlsafe_b64encode(b"urn:not:here").decode()
NOT_UTF8 = base64.urlsafe_b64encode(b"\xff\xfe\xfa").decode()
LISTS = (
    "/shells",
    "/shells/$reference",
    f"/shells/{SHELL_AT}/submodel-refs",
    "/submodels",
    "/submodels/$metadata",
    "/submodels/$value",
    "/submodels/$reference",
    "/submodels/$path",
    "/concept-descriptions",
    *(f"/submodels/{SUBMODEL_AT}/submodel-elements{form}" for form in ("", "/$metadata", "/$value", "/$reference", "/$path")),
)
BELOW_A_SHELL = ("", "/$reference", "/asset-information", "/asset-information/thumbnail", "/submodel-refs", "/serialization")
BELOW_A_SUBMODEL = ("", "/$metadata", "/$value", "/$reference", "/$path", "/submodel-elements", "/submodel-elements/Title")
FORMS = ("", "/$metadata", "/$value", "/$reference", "/$path", "/attachment")


def refused(answer, status):
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert list(body) == ["messages"] and len(body["messages"]) == 1
    message = body["messages"][0]
    assert set(message) == {"messageType", "text", "code", "correlationId", "timestamp"}
    assert message["messageType"] == "Error" and message["text"] and "{" not in message["text"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    return message["text"]


@pytest.mark.parametrize("path", LISTS)
def test_a_bad_page_is_refused(client, path):
    for limit in ("-1", "0", "1.5", "viel", "", "1e3", "9" * 5000):
        refused(client.get(path, params={"limit": limit}), 400)
    strange = ("%", "abc", ABSENT, NOT_UTF8, "W10", base64.urlsafe_b64encode(b"[" * 7000).decode(), "x" * 20000)
    for cursor in (
        *strange,
        base64.urlsafe_b64encode(b'[0, "x"]').decode(),
        base64.urlsafe_b64encode(b"[true, null]").decode(),
    ):
        refused(client.get(path, params={"cursor": cursor}), 400)


@pytest.mark.parametrize("below", BELOW_A_SHELL)
def test_a_shell_that_is_not_there(client, below):
    refused(client.get(f"/shells/{ABSENT}{below}"), 404)
    for id in ("invalid-base64url=====", "a", "한국", "+++", NOT_UTF8, "A" * 20000):
        refused(client.get(f"/shells/{id}{below}"), 400)


@pytest.mark.parametrize("below", BELOW_A_SUBMODEL)
def test_a_submodel_that_is_not_there(client, below):
    for start in ("", f"/shells/{SHELL_AT}"):
        refused(client.get(f"{start}/submodels/{ABSENT}{below}"), 404)
        refused(client.get(f"{start}/submodels/=={below}"), 400)
    other = base64.urlsafe_b64encode(b"urn:example:line/2").decode()
    refused(client.get(f"/shells/{other}/submodels/{SUBMODEL_AT}{below}"), 404)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "path", ["Nothing", "Bath.Nothing", "Bath.", "Bath.Zones[3]", "Bath.Zones[-1]", "Bath.Zones[x]", "산세"]
)
def test_an_element_that_is_not_there(client, path, form):
    refused(client.get(f"/submodels/{SUBMODEL_AT}/submodel-elements/{path}{form}"), 404)


def test_a_level_or_extent_that_is_none(client):
    for path in ("/submodels", f"/submodels/{SUBMODEL_AT}", f"/submodels/{SUBMODEL_AT}/submodel-elements/Bath/$value"):
        refused(client.get(path, params={"level": "deepest"}), 400)
        text = refused(client.get(path, params={"extent": "all"}, headers={"Accept-Language": "en"}), 400)
        assert "withBlobValue" in text and "all" in text


@pytest.mark.parametrize("name", ["assetIds", "semanticId", "isCaseOf", "dataSpecificationRef"])
def test_a_filter_that_cannot_be_read(client, name):
    path = {"assetIds": "/shells", "semanticId": "/submodels"}.get(name, "/concept-descriptions")
    for said in ("=====", "e30", base64.urlsafe_b64encode(b"[]").decode(), base64.urlsafe_b64encode(b'{"keys": 3}').decode()):
        refused(client.get(path, params={name: said}), 400)


def test_kinds_that_have_no_such_form(client):
    start = f"/submodels/{SUBMODEL_AT}/submodel-elements"
    for path in ("Pickles/$value", "Dose/$value", "Pickles/$metadata", "Dose/$metadata", "Title/$path", "Title/attachment"):
        refused(client.get(f"{start}/{path}"), 400)


def test_a_file_is_looked_up_in_the_package_only(client):
    start = f"/submodels/{SUBMODEL_AT}/submodel-elements"
    assert "/etc/passwd" in refused(client.get(f"{start}/Lost/attachment"), 404)
    for path in ("..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "Picture/attachment/../../x"):
        assert client.get(f"{start}/{path}").status_code in {400, 404}


def test_serialization_that_cannot_be(client):
    refused(client.get("/serialization", params={"aasIds": "====="}), 400)
    refused(client.get("/serialization", params={"submodelIds": "====="}), 400)
    refused(client.get("/serialization", params={"includeConceptDescriptions": "invalid-bool"}), 400)
    refused(client.get("/serialization", headers={"Accept": "image/png"}), 406)


def test_addresses_methods_and_bodies(client):
    refused(client.get("/nothing"), 404)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = client.request(method, "/shells", content=json.dumps({}))
        refused(answer, 405)
        assert "GET" in answer.headers["allow"]
    assert client.request("OPTIONS", "/shells").status_code == 405
    assert client.get("/docs").status_code == 404


def test_a_name_that_points_here_from_elsewhere_is_refused(client):
    assert client.get("/shells", headers={"Host": "plant.attacker.example"}).status_code == 400
    for host in ("localhost", "127.0.0.1:8080", "[::1]:8080"):
        assert client.get("/shells", headers={"Host": host}).status_code == 200


def test_refusals_are_said_in_the_language_that_is_asked_for(client):
    english = refused(client.get("/nothing", headers={"Accept-Language": "en-GB,ko;q=0.5"}), 404)
    assert english.startswith("There is nothing at /nothing")


def test_a_head_is_a_get_without_a_body(client):
    assert client.head("/shells").headers["content-type"] == client.get("/shells").headers["content-type"]


def test_every_address_is_described(client):
    described = client.get("/openapi.json").json()["paths"]
    assert {"/shells", "/submodels/{submodelIdentifier}/submodel-elements/{idShortPath}/$value"} <= set(described)
    assert "/submodels/{submodelIdentifier}/shells" not in described
    names = {said["name"] for said in described["/shells/{aasIdentifier}/submodels/{submodelIdentifier}"]["get"]["parameters"]}
    assert names == {"aasIdentifier", "submodelIdentifier", "level", "extent"}


def test_bodies_are_small(client):
    assert client.post("/v1/objects/value", content=b"[" * (2 << 20)).status_code == 413
    assert client.post("/v1/objects/value", content=iter([b"[" * (1 << 20)] * 3)).status_code == 413
